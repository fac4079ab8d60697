package io.spprof.jmx;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Where the agent's bootstrap enters, by reflection, since it lives in another class loader. Not
 * for programs: they use {@link Spprof}.
 */
public final class AgentMain {

  /** The system property by which {@code list} sees that the agent is loaded: its version. */
  public static final String VERSION_PROPERTY = "io.spprof.version";

  private AgentMain() {}

  /**
   * Registers the bean and, if the settings say so, starts a session. Bad settings and a session
   * that cannot start are told on stderr and by the bean; they do not stop the application.
   *
   * @param args the agent's arguments, null for none
   * @throws IllegalStateException if the bean's name is taken
   */
  public static void run(String args) {
    Settings settings = Settings.read(args, System::getProperty, System::getenv);
    if (!settings.error().isEmpty()) {
      log(settings.error());
    }
    // Never closed: the bean lives as long as the JVM.
    Spprof spprof = Spprof.register(settings);
    System.setProperty(VERSION_PROPERTY, Version.get());
    if (settings.dumpAtExit()) {
      Runtime.getRuntime()
          .addShutdownHook(new Thread(null, () -> dump(spprof.bean()), "spprof-exit", 0, false));
    }
    if (settings.start()) {
      try {
        spprof.bean().start();
      } catch (RuntimeException e) {
        log("no session was started: " + e.getMessage());
      }
    }
  }

  /** What is kept, times included, while the session still runs or after it. */
  private static void dump(SpprofMXBean bean) {
    if (bean.getSessionsStarted() == 0) {
      log("nothing is written at exit: there was no session");
      return;
    }
    // In a container all have one process id; the time tells them apart.
    String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString().replace(":", "");
    String name = "spprof-exit-" + ProcessHandle.current().pid() + "-" + time + ".jfr";
    try {
      log(bean.dumpToFile(name) + " is written");
    } catch (IOException | RuntimeException e) {
      log("nothing is written at exit: " + e.getMessage());
    }
  }

  private static void log(String line) {
    System.err.println("spprof: " + line);
  }
}
