package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NativePlatformTest {

  private static String map(String path) {
    return "7f3a1c000000-7f3a1c021000 rw-p 00000000 00:00 0 \n"
        + "7f3a1c400000-7f3a1c414000 r-xp 00014000 fe:00 1234                     "
        + path
        + "\n"
        + "7ffd5e9b0000-7ffd5e9d1000 rw-p 00000000 00:00 0                        [stack]\n";
  }

  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, linux-x86-64",
    "Linux, aarch64, linux-aarch64",
    "Mac OS X, x86_64, darwin-x86-64",
    "Mac OS X, aarch64, darwin-aarch64",
    "Linux, riscv64, linux-riscv64",
    "AIX, ppc64, aix-ppc64"
  })
  void shouldNameThePlatform(String os, String arch, String name) {
    assertEquals(name, NativePlatform.named(os, arch));
  }

  @Test
  void shouldNameTheLibraryAsTheMakefileDoes() {
    assertEquals("libspprof.dylib", NativePlatform.libraryFile("darwin-aarch64"));
    assertEquals("libspprof.so", NativePlatform.libraryFile("linux-musl-x86-64"));
  }

  @Test
  void shouldNameThisPlatformAsJnaDoes() {
    assertEquals(
        Platform.RESOURCE_PREFIX,
        NativePlatform.named(System.getProperty("os.name"), System.getProperty("os.arch")));
  }

  @Test
  void shouldKnowMuslOnLinuxOnly() {
    assertEquals("linux-musl-aarch64", NativePlatform.withMusl("linux-aarch64"));
    assertEquals("darwin-aarch64", NativePlatform.withMusl("darwin-aarch64"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/lib/ld-musl-x86_64.so.1", // Alpine
        "/lib/ld-musl-aarch64.so.1",
        "/lib/libc.musl-x86_64.so.1",
        "/usr/lib/libc.so", // Void
        "/usr/lib/x86_64-linux-musl/libc.so", // musl on Debian
        "/nix/store/0c2ffbkqjx8y9hvsp8p5d8h5qmmzqj1a-musl-1.2.5/lib/libc.so"
      })
  void shouldSeeMusl(String path) {
    assertTrue(NativePlatform.isMusl(map(path)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/usr/lib/x86_64-linux-gnu/libc.so.6",
        "/usr/lib/aarch64-linux-gnu/libc.so.6",
        "/lib64/libc-2.17.so",
        "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        "/usr/lib/libc.so.6 (deleted)",
        "/opt/musl/app.jar",
        "/opt/app/libmylibc.so"
      })
  void shouldNotSeeMuslElsewhere(String path) {
    assertFalse(NativePlatform.isMusl(map(path)));
  }

  @Test
  void shouldNotSeeMuslWhereNothingIsKnown() {
    assertFalse(NativePlatform.isMusl(""));
  }

  @Test
  void shouldSeeTheCLibraryOfThisProcess() throws IOException {
    // The launcher of the JVM names the loader, and so gives the answer in another way.
    String launcher =
        Files.readString(
            Path.of(System.getProperty("java.home"), "bin", "java"), StandardCharsets.ISO_8859_1);
    String expected =
        launcher.contains("/lib/ld-musl-")
            ? NativePlatform.withMusl(Platform.RESOURCE_PREFIX)
            : Platform.RESOURCE_PREFIX;

    assertEquals(expected, NativePlatform.ofThisProcess(Platform.RESOURCE_PREFIX));
  }

  @Test
  void shouldHaveThisProcessesLibrary() {
    assertEquals("", NativeLibrary.unavailable());
  }

  @Test
  void shouldSayWhatIsMissingAndWhatIsThere() {
    String message = NativeLibrary.missing("linux-riscv64");

    assertTrue(message.contains("no native library for linux-riscv64; it has those for "), message);
    assertTrue(
        message.contains(NativePlatform.ofThisProcess(Platform.RESOURCE_PREFIX)),
        "the one that is running: " + message);
    assertTrue(message.contains("README: Platforms"), message);
  }

  @Test
  void shouldListThePlatformsThatAreBuilt() throws IOException {
    Matcher targets =
        Pattern.compile("^TARGETS := ((?:.*\\\\\\n)*.*)", Pattern.MULTILINE)
            .matcher(Files.readString(Path.of("Makefile")));
    assertTrue(targets.find());
    List<String> built =
        Arrays.stream(targets.group(1).replace("\\", "").trim().split("\\s+"))
            .map(target -> target.substring(0, target.indexOf('=')))
            .toList();

    assertEquals(NativePlatform.ALL, built);
  }
}
