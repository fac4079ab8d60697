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
 * The tree of calls behind a flame graph, built from folded stacks. The tree of a comparison has
 * the frames of two profiles, and the CPU time of both; its widths are of the later one. A node is
 * a frame with its callers; its children are its callees. The nodes are numbered depth first, and
 * among siblings the node with the most CPU time comes first. A subtree is therefore a contiguous
 * range of numbers. Node 0 is the root, which stands for all CPU time. Immutable.
 */
final class FlameTree {

  /** The name of the root. */
  static final String ALL = "all";

  private final List<String> names = new ArrayList<>();
  private final List<String> keys = new ArrayList<>();
  private final List<FlameKind> kinds = new ArrayList<>();
  private final int[] depths;
  private final int[] ends;
  private final int[] parents;
  private final long[] nanos;
  private final long[] before; // the CPU time in the earlier profile of a comparison
  private final FlameProfile profile;

  /** A frame while the tree is being built. Later, arrays hold all nodes. */
  private static final class Node {
    private String name;
    private final String key; // the name; of a pool the part that stays when threads come and go
    private FlameKind kind;
    private final Map<String, Node> children = new HashMap<>(); // by the frame, with its suffix
    private long nanos;
    private long before;

    private Node(String name, FlameKind kind) {
      this.name = name;
      this.key = name;
      this.kind = kind;
    }

    private void add(long time, boolean isBefore) {
      if (isBefore) {
        before += time;
      } else {
        nanos += time;
      }
    }
  }

  private FlameTree(Node root, int size, FlameProfile profile) {
    this.profile = profile;
    depths = new int[size];
    ends = new int[size];
    parents = new int[size];
    nanos = new long[size];
    before = new long[isDifference() ? size : 0];
    add(root);
  }

  /**
   * Builds a tree.
   *
   * @param profile the profile, with the earlier one if there is a comparison
   * @param towers what is below the root
   * @throws IOException if a line is no folded stack
   */
  static FlameTree of(FlameProfile profile, Towers towers) throws IOException {
    Node root = new Node(ALL, FlameKind.ROOT);
    Map<String, String> known = new HashMap<>();
    ThreadPools pools = new ThreadPools();
    int size = 1;
    for (FlameProfile part = profile; part != null; part = part.before()) {
      boolean isBefore = part != profile;
      BufferedReader lines = FlameProfile.reader(part.lines());
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        long time = FlameProfile.number(line);
        int blank = line.lastIndexOf(' ');
        int begin = towers == Towers.FRAMES ? afterThread(line, blank) : 0;
        Node node = root;
        node.add(time, isBefore);
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
          child.add(time, isBefore);
          node = child;
          begin = end + 1;
        }
      }
    }
    if (towers == Towers.POOLS) {
      root.children.values().forEach(node -> label(node, pools));
    }
    return new FlameTree(root, size, profile);
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
      if (isDifference()) {
        before[index] = step.node.before;
      }
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

  /** Returns whether the tree compares two profiles. */
  boolean isDifference() {
    return profile.before() != null;
  }

  /** Returns the CPU time of a node in the earlier profile of a comparison, in nanoseconds. */
  long before(int node) {
    return before[node];
  }

  /** Returns how the share of a node, with its callees, changed in a comparison. */
  ShareChange change(int node) {
    return change(before[node], nanos[node]);
  }

  /** Returns how the share of a node without its callees changed in a comparison. */
  ShareChange selfChange(int node) {
    return change(self(before, node), self(nanos, node));
  }

  /** Returns the CPU time of a node without its callees. */
  private long self(long[] times, int node) {
    long self = times[node];
    for (int child = node + 1; child < ends[node]; child = ends[child]) {
      self -= times[child];
    }
    return self;
  }

  private ShareChange change(long early, long late) {
    return ShareChange.of(
        share(early, before[0]),
        profile.before().samples(),
        share(late, nanos[0]),
        profile.samples());
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
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
   * Returns the deepest node with CPU time on a path, which may be one of another tree; the root if
   * there is none.
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
    while (found > 0 && nanos[found] == 0) {
      found = parents[found]; // A comparison can have a frame in the earlier profile only.
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
