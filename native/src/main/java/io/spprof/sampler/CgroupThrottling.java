package io.spprof.sampler;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads for how long CPU quotas have kept this process from running. A quota belongs to a cgroup
 * (control group), and holds for the groups below it, too. So the process is throttled by its own
 * group or by any group above it. The figure is the sum over all these groups, as far as the
 * process can see them: in a container with a cgroup namespace, groups outside of the container are
 * hidden.
 *
 * <p>The kernel adds up the time of each CPU on which a group was throttled. If two of the groups
 * are throttled at one time, the time counts twice. A group's figure is in its file {@code
 * cpu.stat}: {@code throttled_usec} in version 2 of cgroups, {@code throttled_time}, in
 * nanoseconds, in version 1. A group without such a line has no quota of its own, because the
 * controller {@code cpu} is not enabled there.
 *
 * <p>{@code /proc/self/cgroup} names the process's group, and {@code /proc/self/mountinfo} says
 * where its directory is. Both are read once. A process that is moved to another group is not
 * followed. Each file is closed after each reading. A reading costs some 20 µs for each group.
 */
public final class CgroupThrottling {

  private static final int MOST_GROUPS = 64; // a guard; real hierarchies are some five levels deep
  private static final int MOST_FILE_BYTES = 1 << 22; // a host can have thousands of mounts
  private static final int MOST_STAT_BYTES = 1 << 14;
  private static final String STAT = "cpu.stat";

  /** A hierarchy of cgroups that is mounted: the group at the mount point, and the mount point. */
  private record Mount(String root, String point) {}

  private final List<Path> files;

  private CgroupThrottling(List<Path> files) {
    this.files = files;
  }

  /**
   * Finds the cgroups of this process.
   *
   * @return not null; on a system without cgroups, an object that knows no time
   */
  public static CgroupThrottling ofThisProcess() {
    return of(
        lines(Path.of("/proc/self/cgroup")), lines(Path.of("/proc/self/mountinfo")), Path.of("/"));
  }

  /**
   * Finds the cgroups of a process.
   *
   * @param groups the lines of its file {@code cgroup}
   * @param mounts the lines of its file {@code mountinfo}
   * @param root the directory under which the mount points lie
   */
  static CgroupThrottling of(List<String> groups, List<String> mounts, Path root) {
    List<Path> files = new ArrayList<>();
    for (String line : groups) {
      String[] parts = line.split(":", 3); // number:controllers:path
      if (parts.length == 3) {
        boolean unified = parts[1].isEmpty();
        if (unified || lists(parts[1], "cpu")) {
          addFiles(files, parts[2], mountOf(mounts, unified, parts[2]), root);
        }
      }
    }
    return new CgroupThrottling(List.copyOf(files));
  }

  private static boolean lists(String commaSeparated, String word) {
    return Arrays.asList(commaSeparated.split(",")).contains(word);
  }

  /**
   * Returns the mount that shows a group and most of the groups above it; null if there is none.
   *
   * @param unified whether the group is of version 2
   */
  private static Mount mountOf(List<String> mounts, boolean unified, String group) {
    Mount best = null;
    for (String line : mounts) {
      // number parent device ROOT POINT options [fields...] - TYPE source OPTIONS
      int end = line.indexOf(" - ");
      String[] head = end < 0 ? new String[0] : line.substring(0, end).split(" ");
      String[] tail = end < 0 ? new String[0] : line.substring(end + 3).split(" ");
      if (head.length < 5 || tail.length < 3) {
        continue;
      }
      boolean fits =
          unified ? tail[0].equals("cgroup2") : tail[0].equals("cgroup") && lists(tail[2], "cpu");
      Mount mount = new Mount(unescaped(head[3]), unescaped(head[4]));
      if (fits
          && mount.point().startsWith("/")
          && below(mount.root(), group) != null
          && (best == null || mount.root().length() < best.root().length())) {
        best = mount;
      }
    }
    return best;
  }

  /** Returns the path of a group relative to another one; null if it is not below. */
  private static String below(String root, String group) {
    if (root.equals("/")) {
      return group;
    }
    boolean inside =
        group.startsWith(root)
            && (group.length() == root.length() || group.charAt(root.length()) == '/');
    return inside ? group.substring(root.length()) : null;
  }

  private static void addFiles(List<Path> files, String group, Mount mount, Path root) {
    String relative = mount == null ? null : below(mount.root(), group);
    // A path with ".." leads out of the process's cgroup namespace.
    if (relative == null || Arrays.asList(relative.split("/")).contains("..")) {
      return;
    }
    try {
      Path top = root.resolve("." + mount.point()).normalize();
      Path directory = top.resolve("." + (relative.startsWith("/") ? "" : "/") + relative);
      directory = directory.normalize();
      for (int i = 0; i < MOST_GROUPS && directory.startsWith(top); i++) {
        files.add(directory.resolve(STAT));
        if (directory.equals(top)) {
          break;
        }
        directory = directory.getParent();
      }
    } catch (InvalidPathException e) {
      // A name that this JVM cannot express; the group's time is not known.
    }
  }

  /** Replaces the octal escapes of mountinfo, for instance {@code \040} for a blank. */
  private static String unescaped(String field) {
    StringBuilder text = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\\' && field.substring(i + 1).matches("(?s)[0-3][0-7][0-7].*")) {
        c = (char) Integer.parseInt(field.substring(i + 1, i + 4), 8);
        i += 3;
      }
      text.append(c);
    }
    return text.toString();
  }

  /**
   * Reads how long the process's cgroups have been throttled since they were created.
   *
   * @return nanoseconds, or {@link KernelTimes#NOT_KNOWN} if no group reports it
   */
  public long nanos() {
    long sum = KernelTimes.NOT_KNOWN;
    for (Path file : files) {
      long nanos = throttledNanos(text(file, MOST_STAT_BYTES));
      if (nanos >= 0) {
        sum = Math.max(0, sum) + nanos;
      }
    }
    return sum < 0 ? KernelTimes.NOT_KNOWN : sum; // Also after an overflow.
  }

  /** Returns the throttled time in the text of a file {@code cpu.stat}; -1 if it has none. */
  static long throttledNanos(String stat) {
    long nanos = after(stat, "throttled_time ", 1);
    return nanos >= 0 ? nanos : after(stat, "throttled_usec ", 1000);
  }

  /** Returns the number behind a key at the beginning of a line, times a factor; -1 if none. */
  private static long after(String text, String key, long factor) {
    int at = text.startsWith(key) ? 0 : text.indexOf('\n' + key) + 1;
    if (at == 0 && !text.startsWith(key)) {
      return -1;
    }
    int begin = at + key.length();
    int end = begin;
    while (end < text.length() && Character.digit(text.charAt(end), 10) >= 0) {
      end++;
    }
    try {
      return Math.multiplyExact(Long.parseLong(text, begin, end, 10), factor);
    } catch (NumberFormatException | ArithmeticException e) {
      return -1;
    }
  }

  private static List<String> lines(Path file) {
    return text(file, MOST_FILE_BYTES).lines().toList();
  }

  /** Returns the text of a file, at most a number of bytes of it; "" if it cannot be read. */
  private static String text(Path file, int mostBytes) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(mostBytes), StandardCharsets.UTF_8);
    } catch (IOException | SecurityException e) {
      return "";
    }
  }
}
