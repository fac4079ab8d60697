package io.spprof.it.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Measures the cost of an idle agent, at the start of the JVM and while the JVM runs. */
final class StartUp implements Item {

  private static final int IDLE_SECONDS = 5;

  /**
   * A way to start a JVM.
   *
   * @param item its name in the table
   * @param prefix words before the java command
   * @param flags flags of the JVM
   * @param arguments arguments of {@link Nothing}
   */
  private record Kind(
      String item, List<String> prefix, List<String> flags, List<String> arguments) {}

  @Override
  public void run(Setup setup, Table table) throws Exception {
    starts(setup, table, new Kind("JVM start-up", List.of(), List.of(), List.of()));
    starts(
        setup,
        table,
        new Kind(
            "JVM start-up with 0.3 s of work on one CPU",
            List.of("taskset", "-c", "0"),
            List.of(),
            List.of("work", "300")));
    starts(
        setup,
        table,
        new Kind(
            "JVM start-up with JMX",
            List.of(),
            List.of("-Dcom.sun.management.jmxremote"),
            List.of()));
    idle(setup, table);
  }

  private static void starts(Setup setup, Table table, Kind kind) throws Exception {
    Map<Subject, List<Double>> more = new EnumMap<>(Subject.class);
    List<Double> without = new ArrayList<>();
    for (Subject subject : Subject.values()) {
      more.put(subject, new ArrayList<>());
      upAfterNanos(setup, subject, kind);
    }
    for (int i = 0; i < setup.times(15, 4); i++) {
      double plain = upAfterNanos(setup, Subject.PLAIN, kind);
      without.add(plain);
      for (Subject subject : Subject.values()) {
        more.get(subject).add(upAfterNanos(setup, subject, kind) - plain);
      }
    }
    table.add(
        kind.item() + ": idle agent, more than without",
        Spread.of(more.get(Subject.SPPROF)),
        Spread.of(more.get(Subject.ASYNC)),
        1e6,
        "ms",
        "< 60 ms");
    table.note(
        kind.item()
            + " without an agent: "
            + Spread.of(without).show(1e6, "ms")
            + "; once more without: "
            + Spread.of(more.get(Subject.PLAIN)).show(1e6, "ms")
            + " more (the noise); an agent that only registers an empty bean: "
            + Spread.of(more.get(Subject.FLOOR)).show(1e6, "ms")
            + " more (the floor of a -javaagent that registers a bean before main).");
  }

  /** The time from the start of the process to the first line that its main prints, ns. */
  private static double upAfterNanos(Setup setup, Subject subject, Kind kind) throws Exception {
    long before = System.nanoTime();
    Process process = start(setup, subject, kind);
    waitUntilUp(process);
    double nanos = System.nanoTime() - before;
    process.waitFor();
    return nanos;
  }

  private static Process start(Setup setup, Subject subject, Kind kind) throws IOException {
    List<String> command = new ArrayList<>(kind.prefix());
    command.add(setup.java().toString());
    command.addAll(subject.jvmArguments(setup));
    command.addAll(kind.flags());
    command.addAll(List.of("-cp", setup.classPath(), Nothing.class.getName()));
    command.addAll(kind.arguments());
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static void waitUntilUp(Process process) throws IOException {
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    if (!"up".equals(line)) {
      throw new IOException("the JVM said " + line);
    }
  }

  /** The profiler's threads in a JVM with the idle agent, and how often they wake up. */
  private static void idle(Setup setup, Table table) throws Exception {
    Map<Subject, Process> jvms = new EnumMap<>(Subject.class);
    Kind idle = new Kind("", List.of(), List.of(), List.of("sleep", "" + (IDLE_SECONDS + 30)));
    for (Subject subject : List.of(Subject.PLAIN, Subject.SPPROF, Subject.ASYNC)) {
      jvms.put(subject, start(setup, subject, idle));
      waitUntilUp(jvms.get(subject));
    }
    try {
      Thread.sleep(2000);
      Map<Subject, List<Tasks.Task>> before = tasks(jvms);
      Thread.sleep(1000L * IDLE_SECONDS);
      Map<Subject, List<Tasks.Task>> after = tasks(jvms);
      List<String> known = names(after.get(Subject.PLAIN));
      List<String> ours = names(after.get(Subject.SPPROF));
      List<String> theirs = names(after.get(Subject.ASYNC));
      known.forEach(
          name -> {
            ours.remove(name);
            theirs.remove(name);
          });
      table.add(
          "threads more while idle",
          ours.isEmpty() ? "none" : String.join(", ", ours),
          theirs.isEmpty() ? "none" : String.join(", ", theirs),
          "–",
          "none, or asleep");
      table.add(
          "wake-ups of threads named " + Tasks.OURS + "* in " + IDLE_SECONDS + " s of idleness",
          Long.toString(ownSwitches(after) - ownSwitches(before)),
          "–",
          "–",
          "0");
      StringBuilder all = new StringBuilder("Wake-ups of all threads of an idle JVM, a second:");
      jvms.forEach(
          (subject, jvm) ->
              all.append(' ')
                  .append(subject)
                  .append(' ')
                  .append((switches(after, subject) - switches(before, subject)) / IDLE_SECONDS));
      table.note(all.append('.').toString());
    } finally {
      jvms.values().forEach(Process::destroy);
    }
  }

  private static Map<Subject, List<Tasks.Task>> tasks(Map<Subject, Process> jvms)
      throws IOException {
    Map<Subject, List<Tasks.Task>> tasks = new EnumMap<>(Subject.class);
    for (Map.Entry<Subject, Process> jvm : jvms.entrySet()) {
      tasks.put(jvm.getKey(), Tasks.of(jvm.getValue().pid()));
    }
    return tasks;
  }

  private static List<String> names(List<Tasks.Task> tasks) {
    return new ArrayList<>(tasks.stream().map(Tasks.Task::name).toList());
  }

  private static long switches(Map<Subject, List<Tasks.Task>> tasks, Subject subject) {
    return tasks.get(subject).stream().mapToLong(Tasks.Task::switches).sum();
  }

  private static long ownSwitches(Map<Subject, List<Tasks.Task>> tasks) {
    return tasks.get(Subject.SPPROF).stream()
        .filter(task -> task.name().startsWith(Tasks.OURS))
        .mapToLong(Tasks.Task::switches)
        .sum();
  }
}
