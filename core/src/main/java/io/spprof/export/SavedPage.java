package io.spprof.export;

import io.spprof.profile.FrameKind;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/**
 * Reads the page of a flame graph as {@link FlameGraphExporter} writes it.
 *
 * @param profile the profile without its figures
 * @param figures the figures, as members of a JSON object
 */
record SavedPage(Profile profile, String figures) {

  private static final String DATA = "<script id=\"data\" type=\"text/plain\">";
  private static final String END = "</script>";

  /**
   * Reads a page.
   *
   * @throws IllegalArgumentException if it is no page, or a page of a difference; the message is
   *     the end of a sentence whose subject is the file
   * @throws RuntimeException of another class if the page is damaged
   */
  static SavedPage of(String page) {
    int start = page.indexOf(DATA) + DATA.length();
    if (start < DATA.length()) {
      throw new IllegalArgumentException("is no flame graph of spprof");
    }
    String[] lines = page.substring(start, page.indexOf(END, start)).split("\n");
    JsonObject head = JsonObject.parse(lines[0]);
    if (head.has("before")) {
      throw new IllegalArgumentException("is a difference already; give two profiles");
    }
    String figures = head.textBefore("names");
    if (figures.matches("(?s).*[<>&].*")) { // It could end the element of another page.
      throw new IllegalArgumentException("is damaged: its figures are not as spprof writes them");
    }
    List<?> names = head.list("names");
    List<?> kinds = head.list("kinds");
    List<ProfileMethod> methods = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      FrameKind kind = FrameKind.values()[((Long) kinds.get(i)).intValue()];
      methods.add(new ProfileMethod((String) names.get(i), kind));
    }
    List<ProfileThread> threads =
        head.list("threads").stream().map(name -> ProfileThread.java((String) name)).toList();
    ProfileBuilder builder = new ProfileBuilder();
    int rows = (int) head.number("rows");
    Numbers stacks = Numbers.ofBase64(lines.length > 1 ? lines[1] : "");
    stacks.addTo(builder, methods.size(), rows, head.number("unitNanos"));
    Profile profile = builder.profile(methods, threads);
    if (profile.totalSamples() != head.number("totalSamples")) {
      throw new IllegalArgumentException("is damaged: samples are missing");
    }
    return new SavedPage(profile, figures);
  }

  /** Reads what {@link VarintWriter} has encoded. */
  private static final class Numbers {
    private final byte[] bytes;
    private int at;

    Numbers(byte[] bytes) {
      this.bytes = bytes;
    }

    static Numbers ofBase64(String text) {
      try {
        return new Numbers(Base64.getDecoder().decode(text));
      } catch (IllegalArgumentException e) {
        throw DamagedFile.because(e);
      }
    }

    /** Adds the stacks and rows of the sequence that {@link FlameGraphData} describes. */
    void addTo(ProfileBuilder builder, int names, int rows, long unit) {
      int[] path = new int[ProfileBuilder.DEEPEST];
      int depth = 0;
      while (builder.rowCount() < rows) {
        int keep = next(depth + 1);
        depth = keep + next(ProfileBuilder.DEEPEST - keep + 1);
        for (int i = keep; i < depth; i++) {
          path[i] = next(names);
        }
        int stack = builder.addStack(path, depth);
        for (long ofStack = next(); ofStack > 0; ofStack--) {
          builder.addRow(stack, (int) next(), next(), Math.multiplyExact(next(), unit));
        }
      }
    }

    /**
     * Returns the next number.
     *
     * @throws IndexOutOfBoundsException if it is not less than the bound
     */
    private int next(int bound) {
      return (int) Objects.checkIndex(next(), (long) bound);
    }

    private long next() {
      long value = 0;
      int shift = 0;
      byte b;
      do {
        b = bytes[at++];
        value |= (b & 0x7FL) << shift;
        shift += 7;
      } while (b < 0);
      return value;
    }
  }
}
