package io.spprof.profile;

/** Says whose thread a thread is. */
public enum ThreadKind {
  /** A thread that runs Java code. */
  JAVA,
  /** A thread of the garbage collector. */
  GC(
      "GC Thread",
      "G1 ",
      "ParGC",
      "ZWorker",
      "ZDriver",
      "ZDirector",
      "ZStat",
      "ZUn",
      "XWorker",
      "XDriver",
      "XDirector",
      "XStat",
      "XUn",
      "Shenandoah",
      "RuntimeWorker"),
  /** A thread of a JIT compiler. */
  JIT("C1 CompilerThre", "C2 CompilerThre", "Sweeper thread"),
  /** Another thread of the JVM. */
  JVM(
      "VM Thread",
      "VM Periodic Tas",
      "Service Thread",
      "Monitor Deflati",
      "Signal Dispatch",
      "Notification T",
      "Attach Listener",
      "JFR "),
  /** A thread of a native library. */
  LIBRARY,
  /** A thread of one of the kinds above except {@link #JAVA}, whose name is not known. */
  UNKNOWN;

  /** The name that all native threads share where one timer of the process makes the signals. */
  private static final String ALL_NATIVE = "native threads";

  private static final ThreadKind[] KINDS = values();

  /**
   * The beginnings of the names of HotSpot's own threads of this kind. Linux truncates a thread's
   * name to 15 characters.
   */
  private final String[] beginnings;

  ThreadKind(String... beginnings) {
    this.beginnings = beginnings;
  }

  /**
   * Returns the kind of a thread that is no Java thread. A library that gives its thread a name of
   * the JVM's makes it look like the JVM's.
   *
   * @param name the thread's name, not null
   * @return not {@link #JAVA}
   */
  public static ThreadKind ofNative(String name) {
    for (ThreadKind kind : KINDS) {
      for (String beginning : kind.beginnings) {
        if (name.startsWith(beginning)) {
          return kind;
        }
      }
    }
    return name.equals(ALL_NATIVE) ? UNKNOWN : LIBRARY;
  }
}
