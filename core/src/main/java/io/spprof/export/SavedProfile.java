package io.spprof.export;

import io.spprof.profile.FrameKind;
import io.spprof.profile.Frames;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.Stacks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A profile that was read from an exported file, to be compared with another one. Two formats
 * contain enough for a true comparison: the flame graph's page, which has samples, CPU time and all
 * figures, and folded stacks, which have one number for each stack and no figures. Immutable.
 */
public final class SavedProfile {

  private static final String DATA = "<script id=\"data\" type=\"text/plain\">";
  private static final String END = "</script>";
  private static final int CHUNK_SIZE = 1 << Stacks.CHUNK_BITS;

  private final ExportFormat format;
  private final Profile profile;
  private final String figures; // members of a JSON object, as in the page; null if there are none

  private SavedProfile(ExportFormat format, Profile profile, String figures) {
    this.format = format;
    this.profile = profile;
    this.figures = figures;
  }

  /**
   * Reads a file's content.
   *
   * @param content the whole file, not null
   * @param format the format that the file's name gives, not null
   * @return the profile, not null
   * @throws IllegalArgumentException if the format cannot be compared, or the content does not have
   *     this format; the message is the end of a sentence whose subject is the file
   */
  public static SavedProfile read(byte[] content, ExportFormat format) {
    try {
      return switch (format) {
        case HTML -> ofPage(new String(content, StandardCharsets.US_ASCII));
        case COLLAPSED, COLLAPSED_KINDS ->
            ofLines(new String(content, StandardCharsets.UTF_8), format);
        case COLLAPSED_CPU, COLLAPSED_KINDS_CPU, JFR, PPROF, SPEEDSCOPE, TEXT ->
            throw new IllegalArgumentException(
                "is "
                    + format.suffix()
                    + ", which cannot be compared: save both profiles as .html (or as .collapsed)");
      };
    } catch (IndexOutOfBoundsException | ClassCastException | NullPointerException e) {
      throw damaged(e);
    }
  }

  /** Returns the exception for a file whose content no exporter writes. */
  private static IllegalArgumentException damaged(Exception cause) {
    return new IllegalArgumentException("is damaged, or of another version of spprof", cause);
  }

  /**
   * Writes the difference of two profiles.
   *
   * @param before the first profile, not null
   * @param after the second profile, not null
   * @param format {@link ExportFormat#HTML} for a page, as {@link FlameGraphDifference} writes it,
   *     or {@link ExportFormat#COLLAPSED}, as {@link CollapsedDifference} writes it
   * @param out the target, not null; neither flushed nor closed
   * @throws IllegalArgumentException if the files do not have the same format, or do not have what
   *     the difference needs
   * @throws IOException when {@code out} throws it
   */
  public static void writeDifference(
      SavedProfile before, SavedProfile after, ExportFormat format, Appendable out)
      throws IOException {
    if (before.format != after.format) {
      throw new IllegalArgumentException(
          "the files have different formats, "
              + before.format.suffix()
              + " and "
              + after.format.suffix()
              + "; save both profiles as .html");
    }
    if (format == ExportFormat.COLLAPSED) {
      CollapsedDifference.write(before.profile, after.profile, out);
    } else if (format == ExportFormat.HTML && before.figures != null) {
      FlameGraphData data =
          FlameGraphData.ofDifference(before.profile, before.figures, after.profile, after.figures);
      FlameGraphExporter.steps(data, out).run();
    } else if (format == ExportFormat.HTML) {
      throw new IllegalArgumentException(
          "folded stacks have no CPU time, which the page needs; save both profiles as .html, or"
              + " write a .collapsed difference");
    } else {
      throw new IllegalArgumentException("a difference is .html or .collapsed");
    }
  }

  private static SavedProfile ofPage(String page) {
    int start = page.indexOf(DATA) + DATA.length();
    if (start < DATA.length()) {
      throw new IllegalArgumentException("is no flame graph of spprof");
    }
    String[] lines = page.substring(start, page.indexOf(END, start)).split("\n");
    JsonObject head = head(lines[0]);
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
    Builder builder = new Builder();
    int rows = (int) head.number("rows");
    Numbers stacks = Numbers.ofBase64(lines.length > 1 ? lines[1] : "");
    builder.addStacks(stacks, methods.size(), rows, head.number("unitNanos"));
    Profile profile = builder.profile(methods, threads);
    if (profile.totalSamples() != head.number("totalSamples")) {
      throw new IllegalArgumentException("is damaged: samples are missing");
    }
    return new SavedProfile(ExportFormat.HTML, profile, figures);
  }

  private static JsonObject head(String text) {
    try {
      return JsonObject.parse(text);
    } catch (IllegalArgumentException e) {
      throw damaged(e);
    }
  }

