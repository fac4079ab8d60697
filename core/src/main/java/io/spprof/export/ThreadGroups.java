package io.spprof.export;

import io.spprof.profile.Profile;
import io.spprof.profile.ProfileThread;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Adds up a profile's CPU time by kinds of threads. The JVM's own threads form the kinds [GC],
 * [JIT] and [VM]; their CPU time is that of the categories of these threads. For other threads, the
 * kind is the thread's name with {@code *} for each number, so that the threads of a pool form one
 * kind.
 */
final class ThreadGroups {

  /**
   * The threads of one kind.
   *
   * @param name the pattern of the threads' names, or the kind in brackets
   * @param threads the number of threads with different names
   * @param samples the number of samples of these threads
   * @param nanos the CPU time of these samples in nanoseconds
   */
  record Group(String name, int threads, long samples, long nanos) {}

  private static final Pattern NUMBERS = Pattern.compile("[0-9]+");

  private ThreadGroups() {}

  /** Returns the groups. The group with the most CPU time comes first. */
  static List<Group> of(Profile profile) {
    long[] samples = new long[profile.threads().size()];
    long[] nanos = new long[profile.threads().size()];
    for (int row = 0; row < profile.rowCount(); row++) {
      samples[profile.thread(row)] += profile.samples(row);
      nanos[profile.thread(row)] += profile.cpuNanos(row);
    }
    Map<String, Group> groups = new LinkedHashMap<>();
    for (int thread = 0; thread < samples.length; thread++) {
      if (samples[thread] > 0) {
        ProfileThread known = profile.threads().get(thread);
        String name = Names.clean(known.name());
        String kind =
            switch (known.kind()) {
              case GC -> "[GC]";
              case JIT -> "[JIT]";
              case JVM -> "[VM]";
              case JAVA, LIBRARY, UNKNOWN -> pattern(name);
            };
        groups.merge(
            kind,
            new Group(kind, 1, samples[thread], nanos[thread]),
            (a, b) ->
                new Group(kind, a.threads + b.threads, a.samples + b.samples, a.nanos + b.nanos));
      }
    }
    List<Group> sorted = new ArrayList<>(groups.values());
    sorted.sort(Comparator.comparingLong(Group::nanos).reversed().thenComparing(Group::name));
    return sorted;
  }

  /**
   * Returns a thread's name with {@code *} for each number: {@code pool-*-thread-*} for {@code
   * pool-1-thread-7}.
   */
  static String pattern(String name) {
    return NUMBERS.matcher(name).replaceAll("*");
  }
}
