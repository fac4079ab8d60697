package io.spprof.it;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/** Reads the kernel's CPU clock of another process, with a resolution of 1 ns. */
public final class CpuClock {

  /** The constant CPUCLOCK_SCHED in the kernel's posix-timers.h. */
  private static final int SCHEDULER_CLOCK = 2;

  /** A clock that is read at each tick of the kernel only, so its resolution is the tick. */
  private static final int CLOCK_MONOTONIC_COARSE = 6;

  /** The functions of the C library that are used. */
  interface C extends Library {
    /** clock_gettime(2). */
    int clock_gettime(int clock, Pointer time) throws LastErrorException;

    /** clock_getres(2). */
    int clock_getres(int clock, Pointer resolution) throws LastErrorException;
  }

  private static final C LIBRARY = Native.load("c", C.class);

  private CpuClock() {}

  /** The CPU time of all threads that the process has and had, ns. */
  public static long nanos(long pid) {
    Machine machine = Machine.given();
    return machine == null ? nanosHere(pid) : machine.cpuNanos(pid);
  }

  /** The time between two ticks of this machine's kernel, ns. */
  static long tickNanos() {
    try (Memory time = new Memory(16)) {
      LIBRARY.clock_getres(CLOCK_MONOTONIC_COARSE, time);
      return time.getLong(0) * 1_000_000_000 + time.getLong(8);
    }
  }

  private static long nanosHere(long pid) {
    try (Memory time = new Memory(16)) {
      LIBRARY.clock_gettime((~Math.toIntExact(pid) << 3) | SCHEDULER_CLOCK, time);
      return time.getLong(0) * 1_000_000_000 + time.getLong(8);
    }
  }
}
