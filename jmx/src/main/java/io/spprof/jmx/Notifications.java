package io.spprof.jmx;

import io.spprof.ProfilerEvent;
import io.spprof.ProfilerEvent.OverheadExceeded;
import io.spprof.ProfilerEvent.SamplesDropped;
import io.spprof.ProfilerEvent.SessionExpired;
import io.spprof.ProfilerEvent.StateChanged;
import io.spprof.profile.SessionStats;
import io.spprof.text.Printable;
import java.util.Locale;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.AttributeChangeNotification;
import javax.management.MBeanNotificationInfo;
import javax.management.Notification;
import javax.management.NotificationBroadcasterSupport;
import javax.management.ObjectName;

/**
 * Sends the profiler's events to JMX clients as notifications. The thread that reports an event
 * makes the notification and gives it a number. This thread is the profiler's own, or the thread
 * that starts or stops a session.
 *
 * <p>Listeners run on a separate thread, one after the other and in order. A listener that blocks
 * or throws therefore delays only other listeners. The separate thread exists only while there are
 * notifications to deliver. While a listener blocks, up to {@link #MAX_PENDING} notifications wait;
 * then the oldest is dropped for each new one.
 */
final class Notifications implements AutoCloseable {

  static final String EXPIRED = "io.spprof.session.expired";
  static final String DROPPED = "io.spprof.samples.dropped";
  static final String OVERHEAD = "io.spprof.overhead.exceeded";

  private static final int MAX_PENDING = 1000;
  private static final long CLOSE_SECONDS = 1;

  private volatile ObjectName source;
  private final AtomicLong sequence = new AtomicLong();
  private final ThreadPoolExecutor deliverer;
  private final NotificationBroadcasterSupport emitter;

  Notifications(ObjectName source) {
    this.source = source;
    // Without a core thread and a keep-alive time, the thread ends when the queue is empty.
    this.deliverer =
        new ThreadPoolExecutor(
            0,
            1,
            0,
            TimeUnit.MILLISECONDS,
            new LinkedBlockingQueue<>(MAX_PENDING),
            Notifications::thread,
            new ThreadPoolExecutor.DiscardOldestPolicy());
    this.emitter = new NotificationBroadcasterSupport(deliverer, infos());
  }

  /** Sets the sender of later notifications: the name that the server gave the bean. */
  void from(ObjectName name) {
    source = name;
  }

  NotificationBroadcasterSupport emitter() {
    return emitter;
  }

  /** Sends an event. Never blocks and never throws. */
  void send(ProfilerEvent event) {
    emitter.sendNotification(of(event));
  }

  /**
   * Stops sending. Waits at most one second for the listeners to accept the pending notifications,
   * then discards the rest.
   */
  @Override
  public void close() {
    deliverer.shutdown();
    try {
      if (!deliverer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        deliverer.shutdownNow();
      }
    } catch (InterruptedException e) {
      deliverer.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the figures of a session on one line, with their names in the attribute Session. */
  static String line(SessionStats session) {
    return String.format(
        Locale.ROOT,
        "session=%d durationMillis=%d collected=%d dropped=%d measuredOverheadPercent=%.3f"
            + " overheadPercent=%.3f",
        session.id(),
        session.durationMillis(),
        session.collected(),
        session.dropped(),
        session.measuredOverheadPercent(),
        session.overheadPercent());
  }

  private Notification of(ProfilerEvent event) {
    long number = sequence.incrementAndGet();
    long now = System.currentTimeMillis();
    if (event instanceof StateChanged change) {
      return new AttributeChangeNotification(
          source,
          number,
          now,
          "State changed from " + change.before() + " to " + change.after(),
          "State",
          String.class.getName(),
          change.before().name(),
          change.after().name());
    }
    String type;
    String message;
    if (event instanceof SessionExpired expired) {
      type = EXPIRED;
      message =
          "session "
              + expired.session().id()
              + " ended, its duration is over: "
              + line(expired.session());
    } else if (event instanceof SamplesDropped drops) {
      type = DROPPED;
      message =
          "session "
              + drops.sessionId()
              + " dropped "
              + drops.dropped().total()
              + " signals up to now ("
              + drops.dropped()
              + "); more memory or a longer interval helps against a full buffer or table";
    } else if (event instanceof OverheadExceeded overhead) {
      type = OVERHEAD;
      message =
          String.format(
              Locale.ROOT,
              "session %d used %.2f %% of one CPU over the last second, more than %.0f %%; a longer"
                  + " interval costs less",
              overhead.sessionId(),
              overhead.measuredPercent(),
              OverheadExceeded.LIMIT_PERCENT);
    } else {
      throw new IllegalArgumentException("no notification for " + event);
    }
    return new Notification(type, source, number, now, Printable.line(message));
  }

  static MBeanNotificationInfo[] infos() {
    return new MBeanNotificationInfo[] {
      new MBeanNotificationInfo(
          new String[] {AttributeChangeNotification.ATTRIBUTE_CHANGE},
          AttributeChangeNotification.class.getName(),
          "The attribute State changed"),
      new MBeanNotificationInfo(
          new String[] {EXPIRED, DROPPED, OVERHEAD},
          Notification.class.getName(),
          "A session ended because its duration was over; signals were dropped, at most once in"
              + " ten seconds; the measured overhead passed "
              + (int) OverheadExceeded.LIMIT_PERCENT
              + " % of one CPU, at most once in ten seconds"),
    };
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(null, work, "spprof-notifications", 0, false);
    thread.setDaemon(true);
    // The handler ignores an Error of a listener, so that the JVM prints nothing on the
    // application's stderr.
    thread.setUncaughtExceptionHandler((t, e) -> {});
    return thread;
  }
}
