package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.SessionStats;
import io.spprof.profile.StateTimes;
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
  void shouldShowTheFigures() throws IOException {
    String report = report(ProfileText.lines("main;a.A.a 150").build());

    assertContains(report, "spprof: session 3, ended\n");
    assertContains(report, "  started     2026-01-01T00:00:00Z\n");
    assertContains(report, "  duration    60.00 s\n");
    assertContains(
        report, "  options     interval=10ms,memory=32m,depth=512,engine=auto,walker=auto\n");
    assertContains(report, "  engine      ctimer\n");
    assertContains(report, "  walker      agct\n");
    assertContains(report, "  debug info  exact: DebugNonSafepoints is on\n");
    assertContains(report, "  interval    10 ms\n");
    assertContains(report, "  overhead    0.25 % by the model, 0.11 % measured (of one CPU)\n");
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

    assertContains(report(profile), "  dropped     nothing, 10 ms of CPU time: 10.00 % of all");
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
  void shouldCountARecursiveMethodOnceAStack() throws IOException {
    Profile profile =
        ProfileText.unsharedLines("main;r.R.r;r.R.r;r.R.r 6", "main;r.R.r;s.S.s 2").build();

    List<String> methods =
        report(profile).lines().filter(l -> l.endsWith("R.r") || l.endsWith("S.s")).toList();

    assertEquals(2, methods.size());
    assertTrue(methods.get(0).matches(" +75.00 +100.00 +60 ms +80 ms +6 {2}r.R.r"), methods.get(0));
    assertTrue(methods.get(1).matches(" +25.00 +25.00 +20 ms +20 ms +2 {2}s.S.s"), methods.get(1));
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
  void shouldShowWhatThreadsWereDoingWhereThatIsKnown() throws IOException {
    ProfileText text = ProfileText.lines("main;a.A.a 150");
    assertFalse(report(text.build()).contains("CPU time by what"), "no states are known");

    text.states = new StateTimes(1_200_000_000, 75_000_000, 225_000_000, 0, 0, 0);
    String report = report(text.build());

    assertContains(report, "CPU time by what the thread was doing\n");
    assertContains(report, "    80.00       1.20 s  in Java code\n");
    assertContains(report, "     5.00        75 ms  in native methods");
    assertContains(report, "    15.00       225 ms  in the JVM");
    assertFalse(report.contains("no Java thread"), report);
  }

  @Test
  void shouldSayThatAnEmptyProfileIsEmpty() throws IOException {
    Profile.Info info =
        new Profile.Info(
            SessionStats.NONE,
            "none",
            "none",
            10_000_000,
            10_000_000,
            Drops.NONE,
            0,
            0,
            0,
            KernelTimes.NONE,
            StateTimes.NONE,
            false,
            DebugInfo.EXACT);
    Profile empty =
        new Profile(
            info,
            List.of(),
            new Profile.Frames(new int[0], new int[0], 0),
            List.of(),
            new Profile.Stacks(new int[0][], new int[0], new short[0], 0),
            new Profile.Rows(new int[0], new int[0], new long[0], new long[0], 0),
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
