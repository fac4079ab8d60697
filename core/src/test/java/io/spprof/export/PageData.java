package io.spprof.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.openqa.selenium.json.Json;

/** Parses the data of a flame graph page without the page's own script. */
final class PageData {

  private static final Pattern DATA =
      Pattern.compile("<script id=\"data\" type=\"text/plain\">(.*?)</script>", Pattern.DOTALL);

  /**
   * The amounts of one profile.
   *
   * @param samples by "thread;root;...;leaf", without stacks that have none
   * @param cpuNanos CPU time in ns, by the same keys
   */
  record Part(Map<String, Long> samples, Map<String, Long> cpuNanos) {
    private Part() {
      this(new TreeMap<>(), new TreeMap<>());
    }

    long totalSamples() {
      return samples.values().stream().mapToLong(Long::longValue).sum();
    }

    long totalCpuNanos() {
      return cpuNanos.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  private final Map<String, Object> head;
  private final List<String> threads;
  private final List<Part> parts;
  private final List<String> rowTexts = new ArrayList<>();
  private final Map<Integer, Part> slots = new TreeMap<>();

  private PageData(Map<String, Object> head) {
    this.head = head;
    this.threads = strings(head.get("threads"));
    this.parts = head.containsKey("before") ? List.of(new Part(), new Part()) : List.of(new Part());
  }

  static PageData of(String page) {
    Matcher matcher = DATA.matcher(page);
    if (!matcher.find()) {
      throw new AssertionError("the page has no data");
    }
    String data = matcher.group(1);
    int lineEnd = data.indexOf('\n');
    PageData read = new PageData(new Json().toType(data.substring(0, lineEnd), Json.MAP_TYPE));
    String[] lines = data.substring(lineEnd + 1).split("\n");
    read.stacks(new VarintReader(lines[0]));
    if (lines.length > 1) {
      read.timeline(new VarintReader(lines[1]));
    }
    return read;
  }

  private void timeline(VarintReader numbers) {
    long unit = ((Number) head.get("unitNanos")).longValue();
    while (numbers.remaining() > 0) {
      Part slot = slots.computeIfAbsent((int) numbers.next(), number -> new Part());
      int row = -1;
      for (long left = numbers.next(); left > 0; left--) {
        row += (int) numbers.next();
        slot.samples.merge(rowTexts.get(row), numbers.next(), Long::sum);
        slot.cpuNanos.merge(rowTexts.get(row), numbers.next() * unit, Long::sum);
      }
    }
  }

  /** The amounts of each slot of time that has samples. */
  Map<Integer, Part> slots() {
    return slots;
  }

  private void stacks(VarintReader numbers) {
    List<String> names = strings(head.get("names"));
    long unit = ((Number) head.get("unitNanos")).longValue();
    List<String> stack = new ArrayList<>();
    while (numbers.remaining() > 0) {
      stack.subList((int) numbers.next(), stack.size()).clear();
      for (long fresh = numbers.next(); fresh > 0; fresh--) {
        stack.add(names.get((int) numbers.next()));
      }
      for (long left = numbers.next(); left > 0; left--) {
        String row = threads.get((int) numbers.next()) + ';' + String.join(";", stack);
        rowTexts.add(row);
        for (Part part : parts) {
          long samples = numbers.next();
          long nanos = numbers.next() * unit;
          if (samples > 0) {
            part.samples.put(row, samples);
            part.cpuNanos.put(row, nanos);
          }
        }
      }
    }
  }

  /** The session's figures. */
  Map<String, Object> head() {
    return head;
  }

  /** The amounts of the shown profile. */
  Part after() {
    return parts.get(0);
  }

  /** The amounts of the profile that the shown one is compared with. */
  Part before() {
    return parts.get(1);
  }

  List<String> threads() {
    return threads;
  }

  /** The number of rows, with or without samples. */
  int rows() {
    return rowTexts.size();
  }

  private static List<String> strings(Object list) {
    return ((List<?>) list).stream().map(String.class::cast).toList();
  }
}
