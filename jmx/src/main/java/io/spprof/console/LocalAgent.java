package io.spprof.console;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Path;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;

/** Loads the agent into the JVM that JConsole observes, if that JVM runs on this machine. */
final class LocalAgent {

  /** The longest time between the start of a process and the start of its JVM, in milliseconds. */
  private static final long START_MILLIS = 10_000;

  private LocalAgent() {}

  /**
   * Returns the process id of the observed JVM if it is a process of this machine. Two machines can
   * have the same name, and so can a container and its host. So the id must belong to a JVM here
   * that started when the observed JVM started.
   *
   * @return -1 if it is a process of another machine, or if that is not known
   */
  static long processId(MBeanServerConnection server) throws IOException, JMException {
    ObjectName runtime = new ObjectName(ManagementFactory.RUNTIME_MXBEAN_NAME);
    String[] target = String.valueOf(server.getAttribute(runtime, "Name")).split("@", 2);
    String[] own = ManagementFactory.getRuntimeMXBean().getName().split("@", 2);
    boolean isOfThisName =
        target.length == 2
            && own.length == 2
            && target[1].equals(own[1])
            && target[0].matches("[0-9]{1,18}");
    if (!isOfThisName) {
      return -1;
    }
    long id = Long.parseLong(target[0]);
    return isJvm(id) && isStart(id, server.getAttribute(runtime, "StartTime")) ? id : -1;
  }

  private static boolean isJvm(long id) {
    return VirtualMachine.list().stream().anyMatch(jvm -> jvm.id().equals(Long.toString(id)));
  }

  /** Returns whether a JVM that started at this time can be the process of this machine. */
  private static boolean isStart(long id, Object startMillis) {
    return startMillis instanceof Long start
        && ProcessHandle.of(id)
            .flatMap(process -> process.info().startInstant())
            .filter(begin -> Math.abs(begin.toEpochMilli() - start) <= START_MILLIS)
            .isPresent();
  }

  /**
   * Loads the agent into a JVM. The agent is in the jar of this plugin.
   *
   * @throws IOException if the JVM does not load the agent; the message says why
   */
  static void load(long processId) throws IOException {
    try {
      Path jar =
          Path.of(LocalAgent.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      VirtualMachine machine = VirtualMachine.attach(Long.toString(processId));
      try {
        machine.loadAgent(jar.toString());
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException
        | AgentLoadException
        | AgentInitializationException
        | URISyntaxException e) {
      throw new IOException(
          "process " + processId + " does not load the agent: " + e.getMessage(), e);
    }
  }
}
