package io.spprof.symbol.elf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names addresses of a small library that gcc makes, and of this JVM's own library. */
class LibrarySymbolsTest {

  private static final long MUCH = 64 << 20;

  @TempDir Path folder;
  private Path library;

  @BeforeEach
  void build() throws Exception {
    library = SmallLibrary.build(folder, "small.so");
  }

  /** What was answered for an address. */
  private record Answer(String name, long begin) {}

  @Test
  void shouldNameTheFunctionThatContainsAnAddress() throws Exception {
    try (LibrarySymbols symbols = open(library)) {
      long begin = SmallLibrary.address(library, "hidden_function");
      long size = SmallLibrary.size(library, "hidden_function");
      assertEquals("hidden_function", name(symbols, begin));
      assertEquals("hidden_function", name(symbols, begin + size - 1));
      assertEquals("exported_function", name(symbols, address("exported_function") + 4));
      assertEquals("", symbols.problem());
    }
  }

  /** The padding after a function is no part of it, although it is the nearest before. */
  @Test
  void shouldNotTakeTheNearestSymbol() throws Exception {
    try (LibrarySymbols symbols = open(library)) {
      long end = address("padded") + SmallLibrary.size(library, "padded");
      assertEquals("padded", name(symbols, end - 1));
      assertEquals(new Answer(null, -1), answer(symbols, end));
      assertEquals(new Answer(null, -1), answer(symbols, 0));
      assertEquals(new Answer(null, -1), answer(symbols, -1));
      assertEquals(new Answer(null, -1), answer(symbols, Long.MAX_VALUE));
    }
  }

  @Test
  void shouldNameTheInnermostSymbol() throws Exception {
    try (LibrarySymbols symbols = open(library)) {
      long inner = address("inner_function");
      assertEquals("outer_function", name(symbols, inner - 1));
      assertEquals("inner_function", name(symbols, inner));
      assertEquals("inner_function", name(symbols, inner + 3));
      assertEquals("outer_function", name(symbols, inner + 4));
    }
  }

  @Test
  void shouldChooseAmongAliases() throws Exception {
    try (LibrarySymbols symbols = open(library)) {
      // __aliased is global, aliased weak, local_alias local
      assertEquals("aliased", name(symbols, address("__aliased")));
      // both begin with a letter; the first is weak
      assertEquals("b_global", name(symbols, address("b_global")));
    }
  }

  @Test
  void shouldNameAssemblyWithoutSizesUpToTheNextSymbol() throws Exception {
    try (LibrarySymbols symbols = open(library)) {
      long label = address("assembly_label");
      assertEquals("assembly_label", name(symbols, label));
      assertEquals("assembly_label", name(symbols, label + 3));
      // local labels without a type are places within a function
      assertTrue(address("assembly_place") > label);
      assertEquals("assembly_label", name(symbols, address("assembly_place")));
      assertEquals("assembly_untyped", name(symbols, address("assembly_untyped") + 1));
    }
  }

  /** Without local symbols, code after a label may be that of a local function. */
  @Test
  void shouldNotNameAssemblyWithoutSizesWhereLocalSymbolsAreMissing() throws Exception {
    long label = address("assembly_untyped");
    long function = address("hidden_function");
    Path discarded = SmallLibrary.run(folder, library, "objcopy", "--discard-all");
    try (LibrarySymbols symbols = open(discarded)) {
      assertNull(name(symbols, label));
      assertEquals(new Answer(null, function), answer(symbols, function + 4));
      // its unwind table says where it ends
      assertEquals("assembly_described", name(symbols, address("assembly_described") + 3));
    }
  }

  @Test
  void shouldNameWhatAStrippedLibraryExportsAndFindOtherBegins() throws Exception {
    long exported = address("exported_function");
    long hidden = address("hidden_function");
    Path stripped = SmallLibrary.run(folder, library, "objcopy", "--strip-all");
    try (LibrarySymbols symbols = open(stripped)) {
      assertEquals("exported_function", name(symbols, exported + 1));
      assertEquals(new Answer(null, hidden), answer(symbols, hidden + 4));
    }
  }

