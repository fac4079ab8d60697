package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.config.ProfilerConfig;
import io.spprof.jmx.Mocks.Fixture;
import java.util.Arrays;
import java.util.Set;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanNotificationInfo;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanParameterInfo;
import org.junit.jupiter.api.Test;

class MetadataTest {

  private static final Set<String> NUMBERS = Set.of("int", "long", "double");

  @Test
  void shouldDescribeEveryAttributeWithItsUnit() throws Exception {
    for (MBeanAttributeInfo info : info().getAttributes()) {
      assertTrue(info.getDescription().length() > info.getName().length(), info.getName());
      assertEquals(
          NUMBERS.contains(info.getType()),
          info.getDescription().endsWith("]"),
          info.getName() + ": a number has a unit, a text has none");
      if (info.getName().endsWith("Nanos")) {
        assertTrue(info.getDescription().endsWith("[ns]"), info.getName());
      }
      if (info.getName().endsWith("Bytes")) {
        assertTrue(info.getDescription().endsWith("[bytes]"), info.getName());
      }
      if (info.getName().endsWith("Percent")) {
        assertTrue(info.getDescription().endsWith("[% of one CPU]"), info.getName());
      }
    }
  }

  @Test
  void shouldGiveEveryNumbersUnitInItsDescriptor() throws Exception {
    for (MBeanAttributeInfo info : info().getAttributes()) {
      Object unit = info.getDescriptor().getFieldValue("units");
      assertEquals(NUMBERS.contains(info.getType()), unit != null, info.getName());
      assertTrue(unit == null || info.getDescription().endsWith(" [" + unit + "]"), info.getName());
      // What an MXBean's attribute has anyway must not be lost.
      assertNotNull(info.getDescriptor().getFieldValue("openType"), info.getName());
    }
  }

  @Test
  void shouldDescribeEveryOperationAndParameter() throws Exception {
    MBeanInfo info = info();
    assertFalse(info.getDescription().isBlank());
    assertNotEquals(SpprofBean.class.getName(), info.getDescription());
    for (MBeanOperationInfo operation : info.getOperations()) {
      assertNotEquals(operation.getName(), operation.getDescription());
      assertNotEquals(MBeanOperationInfo.UNKNOWN, operation.getImpact(), operation.getName());
      for (MBeanParameterInfo parameter : operation.getSignature()) {
        assertFalse(parameter.getName().matches("p\\d+"), operation.getName());
        assertNotEquals(operation.getName(), parameter.getName());
        assertFalse(parameter.getDescription().isBlank(), operation.getName());
        assertNotEquals(parameter.getName(), parameter.getDescription());
      }
    }
  }

  @Test
  void shouldDescribeEveryOptionOfASession() throws Exception {
    String options =
        Arrays.stream(info().getOperations())
            .filter(operation -> operation.getName().equals("startWith"))
            .map(operation -> operation.getSignature()[0].getDescription())
            .findFirst()
            .orElseThrow();
    assertTrue(options.endsWith("the keys: " + String.join("; ", ProfilerConfig.HELP)), options);
  }

  @Test
  void shouldNameOperationsUniquelyWithSimpleParameters() throws Exception {
    MBeanOperationInfo[] operations = info().getOperations();
    assertEquals(
        operations.length,
        Arrays.stream(operations).map(MBeanOperationInfo::getName).distinct().count());
    for (MBeanOperationInfo operation : operations) {
      for (MBeanParameterInfo parameter : operation.getSignature()) {
        assertTrue(
            Set.of("java.lang.String", "int", "long").contains(parameter.getType()),
            operation.getName());
      }
    }
  }

  @Test
  void shouldDescribeEveryNotification() throws Exception {
    MBeanNotificationInfo[] infos = info().getNotifications();
    assertTrue(infos.length > 0);
    for (MBeanNotificationInfo info : infos) {
      assertFalse(info.getDescription().isBlank());
    }
  }

  @Test
  void shouldHaveNoDescriptionOfAMemberThatDoesNotExist() throws Exception {
    MBeanInfo info = info();
    assertEquals(info.getAttributes().length, Descriptions.attributes().size());
    assertEquals(info.getOperations().length, Descriptions.operations().size());
  }

  private static MBeanInfo info() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      return bean.server().getMBeanInfo(bean.name());
    }
  }
}
