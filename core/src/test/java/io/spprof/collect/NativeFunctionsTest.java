package io.spprof.collect;

import static io.spprof.collect.Snapshots.folded;
import static io.spprof.collect.Snapshots.snapshot;
import static io.spprof.sampler.RingWriter.frame;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import io.spprof.profile.ProfileLibrary;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import io.spprof.symbol.elf.SmallLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the names of native functions, with libraries that the compiler makes. */
final class NativeFunctionsTest {

  private static final int OK = RingWriter.OK;
  private static final long PLENTY = 4 << 20;

  @TempDir Path folder;
  private Path library;
  private final RingWriter ring = new RingWriter(1 << 20);
  private final FakeSampler sampler = new FakeSampler();
  private MemoryBudget budget;
  private Collector collector;

  @BeforeEach
  void build() throws Exception {
    library = SmallLibrary.build(folder, "libsmall.so");
    collect(PLENTY, 0);
  }

  private void collect(long bytes, double mostOverhead) {
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
  private Set<String> openFiles() throws IOException {
    return Set.copyOf(descriptors());
  }

  /** Returns the test's files, once for each descriptor. */
  private List<String> descriptors() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors
          .map(NativeFunctionsTest::target)
          .filter(target -> target.startsWith(folder.toString()))
          .toList();
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }

  private void report(int number, Path file) throws Exception {
    report(number, file, SmallLibrary.buildId(file));
  }

  private void report(int number, Path file, String buildId) {
    byte[] id = HexFormat.of().parseHex(buildId);
    assertTrue(ring.library(number, file.toString(), 0x7f0000000000L, id));
  }

  /** Writes a function and a sample in it. */
  private void sample(int number, int ofLibrary, long address) {
    assertTrue(ring.function(number, ofLibrary, address));
    assertTrue(ring.words(1, 10, OK, frame(number, -1)));
  }

  private long address(String symbol) throws Exception {
    return SmallLibrary.address(library, symbol);
  }

  private Set<String> names() {
    return folded(snapshot(collector)).keySet().stream()
        .map(stack -> stack.substring(stack.lastIndexOf(';') + 1))
        .collect(Collectors.toSet());
  }

  private static String offset(Path file, long address) {
    return file.getFileName() + "+0x" + Long.toHexString(address);
  }

  /** The clock is a microsecond later at each reading. */
  @Test
  void shouldNotChargeSamplesWithWhatNamesTake() throws Exception {
    AtomicLong cpu = new AtomicLong();
    sampler.threadCpuNanos = () -> cpu.addAndGet(1000);
    report(1, library);
    sample(1, 1, address("hidden_function"));
    Pass pass = collector.pass();
    assertEquals(3000, pass.cpuNanos());
    assertEquals(1000, pass.namesCpuNanos());
    assertEquals(2000, pass.samplesCpuNanos());

    assertTrue(ring.words(1, 10, OK, frame(1, -1)));
    pass = collector.pass();
    assertEquals(0, pass.namesCpuNanos());
    assertEquals(1000, pass.samplesCpuNanos());
  }

  @Test
  void shouldNameFunctionsByTheirSymbols() throws Exception {
    report(1, library);
    sample(1, 1, address("exported_function"));
    sample(2, 1, address("hidden_function"));
    sample(3, 1, address("hidden_function") + 1);
    sample(4, 1, 1 << 20);
    collector.doWork();
    sample(5, 1, address("padded"));
    collector.doWork();

    assertEquals(
        Map.of(
            "t;libsmall.so`exported_function", 1L,
            "t;libsmall.so`hidden_function", 2L,
            "t;libsmall.so`padded", 1L,
            "t;libsmall.so+0x100000", 1L),
        folded(snapshot(collector)));
  }

