package io.spprof.collect;

/** Open addressing with linear probing: what the tables of numbers share. */
final class Hashing {

  private Hashing() {}

  /** MurmurHash3's finalizer (Appleby, public domain): spreads what a sum left in the high bits. */
  static int mix(int hash) {
    int h = (hash ^ hash >>> 16) * 0x85ebca6b;
    h = (h ^ h >>> 13) * 0xc2b2ae35;
    return h ^ h >>> 16;
  }

  /** The first free slot for a hash in an index that has one; 0 is free. */
  static int freeSlot(int[] index, int hash) {
    int mask = index.length - 1;
    int slot = hash & mask;
    while (index[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
