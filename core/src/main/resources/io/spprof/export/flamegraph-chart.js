/* Draws a subtree of the trie on a canvas, and finds the frame at a point of the canvas. (The trie
 * is the tree of all stacks; a subtree is drawn when the user has zoomed into its root.) A view,
 * ProfileView or DifferenceView, determines colours and labels. */
class Chart {
  static ROW = 20;
  /* Width in CSS pixels. Neighbours that are narrower than this are drawn together as one
   * rectangle, a run. */
  static MIN_WIDTH = 0.5;
  static FONT = "12px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

  constructor(canvas, scroller, sheet, names, kinds, view) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.scroller = scroller;
    this.sheet = sheet;
    this.names = names;
    this.kinds = kinds;
    this.view = view;
    this.labels = new Map();
    this.trie = null;
    this.zoom = 0;
    this.selected = -1;
    this.hovered = -1;
    this.matches = null;
    this.matchesBefore = null;
    this.isDark = false;
    this.isFlipped = false;
    this.rects = [];
    this.rowsVisible = 1;
  }

  show(trie) {
    this.trie = trie;
    this.zoom = 0;
    this.selected = -1;
    this.hovered = -1;
    this.setMatches(this.matches);
  }

  /* Sets which names match the search: an array with 1 for each name that matches; null if there is
   * no search. matchesBefore[node] is the number of matching nodes before a node, so that any
   * subtree is checked in one step. */
  setMatches(matches) {
    this.matches = matches;
    this.matchesBefore = null;
    if (matches === null) return;
    const { size, name } = this.trie;
    this.matchesBefore = new Int32Array(size + 1);
    for (let node = 0; node < size; node++) {
      this.matchesBefore[node + 1] = this.matchesBefore[node] + matches[name[node]];
    }
  }

  /* Computes the scale and the size of the canvas. Must be called when the weights, the zoom or the
   * size of the window changed. */
  layout() {
    this.width = this.scroller.clientWidth;
    this.height = this.scroller.clientHeight;
    this.scale = this.trie.units(this.zoom) > 0 ? this.width / this.trie.units(this.zoom) : 0;
    this.rowsVisible = this.deepestDrawn() + 1;
    this.sheetHeight = Math.max(this.height, this.rowsVisible * Chart.ROW + 8);
    this.sheet.style.height = this.sheetHeight + "px";
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.canvas.style.width = this.width + "px";
    this.canvas.style.height = this.height + "px";
    this.ratio = ratio;
  }

  fits() {
    const { clientWidth, clientHeight } = this.scroller;
    return clientWidth === this.width && clientHeight === this.height && this.ratio === (window.devicePixelRatio || 1);
  }

  deepestDrawn() {
    const { depth, end } = this.trie;
    let deepest = depth[this.zoom];
    for (let node = this.zoom; node < end[this.zoom]; ) {
      const isDrawn = this.trie.units(node) * this.scale >= Chart.MIN_WIDTH;
      if (isDrawn && depth[node] > deepest) deepest = depth[node];
      node = isDrawn ? node + 1 : end[node];
    }
    return deepest;
  }

  /* Collects the visible rectangles: frames, and runs of narrow siblings. A run has the node -1. */
  arrange() {
    const { depth, end, parent } = this.trie;
    const { ROW, MIN_WIDTH } = Chart;
    const top = this.scroller.scrollTop;
    // Flipped, the depths at the top of the window are the larger ones.
    const from = this.isFlipped ? this.sheetHeight - top - this.height : top;
    const firstRow = Math.max(0, Math.floor(from / ROW));
    const lastRow = Math.ceil((from + this.height) / ROW);
    const rects = [];
    for (const node of this.trie.path(this.zoom).slice(firstRow, lastRow)) {
      if (node !== this.zoom) rects.push(this.rect(node, node, 0, this.width, 1));
    }
    const origin = this.trie.left(this.zoom);
    let run = null;
    const flush = () => {
      if (run !== null && run.width >= MIN_WIDTH) rects.push(run);
      run = null;
    };
    for (let node = this.zoom; node < end[this.zoom]; ) {
      const row = depth[node];
      const width = this.trie.units(node) * this.scale;
      if (width >= MIN_WIDTH && row < lastRow) {
        flush();
        if (row >= firstRow) {
          rects.push(this.rect(node, node, (this.trie.left(node) - origin) * this.scale, width, 1));
        }
        node++;
        continue;
      }
      if (width > 0 && width < MIN_WIDTH && row >= firstRow && row < lastRow) {
        if (run !== null && run.owner !== parent[node]) flush();
        if (run === null) {
          run = this.rect(-1, parent[node], (this.trie.left(node) - origin) * this.scale, 0, 0);
          run.y = this.top(row) - top;
        }
        run.width += width;
        run.frames++;
        run.isMatch = run.isMatch || this.hasMatch(node);
      }
      node = end[node];
    }
    flush();
    this.rects = rects;
  }

  rect(node, owner, x, width, frames) {
    const y = this.top(this.trie.depth[owner]) - this.scroller.scrollTop;
    const isMatch = node >= 0 && this.matches !== null && this.matches[this.trie.name[node]] === 1;
    return { node, owner, x, y, width, frames, isMatch };
  }

  /* Returns where the frames of a depth are drawn: their upper edge, from the top of the sheet. */
  top(depth) {
    return this.isFlipped ? this.sheetHeight - (depth + 1) * Chart.ROW : depth * Chart.ROW;
  }

  hasMatch(node) {
    const before = this.matchesBefore;
    return before !== null && before[this.trie.end[node]] > before[node];
  }

  draw() {
    if (!this.fits()) this.layout();
    this.arrange();
    const context = this.context;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.font = Chart.FONT;
    context.textBaseline = "middle";
    this.letter = context.measureText("0").width;
    const colours = this.isDark ? Chart.DARK : Chart.LIGHT;
    for (const rect of this.rects) {
      const gap = rect.width > 4 ? 1 : 0;
      context.fillStyle = this.fill(rect, colours);
      // The callers of the zoomed frame are faded.
      context.globalAlpha = rect.node >= 0 && rect.node < this.zoom ? 0.5 : 1;
      context.fillRect(rect.x, rect.y, rect.width - gap, Chart.ROW - 1);
      context.globalAlpha = 1;
      if (rect.node >= 0 && rect.width > 2.5 * this.letter + 8) this.drawLabel(rect, colours);
    }
    this.outline(this.hovered, colours.hover, 1);
    this.outline(this.selected, colours.select, 2);
  }

  fill(rect, colours) {
    if (rect.isMatch) return colours.match;
    if (rect.node < 0) return colours.run;
    return this.matches !== null ? colours.dim : this.view.fill(this.trie, rect.node, this.isDark);
  }

  drawLabel(rect, colours) {
    const isDim = this.matches !== null && !rect.isMatch;
    const isCaller = rect.node < this.zoom;
    const text = isCaller ? colours.callerText : this.view.text(this.trie, rect.node, this.isDark);
    this.context.fillStyle = isDim ? colours.dimText : rect.isMatch && !isCaller ? colours.matchText : text;
    rect.label = this.marked(rect.node, rect.width - 9);
    this.context.fillText(rect.label, rect.x + 4, rect.y + Chart.ROW / 2);
  }

  /* Returns the label of a frame: the view's mark, then the name. If both do not fit, only the
   * first character of the mark remains. */
  marked(node, room) {
    const name = this.trie.name[node];
    const mark = this.view.mark(this.trie, node);
    if (mark === "") return this.label(name, room);
    const shortest = this.forms(name).at(-1);
    const prefix = this.textWidth(mark + " " + shortest) <= room ? mark + " " : mark[0];
    return prefix + this.label(name, room - this.textWidth(prefix));
  }

  /* Returns the forms in which a name can be shown, each shorter than the form before it. */
  forms(name) {
    let forms = this.labels.get(name);
    if (forms === undefined) {
      forms = shorterNames(this.names[name], this.kinds[name]);
      this.labels.set(name, forms);
    }
    return forms;
  }

  /* Returns the longest form of a name that fits. */
  label(name, room) {
    const forms = this.forms(name);
    for (const form of forms) {
      if (this.textWidth(form) <= room) return form;
    }
    const shortest = forms[forms.length - 1];
    let letters = Math.max(0, Math.floor(room / this.letter) - 1);
    while (letters > 1 && this.textWidth(cutInMiddle(shortest, letters)) > room) letters--;
    return cutInMiddle(shortest, letters);
  }

  textWidth(text) {
    // The font is monospaced for ASCII. Measuring a text costs more than drawing it.
    return /^[\x20-\x7e]*$/.test(text) ? text.length * this.letter : this.context.measureText(text).width;
  }

  outline(node, colour, thickness) {
    if (node < 0) return;
    const rect = this.rectOf(node);
    if (rect === null) return;
    this.context.strokeStyle = colour;
    this.context.lineWidth = thickness;
    const inset = thickness / 2;
    const width = Math.max(3, rect.width - 1);
    this.context.strokeRect(rect.x + inset, rect.y + inset, width - thickness, Chart.ROW - 1 - thickness);
  }

  /* Returns whether a node is the zoomed frame, below it, or one of its callers. */
  isInView(node) {
    const { end } = this.trie;
    return node < this.zoom ? this.zoom < end[node] : node < end[this.zoom];
  }

  /* Returns the rectangle of a node, even if the node is too narrow to be drawn. Returns null for a
   * node outside of the zoom. */
  rectOf(node) {
    if (!this.isInView(node)) return null;
    if (node < this.zoom) return this.rect(node, node, 0, this.width, 1);
    const x = (this.trie.left(node) - this.trie.left(this.zoom)) * this.scale;
    return this.rect(node, node, x, this.trie.units(node) * this.scale, 1);
  }

  /* Returns the rectangle at a point of the canvas, or null. */
  hit(x, y) {
    for (const rect of this.rects) {
      if (x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + Chart.ROW) return rect;
    }
    return null;
  }

  /* Returns the node at x within a run of narrow frames. */
  nodeInRun(run, x) {
    const { end } = this.trie;
    const at = this.trie.left(this.zoom) + x / this.scale;
    let best = run.owner;
    for (let child = run.owner + 1; child < end[run.owner]; child = end[child]) {
      if (this.trie.left(child) <= at && this.trie.units(child) > 0) best = child;
    }
    return best;
  }

  scrollTo(node) {
    const top = this.top(this.trie.depth[node]);
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    const bottom = top + Chart.ROW;
    if (bottom > this.scroller.scrollTop + this.height) this.scroller.scrollTop = bottom - this.height;
  }

  /* Scrolls so that frames of this depth are at the edge of the window from which the graph grows. */
  scrollToEdge(depth) {
    const top = this.top(depth);
    this.scroller.scrollTop = this.isFlipped ? top + Chart.ROW - this.height : top;
  }
}

Chart.LIGHT = {
  run: "hsl(215 9% 78%)", dim: "hsl(215 16% 92%)", dimText: "#6a7480",
  match: "#c2187a", matchText: "#ffffff", callerText: "#1c2733", hover: "#1c2733", select: "#0b57d0",
};
Chart.DARK = {
  run: "hsl(215 8% 38%)", dim: "hsl(215 13% 18%)", dimText: "#8b96a3",
  match: "#f06ab8", matchText: "#25031a", callerText: "#eef2f6", hover: "#ffffff", select: "#8ab4ff",
};
