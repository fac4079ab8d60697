package io.spprof.collect;

/**
 * Finds the entry of a table by the hash of its key. The table has the keys. The index has only the
 * numbers of entries, in an array of ints, so it makes no object for an entry. Two keys with the
 * same cell are resolved by open addressing with linear probing. The index has two cells for each
 * entry that the table has room for, so some cells are always free.
 *
 * <pre>
 *   for (int at = index.first(hash); index.entry(at) &gt;= 0; at = index.next(at)) {
 *     ... the key of entry(at) is either the wanted key or another one with a close hash
 *   }
 * </pre>
 *
 * <p>Used by one thread at a time.
 */
final class HashIndex {

  private static final int CELLS = 2; // number of cells for each entry

  /** Bytes of the index for each entry that the table has room for. */
  static final int ENTRY_BYTES = CELLS * Integer.BYTES;

  private final int[] cells; // entry + 1; 0 is free

  /**
   * Creates an empty index.
   *
   * @param capacity the number of entries that the table has room for, a power of two
   */
  HashIndex(int capacity) {
    cells = new int[CELLS * capacity];
  }

  /** Returns the first cell of a hash. */
  int first(int hash) {
    return hash & cells.length - 1;
  }

  /** Returns the cell to examine after {@code cell}. */
  int next(int cell) {
    return cell + 1 & cells.length - 1;
  }

  /** Returns the entry in a cell; -1 if the cell is free. */
  int entry(int cell) {
    return cells[cell] - 1;
  }

  /** Adds an entry that the index does not contain yet. */
  void add(int hash, int entry) {
    int cell = first(hash);
    while (cells[cell] != 0) {
      cell = next(cell);
    }
    cells[cell] = entry + 1;
  }

  /**
   * Spreads the bits of a hash over all bits, by MurmurHash3's finalizer (Appleby, public domain).
   */
  static int mix(int hash) {
    int h = (hash ^ hash >>> 16) * 0x85ebca6b;
    h = (h ^ h >>> 13) * 0xc2b2ae35;
    return h ^ h >>> 16;
  }

  /** Returns the hash of a key that fits into a long, by Fibonacci hashing (Knuth vol. 3, 6.4). */
  static int fibonacci(long key) {
    return (int) (key * 0x9E3779B97F4A7C15L >>> 32);
  }
}
