package io.spprof.it.walk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.Programs;
import io.spprof.it.StackWalkers;
import io.spprof.it.TestPaths;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Checks that the profiler walks at least 999 of 1,000 stacks to the thread's root, whatever the
 * thread does. An ordinary build runs a selection of loads and modes of the JVM. {@code ./mvnw -q
 * -Psoak -Dsoak=walk verify} runs all of them, which takes half an hour. The results are written to
 * {@code target/whole-stacks-JDK.md}.
 */
class WholeStacksIT {

  /** CPU time of each of two threads, seconds. */
  private static final double SECONDS =
      Double.parseDouble(System.getProperty("spprof.it.walk.seconds", "1"));

  private static final Jdk JDK = Jdk.at(Programs.targetsJdk());

  /** A combination of a load and a mode. */
  private record Cell(Load load, Mode mode) {}

  /** The modes that differ from the others, each with a load that shows the difference. */
  private static final List<Cell> CHOICE =
      List.of(
          new Cell(Load.HANDLES, Mode.INT),
          new Cell(Load.STRINGS, Mode.COMP),
          new Cell(Load.LAMBDAS, Mode.C1),
          new Cell(Load.JAVAC, Mode.C1_PROFILED),
          new Cell(Load.THROWING, Mode.C2),
          new Cell(Load.THREAD_DUMPS, Mode.C1),
          new Cell(Load.BARRIERS, Mode.SERIAL),
          new Cell(Load.BARRIERS, Mode.PARALLEL),
          new Cell(Load.BARRIERS, Mode.ZGC),
          new Cell(Load.BARRIERS, Mode.SHENANDOAH),
          new Cell(Load.BARRIERS, Mode.GENSHEN),
          new Cell(Load.MEGAMORPHIC, Mode.FRAME_POINTER),
          new Cell(Load.VM_CALLS, Mode.WIDE_OOPS),
          new Cell(Load.NATIVE_CALLS, Mode.CHECK_JNI));

  /**
   * The combinations for what JDK 21 has and JDK 17 has not, and for what it does differently from
   * JDK 25.
   */
  private static final List<Cell> CHOICE_OF_21 =
      List.of(
          new Cell(Load.VIRTUAL, Mode.DEFAULT),
          new Cell(Load.VIRTUAL, Mode.INT),
          new Cell(Load.VIRTUAL, Mode.C1),
          new Cell(Load.VIRTUAL, Mode.ZGC),
          new Cell(Load.VIRTUAL, Mode.SHENANDOAH),
          new Cell(Load.VIRTUAL_WAYS, Mode.DEFAULT),
          new Cell(Load.THROWING, Mode.DEFAULT),
          new Cell(Load.LAMBDAS, Mode.DEFAULT),
          new Cell(Load.VM_CALLS, Mode.DEFAULT),
          new Cell(Load.UPCALLS, Mode.DEFAULT));

  @Test
  void shouldWalkToTheRootOn21() throws Exception {
    Jdk jdk = Jdk.at(Programs.requireJdk(21));
    assertEquals(21, jdk.feature());
    assertWhole(jdk, rows(jdk, CHOICE_OF_21));
  }

  @Test
  void shouldWalkToTheRoot() throws Exception {
    List<Cell> cells = new ArrayList<>();
    // The deepest recursion stands for the others.
    Stream.of(Load.values())
        .filter(load -> load != Load.RECURSION_50 && load != Load.RECURSION_500)
        .forEach(load -> cells.add(new Cell(load, Mode.DEFAULT)));
    cells.addAll(CHOICE);
    assertWhole(cells);
  }

  @Test
  @Tag("walk")
  void shouldWalkToTheRootInEveryMode() throws Exception {
    assertWhole(
        Stream.of(Load.values())
            .flatMap(load -> Stream.of(Mode.values()).map(mode -> new Cell(load, mode)))
            .toList());
  }

  private static void assertWhole(List<Cell> cells) throws Exception {
    List<Cell> possible =
        cells.stream()
            .filter(cell -> cell.load().isOfferedBy(JDK) && cell.mode().isOfferedBy(JDK))
            .toList();
    List<Row> rows = rows(JDK, possible);
    long loads = possible.stream().map(Cell::load).distinct().count();
    long offered = Stream.of(Load.values()).filter(load -> load.isOfferedBy(JDK)).count();
    assertTrue(
        offered >= Load.values().length - 4 && loads >= offered - 2, () -> "loads: " + possible);
    assertWhole(JDK, rows);
  }

  private static List<Row> rows(Jdk jdk, List<Cell> cells) throws Exception {
    WholeStacks stacks =
        new WholeStacks(jdk, TestPaths.agentJar(), StackWalkers.chosen(), "1ms", SECONDS);
    List<Row> rows = new ArrayList<>();
    for (Cell cell : cells) {
      rows.add(stacks.measure(cell.load(), cell.mode()));
    }
    return rows;
  }

  private static void assertWhole(Jdk jdk, List<Row> rows) throws Exception {
    WholeStacks.write(
        TestPaths.output("whole-stacks-" + jdk.feature() + ".md"), WholeStacks.table(jdk, rows));
    String bad =
        rows.stream().filter(row -> !row.isGood()).map(Row::full).collect(Collectors.joining());
    long samples = rows.stream().mapToLong(Row::samples).sum();
    long broken = rows.stream().mapToLong(Row::broken).sum();
    // A single row may fail by bad luck; all rows together have too many samples for that.
    assertTrue(
        bad.isEmpty() && broken <= Row.MOST * samples,
        () -> broken + " of " + samples + " are broken; rows with too many:\n" + bad);
  }
}
