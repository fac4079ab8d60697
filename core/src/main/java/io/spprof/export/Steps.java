package io.spprof.export;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * An exporter's work, divided into small steps that run one after the other. Each step writes one
 * piece of the output. A reader that needs more bytes runs steps until it has them. A reader can
 * therefore read an export slowly. The whole text is never in memory, and no thread waits for the
 * reader.
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

  /** A run of {@code count} similar steps. */
  private record Stage(int count, IndexedStep step) {}

  private final Deque<Stage> stages = new ArrayDeque<>();
  private int index;

  /** Appends one step. */
  Steps then(Step step) {
    return each(1, i -> step.write());
  }

  /** Appends {@code count} steps. Each step receives its number, which counts from 0. */
  Steps each(int count, IndexedStep step) {
    if (count > 0) {
      stages.addLast(new Stage(count, step));
    }
    return this;
  }

  /**
   * Runs the next step.
   *
   * @return false if there was no step left
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
