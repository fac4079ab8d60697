package io.spprof.it.load;

import java.io.IOException;
import java.util.Map;

/** Starts empty threads, one after the other. "go" answers when all have ended. */
public final class ThreadStarts {

  private ThreadStarts() {}

  /** Argument: how many. */
  public static void main(String[] args) throws IOException {
    int count = Integer.parseInt(args[0]);
    Control.serve(Map.of("go", () -> go(count)));
  }

  private static String go(int count) {
    for (int i = 0; i < count; i++) {
      Thread thread = Control.daemon("empty", () -> {});
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    return "done";
  }
}
