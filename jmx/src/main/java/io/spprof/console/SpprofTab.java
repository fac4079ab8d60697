package io.spprof.console;

import java.awt.BorderLayout;
import java.awt.Color;
import java.awt.Component;
import java.awt.Dimension;
import java.awt.GridLayout;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import javax.swing.Box;
import javax.swing.BoxLayout;
import javax.swing.JButton;
import javax.swing.JComponent;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JScrollPane;
import javax.swing.JTabbedPane;
import javax.swing.JTable;
import javax.swing.JTextField;
import javax.swing.SwingWorker;
import javax.swing.table.DefaultTableCellRenderer;

/**
 * The profiler's tab in JConsole. At the top it has buttons for sessions, then figures as text and
 * as charts. At the bottom it has two tabs: the hot methods and the flame graph.
 */
final class SpprofTab extends JPanel {

  private static final long serialVersionUID = 1L;

  private static final Color BLUE = new Color(0x1f6fb2);
  private static final Color RED = new Color(0xc0392b);
  private static final Color GREEN = new Color(0x2e8b57);

  private final transient RemoteBean bean;
  private final JLabel state = new JLabel("Not read yet.");
  private final JTextField options = new JTextField(30);
  private final JButton start = new JButton("Start");
  private final JButton stop = new JButton("Stop");
  private final JButton save;
  private final JLabel message = new JLabel(" ");
  private final JLabel figures = new JLabel(" ");
  private final transient TimeSeries collected = new TimeSeries("collected", BLUE);
  private final transient TimeSeries dropped = new TimeSeries("dropped", RED);
  private final transient TimeSeries model = new TimeSeries("by the model", BLUE);
  private final transient TimeSeries measured = new TimeSeries("measured", GREEN);
  private final HotMethodsModel methods = new HotMethodsModel();
  private final FlamePanel flame;
  private transient Reading last;

  /** Whether the last attempt to read the bean failed. The tab then shows a message about it. */
  private boolean isLost;

  SpprofTab(RemoteBean bean) {
    super(new BorderLayout(0, 4));
    this.bean = bean;
    flame = new FlamePanel(bean);
    save = new SaveButton(this, bean, this::showMessage);
    JPanel charts = new JPanel(new GridLayout(1, 3, 8, 0));
    charts.add(new LineChart("Samples a second", 1, collected));
    charts.add(new LineChart("Dropped samples a second", 1, dropped));
    charts.add(new LineChart("Overhead, % of one CPU", 0.1, model, measured));
    JPanel top = new JPanel();
    top.setLayout(new BoxLayout(top, BoxLayout.PAGE_AXIS));
    for (JComponent row : new JComponent[] {control(), message, figures, charts}) {
      row.setAlignmentX(LEFT_ALIGNMENT);
      top.add(row);
      top.add(Box.createVerticalStrut(4));
    }
    add(top, BorderLayout.NORTH);
    add(details(), BorderLayout.CENTER);
    start.addActionListener(event -> start());
    options.addActionListener(event -> start());
    stop.addActionListener(event -> stop());
    enable(false, false);
    names();
  }

  private void names() {
    state.setName("spprof.state");
    options.setName("spprof.options");
    start.setName("spprof.start");
    stop.setName("spprof.stop");
    save.setName("spprof.save");
    message.setName("spprof.message");
    figures.setName("spprof.figures");
  }

  private JPanel control() {
    JPanel bar = new JPanel();
    bar.setLayout(new BoxLayout(bar, BoxLayout.LINE_AXIS));
    JLabel label = new JLabel("Options:");
    label.setLabelFor(options);
    options.setToolTipText(
        "<html>key=value pairs joined by commas, e.g. interval=1ms,duration=60s; empty for the"
            + " defaults.<br>Keys: interval, duration, memory, depth, engine, walker</html>");
    options.setMaximumSize(new Dimension(Integer.MAX_VALUE, options.getPreferredSize().height));
    for (Component part : new Component[] {state, label, options, start, stop, save}) {
      bar.add(part);
      bar.add(Box.createHorizontalStrut(8));
    }
    return bar;
  }

