package io.spprof.it.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The benchmark: spprof and async-profiler side by side, in one run, on one machine.
 *
 * <pre>
 *   ./mvnw -q -Pbench verify                          some 6 minutes
 *   ./mvnw -q -Pbench verify -Dbench.quick=true       about one, with wide spreads
 *   ./mvnw -q -Pbench verify -Dbench.java.home=DIR    profiled JVMs of another JDK
 *   ./mvnw -q -Pbench verify -Dbench.items=WalkCost   some items only, by the names of their classes
 *   ./mvnw -q -Pbench verify -Dbench.items=AlwaysOn   being always on: some 15 minutes
 *     with -Dbench.realtime=true                      on a busy machine, as root: see AlwaysOn
 *   ./mvnw -q -Pbench verify -Dbench.items=NamedFrames   how much of the CPU time has a name
 *   ./mvnw -q -Pbench verify -Dbench.items=NativeCost   what native frames cost
 *   ./mvnw -q -Pbench verify -Dbench.items=RealCost     walks on real applications
 *   ./mvnw -q -Pbench verify -Dbench.self=true        async-profiler in both columns: which
 *                                                     ratios are noise on this machine
 * </pre>
 *
 * Prints one table and writes it to {@code target/bench.md}. Nothing passes or fails. A cell shows
 * the median of the repetitions and, in brackets, their quartiles. {@code ratio} is spprof's median
 * divided by async-profiler's; {@code aim} is the goal set for the figure. async-profiler runs with
 * {@code event=ctimer} (one CPU timer for each thread, like spprof's), the same interval, {@code
 * features=stats}, and its default stack walker.
 *
 * <p>How the machine's drift is excluded: both profiled JVMs live at the same time and are measured
 * in turn, while the other one is stopped. Each JVM with the profiler on is compared with the same
 * JVM moments before or after, with the profiler off.
 *
 * <p>How each figure is computed:
 *
 * <dl>
 *   <dt>CPU a sample, depth N: black box, the thread's
 *   <dd>A thread does units of fixed work of about 20 µs at stack depth N and reads its own CPU
 *       clock after each. What exceeds the median unit is the cost of interruptions ({@link Work}).
 *       The figure is the sum of these costs over 100 ms with the profiler at 1 ms, minus the sum
 *       over 100 ms without it, divided by the number of signals. It covers delivery, the handler,
 *       and the caches that the handler left cold. A repetition consists of four such pairs. The
 *       profiler's own threads are not included.
 *   <dt>handler by its own clock
 *   <dd>spprof: OverheadCpuTimeNanos minus the CPU time of its threads (schedstat), divided by
 *       Signals. Both are read twice within one session, so that start and stop are not included.
 *       async-profiler: stackwalk_ns_total divided by samples_total from its command {@code
 *       metrics}, which is its stack walk only, without the rest of its handler.
 *   <dt>handler, warm and cold, depth N: vm, agct
 *   <dd>The cost of the handler by its own clock, as above, with each of spprof's walkers. Warm: in
 *       the middle of a session over compiled code. Cold: the first 300 ms of the first session in
 *       a new JVM.
 *   <dt>our threads
 *   <dd>CPU time that the threads named {@code spprof*} use during the measurement, divided by
 *       Signals. async-profiler has no such thread: it folds stacks in the handler. Much of this
 *       cost arises per second, not per sample: the thread reads the buffer of samples periodically
 *       and looks for new threads. For that reason, the row "of one CPU" shows the same cost as a
 *       share of one CPU.
 *   <dt>OverheadCpuTimeNanos/Signals
 *   <dd>The total that the bean reports.
 *   <dt>CPU a sample, H2: black box, the whole process
 *   <dd>CPU time of the process in a window at 1 ms, minus what the same number of transactions
 *       cost in the windows without the profiler on either side, divided by the number of signals.
 *       The figure includes all threads, also the profiler's. The cost of an H2 transaction varies
 *       by a percent, which is some 40 µs a sample: read the quartiles.
 *   <dt>H2 throughput at I, of that without; H2 transactions a CPU second at I
 *   <dd>Committed transactions per second, or per second of the process's CPU time, in a window
 *       with the profiler, divided by the mean of the two windows without it on either side. The
 *       CPU figure is the better one on a machine that other processes use. Rounds in which they
 *       used more than a tenth of it are left out if enough rounds remain. The row "no profiler"
 *       compares two windows of a JVM without agent.
 *   <dt>start, stop, 20,000 classes
 *   <dd>A JVM with 20,000 more classes of ten methods and 50 waiting threads. Wall-clock time of
 *       the bean's startWith and stop, called in the process, and of async-profiler's Java API. A
 *       first start is in a new JVM with the idle agent, and loads what is loaded on demand.
 *   <dt>CPU of a thread's start and end
 *   <dd>10,000 empty threads one after the other, in windows without, with, and without the
 *       profiler at 10 ms: CPU time of the whole process, per thread.
 *   <dt>JVM start-up
 *   <dd>From the start of the process to the first line of an application that prints one line;
 *       each minus that of a JVM without agent a moment before. async-profiler: {@code -agentpath}
 *       without arguments. "With 0.3 s of work on one CPU": shows work that an agent does on other
 *       threads. "With JMX": all of them with {@code -Dcom.sun.management.jmxremote}, as for a JVM
 *       that is managed anyway.
 *   <dt>threads more while idle, wake-ups
 *   <dd>Names of threads that a JVM without agent does not have; voluntary context switches of
 *       those named {@code spprof*} from /proc.
 *   <dt>bulk read
 *   <dd>MBeanServer.getAttributes of all attributes, in the process, under the H2 load at 1 ms. In
 *       async-profiler's column: its bean, which has Samples and Version.
 *   <dt>always on
 *   <dd>See {@link AlwaysOn}, which also compares with JFR and prints a table of its own.
 *   <dt>real applications
 *   <dd>See {@link RealCost}, which prints a table of its own.
 *   <dt>named frames
 *   <dd>See {@link NamedFrames}, which prints a table of its own.
 *   <dt>export
 *   <dd>See {@link ExportCost}.
 *   <dt>memory
 *   <dd>See {@link Memory}: the rows' names say what is real and what is synthetic.
 * </dl>
 */
