package io.spprof.it.load;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.SplittableRandom;

/**
 * A load of native code that calls back into Java through java.lang.foreign. The C library's qsort
 * calls a comparator that computes, allocates, and sometimes calls qsort itself. Runs on JDK 21 and
 * later, and on JDK 17 with its incubator module.
 */
public final class Upcalls {

  private static final int ELEMENTS = 100;

  private static final boolean INCUBATING = Runtime.version().feature() == 17;

  private static final ThreadLocal<Sorter> SORTERS = new ThreadLocal<>();

  private Upcalls() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    Loads.serve(random -> sorter(random).sort(0));
  }

  private static Sorter sorter(SplittableRandom random) throws ReflectiveOperationException {
    if (SORTERS.get() == null) {
      SORTERS.set(new Sorter(random));
    }
    return SORTERS.get();
  }

  /** The sorter of one thread. */
  private static final class Sorter {
    private final SplittableRandom random;
    private final MethodHandle calloc = c("calloc", long.class, long.class, long.class);
    private final MethodHandle free = c("free", void.class, long.class);
    private final MethodHandle qsort =
        c("qsort", void.class, long.class, long.class, long.class, long.class);
    private final long comparator;
    private int depth;
    private long sum;

    Sorter(SplittableRandom random) throws ReflectiveOperationException {
      this.random = random;
      MethodHandle compare =
          MethodHandles.lookup()
              .findVirtual(
                  Sorter.class,
                  "compare",
                  MethodType.methodType(int.class, long.class, long.class));
      comparator = stub(compare.bindTo(this));
    }

    private static MethodHandle c(String name, Class<?> result, Class<?>... arguments) {
      MethodType type = MethodType.methodType(result, arguments);
      return INCUBATING
          ? IncubatingForeign.function(name, type)
          : Foreign.function(Foreign.cLibrary(), name, type);
    }

    private static long stub(MethodHandle target) {
      return INCUBATING
          ? IncubatingForeign.stub(target)
          : Foreign.stub(target, new Foreign.Memory());
    }

    long sort(int level) throws Throwable {
      long array = (long) calloc.invokeExact((long) ELEMENTS, 8L);
      depth = level;
      qsort.invokeExact(array, (long) ELEMENTS, 8L, comparator);
      depth = level;
      free.invokeExact(array);
      return sum;
    }

    /** Called by qsort with two addresses. It orders by address, which is good enough. */
    int compare(long left, long right) throws Throwable {
      sum += Spin.steps(left, random.nextInt(1_000));
      sum += new long[random.nextInt(100)].length;
      if (depth < 3 && random.nextInt(ELEMENTS * 10) == 0) {
        sort(depth + 1);
      }
      return Long.compare(left, right);
    }
  }
}
