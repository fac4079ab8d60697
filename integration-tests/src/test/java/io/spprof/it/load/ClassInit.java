package io.spprof.it.load;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;

/**
 * A load that defines one class again and again. It exercises linking, class initialisers, and code
 * that runs only once.
 */
public final class ClassInit {

  private ClassInit() {}

  /**
   * The class that is defined. It uses none of its neighbours, because in another loader they are
   * in another package.
   */
  public static final class Template implements LongUnaryOperator {
    private static final long[] TABLE = table();
    private static final long SALT = step(TABLE[3]);

    /** Called by reflection. */
    public Template() {}

    private static long[] table() {
      long[] all = new long[256];
      for (int i = 0; i < all.length; i++) {
        all[i] = step(step(i + 1));
      }
      return all;
    }

    private static long step(long seed) {
      long x = seed;
      for (int i = 0; i < 30; i++) {
        x ^= x << 13;
        x ^= x >>> 7;
        x ^= x << 17;
      }
      return x;
    }

    @Override
    public long applyAsLong(long x) {
      long sum = x;
      for (long entry : TABLE) {
        sum += step(entry ^ sum) ^ SALT;
      }
      return sum;
    }
  }

  private static final class Loader extends ClassLoader {
    Loader() {
      super(ClassInit.class.getClassLoader());
    }

    Class<?> define(byte[] bytes) {
      return defineClass(Template.class.getName(), bytes, 0, bytes.length);
    }
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    byte[] bytes = bytes();
    Loads.serve(random -> round(bytes, random));
  }

  private static byte[] bytes() throws IOException {
    try (InputStream in = ClassInit.class.getResourceAsStream("ClassInit$Template.class")) {
      return in.readAllBytes();
    }
  }

  private static long round(byte[] bytes, SplittableRandom random) throws Exception {
    return random.nextBoolean() ? hidden(bytes, random) : loaded(bytes, random);
  }

  private static long hidden(byte[] bytes, SplittableRandom random) throws Exception {
    return use(MethodHandles.lookup().defineHiddenClass(bytes, true).lookupClass(), random);
  }

  private static long loaded(byte[] bytes, SplittableRandom random) throws Exception {
    return use(new Loader().define(bytes), random);
  }

  private static long use(Class<?> type, SplittableRandom random) throws Exception {
    LongUnaryOperator one = (LongUnaryOperator) type.getDeclaredConstructor().newInstance();
    return one.applyAsLong(random.nextLong());
  }
}
