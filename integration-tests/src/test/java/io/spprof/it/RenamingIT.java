package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Renaming;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Checks that a profile attributes CPU time to the name that a thread had while it used this time.
 */
@Tag("system")
class RenamingIT {

  private static final int MILLIS = 1000; // many passes of the collector

  @Test
  void shouldShowEachTaskUnderTheNameThatItsThreadHadThen() throws Exception {
    try (TargetJvm target = TargetJvm.of(Renaming.class, MILLIS).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      String[] truth = target.ask("go").split(" ");
      bean.stop();

      Collapsed profile = bean.cpuNanos();
      assertEquals(4, truth.length);
      for (String one : truth) {
        String name = one.substring(0, one.indexOf('='));
        double used = Long.parseLong(one.substring(name.length() + 1));
        double seen = ofThread(profile, name);
        // At most one pass's worth of a task is attributed to the next name, far less than half of
        // it.
        assertEquals(used, seen, 0.5 * used, name + ": " + profile);
      }
      // A sample from before run() sets the name shows the old name only if the collector looks at
      // that very moment.
      Collapsed samples = bean.collapsed();
      long before = ofThread(samples, "worker") + ofThread(samples, "default-name");
      assertTrue(before <= 1, before + " under the names that they were made with");
    }
  }

  private static long ofThread(Collapsed profile, String name) {
    return profile.count(stack -> stack.frames().get(0).equals(name));
  }
}
