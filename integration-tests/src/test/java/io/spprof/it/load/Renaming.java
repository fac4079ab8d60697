package io.spprof.it.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * A load of threads that change their names. The question "go" runs them. It is answered with each
 * name and the CPU time that the thread used while it had this name, {@code name=ns}. The name that
 * a thread is made with is one of them.
 */
public final class Renaming {

  private static final Map<String, Long> USED = new ConcurrentHashMap<>();
  private static volatile long sink;

  private Renaming() {}

  /** Argument: CPU time under each name in milliseconds. */
  public static void main(String[] args) throws IOException {
    long nanos = Long.parseLong(args[0]) * 1_000_000;
    Control.serve(Map.of("go", () -> go(nanos)));
  }

  private static String go(long nanos) {
    List<Thread> threads = new ArrayList<>();
    threads.add(Control.daemon("worker", () -> burn(nanos, "task-A", "task-B", "task-C")));
    threads.add(Control.daemon("default-name", () -> burn(nanos, "proper-name")));
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    return USED.entrySet().stream()
        .map(used -> used.getKey() + "=" + used.getValue())
        .collect(Collectors.joining(" "));
  }

  private static void burn(long nanos, String... names) {
    USED.put(Thread.currentThread().getName(), Spin.cpuNanos());
    for (String name : names) {
      Thread.currentThread().setName(name);
      long from = Spin.cpuNanos();
      long x = 1;
      while (Spin.cpuNanos() < from + nanos) {
        x = Spin.steps(x, 10_000);
      }
      sink = x;
      USED.put(name, Spin.cpuNanos() - from);
    }
  }
}
