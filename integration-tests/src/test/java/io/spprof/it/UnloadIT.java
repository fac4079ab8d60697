package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.Profiler;
import io.spprof.it.load.Redeploy;
import io.spprof.jmx.Spprof;
import io.spprof.sampler.NativeSampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks that nothing remains of an application with the embedded profiler that is deployed again
 * and again to one JVM. After each undeployment, the application's class loader must be collected,
 * and no resource of the JVM may have grown. An ordinary build makes a few deployments, -Psoak
 * 1,000.
 */
@Tag("unload")
class UnloadIT {

  private static final int UNLOADS = Integer.getInteger("spprof.it.unloads", 25);

  /**
   * Deployments after which the JVM has made what it makes once and keeps: accessors of JMX,
   * compiled code.
   */
  private static final int WARM_UP = 5;

  /**
   * Classes that the JVM may generate late. A deployment that is not unloaded has some hundred
   * classes.
   */
  private static final int MORE_CLASSES = 60;

  /** Addresses that malloc may reserve during the test, which it does in steps of 64 MiB. */
  private static final long ARENAS = 256 << 20;

  @ParameterizedTest
  @ValueSource(strings = {"ctimer", "itimer"})
  void shouldLetGoOfTheClassLoaderAndLeaveNothing(String engine) throws Exception {
    try (TargetJvm target = server(engine)) {
      ProcessState before = ProcessState.before(target);
      State warm = null;
      for (int cycle = 1; cycle <= WARM_UP + UNLOADS; cycle++) {
        String answer = target.ask("cycle");
        assertTrue(answer.matches("[1-9][0-9]* gone"), "cycle " + cycle + ": " + answer);
        before.assertUnchanged("after cycle " + cycle);
        State now = State.of(target);
        assertEquals(List.of(), now.files, "temporary files");
        if (cycle == WARM_UP) {
          warm = now;
        } else if (cycle > WARM_UP) {
          warm.assertNoMore(now, cycle);
        }
      }
      State last = State.of(target);
      System.out.println("UnloadIT " + engine + ": " + UNLOADS + " cycles, " + last.since(warm));
    }
  }

  @Test
  void shouldNoticeAClassLoaderThatIsKept() throws Exception {
    try (TargetJvm target = server("ctimer")) {
      assertTrue(target.ask("keep").endsWith("still there"));
    }
  }

  /** Starts a JVM without the agent, with flags against changes that the JVM makes by itself. */
  private static TargetJvm server(String engine) throws Exception {
    List<Object> arguments = new ArrayList<>(List.of("interval=1ms,engine=" + engine));
    Stream.of(
            NativeSampler.class,
            Profiler.class,
            Spprof.class,
            com.sun.jna.Native.class,
            StringUtils.class)
        .map(TestPaths::classPathEntry)
        .forEach(arguments::add);
    return TargetJvm.of(Redeploy.class, arguments.toArray())
        .noAgent()
        .flags("-XX:+UseSerialGC", "-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch")
        .flags("-XX:-UseDynamicNumberOfCompilerThreads")
        // Keeps the JVM out of lists of JVMs: a test that attaches to all of them would leave a
        // thread and a descriptor here.
        .flags("-XX:-UsePerfData")
        .start();
  }

  /** The resources of the JVM between two deployments. */
  private record State(
      long classes,
      long beans,
      int descriptors,
      int threads,
      List<Path> files,
      long libraries,
      int mappings,
      long address,
      long resident,
      long dirty) {

    static State of(TargetJvm target) throws IOException, InterruptedException {
      long pid = target.pid();
      String[] figures = target.ask("figures").split(" ");
      List<Path> files;
      try (Stream<Path> left = Files.list(target.temporaryDirectory())) {
        files = left.toList();
      }
      return new State(
          Long.parseLong(figures[0]),
          Long.parseLong(figures[1]),
          Proc.descriptors(pid),
          Proc.threads(pid).size(),
          files,
          Proc.mappedFiles(pid).stream().filter(file -> file.contains("libspprof")).count(),
          Proc.mappings(pid).size(),
          Proc.bytes(pid, "VmSize"),
          Proc.bytes(pid, "VmRSS"),
          Proc.privateDirty(pid));
    }

    void assertNoMore(State now, int cycle) {
      String when = "cycle " + cycle + ": " + now + ", at first " + this;
      assertEquals(beans, now.beans, when);
      assertEquals(descriptors, now.descriptors, when);
      assertEquals(threads, now.threads, when);
      assertTrue(now.classes <= classes + MORE_CLASSES, when);
      // There are two while the JVM has not yet unloaded the previous one.
      assertTrue(now.libraries <= 3, when);
      assertTrue(now.address <= address + ARENAS, when);
    }

    String since(State before) {
      return String.format(
          "since the first %d: classes %+d, beans %+d, descriptors %+d, threads %+d, mapped libraries"
              + " %+d, mappings %+d; a cycle: address space %+.1f KiB, resident %+.1f KiB, private"
              + " dirty %+.1f KiB",
          WARM_UP,
          classes - before.classes,
          beans - before.beans,
          descriptors - before.descriptors,
          threads - before.threads,
          libraries - before.libraries,
          mappings - before.mappings,
          perCycle(address - before.address),
          perCycle(resident - before.resident),
          perCycle(dirty - before.dirty));
    }

    private static double perCycle(long bytes) {
      return bytes / 1024.0 / UNLOADS;
    }
  }
}
