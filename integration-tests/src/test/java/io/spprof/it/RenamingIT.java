package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Renaming;
import org.junit.jupiter.api.Test;

/** CPU time stands under the name that its thread had then. */
class RenamingIT {

  private static final int MILLIS = 1000; // many passes of the collector

  @Test
  void shouldShowEachTaskUnderTheNameThatItsThreadHadMeanwhile() throws Exception {
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
        // What a pass's worth of a task went to the next is far less than half of it.
        assertEquals(used, seen, 0.5 * used, name + ": " + profile);
      }
      // A sample before run() sets the name needs a look in that very moment to show the old one.
      Collapsed samples = bean.collapsed();
      long before = ofThread(samples, "worker") + ofThread(samples, "default-name");
      assertTrue(before <= 1, before + " under the names that they were made with");
    }
  }

  private static long ofThread(Collapsed profile, String name) {
    return profile.count(stack -> stack.frames().get(0).equals(name));
  }
}
