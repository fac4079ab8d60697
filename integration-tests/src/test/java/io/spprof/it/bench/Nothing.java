package io.spprof.it.bench;

/** An application that is done as soon as it runs; what start-up is measured with. */
public final class Nothing {

  private Nothing() {}

  /** Says that the JVM is up; with an argument, sleeps for so many seconds. */
  public static void main(String[] args) throws InterruptedException {
    System.out.println("up");
    if (args.length > 0) {
      Thread.sleep(1000L * Integer.parseInt(args[0]));
    }
  }
}