  @Test
  void shouldCutVersionsOff() throws Exception {
    try (LibrarySymbols symbols = open(library)) {
      assertEquals("versioned", name(symbols, address("versioned@@V1")));
    }
  }

  @Test
  void shouldUseTheDebugFileOfTheBuildId() throws Exception {
    long hidden = address("hidden_function");
    String id = SmallLibrary.buildId(library);
    Path debug = SmallLibrary.run(folder, library, "objcopy", "--only-keep-debug");
    Path stripped = SmallLibrary.run(folder, library, "objcopy", "--strip-all");
    Path place = folder.resolve(".build-id/" + id.substring(0, 2));
    Files.createDirectories(place);
    Files.move(debug, place.resolve(id.substring(2) + ".debug"));
    try (LibrarySymbols symbols = LibrarySymbols.open(loaded(stripped), folder)) {
      assertEquals("hidden_function", name(symbols, hidden));
    }
    // another library's debug file
    Path other = SmallLibrary.build(folder, "other.so", "-DOTHER");
    Files.copy(
        other, place.resolve(id.substring(2) + ".debug"), StandardCopyOption.REPLACE_EXISTING);
    try (LibrarySymbols symbols = LibrarySymbols.open(loaded(stripped), folder)) {
      assertEquals(new Answer(null, hidden), answer(symbols, hidden));
    }
  }

  @Test
  void shouldUseTheLinkedDebugFileWithTheRightChecksum() throws Exception {
    Path plain = SmallLibrary.build(folder, "plain.so", "-Wl,--build-id=none");
    long hidden = SmallLibrary.address(plain, "hidden_function");
    Path debug = SmallLibrary.run(folder, plain, "objcopy", "--only-keep-debug");
    Path linked =
        SmallLibrary.run(folder, plain, "objcopy", "--strip-all", "--add-gnu-debuglink=" + debug);
    assertEquals("", SmallLibrary.buildId(linked));
    System.load(linked.toString()); // the file is compared with it
    try (LibrarySymbols symbols = open(linked)) {
      assertEquals("hidden_function", name(symbols, hidden));
    }
    Files.createDirectories(folder.resolve(".debug"));
    Files.move(debug, folder.resolve(".debug").resolve(debug.getFileName()));
    try (LibrarySymbols symbols = open(linked)) {
      assertEquals("hidden_function", name(symbols, hidden));
    }
    Path moved = folder.resolve(".debug").resolve(debug.getFileName());
    byte[] bytes = Files.readAllBytes(moved);
    bytes[bytes.length - 1] ^= 1;
    Files.write(moved, bytes);
    try (LibrarySymbols symbols = open(linked)) {
      assertEquals(new Answer(null, hidden), answer(symbols, hidden));
    }
  }

  @Test
  void shouldRefuseAnotherFile() throws Exception {
    LoadedLibrary loaded = loaded(library);
    LoadedLibrary other =
        new LoadedLibrary(loaded.path(), "00" + loaded.buildId().substring(2), 0, 0);
    shouldHaveNoNames(other);
    shouldHaveNoNames(LoadedLibrary.of(loaded.path(), "", 0, 1));
  }

  @Test
  void shouldCompareAFileWithoutABuildIdWithTheLibraryInMemory() throws Exception {
    Path plain = SmallLibrary.build(folder, "plain.so", "-Wl,--build-id=none");
    System.load(plain.toString());
    long base = base(plain);
    try (LibrarySymbols symbols =
        LibrarySymbols.open(LoadedLibrary.of(plain.toString(), "", base, 1))) {
      assertEquals("", symbols.problem());
      assertEquals("padded", name(symbols, SmallLibrary.address(plain, "padded")));
      Files.delete(plain);
      SmallLibrary.build(folder, "plain.so", "-Wl,--build-id=none", "-DOTHER");
      assertEquals("padded", name(symbols, SmallLibrary.address(library, "padded")));
    }
    shouldHaveNoNames(LoadedLibrary.of(plain.toString(), "", base, 2));
    shouldHaveNoNames(LoadedLibrary.of(plain + ".copy", "", base, 3));
    shouldHaveNoNames(LoadedLibrary.of(plain.toString(), "", base + 4096, 4));
    shouldHaveNoNames(LoadedLibrary.of(plain.toString(), "", 0, 5));
    shouldHaveNoNames(LoadedLibrary.of(library.toString(), "", base, 6));
  }

