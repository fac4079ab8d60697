package io.spprof.collect;

import static io.spprof.collect.Snapshots.folded;
import static io.spprof.collect.Snapshots.snapshot;
import static io.spprof.sampler.RingWriter.frame;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import io.spprof.symbol.elf.SmallLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A collector and a small library that the compiler makes, for tests of native functions. */
abstract class NativeFunctionsFixture {

  static final int OK = RingWriter.OK;
  static final long PLENTY = 4 << 20;

  @TempDir Path folder;
  Path library;
  final RingWriter ring = new RingWriter(1 << 20);
  final FakeSampler sampler = new FakeSampler();
  MemoryBudget budget;
  Collector collector;

  @BeforeEach
  void build() throws Exception {
    library = SmallLibrary.build(folder, "libsmall.so");
    collect(PLENTY, 0);
  }

  void collect(long bytes, double mostOverhead) {
    budget = new MemoryBudget(bytes);
    collector = new Collector(ring.reader(), sampler, 16, budget, 0, mostOverhead);
    ring.name(1, "t");
  }

  @AfterEach
  void close() throws IOException {
    collector.close();
    assertEquals(Set.of(), openFiles());
  }

  /** Returns the test's files that this process has open. */
  Set<String> openFiles() throws IOException {
    return Set.copyOf(descriptors());
  }

  /** Returns the test's files, once for each descriptor. */
  List<String> descriptors() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors
          .map(NativeFunctionsFixture::target)
          .filter(target -> target.startsWith(folder.toString()))
          .toList();
    }
  }

  static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }

  void report(int number, Path file) throws Exception {
    report(number, file, SmallLibrary.buildId(file));
  }

  void report(int number, Path file, String buildId) {
    byte[] id = HexFormat.of().parseHex(buildId);
    assertTrue(ring.library(number, file.toString(), 0x7f0000000000L, id));
  }

  /** Writes a function and a sample in it. */
  void sample(int number, int ofLibrary, long address) {
    assertTrue(ring.function(number, ofLibrary, address));
    assertTrue(ring.words(1, 10, OK, frame(number, -1)));
  }

  long address(String symbol) throws Exception {
    return SmallLibrary.address(library, symbol);
  }

  Set<String> names() {
    return folded(snapshot(collector)).keySet().stream()
        .map(stack -> stack.substring(stack.lastIndexOf(';') + 1))
        .collect(Collectors.toSet());
  }

  static String offset(Path file, long address) {
    return file.getFileName() + "+0x" + Long.toHexString(address);
  }

  static long base(String mapping) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      if (line.endsWith(mapping)) {
        return Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
      }
    }
    throw new AssertionError(mapping + " is not mapped");
  }
}
