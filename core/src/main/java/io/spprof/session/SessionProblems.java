package io.spprof.session;

import io.spprof.collect.Collector;
import io.spprof.config.ProfilerConfig;
import io.spprof.profile.ProfilerStats;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.Walker;

/**
 * Finds what limits a running session, and makes a message about it for the user. The session's
 * thread checks for problems. Any thread may read the message.
 */
final class SessionProblems {

  private final ProfilerConfig config;
  private final MemoryShares shares;
  private final Sampler sampler;
  private final Collector collector;
  private final SessionFigures figures;
  private final UnseenShare unseenShare =
      new UnseenShare(); // used by the starting thread, then by the session's
  private String environment = ""; // what the system denies; as above
  private volatile String text = "";

  SessionProblems(
      ProfilerConfig config,
      MemoryShares shares,
      Sampler sampler,
      Collector collector,
      SessionFigures figures) {
    this.config = config;
    this.shares = shares;
    this.sampler = sampler;
    this.collector = collector;
    this.figures = figures;
  }

  /** Returns the message of the last check; "" if there was no problem. */
  String text() {
    return text;
  }

  /** Reports that a stop failed. The reason is the message until the next check. */
  void stopFailed(Throwable reason) {
    text = reason.getMessage() == null ? reason.toString() : reason.getMessage();
  }

  /**
   * Checks what the system or a sandbox denies. Called once, by the session's thread. The start
   * does not make this check, because it would have to wait for the system's answer.
   */
  void lookAtEnvironment() {
    environment = sampler.environmentProblem();
    look("", figures.stats());
  }

  /**
   * Checks for problems. Called at the start, and then by the session's thread once a second.
   *
   * @param known a problem that the session's thread itself has found, which is reported only if
   *     there is no more important one; "" for none
   * @param now the session's figures
   */
  void look(String known, ProfilerStats now) {
    String found = sampler.threadProblem();
    if (found.isEmpty() && !sampler.walkerProblem().isEmpty()) {
      found =
          sampler.walker() == Walker.VM
              ? "walker=vm cannot read a few kinds of stacks in this JVM: "
                  + sampler.walkerProblem()
              : "walker=agct is used, which cannot read every stack: walker=vm does not work in this"
                  + " JVM, "
                  + sampler.walkerProblem();
    }
    if (found.isEmpty() && collector.stats().dropped().of(DropReason.STACK_TABLE_FULL) > 0) {
      found =
          "the tables are full: new stacks are dropped; "
              + (shares.problem().isEmpty()
                  ? "start with a larger memory than " + (config.memoryBytes() >> 20) + "m"
                  : shares.problem());
    }
    String unseen = unseenShare.problem(now);
    found = found.isEmpty() ? known : found;
    found = found.isEmpty() ? shares.problem() : found;
    found = found.isEmpty() ? unseen : found;
    // A problem of the environment lasts as long as the session. It must therefore neither hide
    // problems that come and go, nor be hidden by them.
    text =
        found.isEmpty() || environment.isEmpty()
            ? found + environment
            : found + "; besides, " + environment;
  }
}
