package io.spprof.console;

/** What the frames in the second row of a flame graph stand for. */
enum Towers {
  /** The threads whose names differ in numbers only, such as those of a pool, together. */
  POOLS,

  /** Each thread. */
  THREADS,

  /** The outermost frames of the stacks, of all threads together. */
  FRAMES
}
