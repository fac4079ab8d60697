package io.spprof.export;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * An export as a sequence of small steps, each of which writes one piece. A reader runs as many
 * steps as it needs for its next bytes. The export therefore needs neither the whole text in memory
 * nor a thread that waits.
 */
final class Steps {

  /** Writes one piece. */
  @FunctionalInterface
  interface Step {
    void write() throws IOException;
  }

  /** Writes one of several similar pieces. */
  @FunctionalInterface
  interface IndexedStep {
    void write(int index) throws IOException;
  }

  private record Stage(int count, IndexedStep step) {}

  private final Deque<Stage> stages = new ArrayDeque<>();
  private int index;

  /** Appends a step. */
  Steps then(Step step) {
    return each(1, i -> step.write());
  }

  /** Appends {@code count} steps, numbered from 0. */
  Steps each(int count, IndexedStep step) {
    if (count > 0) {
      stages.addLast(new Stage(count, step));
    }
    return this;
  }

  /**
   * Runs the next step.
   *
   * @return false if no step was left
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

  /** Runs all remaining steps. */
  void run() throws IOException {
    while (next()) {
      // The condition does the work.
    }
  }
}
