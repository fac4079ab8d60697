package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FlameTreeTest {

  private static final String LINES = "t1;a;b 3\nt1;a 2\nt2;a;c 7\nt2;[no frame] 1\nt3 1\n";

  private static FlameTree read(String lines, Towers towers) throws IOException {
    return FlameTree.of(new FlameProfile(lines, 0, null), towers);
  }

  private static String shown(FlameTree tree) {
    StringBuilder shown = new StringBuilder();
    for (int node = 0; node < tree.size(); node++) {
      shown.append(tree.depth(node)).append(tree.name(node)).append(tree.nanos(node)).append(' ');
    }
    return shown.toString().strip();
  }

  @Test
  void shouldPutTheLargestFirstAndKeepEverySample() throws IOException {
    FlameTree tree = read(LINES, Towers.THREADS);

    assertEquals("0all14 1t28 2a7 3c7 2[no frame]1 1t15 2a5 3b3 1t31", shown(tree));
    assertEquals(-1, tree.parent(0));
    for (int node = 1; node < tree.size(); node++) {
      assertTrue(tree.isWithin(node, tree.parent(node)), tree.name(node));
      assertEquals(tree.depth(tree.parent(node)) + 1, tree.depth(node));
    }
    assertEquals(tree.size(), tree.end(0));
  }

  @Test
  void shouldFindAPathOfAnotherProfile() throws IOException {
    FlameTree before = read("t1;a;b;c 3\nt2;a 5\n", Towers.THREADS);
    FlameTree after = read("t1;a;d 9\nt1;a;b 1\n", Towers.THREADS);
    int c = before.find(List.of("t1", "a", "b", "c"));
    assertEquals("c", before.name(c));
    assertEquals(List.of("t1", "a", "b", "c"), before.path(c));
    assertEquals(List.of(), before.path(0));

    assertEquals("b", after.name(after.find(before.path(c))), "c is no longer there");
    assertEquals(0, after.find(List.of("t2", "a")));
  }

  @Test
  void shouldPutTheThreadsOfAPoolTogether() throws IOException {
    String lines =
        "http-8080-exec-1;a 3\nhttp-8080-exec-2;a 2\nhttp-8080-exec-2;b 1\n"
            + "main;a 4\nGC Thread#0 2\nGC Thread#11 1\nx7 2\np-*;a 1\np-4;a 1\n";
    FlameTree tree = read(lines, Towers.POOLS);

    assertEquals(
        "0all17 1http-8080-exec-* (2 threads)6 2a5 2b1 1main4 2a4 1GC Thread#* (2 threads)3"
            + " 1p-* (2 threads)2 2a2 1x72",
        shown(tree));
    Map<String, FlameKind> kinds =
        Map.of("http-*-exec-*", FlameKind.POOL, "main", FlameKind.THREAD, "x*", FlameKind.THREAD);
    kinds.forEach((path, kind) -> assertEquals(kind, tree.kind(tree.find(List.of(path))), path));
  }

  @Test
  void shouldKeepTheNumbersThatAllThreadsOfAPoolShare() throws IOException {
    assertEquals(
        "0all2 1p-1-t-* (2 threads)2", shown(read("p-1-t-1 1\np-1-t-2 1\n", Towers.POOLS)));
    assertEquals(
        "0all2 1p-*-t-* (2 threads)2", shown(read("p-1-t-1 1\np-2-t-2 1\n", Towers.POOLS)));
  }

  @Test
  void shouldFindAPoolWhoseThreadsChanged() throws IOException {
    FlameTree before = read("main 9\np-1-t-1;a;b 1\n", Towers.POOLS);
    FlameTree after = read("main 9\np-1-t-1;a 1\np-2-t-1;a;b 1\n", Towers.POOLS);
    List<String> path = before.path(before.size() - 1);
    assertEquals(List.of("p-*-t-*", "a", "b"), path);

    int found = after.find(path);
    assertEquals("b", after.name(found));
    assertEquals("p-*-t-1 (2 threads)", after.name(after.parent(after.parent(found))));
  }

  @Test
  void shouldTellKindsApart() {
    Map<String, FlameKind> kinds =
        Map.of(
            "a.B.c_[j]", FlameKind.JAVA,
            "[syscall futex]_[k]", FlameKind.SYSCALL,
            "libc.so.6`memset", FlameKind.NATIVE,
            "libc.so.6+0x10", FlameKind.NATIVE,
            "[vdso]`clock_gettime", FlameKind.NATIVE,
            "[vdso]+0x9f0", FlameKind.NATIVE,
            "[unknown native code]", FlameKind.NATIVE,
            "libjvm.so`JVM_GC", FlameKind.JVM,
            "[native thread]", FlameKind.SYNTHETIC,
            "[C2] a.B.c", FlameKind.SYNTHETIC);
    kinds.forEach((frame, kind) -> assertEquals(kind, FlameKind.of(frame), frame));
  }

  @Test
  void shouldMergeTheThreads() throws IOException {
    assertEquals("0all14 1a12 2c7 2b3 1[no frame]1", shown(read(LINES, Towers.FRAMES)));
  }

  @Test
  void shouldCountAMatchInsideOfAMatchOnce() throws IOException {
    FlameTree tree = read("t;a;x;a 4\nt;b;a 2\nt;b 1\n", Towers.THREADS);

    assertEquals(6, tree.matching(0, "a"::equals));
    assertEquals(3, tree.matching(0, "b"::equals));
    assertEquals(0, tree.matching(0, "c"::equals));
  }

  private static FlameTree difference(String before, String after, Towers towers)
      throws IOException {
    return FlameTree.of(
        new FlameProfile(after, 40_000, new FlameProfile(before, 10_000, null)), towers);
  }

  private static String changes(FlameTree tree) {
    StringBuilder changes = new StringBuilder();
    for (int node = 0; node < tree.size(); node++) {
      changes
          .append(tree.name(node))
          .append(String.format(Locale.ROOT, "%+.0f", tree.change(node).points()))
          .append(String.format(Locale.ROOT, "%+.0f ", tree.selfChange(node).points()));
    }
    return changes.toString().strip();
  }

  @Test
  void shouldCompareSharesWithCalleesAndWithout() throws IOException {
    String before = "t;a 30\nt;a;b 20\nt;c 40\nt;gone;x 10\n";
    // The later profile is four times as long: a shares the same, and b has become slower.
    String after = "t;a 120\nt;a;b 120\nt;c 100\nt;new 60\n";
    FlameTree tree = difference(before, after, Towers.THREADS);

    assertEquals("0all400 1t400 2a240 3b120 2c100 2new60 2gone0 3x0", shown(tree));
    assertEquals("all+0+0 t+0+0 a+10+0 b+10+10 c-15-15 new+15+15 gone-10+0 x-10-10", changes(tree));
    assertEquals(50, tree.before(tree.find(List.of("t", "a"))));
    assertEquals(0, tree.before(tree.find(List.of("t", "new"))));
    int x = tree.size() - 1;
    assertEquals(10, tree.before(x));
    // 10 % of 10,000 samples and none of 40,000: 2 x sqrt(0.02 x 0.98 x (1 / 10,000 + 1 / 40,000))
    assertEquals(0.313, tree.selfChange(x).chance(), 0.0005);
    assertEquals(-4, tree.selfChange(x).level());
    assertEquals(0, tree.selfChange(1).level());
    assertEquals("t", tree.name(tree.find(List.of("t", "gone", "x"))), "the path has no width");
    assertTrue(tree.isDifference());
    assertFalse(read(before, Towers.THREADS).isDifference());
  }

  @Test
  void shouldCompareThePoolsOfBoth() throws IOException {
    FlameTree tree = difference("p-1;a 1\nx 1\n", "p-2;a 3\nx 1\n", Towers.POOLS);
    assertEquals("0all4 1p-* (2 threads)3 2a3 1x1", shown(tree));
    assertEquals("all+0+0 p-* (2 threads)+25+0 a+25+25 x-25-25", changes(tree));
    assertEquals(
        "all+0-25 a+25+25", changes(difference("p-1;a 1\nx 1\n", "p-2;a 3\nx 1\n", Towers.FRAMES)));
  }

  @Test
  void shouldCompareWithAnEmptyProfile() throws IOException {
    assertEquals("all+100+0 t+100+0 a+100+100", changes(difference("", "t;a 1\n", Towers.THREADS)));
    FlameTree gone = difference("t;a 1\n", "", Towers.THREADS);
    assertEquals("all-100+0 t-100+0 a-100-100", changes(gone));
    assertEquals(0, gone.find(List.of("t", "a")));
  }

  @Test
  void shouldReadAnEmptyProfileAndVeryDeepStacks() throws IOException {
    assertEquals("0all0", shown(read("", Towers.THREADS)));
    FlameTree deep = read("t" + ";f".repeat(100_000) + " 1\n", Towers.THREADS);
    assertEquals(100_002, deep.size());
    assertEquals(100_001, deep.depth(deep.size() - 1));
  }

  @Test
  void shouldRefuseALineThatIsNoFoldedStack() {
    for (String line : new String[] {"", "a;b", "a;b x", "12"}) {
      IOException refusal =
          assertThrows(IOException.class, () -> read(line + "\n", Towers.THREADS), line);
      assertEquals("not a folded stack: " + line, refusal.getMessage());
    }
  }
}
