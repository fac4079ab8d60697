package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.config.ProfilerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

  @TempDir Path dir;

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "  "})
  void shouldHaveDefaultsWhenNothingIsSet(String args) {
    assertEquals(Settings.NONE, read(args, Map.of(), Map.of()));
    assertEquals(
        Settings.NONE,
        read(args, Map.of("spprof.interval", " "), Map.of("SPPROF_INTERVAL", "", "SPPROF_X", "y")));
  }

  @ParameterizedTest
  @CsvSource({
    "interval=1ms,2ms,3ms, 1ms",
    ",            2ms,3ms, 2ms",
    ",            ,   3ms, 3ms",
    ",            ,   ,    10ms",
    "interval=1ms,,   3ms, 1ms"
  })
  void shouldPreferArgumentsToPropertiesToEnvironment(
      String args, String property, String variable, String expected) {
    Settings settings =
        Settings.read(
            args,
            name -> name.equals("spprof.interval") ? property : null,
            name -> name.equals("SPPROF_INTERVAL") ? variable : null);
    assertEquals("", settings.error());
    assertEquals(ProfilerConfig.parse("interval=" + expected), settings.defaults());
  }

  @Test
  void shouldMixSourcesKeyByKey() throws IOException {
    Path libraries = Files.createDirectory(dir.resolve("lib"));
    Settings settings =
        read(
            "depth=7,libdir=" + libraries,
            Map.of("spprof.dir", dir + "/a,b", "spprof.memory", "64m", "spprof.depth", "8"),
            Map.of("SPPROF_START", "true", "SPPROF_MEMORY", "128m", "SPPROF_DURATION", "1h"));
    assertEquals(
        new Settings(
            ProfilerConfig.parse("depth=7,memory=64m,duration=1h"),
            true,
            false,
            dir.resolve("a,b"),
            libraries,
            ""),
        settings);
  }

  @Test
  void shouldReadWhetherToDumpAtExit() {
    assertTrue(read("onexit=dump", Map.of(), Map.of()).dumpAtExit());
    assertFalse(read("onexit=none", Map.of("spprof.onexit", "dump"), Map.of()).dumpAtExit());
    Settings wrong = read("onexit=maybe,start=true", Map.of(), Map.of());
    assertTrue(wrong.error().contains("valid: onexit=none|dump"), wrong.error());
    assertFalse(wrong.start());
  }

  @Test
  void shouldLetTheStrongerSourceTurnAStartOff() {
    assertFalse(read("start=false", Map.of("spprof.start", "true"), Map.of()).start());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "interval=banana",
        "interval=1ms,start=true,depth=0",
        "colour=red,start=true",
        "start",
        "start=yes",
        "start=true,start=true",
        "dir=",
        "dir=a\u0000b",
        "start=true,",
        "interval=1ms,interval=2ms"
      })
  void shouldVoidAllSettingsForABadOne(String args) {
    Settings settings = read(args, Map.of("spprof.memory", "64m"), Map.of());
    assertEquals(ProfilerConfig.DEFAULT, settings.defaults());
    assertFalse(settings.start());
    assertNull(settings.directory());
    assertFalse(settings.error().isBlank());
  }

  /** Each such directory is refused when the setting is read, not when the JVM ends. */
  @ParameterizedTest
  @ValueSource(strings = {"dir", "libdir"})
  void shouldRefuseADirectoryThatOthersCouldHaveMade(String key) throws IOException {
    Path open = Files.createDirectory(dir.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path link = Files.createSymbolicLink(dir.resolve("link"), dir);
    assertRefused(key, open, "chmod go-w " + open);
    assertRefused(key, link, "is a link");
    assertRefused(key, Path.of("/etc/passwd"), "is not a directory");
    assertRefused(key, Path.of("/etc/passwd/x"), "/etc/passwd");
    assertRefused(key, Files.createDirectory(open.resolve("below")), "chmod go-w " + open);
    assertRefused(key, dir.resolve("no/such"), key.equals("dir") ? "make that" : "not there");
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertEquals("", read(key + "=" + open, Map.of(), Map.of()).error());
  }

  /** Otherwise it would be reported when the JVM ends, and the profile would be lost. */
  @Test
  void shouldRefuseADumpAtExitWithoutAPlaceForIt() throws IOException {
    Path missing = dir.resolve("no\nsuch");
    Path file = Files.createFile(dir.resolve("file"));
    String before = System.getProperty("java.io.tmpdir");
    try {
      for (Path unusable : List.of(missing, file)) {
        System.setProperty("java.io.tmpdir", unusable.toString());
        Settings settings = read("onexit=dump,start=true", Map.of(), Map.of());
        String error = settings.error();
        assertTrue(error.startsWith("onexit=dump writes below java.io.tmpdir"), error);
        assertTrue(error.contains(unusable.getFileName().toString().replace('\n', ' ')), error);
        assertTrue(error.contains("is no directory; make it, or name another"), error);
        assertTrue(error.contains("with dir=PATH") && !error.contains("\n"), error);
        assertFalse(settings.start() || settings.dumpAtExit());
        assertEquals("", read("onexit=dump,dir=" + dir, Map.of(), Map.of()).error());
        assertEquals("", read("start=true", Map.of(), Map.of()).error());
      }
      System.setProperty("java.io.tmpdir", dir.toString());
      assertEquals("", read("onexit=dump", Map.of(), Map.of()).error());
    } finally {
      System.setProperty("java.io.tmpdir", before);
    }
  }

  private static void assertRefused(String key, Path path, String because) {
    String error = read(key + "=" + path + ",start=true", Map.of(), Map.of()).error();
    assertTrue(error.startsWith(key + "=" + path + ": ") && error.contains(because), error);
  }

  @Test
  void shouldRefuseWhatIsTooLongInAShortMessage() {
    String all = "x=y,".repeat(1 << 20);
    for (Settings settings :
        List.of(
            read(all, Map.of(), Map.of()),
            read(null, Map.of("spprof.interval", all), Map.of()),
            read(null, Map.of(), Map.of("SPPROF_DIR", all)),
            read("start=" + all, Map.of(), Map.of()))) {
      assertTrue(settings.error().contains(" of 41943"), settings.error());
      assertTrue(settings.error().contains("valid: at most"), settings.error());
      assertTrue(settings.error().length() < 400, settings.error());
    }
    String one = "y".repeat(10_000);
    for (String args : List.of(one, "start=" + one, "onexit=" + one, "dir=\0" + one)) {
      String error = read(args, Map.of(), Map.of()).error();
      assertTrue(!error.isEmpty() && error.length() < 1000, error);
    }
  }

  @Test
  void shouldSayWhatIsValid() {
    String error = read("colour=red", Map.of(), Map.of()).error();
    assertTrue(error.contains("colour=red") && error.contains("interval="), error);
    assertTrue(error.contains("start=") && error.contains("dir="), error);
    error = read("colour", Map.of(), Map.of()).error();
    assertTrue(error.startsWith("'colour' is no setting; valid: interval="), error);
    error = read("depth=7, start", Map.of(), Map.of()).error();
    assertEquals(
        "'start' has no value; valid: start=true|false. jcmd cuts settings at the =, so write them"
            + " in two pairs of quotes: '\"start=VALUE\"' (no setting is in force, all defaults)",
        error);
    error = read(null, Map.of(), Map.of("SPPROF_DEPTH", "99999")).error();
    assertTrue(error.contains("depth=1..2048"), error);
  }

  private static Settings read(
      String args, Map<String, String> properties, Map<String, String> environment) {
    return Settings.read(args, properties::get, environment::get);
  }
}
