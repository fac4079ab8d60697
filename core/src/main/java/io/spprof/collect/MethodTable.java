package io.spprof.collect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All methods by name, with the CPU time spent in each, from which the hottest methods are chosen.
 * Overloads are one method, and so are methods with the same name that several class loaders
 * loaded. The table also has an entry for each synthetic frame ({@link WalkResult}).
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class MethodTable {

  /** The name for a frame whose method has no id and therefore cannot be named. */
  static final String NO_METHOD = "[unknown method]";

  /**
   * The name for a method whose class was unloaded before the profiler asked for the method's name.
   */
  static final String UNLOADED = "[unloaded method]";

  /** The name for all methods for which the budget had no room. */
  static final String OTHERS = "[other methods]";

  /** The length of the list of the hottest methods. */
  static final int HOTTEST = 20;

  private static final int FIRST_CAPACITY = 1024;
  private static final int KEPT_FOR_SYNTHETIC = 64;
  private static final int COLUMN_BYTES = 3 * Long.BYTES + Integer.BYTES;
  private static final int NAME_BYTES = 128; // String, its array's header, list slot, map entry

  private final MemoryBudget budget;
  private List<String> names = new ArrayList<>();
  private Map<String, Integer> byName = new HashMap<>();

  private long[] selfNanos = new long[FIRST_CAPACITY];
  private long[] totalNanos = new long[FIRST_CAPACITY];
  private long[] selfSamples = new long[FIRST_CAPACITY];
  private int[] lastSample = new int[FIRST_CAPACITY];
  private int sample;

  MethodTable(MemoryBudget budget) {
    this.budget = budget;
    budget.take((long) FIRST_CAPACITY * COLUMN_BYTES);
  }

  /**
   * Prepares the removal of methods, with their names and times. Before this, {@link MethodNumbers}
   * must have forgotten all numbers.
   *
   * @param kept whether a method stays, by its number
   * @param methods receives the new number of each method that stays
   * @return the action that makes the removal, which cannot fail
   */
  Runnable keeping(boolean[] kept, int[] methods) {
    List<String> keptNames = new ArrayList<>();
    Map<String, Integer> keptByName = new HashMap<>();
    long[] keptSelf = new long[selfNanos.length];
    long[] keptTotal = new long[selfNanos.length];
    long[] keptSamples = new long[selfNanos.length];
    int[] keptLast = new int[selfNanos.length];
    long freed = 0;
    for (int method = 0; method < names.size(); method++) {
      String name = names.get(method);
      if (kept[method]) {
        int now = keptNames.size();
        methods[method] = now;
        keptSelf[now] = selfNanos[method];
        keptTotal[now] = totalNanos[method];
        keptSamples[now] = selfSamples[method];
        keptLast[now] = lastSample[method];
        keptNames.add(name);
        keptByName.put(name, now);
      } else {
        freed += NAME_BYTES + name.length();
      }
    }
    long bytes = freed;
    return () -> {
      names = keptNames;
      byName = keptByName;
      lastSample = keptLast;
      selfSamples = keptSamples;
      totalNanos = keptTotal;
      selfNanos = keptSelf;
      budget.giveBack(bytes);
    };
  }

  /**
   * Returns the number of a synthetic method. The table keeps some room for synthetic methods, also
   * when it has no room for other methods.
   */
  int synthetic(String name) {
    Integer known = byName.get(name);
    if (known != null) {
      return known;
    }
    budget.take(NAME_BYTES + name.length()); // There are at most a few dozen of these names.
    return add(name);
  }

  /** Adds a sample to the times of the methods of its stack. The method at the leaf comes first. */
  void count(int[] methods, int depth, long cpuNanos) {
    sample++;
    selfNanos[methods[0]] += cpuNanos;
    selfSamples[methods[0]]++;
    for (int i = 0; i < depth; i++) {
      int method = methods[i];
      if (lastSample[method]
          != sample) { // A method counts once for each sample, even if it recurs.
        lastSample[method] = sample;
        totalNanos[method] += cpuNanos;
      }
    }
  }

  String name(int method) {
    return names.get(method);
  }

  List<String> names() {
    return List.copyOf(names);
  }

  int size() {
    return names.size();
  }

  long selfNanos(int method) {
    return selfNanos[method];
  }

  long totalNanos(int method) {
    return totalNanos[method];
  }

  long selfSamples(int method) {
    return selfSamples[method];
  }

  /**
   * Returns the methods with the most self time, the hottest first. The method inserts into a short
   * list with plain loops: it runs seldom, so it is not compiled, and the first stop of a session
   * waits for it.
   */
  int[] hottest(int most) {
    int[] top = new int[most];
    int count = 0;
    for (int method = 0; method < names.size(); method++) {
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
   * Returns the number of a method. Returns the number of {@link #OTHERS} if there is no room for a
   * new method.
   */
  int of(String name) {
    Integer known = byName.get(name);
    if (known != null) {
      return known;
    }
    boolean room = names.size() < selfNanos.length - KEPT_FOR_SYNTHETIC || growColumns();
    return room && budget.take(NAME_BYTES + name.length()) ? add(name) : synthetic(OTHERS);
  }

  private int add(String name) {
    names.add(name);
    byName.put(name, names.size() - 1);
    return names.size() - 1;
  }

  private boolean growColumns() {
    int capacity = 2 * selfNanos.length;
    if (!budget.takeForGrowth((long) capacity * COLUMN_BYTES)) {
      return false;
    }
    // The length of the column "selfNanos" is the capacity of all columns, so this column grows
    // last.
    lastSample = Arrays.copyOf(lastSample, capacity);
    selfSamples = Arrays.copyOf(selfSamples, capacity);
    totalNanos = Arrays.copyOf(totalNanos, capacity);
    selfNanos = Arrays.copyOf(selfNanos, capacity);
    return true;
  }
}
