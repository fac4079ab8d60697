package io.spprof.sampler;

import static io.spprof.sampler.ErrorNumber.EAGAIN;
import static io.spprof.sampler.ErrorNumber.EEXIST;

import java.util.function.ToIntFunction;

/**
 * The engine that a session does not use, as a remedy where its own one fails. It is promised only
 * after the system was asked for its timers, because a sandbox can refuse those of both.
 *
 * @param engine the other one
 * @param probe asks the system: 0, or less than 0 as the native side has failures
 */
record OtherEngine(Engine engine, ToIntFunction<Engine> probe) {

  static OtherEngine than(Engine used, ToIntFunction<Engine> probe) {
    return new OtherEngine(used == Engine.CTIMER ? Engine.ITIMER : Engine.CTIMER, probe);
  }

  /**
   * Ends a sentence that names another remedy.
   *
   * @param reason why it would help, "" or a subordinate clause
   * @return what to use instead; that it works no better; or "" where the platform does not have it
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