  @Test
  void shouldKeepTheLibraryAndTheAddressOfEachFunction() throws Exception {
    String id = SmallLibrary.buildId(library);
    long padded = address("padded");
    ring.method(1, "A.a");
    report(1, library);
    ring.library(2, "", 0x550000000000L);
    sample(2, 1, padded);
    sample(3, 1, padded + 1); // the same function
    sample(4, 2, 0x1234);
    sample(5, 1, 1 << 20);
    sample(6, 99, 0x30); // never happens: the library comes first
    ring.words(1, 10, OK, frame(1, 0));
    collector.doWork();

    Profile profile = snapshot(collector);
    ProfileLibrary small = new ProfileLibrary("libsmall.so", library.toString(), id);
    assertEquals(List.of(small, new ProfileLibrary("program", "", "")), profile.libraries());
    Map<String, String> places = new TreeMap<>();
    for (int method = 0; method < profile.methods().size(); method++) {
      places.put(
          profile.methods().get(method).name(),
          profile.methodLibrary(method)
              + " "
              + Long.toHexString(profile.methods().get(method).address()));
    }
    assertEquals(
        Map.of(
            "libsmall.so`padded", "0 " + Long.toHexString(padded),
            "libsmall.so+0x100000", "0 100000",
            "program+0x1234", "1 1234",
            "[unknown library]+0x30", "-1 0",
            "A.a", "-1 0"),
        places);
  }

  @Test
  void shouldUseTheBeginOfAFunctionWithoutASymbol() throws Exception {
    long begin = address("hidden_function");
    Path stripped = SmallLibrary.run(folder, library, "objcopy", "--strip-all");
    report(1, stripped);
    sample(1, 1, begin);
    sample(2, 1, begin + 2);
    sample(3, 1, address("exported_function"));
    collector.doWork();

    assertEquals(
        Map.of(
            "t;" + offset(stripped, begin), 2L,
            "t;" + stripped.getFileName() + "`exported_function", 1L),
        folded(snapshot(collector)));
  }

  @Test
  void shouldShowReadableNamesWithoutParameters() throws Exception {
    Path mangled =
        SmallLibrary.run(
            folder,
            library,
            "objcopy",
            "--redefine-sym=hidden_function=_ZN5Outer5innerIiEEvT_PKc",
            "--redefine-sym=padded=_ZN4core3ptr4read17h0123456789abcdefE",
            "--redefine-sym=exported_function=_Znothing");
    report(1, mangled);
    sample(1, 1, address("hidden_function"));
    sample(2, 1, address("padded"));
    sample(3, 1, address("exported_function"));
    collector.doWork();

    String file = mangled.getFileName() + "`";
    assertEquals(
        Set.of(file + "Outer::inner<int>", file + "core::ptr::read", file + "_Znothing"), names());
  }

  @Test
  void shouldAddUpThePartsOfAFunction() throws Exception {
    Path divided =
        SmallLibrary.run(
            folder,
            library,
            "objcopy",
            "--redefine-sym=hidden_function=copy",
            "--redefine-sym=padded=copy.part.0.cold",
            "--redefine-sym=exported_function=copy.constprop.1");
    report(1, divided);
    sample(1, 1, address("hidden_function"));
    sample(2, 1, address("padded"));
    sample(3, 1, address("exported_function"));
    collector.doWork();

    assertEquals(Map.of("t;" + divided.getFileName() + "`copy", 3L), folded(snapshot(collector)));
  }

  @Test
  void shouldKeepAnEndlessNameShort() throws Exception {
    Path strange =
        SmallLibrary.run(folder, library, "objcopy", "--redefine-sym=padded=" + "x".repeat(3000));
    report(1, strange);
    sample(1, 1, address("padded"));
    collector.doWork();

    String cut = "x".repeat(FunctionNames.MOST_NAME) + "\u2026";
    assertEquals(Set.of(strange.getFileName() + "`" + cut), names());
  }

  @Test
  void shouldNotNameFunctionsOfAnotherFile() throws Exception {
    long padded = address("padded");
    report(1, library, "00".repeat(20));
    sample(1, 1, padded);
    report(2, folder.resolve("libmissing.so"), "00".repeat(20));
    sample(2, 2, padded);
    report(3, library, "");
    sample(3, 3, padded);
    collector.doWork();

    assertEquals(
        Map.of(
            "t;" + offset(library, padded), 2L,
            "t;libmissing.so+0x" + Long.toHexString(padded), 1L),
        folded(snapshot(collector)));
  }

