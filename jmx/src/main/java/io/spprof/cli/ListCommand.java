package io.spprof.cli;

import com.sun.tools.attach.VirtualMachine;
import com.sun.tools.attach.VirtualMachineDescriptor;
import io.spprof.jmx.AgentMain;
import io.spprof.text.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import javax.management.JMException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The command {@code list}: shows the JVMs of the user on this machine, and which of them have the
 * profiler.
 */
@Command(
    name = "list",
    description = "Lists the JVMs on this machine, and whether the profiler is loaded in them.",
    mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {

  private static final String LINE = "%-8s %-14s %s%n";

  @Mixin private Patience patience = new Patience();

  @Spec private CommandSpec spec;

  private final Attachable attachable = new Attachable();

  @Override
  public Integer call() {
    patience.check();
    PrintWriter out = spec.commandLine().getOut();
    String own = Long.toString(ProcessHandle.current().pid());
    List<VirtualMachineDescriptor> jvms =
        VirtualMachine.list().stream()
            .filter(jvm -> !jvm.id().equals(own))
            .sorted(Comparator.comparingLong(jvm -> Long.parseLong(jvm.id())))
            .toList();
    out.printf(Locale.ROOT, LINE, "PID", "SPPROF", "MAIN");
    boolean any = false;
    for (VirtualMachineDescriptor jvm : jvms) {
      Attachable.Look look = attachable.look(jvm.id());
      // A dead JVM can leave its performance data, and another process can have its pid.
      if (look.isJvm()) {
        any = true;
        out.printf(
            Locale.ROOT, LINE, jvm.id(), loaded(jvm.id(), look), Printable.of(jvm.displayName()));
      }
    }
    if (!any) {
      out.println("no JVM of this user runs here");
    }
    return 0;
  }

  /**
   * Returns the version of the agent in a JVM. Returns "-" if no agent is loaded, and "not
   * accessible" if the JVM cannot be asked.
   */
  private String loaded(String pid, Attachable.Look look) {
    if (!look.problem().isEmpty()) {
      return "not accessible";
    }
    try {
      return Printable.of(
          new LocalJvm(pid, patience)
              .attached(vm -> vm.getSystemProperties())
              .getProperty(AgentMain.VERSION_PROPERTY, "-"));
    } catch (IOException | JMException | CommandFailure e) {
      return "not accessible";
    }
  }
}
