package io.spprof;

import java.util.List;
import java.util.function.Consumer;

/**
 * The profiler as a program sees it: one object with sessions, one after the other. All methods may
 * be called from any thread at any time. Those that only read neither block nor throw, whatever a
 * start or a stop on another thread is doing.
 *
 * <p>Creating one costs nothing: the native library is loaded when a session first starts.
 */
public final class Profiler implements AutoCloseable {

  /** Creates an idle profiler. */
  public Profiler() {}

  /**
   * Starts a session. It samples until {@link #stop()}, or until the configured duration is over.
   *
   * @param config what to do, not null
   * @return the session's id, 1 for the first
   * @throws IllegalStateException if a session is running (the message names it), if the profiler
   *     was closed, if something else handles SIGPROF, or if the platform cannot do it; nothing is
   *     left behind, and {@link #lastError()} repeats the message
   */
  public long start(ProfilerConfig config) {
    throw new UnsupportedOperationException();
  }

  /**
   * Ends the session; returns when the last record taken before is in the profile, and no timer,
   * handler or thread is left.
   *
   * @return the session's final figures
   * @throws IllegalStateException if no session is running, or if the teardown did not finish
   *     within its deadline (state {@link ProfilerState#FAILED}; try again)
   */
  public SessionStats stop() {
    throw new UnsupportedOperationException();
  }

  /**
   * What the profiler is doing.
   *
   * @return not null
   */
  public ProfilerState state() {
    throw new UnsupportedOperationException();
  }

  /**
   * Why the last start or stop failed, or what limits the running session.
   *
   * @return "" when there is nothing to say, never null
   */
  public String lastError() {
    throw new UnsupportedOperationException();
  }

  /**
   * Options of the running, else of the last, else of a default session.
   *
   * @return not null
   */
  public ProfilerConfig config() {
    throw new UnsupportedOperationException();
  }

  /**
   * The profiler's figures now.
   *
   * @return a consistent snapshot, not null
   */
  public ProfilerStats stats() {
    throw new UnsupportedOperationException();
  }

  /**
   * The hottest methods of the running or the last session, at most 20, most self time first. The
   * collector refreshes them, at most once a second.
   *
   * @return not null, empty when there are no samples
   */
  public List<HotMethod> hotMethods() {
    throw new UnsupportedOperationException();
  }

  /**
   * The profile of the running session up to now, or of the last one.
   *
   * @return not null, empty when there was no session yet
   */
  public Profile profile() {
    throw new UnsupportedOperationException();
  }

  /**
   * Tells of what happens without the caller's doing. Called on the profiler's own thread or on the
   * thread of a start or stop; must return soon; what it throws is ignored.
   *
   * @param listener told each event, not null; replaces the one before
   */
  public void onEvent(Consumer<ProfilerEvent> listener) {
    throw new UnsupportedOperationException();
  }

  /** Stops a running session and refuses every later start. Closing twice is fine. */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
