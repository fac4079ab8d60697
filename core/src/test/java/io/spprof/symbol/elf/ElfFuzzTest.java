package io.spprof.symbol.elf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged files: 100,000 mutations of two small libraries, and files made to be slow. No file may
 * make a method throw, and each takes bounded CPU time and heap.
 */
class ElfFuzzTest {

  private static final int MUTATIONS = 100_000;
  private static final long MOST_CPU_NANOS = 5_000_000_000L;
  private static final long MOST_BYTES = 4 << 20;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path folder;
  private final Random random = new Random(7);
  private int named;
  private int refused;

  @Test
  void shouldSurviveDamagedFiles() throws Exception {
    Path library = SmallLibrary.build(folder, "small.so", "-g0");
    Path stripped = SmallLibrary.run(folder, library, "objcopy", "--strip-all");
    long[] addresses = new long[64];
    Arrays.setAll(addresses, i -> random.nextInt(0x2000));
    addresses[0] = Long.MAX_VALUE;
    addresses[1] = -1;
    for (Path file : new Path[] {library, stripped}) {
      byte[] good = Files.readAllBytes(file);
      for (int i = 0; i < MUTATIONS / 2; i++) {
        byte[] bad = mutated(good);
        try {
          check(bad, addresses);
        } catch (AssertionError | RuntimeException e) {
          Path kept = Files.createTempFile("damaged", ".so");
          Files.write(kept, bad);
          throw new AssertionError("mutation " + i + " of " + file + ", kept as " + kept, e);
        }
      }
    }
    // the mutations are neither all harmless nor all fatal
    assertTrue(named > MUTATIONS / 10, named + " named");
    assertTrue(refused > MUTATIONS / 10, refused + " refused");
  }

  private void check(byte[] bytes, long[] addresses) {
    long cpu = THREADS.getCurrentThreadCpuTime();
    long allocated = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
    String[] names = new String[addresses.length];
    String[] indexed = new String[addresses.length];
    long[] begins = new long[addresses.length];
    String problem;
    try (LibrarySymbols symbols = LibrarySymbols.of(ByteBuffer.wrap(bytes))) {
      symbols.resolve(addresses, names, begins);
      long held = symbols.index(MOST_BYTES);
      symbols.resolve(addresses, indexed, begins);
      problem = symbols.problem();
      assertTrue(held <= MOST_BYTES, held + " bytes");
    }
    allocated = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - allocated;
    cpu = THREADS.getCurrentThreadCpuTime() - cpu;
    assertFalse(problem.contains("Exception"), problem); // not foreseen
    assertTrue(problem.isEmpty() || Arrays.stream(indexed).allMatch(each -> each == null));
    assertTrue(!problem.isEmpty() || Arrays.equals(names, indexed), "alike with an index");
    assertTrue(allocated < 2 * MOST_BYTES, allocated + " bytes allocated");
    assertTrue(cpu < MOST_CPU_NANOS, cpu + " ns");
    named += Arrays.stream(indexed).anyMatch(each -> each != null) ? 1 : 0;
    refused += problem.isEmpty() ? 0 : 1;
  }

