package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.ShortThreads;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Checks that threads that live for less than an interval appear in the profile in proportion to
 * their CPU time. At an interval of 10 ms, a thread of 5 ms is sampled with a probability of 1/2.
 * So 2,000 such threads give 1,000 samples with a standard deviation of 22, and the tolerance of 10
 * % is more than four standard deviations.
 */
@Tag("system")
class ShortThreadsIT {

  @Test
  void shouldSeeShortThreadsInProportionToTheirCpuTime() throws Exception {
    try (TargetJvm target = TargetJvm.of(ShortThreads.class, 2_000, 5_000).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=10ms");
      String[] truth = target.ask("go").split(" ");
      bean.stop();

      double trueShort = Double.parseDouble(truth[0]);
      double trueReference = Double.parseDouble(truth[1]);
      Collapsed profile = bean.cpuNanos();
      long seenShort = ofThread(profile, "short");
      long seenReference = ofThread(profile, "reference");
      String message =
          String.format(
              "short %.0f ms seen of %.0f, reference %.0f ms of %.0f; dropped %s",
              seenShort / 1e6,
              trueShort / 1e6,
              seenReference / 1e6,
              trueReference / 1e6,
              bean.get("DroppedByReason"));
      assertTrue(seenReference > 500_000_000, message);
      double ratio = (seenShort / trueShort) / (seenReference / trueReference);
      assertEquals(1, ratio, 0.1, message);
      assertTrue(bean.number("ThreadsFailed") == 0, message);
      // Samples are in the threads' method, except those for CPU time that was due when a thread
      // ended.
      assertTrue(profile.with("ShortThreads.burnShort") > 0.3 * seenShort, message);
    }
  }

  private static long ofThread(Collapsed profile, String name) {
    return profile.count(stack -> stack.frames().get(0).equals(name));
  }
}
