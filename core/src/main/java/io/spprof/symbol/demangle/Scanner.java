package io.spprof.symbol.demangle;

/**
 * Reads a mangled name from left to right, with bounds for everything that a hostile name could
 * make large: the depth of the recursion, the number of steps, and the characters of all texts that
 * are made. References to earlier parts of a name can make a text double with each of them.
 */
abstract class Scanner {

  static final char END = 0;

  private static final int MOST_DEPTH = 200;
  private static final int MOST_STEPS = 100_000;
  private static final int MOST_TEXT = 2_000_000;

  final String mangled;
  int at;
  private int depth;
  private int steps;
  private int made;

  Scanner(String mangled, int at) {
    this.mangled = mangled;
    this.at = at;
  }

  final char peek() {
    return peek(0);
  }

  final char peek(int ahead) {
    return at + ahead < mangled.length() ? mangled.charAt(at + ahead) : END;
  }

  final char next() {
    if (at >= mangled.length()) {
      throw Malformed.NAME;
    }
    return mangled.charAt(at++);
  }

  final boolean take(char c) {
    boolean taken = peek() == c && c != END;
    at += taken ? 1 : 0;
    return taken;
  }

  final boolean take(String text) {
    boolean taken = mangled.startsWith(text, at);
    at += taken ? text.length() : 0;
    return taken;
  }

  final void expect(char c) {
    if (!take(c)) {
      throw Malformed.NAME;
    }
  }

  final boolean ended() {
    return at == mangled.length();
  }

  /** Reads a decimal number. */
  final int number() {
    if (!isDigit(peek())) {
      throw Malformed.NAME;
    }
    int number = 0;
    while (isDigit(peek())) {
      number = number * 10 + (next() - '0');
      if (number > 1 << 24) {
        throw Malformed.NAME;
      }
    }
    return number;
  }

  /** Reads so many characters. */
  final String characters(int count) {
    if (count > mangled.length() - at) {
      throw Malformed.NAME;
    }
    at += count;
    return mangled.substring(at - count, at);
  }

  /** Begins a nested construct; {@link #leave} ends it. */
  final void enter() {
    if (++depth > MOST_DEPTH || ++steps > MOST_STEPS) {
      throw Malformed.NAME;
    }
  }

  final void leave() {
    depth--;
  }

  /** Returns the number of constructs around this place, for {@link #leaveTo}. */
  final int depth() {
    return depth;
  }

  /** Ends the constructs that an error left open. */
  final void leaveTo(int outer) {
    depth = outer;
  }

  /** Joins texts. */
  final String join(String... parts) {
    int length = 0;
    for (String part : parts) {
      length += part.length();
    }
    spend(length);
    return String.join("", parts);
  }

  /** Takes characters of the bound. */
  final void spend(int characters) {
    made += characters;
    if (made > MOST_TEXT) {
      throw Malformed.NAME;
    }
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  static boolean isLower(char c) {
    return c >= 'a' && c <= 'z';
  }

  static boolean isUpper(char c) {
    return c >= 'A' && c <= 'Z';
  }
}
