package io.spprof.budget;

import io.spprof.config.ProfilerConfig;
import io.spprof.profile.ProfilerStats;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.SamplerCounters;
import io.spprof.sampler.ThreadStarts;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a session within the overhead that its options allow. After every pass of the collector
 * over the ring buffer it applies two decisions to the sampler: {@link OverheadController} chooses
 * the interval and how many threads rest, {@link ThreadStartsControl} chooses how new threads are
 * treated. A session without a budget changes nothing. Used by the session's thread only.
 */
public final class Budget {

  /** Looking for threads takes at most one part in so many of a CPU. */
  private static final int SWEEP_SHARE = 100;

  private static final long TURN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Sampler sampler;
  private final IntervalInForce interval;
  private final double percent;
  private final OverheadController controller; // null without a budget
  private final ThreadStartsControl control;
  private ThreadStarts starts = ThreadStarts.TIMED;
  private boolean refused;
  private int share = 1; // of so many threads one is sampled
  private int turn;
  private long nextTurn;

  /**
   * Of a session that begins.
   *
   * @param config its options
   * @param interval its interval, which follows
   * @param sampler its sampler
   */
  public Budget(ProfilerConfig config, IntervalInForce interval, Sampler sampler) {
    this.interval = interval;
    this.sampler = sampler;
    this.percent = config.budgetPercent();
    this.controller =
        percent == 0
            ? null
            : new OverheadController(
                percent, config.intervalNanos(), Runtime.getRuntime().availableProcessors());
    this.control = new ThreadStartsControl(percent);
  }

  /**
   * Whether there is one.
   *
   * @return false if {@link #keep} has nothing to do
   */
  public boolean isSet() {
    return controller != null;
  }

  /**
   * Called after every pass of a session with a budget.
   *
   * @param now ns after the session's start
   * @param fixedNanos what the session's thread spent so far on other things than samples, ns
   * @param stats the session's figures
   * @param counted the native side's part of them
   */
  public void keep(long now, long fixedNanos, ProfilerStats stats, SamplerCounters counted) {
    control.update(now, counted.hooks(), counted.hookCpuNanos());
    if (control.now() != starts) {
      starts = control.now();
      sampler.setThreadStarts(starts);
    }
    controller.update(
        new OverheadController.Measured(
            now,
            stats.counters().signals(),
            stats.counters().sampledCpuNanos()
                + stats.counters().droppedCpuNanos()
                - stats.counters().unseenCpuNanos(),
            stats.counters().overheadCpuNanos(),
            fixedNanos,
            counted.hookCpuNanos()));
    refused = !interval.change(sampler, controller.intervalNanos());
    if (controller.share() != share || share > 1 && now >= nextTurn) {
      share = controller.share();
      nextTurn = now + TURN_NANOS;
      sampler.rest(share, turn++);
    }
  }

  /**
   * How many times as long as without a budget the session's thread is to sleep.
   *
   * @return at least 1
   */
  public int pace() {
    return controller == null ? 1 : controller.pace();
  }

  /**
   * The reciprocal of the share of a CPU that looking for threads may take: a sixteenth of all.
   *
   * @return at least 100
   */
  public int sweepShare() {
    return controller == null ? SWEEP_SHARE : Math.max(SWEEP_SHARE, (int) (1600 / percent));
  }

  /**
   * Why the budget cannot be kept as it should.
   *
   * @return "" if it can, or if there is none
   */
  public String problem() {
    if (controller == null) {
      return "";
    }
    String found = "";
    if (refused) {
      found =
          " cannot be kept: the process's profiling timer (setitimer, ITIMER_PROF) was set by"
              + " something else meanwhile; use engine=ctimer on Linux";
    } else if (controller.outOfReach()) {
      boolean hooks = controller.hookPercent() > controller.fixedPercent();
      double percentOf = hooks ? controller.hookPercent() : controller.fixedPercent();
      found =
          " cannot be kept: "
              + (hooks ? "starting and ending threads" : "the profiler's own thread")
              + " alone takes "
              + Math.round(100 * percentOf) / 100.0 // computed every second, so without a formatter
              + " % of a CPU; set a larger budget"
              + (share > 1 ? "; one thread in " + share + " is sampled at a time" : "");
    } else if (share > 1) {
      found =
          ": the longest interval is not enough, so one thread in "
              + share
              + " is sampled at a time, each in its turn; all CPU time is accounted for; set a"
              + " larger budget to sample all at once";
    } else if (starts == ThreadStarts.UNHEARD) {
      found =
          ": threads start too often for it, so they are looked for several times a second at most;"
              + " those that end before have no samples, and their CPU time is in"
              + " UnseenCpuTimeNanos; set a larger budget to sample them, too";
    }
    return found.isEmpty() ? "" : "budget=" + ProfilerConfig.plain(percent) + found;
  }
}
