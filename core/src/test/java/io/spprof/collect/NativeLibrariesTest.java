package io.spprof.collect;

import static io.spprof.collect.Snapshots.folded;
import static io.spprof.collect.Snapshots.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.symbol.elf.SmallLibrary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests which library a native function belongs to, and the files that are open for it. */
final class NativeLibrariesTest extends NativeFunctionsFixture {

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
}
