package io.spprof.console;

import com.sun.tools.jconsole.JConsolePlugin;
import java.util.Map;
import javax.swing.JPanel;
import javax.swing.SwingWorker;

/**
 * The plugin that JConsole loads. It adds one tab, which is refreshed at JConsole's own interval.
 */
public final class SpprofPlugin extends JConsolePlugin {

  private SpprofTab tab;

  /** Called by JConsole. */
  public SpprofPlugin() {}

  @Override
  public synchronized Map<String, JPanel> getTabs() {
    if (tab == null) {
      // The context has a new connection after a reconnection, so the bean asks for it each time.
      tab = new SpprofTab(new RemoteBean(() -> getContext().getMBeanServerConnection()));
    }
    return Map.of("spprof", tab);
  }

  @Override
  public synchronized SwingWorker<?, ?> newSwingWorker() {
    return tab == null ? null : tab.newReader();
  }
}
