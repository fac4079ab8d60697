package io.spprof.session;

import io.spprof.collect.Collector;
import io.spprof.config.ProfilerConfig;
import io.spprof.sampler.Sampler;

/**
 * What limits a session that runs, in words for the user. The session's thread looks for problems,
 * any thread reads what was found.
 */
final class SessionProblems {

  private final ProfilerConfig config;
  private final MemoryShares shares;
  private final Sampler sampler;
  private final Collector collector;
  private final SessionFigures figures;
  private final UnseenShare unseenShare = new UnseenShare(); // the session's thread's
  private String environment = ""; // what the system does not give; the session's thread's
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

  /** What was found last; "" when there is nothing to say. */
  String text() {
    return text;
  }

  /** A stop did not succeed: its reason stands here until the next look. */
  void stopFailed(Throwable reason) {
    text = reason.getMessage() == null ? reason.toString() : reason.getMessage();
  }

  /** Called once, by the session's thread: a start does not wait for what the system answers. */
  void lookAtEnvironment() {
    environment = sampler.environmentProblem();
    look("");
  }

  /**
   * Called at the start, then by the session's thread, once a second.
   *
   * @param known what that thread has found out itself, reported after other problems; "" if
   *     nothing
   */
  void look(String known) {
    String found = sampler.threadProblem();
    if (found.isEmpty() && !sampler.walkerProblem().isEmpty()) {
      found =
          "walker=agct is used, which cannot read every stack: walker=vm does not work in this JVM, "
              + sampler.walkerProblem();
    }
    if (found.isEmpty() && collector.stats().stackTableFull() > 0) {
      found =
          "the tables are full: new stacks are dropped; "
              + (shares.problem().isEmpty()
                  ? "start with a larger memory than " + (config.memoryBytes() >> 20) + "m"
                  : shares.problem());
    }
    String unseen = unseenShare.problem(figures.stats());
    found = found.isEmpty() ? known : found;
    found = found.isEmpty() ? shares.problem() : found;
    found = found.isEmpty() ? unseen : found;
    // The environment's problem stays as long as the session. So it must neither hide problems that
    // come and go nor be hidden by them.
    text =
        found.isEmpty() || environment.isEmpty()
            ? found + environment
            : found + "; besides, " + environment;
  }
}
