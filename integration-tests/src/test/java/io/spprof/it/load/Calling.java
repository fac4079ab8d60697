package io.spprof.it.load;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.Map;

/**
 * Threads that make system calls for one half of their time, and compute for the other: {@code
 * reader} calls read, {@code seeker} lseek. {@code computer} makes no system call. The questions
 * "reader" and "seeker" are answered with two numbers: how long the thread has been in the methods
 * that make the calls, and in all, ns.
 */
public final class Calling {

  private static final int CALLS = 1000;

  private static volatile double sink;

  private Calling() {}

  /** Takes no arguments; ends when its standard input does. */
  public static void main(String[] args) throws Exception {
    Turns reader = new Turns();
    Turns seeker = new Turns();
    Control.daemon("reader", () -> read(reader));
    Control.daemon("seeker", () -> seek(seeker));
    Control.daemon(
        "computer",
        () -> {
          while (true) {
            compute();
          }
        });
    Control.serve(Map.of("reader", reader::figures, "seeker", seeker::figures));
  }

  /** Measures the turns of a thread: many system calls, and then computing for as long. */
  private static final class Turns {

    private long begun = System.nanoTime();
    private long calling;
    private long all;

    void computeForAsLong() {
      long called = System.nanoTime();
      long end = called + called - begun;
      long now = called;
      while (now < end) {
        compute();
        now = System.nanoTime();
      }
      count(called - begun, now - begun);
      begun = now;
    }

    private synchronized void count(long ofCalls, long ofAll) {
      calling += ofCalls;
      all += ofAll;
    }

    synchronized String figures() {
      return calling + " " + all;
    }
  }

  private static void read(Turns turns) {
    byte[] bytes = new byte[8192]; // readBytes needs no memory of its own for so few
    try (FileInputStream zeros = new FileInputStream("/dev/zero")) {
      while (true) {
        for (int i = 0; i < CALLS; i++) {
          sink = zeros.read(bytes);
        }
        turns.computeForAsLong();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void seek(Turns turns) {
    try (RandomAccessFile zeros = new RandomAccessFile("/dev/zero", "r")) {
      while (true) {
        for (int i = 0; i < CALLS; i++) {
          zeros.seek(i);
        }
        turns.computeForAsLong();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void compute() {
    double sum = 1;
    for (int i = 1; i < 1000; i++) {
      sum += Math.sqrt(sum + i);
    }
    sink = sum;
  }
}
