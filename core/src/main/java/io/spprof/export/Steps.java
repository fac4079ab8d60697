package io.spprof.export;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * An export cut into small pieces of work that are done one after the other, so that whoever reads
 * it takes as much as it wants at a time and nothing has to be held as a whole: neither text nor a
 * thread that waits.
 */
final class Steps {

  /** Writes a piece. */
  @FunctionalInterface
  interface Step {
    void write() throws IOException;
  }

  /** Writes one of many like pieces. */
  @FunctionalInterface
  interface IndexedStep {
    void write(int index) throws IOException;
  }

  private record Stage(int count, IndexedStep step) {}

  private final Deque<Stage> stages = new ArrayDeque<>();
  private int index;

  /** Appends a piece. */
  Steps then(Step step) {
    return each(1, i -> step.write());
  }

  /** Appends as many pieces, numbered from 0. */
  Steps each(int count, IndexedStep step) {
    if (count > 0) {
      stages.addLast(new Stage(count, step));
    }
    return this;
  }

  /**
   * Writes the next piece.
   *
   * @return false if there was none
   */
  boolean next() throws IOException {
    Stage stage = stages.peekFirst();
    if (stage == null) {
      return false;
    }
    stage.step.write(index++);
    if (index == stage.count) {
      stages.removeFirst();
      index = 0;
    }
    return true;
  }

  /** Writes all that is left. */
  void run() throws IOException {
    while (next()) {
      // The work is the condition.
    }
  }
}
