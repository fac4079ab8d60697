package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import javax.management.openmbean.CompositeData;
import org.junit.jupiter.api.Test;

/**
 * Profiles a real program, the H2 database, and checks that the hot methods appear in the profile
 * under the right callers.
 */
class H2ProfileIT {

  private static final long RUN_NANOS = 8_000_000_000L;
  private static final String WORK = "io.spprof.it.load.H2Oltp.work";

  @Test
  void shouldShowTheHotMethodsUnderTheRightParents() throws Exception {
    try (TargetJvm target = TargetJvm.h2(4).start();
        BeanClient bean = BeanClient.connect(target)) {
      // Waits for the end of the warm-up, because interpreted code has another profile.
      Await.until("it is compiled", () -> Long.parseLong(target.ask("transactions")) > 10_000);
      bean.startWith("interval=1ms");
      long begun = target.cpuNanos();
      Await.until("it uses its CPU time", () -> target.cpuNanos() - begun > RUN_NANOS);
      // On a busy machine, a sample stands for several ticks.
      Await.until("samples", () -> bean.number("CollectedSamples") > 1000);
      bean.stop();

      Collapsed profile = bean.collapsed();
      // No sample vanishes: each is in the profile, an unwalkable one under its cause.
      assertEquals(bean.number("CollectedSamples"), profile.total());
      assertEquals(bean.number("Signals"), profile.total() + bean.number("DroppedSamples"));
      long unwalkable = bean.number("UnwalkableSamples");
      long synthetic = profile.count(Collapsed.Stack::isUnwalkable);
      assertEquals(unwalkable, synthetic, () -> "synthetic frames: " + synthetic(profile));

      List<Collapsed.Stack> workers =
          profile.stacks().stream()
              .filter(stack -> stack.frames().get(0).startsWith("worker-"))
              .toList();
      long ofWorkers = samples(workers);
      assertTrue(ofWorkers > 500, "samples of the workers: " + ofWorkers);
      List<Collapsed.Stack> whole =
          workers.stream().filter(stack -> stack.has(WORK::equals)).toList();
      assertTrue(
          ofWorkers - samples(whole) <= Collapsed.mostUnwalkable(ofWorkers),
          () -> samples(whole) + " of " + ofWorkers + " reach the root; " + synthetic(profile));

      // H2's own code runs below JDBC, JDBC below the worker, the worker below Thread.run.
      List<Collapsed.Stack> wrong =
          workers.stream()
              .filter(stack -> stack.has(frame -> frame.startsWith("org.h2.")))
              .filter(stack -> !hasTheRightParents(stack))
              .toList();
      assertTrue(
          samples(wrong) <= Collapsed.mostUnwalkable(ofWorkers), () -> "wrong parents: " + wrong);

      // The load mostly runs prepared statements, and these search a B-tree.
      long executing =
          profile.count(
              stack ->
                  stack.has(
                      frame -> frame.startsWith("org.h2.jdbc.JdbcPreparedStatement.execute")));
      assertTrue(executing > 0.3 * ofWorkers, "executing: " + executing + " of " + ofWorkers);
      long inTree =
          profile.count(
              stack -> {
                int execute =
                    stack.indexOf(f -> f.startsWith("org.h2.jdbc.JdbcPreparedStatement.execute"));
                return execute > 0 && stack.indexOf(f -> f.startsWith("org.h2.mvstore.")) > execute;
              });
      assertTrue(inTree > 0.1 * ofWorkers, "in the tree: " + inTree + " of " + ofWorkers);
      assertHotMethodsFit(bean, profile);
    }
  }

  private static boolean hasTheRightParents(Collapsed.Stack stack) {
    int work = stack.indexOf(WORK::equals);
    int jdbc = stack.indexOf(frame -> frame.startsWith("org.h2.jdbc.Jdbc"));
    int inside =
        stack.indexOf(frame -> frame.startsWith("org.h2.") && !frame.startsWith("org.h2.jdbc."));
    return stack.frames().get(1).equals("java.lang.Thread.run")
        && work > 1
        && jdbc > work
        && (inside < 0 || inside > jdbc);
  }

  private static void assertHotMethodsFit(BeanClient bean, Collapsed profile) throws Exception {
    CompositeData hot = (CompositeData) bean.get("HotMethodsAll");
    assertEquals(bean.number("CollectedSamples"), hot.get("samples"));
    CompositeData[] hottest = (CompositeData[]) hot.get("methods");
    assertTrue(hottest.length > 0 && hottest.length <= 20);
    double last = 100;
    for (CompositeData method : hottest) {
      String name = (String) method.get("method");
      double self = (Double) method.get("selfPercent");
      double total = (Double) method.get("totalPercent");
      assertTrue(self <= last && self <= total + 1e-9 && total <= 100, method::toString);
      last = self;
      long samples = profile.count(stack -> stack.leaf().equals(name));
      assertEquals(samples, method.get("samples"), name);
    }
  }

  private static long samples(List<Collapsed.Stack> stacks) {
    return stacks.stream().mapToLong(Collapsed.Stack::count).sum();
  }

  private static String synthetic(Collapsed profile) {
    return profile.stacks().stream()
        .flatMap(stack -> stack.frames().stream().skip(1))
        .filter(frame -> frame.startsWith("["))
        .distinct()
        .map(frame -> frame + " " + profile.count(stack -> stack.frames().contains(frame)))
        .collect(Collectors.joining(", "));
  }
}
