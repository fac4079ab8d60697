package io.spprof.sampler;

import static io.spprof.sampler.ErrorNumber.EAGAIN;
import static io.spprof.sampler.ErrorNumber.EEXIST;

import java.util.function.ToIntFunction;

/**
 * The engine that a session does not use. Messages recommend it as a remedy when the session's own
 * engine fails. Because a sandbox can refuse the timers of both engines, a message recommends it
 * only after a probe has asked the system for its timers.
 *
 * @param engine the engine that the session does not use
 * @param probe asks the system for an engine's timers; 0, or a failure of the native side, less
 *     than 0
 */
record OtherEngine(Engine engine, ToIntFunction<Engine> probe) {

  static OtherEngine than(Engine used, ToIntFunction<Engine> probe) {
    return new OtherEngine(used == Engine.CTIMER ? Engine.ITIMER : Engine.CTIMER, probe);
  }

  /**
   * Returns the end of a sentence that already names another remedy.
   *
   * @param reason why the engine would help: "" or a subordinate clause
   * @return the setting to use instead; or the statement that the engine does not work either; or
   *     "" where the platform does not have the engine
   */
  String instead(String reason) {
    String setting = "engine=" + (engine == Engine.CTIMER ? "ctimer" : "itimer");
    int result = probe.applyAsInt(engine);
    if (result == 0) {
      return ", or use " + setting + reason;
    }
    if (SamplerFailure.of(result) == SamplerFailure.ENGINE) {
      return "";
    }
    int number = SamplerFailure.number(result);
    return "; "
        + setting
        + " does not work here either: "
        + switch (number) {
          case EAGAIN ->
              engine == Engine.CTIMER
                  ? "the limit of pending signals (RLIMIT_SIGPENDING) is used up"
                  : "no thread-specific key is left (PTHREAD_KEYS_MAX)";
          case EEXIST -> "the process's profiling timer is in use";
          default -> "its timer is refused, too (error " + number + ")";
        };
  }
}
