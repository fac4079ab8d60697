package io.spprof.export;

import io.spprof.profile.Category;
import io.spprof.profile.CategoryTimes;
import io.spprof.profile.FrameKind;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.DebugInfo;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.KernelTimes;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes a profile as a report in plain text: the figures, the kernel's times, the drops by reason,
 * the samples without a stack, what the CPU time was used for, and the methods and threads that use
 * the most CPU time. The report is for people. Its wording may change, so a program should not
 * parse it, apart from the command {@code profile}, which prints the first lines below {@link
 * #METHODS_HEADING}.
 */
public final class TextReport {

  /** The heading of the table of methods. The lines of the table begin with two blanks. */
  public static final String METHODS_HEADING =
      "   self %  total %         self        total      samples  kind       method";

  /** Explains what was due on a thread without a signal. */
  private static final String NOT_SIGNALLED =
      "was due when a thread or the session ended, or on a thread that blocks SIGPROF";

  /** Explains where CPU time without a signal comes from. */
  private static final String UNSEEN =
      "threads that ended before they were found, or after their last signal, or have no timer";

  /** The share from which on a report explains what a time that the kernel keeps means. */
  private static final double LARGE_PERCENT = 5;

  /** The share from which on a report shows what the kernel's account has beyond the profile. */
  private static final double SEEN_PERCENT = 0.1;

  private static final String REST_MEANS =
      "the profiler's own threads, and what each thread used since its last signal";

  private static final String CPU_WAIT_MEANS =
      "threads were ready to run and got no CPU: other threads or programs had the CPUs, or a quota"
          + " was used up; the methods below are not to blame for this time";

  private static final String THROTTLED_MEANS =
      "the CPU quota of a cgroup was used up (a container's CPU limit): raise the limit, or run fewer"
          + " threads at a time";

  private static final String OUTSIDE_OF_CALLS_MEANS =
      "mostly page faults: the kernel gives the process new memory, fills it with zeros or reads it"
          + " from a file; this time stands as the code that first touched the memory";

  /** Stands for the threads with user or system time that have no sample in the profile. */
  private static final String UNSAMPLED = "threads without a sample in this profile";

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
    report.categories();
  }

  private void figures() throws IOException {
    ProfileInfo info = profile.info();
    SessionStats session = info.session();
    if (session.id() == 0) {
      line("spprof: no session yet");
    } else {
      line("spprof: session %d, %s", session.id(), info.running() ? "running" : "ended");
      if (!info.jvm().describe().isEmpty()) {
        line("  JVM         %s", info.jvm().describe());
      }
      line("  started     %s", Instant.ofEpochMilli(info.sessionStartMillis()));
      if (session.startTimeMillis() > info.sessionStartMillis()) {
        long end = session.startTimeMillis() + session.durationMillis();
        line(
            "  stretch     %s to %s",
            Instant.ofEpochMilli(session.startTimeMillis()), Instant.ofEpochMilli(end));
      }
    }
    line("  duration    %s", Figures.nanos(session.durationMillis() * 1_000_000));
    line("  options     %s", session.options().isEmpty() ? "none" : session.options());
    line("  engine      %s", info.engine());
    line("  walker      %s", info.walker());
    line("  debug info  %s", debugInfo(info.debugInfo()));
    line("  sampled     %s", Figures.event(info));
    line(
        "  overhead    %s measured, %s by the model (of one CPU)",
        Figures.percent(session.measuredOverheadPercent()),
        Figures.percent(session.overheadPercent()));
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
    long rest = used - profile.totalCpuNanos() - profile.info().droppedCpuNanos();
    if (Figures.share(rest, used) >= SEEN_PERCENT) {
      line(
          "    of it, %s (%s) is neither sampled nor dropped:",
          Figures.nanos(rest), Figures.percent(Figures.share(rest, used)));
      line("    %s", REST_MEANS);
    }
    double outside = systemNanosOutsideOfCalls();
    double outsideShare = Figures.share((long) outside, used);
    if (outsideShare >= LARGE_PERCENT) {
      line(
          "    some %s of the system time, %s of all, is in no system call below:",
          Figures.nanos((long) outside), Figures.percent(outsideShare));
      line("    %s", OUTSIDE_OF_CALLS_MEANS);
    }
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

  /**
   * Returns the system time that the profile shows as the code that was interrupted. Of the system
   * time, a part as large as that of all CPU time is missing in the profile: what was dropped, and
   * the CPU time of the profiler's own threads, which is in the kernel's account only.
   *
   * @return nanoseconds; 0 if the profile does not show system calls
   */
  private double systemNanosOutsideOfCalls() {
    boolean showsCalls = false;
    long inCalls = 0;
    for (int name = 0; name < folded.frameNameCount(); name++) {
      FrameKind kind = folded.frameKind(name);
      showsCalls |= kind.isFunction() || kind == FrameKind.SYSCALL;
      inCalls += kind == FrameKind.SYSCALL ? times.selfNanos(name) : 0;
    }
    long sampled = profile.totalCpuNanos();
    KernelTimes kernel = profile.info().kernel();
    long all =
        Math.max(
            sampled + profile.info().droppedCpuNanos(), kernel.userNanos() + kernel.systemNanos());
    return showsCalls ? Math.max(0, (double) kernel.systemNanos() * sampled / all - inCalls) : 0;
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
    ProfileInfo info = profile.info();
    long total = info.dropped().total();
    if (total == 0 && info.droppedCpuNanos() == 0) {
      line("  dropped     nothing");
      return;
    }
    double whole = (double) profile.totalCpuNanos() + info.droppedCpuNanos();
    line(
        "  dropped     %s, %s of CPU time: %s of all is missing here%s",
        total == 0 ? "no signal" : Figures.count(total, "signal"),
        Figures.nanos(info.droppedCpuNanos()),
        Figures.percent(Figures.share(info.droppedCpuNanos(), whole)),
        total == 0 ? " (no signal came for it)" : "");
    for (DropReason reason : DropReason.values()) {
      long signals = info.dropped().of(reason);
      if (signals > 0) {
        line("    %,12d  %-16s %s", signals, reason.key(), reason.meaning());
      }
    }
    long notSignalled = info.droppedCpuNanos() - info.unseenCpuNanos();
    if (total == 0 && notSignalled > 0) {
      line("    %12s  %-16s %s", Figures.nanos(notSignalled), "notSignalled", NOT_SIGNALLED);
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
      if (times.selfSamples(name) > 0 && folded.frameKind(name) == FrameKind.SYNTHETIC) {
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
    out.append(METHODS_HEADING).append('\n');
    for (int i = 0; i < Math.min(TOP_METHODS, hottest.length); i++) {
      int name = hottest[i];
      line(
          "  %7.2f  %7.2f %12s %12s %,12d  %-9s  %s",
          Figures.share(times.selfNanos(name), profile.totalCpuNanos()),
          Figures.share(times.totalNanos(name), profile.totalCpuNanos()),
          Figures.nanos(times.selfNanos(name)),
          Figures.nanos(times.totalNanos(name)),
          times.selfSamples(name),
          kind(folded.frameKind(name)),
          folded.frameName(name));
    }
    rest(hottest.length - TOP_METHODS);
  }

  private static String kind(FrameKind kind) {
    return switch (kind) {
      case JAVA -> "Java";
      case NATIVE -> "native";
      case JVM -> "JVM";
      case SYSCALL -> "syscall";
      case SYNTHETIC -> "synthetic";
    };
  }

  private void threads() throws IOException {
    if (folded.rowCount() == 0) {
      return;
    }
    line("");
    Map<String, long[]> kernel = userAndSystemTimes();
    line(
        "Threads by CPU time%s",
        kernel.isEmpty() ? "" : "; user and system: of the whole session, by the kernel's account");
    line(
        "    CPU %%          CPU      samples  %sthread",
        kernel.isEmpty() ? "" : "       user       system  ");
    for (int i = 0; i < Math.min(TOP_THREADS, folded.threadCount()); i++) {
      long[] times = kernel.getOrDefault(folded.threadName(i), new long[2]);
      line(
          "  %7.2f %12s %,12d  %s%s",
          Figures.share(folded.threadNanos(i), profile.totalCpuNanos()),
          Figures.nanos(folded.threadNanos(i)),
          folded.threadSamples(i),
          kernel.isEmpty() ? "" : userAndSystem(times),
          folded.threadName(i));
    }
    rest(folded.threadCount() - TOP_THREADS);
    for (int i = 0; i < folded.threadCount(); i++) {
      kernel.remove(folded.threadName(i));
    }
    long[] unsampled = new long[2];
    for (long[] times : kernel.values()) {
      unsampled[0] += times[0];
      unsampled[1] += times[1];
    }
    if (unsampled[0] + unsampled[1] > 0) {
      line(
          "  %7.2f %12s %,12d  %s%s",
          0.0, Figures.nanos(0), 0, userAndSystem(unsampled), UNSAMPLED);
    }
  }

  private static String userAndSystem(long[] times) {
    return String.format(
        Locale.ROOT, "%11s %12s  ", Figures.nanos(times[0]), Figures.nanos(times[1]));
  }

  /** User and system time by the threads' names; empty if the times are not known. */
  private Map<String, long[]> userAndSystemTimes() {
    Map<String, long[]> byName = new HashMap<>();
    for (ProfileThread thread : profile.threads()) {
      long[] sum = byName.computeIfAbsent(Names.clean(thread.name()), name -> new long[2]);
      sum[0] += thread.userNanos();
      sum[1] += thread.systemNanos();
    }
    boolean known = byName.values().stream().anyMatch(times -> times[0] + times[1] > 0);
    return known ? byName : new HashMap<>();
  }

  /** Writes what the CPU time was used for. */
  private void categories() throws IOException {
    CategoryTimes times = profile.info().categories();
    if (times.total() == 0) {
      return;
    }
    line("");
    line("CPU time by what it was used for");
    for (Category category : Category.values()) {
      long nanos = times.of(category);
      if (nanos > 0) {
        line(
            "  %7.2f %12s  %s",
            Figures.share(nanos, times.total()), Figures.nanos(nanos), meaning(category));
      }
    }
  }

  private static String meaning(Category category) {
    return switch (category) {
      case JAVA -> "in Java code";
      case NATIVE -> "in native code that Java called, system calls included";
      case JVM -> "in the JVM, called by Java code: allocating, locking, linking";
      case GC -> "garbage collector, its own threads";
      case JIT -> "JIT compilers";
      case JVM_THREADS -> "other threads of the JVM";
      case LIBRARY_THREADS -> "threads of native libraries";
      case UNKNOWN -> "not known: no state of the thread, or its last moments";
    };
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