  @Test
  void shouldKeepTheNamesOfALibraryThatIsReplacedAndTellTheNewOneApart() throws Exception {
    String id = SmallLibrary.buildId(library);
    long padded = address("padded");
    long hidden = address("hidden_function");
    report(1, library, id);
    sample(1, 1, padded);
    collector.doWork();
    Files.delete(library);
    SmallLibrary.build(folder, "libsmall.so", "-DOTHER");
    long other = address("other");
    report(2, library);
    sample(2, 1, hidden);
    sample(3, 2, other);
    sample(4, 1, padded);
    collector.doWork();

    assertEquals(
        Map.of(
            "t;libsmall.so`padded", 2L,
            "t;libsmall.so`hidden_function", 1L,
            "t;libsmall.so`other", 1L),
        folded(snapshot(collector)));
  }

  @Test
  void shouldKnowWhichLibraryANumberMeansBeforeAndAfterTheWalkerRestartsItsNumbering()
      throws Exception {
    Path second = SmallLibrary.build(folder, "libsecond.so");
    long padded = address("padded");
    report(1, library);
    sample(1, 1, padded);
    collector.doWork();
    sample(2, 1, padded);
    ring.forget();
    ring.name(1, "t");
    sample(1, 1, padded); // never happens: the library comes first
    report(1, second);
    sample(2, 1, SmallLibrary.address(second, "padded"));
    ring.forget();
    ring.name(1, "t");
    report(1, library);
    sample(1, 1, address("hidden_function"));
    collector.doWork();

    assertEquals(
        Map.of(
            "t;libsmall.so`padded",
            2L,
            "t;[unknown library]+0x" + Long.toHexString(padded),
            1L,
            "t;libsecond.so`padded",
            1L,
            "t;libsmall.so`hidden_function",
            1L),
        folded(snapshot(collector)));
  }

  /** The queue of a pass is aligned with the ring again in the next pass. */
  @Test
  void shouldLookUpByItselfWhatCameWhileAPassReads() throws Exception {
    FunctionNames names = new FunctionNames(budget, 0, System::nanoTime);
    NativeFunctions functions = new NativeFunctions(names);
    byte[] id = HexFormat.of().parseHex(SmallLibrary.buildId(library));
    functions.beginAhead();
    functions.libraryAhead(1, library.toString(), id, 0);
    functions.functionAhead(1, address("padded"));
    functions.endAhead();
    functions.library(1, library.toString(), id, 0);
    assertEquals("libsmall.so`padded", functions.function(1, address("padded")).name());
    functions.library(2, library.toString(), id, 0);
    assertEquals(
        "libsmall.so`hidden_function", functions.function(2, address("hidden_function")).name());

    functions.beginAhead();
    functions.functionAhead(1, address("padded"));
    functions.functionAhead(2, address("exported_function"));
    functions.endAhead();
    functions.beginAhead(); // the pass did not take place
    functions.functionAhead(1, address("padded"));
    functions.endAhead();
    assertEquals("libsmall.so`padded", functions.function(1, address("padded")).name());
    functions.close();
    assertEquals(
        "libsmall.so+0x" + Long.toHexString(address("padded")),
        functions.function(1, address("padded")).name());
  }

  private NativeFunction named(FunctionNames names, long address) throws Exception {
    byte[] id = HexFormat.of().parseHex(SmallLibrary.buildId(library));
    NativeFunction function = new NativeFunction(Library.of(library.toString(), id, 0, 1), address);
    names.name(function.library(), List.of(function));
    return function;
  }

  @Test
  void shouldHoldIndexesWithinTheBudgetAndGiveThemBack() throws Exception {
    MemoryBudget own = new MemoryBudget(PLENTY);
    FunctionNames names = new FunctionNames(own, 0, System::nanoTime);
    for (int i = 1; i < FunctionNames.MANY; i++) {
      assertEquals("libsmall.so`padded", named(names, address("padded")).name());
      assertEquals(0, own.used());
    }
    assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    long held = own.used();
    assertTrue(held > 12 * 9 && held < 4096, held + " bytes"); // 12 for each of some functions
    assertEquals(
        "libsmall.so`exported_function", named(names, address("exported_function")).name());
    assertEquals(held, own.used());
    names.close();
    assertEquals(0, own.used());
  }

