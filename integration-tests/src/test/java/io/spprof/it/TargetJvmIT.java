package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Hello;
import io.spprof.it.load.Messy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the harness itself: the checks of {@link TargetJvm} must accept a plain JVM, and must fail
 * for a target that does what no target may do ({@link io.spprof.it.load.Messy}).
 */
@Tag("system")
class TargetJvmIT {

  @Test
  void shouldLetAPlainJvmPass() throws Exception {
    try (TargetJvm target = TargetJvm.of(Hello.class).noAgent().start();
        BeanClient bean = BeanClient.connect(target)) {
      assertFalse(bean.isRegistered());
      assertTrue(target.cpuNanos() > 0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"noise", "file", "status"})
  void shouldFailForWhatATargetLeavesBehind(String mess) throws Exception {
    TargetJvm target = TargetJvm.of(Messy.class, mess).noAgent().start();
    AssertionError error = assertThrows(AssertionError.class, target::close);
    String expected =
        switch (mess) {
          case "noise" -> "on stderr: WARNING: something";
          case "file" -> "temporary file";
          default -> "exit status 3";
        };
    assertTrue(error.getMessage().contains(expected), error.getMessage());
  }
}
