package io.spprof;

import io.spprof.config.ProfilerConfig;
import io.spprof.profile.HeapRoom;
import io.spprof.profile.HotMethods;
import io.spprof.profile.Kept;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.ProfilerStats.Counters;
import io.spprof.profile.SessionStats;
import io.spprof.profile.TimeRange;
import io.spprof.profile.WindowStats;
import io.spprof.sampler.LibraryDirectories;
import io.spprof.sampler.NativeSampler;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.SamplerException;
import io.spprof.session.MemoryShares;
import io.spprof.session.ProfilerSession;
import io.spprof.session.SessionOwner;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The API for programs that control the profiler. A profiler runs sessions, one after the other.
 * Any thread may call any method at any time. A method that returns the state, counters or settings
 * neither blocks nor throws, whatever a start or a stop on another thread is doing. A method that
 * returns a profile, its windows or its hottest methods may wait for a moment: the session's {@link
 * io.spprof.collect.Collector} empties the sampler's ring buffer in passes, and a profile is made
 * between two passes.
 *
 * <p>Creating a profiler costs nothing: only the first start of a session loads the native library.
 */
public final class Profiler implements AutoCloseable {

  /**
   * All readable state in one object, so that a reader sees the end of a session in all figures at
   * once.
   *
   * @param done the figures of all ended sessions except {@code session}
   * @param session the running or the last session; null before the first session
   * @param state the profiler's state
   * @param error why the last start or stop failed; or ""
   */
  private record View(Counters done, ProfilerSession session, ProfilerState state, String error) {
    View with(ProfilerState newState, String newError) {
      return new View(done, session, newState, newError);
    }
  }

  /** The figures before the first session. */
  private static final ProfilerStats NO_STATS =
      ProfilerStats.none(
          new ProfilerStats.Setup(
              ProfilerConfig.DEFAULT.intervalNanos(),
              ProfilerConfig.DEFAULT.memoryBytes(),
              ProfilerConfig.DEFAULT.engine().inUse().option(),
              ProfilerConfig.DEFAULT.walker().option()));

  private final Sampler sampler;
  private final InstantSource wallClock;
  private final Runnable beforeSession;

  /**
   * Held by a start and by a stop. It is the first of three locks, which are taken in this order:
   * this one, the lock of the collector, the lock of {@link HeapRoom}. No other order occurs: code
   * under the lock of the collector calls neither this class nor a listener. Readers of figures
   * take no lock. They read {@code view}, which is immutable and replaced as a whole.
   */
  private final ReentrantLock lifecycle = new ReentrantLock();

  private volatile View view;
  private volatile Consumer<ProfilerEvent> listener; // null until a listener is set
  private volatile HeapRoom room = HeapRoom.UNLIMITED;
  private volatile boolean closed;
  private long sessions; // guarded by lifecycle

  /** Creates an idle profiler. */
  public Profiler() {
    this(LibraryDirectories.DEFAULT, () -> {});
  }

  /**
   * Creates an idle profiler.
   *
   * @param directories the directories into which the first start may unpack the native library,
   *     not null
   * @param beforeSession called before each session, not null; if it throws an exception, the start
   *     fails for that reason
   */
  public Profiler(LibraryDirectories directories, Runnable beforeSession) {
    this(new NativeSampler(directories), InstantSource.system(), beforeSession);
  }

  Profiler(Sampler sampler) {
    this(sampler, InstantSource.system());
  }

  Profiler(Sampler sampler, InstantSource wallClock) {
    this(sampler, wallClock, () -> {});
  }

  private Profiler(Sampler sampler, InstantSource wallClock, Runnable beforeSession) {
    this.sampler = sampler;
    this.beforeSession = beforeSession;
    this.wallClock = wallClock;
    String problem = sampler.unavailable();
    ProfilerState state = problem.isEmpty() ? ProfilerState.IDLE : ProfilerState.FAILED;
    this.view = new View(Counters.ZERO, null, state, problem);
  }

  /**
   * Starts a session. The session samples until {@link #stop()}, or until the configured duration
   * is over.
   *
   * @param config the session's options, not null
   * @return the session's id, 1 for the first session
   * @throws IllegalStateException if a session is running (the message names it), if the profiler
   *     was closed, if other code handles SIGPROF, or if the platform does not support sampling.
   *     Nothing is left behind. Also if a listener calls this method while another thread is in a
   *     start or a stop. {@link #lastError()} repeats the message if the start itself failed
   */
  public long start(ProfilerConfig config) {
    lock();
    try {
      View before = view;
      if (closed) {
        throw new IllegalStateException("this profiler was closed; use a new one");
      }
      if (before.session() != null && before.session().running()) {
        throw new IllegalStateException(
            "session "
                + before.session().id()
                + " is running ("
                + before.session().config().toOptions()
                + "); stop it first");
      }
      ProfilerSession session = begin(config, before);
      announce(before.state(), ProfilerState.RUNNING);
      return session.id();
    } finally {
      lifecycle.unlock();
    }
  }

