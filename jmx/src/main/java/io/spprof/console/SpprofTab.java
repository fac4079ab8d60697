package io.spprof.console;

import java.awt.BorderLayout;
import java.awt.Color;
import java.awt.GridLayout;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.swing.Box;
import javax.swing.BoxLayout;
import javax.swing.JButton;
import javax.swing.JComboBox;
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

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

  private final transient RemoteBean bean;
  private final JLabel state = new JLabel("Not read yet.");
  private final JTextField options = new JTextField(30);
  private final JButton start = new JButton("Start");
  private final JButton stop = new JButton("Stop");
  private final JButton save;
  private final JButton attach = new JButton("Attach");
  private final JLabel message = new JLabel(" ");
  private final WrappedText figures = new WrappedText();
  private final transient TimeSeries collected = new TimeSeries("collected", BLUE);
  private final transient TimeSeries dropped = new TimeSeries("dropped", RED);
  private final transient TimeSeries model = new TimeSeries("by the model", BLUE);
  private final transient TimeSeries measured = new TimeSeries("measured", GREEN);
  private final HotMethodsModel methods = new HotMethodsModel();
  private final JComboBox<String> stretch =
      new JComboBox<>(new String[] {"Last ten seconds", "Last minute", "Whole session"});
  private final JLabel methodsOf = new JLabel(" ");

  /** The attribute that the chosen stretch is read from. Read by the workers, too. */
  private volatile String hotMethods = Reading.HOT_METHODS[0];

  private final FlamePanel flame;
  private transient Reading last;

  /** Whether the target answered with its description of the options. Written by the workers. */
  private volatile boolean isHelpRead;

  /** The process id of the observed JVM while the agent can be attached to it. */
  private long process = -1;

  /** Whether the last attempt to read the bean failed. The tab then shows a message about it. */
  private boolean isLost;

  SpprofTab(RemoteBean bean) {
    super(new BorderLayout(0, 4));
    this.bean = bean;
    flame = new FlamePanel(bean, this::showMessage);
    save = new SaveButton(this, bean, flame::minutes, this::showMessage);
    JPanel charts = new JPanel(new GridLayout(1, 3, 8, 0));
    charts.add(new LineChart("Samples a second", 1, collected));
    charts.add(new LineChart("Drops a second", 1, dropped));
    charts.add(new LineChart("Overhead, % of one CPU", 0.1, measured, model));
    JPanel top = new JPanel();
    top.setLayout(new BoxLayout(top, BoxLayout.PAGE_AXIS));
    for (JComponent row : new JComponent[] {control(), texts(), figures, charts}) {
      row.setAlignmentX(LEFT_ALIGNMENT);
      top.add(row);
      top.add(Box.createVerticalStrut(4));
    }
    add(top, BorderLayout.NORTH);
    add(details(), BorderLayout.CENTER);
    start.addActionListener(event -> start());
    options.addActionListener(event -> start());
    stop.addActionListener(event -> stop());
    attach.addActionListener(event -> attach());
    stretch.addActionListener(
        event -> {
          hotMethods = Reading.HOT_METHODS[stretch.getSelectedIndex()];
          newReader().execute();
        });
    enable(false, false);
    names();
  }

  private void names() {
    state.setName("spprof.state");
    options.setName("spprof.options");
    start.setName("spprof.start");
    stop.setName("spprof.stop");
    save.setName("spprof.save");
    attach.setName("spprof.attach");
    message.setName("spprof.message");
    figures.setName("spprof.figures");
    stretch.setName("spprof.stretch");
    methodsOf.setName("spprof.methodsOf");
  }

  private JPanel control() {
    JLabel label = new JLabel("Options:");
    label.setLabelFor(options);
    attach.setToolTipText("Loads the agent into this JVM, which runs on this machine");
    attach.setVisible(false);
    return new WrappingRows(label, options, start, stop, save, attach);
  }

  /** The texts have a row of their own, so that they move no control when they change. */
  private JPanel texts() {
    JPanel row = new JPanel(new BorderLayout(16, 0));
    row.add(state, BorderLayout.LINE_START);
    row.add(message, BorderLayout.CENTER);
    return row;
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
    table.setDefaultRenderer(String.class, new NameRenderer());
    table.getColumnModel().getColumn(0).setPreferredWidth(600);
    JTabbedPane tabs = new JTabbedPane();
    tabs.setName("spprof.details");
    JPanel hot = new JPanel(new BorderLayout(0, 4));
    JPanel choice = new JPanel();
    choice.setLayout(new BoxLayout(choice, BoxLayout.LINE_AXIS));
    stretch.setMaximumSize(stretch.getPreferredSize());
    stretch.setToolTipText("Of which time the methods are");
    stretch.getAccessibleContext().setAccessibleName("Time of the methods");
    choice.add(stretch);
    choice.add(Box.createHorizontalStrut(8));
    choice.add(methodsOf);
    hot.add(choice, BorderLayout.NORTH);
    hot.add(new JScrollPane(table), BorderLayout.CENTER);
    tabs.addTab("Hot methods", hot);
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
      private String help = "";
      private long attachable = -1;

      @Override
      protected Reading doInBackground() throws Exception {
        Reading reading;
        try {
          reading = bean.read(hotMethods);
        } catch (InstanceNotFoundException e) {
          attachable = localProcess();
          throw e;
        }
        if (!isHelpRead) {
          readHelp();
        }
        return reading;
      }

      /** Returns -1 if the process id is not known; the reading's own failure is what counts. */
      private long localProcess() {
        try {
          return bean.localProcess();
        } catch (IOException | JMException | RuntimeException | LinkageError e) {
          return -1;
        }
      }

      private void readHelp() {
        try {
          help = bean.optionsHelp();
          isHelpRead = true;
        } catch (IOException | JMException | RuntimeException e) {
          // The next reading asks again. This one is good without the help.
        }
      }

      @Override
      protected void done() {
        try {
          show(get());
          if (!help.isEmpty()) {
            options.setToolTipText(tooltip(help));
          }
        } catch (ExecutionException e) {
          enable(false, false);
          isLost = true;
          process = attachable;
          attach.setVisible(attachable >= 0);
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
    attach.setVisible(false);
    state.setText(
        String.format(
            Locale.ROOT,
            "%s, session %.0f, %s",
            now.text("State"),
            now.ofSession("id"),
            Words.duration(now.ofSession("durationMillis"))));
    enable(!running, running);
    if (isFirst) {
      options.setText(now.text("Options"));
      options.setCaretPosition(0); // so that a long text shows its beginning
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
    show(now.hotMethods());
    flame.setContinuous(now.text("Options").contains("mode=continuous"));
    flame.follow(running);
    last = now;
    repaint();
  }

  private void show(Reading.HotMethods hot) {
    methods.show(hot.methods());
    methodsOf.setText(
        hot.toMillis() == 0
            ? " "
            : String.format(
                Locale.ROOT,
                "%,d samples, %s to %s",
                hot.samples(),
                time(hot.fromMillis()),
                time(hot.toMillis())));
  }

  /**
   * Turns the target's description of the options into a tooltip with a line for each option. The
   * target decides what it says, so its text is no markup.
   */
  static String tooltip(String help) {
    String text = help.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    return "<html>" + String.join("<br>", text.split("; ")) + "</html>";
  }

  private static String time(long millis) {
    return TIME.format(Instant.ofEpochMilli(millis).atZone(ZoneId.systemDefault()));
  }

  private static String words(Reading now) {
    return String.format(
        Locale.ROOT,
        "%s, %s, every %s of CPU time; %,.0f samples, %,.0f dropped; %.0f threads (%.0f"
            + " without a timer); %,.0f stacks; %.1f of %.1f MiB",
        now.text("Engine"),
        now.text("StackWalker"),
        Words.interval(now.number("IntervalNanos")),
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

  /** Loads the agent into the observed JVM. The next reading then finds the bean. */
  private void attach() {
    long target = process;
    attach.setEnabled(false);
    new SwingWorker<Void, Void>() {
      @Override
      protected Void doInBackground() throws IOException {
        LocalAgent.load(target);
        return null;
      }

      @Override
      protected void done() {
        attach.setEnabled(true);
        try {
          get();
          newReader().execute();
        } catch (ExecutionException e) {
          showMessage(RemoteBean.meaning(e.getCause()), true);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }.execute();
  }

  private void stop() {
    run(() -> Words.finalFigures(bean.stop()), false);
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
