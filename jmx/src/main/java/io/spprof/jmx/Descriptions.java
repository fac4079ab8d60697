package io.spprof.jmx;

import io.spprof.config.ProfilerConfig;
import io.spprof.export.ExportFormat;
import io.spprof.profile.TimeRange;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.management.MBeanOperationInfo;

/**
 * The descriptions of the bean, its attributes and its operations, which a JMX client shows to its
 * user. The bean publishes them in its MBeanInfo. They are in plain maps, and not in annotations or
 * in a file of resources, which take longer to read: the bean is registered while the JVM starts.
 */
final class Descriptions {

  /** The description of the whole bean. */
  static final String BEAN =
      "spprof, a sampling CPU profiler: start or startWith begins a session, stop ends it,"
          + " report, collapsed, flameGraph and dumpToFile hand out the profile, during a session"
          + " and after it until the next one starts";

  /**
   * Describes an attribute.
   *
   * @param unit the unit of the value; "" for text and records
   * @param text what the value means
   */
  record Attribute(String unit, String text) {
    String description() {
      return unit.isEmpty() ? text : text + " [" + unit + "]";
    }
  }

  /**
   * Describes an operation.
   *
   * @param impact one of {@link MBeanOperationInfo}'s constants
   * @param text what the operation does
   * @param parameters the parameters, in order
   */
  record Operation(int impact, String text, List<Parameter> parameters) {
    /**
     * Returns the parameter at an index. Without such a parameter, returns a parameter without a
     * name. A test forbids this case.
     */
    Parameter parameter(int index) {
      return index < parameters.size() ? parameters.get(index) : new Parameter("", "");
    }
  }

  /**
   * Describes a parameter.
   *
   * @param name the parameter's name
   * @param text which values the parameter takes
   */
  record Parameter(String name, String text) {}

  private static final Map<String, Attribute> ATTRIBUTES = new HashMap<>();
  private static final Map<String, Operation> OPERATIONS = new HashMap<>();

