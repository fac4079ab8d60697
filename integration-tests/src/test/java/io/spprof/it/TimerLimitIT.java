package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** RLIMIT_SIGPENDING bounds the timers of a user; what it refuses is told. */
class TimerLimitIT {

  private static final int THREADS = 200;

  @Test
  void shouldSayHowManyThreadsGotNoTimer() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 60, 0, THREADS - 60).start();
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
      bean.stop();
      assertEquals(List.of(), Proc.timers(target.pid()));
    }
  }

  @Test
  void shouldRefuseToStartWhenNoThreadGetsATimer() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0, THREADS - 1).start();
        BeanClient bean = BeanClient.connect(target)) {
      limit(target, 0);
      Throwable refusal = BeanClient.refusalOf(bean::start);
      assertInstanceOf(IllegalStateException.class, refusal);
      assertNamesTheLimit(refusal.getMessage());
      assertEquals("FAILED", bean.text("State"));
      assertNamesTheLimit(bean.text("LastError"));
      assertEquals(List.of(), Proc.timers(target.pid()));
      assertTrue(!Proc.catches(target.pid(), Proc.SIGPROF), "no handler is left");
    }
  }

  private static void assertNamesTheLimit(String message) {
    String text = message.toLowerCase(Locale.ROOT);
    assertTrue(
        text.contains("rlimit_sigpending") || text.contains("ulimit -i"), "says: " + message);
  }

  /**
   * The limit counts the timers of all of the user's processes, and others may take some or give
   * some back just now: it is set at the last moment, half-way between nothing and enough.
   */
  private static void limit(TargetJvm target, int timers) throws Exception {
    String queued = Proc.status(target.pid(), "SigQ");
    int limit = timers == 0 ? 0 : timers + Integer.parseInt(queued.split("/")[0]);
    Programs.Ended prlimit =
        Programs.run(
            target.directory(),
            List.of(
                "prlimit", "--pid", Long.toString(target.pid()), "--sigpending=" + limit + ":"));
    assertEquals(0, prlimit.status(), prlimit.err().toString());
  }
}
