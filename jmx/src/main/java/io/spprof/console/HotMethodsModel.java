package io.spprof.console;

import java.util.List;
import javax.swing.table.AbstractTableModel;

/**
 * The data of the table of hot methods. The rows keep the order of the bean's attribute HotMethods:
 * the method with the most self time comes first. Self time is the time in which a method itself
 * runs, without its callees.
 */
final class HotMethodsModel extends AbstractTableModel {

  private static final long serialVersionUID = 1L;

  private static final String[] COLUMNS = {"Method", "Self %", "Total %", "Samples"};

  private transient List<Reading.HotMethod> rows = List.of();

  void show(List<Reading.HotMethod> methods) {
    if (!methods.equals(rows)) {
      rows = methods;
      fireTableDataChanged();
    }
  }

  @Override
  public int getRowCount() {
    return rows.size();
  }

  @Override
  public int getColumnCount() {
    return COLUMNS.length;
  }

  @Override
  public String getColumnName(int column) {
    return COLUMNS[column];
  }

  @Override
  public Class<?> getColumnClass(int column) {
    return column == 0 ? String.class : column == 3 ? Long.class : Double.class;
  }

  @Override
  public Object getValueAt(int row, int column) {
    Reading.HotMethod method = rows.get(row);
    return switch (column) {
      case 0 -> method.method();
      case 1 -> method.selfPercent();
      case 2 -> method.totalPercent();
      default -> method.samples();
    };
  }
}
