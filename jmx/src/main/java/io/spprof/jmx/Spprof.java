package io.spprof.jmx;

import io.spprof.Profiler;
import io.spprof.ProfilerState;
import io.spprof.config.ProfilerConfig;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * Registers the profiler's bean in the platform MBean server, and owns the bean. A program that
 * embeds the profiler uses this class instead of the agent:
 *
 * <pre>{@code
 * try (Spprof spprof = Spprof.register()) {
 *   ...
 * }
 * }</pre>
 *
 * <p>Registering starts no session, no thread and no connector, and does not load the native
 * library. Several threads may use an object of this class.
 */
public final class Spprof implements AutoCloseable {

  /** The default name of the bean, which clients look for. */
  public static final String OBJECT_NAME = "io.spprof:type=Spprof";

  private final MBeanServer server;
  private final ObjectName wanted;
  private final Profiler profiler;
  private final Notifications notifications;
  private final Streams streams;
  private final SpprofBean bean;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * The name that the server gave the bean. Some servers add keys: WebSphere adds the cell, the
   * node and the process.
   */
  private volatile ObjectName name;

  private Spprof(MBeanServer server, ObjectName name, Profiler profiler, Settings settings) {
    this.server = server;
    this.wanted = name;
    this.name = name;
    this.profiler = profiler;
    this.notifications = new Notifications(name);
    this.streams = new Streams();
    Heap heap = new Heap();
    profiler.heapRoom(heap);
    this.bean =
        new SpprofBean(
            profiler,
            settings.defaults(),
            settings.directory() == null
                ? OutputDirectory.temporary()
                : OutputDirectory.at(settings.directory()),
            settings.error(),
            notifications,
            streams,
            new Texts(heap));
  }

  /**
   * Registers a bean under {@link #OBJECT_NAME}, with default options. Dumps go to a temporary
   * directory.
   *
   * @return the owner of the bean, to be closed
   * @throws IllegalStateException if the name is taken, by the agent for instance
   */
  public static Spprof register() {
    return register(Settings.NONE, () -> {});
  }

  /**
   * Registers a bean with the given name, options and directory.
   *
   * @param name the bean's name, not null; clients and dashboards expect {@link #OBJECT_NAME}
   * @param defaults the options that {@code start()} uses and {@code startWith} overrides; not null
   * @param directory where {@code dumpToFile} makes files, not null; the first dump makes the
   *     directory if it does not exist
   * @return the owner of the bean, to be closed
   * @throws IllegalStateException if the name is taken
   * @throws IllegalArgumentException if the directory is a link or no directory, belongs to another
   *     user, or can be written by others
   */
  public static Spprof register(ObjectName name, ProfilerConfig defaults, Path directory) {
    Objects.requireNonNull(defaults, "defaults");
    Objects.requireNonNull(name, "name");
    String problem = OutputDirectory.problem(Objects.requireNonNull(directory, "directory"));
    if (!problem.isEmpty()) {
      throw new IllegalArgumentException(problem);
    }
    Settings settings = new Settings(defaults, false, false, directory, null, "");
    return register(name, settings, () -> {});
  }

  /**
   * Registers the agent's bean.
   *
   * @param beforeSession called before each session; if it throws, the session does not start, and
   *     the exception is the reason
   */
  static Spprof register(Settings settings, Runnable beforeSession) {
    return register(defaultName(), settings, beforeSession);
  }

  private static Spprof register(ObjectName name, Settings settings, Runnable beforeSession) {
    return register(
        ManagementFactory.getPlatformMBeanServer(),
        name,
        new Profiler(settings.libraryDirectories(), beforeSession),
        settings);
  }

  static Spprof register(
      MBeanServer server, ObjectName name, Profiler profiler, Settings settings) {
    Spprof spprof = new Spprof(server, name, profiler, settings);
    profiler.onEvent(spprof.notifications::send);
    try {
      spprof.enroll();
    } catch (RuntimeException e) {
      spprof.release();
      throw e;
    }
    return spprof;
  }

  /** Registers the bean, and remembers the name that the server gave it. */
  private void enroll() {
    try {
      name = server.registerMBean(bean, wanted).getObjectName();
      notifications.from(name);
    } catch (InstanceAlreadyExistsException e) {
      throw new IllegalStateException(
          "the name "
              + wanted
              + " is taken in this JVM's MBean server, by the agent or by another spprof: use that"
              + " one, or register under another name",
          e);
    } catch (JMException e) {
      throw new IllegalStateException("cannot register " + wanted + ": " + e, e);
    }
  }

  /**
   * Registers the bean again if somebody has unregistered it. A running session goes on.
   *
   * @return false if nothing was done, because the bean was still registered or this object is
   *     closed
   * @throws IllegalStateException if another bean has taken the name meanwhile
   */
  boolean registerAgain() {
    if (closed.get() || bean.isRegistered()) {
      return false;
    }
    enroll();
    return true;
  }

  /**
   * Returns why no session can start in this JVM. Called before the first start.
   *
   * @return "" if one can
   */
  String unavailable() {
    return profiler.state() == ProfilerState.FAILED ? profiler.lastError() : "";
  }

  /**
   * Returns the bean, for calls in the same JVM.
   *
   * @return not null
   */
  public SpprofMXBean bean() {
    return bean;
  }

  /**
   * Returns the bean's name in the MBean server.
   *
   * @return not null
   */
  public ObjectName name() {
    return name;
  }

  /**
   * Stops a running session and unregisters the bean. No thread remains. The profile is lost. A
   * second call does nothing.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      release();
    } finally {
      unregister();
    }
  }

  /**
   * Stops what belongs to the bean. The profiler is closed first, so that listeners are notified of
   * the end of its session.
   */
  private void release() {
    try {
      profiler.close();
    } finally {
      streams.close();
      notifications.close();
    }
  }

  private void unregister() {
    if (!bean.isRegistered()) {
      return; // A client has unregistered the bean. The name may now belong to another bean.
    }
    try {
      server.unregisterMBean(name);
    } catch (InstanceNotFoundException e) {
      // A client unregistered the bean at the same moment.
    } catch (JMException e) {
      throw new IllegalStateException("cannot unregister " + name + ": " + e, e);
    }
  }

  private static ObjectName defaultName() {
    try {
      return new ObjectName(OBJECT_NAME);
    } catch (JMException e) {
      throw new AssertionError(OBJECT_NAME, e);
    }
  }
}
