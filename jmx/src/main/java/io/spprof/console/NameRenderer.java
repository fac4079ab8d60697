package io.spprof.console;

import java.awt.Component;
import java.awt.Insets;
import javax.swing.JTable;
import javax.swing.table.DefaultTableCellRenderer;

/**
 * Draws the name of a method in a cell of a table. A name that is too wide loses its middle. The
 * tooltip then has the whole name.
 */
final class NameRenderer extends DefaultTableCellRenderer {

  private static final long serialVersionUID = 1L;

  NameRenderer() {
    // A whole name never begins with <html>. A part of a name may.
    putClientProperty("html.disable", true);
  }

  @Override
  public Component getTableCellRendererComponent(
      JTable table, Object value, boolean isSelected, boolean hasFocus, int row, int column) {
    super.getTableCellRendererComponent(table, value, isSelected, hasFocus, row, column);
    String name = getText();
    Insets border = getInsets();
    int room = table.getCellRect(row, column, false).width - border.left - border.right;
    setText(new NameFitter(getFontMetrics(getFont())).fit(name, room));
    getAccessibleContext().setAccessibleName(name);
    setToolTipText(getText().equals(name) ? null : name);
    return this;
  }
}
