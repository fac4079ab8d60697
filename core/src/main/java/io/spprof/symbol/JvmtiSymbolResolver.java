package io.spprof.symbol;

import io.spprof.sampler.Sampler;

/** Asks the JVM for names and lines of methods, through the sampler's JVMTI environment. */
public final class JvmtiSymbolResolver implements SymbolResolver {

  private final Sampler sampler;

  /**
   * Creates a resolver.
   *
   * @param sampler a loaded sampler
   */
  public JvmtiSymbolResolver(Sampler sampler) {
    this.sampler = sampler;
  }

  @Override
  public String name(long method) {
    return sampler.methodName(method);
  }

  @Override
  public int[] lines(long method) {
    return sampler.methodLines(method);
  }
}
