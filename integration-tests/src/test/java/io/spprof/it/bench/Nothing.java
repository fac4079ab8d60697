package io.spprof.it.bench;

/**
 * An application that finishes its start at once. It serves to measure the start-up time of a JVM.
 */
public final class Nothing {

  private static volatile long sink;

  private Nothing() {}

  /**
   * Prints that the JVM is up. With arguments "work" and milliseconds, first uses that much CPU
   * time; with "sleep" and seconds, sleeps afterwards.
   */
  public static void main(String[] args) throws InterruptedException {
    boolean work = args.length > 0 && args[0].equals("work");
    if (work) {
      spin(Integer.parseInt(args[1]));
    }
    System.out.println("up");
    if (args.length > 0 && !work) {
      Thread.sleep(1000L * Integer.parseInt(args[1]));
    }
  }

  /** A fixed piece of work, which takes about that many milliseconds on current machines. */
  private static void spin(int millis) {
    long x = millis;
    for (long i = 0; i < 1_000_000L * millis; i++) {
      x = x * 6364136223846793005L + 1442695040888963407L;
    }
    sink = x;
  }
}
