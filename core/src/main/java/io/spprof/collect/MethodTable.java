package io.spprof.collect;

import io.spprof.profile.FrameKind;
import io.spprof.profile.HotMethod;
import io.spprof.profile.ProfileMethod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All methods by name, with the CPU time spent in each, from which the hottest methods are chosen.
 * Overloads are one method, and so are methods with the same name that several class loaders
 * loaded. The table also has an entry for each function of native code, each system call and each
 * synthetic frame ({@link WalkResult}).
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

  private static final int FIRST_CAPACITY = 1024;
  private static final int KEPT_FOR_SYNTHETIC = 64;
  private static final int NAME_BYTES = 168; // String, its array's header, method, item, map entry

  private final MemoryBudget budget;
  private List<ProfileMethod> methods = new ArrayList<>();
  private Map<String, Integer> byName = new HashMap<>();

  private MethodSums sums = new MethodSums(FIRST_CAPACITY);

  MethodTable(MemoryBudget budget) {
    this.budget = budget;
    budget.take((long) FIRST_CAPACITY * MethodSums.METHOD_BYTES);
  }

  /**
   * Prepares the removal of methods, with their names and times. Before this, {@link MethodNumbers}
   * must have forgotten all numbers.
   *
   * @param kept whether a method stays, by its number
   * @param renumbered receives the new number of each method that stays
   * @return the action that makes the removal, which cannot fail
   */
  Runnable keeping(boolean[] kept, int[] renumbered) {
    List<ProfileMethod> keptMethods = new ArrayList<>();
    Map<String, Integer> keptByName = new HashMap<>();
    int[] old = new int[methods.size()];
    long freed = 0;
    for (int method = 0; method < methods.size(); method++) {
      String name = name(method);
      if (kept[method]) {
        renumbered[method] = keptMethods.size();
        old[keptMethods.size()] = method;
        keptByName.put(name, keptMethods.size());
        keptMethods.add(methods.get(method));
      } else {
        freed += NAME_BYTES + name.length();
      }
    }
    MethodSums keptSums = sums.some(old, keptMethods.size());
    long bytes = freed;
    return () -> {
      methods = keptMethods;
      byName = keptByName;
      sums = keptSums;
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
    return add(new ProfileMethod(name, FrameKind.SYNTHETIC));
  }

  /** Adds a sample to the times of the methods of its stack. The method at the leaf comes first. */
  void count(int[] stack, int depth, long cpuNanos) {
    sums.count(stack, depth, 1, cpuNanos);
  }

  /** Returns the times of the methods since the session's start. */
  MethodSums sums() {
    return sums;
  }

  /**
   * Returns the methods with the most self time since the session's start.
   *
   * @param allNanos the CPU time of all samples, in nanoseconds
   * @return at most {@link MethodSums#HOTTEST} methods, the hottest first
   */
  List<HotMethod> hottest(long allNanos) {
    return sums.list(methods, allNanos);
  }

  String name(int method) {
    return methods.get(method).name();
  }

  List<ProfileMethod> methods() {
    return List.copyOf(methods);
  }

  int size() {
    return methods.size();
  }

  /**
   * Returns the number of a method. Returns the number of {@link #OTHERS} if there is no room for a
   * new method. If several methods have one name, the kind and the address of the first hold.
   */
  int of(ProfileMethod method) {
    String name = method.name();
    Integer known = byName.get(name);
    if (known != null) {
      return known;
    }
    boolean room = methods.size() < sums.capacity() - KEPT_FOR_SYNTHETIC || growColumns();
    return room && budget.take(NAME_BYTES + name.length()) ? add(method) : synthetic(OTHERS);
  }

  /** Adds a method whose bytes were taken. */
  private int add(ProfileMethod method) {
    int number = methods.size();
    String name = method.name();
    boolean done = false;
    try {
      methods.add(method);
      byName.put(name, number);
      done = true;
    } finally {
      if (!done
          && !byName.containsKey(name)) { // A map that fails to grow has the entry all the same.
        budget.giveBack(NAME_BYTES + name.length());
        methods.subList(number, methods.size()).clear();
      }
    }
    return number;
  }

  private boolean growColumns() {
    int capacity = 2 * sums.capacity();
    long bytes = (long) capacity * MethodSums.METHOD_BYTES;
    return budget.grow(bytes / 2, bytes, () -> sums.grow(capacity));
  }
}
