package io.spprof.symbol.demangle;

/**
 * Demangles symbols of Rust's older scheme. Such a symbol is a mangled C++ name whose last
 * component is the letter h and a hash of 16 hexadecimal digits. A character that a C++ name cannot
 * have is written as a code between dollar signs: {@code $LT$} is {@code <}. The readable name has
 * no hash.
 */
final class RustLegacy {

  private static final int HASH_DIGITS = 16;
  private static final String HASH = "17h";
  private static final int FIRST = 3; // after _ZN

  private RustLegacy() {}

  /** Returns whether a name that begins with {@code _ZN} ends as those of Rust do. */
  static boolean matches(String mangled) {
    int hash = hash(mangled);
    int end = hash + HASH.length() + HASH_DIGITS;
    if (hash < FIRST || end >= mangled.length() || mangled.charAt(end) != 'E') {
      return false;
    }
    if (end + 1 < mangled.length() && mangled.charAt(end + 1) != '.') {
      return false; // otherwise it is a suffix of a clone
    }
    int seen = 0;
    for (int i = hash + HASH.length(); i < end; i++) {
      int digit = Character.digit(mangled.charAt(i), 16);
      if (digit < 0 || Scanner.isUpper(mangled.charAt(i))) {
        return false;
      }
      seen |= 1 << digit;
    }
    return Integer.bitCount(seen) >= 5; // a hash has many different digits
  }

  private static int hash(String mangled) {
    return mangled.lastIndexOf(HASH);
  }

  /**
   * Returns the path.
   *
   * @param mangled a name that {@link #matches}
   * @throws Malformed if it is not well formed
   */
  static String demangle(String mangled) {
    int end = hash(mangled);
    StringBuilder path = new StringBuilder();
    Reader reader = new Reader(mangled);
    while (reader.at < end) {
      if (path.length() > 0) {
        path.append("::");
      }
      unescape(reader.characters(reader.number()), path);
    }
    if (reader.at != end) {
      throw Malformed.NAME;
    }
    return path.toString();
  }

  private static final class Reader extends Scanner {
    Reader(String mangled) {
      super(mangled, FIRST);
    }
  }

  private static void unescape(String component, StringBuilder path) {
    int i = component.startsWith("_$") ? 1 : 0;
    while (i < component.length()) {
      char c = component.charAt(i);
      if (c == '$') {
        int end = component.indexOf('$', i + 1);
        if (end < 0) {
          throw Malformed.NAME;
        }
        path.append(escaped(component.substring(i + 1, end)));
        i = end + 1;
      } else if (component.startsWith("..", i)) {
        path.append("::");
        i += 2;
      } else if (c == '.' || c == '_' || Character.isLetterOrDigit(c)) {
        path.append(c);
        i++;
      } else {
        throw Malformed.NAME;
      }
    }
  }

  private static String escaped(String code) {
    return switch (code) {
      case "SP" -> "@";
      case "BP" -> "*";
      case "RF" -> "&";
      case "LT" -> "<";
      case "GT" -> ">";
      case "LP" -> "(";
      case "RP" -> ")";
      case "C" -> ",";
      default -> character(code);
    };
  }

  /** Returns the character of a code u and hexadecimal digits. */
  private static String character(String code) {
    if (code.length() < 2 || code.length() > 7 || code.charAt(0) != 'u') {
      throw Malformed.NAME;
    }
    int point = 0;
    for (int i = 1; i < code.length(); i++) {
      int digit = Character.digit(code.charAt(i), 16);
      if (digit < 0) {
        throw Malformed.NAME;
      }
      point = point * 16 + digit;
    }
    if (point < ' ' || point == 0x7f || !Character.isValidCodePoint(point)) {
      throw Malformed.NAME;
    }
    return Character.toString(point);
  }
}
