package io.spprof.it.load;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A load of threads that make blocking calls of the C library directly, again and again, and use
 * CPU time in between. The question "calls" is answered with the number of these calls,
 * "interrupted" with the number of calls that failed with EINTR, and "nanos" with the CPU time of
 * the calls. Any other failure, or a call that returns too early, fails the whole workload.
 */
public final class LibcCalls {

  private static final int EINTR = 4;
  private static final int POLLIN = 1;
  private static final int EPOLL_CTL_ADD = 1;
  private static final int MILLIS = 5;

  private static final Map<String, long[]> FIGURES =
      new ConcurrentHashMap<>(); // by call: the number of calls, of those with EINTR, CPU time

  /** Makes a blocking call; the result is negative if it failed. */
  private interface Call {
    long make();
  }

  static {
    Native.register("c");
  }

  private LibcCalls() {}

  static native int poll(Pointer fds, long count, int millis);

  static native int nanosleep(Pointer time, Pointer left);

  static native int usleep(int micros);

  static native long read(int fd, Pointer to, long size);

  static native long write(int fd, Pointer from, long size);

  static native int pipe(Pointer fds);

  static native int epoll_create1(int flags);

  static native int epoll_ctl(int epoll, int operation, int fd, Pointer event);

  static native int epoll_wait(int epoll, Pointer events, int count, int millis);

  /**
   * Argument: CPU time that a thread uses between two calls, microseconds. If it is 0, a busy
   * thread that blocks the signal runs beside the sleeping threads.
   */
  public static void main(String[] args) throws IOException {
    long busyNanos = Long.parseLong(args[0]) * 1_000;
    if (busyNanos == 0) {
      Deaf.start();
    }
    Memory silent = newPipe();
    Memory fds = new Memory(8);
    fds.setInt(0, silent.getInt(0));
    fds.setShort(4, (short) POLLIN);
    fds.setShort(6, (short) 0);
    timed("poll", busyNanos, () -> poll(fds, 1, MILLIS));

    int epoll = epoll_create1(0);
    Memory event = new Memory(12);
    event.clear();
    event.setInt(0, POLLIN);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, silent.getInt(0), event) != 0) {
      throw new IllegalStateException("epoll_ctl " + Native.getLastError());
    }
    Memory events = new Memory(12);
    timed("epoll_wait", busyNanos, () -> epoll_wait(epoll, events, 1, MILLIS));

    Memory time = new Memory(16);
    time.setLong(0, 0);
    time.setLong(8, TimeUnit.MILLISECONDS.toNanos(MILLIS));
    timed("nanosleep", busyNanos, () -> nanosleep(time, Pointer.NULL));
    timed("usleep", busyNanos, () -> usleep(MILLIS * 1_000));

    readAndWrite(busyNanos);
    Control.serve(
        Map.of(
            "calls",
            () -> Control.figures(FIGURES, 0),
            "interrupted",
            () -> Control.figures(FIGURES, 1),
            "nanos",
            () -> Control.figures(FIGURES, 2),
            "pester",
            Pester::everyThread));
  }

  /** A read that waits for a byte, which a thread sends some time after the previous one. */
  private static void readAndWrite(long busyNanos) {
    Memory fds = newPipe();
    Memory to = new Memory(1);
    Memory from = new Memory(1);
    from.setByte(0, (byte) 7);
    repeat(
        "read",
        busyNanos,
        () -> {
          long read = read(fds.getInt(0), to, 1);
          if (read >= 0 && (read != 1 || to.getByte(0) != 7)) {
            throw new IllegalStateException("read " + read + ": " + to.getByte(0));
          }
          return read;
        });
    Control.daemon(
        "writer",
        () -> {
          while (true) {
            try {
              Thread.sleep(MILLIS);
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            write(fds.getInt(4), from, 1);
          }
        });
  }

  private static void timed(String name, long busyNanos, Call call) {
    repeat(
        name,
        busyNanos,
        () -> {
          long begun = System.nanoTime();
          long result = call.make();
          long took = System.nanoTime() - begun;
          if (result > 0 || result == 0 && took < TimeUnit.MILLISECONDS.toNanos(MILLIS)) {
            throw new IllegalStateException(
                name + " returned " + result + " after " + took + " ns");
          }
          return result;
        });
  }

  private static void repeat(String name, long busyNanos, Call call) {
    long[] figures = new long[3]; // written by this thread only; a reader may see old values
    FIGURES.put(name, figures);
    Control.daemon(
        name,
        () -> {
          while (true) {
            long before = Spin.cpuNanos();
            if (call.make() < 0) {
              if (Native.getLastError() != EINTR) {
                throw new IllegalStateException(name + " failed: " + Native.getLastError());
              }
              figures[1]++;
            }
            figures[2] += Spin.cpuNanos() - before;
            figures[0]++;
            Spin.burn(busyNanos);
          }
        });
  }

  private static Memory newPipe() {
    Memory fds = new Memory(8);
    if (pipe(fds) != 0) {
      throw new IllegalStateException("pipe " + Native.getLastError());
    }
    return fds;
  }
}
