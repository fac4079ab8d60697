package io.spprof.it;

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

  private static final int THREADS = 2_000;
  private static final double INTERVAL_NANOS = 10_000_000;
  private static final String THREAD_END = "[thread end]";

  @Test
  void shouldSeeShortThreadsInProportionToTheirCpuTime() throws Exception {
    try (TargetJvm target = TargetJvm.of(ShortThreads.class, THREADS, 5_000).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=10ms");
      String[] truth = target.ask("go").split(" ");
      double emptyNanos = target.cpuNanos();
      target.ask("empty");
      emptyNanos = (target.cpuNanos() - emptyNanos) / ShortThreads.EMPTY;
      bean.stop();

      double trueShort = Double.parseDouble(truth[0]);
      double trueReference = Double.parseDouble(truth[1]);
      Collapsed profile = bean.cpuNanos();
      long seenShort = ofThread(profile, "short");
      long seenReference = ofThread(profile, "reference");
      long atWork = profile.with("ShortThreads.burnShort");
      long atEnd = profile.count(stack -> isOf(stack, "short") && stack.has(THREAD_END::equals));
      String message =
          String.format(
              "short %.0f ms seen of %.0f, at work %.0f ms, at their end %.0f ms; reference %.0f ms of"
                  + " %.0f; an empty thread %.3f ms; dropped %s",
              seenShort / 1e6,
              trueShort / 1e6,
              atWork / 1e6,
              atEnd / 1e6,
              seenReference / 1e6,
              trueReference / 1e6,
              emptyNanos / 1e6,
              bean.get("DroppedByReason"));
      assertTrue(seenReference > 500_000_000, message);
      double ratio = (seenShort / trueShort) / (seenReference / trueReference);
      // The threads' own clocks lack their exits, which cost no more than whole empty threads.
      double most = 1.1 + emptyNanos * THREADS / trueShort;
      Measured.print("short threads: %s; ratio %.3f, at most %.3f", message, ratio, most);
      assertTrue(ratio >= 0.9 && ratio <= most, () -> "ratio " + ratio + "; " + message);
      assertTrue(bean.number("ThreadsFailed") == 0, message);
      // Samples are in the threads' method, except those for CPU time that was due when a thread
      // ended. How many these are depends on the kernel's tick. Few can hit a thread before or
      // after its method.
      assertTrue(atWork > 0, message);
      double outside = emptyNanos * THREADS;
      double deviation = Math.sqrt(outside * INTERVAL_NANOS);
      assertTrue(seenShort - atWork - atEnd <= outside + 5 * deviation, message);
    }
  }

  private static long ofThread(Collapsed profile, String name) {
    return profile.count(stack -> isOf(stack, name));
  }

  private static boolean isOf(Collapsed.Stack stack, String thread) {
    return stack.frames().get(0).equals(thread);
  }
}
