package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Native;
import io.spprof.it.load.ChainedFaults;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Tests sessions in a JVM that needs SIGSEGV itself, while other libraries install and remove
 * SIGSEGV handlers that pass faults on to the previous handler (see {@link
 * io.spprof.it.load.ChainedFaults}). The C test test_guard_chains.c tries every order of these
 * steps.
 */
class ChainedFaultsIT {

  @Test
  void shouldLeaveTheJvmItsFaultsWhateverHandlersAreChained() throws Exception {
    Assumptions.assumeTrue(
        System.getProperty("os.arch").equals("amd64"),
        "NOT TESTED: the libraries' handlers are machine code of x86-64");
    try (TargetJvm target =
            TargetJvm.of(ChainedFaults.class).classPathOf(Native.class).flags("-Xint").start();
        BeanClient bean = BeanClient.connect(target)) {
      final String action = target.ask("action");
      assertGoesOn(target, "before any session");
      sample(bean);
      target.ask("install");
      assertGoesOn(target, "a library in front of ours");
      bean.stop();
      assertGoesOn(target, "a library that passes on to ours after its session");

      final String ofLibrary = target.ask("action");
      sample(bean);
      assertNotEquals(ofLibrary, target.ask("action"), "ours is in front again");
      assertGoesOn(target, "ours in front of a library that passes on to ours");
      target.ask("install");
      assertGoesOn(target, "a second library");
      bean.stop();
      sample(bean);
      assertGoesOn(target, "ours, twice behind itself");
      bean.stop();

      long forwarded = Long.parseLong(target.ask("forwarded"));
      assertGoesOn(target, "two libraries");
      assertTrue(Long.parseLong(target.ask("forwarded")) > forwarded, "they are called");
      target.ask("uninstall");
      assertNotEquals(ofLibrary, target.ask("action"), "the second put ours back");
      assertGoesOn(target, "ours, put back between sessions");
      target.ask("uninstall");
      assertGoesOn(target, "ours, put back once more");
      assertNotEquals(action, target.ask("action"), "the first put ours back");
      sample(bean);
      assertGoesOn(target, "ours, which a library put back");
      bean.stop();
      assertEquals(action, target.ask("action"), "the JVM's is back");
      assertGoesOn(target, "at the end");
      Figures.of(bean).assertExact();
    }
  }

  private static void sample(BeanClient bean) throws Exception {
    bean.startWith("interval=1ms");
    assertEquals("vm", bean.text("StackWalker"));
    long before = bean.number("CollectedSamples");
    Await.until("samples", () -> bean.number("CollectedSamples") > before + 20);
  }

  private static void assertGoesOn(TargetJvm target, String when) throws Exception {
    long before = nulls(target);
    Await.until(when + ": null dereferences are handled", () -> nulls(target) > before + 1000);
  }

  private static long nulls(TargetJvm target) throws Exception {
    return Long.parseLong(target.ask("nulls"));
  }
}
