package io.spprof.sampler;

/** The sampler cannot do what was asked; the message says why and what to do about it. */
public final class SamplerException extends Exception {

  private static final long serialVersionUID = 1;

  /**
   * With a message for the user.
   *
   * @param message the cause and the remedy
   */
  public SamplerException(String message) {
    super(message);
  }
}
