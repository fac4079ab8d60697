package io.spprof.it.load;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.apache.commons.lang3.StringUtils;

/**
 * An application with its own versions of JNA and Commons Lang. It uses both all the time,
 * including callbacks from C. It answers the questions "versions" and "calls".
 */
public final class OtherVersions {

  private static final LongAdder CALLS = new LongAdder();

  private OtherVersions() {}

  /** The functions of the C library that are used. Public, because JNA requires it. */
  public interface C extends Library {
    /** getpid(2). */
    int getpid();

    /** qsort(3). */
    void qsort(Pointer base, long count, long size, Comparison comparison);
  }

  /** The callback of qsort(3). Public, because JNA requires it. */
  public interface Comparison extends Callback {
    /** Negative, zero or positive. */
    int invoke(Pointer a, Pointer b);
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    C c = Native.load("c", C.class);
    Control.daemon("other-versions", () -> use(c));
    Control.serve(
        Map.of("versions", OtherVersions::versions, "calls", () -> Long.toString(CALLS.sum())));
  }

  private static void use(C c) {
    Comparison comparison = (a, b) -> Integer.compare(a.getInt(0), b.getInt(0));
    Memory numbers = new Memory(4 * 16);
    while (true) {
      for (int i = 0; i < 16; i++) {
        numbers.setInt(4L * i, 16 - i);
      }
      c.qsort(numbers, 16, 4, comparison);
      String text = StringUtils.leftPad(Integer.toString(numbers.getInt(0)), 8, '0');
      if (!text.equals("00000001") || c.getpid() != ProcessHandle.current().pid()) {
        throw new IllegalStateException("a library gave a wrong answer: " + text);
      }
      CALLS.increment();
    }
  }

  /**
   * The versions that the loaded classes report. Constants would have the versions of compile time.
   */
  private static String versions() {
    return Native.class.getPackage().getImplementationVersion().replaceAll(" .*", "")
        + " "
        + StringUtils.class.getPackage().getImplementationVersion();
  }
}
