package io.spprof.it.load;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.util.Map;

/**
 * Has a SIGPROF handler of its own before any profiler: a harmless function of the C library, so
 * that the holder has a name. Answers "action": the installed struct sigaction, byte for byte.
 */
public final class ForeignHandler {

  private static final int SIGPROF = 27;
  private static final int SIZEOF_SIGACTION = 152;

  private ForeignHandler() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    NativeLibrary c = NativeLibrary.getInstance("c");
    Function sigaction = c.getFunction("sigaction");
    Memory action = new Memory(SIZEOF_SIGACTION);
    action.clear();
    action.setPointer(0, c.getFunction("getpid"));
    if (sigaction.invokeInt(new Object[] {SIGPROF, action, Pointer.NULL}) != 0) {
      throw new IllegalStateException("sigaction failed");
    }
    Control.serve(Map.of("action", () -> installed(sigaction)));
  }

  private static String installed(Function sigaction) {
    Memory action = new Memory(SIZEOF_SIGACTION);
    action.clear();
    sigaction.invokeInt(new Object[] {SIGPROF, Pointer.NULL, action});
    StringBuilder hex = new StringBuilder();
    for (byte b : action.getByteArray(0, SIZEOF_SIGACTION)) {
      hex.append(String.format("%02x", b));
    }
    return hex.toString();
  }
}
