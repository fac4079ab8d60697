package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.spprof.Profiler;
import io.spprof.config.ProfilerConfig;
import io.spprof.jmx.Mocks.Fixture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
              () -> bean.openStreamOf("jfr", pairs));
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
          "session=3 durationMillis=60000 collected=5000 dropped=21 overheadPercent=0.250"
              + " measuredOverheadPercent=0.125",
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

  @Test
  void shouldRefuseToCompareInvalidRanges() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      SpprofMXBean spprof = bean.spprof().bean();
      for (String bad : List.of("String", "last=0s", "from=-1m,to=-2m")) {
        for (Executable call :
            List.<Executable>of(
                () -> spprof.flameGraphDifference(bad, ""),
                () -> spprof.flameGraphDifference("", bad))) {
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
