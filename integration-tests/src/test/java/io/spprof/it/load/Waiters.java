package io.spprof.it.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A load of threads that wait for a CPU, if other programs have the CPUs. Two threads run all the
 * time. On request, many short threads run one after the other. Each reads, as the last thing that
 * it does, how long it has waited by the kernel's account.
 */
public final class Waiters {

  private static final Path OWN = Path.of("/proc/thread-self/schedstat");
  private static volatile long sink;

  private Waiters() {}

  /** No arguments. */
  public static void main(String[] args) throws IOException {
    for (int i = 0; i < 2; i++) {
      Control.daemon("busy-" + i, Waiters::spin);
    }
    Control.serve(Map.of("few", () -> crowd(100), "many", () -> crowd(3_000)));
  }

  private static void spin() {
    while (true) {
      sink = Spin.steps(sink, 100_000);
    }
  }

  /** Returns the sum of the threads' waits, ns, and the sum of their squares. */
  private static String crowd(int count) {
    double sum = 0;
    double squares = 0;
    for (int done = 0; done < count; done += 4) {
      List<Short> four = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Short thread = new Short();
        thread.start();
        four.add(thread);
      }
      for (Short thread : four) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
        sum += thread.waited;
        squares += (double) thread.waited * thread.waited;
      }
    }
    return sum + " " + squares;
  }

  /** A thread that runs for a moment. */
  private static final class Short extends Thread {

    private long waited;

    @Override
    public void run() {
      sink = Spin.steps(sink, 100_000);
      try {
        waited = Long.parseLong(Files.readString(OWN).split(" ")[1]);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
