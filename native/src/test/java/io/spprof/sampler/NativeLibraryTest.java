package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.Reference;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that the native library is found, unpacked and loaded; also by a second copy of the
 * profiler in the same JVM, as with two agents.
 */
final class NativeLibraryTest {

  private static final SamplerConfig CONFIG =
      new SamplerConfig(Engine.CTIMER, Walker.AGCT, NativeFrames.NONE, 10_000_000, 64, 1 << 20);

  @TempDir Path directory;

  private static URL[] classPath() {
    return Stream.of(NativeSampler.class, Native.class, StringUtils.class)
        .map(type -> type.getProtectionDomain().getCodeSource().getLocation())
        .toArray(URL[]::new);
  }

  /** A second copy of the profiler's classes, loaded by a class loader of its own. */
  private static final class OtherCopy {
    private final Object sampler;
    private final Object config;

    OtherCopy(ClassLoader loader) throws ReflectiveOperationException {
      Class<?> type = loader.loadClass(NativeSampler.class.getName());
      assertNotSame(NativeSampler.class, type);
      sampler = type.getConstructor().newInstance();
      Class<?> engine = loader.loadClass(Engine.class.getName());
      Class<?> walker = loader.loadClass(Walker.class.getName());
      Class<?> frames = loader.loadClass(NativeFrames.class.getName());
      config =
          loader
              .loadClass(SamplerConfig.class.getName())
              .getConstructor(engine, walker, frames, long.class, int.class, long.class)
              .newInstance(
                  engine.getEnumConstants()[0],
                  walker.getEnumConstants()[0],
                  frames.getEnumConstants()[0],
                  10_000_000L,
                  64,
                  1L << 20);
    }

    void start() throws ReflectiveOperationException {
      sampler.getClass().getMethod("start", config.getClass()).invoke(sampler, config);
    }

    void stop() throws ReflectiveOperationException {
      sampler.getClass().getMethod("stop").invoke(sampler);
      sampler.getClass().getMethod("release").invoke(sampler);
    }
  }

  @Test
  void shouldRefuseTheSecondCopyWhileTheFirstSamplesAndNotAfterwards() throws Exception {
    NativeSampler first = new NativeSampler();
    try (URLClassLoader loader =
        new URLClassLoader(classPath(), ClassLoader.getPlatformClassLoader())) {
      OtherCopy second = new OtherCopy(loader);
      first.start(CONFIG);
      try {
        Throwable refused = assertThrows(InvocationTargetException.class, second::start).getCause();
        assertTrue(refused.getMessage().contains("libspprof.so"), refused.getMessage());
        assertTrue(refused.getMessage().contains("stop or remove"), refused.getMessage());
        assertTrue(first.counters().threadsSampled() > 0, "the first goes on");
      } finally {
        first.stop();
        first.release();
      }

      second.start();
      try {
        SamplerException held = assertThrows(SamplerException.class, () -> first.start(CONFIG));
        assertTrue(held.getMessage().contains("libspprof.so"), held.getMessage());
      } finally {
        second.stop();
      }
      first.start(CONFIG);
      first.stop();
      first.release();
    }
  }

  @Test
  void shouldSayWhoHoldsTheSignalAndHowHighTheLimitIs() throws SamplerException {
    assertEquals("", SystemProbe.profilingSignalHolder());
    NativeSampler sampler = new NativeSampler();
    sampler.start(CONFIG);
    try {
      assertEquals("libspprof.so", SystemProbe.profilingSignalHolder());
    } finally {
      sampler.stop();
      sampler.release();
    }
    assertEquals("", SystemProbe.profilingSignalHolder(), "what was there before is back");
    assertTrue(SystemProbe.pendingSignalsLimit().matches("unlimited|[0-9]+"));
  }

  /** Other code can read or change the properties at the same time. */
  @Test
  void shouldSetJnasDirectoryAtMostOnce() throws SamplerException {
    NativeSampler sampler = new NativeSampler();
    sampler.start(CONFIG); // unpacks the library
    sampler.stop();
    sampler.release();
    SystemProbe.pendingSignalsLimit();
    List<String> set = new ArrayList<>();
    Properties properties = System.getProperties();
    Properties watched =
        new Properties() {
          @Override
          public synchronized Object setProperty(String key, String value) {
            set.add(key);
            return super.setProperty(key, value);
          }
        };
    watched.putAll(properties);
    System.setProperties(watched);
    try {
      SystemProbe.pendingSignalsLimit();
    } finally {
      System.setProperties(properties);
    }
    assertFalse(set.contains("jna.tmpdir"), set.toString());
  }

