package io.spprof.export;

import io.spprof.profile.Profile;
import io.spprof.profile.SessionStats;
import io.spprof.profile.StateTimes;
import io.spprof.sampler.DebugInfo;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.KernelTimes;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * Writes a profile as a report in plain text: the figures, the kernel's times, the drops by reason,
 * the samples without a stack, the states of threads, and the methods and threads that use the most
 * CPU time. The report is for people. Its wording may change, so a program should not parse it.
 */
public final class TextReport {

  /** Explains where CPU time without a signal comes from. */
  private static final String UNSEEN =
      "threads that ended before they were found, or after their last signal, or have no timer";

  /** The share from which on a report explains what the wait for a CPU means. */
  private static final double LARGE_PERCENT = 5;

  private static final String CPU_WAIT_MEANS =
      "threads were ready to run and got no CPU: other threads or programs had the CPUs, or a quota"
          + " was used up; the methods below are not to blame for this time";

  private static final String THROTTLED_MEANS =
      "the CPU quota of a cgroup was used up (a container's CPU limit): raise the limit, or run fewer"
          + " threads at a time";

  private static final int TOP_METHODS = 20;
  private static final int TOP_THREADS = 15;

  private final Profile profile;
  private final FoldedProfile folded;
  private final MethodTimes times;
  private final Appendable out;

  private TextReport(Profile profile, Appendable out) {
    this.profile = profile;
    this.folded = new FoldedProfile(profile);
    this.times = new MethodTimes(folded);
    this.out = out;
  }

  /**
   * Writes the report. Needs some 40 bytes of memory for each row and each stack of the profile.
   *
   * @param profile the profile, not null; may be empty
   * @param out the target, not null; neither flushed nor closed
   * @throws IOException when {@code out} throws it
   */
  public static void write(Profile profile, Appendable out) throws IOException {
    TextReport report = new TextReport(profile, out);
    report.figures();
    report.kernelTimes();
    report.drops();
    report.unwalkable();
    report.methods();
    report.threads();
    report.groups();
    report.states();
  }

  private void figures() throws IOException {
    Profile.Info info = profile.info();
    SessionStats session = info.session();
    if (session.id() == 0) {
      line("spprof: no session yet");
    } else {
      line("spprof: session %d, %s", session.id(), info.running() ? "running" : "ended");
      line("  started     %s", Instant.ofEpochMilli(session.startTimeMillis()));
    }
    line("  duration    %s", Figures.nanos(session.durationMillis() * 1_000_000));
    line("  options     %s", session.options().isEmpty() ? "none" : session.options());
    line("  engine      %s", info.engine());
    line("  walker      %s", info.walker());
    line("  debug info  %s", debugInfo(info.debugInfo()));
    line("  interval    %s", Figures.intervals(info));
    line(
        "  overhead    %s by the model, %s measured (of one CPU)",
        Figures.percent(session.overheadPercent()),
        Figures.percent(session.measuredOverheadPercent()));
    line(
        "  CPU time    %s in %s",
        Figures.nanos(profile.totalCpuNanos()), Figures.count(profile.totalSamples(), "sample"));
  }

  /** Writes the times that the kernel keeps, and what they mean if they are large. */
  private void kernelTimes() throws IOException {
    KernelTimes kernel = profile.info().kernel();
    long used = kernel.userNanos() + kernel.systemNanos();
    line(
        "  process     %s of CPU time by the kernel's account: %s user, %s system",
        Figures.nanos(used),
        Figures.nanos(kernel.userNanos()),
        Figures.nanos(kernel.systemNanos()));
    long wait = kernel.cpuWaitNanos();
    if (wait == KernelTimes.NOT_KNOWN) {
      line("  CPU wait    not known");
    } else {
      double share = Figures.share(wait, (double) used + wait);
      line(
          "  CPU wait    %s: %s of the time in which threads ran or wanted to",
          Figures.nanos(wait), Figures.percent(share));
      if (share >= LARGE_PERCENT) {
        line("    %s", CPU_WAIT_MEANS);
      }
    }
    long throttled = kernel.throttledNanos();
    line(
        "  throttled   %s",
        throttled == KernelTimes.NOT_KNOWN ? "not known" : Figures.nanos(throttled));
    double elapsed = profile.info().session().durationMillis() * 1e6;
    if (Figures.share(throttled, elapsed) >= LARGE_PERCENT) {
      line("    %s", THROTTLED_MEANS);
    }
  }

  private static String debugInfo(DebugInfo debugInfo) {
    return switch (debugInfo) {
      case EXACT -> "exact: DebugNonSafepoints is on";
      case SINCE_SESSION ->
          "exact in code compiled since the start; older code records its methods at safepoints"
              + " only, so a leaf may stand under a neighbouring method: start the JVM with"
              + " -XX:+UnlockDiagnosticVMOptions -XX:+DebugNonSafepoints";
      case SAFEPOINTS -> "safepoints only: a leaf may stand under a neighbouring method";
    };
  }

