package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The state of a process that a profiler could change, as the kernel reports it: timers, signal
 * actions, blocked signals of threads, threads. A test reads it before the first session and
 * compares it with the state after a session, when nothing of the profiler may remain.
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

  /** Reads the present state; no session may be running. */
  static ProcessState before(TargetJvm target) throws Exception {
    return new ProcessState(target);
  }

  /**
   * Fails if the state has changed, or if a thread of the profiler exists. Timers and signal
   * actions must be right at once. Threads and masks may take a while: a thread may still be
   * ending, and a thread that starts or ends another thread, or itself, blocks all signals for a
   * moment.
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

  /** The threads of both states whose masks differ, with both masks. */
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

  /** The masks of the threads whose mask has not changed for a while. */
  private static Map<Long, String> settled(long pid) throws Exception {
    Map<Long, String> masks = Proc.blocked(pid);
    for (int i = 0; i < 3; i++) {
      Thread.sleep(10);
      masks.entrySet().retainAll(Proc.blocked(pid).entrySet());
    }
    return masks;
  }
}
