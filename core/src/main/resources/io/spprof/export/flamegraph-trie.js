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
    this.rows = rows;
    this.size = 0;
    this.parent = new Int32Array(1024);
    this.name = new Int32Array(1024);
    this.depth = new Uint16Array(1024);
    this.rowStart = new Int32Array(1024);
    this.rowEnd = new Int32Array(1024);
    this.sums = rows.parts.map(() => amounts(rows.count + 1));
    this.widths = Part.AFTER;
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

  /* Adds up the rows of the threads that are on. Afterwards sums[i] is the sum of the rows before
   * row i. */
  weigh(isOn) {
    const { count, thread, parts } = this.rows;
    parts.forEach(({ samples, units }, part) => {
      const sums = this.sums[part];
      let samplesSum = 0;
      let unitsSum = 0;
      for (let row = 0; row < count; row++) {
        if (isOn[thread[row]]) {
          samplesSum += samples[row];
          unitsSum += units[row];
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
   * below another match counts only once. */
  matchedUnits(matches, root, part = this.widths) {
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

/* Builds a second tree from the same stacks, with a level of threads below the root. */
function splitByThread(merged, threadCount, rootName, firstThreadName) {
  const from = merged.rows;
  const order = new Int32Array(from.count);
  const next = new Int32Array(threadCount + 1);
  for (let row = 0; row < from.count; row++) next[from.thread[row] + 1]++;
  for (let thread = 0; thread < threadCount; thread++) next[thread + 1] += next[thread];
  for (let row = 0; row < from.count; row++) order[next[from.thread[row]]++] = row;

  const rows = {
    count: from.count,
    leaf: new Int32Array(from.count),
    thread: Int32Array.from(order, (row) => from.thread[row]),
    parts: from.parts.map(({ samples, units }) => ({
      samples: Float64Array.from(order, (row) => samples[row]),
      units: Float64Array.from(order, (row) => units[row]),
    })),
  };
  const trie = new Trie(rows);
  trie.add(-1, rootName, 0);
  const copies = new Int32Array(merged.size);
  const copiedFor = new Int32Array(merged.size).fill(-1);
  const missing = [];
  let threadNode = 0;
  for (let row = 0; row < from.count; row++) {
    const thread = rows.thread[row];
    if (row === 0 || rows.thread[row - 1] !== thread) {
      threadNode = trie.add(0, firstThreadName + thread, row);
    }
    missing.length = 0;
    let node = from.leaf[order[row]];
    for (; node > 0 && copiedFor[node] !== thread; node = merged.parent[node]) missing.push(node);
    let copy = node > 0 ? copies[node] : threadNode;
    while (missing.length > 0) {
      node = missing.pop();
      copy = trie.add(copy, merged.name[node], row);
      copies[node] = copy;
      copiedFor[node] = thread;
    }
    rows.leaf[row] = copy;
    trie.rowEnd[copy] = row + 1;
  }
  return trie.seal();
}