  private void drops() throws IOException {
    Profile.Info info = profile.info();
    long total = info.dropped().total();
    if (total == 0 && info.droppedCpuNanos() == 0) {
      line("  dropped     nothing");
      return;
    }
    double whole = (double) profile.totalCpuNanos() + info.droppedCpuNanos();
    line(
        "  dropped     %s, %s of CPU time: %s of all is missing here%s",
        total == 0 ? "nothing" : Figures.count(total, "signal"),
        Figures.nanos(info.droppedCpuNanos()),
        Figures.percent(Figures.share(info.droppedCpuNanos(), whole)),
        total == 0 ? " (no signal came for it)" : "");
    for (DropReason reason : DropReason.values()) {
      long signals = info.dropped().of(reason);
      if (signals > 0) {
        line("    %,12d  %-16s %s", signals, reason.key(), reason.meaning());
      }
    }
    if (info.unseenCpuNanos() > 0) {
      line("    %12s  %-16s %s", Figures.nanos(info.unseenCpuNanos()), "unseenThreads", UNSEEN);
    }
  }

  private void unwalkable() throws IOException {
    long unwalkable = profile.info().unwalkable();
    line(
        "  unwalkable  %s",
        unwalkable == 0
            ? "nothing"
            : Figures.count(unwalkable, "sample")
                + ", "
                + Figures.percent(Figures.share(unwalkable, profile.totalSamples()))
                + " of the collected: the CPU time is counted, the stack is unknown");
    for (int name : times.hottest()) {
      if (times.selfSamples(name) > 0 && Names.isSynthetic(folded.frameName(name))) {
        line(
            "    %,12d  samples without a Java method: %s",
            times.selfSamples(name), folded.frameName(name));
      }
    }
  }

  private void methods() throws IOException {
    line("");
    int[] hottest = times.hottest();
    if (hottest.length == 0) {
      line("No samples, so no methods and no threads.");
      return;
    }
    line("Methods by CPU time on top of the stack (self); total: anywhere on the stack");
    line("   self %%  total %%         self        total      samples  method");
    for (int i = 0; i < Math.min(TOP_METHODS, hottest.length); i++) {
      int name = hottest[i];
      line(
          "  %7.2f  %7.2f %12s %12s %,12d  %s",
          Figures.share(times.selfNanos(name), profile.totalCpuNanos()),
          Figures.share(times.totalNanos(name), profile.totalCpuNanos()),
          Figures.nanos(times.selfNanos(name)),
          Figures.nanos(times.totalNanos(name)),
          times.selfSamples(name),
          folded.frameName(name));
    }
    rest(hottest.length - TOP_METHODS);
  }

  private void threads() throws IOException {
    if (folded.rowCount() == 0) {
      return;
    }
    line("");
    line("Threads by CPU time");
    line("    CPU %%          CPU      samples  thread");
    for (int i = 0; i < Math.min(TOP_THREADS, folded.threadCount()); i++) {
      line(
          "  %7.2f %12s %,12d  %s",
          Figures.share(folded.threadNanos(i), profile.totalCpuNanos()),
          Figures.nanos(folded.threadNanos(i)),
          folded.threadSamples(i),
          folded.threadName(i));
    }
    rest(folded.threadCount() - TOP_THREADS);
  }

  /** Writes the CPU time by the state of the threads, if the walker reported states. */
  private void states() throws IOException {
    StateTimes states = profile.info().states();
    if (states.total() == states.unknown() + states.noJavaThread()) {
      return;
    }
    line("");
    line("CPU time by what the thread was doing");
    state(states.inJava(), "in Java code");
    state(states.inNative(), "in native methods, system calls below them included");
    state(states.inVm(), "in the JVM, called by Java code: allocating, locking, linking");
    state(states.other(), "a Java thread that blocks, starts or ends");
    state(states.unknown(), "a Java thread whose state is not known");
    state(states.noJavaThread(), "no Java thread: [GC], [JIT], [VM] and others");
  }

  private void state(long nanos, String meaning) throws IOException {
    if (nanos > 0) {
      line(
          "  %7.2f %12s  %s",
          Figures.share(nanos, profile.totalCpuNanos()), Figures.nanos(nanos), meaning);
    }
  }

  /** Writes the CPU time by kinds of threads, if there are fewer kinds than threads. */
  private void groups() throws IOException {
    List<ThreadGroups.Group> groups = ThreadGroups.of(profile);
    if (groups.size() == folded.threadCount()) {
      return;
    }
    line("");
    line("Kinds of threads by CPU time: * stands for a number; [GC], [JIT], [VM]: the JVM's own");
    line("    CPU %%          CPU      samples  threads  kind");
    for (ThreadGroups.Group group : groups.subList(0, Math.min(TOP_THREADS, groups.size()))) {
      line(
          "  %7.2f %12s %,12d %,8d  %s",
          Figures.share(group.nanos(), profile.totalCpuNanos()),
          Figures.nanos(group.nanos()),
          group.samples(),
          group.threads(),
          group.name());
    }
    rest(groups.size() - TOP_THREADS);
  }

  private void rest(int count) throws IOException {
    if (count > 0) {
      line("  and %s more", Figures.count(count));
    }
  }

  private void line(String format, Object... values) throws IOException {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
