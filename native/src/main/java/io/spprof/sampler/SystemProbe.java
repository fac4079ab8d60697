package io.spprof.sampler;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Asks the operating system, through JNA, for facts that make messages more precise. If JNA cannot
 * work (for instance because the application forbids JNA to unpack its library), the fact stays
 * unknown, and nothing else is affected. Arguments are plain arrays, because JNA's class Memory
 * would start a cleaner thread.
 */
final class SystemProbe {

  private static final int RLIMIT_SIGPENDING = 11; // Linux
  private static final int SIZE_OF_SIGACTION =
      256; // larger than on any system; the handler comes first
  private static final int SIZE_OF_DL_INFO = 4 * Long.BYTES; // the file's name comes first
  private static final long SIG_IGN = 1;

  /** JNA's system property for the directory that JNA unpacks its own library to. */
  private static final String JNA_DIRECTORY = "jna.tmpdir";

  private static boolean initialized; // guarded by the class

  private SystemProbe() {}

  /**
   * Returns the owner of the handler of SIGPROF.
   *
   * @return "" if there is no handler, or the system cannot be asked; else the file name of the
   *     handler's library, or the handler's address if the system does not know the library
   */
  static String profilingSignalHolder() {
    try {
      return askProfilingSignalHolder();
    } catch (RuntimeException | LinkageError e) {
      return ""; // A failure here only makes a message less precise.
    }
  }

  private static String askProfilingSignalHolder() {
    byte[] action = new byte[SIZE_OF_SIGACTION];
    if (call("sigaction", SampleLayout.SIGNAL, null, action) != 0) {
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
   * Returns how many timers and queued signals the user may have.
   *
   * @return the limit; "unknown" if the system cannot be asked
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
   * Calls a function of the C library. The library is closed at once, because JNA keeps its cleaner
   * thread as long as a library is open. The library is opened with an option that only the
   * profiler uses. JNA therefore never returns an instance that the embedding program has open, and
   * closing does not affect this program.
   */
  private static synchronized int call(String function, Object... arguments) {
    initializeJna();
    try (com.sun.jna.NativeLibrary c =
        com.sun.jna.NativeLibrary.getInstance(Platform.C_LIBRARY_NAME, Map.of("io.spprof", true))) {
      return c.getFunction(function).invokeInt(arguments);
    }
  }

  /**
   * Makes JNA unpack its own library to the directory to which the profiler's library was unpacked.
   * By itself JNA uses {@code ~/.cache/JNA/temp}: it makes the directory, removes the library
   * again, and leaves the empty directory. The system property is only set until JNA has read it,
   * at the first call. Another copy of JNA that reads it meanwhile can use the directory as well.
   */
  private static void initializeJna() {
    if (initialized) {
      return;
    }
    initialized = true; // The calling method's own calls initialize JNA in any case.
    Path directory = UnpackedLibrary.directory();
    if (directory == null
        || !Files.isWritable(directory)
        || System.getProperty(JNA_DIRECTORY) != null) {
      return;
    }
    System.setProperty(JNA_DIRECTORY, directory.toString());
    try {
      Native.isProtected(); // Any call initializes the class.
    } finally {
      System.clearProperty(JNA_DIRECTORY);
    }
  }

  private static long longAt(byte[] bytes) {
    long value = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getLong();
    return Native.POINTER_SIZE == Long.BYTES ? value : value & 0xFFFFFFFFL;
  }
}
