package io.spprof.collect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which name a thread goes by. Threads of one name share a number; one that is renamed has another
 * from then on. When the budget leaves no room for more, threads are filed under one common name.
 *
 * <p>Used by the collector's thread only, or under its lock.
 */
final class ThreadTable {

  /** What stands for threads that there was no room for. */
  static final String OTHERS = "[other threads]";

  private static final int ENTRY_BYTES = 128; // String, its bytes, Integer, HashMap node, list slot

  private final MemoryBudget budget;
  private final Map<String, Integer> numbers = new HashMap<>();
  private final List<String> names = new ArrayList<>();
  private int[] numberOfSerial = new int[256]; // number + 1

  ThreadTable(MemoryBudget budget) {
    this.budget = budget;
    budget.take((long) numberOfSerial.length * Integer.BYTES);
  }

  /** The thread with this serial number is called so from now on. */
  void named(int serial, String name) {
    if (serial >= numberOfSerial.length && !grow(serial)) {
      return;
    }
    numberOfSerial[serial] = number(name) + 1;
  }

  /** The number that samples of this thread are filed under. */
  int number(int serial) {
    if (serial >= numberOfSerial.length && !grow(serial)) {
      return number(OTHERS);
    }
    if (numberOfSerial[serial] == 0) {
      named(serial, "[thread " + serial + "]"); // the ring had no room for its name
    }
    return numberOfSerial[serial] - 1;
  }

  List<String> names() {
    return List.copyOf(names);
  }

  private int number(String name) {
    Integer known = numbers.get(name);
    if (known != null) {
      return known;
    }
    if (!name.equals(OTHERS) && !budget.take(ENTRY_BYTES + 2L * name.length())) {
      return number(OTHERS);
    }
    names.add(name);
    numbers.put(name, names.size() - 1);
    return names.size() - 1;
  }

  private boolean grow(int serial) {
    int capacity = Math.max(2 * numberOfSerial.length, Integer.highestOneBit(serial) * 2);
    if (capacity < 0 || !budget.take((long) capacity * Integer.BYTES)) {
      return false;
    }
    budget.giveBack((long) numberOfSerial.length * Integer.BYTES);
    numberOfSerial = Arrays.copyOf(numberOfSerial, capacity);
    return true;
  }
}
