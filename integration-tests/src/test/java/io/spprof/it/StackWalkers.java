package io.spprof.it;

/**
 * Chooses the stack walker for tests of stacks, from the system property {@code spprof.it.walker}.
 */
public final class StackWalkers {

  private StackWalkers() {}

  /** The value of the option "walker". */
  public static String chosen() {
    return System.getProperty("spprof.it.walker", "vm");
  }

  /** The option, to be appended to a list of options. */
  static String option() {
    return ",walker=" + chosen();
  }
}
