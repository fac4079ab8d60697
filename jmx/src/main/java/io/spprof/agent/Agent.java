package io.spprof.agent;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.CodeSource;

/**
 * The entry points of the agent's jar: {@code -javaagent:}, attach, and {@code java -jar}. Each
 * failure is reported as one line on stderr, and the application runs on: no agent may stop it.
 *
 * <p>The bean is registered before {@code premain} returns, so before the application's main. Most
 * of that time is spent in the JVM's own management code (some 100 ms where the application does
 * not use JMX itself). Registering on a second thread would hide the time, but can deadlock the
 * application: {@link java.lang.management.ManagementFactory} holds its lock while it creates the
 * platform's MBean server, which needs the log manager. A log manager that main is initializing at
 * that moment may need the MBean server (log4j's does).
 */
public final class Agent {

  private static final String ENTRY_CLASS = "io.spprof.jmx.AgentMain";
  private static final String COMMAND_LINE = "io.spprof.cli.Cli";
  private static final String ENTRY_METHOD = "run";
  private static final String AGAIN_METHOD = "registerAgain";
  private static final int MOST_SHOWN = 128;

  /**
   * Arguments of the load that succeeded or is in progress; null before it and after a failure.
   * Guarded by the class.
   */
  private static String loadedWith;

  /**
   * The class that the load started, {@code io.spprof.jmx.AgentMain}; null before the load. Guarded
   * by the class.
   */
  private static Class<?> entry;

  private Agent() {}

  /**
   * Called by the JVM before the application's main. Does nothing in a tool of the JDK, nor in the
   * profiler's own command line, if only an environment variable brought the agent there.
   *
   * @param args settings, {@code key=value} pairs joined by commas; null for none
   */
  public static void premain(String args) {
    if (!JdkTool.runsHere(args)) {
      load(args);
    }
  }

  /**
   * Called by the JVM on attach. The bean is registered when this method returns.
   *
   * @param args settings, {@code key=value} pairs joined by commas; null for none
   */
  public static void agentmain(String args) {
    load(args);
  }

  /**
   * Runs the command line. It is a JMX client of its own and does not start the agent.
   *
   * @param args a command and its arguments
   */
  public static void main(String[] args) {
    int status;
    try {
      // The parent is the application's loader, because the attach API is in a module that the
      // platform class loader does not see. The loader stays open: when a command is interrupted,
      // its clean-up may still load classes.
      IsolatedClassLoader loader = new IsolatedClassLoader(jar(), Agent.class.getClassLoader());
      status =
          (Integer)
              loader
                  .loadClass(COMMAND_LINE)
                  .getMethod(ENTRY_METHOD, String[].class)
                  .invoke(null, (Object) args);
    } catch (Throwable t) {
      log("the command line does not work here: " + rootCause(t));
      status = 1;
    }
    System.exit(status);
  }

  private static void load(String args) {
    String given = args == null ? "" : args;
    synchronized (Agent.class) {
      if (loadedWith == null) {
        register(given);
        return;
      }
      if (!given.isEmpty() && !given.equals(loadedWith)) {
        log(
            "is loaded already; its settings stay, '"
                + (given.length() > MOST_SHOWN ? given.substring(0, MOST_SHOWN) + "..." : given)
                + "' is ignored (use startWith)");
      }
      try {
        entry.getMethod(AGAIN_METHOD).invoke(null);
      } catch (Throwable t) {
        log("the bean is not registered again: " + rootCause(t));
      }
    }
  }

  private static void register(String args) {
    IsolatedClassLoader loader = null;
    loadedWith = args;
    try {
      loader = new IsolatedClassLoader(jar());
      loader.holdBean();
      entry = loader.loadClass(ENTRY_CLASS);
      entry.getMethod(ENTRY_METHOD, String.class, Runnable.class).invoke(null, args, loader);
    } catch (Throwable t) {
      failed(t);
      close(loader);
    }
  }

  /**
   * The jar that contains this class. Most class loaders give its URL; JBoss Modules gives {@code
   * jar:URL!/}. Some frameworks want an agent on the boot class path; classes there have no code
   * source, but can be found as resources.
   */
  static File jar() throws URISyntaxException {
    CodeSource source = Agent.class.getProtectionDomain().getCodeSource();
    String url =
        String.valueOf(
            source == null
                ? ClassLoader.getSystemResource(Agent.class.getName().replace('.', '/') + ".class")
                : source.getLocation());
    int end = url.indexOf("!/");
    String jar = url.startsWith("jar:") && end > 0 ? url.substring("jar:".length(), end) : url;
    if (!jar.startsWith("file:")) {
      throw new IllegalStateException(
          "its classes are not from a jar file but from "
              + url
              + "; load spprof-agent.jar itself"
              + " with -javaagent");
    }
    return new File(new URI(jar));
  }

  /** Reports the failure and allows a later load to try again. */
  private static void failed(Throwable t) {
    log("not loaded, the application runs without it: " + rootCause(t));
    synchronized (Agent.class) {
      loadedWith = null;
    }
  }

  /**
   * The innermost cause. An outer exception often has no message of its own, for instance an
   * ExceptionInInitializerError.
   */
  private static Throwable rootCause(Throwable t) {
    Throwable root = t;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static void close(IsolatedClassLoader loader) {
    if (loader != null) {
      try {
        loader.close();
      } catch (IOException e) {
        log("cannot close the agent's jar: " + e);
      }
    }
  }

  private static void log(String line) {
    System.err.println("spprof: " + OneLine.of(line));
  }
}
