package io.spprof.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import io.spprof.it.load.Javac;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Profiles JVMs whose code blobs, or a field, have other names, as in a release that renamed them:
 * the names in a copy of libjvm are overwritten. The bean must report it as soon as a session
 * starts. {@code test_blobs.c} renames every blob once, in code heaps of its own.
 */
class RenamedBlobIT {

  /** Directories of a JDK that contain a file to copy. The other files are links. */
  private static final Set<Path> COPIED_IN =
      Set.of(Path.of("bin"), Path.of("lib"), Path.of("lib/server"));

  /** The launcher finds the JDK from where it is itself. */
  private static final Set<Path> COPIED = Set.of(Path.of("bin/java"), Path.of("lib/libjli.so"));

  private static final Path LIBJVM = Path.of("lib/server/libjvm.so");

  @Test
  void shouldUseTheOtherWalkerIfTheStubsHaveAnotherName() throws Exception {
    Path jdk = copyWith(Map.of("StubRoutines (", "StebRoutines ("));
    try (TargetJvm target =
            TargetJvm.of(Busy.class, 2, 5).jdk(jdk, Runtime.version().feature()).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      String reason = bean.text("LastError");
      assertEquals("agct", bean.text("StackWalker"));
      assertTrue(
          reason.startsWith(
                  "walker=agct is used, which cannot read every stack: walker=vm does not")
              && reason.contains("this JVM has no code blob called StubRoutines ("),
          reason);
      Await.until("samples", () -> bean.number("CollectedSamples") > 20);
      bean.stop();
      Figures.of(bean).assertExact();
    }
  }

  @Test
  void shouldGoOnWithALimitationIfOnlyRareFramesAreConcerned() throws Exception {
    Path jdk =
        copyWith(
            Map.of(
                "flush_icache_stub", "flush_icache_stab",
                "flush_icache_final_stub", "flush_icache_fanal_stub"));
    try (TargetJvm target =
            TargetJvm.of(Busy.class, 2, 5).jdk(jdk, Runtime.version().feature()).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      assertEquals("vm", bean.text("StackWalker"));
      assertEquals(
          "walker=vm cannot read a few kinds of stacks in this JVM: this JVM has no code blob called"
              + " flush_icache_stub",
          bean.text("LastError"));
      Await.until("samples", () -> bean.number("CollectedSamples") > 20);
      bean.stop();
      Figures.of(bean).assertExact();
    }
  }

  /** A field that only the frames of compilations need. */
  @Test
  void shouldLeaveOutCompilationsIfAFieldHasAnotherName() throws Exception {
    Path jdk = copyWith(Map.of("_osr_bci", "_osr_bcj"));
    try (TargetJvm target =
            TargetJvm.of(Javac.class).jdk(jdk, Runtime.version().feature()).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      assertEquals("vm", bean.text("StackWalker"));
      assertEquals("", bean.text("LastError"));
      long before = Proc.cpuNanos(target.pid(), "C2 CompilerThre");
      Await.until(
          "C2 uses CPU time and has samples",
          () ->
              Proc.cpuNanos(target.pid(), "C2 CompilerThre") > before + 500_000_000L
                  && ofC2(bean.collapsed()) > 20);
      bean.stop();
      Figures.of(bean).assertExact();
      Collapsed profile = bean.collapsed();
      assertTrue(ofC2(profile) > 20);
      assertEquals(0, profile.with("[C1") + profile.with("[C2"));
    }
  }

  private static long ofC2(Collapsed profile) {
    return profile.count(stack -> stack.frames().get(0).startsWith("C2 Comp"));
  }

  /** A JDK of links to the one that runs the tests, with other texts in its libjvm. */
  private static Path copyWith(Map<String, String> texts) throws IOException {
    Path from = Path.of(System.getProperty("java.home")).toRealPath();
    Path to = TestPaths.newDirectory("renamed-jdk").toRealPath();
    link(from, to, Path.of(""));
    Files.write(to.resolve(LIBJVM), replaced(Files.readAllBytes(from.resolve(LIBJVM)), texts));
    return to;
  }

  private static void link(Path from, Path to, Path directory) throws IOException {
    Files.createDirectories(to.resolve(directory));
    List<Path> files;
    try (Stream<Path> all = Files.list(from.resolve(directory))) {
      files = all.map(from::relativize).toList();
    }
    for (Path file : files) {
      if (COPIED_IN.contains(file)) {
        link(from, to, file);
      } else if (COPIED.contains(file)) {
        Files.copy(from.resolve(file), to.resolve(file));
      } else if (!file.equals(LIBJVM)) {
        Files.createSymbolicLink(to.resolve(file), from.resolve(file));
      }
    }
  }

  private static byte[] replaced(byte[] library, Map<String, String> texts) {
    String content = new String(library, ISO_8859_1);
    String other = content;
    for (Map.Entry<String, String> text : texts.entrySet()) {
      assertEquals(text.getKey().length(), text.getValue().length());
      other = other.replace(text.getKey(), text.getValue());
    }
    assertTrue(!other.equals(content), () -> "libjvm contains none of " + texts.keySet());
    return other.getBytes(ISO_8859_1);
  }
}
