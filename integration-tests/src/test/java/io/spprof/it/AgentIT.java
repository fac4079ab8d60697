package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import io.spprof.it.load.Hello;
import io.spprof.it.load.OtherVersions;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Tests the ways to load the agent: at start and into a running JVM. Checks what the application
 * notices of the agent.
 */
class AgentIT {

  @Test
  void shouldLeaveAnApplicationItsOwnVersionsOfOurDependencies() throws Exception {
    try (TargetJvm target =
            TargetJvm.of(OtherVersions.class)
                .classPath(
                    TestPaths.library("other-jna.jar"),
                    TestPaths.library("other-commons-lang3.jar"))
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      String versions =
          System.getProperty("spprof.it.jna") + " " + System.getProperty("spprof.it.lang3");
      assertEquals(versions, target.ask("versions"));
      long before = Long.parseLong(target.ask("calls"));
      bean.startWith("interval=1ms");
      Await.until(
          "the application goes on working",
          () -> Long.parseLong(target.ask("calls")) > before + 100);
      Await.until(
          "the application is in the profile",
          () -> bean.collapsed().with("OtherVersions.use") > 10);
      bean.stop();
      assertEquals(versions, target.ask("versions"));
      assertTrue(bean.collapsed().with("OtherVersions.use") > 10);
    }
  }

  @Test
  void shouldShowAnApplicationNoneOfOurDependencies() throws Exception {
    try (TargetJvm target = TargetJvm.of(Hello.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.start();
      bean.stop();
      assertEquals("", target.ask("foreign-classes"));
    }
  }

  @Test
  void shouldLoadIntoARunningJvm() throws Exception {
    try (TargetJvm target =
            TargetJvm.of(Busy.class, 1, 0)
                .noAgent()
                .flags("-XX:+EnableDynamicAgentLoading")
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      assertFalse(bean.isRegistered());
      assertLoaded(Programs.attach(target));
      assertTrue(bean.isRegistered());
      bean.startWith("interval=1ms");
      // The thread and its frames are older than the agent.
      Await.until("samples", () -> bean.collapsed().with("Busy.spin") > 10);
      bean.stop();
      assertTrue(bean.collapsed().with("Busy.spin") > 10);
    }
  }

  @Test
  void shouldDoNothingWhenItIsLoadedAgain() throws Exception {
    try (TargetJvm target =
            TargetJvm.of(Busy.class, 1, 0).flags("-XX:+EnableDynamicAgentLoading").start();
        BeanClient bean = BeanClient.connect(target)) {
      assertLoaded(Programs.attach(target));
      long session = bean.startWith("interval=1ms");
      assertLoaded(Programs.attach(target));
      assertEquals("RUNNING", bean.text("State"));
      assertEquals(session, bean.field("Session", "id"));
      bean.stop();
      assertEquals(List.of(), target.stderr());
    }
  }

  @Test
  void shouldStartAtOnceIfAskedTo() throws Exception {
    try (TargetJvm target =
            TargetJvm.of(Busy.class, 1, 0)
                .agentOptions("start=true,interval=2ms")
                .flags("-Dspprof.interval=5ms", "-Dspprof.depth=77")
                .environment("SPPROF_DEPTH", "99")
                .environment("SPPROF_MEMORY", "8m")
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      assertEquals("RUNNING", bean.text("State"));
      String options = bean.text("Options");
      // The order of precedence: agent arguments, system properties, the environment, the defaults.
      assertTrue(options.contains("interval=2ms"), options);
      assertTrue(options.contains("depth=77"), options);
      assertTrue(options.contains("memory=8m"), options);
      assertTrue(options.contains("engine=auto"), options);
      Await.until("samples", () -> bean.collapsed().with("Busy.spin") > 10);
      bean.stop();
      assertTrue(bean.collapsed().with("Busy.spin") > 10);
    }
  }

  @Test
  void shouldNeverStopTheApplicationForASettingThatIsWrong() throws Exception {
    try (TargetJvm target =
            TargetJvm.of(Hello.class)
                .agentOptions("interval=soon,start=true")
                .expectOnStderr(line -> line.contains("spprof") && line.contains("soon"))
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      assertTrue(bean.isRegistered());
      assertTrue(bean.text("LastError").contains("soon"), bean.text("LastError"));
      assertEquals(1, target.stderr().size(), target.stderr().toString());
    }
  }

  private static void assertLoaded(Programs.Ended attach) {
    assertEquals(0, attach.status(), attach.toString());
    assertTrue(attach.out().contains("return code: 0"), attach.toString());
  }
}
