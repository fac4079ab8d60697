package io.spprof.symbol.elf;

import java.io.IOException;
import java.util.Arrays;

/**
 * The symbols of a table in the order of their addresses, as disjoint stretches of code. A symbol
 * within another one divides the outer one into several stretches. So a search needs one comparison
 * a step, and finds the innermost symbol, as {@link SymbolPass} does.
 */
final class SymbolIndex {

  private static final int STRETCH_BYTES = 3 * Integer.BYTES;
  private static final int BUILD_BYTES = STRETCH_BYTES + 1; // with the binding
  private static final int HEADER_BYTES = 128; // of the object and its arrays

  /** Symbols with their begins, ends and names. All addresses are relative to the base. */
  private static final class Rows {
    int[] begins;
    int[] ends;
    int[] names;
    byte[] bindings;
    int count;

    Rows(int capacity) {
      begins = new int[capacity];
      ends = new int[capacity];
      names = new int[capacity];
      bindings = new byte[capacity];
    }

    void add(int begin, int end, int name, int binding) {
      begins[count] = begin;
      ends[count] = end;
      names[count] = name;
      bindings[count++] = (byte) binding;
    }

    void move(int from, int to) {
      begins[to] = begins[from];
      ends[to] = ends[from];
      names[to] = names[from];
      bindings[to] = bindings[from];
    }

    private void swap(int one, int other) {
      int begin = begins[one];
      int end = ends[one];
      int name = names[one];
      byte binding = bindings[one];
      move(other, one);
      begins[other] = begin;
      ends[other] = end;
      names[other] = name;
      bindings[other] = binding;
    }

    /** Sorts by begin, by heapsort: in place, and never slower than n log n. */
    void sort() {
      for (int parent = count / 2 - 1; parent >= 0; parent--) {
        sink(parent, count);
      }
      for (int end = count - 1; end > 0; end--) {
        swap(0, end);
        sink(0, end);
      }
    }

    private void sink(int from, int end) {
      int parent = from;
      for (int child = 2 * parent + 1; child < end; child = 2 * parent + 1) {
        if (child + 1 < end && less(child, child + 1)) {
          child++;
        }
        if (!less(parent, child)) {
          return;
        }
        swap(parent, child);
        parent = child;
      }
    }

    private boolean less(int one, int other) {
      return Integer.compareUnsigned(begins[one], begins[other]) < 0;
    }

    /** Of the symbols with one begin, keeps the best. */
    void chooseAliases(SymbolTable table) throws IOException {
      int kept = 0;
      for (int at = 1; at < count; at++) {
        if (begins[at] != begins[kept]) {
          move(at, ++kept);
        } else if (better(table, at, kept)) {
          move(at, kept);
        }
      }
      count = Math.min(count, kept + 1);
    }

    private boolean better(SymbolTable table, int one, int other) throws IOException {
      int larger = Integer.compareUnsigned(ends[one], ends[other]);
      return larger != 0
          ? larger > 0
          : table.better(bindings[one], names[one], bindings[other], names[other]);
    }

    boolean disjoint() {
      for (int at = 1; at < count; at++) {
        if (Integer.compareUnsigned(ends[at - 1], begins[at]) > 0) {
          return false;
        }
      }
      return true;
    }
  }

  /** Receives a stretch of a row's code that no inner row covers. */
  private interface Stretches {
    void stretch(int begin, int end, int name);
  }

  private final long base;
  private int[] begins;
  private int[] ends;
  private int[] names;
  private int[] labels;
  private int[] labelNames;

  private SymbolIndex(long base) {
    this.base = base;
  }

  /** Returns a bound that is enough for the index of almost every table. */
  static long mostBytes(SymbolTable table) {
    return 2 * (HEADER_BYTES + BUILD_BYTES * table.mostSymbols());
  }