  /** Reads folded stacks. Of the rows, only the samples count. */
  private static SavedProfile ofLines(String text, ExportFormat format) {
    Map<String, Integer> methods = new LinkedHashMap<>();
    Map<String, Integer> threads = new LinkedHashMap<>();
    Builder builder = new Builder();
    int number = 0;
    int pairs = 0; // lines with two numbers, which a difference has
    for (String line : text.lines().toList()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      int blank = line.lastIndexOf(' ');
      String[] names = line.substring(0, Math.max(0, blank)).split(";", -1);
      String count = line.substring(blank + 1);
      if (names.length < 2 || !count.matches("[0-9]{1,18}")) {
        throw new IllegalArgumentException(
            "has no folded stack of spprof (THREAD;METHOD;METHOD NUMBER) in line " + number);
      }
      if (names[names.length - 1].matches(".* [0-9]+")) {
        pairs++;
      }
      int[] frames = new int[names.length - 1];
      for (int i = 0; i < frames.length; i++) {
        frames[i] = number(methods, names[i + 1]);
      }
      long samples = Long.parseLong(count);
      builder.addRow(builder.addStack(frames, frames.length), number(threads, names[0]));
      builder.addAmounts(samples, samples);
    }
    if (pairs > 0 && pairs == builder.rowCount) {
      throw new IllegalArgumentException("is a difference already; give two profiles");
    }
    return new SavedProfile(
        format,
        builder.profile(
            methods.keySet().stream().map(ProfileMethod::java).toList(),
            threads.keySet().stream().map(ProfileThread::java).toList()),
        null);
  }

  private static int number(Map<String, Integer> numbers, String name) {
    Integer next = numbers.size();
    return Objects.requireNonNullElse(numbers.putIfAbsent(name, next), next);
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
        throw damaged(e);
      }
    }

    /**
     * Returns the next number.
     *
     * @throws IndexOutOfBoundsException if it is not less than the bound
     */
    int next(int bound) {
      return (int) Objects.checkIndex(next(), (long) bound);
    }

    long next() {
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

  /** Collects the stacks and rows of a profile. */
  private static final class Builder {
    private final List<int[]> chunks = new ArrayList<>();
    private int position; // the index at which the frames of the next stack begin
    private int[] positions = new int[64];
    private short[] depths = new short[64];
    private int stackCount;
    private int[] rowStacks = new int[64];
    private int[] rowThreads = new int[64];
    private long[] rowSamples = new long[64];
    private long[] rowNanos = new long[64];
    private int rowCount;

    /** Reads the sequence that {@link FlameGraphData} describes. */
    void addStacks(Numbers numbers, int names, int rows, long unit) {
      int[] path = new int[CHUNK_SIZE];
      int depth = 0;
      while (rowCount < rows) {
        int keep = numbers.next(depth + 1);
        depth = keep + numbers.next(CHUNK_SIZE - keep + 1);
        for (int i = keep; i < depth; i++) {
          path[i] = numbers.next(names);
        }
        int stack = addStack(path, depth);
        for (long ofStack = numbers.next(); ofStack > 0; ofStack--) {
          addRow(stack, (int) numbers.next());
          addAmounts(numbers.next(), numbers.next() * unit);
        }
      }
    }

    /**
     * Adds a stack whose frames are given from the root.
     *
     * @throws IndexOutOfBoundsException if the stack is larger than a chunk
     */
    int addStack(int[] path, int depth) {
      Objects.checkIndex(depth, CHUNK_SIZE + 1);
      int room = chunks.size() * CHUNK_SIZE - position;
      if (room < depth) {
        position += room;
        chunks.add(new int[CHUNK_SIZE]);
      }
      if (stackCount == positions.length) {
        positions = Arrays.copyOf(positions, 2 * stackCount);
        depths = Arrays.copyOf(depths, 2 * stackCount);
      }
      positions[stackCount] = position;
      depths[stackCount] = (short) depth;
      int[] chunk = chunks.get(chunks.size() - 1);
      for (int i = depth - 1; i >= 0; i--) {
        chunk[position++ & Stacks.CHUNK_MASK] = path[i];
      }
      return stackCount++;
    }

    void addRow(int stack, int thread) {
      if (rowCount == rowStacks.length) {
        rowStacks = Arrays.copyOf(rowStacks, 2 * rowCount);
        rowThreads = Arrays.copyOf(rowThreads, 2 * rowCount);
        rowSamples = Arrays.copyOf(rowSamples, 2 * rowCount);
        rowNanos = Arrays.copyOf(rowNanos, 2 * rowCount);
      }
      rowStacks[rowCount] = stack;
      rowThreads[rowCount] = thread;
    }

    /** Completes the row that was added last. */
    void addAmounts(long samples, long nanos) {
      rowSamples[rowCount] = samples;
      rowNanos[rowCount++] = nanos;
    }

    /** Returns the profile. A frame is a method, because the files have no lines of source. */
    Profile profile(List<ProfileMethod> methods, List<ProfileThread> threads) {
      int[] frameMethods = new int[methods.size()];
      Arrays.setAll(frameMethods, i -> i);
      for (int i = 0; i < rowCount; i++) {
        Objects.checkIndex(rowThreads[i], threads.size());
      }
      return new Profile(
          Profile.EMPTY.info(),
          methods,
          new Frames(frameMethods, new int[frameMethods.length], frameMethods.length),
          threads,
          new Stacks(chunks.toArray(int[][]::new), positions, depths, stackCount),
          new Rows(rowStacks, rowThreads, rowSamples, rowNanos, rowCount),
          new SampleTimes(List.of(), 0));
    }
  }
}
