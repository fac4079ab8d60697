package io.spprof.cli;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import com.sun.tools.attach.spi.AttachProvider;
import java.io.IOException;
import java.util.concurrent.Callable;
import javax.management.JMException;

/**
 * A JVM on this machine, which the commands reach by its pid through the JDK's attach mechanism. No
 * other class attaches. This class attaches only after {@link Attachable} has checked the process.
 */
final class LocalJvm {

  /** Work to do with an attached JVM. */
  interface Work<T> {
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
   * Attaches to the JVM, does the work, and detaches.
   *
   * @throws CommandFailure if the check of the process finds a problem, in which case the process
   *     received no signal; also if the JVM refuses the attach or does not answer in time
   * @throws IOException if the work fails
   */
  <T> T attached(Work<T> work) throws IOException, JMException {
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
