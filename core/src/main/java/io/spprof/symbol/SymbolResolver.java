package io.spprof.symbol;

/** Names methods. */
@FunctionalInterface
public interface SymbolResolver {

  /**
   * Names a method while its class is, with luck, still loaded.
   *
   * @param method the JVM's id of the method, not 0
   * @return {@code java.util.HashMap.get}; null if it cannot be named any more
   */
  String name(long method);
}
