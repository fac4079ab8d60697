package io.spprof.sampler;

import static io.spprof.sampler.ErrorNumber.EAGAIN;
import static io.spprof.sampler.ErrorNumber.EEXIST;

import java.util.function.ToIntFunction;

/**
 * The engine that a session does not use. If the session's own engine fails, a message can
 * recommend this other engine as a remedy. A sandbox can refuse the timers of both engines, so a
 * message recommends the other engine only if a probe has shown that the system grants the timers
 * of that engine.
 *
 * @param engine the engine that the session does not use
 * @param probe asks the system for the timers of an engine; returns 0, or a failure of the native
 *     side, which is less than 0
 */
record OtherEngine(Engine engine, ToIntFunction<Engine> probe) {

  static OtherEngine than(Engine used, ToIntFunction<Engine> probe) {
    return new OtherEngine(used == Engine.CTIMER ? Engine.ITIMER : Engine.CTIMER, probe);
  }

  /**
   * Returns the end of a sentence that already names another remedy.
   *
   * @param reason why the other engine would help: "" or a subordinate clause
   * @return the setting that selects the other engine; or the statement that the other engine does
   *     not work either; or "" if the platform does not have it
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
