package io.spprof.console;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The tree of calls behind a flame graph, built from folded stacks. A node is a frame with its
 * callers; its children are its callees. The nodes are numbered depth first, and among siblings the
 * node with the most CPU time comes first. A subtree is therefore a contiguous range of numbers.
 * Node 0 is the root, which stands for all CPU time. Immutable.
 */
final class FlameTree {

  /** The name of the root. */
  static final String ALL = "all";

  private final List<String> names = new ArrayList<>();
  private final List<String> keys = new ArrayList<>();
  private final List<FlameKind> kinds = new ArrayList<>();
  private int[] depths = new int[0];
  private int[] ends = new int[0];
  private int[] parents = new int[0];
  private long[] nanos = new long[0];

  /** A frame while the tree is being built. Later, arrays hold all nodes. */
  private static final class Node {
    private String name;
    private final String key; // the name; of a pool the part that stays when threads come and go
    private FlameKind kind;
    private final Map<String, Node> children = new HashMap<>(); // by the frame, with its suffix
    private long nanos;

    private Node(String name, FlameKind kind) {
      this.name = name;
      this.key = name;
      this.kind = kind;
    }
  }

  private FlameTree(Node root, int size) {
    depths = new int[size];
    ends = new int[size];
    parents = new int[size];
    nanos = new long[size];
    add(root);
  }

  /**
   * Builds a tree from folded stacks. Each line has the frames of a stack, joined by {@code ;},
   * then a blank and the CPU time in nanoseconds. Frames have the suffixes of {@link FlameKind}.
   *
   * @param lines the lines, which are read to the end
   * @param towers what is below the root; the first frame of each line is the thread's name
   * @throws IOException if reading fails, or if a line is no folded stack
   */
  static FlameTree read(BufferedReader lines, Towers towers) throws IOException {
    Node root = new Node(ALL, FlameKind.ROOT);
    Map<String, String> known = new HashMap<>();
    ThreadPools pools = new ThreadPools();
    int size = 1;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      int blank = line.lastIndexOf(' ');
      long count = count(line, blank);
      int begin = towers == Towers.FRAMES ? afterThread(line, blank) : 0;
      Node node = root;
      node.nanos += count;
      while (begin < blank) {
        int semicolon = line.indexOf(';', begin);
        int end = semicolon < 0 || semicolon > blank ? blank : semicolon;
        String frame = Shown.line(line.substring(begin, end));
        if (begin == 0 && towers == Towers.POOLS) {
          frame = pools.add(frame);
        }
        Node child = node.children.get(frame);
        if (child == null) {
          FlameKind kind = begin == 0 ? FlameKind.THREAD : FlameKind.of(frame);
          child = new Node(known.computeIfAbsent(kind.name(frame), same -> same), kind);
          node.children.put(frame, child);
          size++;
        }
        child.nanos += count;
        node = child;
        begin = end + 1;
      }
    }
    if (towers == Towers.POOLS) {
      root.children.values().forEach(node -> label(node, pools));
    }
    return new FlameTree(root, size);
  }

  private static void label(Node node, ThreadPools pools) {
    node.name = pools.label(node.key);
    node.kind = pools.size(node.key) == 1 ? FlameKind.THREAD : FlameKind.POOL;
  }

  /**
   * Returns the index at which the frames after the thread's name begin. A stack may consist of the
   * thread's name alone.
   */
  private static int afterThread(String line, int blank) {
    int semicolon = line.indexOf(';');
    return semicolon < 0 ? blank : semicolon + 1;
  }

  private static long count(String line, int blank) throws IOException {
    if (blank < 1) {
      throw new IOException("not a folded stack: " + Shown.line(line));
    }
    try {
      return Long.parseLong(line, blank + 1, line.length(), 10);
    } catch (NumberFormatException e) {
      throw new IOException("not a folded stack: " + Shown.line(line), e);
    }
  }

  /**
   * Numbers a root and all nodes below it. The method keeps its own stack of open nodes, because a
   * profile can be too deep for recursion.
   */
  private void add(Node root) {
    record Step(Node node, int parent) {}
    Deque<Step> open = new ArrayDeque<>();
    open.push(new Step(root, -1));
    while (!open.isEmpty()) {
      Step step = open.pop();
      int index = names.size();
      names.add(step.node.name);
      keys.add(step.node.key);
      kinds.add(step.node.kind);
      parents[index] = step.parent;
      depths[index] = step.parent < 0 ? 0 : depths[step.parent] + 1;
      nanos[index] = step.node.nanos;
      List<Node> children = new ArrayList<>(step.node.children.values());
      children.sort(
          Comparator.comparingLong((Node node) -> node.nanos)
              .thenComparing(node -> node.name, Comparator.reverseOrder()));
      children.forEach(child -> open.push(new Step(child, index)));
    }
    for (int node = size() - 1; node >= 0; node--) {
      ends[node] = Math.max(ends[node], node + 1);
      if (node > 0) {
        ends[parents[node]] = Math.max(ends[parents[node]], ends[node]);
      }
    }
  }

  int size() {
    return depths.length;
  }

  String name(int node) {
    return names.get(node);
  }

  FlameKind kind(int node) {
    return kinds.get(node);
  }

  int depth(int node) {
    return depths[node];
  }

  /** Returns the parent of a node; -1 for the root. */
  int parent(int node) {
    return parents[node];
  }

  /** Returns the number after the last node of a node's subtree. */
  int end(int node) {
    return ends[node];
  }

  /** Returns the CPU time of a node, in nanoseconds, including that of its callees. */
  long nanos(int node) {
    return nanos[node];
  }

  long total() {
    return nanos[0];
  }

  /**
   * Returns the names of the frames from the root to a node, without the root. A pool of threads
   * has an asterisk for each number, and no number of threads.
   */
  List<String> path(int node) {
    LinkedList<String> path = new LinkedList<>();
    for (int at = node; parents[at] >= 0; at = parents[at]) {
      path.addFirst(keys.get(at));
    }
    return path;
  }

  /**
   * Returns the deepest node on a path, which may be one of another tree; the root if the path
   * begins elsewhere.
   */
  int find(List<String> path) {
    int found = 0;
    for (String name : path) {
      int child = found + 1;
      while (child < ends[found] && !keys.get(child).equals(name)) {
        child = ends[child];
      }
      if (child >= ends[found]) {
        break;
      }
      found = child;
    }
    return found;
  }

  boolean isWithin(int node, int subtree) {
    return node >= subtree && node < ends[subtree];
  }

  /**
   * Returns the CPU time of the stacks in a subtree that have at least one matching frame, in
   * nanoseconds. A stack counts once, however many of its frames match.
   *
   * @param subtree the root of the subtree; frames outside of the subtree are not considered
   */
  long matching(int subtree, Predicate<String> isMatch) {
    long sum = 0;
    int node = subtree;
    while (node < ends[subtree]) {
      if (isMatch.test(names.get(node))) {
        sum += nanos[node];
        node = ends[node];
      } else {
        node++;
      }
    }
    return sum;
  }
}
