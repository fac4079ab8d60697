package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.jmx.Spprof;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

final class BeanNameTest {

  private final MBeanServer server = MBeanServerFactory.newMBeanServer();

  /** An arbitrary management interface. */
  public interface AnyMBean {}

  /** An arbitrary bean. */
  public static final class Any implements AnyMBean {}

  private ObjectName register(String name) throws Exception {
    return server.registerMBean(new Any(), new ObjectName(name)).getObjectName();
  }

  @Test
  void shouldFindTheBeanUnderTheNameThatTheServerGaveIt() throws Exception {
    assertNull(BeanName.in(server));
    register("io.spprof:type=Other,process=server1");
    ObjectName renamed = register(Spprof.OBJECT_NAME + ",cell=c,process=server1");
    assertEquals(renamed, BeanName.in(server));
    register(Spprof.OBJECT_NAME + ",cell=c,process=server2");
    CommandFailure several = assertThrows(CommandFailure.class, () -> BeanName.in(server));
    assertTrue(several.getMessage().contains("process=server2"), several.getMessage());
    ObjectName plain = register(Spprof.OBJECT_NAME);
    assertEquals(plain, BeanName.in(server));
  }
}