  private ProfilerSession begin(ProfilerConfig config, View before) {
    ProfilerSession session;
    View running;
    try {
      beforeSession.run(); // The session needs classes that this call provides, so it comes first.
      long id = sessions + 1;
      session = new ProfilerSession(id, config, sampler, wallClock, new Owner(id));
      Counters done = before.done();
      if (before.session() != null) {
        before.session().settle();
        done = done.plus(before.session().stats().counters());
      }
      running = new View(done, session, ProfilerState.RUNNING, "");
      session.start(); // Nothing after it allocates: a session that runs must be in `view`.
    } catch (SamplerException | RuntimeException | LinkageError | OutOfMemoryError e) {
      view = before.with(ProfilerState.FAILED, "start failed: " + reason(e));
      announce(before.state(), ProfilerState.FAILED);
      throw new IllegalStateException(view.error());
    }
    sessions = session.id();
    view = running;
    return session;
  }

  /**
   * Returns the reason of a failure. For the profiler's own exceptions, the reason is the message.
   * For other exceptions, the class of the exception is added, because the message of an exception
   * of the JVM is often missing or only a name.
   */
  private static String reason(Throwable t) {
    boolean ours = t instanceof SamplerException || t instanceof IllegalStateException;
    if (ours && t.getMessage() != null) {
      return t.getMessage();
    }
    return t.getCause() == null ? t.toString() : t + " (" + t.getCause() + ")";
  }

  /**
   * Ends the session. When this method returns, every sample is in the profile or counted as
   * dropped, and no timer, signal handler or thread of the session is left.
   *
   * @return the session's final figures
   * @throws IllegalStateException if no session is running; if the teardown did not finish within
   *     its deadline (the state is then {@link ProfilerState#FAILED}, and the caller may try
   *     again); or if a listener calls this method while another thread is in a start or a stop
   */
  public SessionStats stop() {
    lock();
    try {
      return end();
    } finally {
      lifecycle.unlock();
    }
  }

  /**
   * Takes the lock for a start or a stop. A stop waits for the session's thread. A listener that is
   * called on that thread must therefore not wait for a stop, and gets an exception instead.
   */
  private void lock() {
    if (!ProfilerSession.isSessionThread()) {
      lifecycle.lock();
    } else if (!lifecycle.tryLock()) {
      throw new IllegalStateException(
          "a start or stop is under way on another thread; wait for its end, then try again");
    }
  }

  private SessionStats end() {
    View before = view;
    ProfilerSession session = before.session();
    if (session == null || !session.running()) {
      throw new IllegalStateException("no session is running; call start first");
    }
    try {
      String note = session.stop();
      view = before.with(ProfilerState.IDLE, note);
    } catch (SamplerException e) {
      view = before.with(ProfilerState.FAILED, e.getMessage());
      throw new IllegalStateException(e.getMessage());
    } catch (RuntimeException | Error e) {
      view = before.with(ProfilerState.FAILED, "stop failed: " + e);
      throw e;
    } finally {
      announce(before.state(), view.state());
    }
    return session.stats().session();
  }

  /**
   * Returns the profiler's present state.
   *
   * @return not null
   */
  public ProfilerState state() {
    return view.state();
  }

  /**
   * Returns why the last start or stop failed, or what limits the running session.
   *
   * @return "" if there is nothing to report, never null
   */
  public String lastError() {
    View now = view;
    boolean running = now.state() == ProfilerState.RUNNING;
    return running ? now.session().problem() : now.error();
  }

  /**
   * Returns the options of the running session; if none is running, those of the last session;
   * before the first session, the defaults.
   *
   * @return not null
   */
  public ProfilerConfig config() {
    ProfilerSession session = view.session();
    return session == null ? ProfilerConfig.DEFAULT : session.config();
  }

  /**
   * Returns the profiler's present figures.
   *
   * @return a consistent snapshot, not null
   */
  public ProfilerStats stats() {
    View now = view;
    ProfilerStats stats = now.session() == null ? NO_STATS : now.session().stats();
    return stats.after(now.done());
  }

