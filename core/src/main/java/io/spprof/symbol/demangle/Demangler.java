package io.spprof.symbol.demangle;

/**
 * Makes the names of C++ and Rust functions readable. Follows the Itanium C++ ABI, chapter 5.1, and
 * Rust's RFC 2603 with the older scheme.
 *
 * <p>The result is the qualified name of the function with its template arguments, without
 * parameters and result, as {@code c++filt --no-params --no-verbose} prints it: {@code
 * G1ParScanThreadState::trim_queue_to_threshold}. Suffixes of clones, as {@code .cold} or {@code
 * .constprop.0}, are left out, also from names that are not mangled: all parts of a function have
 * one name. Parameters remain where they tell functions apart: of a function that contains a local
 * class or a lambda, and of a lambda.
 *
 * <p>A name is demangled whole or not at all. Also what the result leaves out must be well formed.
 * Names of data, and rare forms that are not known here, stay as they are. So do names that would
 * take more than {@link #MOST_RESULT} characters, or too many steps.
 */
public final class Demangler {

  /** The most characters of a mangled name that is demangled. */
  private static final int MOST_MANGLED = 16 << 10;

  /** The most characters of a result. */
  static final int MOST_RESULT = 32 << 10;

  private Demangler() {}

  /**
   * Demangles a name.
   *
   * @param name the name of a symbol, not null
   * @return the readable name, or {@code name} itself
   */
  public static String demangle(String name) {
    if (name.length() > MOST_MANGLED) {
      return name;
    }
    try {
      if (name.startsWith("_ZN") && RustLegacy.matches(name)) {
        return result(name, RustLegacy.demangle(name));
      }
      if (name.startsWith("_Z")) {
        return result(name, CxxNames.demangle(name));
      }
      if (name.startsWith("_R")) {
        return result(name, RustNames.demangle(name));
      }
    } catch (Malformed e) {
      return name;
    }
    return CloneSuffixes.without(name);
  }

  private static String result(String name, String demangled) {
    return demangled.length() > MOST_RESULT ? name : demangled;
  }
}
