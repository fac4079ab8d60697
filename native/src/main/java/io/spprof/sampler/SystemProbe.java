package io.spprof.sampler;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What only the operating system knows, asked through JNA. Plain arrays as arguments: JNA's own
 * Memory would start a cleaner thread.
 */
final class SystemProbe {

  private static final int SIGPROF = 27; // Linux and macOS
  private static final int RLIMIT_SIGPENDING = 11; // Linux
  private static final int SIZE_OF_SIGACTION =
      256; // more than any system's; the handler comes first
  private static final int SIZE_OF_DL_INFO = 4 * Long.BYTES; // the file's name comes first
  private static final long SIG_IGN = 1;

  private SystemProbe() {}

  /**
   * Who handles SIGPROF.
   *
   * @return "" if nobody does; else the library's file name, as good as the system knows it
   */
  static String profilingSignalHolder() {
    byte[] action = new byte[SIZE_OF_SIGACTION];
    if (function("sigaction").invokeInt(new Object[] {SIGPROF, null, action}) != 0) {
      return "";
    }
    long handler = longAt(action);
    if (handler == 0 || handler == SIG_IGN) {
      return "";
    }
    byte[] info = new byte[SIZE_OF_DL_INFO];
    boolean known =
        function("dladdr").invokeInt(new Object[] {new Pointer(handler), info}) != 0
            && longAt(info) != 0;
    return known
        ? new File(new Pointer(longAt(info)).getString(0)).getName()
        : "a handler at 0x" + Long.toHexString(handler);
  }

  /**
   * How many timers and queued signals the user may have.
   *
   * @return the limit, or "unknown"
   */
  static String pendingSignalsLimit() {
    byte[] limits = new byte[2 * Long.BYTES];
    if (!Platform.isLinux()
        || function("getrlimit").invokeInt(new Object[] {RLIMIT_SIGPENDING, limits}) != 0) {
      return "unknown";
    }
    long soft = longAt(limits);
    return soft == -1 ? "unlimited" : Long.toUnsignedString(soft);
  }

  private static Function function(String name) {
    return Function.getFunction(Platform.C_LIBRARY_NAME, name);
  }

  private static long longAt(byte[] bytes) {
    long value = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getLong();
    return Native.POINTER_SIZE == Long.BYTES ? value : value & 0xFFFFFFFFL;
  }
}
