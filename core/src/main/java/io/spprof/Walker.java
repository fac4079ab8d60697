package io.spprof;

import io.spprof.sampler.StackWalker;
import java.util.Locale;

/** What reads a thread's stack inside the signal handler. */
public enum Walker {
  /** The best walker that the running JVM allows. */
  AUTO,
  /** Our own: it reads HotSpot's frames by the layout that HotSpot publishes. */
  VM,
  /** HotSpot's {@code AsyncGetCallTrace}. */
  AGCT;

  StackWalker stackWalker() {
    return switch (this) {
      case AUTO -> StackWalker.AUTO;
      case VM -> StackWalker.VM;
      case AGCT -> StackWalker.AGCT;
    };
  }

  /** The name of a walker as options have it. */
  static String name(StackWalker walker) {
    return walker.name().toLowerCase(Locale.ROOT);
  }
}
