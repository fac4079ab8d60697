package io.spprof.it.load;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;
import java.util.zip.CRC32;

/**
 * Code that is executed one instruction at a time, to compare the walk of the stack with the truth
 * at each instruction: calls of every kind. Each part first runs until it is compiled, as far as
 * the JVM's flags let it be compiled, and is then stepped through once. The methods of {@link
 * Interpreted} are to be excluded from compilation, all methods here from inlining. {@code
 * native/src/test/c/stepping.h} describes the library.
 */
public final class Stepped {

  private static final int MOST_INSTRUCTIONS = 100_000;
  private static final int KINDS = 8;
  private static final int COMPARED = 20_000; // stacks

  /**
   * On aarch64, native code is not stepped through, so the Java code that it calls is not, either.
   */
  private static final boolean CALLED_BACK = !System.getProperty("os.arch").equals("aarch64");

  private static volatile long sink;

  /** Whether the present run is the one that is stepped through. */
  private static boolean rare;

  private Stepped() {}

  // The library.

  private static native String prepare();

  private static native void begin(int most);

  private static native boolean end();

  private static native String report();

  private static native String compare();

  private static native long callBack(int left, long x);

  private native int nativeSum(int a, long b, double c, Object d, int e, int f, int g, int h);

  /** A part of the code. */
  @FunctionalInterface
  interface Part {
    long run(long x) throws Throwable;
  }

  /**
   * Arguments: the library; how often each part runs before; the names of the parts, or none for
   * all. Prints what the library has found, and how many deep stacks are as JVMTI has them.
   */
  public static void main(String[] args) throws Throwable {
    System.load(Path.of(args[0]).toAbsolutePath().toString());
    int warmUps = Integer.parseInt(args[1]);
    String unfit = prepare();
    if (unfit != null) {
      throw new IllegalStateException(unfit);
    }
    Map<String, Part> parts = parts();
    List<String> names = new ArrayList<>(Arrays.asList(args).subList(2, args.length));
    for (Map.Entry<String, Part> part : parts.entrySet()) {
      if (names.isEmpty() || names.contains(part.getKey())) {
        rare = false;
        for (int i = 0; i < warmUps; i++) {
          sink = part.getValue().run(i);
        }
        rare = true;
        boolean all = step(part.getValue());
        System.out.println(part.getKey() + (all ? " to its end" : " not to its end"));
      }
    }
    System.out.print(report());
    String difference = compareStacks();
    System.out.println(difference == null ? "compared=" + COMPARED : difference);
  }

  private static boolean step(Part part) throws Throwable {
    begin(MOST_INSTRUCTIONS);
    sink = part.run(7);
    return end();
  }

  private static Map<String, Part> parts() throws ReflectiveOperationException {
    Map<String, Part> parts = new TreeMap<>();
    parts.put("allocations", Stepped::allocations);
    parts.put("arrays", Stepped::arrays);
    parts.put("calls", Stepped::calls);
    parts.put("deoptimizations", Stepped::deoptimizations);
    parts.put("exceptions", Stepped::exceptions);
    parts.put("handles", new Handled()::run);
    parts.put("locks", Stepped::locks);
    parts.put("loops", Stepped::loops);
    parts.put("mathematics", Stepped::mathematics);
    parts.put("mixed", Stepped::mixed);
    parts.put("natives", Stepped::natives);
    parts.put("recursion", Stepped::recursion);
    parts.put("strings", Stepped::strings);
    parts.put("virtual", Stepped::virtual);
    return parts;
  }

  // Static calls, with small and large frames, few and many arguments.

  private static long calls(long x) {
    return leaf(x)
        + chain(x)
        + large(x)
        + many(1, 2, 3, x, 5, 6, 7, 8, 9, 10, 1.5, 2.5f)
        + chain(2);
  }

  private static long leaf(long x) {
    return x + 1;
  }

  private static long chain(long x) {
    return link(x + 1) + 1;
  }

  private static long link(long x) {
    return leaf(x) * leaf(x + 1) + last(x);
  }

  private static long last(long x) {
    return leaf(leaf(x));
  }

  private static long large(long x) {
    long a = x * 3;
    long b = a ^ x;
    long c = b + 7;
    long d = c * a;
    long e = d - b;
    long f = e ^ c;
    long g = f + d;
    long h = g * e;
    long i = h ^ f;
    long j = i + g;
    long k = leaf(j) + leaf(i);
    return a + b + c + d + e + f + g + h + i + j + k;
  }

  private static long many(
      int a, int b, int c, long d, int e, int f, int g, long h, int i, int j, double k, float l) {
    return leaf(a + b) + c + d + e + f + leaf(g + h) + i + j + (long) (k * l);
  }

  // Recursion.

  private static long recursion(long x) {
    return fibonacci(6) + down(5, x) + even(6) + (CALLED_BACK ? callBack(2, x) : 0);
  }

  private static long fibonacci(int n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  }

  private static long down(int left, long x) {
    return left == 0 ? leaf(x) : down(left - 1, x + left) + down(0, x);
  }