  @Test
  void shouldSayWhoTookTheSignalWhileASessionRuns() throws SamplerException {
    NativeSampler sampler = new NativeSampler();
    sampler.start(CONFIG);
    try {
      assertEquals("", sampler.threadProblem());
      handle(
          com.sun.jna.NativeLibrary.getInstance("c").getFunction("getpid")); // a harmless handler
      String taken = sampler.threadProblem();
      assertTrue(taken.contains("taken over by libc.so"), taken);
      assertTrue(taken.contains("only one profiler can use the signal"), taken);
    } finally {
      String note = sampler.stop();
      handle(new Pointer(1)); // SIG_IGN, which discards pending signals
      handle(Pointer.NULL);
      sampler.release();
      assertTrue(note.contains("taken over by libc.so"), note);
      assertTrue(
          note.contains("left in place") && note.contains("stop or remove the other profiler"),
          note);
    }
    assertEquals("", sampler.threadProblem());
  }

  private static void handle(Pointer handler) {
    Memory action = new Memory(152); // the size on 64-bit Linux
    action.clear();
    action.setPointer(0, handler);
    com.sun.jna.NativeLibrary c = com.sun.jna.NativeLibrary.getInstance("c");
    assertEquals(0, c.getFunction("sigaction").invokeInt(new Object[] {27, action, null}));
  }

  /** The program of a JVM of its own. */
  static final class Load {
    public static void main(String[] args) throws SamplerException {
      if (Boolean.getBoolean("spprof.test.clear")) {
        System.clearProperty("java.io.tmpdir");
      }
      try {
        String chosen = System.getProperty("spprof.test.libdir");
        NativeSampler sampler =
            chosen == null
                ? new NativeSampler()
                : new NativeSampler(new LibraryDirectories(Path.of(chosen), null));
        sampler.start(CONFIG);
        if (chosen != null) {
          System.out.println(mapped());
        }
        String holder = SystemProbe.profilingSignalHolder();
        System.out.println("environment: '" + sampler.environmentProblem() + "'");
        sampler.stop();
        sampler.release();
        System.out.println("loaded, held by '" + holder + "', jna.tmpdir " + jnaDirectory());
        System.out.println("limit '" + SystemProbe.pendingSignalsLimit() + "'");
      } catch (SamplerException e) {
        System.out.println("refused: " + e.getMessage());
      }
    }
  }

  /** The file from which the library was loaded. */
  private static String mapped() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return "mapped from "
          + lines.filter(line -> line.contains("libspprof")).findFirst().orElse("nowhere")
          + "#";
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static String jnaDirectory() {
    return System.getProperty("jna.tmpdir");
  }

  /** The command in front of the JVM's command line. */
  private List<String> prefix = List.of();

  private String load(Path temporary, String flag) throws IOException, InterruptedException {
    return run(Load.class, "-Djava.io.tmpdir=" + temporary, flag);
  }

  private String run(Class<?> main, String... flags) throws IOException, InterruptedException {
    String classPath =
        Stream.concat(
                Arrays.stream(classPath()),
                Stream.of(Load.class.getProtectionDomain().getCodeSource().getLocation()))
            .map(URL::getPath)
            .collect(Collectors.joining(":"));
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xshare:auto");
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", classPath, main.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    process.waitFor();
    return output;
  }

