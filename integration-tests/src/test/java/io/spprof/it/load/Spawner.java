package io.spprof.it.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Starts children all the time, beside threads that are busy, and fails if one of them ends with a
 * status other than 0 or has SIGPROF blocked. Answers "children", how many, and "ignoring", how
 * many of them have SIGPROF ignored.
 */
public final class Spawner {

  private static final LongAdder CHILDREN = new LongAdder();
  private static final LongAdder IGNORING = new LongAdder();
  private static volatile long sink;

  private Spawner() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    for (int i = 0; i < 3; i++) {
      Control.daemon("busy-" + i, Spawner::spin);
    }
    Control.daemon("spawner", Spawner::spawn);
    Control.serve(
        Map.of(
            "children",
            () -> Long.toString(CHILDREN.sum()),
            "ignoring",
            () -> Long.toString(IGNORING.sum())));
  }

  private static void spin() {
    while (true) {
      sink = Spin.steps(sink, 10_000);
    }
  }

  private static void spawn() {
    try {
      while (true) {
        Process child =
            new ProcessBuilder("grep", "-E", "SigBlk|SigIgn", "/proc/self/status").start();
        try (BufferedReader out =
            new BufferedReader(
                new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
          out.lines().forEach(Spawner::check);
        }
        if (child.waitFor() != 0) {
          throw new IllegalStateException("a child ended with status " + child.exitValue());
        }
        CHILDREN.increment();
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void check(String line) {
    long mask = Long.parseUnsignedLong(line.split("\\s+")[1], 16);
    boolean set = (mask >>> 26 & 1) == 1;
    if (set && line.startsWith("SigIgn")) {
      IGNORING.increment();
    } else if (set) {
      throw new IllegalStateException("a child was started with SIGPROF in " + line);
    }
  }
}
