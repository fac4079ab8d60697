package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.spprof.it.load.Spawner;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * What a target starts knows nothing of the profiler. One exception is known: a child that is
 * started in the midst of a stop, while the signal is ignored, inherits that; so what is looked at
 * is children that are started before and after.
 */
class ChildProcessIT {

  @Test
  void shouldLetAnApplicationStartChildrenWhileSessionsComeAndGo() throws Exception {
    try (TargetJvm target = TargetJvm.of(Spawner.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      for (int session = 0; session < 20; session++) {
        bean.startWith("interval=100us");
        assertChildrenAreAsUsual(target);
        bean.stop();
        assertChildrenAreAsUsual(target);
      }
    }
  }

  private static void assertChildrenAreAsUsual(TargetJvm target) throws Exception {
    awaitChildren(target, 2); // those that were half-way
    String ignoring = target.ask("ignoring");
    awaitChildren(target, 5);
    assertEquals(ignoring, target.ask("ignoring"), "SIGPROF is ignored by a child");
  }

  private static void awaitChildren(TargetJvm target, int more) throws Exception {
    long before = children(target);
    Await.until(
        "children come and go", Duration.ofSeconds(20), () -> children(target) >= before + more);
  }

  private static long children(TargetJvm target) throws Exception {
    return Long.parseLong(target.ask("children"));
  }
}
