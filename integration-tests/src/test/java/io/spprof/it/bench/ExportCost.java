package io.spprof.it.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Measures the cost of writing a profile of one million samples in 100,000 distinct stacks of 40
 * frames. spprof writes it in each format and discards the bytes. jfr-converter converts the
 * recording of the same profile into the formats that it has, to a file. Each repetition runs both
 * in a new JVM, in which each format is written twice; the second time counts. The converter also
 * has to read the recording.
 *
 * <p>"Extra memory" is how far the heap grew beyond the profile while it was written, including
 * garbage in a young generation of 8 MiB.
 */
final class ExportCost implements Item {

  @Override
  public void run(Setup setup, Table table) throws Exception {
    Map<String, List<Double>> figures = new TreeMap<>();
    for (int i = 0; i < setup.times(5, 2); i++) {
      for (Map.Entry<String, Double> figure : once(setup).entrySet()) {
        figures.computeIfAbsent(figure.getKey(), key -> new ArrayList<>()).add(figure.getValue());
      }
    }
    for (String format : ExportBench.FORMATS) {
      table.add(
          "export, 1 M samples, 100,000 stacks: " + format,
          Spread.of(figures.get(format + ".nanos")),
          figures.containsKey(format + ".converter")
              ? Spread.of(figures.get(format + ".converter"))
              : Spread.NONE,
          1e6,
          "ms",
          figures.containsKey(format + ".converter") ? "≤ jfr-converter's" : "");
      table.add(
          "export, extra memory: " + format,
          Spread.of(figures.get(format + ".memory")),
          Spread.NONE,
          1 << 20,
          "MiB",
          "");
      table.add(
          "export, size: " + format,
          Spread.of(figures.get(format + ".bytes")),
          Spread.NONE,
          1 << 20,
          "MiB",
          "");
    }
    table.note("Exports: in async-profiler's column its jfr-converter, which reads the recording.");
  }

  private static Map<String, Double> once(Setup setup) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("spprof-bench-export");
    Process process =
        new ProcessBuilder(
                setup.java().toString(),
                "-XX:+UseSerialGC",
                "-Xmn8m",
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                ExportBench.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String line = out.lines().filter(l -> l.startsWith("= ")).findFirst().orElse("");
    if (process.waitFor() != 0 || line.isEmpty()) {
      throw new IOException("exports: " + out);
    }
    return BenchJvm.figures(line);
  }
}
