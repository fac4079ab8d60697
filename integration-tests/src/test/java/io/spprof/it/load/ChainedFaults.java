package io.spprof.it.load;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An application that dereferences nulls, with libraries that chain SIGSEGV handlers, as crash
 * reporters and runtimes of other languages do. Such a library saves the signal action that is
 * installed when it installs its own handler, and passes every fault on to the saved action. With
 * -Xint, every null dereference is a fault, which the JVM's handler turns into a
 * NullPointerException.
 *
 * <p>Answers these questions. "nulls": the number of NullPointerExceptions so far; "install":
 * installs the handler of another library; "uninstall": the latest library restores the action that
 * it saved; "forwarded": the number of faults that the libraries passed on; "action": the installed
 * action.
 */
public final class ChainedFaults {

  private static final int SIGSEGV = 11;
  private static final int SIZEOF_SIGACTION = 152;
  private static final int SIGACTION_FLAGS = 136;
  private static final int SA_SIGINFO = 4;
  private static final int SA_ONSTACK = 0x08000000;
  private static final int SA_NODEFER = 0x40000000;
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
  private static final int PAGE = 4096;
  private static final int COUNTER = PAGE;
  private static final int TARGET = PAGE + Long.BYTES;

  private static final NativeLibrary C = NativeLibrary.getInstance("c");
  private static final List<Library> INSTALLED = new ArrayList<>();
  private static final List<Library> ALL = new ArrayList<>();
  private static final AtomicLong NULLS = new AtomicLong();

  private ChainedFaults() {}

  /** A library: its code and data, and the action that it saved. */
  private record Library(Pointer code, Memory saved) {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    for (int i = 0; i < 2; i++) {
      Control.daemon("nulls-" + i, ChainedFaults::meetNulls);
    }
    Control.serve(
        Map.of(
            "nulls", () -> Long.toString(NULLS.get()),
            "install", ChainedFaults::install,
            "uninstall", ChainedFaults::uninstall,
            "forwarded", ChainedFaults::forwarded,
            "action", () -> describe(action())));
  }

  private static void meetNulls() {
    while (true) {
      try {
        use(null);
      } catch (NullPointerException e) {
        if (NULLS.incrementAndGet() % 64 == 0) {
          pause();
        }
      }
    }
  }

  private static int use(int[] nothing) {
    return nothing.length;
  }

  private static void pause() {
    try {
      Thread.sleep(1);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String install() {
    Memory saved = action();
    Pointer code = code(saved.getPointer(0));
    Memory ours = new Memory(SIZEOF_SIGACTION);
    ours.clear();
    ours.setPointer(0, code);
    ours.setInt(SIGACTION_FLAGS, SA_SIGINFO | SA_ONSTACK | SA_NODEFER);
    Library library = new Library(code, saved);
    ALL.add(library);
    INSTALLED.add(library);
    call("sigaction", SIGSEGV, ours, Pointer.NULL);
    return "installed";
  }

  private static String uninstall() {
    Library latest = INSTALLED.remove(INSTALLED.size() - 1);
    call("sigaction", SIGSEGV, latest.saved(), Pointer.NULL);
    return "uninstalled";
  }

  private static String forwarded() {
    return Long.toString(ALL.stream().mapToLong(each -> each.code().getLong(COUNTER)).sum());
  }

  /**
   * A handler in machine code of x86-64, because Java cannot be a signal handler. It counts, and
   * jumps to the saved handler.
   */
  private static Pointer code(Pointer target) {
    Pointer code =
        C.getFunction("mmap")
            .invokePointer(
                new Object[] {
                  Pointer.NULL, 2L * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L
                });
    int at = 0;
    for (int instruction : new int[] {0xf0, 0x48, 0xff, 0x05}) { // lock incq COUNTER(%rip)
      code.setByte(at++, (byte) instruction);
    }
    code.setInt(at, COUNTER - (at + Integer.BYTES));
    at += Integer.BYTES;
    for (int instruction : new int[] {0xff, 0x25}) { // jmp *TARGET(%rip)
      code.setByte(at++, (byte) instruction);
    }
    code.setInt(at, TARGET - (at + Integer.BYTES));
    code.setPointer(TARGET, target);
    call("mprotect", code, (long) PAGE, PROT_READ | PROT_EXEC);
    return code;
  }

  private static Memory action() {
    Memory action = new Memory(SIZEOF_SIGACTION);
    call("sigaction", SIGSEGV, Pointer.NULL, action);
    return action;
  }

  /**
   * The fields that can be compared: handler, the kernel's 64 bits of mask, flags. The C library
   * leaves the other bytes undefined.
   */
  private static String describe(Memory action) {
    return String.format(
        "%x %x %x", action.getLong(0), action.getLong(8), action.getInt(SIGACTION_FLAGS));
  }

  private static void call(String function, Object... arguments) {
    Function of = C.getFunction(function);
    if (of.invokeInt(arguments) != 0) {
      throw new IllegalStateException(function + " failed");
    }
  }
}
