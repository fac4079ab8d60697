package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ThreadGroupsTest {

  private static List<ThreadGroups.Group> groups(String... lines) {
    return ThreadGroups.of(ProfileText.lines(lines).build());
  }

  @Test
  void shouldTakeAPoolsThreadsAsOne() {
    List<ThreadGroups.Group> groups =
        groups("pool-1-thread-1;a.A.a 2", "pool-1-thread-12;a.A.a;b.B.b 3", "main;a.A.a 4");

    assertEquals(
        List.of("pool-*-thread-*", "main"), groups.stream().map(ThreadGroups.Group::name).toList());
    assertEquals(5, groups.get(0).samples());
    assertEquals(2, groups.get(0).threads());
    assertEquals(1, groups.get(1).threads());
  }

  @Test
  void shouldGroupTheJvmsOwnThreadsByTask() {
    List<ThreadGroups.Group> groups =
        groups(
            "GC Thread#0;[native thread] 1",
            "G1 Conc#0;[native thread] 2",
            "C2 CompilerThre;[native thread] 4",
            "VM Thread;[native thread] 8",
            "ZWorkerYoung#1;[native thread] 16",
            "epoll-7;[native thread] 32");

    assertEquals(
        List.of("epoll-* 32", "[GC] 19", "[VM] 8", "[JIT] 4"),
        groups.stream().map(group -> group.name() + " " + group.samples()).toList());
  }

  @Test
  void shouldNotTakeAJavaThreadForTheJvmsByItsName() {
    assertEquals("GC Thread#*", groups("GC Thread#1;a.A.a 2").get(0).name());
  }

  @Test
  void shouldAddUpToTheProfile() {
    long samples =
        groups("a-1;x.X.x 2", "a-2;x.X.x 3", "b;y.Y.y 5", "GC Thread#1;[native thread] 7").stream()
            .mapToLong(ThreadGroups.Group::samples)
            .sum();
    assertEquals(17, samples);
  }
}
