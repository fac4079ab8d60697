package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finding, unpacking and loading; and a second copy beside the first, as two agents would have. */
final class NativeLibraryTest {

  private static final SamplerConfig CONFIG =
      new SamplerConfig(TimerEngine.CTIMER, StackWalker.AGCT, 10_000_000, 64, 1 << 20);

  @TempDir Path directory;

  private static URL[] classPath() {
    return Stream.of(NativeSampler.class, Native.class, StringUtils.class)
        .map(type -> type.getProtectionDomain().getCodeSource().getLocation())
        .toArray(URL[]::new);
  }

  /** The profiler's classes once more, of a loader of their own. */
  private static final class OtherCopy {
    private final Object sampler;
    private final Object config;

    OtherCopy(ClassLoader loader) throws ReflectiveOperationException {
      Class<?> type = loader.loadClass(NativeSampler.class.getName());
      assertNotSame(NativeSampler.class, type);
      sampler = type.getConstructor().newInstance();
      Class<?> engine = loader.loadClass(TimerEngine.class.getName());
      Class<?> walker = loader.loadClass(StackWalker.class.getName());
      config =
          loader
              .loadClass(SamplerConfig.class.getName())
              .getConstructor(engine, walker, long.class, int.class, long.class)
              .newInstance(
                  engine.getEnumConstants()[0],
                  walker.getEnumConstants()[0],
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
      assertTrue(taken.contains("only one profiler can use it"), taken);
    } finally {
      String note = sampler.stop();
      handle(new Pointer(1)); // SIG_IGN, which discards what is pending
      handle(Pointer.NULL);
      sampler.release();
      assertTrue(note.contains("taken over by libc.so"), note);
      assertTrue(note.contains("left in place") && note.contains("stop or remove it"), note);
    }
    assertEquals("", sampler.threadProblem());
  }

  private static void handle(Pointer handler) {
    Memory action = new Memory(152); // of Linux on 64 bits
    action.clear();
    action.setPointer(0, handler);
    com.sun.jna.NativeLibrary c = com.sun.jna.NativeLibrary.getInstance("c");
    assertEquals(0, c.getFunction("sigaction").invokeInt(new Object[] {27, action, null}));
  }

  /** Run in a JVM of its own. */
  static final class Load {
    public static void main(String[] args) throws SamplerException {
      try {
        NativeSampler sampler = new NativeSampler();
        sampler.start(CONFIG);
        String holder = SystemProbe.profilingSignalHolder();
        sampler.stop();
        sampler.release();
        System.out.println("loaded, held by '" + holder + "', jna.tmpdir " + jnaDirectory());
        System.out.println("limit '" + SystemProbe.pendingSignalsLimit() + "'");
      } catch (SamplerException e) {
        System.out.println("refused: " + e.getMessage());
      }
    }
  }

  private static String jnaDirectory() {
    return System.getProperty("jna.tmpdir");
  }

  private static String load(Path temporary, String flag) throws IOException, InterruptedException {
    String classPath =
        Stream.concat(
                Arrays.stream(classPath()),
                Stream.of(Load.class.getProtectionDomain().getCodeSource().getLocation()))
            .map(URL::getPath)
            .collect(Collectors.joining(":"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-Djava.io.tmpdir=" + temporary,
                flag,
                "-cp",
                classPath,
                Load.class.getName())
            .redirectErrorStream(true)
            .start();
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

  @Test
  void shouldSayWhatToDoWithoutATemporaryDirectory() throws Exception {
    String output = load(directory.resolve("missing"), "-Dplain");

    assertTrue(output.contains("refused: the native library could not be unpacked"), output);
    assertTrue(output.contains("-Djava.io.tmpdir"), output);
  }

  @Test
  void shouldSampleWhereJnaCannotWork() throws Exception {
    String output = load(directory, "-Djna.nounpack=true");

    assertTrue(output.contains("loaded, held by ''"), output);
    assertTrue(output.contains("limit 'unknown'"), output);
  }
}
