package io.spprof.it.load;

import java.io.IOException;
import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A load of allocation and GC barriers: old objects point to new ones, and the pointers change all
 * the time.
 */
public final class Barriers {

  private static final int OLD = 20_000;

  private static volatile Node published;

  private Barriers() {}

  private static final class Node {
    private Node next;
    private volatile Node other;
    private final byte[] payload;

    Node(Node next, int size) {
      this.next = next;
      this.payload = new byte[size];
    }
  }

  /** The objects that one thread changes. */
  private static final class Heap {
    private final Node[] old = new Node[OLD];
    private final Object[] copy = new Object[OLD];
    private final AtomicReferenceArray<Node> atomic = new AtomicReferenceArray<>(1_000);
    private final ArrayDeque<WeakReference<Node>> weak = new ArrayDeque<>();
    private SoftReference<Node> soft = new SoftReference<>(null);

    long mutate(SplittableRandom random) {
      return stores(random) + atomics(random) + copies(random) + references(random) + big(random);
    }

    private long stores(SplittableRandom random) {
      long sum = 0;
      for (int i = 0; i < 2_000; i++) {
        int at = random.nextInt(OLD);
        Node fresh = new Node(old[random.nextInt(OLD)], random.nextInt(40));
        fresh.other = published;
        if (fresh.next != null) {
          sum += fresh.next.payload.length;
          fresh.next.next = i % 3 == 0 ? null : old[at];
          fresh.next.other = fresh; // a pointer from an old to a young object
        }
        old[at] = fresh;
        if (i % 64 == 0) {
          published = fresh;
          cut(fresh);
        }
      }
      return sum;
    }

    /** Cuts the chain, because otherwise every object ever allocated would stay reachable. */
    private static void cut(Node from) {
      Node node = from;
      for (int i = 0; i < 10 && node != null; i++) {
        node.other = null;
        node = node.next;
      }
      if (node != null) {
        node.next = null;
        node.other = null;
      }
    }

    private long atomics(SplittableRandom random) {
      for (int i = 0; i < 500; i++) {
        int at = random.nextInt(atomic.length());
        Node seen = atomic.get(at);
        atomic.compareAndSet(at, seen, new Node(null, 8));
        Node swapped = atomic.getAndSet(random.nextInt(atomic.length()), seen);
        if (swapped != null) {
          swapped.next = null;
        }
      }
      return atomic.length();
    }

    private long copies(SplittableRandom random) {
      int at = random.nextInt(OLD / 2);
      System.arraycopy(old, at, copy, 0, OLD / 4);
      System.arraycopy(copy, 0, copy, 100, OLD / 4);
      Node[] cloned = Arrays.copyOf(old, OLD / 4);
      System.arraycopy(cloned, 0, old, at, cloned.length);
      return cloned.clone().length;
    }

    private long references(SplittableRandom random) {
      long sum = 0;
      for (int i = 0; i < 200; i++) {
        weak.add(new WeakReference<>(new Node(null, 1)));
        sum += weak.peekFirst().get() == null ? 0 : 1;
        if (weak.size() > 2_000) {
          sum += weak.poll().refersTo(null) ? 1 : 0;
        }
      }
      if (soft.get() == null || random.nextInt(100) == 0) {
        soft = new SoftReference<>(new Node(null, 1));
      }
      return sum;
    }

    /** Allocates objects too large for a TLAB, which takes the slow path. */
    private long big(SplittableRandom random) {
      long sum = 0;
      for (int i = 0; i < 4; i++) {
        sum += new long[random.nextInt(20_000)].length + new Object[10][random.nextInt(100)].length;
      }
      Arrays.fill(old, random.nextInt(OLD - 200), OLD - 100, null);
      return sum;
    }
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    ThreadLocal<Heap> heaps = ThreadLocal.withInitial(Heap::new);
    Loads.serve(random -> heaps.get().mutate(random));
  }
}
