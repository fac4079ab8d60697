package io.spprof.collect;

import io.spprof.sampler.SampleView;
import io.spprof.sampler.StackWord;
import io.spprof.sampler.WalkResult;
import io.spprof.symbol.SymbolResolver;

/**
 * Decodes the stack of a sample. The walker wrote the stack into the ring as a sequence of stack
 * words; the result is a sequence of numbers of the {@link FrameTable}, the leaf first. A stack
 * word can contain the walker's own number of a method or of a location (an address in compiled
 * code). The decoder remembers what these numbers mean.
 *
 * <p>Used under the lock of {@link Collector}. A decoded stack is valid until the next stack is
 * decoded.
 */
final class StackDecoder {

  private static final String TRUNCATED = "[truncated]";
  private static final int MOST_TRANSIENTS = 1000;
  private static final int MOST_LIBRARIES = 512; // half of the walker's numbers

  private final MethodTable methods;
  private final MethodNumbers numbers;
  private final FrameTable frames;
  private final LocationTable locations;
  private final NativeFunctions functions;
  private final int depth;
  private final int[] stack; // has room for two more frames, both synthetic, at the root
  private int brokenAt; // the frame for the code at which this walk failed; -1: none
  private int[] definition = new int[64];

  /**
   * Creates a decoder without any method.
   *
   * @param budget limits the memory of its tables
   * @param resolver names methods by the JVM's ids
   * @param methods receives the methods
   * @param frames receives the frames
   * @param functions names functions of native code
   * @param depth frames kept of a stack
   */
  StackDecoder(
      MemoryBudget budget,
      SymbolResolver resolver,
      MethodTable methods,
      FrameTable frames,
      NativeFunctions functions,
      int depth) {
    this.methods = methods;
    this.numbers = new MethodNumbers(budget, resolver, methods);
    this.frames = frames;
    this.functions = functions;
    this.locations = new LocationTable(budget);
    this.depth = depth;
    this.stack = new int[depth + 2];
  }

  /**
   * Returns the frames that were decoded last, the leaf first. The array is longer than the stack.
   */
  int[] stack() {
    return stack;
  }

  /**
   * Decodes the stack of a sample, and remembers the locations that it defines.
   *
   * @return the number of frames in {@link #stack()}
   * @throws IllegalStateException if there is no room for a synthetic frame
   */
  int decode(SampleView sample) {
    brokenAt = -1;
    int found = expand(sample);
    boolean tooDeep = found > depth;
    return withRoot(Math.min(found, depth), sample.walk(), sample.truncated() || tooDeep);
  }

  /**
   * Decodes the words of a stack. Stores as many frames as there is room for.
   *
   * @return the number of all frames, which can be greater
   */
  private int expand(SampleView sample) {
    int found = 0;
    int count = sample.words();
    for (int i = 0; i < count; i++) {
      long word = sample.word(i);
      if (StackWord.isFrame(word)) {
        found = append(found, frame(word));
      } else if (StackWord.isLocation(word)) {
        int more = found > depth ? 0 : locations.copy(StackWord.number(word), stack, found);
        found = more < 0 ? append(found, others()) : found + more;
      } else if (StackWord.isIdFrame(word)) {
        found = append(found, frameOfId(sample.word(++i), StackWord.bci(word)));
      } else if (StackWord.isBrokenAt(word)) {
        brokenAt = frame(word);
      } else if (StackWord.isCall(word)) {
        found = append(found, frameOfCall(StackWord.call(word)));
      } else {
        define(StackWord.number(word), sample, i + 1, StackWord.count(word));
      }
    }
    return found;
  }

  private int frameOfId(long id, int bci) {
    return id == 0 ? synthetic(MethodTable.NO_METHOD) : frame(numbers.number(id), bci);
  }

  private int frameOfCall(int call) {
    int frame = frames.of(methods.of(SystemCalls.OF_THIS_PROCESSOR.frame(call)), 0);
    return frame < 0 ? others() : frame;
  }

  private int frame(long word) {
    return frame(StackWord.number(word), StackWord.bci(word));
  }

  private int frame(int number, int bci) {
    int frame = frames.of(numbers.method(number), numbers.line(number, bci));
    return frame < 0 ? others() : frame;
  }

  private int others() {
    return synthetic(MethodTable.OTHERS);
  }

  private int synthetic(String name) {
    int frame = frames.synthetic(methods.synthetic(name));
    if (frame < 0) {
      throw new IllegalStateException("no room for " + name); // There are few such names.
    }
    return frame;
  }

  private int append(int found, int frame) {
    if (found < stack.length) {
      stack[found] = frame;
    }
    return found + 1;
  }

  private void define(int number, SampleView sample, int first, int count) {
    if (number == 0) {
      return;
    }
    if (definition.length < count) {
      definition = new int[count];
    }
    for (int i = 0; i < count; i++) {
      definition[i] = frame(sample.word(first + i));
    }
    locations.define(number, definition, 0, count);
  }

  private int withRoot(int count, WalkResult walk, boolean truncated) {
    String root = truncated ? TRUNCATED : walk.frame();
    if (root == null) {
      return count;
    }
    int all = count;
    if (brokenAt >= 0 && !truncated) {
      stack[all++] = brokenAt;
    }
    stack[all++] = synthetic(root);
    return all;
  }

  /**
   * Sets the name of a method to which the walker gave a number; see {@link MethodNumbers#named}.
   */
  void named(int number, String name, int[] lines) {
    numbers.named(number, name, lines);
  }

  /** Sets the library of a number that the walker gave to it. */
  void library(int number, String path, byte[] buildId, long base) {
    functions.library(number, path, buildId, base);
  }

  /** Names a function of native code, which has a number like a method's. */
  void function(int number, int library, long address) {
    numbers.function(number, functions.function(library, address).method());
  }

  /** Forgets all numbers, because the walker restarts its numbering. */
  void forget() {
    functions.forget();
    numbers.forget();
    locations.forget();
  }

  /**
   * Returns whether the walker's tables should be emptied: one of them is more than half full, or
   * the walker found no room for too many methods.
   *
   * @param mostMethods the capacity of the walker's table of methods, in entries
   * @param mostLocations the capacity of the walker's table of locations, in entries
   */
  boolean walkerIsFull(int mostMethods, int mostLocations) {
    return numbers.reported() > mostMethods / 2
        || locations.definitions() > mostLocations / 2
        || functions.librariesReported() > MOST_LIBRARIES
        || functions.namesLost()
        || numbers.reportedTransients() > MOST_TRANSIENTS;
  }
}
