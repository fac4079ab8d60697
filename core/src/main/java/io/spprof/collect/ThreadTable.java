package io.spprof.collect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The names of threads. The native side identifies a thread by its serial number within the
 * session; this table gives each name a number. Threads with the same name share a number. A thread
 * that is renamed has another number from then on. If the budget has no room for more names,
 * threads with new names share one common name.
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class ThreadTable {

  /** The common name of the threads for which there was no room. */
  static final String OTHERS = "[other threads]";

  private static final int SERIAL_BYTES = 2 * Integer.BYTES;
  private static final int ENTRY_BYTES = 128; // String, its bytes, Integer, HashMap node, list slot

  private final MemoryBudget budget;
  private Map<String, Integer> numbers = new HashMap<>();
  private List<String> names = new ArrayList<>();
  private int[] numberOfSerial = new int[256]; // number + 1
  private int[] namedIn = new int[256]; // the value of {@code time} when the thread was named
  private int time; // number of removals

  ThreadTable(MemoryBudget budget) {
    this.budget = budget;
    budget.take((long) numberOfSerial.length * SERIAL_BYTES);
  }

  /** Sets the name of the thread with a serial number, for its later samples. */
  void named(int serial, String name) {
    if (serial >= numberOfSerial.length && !grow(serial)) {
      return;
    }
    numberOfSerial[serial] = number(name) + 1;
    namedIn[serial] = time;
  }

  /**
   * Returns the number under which the samples of a thread are recorded, by the serial number of
   * the thread.
   */
  int number(int serial) {
    if (serial >= numberOfSerial.length && !grow(serial)) {
      return number(OTHERS);
    }
    if (numberOfSerial[serial] == 0) {
      named(serial, "[thread " + serial + "]"); // The ring had no room for the name of this thread.
    }
    return numberOfSerial[serial] - 1;
  }

  /**
   * Prepares the removal of the names that no sample refers to and whose threads have ended. A
   * thread counts as alive if its name was reported since the last removal, because the names of
   * living threads are reported again after each removal.
   *
   * @param kept whether a name stays in any case, by its number; the method adds the names of
   *     living threads
   * @param renumbered receives the new number of each name that stays
   * @return the action that makes the removal, which cannot fail
   */
  Runnable keeping(boolean[] kept, int[] renumbered) {
    int[] ofSerial = new int[numberOfSerial.length];
    for (int serial = 0; serial < numberOfSerial.length; serial++) {
      if (numberOfSerial[serial] != 0 && namedIn[serial] == time) {
        kept[numberOfSerial[serial] - 1] = true;
      }
    }
    List<String> keptNames = new ArrayList<>();
    Map<String, Integer> keptNumbers = new HashMap<>();
    long freed = 0;
    for (int number = 0; number < kept.length; number++) {
      String name = names.get(number);
      if (kept[number]) {
        renumbered[number] = keptNames.size();
        keptNumbers.put(name, keptNames.size());
        keptNames.add(name);
      } else if (!name.equals(
          OTHERS)) { // The bytes of the common name were not taken from the budget.
        freed += bytes(name);
      }
    }
    for (int serial = 0; serial < numberOfSerial.length; serial++) {
      int number = numberOfSerial[serial] - 1;
      ofSerial[serial] = number >= 0 && kept[number] ? renumbered[number] + 1 : 0;
    }
    long bytes = freed;
    return () -> {
      names = keptNames;
      numbers = keptNumbers;
      numberOfSerial = ofSerial;
      time++;
      budget.giveBack(bytes);
    };
  }

  private static long bytes(String name) {
    return ENTRY_BYTES + 2L * name.length();
  }

  int size() {
    return names.size();
  }

  List<String> names() {
    return List.copyOf(names);
  }

  private int number(String name) {
    Integer known = numbers.get(name);
    if (known != null) {
      return known;
    }
    if (!name.equals(OTHERS) && !budget.take(bytes(name))) {
      return number(OTHERS);
    }
    names.add(name);
    numbers.put(name, names.size() - 1);
    return names.size() - 1;
  }

  private boolean grow(int serial) {
    int capacity = Math.max(2 * numberOfSerial.length, Integer.highestOneBit(serial) * 2);
    if (capacity < 0 || !budget.take((long) capacity * SERIAL_BYTES)) {
      return false;
    }
    budget.giveBack((long) numberOfSerial.length * SERIAL_BYTES);
    namedIn = Arrays.copyOf(namedIn, capacity);
    numberOfSerial = Arrays.copyOf(numberOfSerial, capacity);
    return true;
  }
}