  /**
   * Makes an index.
   *
   * @param mostBytes the bound of the heap that the index takes, also while it is made
   * @return null if there is not enough room
   */
  static SymbolIndex of(SymbolTable table, long mostBytes) throws IOException {
    SymbolIndex index = new SymbolIndex(table.base());
    int[] counts = new int[2];
    table.visit((begin, size, binding, name) -> counts[size == 0 ? 1 : 0]++);
    long bytes = HEADER_BYTES + (long) BUILD_BYTES * (counts[0] + counts[1]);
    if (2 * bytes > mostBytes) {
      return null; // the exact arrays are made beside the first ones
    }
    Rows sized = new Rows(counts[0]);
    Rows labels = new Rows(counts[1]);
    table.visit(
        (begin, size, binding, name) -> {
          long from = begin - index.base;
          long to = from + size;
          Rows rows = size == 0 ? labels : sized;
          if (rows.count < rows.begins.length) { // fewer, unless the file has changed
            rows.add((int) from, (int) to, name, binding);
          }
        });
    sized.sort();
    sized.chooseAliases(table);
    labels.sort();
    labels.chooseAliases(table);
    index.labels = Arrays.copyOf(labels.begins, labels.count);
    index.labelNames = Arrays.copyOf(labels.names, labels.count);
    if (sized.disjoint()) {
      index.begins = Arrays.copyOf(sized.begins, sized.count);
      index.ends = Arrays.copyOf(sized.ends, sized.count);
      index.names = Arrays.copyOf(sized.names, sized.count);
      return index;
    }
    return index.divide(sized, bytes, mostBytes) ? index : null;
  }

  private boolean divide(Rows rows, long bytes, long mostBytes) {
    int[] stack = new int[rows.count];
    int[] count = new int[1];
    divide(rows, stack, (begin, end, name) -> count[0]++);
    long more = (long) STRETCH_BYTES * count[0] + (long) Integer.BYTES * stack.length;
    if (bytes + more > mostBytes) {
      return false;
    }
    begins = new int[count[0]];
    ends = new int[count[0]];
    names = new int[count[0]];
    count[0] = 0;
    divide(
        rows,
        stack,
        (begin, end, name) -> {
          begins[count[0]] = begin;
          ends[count[0]] = end;
          names[count[0]++] = name;
        });
    return true;
  }

  /** Divides rows in the order of their begins. A row that begins later covers the ones before. */
  private static void divide(Rows rows, int[] open, Stretches stretches) {
    int depth = 0;
    int from = 0; // up to here all code is divided
    for (int row = 0; row <= rows.count; row++) {
      boolean last = row == rows.count;
      int begin = last ? -1 : rows.begins[row]; // -1 is the highest address
      while (depth > 0
          && (last || Integer.compareUnsigned(rows.ends[open[depth - 1]], begin) <= 0)) {
        int ended = open[--depth];
        if (Integer.compareUnsigned(from, rows.ends[ended]) < 0) {
          stretches.stretch(from, rows.ends[ended], rows.names[ended]);
          from = rows.ends[ended];
        }
      }
      if (depth > 0 && from != begin) {
        stretches.stretch(from, begin, rows.names[open[depth - 1]]);
      }
      if (!last) {
        open[depth++] = row;
        from = begin;
      }
    }
  }

  /** Returns the bytes of heap that the index holds. */
  long bytes() {
    return HEADER_BYTES + (long) STRETCH_BYTES * begins.length + 2L * Integer.BYTES * labels.length;
  }

  /** Finds the symbols of a batch. */
  void find(SymbolTable table, Matches matches) {
    for (int i = 0; i < matches.addresses.length; i++) {
      if (!table.reaches(matches.addresses[i])) {
        continue;
      }
      long within = matches.addresses[i] - base;
      int address = (int) within;
      int at = floor(begins, address);
      long end = at < 0 ? -1 : Integer.toUnsignedLong(ends[at]);
      if (within < end) {
        matches.names[i] = names[at];
        continue;
      }
      int label = floor(labels, address);
      if (label >= 0 && Integer.toUnsignedLong(labels[label]) >= end) {
        matches.labels[i] = base + Integer.toUnsignedLong(labels[label]);
        matches.labelNames[i] = labelNames[label];
      }
    }
  }

  /** Returns the last begin at an address or before it; -1 if there is none. */
  private static int floor(int[] sorted, int address) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = low + high >>> 1;
      if (Integer.compareUnsigned(sorted[middle], address) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}
