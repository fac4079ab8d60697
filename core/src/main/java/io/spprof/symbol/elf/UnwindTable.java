package io.spprof.symbol.elf;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Finds where the function begins that contains an address, by the library's table of call frame
 * information (Linux Standard Base, Core, chapter 10.6). {@code .eh_frame_hdr} has the beginnings
 * of all functions, sorted; the entry in {@code .eh_frame} has the length of the function's code.
 * Nothing is kept in memory: a binary search reads from the file.
 */
final class UnwindTable {

  private static final int DATAREL_SDATA4 = 0x3b;
  private static final int UDATA4 = 0x03;
  private static final int OMITTED = 0xff;
  private static final int ENTRY_BYTES = 8;
  private static final int MOST_CIE_BYTES = 256;

  private final ElfFile file;
  private long address; // of .eh_frame_hdr, to which the entries are relative
  private long entries; // where the file has the entries
  private long count; // of entries; 0 if there is no table that can be read

  UnwindTable(ElfFile file) throws IOException {
    this.file = file;
    ElfFile.Segment header = file.segment(ElfFile.PT_GNU_EH_FRAME);
    if (header == null || header.size() < 4) {
      return;
    }
    Source source = file.source();
    long at = header.offset();
    if (source.unsignedByte(at) != 1
        || source.unsignedByte(at + 2) != UDATA4
        || source.unsignedByte(at + 3) != DATAREL_SDATA4) {
      return;
    }
    int pointer = source.unsignedByte(at + 1);
    int pointerBytes = pointer == OMITTED ? 0 : size(pointer);
    if (pointerBytes < 0 || header.size() < 8 + pointerBytes) {
      return;
    }
    address = header.address();
    entries = at + 8 + pointerBytes;
    long room = (header.size() - 8 - pointerBytes) / ENTRY_BYTES;
    count = Math.min(source.unsignedInt(entries - 4), room);
  }

  /**
   * Returns the begin of the function that contains an address.
   *
   * @return the address of its first instruction; -1 if the table has no function there
   */
  long begin(long wanted) throws IOException {
    long entry = floor(wanted);
    if (entry < 0) {
      return -1;
    }
    long begin = beginOf(entry);
    long length =
        length(address + file.source().signedInt(entries + entry * ENTRY_BYTES + 4), begin);
    return wanted >= begin && wanted - begin < length ? begin : -1;
  }

  /** Returns whether a function begins after {@code from}, and at {@code to} or before. */
  boolean beginsBetween(long from, long to) throws IOException {
    long entry = floor(to);
    return entry >= 0 && beginOf(entry) > from;
  }

  /** Returns the last entry whose function begins at the address or before it; -1 if none does. */
  private long floor(long wanted) throws IOException {
    long low = 0;
    long high = count;
    while (low < high) {
      long middle = low + high >>> 1;
      if (beginOf(middle) <= wanted) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  private long beginOf(long entry) throws IOException {
    return address + file.source().signedInt(entries + entry * ENTRY_BYTES);
  }

  /**
   * Returns the length of a function's code.
   *
   * @param description the address of the function's entry in {@code .eh_frame}
   * @param begin the begin that the entry must have
   * @return bytes; 0 if the entry is another function's, or has a form that is not read here
   */
  private long length(long description, long begin) throws IOException {
    Source source = file.source();
    long at = file.offset(description);
    if (!source.contains(at, 8) || source.unsignedInt(at) >= 0xfffffff0L) {
      return 0;
    }
    int encoding = encoding(at + 4 - source.unsignedInt(at + 4));
    int bytes = size(encoding);
    boolean relative = (encoding & 0x70) == 0x10;
    if (bytes <= 0 || !relative && (encoding & 0x70) != 0 || (encoding & 0x80) != 0) {
      return 0;
    }
    long found = relative ? description + 8 : 0;
    if (bytes == 4) {
      boolean signed = (encoding & 0x08) != 0;
      found += signed ? source.signedInt(at + 8) : source.unsignedInt(at + 8);
    } else {
      found += source.signedLong(at + 8);
    }
    if (found != begin) {
      return 0;
    }
    return bytes == 4 ? source.unsignedInt(at + 12) : source.signedLong(at + 16);
  }

  /** Returns how the entries of a common information entry write addresses; -1 if not known. */
  private int encoding(long common) throws IOException {
    Source source = file.source();
    if (!source.contains(common, 9)) {
      return -1;
    }
    long length = source.unsignedInt(common);
    int bytes = (int) Math.min(Math.min(length, MOST_CIE_BYTES), source.length() - common - 4);
    ByteBuffer entry = source.read(common + 4, bytes);
    if (bytes < 5 || entry.getInt() != 0) {
      return -1;
    }
    int version = entry.get();
    int augmentation = entry.position();
    while (entry.hasRemaining() && entry.get() != 0) {}
    int augmentationEnd = entry.position() - 1;
    skipLeb128(entry); // code alignment
    skipLeb128(entry); // data alignment
    if (version == 1) {
      skip(entry, 1); // return address register
    } else {
      skipLeb128(entry);
    }
    if (augmentationEnd <= augmentation) {
      return 0; // without an augmentation, addresses are absolute
    }
    if (entry.get(augmentation) != 'z') {
      return -1;
    }
    skipLeb128(entry); // length of the augmentation's data
    for (int i = augmentation + 1; i < augmentationEnd && entry.hasRemaining(); i++) {
      switch (entry.get(i)) {
        case 'R' -> {
          return entry.get() & 0xff;
        }
        case 'P' -> skip(entry, size(entry.get() & 0xff));
        case 'L' -> skip(entry, 1);
        case 'S', 'B', 'G' -> {}
        default -> {
          return -1;
        }
      }
    }
    return 0;
  }

  private static void skipLeb128(ByteBuffer entry) {
    while (entry.hasRemaining() && entry.get() < 0) {}
  }

  private static void skip(ByteBuffer entry, int bytes) {
    entry.position(bytes < 0 ? entry.limit() : Math.min(entry.limit(), entry.position() + bytes));
  }

  /** Returns the bytes of an encoded pointer (LSB 10.5.1); -1 if the form is not a fixed one. */
  private static int size(int encoding) {
    return switch (encoding & 0x0f) {
      case 0x00, 0x04, 0x0c -> 8;
      case 0x03, 0x0b -> 4;
      default -> -1;
    };
  }
}
