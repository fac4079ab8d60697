package io.spprof.cli;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import com.sun.tools.attach.spi.AttachProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import javax.management.JMException;

/**
 * A JVM on this machine, which the commands reach by its pid through the JDK's attach mechanism. No
 * other class uses the attach API. So a Java runtime without the API's module, jdk.attach, can run
 * the commands that need no attach. This class attaches only after {@link Attachable} has checked
 * the process.
 */
final class LocalJvm {

  /**
   * A JVM that has published its performance data.
   *
   * @param name its main class or jar, and its arguments
   */
  record Listed(String pid, String name) {}

  /** The JVM could not load an agent. */
  static final class NotLoaded extends IOException {
    private static final long serialVersionUID = 1;

    NotLoaded(Exception cause) {
      super(cause);
    }
  }

  /** Work to do with an attached JVM. */
  private interface Work<T> {
    T with(VirtualMachine vm) throws Exception;
  }

  private final Attachable attachable;
  private final String pid;
  private final Patience patience;

  LocalJvm(String pid, Patience patience) {
    this.attachable = new Attachable();
    this.pid = pid;
    this.patience = patience;
  }

  /**
   * Lists the other JVMs of this user that have published their performance data, by process id.
   * Attaches to no JVM. Leaves out what a dead JVM has left, if another process has its pid.
   */
  static List<Listed> list(Attachable attachable) {
    String own = Long.toString(ProcessHandle.current().pid());
    return VirtualMachine.list().stream()
        .filter(jvm -> !jvm.id().equals(own) && attachable.look(jvm.id()).isJvm())
        .map(jvm -> new Listed(jvm.id(), jvm.displayName()))
        .sorted(Comparator.comparingLong(jvm -> Long.parseLong(jvm.pid())))
        .toList();
  }

  /** Returns a system property of the JVM, or a text of the caller if the JVM does not have it. */
  String systemProperty(String key, String without) throws IOException, JMException {
    return attached(vm -> vm.getSystemProperties()).getProperty(key, without);
  }

  /**
   * Returns the address of the JVM's own management agent, which is started if necessary. If it
   * runs, this takes one request, which matters where the JVM has no CPU left.
   */
  String managementAddress() throws IOException, JMException {
    return attached(
        vm -> {
          String running = vm.getAgentProperties().getProperty(Target.ADDRESS);
          return running == null ? vm.startLocalManagementAgent() : running;
        });
  }

  /**
   * Loads an agent into the JVM.
   *
   * @throws NotLoaded if the JVM was reached and could not load the agent
   */
  void loadAgent(Path jar, String settings) throws IOException, JMException {
    attached(
        vm -> {
          try {
            vm.loadAgent(jar.toString(), settings);
          } catch (AgentLoadException | AgentInitializationException e) {
            throw new NotLoaded(e);
          }
          return true;
        });
  }

  /**
   * Attaches to the JVM, does the work, and detaches.
   *
   * @throws CommandFailure if the check of the process finds a problem, in which case the process
   *     received no signal; also if the JVM refuses the attach or does not answer in time
   * @throws IOException if the work fails
   */
  private <T> T attached(Work<T> work) throws IOException, JMException {
    // Load the attach provider's library now, so that loading it takes no time between the check
    // and the signal.
    AttachProvider.providers();
    Attachable.Look look = attachable.look(pid);
    if (!look.problem().isEmpty()) {
      throw CommandFailure.unreachable("cannot attach: " + look.problem() + hint(look), null);
    }
    try {
      return patience.call("process " + pid, () -> attach(work), () -> change(look));
    } catch (IOException | CommandFailure e) {
      attachable.discardRequest(pid);
      throw e;
    }
  }

  private <T> T attach(Work<T> work) throws Exception {
    VirtualMachine vm = begin(() -> VirtualMachine.attach(pid));
    try {
      return work.with(vm);
    } finally {
      detach(vm);
    }
  }

  private VirtualMachine begin(Callable<VirtualMachine> attach) throws Exception {
    try {
      return attach.call();
    } catch (AttachNotSupportedException | IOException e) {
      throw CommandFailure.unreachable(
          "cannot attach to process "
              + pid
              + ": "
              + Target.reason(e)
              + "; it has to be a JVM of yours: list shows them",
          e);
    }
  }

  private static void detach(VirtualMachine vm) {
    try {
      vm.detach();
    } catch (IOException e) {
      // The JVM has ended or is about to end.
    }
  }

  /**
   * Returns why the attach must be given up: "" while the process exists. The JDK repeats the
   * signal after some seconds. If the process has ended by then, the signal must not reach another
   * process with the same pid.
   */
  private String change(Attachable.Look look) {
    return attachable.isStill(pid, look) ? "" : "process " + pid + " has ended";
  }

  private static String hint(Attachable.Look look) {
    return look.isJvm() ? "" : "; list shows the JVMs on this machine";
  }
}
