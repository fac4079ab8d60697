package io.spprof.export;

import io.spprof.Profile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Two profiles side by side as folded stacks: a line for each stack that has not as many samples in
 * both, with the samples of the first and of the second. The form is that of {@code difffolded.pl},
 * which {@code flamegraph.pl} draws as a differential flame graph.
 *
 * <pre>
 * main;io.x.Main.main;io.x.Main.work 12 40
 * </pre>
 *
 * Names are as in {@link CollapsedExporter}. A profile beside itself gives no line.
 */
public final class CollapsedDifference {

  private record Line(String stack, long before, long after) {
    long change() {
      return Math.abs(after - before);
    }
  }

  private CollapsedDifference() {}

  /**
   * Writes the stacks, those that changed most first, equal ones by name. Memory: all stacks of the
   * first as text.
   *
   * @param before the first, not null
   * @param after the second, not null
   * @param out where to, not null; neither flushed nor closed
   * @throws IOException when {@code out} throws it
   */
  public static void write(Profile before, Profile after, Appendable out) throws IOException {
    Map<String, Long> rest = new HashMap<>();
    FoldedProfile first = new FoldedProfile(before);
    for (int row = 0; row < first.rowCount(); row++) {
      rest.put(CollapsedExporter.stack(first, row), first.samples(row));
    }
    List<Line> lines = new ArrayList<>();
    FoldedProfile second = new FoldedProfile(after);
    for (int row = 0; row < second.rowCount(); row++) {
      String stack = CollapsedExporter.stack(second, row);
      Long samples = rest.remove(stack);
      Line line = new Line(stack, samples == null ? 0 : samples, second.samples(row));
      if (line.change() > 0) {
        lines.add(line);
      }
    }
    rest.forEach((stack, samples) -> lines.add(new Line(stack, samples, 0)));
    lines.sort(Comparator.comparingLong(Line::change).reversed().thenComparing(Line::stack));
    for (Line line : lines) {
      out.append(line.stack).append(' ').append(Long.toString(line.before)).append(' ');
      out.append(Long.toString(line.after)).append('\n');
    }
  }
}
