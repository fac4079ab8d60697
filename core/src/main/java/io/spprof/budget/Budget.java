package io.spprof.budget;

import io.spprof.config.ProfilerConfig;
import io.spprof.profile.ProfilerStats;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.SamplerCounters;
import io.spprof.sampler.ThreadStarts;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the overhead of a session within the budget that the user has set. After every pass
 * (reading of the ring), it updates two controllers and applies their decisions to the sampler.
 * {@link OverheadController} chooses the interval, and how many threads rest (their timers are
 * disarmed for a time). {@link ThreadStartsControl} chooses what happens when threads start. If the
 * user has set no budget, this class changes nothing. Used by the session's thread only.
 */
public final class Budget {

  /** Sweeps and searches for threads each take at most one part in so many of a CPU. */
  private static final int SWEEP_SHARE = 100;

  private static final long TURN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Sampler sampler;
  private final IntervalInForce interval;
  private final double percent; // of one CPU; 0 without a budget
  private final OverheadController controller; // null without a budget
  private final ThreadStartsControl control;
  private ThreadStarts starts = ThreadStarts.TIMED;
  private boolean refused;
  private int share = 1; // One of so many threads is sampled.
  private int turn;
  private long nextTurn; // in nanoseconds after the session's start

  /**
   * Creates the budget of a session that begins.
   *
   * @param config the session's options
   * @param interval the session's interval, which this object changes
   * @param sampler the session's sampler
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
   * Returns whether the user has set a budget.
   *
   * @return false if {@link #keep} has nothing to do
   */
  public boolean isSet() {
    return controller != null;
  }

  /**
   * Updates the controllers. Called after every pass of a session with a budget.
   *
   * @param now the present, in nanoseconds after the session's start
   * @param fixedNanos the CPU time that the session's thread has used so far for other things than
   *     samples, without {@code onceNanos}, in nanoseconds
   * @param onceNanos the CPU time that it has used so far for what does not come again, in
   *     nanoseconds
   * @param stats the session's figures
   * @param counted the native side's part of these figures
   */
  public void keep(
      long now, long fixedNanos, long onceNanos, ProfilerStats stats, SamplerCounters counted) {
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
            onceNanos,
            counted.hookCpuNanos()));
    refused = !interval.change(sampler, controller.intervalNanos());
    if (controller.share() != share || share > 1 && now >= nextTurn) {
      share = controller.share();
      nextTurn = now + TURN_NANOS;
      sampler.rest(share, turn++);
    }
  }

  /**
   * Returns the factor by which the session's thread must sleep longer than without a budget.
   *
   * @return at least 1
   */
  public int pace() {
    return controller == null ? 1 : controller.pace();
  }

  /**
   * Returns the reciprocal of the share of a CPU that sweeps may take; searches may take as much.
   * The share is a sixteenth of the budget, but at most one hundredth of a CPU.
   *
   * @return at least 100
   */
  public int sweepShare() {
    return controller == null ? SWEEP_SHARE : Math.max(SWEEP_SHARE, (int) (1600 / percent));
  }

  /**
   * Returns why the budget cannot be kept as it should be.
   *
   * @return "" if the budget can be kept, or if there is none
   */
  public String problem() {
    if (controller == null) {
      return "";
    }
    String found = "";
    if (refused) {
      found =
          " cannot be kept: the process's profiling timer (setitimer, ITIMER_PROF) was set by"
              + " other code meanwhile; use engine=ctimer on Linux";
    } else if (controller.outOfReach()) {
      boolean hooks = controller.hookPercent() > controller.fixedPercent();
      double percentOf = hooks ? controller.hookPercent() : controller.fixedPercent();
      found =
          " cannot be kept: "
              + (hooks ? "starting and ending threads" : "the profiler's own thread")
              + " alone takes "
              + Math.round(100 * percentOf)
                  / 100.0 // The message is computed every second, so this code uses no formatter.
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
