package io.spprof.it;

/** Which stack walker the tests of stacks use: the system property {@code spprof.it.walker}. */
public final class StackWalkers {

  private StackWalkers() {}

  /** A value of the option "walker". */
  public static String chosen() {
    return System.getProperty("spprof.it.walker", "vm");
  }

  /** For a list of options. */
  static String option() {
    return ",walker=" + chosen();
  }
}
