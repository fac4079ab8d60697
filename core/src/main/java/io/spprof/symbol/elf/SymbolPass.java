package io.spprof.symbol.elf;

import java.io.IOException;
import java.util.Arrays;

/**
 * Finds the symbols of a batch of addresses in one pass over the table, without an index. Of the
 * symbols that cover an address, the innermost one is taken: the one that begins last.
 */
final class SymbolPass implements SymbolTable.Visitor {

  /** So many covering symbols for each address, on average, mean a damaged file. */
  private static final int MOST_COVERING = 256;

  private final SymbolTable table;
  private final Matches matches;
  private final long[] addresses;
  private final long[] begins;
  private final long[] sizes;
  private final int[] bindings;
  private final int[] labelBindings;
  private final long[] ends; // the last end of a symbol between the address before and this one
  private long covering;

  private SymbolPass(SymbolTable table, Matches matches) {
    this.table = table;
    this.matches = matches;
    addresses = matches.addresses;
    begins = new long[addresses.length];
    sizes = new long[addresses.length];
    bindings = new int[addresses.length];
    labelBindings = new int[addresses.length];
    ends = new long[addresses.length];
    Arrays.fill(ends, -1);
  }

  static void find(SymbolTable table, Matches matches) throws IOException {
    SymbolPass pass = new SymbolPass(table, matches);
    table.visit(pass);
    pass.passOn();
  }

  @Override
  public void symbol(long begin, long size, int binding, int name) throws IOException {
    int first = ceiling(begin);
    if (size == 0) {
      label(first, begin, binding, name);
      return;
    }
    long end = begin + size;
    int at = first;
    for (; at < addresses.length && addresses[at] < end; at++) {
      if (++covering > (long) MOST_COVERING * addresses.length) {
        throw new ElfException("too many symbols at one address");
      }
      if (matches.names[at] == Matches.NONE || better(begin, size, binding, name, at)) {
        matches.names[at] = name;
        begins[at] = begin;
        sizes[at] = size;
        bindings[at] = binding;
      }
    }
    if (at < addresses.length) {
      ends[at] = Math.max(ends[at], end);
    }
  }

  private boolean better(long begin, long size, int binding, int name, int at) throws IOException {
    if (begin != begins[at]) {
      return begin > begins[at];
    }
    if (size != sizes[at]) {
      return size > sizes[at];
    }
    return table.better(binding, name, bindings[at], matches.names[at]);
  }

  private void label(int at, long begin, int binding, int name) throws IOException {
    if (at == addresses.length || begin < matches.labels[at]) {
      return;
    }
    if (begin > matches.labels[at]
        || table.better(binding, name, labelBindings[at], matches.labelNames[at])) {
      matches.labels[at] = begin;
      matches.labelNames[at] = name;
      labelBindings[at] = binding;
    }
  }

  /**
   * Each label and each end was entered at the first address after it. Passes them on to the later
   * addresses, and removes the labels that another symbol separates from the address.
   */
  private void passOn() {
    long[] labels = matches.labels;
    for (int at = 1; at < addresses.length; at++) {
      ends[at] = Math.max(ends[at], ends[at - 1]);
      if (labels[at - 1] > labels[at]) {
        labels[at] = labels[at - 1];
        matches.labelNames[at] = matches.labelNames[at - 1];
      }
    }
    for (int at = 0; at < addresses.length; at++) {
      if (labels[at] < ends[at]) {
        labels[at] = -1;
      }
    }
  }

  /** Returns the first address at {@code begin} or after it. */
  private int ceiling(long begin) {
    int low = 0;
    int high = addresses.length;
    while (low < high) {
      int middle = low + high >>> 1;
      if (addresses[middle] < begin) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
