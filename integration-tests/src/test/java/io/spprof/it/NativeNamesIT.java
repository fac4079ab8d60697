package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Native;
import io.spprof.it.load.Calling;
import io.spprof.it.load.KnownTree;
import io.spprof.testing.Installed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Functions of native code have the right names, whatever becomes of their libraries. */
class NativeNamesIT {

  private static final String TREE =
      """
      #define KEPT __attribute__((noinline, noclone, used))
      static KEPT long leaf(long n) {
        long sum = 0;
        for (long i = 0; i < n; i++) { sum += i; __asm__ volatile("" : "+r"(sum)); }
        return sum;
      }
      static KEPT long tail(long n) { return leaf(n + 1); }
      static KEPT long middle(long n) { return leaf(n) + 1; }
      long METHOD(void *env, void *type, long n) { return middle(n) + tail(n) + 1; }
      """;

  /** The functions of two libraries, at the same addresses. */
  private static final String SPIN =
      """
      long NAME(long n) {
        long sum = OTHER;
        for (long i = 0; i < n; i++) { sum += i; __asm__ volatile("" : "+r"(sum)); }
        return sum;
      }
      """;

  private static final String JNI = "-DMETHOD=Java_io_spprof_it_load_KnownTree_";

  private static Path folder;

  @BeforeAll
  static void here() throws IOException {
    assumeTrue(System.getProperty("os.name").equals("Linux"), "names are read from ELF files");
    Installed.require("objcopy", "addr2line");
    folder = TestPaths.newDirectory("libraries");
    Files.createDirectories(folder);
  }

  private static Path build(String name, String source, String... options) throws Exception {
    Path file = folder.resolve(name + ".c");
    Files.writeString(file, source);
    Path library = folder.resolve(name + ".so");
    List<String> command = new ArrayList<>(Installed.compiler());
    command.addAll(List.of("-shared", "-fPIC", "-O2", "-Wl,--build-id"));
    command.addAll(List.of("-o", library.toString(), file.toString()));
    command.addAll(List.of(options));
    run(command.toArray(String[]::new));
    return library;
  }

