package io.spprof.console;

import com.sun.tools.jconsole.JConsolePlugin;
import java.util.Map;
import javax.swing.JPanel;
import javax.swing.SwingWorker;

/**
 * The plugin class that JConsole loads. It adds one tab. JConsole's own timer refreshes the tab.
 */
public final class SpprofPlugin extends JConsolePlugin {

  private SpprofTab tab;

  /** Called by JConsole. */
  public SpprofPlugin() {}

  @Override
  public synchronized Map<String, JPanel> getTabs() {
    if (tab == null) {
      // After a reconnection, the context has a new connection. The bean therefore asks the context
      // for the connection at each call.
      tab = new SpprofTab(new RemoteBean(() -> getContext().getMBeanServerConnection()));
    }
    return Map.of("spprof", tab);
  }

  @Override
  public synchronized SwingWorker<?, ?> newSwingWorker() {
    return tab == null ? null : tab.newReader();
  }
}
