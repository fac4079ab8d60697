package io.spprof.symbol.demangle;

import java.util.Set;

/**
 * What GCC and Clang append to the names of clones and parts of C functions: a point and a word,
 * often with another point and a number, several times in {@code copy.constprop.0.cold}. In a
 * mangled name any suffix is one of a clone. A name of C or of another language can have points of
 * its own, so only words that are known are removed from it, and most of them only with a number.
 * Not among them are the words for variants that programmers ask for by an attribute, one for each
 * processor, as {@code sum.avx2}.
 */
final class CloneSuffixes {

  /** Words with or without a number. */
  private static final Set<String> WORDS =
      Set.of(
          "cold", // a part that is rarely executed
          "specialized", // a clone for constant arguments, by Clang
          "localalias"); // a name for calls within the library

  /** Words that are never without a number. */
  private static final Set<String> NUMBERED =
      Set.of(
          "part", // a part that is not inlined
          "constprop", // a clone for constant arguments
          "isra", // a clone with other parameters
          "lto_priv", // a local function, renamed when a program is linked
          "llvm", // likewise, by Clang
          "__uniq"); // likewise, when it is compiled

  private CloneSuffixes() {}

  /** Returns a name without the suffixes. */
  static String without(String name) {
    int end = name.length();
    for (int begin = lastSuffix(name, end); begin > 0; begin = lastSuffix(name, end)) {
      end = begin;
    }
    return name.substring(0, end);
  }

  /** Returns the begin of the last suffix; 0 or less if there is none. */
  private static int lastSuffix(String name, int end) {
    int begin = name.lastIndexOf('.', end - 1);
    int wordEnd = end;
    if (begin > 0 && begin + 1 < end && isNumber(name, begin + 1, end)) {
      wordEnd = begin;
      begin = name.lastIndexOf('.', begin - 1);
    }
    if (begin <= 0) {
      return 0;
    }
    String word = name.substring(begin + 1, wordEnd);
    return WORDS.contains(word) || wordEnd < end && NUMBERED.contains(word) ? begin : 0;
  }

  private static boolean isNumber(String name, int from, int to) {
    for (int at = from; at < to; at++) {
      if (name.charAt(at) < '0' || name.charAt(at) > '9') {
        return false;
      }
    }
    return true;
  }
}
