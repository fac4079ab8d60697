package io.spprof.sampler;

import static io.spprof.sampler.ErrorNumber.EACCES;
import static io.spprof.sampler.ErrorNumber.EAGAIN;
import static io.spprof.sampler.ErrorNumber.EMFILE;
import static io.spprof.sampler.ErrorNumber.ENFILE;
import static io.spprof.sampler.ErrorNumber.ENOSYS;
import static io.spprof.sampler.ErrorNumber.EPERM;

import org.apache.commons.lang3.StringUtils;

/**
 * The step at which a call of the native side failed, and the messages for such failures. The
 * constants have the order of failure.h. A result of the native side contains two things: the step,
 * and the system's error number at this step, as numbered by Linux. The static methods build the
 * message for the user: the cause and the remedy.
 */
enum SamplerFailure {
  NONE,
  SETTINGS,
  ENGINE,
  SESSION,
  NO_SESSION,
  UNDO,
  IN_FLIGHT,
  DEBUGGER,
  TIMER_LIVES,
  WALKER,
  MEMORY,
  EVENTS,
  FLIGHT_RECORDER,
  SIGNAL_HELD,
  SIGNAL_LEFT,
  THREADS,
  SLOTS,
  TIMER,
  TIMER_SET,
  TIMER_HELD,
  JAVA_THREADS,
  SYSTEM;

  private static final String ONLY_ONE = ": only one profiler can use the signal; ";

  /**
   * Returns the step in a result of the native side.
   *
   * @param result less than 0
   */
  static SamplerFailure of(int result) {
    return values()[-result >> SampleLayout.FAILURE_SHIFT];
  }

  /**
   * Returns the system's error number in a result of the native side; 0 if the step alone describes
   * the failure.
   */
  static int number(int result) {
    return -result & (1 << SampleLayout.FAILURE_SHIFT) - 1;
  }

  /**
   * Returns the message for a session that could not be started.
   *
   * @param result the result of the start, less than 0
   * @param config the settings with which it was started
   * @param walkerProblem why the walker {@code vm} does not work, "" if it does
   * @param other the engine with which it was not started
   * @return the cause and the remedy
   */
  static String ofStart(int result, SamplerConfig config, String walkerProblem, OtherEngine other) {
    int number = number(result);
    return switch (of(result)) {
      case SETTINGS -> "the native side refused the settings " + config;
      case ENGINE ->
          "engine=ctimer needs Linux's timers of threads; use engine=itimer or engine=auto here";
      case SESSION ->
          "another profiler object of this application is sampling, or its session was not"
              + " released; stop and release that profiler object first";
      case UNDO ->
          "a start that failed has not been undone yet, because a signal handler is still running"
              + " or a system call fails; start again in a moment";
      case IN_FLIGHT ->
          "a signal handler of an earlier session is still running; start again in a moment";
      case WALKER ->
          config.walker() == Walker.VM
              ? "walker=vm does not work in this JVM: " + walkerProblem + "; use walker=auto"
              : "this JVM ("
                  + vm()
                  + ") publishes neither its structures nor AsyncGetCallTrace, and one of the two is"
                  + " needed to read stacks; start the application with a HotSpot JVM";
      case MEMORY -> "the system has no memory for the ring buffer; lower memory=...";
      case EVENTS -> "the JVM refused the JVMTI events that sampling needs";
      case FLIGHT_RECORDER ->
          "SIGPROF is in use by the JVM's flight recorder, for its event jdk.CPUTimeSample"
              + ONLY_ONE
              + "end the recording ('jcmd PID JFR.check' lists them, 'jcmd PID JFR.stop name=...'"
              + " ends one) or switch the event off in it, then start again";
      case SIGNAL_HELD ->
          "SIGPROF is already handled by "
              + holder()
              + ONLY_ONE
              + "stop or remove the other profiler, then start again";
      case SIGNAL_LEFT ->
          "SIGPROF is already handled by "
              + holder()
              + ONLY_ONE
              + "stop or remove the other profiler, then start again. No timer of this process"
              + " sends the signal now: some profilers leave their handler behind when they are"
              + " stopped; then only a start of the JVM without the other profiler frees the"
              + " signal";
      case THREADS ->
          "the threads of the process cannot be listed: " + listingFailed(number, other);
      case SLOTS -> "there are more threads than the sampler has slots";
      case TIMER, TIMER_SET ->
          "no thread could get a CPU timer: " + timerRefused(result, config.engine(), other);
      case TIMER_HELD ->
          "the process's profiling timer (setitimer, ITIMER_PROF) is already set by other code, or"
              + " was inherited from the program that started this process; let the other code or"
              + " program clear the timer"
              + other.instead("");
      case JAVA_THREADS -> unknownJavaThreads();
      case NONE, NO_SESSION, DEBUGGER, TIMER_LIVES, SYSTEM ->
          "a system call failed with error " + number;
    };
  }

  /**
   * Returns the message for a session that could not be stopped.
   *
   * @param result the result of the stop, less than 0
   * @param deadlineSeconds how long the stop waited, s
   * @param engine the session's engine
   * @return the cause and the remedy
   */
  static String ofStop(int result, int deadlineSeconds, Engine engine) {
    return switch (of(result)) {
      case NO_SESSION -> "no session is sampling; call start first";
      case IN_FLIGHT ->
          unfinished("a signal handler is still running after " + deadlineSeconds + " s");
      case DEBUGGER ->
          unfinished(
              "after "
                  + deadlineSeconds
                  + " s a debugger still holds a thread that is about to receive a signal; let the"
                  + " thread go on or detach the debugger");
      case TIMER_LIVES ->
          unfinished(
              "the system does not delete a timer ("
                  + (engine == Engine.CTIMER ? "timer_delete" : "setitimer")
                  + " failed with error "
                  + number(result)
                  + "), which could still send SIGPROF; allow the call in the sandbox (seccomp)"
                  + " profile");
      default -> unfinished("a system call failed with error " + number(result));
    };
  }

