package io.spprof.console;

import java.awt.BorderLayout;
import java.awt.FlowLayout;
import java.awt.event.KeyEvent;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import javax.management.JMException;
import javax.swing.AbstractAction;
import javax.swing.Action;
import javax.swing.JButton;
import javax.swing.JCheckBox;
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
 * the profile and to reset the zoom, a search field, and a box that decides whether the graph is
 * split by thread. The profile is read in a background thread, as folded stacks, and kept, so that
 * the box needs no second reading.
 */
final class FlamePanel extends JPanel {

  private static final long serialVersionUID = 1L;

  private final transient RemoteBean bean;
  private final FlameView view = new FlameView();
  private final JTextField query = new JTextField(18);
  private final JLabel matched = new JLabel(" ");
  private final JLabel status = new JLabel("Not read yet.");
  private final JButton refresh = new JButton("Refresh");
  private final JButton reset = new JButton("Reset zoom");
  private final JCheckBox byThread = new JCheckBox("By thread", true);
  private transient String folded = "";

  /** A profile that was read from the target and parsed in a background thread. */
  private record Read(String folded, FlameTree tree) {}

  FlamePanel(RemoteBean bean) {
    super(new BorderLayout());
    this.bean = bean;
    JPanel bar = new JPanel(new FlowLayout(FlowLayout.LEADING, 6, 4));
    JLabel label = new JLabel("Search:");
    label.setLabelFor(query);
    query.setToolTipText("Part of a frame's name, in any case; Ctrl-F");
    refresh.setToolTipText("Reads the profile as it is now, of the running or the last session");
    reset.setEnabled(false);
    byThread.setEnabled(false);
    for (JComponent part : List.of(refresh, label, query, matched, reset, byThread)) {
      bar.add(part);
    }
    add(bar, BorderLayout.NORTH);
    add(new JScrollPane(view), BorderLayout.CENTER);
    add(status, BorderLayout.SOUTH);
    names();
    listen();
  }

  private void names() {
    refresh.setName("spprof.flame.refresh");
    query.setName("spprof.flame.query");
    matched.setName("spprof.flame.matched");
    reset.setName("spprof.flame.reset");
    byThread.setName("spprof.flame.byThread");
    status.setName("spprof.flame.status");
    view.setName("spprof.flame.view");
  }

  private void listen() {
    refresh.addActionListener(event -> read());
    reset.addActionListener(event -> view.zoomTo(0));
    byThread.addActionListener(event -> parse());
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
    if (view.tree() == null && refresh.isEnabled()) {
      read();
    }
  }

  /** Reads the profile in a background thread, then shows it. */
  private void read() {
    boolean threads = byThread.isSelected();
    refresh.setEnabled(false);
    byThread.setEnabled(false);
    status.setText("Reading the profile ...");
    new SwingWorker<Read, Long>() {
      @Override
      protected Read doInBackground() throws IOException, JMException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        bean.copy("collapsed", out, this::publish);
        String lines = out.toString(StandardCharsets.UTF_8);
        return new Read(lines, parsed(lines, threads));
      }

      @Override
      protected void process(List<Long> bytes) {
        status.setText(
            String.format(
                Locale.ROOT, "Reading the profile ... %,d bytes", bytes.get(bytes.size() - 1)));
      }

      @Override
      protected void done() {
        refresh.setEnabled(true);
        try {
          Read read = get();
          folded = read.folded();
          show(read.tree());
        } catch (ExecutionException e) {
          status.setText("Cannot read the profile: " + RemoteBean.meaning(e.getCause()));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        // Without a profile there is no graph to split by thread.
        byThread.setEnabled(view.tree() != null);
      }
    }.execute();
  }

  private static FlameTree parsed(String lines, boolean threads) throws IOException {
    return FlameTree.read(new BufferedReader(new StringReader(lines)), threads);
  }

  /** Parses the profile again, after the user chose whether to split the graph by thread. */
  private void parse() {
    try {
      show(parsed(folded, byThread.isSelected()));
    } catch (IOException e) {
      status.setText(e.getMessage());
    }
  }

  private void show(FlameTree tree) {
    view.show(tree);
    search();
    status.setText(
        tree.total() == 0
            ? "The profile has no samples: start a session, then refresh."
            : String.format(
                Locale.ROOT,
                "%,d samples. Click a frame to zoom in, one above it to go back.",
                tree.total()));
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
   * Shows which share of the samples matches the search: of the whole profile, and of the zoomed
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
      long whole = tree.samples(view.zoom());
      text += ", " + FlameView.percent(inZoom(tree, isMatch), whole) + " of the zoom";
    }
    matched.setText(text);
  }

  /**
   * Returns how many samples of the zoomed frame match the search. If the zoomed frame or one of
   * its callers matches, all samples of the zoomed frame match, because they are below a matching
   * frame.
   */
  private long inZoom(FlameTree tree, Predicate<String> isMatch) {
    for (int node = view.zoom(); node >= 0; node = tree.parent(node)) {
      if (isMatch.test(tree.name(node))) {
        return tree.samples(view.zoom());
      }
    }
    return tree.matching(view.zoom(), isMatch);
  }
}
