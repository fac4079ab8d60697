package io.spprof.it.load;

import java.io.IOException;
import java.util.SplittableRandom;

/**
 * A load of calls with eight receiver classes. No inline cache holds so many, so the calls run
 * through vtable and itable stubs.
 */
public final class Megamorphic {

  private static final int KINDS = 8;

  private Megamorphic() {}

  private interface Shape {
    long area(long x);

    default long twice(long x) {
      return area(x) + area(x + 1);
    }
  }

  /** A second interface, so that the itable has to be searched. */
  private interface Named {
    long id(long x);
  }

  private abstract static class Base implements Named, Shape {
    abstract long grow(long x);

    @Override
    public long id(long x) {
      return grow(x) ^ 7;
    }
  }

  private static final class A extends Base {
    @Override
    long grow(long x) {
      return x + 1;
    }

    @Override
    public long area(long x) {
      return x * 3;
    }
  }

  private static final class B extends Base {
    @Override
    long grow(long x) {
      return x ^ 2;
    }

    @Override
    public long area(long x) {
      return x * 5;
    }
  }

  private static final class C extends Base {
    @Override
    long grow(long x) {
      return x - 3;
    }

    @Override
    public long area(long x) {
      return grow(x) * 7;
    }
  }

  private static final class D extends Base {
    @Override
    long grow(long x) {
      return x << 1;
    }

    @Override
    public long area(long x) {
      return id(x) + 1;
    }
  }

  private static class E extends Base {
    @Override
    long grow(long x) {
      return x >>> 1;
    }

    @Override
    public long area(long x) {
      return Long.rotateLeft(x, 9);
    }

    @Override
    public long id(long x) {
      return x;
    }
  }

  private static final class F extends E {
    @Override
    long grow(long x) {
      return super.grow(x) + 1;
    }
  }

  private static final class G extends E {
    @Override
    public long area(long x) {
      return super.area(x) ^ 11;
    }

    @Override
    public long twice(long x) {
      return 2 * area(x);
    }
  }

  private static final class H extends E {
    @Override
    public long id(long x) {
      return grow(super.id(x));
    }
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    Base[] kinds = {new A(), new B(), new C(), new D(), new E(), new F(), new G(), new H()};
    Loads.serve(random -> round(kinds, random));
  }

  private static long round(Base[] kinds, SplittableRandom random) {
    Base[] mixed = new Base[1_000];
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] = kinds[random.nextInt(KINDS)];
    }
    long x = random.nextLong();
    for (int i = 0; i < 10; i++) {
      x = virtual(mixed, x) + throughInterface(mixed, x) + throughDefault(mixed, x);
    }
    return x;
  }

  private static long virtual(Base[] all, long seed) {
    long x = seed;
    for (Base one : all) {
      x += one.grow(x);
    }
    return x;
  }

  private static long throughInterface(Named[] all, long seed) {
    long x = seed;
    for (Named one : all) {
      x += one.id(x);
    }
    return x;
  }

  private static long throughDefault(Shape[] all, long seed) {
    long x = seed;
    for (Shape one : all) {
      x += one.area(x) ^ one.twice(x);
    }
    return x;
  }
}
