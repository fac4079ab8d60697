package io.spprof.agent;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.CodeSource;

/**
 * The entry points of the agent's jar: {@code -javaagent:}, attach, and {@code java -jar}. Every
 * failure becomes one line on stderr, and the application runs on, because an agent must not stop
 * the application.
 *
 * <p>{@code premain} registers the bean before it returns, so before the application's main method
 * begins. Registering takes some 100 ms if the application does not use JMX itself, most of it in
 * the JVM's own management code. A second thread would hide this time, but could deadlock the
 * application. {@link java.lang.management.ManagementFactory} holds its lock while it creates the
 * platform's MBean server, which needs the log manager. If main is initializing the log manager at
 * that moment, the log manager may in turn need the MBean server. Log4j's log manager does.
 */
public final class Agent {

  private static final String ENTRY_CLASS = "io.spprof.jmx.AgentMain";
  private static final String COMMAND_LINE = "io.spprof.cli.Main";
  private static final String ENTRY_METHOD = "run";
  private static final String AGAIN_METHOD = "registerAgain";
  private static final int MOST_SHOWN = 128;

  /**
   * The arguments of the load that succeeded or is in progress; null before the first load and
   * after a failed load. Guarded by the class.
   */
  private static String loadedWith;

  /**
   * The class {@code io.spprof.jmx.AgentMain} that the load started; null before the load. Guarded
   * by the class.
   */
  private static Class<?> entry;

  private Agent() {}

  /**
   * Loads the agent before the application's main method begins. The JVM calls this method for
   * {@code -javaagent:}. The method does nothing in a tool of the JDK and in the profiler's own
   * command line, if only an environment variable gave the agent to this JVM; see {@link JdkTool}.
   *
   * @param args settings, {@code key=value} pairs joined by commas; null for none
   */
  public static void premain(String args) {
    if (!JdkTool.runsHere(args)) {
      load(args);
    }
  }

  /**
   * Loads the agent into a running JVM. The JVM calls this method on attach. The bean is registered
   * when the method returns, unless stderr reports a failure.
   *
   * @param args settings, {@code key=value} pairs joined by commas; null for none
   */
  public static void agentmain(String args) {
    load(args);
  }

  /**
   * Runs the command line of {@code java -jar}. The command line is a JMX client in a JVM of its
   * own; it does not start the agent in this JVM.
   *
   * @param args a command and its arguments
   */
  public static void main(String[] args) {
    int status;
    try {
      // The parent is the application's loader, because the platform class loader does not see the
      // module of the attach API. The loader stays open, because the clean-up of an interrupted
      // command may still load classes.
      IsolatedClassLoader loader = new IsolatedClassLoader(jar(), Agent.class.getClassLoader());
      status =
          (Integer)
              loader
                  .loadClass(COMMAND_LINE)
                  .getMethod(ENTRY_METHOD, String[].class)
                  .invoke(null, (Object) args);
    } catch (Throwable t) {
      if (args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"))) {
        System.out.println("spprof " + Agent.class.getPackage().getImplementationVersion());
        System.exit(0);
      }
      String command = args.length == 0 ? "" : args[0];
      log("the command line does not work here: " + MissingModule.reason(rootCause(t), command));
      status = 1;
    }
    System.exit(status);
  }

  /**
   * Loads the agent at the first call. A later call changes no setting; it only registers the bean
   * again if somebody has unregistered it.
   */
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
   * Returns the jar that contains this class. Most class loaders give the URL of the jar; JBoss
   * Modules gives {@code jar:URL!/}. Some frameworks require an agent on the boot class path. A
   * class there has no code source, so the method finds the class as a resource instead.
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

  /** Reports a failed load, and allows a later load to try again. */
  private static void failed(Throwable t) {
    log("not loaded, the application runs without it: " + rootCause(t));
    synchronized (Agent.class) {
      loadedWith = null;
    }
  }

  /**
   * Returns the innermost cause of an exception. The outer exception often has no message of its
   * own; an ExceptionInInitializerError, for instance, has none.
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
