package io.spprof.it.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Measures memory with synthetic samples. Ten million real signals would take hours at the kernel's
 * rate of 250 a CPU second, so {@link SyntheticSamples} feeds the collector with records that no
 * handler wrote. {@link OnH2} measures memory with real samples.
 *
 * <p>"Growth of the resident set" is read after a garbage collection, in a JVM with SerialGC, which
 * has one thread and returns memory to the system, and a heap of 96 MiB at most. The growth is the
 * ring buffer, the tables of stacks and methods, and what the profiler's own thread allocates and
 * drops. "Live heap" is the tables alone. async-profiler is not compared: it counts stacks in its
 * signal handler, so records cannot be fed to it.
 */
final class Memory implements Item {

  @Override
  public void run(Setup setup, Table table) throws Exception {
    int samples = setup.times(10_000_000, 1_000_000);
    Process process =
        new ProcessBuilder(
                setup.java().toString(),
                "-XX:+UseSerialGC",
                "-Xmx96m",
                "-cp",
                System.getProperty("java.class.path"),
                SyntheticSamples.class.getName(),
                Integer.toString(samples))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0 || !out.startsWith("= ")) {
      throw new IOException("synthetic samples: " + out);
    }
    Map<String, Double> figures = BenchJvm.figures(out);
    String item = String.format("memory, %,d synthetic samples: ", samples);
    row(table, item + "held by its own account", figures.get("own"), "≤ 32 (the default)");
    row(table, item + "growth of the resident set", figures.get("resident"), "≤ 32");
    row(table, item + "live heap of the tables", figures.get("live"), "");
    table.note(
        String.format(
            "Synthetic samples: %,.0f collected in %,.0f stacks, %,.0f dropped and counted; the"
                + " collector and the generator together took %.0f ns a sample.",
            figures.get("collected"),
            figures.get("stacks"),
            figures.get("dropped"),
            figures.get("nanos")));
  }

  private static void row(Table table, String item, double bytes, String aim) {
    table.add(item, Spread.of(bytes), Spread.NONE, 1 << 20, "MiB", aim);
  }
}
