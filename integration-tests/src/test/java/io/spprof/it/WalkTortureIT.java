package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Torture;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Walks stacks every 100 us while the JVM does everything that removes code while it is on a stack.
 * The test passes if the JVM survives, which closing the target asserts. Each mode of the JVM takes
 * a quarter of a minute in an ordinary build, and minutes with {@code ./mvnw -q -Psoak
 * -Dsoak=torture -Dsoak.minutes=10 verify}.
 */
@Tag("torture")
class WalkTortureIT {

  private static final double MINUTES =
      Double.parseDouble(System.getProperty("spprof.it.torture.minutes", "0.2"));

  @ParameterizedTest
  @ValueSource(strings = {"-XX:+UseG1GC", "-XX:+UseZGC", "-Xcheck:jni"})
  void shouldSurvive(String mode) throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (TargetJvm target =
            TargetJvm.of(Torture.class)
                .flags("-javaagent:" + redefinitionAgent(), mode)
                // The JDK logs where it switches off class data sharing because classes may be
                // redefined.
                .expectOnStderr(line -> line.contains("Sharing is only supported"))
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      long end = System.nanoTime() + (long) (MINUTES * 60e9);
      long collected = 0;
      int sessions = 0;
      while (System.nanoTime() < end) {
        String depth = ",depth=" + (1 << random.nextInt(12));
        bean.startWith("interval=100us" + depth + StackWalkers.option());
        Thread.sleep(random.nextInt(300, 1_000));
        long before = collected;
        Await.until("samples", () -> bean.number("CollectedSamples") > before + 100);
        if (random.nextBoolean()) {
          bean.collapsed(); // the classes of these stacks are being unloaded
        }
        bean.stop();
        assertEquals("", bean.text("LastError"));
        Figures.of(bean).assertExact();
        // The counters cover all sessions, the profile only the last one.
        long now = bean.number("CollectedSamples");
        assertEquals(now - collected, bean.collapsed().total());
        collected = now;
        sessions++;
      }
      long unwalkable = bean.number("UnwalkableSamples");
      List<String> warnings = ofOurs(target.stdout());
      System.out.printf(
          "WalkTortureIT %s, %s: %d sessions, %d samples, %d (%.3f %%) unwalkable, %s rounds%n",
          mode,
          bean.text("StackWalker"),
          sessions,
          collected,
          unwalkable,
          100.0 * unwalkable / collected,
          target.ask("rounds"));
      assertTrue(collected > 100L * sessions, "samples: " + collected + " in " + sessions);
      assertEquals(List.of(), warnings);
    }
  }

  /**
   * Warnings of -Xcheck:jni about our native methods, or about no method. The JDK causes some
   * warnings itself.
   */
  private static List<String> ofOurs(List<String> lines) {
    List<String> ours = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith("WARNING") || line.startsWith("FATAL ERROR in native")) {
        String in = i + 1 < lines.size() ? lines.get(i + 1).strip() : "";
        if (!in.startsWith("at ") || in.startsWith("at io.spprof.") && !in.contains(".it.")) {
          ours.add(line + " " + in);
        }
      }
    }
    return ours.stream().distinct().limit(5).toList();
  }

  /** Makes the jar of an agent whose class is already on the class path. */
  private static Path redefinitionAgent() throws IOException {
    Path jar = TestPaths.newDirectory("redefinition").resolve("agent.jar");
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.putValue("Premain-Class", Torture.class.getName());
    main.putValue("Can-Redefine-Classes", "true");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest)) {
      out.finish();
    }
    return jar;
  }
}
