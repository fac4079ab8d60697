package io.spprof.collect;

import java.util.Arrays;

/**
 * A table as in table.c, in which the stack walker remembers the definitions of names that it wrote
 * to the ring and need not write again. If a key gets another meaning, the new definition replaces
 * the entry. Otherwise entries stay until the whole table is cleared. The walker writes a
 * definition every time if it finds no room in the table.
 */
final class DefinitionTable {

  private static final int TRIES = 8;

  private final long[] keys;
  private final long[] values; // check << 32 | number

  /** Creates a table with this number of entries, a power of two. */
  DefinitionTable(int entries) {
    keys = new long[entries];
    values = new long[entries];
  }

  /** Returns the number of a definition, or 0 if it was not written. */
  int find(long key, int check) {
    for (int i = 0; i < TRIES; i++) {
      int at = at(key, i);
      if (keys[at] == key) {
        return (int) (values[at] >>> 32) == check ? (int) values[at] : 0;
      }
    }
    return 0;
  }

  boolean hasRoom(long key) {
    for (int i = 0; i < TRIES; i++) {
      int at = at(key, i);
      if (keys[at] == key || keys[at] == 0) {
        return true;
      }
    }
    return false;
  }

  void clear() {
    Arrays.fill(keys, 0);
    Arrays.fill(values, 0);
  }

  void put(long key, int check, int number) {
    for (int i = 0; i < TRIES; i++) {
      int at = at(key, i);
      if (keys[at] == key || keys[at] == 0) {
        keys[at] = key;
        values[at] = (long) check << 32 | number;
        return;
      }
    }
  }

  private int at(long key, int attempt) {
    long hash = key * 0x9E3779B97F4A7C15L >>> 32;
    return (int) ((hash & ~1) + attempt & keys.length - 1);
  }
}
