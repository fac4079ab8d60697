package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.ExportFormat;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class OutputDirectoryTest {

  private static final OutputDirectory.Content HELLO =
      out -> out.write("hello é".getBytes(StandardCharsets.UTF_8));

  @TempDir Path parent;
  private Path dir;
  private OutputDirectory output;

  @BeforeEach
  void makeDirectory() throws IOException {
    dir = Files.createDirectory(parent.resolve("out"));
    output = OutputDirectory.at(dir);
  }

  @Test
  void shouldWriteANewFileThatOnlyItsOwnerCanRead() throws IOException {
    Path file = output.write("a-b_c.1.html", HELLO);
    assertEquals(dir.resolve("a-b_c.1.html"), file);
    assertTrue(file.isAbsolute());
    assertEquals("hello é", Files.readString(file));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(
      strings = {
        "String",
        " ",
        ".html",
        "..html",
        "a..html",
        "../a.html",
        "..\\a.html",
        "/tmp/a.html",
        "sub/a.html",
        "C:a.html",
        "a.html/",
        "a.html ",
        " a.html",
        "-a.html",
        "a.log",
        "a.gz",
        "a.html.exe",
        "a.HTML",
        "html",
        "a\u0000.html",
        "a\n.html",
        "a\u001b[2J.html",
        "a\u202egpj.html",
        "ä.html",
        "a:b.html",
        "~a.html",
        "$HOME.html",
        "%2e%2e%2fa.html"
      })
  void shouldRefuseHostileNames(String name) throws IOException {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> output.write(name, HELLO));
    assertTrue(e.getMessage().contains(ExportFormat.suffixes()), e.getMessage());
    assertTrue(StringUtils.isAsciiPrintable(e.getMessage()), "no control characters get out");
    assertEquals(List.of(), list(dir));
    assertEquals(List.of("out"), list(parent));
  }

  @Test
  void shouldRefuseANameThatIsTooLong() {
    String longest = "a".repeat(OutputDirectory.MAX_NAME - 5) + ".html";
    assertDoesNotThrow(() -> output.write(longest, HELLO));
    assertThrows(IllegalArgumentException.class, () -> output.write("a" + longest, HELLO));
    assertThrows(
        IllegalArgumentException.class, () -> output.write("a".repeat(1 << 20) + ".html", HELLO));
  }

  @Test
  void shouldNeverLeaveTheDirectoryWhateverTheName() throws IOException {
    String alphabet = "ab.-_/\\: \u0000\n\té~%$'\"*?<>|.html.collapsed../";
    long seed = 42;
    Random random = new Random(seed);
    int accepted = 0;
    for (int i = 0; i < 5_000; i++) {
      StringBuilder name = new StringBuilder();
      for (int length = random.nextInt(12); length > 0; length--) {
        name.append(
            random.nextInt(8) == 0
                ? (char) random.nextInt(0x10000)
                : alphabet.charAt(random.nextInt(alphabet.length())));
      }
      name.append(random.nextBoolean() ? ".html" : random.nextBoolean() ? ".collapsed" : "");
      try {
        Path file = output.write(name.toString(), HELLO);
        accepted++;
        assertEquals(dir, file.getParent());
        assertEquals(dir.toRealPath().resolve(name.toString()), file.toRealPath());
        Files.delete(file);
      } catch (IllegalArgumentException e) {
        assertEquals(List.of(), list(dir));
      }
    }
    assertTrue(accepted > 10, "the names were too wild to test anything: " + accepted);
    assertEquals(List.of("out"), list(parent));
  }

  @Test
  void shouldNotOverwriteAFile() throws IOException {
    Files.writeString(dir.resolve("a.html"), "precious");
    assertRefused("a.html", "exists");
    assertEquals("precious", Files.readString(dir.resolve("a.html")));
  }

  @Test
  void shouldNotFollowALink() throws IOException {
    Path outside = Files.writeString(parent.resolve("outside"), "precious");
    Files.createSymbolicLink(dir.resolve("a.html"), outside);
    Files.createSymbolicLink(dir.resolve("b.html"), parent.resolve("not-there"));
    assertRefused("a.html", "exists");
    assertRefused("b.html", "exists");
    assertEquals("precious", Files.readString(outside));
    assertFalse(Files.exists(parent.resolve("not-there")));
    assertTrue(Files.isSymbolicLink(dir.resolve("a.html")));
  }

  @Test
  void shouldNotReplaceADirectory() throws IOException {
    Files.createDirectory(dir.resolve("a.html"));
    assertRefused("a.html", "exists");
    assertTrue(Files.isDirectory(dir.resolve("a.html")));
  }

  @Test
  void shouldLetOnlyOneOfManyHaveAName() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      for (int round = 0; round < 50; round++) {
        String name = "r" + round + ".html";
        AtomicInteger refused = new AtomicInteger();
        List<Callable<Void>> writers =
            Stream.<Callable<Void>>generate(
                    () ->
                        () -> {
                          try {
                            output.write(name, HELLO);
                          } catch (IOException e) {
                            refused.incrementAndGet();
                          }
                          return null;
                        })
                .limit(8)
                .toList();
        for (Future<Void> done : pool.invokeAll(writers)) {
          done.get();
        }
        assertEquals(7, refused.get());
        assertEquals("hello é", Files.readString(dir.resolve(name)));
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void shouldLeaveNoPartialFileWhenTheContentFails() throws IOException {
    IOException e =
        assertThrows(
            IOException.class,
            () ->
                output.write(
                    "a.html",
                    out -> {
                      out.write(new byte[1 << 20]);
                      throw new IOException("No space left on device");
                    }));
    assertTrue(e.getMessage().contains("No space left on device"), e.getMessage());
    assertTrue(e.getMessage().contains("make room"), e.getMessage());
    assertEquals(List.of(), list(dir));
    assertThrows(
        IllegalStateException.class,
        () ->
            output.write(
                "a.html",
                out -> {
                  throw new IllegalStateException();
                }));
    assertEquals(List.of(), list(dir));
    output.write("a.html", HELLO); // the name is free again
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldLeaveNoPartialFileWhenTheDiskIsFull() throws IOException {
    OutputDirectory full =
        OutputDirectory.at(
            dir,
            file -> {
              Files.createFile(file);
              return new FileOutputStream("/dev/full");
            });
    IOException e = assertThrows(IOException.class, () -> full.write("a.html", HELLO));
    assertTrue(e.getMessage().contains("No space left on device"), e.getMessage());
    assertEquals(List.of(), list(dir));
  }

  @Test
  void shouldLeaveNoPartialFileWhenClosingFails() throws IOException {
    OutputDirectory quota =
        OutputDirectory.at(
            dir,
            file -> {
              OutputStream real = Files.newOutputStream(file);
              return new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                  real.write(b);
                }

                @Override
                public void close() throws IOException {
                  real.close();
                  throw new IOException("Disk quota exceeded");
                }
              };
            });
    IOException e = assertThrows(IOException.class, () -> quota.write("a.html", HELLO));
    assertTrue(e.getMessage().contains("Disk quota exceeded"), e.getMessage());
    assertEquals(List.of(), list(dir));
  }

  @Test
  void shouldMakeItsDirectoryAtTheFirstDumpForUsOnly() throws IOException {
    Path later = parent.resolve("later");
    OutputDirectory lazy = OutputDirectory.at(later);
    assertFalse(Files.exists(later));
    lazy.write("a.html", HELLO);
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(later)));
  }

  @Test
  void shouldMakeATemporaryDirectoryOnceForUsOnly() throws IOException {
    OutputDirectory temporary = OutputDirectory.temporary();
    Path a = temporary.write("a.html", HELLO);
    Path b = temporary.write("b.html", HELLO);
    try {
      assertEquals(a.getParent(), b.getParent());
      assertTrue(a.isAbsolute());
      assertEquals(
          "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(a.getParent())));
    } finally {
      Files.delete(a);
      Files.delete(b);
      Files.delete(a.getParent());
    }
  }

  @Test
  void shouldRefuseWhenTheDirectoryIsGone() throws IOException {
    Files.delete(dir);
    assertRefused("a.html", "gone");
    assertFalse(Files.exists(dir), "an empty mount point must not be written to");
  }

  /** Cleaners of temporary files remove directories that are empty or old. */
  @Test
  void shouldMakeItsDirectoryAgainAfterACleaner() throws IOException {
    OutputDirectory made = OutputDirectory.at(parent.resolve("made"));
    OutputDirectory temporary = OutputDirectory.temporary();
    for (OutputDirectory ours : List.of(made, temporary)) {
      for (int i = 0; i < 3; i++) {
        Path file = ours.write("a.html", HELLO);
        assertEquals("hello é", Files.readString(file));
        assertEquals(
            "rwx------",
            PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
        Files.delete(file);
        Files.delete(file.getParent());
      }
    }
  }

  /**
   * As if the directory had been removed, and somebody who had seen its name had made one with that
   * name.
   */
  @Test
  void shouldMakeAnotherTemporaryDirectoryWhenTheOldIsNotOursAnyMore() throws IOException {
    OutputDirectory temporary = OutputDirectory.temporary();
    Path first = temporary.write("a.html", HELLO);
    Files.delete(first);
    Files.delete(first.getParent());
    Files.createSymbolicLink(first.getParent(), dir);
    Path second = temporary.write("a.html", HELLO);
    assertEquals(List.of(), list(dir));
    assertFalse(second.startsWith(first.getParent()), second.toString());
    Files.delete(first.getParent());
    Files.delete(second);
    Files.delete(second.getParent());
  }

  /** Another user made the directory first, or replaced ours. */
  @Test
  void shouldNotUseADirectoryThatBecameAnothers() throws IOException {
    OutputDirectory made = OutputDirectory.at(parent.resolve("made"));
    Files.createSymbolicLink(parent.resolve("made"), dir);
    IOException link = assertThrows(IOException.class, () -> made.write("a.html", HELLO));
    assertTrue(link.getMessage().contains("is a link"), link.getMessage());
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertRefused("a.html", "chmod go-w");
    assertEquals(List.of(), list(dir));
  }

  @ParameterizedTest
  @ValueSource(strings = {"relative", ""})
  void shouldWriteWhereTheTemporaryDirectoryIsRelative(String value) throws IOException {
    writeWithTemporaryDirectory(value);
  }

  @Test
  void shouldWriteWhereTheTemporaryDirectoryWasCleared() throws IOException {
    writeWithTemporaryDirectory(null);
  }

  @Test
  void shouldWriteWhereTheTemporaryDirectoryIsNoPath() throws IOException {
    writeWithTemporaryDirectory("/tmp/a\0b");
  }

  private static void writeWithTemporaryDirectory(String value) throws IOException {
    String before = System.getProperty("java.io.tmpdir");
    Path relative = "relative".equals(value) ? Files.createDirectory(Path.of(value)) : null;
    try {
      if (value == null) {
        System.clearProperty("java.io.tmpdir");
      } else {
        System.setProperty("java.io.tmpdir", value);
      }
      Path file = OutputDirectory.temporary().write("a.html", HELLO);
      assertTrue(file.isAbsolute(), file.toString());
      Files.delete(file);
      Files.delete(file.getParent());
    } finally {
      System.setProperty("java.io.tmpdir", before);
      if (relative != null) {
        Files.delete(relative);
      }
    }
  }

  @Test
  void shouldSayWhenTheDirectoryCannotBeMade() {
    OutputDirectory orphan = OutputDirectory.at(parent.resolve("no/such"));
    IOException e = assertThrows(IOException.class, () -> orphan.write("a.html", HELLO));
    assertTrue(e.getMessage().contains("dir=PATH"), e.getMessage());
  }

  @Test
  void shouldSayWhenTheDirectoryIsAFile() throws IOException {
    OutputDirectory file = OutputDirectory.at(Files.createFile(parent.resolve("file")));
    IOException e = assertThrows(IOException.class, () -> file.write("a.html", HELLO));
    assertTrue(e.getMessage().contains("dir=PATH"), e.getMessage());
  }

  private void assertRefused(String name, String because) {
    IOException e = assertThrows(IOException.class, () -> output.write(name, HELLO));
    assertTrue(e.getMessage().contains(because), e.getMessage());
  }

  private static List<String> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
