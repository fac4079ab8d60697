package io.spprof.it.bench;

import io.spprof.export.Export;
import io.spprof.export.ExportFormat;
import io.spprof.profile.CategoryTimes;
import io.spprof.profile.Frames;
import io.spprof.profile.JvmInfo;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.SessionStats;
import io.spprof.profile.Stacks;
import io.spprof.sampler.DebugInfo;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.StringJoiner;
import one.convert.Main;

/**
 * The main class of the JVM of {@link ExportCost}. Prints one line of figures in the format of
 * {@link Target}.
 */
final class ExportBench {

  /** The formats, by the names that users know. */
  static final List<String> FORMATS =
      Arrays.stream(ExportFormat.values()).map(ExportFormat::key).toList();

  private static final int SAMPLES = 1_000_000;
  private static final int STACKS = 100_000;
  private static final int DEPTH = 40;
  private static final int METHODS = 5_000;
  private static final int THREADS = 64;
  private static final int CHUNK = 4_000;

  private ExportBench() {}

  /** Argument: a directory for files. */
  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    Profile profile = profile();
    StringJoiner line = new StringJoiner(" ", "= ", "");
    for (String name : FORMATS) {
      ExportFormat format = ExportFormat.ofKey(name);
      write(profile, format);
      long live = live();
      pools().forEach(MemoryPoolMXBean::resetPeakUsage);
      long before = System.nanoTime();
      long bytes = write(profile, format);
      line.add(name + ".nanos=" + (System.nanoTime() - before));
      long peak = pools().stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
      line.add(name + ".memory=" + (peak - live)).add(name + ".bytes=" + bytes);
    }
    Path recording = directory.resolve("p.jfr");
    try (OutputStream out = Files.newOutputStream(recording)) {
      new Export(profile, ExportFormat.JFR).writeTo(out);
    }
    for (String name : List.of("collapsed", "html", "pprof")) {
      Path converted = directory.resolve("converted." + name);
      for (int i = 0; i < 2; i++) {
        long before = System.nanoTime();
        Main.main(
            new String[] {
              "-o", name, "--threads", "--dot", recording.toString(), converted.toString()
            });
        if (i == 1) {
          line.add(name + ".converter=" + (System.nanoTime() - before));
        }
      }
      Files.delete(converted);
    }
    Files.delete(recording);
    Files.delete(directory);
    System.out.println(line);
  }

  private static List<MemoryPoolMXBean> pools() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .toList();
  }

  private static long live() {
    System.gc();
    return pools().stream().mapToLong(pool -> pool.getUsage().getUsed()).sum();
  }

  private static long write(Profile profile, ExportFormat format) throws IOException {
    Export export = new Export(profile, format);
    long bytes = 0;
    for (byte[] block = export.read(1 << 18); block.length > 0; block = export.read(1 << 18)) {
      bytes += block.length;
    }
    return bytes;
  }

  private static Profile profile() {
    SplittableRandom random = new SplittableRandom(1);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < METHODS; i++) {
      names.add(
          "com.example.application.module" + i % 100 + ".Service" + i % 700 + ".operation" + i);
    }
    int[] methodOf = new int[2 * METHODS];
    int[] lines = new int[2 * METHODS];
    for (int i = 0; i < methodOf.length; i++) {
      methodOf[i] = i / 2;
      lines[i] = 1 + i;
    }
    int perChunk = (1 << Stacks.CHUNK_BITS) / DEPTH;
    int[][] chunks = new int[STACKS / perChunk + 1][1 << Stacks.CHUNK_BITS];
    int[] positions = new int[STACKS];
    short[] depths = new short[STACKS];
    int[] stacks = new int[STACKS];
    int[] threads = new int[STACKS];
    int[] frames = new int[DEPTH];
    for (int i = 0; i < STACKS; i++) {
      // Like in a real profile, a stack shares most of its frames, from the root, with the previous
      // one.
      for (int j = 0; j < (i == 0 ? DEPTH : 1 + random.nextInt(DEPTH / 2)); j++) {
        frames[j] = random.nextInt(2 * METHODS);
      }
      positions[i] = i / perChunk * (1 << Stacks.CHUNK_BITS) + i % perChunk * DEPTH;
      depths[i] = DEPTH;
      System.arraycopy(frames, 0, chunks[i / perChunk], i % perChunk * DEPTH, DEPTH);
      stacks[i] = i;
      threads[i] = random.nextInt(THREADS);
    }
    long[] samples = new long[STACKS];
    long[] nanos = new long[STACKS];
    List<SampleTimes.Chunk> times = new ArrayList<>();
    for (int from = 0; from < SAMPLES; from += CHUNK) {
      int[] micros = new int[CHUNK];
      int[] rows = new int[CHUNK];
      long[] cpu = new long[CHUNK];
      for (int i = 0; i < CHUNK; i++) {
        micros[i] = i * 1000;
        rows[i] = from + i < STACKS ? from + i : random.nextInt(STACKS);
        cpu[i] = 10_000_000;
        samples[rows[i]]++;
        nanos[rows[i]] += cpu[i];
      }
      times.add(new SampleTimes.Chunk(from * 1_000_000L, micros, rows, cpu, CHUNK));
    }
    List<String> threadNames = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      threadNames.add("worker-" + i);
    }
    return new Profile(
        new ProfileInfo(
            SessionStats.NONE,
            0,
            "ctimer",
            "vm",
            10_000_000,
            10_000_000,
            Drops.NONE,
            0,
            0,
            0,
            KernelTimes.NONE,
            CategoryTimes.NONE,
            false,
            DebugInfo.EXACT,
            JvmInfo.NONE),
        names.stream().map(ProfileMethod::java).toList(),
        new Frames(methodOf, lines, methodOf.length),
        threadNames.stream().map(ProfileThread::java).toList(),
        new Stacks(chunks, positions, depths, STACKS),
        new Rows(stacks, threads, samples, nanos, STACKS),
        new SampleTimes(times, 0));
  }
}
