package io.spprof.sampler;

/**
 * The name of a thread, with the numbers by which the system and the JVM know the thread.
 *
 * @param text the name, not null
 * @param systemId the system's number of the thread, as {@code top -H} shows it, and as {@code nid}
 *     in a thread dump; 0 if it is not known. The system can give the number of a thread that has
 *     ended to another one
 * @param javaId the number of the {@link Thread}, which is unique in the life of a JVM; 0 if it is
 *     not known, or if the thread is no Java thread
 */
public record ThreadName(String text, long systemId, long javaId) {

  /**
   * Creates the name of a thread whose numbers are not known.
   *
   * @param text the name, not null
   * @return not null
   */
  public static ThreadName of(String text) {
    return new ThreadName(text, 0, 0);
  }
}
