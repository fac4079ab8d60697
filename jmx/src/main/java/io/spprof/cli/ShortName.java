package io.spprof.cli;

import org.apache.commons.lang3.StringUtils;

/**
 * Shortens the names of methods and functions to the columns that a terminal has for them. A name
 * loses its middle, so that its beginning, its class and its method stay readable.
 */
final class ShortName {

  /** Stands for what is left out. */
  private static final String GAP = "\u2026";

  /** Fewer letters of a package or class say nothing. */
  private static final int FEWEST = 3;

  private ShortName() {}

  /**
   * Returns a name in at most so many letters: {@code org.springfr….SimpleJpaRepository.findAll}.
   * If there is less room, the package goes ({@code SimpleJpaRepository.findAll}), then the middle
   * of the class ({@code SimpleJ….findAll}). A native function loses its library, its parameters,
   * and then its middle.
   *
   * @param name the name of a method or function, or a synthetic frame in brackets; not null
   * @param room at least 2 letters
   * @return the name itself if it fits
   */
  static String fit(String name, int room) {
    if (name.length() <= room) {
      return name;
    }
    if (name.startsWith("[")) { // [C2] com.example.Parser.parse, or a frame without a method
      int method = name.indexOf("] ") + 2;
      return method > 1 && method + 1 < room
          ? name.substring(0, method) + fit(name.substring(method), room - method)
          : withoutMiddle(name, room);
    }
    int symbol = name.indexOf('`') + 1;
    return symbol > 0 ? function(name.substring(symbol), room) : method(name, room);
  }

  private static String method(String name, int room) {
    int method = name.lastIndexOf('.');
    int type = name.lastIndexOf('.', method - 1);
    if (type > 0 && hasRoom(name, type, room)) {
      return withEnd(name, type, room);
    }
    String shorter = name.substring(type + 1);
    if (shorter.length() <= room) {
      return shorter;
    }
    int bare = shorter.lastIndexOf('.');
    return bare > 0 && hasRoom(shorter, bare, room)
        ? withEnd(shorter, bare, room)
        : withoutMiddle(shorter, room);
  }

  private static String function(String symbol, int room) {
    if (symbol.length() <= room) {
      return symbol;
    }
    String bare = withoutParameters(symbol);
    if (bare.length() <= room) {
      return bare;
    }
    int function = lastColons(bare);
    return function > 0 && hasRoom(bare, function, room)
        ? withEnd(bare, function, room)
        : withoutMiddle(bare, room);
  }

  /**
   * Returns a symbol without its last parentheses, unless they are part of the name: {@code f(int)
   * const} has parameters, {@code (anonymous namespace)::f} and {@code operator()} have none.
   */
  private static String withoutParameters(String symbol) {
    int close = symbol.lastIndexOf(')');
    if (close < 0 || close + 1 < symbol.length() && symbol.charAt(close + 1) != ' ') {
      return symbol;
    }
    int open = close;
    for (int depth = 1; open > 0 && depth > 0; ) {
      open--;
      depth += symbol.charAt(open) == ')' ? 1 : symbol.charAt(open) == '(' ? -1 : 0;
    }
    return open == 0 || symbol.startsWith("operator", open - 8)
        ? symbol
        : symbol.substring(0, open);
  }

  /** Returns the index of the last {@code ::} outside of angle brackets; -1 if there is none. */
  private static int lastColons(String name) {
    int depth = 0;
    for (int i = name.length() - 1; i > 0; i--) {
      char c = name.charAt(i);
      depth += c == '>' || c == ')' ? 1 : c == '<' || c == '(' ? -1 : 0;
      if (depth == 0 && c == ':' && name.charAt(i - 1) == ':') {
        return i - 1;
      }
    }
    return -1;
  }

  /** Returns whether a name has room for its end, from an index on, and a beginning. */
  private static boolean hasRoom(String name, int end, int room) {
    return FEWEST + GAP.length() + name.length() - end <= room;
  }

  private static String withEnd(String name, int end, int room) {
    String head = head(name, room - GAP.length() - (name.length() - end));
    return StringUtils.stripEnd(head, ".") + GAP + name.substring(end);
  }

  private static String withoutMiddle(String name, int room) {
    int letters = room - GAP.length();
    int end = name.length() - letters / 2;
    return head(name, letters - letters / 2)
        + GAP
        + name.substring(isBetweenHalves(name, end) ? end + 1 : end);
  }

  private static String head(String name, int letters) {
    return name.substring(0, isBetweenHalves(name, letters) ? letters - 1 : letters);
  }

  /** Returns whether an index is between the two halves of a surrogate pair. */
  private static boolean isBetweenHalves(String name, int index) {
    return index > 0
        && index < name.length()
        && Character.isSurrogatePair(name.charAt(index - 1), name.charAt(index));
  }
}
