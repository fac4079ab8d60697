package io.spprof.export;

import io.spprof.profile.CategoryTimes;
import io.spprof.profile.FrameKind;
import io.spprof.profile.Frames;
import io.spprof.profile.JvmInfo;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
import io.spprof.profile.ProfileLibrary;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.SessionStats;
import io.spprof.profile.Stacks;
import io.spprof.profile.ThreadKind;
import io.spprof.sampler.DebugInfo;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Builds profiles from text that looks like folded stacks. {@code main;a.B.c;d.E.f 10} is ten
 * samples of 10 ms CPU time each. {@code main;a.B.c:42 10 25ms} is ten samples in line 42 with 25
 * ms of CPU time together. A frame of another kind has a letter in the place of the line: {@code n}
 * for native code, {@code v} for the JVM, {@code k} for a system call, for instance {@code
 * libc.so.6+0x10:n}. A name in brackets without a letter is a synthetic frame. A thread whose root
 * is {@code [native thread]} is no Java thread.
 */
final class ProfileText {

  static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final boolean isShared;
  private static final int TIMES_CHUNK = 1000;
  private static final Pattern WITH_LINE = Pattern.compile("(.+):([nvk]|[0-9]+)");

  private final Numbering methods = new Numbering();
  private final Map<String, FrameKind> kinds = new HashMap<>();
  private final Map<String, ProfileMethod> functions = new HashMap<>();
  private final Numbering frames = new Numbering();
  private final Numbering threads = new Numbering();
  private final Set<String> nativeThreads = new HashSet<>();
  private final Map<String, long[]> threadTimes = new HashMap<>(); // user, system
  private final Map<String, long[]> threadIds = new HashMap<>(); // the system's, the JVM's
  private final Map<List<Integer>, Integer> stackNumbers = new HashMap<>();
  private final List<int[]> stacks = new ArrayList<>();
  private final List<long[]> rows = new ArrayList<>();
  private Drops dropped = Drops.NONE;
  private long droppedCpuNanos;
  private long unseenCpuNanos;
  private long unwalkable;
  CategoryTimes categories = CategoryTimes.NONE;
  KernelTimes kernel = KernelTimes.NONE;
  String engine = "ctimer";
  JvmInfo jvm =
      new JvmInfo(
          "shop.jar", 42, "web-1", "17.0.15+6", "OpenJDK 64-Bit Server VM", 1_767_200_000_000L);
  private long startTimeMillis = 1_767_225_600_000L; // 2026-01-01T00:00:00Z
  private long sessionStartMillis = -1; // that of the profile
  private long longestIntervalNanos = INTERVAL_NANOS;
  private SampleTimes givenTimes;

  private ProfileText(boolean isShared) {
    this.isShared = isShared;
  }

  /** Creates a profile in which equal names share one number. */
  static ProfileText lines(String... lines) {
    return new ProfileText(true).with(lines);
  }

  /**
   * Creates a profile in which every line gets numbers of its own, like classes that several
   * loaders loaded.
   */
  static ProfileText unsharedLines(String... lines) {
    return new ProfileText(false).with(lines);
  }

  ProfileText with(String... lines) {
    for (String line : lines) {
      line(line);
    }
    return this;
  }

  /** Adds a row whose names may contain anything; frames from the root to the leaf. */
  ProfileText row(String thread, List<String> stack, long samples, long cpuNanos) {
    if (!isShared) {
      frames.forget();
      methods.forget();
      threads.forget();
    }
    if (stack.get(0).equals("[native thread]")) {
      nativeThreads.add(thread);
    }
    List<Integer> numbers = new ArrayList<>(stack.stream().map(frames::of).toList());
    Collections.reverse(numbers);
    int number =
        stackNumbers.computeIfAbsent(
            numbers,
            leafFirst -> {
              stacks.add(leafFirst.stream().mapToInt(Integer::intValue).toArray());
              return stacks.size() - 1;
            });
    rows.add(new long[] {number, threads.of(thread), samples, cpuNanos});
    return this;
  }

