package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.ProfileThread;
import io.spprof.profile.ThreadKind;
import io.spprof.sampler.ThreadName;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

final class ThreadTableTest {

  private final ThreadTable table = new ThreadTable(new MemoryBudget(2 << 20));

  private static String nameOf(ThreadTable table, int serial) {
    int number = table.number(serial, false); // may create a new name
    return table.threads().get(number).name();
  }

  @Test
  void shouldFileThreadsOfOneNameTogether() {
    table.named(1, ThreadName.of("worker"));
    table.named(2, ThreadName.of("worker"));
    table.named(3, ThreadName.of("main"));

    assertEquals(table.number(1, false), table.number(2, false));
    assertNotEquals(table.number(1, false), table.number(3, false));
    assertEquals(
        List.of(ProfileThread.java("worker"), ProfileThread.java("main")), table.threads());
  }

  @Test
  void shouldCountHowOftenThreadsAreRenamed() {
    table.named(1, ThreadName.of("worker"));
    table.named(2, ThreadName.of("worker"));
    table.named(1, new ThreadName("worker", 101, 7)); // the same name with other numbers
    assertEquals(0, table.renames());
    table.named(1, ThreadName.of("task 1"));
    table.named(1, ThreadName.of("task 1"));
    assertEquals(1, table.renames());
    table.named(1, ThreadName.of("worker"));
    assertEquals(2, table.renames());
  }

  @Test
  void shouldKeepJavaThreadsApartFromOthersOfTheName() {
    table.named(1, ThreadName.of("GC Thread#0"));
    table.named(2, ThreadName.of("GC Thread#0"));
    int ofJava = table.number(1, false);
    int ofNative = table.number(2, true);

    assertNotEquals(ofJava, ofNative);
    assertEquals(ofNative, table.number(1, true));
    assertEquals(ThreadKind.JAVA, table.kind(ofJava));
    assertEquals(ThreadKind.GC, table.kind(ofNative));
  }

  @Test
  void shouldKnowTheKindOfAThreadWithoutRoomForItsName() {
    ThreadTable small = new ThreadTable(new MemoryBudget(1));
    small.named(1, ThreadName.of("GC Thread#0"));
    small.named(2, ThreadName.of("lib"));
    int gc = small.number(1, true);
    assertEquals(new ProfileThread(ThreadTable.OTHERS, ThreadKind.GC), small.threads().get(gc));
    assertEquals(ThreadKind.LIBRARY, small.kind(small.number(2, true)));
    assertEquals(ThreadKind.JAVA, small.kind(small.number(2, false)));
    assertEquals(ThreadKind.UNKNOWN, small.kind(small.number(3, true)), "a name that never came");
  }

  @Test
  void shouldRemoveThreadsWithoutSamplesAndNamesOfEndedThreads() {
    table.named(1, ThreadName.of("ended"));
    table.named(2, ThreadName.of("kept"));
    int ended = table.number(1, false);
    int kept = table.number(2, true);
    table.number(2, false);
    table.keeping(new boolean[table.size()], new int[table.size()]).run(); // all are alive
    assertEquals(0, table.size());
    assertEquals("kept", nameOf(table, 2));

    table.named(2, ThreadName.of("kept")); // alive since the removal; the other has ended
    kept = table.number(2, true);
    ended = table.number(1, false);
    boolean[] keep = new boolean[table.size()];
    keep[kept] = true;
    int[] numbers = new int[table.size()];
    table.keeping(keep, numbers).run();
    assertEquals(List.of(new ProfileThread("kept", ThreadKind.LIBRARY)), table.threads());
    assertEquals(numbers[kept], table.number(2, true));
    assertEquals("[thread 1]", nameOf(table, 1));
    assertNotEquals(ended, kept);
  }

  @Test
  void shouldFileARenamedThreadUnderItsNewNameFromThenOn() {
    table.named(1, ThreadName.of("before"));
    int before = table.number(1, false);
    table.named(1, ThreadName.of("after"));

    assertNotEquals(before, table.number(1, false));
    assertEquals("before", table.threads().get(before).name());
    assertEquals("after", nameOf(table, 1));
    table.named(1, ThreadName.of("before"));
    assertEquals(before, table.number(1, false));
  }

