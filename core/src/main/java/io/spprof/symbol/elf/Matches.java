package io.spprof.symbol.elf;

import java.util.Arrays;

/**
 * The symbols that were found for a batch of addresses in ascending order. For each address: the
 * name of the symbol that covers it. If no symbol does: the last label (a symbol of size 0, see
 * {@link SymbolTable}) at the address or before it, unless another symbol ends between the two.
 */
final class Matches {

  static final int NONE = 0; // offset 0 of a table of strings is the empty name

  final long[] addresses;

  /** Offsets of the names of the covering symbols, or {@link #NONE}. */
  final int[] names;

  /** Begins of labels; -1 for none. */
  final long[] labels;

  /** Offsets of the labels' names. */
  final int[] labelNames;

  Matches(long[] addresses) {
    this.addresses = addresses;
    names = new int[addresses.length];
    labels = new long[addresses.length];
    labelNames = new int[addresses.length];
    Arrays.fill(labels, -1);
  }
}
