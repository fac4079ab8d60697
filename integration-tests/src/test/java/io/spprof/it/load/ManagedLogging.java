package io.spprof.it.load;

import java.lang.management.ManagementFactory;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/**
 * An application whose log manager registers a bean for itself in its constructor, as log4j's does:
 * {@code -Djava.util.logging.manager=io.spprof.it.load.ManagedLogging$Manager}. The application
 * prints one line and ends.
 */
public final class ManagedLogging {

  private ManagedLogging() {}

  /** The log manager. */
  public static final class Manager extends LogManager {

    /** Called by java.util.logging, under its lock. */
    public Manager() {
      ManagementFactory.getPlatformMBeanServer();
    }
  }

  /** Takes no arguments. */
  public static void main(String[] args) {
    Logger.getLogger("app").fine("hello");
    System.out.println("done");
  }
}
