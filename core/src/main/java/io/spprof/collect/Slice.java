package io.spprof.collect;

import io.spprof.profile.CategoryTimes;
import io.spprof.profile.Frames;
import io.spprof.profile.HeapRoom;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.Stacks;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * A copy of some consecutive windows of a session, from which a profile is made. A window is a
 * stretch of a session's time whose samples are kept together. A slice also has the tables of
 * names, frames and stacks that the windows refer to by number. Immutable.
 *
 * <p>A slice is made under the lock of {@link Collector}. This is quick, because only names and the
 * open window are copied. {@link #merge} adds the windows up to one profile. It takes longer, and
 * runs without the lock, on the thread that asked for the profile.
 */
public final class Slice {

  /**
   * The figures of one window, or of several consecutive windows.
   *
   * @param fromNanos the beginning, in nanoseconds after the session's start
   * @param toNanos the end, in nanoseconds after the session's start
   * @param samples the number of samples
   * @param cpuNanos the CPU time that the samples stand for, in nanoseconds
   * @param categories this CPU time by what it was used for
   * @param figures further counts of this time
   */
  public record Stretch(
      long fromNanos,
      long toNanos,
      long samples,
      long cpuNanos,
      CategoryTimes categories,
      WindowFigures figures) {
    static Stretch of(Window window) {
      return new Stretch(
          window.fromNanos(),
          window.toNanos(),
          window.samples(),
          window.cpuNanos(),
          window.categories(),
          window.figures());
    }
  }

  private final List<ProfileMethod> methods;
  private final Frames frames;
  private final List<ProfileThread> threads;
  private final Stacks stacks;
  private final List<Window> windows;

  Slice(
      List<ProfileMethod> methods,
      Frames frames,
      List<ProfileThread> threads,
      Stacks stacks,
      List<Window> windows) {
    this.methods = methods;
    this.frames = frames;
    this.threads = threads;
    this.stacks = stacks;
    this.windows = windows;
  }

  /**
   * Returns whether the slice has no window.
   *
   * @return true if {@link #merge} cannot be called
   */
  public boolean isEmpty() {
    return windows.isEmpty();
  }

  /**
   * Merges the windows into one profile. The times of its samples are relative to the beginning of
   * the first window.
   *
   * @param room limits what may be allocated for the profile
   * @param head creates the profile's head from the figures of all windows together
   * @return the profile
   * @throws IllegalStateException if there is no room
   */
  public Profile merge(HeapRoom room, Function<Stretch, ProfileInfo> head) {
    Window sum = Window.of(windows, new MemoryBudget(room.bytes()));
    if (sum == null) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "this JVM's heap has no room to add up %,d windows of time: it can spare %.1f of its %d"
                  + " MiB; choose a shorter range, or make room with a larger -Xmx",
              windows.size(),
              (double) room.bytes() / (1 << 20),
              Runtime.getRuntime().maxMemory() >> 20));
    }
    SampleTimes times = sum.times().after(sum.fromNanos());
    return new Profile(
        head.apply(Stretch.of(sum)), methods, frames, threads, stacks, sum.rows(), times);
  }
}
