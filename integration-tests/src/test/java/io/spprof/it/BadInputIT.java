package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.client.BadInputClient;
import io.spprof.it.load.Busy;
import io.spprof.it.load.Hello;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checks that bad input from a remote client is refused and changes nothing. */
@Tag("system")
class BadInputIT {

  @Test
  void shouldRefuseEveryBadInputToAClientWithoutOurClasses() throws Exception {
    Path directory = TestPaths.newDirectory("bad-input");
    Path dumps = Files.createDirectories(directory.resolve("dumps"));
    Files.writeString(dumps.resolve("taken.html"), "mine");
    Files.writeString(directory.resolve("elsewhere.html"), "mine too");
    Files.createSymbolicLink(dumps.resolve("link.html"), directory.resolve("elsewhere.html"));

    try (TargetJvm target = TargetJvm.of(Hello.class).agentOptions("dir=" + dumps).start()) {
      Programs.Ended client =
          Programs.run(
              directory,
              List.of(
                  TestPaths.jdkProgram("java").toString(),
                  "-classpath",
                  classPathOfOnly(BadInputClient.class, directory).toString(),
                  BadInputClient.class.getName(),
                  Integer.toString(target.port()),
                  "taken.html",
                  "link.html"));
      String rows = String.join("\n", client.out()) + String.join("\n", client.err());
      assertEquals(0, client.status(), rows);
      assertTrue(client.out().stream().allMatch(row -> row.startsWith("ok ")), rows);
      assertTrue(client.out().size() > 40, rows);
    }

    assertEquals("mine", Files.readString(dumps.resolve("taken.html")));
    assertEquals("mine too", Files.readString(directory.resolve("elsewhere.html")));
    assertEquals(List.of("link.html", "taken.html"), namesIn(dumps));
    assertFalse(Files.exists(Path.of("/tmp/spprof-it-absolute.html")));
  }

  @Test
  void shouldKeepTheProfileWhenTheOutputDirectoryIsGone() throws Exception {
    Path dumps = TestPaths.newDirectory("gone");
    try (TargetJvm target = busy(dumps);
        BeanClient bean = BeanClient.connect(target)) {
      sampleForAMoment(bean);
      long samples = bean.collapsed().total();
      Files.delete(dumps);
      assertRefusedByIo(bean, "profile.html");
      assertEquals(samples, bean.collapsed().total());
      Files.createDirectory(dumps);
      bean.invoke("dumpToFile", "profile.html");
      assertEquals(List.of("profile.html"), namesIn(dumps));
    }
  }

  @Test
  void shouldLeaveNoPartOfAFileWhenTheDiskIsFull() throws Exception {
    Path dumps = TestPaths.newDirectory("full");
    try (TargetJvm target = busy(dumps);
        BeanClient bean = BeanClient.connect(target)) {
      sampleForAMoment(bean);
      long samples = bean.collapsed().total();
      // For the writer, a limit on file sizes is like a full disk: write(2) fails half-way.
      limitFileSize(target, "2048");
      assertRefusedByIo(bean, "profile.html");
      assertEquals(List.of(), namesIn(dumps));
      limitFileSize(target, "unlimited");
      assertEquals(samples, bean.collapsed().total());
      bean.invoke("dumpToFile", "profile.html");
      assertTrue(Files.size(dumps.resolve("profile.html")) > 2048);
    }
  }

  @Test
  void shouldDumpIntoTheOutputDirectoryAndReturnTheAbsolutePath() throws Exception {
    Path dumps = TestPaths.newDirectory("dumps");
    try (TargetJvm target = busy(dumps);
        BeanClient bean = BeanClient.connect(target)) {
      sampleForAMoment(bean);
      Path html = Path.of((String) bean.invoke("dumpToFile", "profile.html"));
      assertEquals(dumps.resolve("profile.html").toRealPath(), html.toRealPath());
      assertTrue(html.isAbsolute());
      Path folded = Path.of((String) bean.invoke("dumpToFile", "profile.collapsed"));
      assertEquals(bean.collapsed().total(), Collapsed.parse(Files.readString(folded)).total());
    }
  }

  private static TargetJvm busy(Path dumps) throws IOException, InterruptedException {
    return TargetJvm.of(Busy.class, 1, 0).agentOptions("dir=" + dumps).start();
  }

  private static void sampleForAMoment(BeanClient bean) throws Exception {
    bean.startWith("interval=1ms");
    Await.until("samples", () -> bean.number("CollectedSamples") > 20);
    bean.stop();
  }

  private static void assertRefusedByIo(BeanClient bean, String file) {
    Throwable refusal = BeanClient.refusalOf(() -> bean.invoke("dumpToFile", file));
    assertInstanceOf(IOException.class, refusal);
    assertTrue(refusal.getClass().getName().startsWith("java.io."), refusal.toString());
  }

  private static void limitFileSize(TargetJvm target, String bytes) throws Exception {
    Programs.Ended prlimit =
        Programs.run(
            target.directory(),
            List.of("prlimit", "--pid", Long.toString(target.pid()), "--fsize=" + bytes + ":"));
    assertEquals(0, prlimit.status(), prlimit.err().toString());
  }

  /** A directory that contains one class and nothing else. */
  private static Path classPathOfOnly(Class<?> type, Path parent) throws IOException {
    Path root = parent.resolve("client");
    String file = type.getName().replace('.', '/') + ".class";
    Path copy = root.resolve(file);
    Files.createDirectories(copy.getParent());
    Files.copy(TestPaths.classPathEntry(type).resolve(file), copy);
    return root;
  }

  private static List<String> namesIn(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
