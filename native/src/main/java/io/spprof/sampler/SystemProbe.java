package io.spprof.sampler;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * What only the operating system knows, asked through JNA; where JNA cannot work (the application
 * forbade it to unpack itself, for instance) it is not known, and nothing else suffers. Plain
 * arrays as arguments: JNA's own Memory would start a cleaner thread.
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
   * @return "" if nobody does, or the system cannot be asked; else the library's file name, as good
   *     as the system knows it
   */
  static String profilingSignalHolder() {
    try {
      return askProfilingSignalHolder();
    } catch (RuntimeException | LinkageError e) {
      return ""; // what only makes a message better must not fail
    }
  }

  private static String askProfilingSignalHolder() {
    byte[] action = new byte[SIZE_OF_SIGACTION];
    if (call("sigaction", SIGPROF, null, action) != 0) {
      return "";
    }
    long handler = longAt(action);
    if (handler == 0 || handler == SIG_IGN) {
      return "";
    }
    byte[] info = new byte[SIZE_OF_DL_INFO];
    boolean known = call("dladdr", new Pointer(handler), info) != 0 && longAt(info) != 0;
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
    try {
      return askPendingSignalsLimit();
    } catch (RuntimeException | LinkageError e) {
      return "unknown";
    }
  }

  private static String askPendingSignalsLimit() {
    byte[] limits = new byte[2 * Long.BYTES];
    if (!Platform.isLinux() || call("getrlimit", RLIMIT_SIGPENDING, limits) != 0) {
      return "unknown";
    }
    long soft = longAt(limits);
    return soft == -1 ? "unlimited" : Long.toUnsignedString(soft);
  }

  /**
   * Closed at once, as JNA keeps its cleaner thread for as long as a library is open; and with an
   * option of our own, so that it is not the instance that a program which embeds us has open.
   */
  private static synchronized int call(String function, Object... arguments) {
    try (com.sun.jna.NativeLibrary c =
        com.sun.jna.NativeLibrary.getInstance(Platform.C_LIBRARY_NAME, Map.of("io.spprof", true))) {
      return c.getFunction(function).invokeInt(arguments);
    }
  }

  private static long longAt(byte[] bytes) {
    long value = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getLong();
    return Native.POINTER_SIZE == Long.BYTES ? value : value & 0xFFFFFFFFL;
  }
}
