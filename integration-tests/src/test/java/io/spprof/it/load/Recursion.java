package io.spprof.it.load;

import java.io.IOException;
import java.util.function.LongBinaryOperator;

/**
 * A load of deep stacks of static, virtual and lambda frames. The methods use CPU time at the leaf
 * end of the recursion and at the levels on the way there.
 */
public final class Recursion {

  /** The work at the bottom equals the work on the way, so that samples come at any depth. */
  private static int bottomSteps;

  private Recursion() {}

  private interface Step {
    long down(int left, long x);
  }

  /** Argument: the number of frames. */
  public static void main(String[] args) throws IOException {
    int depth = Integer.parseInt(args[0]);
    bottomSteps = 20 * depth;
    Loads.serve(random -> plain(depth, random.nextLong()));
  }

  private static long plain(int left, long x) {
    if (left <= 0) {
      return bottom(x);
    }
    long on = Spin.steps(x, 10);
    long below = left % 3 == 0 ? new Wide(on).down(left - 1, on) : plain(left - 1, on);
    return Spin.steps(below, 10);
  }

  /** Has frames of another size. */
  private record Wide(long seed) implements Step {
    @Override
    public long down(int left, long x) {
      if (left <= 0) {
        return bottom(x);
      }
      long a = x + seed;
      long b = a * 3;
      long c = b ^ a;
      double d = c * 0.5;
      LongBinaryOperator through = (y, z) -> plain(left - 2, y ^ z);
      long below = left % 2 == 0 ? plain(left - 1, c) : through.applyAsLong(a, b);
      return Spin.steps(below + a + b + c + (long) d, 10);
    }
  }

  private static long bottom(long x) {
    return Spin.steps(x, bottomSteps);
  }
}
