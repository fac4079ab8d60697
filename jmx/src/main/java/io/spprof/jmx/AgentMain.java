package io.spprof.jmx;

import io.spprof.text.Printable;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * The agent's entry point behind its bootstrap. The bootstrap, {@code io.spprof.agent.Agent}, loads
 * this class in the agent's own class loader and calls it by reflection. The class reads the
 * settings, registers the bean and, if the settings ask for it, starts a session and writes the
 * profile at the JVM's exit. A program that embeds the profiler uses {@link Spprof} instead.
 */
public final class AgentMain {

  /**
   * The system property that holds the version of the loaded agent, for the command {@code list}.
   */
  public static final String VERSION_PROPERTY = "io.spprof.version";

  /**
   * The registered bean of the agent, which lives as long as the JVM; null before the first load.
   * Guarded by the class.
   */
  private static Spprof agent;

  private AgentMain() {}

  /**
   * Returns the settings that only the agent has, for help.
   *
   * @return one line for each setting, its key and its valid values: {@code key=values}; not null
   */
  public static List<String> settings() {
    return Settings.agentHelp();
  }

  /**
   * Registers the bean. Starts a session if the settings say so. If the settings are bad, the
   * session cannot start, or no session can ever start in this JVM, stderr and the bean report the
   * problem, and the application runs on.
   *
   * @param args the agent's arguments, null for none
   * @param beforeSession called before each session; reads into memory what the session will need
   *     from the agent's jar. If it throws, the session is not started, and the exception is the
   *     reason.
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
    if (!spprof.unavailable().isEmpty()) {
      log("no session can start here: " + spprof.unavailable());
      return;
    }
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
   * Registers the bean again if somebody has unregistered it. The bootstrap calls this method when
   * the agent is loaded again.
   *
   * @throws IllegalStateException if another bean has taken the name meanwhile
   */
  public static synchronized void registerAgain() {
    if (agent != null && agent.registerAgain()) {
      log("the bean was unregistered by other code; it is registered again");
    }
  }

  /**
   * Writes the profile into a JFR file at the JVM's exit, with the time of each sample. The session
   * may still be running.
   */
  private static void dump(SpprofMXBean bean) {
    if (bean.getSessionsStarted() == 0) {
      log("nothing is written at exit: there was no session");
      return;
    }
    // JVMs in different containers can have the same pid. The time distinguishes their files.
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
