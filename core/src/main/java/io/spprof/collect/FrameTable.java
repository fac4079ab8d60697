package io.spprof.collect;

import io.spprof.symbol.SymbolResolver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers for frames: methods by the JVM's id, each named when it is first seen, and synthetic
 * frames by name. Beside each, the CPU time that was spent in it, for the hottest methods.
 *
 * <p>Used by the collector's thread only, or under its lock.
 */
final class FrameTable {

  /** A frame whose method had no id, which the walker cannot tell. */
  static final String NO_METHOD = "[unknown method]";

  /** A method whose class was unloaded before it was named. */
  static final String UNLOADED = "[unloaded method]";

  /** A method that the budget left no room for. */
  static final String OTHERS = "[other methods]";

  private static final int FIRST_CAPACITY = 1024;
  private static final int KEPT_FOR_SYNTHETIC = 64;
  private static final int COLUMN_BYTES = 3 * Long.BYTES + Integer.BYTES;
  private static final int INDEX_BYTES = Long.BYTES + Integer.BYTES;
  private static final int NAME_BYTES = 128; // String, its array's header, list slot, map entry

  private final MemoryBudget budget;
  private final SymbolResolver resolver;
  private final List<String> names = new ArrayList<>();
  private final Map<String, Integer> byName = new HashMap<>();

  private long[] methods = new long[2 * FIRST_CAPACITY]; // open addressing; 0 is free
  private int[] numbers = new int[2 * FIRST_CAPACITY];
  private int methodCount;
  private int[] ofNumber = new int[FIRST_CAPACITY]; // frame + 1

  private long[] selfNanos = new long[FIRST_CAPACITY];
  private long[] totalNanos = new long[FIRST_CAPACITY];
  private long[] selfSamples = new long[FIRST_CAPACITY];
  private int[] lastSample = new int[FIRST_CAPACITY];
  private int sample;

  FrameTable(MemoryBudget budget, SymbolResolver resolver) {
    this.budget = budget;
    this.resolver = resolver;
    budget.take((long) FIRST_CAPACITY * (COLUMN_BYTES + 2 * INDEX_BYTES + Integer.BYTES));
  }

  int ofMethod(long method) {
    if (method == 0) {
      return synthetic(NO_METHOD);
    }
    int mask = methods.length - 1;
    int slot = hash(method) & mask;
    for (; methods[slot] != 0; slot = (slot + 1) & mask) {
      if (methods[slot] == method) {
        return numbers[slot];
      }
    }
    return newMethod(method);
  }

  /** A method that the walker has numbered is called so; numbers grow from 1. */
  void named(int number, String name) {
    if (number >= ofNumber.length && !growNumbers(number)) {
      return;
    }
    boolean room = names.size() < selfNanos.length - KEPT_FOR_SYNTHETIC || growColumns();
    ofNumber[number] = (room ? named(name) : synthetic(OTHERS)) + 1;
  }

  /** The frame of a method by the walker's number. */
  int ofNumber(int number) {
    return number >= ofNumber.length || ofNumber[number] == 0
        ? synthetic(OTHERS)
        : ofNumber[number] - 1;
  }

  int synthetic(String name) {
    Integer known = byName.get(name);
    if (known != null) {
      return known;
    }
    // There are a few dozen of them at most: they have room even when methods have none.
    budget.take(NAME_BYTES + name.length());
    names.add(name);
    byName.put(name, names.size() - 1);
    return names.size() - 1;
  }

  /** Counts a sample for the hottest methods; frames leaf first. */
  void count(int[] frames, int depth, long cpuNanos) {
    sample++;
    selfNanos[frames[0]] += cpuNanos;
    selfSamples[frames[0]]++;
    for (int i = 0; i < depth; i++) {
      int frame = frames[i];
      if (lastSample[frame] != sample) { // once a sample, however often it recurs
        lastSample[frame] = sample;
        totalNanos[frame] += cpuNanos;
      }
    }
  }

  String name(int frame) {
    return names.get(frame);
  }

  List<String> names() {
    return List.copyOf(names);
  }

  int size() {
    return names.size();
  }

  long selfNanos(int frame) {
    return selfNanos[frame];
  }

  long totalNanos(int frame) {
    return totalNanos[frame];
  }

  long selfSamples(int frame) {
    return selfSamples[frame];
  }

  private int newMethod(long method) {
    boolean room = names.size() < selfNanos.length - KEPT_FOR_SYNTHETIC || growColumns();
    if (room && 2 * methodCount >= methods.length) {
      room = growIndex();
    }
    if (!room) {
      return synthetic(OTHERS);
    }
    String name = resolver.name(method);
    int number = named(name == null ? UNLOADED : name);
    put(method, number);
    methodCount++;
    return number;
  }

  /** One frame for overloads, and for what several loaders loaded: they read the same. */
  private int named(String name) {
    Integer known = byName.get(name);
    if (known != null) {
      return known;
    }
    if (!budget.take(NAME_BYTES + name.length())) {
      return synthetic(OTHERS);
    }
    names.add(name);
    byName.put(name, names.size() - 1);
    return names.size() - 1;
  }

  private boolean growNumbers(int number) {
    int capacity = Math.max(2 * ofNumber.length, Integer.highestOneBit(number) * 2);
    if (capacity < 0 || !budget.take((long) capacity * Integer.BYTES)) {
      return false;
    }
    budget.giveBack((long) ofNumber.length * Integer.BYTES);
    ofNumber = Arrays.copyOf(ofNumber, capacity);
    return true;
  }

  private void put(long method, int number) {
    int mask = methods.length - 1;
    int slot = hash(method) & mask;
    while (methods[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    methods[slot] = method;
    numbers[slot] = number;
  }

  private boolean growIndex() {
    int capacity = 2 * methods.length;
    if (!takeForGrowth(capacity, INDEX_BYTES)) {
      return false;
    }
    // Both, then the change: a heap without room for the second leaves the table as it is.
    long[] newMethods = new long[capacity];
    int[] newNumbers = new int[capacity];
    long[] oldMethods = methods;
    int[] oldNumbers = numbers;
    methods = newMethods;
    numbers = newNumbers;
    for (int i = 0; i < oldMethods.length; i++) {
      if (oldMethods[i] != 0) {
        put(oldMethods[i], oldNumbers[i]);
      }
    }
    return true;
  }

  private boolean growColumns() {
    int capacity = 2 * selfNanos.length;
    if (!takeForGrowth(capacity, COLUMN_BYTES)) {
      return false;
    }
    // The column whose length stands for all comes last.
    lastSample = Arrays.copyOf(lastSample, capacity);
    selfSamples = Arrays.copyOf(selfSamples, capacity);
    totalNanos = Arrays.copyOf(totalNanos, capacity);
    selfNanos = Arrays.copyOf(selfNanos, capacity);
    return true;
  }

  private boolean takeForGrowth(int capacity, int bytesEach) {
    long bytes = (long) capacity * bytesEach;
    if (!budget.take(bytes)) {
      return false;
    }
    budget.giveBack(bytes / 2);
    return true;
  }

  private static int hash(long method) {
    long h = method * 0x9E3779B97F4A7C15L; // Fibonacci hashing, Knuth vol. 3, 6.4
    return (int) (h >>> 32);
  }
}