  @Test
  void shouldNameWithoutAnIndexWhereTheBudgetHasNoRoom() throws Exception {
    MemoryBudget own = new MemoryBudget(4 << 10);
    FunctionNames names = new FunctionNames(own, 0, System::nanoTime);
    for (int i = 0; i < 3 * FunctionNames.MANY; i++) {
      assertEquals("libsmall.so`padded", named(names, address("padded")).name());
      assertEquals(0, own.used());
    }
    names.close();
  }

  /** Each reading of the clock is ten seconds later. */
  @Test
  void shouldMakeAnIndexEarlierWhereLookUpsAreSlowAndStopThemWhereThereIsNoRoom() throws Exception {
    AtomicLong time = new AtomicLong();
    LongSupplier slow = () -> time.addAndGet(10_000_000_000L);
    MemoryBudget own = new MemoryBudget(PLENTY);
    FunctionNames names = new FunctionNames(own, 0, slow);
    assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    assertEquals(0, own.used());
    assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    assertTrue(own.used() > 0);
    names.close();

    names = new FunctionNames(new MemoryBudget(4 << 10), 0, slow);
    assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    assertEquals(offset(library, address("padded")), named(names, address("padded")).name());
    names.close();
  }

  /** Most of the cost comes with a library's first function. */
  @Test
  void shouldMakeAnIndexAtTheFirstLookUpOfASessionWithLimitedOverhead() throws Exception {
    MemoryBudget own = new MemoryBudget(PLENTY);
    FunctionNames names = new FunctionNames(own, 0.01, System::nanoTime);
    assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    assertTrue(own.used() > 0);
    names.close();
    assertEquals(0, own.used());
  }

  /** Each reading of the clock is 0.4 s later. An index in memory answers all the same. */
  @Test
  void shouldReadNoMoreFilesWhereTheOverheadIsLimitedAndTheTimeIsUsedUp() throws Exception {
    AtomicLong time = new AtomicLong();
    LongSupplier slow = () -> time.addAndGet(400_000_000L);
    FunctionNames names = new FunctionNames(new MemoryBudget(PLENTY), 1e-6, slow);
    for (int i = 0; i < 5; i++) {
      assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    }
    assertEquals(5 * 400_000_000L, names.cpuNanos());
    library = SmallLibrary.build(folder, "libother.so");
    assertEquals(offset(library, address("padded")), named(names, address("padded")).name());
    assertEquals(5 * 400_000_000L, names.cpuNanos());
    names.close();

    names = new FunctionNames(new MemoryBudget(4 << 10), 1e-6, slow); // no room for an index
    library = folder.resolve("libsmall.so");
    for (int i = 0; i < 3; i++) {
      assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    }
    assertEquals(offset(library, address("padded")), named(names, address("padded")).name());
    assertEquals(3 * 400_000_000L, names.cpuNanos());
    names.close();
  }

  @Test
  void shouldSaveASecondForLookUpsAtMost() {
    LookUpTime time = new LookUpTime(0.001, 0);
    assertTrue(time.isLeft(0));
    time.spend(1_500_000_000L);
    assertFalse(time.isLeft(0));
    assertFalse(time.isLeft(499_000_000_000L));
    assertTrue(time.isLeft(501_000_000_000L));
    assertTrue(time.isLeft(1_000_000_000_000_000L));
    time.spend(999_000_000L);
    assertTrue(time.isLeft(1_000_000_000_000_000L));
    time.spend(2_000_000L);
    assertFalse(time.isLeft(1_000_000_000_000_000L));
  }

  @Test
  void shouldOweASecondForLookUpsAtMost() {
    LookUpTime time = new LookUpTime(0.001, 0);
    time.spend(3_600_000_000_000L);
    assertFalse(time.isLeft(999_000_000_000L));
    assertTrue(time.isLeft(1_001_000_000_000L));
  }

  /** The budget is a hundred-thousandth of a CPU. */
  @Test
  void shouldNameFunctionsInASessionWithASmallBudget() throws Exception {
    collector.close();
    collect(PLENTY, 1e-5);
    report(1, library);
    sample(1, 1, address("padded"));
    collector.doWork();
    sample(2, 1, address("hidden_function"));
    collector.doWork();
    assertEquals(Set.of("libsmall.so`padded", "libsmall.so`hidden_function"), names());
  }