  private static long even(int n) {
    return n == 0 ? 1 : odd(n - 1) + 1;
  }

  private static long odd(int n) {
    return n == 0 ? 2 : even(n - 1) + 1;
  }

  // Calls by vtable and itable.

  private interface Shape {
    long area(long x);

    default long twice(long x) {
      return area(x) + area(x + 1);
    }
  }

  private abstract static class Base implements Shape, LongUnaryOperator {
    abstract long grow(long x);

    @Override
    public long area(long x) {
      return grow(x) + 3;
    }

    @Override
    public long applyAsLong(long x) {
      return grow(x) + 2;
    }
  }

  private static final class A extends Base {
    @Override
    long grow(long x) {
      return x + 1;
    }
  }

  private static final class B extends Base {
    @Override
    long grow(long x) {
      return x ^ 2;
    }

    @Override
    public long area(long x) {
      return leaf(x);
    }
  }

  private static final class C extends Base {
    @Override
    long grow(long x) {
      return leaf(x) * 3;
    }

    @Override
    public long twice(long x) {
      return 2 * area(x);
    }
  }

  private static final class D extends Base {
    @Override
    long grow(long x) {
      return x - 4;
    }
  }

  /** Its methods are not compiled. */
  private static final class Interpreted extends Base {
    @Override
    long grow(long x) {
      return leaf(x) + 5;
    }

    @Override
    public long twice(long x) {
      return area(x) * 2;
    }

    static long one(long x) {
      return leaf(x + 1);
    }

    static long many(
        int a, int b, int c, long d, int e, int f, int g, long h, int i, int j, double k, float l) {
      return Stepped.many(a, b, c, d, e, f, g, h, i, j, k, l) + one(a);
    }

    static synchronized long locked(long x) {
      return chain(x);
    }

    static long fail(long x) {
      return throwing(3, x);
    }

    static long caught(long x) {
      try {
        return throwing(2, x);
      } catch (Thrown e) {
        return leaf(x);
      }
    }
  }

  private static final Base[] BASES = {new A(), new B(), new C(), new D(), new Interpreted()};

  private static long virtual(long x) {
    long sum = x;
    for (int i = 0; i < KINDS; i++) {
      Base base = BASES[i % BASES.length];
      sum += base.grow(sum) + shape(base, sum) + ((LongUnaryOperator) base).applyAsLong(sum);
    }
    return sum;
  }

  private static long shape(Shape shape, long x) {
    return shape.area(x) + shape.twice(x);
  }

  // Between the interpreter and compiled code.

  private static long mixed(long x) {
    return Interpreted.one(x)
        + Interpreted.many(1, 2, 3, x, 5, 6, 7, 8, 9, 10, 1.5, 2.5f)
        + Interpreted.locked(x)
        + BASES[4].twice(x)
        + Interpreted.caught(x);
  }

  // Exceptions: without a trace, through compiled and interpreted frames; and the JVM's own.

  private static final class Thrown extends RuntimeException {
    private static final long serialVersionUID = 1;

    Thrown() {
      super(null, null, false, false);
    }
  }

  private static final Thrown THROWN = new Thrown();

  private static long throwing(int left, long x) {
    if (left == 0) {
      throw THROWN;
    }
    return throwing(left - 1, x) + 1;
  }

  private static synchronized long throwingLocked(long x) {
    return throwing(1, x) + 1;
  }

  private static long exceptions(long x) {
    long sum = 0;
    for (int i = 0; i < KINDS; i++) {
      try {
        sum += exception(i, x, null, new int[2]);
      } catch (Thrown e) {
        sum += leaf(sum);
      } catch (RuntimeException e) {
        sum++;
      }
    }
    return sum;
  }

  private static long exception(int kind, long x, Object nothing, int[] array) {
    Object text = "text";
    try {
      return switch (kind) {
        case 0 -> throwing(3, x);
        case 1 -> Interpreted.fail(x);
        case 2 -> throwingLocked(x);
        case 3 -> nothing.hashCode();
        case 4 -> array[kind];
        case 5 -> (Integer) text;
        case 6 -> kind / array[0];
        default -> throwing(0, x);
      };
    } finally {
      leaf(kind);
    }
  }

  // Locks.

  private static long locks(long x) {
    Object lock = new Object();
    synchronized (lock) {
      synchronized (THROWN) {
        return lockedLeaf(x) + Interpreted.locked(x) + identity(lock);
      }
    }
  }

  private static synchronized long lockedLeaf(long x) {
    return leaf(x) + 1;
  }

  /** Inflates the lock. */
  private static long identity(Object lock) {
    return System.identityHashCode(lock) + lock.hashCode();
  }

  // Allocations, and stores of references into old objects.

  private static final Object[] OLD = new Object[64];

  private static long allocations(long x) {
    long sum = 0;
    for (int i = 0; i < KINDS; i++) {
      Object[] some = {new Object[i], new long[i * 10], new int[i + 1][3], Long.valueOf(x + 1_000)};
      OLD[i] = some;
      OLD[i + 8] = some[i % 4];
      sum += some.length;
    }
    OLD[31] = new byte[rare ? 300_000 : 10];
    return sum + make(x).hashCode();
  }