  /** The numbers of each thread by the system and by the JVM. */
  private List<List<Long>> ids() {
    return table.threads().stream().map(t -> List.of(t.systemId(), t.javaId())).toList();
  }

  @Test
  void shouldKnowTheNumbersOfANameThatOneThreadHad() {
    table.named(1, new ThreadName("main", 101, 1));
    table.named(2, new ThreadName("lib", 102, 0));
    table.named(3, new ThreadName("both", 103, 3));
    table.number(1, false);
    table.number(2, true);
    table.number(3, false);
    table.number(3, true); // left the JVM, and ran on
    table.named(1, new ThreadName("renamed", 101, 1));
    table.named(1, new ThreadName("main", 101, 1));
    table.number(1, false);

    assertEquals(
        List.of(List.of(101L, 1L), List.of(102L, 0L), List.of(103L, 3L), List.of(103L, 0L)), ids());
  }

  @Test
  void shouldKnowNoNumbersOfANameThatSeveralThreadsHad() {
    table.named(1, new ThreadName("worker", 101, 1));
    table.number(1, false);
    assertEquals(List.of(List.of(101L, 1L)), ids());
    table.named(2, new ThreadName("worker", 102, 2));
    table.number(2, false);
    table.named(1, new ThreadName("worker", 101, 1)); // a third time

    table.named(3, new ThreadName("attached", 103, 3));
    table.named(3, new ThreadName("attached", 103, 4)); // it came back to the JVM
    table.number(3, false);

    table.named(4, new ThreadName("half known", 104, 4));
    table.named(5, ThreadName.of("half known"));
    table.number(4, false);
    assertEquals(List.of(List.of(0L, 0L), List.of(103L, 0L), List.of(0L, 0L)), ids());
  }

  @Test
  void shouldKeepTheNumbersOfANameThatStays() {
    table.named(1, new ThreadName("main", 101, 1));
    boolean[] kept = {true};
    table.number(1, false);
    table.keeping(kept, new int[1]).run();

    assertEquals(List.of(List.of(101L, 1L)), ids());
    table.named(2, new ThreadName("main", 102, 2));
    assertEquals(List.of(List.of(0L, 0L)), ids());
  }

  @Test
  void shouldKnowNoNumbersOfThreadsWithoutRoomForTheirNames() {
    ThreadTable small = new ThreadTable(new MemoryBudget(1));
    small.named(1, new ThreadName("main", 101, 1));
    int number = small.number(1, false);
    ProfileThread other = small.threads().get(number);
    assertEquals(List.of(0L, 0L), List.of(other.systemId(), other.javaId()));
  }

  /** User and system time of a name. */
  private List<Long> timesOf(String name) {
    return times(thread -> thread.name().equals(name));
  }

  private List<Long> timesOfAll() {
    return times(thread -> true);
  }

  private List<Long> times(Predicate<ProfileThread> isMeant) {
    long user = 0;
    long system = 0;
    for (ProfileThread thread : table.threads()) {
      if (isMeant.test(thread)) {
        user += thread.userNanos();
        system += thread.systemNanos();
      }
    }
    return List.of(user, system);
  }

  @Test
  void shouldAddUpUserAndSystemTimeByName() {
    table.times(1, 10, 1); // comes before the name
    table.named(1, ThreadName.of("worker"));
    table.named(2, ThreadName.of("worker"));
    table.named(3, ThreadName.of("main"));
    for (int serial = 1; serial <= 3; serial++) {
      table.number(serial, false);
    }
    table.number(1, true); // the same name, another kind
    table.times(1, 20, 2);
    table.times(2, 100, 7);
    table.times(4, 1000, 1000); // was never sampled, so it has no name
    table.times(100_000, 5, 5);

    assertEquals(List.of(130L, 10L), timesOf("worker"));
    assertEquals(List.of(0L, 0L), timesOf("main"));
    assertEquals(List.of(1005L, 1005L), timesOf(ThreadTable.OTHERS));
    assertEquals(List.of(1135L, 1015L), timesOfAll());
    assertEquals(3, table.size());
  }

