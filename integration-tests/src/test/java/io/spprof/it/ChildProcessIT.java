package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Spawner;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a target starts knows nothing of the profiler. */
class ChildProcessIT {

  @Test
  void shouldLetAnApplicationStartChildrenWhileSessionsComeAndGo() throws Exception {
    try (TargetJvm target = TargetJvm.of(Spawner.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      for (int session = 0; session < 20; session++) {
        bean.startWith("interval=100us");
        long before = children(target);
        Await.until(
            "children come and go", Duration.ofSeconds(20), () -> children(target) >= before + 5);
        bean.stop();
      }
      assertTrue(children(target) >= 100);
    }
  }

  private static long children(TargetJvm target) throws Exception {
    return Long.parseLong(target.ask("children"));
  }
}
