package io.spprof.symbol.elf;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Reads the memory of this process through the kernel, so an address that is not mapped makes the
 * read fail, and nothing else.
 */
final class ProcessMemory implements Closeable {

  private static final int PAGE = 4096;

  /** The most bytes of a part of a library that are compared. */
  private static final long MOST_COMPARED = 16L << 20;

  private final RandomAccessFile memory;

  /**
   * Opens the memory.
   *
   * @throws IOException if the system does not let the process read its memory
   */
  ProcessMemory() throws IOException {
    memory = new RandomAccessFile("/proc/self/mem", "r");
  }

  /** Reads whole pages up to the first that is not mapped, at most so many bytes. */
  ByteBuffer pages(long from, int most) throws IOException {
    byte[] bytes = new byte[most];
    int count = 0;
    try {
      memory.seek(from);
      for (; count < most; count += PAGE) {
        memory.readFully(bytes, count, PAGE);
      }
    } catch (IOException e) {
      if (count == 0) {
        throw e;
      }
    }
    return ByteBuffer.wrap(Arrays.copyOf(bytes, count));
  }

  /**
   * Returns whether a file is the one that was loaded at a place. Compares its header, its table of
   * call frame information and its exported symbols. The loader changes none of them, and two
   * builds that differ in the size of a function differ there.
   *
   * @param base what is added to an address in the file to get the address in memory
   */
  boolean has(ElfFile file, long base) throws IOException {
    ElfFile.Segment unwind = file.segment(ElfFile.PT_GNU_EH_FRAME);
    ElfFile.Section symbols = file.section(ElfFile.DYNSYM);
    ElfFile.Section strings = symbols == null ? null : file.strings(symbols);
    return unwind != null
        && strings != null
        && has(file, base, 0, file.headerBytes())
        && has(file, base, unwind.offset(), unwind.size())
        && has(file, base, symbols.offset(), symbols.size())
        && has(file, base, strings.offset(), strings.size());
  }

  private boolean has(ElfFile file, long base, long offset, long size) throws IOException {
    long address = file.address(offset);
    if (address < 0 || size > MOST_COMPARED) {
      return false;
    }
    for (long at = 0; at < size; at += Source.MOST) {
      int count = (int) Math.min(Source.MOST, size - at);
      byte[] loaded = new byte[count];
      try {
        memory.seek(base + address + at);
        memory.readFully(loaded);
      } catch (IOException e) {
        return false; // not mapped
      }
      if (!file.source().read(offset + at, count).equals(ByteBuffer.wrap(loaded))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    try {
      memory.close();
    } catch (IOException e) {
      // it was only read
    }
  }
}
