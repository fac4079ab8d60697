package io.spprof.symbol;

/** Names methods, and lists their lines, while their classes are still loaded. */
public interface SymbolResolver {

  /**
   * Names a method.
   *
   * @param method the JVM's id of the method, not 0
   * @return {@code java.util.HashMap.get}; null if it cannot be named any more
   */
  String name(long method);

  /**
   * A method's line numbers.
   *
   * @param method the JVM's id of the method, not 0
   * @return pairs {@code byte code index << 16 | line number}; not null, empty if there are none
   */
  int[] lines(long method);
}
