package io.spprof.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IsolatedClassLoaderTest {

  @TempDir Path dir;
  private Path jar;
  private IsolatedClassLoader loader;

  @BeforeEach
  void makeJar() throws IOException {
    Map<String, byte[]> isolated =
        new TreeMap<>(
            TestJars.compile(dir, "p.Hidden", "package p; public class Hidden { class Inner {} }"));
    // The application, here this test, has a class of that name, too.
    isolated.putAll(
        TestJars.compile(
            dir,
            "org.apache.commons.lang3.StringUtils",
            "package org.apache.commons.lang3; public class StringUtils {}"));
    isolated.put("com/sun/jna/linux-x86-64/lib.so", "ELF".getBytes(UTF_8));
    isolated.put("io/spprof/sampler/plan9-mips/libspprof.so", "ELF".getBytes(UTF_8));
    isolated.put("p/template.html", "<html>".getBytes(UTF_8));
    // The jar can lie anywhere, so its path has a blank and a percent sign.
    Path folder = Files.createDirectory(dir.resolve("a b%20c"));
    jar = TestJars.jar(folder.resolve("agent!.jar"), Map.of("root.txt", new byte[1]), isolated);
    loader = new IsolatedClassLoader(jar.toFile());
  }

  @AfterEach
  void close() throws IOException {
    loader.close();
  }

  @Test
  void shouldLoadFromTheFolder() throws Exception {
    Class<?> hidden = loader.loadClass("p.Hidden");
    assertSame(loader, hidden.getClassLoader());
    assertSame(hidden, loader.loadClass("p.Hidden"));
    assertEquals("p", hidden.getPackage().getName());
    assertEquals(jar.toUri().toURL(), hidden.getProtectionDomain().getCodeSource().getLocation());
    assertSame(loader, hidden.getProtectionDomain().getClassLoader());
    assertEquals(1, hidden.getDeclaredClasses().length);
  }

  @Test
  void shouldHideItsClassesFromTheApplication() throws Exception {
    try (URLClassLoader application = new URLClassLoader(new URL[] {jar.toUri().toURL()})) {
      assertThrows(ClassNotFoundException.class, () -> application.loadClass("p.Hidden"));
    }
  }

  @Test
  void shouldNotSeeTheApplication() throws Exception {
    Class<?> ours = loader.loadClass(StringUtils.class.getName());
    assertNotSame(StringUtils.class, ours);
    assertSame(loader, ours.getClassLoader());
    assertThrows(ClassNotFoundException.class, () -> loader.loadClass(Test.class.getName()));
    assertThrows(ClassNotFoundException.class, () -> loader.loadClass(Agent.class.getName()));
    assertSame(java.sql.Driver.class, loader.loadClass("java.sql.Driver"));
  }

  @Test
  void shouldHandOutResources() throws Exception {
    String name = "com/sun/jna/linux-x86-64/lib.so";
    URL url = loader.getResource(name);
    assertEquals("jar:" + jar.toUri().toURL() + "!/isolated/" + name, url.toString());
    for (InputStream in :
        new InputStream[] {
          url.openStream(),
          loader.getResourceAsStream(name),
          loader.loadClass("p.Hidden").getResourceAsStream("/" + name),
          new URL(url.toString()).openStream() // through the JVM's own handler
        }) {
      try (in) {
        assertEquals("ELF", new String(in.readAllBytes(), UTF_8));
      }
    }
    URLConnection connection = url.openConnection();
    assertEquals(3, connection.getContentLengthLong());
    assertEquals(1, Collections.list(loader.getResources(name)).size());
  }

  @Test
  void shouldHandOutNoOtherResources() throws Exception {
    assertNull(loader.getResource("root.txt"));
    assertNull(loader.getResource("no/such"));
    assertNull(loader.getResourceAsStream("no/such"));
    assertFalse(loader.getResources("no/such").hasMoreElements());
    URL url = new URL(loader.getResource("p/Hidden.class"), "NoSuch.class");
    assertThrows(FileNotFoundException.class, url::openStream);
  }

  @Test
  void shouldLoadInParallel() throws Exception {
    assertTrue(loader.isRegisteredAsParallelCapable());
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      Callable<Class<?>> load = () -> loader.loadClass("p.Hidden$Inner");
      Class<?> first = load.call();
      for (var loaded : pool.invokeAll(Stream.generate(() -> load).limit(64).toList())) {
        assertSame(first, loaded.get());
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void shouldLetGoOfTheJar() throws Exception {
    Class<?> hidden = loader.loadClass("p.Hidden");
    loader.close();
    loader.close();
    hidden.getConstructor().newInstance();
    assertThrows(IllegalStateException.class, () -> loader.loadClass("p.Hidden$Inner"));
  }

  /** Overwrites the jar in place, so that it is the same file, as {@code cp} does. */
  private void overwriteTheJar() throws IOException {
    byte[] other = new byte[(int) Files.size(jar)];
    Arrays.fill(other, (byte) 'x');
    try (FileOutputStream out = new FileOutputStream(jar.toFile())) {
      out.write(other);
    }
  }

  @Test
  void shouldNotNeedTheJarAfterItTookItIntoMemory() throws Exception {
    loader.loadClass("p.Hidden");
    loader.holdBean();
    loader.run();
    loader.run();
    overwriteTheJar();
    assertEquals("p.Hidden$Inner", loader.loadClass("p.Hidden$Inner").getName());
    try (InputStream in = loader.getResourceAsStream("p/template.html")) {
      assertEquals("<html>", new String(in.readAllBytes(), UTF_8));
    }
    assertNull(loader.getResourceAsStream("no/such"));
    assertThrows(ClassNotFoundException.class, () -> loader.loadClass("p.NoSuch"));
    // The library stays in the jar.
    try (InputStream in = loader.getResourceAsStream("io/spprof/sampler/plan9-mips/libspprof.so")) {
      assertThrows(IOException.class, in::readAllBytes);
    }
  }

  /** The bean of an idle agent answers, and refuses to start a session with the reason. */
  @Test
  void shouldHoldWhatAnIdleBeanNeeds() throws Exception {
    Map<String, byte[]> isolated = new TreeMap<>();
    for (String name : new String[] {"p.A", "io.spprof.A", "io.spprof.jmx.A", "io.spprof.cli.A"}) {
      String type = name.substring(0, name.length() - 2);
      isolated.putAll(TestJars.compile(dir, name, "package " + type + "; public class A {}"));
    }
    loader.close();
    jar = TestJars.jar(dir.resolve("bean.jar"), Map.of(), isolated);
    loader = new IsolatedClassLoader(jar.toFile());
    loader.holdBean();
    overwriteTheJar();
    loader.loadClass("io.spprof.A");
    loader.loadClass("io.spprof.jmx.A");
    assertThrows(ClassNotFoundException.class, () -> loader.loadClass("io.spprof.cli.A"));
    assertThrows(ClassNotFoundException.class, () -> loader.loadClass("p.A"));
    String session = assertThrows(IllegalStateException.class, loader::run).getMessage();
    assertTrue(session.contains(jar + " was changed since it was loaded"), session);
  }

  @Test
  void shouldSayThatTheJarWasChanged() throws Exception {
    loader.holdBean();
    overwriteTheJar();
    String missing =
        assertThrows(ClassNotFoundException.class, () -> loader.loadClass("p.Hidden$Inner"))
            .getMessage();
    assertTrue(missing.contains("was changed since it was loaded"), missing);
    assertTrue(missing.contains("restart the JVM"), missing);
    String session = assertThrows(IllegalStateException.class, loader::run).getMessage();
    assertTrue(session.contains(jar + " was changed since it was loaded"), session);
  }

  /** A changed byte of the native library would be a changed instruction. */
  @Test
  void shouldRefuseAResourceOfWhichAByteWasChanged() throws Exception {
    String name = "io/spprof/sampler/plan9-mips/libspprof.so";
    byte[] bytes = Files.readAllBytes(jar);
    byte[] path = (IsolatedClassLoader.FOLDER + name).getBytes(UTF_8);
    int at = 0; // where the path stands first: at the end of the entry's own header
    while (!Arrays.equals(bytes, at, at + path.length, path, 0, path.length)) {
      at++;
    }
    try (RandomAccessFile file = new RandomAccessFile(jar.toFile(), "rw")) {
      file.seek(at + path.length + 1); // within the data
      file.write(bytes[at + path.length + 1] ^ 4);
    }
    try (InputStream in = loader.getResourceAsStream(name)) {
      String refusal = assertThrows(IOException.class, in::readAllBytes).getMessage();
      assertTrue(refusal.contains("was changed since it was loaded"), refusal);
    }
    try (InputStream in = loader.getResourceAsStream(name)) {
      assertThrows(IOException.class, () -> in.skip(1000));
    }
  }

  @Test
  void shouldRefuseWhatIsNoJar() {
    File none = dir.resolve("none.jar").toFile();
    assertThrows(IOException.class, () -> new IsolatedClassLoader(none).close());
    assertThrows(IOException.class, () -> new IsolatedClassLoader(dir.toFile()).close());
  }
}
