package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import io.spprof.it.load.Waiters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks how long threads waited for a CPU, and how long a CPU quota throttled the process, against
 * the kernel's own figures, which this test reads itself. A second process takes all CPUs. Waits of
 * the time between the readings around a start, or a stop, may count or not.
 */
@SuppressWarnings("try") // The rival only has to run.
@Tag("system")
class CpuWaitIT {

  private static final double TOLERANCE = 0.05;
  private static final double LEAST_WAIT_NANOS = 1e9;
  private static final Path V1 = Path.of("/sys/fs/cgroup/cpu");
  private static final Path V2 = Path.of("/sys/fs/cgroup");

  private Path cgroup; // made by this test, or null

  @AfterEach
  void removeCgroup() throws Exception {
    if (cgroup != null) {
      Await.until("the cgroup is empty", () -> Files.readString(procs(cgroup)).isEmpty());
      Files.delete(cgroup);
    }
  }

  /** Waits of the process's threads, by the kernel's account. */
  private record Waits(Map<Long, Long> ofThreads) {

    static Waits read(long pid) throws IOException {
      Map<Long, Long> waits = new HashMap<>();
      for (long thread : Proc.threads(pid)) {
        // The profiler's own thread is left out, there and here.
        if (!Proc.threadName(pid, thread).orElse("spprof").startsWith("spprof")) {
          try {
            Path file = Path.of("/proc/" + pid + "/task/" + thread + "/schedstat");
            waits.put(thread, Long.parseLong(Files.readString(file).split(" ")[1]));
          } catch (NoSuchFileException e) {
            // The thread has ended.
          }
        }
      }
      return new Waits(waits);
    }

    /** The waits since an earlier reading, of threads that are alive now, ns. */
    long since(Waits earlier) {
      return ofThreads.entrySet().stream()
          .mapToLong(e -> e.getValue() - earlier.ofThreads.getOrDefault(e.getKey(), 0L))
          .sum();
    }
  }

  /** What a session may count at least and at most, ns. */
  private record Truth(long least, long most) {}

  private interface Load {
    void run() throws Exception;
  }

  private static Truth session(TargetJvm target, BeanClient bean, String options, Load load)
      throws Exception {
    Waits before = Waits.read(target.pid());
    bean.startWith(options);
    awaitGrowth(bean); // What waited before the first look is not counted.
    awaitGrowth(bean);
    Waits begun = Waits.read(target.pid());
    load.run();
    Await.until(
        "enough waits", () -> Waits.read(target.pid()).since(begun) > 1.2 * LEAST_WAIT_NANOS);
    Waits ending = Waits.read(target.pid());
    bean.stop();
    Waits ended = Waits.read(target.pid());
    return new Truth(ending.since(begun), ended.since(before));
  }

  private static void awaitGrowth(BeanClient bean) throws Exception {
    long before = bean.number("CpuWaitTimeNanos");
    Await.until("a look", () -> bean.number("CpuWaitTimeNanos") > before);
  }

  private static void assertWithin(Truth truth, long reported, double more, String what) {
    Measured.print(
        "%s: reported %.3f s, %.3f to %.3f",
        what, reported / 1e9, truth.least() / 1e9, truth.most() / 1e9);
    assertTrue(truth.least() > LEAST_WAIT_NANOS, () -> what + ": nothing waited: " + truth);
    assertTrue(
        reported >= (1 - TOLERANCE) * truth.least() - more,
        () -> what + ": " + reported + " of " + truth);
    assertTrue(
        reported <= (1 + TOLERANCE) * truth.most() + more,
        () -> what + ": " + reported + " of " + truth);
  }