public final class Bench {

  private static final List<Item> ITEMS =
      List.of(
          new WalkCost(),
          new SampleCost(),
          new OnH2(),
          new ThreadCost(),
          new StartStop(),
          new StartUp(),
          new Memory(),
          new ExportCost());

  /** Items that take too long, and so run only when they are named. */
  private static final List<Item> ON_REQUEST =
      List.of(new AlwaysOn(), new NamedFrames(), new NativeCost(), new RealCost());

  private Bench() {}

  /** Argument: the directory to write to. */
  public static void main(String[] args) throws Exception {
    long before = System.nanoTime();
    Path directory = Path.of(args[0]);
    Setup setup = Setup.fromProperties(directory.resolve("bench"));
    Table table = new Table();
    for (Item item : chosen(System.getProperty("bench.items", ""))) {
      long itemBefore = System.nanoTime();
      item.run(setup, table);
      System.err.printf(
          "bench: %s took %.1f s%n",
          item.getClass().getSimpleName(), (System.nanoTime() - itemBefore) / 1e9);
    }
    table.note(
        String.format(
            "JDK %d, %d CPUs, Linux %s, %s; async-profiler 4.5; %d s%s.",
            setup.feature(),
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.version"),
            System.getProperty("os.arch"),
            TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - before),
            setup.quick() ? ", quick: look at the quartiles" : ""));
    String text = table.toMarkdown();
    Files.writeString(directory.resolve("bench.md"), text);
    System.out.println(text);
  }

  /**
   * The items whose class names are given, separated by commas. Without names, all items except
   * those on request.
   */
  private static List<Item> chosen(String names) {
    if (names.isEmpty()) {
      return ITEMS;
    }
    List<String> wanted = List.of(names.split(","));
    return Stream.concat(ITEMS.stream(), ON_REQUEST.stream())
        .filter(item -> wanted.contains(item.getClass().getSimpleName()))
        .toList();
  }
}