  @Test
  void shouldBoundTheNumberOfOpenFiles() throws Exception {
    String id = SmallLibrary.buildId(library);
    long padded = address("padded");
    int many = FunctionNames.MOST_OPEN + 20;
    for (int i = 1; i <= many; i++) {
      Path copy = folder.resolve("lib" + i + ".so");
      Files.copy(library, copy, StandardCopyOption.REPLACE_EXISTING);
      report(i, copy, id);
      sample(i, i, padded);
      collector.doWork();
      assertTrue(openFiles().size() <= FunctionNames.MOST_OPEN);
    }
    sample(many + 1, 1, address("hidden_function"));
    collector.doWork();

    assertEquals(FunctionNames.MOST_OPEN, openFiles().size());
    Set<String> names = names();
    assertEquals(many + 1, names.size());
    assertTrue(names.containsAll(List.of("lib1.so`padded", "lib1.so`hidden_function")));
    assertTrue(names.stream().allMatch(name -> name.contains("`")), names.toString());
  }

  /** Loads a library without a build id into this process. */
  private Path loadPlain() throws Exception {
    Path plain = SmallLibrary.build(folder, "libplain.so", "-Wl,--build-id=none");
    System.load(plain.toString());
    return plain;
  }

  private static long base(String mapping) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      if (line.endsWith(mapping)) {
        return Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
      }
    }
    throw new AssertionError(mapping + " is not mapped");
  }

  /** The names of threads are read to the ring's end, the records only to the pass's end. */
  @Test
  void shouldOpenALibraryOnceThatIsReportedDuringAPass() throws Exception {
    Path plain = loadPlain();
    long base = base(plain.toString());
    long padded = SmallLibrary.address(plain, "padded");
    sampler.onNamesRead =
        () -> {
          ring.library(1, plain.toString(), base);
          sample(1, 1, padded);
        };
    collector.doWork();
    sampler.onNamesRead = () -> {};
    collector.doWork();

    assertEquals(Set.of("libplain.so`padded"), names());
    assertEquals(List.of(plain.toString()), descriptors());
  }

  /** Such a library is known by its place, and another one can be there later. */
  @Test
  void shouldTellLibrariesWithoutABuildIdApart() throws Exception {
    Path plain = loadPlain();
    long base = base(plain.toString());
    long padded = SmallLibrary.address(plain, "padded");
    long hidden = SmallLibrary.address(plain, "hidden_function");
    ring.library(1, plain.toString(), base);
    sample(1, 1, padded);
    collector.doWork();
    byte[] original = Files.readAllBytes(plain);
    Files.delete(plain);
    SmallLibrary.build(folder, "libplain.so", "-Wl,--build-id=none", "-DOTHER");
    ring.library(2, plain.toString(), base); // as if the new file were loaded
    sample(2, 1, hidden);
    sample(3, 2, padded);
    collector.doWork();
    assertEquals(
        Set.of("libplain.so`padded", "libplain.so`hidden_function", offset(plain, padded)),
        names());

    String id = SmallLibrary.buildId(library);
    for (int i = 0; i < FunctionNames.MOST_OPEN; i++) {
      Path copy = folder.resolve("lib" + i + ".so");
      Files.copy(library, copy, StandardCopyOption.REPLACE_EXISTING);
      report(10 + i, copy, id);
      sample(10 + i, 10 + i, address("padded"));
    }
    collector.doWork();
    long exported = SmallLibrary.address(plain, "exported_function");
    Files.write(plain, original); // as if the first file were loaded again
    sample(4, 1, exported); // the file of number 1 is closed by now
    collector.doWork();
    assertTrue(names().contains(offset(plain, exported)), names().toString());
  }

  @Test
  void shouldNameTheKernelsFunctionsInTheProcess() throws Exception {
    ring.library(1, "[vdso]", base("[vdso]"));
    for (int i = 0; i < 0x2000; i += 16) {
      sample(i / 16 + 1, 1, i);
    }
    collector.doWork();

    Set<String> names = names();
    assertTrue(
        names.stream().anyMatch(name -> name.matches("\\[vdso\\]`.*clock_gettime")),
        names.toString());
  }
}
