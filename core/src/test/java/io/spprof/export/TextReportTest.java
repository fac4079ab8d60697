package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.CategoryTimes;
import io.spprof.profile.Frames;
import io.spprof.profile.JvmInfo;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.SessionStats;
import io.spprof.profile.Stacks;
import io.spprof.sampler.DebugInfo;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class TextReportTest {

  @Test
  void shouldShowTheStretchOfALongerSession() throws IOException {
    String whole = report(ProfileText.lines("main;a.A.a 1").build());
    assertFalse(whole.contains("stretch"), whole);
    String report = report(ProfileText.lines("main;a.A.a 1").sessionSecondsEarlier(3600).build());
    assertContains(
        report,
        "  started     2025-12-31T23:00:00Z\n"
            + "  stretch     2026-01-01T00:00:00Z to 2026-01-01T00:01:00Z\n");
  }

  @Test
  void shouldShowTheFigures() throws IOException {
    String report = report(ProfileText.lines("main;a.A.a 150").build());

    assertContains(report, "spprof: session 3, ended\n");
    assertContains(report, "  JVM         shop.jar, pid 42, host web-1, Java 17.0.15+6\n");
    assertContains(report, "  started     2026-01-01T00:00:00Z\n");
    assertContains(report, "  duration    60.00 s\n");
    assertContains(
        report, "  options     interval=10ms,memory=32m,depth=512,engine=auto,walker=auto\n");
    assertContains(report, "  engine      ctimer\n");
    assertContains(report, "  walker      agct\n");
    assertContains(report, "  debug info  exact: DebugNonSafepoints is on\n");
    assertContains(report, "  sampled     CPU time, every 10 ms\n");
    assertContains(report, "  overhead    0.11 % measured, 0.25 % by the model (of one CPU)\n");
    assertContains(report, "  CPU time    1.50 s in 150 samples\n");
    assertContains(report, "  dropped     nothing\n");
    assertContains(report, "  unwalkable  nothing\n");
  }

  @Test
  void shouldShowDropsByReason() throws IOException {
    Profile profile =
        ProfileText.lines("main;a.A.a 90")
            .dropped(
                Drops.NONE.plus(DropReason.BUFFER_FULL, 8).plus(DropReason.LATE, 2), 100_000_000L)
            .build();

    String report = report(profile);

    assertContains(
        report, "  dropped     10 signals, 100 ms of CPU time: 10.00 % of all is missing here\n");
    assertTrue(report.lines().anyMatch(l -> l.matches(" +8 {2}bufferFull .*")), report);
    assertTrue(report.lines().anyMatch(l -> l.matches(" +2 {2}late .*")), report);
    assertFalse(report.contains("foreign"), report);
  }

  @Test
  void shouldShowTimeThatWasLostWithoutASignal() throws IOException {
    Profile profile = ProfileText.lines("main;a.A.a 9").dropped(Drops.NONE, 10_000_000L).build();

    assertContains(report(profile), "  dropped     no signal, 10 ms of CPU time: 10.00 % of all");
    assertFalse(report(profile).contains("unseenThreads"));
  }

  @Test
  void shouldReportCpuTimeWithoutASignal() throws IOException {
    Profile profile =
        ProfileText.lines("main;a.A.a 9")
            .dropped(Drops.NONE, 10_000_000L)
            .unseen(8_000_000)
            .build();

    assertContains(report(profile), "            8 ms  unseenThreads    threads that ended before");
    assertContains(report(profile), "            2 ms  notSignalled     was due when a thread or");
  }

  @Test
  void shouldShowTheKernelsTimesAndSayWhatLargeOnesMean() throws IOException {
    ProfileText text = ProfileText.lines("main;a.A.a 9"); // a session of 60 s
    assertContains(report(text.build()), "  CPU wait    not known\n  throttled   not known\n");

    text.kernel = new KernelTimes(8_000_000_000L, 1_500_000_000L, 499_000_000L, 2_999_000_000L);
    String small = report(text.build());
    assertContains(
        small,
        "  process     9.50 s of CPU time by the kernel's account: 8.00 s user, 1.50 s system\n");
    assertContains(
        small, "  CPU wait    499 ms: 4.99 % of the time in which threads ran or wanted to\n");
    assertContains(small, "  throttled   3.00 s\n");
    assertFalse(small.contains("got no CPU") || small.contains("quota of a cgroup"), small);

    text.kernel = new KernelTimes(8_000_000_000L, 1_500_000_000L, 500_000_000L, 3_000_000_000L);
    String large = report(text.build());
    assertContains(large, "\n    threads were ready to run and got no CPU: other threads");
    assertContains(large, "\n    the CPU quota of a cgroup was used up");
  }

  @Test
  void shouldSayWhatTheKernelsAccountHasBeyondTheProfile() throws IOException {
    ProfileText text = ProfileText.lines("main;a.A.a 95"); // 950 ms
    text.dropped(Drops.NONE, 10_000_000L);
    text.kernel = new KernelTimes(900_000_000L, 100_000_000L, 0, 0);
    assertContains(
        report(text.build()),
        "100 ms system\n    of it, 40 ms (4.00 %) is neither sampled nor dropped:\n"
            + "    the profiler's own threads, and what each thread used since its last signal\n");

    text.kernel = new KernelTimes(860_500_000L, 100_000_000L, 0, 0);
    assertFalse(report(text.build()).contains("neither sampled"), report(text.build()));
    text.kernel = new KernelTimes(500_000_000L, 100_000_000L, 0, 0);
    assertFalse(report(text.build()).contains("neither sampled"), report(text.build()));
  }

  @Test
  void shouldShowSystemTimeOutsideOfSystemCallsIfItIsLarge() throws IOException {
    ProfileText text = ProfileText.lines("main;a.A.a;libc.so.6`read:n;[syscall read]:k 100");
    text.with("main;a.A.a 900"); // 10 s, of which 1 s is in a system call
    text.kernel = new KernelTimes(8_501_000_000L, 1_499_000_000L, 0, 0);
    assertFalse(report(text.build()).contains("in no system call"), report(text.build()));

    text.kernel = new KernelTimes(8_000_000_000L, 2_000_000_000L, 0, 0);
    assertContains(
        report(text.build()),
        "  process     10.00 s of CPU time by the kernel's account: 8.00 s user, 2.00 s system\n"
            + "    some 1.00 s of the system time, 10.00 % of all, is in no system call below:\n"
            + "    mostly page faults: the kernel gives");

    text.dropped(Drops.NONE, 10_000_000_000L); // 1 s of the system time is in the profile
    assertFalse(report(text.build()).contains("in no system call"), report(text.build()));
  }

  /**
   * In an idle program the profiler's own threads take much of the CPU time, and are not sampled.
   */
  @Test
  void shouldNotTakeTheProfilersOwnThreadsForPageFaults() throws IOException {
    ProfileText text = ProfileText.lines("main;a.A.a;libc.so.6`read:n;[syscall read]:k 80");
    text.with("main;a.A.a 20"); // 1 s, of which 0.8 s is in a system call
    text.kernel = new KernelTimes(250_000_000L, 950_000_000L, 0, 0);
    assertFalse(report(text.build()).contains("in no system call"), report(text.build()));
  }

  /** With {@code native=none}, system calls stand as Java code. */
  @Test
  void shouldSayNothingOfPageFaultsWhereSystemCallsAreNotShown() throws IOException {
    ProfileText text = ProfileText.lines("main;a.A.a 1000");
    text.kernel = new KernelTimes(0, 10_000_000_000L, 0, 0);
    assertFalse(report(text.build()).contains("in no system call"), report(text.build()));
  }

  @Test
  void shouldShowWhatCouldNotBeWalked() throws IOException {
    Profile profile =
        ProfileText.lines("main;a.A.a 6", "main;[unwalkable: stub] 2", "GC;[no Java frame] 4")
            .unwalkable(2)
            .build();

    String report = report(profile);

    assertContains(report, "  unwalkable  2 samples, 16.67 % of the collected");
    assertContains(report, "  2  samples without a Java method: [unwalkable: stub]\n");
    assertContains(report, "  4  samples without a Java method: [no Java frame]\n");
  }

  @Test
  void shouldShowTheKindOfEachFrame() throws IOException {
    Profile profile =
        ProfileText.lines(
                "main;a.A.a 5",
                "main;a.A.a;libz.so.1`deflate:n 4",
                "main;a.A.a;libjvm.so`Unsafe_SetMemory0:v 3",
                "main;a.A.a;libc.so.6`read:n;[syscall read]:k 2",
                "main;a.A.a;[syscall]:k 1",
                "GC;[no Java frame] 1")
            .build();

    String report = report(profile);

    List<String> methods =
        report.lines().filter(l -> l.matches(" +[0-9.]+ +[0-9.]+ .*ms .*")).toList();
    assertEquals(
        List.of(
            "5  Java       a.A.a",
            "4  native     libz.so.1`deflate",
            "3  JVM        libjvm.so`Unsafe_SetMemory0",
            "2  syscall    [syscall read]",
            "1  synthetic  [no Java frame]",
            "1  syscall    [syscall]",
            "0  native     libc.so.6`read"),
        methods.stream()
            .limit(7)
            .map(l -> l.replaceAll("^.* ([0-9]  [A-Za-z]+ )", "$1"))
            .sorted((a, b) -> b.charAt(0) != a.charAt(0) ? b.compareTo(a) : a.compareTo(b))
            .toList());
    assertContains(report, "samples without a Java method: [no Java frame]\n");
    assertFalse(report.contains("samples without a Java method: [syscall"), report);
  }

  @Test
  void shouldCountARecursiveMethodOnceAStack() throws IOException {
    Profile profile =
        ProfileText.unsharedLines("main;r.R.r;r.R.r;r.R.r 6", "main;r.R.r;s.S.s 2").build();

    List<String> methods =
        report(profile).lines().filter(l -> l.endsWith("R.r") || l.endsWith("S.s")).toList();

    assertEquals(2, methods.size());
    assertTrue(
        methods.get(0).matches(" +75.00 +100.00 +60 ms +80 ms +6 {2}Java +r.R.r"), methods.get(0));
    assertTrue(
        methods.get(1).matches(" +25.00 +25.00 +20 ms +20 ms +2 {2}Java +s.S.s"), methods.get(1));
  }

  @Test
  void shouldShowThreadsByTimeAndSayHowManyMore() throws IOException {
    ProfileText text = ProfileText.lines("busy;a.A.a 100");
    for (int i = 0; i < 20; i++) {
      text.with("idle-" + i + ";a.A.a 1");
    }
    // Adds a second thread with the same name.
    text.row("busy", List.of("b.B.b"), 20, 20 * ProfileText.INTERVAL_NANOS);

    String report = report(text.build());

    assertTrue(report.lines().anyMatch(l -> l.matches(" +85.71 +1.20 s +120 {2}busy")), report);
    assertContains(report, "  and 6 more\n");
  }

  @Test
  void shouldShowWhatCpuTimeWasUsedFor() throws IOException {
    ProfileText text = ProfileText.lines("main;a.A.a 150");
    assertFalse(report(text.build()).contains("CPU time by what"), "nothing is in a category");

    text.categories =
        CategoryTimes.of(1_200_000_000, 75_000_000, 75_000_000, 135_000_000, 15_000_000);
    String report = report(text.build());

    assertContains(report, "CPU time by what it was used for\n");
    assertContains(report, "    80.00       1.20 s  in Java code\n");
    assertContains(report, "     5.00        75 ms  in native code");
    assertContains(report, "     5.00        75 ms  in the JVM");
    assertContains(report, "     9.00       135 ms  garbage collector");
    assertContains(report, "     1.00        15 ms  JIT");
    assertFalse(report.contains("not known: no state"), report);
  }

  @Test
  void shouldShowUserAndSystemTimeOfThreads() throws IOException {
    ProfileText profile = ProfileText.lines("main;a.A.a 10", "w;a.A.a 20");
    String without = report(profile.build());
    assertFalse(without.contains("system  thread"), without);

    profile.threadTimes("main", 2_500_000_000L, 10_000_000);
    String report = report(profile.build());

    assertContains(
        report,
        "Threads by CPU time; user and system: of the whole session, by the kernel's account\n");
    assertContains(report, "         user       system  thread\n");
    assertContains(report, "      2.50 s        10 ms  main\n");
    assertContains(report, "         0 s          0 s  w\n");
    assertFalse(report.contains("without a sample"), report);

    profile.threadTimes("late", 30_000_000, 0).threadTimes("[other threads]", 0, 4_000_000);
    report = report(profile.build());
    assertContains(
        report,
        "     0.00          0 s            0        30 ms         4 ms  threads without a sample in this profile\n");
  }

  @Test
  void shouldSayThatAnEmptyProfileIsEmpty() throws IOException {
    ProfileInfo info =
        new ProfileInfo(
            SessionStats.NONE,
            0,
            "none",
            "none",
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
            JvmInfo.NONE);
    Profile empty =
        new Profile(
            info,
            List.of(),
            Frames.NONE,
            List.of(),
            Stacks.NONE,
            Rows.NONE,
            new SampleTimes(List.of(), 0));

    String report = report(empty);

    assertContains(report, "spprof: no session yet\n");
    assertContains(report, "  CPU time    0 s in 0 samples\n");
    assertContains(report, "No samples, so no methods and no threads.\n");
    assertFalse(report.contains("NaN"), report);
  }

  @Test
  void shouldReadTheSameInEveryLocale() throws IOException {
    Profile profile = ProfileText.lines("main;a.A.a 123456").build();
    Locale before = Locale.getDefault();
    String expected = report(profile);
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertEquals(expected, report(profile));
    } finally {
      Locale.setDefault(before);
    }
    assertContains(expected, "123,456 samples");
  }

  @Test
  void shouldPassOnAnIOException() {
    Profile profile = ProfileText.lines("m;a.A.a 1").build();

    assertThrows(IOException.class, () -> TextReport.write(profile, new FullAppendable()));
  }

  private static void assertContains(String report, String part) {
    assertTrue(report.contains(part), () -> "no '" + part + "' in:\n" + report);
  }

  private static String report(Profile profile) throws IOException {
    StringBuilder out = new StringBuilder();
    TextReport.write(profile, out);
    return out.toString();
  }
}
