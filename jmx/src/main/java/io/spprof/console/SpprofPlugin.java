package io.spprof.console;

import com.sun.tools.jconsole.JConsolePlugin;
import java.util.Map;
import javax.swing.JPanel;
import javax.swing.SwingWorker;

/** What JConsole looks for: one tab, read anew at JConsole's own interval. */
public final class SpprofPlugin extends JConsolePlugin {

  private SpprofTab tab;

  /** For JConsole. */
  public SpprofPlugin() {}

  @Override
  public synchronized Map<String, JPanel> getTabs() {
    if (tab == null) {
      // After a reconnection the context has another connection, so it is asked each time.
      tab = new SpprofTab(new RemoteBean(() -> getContext().getMBeanServerConnection()));
    }
    return Map.of("spprof", tab);
  }

  @Override
  public synchronized SwingWorker<?, ?> newSwingWorker() {
    return tab == null ? null : tab.newReader();
  }
}
