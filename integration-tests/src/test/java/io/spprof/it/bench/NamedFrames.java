package io.spprof.it.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * How much of the CPU time ends in a frame with a name, on loads that use much native code, and
 * whether the hottest frames are those that async-profiler shows with {@code cstack=vm}.
 *
 * <p>Named is the CPU time of stacks whose leaf is a method, a symbol, {@code library.so+offset} or
 * a system call. All other leaves are synthetic frames, such as {@code [unknown native code]}. For
 * each of the twenty frames with the most self time in async-profiler's profile, the table shows
 * the difference of its share in the two profiles. A profile is the sum of several runs of the
 * application, each in a JVM of its own, with the two profilers by turns.
 *
 * <p>{@link Application} has the loads.
 */
final class NamedFrames implements Item {

  private static final int TOP = 20;
  private static final int INTERVAL_MILLIS = 4;

  /** A function without a symbol, and how async-profiler writes one. */
  private static final Pattern IN_LIBRARY = Pattern.compile("^(.*\\.so)[.0-9]*\\+0x[0-9a-f]+$");

  /** Stubs and adapters of the JVM, which async-profiler shows. Here their time is the caller's. */
  private static final Pattern STUB_AT_LEAF =
      Pattern.compile(
          ";([iv]table stub|I2C/C2I adapters|flush_icache_stub|g1_(pre|post)_barrier_slow)$");

  /** What drivers write into the names of libraries that they unpack. */
  private static final Pattern RANDOM =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{9,}");

  /** The result of a template, which is left out here. */
  private static final Pattern RESULT = Pattern.compile("^[^<( ]+ (?=[\\w:]+<)");

  /** What one of two names of a function in glibc has more than the other. */
  private static final Pattern ALIAS = Pattern.compile("^__GI_+|(?<=^__mem)cpy(?=_)");

  /** What compilers append to the names of clones and parts, which is left out here. */
  private static final Pattern CLONE_SUFFIXES =
      Pattern.compile("(\\.(cold|part|constprop|isra|lto_priv)(\\.[0-9]+)?)+$");

  private static final Pattern LIBRARY_PATH = Pattern.compile("^.*/([^/]*\\.so)[.0-9]*$");

  @Override
  public void run(Setup setup, Table table) throws Exception {
    Table own =
        new Table(
            List.of(
                "load",
                "CPU time named",
                "of the rest, most",
                "async-profiler's top 20: largest difference, points"));
    table.below(own);
    for (Application application : Application.wanted()) {
      row(application, setup, own);
    }
  }

  private static void row(Application application, Setup setup, Table table) throws Exception {
    Map<String, Double> ours = new HashMap<>();
    Map<String, Double> theirs = new HashMap<>();
    for (int i = 0; i < setup.times(4, 1); i++) {
      if (!profile(application, setup, true, ours) || !profile(application, setup, false, theirs)) {
        table.add(application.name(), "this JVM has no such collector, or the load failed", "", "");
        return;
      }
    }
    toShares(ours);
    toShares(theirs);
    double named = 0;
    String most = "";
    for (Map.Entry<String, Double> frame : ours.entrySet()) {
      if (isNamed(frame.getKey())) {
        named += frame.getValue();
      } else if (most.isEmpty() || frame.getValue() > ours.get(most)) {
        most = frame.getKey();
      }
    }
    table.add(
        application.name(),
        percent(named),
        most.isEmpty() ? "–" : most + " " + percent(ours.get(most)),
        difference(ours, theirs));
  }

  private static boolean isNamed(String frame) {
    return !frame.startsWith("[")
        || frame.startsWith("[syscall")
        || frame.startsWith("[vdso]")
        || frame.startsWith("[C1")
        || frame.startsWith("[C2");
  }

