package io.spprof.budget;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Chooses the sampling interval so that the measured overhead stays within a budget. The session's
 * thread measures CPU times and counts signals in each pass (reading of the ring); this class only
 * calculates. Used by one thread.
 *
 * <p>The model: one second costs {@code c × u ÷ interval + f}. Here c is the cost of a signal, u is
 * the CPU time that the application uses in a second, and f is the cost of the profiler without any
 * signal. All three are measured and smoothed. The interval is computed from them. A controller
 * that used only the overhead as its input would have to wait, after each change, until the threads
 * have adopted the new interval. This controller need not wait.
 *
 * <p>Some costs come once, most of them at the session's start, where classes are linked and what
 * does not change is measured. Others come with a library's first functions, whose symbols are
 * read. They belong to neither c nor f.
 *
 * <p>An account corrects the errors of the model. The budget is credited to the account, and the
 * measured overhead is debited. The account holds at most two seconds' worth of the budget as a
 * credit, and ten as a debt; a debt beyond ten is forgotten. A cost that comes once uses up the
 * credit beyond one second's worth; what exceeds that is forgotten, so that no sample is given up
 * for it. The controller lowers its target as the rest of the credit shrinks. Over any period t it
 * therefore spends at most {@code budget × (t + 2 s)}, except for what comes once and what is
 * forgotten. In 10 s this is a fifth over the budget. To guarantee this bound, the interval has a
 * lower limit. Without the limit, a sudden load on all CPUs could overdraw the account before the
 * threads have adopted a longer interval.
 *
 * <p>Intervals are the rungs of a ladder: the configured interval times 1, 1.25, 1.5, 2, 2.5, 3, 4,
 * 5, 6, 8, and then the same numbers times ten. Small changes of the measured values therefore do
 * not change the interval. The interval can rise by several rungs at once. It falls by at most one
 * rung a second, and only when nothing is owed. The last rung is 1 s. If it is not long enough,
 * some of the threads rest: their timers are disarmed for a time ({@link #share()}). A part of the
 * budget must remain for signals. If the profiler's own thread takes too much of the budget without
 * any signal, this thread must wake up less often ({@link #pace()}).
 */
final class OverheadController {

  private static final double[] STEPS = {1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8};
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_NANOS = SECOND_NANOS;
  private static final int MOST_RUNGS_UP = 4;
  private static final int MOST_SHARE = 64;

  /**
   * How long a shorter interval, the next lower rung, must have been sufficient before the interval
   * falls, in nanoseconds.
   */
  private static final long DOWN_NANOS = SECOND_NANOS;

  /**
   * How long the longest interval must have been insufficient, or longer than needed, before the
   * share of sampled threads changes, in nanoseconds.
   */
  private static final long SHARE_NANOS = 5 * SECOND_NANOS;

  /** The part of the budget that signals at the longest interval must cost before threads rest. */
  private static final double WORTH = 0.05;

  /**
   * How long the cost of the own thread must be low before the thread may wake up more often, in
   * nanoseconds.
   */
  private static final long PACE_NANOS = 10 * SECOND_NANOS;

  private static final int SLOWEST_PACE = 8;

  /**
   * The parts of the budget between which the cost of the own thread is accepted. Above {@code
   * MUCH}, the pace is doubled, which halves the cost. Below {@code LITTLE}, the pace is halved.
   */
  private static final double MUCH = 1.0 / 3;

  private static final double LITTLE = 1.0 / 8;

  /** A part of the budget that is too small to be useful for signals. */
  private static final double LEAST = 0.05;

  /** The part of the budget that the controller aims at. */
  private static final double AIM = 0.9;

  private static final double CREDIT_SECONDS = 2;

  /** The part of the credit that costs which come once leave, and that keeps the target high. */
  private static final double LEFT_SECONDS = 1;

  /**
   * The largest debt that is kept, in seconds' worth of the budget. Without this limit, the
   * controller would pay for one slow second over minutes.
   */
  private static final double MOST_DEBT_SECONDS = 10;

  /**
   * How long the own thread must cost too much before this is reported, in nanoseconds. A short
   * spike is not reported.
   */
  private static final long OUT_OF_REACH_NANOS = 10 * SECOND_NANOS;

  /**
   * The time in seconds until the interval follows a new load. It covers two passes: the pass that
   * first measures the new load, and the next pass, by which most threads have the new interval.
   */
  private static final double REACTION_SECONDS = 0.3;

  private static final double FIRST_COST_NANOS = 20_000; // of a signal, until some were measured
  private static final double FEWEST_SIGNALS = 4; // fewest from which the cost is computed

  /**
   * What was measured since the session's start.
   *
   * @param elapsedNanos wall-clock time, in nanoseconds
   * @param signals the number of signals
   * @param cpuNanos the CPU time that the signals stand for, in nanoseconds
   * @param overheadNanos the CPU time of handlers, of hooks (the work at starts and ends of
   *     threads) and of the profiler's own thread, in nanoseconds
   * @param fixedNanos the part of overheadNanos that the own thread would take without signals, in
   *     nanoseconds
   * @param onceNanos the part of overheadNanos that came once and does not come again, in
   *     nanoseconds
   * @param hookNanos the part of overheadNanos that hooks took, in nanoseconds
   */
  record Measured(
      long elapsedNanos,
      long signals,
      long cpuNanos,
      long overheadNanos,
      long fixedNanos,
      long onceNanos,
      long hookNanos) {
    static final Measured NOTHING = new Measured(0, 0, 0, 0, 0, 0, 0);
  }

  private final double budget; // a part of one CPU
  private final int cpus;
  private final long[] ladder; // intervals in nanoseconds, the shortest first

  private Measured last = Measured.NOTHING;
  private int rung;
  private int share = 1;
  private int pace = 1;
  private double credit; // seconds of the budget
  private double signals; // a decaying sum over some 5 s
  private double signalNanos; // the cost of these signals, ns
  private double costNanos = FIRST_COST_NANOS; // of a signal
  private double usage; // CPUs that the application uses, over some 1 s
  private double fixed; // cost without any signal, a part of one CPU, over some 5 s
  private double hooks; // cost of starts and ends of threads, likewise
  private final Since below = new Since(); // a lower rung would be sufficient
  private final Since above = new Since(); // more threads should rest
  private final Since needless = new Since(); // fewer threads need to rest
  private final Since samePace = new Since(); // the pace has not changed
  private final Since tooDear = new Since(); // the own thread takes the whole budget
  private boolean outOfReach;

  /**
   * Creates a controller that begins with the shortest interval.
   *
   * @param budgetPercent the budget, percent of one CPU, more than 0
   * @param shortestNanos the configured interval, at most 1 s, in nanoseconds
   * @param cpus number of CPUs that the application may use at once
   */
  OverheadController(double budgetPercent, long shortestNanos, int cpus) {
    this.budget = budgetPercent / 100;
    this.cpus = cpus;
    this.ladder = ladder(shortestNanos);
    this.credit = CREDIT_SECONDS;
    samePace.restart(0);
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

  /** Returns the interval to use from now on, in nanoseconds. */
  long intervalNanos() {
    return ladder[rung];
  }

  /**
   * Returns a number n: one of n threads is sampled at a time, and the others rest. Returns 1 if
   * all threads are sampled.
   */
  int share() {
    return share;
  }

  /** Returns the factor by which the profiler's own thread must sleep longer: 1, 2, 4 or 8. */
  int pace() {
    return pace;
  }

  /**
   * Returns whether the profiler costs so much without any signal that nothing of the budget is
   * left for signals. This is true after it has lasted ten seconds. It must last either at the
   * slowest pace, or because starts and ends of threads alone take the whole budget.
   */
  boolean outOfReach() {
    return outOfReach;
  }

  /** Returns what the profiler's own thread costs without any signal, in percent of one CPU. */
  double fixedPercent() {
    return 100 * fixed;
  }

  /** Returns what starts and ends of threads cost, in percent of one CPU. */
  double hookPercent() {
    return 100 * hooks;
  }

  /** Updates the model with the values measured up to now. */
  void update(Measured now) {
    double nanos = now.elapsedNanos - last.elapsedNanos;
    if (nanos <= 0) {
      return;
    }
    learn(now, nanos);
    last = now;
    double target =
        AIM * budget * Math.max(0.1, Math.min(1, credit / LEFT_SECONDS)) - fixed - hooks;
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
    double once = now.onceNanos - last.onceNanos;
    double overhead = now.overheadNanos - last.overheadNanos - once;
    credit -= Math.min(Math.max(0, credit - LEFT_SECONDS), once / budget / SECOND_NANOS);
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

  /**
   * Chooses the pace. Until the cost of the own thread at a new pace is measured, the method
   * assumes that the cost is inversely proportional to the pace.
   */
  private void choosePace(boolean useful, long now) {
    boolean much = useful && fixed > MUCH * budget;
    if (much && pace < SLOWEST_PACE && samePace.lasts(SECOND_NANOS, now)) {
      pace *= 2;
      fixed /= 2;
      samePace.restart(now);
    } else if (fixed < LITTLE * budget && pace > 1 && samePace.lasts(PACE_NANOS, now)) {
      pace /= 2;
      fixed *= 2;
      samePace.restart(now);
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