  /**
   * Returns the message for a running session whose signal handler was replaced by other code in
   * the process.
   */
  static String taken() {
    return "SIGPROF was taken over by "
        + holder()
        + ONLY_ONE
        + "this session has no more samples unless the other handler passes signals on; stop or"
        + " remove the other profiler, then start again";
  }

  /**
   * Returns the message for an ended session whose signal handler was replaced by other code in the
   * process.
   */
  static String leftInPlace() {
    return "SIGPROF was taken over by "
        + holder()
        + " while the session ran; its handler was left in place"
        + ONLY_ONE
        + "stop or remove the other profiler before the next session";
  }

  private static String unfinished(String cause) {
    return "the teardown did not finish: " + cause + "; nothing was freed; call stop again";
  }

  /**
   * Returns the message about threads that block the sampling signal. Such a thread cannot be
   * sampled although it has a timer, or shares the process's timer.
   *
   * @param threads the threads that block the signal; null if there are none
   * @param engine the session's engine
   * @param other the engine that the session does not use
   * @return "" if there are none
   */
  static String blocked(String threads, Engine engine, OtherEngine other) {
    if (threads == null) {
      return "";
    }
    boolean ctimer = engine == Engine.CTIMER;
    return "SIGPROF is blocked, so nothing is sampled, in "
        + threads
        + (ctimer
            ? "; their CPU time counts as dropped"
            : "; their CPU time is in the samples of other threads, or, where all threads block it,"
                + " counts as dropped when the session ends")
        + ". A library blocks SIGPROF in its own threads, or the parent of this process blocked it"
        + " in all threads: start the JVM with SIGPROF unblocked, or let the library leave SIGPROF"
        + " out of its mask"
        + (ctimer ? "" : other.instead(", which counts their CPU time as dropped"));
  }

  /**
   * Returns the message about threads of a running session that cannot be sampled.
   *
   * @param result the last failure, 0 if there was none
   * @param failed the number of threads without a timer
   * @param engine the session's engine
   * @param other the engine that the session does not use
   * @return the cause and the remedy, or "" if there is no such thread
   */
  static String ofThreads(int result, int failed, Engine engine, OtherEngine other) {
    SamplerFailure step = of(result);
    if (step == JAVA_THREADS) {
      return unknownJavaThreads();
    }
    if (failed == 0) {
      return "";
    }
    String cause =
        step == SLOTS
            ? "there are more threads than the sampler has slots"
            : step == TIMER_HELD
                ? "the process's profiling timer (setitimer, ITIMER_PROF) is now used by other code"
                : timerRefused(result, engine, other);
    return failed + " threads have no timer: " + cause;
  }

  private static String unknownJavaThreads() {
    return "threads that are older than the session have no stacks in the profile: this JVM ("
        + vm()
        + ") does not publish which of the system's threads they are; use OpenJDK's server JVM, or"
        + " start the session early";
  }

  private static String vm() {
    return System.getProperty("java.vm.name");
  }

  // The owner of the handler and the limit are looked up only when a message needs them. The
  // reason: JNA's first call of a C function starts a process (ldconfig).
  private static String holder() {
    return StringUtils.defaultIfEmpty(SystemProbe.profilingSignalHolder(), "something else");
  }

  private static String listingFailed(int number, OtherEngine other) {
    String instead = other.instead(", which needs no list");
    return switch (number) {
      case EMFILE, ENFILE ->
          "/proc/self/task needs a file descriptor, and none is left; raise 'ulimit -n'";
      case EPERM, EACCES, ENOSYS ->
          "/proc/self/task may not be read here (error "
              + number
              + "); allow it in the sandbox"
              + instead;
      default -> "/proc/self/task cannot be read (error " + number + "); mount /proc" + instead;
    };
  }

  private static String timerRefused(int result, Engine engine, OtherEngine other) {
    int number = number(result);
    if (number == 0) {
      return "none of the process's threads could be found";
    }
    boolean ctimer = engine == Engine.CTIMER;
    boolean made = of(result) == TIMER_SET;
    if (number == EAGAIN && !made) {
      return ctimer
          ? "the limit of pending signals (RLIMIT_SIGPENDING, now "
              + SystemProbe.pendingSignalsLimit()
              + ", counted over all processes of the user) is used up; raise it, for instance"
              + " with 'ulimit -i', and start again"
          : "the process has no thread-specific key left (PTHREAD_KEYS_MAX); load fewer native"
              + " libraries"
              + other.instead("");
    }
    String call =
        ctimer
            ? made ? "timer_settime" : "timer_create"
            : made ? "setitimer (or getitimer)" : "pthread_key_create";
    boolean forbidden = number == EPERM || number == EACCES || number == ENOSYS;
    return forbidden
        ? "the system call "
            + call
            + " is forbidden here or does not exist (error "
            + number
            + "); allow it in the sandbox (seccomp) profile"
            + other.instead(", which does without it")
        : call + " failed with error " + number + other.instead("").replaceFirst(", or ", "; ");
  }
}
