package io.spprof.sampler;

/**
 * Finds out, before any native code is loaded, whether a JVM is one of those in which the profiler
 * cannot work: a JVM on Windows, a 32-bit JVM, or a JVM that is not HotSpot. It is not enough to
 * see whether the jar has a library for the platform: OpenJ9 on Linux, for instance, would load the
 * one for HotSpot.
 */
final class UnsupportedJvm {

  /**
   * Parts of the names of JVMs that are not HotSpot: OpenJ9 and IBM's J9, Zing, and programs that
   * GraalVM compiled ahead of time. Vendors give HotSpot many names, so an unknown name passes.
   */
  private static final String[] OTHERS = {"J9", "Zing", "Substrate"};

  private UnsupportedJvm() {}

  /**
   * Returns what is wrong with a JVM. The parameters are values of its system properties; null if
   * it does not have the property.
   *
   * @param os the value of os.name
   * @param arch the value of os.arch
   * @param bits the value of sun.arch.data.model
   * @param vm the value of java.vm.name
   * @return "" if nothing is; otherwise what was found, the rule and the remedy
   */
  static String problem(String os, String arch, String bits, String vm) {
    if (os != null && os.startsWith("Windows")) {
      return "this JVM runs on "
          + os
          + ", and spprof samples with signals, which only Linux and macOS have; profile the"
          + " application there";
    }
    if ("32".equals(bits)) {
      return "this is a 32-bit JVM (os.arch "
          + arch
          + "), and spprof reads the stacks of 64-bit JVMs only; start the application with a"
          + " 64-bit JVM";
    }
    for (String other : OTHERS) {
      if (vm != null && vm.contains(other)) {
        return "this JVM is "
            + vm
            + ", and spprof reads the stacks of HotSpot only; start the application with a HotSpot"
            + " JVM, as OpenJDK has it";
      }
    }
    return "";
  }
}
