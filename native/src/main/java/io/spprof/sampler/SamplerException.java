package io.spprof.sampler;

/**
 * Reports that the sampler cannot do what was requested. The message gives the reason and the
 * remedy.
 */
public final class SamplerException extends Exception {

  private static final long serialVersionUID = 1;

  /**
   * Creates an exception with a message for the user.
   *
   * @param message the cause and the remedy
   */
  public SamplerException(String message) {
    super(message);
  }
}
