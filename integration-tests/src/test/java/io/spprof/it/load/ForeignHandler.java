package io.spprof.it.load;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.util.Map;

/**
 * An application that installs its own SIGPROF handler before any profiler does. The handler is a
 * harmless function of the C library, so the profiler can name the library that owns the handler.
 * The question "action" is answered with the installed action.
 */
public final class ForeignHandler {

  private static final int SIGPROF = 27;
  private static final int SIZEOF_SIGACTION = 152;
  private static final int SIGACTION_FLAGS = 136;

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

  /**
   * The fields that can be compared: handler, the kernel's 64 bits of mask, flags. The C library
   * leaves the other bytes undefined.
   */
  private static String installed(Function sigaction) {
    Memory action = new Memory(SIZEOF_SIGACTION);
    sigaction.invokeInt(new Object[] {SIGPROF, Pointer.NULL, action});
    return String.format(
        "%x %x %x", action.getLong(0), action.getLong(8), action.getInt(SIGACTION_FLAGS));
  }
}
