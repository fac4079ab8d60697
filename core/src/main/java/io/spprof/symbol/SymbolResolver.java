package io.spprof.symbol;

/**
 * Finds the names and the lines of methods. A method must be resolved while its class is still
 * loaded.
 */
public interface SymbolResolver {

  /**
   * Returns the name of a method.
   *
   * @param method the JVM's id of the method, not 0
   * @return the name, for instance {@code java.util.HashMap.get}; null if the JVM can no longer
   *     name the method
   */
  String name(long method);

  /**
   * Returns the line numbers of a method.
   *
   * @param method the JVM's id of the method, not 0
   * @return pairs {@code byte code index << 16 | line number}; not null; empty if the JVM has no
   *     lines
   */
  int[] lines(long method);
}
