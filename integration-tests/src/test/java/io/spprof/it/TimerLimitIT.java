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

  @Test
  void shouldSayHowManyThreadsGotNoTimer() throws Exception {
    try (TargetJvm target = limited(20);
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      Map<String, Object> running = bean.all();
      assertEquals("RUNNING", running.get("State"));
      int sampled = (Integer) running.get("ThreadsSampled");
      int failed = (Integer) running.get("ThreadsFailed");
      assertTrue(sampled > 0 && failed > 0, running::toString);
      assertTrue(sampled + failed >= 200, running::toString);
      assertNamesTheLimit((String) running.get("LastError"));
      bean.stop();
      assertEquals(List.of(), Proc.timers(target.pid()));
    }
  }

  @Test
  void shouldRefuseToStartWhenNoThreadGetsATimer() throws Exception {
    try (TargetJvm target = limited(0);
        BeanClient bean = BeanClient.connect(target)) {
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
   * A target that gets so many timers and no more. The limit counts all of the user's processes,
   * and others may be giving timers back just now: hence so many threads.
   */
  private static TargetJvm limited(int timers) throws Exception {
    String queued = Proc.status(ProcessHandle.current().pid(), "SigQ");
    int limit = timers == 0 ? 0 : timers + Integer.parseInt(queued.split("/")[0]);
    return TargetJvm.of(Busy.class, 60, 0, 140)
        .prefix("bash", "-c", "ulimit -i " + limit + " && exec \"$@\"", "bash")
        .start();
  }
}
