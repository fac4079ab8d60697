package io.spprof.it.load;

import java.io.IOException;
import java.util.SplittableRandom;

/**
 * A load of exceptions that pass several frames. Some are thrown explicitly, some by the JVM in a
 * signal handler or a stub.
 */
public final class Throwing {

  private Throwing() {}

  private static final class Explicit extends Exception {
    private static final long serialVersionUID = 1;

    Explicit(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    Loads.serve(Throwing::round);
  }

  private static long round(SplittableRandom random) {
    long sum = 0;
    for (int i = 0; i < 200; i++) {
      int kind = random.nextInt(8);
      try {
        sum += outer(kind, random.nextInt(20), null);
      } catch (Explicit e) {
        sum += e.getStackTrace().length + Spin.steps(sum, 500);
      } catch (RuntimeException e) {
        sum += e.getStackTrace().length + String.valueOf(e.getMessage()).length();
      }
    }
    return sum;
  }

  private static long outer(int kind, int depth, Object nothing) throws Explicit {
    try {
      return through(kind, depth, nothing) + 1;
    } catch (IllegalArgumentException e) {
      throw new Explicit("wrapped", e);
    } finally {
      Loads.sink = Spin.steps(depth, 50);
    }
  }

  private static long through(int kind, int left, Object nothing) throws Explicit {
    if (left > 0) {
      synchronized (Thread.currentThread()) { // unwinding has to unlock the monitor
        return through(kind, left - 1, nothing) + left;
      }
    }
    return fail(kind, nothing);
  }

  private static long fail(int kind, Object nothing) throws Explicit {
    int[] array = new int[3];
    Object text = "text";
    return switch (kind) {
      case 0 -> nothing.hashCode();
      case 1 -> array[kind + 2 + array.length];
      case 2 -> (Integer) text;
      case 3 -> kind / (array[0]);
      case 4 -> new int[array[0] - 1].length;
      case 5 -> throw new IllegalArgumentException("explicit");
      case 6 -> {
        Object[] strings = new String[1];
        strings[0] = array;
        yield 0;
      }
      default -> throw new Explicit("checked", null);
    };
  }
}