  ProfileText dropped(Drops counts, long cpuNanos) {
    dropped = counts;
    droppedCpuNanos = cpuNanos;
    return this;
  }

  /** Sets the library of a function. */
  ProfileText inLibrary(String name, ProfileLibrary library, long address) {
    functions.put(name, new ProfileMethod(name, FrameKind.NATIVE, library, address));
    return this;
  }

  private ProfileMethod method(String name) {
    ProfileMethod function = functions.get(name);
    return function != null ? function : new ProfileMethod(name, kinds.get(name));
  }

  /** Sets the unseen CPU time, which is part of the dropped CPU time. */
  ProfileText unseen(long cpuNanos) {
    unseenCpuNanos = cpuNanos;
    return this;
  }

  ProfileText unwalkable(long samples) {
    unwalkable = samples;
    return this;
  }

  /** Sets the user and system time of a thread, which need not have a row. */
  ProfileText threadTimes(String thread, long userNanos, long systemNanos) {
    threads.of(thread);
    threadTimes.put(thread, new long[] {userNanos, systemNanos});
    return this;
  }

  /** Sets a thread's numbers by the system and by the JVM. */
  ProfileText threadIds(String thread, long systemId, long javaId) {
    threadIds.put(thread, new long[] {systemId, javaId});
    return this;
  }

  /** Sets the longest interval that was in force. The samples are 10 ms apart nevertheless. */
  ProfileText longestInterval(long nanos) {
    longestIntervalNanos = nanos;
    return this;
  }

  /** Delays the start of the session. */
  ProfileText secondsLater(long seconds) {
    startTimeMillis += TimeUnit.SECONDS.toMillis(seconds);
    return this;
  }

  /** Makes the profile that of a stretch of a session that began earlier. */
  ProfileText sessionSecondsEarlier(long seconds) {
    sessionStartMillis = startTimeMillis - TimeUnit.SECONDS.toMillis(seconds);
    return this;
  }

  /** Replaces the log of times, which contains all samples by default. */
  ProfileText times(SampleTimes times) {
    givenTimes = times;
    return this;
  }

  Profile build() {
    long collected = rows.stream().mapToLong(row -> row[2]).sum();
    SessionStats session =
        new SessionStats(
            3,
            "interval=10ms,memory=32m,depth=512,engine=auto,walker=auto",
            startTimeMillis,
            60_000,
            collected,
            dropped.total(),
            0.25,
            0.11);
    ProfileInfo info =
        new ProfileInfo(
            session,
            sessionStartMillis < 0 ? startTimeMillis : sessionStartMillis,
            engine,
            "agct",
            INTERVAL_NANOS,
            longestIntervalNanos,
            dropped,
            unwalkable,
            droppedCpuNanos,
            unseenCpuNanos,
            kernel,
            categories,
            false,
            DebugInfo.EXACT,
            jvm);
    Frames packedFrames = packedFrames();
    return new Profile(
        info,
        methods.names.stream().map(this::method).toList(),
        packedFrames,
        threads.names.stream().map(this::thread).toList(),
        packedStacks(),
        packedRows(),
        givenTimes == null ? times() : givenTimes);
  }

  private void line(String line) {
    String rest = line;
    long cpuMillis = -1;
    if (rest.endsWith("ms")) {
      int blank = rest.lastIndexOf(' ');
      cpuMillis = Long.parseLong(rest.substring(blank + 1, rest.length() - 2));
      rest = rest.substring(0, blank);
    }
    int blank = rest.lastIndexOf(' ');
    long samples = Long.parseLong(rest.substring(blank + 1));
    long nanos =
        cpuMillis < 0 ? samples * INTERVAL_NANOS : TimeUnit.MILLISECONDS.toNanos(cpuMillis);
    List<String> names = Arrays.asList(rest.substring(0, blank).split(";"));
    row(names.get(0), names.subList(1, names.size()), samples, nanos);
  }

  private ProfileThread thread(String name) {
    ThreadKind kind = nativeThreads.contains(name) ? ThreadKind.ofNative(name) : ThreadKind.JAVA;
    long[] times = threadTimes.getOrDefault(name, new long[2]);
    long[] ids = threadIds.getOrDefault(name, new long[2]);
    return new ProfileThread(name, kind, times[0], times[1], ids[0], ids[1]);
  }

