package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the message for each failure: it names the step that failed, and a remedy that helps. */
final class SamplerFailureTest {

  private static final int EPERM = 1;
  private static final int EAGAIN = 11;
  private static final int EMFILE = 24;
  private static final int ENOSYS = 38;

  private static SamplerConfig config(Engine engine) {
    return new SamplerConfig(engine, Walker.AUTO, NativeFrames.NONE, 10_000_000, 64, 1 << 20);
  }

  private static int result(SamplerFailure step, int number) {
    return -(step.ordinal() << 16 | number);
  }

  private static String ofStart(SamplerFailure step, int number, Engine engine) {
    return ofStart(step, number, engine, 0);
  }

  private static String ofStart(SamplerFailure step, int number, Engine engine, int resultOfOther) {
    OtherEngine other = OtherEngine.than(engine, asked -> resultOfOther);
    return SamplerFailure.ofStart(result(step, number), config(engine), "", other);
  }

  private static String ofThreads(int result, int failed) {
    OtherEngine other = OtherEngine.than(Engine.CTIMER, asked -> 0);
    return SamplerFailure.ofThreads(result, failed, Engine.CTIMER, other);
  }

  @Test
  void shouldHaveTheNativeSidesListsInTheirOrder() throws Exception {
    List<String> expected = new ArrayList<>();
    for (SamplerFailure step : SamplerFailure.values()) {
      expected.add(step.name());
    }
    for (Field number : ErrorNumber.class.getDeclaredFields()) {
      if (!number.isSynthetic()) { // added by a coverage tool
        expected.add(number.getName() + "=" + number.getInt(null));
      }
    }

    assertEquals(expected, NativeSampler.failures());
  }

  @ParameterizedTest
  @EnumSource
  void shouldReadStepAndNumber(SamplerFailure step) {
    assertEquals(step, SamplerFailure.of(result(step, ENOSYS)));
    assertEquals(ENOSYS, SamplerFailure.number(result(step, ENOSYS)));
    assertEquals(0, SamplerFailure.number(result(step, 0)));
  }

  @ParameterizedTest
  @ValueSource(ints = {EPERM, ENOSYS})
  void shouldNameTheOtherEngineWhereATimerIsForbidden(int number) {
    String ctimer = ofStart(SamplerFailure.TIMER, number, Engine.CTIMER);
    assertTrue(ctimer.contains("timer_create"), ctimer);
    assertTrue(ctimer.contains("use engine=itimer"), ctimer);
    assertFalse(ctimer.contains("AsyncGetCallTrace"), ctimer);
    String set = ofStart(SamplerFailure.TIMER_SET, number, Engine.CTIMER);
    assertTrue(set.contains("timer_settime is forbidden"), set);
    assertTrue(set.contains("use engine=itimer"), set);
    assertFalse(set.contains("timer_create"), set);
    String itimer = ofStart(SamplerFailure.TIMER_SET, number, Engine.ITIMER);
    assertTrue(itimer.contains("setitimer"), itimer);
    assertTrue(itimer.contains("use engine=ctimer"), itimer);
    assertFalse(itimer.contains("timer_create"), itimer);
  }

