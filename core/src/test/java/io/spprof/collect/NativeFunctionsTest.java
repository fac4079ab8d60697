package io.spprof.collect;

import static io.spprof.collect.Snapshots.folded;
import static io.spprof.collect.Snapshots.snapshot;
import static io.spprof.sampler.RingWriter.frame;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import io.spprof.profile.ProfileLibrary;
import io.spprof.symbol.elf.SmallLibrary;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Tests the names of native functions. */
final class NativeFunctionsTest extends NativeFunctionsFixture {

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
