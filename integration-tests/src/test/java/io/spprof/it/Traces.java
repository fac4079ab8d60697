package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Looks for what a session leaves in a process: a timer, a SIGPROF handler, an ignored SIGPROF, an
 * open library, a thread of the profiler. After the session, none of them may exist.
 */
final class Traces {

  private Traces() {}

  /**
   * Fails if a timer, the handler, an ignored signal, an open library or a thread of the profiler
   * exists.
   */
  static void assertNone(TargetJvm target) throws Exception {
    assertEquals(List.of(), Proc.timers(target.pid()));
    assertFalse(Proc.catches(target.pid(), Proc.SIGPROF), "SIGPROF is still caught");
    assertFalse(Proc.ignores(target.pid(), Proc.SIGPROF), "SIGPROF is still ignored");
    assertEquals(List.of(), openLibraries(target));
    awaitNoThread("after a session", target);
  }

  /**
   * The libraries and debug files that the process has open. A loaded library is not open. Not
   * known of a process in a machine.
   */
  private static List<String> openLibraries(TargetJvm target) throws IOException {
    if (Machine.given() != null) {
      return List.of();
    }
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + target.pid() + "/fd"))) {
      return descriptors
          .map(Traces::target)
          .filter(file -> file.matches(".*(\\.so[.0-9]*|\\.debug|/bin/java)( \\(deleted\\))?"))
          .toList();
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }

  /**
   * Fails if a thread of the profiler stays. The JVM releases a caller of join a few instructions
   * before the system's thread has ended. On a busy machine, these instructions may take a while.
   */
  static void awaitNoThread(String when, TargetJvm target) throws Exception {
    List<String> there = ownThreads(target);
    if (!there.isEmpty()) {
      Await.until(when + ": none of " + there + " is left", () -> ownThreads(target).isEmpty());
    }
  }

  /** The names of the profiler's threads. */
  static List<String> ownThreads(TargetJvm target) throws IOException {
    return Proc.threadNames(target.pid()).stream()
        .filter(name -> name.toLowerCase(Locale.ROOT).contains("spprof"))
        .toList();
  }
}
