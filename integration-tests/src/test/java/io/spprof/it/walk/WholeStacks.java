package io.spprof.it.walk;

import io.spprof.it.Await;
import io.spprof.it.BeanClient;
import io.spprof.it.Collapsed;
import io.spprof.it.TargetJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.h2.Driver;

/**
 * Profiles each load in each mode of the JVM ({@link Mode}), and counts the stacks that end at the
 * thread's root and those that do not, the broken ones.
 *
 * <pre>
 *   ./mvnw -q -DskipTests verify
 *   M=$HOME/.m2/repository
 *   H2=$M/com/h2database/h2/2.2.224/h2-2.2.224.jar
 *   JNA=$M/net/java/dev/jna/jna/5.19.1/jna-5.19.1.jar
 *   java -cp integration-tests/target/test-classes:$H2:$JNA \
 *     io.spprof.it.walk.WholeStacks --walker vm --seconds 6 --loads javac,throwing --modes int,c2
 * </pre>
 *
 * All options are optional:
 *
 * <dl>
 *   <dt>{@code --java HOME}
 *   <dd>the JDK to profile; by default the JDK that runs this program
 *   <dt>{@code --agent JAR}
 *   <dd>by default {@code jmx/target/spprof-agent.jar}
 *   <dt>{@code --walker vm|agct|auto}
 *   <dd>by default vm
 *   <dt>{@code --interval I}
 *   <dd>by default 1ms
 *   <dt>{@code --seconds S}
 *   <dd>CPU time of each of the two threads; by default 6. A kernel with HZ=250 gives 250 samples a
 *       second.
 *   <dt>{@code --loads a,b --modes x,y}
 *   <dd>by default all that the JDK offers; an unknown name lists the known ones
 *   <dt>{@code --keep-broken N}
 *   <dd>prints after each row the N most frequent broken stacks, leaf end last; by default 0
 *   <dt>{@code --directory DIR}
 *   <dd>for the targets' files; by default {@code integration-tests/target/walk}
 * </dl>
 *
 * The exit status is 1 if a row has more broken stacks than it may have ({@link Row#allowed}) or if
 * a target failed.
 */
public final class WholeStacks {

  /**
   * The largest depth that the profiler offers. Deeper stacks must be truncated at exactly this
   * depth.
   */
  private static final int DEPTH = 2048;

  private static final Duration WARM_UP = Duration.ofMillis(500);

  private final Jdk jdk;
  private final Path agent;
  private final String walker;
  private final String options;
  private final double seconds;

  WholeStacks(Jdk jdk, Path agent, String walker, String interval, double seconds) {
    this.jdk = jdk;
    this.agent = agent;
    this.walker = walker;
    this.options = "interval=" + interval + ",walker=" + walker + ",depth=";
    this.seconds = seconds;
  }

