package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Hello;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tests the agent in JVMs in which no session can start. Their system properties are faked; the JVM
 * is this one. The agent prints one line, the bean gives the same reason, and the application runs
 * on.
 */
@Tag("system")
class ElsewhereIT {

  @ParameterizedTest
  @CsvSource({
    "sun.arch.data.model, 32, this is a 32-bit JVM",
    "os.arch, riscv64, this jar has no native library for linux-",
    "os.name, AIX, this jar has no native library for aix-"
  })
  void shouldSayInOneLineWhyNoSessionCanStart(String key, String value, String reason)
      throws Exception {
    try (TargetJvm target =
            TargetJvm.of(Hello.class)
                .flags("-D" + key + "=" + value)
                .agentOptions("start=true,onexit=dump")
                .expectOnStderr(line -> line.contains(reason))
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      assertRefused(target, bean, reason);
    }
  }

  /**
   * The program sets the property before the agent is loaded. HotSpot does not let an option set
   * java.vm.name, and its own JMX agent ends the JVM if an option sets os.name to Windows.
   */
  @ParameterizedTest
  @CsvSource({
    "os.name, Windows Server 2022, this JVM runs on Windows Server 2022",
    "java.vm.name, Eclipse OpenJ9 VM, this JVM is Eclipse OpenJ9 VM",
    "java.vm.name, Zing 64-Bit Tiered VM, this JVM is Zing 64-Bit Tiered VM"
  })
  void shouldSaySoInARunningJvm(String key, String value, String reason) throws Exception {
    try (TargetJvm target =
            TargetJvm.of(Hello.class, key + "=" + value)
                .noAgent()
                .flags("-XX:+EnableDynamicAgentLoading")
                .expectOnStderr(line -> line.contains(reason))
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      Programs.Ended attach = Programs.attach(target);
      assertTrue(attach.out().contains("return code: 0"), attach.toString());
      assertRefused(target, bean, reason);
    }
  }

  private static void assertRefused(TargetJvm target, BeanClient bean, String reason)
      throws Exception {
    assertEquals("FAILED", bean.text("State"));
    String error = bean.text("LastError");
    assertTrue(error.startsWith(reason), error);
    assertEquals(List.of("spprof: no session can start here: " + error), target.stderr());
    Exception refused = assertThrows(Exception.class, bean::start);
    assertTrue(refused.toString().contains(error), refused.toString());
    assertEquals("start failed: " + error, bean.text("LastError"));
    assertEquals("", target.ask("foreign-classes"), "the application runs on");
  }
}
