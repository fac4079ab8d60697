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
 * live for some 150 ms at least nine tenths are sampled.
 *
 * <p>What is lost of those: up to a kernel's tick of each, 10 ms at most, and what comes and goes
 * before the first sweeps have noticed, some 400 ms.
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

  /** 10,000 of them at 0.1 ms: standard deviation 4 ms of more than a second. */
  @Test
  void shouldAccountForTheCpuTimeOfEmptyJavaThreads() throws Exception {
    Run run = run("interval=100us", "empty", 1);
    run.assertAccounted();
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
    Await.until("it used a second", () -> target.cpuNanos() - from > 1_000_000_000L);
    target.ask("hear");
    Await.until(
        "its time is counted", () -> bean.number("DroppedCpuTimeNanos") - before > 900_000_000L);
    bean.stop();
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
    bean.stop();
    long ended = target.cpuNanos();
    Map<String, Object> last = bean.all();
    Run run =
        new Run(
            grown("SampledCpuTimeNanos", first, last),
            grown("DroppedCpuTimeNanos", first, last),
            grown("UnseenCpuTimeNanos", first, last),
            grown("OverheadCpuTimeNanos", first, last),
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
   * @param overhead the profiler's, of which its own thread's is neither sampled nor dropped
   * @param least what the process used between the end of start and the beginning of stop
   * @param most what it used between the beginning of start and the end of stop
   */
  private record Run(
      long sampled, long dropped, long unseen, long overhead, long least, long most) {

    void assertAccounted() {
      long accounted = sampled + dropped;
      assertTrue(accounted + overhead >= 0.98 * least, () -> "too little: " + this);
      assertTrue(accounted <= 1.02 * most, () -> "too much: " + this);
    }
  }
}
