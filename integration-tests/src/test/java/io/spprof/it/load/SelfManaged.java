package io.spprof.it.load;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.management.AttributeChangeNotification;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.RuntimeMBeanException;

/**
 * A program that starts and stops the profiler's sessions in its own JVM, from unusual threads,
 * while other threads are busy. It answers a question with the outcomes of these calls and how
 * often each occurred. "ok" is a call that succeeded; a refused call appears as its exception and
 * message.
 */
public final class SelfManaged {

  private static final String OPTIONS_OF_THE_SHORTEST = "interval=100us,engine=";
  private static final int CALLERS = 4;

  /** The least number of sessions that a rush starts. */
  private static final int RUSH_SESSIONS = 20;

  private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();
  private static volatile long sink;

  private SelfManaged() {}

  /** Argument: the engine. */
  public static void main(String[] args) throws IOException, JMException {
    ObjectName bean = new ObjectName("io.spprof:type=Spprof");
    String options = OPTIONS_OF_THE_SHORTEST + args[0];
    for (int i = 0; i < 3; i++) {
      Control.daemon("busy-" + i, SelfManaged::spin);
    }
    Supplier<String> start = () -> call(bean, "startWith", options);
    Supplier<String> stop = () -> call(bean, "stop");
    Control.serve(
        Map.of(
            "stop in the last act of a thread", () -> inLastAct(stop),
            "start in a virtual thread", () -> inVirtualThread(start),
            "stop in a virtual thread", () -> inVirtualThread(stop),
            "stop twice at once", () -> atOnce(List.of(stop, stop)),
            "stop in a listener", () -> inListener(bean, start, stop),
            "stop at exit", () -> atExit(stop),
            "start at exit", () -> atExit(start),
            "start and stop in a rush", () -> inRush(start, stop)));
  }

  private static void spin() {
    while (true) {
      sink = Spin.steps(sink, 10_000);
    }
  }

  private static String call(ObjectName bean, String operation, String... arguments) {
    try {
      String[] types = arguments.length == 0 ? null : new String[] {String.class.getName()};
      SERVER.invoke(bean, operation, arguments, types);
      return "ok";
    } catch (RuntimeMBeanException e) {
      return e.getCause().toString();
    } catch (JMException | RuntimeException e) {
      return e.toString();
    }
  }

  private static String inLastAct(Supplier<String> stop) {
    CompletableFuture<String> outcome = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              sink = Spin.steps(1, 1_000_000);
              throw new IllegalStateException("as wanted");
            },
            "dying");
    thread.setUncaughtExceptionHandler((dying, cause) -> outcome.complete(stop.get()));
    thread.start();
    String ended = get(outcome);
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return ended;
  }

  private static String inVirtualThread(Supplier<String> stop) {
    CompletableFuture<String> outcome = new CompletableFuture<>();
    try {
      Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
      start.invoke(null, (Runnable) () -> outcome.complete(stop.get()));
    } catch (ReflectiveOperationException e) {
      return "no virtual threads";
    }
    return get(outcome);
  }

  /**
   * Runs two sessions. A listener that is notified of a session's start ends it. The answer
   * contains the outcomes of the stops.
   */
  private static String inListener(ObjectName bean, Supplier<String> start, Supplier<String> stop) {
    Map<String, Integer> outcomes = new TreeMap<>();
    try {
      for (int session = 0; session < 2; session++) {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        javax.management.NotificationListener listener =
            (notification, handback) -> {
              if (notification instanceof AttributeChangeNotification change
                  && "RUNNING".equals(change.getNewValue())) {
                outcome.complete(stop.get());
              }
            };
        SERVER.addNotificationListener(bean, listener, null, null);
        outcomes.merge("start " + start.get(), 1, Integer::sum);
        outcomes.merge("stop " + get(outcome), 1, Integer::sum);
        SERVER.removeNotificationListener(bean, listener);
      }
    } catch (JMException e) {
      throw new IllegalStateException(e);
    }
    return outcomes.toString();
  }

  private static String atExit(Supplier<String> call) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  String outcome = call.get();
                  if (!outcome.equals("ok")) {
                    System.err.println("at exit: " + outcome);
                    Runtime.getRuntime().halt(71);
                  }
                }));
    return "ok";
  }

  /**
   * Starts and stops sessions from several threads for two seconds, and for longer while they have
   * started too few sessions. The JVM's first session loads libraries and classes, so it comes
   * before.
   */
  private static String inRush(Supplier<String> start, Supplier<String> stop) {
    String first = start.get() + ", " + stop.get();
    return first.equals("ok, ok")
        ? atOnce(Collections.nCopies(CALLERS, rush(start, stop)))
        : "the first session: " + first;
  }

  private static Supplier<String> rush(Supplier<String> start, Supplier<String> stop) {
    AtomicInteger sessions = new AtomicInteger(); // of all callers
    return () -> {
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
      Map<String, Integer> outcomes = new TreeMap<>();
      while (System.nanoTime() < until || sessions.get() < RUSH_SESSIONS) {
        String started = start.get();
        sessions.addAndGet(started.equals("ok") ? 1 : 0);
        outcomes.merge("start " + kind(started), 1, Integer::sum);
        outcomes.merge("stop " + kind(stop.get()), 1, Integer::sum);
      }
      return outcomes.keySet().toString();
    };
  }

  /**
   * The kind of an outcome, without the session's id: which session is running is a matter of
   * chance.
   */
  private static String kind(String outcome) {
    return outcome.replaceAll("session \\d+ is running.*", "a session is running");
  }

  private static String atOnce(List<Supplier<String>> calls) {
    CountDownLatch ready = new CountDownLatch(calls.size());
    Map<String, Integer> outcomes = new TreeMap<>();
    List<CompletableFuture<String>> pending =
        calls.stream()
            .map(
                call -> {
                  CompletableFuture<String> outcome = new CompletableFuture<>();
                  Control.daemon(
                      "caller",
                      () -> {
                        ready.countDown();
                        try {
                          ready.await();
                        } catch (InterruptedException e) {
                          throw new IllegalStateException(e);
                        }
                        outcome.complete(call.get());
                      });
                  return outcome;
                })
            .toList();
    pending.forEach(outcome -> outcomes.merge(get(outcome), 1, Integer::sum));
    return outcomes.toString();
  }

  private static String get(CompletableFuture<String> outcome) {
    try {
      return outcome.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }
}
