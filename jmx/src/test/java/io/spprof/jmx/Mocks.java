package io.spprof.jmx;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.spprof.Profiler;
import io.spprof.ProfilerState;
import io.spprof.config.ProfilerConfig;
import io.spprof.profile.HotMethod;
import io.spprof.profile.Kept;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.SessionStats;
import io.spprof.profile.StateTimes;
import io.spprof.sampler.DebugInfo;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;
import java.util.List;
import java.util.stream.LongStream;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;

/**
 * Makes mocked profilers in every state, and a bean for each of them, registered in an MBean server
 * of its own.
 */
final class Mocks {

  static final ProfilerConfig RUNNING_CONFIG = ProfilerConfig.parse("interval=1ms,memory=64m");

  /** Another count for each reason: 1, 2, 3 ... */
  static final Drops DROPS =
      Drops.of(LongStream.rangeClosed(1, DropReason.values().length).toArray());

  static final SessionStats SESSION =
      new SessionStats(
          3, RUNNING_CONFIG.toOptions(), 1_700_000_000_000L, 60_000, 5_000, 21, 0.25, 0.125);

  static final Kept KEPT = new Kept(1_000, 43_000, 5, 10, 20);

  private Mocks() {}

  static ProfilerStats stats(long sessions, SessionStats session) {
    return new ProfilerStats(
        new ProfilerStats.Counters(
            sessions,
            5_100,
            5_000,
            DROPS,
            7,
            50_000,
            210,
            90,
            75_000,
            30_000,
            new KernelTimes(41_000, 12_000, 6_000, 4_000)),
        new ProfilerStats.Gauges(9, 1, 40, 1 << 20),
        new ProfilerStats.Setup(1_000_000, 64 << 20, "ctimer", "agct"),
        session);
  }

  static Profiler idle() {
    Profiler profiler = mock(Profiler.class);
    ProfilerStats none = ProfilerStats.none(new ProfilerStats.Setup(10_000_000, 32 << 20, "", ""));
    when(profiler.state()).thenReturn(ProfilerState.IDLE);
    when(profiler.stats()).thenReturn(none);
    when(profiler.config()).thenReturn(ProfilerConfig.DEFAULT);
    when(profiler.lastError()).thenReturn("");
    when(profiler.hotMethods()).thenReturn(List.of());
    when(profiler.profile(any())).thenReturn(profile());
    when(profiler.kept()).thenReturn(Kept.NONE);
    when(profiler.start(any())).thenReturn(1L);
    when(profiler.stop()).thenThrow(new IllegalStateException("no session is running"));
    return profiler;
  }

  static Profiler running() {
    Profiler profiler = idle();
    when(profiler.state()).thenReturn(ProfilerState.RUNNING);
    when(profiler.stats()).thenReturn(stats(3, SESSION));
    when(profiler.config()).thenReturn(RUNNING_CONFIG);
    when(profiler.samplesPerSecond()).thenReturn(12.5);
    when(profiler.dropsPerSecond()).thenReturn(0.5);
    when(profiler.kept()).thenReturn(KEPT);
    when(profiler.hotMethods()).thenReturn(List.of(new HotMethod("a.B.c", 70, 90, 3_500)));
    when(profiler.start(any())).thenThrow(new IllegalStateException("session 3 is running"));
    org.mockito.Mockito.doReturn(SESSION).when(profiler).stop();
    return profiler;
  }

  static Profiler failed() {
    Profiler profiler = idle();
    when(profiler.state()).thenReturn(ProfilerState.FAILED);
    when(profiler.lastError()).thenReturn("no native library for plan9-mips");
    when(profiler.start(any()))
        .thenThrow(new IllegalStateException("no native library for plan9-mips"));
    return profiler;
  }

  /** A profiler that breaks every promise about its getters. */
  static Profiler broken() {
    return mock(
        Profiler.class,
        call -> {
          throw new NoClassDefFoundError("com/sun/jna/Native");
        });
  }

  static Profile profile() {
    return new Profile(
        new Profile.Info(
            SESSION,
            "ctimer",
            "agct",
            1_000_000,
            1_000_000,
            DROPS,
            7,
            210,
            90,
            KernelTimes.NONE,
            StateTimes.NONE,
            false,
            DebugInfo.EXACT),
        List.of("a.B.leaf", "a.B.root"),
        new Profile.Frames(new int[] {0, 1}, new int[] {42, 7}, 2),
        List.of("main"),
        new Profile.Stacks(new int[][] {{0, 1}}, new int[] {0}, new short[] {2}, 1),
        new Profile.Rows(new int[] {0}, new int[] {0}, new long[] {5}, new long[] {5_000_000}, 1),
        new SampleTimes(List.of(), 5));
  }

  /** A bean in an MBean server of its own, as a client sees it. */
  record Fixture(MBeanServer server, ObjectName name, Profiler profiler, Spprof spprof)
      implements AutoCloseable {
    @Override
    public void close() {
      spprof.close();
    }

    Object get(String attribute) throws Exception {
      return server.getAttribute(name, attribute);
    }
  }

  static Fixture fixture(Profiler profiler) throws Exception {
    return fixture(profiler, Settings.NONE);
  }

  static Fixture fixture(Profiler profiler, Settings settings) throws Exception {
    MBeanServer server = MBeanServerFactory.newMBeanServer();
    ObjectName name = new ObjectName(Spprof.OBJECT_NAME);
    return new Fixture(server, name, profiler, Spprof.register(server, name, profiler, settings));
  }
}
