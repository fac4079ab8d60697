package io.spprof.collect;

import io.spprof.profile.HotMethod;
import io.spprof.profile.ProfileMethod;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The CPU time of each method, added up over samples, by the number that {@link MethodTable} gives
 * a method. Used by one thread at a time.
 */
final class MethodSums {

  /** The length of the list of the hottest methods. */
  static final int HOTTEST = 20;

  /** Bytes of a method's sums. */
  static final int METHOD_BYTES = 3 * Long.BYTES + Integer.BYTES;

  private long[] selfNanos;
  private long[] totalNanos;
  private long[] selfSamples;
  private int[] lastCount;
  private int counts;

  MethodSums(int capacity) {
    selfNanos = new long[capacity];
    totalNanos = new long[capacity];
    selfSamples = new long[capacity];
    lastCount = new int[capacity];
  }

  /** Returns for how many methods there is room. */
  int capacity() {
    return selfNanos.length;
  }

  void grow(int capacity) {
    // The length of the column "selfNanos" is the capacity of all columns, so this column grows
    // last.
    lastCount = Arrays.copyOf(lastCount, capacity);
    selfSamples = Arrays.copyOf(selfSamples, capacity);
    totalNanos = Arrays.copyOf(totalNanos, capacity);
    selfNanos = Arrays.copyOf(selfNanos, capacity);
  }

  /**
   * Adds samples with the same stack. A method counts once, even if it recurs.
   *
   * @param methods the methods of the stack, the leaf first
   * @param depth the number of methods
   * @param samples the number of samples
   * @param cpuNanos the CPU time that the samples stand for, in nanoseconds
   */
  void count(int[] methods, int depth, long samples, long cpuNanos) {
    counts++;
    selfNanos[methods[0]] += cpuNanos;
    selfSamples[methods[0]] += samples;
    for (int i = 0; i < depth; i++) {
      int method = methods[i];
      if (lastCount[method] != counts) {
        lastCount[method] = counts;
        totalNanos[method] += cpuNanos;
      }
    }
  }

  /**
   * Copies the sums of some methods into sums of the same capacity.
   *
   * @param numbers the methods to copy, in the order of their new numbers
   * @param count the number of methods to copy
   */
  MethodSums some(int[] numbers, int count) {
    MethodSums some = new MethodSums(capacity());
    for (int now = 0; now < count; now++) {
      some.selfNanos[now] = selfNanos[numbers[now]];
      some.totalNanos[now] = totalNanos[numbers[now]];
      some.selfSamples[now] = selfSamples[numbers[now]];
      some.lastCount[now] = lastCount[numbers[now]];
    }
    some.counts = counts;
    return some;
  }

  /**
   * Returns the methods with the most self time, the hottest first. The method inserts into a short
   * list with plain loops: it runs seldom, so it is not compiled.
   *
   * @param size the number of methods
   * @param most the length of the list
   */
  int[] hottest(int size, int most) {
    int[] top = new int[most];
    int count = 0;
    for (int method = 0; method < size; method++) {
      long nanos = selfNanos[method];
      if (nanos == 0 || count == most && nanos <= selfNanos[top[count - 1]]) {
        continue;
      }
      int at = count < most ? count++ : count - 1;
      for (; at > 0 && selfNanos[top[at - 1]] < nanos; at--) {
        top[at] = top[at - 1];
      }
      top[at] = method;
    }
    return Arrays.copyOf(top, count);
  }

  /**
   * Returns the methods with the most self time, with their names and their shares.
   *
   * @param methods the methods by number
   * @param allNanos the CPU time of all samples, in nanoseconds
   * @return at most {@link #HOTTEST} methods, the hottest first
   */
  List<HotMethod> list(List<ProfileMethod> methods, long allNanos) {
    List<HotMethod> list = new ArrayList<>();
    for (int method : hottest(methods.size(), HOTTEST)) {
      list.add(
          new HotMethod(
              methods.get(method).name(),
              percent(selfNanos[method], allNanos),
              percent(totalNanos[method], allNanos),
              selfSamples[method]));
    }
    return List.copyOf(list);
  }

  private static double percent(long nanos, long all) {
    return all == 0 ? 0 : 100.0 * nanos / all;
  }
}
