package io.spprof.jmx;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.spprof.Profiler;
import io.spprof.ProfilerState;
import io.spprof.config.ProfilerConfig;
import io.spprof.profile.CategoryTimes;
import io.spprof.profile.Frames;
import io.spprof.profile.HotMethod;
import io.spprof.profile.HotMethods;
import io.spprof.profile.JvmInfo;
import io.spprof.profile.Kept;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.SessionStats;
import io.spprof.profile.Stacks;
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
            CategoryTimes.of(20_000, 10_000, 8_000, 5_000, 4_000, 1_500, 1_000, 500),
            210,
            90,
            75_000,
            30_000,
            new KernelTimes(41_000, 12_000, 6_000, 4_000)),
        new ProfilerStats.Gauges(9, 1, 40, 1 << 20),
        new ProfilerStats.Rates(12.5, 0.5, 1.25, 2.125),
        new ProfilerStats.Setup(1_000_000, 64 << 20, "ctimer", "agct"),
        session);
  }

  /** One hot method, and another number of samples for each stretch: 100, 200, 300. */
  static HotMethods hotMethods(
      HotMethods.Stretch stretch, String method, double selfPercent, double totalPercent) {
    HotMethod hot = new HotMethod(method, selfPercent, totalPercent, 70);
    return new HotMethods(1_000, 11_000, 100 * (stretch.ordinal() + 1), List.of(hot));
  }

  static Profiler idle() {
    Profiler profiler = mock(Profiler.class);
    ProfilerStats none = ProfilerStats.none(new ProfilerStats.Setup(10_000_000, 32 << 20, "", ""));
    when(profiler.state()).thenReturn(ProfilerState.IDLE);
    when(profiler.stats()).thenReturn(none);
    when(profiler.config()).thenReturn(ProfilerConfig.DEFAULT);
    when(profiler.lastError()).thenReturn("");
    when(profiler.hotMethods(any())).thenReturn(HotMethods.NONE);
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
    when(profiler.kept()).thenReturn(KEPT);
    for (HotMethods.Stretch stretch : HotMethods.Stretch.values()) {
      when(profiler.hotMethods(stretch)).thenReturn(hotMethods(stretch, "a.B.c", 70, 90));
    }
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
        new ProfileInfo(
            SESSION,
            SESSION.startTimeMillis(),
            "ctimer",
            "agct",
            1_000_000,
            1_000_000,
            DROPS,
            7,
            210,
            90,
            KernelTimes.NONE,
            CategoryTimes.NONE,
            false,
            DebugInfo.EXACT,
            JvmInfo.NONE),
        List.of(ProfileMethod.java("a.B.leaf"), ProfileMethod.java("a.B.root")),
        new Frames(new int[] {0, 1}, new int[] {42, 7}, 2),
        List.of(ProfileThread.java("main")),
        new Stacks(new int[][] {{0, 1}}, new int[] {0}, new short[] {2}, 1),
        new Rows(new int[] {0}, new int[] {0}, new long[] {5}, new long[] {5_000_000}, 1),
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
