package io.spprof.jmx;

import io.spprof.text.Printable;
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

  /** What the first load made; it lives as long as the JVM. Guarded by the class. */
  private static Spprof agent;

  private AgentMain() {}

  /**
   * Registers the bean and, if the settings say so, starts a session. Bad settings and a session
   * that cannot start are told on stderr and by the bean; they do not stop the application.
   *
   * @param args the agent's arguments, null for none
   * @param beforeSession called before each session is started, to take what the profiler will need
   *     out of its jar; what it throws is why the session is not started
   * @throws IllegalStateException if the bean's name is taken
   */
  public static synchronized void run(String args, Runnable beforeSession) {
    Settings settings = Settings.read(args, System::getProperty, System::getenv);
    if (!settings.error().isEmpty()) {
      log(settings.error());
    }
    Spprof spprof = Spprof.register(settings, beforeSession);
    agent = spprof;
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

  /**
   * Registers the bean again if somebody has unregistered it; called when the agent is loaded
   * again.
   *
   * @throws IllegalStateException if its name was taken meanwhile
   */
  public static synchronized void registerAgain() {
    if (agent != null && agent.registerAgain()) {
      log("the bean was unregistered by somebody; it is registered again");
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
    System.err.println("spprof: " + Printable.clean(line));
  }
}
