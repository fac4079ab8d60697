package io.spprof.agent;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.CodeSource;

/**
 * The doors of the agent's jar: {@code -javaagent:}, attach, and {@code java -jar}. Whatever goes
 * wrong behind them is one line on stderr and nothing more; no agent may stop the application.
 *
 * <p>The bean is registered before {@code premain} returns, so before the application's main. Most
 * of what that costs is the JVM's own management code (some 100 ms where the application does not
 * use JMX itself). Doing it on a thread beside main would hide the time, and can hang the
 * application: the platform's MBean server is made under the lock of {@link
 * java.lang.management.ManagementFactory} and needs the log manager, and a log manager that main is
 * initializing may need that server (log4j's does).
 */
public final class Agent {

  private static final String ENTRY_CLASS = "io.spprof.jmx.AgentMain";
  private static final String COMMAND_LINE = "io.spprof.cli.Cli";
  private static final String ENTRY_METHOD = "run";
  private static final String AGAIN_METHOD = "registerAgain";
  private static final int MOST_SHOWN = 128;

  /** Arguments of the load that counts, null before it or after a failure; guarded by the class. */
  private static String loadedWith;

  /** What the load made, null before; guarded by the class. */
  private static Class<?> entry;

  private Agent() {}

  /**
   * Called by the JVM before the application's main. Does nothing in a tool of the JDK that only
   * gets its options from the environment, nor in our own command line.
   *
   * @param args settings, {@code key=value} pairs joined by commas; null for none
   */
  public static void premain(String args) {
    if (!JdkTool.runsHere(args)) {
      load(args);
    }
  }

  /**
   * Called by the JVM on attach. The bean is there when it returns.
   *
   * @param args settings, {@code key=value} pairs joined by commas; null for none
   */
  public static void agentmain(String args) {
    load(args);
  }

  /**
   * Runs the command line, which is a JMX client of its own and has nothing to do with the agent.
   *
   * @param args a command and its arguments
   */
  public static void main(String[] args) {
    int status;
    try {
      // Attach is a tool's module, which the platform's class loader does not show. Not closed:
      // what
      // a command has to end when it is interrupted may still load classes.
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
   * The jar that this class is from. Most class loaders give its URL; JBoss Modules gives {@code
   * jar:URL!/}; classes on the boot class path, where some frameworks want an agent, have no
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

  /** Says it, and lets a later load try again. */
  private static void failed(Throwable t) {
    log("not loaded, the application runs without it: " + rootCause(t));
    synchronized (Agent.class) {
      loadedWith = null;
    }
  }

  /** What went wrong first: an ExceptionInInitializerError, for one, says nothing itself. */
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
