package io.spprof.symbol.demangle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.spprof.testing.Installed;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares the demangler with {@code c++filt}, and tries hostile names. */
class DemanglerTest {

  private static final long MOST_CPU_NANOS = 2_000_000_000L;

  @TempDir Path folder;

  /** The file names.txt has names and c++filt's answers; names.sh says how it was made. */
  @Test
  void shouldAgreeWithCxxfilt() throws Exception {
    List<String> wrong = new ArrayList<>();
    List<String[]> names = names();
    assertTrue(names.size() > 700, names.size() + " names");
    for (String[] name : names) {
      String demangled = Demangler.demangle(name[0]);
      if (!closed(demangled).equals(closed(name[1]))) {
        wrong.add(name[0] + "\n" + name[1] + "\n" + demangled + "\n");
      }
    }
    assertEquals(List.of(), wrong);
  }

  private static List<String[]> names() throws Exception {
    List<String[]> names = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                DemanglerTest.class.getResourceAsStream("names.txt"), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        names.add(line.split("\t"));
      }
    }
    return names;
  }

  /** All names of this JVM's library and of the C++ library, where c++filt is installed. */
  @ParameterizedTest
  @ValueSource(strings = {"libjvm.so", "libstdc++.so.6"})
  void shouldAgreeWithCxxfiltOnWholeLibraries(String name) throws Exception {
    Installed.require("c++filt", "readelf");
    Path library = library(name);
    assumeTrue(library != null, "no " + name);
    List<String> mangled = new ArrayList<>(new TreeSet<>(functions(library)));
    assumeTrue(mangled.size() > 100, name + " is stripped");
    List<String> expected = cxxfilt(mangled);
    List<String> wrong = new ArrayList<>();
    int same = 0;
    for (int i = 0; i < mangled.size(); i++) {
      String demangled = Demangler.demangle(mangled.get(i));
      same += demangled.equals(expected.get(i)) ? 1 : 0;
      if (!demangled.equals(mangled.get(i)) && !closed(demangled).equals(closed(expected.get(i)))) {
        wrong.add(mangled.get(i) + "\n" + expected.get(i) + "\n" + demangled + "\n");
      }
    }
    System.out.println(name + ": " + same + " of " + mangled.size() + " names as c++filt's");
    assertEquals(List.of(), wrong);
    assertTrue(same >= 0.995 * mangled.size(), same + " of " + mangled.size());
  }

  /** Closes angle brackets without blanks: after an empty pack, c++filt leaves the blank out. */
  private static String closed(String text) {
    String closed = text;
    while (closed.contains("> >")) {
      closed = closed.replace("> >", ">>");
    }
    return closed;
  }

  private static Path library(String name) throws Exception {
    if (name.equals("libjvm.so")) {
      return Path.of(System.getProperty("java.home"), "lib/server/libjvm.so");
    }
    List<String> command = new ArrayList<>(Installed.compiler());
    command.add("-print-file-name=" + name);
    String path = output(command.toArray(String[]::new)).strip();
    return path.contains("/") ? Path.of(path) : null;
  }

  private static List<String> functions(Path library) throws Exception {
    Pattern function = Pattern.compile(" I?FUNC .* (_[ZR][^ @]+)(@.*)?$", Pattern.MULTILINE);
    Matcher matcher = function.matcher(output("readelf", "-sW", library.toString()));
    List<String> names = new ArrayList<>();
    while (matcher.find()) {
      names.add(matcher.group(1));
    }
    return names;
  }

  private List<String> cxxfilt(List<String> mangled) throws Exception {
    Path in = folder.resolve("mangled");
    Path out = folder.resolve("demangled");
    Files.write(in, mangled);
    Process filter =
        new ProcessBuilder("c++filt", "--no-params", "--no-verbose")
            .redirectInput(in.toFile())
            .redirectOutput(out.toFile())
            .start();
    assertEquals(0, filter.waitFor());
    return Files.readAllLines(out);
  }

  private static String output(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  @ParameterizedTest
  @CsvSource({
    "copy.constprop.0, copy",
    "copy.isra.12.constprop.3, copy",
    "copy.part.0.cold, copy",
    "copy.cold.1, copy",
    "copy.lto_priv.0.localalias, copy",
    "copy.__uniq.1234567890.llvm.9876543210987654321, copy",
    "copy.specialized.2, copy",
    "_ZN1A4copyEv.constprop.0.cold, A::copy",
    "_ZL4copyv.part.0, copy",
    "_RNvC1a1b.llvm.123, a::b",
    "_ZN1a1b17h0123456789abcdefE.llvm.123, a::b",
  })
  void shouldShowAllPartsOfAFunctionUnderOneName(String symbol, String name) {
    assertEquals(name, Demangler.demangle(symbol));
  }

  /** A nested function, functions of Go, variants for processors, and names that begin so. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "inner.0",
        "runtime.mallocgc",
        "main.main.func1",
        "main.cold.path",
        "main.part",
        "main.constprop",
        "main.isra",
        "main.lto_priv",
        "main.llvm",
        "main.__uniq",
        "main.part.path.0",
        "sum.avx2",
        "sum.avx2.0",
        "sum.resolver",
        ".cold",
        ".part.0",
        "copy.",
        "copy..0",
        "copy.0.0",
        "..",
        ".",
        "",
      })
  void shouldLeaveOtherNamesWithPoints(String name) {
    assertSame(name, Demangler.demangle(name));
  }

  /**
   * Here c++filt 2.40 is wrong: a constructor is named after the last name that was read, an empty
   * pack at the begin leaves a comma, and a negative number of 128 bits loses its digits.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "_ZN1A6assignIZN1B1CC1ERK1DEUlvE_EEvv" + "|A::assign<B::C::C(D const&)::{lambda()#1}>",
        "_ZN3fooIJEiE3barEv|foo<int>::bar",
        "_ZN3fooIiJEE3bazIS_IiJEEEEvv|foo<int>::baz<foo<int> >",
        "_RINvC1a1bKnn80000000000000000000000000000000_E"
            + "|a::b::<-0x80000000000000000000000000000000>",
        "_ZZ3foovEd_NKUlvE_clEv|foo()::{default arg#1}::{lambda()#1}::operator()"
      })
  void shouldKnowBetterThanCxxfilt(String mangled, String demangled) {
    assertEquals(demangled, Demangler.demangle(mangled));
  }

  /** Neither half of a name, nor a name with a part that is not understood, is demangled. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "_",
        "_Z",
        "_R",
        "main",
        "__Z3foov",
        "_ZN1A3barE3", // rubbish instead of parameters
        "_Z3fooQ",
        "_Z3foov$x",
        "_Z3foov.",
        "_ZN1A1BC9Ev",
        "_ZN1A",
        "_Z9foov",
        "_Z99999999999999999999foov",
        "_ZN3fooIS9_E3barEv", // no such substitution
        "_ZN3fooIT_E3barEv", // of no template
        "_ZTV1A", // data
        "_ZN1AUt_C1Ev", // has no name to construct it by
        "_RNvC1a1b1",
        "_RNvB_1b", // a reference to itself
        "_RNvC1a",
        "_R9NvC1a1b",
        "_RINvC1a1bKc110000_E",
        "_ZN3foo17h0123456789abcdeE",
        "_ZN3fo$17h0123456789abcdefE"
      })
  void shouldLeaveWhatIsNoNameOfAFunction(String name) {
    assertSame(name, Demangler.demangle(name));
  }

  @Test
  void shouldDecodeOtherScripts() {
    assertEquals(
        "utf8_idents::საჭმელად_გემრიელი_სადილი",
        Demangler.demangle("_RNvCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y"));
    assertEquals("größe", Demangler.demangle("_Z5größev"));
  }

  /** Each reference doubles the text, and the number of steps to read it. */
  @Test
  void shouldBoundNamesThatDouble() {
    StringBuilder cxx = new StringBuilder("_Z1fI1aS_EvS_");
    for (int i = 0; i < 60; i++) {
      String last = i == 0 ? "" : Integer.toString(i - 1, 36).toUpperCase(Locale.ROOT);
      cxx.append("1bIS").append(last).append("_S").append(last).append("_E");
    }
    shouldBeBounded(cxx.toString());
    StringBuilder tuples = new StringBuilder("_Z1fI");
    String last = "1a";
    for (int i = 0; i < 60; i++) {
      tuples.append("1bI").append(last).append(last).append("E");
      last = "S" + (i == 0 ? "" : Integer.toString(i, 36).toUpperCase(Locale.ROOT)) + "_";
    }
    shouldBeBounded(tuples + "Evv");
    StringBuilder rust = new StringBuilder("_RINvC1a1b");
    int before = -1;
    for (int i = 0; i < 60; i++) {
      int at = rust.length() - 2;
      String back = before < 0 ? "m" : "B" + base62(before);
      rust.append('T').append(back).append(back).append('E');
      before = at;
    }
    shouldBeBounded(rust + "E");
    shouldBeBounded("_RNvB_1a");
    shouldBeBounded("_R" + "Nv".repeat(10_000) + "C1a" + "1b".repeat(10_000));
    shouldBeBounded("_Z1f" + "P".repeat(10_000) + "i");
    shouldBeBounded("_Z" + "N1aI".repeat(10_000));
    shouldBeBounded("_Z" + "Z1fvE".repeat(10_000));
    shouldBeBounded("_Z1fIX" + "pl".repeat(10_000));
    shouldBeBounded("_Z1fIX" + "sr1aI".repeat(50) + "i" + "E".repeat(50));
    shouldBeBounded("_ZN1a1bIX" + "sr1aIX".repeat(40) + "Li1E" + "EE1c".repeat(40) + "EEEvv");
    shouldBeBounded("_ZN" + "cv".repeat(10_000));
    shouldBeBounded("_ZN1A" + "cvT_IiE".repeat(1000));
  }

  private static String base62(int place) {
    if (place == 0) {
      return "_";
    }
    String digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    StringBuilder text = new StringBuilder();
    for (int rest = place - 1; rest > 0 || text.length() == 0; rest /= 62) {
      text.insert(0, digits.charAt(rest % 62));
    }
    return text + "_";
  }

  private static String shouldBeBounded(String name) {
    long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    String demangled = Demangler.demangle(name);
    cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu;
    assertTrue(cpu < MOST_CPU_NANOS, cpu + " ns for " + name);
    assertTrue(demangled.length() <= Math.max(name.length(), Demangler.MOST_RESULT));
    return demangled;
  }

  /** 30,000 names with errors: none may throw, or take long. */
  @Test
  void shouldSurviveDamagedNames() throws Exception {
    List<String[]> names = names();
    Random random = new Random(3);
    int demangled = 0;
    for (int i = 0; i < 30_000; i++) {
      StringBuilder name = new StringBuilder(names.get(random.nextInt(names.size()))[0]);
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        int at = 2 + random.nextInt(name.length() - 2);
        String other = names.get(random.nextInt(names.size()))[0];
        switch (random.nextInt(5)) {
          case 0 -> name.setLength(Math.max(3, at));
          case 1 -> name.deleteCharAt(at);
          case 2 -> name.setCharAt(at, other.charAt(random.nextInt(other.length())));
          case 3 -> name.insert(at, other.charAt(random.nextInt(other.length())));
          default -> name.insert(at, other, random.nextInt(other.length()), other.length());
        }
        if (name.length() < 4) {
          name.append("1abc");
        }
      }
      String damaged = name.toString();
      demangled += shouldBeBounded(damaged).equals(damaged) ? 0 : 1;
    }
    assertTrue(demangled > 1000, demangled + " demangled");
  }
}
