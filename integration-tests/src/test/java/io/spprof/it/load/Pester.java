package io.spprof.it.load;

import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import java.io.File;

/**
 * Sends SIGPROF to every thread of the process, asleep or not, again and again, because a timer
 * hits a sleeping thread only by bad luck. To be used only while a session samples: without a
 * session, the signal would end the process.
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
        // A thread may have ended in between; that error is ignored.
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