  /** Returns the largest difference, with its frame, and all of them to standard error. */
  private static String difference(Map<String, Double> ours, Map<String, Double> theirs) {
    List<String> top =
        theirs.keySet().stream()
            .sorted((a, b) -> Double.compare(theirs.get(b), theirs.get(a)))
            .limit(TOP)
            .toList();
    String worst = "";
    double largest = -1;
    for (String frame : top) {
      double difference = 100 * (ours.getOrDefault(frame, 0.0) - theirs.get(frame));
      System.err.printf(
          Locale.ROOT,
          "bench:   %6.2f %% of ours, %6.2f %% of theirs: %s%n",
          100 * ours.getOrDefault(frame, 0.0),
          100 * theirs.get(frame),
          frame);
      if (Math.abs(difference) > largest) {
        largest = Math.abs(difference);
        worst = String.format(Locale.ROOT, "%+.1f %s", difference, frame);
      }
    }
    ours.entrySet().stream()
        .sorted((a, b) -> Double.compare(b.getValue(), a.getValue()))
        .limit(TOP)
        .filter(frame -> !top.contains(frame.getKey()))
        .forEach(
            frame ->
                System.err.printf(
                    Locale.ROOT,
                    "bench:   %6.2f %% of ours, %6.2f %% of theirs, in our top only: %s%n",
                    100 * frame.getValue(),
                    100 * theirs.getOrDefault(frame.getKey(), 0.0),
                    frame.getKey()));
    return worst;
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  /** Adds the samples of one run to those of each leaf. Returns whether the run succeeded. */
  private static boolean profile(
      Application application, Setup setup, boolean ours, Map<String, Double> samples)
      throws Exception {
    Path file = Files.createTempFile("named", ".collapsed");
    Process process =
        application.start(
            setup,
            ours,
            NamedLoad.class,
            "" + setup.times(20_000, 6_000),
            file.toString(),
            "" + INTERVAL_MILLIS,
            ours ? "spprof" : setup.asyncLibrary().toString());
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly().waitFor();
    }
    for (String line : Files.readAllLines(file)) {
      int space = line.lastIndexOf(' ');
      String stack = line.substring(0, space);
      if (!stack.startsWith("spprof-collector")) {
        double count = Double.parseDouble(line.substring(space + 1));
        samples.merge(frame(stack, ours), count, Double::sum);
      }
    }
    Files.delete(file);
    return process.exitValue() == 0 && !samples.isEmpty();
  }

  private static void toShares(Map<String, Double> samples) {
    double sum = samples.values().stream().mapToDouble(Double::doubleValue).sum();
    System.err.printf(Locale.ROOT, "bench:   %.0f samples%n", sum);
    samples.replaceAll((frame, count) -> count / sum);
  }

  private static String frame(String stack, boolean ours) {
    String leaf = leaf(ours ? stack : STUB_AT_LEAF.matcher(stack).replaceFirst(""));
    return equal(ours ? withoutLibrary(leaf) : plain(leaf));
  }

  /** Returns one name for all names of a function, and for a library that drivers unpack. */
  private static String equal(String name) {
    return name.endsWith(".so")
        ? RANDOM.matcher(name).replaceAll("*")
        : ALIAS.matcher(name).replaceFirst(match -> match.group().equals("cpy") ? "move" : "");
  }

  /** Returns the leaf; that below a system call, which async-profiler does not show. */
  private static String leaf(String stack) {
    int at = stack.lastIndexOf(";[syscall");
    String rest = at < 0 || stack.indexOf(';', at + 1) >= 0 ? stack : stack.substring(0, at);
    return rest.substring(rest.lastIndexOf(';') + 1);
  }

  /** Returns the symbol; the library of a function without one, as async-profiler does. */
  private static String withoutLibrary(String frame) {
    return IN_LIBRARY.matcher(frame.substring(frame.indexOf('`') + 1)).replaceFirst("$1");
  }

  /** Writes async-profiler's names as ours: no parameters, dots in the names of classes. */
  private static String plain(String frame) {
    boolean isJava = frame.indexOf('/') > 0 && frame.indexOf('(') < 0;
    return frame.startsWith("/")
        ? LIBRARY_PATH.matcher(frame).replaceFirst("$1")
        : isJava
            ? frame.replace('/', '.')
            : RESULT.matcher(CLONE_SUFFIXES.matcher(frame).replaceFirst("")).replaceFirst("");
  }
}
