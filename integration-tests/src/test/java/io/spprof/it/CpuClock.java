package io.spprof.it;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/** The kernel's own account of a process's CPU time, to the nanosecond, read from outside. */
public final class CpuClock {

  /** CPUCLOCK_SCHED of the kernel's posix-timers.h. */
  private static final int SCHEDULER_CLOCK = 2;

  /** The part of the C library that is used. */
  interface C extends Library {
    /** clock_gettime(2). */
    int clock_gettime(int clock, Pointer time) throws LastErrorException;
  }

  private static final C LIBRARY = Native.load("c", C.class);

  private CpuClock() {}

  /** CPU time of all threads that the process has and had, ns. */
  public static long nanos(long pid) {
    try (Memory time = new Memory(16)) {
      LIBRARY.clock_gettime((~Math.toIntExact(pid) << 3) | SCHEDULER_CLOCK, time);
      return time.getLong(0) * 1_000_000_000 + time.getLong(8);
    }
  }
}
