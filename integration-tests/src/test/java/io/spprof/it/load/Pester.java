package io.spprof.it.load;

import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import java.io.File;

/**
 * Sends SIGPROF to every thread of the process, asleep or not, again and again: what a timer does
 * to a sleeper by bad luck only. While a session samples; it would end the process otherwise.
 */
final class Pester {

  private static final int SIGPROF = 27;
  private static final int SYS_TGKILL = 234; // x86-64
  private static final int ROUNDS = 100;

  static {
    Native.register("c");
  }

  private Pester() {}

  private static native NativeLong syscall(
      NativeLong number, NativeLong process, NativeLong thread, NativeLong signal);

  static String everyThread() {
    NativeLong process = new NativeLong(ProcessHandle.current().pid());
    for (int round = 0; round < ROUNDS; round++) {
      for (String thread : new File("/proc/self/task").list()) {
        // One that has ended meanwhile is an error that nobody minds.
        syscall(
            new NativeLong(SYS_TGKILL),
            process,
            new NativeLong(Long.parseLong(thread)),
            new NativeLong(SIGPROF));
      }
      try {
        Thread.sleep(3);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    return "done";
  }
}