  private static long base(Path loaded) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      if (line.endsWith(loaded.toString())) {
        return Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
      }
    }
    return 0; // not loaded
  }

  @Test
  void shouldRefuseWhatIsNoFile() {
    shouldHaveNoNames(new LoadedLibrary(folder.toString(), "00", 0, 0));
    shouldHaveNoNames(new LoadedLibrary("/dev/zero", "00", 0, 0));
    shouldHaveNoNames(new LoadedLibrary(folder + "/missing", "00", 0, 0));
    shouldHaveNoNames(new LoadedLibrary("nul\0", "00", 0, 0));
    shouldHaveNoNames(new LoadedLibrary(folder + "/app.jar!/lib.so", "00", 0, 0));
  }

  private void shouldHaveNoNames(LoadedLibrary loaded) {
    try (LibrarySymbols symbols = LibrarySymbols.open(loaded)) {
      assertNotEquals("", symbols.problem());
      assertEquals(0, symbols.index(MUCH));
      assertEquals(new Answer(null, -1), answer(symbols, 0x1000));
    }
  }

  @Test
  void shouldKeepTheNamesOfAFileThatIsDeletedOrReplaced() throws Exception {
    long padded = address("padded");
    try (LibrarySymbols symbols = open(library)) {
      Files.delete(library);
      assertEquals("padded", name(symbols, padded));
      SmallLibrary.build(folder, "small.so", "-DOTHER");
      assertEquals("padded", name(symbols, padded));
    }
  }

  @Test
  void shouldNotUseAFileThatIsChangedInPlace() throws Exception {
    long padded = address("padded");
    try (LibrarySymbols symbols = open(library)) {
      assertTrue(symbols.index(MUCH) > 0);
      Files.write(library, new byte[100]);
      assertEquals(new Answer(null, -1), answer(symbols, padded));
      assertEquals("the file was changed", symbols.problem());
    }
  }

  @Test
  void shouldReadTheProgramItself() throws Exception {
    Path program = Path.of("/proc/self/exe").toRealPath();
    try (LibrarySymbols symbols =
        LibrarySymbols.open(LoadedLibrary.of("", loaded(program).buildId(), 0, 1))) {
      assertEquals("", symbols.problem());
    }
  }

  @Test
  void shouldReadAnImageInMemory() throws Exception {
    ByteBuffer image = ByteBuffer.wrap(Files.readAllBytes(library)).asReadOnlyBuffer();
    image.position(17); // of no importance
    try (LibrarySymbols symbols = LibrarySymbols.of(image)) {
      assertEquals("padded", name(symbols, address("padded")));
    }
  }

  /** The kernel's library is in no file. */
  @Test
  void shouldReadTheVdso() throws Exception {
    assumeTrue(System.getProperty("os.arch").equals("amd64"), "other names elsewhere");
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      if (line.endsWith("[vdso]")) {
        long from = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
        long to =
            Long.parseUnsignedLong(line.substring(line.indexOf('-') + 1, line.indexOf(' ')), 16);
        byte[] image = new byte[(int) (to - from)];
        try (RandomAccessFile memory = new RandomAccessFile("/proc/self/mem", "r")) {
          memory.seek(from);
          memory.readFully(image);
        }
        Path file = Files.write(folder.resolve("vdso.so"), image);
        try (LibrarySymbols symbols = LibrarySymbols.of(ByteBuffer.wrap(image))) {
          long begin = SmallLibrary.address(file, "__vdso_clock_gettime@@LINUX_2.6");
          // its weak alias has fewer underscores
          assertEquals("clock_gettime", name(symbols, begin));
          assertEquals("", symbols.problem());
        }
      }
    }
  }

  @Test
  void shouldLeaveNoFileOpen() throws Exception {
    long before = open();
    for (int i = 0; i < 10; i++) {
      try (LibrarySymbols symbols = open(library)) {
        assertEquals("padded", name(symbols, address("padded")));
      }
      shouldHaveNoNames(new LoadedLibrary(library.toString(), "00", 0, 0));
    }
    assertEquals(before, open());
    Path maps = Path.of("/proc/self/maps");
    assertTrue(Files.readAllLines(maps).stream().noneMatch(line -> line.contains("small.so")));
  }

  /** Returns how many of this test's files the process has open. */
  private long open() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.filter(this::isOurs).count();
    }
  }

  private boolean isOurs(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).startsWith(folder);
    } catch (IOException e) {
      return false; // closed meanwhile
    }
  }

  @Test
  void shouldRefuseAnIndexThatIsTooLarge() throws Exception {
    try (LibrarySymbols symbols = open(library)) {
      assertEquals(0, symbols.index(100));
      assertEquals("padded", name(symbols, address("padded")));
      long held = symbols.index(MUCH);
      assertTrue(held > 0 && held < 2000, held + " bytes");
      assertEquals(held, symbols.index(0));
    }
  }

  /** Every address of the small library, and many of the JVM's: with an index as without one. */
  @Test
  void shouldAnswerAlikeWithAnIndex() throws Exception {
    long[] all = new long[(int) Files.size(library)];
    Arrays.setAll(all, i -> i);
    shouldAnswerAlike(library, all);
    Path jvm = Path.of(System.getProperty("java.home"), "lib/server/libjvm.so");
    Random random = new Random(42);
    long size = Files.size(jvm);
    shouldAnswerAlike(jvm, random.longs(20_000, 0, size).toArray());
  }

  private static void shouldAnswerAlike(Path file, long[] addresses) throws Exception {
    try (LibrarySymbols symbols = open(file)) {
      List<Answer> before = answers(symbols, addresses);
      assertTrue(symbols.index(MUCH) > 0);
      assertEquals(before, answers(symbols, addresses));
      long named = before.stream().filter(each -> each.name() != null).count();
      assertTrue(named > 100, named + " names");
    }
  }

  /** A batch may name an address twice, in any order. */
  @Test
  void shouldAnswerInTheOrderOfTheQuestion() throws Exception {
    long padded = address("padded");
    long hidden = address("hidden_function");
    try (LibrarySymbols symbols = open(library)) {
      String[] names = new String[3];
      symbols.resolve(new long[] {padded, hidden, padded}, names, new long[3]);
      assertArrayEquals(new String[] {"padded", "hidden_function", "padded"}, names);
      symbols.resolve(new long[0], new String[0], new long[0]);
    }
  }

  private long address(String symbol) throws Exception {
    return SmallLibrary.address(folder.resolve("small.so.copy"), symbol);
  }

  private static LibrarySymbols open(Path file) throws Exception {
    return LibrarySymbols.open(loaded(file), file.getParent());
  }

  private static LoadedLibrary loaded(Path file) throws Exception {
    return LoadedLibrary.of(file.toString(), SmallLibrary.buildId(file), base(file), 1);
  }

  private static String name(LibrarySymbols symbols, long address) {
    return answer(symbols, address).name();
  }

  private static Answer answer(LibrarySymbols symbols, long address) {
    return answers(symbols, address).get(0);
  }

  private static List<Answer> answers(LibrarySymbols symbols, long... addresses) {
    String[] names = new String[addresses.length];
    long[] begins = new long[addresses.length];
    symbols.resolve(addresses, names, begins);
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      answers.add(new Answer(names[i], begins[i]));
    }
    return answers;
  }
}
