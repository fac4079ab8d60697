"use strict";

/* Reads the sequence of numbers in the page's data, which is encoded as LEB128 in Base64. */
class Varints {
  constructor(base64) {
    const text = atob(base64);
    this.bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[i] = text.charCodeAt(i);
    this.at = 0;
  }

  next() {
    let byte = this.bytes[this.at++];
    if (byte < 128) return byte;
    let value = 0;
    let scale = 1;
    // Shifts are limited to 32 bits, so the loop multiplies.
    for (; byte > 127; byte = this.bytes[this.at++], scale *= 128) value += (byte - 128) * scale;
    return value + byte * scale;
  }
}

/* The index of a profile's amounts: the profile that the page shows, and the earlier profile if two
 * profiles are compared. */
const Part = { AFTER: 0, BEFORE: 1 };

/* The tree of all stacks (a trie), with the rows of the profile. A node is a frame with its
 * callers. A row is a stack and a thread, with samples and CPU time for each profile (part).
 *
 * Nodes are numbered depth first, and rows have the same order. Therefore:
 * - The subtree of a node consists of the nodes [node, end[node]) and the rows [rowStart[node],
 *   rowEnd[node]).
 * - The CPU time of a node is a difference of two sums over rows, and so is its place on the x
 *   axis.
 *
 * Switching a thread on or off therefore costs one pass over the rows, and no pass over the nodes.
 * A method without a part argument uses the part that determines the widths. */
class Trie {
  constructor(rows) {
    this.size = 0;
    this.parent = new Int32Array(1024);
    this.name = new Int32Array(1024);
    this.depth = new Uint16Array(1024);
    this.rowStart = new Int32Array(1024);
    this.rowEnd = new Int32Array(1024);
    this.widths = Part.AFTER;
    this.isReversed = false;
    this.depthLimit = 0; // of a reversed tree, see reversedTree
    if (rows !== null) this.setRows(rows);
  }

  setRows(rows) {
    this.rows = rows;
    this.sums = rows.parts.map(() => amounts(rows.count + 1));
  }

  add(parent, name, row) {
    const node = this.size++;
    if (node === this.parent.length) {
      for (const column of ["parent", "name", "depth", "rowStart", "rowEnd"]) {
        const longer = new this[column].constructor(node * 2);
        longer.set(this[column]);
        this[column] = longer;
      }
    }
    this.parent[node] = parent;
    this.name[node] = name;
    this.depth[node] = parent < 0 ? 0 : this.depth[parent] + 1;
    this.rowStart[node] = row;
    this.rowEnd[node] = row;
    return node;
  }

  /* Completes the tree: computes where each subtree ends. Must be called when all nodes exist.
   * Before the call, rowEnd of a node covers only the rows of the node itself. */
  seal() {
    this.end = new Int32Array(this.size);
    for (let node = this.size - 1; node >= 0; node--) {
      if (this.end[node] === 0) this.end[node] = node + 1;
      const parent = this.parent[node];
      if (parent < 0) continue;
      if (this.end[parent] < this.end[node]) this.end[parent] = this.end[node];
      if (this.rowEnd[parent] < this.rowEnd[node]) this.rowEnd[parent] = this.rowEnd[node];
    }
    return this;
  }

  /* Adds up the rows of the threads that are on, except hidden rows. Afterwards sums[i] is the sum of
   * the rows before row i. isHidden has an entry for each row of the page's data. So has `stretch`,
   * the amounts of a selected stretch of time; it is null for the whole time. */
  weigh(isOn, isHidden, stretch = null) {
    const { count, thread, source, parts } = this.rows;
    parts.forEach((amounts, part) => {
      const samples = stretch ? (row) => stretch.samples[source[row]] : (row) => amounts.samples[row];
      const units = stretch ? (row) => stretch.units[source[row]] : (row) => amounts.units[row];
      const sums = this.sums[part];
      let samplesSum = 0;
      let unitsSum = 0;
      for (let row = 0; row < count; row++) {
        if (isOn[thread[row]] && !isHidden[source[row]]) {
          samplesSum += samples(row);
          unitsSum += units(row);
        }
        sums.samples[row + 1] = samplesSum;
        sums.units[row + 1] = unitsSum;
      }
    });
  }