  /** A process that takes all CPUs, until it is closed. */
  private static TargetJvm rival() throws Exception {
    return TargetJvm.of(Busy.class, 2 * Runtime.getRuntime().availableProcessors(), 1)
        .noAgent()
        .start();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ctimer", "itimer"})
  void shouldCountHowLongThreadsWaitForACpu(String engine) throws Exception {
    try (TargetJvm rival = rival();
        TargetJvm target = TargetJvm.of(Waiters.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      assertEquals(-1, bean.number("CpuWaitTimeNanos"), "no session has read it");
      bean.start(); // The first session takes long to start. Much that waits then may count or not.
      bean.stop();
      long first = Math.max(0, bean.number("CpuWaitTimeNanos"));
      long[] shown = new long[12];
      Truth truth =
          session(
              target,
              bean,
              "interval=10ms,mode=continuous,window=2s,engine=" + engine,
              () -> {
                for (int i = 0; i < shown.length; i++) {
                  Thread.sleep(500);
                  shown[i] = bean.number("CpuWaitTimeNanos");
                }
              });
      long reported = bean.number("CpuWaitTimeNanos") - first;

      assertWithin(truth, reported, 0, engine);
      for (int i = 1; i < shown.length; i++) {
        assertTrue(shown[i] >= shown[i - 1], "it only grows");
      }
      assertTrue(first + reported >= shown[shown.length - 1] && shown[shown.length - 1] > 0);
      List<String> windows = bean.query("windows").lines().skip(1).toList();
      long ofWindows = windows.stream().mapToLong(line -> 1_000_000 * column(line, 6)).sum();
      assertTrue(windows.size() >= 3, windows::toString);
      assertTrue(reported - ofWindows >= 0, () -> reported + " of " + windows);
      assertTrue(
          reported - ofWindows < windows.size() * 1_000_000L, () -> reported + " of " + windows);
      assertTrue(
          bean.query("report").contains("threads were ready to run and got no CPU"),
          bean.query("report"));
      long both = bean.number("UserCpuTimeNanos") + bean.number("SystemCpuTimeNanos");
      assertTrue(both > 0.9 * bean.number("SampledCpuTimeNanos"), "user and system time");
    }
  }

  private static long column(String line, int index) {
    return Long.parseLong(line.trim().split(" +")[index]);
  }

  /**
   * Threads that end between two readings. A hundred are all read. Of thousands, one in eight is
   * read and counts for eight. The variance of that sum is at most 7 times the sum of the squared
   * waits.
   */
  @Test
  void shouldCountTheWaitsOfThreadsThatEnd() throws Exception {
    try (TargetJvm rival = rival();
        TargetJvm target = TargetJvm.of(Waiters.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.start(); // The first session takes long to start.
      bean.stop();
      for (String crowd : List.of("few", "many")) {
        long first = Math.max(0, bean.number("CpuWaitTimeNanos"));
        double[] ended = new double[2];
        Truth living =
            session(
                target,
                bean,
                "interval=10ms",
                () -> {
                  String[] answer = target.ask(crowd).split(" ");
                  ended[0] = Double.parseDouble(answer[0]);
                  ended[1] = Double.parseDouble(answer[1]);
                });
        long reported = bean.number("CpuWaitTimeNanos") - first;
        // After its own reading, a thread waits on its way out. It takes fewer turns there.
        long before = (long) ended[0];
        Truth truth = new Truth(living.least() + before, living.most() + 2 * before);
        double chance = crowd.equals("few") ? 0 : 4 * Math.sqrt(7 * ended[1]);
        Measured.print("%s: %.3f s of threads that ended", crowd, ended[0] / 1e9);
        assertWithin(truth, reported, chance, crowd);
      }
    }
  }

  @Test
  void shouldCountHowLongAQuotaThrottles() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 2, 5).start();
        BeanClient bean = BeanClient.connect(target)) {
      cgroup = withHalfACpu(target.pid());
      long before = throttledNanos();
      bean.startWith("interval=10ms");
      Await.until("the first look is made", () -> bean.number("CpuWaitTimeNanos") >= 0);
      long begun = throttledNanos();
      Thread.sleep(6_000);
      long ending = throttledNanos();
      bean.stop();
      Truth truth = new Truth(ending - begun, throttledNanos() - before);
      assertWithin(truth, bean.number("ThrottledTimeNanos"), 0, "throttled");
      assertTrue(
          bean.query("report").contains("the CPU quota of a cgroup was used up"),
          bean.query("report"));
    }
  }

  /** Makes a cgroup with half a CPU, of version 1 or 2, and moves the process into it. */
  private static Path withHalfACpu(long pid) throws IOException {
    String name = "spprof-it-" + pid;
    boolean v1 = Files.exists(V1.resolve("cpu.cfs_quota_us"));
    Path made = (v1 ? V1 : V2).resolve(name);
    try {
      Files.createDirectory(made);
      if (v1) {
        Files.writeString(made.resolve("cpu.cfs_period_us"), "100000");
        Files.writeString(made.resolve("cpu.cfs_quota_us"), "50000");
        Files.writeString(made.resolve("cpu.shares"), "262144"); // on a busy machine, too
      } else {
        Files.writeString(made.resolve("cpu.max"), "50000 100000");
        Files.writeString(made.resolve("cpu.weight"), "10000"); // on a busy machine, too
      }
      Files.writeString(procs(made), Long.toString(pid));
    } catch (IOException e) {
      Files.deleteIfExists(made);
      String reason = "CpuWaitIT: SKIPPED the CPU quota, no cgroup can be made here: " + e;
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    return made;
  }

  private static Path procs(Path cgroup) {
    return cgroup.resolve("cgroup.procs");
  }

  private long throttledNanos() throws IOException {
    for (String line : Files.readAllLines(cgroup.resolve("cpu.stat"))) {
      String[] parts = line.split(" ");
      if (parts[0].equals("throttled_time") || parts[0].equals("throttled_usec")) {
        return Long.parseLong(parts[1]) * (parts[0].endsWith("usec") ? 1000 : 1);
      }
    }
    throw new AssertionError("no throttled time in " + cgroup);
  }
}
