package io.spprof.it.load;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/**
 * A load for the garbage collector and the JIT compiler. Two threads fill and drop maps. A third
 * loads the same class again and again, into a new class loader each time, and runs it until it is
 * compiled. A test can make all of them idle, see {@link Gate}.
 */
public final class GcAndJit {

  private static final Gate GATE = new Gate();
  private static volatile Object sink;

  private GcAndJit() {}

  /** The class that is loaded and compiled again and again. */
  public static final class Fodder implements LongUnaryOperator {

    /** Called by reflection. */
    public Fodder() {}

    @Override
    public long applyAsLong(long seed) {
      return third(second(first(seed)));
    }

    private static long first(long x) {
      return Long.rotateLeft(x * 31, 7) ^ (x > 3 ? second(x >> 2) : x);
    }

    private static long second(long x) {
      long sum = x;
      for (int i = 0; i < 20; i++) {
        sum += (sum << 3) ^ i;
      }
      return sum;
    }

    private static long third(long x) {
      return String.valueOf(x).length() + Math.floorMod(x, 17);
    }
  }

  private static final class Loader extends ClassLoader {
    Loader() {
      super(GcAndJit.class.getClassLoader());
    }

    Class<?> define(byte[] bytes) {
      return defineClass(Fodder.class.getName(), bytes, 0, bytes.length);
    }
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    byte[] bytes = fodderBytes();
    Control.daemon("garbage-0", GcAndJit::garbage);
    Control.daemon("garbage-1", GcAndJit::garbage);
    Control.daemon("fodder", () -> fodder(bytes));
    Control.serve(GATE.answers());
  }

  static byte[] fodderBytes() throws IOException {
    try (InputStream in = GcAndJit.class.getResourceAsStream("GcAndJit$Fodder.class")) {
      return in.readAllBytes();
    }
  }

  private static void garbage() {
    Map<Integer, List<byte[]>> kept = new HashMap<>();
    for (int i = 0; ; i++) {
      GATE.pass();
      List<byte[]> list = new ArrayList<>();
      for (int j = 0; j < 50; j++) {
        list.add(new byte[64]);
      }
      kept.put(i % 5_000, list);
      sink = list;
    }
  }

  private static void fodder(byte[] bytes) {
    while (true) {
      GATE.pass();
      eat(bytes);
    }
  }

  /** Loads the class into a new loader and runs it until it is compiled. */
  static void eat(byte[] bytes) {
    try {
      Object fodder = new Loader().define(bytes).getDeclaredConstructor().newInstance();
      LongUnaryOperator operator = (LongUnaryOperator) fodder;
      long x = 1;
      for (int i = 0; i < 60_000; i++) {
        x = operator.applyAsLong(x + i);
      }
      sink = x;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
