package io.spprof.it.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * A table of results with notes below it. Usually each row shows one figure, for spprof and for
 * async-profiler side by side.
 */
final class Table {

  private static final List<String> HEAD =
      List.of("item", "spprof", "async-profiler", "ratio", "aim");

  private final List<String> head;
  private final List<List<String>> rows = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final List<Table> below = new ArrayList<>();

  Table() {
    this(HEAD);
  }

  /** Makes a table with other columns, whose rows are added without a ratio. */
  Table(List<String> head) {
    this.head = List.copyOf(head);
  }

  /** Adds another table below this one and its notes. */
  void below(Table other) {
    below.add(other);
  }

  /** Adds a row. Its ratio is the quotient of the medians. */
  void add(String item, Spread ours, Spread theirs, double scale, String unit, String aim) {
    double ratio = ours.median() / theirs.median();
    add(
        item,
        ours.show(scale, unit),
        theirs.show(scale, unit),
        Double.isFinite(ratio) ? Spread.number(ratio) : "–",
        aim);
  }

  /** Adds a row of finished cells. */
  void add(String... cells) {
    rows.add(List.of(cells));
    System.err.println("bench: " + String.join(" | ", cells));
  }

  /** Adds a line below the table. */
  void note(String line) {
    notes.add(line);
    System.err.println("bench: " + line);
  }

  /** The table in Markdown. Columns are padded so that it is readable on a terminal, too. */
  String toMarkdown() {
    StringBuilder text = new StringBuilder();
    if (!rows.isEmpty()) {
      appendRows(text);
    }
    notes.forEach(note -> text.append("- ").append(note).append('\n'));
    below.forEach(table -> text.append('\n').append(table.toMarkdown()));
    return text.toString();
  }

  private void appendRows(StringBuilder text) {
    List<List<String>> all = new ArrayList<>(rows);
    all.add(0, head);
    int[] widths = new int[head.size()];
    for (List<String> row : all) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (int r = 0; r < all.size(); r++) {
      for (int i = 0; i < widths.length; i++) {
        String cell = all.get(r).get(i);
        text.append("| ").append(cell).append(" ".repeat(widths[i] - cell.length() + 1));
      }
      text.append("|\n");
      if (r == 0) {
        for (int width : widths) {
          text.append("| ").append("-".repeat(width)).append(' ');
        }
        text.append("|\n");
      }
    }
    text.append('\n');
  }
}
