package io.spprof.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Checks whether the command line can attach to a process without harm to the process. The JDK's
 * attach mechanism sends SIGQUIT to the process, unless the JVM in the process already listens for
 * attach requests. SIGQUIT ends a process that does not catch SIGQUIT. From JDK 24 on, the JDK
 * itself makes a similar check; older JDKs do not.
 *
 * <p>On Linux, a process passes the check if all of these conditions hold:
 *
 * <ul>
 *   <li>The pid names a process, and not one of its threads. {@code /proc/PID} and a signal to PID
 *       mean the same process: {@code /proc} shows the pid namespace of this JVM.
 *   <li>The process is not stopped. A stopped process does not answer, and would receive the signal
 *       later.
 *   <li>HotSpot's library is mapped in the process, because other programs use SIGQUIT for other
 *       purposes. If the check may not read the process's maps, it skips this condition.
 *   <li>The process catches SIGQUIT, or it already listens, because the JDK sends no signal to a
 *       process that listens. A JVM that has just started does neither yet, so it fails. A JVM with
 *       -Xrs never catches SIGQUIT; it passes as soon as it listens, which it does from its start
 *       on.
 * </ul>
 *
 * <p>Between the check and the signal, the process can end, and another process can get its pid.
 * {@link #isStill} detects this change by the start time of the process. The caller asks it right
 * before it attaches; only a change after that goes undetected.
 */
final class Attachable {

  private static final int SIGQUIT = 3;
  private static final Path TMP = Path.of("/tmp");

  /**
   * The result of a check.
   *
   * @param isJvm false if the process is no JVM, or does not exist
   * @param problem why nothing may attach to the process, as the end of a message; "" if there is
   *     no problem
   * @param startTime when the process started, which distinguishes the process from a later process
   *     with the same pid; "" if the start time is not known
   */
  record Look(boolean isJvm, String problem, String startTime) {
    static Look noJvm(String problem) {
      return new Look(false, problem, "");
    }

    static Look jvm(String problem) {
      return new Look(true, problem, "");
    }
  }

  private final Path proc;
  private final Path tmp;
  private final String system;
  private final int feature;

  Attachable() {
    this(Path.of("/proc"), TMP, System.getProperty("os.name"), Runtime.version().feature());
  }

  /** For tests, which supply their own files, operating system and JDK version. */
  Attachable(Path proc, Path tmp, String system, int feature) {
    this.proc = proc;
    this.tmp = tmp;
    this.system = system.toLowerCase(Locale.ROOT);
    this.feature = feature;
  }

  /** Checks a process. The check sends no signal and writes no file. */
  Look look(String pid) {
    if (system.startsWith("windows")) {
      return Look.jvm(""); // The JDK's attach mechanism sends no signal on Windows.
    }
    if (!system.startsWith("linux")) {
      return lookWithoutProc(pid);
    }
    try {
      return lookAtProc(pid);
    } catch (IOException e) {
      return Look.noJvm("there is no process " + pid + ", or /proc does not show it");
    }
  }

  /**
   * Returns whether the pid still belongs to the process that was checked, so that a signal to the
   * pid still reaches that process.
   */
  boolean isStill(String pid, Look before) {
    try {
      return before.startTime().isEmpty() || startTime(pid).equals(before.startTime());
    } catch (IOException ended) {
      return false;
    }
  }

  /**
   * Returns the socket of a process that passed the check and listens for attach requests.
   *
   * @return null if the process does not listen, if the check finds a problem, or on another system
   *     than Linux
   */
  AttachSocket socket(String pid) {
    if (!system.startsWith("linux") || !look(pid).problem().isEmpty()) {
      return null;
    }
    try {
      Map<String, String> status = status(pid);
      Path file = proc.resolve(pid).resolve("root/tmp").resolve(socketName(pid, status));
      String[] users = status.getOrDefault("Uid", "").split("\t"); // real, effective and others
      return Files.exists(file) && users.length > 1 ? new AttachSocket(file, users[1]) : null;
    } catch (IOException e) {
      return null;
    }
  }

  private static String socketName(String pid, Map<String, String> status) {
    return ".java_pid" + innerNumber(pid, status);
  }

  private Look lookAtProc(String pid) throws IOException {
    String self = Files.readSymbolicLink(proc.resolve("self")).toString();
    if (!self.equals(Long.toString(ProcessHandle.current().pid()))) {
      return Look.noJvm(
          "/proc shows the processes of another pid namespace here, so " + pid + " may be another");
    }
    String startTime = startTime(pid);
    Map<String, String> status = status(pid);
    if (!status.getOrDefault("Tgid", pid).equals(pid)) {
      return Look.noJvm(
          pid + " is a thread of process " + status.get("Tgid") + "; give that number");
    }
    char state = status.getOrDefault("State", "?").charAt(0);
    if (state == 'Z' || state == 'X') {
      return Look.noJvm("process " + pid + " has ended");
    }
    if (!isHotSpot(pid)) {
      return Look.noJvm("process " + pid + " is no JVM; nothing was sent to it");
    }
    if (state == 'T' || state == 't') {
      return Look.jvm(
          "process "
              + pid
              + " is stopped, by SIGSTOP or by a debugger; let it run (kill -CONT "
              + pid
              + ") and try again");
    }
    if (!catches(status) && !listens(pid, status)) {
      return Look.jvm(
          "process "
              + pid
              + " does not handle SIGQUIT, which would end it; nothing was sent. If it is a JVM that"
              + " is just starting, try again in a moment");
    }
    return new Look(true, "", startTime);
  }

  private Map<String, String> status(String pid) throws IOException {
    Map<String, String> fields = new HashMap<>();
    for (String line : text(proc.resolve(pid).resolve("status")).split("\n")) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
      }
    }
    return fields;
  }

  /**
   * Reads a file. The text is decoded as Latin-1, because the name of a process may contain any
   * bytes.
   */
  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
  }

  /**
   * Returns the start time of a process, in clock ticks since the system's start. The start time is
   * field 22 of the file stat; see proc(5).
   */
  private String startTime(String pid) throws IOException {
    String stat = text(proc.resolve(pid).resolve("stat")).strip();
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return fields.length > 19 ? fields[19] : "";
  }

  private static boolean catches(Map<String, String> status) {
    try {
      long caught = Long.parseUnsignedLong(status.getOrDefault("SigCgt", "0"), 16);
      return (caught >>> (SIGQUIT - 1) & 1) == 1;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /**
   * Returns whether HotSpot's library or its performance data is mapped in the process. The method
   * returns true if the maps may not be read, as in a process that was given privileges. In this
   * case the check relies on the list of signals that the process catches.
   */
  private boolean isHotSpot(String pid) {
    try {
      String maps = text(proc.resolve(pid).resolve("maps"));
      return maps.contains("/libjvm.so") || maps.contains("/hsperfdata_");
    } catch (IOException notAllowed) {
      return true;
    }
  }

  /**
   * Returns whether the process already listens for attach requests, so that the JDK sends no
   * signal to it. A JVM that listens has a socket file. JDK releases look for this file in
   * different directories, so the file must exist in all of them. The file's name contains the pid
   * that the JVM has in its own pid namespace.
   */
  private boolean listens(String pid, Map<String, String> status) {
    String inner = innerNumber(pid, status);
    String name = socketName(pid, status);
    boolean inItsRoot = Files.exists(proc.resolve(pid).resolve("root/tmp").resolve(name));
    return inItsRoot && (!inner.equals(pid) || Files.exists(tmp.resolve(name)));
  }

  /** Returns the pid that a process has in its own pid namespace. */
  private static String innerNumber(String pid, Map<String, String> status) {
    String[] numbers = status.getOrDefault("NSpid", pid).split("\\s+");
    return numbers[numbers.length - 1];
  }

  /**
   * Deletes the file that the JDK writes into the target's working directory to request an attach.
   * The JDK leaves the file behind when an attach is given up.
   */
  void discardRequest(String pid) {
    try {
      String name = ".attach_pid" + innerNumber(pid, status(pid));
      Files.deleteIfExists(proc.resolve(pid).resolve("cwd").resolve(name));
    } catch (IOException | RuntimeException e) {
      // The process and its directory are gone, or the file belongs to another user.
    }
  }

  /**
   * Makes the check on a system without /proc (macOS). The command ps reports which signals a
   * process catches. If ps reports nothing for the process, the check fails.
   */
  private Look lookWithoutProc(String pid) {
    if (feature >= 24) {
      return Look.jvm(""); // The JDK itself makes the check.
    }
    try {
      Process ps = new ProcessBuilder("ps", "-p", pid, "-o", "sigcatch=").start();
      ps.getOutputStream().close();
      boolean ended = ps.waitFor(10, TimeUnit.SECONDS) && ps.exitValue() == 0;
      String caught = ended ? new String(ps.getInputStream().readAllBytes()).strip() : "";
      return catches(Map.of("SigCgt", caught.replaceFirst("^0x", "")))
          ? Look.jvm("")
          : Look.jvm(
              "it is not known whether process "
                  + pid
                  + " handles SIGQUIT, which may end it; nothing was sent. Run this with JDK 24 or"
                  + " later, or give host:port");
    } catch (IOException e) {
      return Look.jvm("ps does not run here (" + e.getMessage() + "); give host:port");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Look.jvm("interrupted");
    }
  }
}
