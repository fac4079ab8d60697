package io.spprof.console;

import java.awt.FontMetrics;
import java.util.function.IntFunction;

/**
 * Shortens the names of methods and functions to the width that a component has for them. A name
 * loses its middle, so that its beginning, its class and its method stay readable. The class
 * repeats the rules of {@code io.spprof.cli.ShortName}, which counts letters, and measures with a
 * font. It also keeps the end of an address. The two cannot share code: JConsole loads the plugin
 * from the root of the agent's jar, where the classes of the command line are not.
 */
final class NameFitter {

  /** Stands for what is left out. */
  private static final String GAP = "\u2026";

  /** Fewer letters of a package or class say nothing. */
  private static final int FEWEST = 3;

  private final FontMetrics text;

  /** Makes a fitter for the font of a component. */
  NameFitter(FontMetrics text) {
    this.text = text;
  }

  /**
   * Returns a name of at most a width: {@code org.springfr….SimpleJpaRepository.findAll}. If there
   * is less room, the package goes ({@code SimpleJpaRepository.findAll}), then the middle of the
   * class ({@code SimpleJ….findAll}). A native function loses its library, its parameters, and then
   * its middle.
   *
   * @param name the name of a method or function, or a synthetic frame in brackets; not null
   * @param room the width in pixels
   * @return the name itself if it fits; "" if there is no room for one letter
   */
  String fit(String name, int room) {
    if (isFitting(name, room)) {
      return name;
    }
    int symbol = name.indexOf('`') + 1;
    if (name.startsWith("[")) { // [C2] com.example.Parser.parse, or a frame without a method
      return note(name, room);
    }
    if (symbol > 0) {
      return function(name.substring(symbol), room);
    }
    // A function without a symbol is named by its library and address.
    return name.contains("+0x") ? withoutMiddle(name, room) : method(name, room);
  }

  /** Returns a text of at most a width, in pixels: its beginning and its end. */
  String withoutMiddle(String name, int room) {
    return isFitting(name, room) ? name : longest(name.length() - 1, n -> middle(name, n), room);
  }

  private boolean isFitting(String name, int room) {
    return text.stringWidth(name) <= room;
  }

  private String note(String name, int room) {
    int method = name.indexOf("] ") + 2;
    if (method > 1) {
      String mark = name.substring(0, method);
      String rest = fit(name.substring(method), room - text.stringWidth(mark));
      if (!rest.isEmpty()) {
        return mark + rest;
      }
    }
    return withoutMiddle(name, room);
  }

  private String method(String name, int room) {
    int type = name.lastIndexOf('.', name.lastIndexOf('.') - 1);
    if (type > 0 && hasRoom(name, type, room)) {
      return withEnd(name, type, room);
    }
    String shorter = name.substring(type + 1);
    return isFitting(shorter, room) ? shorter : cut(shorter, shorter.lastIndexOf('.'), room);
  }

  private String function(String symbol, int room) {
    if (isFitting(symbol, room)) {
      return symbol;
    }
    String bare = withoutParameters(symbol);
    return isFitting(bare, room) ? bare : cut(bare, lastColons(bare), room);
  }

  /** Keeps the end of a name, from an index on, if it has room. */
  private String cut(String name, int end, int room) {
    return end > 0 && hasRoom(name, end, room)
        ? withEnd(name, end, room)
        : withoutMiddle(name, room);
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
  private boolean hasRoom(String name, int end, int room) {
    return isFitting(name.substring(0, Math.min(FEWEST, end)) + GAP + name.substring(end), room);
  }

  private String withEnd(String name, int end, int room) {
    return longest(end, letters -> head(name, letters) + GAP + name.substring(end), room);
  }

  /** Returns the form with the most letters, at least 1, that fits; "" if no form fits. */
  private String longest(int letters, IntFunction<String> form, int room) {
    int least = 0;
    int most = letters;
    while (least < most) {
      int tried = (least + most + 1) / 2;
      if (isFitting(form.apply(tried), room)) {
        least = tried;
      } else {
        most = tried - 1;
      }
    }
    return least == 0 ? "" : form.apply(least);
  }

  private static String middle(String name, int letters) {
    int end = name.length() - letters / 2;
    return head(name, letters - letters / 2)
        + GAP
        + name.substring(isBetweenHalves(name, end) ? end + 1 : end);
  }

  /** Returns the first letters of a name, without half a letter and without dots at the end. */
  private static String head(String name, int letters) {
    int end = isBetweenHalves(name, letters) ? letters - 1 : letters;
    while (end > 0 && name.charAt(end - 1) == '.') {
      end--;
    }
    return name.substring(0, end);
  }

  /** Returns whether an index is between the two halves of a surrogate pair. */
  private static boolean isBetweenHalves(String name, int index) {
    return index > 0
        && index < name.length()
        && Character.isSurrogatePair(name.charAt(index - 1), name.charAt(index));
  }
}
