package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.jmx.FakeBean;
import io.spprof.jmx.Spprof;
import io.spprof.sampler.FakeSampler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests where the commands {@code profile} and {@code dump} print what, and their default file. */
class ProfileCommandTest {

  @TempDir private Path directory;

  private final FakeSampler sampler = new FakeSampler();
  private final Thread signals = new Thread(this::signal);
  private BeanServer target;
  private Spprof bean;

  @BeforeEach
  void register() throws Exception {
    target = new BeanServer();
    bean = FakeBean.register(target.server(), sampler);
    signals.start();
  }

  @AfterEach
  void close() throws Exception {
    signals.interrupt();
    signals.join();
    bean.close();
    target.close();
  }

  /** Samples seven methods while a session runs, the n-th method n times as often as the first. */
  private void signal() {
    try {
      while (true) {
        synchronized (sampler) { // A session begins and ends between two rounds.
          for (int method = 1; method <= 7; method++) {
            for (int i = 0; i < method; i++) {
              sampler.signal(1, 10_000_000, method);
            }
          }
        }
        Thread.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // The test is over.
    }
  }

  private static CommandRun done(String... arguments) {
    CommandRun run = CommandRun.of(List.of(arguments));
    assertEquals(0, run.status(), run::toString);
    return run;
  }

  @Test
  void shouldPrintTheFiveHottestMethods() {
    String file = directory.resolve("p.html").toString();
    CommandRun run = done("profile", target.url(), "-d", "1", "-o", file);
    assertHottest(run.out().lines().skip(2).toList());
  }

  private static void assertHottest(List<String> lines) {
    assertEquals(6, lines.size(), lines::toString);
    assertTrue(lines.get(0).matches(" +self % +total % .* method"), lines::toString);
    for (int i = 1; i <= 5; i++) {
      assertTrue(lines.get(i).endsWith("  m" + (8 - i)), lines::toString);
    }
  }

  @Test
  void shouldPrintNothingButTheProfileOnTheStandardOutput() {
    CommandRun run = done("profile", target.url(), "-d", "1", "-o", "-", "--format", "collapsed");
    assertTrue(run.out().lines().count() >= 7, run::toString);
    assertTrue(run.out().lines().allMatch(line -> line.matches(".*;m[1-7] [0-9]+")), run::toString);
    List<String> said = run.err().lines().toList();
    assertTrue(said.get(1).startsWith("session 1: "), run::toString);
    assertTrue(said.get(2).matches("standard output: [0-9,]+ bytes"), run::toString);
    assertHottest(said.subList(3, said.size()));

    CommandRun dump = done("dump", target.url(), "-o", "-");
    assertTrue(dump.out().startsWith("<!DOCTYPE html>"), dump.out());
    assertTrue(dump.out().stripTrailing().endsWith("</html>"), dump.out());
    assertTrue(dump.err().startsWith("standard output: "), dump::err);
    assertFalse(Files.exists(Path.of("-")));
  }

  @Test
  void shouldNameTheFileAfterTheTargetAndTheTime() throws Exception {
    String said = done("dump", target.url()).out();
    assertTrue(said.matches("spprof-jmx-\\d{4}-\\d\\d-\\d\\dT\\d{6}Z\\.html: .*\n"), said);
    Path file = Path.of(said.substring(0, said.indexOf(':')));
    assertTrue(Files.readString(file).endsWith("</html>\n"));
    Files.delete(file);

    Download download = StreamingTarget.download("--format", "jfr");
    download.nameAfter("app.example:7091");
    String name = download.written(1);
    assertTrue(name.matches("spprof-app\\.example-7091-.*Z\\.jfr: 1 bytes"), name);
  }
}
