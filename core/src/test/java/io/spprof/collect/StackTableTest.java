package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Frames;
import io.spprof.profile.Profile;
import io.spprof.profile.SampleTimes;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class StackTableTest {

  private static final long PLENTY = 1L << 30;

  /** The key of a row. */
  private record Key(List<Integer> frames, int thread) {}

  private record Sums(long samples, long nanos) {
    Sums plus(long cpuNanos) {
      return new Sums(samples + 1, nanos + cpuNanos);
    }
  }

  private final Random random = new Random(7);
  private final Map<Key, Sums> model = new HashMap<>();

  /** A table of stacks and a table of rows, used as the collector uses them. */
  private static final class Folding {
    private final StackTable stacks;
    private final RowTable rows;

    Folding(MemoryBudget budget) {
      stacks = new StackTable(budget);
      rows = new RowTable(budget);
    }

    int add(int[] frames, int depth, int thread, long cpuNanos) {
      int stack = stacks.number(frames, depth);
      return stack < 0 ? -1 : rows.add(stack, thread, 1, cpuNanos);
    }

    int stackCount() {
      return stacks.stackCount();
    }
  }

  private static Profile profile(Folding table) {
    return new Profile(
        Snapshots.NO_INFO,
        List.of(),
        Frames.NONE,
        List.of(),
        table.stacks.stacks(),
        table.rows.rows(),
        new SampleTimes(List.of(), 0));
  }

  private static List<Integer> frames(Profile profile, int stack) {
    return IntStream.range(0, profile.depth(stack))
        .map(i -> profile.frame(stack, i))
        .boxed()
        .toList();
  }

  private static Map<Key, Sums> read(Profile profile) {
    Map<Key, Sums> read = new HashMap<>();
    for (int row = 0; row < profile.rowCount(); row++) {
      Key key = new Key(frames(profile, profile.stack(row)), profile.thread(row));
      Sums before = read.put(key, new Sums(profile.samples(row), profile.cpuNanos(row)));
      assertEquals(null, before, "two rows for " + key);
    }
    return read;
  }

  /** Adds a random stack of few frames and few threads, so that most stacks recur. */
  private boolean addRandom(Folding table, int frames, int threads) {
    int depth = 1 + random.nextInt(6);
    int[] stack = random.ints(depth, 0, frames).toArray();
    int thread = random.nextInt(threads);
    long nanos = 1 + random.nextInt(1000);
    // Elements from index `depth` on do not belong to the stack.
    int[] scratch = Arrays.copyOf(stack, depth + random.nextInt(3));
    boolean added = table.add(scratch, depth, thread, nanos) >= 0;
    if (added) {
      Key key = new Key(Arrays.stream(stack).boxed().toList(), thread);
      model.merge(key, new Sums(1, nanos), (a, b) -> a.plus(nanos));
    }
    return added;
  }

  @Test
  void shouldFoldAsAMapDoesThroughManyGrowths() {
    Folding table = new Folding(new MemoryBudget(PLENTY));

    for (int i = 0; i < 200_000; i++) {
      assertTrue(addRandom(table, 12, 5));
    }

    assertTrue(table.stackCount() > 8 * 1024, "too few stacks to have grown");
    Profile profile = profile(table);
    assertEquals(model, read(profile));
    assertEquals(200_000, profile.totalSamples());
    Set<List<Integer>> stacks = new HashSet<>();
    for (int stack = 0; stack < profile.stackCount(); stack++) {
      assertTrue(stacks.add(frames(profile, stack)), "a stack is stored twice");
    }
  }

  @Test
  void shouldDistinguishPrefixesRotationsAndThreads() {
    Folding table = new Folding(new MemoryBudget(PLENTY));
    table.add(new int[] {1, 2, 3}, 3, 0, 1);
    table.add(new int[] {1, 2, 3}, 2, 0, 1);
    table.add(new int[] {3, 1, 2}, 3, 0, 1);
    table.add(new int[] {1, 2, 3}, 3, 1, 1);
    table.add(new int[] {1, 2, 3}, 3, 0, 1);

    assertEquals(3, table.stackCount());
    assertEquals(4, profile(table).rowCount());
    assertEquals(2, profile(table).samples(0));
  }

  @Test
  void shouldDistinguishStacksOfOneHash() {
    Folding table = new Folding(new MemoryBudget(PLENTY));
    // 31 * 1 + 0 == 31 * 0 + 31
    table.add(new int[] {1, 0}, 2, 0, 1);
    table.add(new int[] {0, 31}, 2, 0, 1);

    assertEquals(2, table.stackCount());
  }

  @Test
  void shouldKeepTheDeepestStackInOnePiece() {
    Folding table = new Folding(new MemoryBudget(PLENTY));
    int[] deep = random.ints(2050).toArray();
    for (int i = 0; i < 100; i++) { // spans several chunks
      deep[2048] = i;
      assertTrue(table.add(deep, 2050, 0, 1) >= 0);
    }

    Profile profile = profile(table);
    assertEquals(100, profile.stackCount());
    int[] last = IntStream.range(0, 2050).map(i -> profile.frame(99, i)).toArray();
    assertArrayEquals(deep, last);
    assertTrue(profile.frame(0, 2048) == 0 && profile.depth(0) == 2050);
  }

  @Test
  void shouldRefuseWhatTheBudgetLeavesNoRoomForAndKeepItsTotals() {
    MemoryBudget budget = new MemoryBudget(512 << 10);
    Folding table = new Folding(budget);
    int refused = 0;
    for (int i = 0; i < 100_000; i++) {
      refused += addRandom(table, 1000, 50) ? 0 : 1;
    }

    assertTrue(refused > 0, "the budget was never reached");
    assertEquals(model, read(profile(table)));
    assertEquals(100_000 - refused, profile(table).totalSamples());
    assertTrue(budget.used() <= 512 << 10);
  }

  @Test
  void shouldStillCountKnownStacksWhenItIsFull() {
    Folding table = new Folding(new MemoryBudget(200 << 10));
    int next = 0;
    while (table.add(new int[] {next, 1, 2, 3, 4, 5, 6, 7}, 8, 0, 1) >= 0) {
      next++;
    }

    assertEquals(0, table.add(new int[] {0, 1, 2, 3, 4, 5, 6, 7}, 8, 0, 5));
    assertEquals(-1, table.add(new int[] {next, 1, 2, 3, 4, 5, 6, 7}, 8, 0, 5));
    assertEquals(next + 1, profile(table).totalSamples());
    assertEquals(next + 5, profile(table).totalCpuNanos());
  }

  @Test
  void shouldKeepASnapshotAsItWasWhileAddingGoesOn() {
    Folding table = new Folding(new MemoryBudget(PLENTY));
    for (int i = 0; i < 5000; i++) {
      addRandom(table, 12, 5);
    }
    Profile snapshot = profile(table);
    Map<Key, Sums> then = Collections.unmodifiableMap(new HashMap<>(model));

    for (int i = 0; i < 100_000; i++) {
      addRandom(table, 40, 50);
    }

    assertEquals(then, read(snapshot));
    assertEquals(5000, snapshot.totalSamples());
    assertEquals(model, read(profile(table)));
  }

  @Test
  void shouldKeepWhatIsInUseUnderNewNumbersAndGiveBackTheRest() {
    MemoryBudget budget = new MemoryBudget(PLENTY);
    Folding table = new Folding(budget);
    for (int i = 0; i < 50_000; i++) {
      addRandom(table, 12, 5);
    }
    Profile before = profile(table);
    long used = budget.used();
    Random choice = new Random(3);
    boolean[] kept = new boolean[before.stackCount()];
    for (int stack = 0; stack < kept.length; stack++) {
      kept[stack] = choice.nextInt(10) == 0;
    }

    int[] numbers = new int[kept.length];
    table.stacks.become(table.stacks.some(kept, null, numbers));

    Profile after = profile(table);
    int count = 0;
    for (int stack = 0; stack < kept.length; stack++) {
      if (kept[stack]) {
        assertEquals(frames(before, stack), frames(after, numbers[stack]));
        int[] again = frames(before, stack).stream().mapToInt(frame -> frame).toArray();
        assertEquals(numbers[stack], table.stacks.number(again, again.length));
        count++;
      }
    }
    assertEquals(count, table.stackCount());
    assertTrue(table.stacks.bytes() < tableBytes(before) / 2);
    assertEquals(
        budget.used(), table.stacks.bytes() + (used - tableBytes(before)), "what is taken");
  }

  /** Bytes of the stacks before, from the row table's being untouched. */
  private static long tableBytes(Profile before) {
    StackTable copy = new StackTable(new MemoryBudget(PLENTY));
    for (int stack = 0; stack < before.stackCount(); stack++) {
      int[] frames = frames(before, stack).stream().mapToInt(frame -> frame).toArray();
      copy.number(frames, frames.length);
    }
    return copy.bytes();
  }
}
