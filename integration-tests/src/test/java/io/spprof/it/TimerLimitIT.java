package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests sessions for which the kernel refuses timers because of RLIMIT_SIGPENDING, which limits the
 * number of timers of a user. A session must sample the threads that get a timer, and the bean must
 * report the timers that this limit refuses. A start must fail if no thread gets a timer.
 */
@ExtendWith(UsersTimers.class)
@Tag("system")
class TimerLimitIT {

  private static final int THREADS = 200;
  private static final int BUSY = 10;

  @Test
  void shouldSampleTheThreadsThatGetATimerAndSayHowManyGotNone() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, BUSY, 0, THREADS - BUSY).start();
        BeanClient bean = BeanClient.connect(target)) {
      limit(target, THREADS / 2);
      bean.startWith("interval=1ms");
      Map<String, Object> running = bean.all();
      assertEquals("RUNNING", running.get("State"));
      int sampled = (Integer) running.get("ThreadsSampled");
      int failed = (Integer) running.get("ThreadsFailed");
      assertTrue(sampled > 0 && failed > 0, running::toString);
      assertTrue(sampled + failed >= THREADS, running::toString);
      assertNamesTheLimit((String) running.get("LastError"));
      long before = (Long) running.get("CollectedSamples");
      Await.until(
          "those that have a timer are profiled",
          () -> bean.number("CollectedSamples") > before + 10);

      // Refused timers are tried again; here that succeeds after the limit is raised.
      unlimit(target);
      Await.until(
          "every thread has a timer",
          () -> bean.number("ThreadsFailed") == 0 && bean.number("ThreadsSampled") >= THREADS);
      Await.until("LastError is empty", () -> bean.text("LastError").isEmpty());
      bean.stop();
      assertNothingLeft(target, bean);
      Figures.of(bean).assertExact();
      // The limit was read through JNA, which by itself makes a directory there.
      assertFalse(Files.exists(target.directory().resolve("home/.cache")));
    }
  }

  @Test
  void shouldRefuseToStartWhenNoThreadGetsATimer() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0, THREADS - 1).start();
        BeanClient bean = BeanClient.connect(target)) {
      limit(target, 0);
      for (int i = 0; i < 2; i++) {
        Throwable refusal = BeanClient.refusalOf(bean::start);
        assertInstanceOf(IllegalStateException.class, refusal);
        assertNamesTheLimit(refusal.getMessage());
        assertEquals("FAILED", bean.text("State"));
        assertEquals(refusal.getMessage(), bean.text("LastError"));
        assertEquals(0, bean.number("SessionsStarted"));
        assertNothingLeft(target, bean);
      }
      unlimit(target);
      bean.start();
      assertEquals("", bean.text("LastError"));
      assertEquals(0, bean.number("ThreadsFailed"));
      assertTrue(bean.number("ThreadsSampled") >= THREADS);
      bean.stop();
      assertNothingLeft(target, bean);
      Figures.of(bean).assertExact();
      // The limit was read through JNA, which by itself makes a directory there.
      assertFalse(Files.exists(target.directory().resolve("home/.cache")));
    }
  }

  private static void assertNothingLeft(TargetJvm target, BeanClient bean) throws Exception {
    Traces.awaitNoThread("the session is over", target);
    Traces.assertNone(target);
    assertEquals(0, bean.number("ThreadsSampled"));
    assertEquals(0, bean.number("ThreadsFailed"));
  }

  private static void assertNamesTheLimit(String message) {
    String text = message.toLowerCase(Locale.ROOT);
    assertTrue(
        text.contains("rlimit_sigpending") || text.contains("ulimit -i"), "says: " + message);
  }

  /**
   * Sets the limit, at the last moment and half-way between nothing and enough. The limit counts
   * the timers of all processes of the user, and other processes may create or delete timers at the
   * same time.
   */
  private static void limit(TargetJvm target, int timers) throws Exception {
    String queued = Proc.status(target.pid(), "SigQ");
    int limit = timers == 0 ? 0 : timers + Integer.parseInt(queued.split("/")[0]);
    prlimit(target, Integer.toString(limit));
  }

  /** Raises the limit to its maximum. */
  private static void unlimit(TargetJvm target) throws Exception {
    Path limits = Path.of("/proc", Long.toString(target.pid()), "limits");
    String hard =
        new String(Programs.readAsTargets(limits), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> line.startsWith("Max pending signals"))
            .map(line -> line.split(" {2,}")[2])
            .findFirst()
            .orElseThrow();
    prlimit(target, hard);
  }

  private static void prlimit(TargetJvm target, String soft) throws Exception {
    Programs.Ended prlimit =
        Programs.runWhereTargetsRun(
            target.directory(),
            List.of("prlimit", "--pid", Long.toString(target.pid()), "--sigpending=" + soft + ":"));
    assertEquals(0, prlimit.status(), prlimit.err().toString());
  }
}