  private JTabbedPane details() {
    JTable table = new JTable(methods);
    table.setName("spprof.methods");
    table.setAutoCreateRowSorter(true);
    DefaultTableCellRenderer percent =
        new DefaultTableCellRenderer() {
          private static final long serialVersionUID = 1L;

          @Override
          protected void setValue(Object value) {
            setText(String.format(Locale.ROOT, "%.2f", value));
          }
        };
    percent.setHorizontalAlignment(DefaultTableCellRenderer.TRAILING);
    table.setDefaultRenderer(Double.class, percent);
    table.getColumnModel().getColumn(0).setPreferredWidth(600);
    JTabbedPane tabs = new JTabbedPane();
    tabs.setName("spprof.details");
    tabs.addTab("Hot methods", new JScrollPane(table));
    tabs.addTab("Flame graph", flame);
    tabs.addChangeListener(
        event -> {
          if (tabs.getSelectedComponent() == flame) {
            flame.readOnce();
          }
        });
    return tabs;
  }

  /**
   * Makes a worker that reads the bean in the background and then shows the values. JConsole runs
   * one such worker at each of its intervals.
   */
  SwingWorker<?, ?> newReader() {
    return new SwingWorker<Reading, Void>() {
      @Override
      protected Reading doInBackground() throws Exception {
        return bean.read();
      }

      @Override
      protected void done() {
        try {
          show(get());
        } catch (ExecutionException e) {
          enable(false, false);
          isLost = true;
          state.setText("Unknown");
          showMessage(RemoteBean.meaning(e.getCause()), true);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    };
  }

  /** Shows a reading. Must be called on the event dispatch thread. */
  void show(Reading now) {
    boolean isFirst = last == null;
    boolean running = now.isRunning();
    state.setText(
        String.format(
            Locale.ROOT,
            "%s, session %.0f, %.0f s",
            now.text("State"),
            now.ofSession("id"),
            now.ofSession("durationMillis") / 1000));
    enable(!running, running);
    if (isFirst) {
      options.setText(now.text("Options"));
    }
    String error = now.text("LastError");
    if (!error.isEmpty() && (isFirst || !error.equals(last.text("LastError")))) {
      showMessage(error, true);
    } else if (isLost) {
      showMessage(" ", false);
    }
    isLost = false;
    figures.setText(words(now));
    if (!isFirst) {
      collected.add(now.millis(), now.rate("CollectedSamples", last));
      dropped.add(now.millis(), now.rate("DroppedSamples", last));
      model.add(now.millis(), now.number("OverheadPercent"));
      measured.add(now.millis(), now.number("MeasuredOverheadPercent"));
    }
    methods.show(now.hotMethods());
    last = now;
    repaint();
  }

  private static String words(Reading now) {
    return String.format(
        Locale.ROOT,
        "%s, %s, every %.3f ms of CPU time; %,.0f samples, %,.0f dropped; %.0f threads (%.0f"
            + " without a timer); %,.0f stacks; %.1f of %.1f MiB",
        now.text("Engine"),
        now.text("StackWalker"),
        now.number("IntervalNanos") / 1e6,
        now.ofSession("collected"),
        now.ofSession("dropped"),
        now.number("ThreadsSampled"),
        now.number("ThreadsFailed"),
        now.number("UniqueStacks"),
        now.number("MemoryUsedBytes") / (1 << 20),
        now.number("MemoryLimitBytes") / (1 << 20));
  }

  private void start() {
    if (!start.isEnabled()) {
      return;
    }
    String wanted = options.getText().strip();
    run(() -> "Session " + bean.start(wanted) + " is running.", true);
  }

  private void stop() {
    run(bean::stop, false);
  }

  /**
   * Calls the bean in the background, and shows the result.
   *
   * @param starts whether the call starts a session; otherwise it stops one
   */
  private void run(Callable<String> call, boolean starts) {
    enable(false, false);
    new SwingWorker<String, Void>() {
      @Override
      protected String doInBackground() throws Exception {
        return call.call();
      }

      @Override
      protected void done() {
        // The last reading is up to one interval old, so the answer of the call decides what the
        // user can do next.
        try {
          showMessage(get(), false);
          enable(!starts, starts);
        } catch (ExecutionException e) {
          showMessage(RemoteBean.meaning(e.getCause()), true);
          enable(starts, !starts);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }.execute();
  }

  private void enable(boolean canStart, boolean canStop) {
    start.setEnabled(canStart);
    stop.setEnabled(canStop);
  }

  /** Shows a message as one line. The tooltip has the whole text. */
  private void showMessage(String text, boolean isError) {
    message.setForeground(isError ? RED : getForeground());
    message.setText(text);
    message.setToolTipText(text);
  }
}
