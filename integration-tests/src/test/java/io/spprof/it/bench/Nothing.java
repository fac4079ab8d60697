package io.spprof.it.bench;

/** An application that is up at once; what start-up is measured with. */
public final class Nothing {

  private static volatile long sink;

  private Nothing() {}

  /**
   * Says that the JVM is up. With arguments "work" and milliseconds, uses so much CPU time before;
   * with "sleep" and seconds, sleeps afterwards.
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

  /** A fixed piece of work, of about so many milliseconds on the machines of these years. */
  private static void spin(int millis) {
    long x = millis;
    for (long i = 0; i < 1_000_000L * millis; i++) {
      x = x * 6364136223846793005L + 1442695040888963407L;
    }
    sink = x;
  }
}