  units(node, part = this.widths) {
    const { units } = this.sums[part];
    return units[this.rowEnd[node]] - units[this.rowStart[node]];
  }

  samples(node, part = this.widths) {
    const { samples } = this.sums[part];
    return samples[this.rowEnd[node]] - samples[this.rowStart[node]];
  }

  left(node) {
    return this.sums[this.widths].units[this.rowStart[node]];
  }

  /* Returns the CPU time of a node without that of its children. */
  selfUnits(node, part = this.widths) {
    let units = this.units(node, part);
    for (let child = node + 1; child < this.end[node]; child = this.end[child]) {
      units -= this.units(child, part);
    }
    return units;
  }

  /* Returns the nodes from the root down to a node. */
  path(node) {
    const path = [];
    for (let at = node; at >= 0; at = this.parent[at]) path.push(at);
    return path.reverse();
  }

  /* Returns the CPU time of the matching frames in a subtree, including what they called. A match
   * below another match counts only once. In a tree without the outermost callers, a match among the
   * missing callers counts, too. */
  matchedUnits(matches, root, part = this.widths) {
    if (this.depthLimit > 0) return this.matchedRows(matches, root, part);
    let units = 0;
    for (let node = root; node < this.end[root]; ) {
      if (matches[this.name[node]]) {
        units += this.units(node, part);
        node = this.end[node];
      } else {
        node++;
      }
    }
    return units;
  }

  /* Returns the CPU time of the rows of a subtree whose whole stacks have a matching frame. */
  matchedRows(matches, root, part) {
    const { name, parent, size, rows } = this.merged;
    const isMatch = new Uint8Array(size); // of a node of the merged tree: it or one of its callers
    for (let node = 0; node < size; node++) isMatch[node] = matches[name[node]] || (node > 0 && isMatch[parent[node]]);
    const sums = this.sums[part].units;
    let units = 0;
    for (let row = this.rowStart[root]; row < this.rowEnd[root]; row++) {
      if (isMatch[rows.leaf[this.rows.source[row]]]) units += sums[row + 1] - sums[row];
    }
    return units;
  }
}

function amounts(count) {
  return { samples: new Float64Array(count), units: new Float64Array(count) };
}

/* Builds the tree from the sequence of numbers in the page's data. FlameGraphData.java describes
 * this sequence. */
function readStacks(base64, rowCount, partCount, rootName) {
  const numbers = new Varints(base64);
  const rows = {
    count: rowCount,
    leaf: new Int32Array(rowCount),
    thread: new Int32Array(rowCount),
    source: Int32Array.from({ length: rowCount }, (_, row) => row),
    parts: Array.from({ length: partCount }, () => amounts(rowCount)),
  };
  const trie = new Trie(rows);
  const path = [trie.add(-1, rootName, 0)];
  for (let row = 0; row < rowCount; ) {
    path.length = numbers.next() + 1;
    for (let fresh = numbers.next(); fresh > 0; fresh--) {
      path.push(trie.add(path[path.length - 1], numbers.next(), row));
    }
    const leaf = path[path.length - 1];
    for (let left = numbers.next(); left > 0; left--, row++) {
      rows.leaf[row] = leaf;
      rows.thread[row] = numbers.next();
      for (const { samples, units } of rows.parts) {
        samples[row] = numbers.next();
        units[row] = numbers.next();
      }
    }
    trie.rowEnd[leaf] = row;
  }
  return trie.seal();
}

/* Returns the rows of a tree in another order. `source` stays the row in the page's data. */
function reordered(rows, order) {
  return {
    count: rows.count,
    leaf: new Int32Array(rows.count),
    thread: Int32Array.from(order, (row) => rows.thread[row]),
    source: Int32Array.from(order, (row) => rows.source[row]),
    parts: rows.parts.map(({ samples, units }) => ({
      samples: Float64Array.from(order, (row) => samples[row]),
      units: Float64Array.from(order, (row) => units[row]),
    })),
  };
}

/* Builds a second tree from the same stacks, with a level of threads below the root. towerOf[thread]
 * is the place of the thread's tower from the left; several threads can share a tower. towerNames
 * has the index of each tower's name. */
