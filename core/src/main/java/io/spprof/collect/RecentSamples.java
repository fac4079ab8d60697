package io.spprof.collect;

import io.spprof.profile.Frames;
import io.spprof.profile.HeapRoom;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.Stacks;
import io.spprof.sampler.ThreadState;
import java.util.List;

/**
 * A copy of the latest samples of a session, one by one, from which the hottest methods of the last
 * seconds are computed. Immutable.
 *
 * <p>The copy is made under the lock of {@link Collector}. This is quick, because only lists of
 * references are copied. {@link #hottest} adds the samples up without the lock, on the thread that
 * asks. So the collector does nothing for lists that nobody reads.
 */
public final class RecentSamples {

  /** Milliseconds by which samples of different threads can be out of order, and plenty more. */
  private static final long OUT_OF_ORDER_NANOS = 1_000_000_000L;

  /**
   * The samples of one window.
   *
   * @param stacks the stack of each row of the window
   * @param times the samples, each with its row
   */
  record Part(int[] stacks, SampleTimes times) {}

  private final List<ProfileMethod> methods;
  private final Frames frames;
  private final Stacks stacks;
  private final List<Part> parts;
  private final long sinceNanos;

  /**
   * Creates the object.
   *
   * @param sinceNanos the beginning, in nanoseconds after the session's start; the parts have all
   *     samples since then, and may have earlier ones
   */
  RecentSamples(
      List<ProfileMethod> methods,
      Frames frames,
      Stacks stacks,
      List<Part> parts,
      long sinceNanos) {
    this.methods = methods;
    this.frames = frames;
    this.stacks = stacks;
    this.parts = parts;
    this.sinceNanos = sinceNanos;
  }

  /**
   * Adds the samples up by method.
   *
   * @param room limits what may be allocated meanwhile
   * @return the hottest methods; null if there is no room
   */
  public Hottest hottest(HeapRoom room) {
    MemoryBudget budget = new MemoryBudget(room.bytes());
    // By stack first: a stack recurs, and has up to thousands of frames.
    Sum sum = new Sum(new RowTable(budget));
    for (Part part : parts) {
      sum.stacks = part.stacks();
      for (int chunk = 0; chunk < part.times().chunkCount(); chunk++) {
        if (part.times().lastNanos(chunk) >= sinceNanos - OUT_OF_ORDER_NANOS) {
          part.times().forEach(chunk, sum);
        }
      }
    }
    if (sum.full
        || budget.used() > budget.limit()
        || !budget.take((long) methods.size() * MethodSums.METHOD_BYTES + sum.copyBytes())) {
      return null;
    }
    Rows rows = sum.byStack.rows();
    MethodSums times = new MethodSums(methods.size());
    int[] ofStack = new int[Stacks.CHUNK_MASK + 1];
    long samples = 0;
    long nanos = 0;
    for (int row = 0; row < rows.count(); row++) {
      int stack = rows.stacks()[row];
      int[] chunk = stacks.chunk(stack);
      int from = stacks.leaf(stack);
      int depth = stacks.depths()[stack];
      for (int i = 0; i < depth; i++) {
        ofStack[i] = frames.methods()[chunk[from + i]];
      }
      times.count(ofStack, depth, rows.samples()[row], rows.cpuNanos()[row]);
      samples += rows.samples()[row];
      nanos += rows.cpuNanos()[row];
    }
    return new Hottest(sinceNanos, samples, times.list(methods, nanos));
  }

  /** Adds samples up by stack. */
  private final class Sum implements SampleTimes.Visitor {

    private final RowTable byStack;
    private int[] stacks; // of the rows of the window whose samples are visited
    private boolean full;

    Sum(RowTable byStack) {
      this.byStack = byStack;
    }

    @Override
    public void sample(long nanos, int row, long cpuNanos, ThreadState state) {
      if (nanos >= sinceNanos) {
        full |= byStack.add(stacks[row], 0, 1, cpuNanos) < 0;
      }
    }

    long copyBytes() {
      return byStack.figuresBytes();
    }
  }
}
