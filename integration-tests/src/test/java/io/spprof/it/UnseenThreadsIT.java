package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.NativeThreads;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.openmbean.CompositeData;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Checks that the CPU time of the samples and the CPU time that the profiler reports as dropped add
 * up to the process's CPU time, whatever the threads do. A native thread has to be found before it
 * can be sampled. How soon it is found depends on the machine. A thread that is found is sampled
 * from its beginning.
 */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UnseenThreadsIT {

  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;
  private static final int SPINNERS = 10;

  /** CPU time of all threads that end within a session, of each at most some ticks, ns. */
  private static final long OTHERS = 100 * MS;

  private TargetJvm target;
  private BeanClient bean;

  @BeforeAll
  void start() throws Exception {
    target = TargetJvm.of(NativeThreads.class).classPathOf(com.sun.jna.Native.class).start();
    bean = BeanClient.connect(target);
    bean.start(); // the first session loads libraries
    bean.stop();
  }

  @AfterAll
  void end() throws Exception {
    bean.close();
    target.close();
  }

  /** Ends the session, so that a test that failed does not disturb the next one. */
  @AfterEach
  void stop() throws Exception {
    if (bean.text("State").equals("RUNNING")) {
      bean.stop();
    }
  }

  /** After the thread's first signal, its exit is noticed, so its last part is sampled, too. */
  @Test
  void shouldSampleNativeThreadsFromTheirBeginningToTheirEnd() throws Exception {
    Run run =
        run(
            "interval=1ms",
            () -> {
              for (int i = 0; i < SPINNERS; i++) {
                target.ask("spin");
                try {
                  awaitThatASpinnerIsSampled();
                } finally {
                  target.ask("release");
                }
              }
            });
    Measured.print("spin: %s", run);
    run.assertAccounted();
    assertTrue(run.sampled() >= 0.9 * (run.least() - run.own()), run::toString);
  }

  private void awaitThatASpinnerIsSampled() throws Exception {
    Await.until("its timer", () -> Proc.hasTimer(target.pid(), NativeThreads.SPINNER));
    long found = Proc.cpuNanos(target.pid(), NativeThreads.SPINNER);
    Await.until(
        "signals", () -> Proc.cpuNanos(target.pid(), NativeThreads.SPINNER) > found + 20 * MS);
  }

  /**
   * A search for new threads may use a hundredth of a CPU. So if a search costs 0.2 ms, the next
   * comes 20 ms later, and misses some of these threads.
   */
  @Test
  void shouldAccountForTheCpuTimeOfNativeThreadsOfSomeMilliseconds() throws Exception {
    Run run = run("interval=1ms", "brief", 1);
    run.assertAccounted();
    assertTrue(run.unseen() > 0 && run.unseen() <= run.dropped(), run::toString);
  }

  /**
   * 10,000 threads of some 0.1 ms. Each reads its own clock in run(): at least that much of it is
   * sampled, except for chance. CPU time that is due at the end of a thread, and between its
   * ThreadEnd and its exit, is under {@code [thread end]}. CPU time on the thread's way out of the
   * kernel is not sampled; how long that takes depends on the kernel.
   */
  @Test
  void shouldAccountForTheCpuTimeOfEmptyJavaThreads() throws Exception {
    AtomicLong used = new AtomicLong();
    Run run = run("interval=100us", () -> used.set(Long.parseLong(target.ask("empty"))));
    run.assertAccounted();
    assertTrue(run.unseen() > 0, run::toString);

    Collapsed empty = new Collapsed(emptyThreads(bean.cpuNanos()));
    long atEnd = empty.with("[thread end]");
    String message =
        String.format(
            "used %d ns until run(), sampled %d ns, of these %d ns at their end; %s",
            used.get(), empty.total(), atEnd, run);
    Measured.print("empty: %s", message);
    double deviation = 100_000 * Math.sqrt(NativeThreads.EMPTY / 4.0);
    assertTrue(empty.total() >= used.get() - 5 * deviation, message);
    assertTrue(atEnd > 0, message);
  }

  private static List<Collapsed.Stack> emptyThreads(Collapsed profile) {
    return profile.stacks().stream()
        .filter(stack -> stack.frames().get(0).equals("empty"))
        .toList();
  }

  /**
   * Compared with the thread's own clock, because the other CPU time of the process depends on the
   * machine. The CPU time since the last look may become the thread's last sample, because the JVM
   * unblocks the signal when a thread exits.
   */
  @Test
  void shouldNameAThreadThatBlocksTheSignalAndCountItsTime() throws Exception {
    long before = signalless();
    AtomicLong used = new AtomicLong();
    Run run =
        run(
            "interval=1ms",
            () -> {
              target.ask("deaf");
              try {
                used.set(awaitThatADeafThreadIsCounted(before));
              } finally {
                target.ask("hear");
              }
            });
    run.assertAccounted();
    long counted = signalless() - before;
    assertTrue(counted >= used.get(), () -> "counted " + counted + " of " + used + " ns");
  }

  /**
   * Waits until the bean counts the thread's CPU time, and returns the part that stays counted, ns.
   */
  private long awaitThatADeafThreadIsCounted(long before) throws Exception {
    Await.until(
        "the thread is named", () -> bean.text("LastError").startsWith("SIGPROF is blocked"));
    assertTrue(bean.text("LastError").contains("1 thread: deaf;"), bean.text("LastError"));
    Await.until("it used a second", () -> deafNanos() > SECOND);
    long used = deafNanos();
    Await.until("its time is counted while it runs", () -> signalless() - before >= used);
    long counted = signalless() - before;
    long atMost = deafNanos() + OTHERS;
    assertTrue(counted <= atMost, () -> "counted " + counted + " of " + atMost + " ns");
    return counted;
  }

  private long deafNanos() throws Exception {
    return Proc.cpuNanos(target.pid(), "deaf");
  }

  /** CPU time of threads that the profiler sees and that is in no sample, ns. */
  private long signalless() throws Exception {
    Map<String, Object> both = bean.several("DroppedCpuTimeNanos", "UnseenCpuTimeNanos");
    return (Long) both.get("DroppedCpuTimeNanos") - (Long) both.get("UnseenCpuTimeNanos");
  }

  private interface Load {
    void run() throws Exception;
  }

  private Run run(String options, String question, int times) throws Exception {
    Run run =
        run(
            options,
            () -> {
              for (int i = 0; i < times; i++) {
                target.ask(question);
              }
            });
    Measured.print("%s: %s", question, run);
    return run;
  }

  private Run run(String options, Load load) throws Exception {
    Map<String, Object> first = bean.all();
    long before = target.cpuNanos();
    bean.startWith(options);
    long begun = target.cpuNanos();
    load.run();
    long ending = target.cpuNanos();
    long own = Proc.profilersThreadNanos(target.pid());
    bean.stop();
    long ended = target.cpuNanos();
    Map<String, Object> last = bean.all();
    Run run =
        new Run(
            grown("SampledCpuTimeNanos", first, last),
            grown("DroppedCpuTimeNanos", first, last),
            grown("UnseenCpuTimeNanos", first, last),
            own,
            ending - begun,
            ended - before);
    // A signal is late if the stop overtakes a thread that gets no processor.
    assertEquals(late(last) - late(first), grown("DroppedSamples", first, last), run.toString());
    return run;
  }

  private static long late(Map<String, Object> figures) {
    return (Long) ((CompositeData) figures.get("DroppedByReason")).get("late");
  }

  private static long grown(String name, Map<String, Object> first, Map<String, Object> last) {
    return (Long) last.get(name) - (Long) first.get(name);
  }

  /**
   * The CPU times of one session, ns.
   *
   * @param sampled CPU time of the session's samples
   * @param dropped CPU time that no sample stands for, as the profiler reports it
   * @param unseen the part of {@code dropped} that belongs to no signal
   * @param own CPU time of the profiler's thread, which is neither sampled nor dropped
   * @param least CPU time of the process between the end of start and the beginning of stop
   * @param most CPU time of the process between the beginning of start and the end of stop
   */
  private record Run(long sampled, long dropped, long unseen, long own, long least, long most) {

    void assertAccounted() {
      long accounted = sampled + dropped;
      assertTrue(accounted + own >= 0.98 * least, () -> "too little: " + this);
      assertTrue(accounted <= 1.02 * most, () -> "too much: " + this);
    }
  }
}