  static {
    attribute("Version", "", "Version of the profiler");
    attribute("State", "", "IDLE, RUNNING, or FAILED: LastError says why and what to do");
    attribute("Running", "", "Whether a session is sampling");
    attribute(
        "LastError",
        "",
        "Why the last start or stop failed, what limits the running session, or which settings were"
            + " refused; empty if there is nothing to report");
    attribute(
        "Options",
        "",
        "Options of the running session, else of the last, else of the next; startWith takes them"
            + " unchanged");
    attribute("Engine", "", "What makes the sampling signals");
    attribute("StackWalker", "", "What walks the stacks");
    attribute(
        "IntervalNanos",
        "ns",
        "CPU time between two expiries of a thread's timer; if it is shorter than the kernel's"
            + " tick, one sample stands for several expiries");
    attribute("SessionsStarted", "sessions", "Counter: sessions that started");
    attribute(
        "Signals",
        "signals",
        "Counter: sampling signals that reached the handler; CollectedSamples + DroppedSamples +"
            + " samples still in the buffer");
    attribute("CollectedSamples", "samples", "Counter: samples that are in a profile");
    attribute("DroppedSamples", "signals", "Counter: signals that are in no profile");
    attribute(
        "DroppedByReason", "", "Counters: dropped signals by reason; their sum is DroppedSamples");
    attribute(
        "UnwalkableSamples",
        "samples",
        "Counter: collected samples whose stack could not be walked; in the profile they stand"
            + " under a frame in brackets that names the cause");
    attribute(
        "SampledCpuTimeNanos", "ns", "Counter: CPU time that the collected samples stand for");
    attribute(
        "JavaCpuTimeNanos",
        "ns",
        "Counter: the part of SampledCpuTimeNanos that Java threads used in Java code,"
            + " compiled or interpreted");
    attribute(
        "NativeCpuTimeNanos",
        "ns",
        "Counter: the part of SampledCpuTimeNanos that Java threads used in native code"
            + " that Java code called, and in system calls below it");
    attribute(
        "JvmCpuTimeNanos",
        "ns",
        "Counter: the part of SampledCpuTimeNanos that Java threads used in the JVM's own"
            + " code: allocating, locking, linking, starting, ending");
    attribute(
        "GcCpuTimeNanos",
        "ns",
        "Counter: the part of SampledCpuTimeNanos that the garbage collector's threads" + " used");
    attribute(
        "JitCpuTimeNanos",
        "ns",
        "Counter: the part of SampledCpuTimeNanos that the JIT compilers' threads used");
    attribute(
        "JvmThreadsCpuTimeNanos",
        "ns",
        "Counter: the part of SampledCpuTimeNanos that other threads of the JVM used");
    attribute(
        "LibraryThreadsCpuTimeNanos",
        "ns",
        "Counter: the part of SampledCpuTimeNanos that threads of native libraries used");
    attribute(
        "UnknownCpuTimeNanos",
        "ns",
        "Counter: the part of SampledCpuTimeNanos that is not known: of Java threads"
            + " without a known state, of the last part of a thread's life, of native threads"
            + " without a known name");
    attribute(
        "DroppedCpuTimeNanos",
        "ns",
        "Counter: CPU time in no profile: of dropped samples, due but not yet signalled when a"
            + " thread or a session ended, and UnseenCpuTimeNanos");
    attribute(
        "UnseenCpuTimeNanos",
        "ns",
        "Counter: the part of DroppedCpuTimeNanos that no signal stands for: threads that ended"
            + " before they were found, or after their last signal, or that have no timer");
    attribute(
        "CpuWaitTimeNanos",
        "ns",
        "Counter: time that threads were ready to run and had no CPU, because others had the CPUs"
            + " or a quota was used up; large: the methods are not to blame. -1: not known");
    attribute(
        "ThrottledTimeNanos",
        "ns",
        "Counter: time that CPU quotas kept the process's cgroups from running; large: raise the"
            + " CPU limit. -1: not known");
    attribute(
        "UserCpuTimeNanos",
        "ns",
        "Counter: CPU time of the whole process in user code, by the kernel's account, while"
            + " sessions ran");
    attribute(
        "SystemCpuTimeNanos",
        "ns",
        "Counter: CPU time of the whole process in the kernel, by the kernel's account, while"
            + " sessions ran");
    attribute(
        "OverheadPercent",
        "% of one CPU",
        "Overhead by the model, signals x 25 us / elapsed, over the last ten seconds or so; 0 when"
            + " idle. Neither measured nor an upper bound. Session has the mean of the session");
    attribute(
        "MeasuredOverheadPercent",
        "% of one CPU",
        "Overhead as measured, CPU time of signal handlers and of the delivery of signals, of"
            + " starts and ends of threads, and of the profiler's own threads / elapsed, over the"
            + " last ten seconds or so; 0 when idle. Session has the mean of the session");
    attribute(
        "OverheadCpuTimeNanos",
        "ns",
        "Counter: CPU time of signal handlers and of the delivery of signals, of what is done when"
            + " threads start and end, and of the profiler's own threads; its growth is the figure"
            + " for alerts");
    attribute(
        "StackWalkTimeNanos",
        "ns",
        "Counter: time spent in walking stacks, part of the handlers'; measured on one signal in"
            + " eight, by a clock that goes on while the thread waits for a CPU");
    attribute("ThreadsSampled", "threads", "Threads that have a sampling timer; 0 when idle");
    attribute(
        "ThreadsFailed",
        "threads",
        "Threads that could not get a sampling timer (LastError names the limit); 0 when idle");
    attribute("UniqueStacks", "stacks", "Distinct stacks in the current profile");
    attribute(
        "MemoryUsedBytes", "bytes", "Native and heap memory held for samples; 0 when none is");
    attribute("MemoryLimitBytes", "bytes", "Bound of MemoryUsedBytes, the option memory");
    attribute(
        "SamplesPerSecond",
        "samples/s",
        "Samples collected a second, over the last ten seconds or so; 0 when idle");
    attribute(
        "DropsPerSecond",
        "signals/s",
        "Signals dropped a second, over the last ten seconds or so; 0 when idle");
    attribute(
        "Kept",
        "",
        "What is kept of the running or the last session: since and until when in milliseconds"
            + " since the epoch, number of windows of time, length of the shortest and the longest"
            + " closed one in seconds");
    attribute(
        "OldestSampleAgeSeconds",
        "s",
        "How far back the profile goes; at most the option retention, less when memory is short");
    attribute(
        "HotMethods",
        "",
        "The methods with the most CPU time of their own in the last ten seconds: since and until"
            + " when in milliseconds since the epoch, samples of this time, and at most 20 methods"
            + " with their share on top of the stack and anywhere on it in percent, and samples on"
            + " top; made again at most once a second");
    attribute("HotMethodsLastMinute", "", "As HotMethods, of the last minute");
    attribute("HotMethodsAll", "", "As HotMethods, of the session since its start");
    attribute(
        "Session",
        "",
        "The running or the last session: id, options, start in milliseconds since the epoch,"
            + " duration in milliseconds, samples collected, signals dropped, overhead by the model"
            + " and measured in percent of one CPU");

    Parameter maxStacks = new Parameter("maxStacks", "How many lines at most; 0 for all");
    Parameter range = new Parameter("range", "A stretch of time: " + TimeRange.HELP);
    Parameter before = new Parameter("before", range.text());
    Parameter after = new Parameter("after", range.text());
    Parameter fileName =
        new Parameter(
            "fileName",
            "Base name: letters, digits, '.', '_', '-'; the suffix decides the format: "
                + ExportFormat.suffixes());
    Parameter format = new Parameter("format", "One of " + ExportFormat.keys());
    Parameter id =
        new Parameter("id", "What openStream, openStreamOf or openDifferenceStream returned");

    operation(
        "start", MBeanOperationInfo.ACTION, "Starts a session with the defaults, returns its id");
    operation(
        "startWith",
        MBeanOperationInfo.ACTION,
        "Starts a session with options, returns its id; checks all options first",
        new Parameter(
            "options",
            "key=value pairs joined by commas, for instance interval=1ms,duration=60s; an option"
                + " that is not given has its default value; the keys: "
                + String.join("; ", ProfilerConfig.HELP)));
    operation(
        "stop",
        MBeanOperationInfo.ACTION,
        "Ends the session and returns its final figures on one line; the profile stays until the"
            + " next start");
    operation(
        "report",
        MBeanOperationInfo.INFO,
        "The profile as readable text: figures, drops by reason, top methods");
    operation("reportOf", MBeanOperationInfo.INFO, "Like report, of a stretch of time only", range);
    operation(
        "collapsed",
        MBeanOperationInfo.INFO,
        "The profile as folded stacks, one a line with its samples, hottest first",
        maxStacks);
    operation(
        "collapsedOf",
        MBeanOperationInfo.INFO,
        "Like collapsed, of a stretch of time only",
        range,
        maxStacks);
    operation(
        "collapsedDifference",
        MBeanOperationInfo.INFO,
        "Two stretches of time side by side: stacks whose number of samples differs, with both"
            + " numbers, the greatest change first",
        before,
        after);
    operation("flameGraph", MBeanOperationInfo.INFO, "The profile as one self-contained HTML page");
    operation(
        "flameGraphOf",
        MBeanOperationInfo.INFO,
        "Like flameGraph, of a stretch of time only",
        range);
    operation(
        "flameGraphDifference",
        MBeanOperationInfo.INFO,
        "Two stretches of time as one HTML page: a flame graph with the frames red whose share of"
            + " the CPU time grew, and blue whose share shrank",
        before,
        after);
    operation(
        "windows",
        MBeanOperationInfo.INFO,
        "The windows of time that are kept, one a line: beginning, end, samples, drops, CPU time");
    operation(
        "dumpToFile",
        MBeanOperationInfo.ACTION,
        "Writes the profile to a new file in the output directory, returns its absolute path;"
            + " never overwrites",
        fileName);
    operation(
        "dumpToFileOf",
        MBeanOperationInfo.ACTION,
        "Like dumpToFile, of a stretch of time only",
        fileName,
        range);
    operation(
        "dumpDifferenceToFile",
        MBeanOperationInfo.ACTION,
        "Writes the difference of two stretches of time to a new file in the output directory, as"
            + " dumpToFile; a page, or folded stacks with both numbers",
        new Parameter(
            "fileName",
            "As of dumpToFile, with a suffix of these: " + ExportFormat.differenceSuffixes()),
        before,
        after);
    operation(
        "openStream",
        MBeanOperationInfo.ACTION,
        "Opens the profile of this moment for readStream, returns the stream's id; at most "
            + Streams.MOST
            + " can be open, and one that is not read for a minute is closed",
        format);
    operation(
        "openStreamOf",
        MBeanOperationInfo.ACTION,
        "Like openStream, of a stretch of time only",
        format,
        range);
    operation(
        "openDifferenceStream",
        MBeanOperationInfo.ACTION,
        "Like openStream, of the difference of two stretches of time; a page, or folded stacks with"
            + " both numbers",
        new Parameter("format", "One of " + ExportFormat.differenceKeys()),
        before,
        after);
    operation(
        "readStream",
        MBeanOperationInfo.ACTION,
        "The stream's next bytes, at most "
            + Streams.BLOCK_BYTES
            + "; null at its end, which closes it",
        id);
    operation(
        "closeStream", MBeanOperationInfo.ACTION, "Closes a stream; closing twice is fine", id);
  }

  private Descriptions() {}

  static Map<String, Attribute> attributes() {
    return Collections.unmodifiableMap(ATTRIBUTES);
  }

  static Map<String, Operation> operations() {
    return Collections.unmodifiableMap(OPERATIONS);
  }

  /**
   * Returns the description of an attribute. Without such a description, returns only the
   * attribute's name. A test forbids this case.
   */
  static Attribute attribute(String name) {
    return ATTRIBUTES.getOrDefault(name, new Attribute("", name));
  }

  /**
   * Returns the description of an operation. Without such a description, returns only the
   * operation's name. A test forbids this case.
   */
  static Operation operation(String name) {
    return OPERATIONS.getOrDefault(
        name, new Operation(MBeanOperationInfo.UNKNOWN, name, List.of()));
  }

  private static void attribute(String name, String unit, String text) {
    ATTRIBUTES.put(name, new Attribute(unit, text));
  }

  private static void operation(String name, int impact, String text, Parameter... parameters) {
    OPERATIONS.put(name, new Operation(impact, text, List.of(parameters)));
  }
}
