package io.spprof.it.load;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * A program that ends in one of the ways in which a JVM can end, while another thread is busy. The
 * first line that it prints shows whether a session of the profiler samples it.
 */
public final class Ending {

  private static final int OVERFLOWS = 100;
  private static final int OUT_OF_MEMORIES = 5;

  private static volatile long sink;

  private Ending() {}

  /** Argument: how to end. */
  public static void main(String[] args) throws Exception {
    Thread busy = new Thread(Ending::spin, "busy");
    busy.setDaemon(true);
    busy.start();
    System.out.println("sampled: " + isSampled());
    System.out.println("from overflows and for want of heap: " + end(args[0]));
  }

  private static int end(String how) throws IOException, InterruptedException {
    switch (how) {
      case "return" -> {
        return 0;
      }
      case "exit" -> System.exit(7);
      case "halt" -> Runtime.getRuntime().halt(8);
      case "exception" -> throw new IllegalStateException("as wanted");
      case "overflow" -> sink = deeper(1);
      case "overflow-in-a-thread" -> inAThread();
      case "heap" -> fill();
      case "caught" -> {
        return caught();
      }
      case "TERM", "INT" -> {
        // kill is a builtin of the shell; a small system has no program of that name.
        String kill = "kill -" + how + " " + ProcessHandle.current().pid();
        new ProcessBuilder("sh", "-c", kill).start().waitFor();
        spin();
      }
      default -> throw new IllegalArgumentException(how);
    }
    throw new AssertionError("not reached");
  }

  private static int caught() {
    int caught = 0;
    for (int i = 0; i < OVERFLOWS; i++) {
      try {
        sink = deeper(i);
      } catch (StackOverflowError e) {
        caught++;
      }
    }
    for (int i = 0; i < OUT_OF_MEMORIES; i++) {
      try {
        fill();
      } catch (OutOfMemoryError e) {
        caught++;
      }
    }
    return caught;
  }

  private static void inAThread() throws InterruptedException {
    // With the smallest possible stack, because a handler has the least room at its end.
    Thread thread = new Thread(null, () -> sink = deeper(1), "overflowing", 160 << 10);
    thread.start();
    thread.join();
    System.exit(9);
  }

  /**
   * A tree of calls instead of a chain, so that the thread stays near the end of its stack for a
   * while.
   */
  private static long deeper(long x) {
    long sum = deeper(x + 1);
    for (int i = 0; i < 8; i++) {
      sum = Spin.steps(sum, 100);
    }
    return sum + 1;
  }

  private static void fill() {
    List<byte[]> all = new ArrayList<>();
    while (true) {
      all.add(new byte[1 << 20]);
    }
  }

  private static void spin() {
    while (true) {
      sink = Spin.steps(sink, 10_000);
    }
  }

  /**
   * Whether a session samples this JVM. Returns after its first signal, which comes as soon as some
   * CPU time is used.
   */
  private static boolean isSampled() throws JMException {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName bean = new ObjectName("io.spprof:type=Spprof");
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    try {
      while ((Boolean) server.getAttribute(bean, "Running") && System.nanoTime() < until) {
        if ((Long) server.getAttribute(bean, "Signals") > 10) {
          return true;
        }
      }
    } catch (InstanceNotFoundException e) {
      // There is no agent in this JVM.
    }
    return false;
  }
}
