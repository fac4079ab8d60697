package io.spprof.it.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * A program that records what its profile must show. Some 45 methods call one another, each in a
 * different way, along call paths that are drawn once at random. Nearly all CPU time is used at the
 * end of a path, in {@link #burn}, which reads the thread's CPU clock. The program records the
 * frames of a path when the path is taken for the first time, as the JVM itself reports them. The
 * frequencies of the paths differ greatly.
 *
 * <p>The question "record" is answered with {@code root;…;leaf=ns} for each path, separated by
 * blanks. The question "times" is answered with the CPU time of all calls of {@link #burn}, and
 * with that of the threads, in ns.
 */
public final class Paths {

  private static final int THREADS = 2;
  private static final int PATHS = 150;
  private static final int LONGEST = 24;

  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.SHOW_HIDDEN_FRAMES);

  private static final Node[] NODES = {new Add(), new Mul(), new Neg(), new Sub(), new Div()};
  private static final Hop[] HOPS = {new HopA(), new HopB(), new HopC(), new HopD(), new HopE()};

  /** CPU time by path. Paths that the JVM cannot distinguish share one entry. */
  private static final Map<String, LongAdder> RECORD = new HashMap<>();

  private static final LongAdder BURNT = new LongAdder();
  private static final List<Thread> RUNNING = new ArrayList<>();

  private static volatile long sink;

  private Paths() {}

  /** Which branch to take at each method, and the frames of the resulting path. */
  private static final class Way {
    private final byte[] choices;
    private int at;
    private LongAdder nanos;
    private long burnNanos;

    /** CPU time of the latest call of burn between its first and its last reading of the clock. */
    private long used;

    /** The same, with the readings that enclose it. */
    private long burnt;

    Way(SplittableRandom random) {
      choices = new byte[random.nextInt(1, LONGEST)];
      for (int i = 0; i < choices.length; i++) {
        choices[i] = (byte) random.nextInt(1, 100);
      }
    }

    /** The next branch, 1 to {@code ways}; 0 at the end of the path. */
    int next(int ways) {
      return at < choices.length ? 1 + choices[at++] % ways : 0;
    }
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException, InterruptedException {
    CountDownLatch recorded = new CountDownLatch(THREADS);
    for (int i = 0; i < THREADS; i++) {
      SplittableRandom random = new SplittableRandom(i + 1);
      RUNNING.add(Control.daemon("paths-" + i, () -> drive(random, recorded)));
    }
    recorded.await();
    Control.serve(Map.of("record", Paths::record, "times", Paths::times));
  }

  private static synchronized String record() {
    return RECORD.entrySet().stream()
        .map(path -> path.getKey() + "=" + path.getValue().sum())
        .collect(Collectors.joining(" "));
  }

  private static String times() {
    return BURNT.sum() + " " + RUNNING.stream().mapToLong(Spin::cpuNanos).sum();
  }

  private static void drive(SplittableRandom random, CountDownLatch recorded) {
    SplittableRandom same = new SplittableRandom(7); // both threads take the same paths
    List<Way> ways = new ArrayList<>();
    for (int i = 0; i < PATHS; i++) {
      ways.add(new Way(same));
    }
    // The JVM sees the same path only if it is taken from the same call.
    for (int i = 0; ; i++) {
      Way way = ways.get(i < PATHS ? i : zipf(random));
      way.at = 0;
      way.burnNanos = random.nextLong(20_000, 300_000);
      sink = a(way);
      way.nanos.add(way.used);
      BURNT.add(way.burnt);
      if (i == PATHS) {
        recorded.countDown();
      }
    }
  }

  /** A random path number with Zipf's distribution: path n has a frequency of about 1 in n. */
  private static int zipf(SplittableRandom random) {
    return (int) Math.pow(PATHS, random.nextDouble()) - 1;
  }

  /**
   * The end of every path, which uses the CPU time. Two readings of the clock are only partly
   * between readings: the first and the last one. Each takes as long as one that is between two
   * others.
   */
  private static long burn(Way way) {
    if (way.nanos == null) {
      way.nanos = entry(WALKER.walk(frames -> frames.map(Paths::name).toList()));
    }
    long before = Spin.cpuNanos();
    long first = Spin.cpuNanos();
    long last = first;
    long x = first;
    while (last - first < way.burnNanos) {
      x = Spin.steps(x, 2_000);
      last = Spin.cpuNanos();
    }
    way.used = last - first;
    way.burnt = last - first + 2 * (first - before);
    return x;
  }

  private static synchronized LongAdder entry(List<String> leafFirst) {
    StringBuilder key = new StringBuilder();
    for (int i = leafFirst.size() - 1; i >= 0; i--) {
      key.append(leafFirst.get(i)).append(i == 0 ? "" : ";");
    }
    return RECORD.computeIfAbsent(key.toString(), path -> new LongAdder());
  }

  private static String name(StackWalker.StackFrame frame) {
    return frame.getClassName() + "." + frame.getMethodName();
  }

  // Static calls. Some methods are inlined, some never inlined, some never compiled: the test
  // decides.

  private static long a(Way way) {
    return switch (way.next(5)) {
          case 0 -> burn(way);
          case 1 -> b(way);
          case 2 -> NODES[1].visit(way);
          case 3 -> HOPS[0].go(way);
          case 4 -> g(way);
          default -> lambdas(way);
        }
        + 1;
  }

  private static long b(Way way) {
    return switch (way.next(4)) {
          case 0 -> burn(way);
          case 1 -> c(way);
          case 2 -> d(way, 1, 2.0, 3, 4f, "five", 6L, 7.0, 8L, 9L);
          case 3 -> down(way, 3);
          default -> NODES[2].twice(way);
        }
        * 3;
  }

  private static long c(Way way) {
    return switch (way.next(4)) {
          case 0 -> burn(way);
          case 1 -> e(way);
          case 2 -> caught(way);
          case 3 -> HOPS[1].hop(way);
          default -> new Made(way).value;
        }
        ^ 5;
  }

  /** Has more arguments than there are argument registers. */
  private static long d(
      Way way, int i, double x, int j, float y, String s, long l, double z, long m, long n) {
    long own = i + j + l + m + n + s.length() + (long) (x + y + z);
    return switch (way.next(3)) {
          case 0 -> burn(way);
          case 1 -> f(way);
          case 2 -> a(way);
          default -> HOPS[2].go(way);
        }
        + own;
  }

  /**
   * The lock belongs to the thread. A shared lock could deadlock, because the two threads take such
   * locks in any order.
   */
  private static long e(Way way) {
    synchronized (way) {
      return switch (way.next(3)) {
            case 0 -> burn(way);
            case 1 -> f(way);
            case 2 -> NODES[4].visit(way);
            default -> even(way, 4);
          }
          - 1;
    }
  }

  private static long f(Way way) {
    return switch (way.next(3)) {
          case 0 -> burn(way);
          case 1 -> g(way);
          case 2 -> through(way);
          default -> HOPS[3].go(way);
        }
        + 2;
  }

  private static long g(Way way) {
    return switch (way.next(3)) {
          case 0 -> burn(way);
          case 1 -> h(way);
          case 2 -> bridged(Paths::viaReference, way);
          default -> NODES[3].twice(way);
        }
        + 3;
  }

  private static long h(Way way) {
    return switch (way.next(3)) {
          case 0 -> burn(way);
          case 1 -> b(way);
          case 2 -> odd(way, 3);
          default -> NODES[0].visit(way);
        }
        + 4;
  }

  // Recursion, plain and mutual.

  private static long down(Way way, int left) {
    return left > 0 ? down(way, left - 1) + left : f(way) + 1;
  }

  private static long even(Way way, int left) {
    return left == 0 ? c(way) : odd(way, left - 1) + 1;
  }

  private static long odd(Way way, int left) {
    return left == 0 ? g(way) : even(way, left - 1) + 1;
  }

  // Frames that hold a lock, an exception, or an object under construction.

  private static long caught(Way way) {
    try {
      return thrown(way);
    } catch (IllegalStateException e) {
      return way.next(2) <= 1 ? g(way) : h(way); // the path goes on in the exception handler
    } finally {
      sink = way.at;
    }
  }

  private static long thrown(Way way) {
    throw new IllegalStateException(Integer.toString(way.at));
  }

  private static final class Made {
    private final long value;

    Made(Way way) {
      value = way.next(2) <= 1 ? f(way) : HOPS[4].go(way);
    }
  }

  // Calls through code of the JDK.

  private static long through(Way way) {
    long[] result = new long[1];
    switch (way.next(3)) {
      case 0 -> result[0] = burn(way);
      case 1 -> List.of(way).forEach(each -> result[0] = g(each));
      case 2 -> result[0] = Optional.of(way).map(Paths::h).orElseThrow();
      default -> {
        List<Integer> two = new ArrayList<>(List.of(1, 2));
        two.sort(comparator(way, result));
      }
    }
    return result[0];
  }

  private static Comparator<Integer> comparator(Way way, long[] result) {
    return (x, y) -> {
      result[0] = b(way);
      return 0;
    };
  }

  /** For the anonymous class, the compiler adds a bridge method of the same name that casts. */
  private static long bridged(Function<Way, Long> first, Way way) {
    Function<Way, Long> function =
        way.next(2) <= 1
            ? first
            : new Function<>() {
              @Override
              public Long apply(Way on) {
                return h(on);
              }
            };
    return function.apply(way);
  }

  private static long viaReference(Way way) {
    return way.next(2) <= 1 ? h(way) : d(way, 9, 8.0, 7, 6f, "", 5L, 4.0, 3L, 2L);
  }

  // Lambdas.

  private static final ToLongFunction<Way> FIRST = way -> c(way) + 1;
  private static final ToLongFunction<Way> SECOND = Paths::h;

  private static long lambdas(Way way) {
    long salt = way.at;
    LongUnaryOperator capturing = x -> x + salt + e(way);
    return switch (way.next(4)) {
      case 0 -> burn(way);
      case 1 -> FIRST.applyAsLong(way);
      case 2 -> SECOND.applyAsLong(way);
      case 3 -> capturing.applyAsLong(1);
      default -> capturing.andThen(Paths::plusOne).applyAsLong(2);
    };
  }

  /** Called after the end of a path, so it is on no path. */
  private static long plusOne(long x) {
    return x + 1;
  }

  // Virtual calls with five receiver classes.

  private abstract static class Node {
    abstract long visit(Way way);

    long twice(Way way) {
      return 2 * visit(way);
    }
  }

  private static final class Add extends Node {
    @Override
    long visit(Way way) {
      return switch (way.next(2)) {
            case 0 -> burn(way);
            case 1 -> NODES[way.at % 5].twice(way);
            default -> HOPS[way.at % 5].go(way);
          }
          + 1;
    }
  }

  private static final class Mul extends Node {
    @Override
    long visit(Way way) {
      return switch (way.next(2)) {
            case 0 -> burn(way);
            case 1 -> NODES[(way.at + 1) % 5].visit(way);
            default -> h(way);
          }
          * 2;
    }
  }

  private static final class Neg extends Node {
    @Override
    long visit(Way way) {
      synchronized (way) {
        return -HOPS[(way.at + 2) % 5].hop(way);
      }
    }

    @Override
    long twice(Way way) {
      return super.twice(way) + 1;
    }
  }

  private static final class Sub extends Node {
    @Override
    long visit(Way way) {
      return way.next(2) == 0 ? burn(way) : e(way) - 1;
    }
  }

  private static final class Div extends Node {
    @Override
    long visit(Way way) {
      return way.next(1) == 0 ? burn(way) : NODES[way.at % 4].visit(way) / 3;
    }

    @Override
    long twice(Way way) {
      return c(way) + 1;
    }
  }

  // Interface calls with five receiver classes.

  private interface Hop {
    long go(Way way);

    default long hop(Way way) {
      return go(way) + 1;
    }
  }

  private static final class HopA implements Hop {
    @Override
    public long go(Way way) {
      return way.next(2) == 0 ? burn(way) : NODES[way.at % 5].visit(way) + 1;
    }
  }

  private static final class HopB implements Hop {
    @Override
    public long go(Way way) {
      return way.next(2) == 0 ? burn(way) : HOPS[way.at % 5].go(way) + 1;
    }
  }

  private static final class HopC implements Hop {
    @Override
    public long go(Way way) {
      return way.next(2) == 0 ? burn(way) : lambdas(way) + 1;
    }
  }

  private static final class HopD implements Hop {
    @Override
    public long go(Way way) {
      return switch (way.next(2)) {
        case 0 -> burn(way);
        case 1 -> through(way);
        default -> down(way, way.at % 7);
      };
    }
  }

  private static final class HopE implements Hop {
    @Override
    public long go(Way way) {
      return way.next(2) == 0 ? burn(way) : a(way) ^ 1;
    }

    @Override
    public long hop(Way way) {
      return Hop.super.hop(way) + 2;
    }
  }
}
