package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads made-up files of cgroups below a temporary directory. */
class CgroupThrottlingTest {

  private static final String V2 =
      "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";
  private static final String V1 =
      "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct";

  @TempDir Path root;

  private void stat(String directory, String text) throws IOException {
    Path made = Files.createDirectories(root.resolve("." + directory).normalize());
    Files.writeString(made.resolve("cpu.stat"), text);
  }

  private long nanos(List<String> groups, List<String> mounts) {
    return CgroupThrottling.of(groups, mounts, root).nanos();
  }

  @Test
  void shouldAddUpTheGroupAndAllGroupsAboveIt() throws IOException {
    stat("/sys/fs/cgroup", "usage_usec 5\n");
    stat("/sys/fs/cgroup/a", "usage_usec 9\nnr_throttled 3\nthrottled_usec 70\n");
    stat("/sys/fs/cgroup/a/b", "usage_usec 9\nthrottled_usec 5\n");
    stat("/sys/fs/cgroup/a/b/c", "usage_usec 9\n");
    stat("/sys/fs/cgroup/a/other", "throttled_usec 1000\n");

    assertEquals(75_000, nanos(List.of("0::/a/b/c"), List.of(V2)));
  }

  @Test
  void shouldReadVersion1InNanoseconds() throws IOException {
    stat("/sys/fs/cgroup/cpu", "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n");
    stat("/sys/fs/cgroup/cpu/a", "nr_periods 8\nnr_throttled 4\nthrottled_time 123\n");

    assertEquals(123, nanos(List.of("2:memory:/m", "1:cpu,cpuacct:/a", "0::/"), List.of(V1, V2)));
  }

  @Test
  void shouldFindTheGroupBelowAMountThatShowsAPartOnly() throws IOException {
    stat("/cg roup", "throttled_usec 2\n");
    stat("/cg roup/x", "throttled_usec 3\n");
    String mount = "31 23 0:28 /docker/1 /cg\\040roup rw - cgroup2 none rw";

    assertEquals(5_000, nanos(List.of("0::/docker/1/x"), List.of(mount)));
    assertEquals(2_000, nanos(List.of("0::/docker/1"), List.of(mount)));
    assertEquals(-1, nanos(List.of("0::/docker/12"), List.of(mount)), "another group");
  }

  @Test
  void shouldPreferTheMountThatShowsMost() throws IOException {
    stat("/part", "throttled_usec 2\n");
    stat("/all/a", "throttled_usec 2\n");
    stat("/all", "throttled_usec 40\n");

    assertEquals(
        42_000,
        nanos(
            List.of("0::/a"),
            List.of("1 1 0:1 /a /part rw - cgroup2 x rw", "1 1 0:1 / /all rw - cgroup2 x rw")));
  }

  @Test
  void shouldKnowNothingWhereNothingIsReported() throws IOException {
    stat("/sys/fs/cgroup", "usage_usec 5\n");

    assertEquals(-1, nanos(List.of("0::/"), List.of(V2)));
    assertEquals(-1, nanos(List.of("0::/gone"), List.of(V2)));
    assertEquals(-1, nanos(List.of("0::/"), List.of()));
    assertEquals(-1, nanos(List.of(), List.of(V2)));
  }

  @Test
  void shouldNotLeaveTheHierarchy() throws IOException {
    stat("/secret", "throttled_usec 1\n");
    stat("/sys/fs/cgroup", "throttled_usec 7\n");

    assertEquals(-1, nanos(List.of("0::/../../../secret"), List.of(V2)));
    assertEquals(-1, nanos(List.of("0::/.."), List.of(V2)));
  }

  @Test
  void shouldReadNumbersOnlyWhereTheyAreWhole() {
    assertEquals(5, CgroupThrottling.throttledNanos("throttled_time 5"));
    assertEquals(5_000, CgroupThrottling.throttledNanos("a 1\nthrottled_usec 5\nb 2"));
    for (String bad :
        List.of(
            "",
            "throttled_usec",
            "throttled_usec ",
            "throttled_usec -5",
            "throttled_usec x",
            "not_throttled_usec 5",
            "throttled_time 99999999999999999999",
            "throttled_usec 9223372036854775807")) {
      assertEquals(-1, CgroupThrottling.throttledNanos(bad), bad);
    }
  }

  @Test
  void shouldSurviveHostileLines() throws IOException {
    stat("/sys/fs/cgroup", "throttled_usec 7\n");
    String[] pieces = {
      "0::", ":", "/", "..", "\\", "\\04", "\\0400", " - ", " ", "cgroup2", "cpu", "\0", "a",
      "\uFFFD"
    };
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      String[] lines = {"", ""};
      for (int j = random.nextInt(12); j > 0; j--) {
        lines[random.nextInt(2)] += pieces[random.nextInt(pieces.length)];
      }
      long nanos =
          nanos(
              List.of(lines[0], "0::" + lines[0], "0::/"),
              List.of(lines[1], "1 1 0:1 " + lines[1] + " - cgroup2 x rw", V2));
      assertTrue(nanos == -1 || nanos % 7_000 == 0, String.join("|", lines));
    }
    long deep =
        nanos(List.of("0::" + String.join("", Collections.nCopies(1000, "/d"))), List.of(V2));
    assertEquals(-1, deep, "only the nearest groups are read");
  }
}