function splitByThread(merged, towerOf, towerNames, rootName) {
  const from = merged.rows;
  const order = new Int32Array(from.count);
  const next = new Int32Array(towerNames.length + 1);
  for (let row = 0; row < from.count; row++) next[towerOf[from.thread[row]] + 1]++;
  for (let tower = 0; tower < towerNames.length; tower++) next[tower + 1] += next[tower];
  for (let row = 0; row < from.count; row++) order[next[towerOf[from.thread[row]]]++] = row;

  const rows = reordered(from, order);
  const trie = new Trie(rows);
  trie.add(-1, rootName, 0);
  const copies = new Int32Array(merged.size);
  const copiedFor = new Int32Array(merged.size).fill(-1);
  const missing = [];
  let towerNode = 0;
  for (let row = 0; row < from.count; row++) {
    const tower = towerOf[rows.thread[row]];
    if (row === 0 || towerOf[rows.thread[row - 1]] !== tower) {
      towerNode = trie.add(0, towerNames[tower], row);
    }
    missing.length = 0;
    let node = from.leaf[order[row]];
    for (; node > 0 && copiedFor[node] !== tower; node = merged.parent[node]) missing.push(node);
    let copy = node > 0 ? copies[node] : towerNode;
    while (missing.length > 0) {
      node = missing.pop();
      copy = trie.add(copy, merged.name[node], row);
      copies[node] = copy;
      copiedFor[node] = tower;
    }
    rows.leaf[row] = copy;
    trie.rowEnd[copy] = row + 1;
  }
  return trie.seal();
}

/* The most nodes of a reversed tree. */
const MOST_REVERSED_NODES = 2e6;

/* Builds a tree of the same stacks from their leaves: below the root stand the methods that ran, and
 * below each frame its callers. Stacks share fewer frames at this end, so the tree can be much larger
 * than the merged tree. If it would have too many nodes, the outermost callers are left out;
 * `depthLimit` is then the number of frames that are kept of a stack, and otherwise 0. */
function reversedTree(merged, names, rootName) {
  const from = merged.rows;
  const depths = Array.from(from.leaf, (leaf) => merged.depth[leaf]);
  const deepest = depths.reduce((a, b) => Math.max(a, b), 0);
  const nodesWith = (limit) => depths.reduce((sum, depth) => sum + Math.min(depth, limit), 0);
  let limit = deepest;
  while (limit > 1 && nodesWith(limit) > MOST_REVERSED_NODES) limit = Math.ceil(limit / 2);

  const order = new Int32Array(from.count);
  const trie = new Trie(null);
  trie.add(-1, rootName, 0);
  let placed = 0;
  /* Each task is a node and the rows below it, with the next frame (a node of the merged tree) of
   * each. Tasks are taken depth first, so nodes and rows have the order that a trie needs. */
  const tasks = [{ parent: 0, name: -1, rows: Int32Array.from({ length: from.count }, (_, row) => row), at: from.leaf }];
  while (tasks.length > 0) {
    const { parent, name, rows, at } = tasks.pop();
    const node = name < 0 ? 0 : trie.add(parent, name, placed);
    if (rows.length === 1) {
      // Most rows are alone after a few callers. Their other callers are a chain.
      let last = node;
      for (let next = at[0]; next > 0 && trie.depth[last] < limit; next = merged.parent[next]) {
        last = trie.add(last, merged.name[next], placed);
      }
      order[placed++] = rows[0];
      trie.rowEnd[last] = placed;
      continue;
    }
    const groups = new Map();
    for (let i = 0; i < rows.length; i++) {
      if (at[i] <= 0 || trie.depth[node] >= limit) {
        order[placed++] = rows[i];
        continue;
      }
      const caller = merged.name[at[i]];
      let group = groups.get(caller);
      if (group === undefined) groups.set(caller, (group = { rows: [], at: [] }));
      group.rows.push(rows[i]);
      group.at.push(merged.parent[at[i]]);
    }
    trie.rowEnd[node] = placed;
    const callers = [...groups.keys()].sort((a, b) => (names[a] < names[b] ? 1 : -1));
    for (const caller of callers) tasks.push({ parent: node, name: caller, ...groups.get(caller) });
  }
  trie.setRows(reordered(from, order));
  trie.depthLimit = limit < deepest ? limit : 0;
  trie.merged = merged;
  trie.isReversed = true;
  return trie.seal();
}
