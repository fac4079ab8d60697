package io.spprof.it.load;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.instrument.ClassDefinition;
import java.lang.instrument.Instrumentation;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;

/**
 * A load that makes the JVM remove code while the code is on stacks, in all ways, in random order.
 * Classes are loaded and unloaded, redefined, and compiled on assumptions that later turn out
 * wrong; threads start and end; exceptions, stack overflows and garbage occur. The load is also an
 * agent, because only an agent may redefine classes.
 */
public final class Torture {

  private static volatile Instrumentation instrumentation;
  private static volatile Object kept;

  private Torture() {}

  /** Called by the JVM before main. */
  public static void premain(String arguments, Instrumentation given) {
    instrumentation = given;
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    Classes classes = new Classes();
    Victim victim = new Victim();
    Loads.serve(
        random -> {
          switch (random.nextInt(8)) {
            case 0 -> redefine(victim, random);
            case 1 -> threads(random);
            case 2 -> overflow(random);
            case 3 -> garbage(random);
            case 4 -> throwing(random);
            default -> deoptimize(classes, random);
          }
          return victim.run(random.nextLong());
        });
  }

  // Code that is compiled on the assumption that a class has no other subclass, that a branch is
  // never taken, or that a cast never fails. Then the assumption is broken, and at last the loader
  // is dropped.

  /** A class that has one subclass at first. */
  public abstract static class Base {
    /** Overridden. */
    public abstract long f(long x);

    /** Not overridden at first. */
    public long g(long x) {
      return x * 31 + 1;
    }
  }

  /** The first subclass. */
  public static final class One extends Base {
    /** Called by reflection. */
    public One() {}

    @Override
    public long f(long x) {
      return x ^ (x << 13);
    }
  }

  /** The second subclass, which breaks the assumptions. */
  public static final class Two extends Base {
    /** Called by reflection. */
    public Two() {}

    @Override
    public long f(long x) {
      return x + 2;
    }

    @Override
    public long g(long x) {
      return x - 3;
    }
  }

  /** The class that is compiled. */
  public static final class User implements LongUnaryOperator {
    private Base base;

    /** Called by reflection. */
    public User(Base base) {
      this.base = base;
    }

    /** Uses an object of a class that was not loaded before. */
    public void use(Base other) {
      base = other;
    }

    @Override
    public long applyAsLong(long seed) {
      long x = seed;
      for (int i = 0; i < 100; i++) {
        x = step(x);
      }
      return x;
    }

    private long step(long x) {
      if (x == 4711) { // so rare that compilers assume it never happens
        return rare(x);
      }
      return base.g(base.f(x));
    }

    private static long rare(long x) {
      Object text = Long.toString(x);
      return text.hashCode();
    }
  }

  private static final class Classes {
    private final Map<String, byte[]> bytes = new HashMap<>();

    Classes() {
      for (String name : new String[] {"Base", "One", "Two", "User"}) {
        bytes.put(Torture.class.getName() + "$" + name, bytesOf("Torture$" + name));
      }
    }
  }

  private static byte[] bytesOf(String simpleName) {
    try (InputStream in = Torture.class.getResourceAsStream(simpleName + ".class")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Defines the four classes itself; its parent defines all others. */
  private static final class Loader extends ClassLoader {
    private final Map<String, byte[]> own;

    Loader(Map<String, byte[]> own) {
      super(Torture.class.getClassLoader());
      this.own = own;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      byte[] bytes = own.get(name);
      if (bytes == null) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? defineClass(name, bytes, 0, bytes.length) : loaded;
    }

    Class<?> own(String name) throws ClassNotFoundException {
      return loadClass(Torture.class.getName() + "$" + name);
    }
  }

  private static void deoptimize(Classes classes, SplittableRandom random) throws Exception {
    Loader loader = new Loader(classes.bytes);
    Object one = loader.own("One").getDeclaredConstructor().newInstance();
    Class<?> base = loader.own("Base");
    LongUnaryOperator user =
        (LongUnaryOperator) loader.own("User").getDeclaredConstructor(base).newInstance(one);
    long x = random.nextLong();
    // Depending on the number of calls, the code is interpreted, or compiled by C1 or C2.
    for (int i = random.nextInt(1, 3_000); i > 0; i--) {
      x += user.applyAsLong(x | 1);
    }
    Loads.sink = x + user.applyAsLong(4711);
    Object two = loader.own("Two").getDeclaredConstructor().newInstance();
    user.getClass().getMethod("use", base).invoke(user, two);
    for (int i = random.nextInt(1, 1_000); i > 0; i--) {
      x += user.applyAsLong(x | 1);
    }
    Loads.sink = x;
  }

  // Redefinition of a class with a changed constant, which makes methods on stacks obsolete.

  /** The class that is redefined. */
  public static final class Victim {
    private static final int CONSTANT_TAG = 3;
    private static final int CONSTANT = 0x12345678;

    long run(long x) {
      return x <= 0 ? deep(x, 12) : deep(x, 3) + 1;
    }

    private long deep(long x, int left) {
      return left == 0 ? Spin.steps(x ^ CONSTANT, 3_000) : deep(x + CONSTANT, left - 1) + 1;
    }

    /** The position of the constant in the class file. */
    static int position(byte[] bytes) {
      for (int i = 0; i + 4 < bytes.length; i++) {
        if (bytes[i] == CONSTANT_TAG
            && bytes[i + 1] == 0x12
            && bytes[i + 2] == 0x34
            && bytes[i + 3] == 0x56
            && bytes[i + 4] == 0x78) {
          return i + 4;
        }
      }
      throw new IllegalStateException("the class has no such constant");
    }
  }

  private static void redefine(Victim victim, SplittableRandom random) throws Exception {
    byte[] bytes = bytesOf("Torture$Victim");
    bytes[Victim.position(bytes)] = (byte) random.nextInt();
    instrumentation.redefineClasses(new ClassDefinition(Victim.class, bytes));
    Loads.sink = victim.run(-1);
  }

  // Threads, overflows and garbage.

  private static void threads(SplittableRandom random) throws InterruptedException {
    for (int i = 0; i < 20; i++) {
      int steps = random.nextInt(50_000);
      Thread thread = new Thread(() -> Loads.sink = Spin.steps(steps, steps), "short-" + i);
      thread.start();
      thread.join();
    }
  }

  private static void overflow(SplittableRandom random) {
    try {
      Loads.sink = endless(random.nextLong());
    } catch (StackOverflowError e) {
      Loads.sink = e.getStackTrace().length;
    }
  }

  private static long endless(long x) {
    return endless(x + 1) + 1;
  }

  private static void garbage(SplittableRandom random) {
    Object[] chain = null;
    for (int i = 0; i < 20_000; i++) {
      chain = new Object[] {chain, new byte[random.nextInt(200)]};
    }
    kept = chain;
    if (random.nextInt(10) == 0) {
      System.gc(); // unloads the dropped loaders
    }
  }

  private static void throwing(SplittableRandom random) {
    for (int i = 0; i < 300; i++) {
      try {
        Loads.sink = failing(random.nextInt(30), i % 2 == 0 ? null : "text");
      } catch (NullPointerException | ClassCastException e) {
        Loads.sink = e.getStackTrace().length;
      }
    }
  }

  private static long failing(int left, Object value) {
    if (left > 0) {
      return failing(left - 1, value) + 1;
    }
    return value.hashCode() + (Integer) value;
  }
}