  /** Arguments: see the class. */
  public static void main(String[] args) throws IOException {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i < args.length; i += 2) {
      given.put(args[i], args[i + 1]);
    }
    Function<String, Path> path = text -> Path.of(text).toAbsolutePath().normalize();
    Path agent = path.apply(given.getOrDefault("--agent", "jmx/target/spprof-agent.jar"));
    System.setProperty("spprof.it.agent", agent.toString());
    Path directory = path.apply(given.getOrDefault("--directory", "integration-tests/target/walk"));
    System.setProperty("spprof.it.dir", directory.toString());
    Jdk jdk = Jdk.at(path.apply(given.getOrDefault("--java", System.getProperty("java.home"))));
    List<Load> loads =
        chosen(given.get("--loads"), Load.values(), Load::key).stream()
            .filter(load -> load.isOfferedBy(jdk))
            .toList();
    List<Mode> modes =
        chosen(given.get("--modes"), Mode.values(), Mode::key).stream()
            .filter(mode -> mode.isOfferedBy(jdk))
            .toList();
    WholeStacks stacks =
        new WholeStacks(
            jdk,
            agent,
            given.getOrDefault("--walker", "vm"),
            given.getOrDefault("--interval", "1ms"),
            Double.parseDouble(given.getOrDefault("--seconds", "6")));
    int keep = Integer.parseInt(given.getOrDefault("--keep-broken", "0"));
    List<Row> rows = new ArrayList<>();
    List<String> failed = new ArrayList<>();
    System.err.print(Row.head());
    for (Load load : loads) {
      for (Mode mode : modes) {
        try {
          Row row = stacks.measure(load, mode);
          rows.add(row);
          System.err.print(row.line());
          row.examples().stream().limit(keep).forEach(WholeStacks::show);
        } catch (Exception | AssertionError e) {
          failed.add(load.key() + " " + mode.key() + ": " + why(e));
          System.err.println("FAILED " + failed.get(failed.size() - 1));
        }
      }
    }
    System.out.print(table(jdk, rows));
    failed.forEach(line -> System.out.println("FAILED " + line));
    boolean good = failed.isEmpty() && rows.stream().allMatch(Row::isGood);
    System.out.println(good ? "good" : "NOT GOOD");
    System.exit(good ? 0 : 1);
  }

  /**
   * Why a run failed. If a client lost its target, the way in which the target ended explains it.
   */
  private static String why(Throwable e) {
    return e + Stream.of(e.getSuppressed()).map(more -> "; " + more).collect(Collectors.joining());
  }

  private static void show(Collapsed.Stack stack) {
    System.err.println("    " + stack.count() + " " + String.join(";", stack.frames()));
  }

  private static <T> List<T> chosen(String names, T[] all, Function<T, String> key) {
    if (names == null || names.equals("all")) {
      return List.of(all);
    }
    Map<String, T> known = Stream.of(all).collect(Collectors.toMap(key, Function.identity()));
    return Arrays.stream(names.split(","))
        .map(
            name -> {
              if (!known.containsKey(name)) {
                throw new IllegalArgumentException(name + " is none of " + known.keySet());
              }
              return known.get(name);
            })
        .toList();
  }

  Row measure(Load load, Mode mode) throws Exception {
    return Row.of(load, mode, DEPTH, profile(load, mode, DEPTH, 0));
  }

  /**
   * The profile of a separate JVM, from its start to its orderly end.
   *
   * @param least the least number of samples of the load that the profile has
   */
  Collapsed profile(Load load, Mode mode, int depth, int least) throws Exception {
    try (TargetJvm target = target(load, mode);
        BeanClient bean = BeanClient.connect(target)) {
      Thread.sleep(WARM_UP.toMillis());
      bean.startWith(options + depth);
      String used = bean.text("StackWalker");
      if (!walker.equals("auto") && !used.equals(walker)) {
        throw new IllegalStateException("walker=" + walker + " became " + used);
      }
      long begun = target.cpuNanos();
      long deadline = System.nanoTime() + (long) (3 * seconds * 1e9);
      Await.until(
          "the load uses its CPU time",
          () ->
              target.cpuNanos() - begun > 2 * seconds * 1e9
                  // The machine is busy, or the load waits: the row is smaller.
                  || System.nanoTime() > deadline);
      Await.until(
          "samples of the load",
          () ->
              bean.number("CollectedSamples") >= least
                  && Row.of(load, mode, depth, bean.collapsed()).samples() >= least);
      bean.stop();
      return bean.collapsed();
    }
  }

  private TargetJvm target(Load load, Mode mode) throws IOException, InterruptedException {
    return TargetJvm.of(load.main(), load.arguments())
        .jdk(jdk.home(), jdk.feature())
        .agent(agent)
        .classPathOf(Driver.class)
        .flags(mode.flags().toArray(String[]::new))
        .flags(load.flags(jdk).toArray(String[]::new))
        .expectOnStderr(line -> line.startsWith("WARNING: Using incubator modules: "))
        .start();
  }

  static String table(Jdk jdk, List<Row> rows) {
    StringBuilder text = new StringBuilder();
    long samples = rows.stream().mapToLong(Row::samples).sum();
    long broken = rows.stream().mapToLong(Row::broken).sum();
    text.append(
        String.format(
            Locale.ROOT,
            "JDK %s: %d of %d stacks are broken, %.4f %%.%n%n",
            jdk.version(),
            broken,
            samples,
            samples == 0 ? 0 : 100.0 * broken / samples));
    text.append(Row.head());
    rows.forEach(row -> text.append(row.line()));
    return text.toString();
  }

  /** Writes a table for people to read. */
  static void write(Path file, String table) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, table);
    System.out.println(table);
  }
}
