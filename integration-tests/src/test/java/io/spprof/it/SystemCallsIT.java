package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Calling;
import java.io.IOException;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Checks that a sample whose thread was in a system call shows the call. The share of these samples
 * must be at least the share of system time in the thread's CPU time, as the kernel accounts for
 * it, and at most the share of time in the methods that make the call, as the thread measures it.
 *
 * <p>It can be more than the system time, because the kernel enters and leaves a call with
 * interrupts off. The tick that comes meanwhile finds the thread behind the call, in user code: the
 * kernel counts user time, the profiler the call. Of calls as short as lseek, that is a tenth to a
 * third.
 */
@Tag("system")
class SystemCallsIT {

  /** The random error of a share, in percent of the thread's CPU time. */
  private static final double POINTS = 7;

  /** With fewer samples, chance alone can be some {@link #POINTS}. */
  private static final long SAMPLES = 600;

  private static final long TICKS = 600; // 6 s

  @Test
  void shouldShowInWhichSystemCallAThreadWas() throws Exception {
    try (TargetJvm target = TargetJvm.of(Calling.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      long[] readerBefore = Proc.userAndSystemTicks(target.pid(), "reader");
      long[] seekerBefore = Proc.userAndSystemTicks(target.pid(), "seeker");
      long[] readerTurns = turns(target, "reader");
      long[] seekerTurns = turns(target, "seeker");
      Await.until(
          "the threads use CPU time",
          () ->
              ticks(readerBefore, target, "reader") > TICKS
                  && ticks(seekerBefore, target, "seeker") > TICKS
                  && samples(bean, "reader") > SAMPLES
                  && samples(bean, "seeker") > SAMPLES);
      long[] reader = Proc.userAndSystemTicks(target.pid(), "reader");
      long[] seeker = Proc.userAndSystemTicks(target.pid(), "seeker");
      double reading = systemPercent(readerBefore, reader);
      double seeking = systemPercent(seekerBefore, seeker);
      double readersCalls = callingPercent(readerTurns, turns(target, "reader"));
      double seekersCalls = callingPercent(seekerTurns, turns(target, "seeker"));
      bean.stop();
      bean.collapsed().assertFewUnwalkable(bean);
      Collapsed profile = bean.cpuNanos().walked();

      assertAll(
          () -> assertShare(profile, "reader", "[syscall read]", reading, readersCalls),
          () -> assertShare(profile, "seeker", "[syscall lseek]", seeking, seekersCalls));
      assertEquals(0, percent(profile, "computer", "[syscall"), 1);
      assertTrue(
          profile.stacks().stream()
              .filter(stack -> stack.leaf().equals("[syscall read]") && isOf(stack, "reader"))
              .allMatch(stack -> stack.has("java.io.FileInputStream.readBytes"::equals)),
          () -> profile.toString());
    }
  }

  @Test
  void shouldShowNoSystemCallWithoutNativeFrames() throws Exception {
    try (TargetJvm target = TargetJvm.of(Calling.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms,native=none");
      Thread.sleep(2000);
      bean.stop();
      Collapsed profile = bean.cpuNanos();
      assertEquals(0, profile.with("[syscall"));
      assertTrue(profile.count(stack -> isOf(stack, "reader")) > 0);
    }
  }

  private static long samples(BeanClient bean, String thread) throws Exception {
    return bean.collapsed().count(stack -> isOf(stack, thread));
  }

  private static long ticks(long[] before, TargetJvm target, String thread) throws IOException {
    long[] now = Proc.userAndSystemTicks(target.pid(), thread);
    return now[0] + now[1] - before[0] - before[1];
  }

  private static double systemPercent(long[] before, long[] after) {
    double user = after[0] - before[0];
    double system = after[1] - before[1];
    return 100 * system / (user + system);
  }

  private static long[] turns(TargetJvm target, String thread) throws Exception {
    return Stream.of(target.ask(thread).split(" ")).mapToLong(Long::parseLong).toArray();
  }

  private static double callingPercent(long[] before, long[] after) {
    return 100.0 * (after[0] - before[0]) / (after[1] - before[1]);
  }

  private static boolean isOf(Collapsed.Stack stack, String thread) {
    return stack.frames().get(0).equals(thread);
  }

  private static double percent(Collapsed profile, String thread, String call) {
    long all = profile.count(stack -> isOf(stack, thread));
    long calls = profile.count(stack -> isOf(stack, thread) && stack.leaf().startsWith(call));
    return 100.0 * calls / all;
  }

  private static void assertShare(
      Collapsed profile, String thread, String call, double systemPercent, double callingPercent) {
    String figures =
        String.format(
            Locale.ROOT,
            "%s: %.1f %% of its CPU time in %s, system time %.1f %%, in the methods %.1f %%",
            thread,
            percent(profile, thread, call),
            call,
            systemPercent,
            callingPercent);
    Measured.print("%s", figures);
    double seen = percent(profile, thread, call);
    assertTrue(seen > systemPercent - POINTS && seen < callingPercent + POINTS, figures);
  }
}
