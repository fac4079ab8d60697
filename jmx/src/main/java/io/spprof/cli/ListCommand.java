package io.spprof.cli;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import com.sun.tools.attach.VirtualMachineDescriptor;
import io.spprof.Printable;
import io.spprof.jmx.AgentMain;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The JVMs of this machine that we may attach to. */
@Command(
    name = "list",
    description = "Lists the JVMs on this machine, and whether the profiler is loaded in them.",
    mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    String own = Long.toString(ProcessHandle.current().pid());
    List<VirtualMachineDescriptor> jvms =
        VirtualMachine.list().stream()
            .filter(jvm -> !jvm.id().equals(own))
            .sorted(Comparator.comparingLong(jvm -> Long.parseLong(jvm.id())))
            .toList();
    out.printf("%-8s %-14s %s%n", "PID", "SPPROF", "MAIN");
    for (VirtualMachineDescriptor jvm : jvms) {
      out.printf("%-8s %-14s %s%n", jvm.id(), loaded(jvm), Printable.of(jvm.displayName()));
    }
    if (jvms.isEmpty()) {
      out.println("no JVM of this user runs here");
    }
    return 0;
  }

  /** The version that is loaded. */
  private static String loaded(VirtualMachineDescriptor jvm) {
    try {
      VirtualMachine vm = VirtualMachine.attach(jvm);
      try {
        return vm.getSystemProperties().getProperty(AgentMain.VERSION_PROPERTY, "-");
      } finally {
        vm.detach();
      }
    } catch (AttachNotSupportedException | IOException e) {
      return "not accessible";
    }
  }
}
