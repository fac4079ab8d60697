package io.spprof.console;

import java.awt.BorderLayout;
import java.awt.event.KeyEvent;
import java.io.IOException;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import javax.management.JMException;
import javax.swing.AbstractAction;
import javax.swing.Action;
import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JComboBox;
import javax.swing.JComponent;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JScrollPane;
import javax.swing.JTextField;
import javax.swing.KeyStroke;
import javax.swing.SwingWorker;
import javax.swing.event.DocumentEvent;
import javax.swing.event.DocumentListener;

/**
 * The part of JConsole's tab that shows the flame graph. Above the graph it has buttons to refresh
 * the profile and to reset the zoom, a search field, and boxes that decide whether the graph is
 * split by thread, and whether the threads of a pool are together. In a continuous session, the
 * graph can be of the last minutes, or of their difference to the minutes before. The profiles are
 * read in a background thread, as folded stacks, and kept, so that the boxes need no second
 * reading.
 */
final class FlamePanel extends JPanel {

  private static final long serialVersionUID = 1L;

  private final transient RemoteBean bean;
  private final transient LongSupplier nanoTime;
  private final FlameView view = new FlameView();
  private final JTextField query = new JTextField(18);
  private final JLabel matched = new JLabel(" ");
  private final JLabel status = new JLabel("Not read yet.");
  private final JButton refresh = new JButton("Refresh");
  private final JButton reset = new JButton("Reset zoom");
  private final JCheckBox byThread = new JCheckBox("By thread", true);
  private final JCheckBox pools = new JCheckBox("Group pools", true);
  private final JComboBox<String> range =
      new JComboBox<>(new String[] {"All", "Last minute", "Last ten minutes", "Last hour"});
  private final JCheckBox follow = new JCheckBox("Follow");
  private final JCheckBox compare = new JCheckBox("Difference");
  private final DifferenceButton difference;
  private final JComponent legend = DifferenceColours.legend();
  private transient FlameProfile profile;
  private transient String readAt = "";
  private boolean isReading;
  private long readEndNanos;
  private long readNanos;

  /** The length of each range in minutes; "" for all that is kept. */
  private static final String[] MINUTES = {"", "1", "10", "60"};

  /**
   * The least time between two readings while the graph follows the session, in nanoseconds. It is
   * less than JConsole's interval of 4 s, so that the graph is read at each interval.
   */
  private static final long FOLLOW_NANOS = 3_500_000_000L;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

  /**
   * Makes the panel.
   *
   * @param bean the bean whose profile is shown
   * @param messages receives messages about saved differences, and whether they are errors
   */
  FlamePanel(RemoteBean bean, BiConsumer<String, Boolean> messages) {
    this(bean, messages, System::nanoTime);
  }

  /** Makes the panel with a clock, which returns nanoseconds as {@link System#nanoTime()} does. */
  FlamePanel(RemoteBean bean, BiConsumer<String, Boolean> messages, LongSupplier nanoTime) {
    super(new BorderLayout());
    this.bean = bean;
    this.nanoTime = nanoTime;
    JLabel label = new JLabel("Search:");
    label.setLabelFor(query);
    query.setToolTipText("Part of a frame's name, in any case; Ctrl-F");
    refresh.setToolTipText("Reads the profile as it is now, of the running or the last session");
    reset.setEnabled(false);
    setSplitEnabled(false);
    pools.setToolTipText("Shows threads whose names differ in numbers only as one");
    range.setToolTipText("Of which time the graph is; only a continuous session can choose");
    range.getAccessibleContext().setAccessibleName("Time of the graph");
    follow.setToolTipText(
        "Reads the profile again whenever JConsole reads, while this tab is open");
    compare.setToolTipText(
        "Compares the last minutes that are chosen with the same time before; only a continuous"
            + " session can, and for the last hour it needs retention=2h");
    difference = new DifferenceButton(bean, this::minutes, messages);
    add(
        new WrappingRows(
            refresh,
            range,
            follow,
            compare,
            difference,
            label,
            query,
            reset,
            byThread,
            pools,
            matched),
        BorderLayout.NORTH);
    setContinuous(false);
    reserveRoom(matched, "100.00 % matched, 100.00 % of the zoom");
    add(new JScrollPane(view), BorderLayout.CENTER);
    JPanel below = new JPanel(new BorderLayout());
    legend.setVisible(false);
    below.add(legend, BorderLayout.NORTH);
    below.add(status, BorderLayout.SOUTH);
    add(below, BorderLayout.SOUTH);
    names();
    listen();
  }

