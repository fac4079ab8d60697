package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.when;

import io.spprof.Profiler;
import io.spprof.jmx.Mocks.Fixture;
import io.spprof.profile.HotMethods;
import io.spprof.text.Printable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanParameterInfo;
import javax.management.openmbean.CompositeData;
import org.junit.jupiter.api.Test;

/**
 * Checks that every answer of the bean consists of lines of text, even if threads, methods or
 * clients have hostile names.
 */
class HostileAnswersTest {

  private static final String HOSTILE = "a\n\u001b[31mb\u202e\u2028\u0000\ud800c";

  private static Profiler hostile() {
    Profiler profiler = Mocks.running();
    when(profiler.lastError()).thenReturn(HOSTILE);
    for (HotMethods.Stretch stretch : HotMethods.Stretch.values()) {
      when(profiler.hotMethods(stretch)).thenReturn(Mocks.hotMethods(stretch, HOSTILE, 1, 1));
    }
    when(profiler.profile(any())).thenThrow(new IllegalArgumentException(HOSTILE));
    when(profiler.windows()).thenThrow(new UnsupportedOperationException(HOSTILE));
    doThrow(new IllegalStateException(HOSTILE)).when(profiler).start(any());
    doThrow(new IllegalStateException(HOSTILE)).when(profiler).stop();
    return profiler;
  }

  @Test
  void shouldCleanEveryAttributeAndEveryRefusal() throws Exception {
    List<String> texts = new ArrayList<>();
    try (Fixture bean = Mocks.fixture(hostile())) {
      for (MBeanAttributeInfo attribute : bean.server().getMBeanInfo(bean.name()).getAttributes()) {
        collect(bean.get(attribute.getName()), texts);
      }
      assertTrue(texts.contains(Printable.line(HOSTILE)), texts::toString);
      int refusals = 0;
      for (MBeanOperationInfo operation : bean.server().getMBeanInfo(bean.name()).getOperations()) {
        refusals += refusal(bean, operation, texts);
      }
      assertTrue(refusals > 15, "operations with a hostile argument: " + refusals);
    }
    for (String text : texts) {
      assertEquals(Printable.clean(text), text);
    }
  }

  private static int refusal(Fixture bean, MBeanOperationInfo operation, List<String> texts) {
    MBeanParameterInfo[] parameters = operation.getSignature();
    String[] types = new String[parameters.length];
    Object[] values = new Object[parameters.length];
    for (int i = 0; i < types.length; i++) {
      types[i] = parameters[i].getType();
      values[i] = types[i].equals("int") ? -1 : types[i].equals("long") ? -1L : HOSTILE;
    }
    try {
      Object answer = bean.server().invoke(bean.name(), operation.getName(), values, types);
      collect(answer, texts);
      return 0;
    } catch (Exception e) {
      Throwable cause = e.getCause();
      texts.add(cause.getMessage());
      return 1;
    }
  }

  private static void collect(Object value, List<String> texts) {
    if (value instanceof String text) {
      texts.add(text);
    } else if (value instanceof CompositeData data) {
      data.values().forEach(each -> collect(each, texts));
    } else if (value instanceof Object[] array) {
      Arrays.asList(array).forEach(each -> collect(each, texts));
    }
  }
}