  @Test
  void shouldGiveTimesToTheNameOfTheirMoment() {
    table.named(1, ThreadName.of("before"));
    table.number(1, false);
    table.times(1, 10, 1);
    table.named(1, ThreadName.of("after"));
    table.number(1, false);
    table.times(1, 200, 20);

    assertEquals(List.of(10L, 1L), timesOf("before"));
    assertEquals(List.of(200L, 20L), timesOf("after"));
  }

  @Test
  void shouldKeepTheTimesOfANameThatStays() {
    table.named(1, ThreadName.of("gone"));
    table.named(2, ThreadName.of("stays"));
    table.number(1, false);
    int stays = table.number(2, false);
    table.times(1, 1, 1);
    table.times(2, 30, 3);
    boolean[] kept = new boolean[2];
    kept[stays] = true;
    table.keeping(kept, new int[2]).run();
    table.times(2, 4, 4);

    assertEquals(1, table.size());
    assertEquals(List.of(34L, 7L), timesOf("stays"));
    assertEquals(List.of(35L, 8L), timesOfAll());
  }

  @Test
  void shouldKeepTheTimesOfRemovedNamesForOtherThreads() {
    table.named(1, ThreadName.of("ended"));
    table.named(2, ThreadName.of("lives"));
    table.number(1, false);
    table.number(2, false);
    table.times(1, 10, 1);
    table.times(2, 200, 20);
    table.keeping(new boolean[2], new int[2]).run(); // both are alive
    assertEquals(List.of(210L, 21L), timesOf(ThreadTable.OTHERS));

    table.named(2, ThreadName.of("lives")); // the other thread has ended
    table.keeping(new boolean[0], new int[0]).run();
    table.times(2, 3000, 300);
    table.number(2, false);
    assertEquals(List.of(3200L, 320L), timesOf("lives"));
    assertEquals(List.of(10L, 1L), timesOf(ThreadTable.OTHERS));
    assertEquals(List.of(3210L, 321L), timesOfAll());
  }

  @Test
  void shouldKeepTheTimesOfManyThreadsThatNeverGetANameForOtherThreads() {
    for (int serial = 1; serial <= 10_000; serial++) {
      table.times(serial, 1, 1);
    }
    table.named(1, ThreadName.of("t"));
    table.named(10_000, ThreadName.of("t"));
    table.number(1, false);

    assertEquals(List.of(1L, 1L), timesOf("t"));
    assertEquals(List.of(9999L, 9999L), timesOf(ThreadTable.OTHERS));
  }

  @Test
  void shouldNumberAThreadWhoseNameNeverCame() {
    assertEquals("[thread 7]", nameOf(table, 7));
    assertEquals(table.number(7, false), table.number(7, false));
    assertEquals(ThreadKind.UNKNOWN, table.kind(table.number(7, true)));

    table.named(7, ThreadName.of("late"));
    assertEquals("late", nameOf(table, 7));
  }

  @Test
  void shouldGrowToAnySerial() {
    table.named(1, ThreadName.of("first"));
    table.named(100_000, ThreadName.of("last"));

    assertEquals("last", nameOf(table, 100_000));
    assertEquals("first", nameOf(table, 1));
    assertEquals("[thread 99999]", nameOf(table, 99_999));
  }

  @Test
  void shouldFileThreadsUnderOneNameOnceTheBudgetIsSpent() {
    MemoryBudget budget = new MemoryBudget(16 << 10);
    ThreadTable small = new ThreadTable(budget);
    for (int serial = 1; serial < 1000; serial++) {
      small.named(serial, ThreadName.of("thread-" + serial));
    }

    assertEquals("thread-1", nameOf(small, 1));
    assertEquals(ThreadTable.OTHERS, nameOf(small, 999));
    assertEquals(
        ThreadTable.OTHERS, nameOf(small, 1_000_000), "a serial that there is no room for");
    assertEquals(ThreadTable.OTHERS, nameOf(small, 200));
    small.named(200, ThreadName.of("thread-1"));
    assertEquals("thread-1", nameOf(small, 200), "a known name takes no room");
    assertTrue(budget.used() <= 16 << 10);
    assertTrue(small.threads().size() < 200);
  }
}