  @Test
  void shouldLeaveNoFileBehind() throws Exception {
    String output = load(directory, "-Dplain");

    assertTrue(output.contains("loaded, held by 'libspprof.so', jna.tmpdir null"), output);
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(), left.toList());
    }
  }

  /** Stands for a container image in which no directory is both writable and executable. */
  @Test
  void shouldLoadWhatLiesInTheChosenDirectoryFromThere() throws Exception {
    Path installed = directory.resolve("libspprof.so");
    String resource = NativePlatform.ofThisProcess(Platform.RESOURCE_PREFIX) + "/libspprof.so";
    try (InputStream library = NativeSampler.class.getResourceAsStream(resource)) {
      Files.copy(library, installed);
    }
    String output = load(directory, "-Dspprof.test.libdir=" + directory);
    assertTrue(output.contains(" " + installed + "#"), output);
    assertTrue(output.contains("loaded, held by "), output);
    assertTrue(Files.exists(installed));
  }

  /** Stands for a container with a pid namespace of its own and the host's /proc. */
  @Test
  void shouldSayThatProcIsAnothers() throws Exception {
    OtherEngine itimer = OtherEngine.than(Engine.CTIMER, asked -> 0);
    assertEquals("", ProcFileSystem.problem("12", 12, itimer));
    assertTrue(ProcFileSystem.problem("", 12, itimer).contains("/proc does not show this process"));
    String found = ProcFileSystem.problem("4711", 12, itimer);
    assertTrue(found.endsWith(", or use engine=itimer"), found);
    assertTrue(found.contains("this process is 4711 there, and 12 for itself"), found);

    assertTrue(load(directory, "-Dplain").contains("environment: ''"), "this /proc is ours");
    String flag = isRoot() ? "-pf" : "-Urpf";
    Assumptions.assumeTrue(
        new ProcessBuilder("unshare", flag, "true").start().waitFor() == 0,
        "NOT TESTED: no pid namespace can be made here");
    prefix = List.of("unshare", flag);
    String output = load(directory, "-Dplain");
    assertTrue(output.contains("environment: 'only Java's threads are sampled"), output);
    assertTrue(output.matches("(?s).* there, and [1-9] for itself.*"), output);
  }

  private static boolean isRoot() throws IOException {
    return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
  }

  /** The temporary directory is missing, a file, not writable, relative, empty, or not set. */
  @ParameterizedTest
  @ValueSource(strings = {"MISSING", "FILE", "/proc", "target", ".", "", "CLEARED"})
  void shouldSampleWhateverTheTemporaryDirectoryIs(String temporary) throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    String path =
        temporary.replace("MISSING", directory + "/missing").replace("FILE", file.toString());

    String output = load(Path.of(path), "-Dspprof.test.clear=" + temporary.equals("CLEARED"));

    assertTrue(output.contains("loaded, held by "), output);
  }

  /**
   * The program of a JVM that loads the library from memory only. Copies of the profiler follow
   * each other; then two exist at the same time.
   */
  static final class FromMemory {
    public static void main(String[] args) throws Exception {
      System.out.println("copy 0: " + call("load", copy()));
      URLClassLoader last = null;
      for (int i = 1; i < 3 && files() > 0; i++) {
        last = null;
        do { // the JVM releases a path some time after the class loader was collected
          System.gc();
          Thread.sleep(10);
          last = copy();
        } while (!call("loadTheSame", last).equals("loaded"));
      }
      System.out.println("after copies: " + mappings() + " mappings, " + files() + " files");
      System.out.println("a second one: " + call("load", copy()));
      System.out.println("after two: " + mappings() + " mappings, " + files() + " files");
      Reference.reachabilityFence(last);
    }

    private static URLClassLoader copy() {
      URL own = FromMemory.class.getProtectionDomain().getCodeSource().getLocation();
      return new URLClassLoader(
          Stream.concat(Arrays.stream(classPath()), Stream.of(own)).toArray(URL[]::new),
          ClassLoader.getPlatformClassLoader());
    }

    private static String call(String method, ClassLoader loader)
        throws ReflectiveOperationException {
      return (String) loader.loadClass(InMemory.class.getName()).getMethod(method).invoke(null);
    }

    private static long mappings() throws IOException {
      return Files.readAllLines(Path.of("/proc/self/maps")).stream()
          .filter(line -> line.contains("/memfd:spprof-") && line.contains(" r-xp "))
          .count();
    }

    private static long files() throws IOException {
      long count = 0;
      for (String descriptor : Path.of("/proc/self/fd").toFile().list()) {
        try {
          Path target = Files.readSymbolicLink(Path.of("/proc/self/fd", descriptor));
          count += target.toString().contains("/memfd:spprof-") ? 1 : 0;
        } catch (IOException e) {
          // This is the descriptor of the listing itself.
        }
      }
      return count;
    }
  }

  /** Called in each copy of the profiler. */
  public static final class InMemory {

    /** Loads the library as a start of a session does. */
    public static String load() throws IOException, SamplerException {
      String refusal = UnpackedLibrary.loadFromMemory(content());
      return refusal == null ? "loaded" : refusal;
    }

    /** Loads the library from the file that the first copy left open. */
    public static String loadTheSame() throws IOException {
      try {
        System.load(MemoryFile.find(UnpackedLibrary.name(content(), 0)).toString());
        return "loaded";
      } catch (UnsatisfiedLinkError e) {
        return e.getMessage();
      }
    }

    private static byte[] content() throws IOException {
      String name = "/io/spprof/sampler/" + Platform.RESOURCE_PREFIX + "/libspprof.so";
      try (InputStream library = NativeLibrary.class.getResourceAsStream(name)) {
        return library.readAllBytes();
      }
    }
  }

  @Test
  void shouldLoadFromMemoryWithoutAnyDirectory() throws Exception {
    String output = run(FromMemory.class, "-Djava.io.tmpdir=/proc");

    if (Runtime.version().feature() < 21) {
      assertTrue(output.contains("copy 0: a JVM before JDK 21 cannot call memfd_create"), output);
      assertTrue(output.contains("after two: 0 mappings, 0 files"), output);
      return;
    }
    assertTrue(output.contains("copy 0: loaded"), output);
    // Copies that follow each other share one file and one mapping. A second copy at the same time
    // adds one of each.
    assertTrue(output.contains("after copies: 1 mappings, 1 files"), output);
    assertTrue(output.contains("a second one: loaded"), output);
    assertTrue(output.contains("after two: 2 mappings, 2 files"), output);
  }

  @Test
  void shouldSampleWhereJnaCannotWork() throws Exception {
    String output = load(directory, "-Djna.nounpack=true");

    assertTrue(output.contains("loaded, held by ''"), output);
    assertTrue(output.contains("limit 'unknown'"), output);
  }
}
