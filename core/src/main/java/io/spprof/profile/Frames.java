package io.spprof.profile;

/**
 * The distinct frames of a profile, as columns. A frame is a method and a line.
 *
 * @param methods the method of each frame, as an index into the list of methods
 * @param lines the source line of each frame; 0 if the line is not known
 * @param count the number of frames; the arrays may be longer
 */
public record Frames(int[] methods, int[] lines, int count) {

  /** No frames. */
  public static final Frames NONE = new Frames(new int[0], new int[0], 0);
}
