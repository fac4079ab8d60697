package io.spprof.symbol.demangle;

/** Says that a text is no mangled name, or one that is not demangled here. Has no stack trace. */
final class Malformed extends RuntimeException {

  private static final long serialVersionUID = 1;

  static final Malformed NAME = new Malformed();

  private Malformed() {
    super("not a mangled name", null, false, false);
  }
}