  /** Holds for each of these steps, and for each reason why the other engine does not work. */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.INCLUDE,
      names = {"TIMER", "TIMER_SET", "TIMER_HELD", "THREADS"})
  void shouldPromiseTheOtherEngineOnlyIfItWorks(SamplerFailure step) {
    for (int number : new int[] {EPERM, EAGAIN, ENOSYS, 22}) {
      for (Engine engine : List.of(Engine.CTIMER, Engine.ITIMER)) {
        assertFalse(
            ofStart(step, number, engine, result(SamplerFailure.NONE, EPERM))
                .contains("use engine"));
        String elsewhere = ofStart(step, number, engine, result(SamplerFailure.ENGINE, 0));
        assertFalse(elsewhere.contains("engine="), elsewhere);
      }
    }
    OtherEngine none = OtherEngine.than(Engine.CTIMER, asked -> -EPERM);
    assertFalse(ProcFileSystem.problem("4711", 12, none).contains("use engine"));
  }

  @Test
  void shouldSayWhyTheOtherEngineIsNoWayOutEither() {
    String ctimer =
        ofStart(SamplerFailure.TIMER, EPERM, Engine.CTIMER, result(SamplerFailure.NONE, ENOSYS));
    assertTrue(
        ctimer.endsWith(
            "allow it in the sandbox (seccomp) profile; engine=itimer does not work here either:"
                + " its timer is refused, too (error 38)"),
        ctimer);
    int eexist = 17;
    ctimer =
        ofStart(SamplerFailure.TIMER, EPERM, Engine.CTIMER, result(SamplerFailure.NONE, eexist));
    assertTrue(ctimer.endsWith("the process's profiling timer is in use"), ctimer);
    String itimer =
        ofStart(SamplerFailure.TIMER_HELD, 0, Engine.ITIMER, result(SamplerFailure.NONE, EAGAIN));
    assertTrue(itimer.endsWith("(RLIMIT_SIGPENDING) is used up"), itimer);
  }

  @Test
  void shouldDistinguishAMissingWalkerFromAMissingTimer() {
    String walker = ofStart(SamplerFailure.WALKER, 0, Engine.CTIMER);

    assertTrue(walker.contains("AsyncGetCallTrace"), walker);
    assertFalse(walker.contains("timer"), walker);
  }

  @Test
  void shouldDistinguishTheLimitOfSignalsFromTheLimitOfKeys() {
    String ctimer = ofStart(SamplerFailure.TIMER, EAGAIN, Engine.CTIMER);
    assertTrue(ctimer.contains("RLIMIT_SIGPENDING"), ctimer);
    String itimer = ofStart(SamplerFailure.TIMER, EAGAIN, Engine.ITIMER);
    assertFalse(itimer.contains("RLIMIT_SIGPENDING"), itimer);
    assertTrue(itimer.contains("PTHREAD_KEYS_MAX"), itimer);
  }

  @Test
  void shouldSayOfTheFlightRecorderWhichEventAndHowToEndIt() {
    String refusal = ofStart(SamplerFailure.FLIGHT_RECORDER, 0, Engine.CTIMER);

    assertTrue(refusal.contains("SIGPROF"), refusal);
    assertTrue(refusal.contains("jdk.CPUTimeSample"), refusal);
    assertTrue(refusal.contains("JFR.stop"), refusal);
  }

  @Test
  void shouldSayOfAnyOtherHolderTheRuleAndTheRemedy() {
    String held = ofStart(SamplerFailure.SIGNAL_HELD, 0, Engine.CTIMER);
    String left = ofStart(SamplerFailure.SIGNAL_LEFT, 0, Engine.CTIMER);

    for (String refusal : new String[] {held, left}) {
      assertTrue(refusal.contains("already handled by something else"), refusal);
      assertTrue(refusal.contains("only one profiler can use the signal"), refusal);
      assertTrue(refusal.contains("stop or remove the other profiler"), refusal);
    }
    assertFalse(held.contains("leave their handler behind"), held);
    assertTrue(left.contains("leave their handler behind"), left);
  }

  @Test
  void shouldSayWhyThreadsCannotBeListed() {
    String files = ofStart(SamplerFailure.THREADS, EMFILE, Engine.CTIMER);
    assertTrue(files.contains("ulimit -n"), files);
    String forbidden = ofStart(SamplerFailure.THREADS, EPERM, Engine.CTIMER);
    assertTrue(forbidden.contains("/proc/self/task may not be read"), forbidden);
    assertFalse(forbidden.contains("timer_create"), forbidden);
    String missing = ofStart(SamplerFailure.THREADS, 2, Engine.CTIMER);
    assertTrue(missing.contains("mount /proc"), missing);
  }

  /** Two steps that fail with the same error number must have different messages. */
  @Test
  void shouldSaySomethingElseOfEveryStep() {
    Map<String, SamplerFailure> stepOfMessage = new HashMap<>();
    for (SamplerFailure step : SamplerFailure.values()) {
      if (step != SamplerFailure.NONE
          && step != SamplerFailure.NO_SESSION
          && step != SamplerFailure.TIMER_LIVES
          && step != SamplerFailure.SYSTEM) {
        String message = ofStart(step, ENOSYS, Engine.CTIMER);
        SamplerFailure same = stepOfMessage.put(message, step);
        assertEquals(null, same, step + " has the message of " + same + ": " + message);
      }
    }
  }

  @Test
  void shouldNotTakeAFailedSystemCallForTheLackOfASession() {
    int einval = 22;
    String none = SamplerFailure.ofStop(result(SamplerFailure.NO_SESSION, 0), 5, Engine.CTIMER);
    String failed = SamplerFailure.ofStop(result(SamplerFailure.SYSTEM, einval), 5, Engine.CTIMER);
    String running = SamplerFailure.ofStop(result(SamplerFailure.IN_FLIGHT, 0), 5, Engine.CTIMER);

    assertEquals("no session is sampling; call start first", none);
    assertTrue(failed.contains("error 22") && failed.contains("call stop again"), failed);
    assertTrue(running.contains("still running after 5 s"), running);
    String held = SamplerFailure.ofStop(result(SamplerFailure.DEBUGGER, 0), 5, Engine.CTIMER);
    assertTrue(held.contains("after 5 s a debugger") && held.contains("detach"), held);
    assertNotEquals(failed, running);
  }

  @Test
  void shouldNameTheCallThatDoesNotDeleteATimer() {
    int lives = result(SamplerFailure.TIMER_LIVES, ENOSYS);
    String ctimer = SamplerFailure.ofStop(lives, 5, Engine.CTIMER);
    String itimer = SamplerFailure.ofStop(lives, 5, Engine.ITIMER);

    assertTrue(ctimer.contains("timer_delete failed with error 38"), ctimer);
    assertTrue(itimer.contains("setitimer failed with error 38"), itimer);
    assertTrue(ctimer.contains("nothing was freed; call stop again"), ctimer);
  }

  @Test
  void shouldSayWhereTheTimeOfThreadsIsThatBlockTheSignal() {
    String ctimer = blocked("1 thread: a", Engine.CTIMER, 0);
    assertTrue(ctimer.contains("nothing is sampled, in 1 thread: a; their CPU time"), ctimer);
    assertTrue(ctimer.contains("their CPU time counts as dropped."), ctimer);
    assertFalse(ctimer.contains("engine="), ctimer);
    String itimer = blocked("1 thread: a", Engine.ITIMER, 0);
    assertTrue(itimer.contains("is in the samples of other threads"), itimer);
    assertTrue(itimer.contains("use engine=ctimer"), itimer);
    itimer = blocked("1 thread: a", Engine.ITIMER, result(SamplerFailure.NONE, EPERM));
    assertFalse(itimer.contains("use engine=ctimer"), itimer);
    assertEquals("", blocked(null, Engine.ITIMER, 0));
  }

  private static String blocked(String threads, Engine engine, int resultOfOther) {
    return SamplerFailure.blocked(threads, engine, OtherEngine.than(engine, x -> resultOfOther));
  }

  @Test
  void shouldSayHowManyThreadsHaveNoTimerAndWhy() {
    int refused = result(SamplerFailure.TIMER, ENOSYS);

    assertEquals("", ofThreads(0, 0));
    assertEquals("", ofThreads(refused, 0), "they ended since");
    String some = ofThreads(refused, 3);
    assertTrue(some.startsWith("3 threads have no timer: ") && some.contains("timer_create"), some);
    String slots = ofThreads(result(SamplerFailure.SLOTS, 0), 3);
    assertTrue(slots.contains("slots"), slots);
    String java = ofThreads(result(SamplerFailure.JAVA_THREADS, 0), 0);
    assertTrue(java.contains("use OpenJDK's server JVM"), java);
    assertTrue(java.contains(System.getProperty("java.vm.name")), java);
  }
}