  /**
   * Returns the hottest methods of the running or the last session. The method with the most self
   * time (CPU time without its callees) comes first. A list is made at most once a second, by the
   * thread that asks.
   *
   * @param stretch the part of the session's time that counts, not null
   * @return not null; empty if there are no samples
   */
  public HotMethods hotMethods(HotMethods.Stretch stretch) {
    ProfilerSession session = view.session();
    return session == null ? HotMethods.NONE : session.hotMethods(stretch, room);
  }

  /**
   * Returns the profile of the running session up to now, or of the last session.
   *
   * @return not null, empty before the first session
   */
  public Profile profile() {
    return profile(TimeRange.ALL);
  }

  /**
   * Returns the profile of a range of time, of the running session or of the last one. The profile
   * consists of whole windows; windows are the stretches into which a continuous session divides
   * its time. The first is the window in which the range begins. The last is the window before the
   * one in which the range ends. If the range ends now or later, the open window is included, too.
   * Two ranges therefore share no sample if one begins where the other ends.
   *
   * @param range the range of time, not null
   * @return not null; empty before the first session
   * @throws IllegalArgumentException if no samples are kept for this time
   * @throws IllegalStateException if the session is not continuous and the range is not {@link
   *     TimeRange#ALL}; or if the heap has no room for the profile
   */
  public Profile profile(TimeRange range) {
    ProfilerSession session = view.session();
    return session == null ? Profile.EMPTY : session.history().profile(range, room);
  }

  /**
   * Sets the limit that {@link #profile} checks before large allocations.
   *
   * @param room not null; without a call of this method, {@link HeapRoom#UNLIMITED}
   */
  public void heapRoom(HeapRoom room) {
    this.room = room;
  }

  /**
   * Returns the maximum memory that a session's samples may take, outside of the heap and on it.
   *
   * @param config the session's options, not null
   * @return bytes: the option {@code memory}, or less if the heap is small for it
   */
  public static long memoryLimitBytes(ProfilerConfig config) {
    return MemoryShares.of(config).limitBytes();
  }

  /**
   * Returns what is kept of the running or the last session.
   *
   * @return not null
   */
  public Kept kept() {
    ProfilerSession session = view.session();
    return session == null ? Kept.NONE : session.history().kept();
  }

  /**
   * Returns the windows of time in which the running or the last session is kept.
   *
   * @return the oldest first, the open one last; empty before the first session
   */
  public List<WindowStats> windows() {
    ProfilerSession session = view.session();
    return session == null ? List.of() : session.history().windows();
  }

  /**
   * Sets the listener of events. The listener is called on the profiler's own thread, or on the
   * thread of a start or a stop. It must return soon. Exceptions that it throws are ignored.
   *
   * @param listener receives each event, not null; replaces the previous listener
   */
  public void onEvent(Consumer<ProfilerEvent> listener) {
    this.listener = listener;
  }

  /** Stops a running session and refuses every later start. A second call does nothing more. */
  @Override
  public void close() {
    closed = true;
    lock();
    try {
      ProfilerSession session = view.session();
      if (session != null && session.running()) {
        end();
      }
    } finally {
      lifecycle.unlock();
    }
  }

  private void announce(ProfilerState before, ProfilerState after) {
    if (before != after) {
      send(new ProfilerEvent.StateChanged(before, after));
    }
  }

  private void send(ProfilerEvent event) {
    Consumer<ProfilerEvent> receiver = listener;
    if (receiver == null) {
      return;
    }
    try {
      receiver.accept(event);
    } catch (RuntimeException | Error e) {
      // An exception of a listener must not stop the profiler.
    }
  }

  /**
   * Receives the reports of the session with a given id. Two sessions that started never have the
   * same id.
   */
  private final class Owner implements SessionOwner {

    private final long id;
    private final Alerts alerts = new Alerts(Profiler.this::send);

    Owner(long id) {
      this.id = id;
    }

    @Override
    public void expired() {
      // Do not call lock() here: a stop that holds the lock waits for this thread.
      if (lifecycle.tryLock()) {
        try {
          ProfilerSession session = view.session();
          if (session != null && session.id() == id && session.running()) {
            send(new ProfilerEvent.SessionExpired(end()));
          }
        } catch (IllegalStateException timedOut) {
          // The state shows the failure, and the next pass of the collector tries again.
        } finally {
          lifecycle.unlock();
        }
      }
    }

    @Override
    public void secondPassed(long now, ProfilerStats stats) {
      alerts.secondPassed(now, id, stats);
    }
  }
}
