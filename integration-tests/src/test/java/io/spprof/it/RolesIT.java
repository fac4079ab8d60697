package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Checks that a JMX role that may only read sees every attribute and can change nothing. */
class RolesIT {

  @Test
  void shouldShowAllAttributesToAReadOnlyRoleAndRefuseItEveryOperation() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).authenticate().start();
        BeanClient control = BeanClient.connect(target, "control");
        BeanClient monitor = BeanClient.connect(target, "monitor")) {
      assertInstanceOf(SecurityException.class, BeanClient.refusalOf(monitor::start));
      assertEquals("IDLE", monitor.text("State"));

      control.startWith("interval=1ms");
      Await.until("signals", () -> control.number("Signals") > 20);
      Map<String, Object> seen = monitor.all();
      assertEquals(control.all().keySet(), seen.keySet());
      assertEquals("RUNNING", seen.get("State"));
      assertTrue((Long) seen.get("Signals") > 0, seen::toString);
      assertInstanceOf(SecurityException.class, BeanClient.refusalOf(monitor::stop));
      assertInstanceOf(SecurityException.class, BeanClient.refusalOf(monitor::collapsed));
      assertEquals("RUNNING", monitor.text("State"));
      control.stop();
    }
  }
}