  /** Cuts a file off, or changes one to four places; most of them where the structure is. */
  private byte[] mutated(byte[] good) {
    if (random.nextInt(10) == 0) {
      return Arrays.copyOf(good, random.nextInt(good.length));
    }
    byte[] bad = good.clone();
    ByteBuffer buffer = ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN);
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      int at = place(buffer, good);
      switch (random.nextInt(5)) {
        case 0 -> bad[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bad[at] = (byte) random.nextInt();
        case 2 -> put(buffer, at, Short.BYTES);
        case 3 -> put(buffer, at, Integer.BYTES);
        default -> put(buffer, at, Long.BYTES);
      }
    }
    return bad;
  }

  private int place(ByteBuffer buffer, byte[] good) {
    ByteBuffer header = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN);
    int sections = (int) header.getLong(0x28);
    int count = header.getShort(0x3c);
    int any =
        switch (random.nextInt(4)) {
          case 0 -> random.nextInt(64 + 56 * header.getShort(0x38));
          case 1 -> sections + random.nextInt(64 * count);
          case 2 -> { // within a section
            int section = sections + 64 * random.nextInt(count);
            int size = (int) Math.max(1, header.getLong(section + 0x20));
            yield (int) header.getLong(section + 0x18) + random.nextInt(size);
          }
          default -> random.nextInt(buffer.capacity());
        };
    return any % (buffer.capacity() - Long.BYTES) & (random.nextBoolean() ? ~7 : ~0);
  }

  private void put(ByteBuffer buffer, int at, int bytes) {
    long[] values = {
      0,
      1,
      -1,
      Long.MAX_VALUE,
      Long.MIN_VALUE,
      Integer.MAX_VALUE,
      Integer.MIN_VALUE,
      0xffff,
      0x7fff,
      buffer.capacity(),
      buffer.capacity() - 1,
      -buffer.capacity(),
      random.nextLong(),
      random.nextInt(buffer.capacity()),
      0xfffffff0L,
      at
    };
    long value = values[random.nextInt(values.length)];
    for (int i = 0; i < bytes; i++) {
      buffer.put(at + i, (byte) (value >> 8 * i));
    }
  }

  private static final int CODE = 0x1000;
  private static final int CODE_BYTES = 1 << 24;

  /** Returns the CPU time of naming 64 addresses, with an index and without one, within a bound. */
  private static String[] names(ByteBuffer image, boolean index) {
    long[] addresses = new long[64];
    Arrays.setAll(addresses, i -> CODE + CODE_BYTES / 2 + i);
    String[] names = new String[addresses.length];
    long cpu = THREADS.getCurrentThreadCpuTime();
    try (LibrarySymbols symbols = LibrarySymbols.of(image)) {
      if (index) {
        symbols.index(256 << 20);
      }
      symbols.resolve(addresses, names, new long[addresses.length]);
    }
    cpu = THREADS.getCurrentThreadCpuTime() - cpu;
    assertTrue(cpu < 4 * MOST_CPU_NANOS, cpu + " ns");
    return names;
  }

  @Test
  void shouldBoundTheTimeForSymbolsWithOneBegin() {
    int count = 1 << 20;
    long[] sizes = new long[count];
    Arrays.fill(sizes, CODE_BYTES);
    ByteBuffer image = image(new long[count], sizes);
    assertNull(names(image, false)[0]);
    assertNull(names(image, true)[0]);
    // labels, too: with one begin, there is nothing to choose by but the name
    assertNull(names(image(new long[count], new long[count]), false)[0]);
  }

  @Test
  void shouldBoundTheTimeForSymbolsWithinSymbols() {
    int count = 1 << 20;
    long[] begins = new long[count];
    long[] sizes = new long[count];
    Arrays.setAll(begins, i -> i);
    Arrays.setAll(sizes, i -> CODE_BYTES - 2L * i);
    ByteBuffer image = image(begins, sizes);
    assertNull(names(image, false)[0]);
    assertEquals("f", names(image, true)[0]);
  }

  @Test
  void shouldBoundTheTimeForSymbolsInFallingOrder() {
    int count = 1 << 20;
    long[] begins = new long[count];
    long[] sizes = new long[count];
    Arrays.setAll(begins, i -> CODE_BYTES - 16L * (i + 1));
    Arrays.fill(sizes, 16);
    ByteBuffer image = image(begins, sizes);
    assertEquals("f", names(image, false)[0]);
    assertEquals("f", names(image, true)[0]);
  }

  /** A file with a section of code and local symbols, all of them named f. */
  private static ByteBuffer image(long[] begins, long[] sizes) {
    int sections = 64;
    int strings = sections + 4 * 64;
    int symbols = strings + 8;
    ByteBuffer image =
        ByteBuffer.allocate(symbols + 24 * begins.length).order(ByteOrder.LITTLE_ENDIAN);
    image.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
    image.putLong(0x28, sections).putShort(0x3a, (short) 64).putShort(0x3c, (short) 4);
    section(image, sections + 64, 1, 6, CODE, 0, CODE_BYTES, 0);
    section(image, sections + 128, 2, 0, 0, symbols, 24L * begins.length, 3);
    section(image, sections + 192, 3, 0, 0, strings, 8, 0);
    image.put(strings + 1, (byte) 'f');
    for (int i = 0; i < begins.length; i++) {
      int at = symbols + 24 * i;
      image.putInt(at, 1).put(at + 4, (byte) 2).putShort(at + 6, (short) 1);
      image.putLong(at + 8, CODE + begins[i]).putLong(at + 16, sizes[i]);
    }
    return image;
  }

  private static void section(
      ByteBuffer image,
      int at,
      int type,
      long flags,
      long address,
      int offset,
      long size,
      int link) {
    image.putInt(at + 4, type).putLong(at + 8, flags).putLong(at + 16, address);
    image.putLong(at + 24, offset).putLong(at + 32, size).putInt(at + 40, link);
  }
}
