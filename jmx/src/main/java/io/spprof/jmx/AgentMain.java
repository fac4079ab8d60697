package io.spprof.jmx;

import io.spprof.text.Printable;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The agent behind its bootstrap. {@code io.spprof.agent.Agent} calls it by reflection, because it
 * lives in another class loader. Programs that embed the profiler use {@link Spprof} instead.
 */
public final class AgentMain {

  /**
   * The system property that holds the version of the loaded agent. The command {@code list} reads
   * it.
   */
  public static final String VERSION_PROPERTY = "io.spprof.version";

  /** The bean that the first load registered; it lives as long as the JVM. Guarded by the class. */
  private static Spprof agent;

  private AgentMain() {}

  /**
   * Registers the bean and, if the settings say so, starts a session. Bad settings and a session
   * that cannot start are reported on stderr and by the bean; they do not stop the application.
   *
   * @param args the agent's arguments, null for none
   * @param beforeSession called before each session is started, to read into memory what the
   *     profiler will need of its jar; if it throws, the session is not started and the exception
   *     is the reason
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
   * Registers the bean again if somebody has unregistered it. Called when the agent is loaded
   * again.
   *
   * @throws IllegalStateException if the name has been taken since
   */
  public static synchronized void registerAgain() {
    if (agent != null && agent.registerAgain()) {
      log("the bean was unregistered by somebody; it is registered again");
    }
  }

  /**
   * Dumps the profile, including the times of samples, at the JVM's exit. The session may still be
   * running.
   */
  private static void dump(SpprofMXBean bean) {
    if (bean.getSessionsStarted() == 0) {
      log("nothing is written at exit: there was no session");
      return;
    }
    // JVMs in different containers can have the same pid; the time distinguishes their files.
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
