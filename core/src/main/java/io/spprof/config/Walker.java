package io.spprof.config;

import java.util.Locale;

/** What reads a thread's stack inside the signal handler. */
public enum Walker {
  /** The best walker that the running JVM allows. */
  AUTO,
  /** Our own: it reads HotSpot's frames by the layout that HotSpot publishes. */
  VM,
  /** HotSpot's {@code AsyncGetCallTrace}. */
  AGCT;

  /**
   * What the sampler is to use.
   *
   * @return not null
   */
  public io.spprof.sampler.Walker stackWalker() {
    return switch (this) {
      case AUTO -> io.spprof.sampler.Walker.AUTO;
      case VM -> io.spprof.sampler.Walker.VM;
      case AGCT -> io.spprof.sampler.Walker.AGCT;
    };
  }

  /**
   * The name of a walker as options have it.
   *
   * @param walker not null
   * @return for instance {@code vm}, not null
   */
  public static String name(io.spprof.sampler.Walker walker) {
    return walker.name().toLowerCase(Locale.ROOT);
  }
}