  private static Object make(long x) {
    return new Object[] {x, "made"};
  }

  // Stubs that copy and compare.

  private static long arrays(long x) {
    byte[] bytes = new byte[100];
    long[] longs = new long[40];
    Object[] objects = new Object[20];
    Arrays.fill(bytes, (byte) x);
    Arrays.fill(longs, x);
    System.arraycopy(bytes, 3, bytes, 5, 60);
    System.arraycopy(longs, 0, longs, 1, 30);
    System.arraycopy(OLD, 0, objects, 0, 20);
    long sum = bytes.clone()[7] + longs.clone().length + Arrays.copyOf(objects, 10).length;
    String[] strings = Arrays.copyOf(new Object[] {"a", "b"}, 2, String[].class);
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, 90);
    return sum
        + Arrays.hashCode(bytes)
        + strings.length
        + crc.getValue()
        + (Arrays.equals(bytes, new byte[100]) ? 1 : 0)
        + Arrays.mismatch(longs, new long[40]);
  }

  private static long mathematics(long x) {
    double d = x + 0.5;
    return (long)
        (Math.sin(d)
            + Math.cos(d)
            + Math.tan(d)
            + Math.exp(d)
            + Math.log(d)
            + Math.log10(d)
            + Math.pow(d, 0.3)
            + Math.sqrt(d)
            + Math.abs(d)
            + d % 0.7
            + Math.fma(d, d, d)
            + (int) (d * 1e30)
            + Float.intBitsToFloat((int) x)
            + Math.multiplyHigh(x, x));
  }

  private static long strings(long x) {
    String text = "text " + x + ' ' + (x > 3) + ", " + 2.5f;
    return text.indexOf("4")
        + text.compareTo("text 7")
        + text.hashCode()
        + text.toUpperCase().length();
  }

  // Native methods.

  private static final Stepped SELF = new Stepped();

  private static long natives(long x) {
    return SELF.nativeSum(1, x, 2.5, SELF, 3, 4, 5, 6)
        + (CALLED_BACK ? callBack(1, x) : 0)
        + System.nanoTime()
        + (Thread.currentThread().isAlive() ? 1 : 0)
        + Stepped.class.getModifiers()
        + Thread.currentThread().hashCode()
        + Runtime.getRuntime().availableProcessors();
  }

  /** Called by native code. */
  private static long calledBack(int left, long x) {
    return left == 0 ? leaf(x) : callBack(left - 1, x) + chain(x);
  }

  // Method handles, lambdas, reflection.

  private static final class Handled {
    private final MethodHandle leaf;
    private final MethodHandle area;
    private final MethodHandle bound;
    private final Method reflected;

    Handled() throws ReflectiveOperationException {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      MethodType ofLong = MethodType.methodType(long.class, long.class);
      leaf = lookup.findStatic(Stepped.class, "leaf", ofLong);
      area = lookup.findVirtual(Shape.class, "area", ofLong);
      bound = lookup.findVirtual(Base.class, "grow", ofLong).bindTo(BASES[2]);
      reflected = Stepped.class.getDeclaredMethod("chain", long.class);
    }

    long run(long x) throws Throwable {
      long sum = (long) leaf.invokeExact(x) + (long) area.invokeExact((Shape) BASES[1], x);
      sum += (long) bound.invokeExact(x) + (Long) leaf.invoke((Long) x);
      sum += (Long) reflected.invoke(null, x);
      LongUnaryOperator capturing = y -> y + leaf(x);
      return capturing.andThen(Stepped::leaf).applyAsLong(sum);
    }
  }

  // What the compilers did not expect.

  private static long deoptimizations(long x) {
    Object known = rare ? new StringBuilder("rare") : "usual";
    return trapped(known, x) + untaken(x) + nested(x);
  }

  private static long trapped(Object object, long x) {
    return object.hashCode() + object.toString().length() + chain(x);
  }

  private static long untaken(long x) {
    long sum = leaf(x);
    if (rare) {
      sum += chain(sum) + Interpreted.one(sum);
    }
    return sum;
  }

  private static long nested(long x) {
    return untaken(untaken(x)) + 1;
  }

  // Loops that are entered by on-stack replacement.

  private static long loops(long x) {
    long sum = x;
    for (int i = 0; i < 150; i++) {
      sum = (sum ^ i) * 31 + leaf(sum);
    }
    return sum;
  }

  // Deep stacks, compared with JVMTI's.

  /** Compares stacks. Returns the first difference, or null. */
  private static String compareStacks() {
    for (int i = 0; i < COMPARED; i++) {
      String difference = deeper(i % 100, i);
      if (difference != null) {
        return difference;
      }
    }
    return null;
  }

  private static String deeper(int left, long x) {
    if (left == 0) {
      return compare();
    }
    return BASES[left % BASES.length].area(x) == 0 ? null : deeper(left - 1, x + 1);
  }
}