  private static String run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), output);
    return output;
  }

  @Test
  void shouldNameTheFunctionsOfEachLibrary() throws Exception {
    Path framed = build("libframed", TREE, JNI + "framed", "-fno-omit-frame-pointer");
    Path frameless =
        build(
            "libframeless", TREE, JNI + "frameless", "-fomit-frame-pointer", "-Wl,--build-id=none");
    Path whole = build("libwhole", TREE, JNI + "stripped", "-g");
    Path stripped = folder.resolve("libstripped.so");
    run("objcopy", "--strip-all", whole.toString(), stripped.toString());
    Path alpha = build("libalpha", SPIN, "-DNAME=alpha", "-DOTHER=1");
    Path beta = build("libbeta", SPIN, "-DNAME=beta", "-DOTHER=2");
    Path loaded = folder.resolve("libloaded.so");
    List<Collapsed.Stack> stacks;
    try (TargetJvm target =
            TargetJvm.of(KnownTree.class, framed, frameless, stripped, alpha, beta, loaded)
                .classPathOf(Native.class)
                .flags("-Djna.nosys=true", "-Djna.tmpdir=" + folder)
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      assumeTrue(bean.text("StackWalker").equals("vm"), "native code is not shown");
      // A function gets its name soon after it is first sampled, and keeps it whatever comes to the
      // path of its library later.
      awaitSamples(bean, "libloaded.so`alpha");
      target.ask("next");
      awaitSamples(bean, "libloaded.so`alpha");
      target.ask("next");
      awaitSamples(bean, "libloaded.so`beta");
      target.ask("next");
      long before = bean.number("CollectedSamples");
      Await.until("samples", () -> bean.number("CollectedSamples") > before + 1000);
      bean.stop();
      bean.collapsed().assertFewUnwalkable(bean);
      stacks = bean.cpuNanos().walked().stacks();
      target.ask("next"); // Otherwise the load itself may have a library open.
      Traces.assertNone(target);
    }
    treeOf("libframed", "framed", stacks);
    treeOf("libframeless", "frameless", stacks);
    offsetsOf("libstripped", whole, stacks);
    own("first", "libloaded.so`alpha", stacks);
    own("second", "libloaded.so`beta", stacks);
    named(stacks);
  }

  @Test
  void shouldNameFunctionsWithABudget() throws Exception {
    try (TargetJvm target = TargetJvm.of(Calling.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      Set<String> with = functions(bean, "interval=1ms,budget=100");
      assertTrue(with.stream().anyMatch(name -> name.contains("`")), with.toString());
    }
  }

  /** Runs a session, and returns the functions of native code in its profile. */
  private static Set<String> functions(BeanClient bean, String options) throws Exception {
    long before = bean.number("CollectedSamples");
    bean.startWith(options);
    assumeTrue(bean.text("StackWalker").equals("vm"), "native code is not shown");
    Await.until("samples", () -> bean.number("CollectedSamples") > before + 1000);
    bean.stop();
    Set<String> functions = new TreeSet<>();
    for (Collapsed.Stack stack : bean.collapsed().stacks()) {
      functions.addAll(stack.frames());
    }
    functions.removeIf(name -> !name.matches("lib.+\\.so.*"));
    assertFalse(functions.isEmpty(), "no native code in " + options);
    return functions;
  }

  /** Waits until a function has a hundred samples more than now. */
  private static void awaitSamples(BeanClient bean, String function) throws Exception {
    long now = bean.collapsed().with(function);
    Await.until("samples of " + function, () -> bean.collapsed().with(function) > now + 100);
  }

  /** Checks the stacks below a native method: each way through the library, by name. */
  private static void treeOf(String library, String method, List<Collapsed.Stack> stacks) {
    String jni = library + ".so`Java_io_spprof_it_load_KnownTree_" + method;
    String leaf = library + ".so`leaf";
    Set<List<String>> ways =
        new HashSet<>(ways(KnownTree.class.getName() + "." + method, stacks).keySet());
    // At the return from native code, the JVM may have work of its own, for instance a safepoint.
    ways.removeIf(way -> !way.isEmpty() && way.get(0).startsWith("libjvm.so"));
    Set<List<String>> known =
        Set.of(
            List.of(jni, library + ".so`middle", leaf),
            List.of(jni, leaf), // tail jumps to leaf
            List.of(jni, library + ".so`middle"),
            List.of(jni, library + ".so`tail"),
            List.of(jni),
            List.of());
    assertTrue(known.containsAll(ways), ways + " known " + known);
    assertTrue(ways.contains(List.of(jni, library + ".so`middle", leaf)), ways.toString());
    assertTrue(ways.contains(List.of(jni, leaf)), ways.toString());
  }

  /** Returns the frames above a Java method, with their CPU time. */
  private static Map<List<String>, Long> ways(String method, List<Collapsed.Stack> stacks) {
    Map<List<String>, Long> ways = new java.util.HashMap<>();
    for (Collapsed.Stack stack : stacks) {
      int at = stack.frames().lastIndexOf(method);
      if (at >= 0) {
        ways.merge(stack.frames().subList(at + 1, stack.frames().size()), stack.count(), Long::sum);
      }
    }
    return ways;
  }

  /** Resolves the offsets of the stripped library with the symbols of the whole one. */
  private static void offsetsOf(String library, Path whole, List<Collapsed.Stack> stacks)
      throws Exception {
    Set<List<String>> found = new HashSet<>();
    String prefix = library + ".so+";
    for (List<String> way : ways(KnownTree.class.getName() + ".stripped", stacks).keySet()) {
      List<String> names = new ArrayList<>();
      for (String frame : way) {
        names.add(
            frame.startsWith(prefix)
                ? run("addr2line", "-f", "-e", whole.toString(), frame.substring(prefix.length()))
                    .lines()
                    .findFirst()
                    .orElseThrow()
                : frame);
      }
      found.add(names);
    }
    String jni = library + ".so`Java_io_spprof_it_load_KnownTree_stripped";
    assertTrue(found.contains(List.of(jni, "middle", "leaf")), found.toString());
    assertTrue(found.contains(List.of(jni, "leaf")), found.toString());
  }

  /**
   * Checks that a method calls only its own function of the library at the shared path. A function
   * whose file is replaced before its name was read stands as an address.
   */
  private static void own(String method, String function, List<Collapsed.Stack> stacks) {
    Map<String, Long> functions = new TreeMap<>();
    ways(KnownTree.class.getName() + "." + method, stacks)
        .forEach(
            (way, nanos) ->
                way.stream()
                    .filter(frame -> frame.startsWith("libloaded.so"))
                    .forEach(frame -> functions.merge(frame, nanos, Long::sum)));
    long all = functions.values().stream().mapToLong(nanos -> nanos).sum();
    assertFalse(functions.isEmpty(), method);
    Set<String> symbols = new TreeSet<>(functions.keySet());
    symbols.removeIf(name -> name.contains("+0x"));
    assertEquals(Set.of(function), symbols, functions.toString());
    assertTrue(functions.get(function) > all / 20, functions.toString());
  }

  /** The JVM and the C library are named, too. */
  private static void named(List<Collapsed.Stack> stacks) {
    Set<String> frames = new HashSet<>();
    stacks.forEach(stack -> frames.addAll(stack.frames()));
    assertTrue(
        frames.stream().anyMatch(frame -> frame.startsWith("libc.so.6`")), frames.toString());
    assertTrue(
        frames.stream()
            .anyMatch(
                frame ->
                    frame.startsWith("libjvm.so`JavaThread::")
                        || frame.startsWith("libjvm.so`Thread::call_run")
                        || frame.contains("libjvm.so`CompileBroker::")),
        frames.toString());
  }
}
