package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.symbol.SymbolResolver;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

final class MethodNumbersTest {

  private static final long PLENTY = 1L << 30;

  private final Map<Long, Integer> asked = new HashMap<>();

  private final MemoryBudget budget = new MemoryBudget(PLENTY);
  private final MethodTable table = new MethodTable(budget);

  private MethodNumbers numbers() {
    return numbers(
        method -> {
          asked.merge(method, 1, Integer::sum);
          return "m" + method;
        });
  }

  private MethodNumbers numbers(LongFunction<String> names) {
    return new MethodNumbers(
        budget,
        new SymbolResolver() {
          @Override
          public String name(long method) {
            return names.apply(method);
          }

          @Override
          public int[] lines(long method) {
            return new int[] {10 << 16 | 7, 0 << 16 | 5, 20 << 16 | 6};
          }
        },
        table);
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

  private static int ofId(MethodNumbers numbers, long id) {
    return numbers.method(numbers.number(id));
  }

  @Test
  void shouldNameEachMethodOnceHoweverManyThereAre() {
    MethodNumbers numbers = numbers();
    Map<Long, Integer> methods = new HashMap<>();
    for (int round = 0; round < 2; round++) {
      for (long i = 1; i <= 20_000; i++) {
        long method = 0x7f00_0000_0000L + i * 8; // like pointers
        int number = ofId(numbers, method);
        Integer before = methods.put(method, number);
        assertTrue(before == null || before == number);
        assertEquals("m" + method, table.name(number));
      }
    }

    assertEquals(20_000, table.size());
    assertTrue(asked.values().stream().allMatch(times -> times == 1));
  }

  @Test
  void shouldFileMethodsOfOneNameTogether() {
    MethodNumbers numbers = numbers(method -> "a.B.overloaded");

    assertEquals(ofId(numbers, 8), ofId(numbers, 16));
    assertEquals(1, table.size());
  }

  @Test
  void shouldGiveAMethodThatCannotBeNamedAClearName() {
    MethodNumbers numbers = numbers(method -> null);

    assertEquals(MethodTable.UNLOADED, table.name(ofId(numbers, 8)));
    assertEquals(ofId(numbers, 8), ofId(numbers, 16));
    assertEquals(1, table.size());
  }

  @Test
  void shouldFileMethodsUnderOneNameOnceTheBudgetIsSpent() {
    MemoryBudget budget = new MemoryBudget(100 << 10);
    MethodTable table = new MethodTable(budget);
    MethodNumbers numbers = new MethodNumbers(budget, new Unlined(), table);
    int first = ofId(numbers, 8);
    for (long method = 16; method < 80_000; method += 8) {
      ofId(numbers, method);
    }

    assertEquals(MethodTable.OTHERS, table.name(ofId(numbers, 1_000_000)));
    assertEquals(first, ofId(numbers, 8), "what is known stays known");
    assertTrue(budget.used() <= 100 << 10);
    assertTrue(table.size() < 2000);
  }

  @Test
  void shouldForgetNothingWhenNamingFails() {
    boolean[] failing = {true};
    MethodNumbers numbers =
        numbers(
            method -> {
              if (failing[0]) {
                throw new OutOfMemoryError("no room for a name");
              }
              return "m" + method;
            });
    assertThrows(OutOfMemoryError.class, () -> ofId(numbers, 8));
    assertEquals(0, table.size());

    failing[0] = false;
    assertEquals("m8", table.name(ofId(numbers, 8)));
  }

  @Test
  void shouldFindTheLineOfAByteCode() {
    MethodNumbers numbers = numbers();
    int number = numbers.number(8);

    assertEquals(5, numbers.line(number, 0));
    assertEquals(5, numbers.line(number, 9));
    assertEquals(7, numbers.line(number, 10));
    assertEquals(7, numbers.line(number, 19));
    assertEquals(6, numbers.line(number, 20));
    assertEquals(6, numbers.line(number, 65_535));
    assertEquals(0, numbers.line(number, -1), "no byte code");
    assertEquals(0, numbers.line(number, -3), "a native method");
    assertEquals(0, numbers.line(4711, 0), "no such method");
  }

  @Test
  void shouldFindLinesOfByteCodesBeyondHalfOfTheRange() {
    MethodNumbers numbers = numbers();
    numbers.named(
        1, "a.B.c", new int[] {0x7fff << 16 | 1, 0x8000 << 16 | 2, 0xffff << 16 | 0xffff});

    assertEquals(1, numbers.line(1, 0x7fff));
    assertEquals(2, numbers.line(1, 0x8000));
    assertEquals(2, numbers.line(1, 0xfffe));
    assertEquals(0xffff, numbers.line(1, 0xffff));
    assertEquals(0, numbers.line(1, 0x7ffe), "before the first");
  }

  @Test
  void shouldKeepTheLinesOfOverloadsApart() {
    MethodNumbers numbers = numbers();
    numbers.named(1, "a.B.c", new int[] {11});
    numbers.named(2, "a.B.c", new int[] {22});

    assertEquals(numbers.method(1), numbers.method(2));
    assertEquals(11, numbers.line(1, 0));
    assertEquals(22, numbers.line(2, 0));
  }

  @Test
  void shouldHaveNoLinesWhereTheBudgetHasNoRoomForThem() {
    MemoryBudget budget = new MemoryBudget(100 << 10);
    MethodTable table = new MethodTable(budget);
    MethodNumbers numbers = new MethodNumbers(budget, new Unlined(), table);
    numbers.named(1, "a.B.c", new int[100_000]);

    assertEquals(0, numbers.line(1, 0));
    assertEquals("a.B.c", table.name(numbers.method(1)));
    assertTrue(budget.used() <= 100 << 10);
  }
}
