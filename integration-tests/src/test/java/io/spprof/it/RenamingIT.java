package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Renaming;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks that a profile attributes CPU time to the name that a thread had while it used this time.
 */
@Tag("system")
class RenamingIT {

  private static final int MILLIS = 2000; // many passes of the collector
  private static final List<String> FIRST_NAMES = List.of("worker", "default-name");

  @TempDir private Path directory;

  @Test
  void shouldShowEachTaskUnderTheNameThatItsThreadHadThen() throws Exception {
    try (TargetJvm target = TargetJvm.of(Renaming.class, MILLIS).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      Map<String, Long> truth = truth(target.ask("go"));
      bean.stop();

      Path recording =
          Files.write(directory.resolve("renaming.jfr"), bean.readAll(bean.openStream("jfr")));
      for (String name : FIRST_NAMES) {
        assertUnderItsFirstName(recording, name, truth.remove(name));
      }
      Collapsed profile = bean.cpuNanos();
      assertEquals(4, truth.size());
      truth.forEach(
          (name, used) -> {
            // At most one pass's worth of a task is attributed to the next name, far less than half
            // of it.
            assertEquals(used, ofThread(profile, name), 0.5 * used, name + ": " + profile);
          });
    }
  }

  private static Map<String, Long> truth(String answer) {
    Map<String, Long> truth = new TreeMap<>();
    for (String one : answer.split(" ")) {
      int equals = one.indexOf('=');
      truth.put(one.substring(0, equals), Long.valueOf(one.substring(equals + 1)));
    }
    return truth;
  }

  /**
   * A sample from before run() sets the name shows the old name only if the collector looks at that
   * very moment. So the samples under the old name stand for no more than the CPU time until then,
   * and one sample.
   */
  private static void assertUnderItsFirstName(Path recording, String name, long used)
      throws Exception {
    SampleLengths lengths =
        SampleLengths.read(
            recording, event -> event.getThread("eventThread").getJavaName().equals(name));
    Measured.print("%s: %s ns seen of %d ns before it is renamed", name, lengths.nanos(), used);
    assertTrue(
        lengths.sum() - lengths.longest() <= used,
        () -> name + ": " + lengths + ", but it had this name for " + used + " ns of CPU time");
  }

  private static long ofThread(Collapsed profile, String name) {
    return profile.count(stack -> stack.frames().get(0).equals(name));
  }
}