  /** Gives a label the room for its longest text, so that nothing moves when the text changes. */
  private static void reserveRoom(JLabel label, String longest) {
    String now = label.getText();
    label.setText(longest);
    label.setPreferredSize(label.getPreferredSize());
    label.setText(now);
  }

  private void names() {
    refresh.setName("spprof.flame.refresh");
    range.setName("spprof.flame.range");
    follow.setName("spprof.flame.follow");
    compare.setName("spprof.flame.compare");
    difference.setName("spprof.flame.difference");
    legend.setName("spprof.flame.legend");
    query.setName("spprof.flame.query");
    matched.setName("spprof.flame.matched");
    reset.setName("spprof.flame.reset");
    byThread.setName("spprof.flame.byThread");
    pools.setName("spprof.flame.pools");
    status.setName("spprof.flame.status");
    view.setName("spprof.flame.view");
  }

  private void listen() {
    refresh.addActionListener(event -> readUnlessReading());
    range.addActionListener(
        event -> {
          enableDifference();
          readUnlessReading();
        });
    compare.addActionListener(event -> readUnlessReading());
    reset.addActionListener(event -> view.zoomTo(0));
    byThread.addActionListener(
        event -> {
          setSplitEnabled(true);
          parse();
        });
    pools.addActionListener(event -> parse());
    view.addPropertyChangeListener(FlameView.ZOOM, event -> zoomed());
    query
        .getDocument()
        .addDocumentListener(
            new DocumentListener() {
              @Override
              public void insertUpdate(DocumentEvent event) {
                search();
              }

              @Override
              public void removeUpdate(DocumentEvent event) {
                search();
              }

              @Override
              public void changedUpdate(DocumentEvent event) {
                search();
              }
            });
    key(KeyStroke.getKeyStroke("ctrl F"), query::requestFocusInWindow);
    key(KeyStroke.getKeyStroke(KeyEvent.VK_ESCAPE, 0), () -> view.zoomTo(0));
  }

  private void key(KeyStroke stroke, Runnable what) {
    Action action =
        new AbstractAction() {
          private static final long serialVersionUID = 1L;

          @Override
          public void actionPerformed(java.awt.event.ActionEvent event) {
            what.run();
          }
        };
    getInputMap(WHEN_ANCESTOR_OF_FOCUSED_COMPONENT).put(stroke, stroke);
    getActionMap().put(stroke, action);
  }

  /**
   * Reads the profile when the user opens the tab, unless a profile is already shown or being read.
   */
  void readOnce() {
    if (view.tree() == null) {
      readUnlessReading();
    }
  }

  private void readUnlessReading() {
    if (!isReading) {
      read(false);
    }
  }

  /** Returns whether the panel reads a profile at this moment. */
  boolean isReading() {
    return isReading;
  }

  /** Returns the length of the time that is chosen, in minutes; "" for all that is kept. */
  String minutes() {
    return MINUTES[range.getSelectedIndex()];
  }

  /** Enables what only a continuous session has: ranges of time, and their difference. */
  void setContinuous(boolean isContinuous) {
    range.setEnabled(isContinuous);
    if (!isContinuous && range.getSelectedIndex() != 0) {
      range.setSelectedIndex(0);
    }
    enableDifference();
  }

  /** Enables the difference unless the graph is of all that is kept, before which nothing is. */
  private void enableDifference() {
    boolean isStretch = range.isEnabled() && range.getSelectedIndex() > 0;
    compare.setEnabled(isStretch);
    difference.setEnabled(isStretch);
  }

  private boolean isCompared() {
    return compare.isEnabled() && compare.isSelected();
  }

  /**
   * Reads the profile again if the graph follows the session. A profile that takes long to read is
   * read more rarely, so that following costs the target a tenth of the time at most.
   *
   * @param isRunning whether the session runs
   */
  void follow(boolean isRunning) {
    long rest = Math.max(FOLLOW_NANOS, 9 * readNanos);
    boolean isDue = nanoTime.getAsLong() - readEndNanos >= rest;
    if (follow.isSelected() && isRunning && isShowing() && !isReading && isDue) {
      read(true);
    }
  }