  private Frames packedFrames() {
    int[] methodOf = new int[frames.names.size()];
    int[] lines = new int[methodOf.length];
    for (int i = 0; i < methodOf.length; i++) {
      Matcher withLine = WITH_LINE.matcher(frames.names.get(i));
      boolean matches = withLine.matches();
      // Each unshared frame has a method of its own.
      String name = matches ? withLine.group(1) : frames.names.get(i);
      methodOf[i] = isShared ? methods.of(name) : methods.add(name);
      String line = matches ? withLine.group(2) : "0";
      lines[i] = Character.isDigit(line.charAt(0)) ? Integer.parseInt(line) : 0;
      kinds.put(name, kind(name, line));
    }
    return new Frames(methodOf, lines, methodOf.length);
  }

  private static FrameKind kind(String name, String line) {
    return switch (line) {
      case "n" -> FrameKind.NATIVE;
      case "v" -> FrameKind.JVM;
      case "k" -> FrameKind.SYSCALL;
      default -> name.startsWith("[") && name.endsWith("]") ? FrameKind.SYNTHETIC : FrameKind.JAVA;
    };
  }

  /** Logs the samples row by row, one sample every interval. */
  private SampleTimes times() {
    int count = (int) rows.stream().mapToLong(row -> row[2]).sum();
    int[] micros = new int[count];
    int[] rowOf = new int[count];
    long[] nanos = new long[count];
    int at = 0;
    for (int row = 0; row < rows.size(); row++) {
      long samples = rows.get(row)[2];
      long cpu = rows.get(row)[3];
      for (long i = 0; i < samples; i++, at++) {
        micros[at] = (int) (at * (INTERVAL_NANOS / 1000));
        rowOf[at] = row;
        nanos[at] = cpu / samples + (i == 0 ? cpu % samples : 0);
      }
    }
    List<SampleTimes.Chunk> chunks = new ArrayList<>();
    for (int from = 0; from < count; from += TIMES_CHUNK) {
      int to = Math.min(count, from + TIMES_CHUNK);
      chunks.add(
          new SampleTimes.Chunk(
              0,
              Arrays.copyOfRange(micros, from, to),
              Arrays.copyOfRange(rowOf, from, to),
              Arrays.copyOfRange(nanos, from, to),
              to - from));
    }
    return new SampleTimes(chunks, 0);
  }

  private Stacks packedStacks() {
    int chunkSize = 1 << Stacks.CHUNK_BITS;
    List<int[]> chunks = new ArrayList<>();
    int[] positions = new int[stacks.size()];
    short[] depths = new short[stacks.size()];
    int used = chunkSize;
    for (int i = 0; i < stacks.size(); i++) {
      int[] stack = stacks.get(i);
      if (used + stack.length > chunkSize) {
        chunks.add(new int[chunkSize]);
        used = 0;
      }
      System.arraycopy(stack, 0, chunks.get(chunks.size() - 1), used, stack.length);
      positions[i] = (chunks.size() - 1) * chunkSize + used;
      depths[i] = (short) stack.length;
      used += stack.length;
    }
    return new Stacks(chunks.toArray(int[][]::new), positions, depths, stacks.size());
  }

  private Rows packedRows() {
    return new Rows(
        rows.stream().mapToInt(row -> (int) row[0]).toArray(),
        rows.stream().mapToInt(row -> (int) row[1]).toArray(),
        rows.stream().mapToLong(row -> row[2]).toArray(),
        rows.stream().mapToLong(row -> row[3]).toArray(),
        rows.size());
  }

  /** Assigns numbers to names. */
  private static final class Numbering {
    final List<String> names = new ArrayList<>();
    private final Map<String, Integer> numbers = new HashMap<>();

    int of(String name) {
      return numbers.computeIfAbsent(name, this::add);
    }

    int add(String name) {
      names.add(name);
      return names.size() - 1;
    }

    void forget() {
      numbers.clear();
    }
  }
}
