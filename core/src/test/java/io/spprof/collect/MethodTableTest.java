package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.symbol.SymbolResolver;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

final class MethodTableTest {

  private static final long PLENTY = 1L << 30;

  private final Map<Long, Integer> asked = new HashMap<>();

  private MethodTable table(long budget) {
    return table(
        budget,
        method -> {
          asked.merge(method, 1, Integer::sum);
          return "m" + method;
        });
  }

  private static MethodTable table(long budget, LongFunction<String> names) {
    return new MethodTable(
        new MemoryBudget(budget),
        new SymbolResolver() {
          @Override
          public String name(long method) {
            return names.apply(method);
          }

          @Override
          public int[] lines(long method) {
            return new int[] {10 << 16 | 7, 0 << 16 | 5, 20 << 16 | 6};
          }
        });
  }

  private record Unlined() implements SymbolResolver {
    @Override
    public String name(long method) {
      return "m" + method;
    }

    @Override
    public int[] lines(long method) {
      return new int[0];
    }
  }

  private static int ofId(MethodTable table, long id) {
    return table.method(table.number(id));
  }

  @Test
  void shouldNameEachMethodOnceHoweverManyThereAre() {
    MethodTable table = table(PLENTY);
    Map<Long, Integer> numbers = new HashMap<>();
    for (int round = 0; round < 2; round++) {
      for (long i = 1; i <= 20_000; i++) {
        long method = 0x7f00_0000_0000L + i * 8; // as pointers are
        int number = ofId(table, method);
        Integer before = numbers.put(method, number);
        assertTrue(before == null || before == number);
        assertEquals("m" + method, table.name(number));
      }
    }

    assertEquals(20_000, table.size());
    assertTrue(asked.values().stream().allMatch(times -> times == 1));
  }

  @Test
  void shouldFileMethodsOfOneNameTogether() {
    MethodTable table = table(PLENTY, method -> "a.B.overloaded");

    assertEquals(ofId(table, 8), ofId(table, 16));
    assertEquals(1, table.size());
  }

  @Test
  void shouldGiveAMethodThatCannotBeNamedAClearName() {
    MethodTable table = table(PLENTY, method -> null);

    assertEquals(MethodTable.UNLOADED, table.name(ofId(table, 8)));
    assertEquals(ofId(table, 8), ofId(table, 16));
    assertEquals(1, table.size());
  }

  @Test
  void shouldKeepSyntheticFramesApartFromMethods() {
    MethodTable table = table(PLENTY);

    assertEquals(table.synthetic("[a]"), table.synthetic("[a]"));
    assertNotEquals(table.synthetic("[a]"), table.synthetic("[b]"));
    assertNotEquals(table.synthetic("[a]"), ofId(table, 8));
  }

  @Test
  void shouldFileMethodsUnderOneNameOnceTheBudgetIsSpent() {
    MemoryBudget budget = new MemoryBudget(100 << 10);
    MethodTable table = new MethodTable(budget, new Unlined());
    int first = ofId(table, 8);
    for (long method = 16; method < 80_000; method += 8) {
      ofId(table, method);
    }

    assertEquals(MethodTable.OTHERS, table.name(ofId(table, 1_000_000)));
    assertEquals(first, ofId(table, 8), "what is known stays known");
    assertTrue(budget.used() <= 100 << 10);
    assertTrue(table.size() < 2000);
  }

  @Test
  void shouldKeepRoomForSyntheticFramesWhenTheColumnsCannotGrow() {
    MethodTable table = table(150 << 10); // names fit, twice the columns do not
    for (long method = 8; method < 80_000; method += 8) {
      ofId(table, method);
    }
    int synthetic = table.synthetic("[unwalkable: unknown cause]");

    table.count(new int[] {synthetic}, 1, 5);

    assertEquals(5, table.selfNanos(synthetic));
  }

  @Test
  void shouldCountAFrameOnceASampleHoweverOftenItRecurs() {
    MethodTable table = table(PLENTY);
    int leaf = ofId(table, 8);
    int recursive = ofId(table, 16);

    table.count(new int[] {leaf, recursive, recursive, recursive}, 4, 10);
    table.count(new int[] {recursive, recursive}, 2, 5);

    assertEquals(10, table.selfNanos(leaf));
    assertEquals(10, table.totalNanos(leaf));
    assertEquals(5, table.selfNanos(recursive));
    assertEquals(15, table.totalNanos(recursive));
    assertEquals(1, table.selfSamples(recursive));
  }

  @Test
  void shouldForgetNothingWhenNamingFails() {
    boolean[] failing = {true};
    MethodTable table =
        table(
            PLENTY,
            method -> {
              if (failing[0]) {
                throw new OutOfMemoryError("no room for a name");
              }
              return "m" + method;
            });
    assertThrows(OutOfMemoryError.class, () -> ofId(table, 8));
    assertEquals(0, table.size());

    failing[0] = false;
    assertEquals("m8", table.name(ofId(table, 8)));
  }

  @Test
  void shouldTellTheLineOfAByteCode() {
    MethodTable table = table(PLENTY);
    int number = table.number(8);

    assertEquals(5, table.line(number, 0));
    assertEquals(5, table.line(number, 9));
    assertEquals(7, table.line(number, 10));
    assertEquals(7, table.line(number, 19));
    assertEquals(6, table.line(number, 20));
    assertEquals(6, table.line(number, 65_535));
    assertEquals(0, table.line(number, -1), "no byte code");
    assertEquals(0, table.line(number, -3), "a native method");
    assertEquals(0, table.line(4711, 0), "no such method");
  }

  @Test
  void shouldTellLinesOfByteCodesBeyondHalfOfTheRange() {
    MethodTable table = table(PLENTY);
    table.named(1, "a.B.c", new int[] {0x7fff << 16 | 1, 0x8000 << 16 | 2, 0xffff << 16 | 0xffff});

    assertEquals(1, table.line(1, 0x7fff));
    assertEquals(2, table.line(1, 0x8000));
    assertEquals(2, table.line(1, 0xfffe));
    assertEquals(0xffff, table.line(1, 0xffff));
    assertEquals(0, table.line(1, 0x7ffe), "before the first");
  }

  @Test
  void shouldKeepTheLinesOfOverloadsApart() {
    MethodTable table = table(PLENTY);
    table.named(1, "a.B.c", new int[] {11});
    table.named(2, "a.B.c", new int[] {22});

    assertEquals(table.method(1), table.method(2));
    assertEquals(11, table.line(1, 0));
    assertEquals(22, table.line(2, 0));
  }

  @Test
  void shouldKnowNoLineWhereTheBudgetHasNoRoomForThem() {
    MemoryBudget budget = new MemoryBudget(100 << 10);
    MethodTable table = new MethodTable(budget, new Unlined());
    table.named(1, "a.B.c", new int[100_000]);

    assertEquals(0, table.line(1, 0));
    assertEquals("a.B.c", table.name(table.method(1)));
    assertTrue(budget.used() <= 100 << 10);
  }
}