  /**
   * Reads the profile in a background thread, then shows it.
   *
   * @param isAutomatic whether the user did not ask for it; the controls then stay as they are,
   *     because a control that is disabled loses the focus
   */
  private void read(boolean isAutomatic) {
    Towers towers = towers();
    String minutes = minutes();
    boolean isCompared = isCompared();
    long begin = nanoTime.getAsLong();
    isReading = true;
    if (!isAutomatic) {
      refresh.setEnabled(false);
      setSplitEnabled(false);
    }
    if (!follow.isSelected()) {
      say("Reading the profile ...");
    }
    new SwingWorker<FlameTree, Long>() {
      private FlameProfile read; // The background thread writes it.

      @Override
      protected FlameTree doInBackground() throws IOException, JMException {
        read = FlameProfile.read(bean, minutes, isCompared, this::publish);
        return FlameTree.of(read, towers);
      }

      @Override
      protected void process(List<Long> bytes) {
        if (!follow.isSelected()) {
          say(
              String.format(
                  Locale.ROOT, "Reading the profile ... %,d bytes", bytes.get(bytes.size() - 1)));
        }
      }

      @Override
      protected void done() {
        isReading = false;
        refresh.setEnabled(true);
        readEndNanos = nanoTime.getAsLong();
        readNanos = readEndNanos - begin;
        try {
          FlameTree tree = get();
          profile = read;
          readAt = TIME.format(LocalTime.now());
          if (towers == towers()) {
            show(tree);
          } else {
            parse(); // The user chose the other graph meanwhile.
          }
        } catch (ExecutionException e) {
          String what = isCompared ? "Cannot compare: " : "Cannot read the profile: ";
          say(what + RemoteBean.meaning(e.getCause()));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        // Without a profile there is no graph to split by thread.
        setSplitEnabled(view.tree() != null);
        if (!minutes.equals(minutes()) || isCompared != isCompared()) {
          read(isAutomatic); // The user chose another time or comparison meanwhile.
        }
      }
    }.execute();
  }

  private Towers towers() {
    if (!byThread.isSelected()) {
      return Towers.FRAMES;
    }
    return pools.isSelected() ? Towers.POOLS : Towers.THREADS;
  }

  /** Enables the boxes that split the graph. Only a graph that is split by thread has pools. */
  private void setSplitEnabled(boolean isEnabled) {
    byThread.setEnabled(isEnabled);
    pools.setEnabled(isEnabled && byThread.isSelected());
  }

  /** Parses the profile again, after the user chose how to split the graph. */
  private void parse() {
    try {
      show(FlameTree.of(profile, towers()));
    } catch (IOException e) {
      say(e.getMessage());
    }
  }

  /** Shows a text below the graph. The tooltip has the whole text. */
  private void say(String text) {
    status.setText(text);
    status.setToolTipText(text);
  }

  private void show(FlameTree tree) {
    // What the user zoomed into stays, as far as the graph has it. With other towers, the second
    // row has other frames.
    List<String> zoomed = view.tree() == null ? List.of() : view.tree().path(view.zoom());
    view.show(tree);
    view.zoomTo(tree.find(zoomed));
    search();
    legend.setVisible(tree.isDifference());
    say(
        tree.total() == 0
            ? "There are no samples: start a session, or choose a longer time, then refresh."
            : String.format(
                Locale.ROOT,
                "%s of CPU time%s, read at %s. Click a frame to zoom in, one above it to go back.",
                FlameView.time(tree.total()),
                tree.isDifference() ? ", and " + FlameView.time(tree.before(0)) + " before" : "",
                readAt));
  }

  private void zoomed() {
    reset.setEnabled(view.zoom() != 0);
    count();
  }

  private Predicate<String> predicate() {
    String part = query.getText().strip().toLowerCase(Locale.ROOT);
    return part.isEmpty() ? null : name -> name.toLowerCase(Locale.ROOT).contains(part);
  }

  private void search() {
    view.search(predicate());
    count();
  }

  /**
   * Shows which share of the CPU time matches the search: of the whole profile, and of the zoomed
   * frame.
   */
  private void count() {
    Predicate<String> isMatch = predicate();
    FlameTree tree = view.tree();
    if (isMatch == null || tree == null) {
      matched.setText(" ");
      return;
    }
    String text = FlameView.percent(tree.matching(0, isMatch), tree.total()) + " matched";
    if (view.zoom() != 0) {
      long whole = tree.nanos(view.zoom());
      text += ", " + FlameView.percent(inZoom(tree, isMatch), whole) + " of the zoom";
    }
    matched.setText(text);
  }

  /**
   * Returns how much CPU time of the zoomed frame matches the search, in nanoseconds. If the zoomed
   * frame or one of its callers matches, all of it does, because it is below a matching frame.
   */
  private long inZoom(FlameTree tree, Predicate<String> isMatch) {
    for (int node = view.zoom(); node >= 0; node = tree.parent(node)) {
      if (isMatch.test(tree.name(node))) {
        return tree.nanos(view.zoom());
      }
    }
    return tree.matching(view.zoom(), isMatch);
  }
}
