package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a profiler could leave in a process, as the kernel has it: timers, what is done with
 * signals, what threads have blocked, threads. Taken once before, and compared whenever nothing
 * should be left.
 */
final class ProcessState {

  private final TargetJvm target;
  private final long pid;
  private final List<String> timers;
  private final String caught;
  private final String ignored;
  private final Map<Long, String> blocked;

  private ProcessState(TargetJvm target) throws Exception {
    this.target = target;
    this.pid = target.pid();
    this.timers = Proc.timers(pid);
    this.caught = Proc.status(pid, "SigCgt");
    this.ignored = Proc.status(pid, "SigIgn");
    this.blocked = settled(pid);
  }

  /** As it is now, with no session running. */
  static ProcessState before(TargetJvm target) throws Exception {
    return new ProcessState(target);
  }

  /**
   * Fails if something is not as it was, or a thread of the profiler is there. Timers and signals
   * have to be right at once. A thread is waited for; and one that is just starting or ending
   * another, or itself, has blocked everything for a moment.
   */
  void assertUnchanged(String when) throws Exception {
    assertEquals(timers, Proc.timers(pid), () -> when + ": timers");
    assertEquals(caught, Proc.status(pid, "SigCgt"), () -> when + ": caught signals");
    assertEquals(ignored, Proc.status(pid, "SigIgn"), () -> when + ": ignored signals");
    if (!changed(Proc.blocked(pid)).isEmpty()) {
      Await.until(
          when + ": blocked signals are as before " + changed(Proc.blocked(pid)),
          () -> changed(Proc.blocked(pid)).isEmpty());
    }
    Traces.awaitNoThread(when, target);
  }

  /** Threads of both times whose mask is another one, with both masks. */
  private Map<Long, String> changed(Map<Long, String> now) {
    Map<Long, String> changed = new TreeMap<>();
    now.forEach(
        (thread, mask) -> {
          String before = blocked.getOrDefault(thread, mask);
          if (!before.equals(mask)) {
            changed.put(thread, before + " -> " + mask);
          }
        });
    return changed;
  }

  /** The masks of those threads that have had the same one for a while. */
  private static Map<Long, String> settled(long pid) throws Exception {
    Map<Long, String> masks = Proc.blocked(pid);
    for (int i = 0; i < 3; i++) {
      Thread.sleep(10);
      masks.entrySet().retainAll(Proc.blocked(pid).entrySet());
    }
    return masks;
  }
}
