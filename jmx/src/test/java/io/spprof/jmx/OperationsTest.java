package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.spprof.Profiler;
import io.spprof.config.ProfilerConfig;
import io.spprof.export.ExportFormat;
import io.spprof.jmx.Mocks.Fixture;
import io.spprof.profile.Frames;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.Stacks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.management.MBeanException;
import javax.management.RuntimeMBeanException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OperationsTest {

  /** Stands for an exception class that no client has. */
  private static final class OursException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    OursException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private static final class OursError extends Error {
    private static final long serialVersionUID = 1;
  }

  @TempDir Path dir;

  @Test
  void shouldStartWithTheConfiguredDefaults() throws Exception {
    ProfilerConfig defaults = ProfilerConfig.parse("interval=2ms");
    try (Fixture bean =
        Mocks.fixture(Mocks.idle(), new Settings(defaults, false, false, dir, null, ""))) {
      assertEquals(1L, invoke(bean, "start"));
      verify(bean.profiler()).start(defaults);
    }
  }

  @Test
  void shouldRefuseStartWhileRunning() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.running())) {
      IllegalStateException e =
          assertThrows(IllegalStateException.class, bean.spprof().bean()::start);
      assertEquals("session 3 is running", e.getMessage());
    }
  }

  @Test
  void shouldOverrideTheConfiguredDefaultsWithOptions() throws Exception {
    Settings settings =
        new Settings(ProfilerConfig.parse("memory=64m,duration=60s"), false, false, dir, null, "");
    try (Fixture bean = Mocks.fixture(Mocks.idle(), settings)) {
      bean.spprof().bean().startWith("interval=1ms");
      verify(bean.profiler()).start(ProfilerConfig.parse("interval=1ms,memory=64m,duration=60s"));
    }
  }

  @Test
  void shouldTakeItsOwnOptionsUnchanged() throws Exception {
    Settings settings =
        new Settings(ProfilerConfig.parse("duration=60s"), false, false, dir, null, "");
    try (Fixture bean = Mocks.fixture(Mocks.idle(), settings)) {
      bean.spprof().bean().startWith((String) bean.get("Options"));
      verify(bean.profiler()).start(settings.defaults());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "String",
        "interval",
        "interval=",
        "interval=0",
        "interval=1",
        "interval=99us",
        "interval=2s",
        "interval=-1ms",
        "interval=1ms,interval=1ms",
        "interval=1ms,",
        ",",
        "colour=red",
        "start=true",
        "duration=0s",
        "memory=2g",
        "depth=0",
        "depth=99999999999999999999",
        "engine=CTIMER",
        "walker=",
        "interval=1ms;depth=3"
      })
  void shouldRefuseBadOptionsBeforeAnythingChanges(String options) throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> bean.spprof().bean().startWith(options));
      assertFalse(e.getMessage().isBlank());
      verify(bean.profiler(), never()).start(any());
    }
  }

  /**
   * When the application has little heap left, splitting a long text would end one of the
   * application's threads.
   */
  @Test
  void shouldRefuseLongTextsWithoutSplittingThem() throws Exception {
    String pairs = "x=y,".repeat(1 << 20);
    try (Fixture fixture = Mocks.fixture(Mocks.idle())) {
      SpprofMXBean bean = fixture.spprof().bean();
      List<Executable> calls =
          List.of(
              () -> bean.startWith(pairs),
              () -> bean.reportOf(pairs),
              () -> bean.collapsedOf(pairs, 0),
              () -> bean.flameGraphOf(pairs),
              () -> bean.collapsedDifference(pairs, ""),
              () -> bean.flameGraphDifference("", pairs),
              () -> bean.dumpToFile(pairs),
              () -> bean.dumpToFileOf("a.html", pairs),
              () -> bean.openStream(pairs),
              () -> bean.openStreamOf("jfr", pairs),
              () -> bean.dumpDifferenceToFile(pairs, "", ""),
              () -> bean.dumpDifferenceToFile("a.html", "", pairs),
              () -> bean.openDifferenceStream(pairs, "", ""),
              () -> bean.openDifferenceStream("html", pairs, ""));
      for (int i = 0; i < calls.size(); i++) {
        Executable call = calls.get(i);
        assertThrows(
            IllegalArgumentException.class,
            call); // the first call makes the allocations that happen only once
        long before = allocatedBytes();
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call);
        long allocated = allocatedBytes() - before;
        assertTrue(allocated < pairs.length() / 8, i + ": " + allocated + " bytes");
        assertTrue(e.getMessage().length() < 1000, i + ": " + e.getMessage());
        assertTrue(e.getMessage().matches(".*(valid:|at most).*"), i + ": " + e.getMessage());
      }
    }
  }

  private static long allocatedBytes() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  @Test
  void shouldListTheValidKeysForTheWordString() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> bean.spprof().bean().startWith("String"));
      for (String help : ProfilerConfig.HELP) {
        assertTrue(e.getMessage().contains(help), e.getMessage());
      }
    }
  }

  @Test
  void shouldReturnFinalFiguresOnOneLine() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.running())) {
      assertEquals(
          "session=3 durationMillis=60000 collected=5000 dropped=21 measuredOverheadPercent=0.125"
              + " overheadPercent=0.250",
          invoke(bean, "stop"));
    }
  }

  @Test
  void shouldRefuseStopWhileIdle() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      assertThrows(IllegalStateException.class, bean.spprof().bean()::stop);
    }
  }

  @Test
  void shouldHandOutTheProfile() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      assertTrue(((String) invoke(bean, "report")).contains("a.B.leaf"));
      assertTrue(((String) invoke(bean, "flameGraph")).contains("<html"));
      assertTrue(bean.spprof().bean().collapsed(0).contains("a.B.root;a.B.leaf 5"));
      assertEquals(bean.spprof().bean().collapsed(0), bean.spprof().bean().collapsed(1));
    }
  }

  @Test
  void shouldCompareTwoStretches() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      SpprofMXBean spprof = bean.spprof().bean();
      assertEquals("", spprof.collapsedDifference("last=2m", "last=1m"));
      String page = spprof.flameGraphDifference("last=2m", "last=1m");
      assertTrue(page.contains("<html") && page.contains("\"before\":{"));
      verify(bean.profiler(), times(4)).profile(any());
      // A range that is given twice is read once, so that it cannot differ from itself.
      spprof.flameGraphDifference("last=1m", "last=1m");
      verify(bean.profiler(), times(5)).profile(any());
    }
  }

  /** A profiler with five samples of a leaf in one range, and two of its caller in the next. */
  private static Profiler twoRanges() {
    Profile before = Mocks.profile();
    Profile after =
        new Profile(
            before.info(),
            List.of(ProfileMethod.java("a.B.root")),
            new Frames(new int[] {0}, new int[] {7}, 1),
            List.of(ProfileThread.java("main")),
            new Stacks(new int[][] {{0}}, new int[] {0}, new short[] {1}, 1),
            new Rows(new int[] {0}, new int[] {0}, new long[] {2}, new long[] {9_000}, 1),
            new SampleTimes(List.of(), 2));
    Profiler profiler = Mocks.idle();
    when(profiler.profile(any())).thenReturn(before, after);
    return profiler;
  }

  private static String stream(SpprofMXBean bean, String format) throws IOException {
    long id = bean.openDifferenceStream(format, "last=2m", "last=1m");
    String text = new String(bean.readStream(id), StandardCharsets.UTF_8);
    assertNull(bean.readStream(id));
    return text;
  }

  @Test
  void shouldHandOutADifferenceAsDumpAndStream() throws Exception {
    Settings settings = new Settings(ProfilerConfig.DEFAULT, false, false, dir, null, "");
    Map<String, String> expected =
        Map.of(
            "collapsed", "main;a.B.root;a.B.leaf 5 0\nmain;a.B.root 0 2\n",
            "collapsed-cpu", "main;a.B.root;a.B.leaf 5000000 0\nmain;a.B.root 0 9000\n");
    for (String format : List.of("html", "collapsed", "collapsed-cpu")) {
      String name = "d" + ExportFormat.ofKey(format).suffix();
      try (Fixture first = Mocks.fixture(twoRanges(), settings);
          Fixture second = Mocks.fixture(twoRanges())) {
        String file = first.spprof().bean().dumpDifferenceToFile(name, "last=2m", "last=1m");
        String text = Files.readString(Path.of(file));
        assertEquals(dir.resolve(name).toString(), file);
        assertEquals(text, stream(second.spprof().bean(), format));
        assertEquals(expected.getOrDefault(format, text), text);
        assertEquals(format.equals("html"), text.contains("\"before\":{"));
      }
    }
  }

  @Test
  void shouldRefuseADifferenceThatItCannotWrite() throws Exception {
    Settings settings = new Settings(ProfilerConfig.DEFAULT, false, false, dir, null, "");
    try (Fixture bean = Mocks.fixture(Mocks.idle(), settings)) {
      SpprofMXBean spprof = bean.spprof().bean();
      for (Executable call :
          List.<Executable>of(
              () -> spprof.dumpDifferenceToFile("a.jfr", "", ""),
              () -> spprof.openDifferenceStream("jfr", "", ""))) {
        Exception e = assertThrows(IllegalArgumentException.class, call);
        assertPlain(e);
        assertTrue(e.getMessage().startsWith("a difference cannot be jfr; valid: "), e.toString());
      }
      for (String bad : List.of("../a.html", "a", "")) {
        assertPlain(
            assertThrows(
                IllegalArgumentException.class, () -> spprof.dumpDifferenceToFile(bad, "", "")));
      }
      verify(bean.profiler(), never()).profile(any());
      spprof.dumpDifferenceToFile("a.html", "", "");
      IOException e =
          assertThrows(IOException.class, () -> spprof.dumpDifferenceToFile("a.html", "", ""));
      assertPlain(e);
      assertTrue(e.getMessage().contains("exists"), e.getMessage());
    }
  }

  @Test
  void shouldRefuseADifferenceForWhichTheHeapHasNoRoom() throws Exception {
    Profile large = mock(Profile.class);
    when(large.exportBytes(any())).thenReturn(1L << 60);
    Profiler profiler = Mocks.idle();
    when(profiler.profile(any())).thenReturn(large);
    Settings settings = new Settings(ProfilerConfig.DEFAULT, false, false, dir, null, "");
    try (Fixture bean = Mocks.fixture(profiler, settings)) {
      SpprofMXBean spprof = bean.spprof().bean();
      for (Executable call :
          List.<Executable>of(
              () -> spprof.dumpDifferenceToFile("a.html", "", ""),
              () -> spprof.openDifferenceStream("html", "", ""))) {
        Exception e = assertThrows(IllegalStateException.class, call);
        assertTrue(e.getMessage().startsWith("comparing these two profiles"), e.getMessage());
      }
      assertFalse(Files.exists(dir.resolve("a.html")));
    }
  }

  @Test
  void shouldRefuseToCompareInvalidRanges() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      SpprofMXBean spprof = bean.spprof().bean();
      for (String bad : List.of("String", "last=0s", "from=-1m,to=-2m")) {
        for (Executable call :
            List.<Executable>of(
                () -> spprof.flameGraphDifference(bad, ""),
                () -> spprof.flameGraphDifference("", bad),
                () -> spprof.dumpDifferenceToFile("a.html", bad, ""),
                () -> spprof.openDifferenceStream("collapsed", "", bad))) {
          Exception e = assertThrows(IllegalArgumentException.class, call);
          assertTrue(e.getMessage().contains("valid: last="), e.getMessage());
        }
      }
      verify(bean.profiler(), never()).profile(any());
    }
  }

  @Test
  void shouldRefuseANegativeNumberOfStacks() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> bean.spprof().bean().collapsed(-1));
      assertTrue(e.getMessage().contains("-1"));
    }
  }

  @Test
  void shouldDumpByTheSuffixAndNeverTwice() throws Exception {
    Settings settings = new Settings(ProfilerConfig.DEFAULT, false, false, dir, null, "");
    try (Fixture bean = Mocks.fixture(Mocks.idle(), settings)) {
      SpprofMXBean spprof = bean.spprof().bean();
      Path html = Path.of(spprof.dumpToFile("a.html"));
      Path folded = Path.of(spprof.dumpToFile("a.collapsed"));
      assertEquals(spprof.flameGraph(), Files.readString(html));
      assertEquals(spprof.collapsed(0), Files.readString(folded));
      assertEquals(List.of(dir, dir), List.of(html.getParent(), folded.getParent()));
      IOException e = assertThrows(IOException.class, () -> spprof.dumpToFile("a.html"));
      assertPlain(e);
      assertTrue(e.getMessage().contains("exists"), e.getMessage());
      assertPlain(
          assertThrows(IllegalArgumentException.class, () -> spprof.dumpToFile("../a.html")));
    }
  }

  @Test
  void shouldLetOnlyPlainThrowablesOut() throws Exception {
    OursException ours = new OursException("the remedy", new OursError());
    ours.addSuppressed(new OursError());
    for (Throwable thrown :
        List.of(
            ours,
            new OursError(),
            new UncheckedIOException("u", new FileSystemException("f")),
            new OutOfMemoryError("Java heap space"),
            new NullPointerException())) {
      Profiler profiler = Mocks.idle();
      when(profiler.start(any())).thenThrow(thrown);
      doThrow(thrown).when(profiler).stop();
      when(profiler.profile(any())).thenThrow(thrown);
      try (Fixture bean = Mocks.fixture(profiler)) {
        SpprofMXBean spprof = bean.spprof().bean();
        assertPlain(assertThrows(Exception.class, spprof::start));
        assertPlain(assertThrows(Exception.class, () -> spprof.startWith("depth=3")));
        assertPlain(assertThrows(Exception.class, spprof::stop));
        assertPlain(assertThrows(Exception.class, spprof::report));
        assertPlain(assertThrows(Exception.class, () -> spprof.collapsed(0)));
        assertPlain(assertThrows(Exception.class, spprof::flameGraph));
        assertPlain(assertThrows(Exception.class, () -> spprof.flameGraphDifference("", "")));
        assertPlain(assertThrows(Exception.class, () -> spprof.dumpToFile("a.html")));
        assertPlain(
            assertThrows(Exception.class, () -> spprof.dumpDifferenceToFile("a.html", "", "")));
        assertPlain(
            assertThrows(Exception.class, () -> spprof.openDifferenceStream("html", "", "")));
      }
    }
    Profiler profiler = Mocks.idle();
    when(profiler.start(any())).thenThrow(ours);
    try (Fixture bean = Mocks.fixture(profiler)) {
      assertEquals(
          "the remedy",
          assertThrows(IllegalStateException.class, bean.spprof().bean()::start).getMessage());
    }
  }

  private static void assertPlain(Throwable t) {
    assertTrue(
        List.of(IllegalStateException.class, IllegalArgumentException.class, IOException.class)
            .contains(t.getClass()),
        t.toString());
    assertNull(t.getCause());
    assertEquals(0, t.getSuppressed().length);
    assertFalse(t.getMessage().isBlank());
  }

  private static Object invoke(Fixture bean, String operation) throws Exception {
    try {
      return bean.server().invoke(bean.name(), operation, new Object[0], new String[0]);
    } catch (RuntimeMBeanException | MBeanException e) {
      throw (Exception) e.getCause();
    }
  }
}
