package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.Export;
import io.spprof.export.ExportFormat;
import io.spprof.jmx.FakeBean;
import io.spprof.jmx.Spprof;
import io.spprof.profile.Frames;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.Stacks;
import io.spprof.sampler.FakeSampler;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiffCommandTest {

  @TempDir private Path directory;

  private final FakeSampler sampler = new FakeSampler();
  private BeanServer target;
  private Spprof bean;

  @BeforeEach
  void register() throws Exception {
    target = new BeanServer();
    bean = FakeBean.register(target.server(), sampler);
  }

  @AfterEach
  void close() throws Exception {
    bean.close();
    target.close();
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  private static String done(String... arguments) {
    CommandRun run = CommandRun.of(List.of(arguments));
    assertEquals(0, run.status(), run::toString);
    return run.out();
  }

  private static void fails(int status, String part, String... arguments) {
    CommandRun run = CommandRun.of(List.of(arguments));
    assertEquals(status, run.status(), run::toString);
    assertTrue(run.err().contains(part), run::toString);
  }

  private void session(long method, int samples, String... files) {
    done("start", target.url());
    for (int i = 0; i < samples; i++) {
      sampler.signal(1, 10_000_000, method);
    }
    done("stop", target.url());
    for (String name : files) {
      done("dump", target.url(), "-o", file(name));
    }
  }

  @Test
  void shouldCompareFiles() throws Exception {
    session(1, 3, "a.html", "a.collapsed", "a.jfr", "a.json");
    session(2, 5, "b.html", "b.collapsed", "b.jfr", "b.pb.gz", "b.txt");
    String said = done("diff", file("a.html"), file("b.html"), "-o", file("d.html"));
    assertTrue(said.matches(".*d\\.html: [0-9,]+ bytes\n"), said);
    assertTrue(Files.readString(Path.of(file("d.html"))).contains("\"before\":{\"session\":1,"));
    done("diff", file("a.jfr"), file("b.jfr"), "-o", file("r.html"));
    assertTrue(Files.readString(Path.of(file("r.html"))).contains("\"before\":{\"session\":1,"));
    for (String suffix : List.of(".html", ".collapsed", ".jfr")) {
      String lines =
          done("diff", file("a" + suffix), file("b" + suffix), "-o", "-", "--format", "collapsed");
      assertEquals(
          List.of("m1 3 0", "m2 0 5"),
          lines.lines().map(line -> line.substring(line.indexOf(';') + 1)).sorted().toList());
    }

    String cpu =
        done("diff", file("a.json"), file("b.pb.gz"), "-o", "-", "--format", "collapsed-cpu");
    assertEquals(
        List.of("m1 30000000 0", "m2 0 50000000"),
        cpu.lines().map(line -> line.substring(line.indexOf(';') + 1)).sorted().toList());

    int usage = CommandFailure.USAGE;
    String d = file("x.html");
    fails(usage, "b.txt' is .txt, which", "diff", file("a.jfr"), file("b.txt"), "-o", d);
    Files.write(Path.of(file("cut.jfr")), new byte[] {'F', 'L', 'R', 0, 0, 2});
    fails(usage, "cut.jfr' is damaged", "diff", file("cut.jfr"), file("b.html"), "-o", d);
    fails(usage, "cannot read", "diff", file("no.jfr"), file("b.html"), "-o", d);
    fails(usage, "session's figures", "diff", file("a.collapsed"), file("b.html"), "-o", d);
    String lines = file("x.collapsed");
    fails(usage, "needs numbers", "diff", file("a.json"), file("b.html"), "-o", lines);
    Files.write(Path.of(file("cut.pb.gz")), new byte[] {0x1f, (byte) 0x8b, 8, 0, 0});
    fails(usage, "cut.pb.gz' is damaged", "diff", file("cut.pb.gz"), file("b.html"), "-o", lines);
    fails(usage, "cannot read", "diff", file("no.html"), file("b.html"), "-o", d);
    fails(usage, "none of the suffixes", "diff", "4711", file("b.html"), "-o", d);
    fails(usage, "give TARGET BEFORE AFTER", "diff", "4711", "last=20m", "-o", d);
    fails(
        usage,
        "a difference cannot be jfr",
        "diff",
        file("a.html"),
        file("b.html"),
        "-o",
        file("x.jfr"));
    fails(usage, "exists", "diff", file("a.html"), file("b.html"), "-o", file("d.html"));
    assertFalse(Files.exists(Path.of(d)));
  }

  /** A session forgets the times of its oldest samples, and a recording does not have these. */
  @Test
  void shouldSayHowManySamplesARecordingLacks() throws Exception {
    int[] zero = {0};
    Profile profile =
        new Profile(
            Profile.EMPTY.info(),
            List.of(ProfileMethod.java("a.A.a")),
            new Frames(zero, zero, 1),
            List.of(ProfileThread.java("main")),
            new Stacks(new int[][] {zero}, zero, new short[] {1}, 1),
            new Rows(zero, zero, new long[] {1234}, new long[] {5678}, 1),
            new SampleTimes(List.of(), 1234));
    try (OutputStream out = Files.newOutputStream(Path.of(file("a.jfr")))) {
      new Export(profile, ExportFormat.JFR).writeTo(out);
    }
    String said = done("diff", file("a.jfr"), file("a.jfr"), "-o", file("d.html"));
    assertTrue(said.contains("a.jfr' lacks 1,234 samples of its session, the oldest:"), said);
  }

  /** A file that no array can hold. It has a hole, so it takes no room on the disk. */
  @Test
  void shouldRefuseAFileThatIsTooLarge() throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(file("a.html"), "rw")) {
      file.setLength(1L << 32);
    }
    fails(
        CommandFailure.USAGE, "-Xmx", "diff", file("a.html"), file("a.html"), "-o", file("d.html"));
  }

  /**
   * Waits until the samples are followed by two windows of time without samples.
   *
   * @return a time in the first of these windows, milliseconds since the epoch
   */
  private long timeAfter(int samples) throws InterruptedException {
    while (true) {
      // A line has the beginning of a window, its end, and its samples.
      List<String[]> windows =
          bean.bean().windows().lines().skip(1).map(line -> line.split(" +")).toList();
      int last = Math.max(0, windows.size() - 2);
      if (windows.subList(0, last).stream().mapToInt(w -> Integer.parseInt(w[2])).sum()
          == samples) {
        return Instant.parse(windows.get(last)[0]).plusMillis(500).toEpochMilli();
      }
      Thread.sleep(10);
    }
  }

  @Test
  void shouldCompareRangesOfASessionInTheirOrder() throws Exception {
    done("start", target.url(), "mode=continuous,window=1s");
    for (int i = 0; i < 3; i++) {
      sampler.signal(1, 10_000_000, 1);
    }
    String before = "to=" + timeAfter(3);
    for (int i = 0; i < 5; i++) {
      sampler.signal(1, 10_000_000, 2);
    }
    done("stop", target.url());
    String lines =
        done("diff", target.url(), before, "last=10m", "-o", "-", "--format", "collapsed");
    assertTrue(lines.matches("[^;\n]+;m2 0 5\n"), lines);
    String cpu =
        done("diff", target.url(), before, "last=10m", "-o", "-", "--format", "collapsed-cpu");
    assertTrue(cpu.matches("[^;\n]+;m2 0 50000000\n"), cpu);
  }

  @Test
  void shouldCompareRangesOfASession() throws Exception {
    done("start", target.url(), "mode=continuous,window=1s");
    String said =
        done("diff", target.url(), "last=10m", "from=-5m", "-o", file("d.html"), "--overwrite");
    assertTrue(said.matches("(?s).*d\\.html: [0-9,]+ bytes\n'last=10m' begins before .*"), said);
    assertTrue(Files.readString(Path.of(file("d.html"))).contains("\"before\":{\"session\":1,"));
    assertEquals(
        "", done("diff", target.url(), "last=1m", "last=1m", "-o", "-", "--format", "collapsed"));
    fails(
        CommandFailure.REFUSED,
        "yesterday",
        "diff",
        target.url(),
        "yesterday",
        "last=1m",
        "-o",
        file("x.html"));
  }
}
