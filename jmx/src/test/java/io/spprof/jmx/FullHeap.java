package io.spprof.jmx;

import io.spprof.FakeProfiler;
import io.spprof.export.ExportFormat;
import io.spprof.sampler.FakeSampler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;

/**
 * The main class of a separate JVM. It starts a session and adds deep stacks, no two alike, until
 * the session's tables are full. Then it asks for the profile in every way that the bean offers. It
 * prints one line for each answer, and DONE at the end.
 */
final class FullHeap {

  private static final int DEPTH = 512;
  private static final int METHODS = 5000;
  private static final int MOST_SAMPLES = 40_000;

  private final FakeSampler sampler = new FakeSampler();
  private final MBeanServer server = MBeanServerFactory.newMBeanServer();
  private final ObjectName name;

  /** Answers that are on their way to their clients and still on the heap. */
  private final Deque<Object> sending = new ArrayDeque<>();

  private FullHeap() throws Exception {
    name = new ObjectName(Spprof.OBJECT_NAME);
  }

  /** Arguments: the number of clients that ask at the same time, and the session's options. */
  public static void main(String[] args) throws Exception {
    FullHeap jvm = new FullHeap();
    jvm.sampler.names = method -> "com.example.application.module.Service" + method + ".handle";
    Spprof spprof =
        Spprof.register(jvm.server, jvm.name, FakeProfiler.of(jvm.sampler), Settings.NONE);
    jvm.invoke("startWith", args[1]);
    jvm.fill();
    System.out.println("MemoryLimitBytes " + jvm.get("MemoryLimitBytes"));
    System.out.println("MemoryUsedBytes " + jvm.get("MemoryUsedBytes"));
    System.out.println("LastError " + jvm.get("LastError"));
    jvm.read(Integer.parseInt(args[0]));
    spprof.close();
    System.out.println("DONE");
  }

  private Object get(String attribute) throws Exception {
    return server.getAttribute(name, attribute);
  }

  private Object invoke(String operation, Object... arguments) throws Exception {
    return Operations.invoke(server, name, operation, arguments);
  }

  private void fill() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    long[] methods = new long[DEPTH];
    for (int i = 0; i < MOST_SAMPLES && !get("LastError").toString().contains("full"); i++) {
      for (int frame = 0; frame < DEPTH; frame++) {
        methods[frame] = 1 + random.nextInt(METHODS);
      }
      sampler.signal(1, 10_000_000, methods);
      if (i % 100 == 99) {
        while ((Long) get("CollectedSamples") + (Long) get("DroppedSamples") <= i) {
          Thread.sleep(1);
        }
      }
    }
  }

  private void read(int parallel) throws Exception {
    answer("report");
    answer("collapsed", 10);
    answer("collapsed", 1000);
    answer("collapsed", 0);
    answer("flameGraph");
    answer("windows");
    ExecutorService clients = Executors.newFixedThreadPool(parallel);
    List<Future<?>> answers = new ArrayList<>();
    for (int i = 0; i < parallel; i++) {
      answers.add(clients.submit(() -> answer("flameGraph")));
    }
    for (Future<?> answer : answers) {
      answer.get();
    }
    clients.shutdown();
    for (ExportFormat format : ExportFormat.values()) {
      long stream = (Long) invoke("openStream", format.key());
      long bytes = 0;
      byte[] block = (byte[]) invoke("readStream", stream);
      while (block != null) {
        bytes += block.length;
        block = (byte[]) invoke("readStream", stream);
      }
      System.out.println("stream " + format.key() + " " + bytes);
    }
  }

  private void answer(String operation, Object... arguments) {
    String asked = operation + " " + List.of(arguments) + " ";
    try {
      String text = (String) invoke(operation, arguments);
      synchronized (this) {
        sending.add(text);
        if (sending.size() > 4) {
          sending.remove();
        }
        System.out.println(asked + "has " + text.length());
      }
    } catch (Exception e) {
      synchronized (this) {
        System.out.println(asked + "refused: " + e.getCause().getMessage());
      }
    }
  }
}
