package io.spprof.budget;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Chooses the sampling interval so that the measured overhead stays within a budget. Pure
 * arithmetic on what the session's thread has measured, pass by pass; one thread.
 *
 * <p>The cost of a second is {@code c × u ÷ interval + f}: the cost c of a signal, the CPU time u
 * that the application uses a second, and what the profiler costs without any signal. All three are
 * measured and smoothed, and the interval follows from them; that does not have to wait for the
 * threads to follow, as a controller would that looks at the overhead alone. What the model gets
 * wrong an account corrects: it is credited the budget, debited what was measured, and holds two
 * seconds' worth at most, and a debt of ten: what is spent beyond, of a sudden, is forgotten. The
 * less is on it, the less is aimed at; but for that, over any time t no more than {@code budget ×
 * (t + 2 s)} is spent, a fifth over the budget in 10 s. For that, the interval is never so short
 * that a sudden load on all CPUs could overdraw the account before the threads have followed a
 * longer one.
 *
 * <p>Intervals are rungs of a ladder, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8 and tenfold times the
 * configured one, so that noise does not change them. Up, some rungs at once; down, one a second at
 * most, and only when nothing is owed. Above the last rung, 1 s, a part of the threads rests:
 * {@link #share()}. What the profiler's own thread costs without any signal has to leave room for
 * them: where it does not, the thread is to wake up less often, {@link #pace()}.
 */
final class OverheadController {

  private static final double[] STEPS = {1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8};
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_NANOS = SECOND_NANOS;
  private static final int MOST_RUNGS_UP = 4;
  private static final int MOST_SHARE = 64;

  /** How long it must be clear that less would do, or that the last rung does not. */
  private static final long DOWN_NANOS = SECOND_NANOS;

  private static final long SHARE_NANOS = 5 * SECOND_NANOS;

  /** Threads rest only where the signals at the longest interval cost this part of the budget. */
  private static final double WORTH = 0.05;

  /** How long it must be clear that the own thread may wake up more often. */
  private static final long PACE_NANOS = 10 * SECOND_NANOS;

  private static final int SLOWEST_PACE = 8;

  /** Between these parts of the budget the own thread's cost is left alone; a pace halves it. */
  private static final double MUCH = 1.0 / 3;

  private static final double LITTLE = 1.0 / 8;

  /** Less of the budget is no use for signals. */
  private static final double LEAST = 0.05;

  /** Of the budget, aimed at. */
  private static final double AIM = 0.9;

  private static final double CREDIT_SECONDS = 2;

  /** Older debts are forgotten: one slow second would else be paid for over minutes. */
  private static final double MOST_DEBT_SECONDS = 10;

  /** How long the own thread has to be too dear before that is told: a spike is not the rule. */
  private static final long OUT_OF_REACH_NANOS = 10 * SECOND_NANOS;

  /** A load's first pass, and the next in which most threads follow, at the fastest pace. */
  private static final double REACTION_SECONDS = 0.3;

  private static final double FIRST_COST_NANOS = 20_000; // of a signal, until some were measured
  private static final double FEWEST_SIGNALS = 4; // that tell their cost

  /**
   * What has been measured since the session's start.
   *
   * @param elapsedNanos wall-clock time, ns
   * @param signals signals
   * @param cpuNanos CPU time that they stand for, ns
   * @param overheadNanos CPU time of handlers, of hooks and of the profiler's own thread, ns
   * @param fixedNanos the part of it that the own thread would take without signals, ns
   * @param hookNanos the part of it that the starts and ends of threads took, ns
   */
  record Measured(
      long elapsedNanos,
      long signals,
      long cpuNanos,
      long overheadNanos,
      long fixedNanos,
      long hookNanos) {
    static final Measured NOTHING = new Measured(0, 0, 0, 0, 0, 0);
  }

  private final double budget; // of one CPU
  private final int cpus;
  private final long[] ladder;

  private Measured last = Measured.NOTHING;
  private int rung;
  private int share = 1;
  private int pace = 1;
  private double credit; // seconds of the budget
  private double signals; // decaying sums over some 5 s
  private double signalNanos;
  private double costNanos = FIRST_COST_NANOS;
  private double usage; // CPUs that the application uses, over some 1 s
  private double fixed; // of one CPU, over some 5 s
  private double hooks; // the same, of starts and ends of threads
  private final Since below = new Since(); // a lower rung would do
  private final Since above = new Since(); // more threads should rest
  private final Since needless = new Since(); // fewer threads need to rest
  private long paceSince; // since when it is what it is
  private final Since tooDear = new Since(); // the own thread takes it all
  private boolean outOfReach;

  /**
   * Begins with the shortest interval.
   *
   * @param budgetPercent of one CPU, more than 0
   * @param shortestNanos the configured interval, at most 1 s
   * @param cpus CPUs that the application may use at once
   */
  OverheadController(double budgetPercent, long shortestNanos, int cpus) {
    this.budget = budgetPercent / 100;
    this.cpus = cpus;
    this.ladder = ladder(shortestNanos);
    this.credit = CREDIT_SECONDS;
  }

  private static long[] ladder(long shortestNanos) {
    long[] rungs = new long[5 * STEPS.length];
    int count = 0;
    for (int i = 0; count == 0 || rungs[count - 1] < LONGEST_NANOS; i++) {
      double factor = STEPS[i % STEPS.length] * Math.pow(10, i / STEPS.length);
      long micros = Math.round(shortestNanos * factor / 1000);
      rungs[count++] = Math.min(LONGEST_NANOS, micros * 1000);
    }
    return Arrays.copyOf(rungs, count);
  }

  /** The interval to use from now on, ns. */
  long intervalNanos() {
    return ladder[rung];
  }

  /** Of so many threads one is sampled at a time, the others rest; 1 for all at once. */
  int share() {
    return share;
  }

  /** How many times as long as it would the profiler's own thread is to sleep; 1, 2, 4 or 8. */
  int pace() {
    return pace;
  }

  /**
   * Whether what the profiler costs without any signal leaves nothing of the budget for some: for
   * ten seconds, and at the slowest pace, unless starts and ends of threads alone take it all.
   */
  boolean outOfReach() {
    return outOfReach;
  }

  /** What the profiler costs without any signal, percent of one CPU. */
  double fixedPercent() {
    return 100 * fixed;
  }

  /** What starts and ends of threads cost, percent of one CPU. */
  double hookPercent() {
    return 100 * hooks;
  }

  /** Takes what has been measured up to now into account. */
  void update(Measured now) {
    double nanos = now.elapsedNanos - last.elapsedNanos;
    if (nanos <= 0) {
      return;
    }
    learn(now, nanos);
    last = now;
    double target = AIM * budget * Math.max(0.1, Math.min(1, credit)) - fixed - hooks;
    double wanted =
        target <= LEAST * budget ? Double.POSITIVE_INFINITY : costNanos * usage / target;
    double safe = pace * REACTION_SECONDS * costNanos * cpus / (CREDIT_SECONDS * budget);
    choose(Math.max(wanted, safe), now.elapsedNanos);
    choosePace(wanted > Math.max(safe, ladder[0]), now.elapsedNanos);
    double most = (AIM - LEAST) * budget;
    tooDear.update(
        hooks >= most || pace == SLOWEST_PACE && fixed + hooks >= most, now.elapsedNanos);
    outOfReach = tooDear.lasts(OUT_OF_REACH_NANOS, now.elapsedNanos);
  }

  private void learn(Measured now, double nanos) {
    double overhead = now.overheadNanos - last.overheadNanos;
    double own = now.fixedNanos - last.fixedNanos;
    double ofHooks = now.hookNanos - last.hookNanos;
    credit += (nanos - overhead / budget) / SECOND_NANOS;
    credit = Math.max(-MOST_DEBT_SECONDS, Math.min(CREDIT_SECONDS, credit));
    double kept = Math.exp(-nanos / (5.0 * SECOND_NANOS));
    signals = kept * signals + (now.signals - last.signals);
    signalNanos = kept * signalNanos + Math.max(0, overhead - own - ofHooks);
    if (signals >= FEWEST_SIGNALS) {
      costNanos = signalNanos / signals;
    }
    fixed = kept * fixed + (1 - kept) * own / nanos;
    hooks = kept * hooks + (1 - kept) * ofHooks / nanos;
    double recent = Math.exp(-nanos / SECOND_NANOS);
    usage = recent * usage + (1 - recent) * (now.cpuNanos - last.cpuNanos) / nanos;
  }

  /** Takes the own thread's cost for inversely proportional to the pace until it is measured. */
  private void choosePace(boolean useful, long now) {
    boolean much = useful && fixed > MUCH * budget;
    if (much && pace < SLOWEST_PACE && now - paceSince >= SECOND_NANOS) {
      pace *= 2;
      fixed /= 2;
      paceSince = now;
    } else if (fixed < LITTLE * budget && pace > 1 && now - paceSince >= PACE_NANOS) {
      pace /= 2;
      fixed *= 2;
      paceSince = now;
    }
  }

  private void choose(double wanted, long now) {
    int up = rung;
    while (up < ladder.length - 1 && ladder[up] < wanted && up < rung + MOST_RUNGS_UP) {
      up++;
    }
    below.update(rung > 0 && wanted <= ladder[rung - 1] && credit > 0.9 * CREDIT_SECONDS, now);
    if (up > rung) {
      rung = up;
    } else if (share == 1 && below.lasts(DOWN_NANOS, now)) {
      rung--;
      below.restart(now);
    }
    boolean last = rung == ladder.length - 1;
    double most = (double) LONGEST_NANOS * share;
    double cost = costNanos * usage / most;
    above.update(last && wanted > most && cost > WORTH * budget, now);
    needless.update(share > 1 && (wanted < most / 2 || cost < WORTH * budget / 4), now);
    if (above.lasts(SHARE_NANOS, now)) {
      share = Math.min(MOST_SHARE, 2 * share);
      above.restart(now);
    } else if (needless.lasts(SHARE_NANOS, now)) {
      share /= 2;
      needless.restart(now);
    }
  }
}
