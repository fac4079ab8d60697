package io.spprof;

import io.spprof.sampler.Sampler;
import io.spprof.sampler.SamplerCounters;
import io.spprof.sampler.ThreadStarts;
import java.util.concurrent.TimeUnit;

/**
 * What a session may cost: has its interval, and the threads that rest, follow {@link
 * OverheadController} after every pass, and what is done about new threads {@link
 * ThreadStartsControl}. Called by the session's thread. Without a budget there is nothing to
 * follow.
 */
final class Budget {

  /** Looking for threads takes at most one part in so many of a CPU. */
  private static final int SWEEP_SHARE = 100;

  private static final long TURN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ProfilerSession session;
  private final Sampler sampler;
  private final double percent;
  private final OverheadController controller; // null without a budget
  private final ThreadStartsControl control;
  private ThreadStarts starts = ThreadStarts.TIMED;
  private boolean refused;
  private int share = 1; // of so many threads one is sampled
  private int turn;
  private long nextTurn;

  Budget(ProfilerSession session, Sampler sampler) {
    this.session = session;
    this.sampler = sampler;
    this.percent = session.config().budgetPercent();
    this.controller =
        percent == 0
            ? null
            : new OverheadController(
                percent,
                session.config().intervalNanos(),
                Runtime.getRuntime().availableProcessors());
    this.control = new ThreadStartsControl(percent);
  }

  /**
   * Called after every pass.
   *
   * @param now ns after the session's start
   * @param fixedNanos what the session's thread spent so far on other things than samples, ns
   */
  void keep(long now, long fixedNanos) {
    if (controller == null) {
      return;
    }
    ProfilerStats stats = session.stats();
    SamplerCounters counted = session.counted();
    control.update(now, counted.hooks(), counted.hookCpuNanos());
    if (control.now() != starts) {
      starts = control.now();
      sampler.threadStarts(starts);
    }
    controller.update(
        new OverheadController.Measured(
            now,
            stats.signals(),
            stats.sampledCpuNanos() + stats.droppedCpuNanos() - stats.unseenCpuNanos(),
            stats.overheadCpuNanos(),
            fixedNanos,
            counted.hookCpuNanos()));
    refused = !session.interval().change(sampler, controller.intervalNanos());
    if (controller.share() != share || share > 1 && now >= nextTurn) {
      share = controller.share();
      nextTurn = now + TURN_NANOS;
      sampler.rest(share, turn++);
    }
  }

  /** How many times as long as without a budget the session's thread is to sleep; at least 1. */
  int pace() {
    return controller == null ? 1 : controller.pace();
  }

  /** The reciprocal of the share of a CPU that looking for threads may take: a sixteenth of all. */
  int sweepShare() {
    return controller == null ? SWEEP_SHARE : Math.max(SWEEP_SHARE, (int) (1600 / percent));
  }

  /** Why the budget cannot be kept as it should; "" if it can, or if there is none. */
  String problem() {
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
              + Math.round(100 * percentOf) / 100.0 // told every second: cheaply
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
