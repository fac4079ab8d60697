package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.NativeThreads;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Whatever the threads do, sampled and dropped CPU time are the process's; of native threads that
 * live for some 150 ms, or 20 ms, at least nine tenths are sampled.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UnseenThreadsIT {

  private TargetJvm target;
  private BeanClient bean;

  @BeforeAll
  void start() throws Exception {
    target =
        TargetJvm.of(NativeThreads.class, 10, 150).classPathOf(com.sun.jna.Native.class).start();
    bean = BeanClient.connect(target);
    bean.start(); // the first session loads libraries
    bean.stop();
  }

  @AfterAll
  void end() throws Exception {
    bean.close();
    target.close();
  }

  @Test
  void shouldSampleShortNativeThreadsAndCountTheRest() throws Exception {
    Run run = run("interval=1ms", "native", 5);
    run.assertAccounted();
    assertTrue(run.sampled() >= 0.9 * run.least(), run::toString);
    assertTrue(run.unseen() > 0 && run.unseen() <= run.dropped(), run::toString);
  }

  /** They are found within some milliseconds, and their last ones are settled as they exit. */
  @Test
  void shouldSampleNativeThreadsOfSomeMilliseconds() throws Exception {
    Run run = run("interval=1ms", "brief", 1);
    run.assertAccounted();
    assertTrue(run.sampled() >= 0.9 * run.least(), run::toString);
  }

  /**
   * 10,000 of them at 0.1 ms: standard deviation 4 ms of more than a second. What is used between a
   * thread's ThreadEnd and its exit, a seventh, is sampled; on its way out of the kernel it is not.
   */
  @Test
  void shouldAccountForTheCpuTimeOfEmptyJavaThreads() throws Exception {
    Run run = run("interval=100us", "empty", 1);
    run.assertAccounted();
    assertTrue(run.sampled() >= 0.85 * (run.least() - run.own()), run::toString);
    assertTrue(run.unseen() > 0, run::toString);
  }

  @Test
  void shouldNameAThreadThatBlocksTheSignalAndCountItsTimeWhenItEnds() throws Exception {
    bean.startWith("interval=1ms");
    long before = bean.number("DroppedCpuTimeNanos");
    target.ask("deaf");
    long from = target.cpuNanos();
    Await.until(
        "the thread is named", () -> bean.text("LastError").startsWith("SIGPROF is blocked"));
    assertTrue(bean.text("LastError").contains("1 thread: deaf;"), bean.text("LastError"));
    Await.until(
        "its time is counted while it runs",
        () -> bean.number("DroppedCpuTimeNanos") - before > 900_000_000L);
    target.ask("hear");
    long used = target.cpuNanos() - from;
    bean.stop();
    long dropped = bean.number("DroppedCpuTimeNanos") - before;
    assertTrue(
        dropped >= 0.8 * used && dropped <= 1.05 * used + 50_000_000,
        () -> "dropped " + dropped + " of " + used + " ns");
  }

  private Run run(String options, String question, int times) throws Exception {
    Map<String, Object> first = bean.all();
    long before = target.cpuNanos();
    bean.startWith(options);
    long begun = target.cpuNanos();
    for (int i = 0; i < times; i++) {
      target.ask(question);
    }
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
    Measured.tell("%s: %s", question, run);
    assertEquals(0, grown("DroppedSamples", first, last), run.toString());
    return run;
  }

  private static long grown(String name, Map<String, Object> first, Map<String, Object> last) {
    return (Long) last.get(name) - (Long) first.get(name);
  }

  /**
   * CPU times of a session, ns.
   *
   * @param sampled of its samples
   * @param dropped in no profile
   * @param unseen the part of it that no signal stands for
   * @param own of the profiler's thread, which is neither sampled nor dropped
   * @param least what the process used between the end of start and the beginning of stop
   * @param most what it used between the beginning of start and the end of stop
   */
  private record Run(long sampled, long dropped, long unseen, long own, long least, long most) {

    void assertAccounted() {
      long accounted = sampled + dropped;
      assertTrue(accounted + own >= 0.98 * least, () -> "too little: " + this);
      assertTrue(accounted <= 1.02 * most, () -> "too much: " + this);
    }
  }
}
