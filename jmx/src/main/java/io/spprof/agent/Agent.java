package io.spprof.agent;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The doors of the agent's jar: {@code -javaagent:}, attach, and {@code java -jar}. Whatever goes
 * wrong behind them is one line on stderr and nothing more; no agent may stop the application.
 *
 * <p>At JVM start-up the bean is registered by a short-lived thread beside the application's main,
 * since most of the cost is the JVM's own management code, which an application may never need
 * (some 75 ms, against the few ms that the thread costs main). The thread holds the lock of {@link
 * ManagementFactory#getPlatformMBeanServer()}, and {@code premain} does not return before it has
 * it: whoever asks for the platform's MBean server from then on, a JMX connector included, waits
 * and finds the bean. With {@code start=true}, and on attach, everything happens before we return:
 * the user wants the first method of main in the profile, and the bean when the attach is done.
 */
public final class Agent {

  private static final String ENTRY_CLASS = "io.spprof.jmx.AgentMain";
  private static final String ENTRY_METHOD = "run";
  private static final long LOCK_SECONDS = 5;

  /** Arguments of the load that counts, null before it or after a failure; guarded by the class. */
  private static String loadedWith;

  /** The thread that registers the bean, null where there is none; guarded by the class. */
  private static Thread registering;

  private Agent() {}

  /**
   * Called by the JVM before the application's main.
   *
   * @param args settings, {@code key=value} pairs joined by commas; null for none
   */
  public static void premain(String args) {
    load(args, startsSession(args));
  }

  /**
   * Called by the JVM on attach. The bean is there when it returns.
   *
   * @param args settings, {@code key=value} pairs joined by commas; null for none
   */
  public static void agentmain(String args) {
    load(args, true);
    awaitRegistration();
  }

  /**
   * Tells how to load the agent.
   *
   * @param args {@code --help}, {@code --version}, or nothing
   */
  public static void main(String[] args) {
    int status = run(args, System.out, System.err);
    if (status != 0) {
      System.exit(status);
    }
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    String option = args.length == 0 ? "--help" : args[0];
    if (args.length <= 1 && (option.equals("--help") || option.equals("-h"))) {
      out.println(usage());
      return 0;
    }
    if (args.length == 1 && option.equals("--version")) {
      out.println("spprof " + version());
      return 0;
    }
    err.println("spprof: unknown arguments: " + String.join(" ", args));
    err.println(usage());
    return 2;
  }

  private static String usage() {
    return "spprof "
        + version()
        + ", a sampling CPU profiler for the JVM, managed over JMX. Load it into a JVM:\n"
        + "  java -javaagent:spprof-agent.jar[=key=value,...] ...       at start-up\n"
        + "  jcmd PID JVMTI.agent_load /absolute/path/spprof-agent.jar  into a running one\n"
        + "then manage the bean io.spprof:type=Spprof with any JMX client, JConsole for instance.\n"
        + "  --help, --version";
  }

  private static String version() {
    String version = Agent.class.getPackage().getImplementationVersion();
    return version == null ? "(unpacked)" : version;
  }

  private static void load(String args, boolean wait) {
    String given = args == null ? "" : args;
    synchronized (Agent.class) {
      if (loadedWith != null) {
        if (!given.isEmpty() && !given.equals(loadedWith)) {
          log("is loaded already; its settings stay, '" + given + "' is ignored (use startWith)");
        }
        return;
      }
      loadedWith = given;
      if (wait) {
        register(given);
      } else {
        registering = registerBesideMain(given);
      }
    }
  }

  private static Thread registerBesideMain(String args) {
    CountDownLatch locked = new CountDownLatch(1);
    Thread thread =
        new Thread("spprof-register") {
          @Override
          public void run() {
            synchronized (ManagementFactory.class) {
              locked.countDown();
              register(args);
            }
          }
        };
    thread.setDaemon(true);
    try {
      thread.start();
      if (!locked.await(LOCK_SECONDS, TimeUnit.SECONDS)) {
        log("another thread is holding up the platform's MBean server; the bean comes later");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Throwable t) {
      failed(t);
    }
    return thread;
  }

  private static void awaitRegistration() {
    Thread thread;
    synchronized (Agent.class) {
      thread = registering;
    }
    if (thread != null) {
      try {
        thread.join(TimeUnit.SECONDS.toMillis(LOCK_SECONDS));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void register(String args) {
    IsolatedClassLoader loader = null;
    try {
      loader = new IsolatedClassLoader(jar());
      loader.loadClass(ENTRY_CLASS).getMethod(ENTRY_METHOD, String.class).invoke(null, args);
    } catch (Throwable t) {
      failed(t);
      close(loader);
    }
  }

  private static File jar() throws Exception {
    return new File(Agent.class.getProtectionDomain().getCodeSource().getLocation().toURI());
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

  /** Whether some source asks for a session at once; the settings proper are read behind us. */
  private static boolean startsSession(String args) {
    return args != null && args.contains("start=true")
        || "true".equals(System.getProperty("spprof.start"))
        || "true".equals(System.getenv("SPPROF_START"));
  }

  private static void log(String line) {
    System.err.println("spprof: " + line);
  }
}
