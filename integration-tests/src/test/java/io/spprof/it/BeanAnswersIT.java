package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Native;
import io.spprof.it.load.Busy;
import io.spprof.it.load.ForeignHandler;
import io.spprof.it.load.Hello;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.openmbean.CompositeData;
import org.junit.jupiter.api.Test;

/** Checks that the bean returns every attribute in every state, alone and in a bulk read. */
class BeanAnswersIT {

  /** The table of attributes; ReferenceTest compares it with the bean. */
  private static final Path PAGE = Path.of("..", "docs", "reference.md");

  private static final Pattern ROW =
      Pattern.compile("^\\| `(\\w+)` \\| ([\\w ]+) \\|.*", Pattern.MULTILINE);

  private static final Map<String, Class<?>> TYPES =
      Map.of(
          "String", String.class,
          "boolean", Boolean.class,
          "int", Integer.class,
          "long", Long.class,
          "double", Double.class,
          "record", CompositeData.class,
          "record of long", CompositeData.class,
          "list of records", CompositeData[].class);

  private static final Map<String, Class<?>> ATTRIBUTES = attributes();

  private static Map<String, Class<?>> attributes() {
    try {
      String page = Files.readString(PAGE);
      String table = page.substring(page.indexOf("\n| attribute |"));
      Map<String, Class<?>> attributes = new TreeMap<>();
      Matcher row = ROW.matcher(table.substring(0, table.indexOf("\n\n")));
      while (row.find()) {
        attributes.put(row.group(1), Objects.requireNonNull(TYPES.get(row.group(2)), row.group()));
      }
      return attributes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void shouldAnswerEveryAttributeBeforeWhileAndAfterASession() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 2, 3).start();
        BeanClient bean = BeanClient.connect(target)) {
      Map<String, Object> idle = assertAnswersAll(bean, "IDLE");
      assertEquals("", idle.get("LastError"));
      for (String name : List.of("Signals", "CollectedSamples", "DroppedSamples")) {
        assertEquals(0L, idle.get(name), name);
      }

      bean.startWith("interval=1ms,depth=100");
      Await.until(
          "figures of the overhead",
          () -> overheads(bean).stream().allMatch(percent -> (Double) percent > 0));
      Map<String, Object> running = assertAnswersAll(bean, "RUNNING");
      assertEquals(true, running.get("Running"));
      assertTrue((Integer) running.get("ThreadsSampled") > 2, running::toString);
      assertEquals(0, running.get("ThreadsFailed"));
      assertTrue((Double) running.get("OverheadPercent") > 0, running::toString);
      assertTrue((Double) running.get("MeasuredOverheadPercent") > 0, running::toString);
      assertTrue((Long) running.get("MemoryUsedBytes") > 0, running::toString);
      assertTrue(((String) running.get("Options")).contains("depth=100"), running::toString);
      bean.stop();

      Map<String, Object> stopped = assertAnswersAll(bean, "IDLE");
      for (String gauge : List.of("OverheadPercent", "MeasuredOverheadPercent")) {
        assertEquals(0.0, stopped.get(gauge), gauge);
      }
      assertEquals(0, stopped.get("ThreadsSampled"));
      for (String counter : List.of("Signals", "CollectedSamples", "OverheadCpuTimeNanos")) {
        assertTrue((Long) stopped.get(counter) >= (Long) running.get(counter), counter);
      }
      // startWith accepts the value of Options unchanged.
      bean.startWith(bean.text("Options"));
      assertEquals(stopped.get("Options"), bean.get("Options"));
      bean.stop();
    }
  }

  private static Collection<Object> overheads(BeanClient bean) throws Exception {
    return bean.several("OverheadPercent", "MeasuredOverheadPercent").values();
  }

  @Test
  void shouldReportTheOverheadByTheModel() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 2, 3).start();
        BeanClient bean = BeanClient.connect(target)) {
      long before = target.cpuNanos();
      bean.startWith("interval=1ms");
      Thread.sleep(2_000);
      bean.stop();
      long processNanos = target.cpuNanos() - before;
      CompositeData session = (CompositeData) bean.get("Session");
      long signals = (Long) session.get("collected") + (Long) session.get("dropped");
      double model = signals * 0.025 / (Long) session.get("durationMillis") * 100;
      assertEquals(model, (Double) session.get("overheadPercent"), 0.05 * model);
      // This is the only session, so the counter has its overhead only.
      long overheadNanos = bean.number("OverheadCpuTimeNanos");
      double measured = 100.0 * overheadNanos / ((Long) session.get("durationMillis") * 1e6);
      assertEquals(measured, (Double) session.get("measuredOverheadPercent"), 0.01 * measured);
      assertTrue(overheadNanos > 0 && overheadNanos < processNanos, overheadNanos + " ns");
    }
  }

  @Test
  void shouldRefuseToTakeSigprofFromSomebodyElse() throws Exception {
    try (TargetJvm target = TargetJvm.of(ForeignHandler.class).classPathOf(Native.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      String action = target.ask("action");
      for (int i = 0; i < 2; i++) {
        Throwable refusal = BeanClient.refusalOf(bean::start);
        assertInstanceOf(IllegalStateException.class, refusal);
        assertTrue(refusal.getMessage().contains("libc.so"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("SIGPROF"), refusal.getMessage());
        assertEquals(action, target.ask("action"), "the foreign handler is untouched");
        Map<String, Object> failed = assertAnswersAll(bean, "FAILED");
        assertEquals(refusal.getMessage(), failed.get("LastError"));
        assertEquals(0L, failed.get("SessionsStarted"));
      }
      assertEquals(List.of(), Proc.timers(target.pid()));
    }
  }

  @Test
  void shouldAnswerEveryAttributeWithoutTheNativeLibrary() throws Exception {
    Path crippled = withoutNativeLibrary(TestPaths.newDirectory("crippled"));
    try (TargetJvm target =
            TargetJvm.of(Hello.class)
                .agent(crippled)
                .expectOnStderr(line -> line.contains("spprof"))
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.all();
      for (int i = 0; i < 2; i++) {
        Throwable refusal = BeanClient.refusalOf(bean::start);
        assertInstanceOf(IllegalStateException.class, refusal);
        Map<String, Object> failed = assertAnswersAll(bean, "FAILED");
        String error = (String) failed.get("LastError");
        assertFalse(error.isBlank());
        assertTrue(refusal.getMessage().contains(error), refusal.getMessage() + " / " + error);
      }
      assertTrue(target.stderr().size() <= 1, "one log line at most: " + target.stderr());
    }
  }

  private static Map<String, Object> assertAnswersAll(BeanClient bean, String state)
      throws Exception {
    Map<String, Object> bulk = bean.all();
    assertEquals(ATTRIBUTES.keySet(), bulk.keySet());
    assertAll(
        ATTRIBUTES.entrySet().stream()
            .map(
                attribute ->
                    () -> {
                      String name = attribute.getKey();
                      assertNotNull(bulk.get(name), name + " is not in the bulk read");
                      assertInstanceOf(attribute.getValue(), bulk.get(name), name);
                      assertInstanceOf(attribute.getValue(), bean.get(name), name);
                    }));
    assertEquals(state, bulk.get("State"));
    bulk.forEach(BeanAnswersIT::assertSound);
    CompositeData reasons = (CompositeData) bulk.get("DroppedByReason");
    long sum = reasons.values().stream().mapToLong(reason -> (Long) reason).sum();
    assertEquals(bulk.get("DroppedSamples"), sum);
    return bulk;
  }

  private static void assertSound(String name, Object value) {
    if (value instanceof Number number) {
      // -1: no session has read the time yet, or the system does not report it.
      boolean canBeUnknown = Set.of("CpuWaitTimeNanos", "ThrottledTimeNanos").contains(name);
      double least = canBeUnknown ? -1 : 0;
      double most = name.endsWith("Percent") ? 100 : Double.MAX_VALUE;
      assertTrue(
          number.doubleValue() >= least && number.doubleValue() <= most, () -> name + "=" + number);
    } else if (value instanceof CompositeData record) {
      record.getCompositeType().keySet().forEach(key -> assertSound(key, record.get(key)));
    } else {
      assertNotNull(value);
    }
  }

  /**
   * A copy of the agent, including the jars inside it if there are any, without our native library.
   */
  private static Path withoutNativeLibrary(Path directory) throws IOException {
    Path copy = directory.resolve("spprof-agent.jar");
    List<String> left = new ArrayList<>();
    try (JarFile jar = new JarFile(TestPaths.agentJar().toFile());
        OutputStream file = Files.newOutputStream(copy);
        JarOutputStream out = new JarOutputStream(file, jar.getManifest())) {
      for (JarEntry entry : Collections.list(jar.entries())) {
        if (entry.getName().matches(".*libspprof[^/]*\\.(so|dylib)")) {
          left.add(entry.getName());
        } else if (!entry.getName().equals(JarFile.MANIFEST_NAME)) {
          out.putNextEntry(new JarEntry(entry.getName()));
          try (InputStream in = jar.getInputStream(entry)) {
            in.transferTo(out);
          }
          out.closeEntry();
        }
      }
    }
    assertFalse(left.isEmpty(), () -> "no library in the agent? " + entriesOf(copy));
    return copy;
  }

  private static String entriesOf(Path jarFile) {
    try (JarFile jar = new JarFile(jarFile.toFile())) {
      return jar.stream().map(JarEntry::getName).filter(n -> n.contains("so")).toList().toString();
    } catch (IOException e) {
      return e.toString();
    }
  }
}
