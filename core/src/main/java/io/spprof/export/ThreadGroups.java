package io.spprof.export;

import io.spprof.profile.Profile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Adds up a profile's CPU time by kinds of threads. The JVM's own threads form the kinds [GC],
 * [JIT] and [VM]. For other threads, the kind is the thread's name with {@code *} for each number,
 * so that the threads of a pool form one kind.
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

  private static final String NATIVE = "[native thread]";
  private static final Pattern NUMBERS = Pattern.compile("[0-9]+");

  /**
   * For each kind of HotSpot's own threads, the beginnings of the threads' names. Linux truncates a
   * thread's name to 15 characters.
   */
  private static final Map<String, List<String>> KINDS = new LinkedHashMap<>();

  static {
    KINDS.put(
        "[GC]",
        List.of(
            "GC Thread",
            "G1 ",
            "ParGC",
            "ZWorker",
            "ZDriver",
            "ZDirector",
            "ZStat",
            "ZUn",
            "XWorker",
            "XDriver",
            "XDirector",
            "XStat",
            "XUn",
            "Shenandoah",
            "RuntimeWorker"));
    KINDS.put("[JIT]", List.of("C1 CompilerThre", "C2 CompilerThre", "Sweeper thread"));
    KINDS.put(
        "[VM]",
        List.of(
            "VM Thread",
            "VM Periodic Tas",
            "Service Thread",
            "Monitor Deflati",
            "Signal Dispatch",
            "Notification T",
            "Attach Listener",
            "JFR "));
  }

  private ThreadGroups() {}

  /** Returns the groups. The group with the most CPU time comes first. */
  static List<Group> of(Profile profile) {
    boolean[] isNative = new boolean[profile.threadCount()];
    long[] samples = new long[profile.threadCount()];
    long[] nanos = new long[profile.threadCount()];
    for (int row = 0; row < profile.rowCount(); row++) {
      int thread = profile.thread(row);
      samples[thread] += profile.samples(row);
      nanos[thread] += profile.cpuNanos(row);
      int stack = profile.stack(row);
      isNative[thread] |=
          profile.depth(stack) == 1 && profile.frameName(profile.frame(stack, 0)).equals(NATIVE);
    }
    Map<String, Group> groups = new LinkedHashMap<>();
    for (int thread = 0; thread < samples.length; thread++) {
      if (samples[thread] > 0) {
        String name = Names.clean(profile.threadName(thread));
        String kind = isNative[thread] ? kind(name) : pattern(name);
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

  private static String kind(String name) {
    for (Map.Entry<String, List<String>> kind : KINDS.entrySet()) {
      if (kind.getValue().stream().anyMatch(name::startsWith)) {
        return kind.getKey();
      }
    }
    return pattern(name);
  }

  /**
   * Returns a thread's name with {@code *} for each number: {@code pool-*-thread-*} for {@code
   * pool-1-thread-7}.
   */
  static String pattern(String name) {
    return NUMBERS.matcher(name).replaceAll("*");
  }
}
