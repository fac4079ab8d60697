package io.spprof.it.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A load that starts child processes while threads are busy, and fails if a child ends with a
 * status other than 0. Two threads start children all the time. The children print which signals
 * they have blocked, ignored and caught at their start, and which timers they have.
 */
public final class Spawner {

  private static final int STORMERS = 4;
  private static final int SPAWNERS = 2;

  private static final Map<String, LongAdder> BIRTHS = new ConcurrentHashMap<>();
  private static final AtomicLongArray FINISHED = new AtomicLongArray(SPAWNERS);
  private static int stormSize;
  private static volatile long sink;

  private Spawner() {}

  /** Argument: the number of children in a storm. */
  public static void main(String[] args) throws IOException {
    stormSize = Integer.parseInt(args[0]);
    for (int i = 0; i < 3; i++) {
      Control.daemon("busy-" + i, Spawner::spin);
    }
    for (int i = 0; i < SPAWNERS; i++) {
      int spawner = i;
      Control.daemon("spawner-" + i, () -> spawn(spawner));
    }
    Control.serve(
        Map.of(
            "births", Spawner::births,
            "finished", Spawner::finished,
            "storm", Spawner::storm,
            "burn", Spawner::burn));
  }

  private static void spin() {
    while (true) {
      sink = Spin.steps(sink, 10_000);
    }
  }

  private static void spawn(int spawner) {
    while (true) {
      List<String> lines = run("cat", "/proc/self/status", "/proc/self/timers");
      String birth =
          lines.stream()
              .filter(line -> line.matches("(SigPnd|ShdPnd|SigBlk|SigIgn|SigCgt|ID):.*"))
              .map(line -> line.replaceAll("\\s+", ""))
              .collect(Collectors.joining(","));
      BIRTHS.computeIfAbsent(birth, key -> new LongAdder()).increment();
      FINISHED.incrementAndGet(spawner);
    }
  }

  /** How many children each spawner has finished; their births are counted. */
  private static String finished() {
    return IntStream.range(0, SPAWNERS)
        .mapToObj(i -> Long.toString(FINISHED.get(i)))
        .collect(Collectors.joining(" "));
  }

  /** How many children started in which state. */
  private static String births() {
    return new TreeMap<>(BIRTHS)
        .entrySet().stream()
            .map(birth -> birth.getValue().sum() + "*" + birth.getKey())
            .collect(Collectors.joining(" "));
  }

  /** Starts many children, as fast as some threads can; answers how many ended well. */
  private static String storm() {
    AtomicInteger left = new AtomicInteger(stormSize);
    LongAdder ended = new LongAdder();
    List<Thread> threads =
        IntStream.range(0, STORMERS)
            .mapToObj(
                i ->
                    Control.daemon(
                        "stormer-" + i,
                        () -> {
                          while (left.getAndDecrement() > 0) {
                            run("true");
                            ended.increment();
                          }
                        }))
            .toList();
    threads.forEach(Spawner::join);
    return ended.sum() + " of " + stormSize;
  }

  /**
   * Starts a child that uses a second of CPU time; answers the status with which the limit ended
   * it.
   */
  private static String burn() {
    return String.join(
        "", run("sh", "-c", "sh -c 'ulimit -S -t 1; while :; do :; done' 2>/dev/null; echo $?"));
  }

  private static List<String> run(String... command) {
    try {
      Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
      List<String> lines =
          new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .toList();
      if (child.waitFor() != 0) {
        throw new IllegalStateException(
            "a child ended with status " + child.exitValue() + ": " + lines);
      }
      return lines;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
