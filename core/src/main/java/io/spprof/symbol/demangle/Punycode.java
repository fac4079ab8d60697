package io.spprof.symbol.demangle;

/**
 * Decodes Punycode (RFC 3492) in the form that Rust's mangled names use: the last {@code _}, and
 * not the last {@code -}, separates the ASCII characters from the code of the others. Malformed
 * text throws {@link Malformed}.
 */
final class Punycode {

  private static final int BASE = 36;
  private static final int T_MIN = 1;
  private static final int T_MAX = 26;
  private static final int SKEW = 38;
  private static final int DAMP = 700;
  private static final int MOST_CHARACTERS = 1024;

  private Punycode() {}

  static String decode(String text) {
    int separator = text.lastIndexOf('_');
    if (text.length() > MOST_CHARACTERS) {
      throw Malformed.NAME;
    }
    StringBuilder decoded = new StringBuilder(separator < 0 ? "" : text.substring(0, separator));
    int at = separator + 1;
    int point = 128;
    long i = 0;
    int bias = 72;
    int count = decoded.length();
    if (at == text.length()) {
      throw Malformed.NAME;
    }
    while (at < text.length()) {
      long before = i;
      long weight = 1;
      for (int k = BASE; ; k += BASE) {
        int digit = at < text.length() ? digit(text.charAt(at++)) : -1;
        if (digit < 0 || weight > Integer.MAX_VALUE) {
          throw Malformed.NAME;
        }
        i += digit * weight;
        int t = Math.max(T_MIN, Math.min(T_MAX, k - bias));
        if (digit < t) {
          break;
        }
        weight *= BASE - t;
      }
      count++;
      bias = adapt(i - before, count, before == 0);
      long reached = point + i / count;
      if (reached > Character.MAX_CODE_POINT || reached >= 0xd800 && reached < 0xe000) {
        throw Malformed.NAME;
      }
      point = (int) reached;
      i %= count;
      decoded.insert(decoded.offsetByCodePoints(0, (int) i), Character.toString(point));
      i++;
    }
    return decoded.toString();
  }

  private static int digit(char c) {
    return Scanner.isLower(c) ? c - 'a' : Scanner.isDigit(c) ? c - '0' + 26 : -1;
  }

  private static int adapt(long delta, int count, boolean first) {
    long rest = first ? delta / DAMP : delta / 2;
    rest += rest / count;
    int k = 0;
    while (rest > (BASE - T_MIN) * T_MAX / 2) {
      rest /= BASE - T_MIN;
      k += BASE;
    }
    return (int) (k + (BASE - T_MIN + 1) * rest / (rest + SKEW));
  }
}
