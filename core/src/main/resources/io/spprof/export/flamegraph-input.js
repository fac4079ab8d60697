/* Connects mouse and keyboard with the page's actions. */

Page.prototype.listen = function () {
  const canvas = byId("chart");
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("mousemove", (event) => {
    const rect = this.chart.hit(...point(event));
    this.chart.hovered = rect === null ? -1 : rect.node;
    canvas.style.cursor = rect === null ? "default" : "pointer";
    if (rect === null) this.hideTip();
    else this.showTip(rect, event.clientX, event.clientY);
    this.redraw();
  });
  canvas.addEventListener("contextmenu", (event) => {
    const rect = this.chart.hit(...point(event));
    if (rect === null || rect.node < 0) return;
    event.preventDefault();
    this.openMenu(rect.node, event.clientX, event.clientY);
  });
  canvas.addEventListener("mouseleave", () => {
    this.chart.hovered = -1;
    this.hideTip();
    this.redraw();
  });
  canvas.addEventListener("click", (event) => {
    const [x, y] = point(event);
    const rect = this.chart.hit(x, y);
    if (rect === null) return;
    let node = rect.node >= 0 ? rect.node : rect.owner;
    if (rect.node < 0 && node === this.chart.zoom) node = this.chart.nodeInRun(rect, x);
    this.chart.selected = node;
    this.zoomTo(node);
  });
  byId("scroller").addEventListener("scroll", () => {
    this.hideTip();
    this.redraw();
  });
  new ResizeObserver(() => this.redraw()).observe(byId("scroller"));
  window.addEventListener("resize", () => {
    this.hideTip();
    this.redraw();
  });
  // What scrolls must be reachable with the keyboard. Long figures and notices scroll.
  const scrolling = new ResizeObserver(() => {
    for (const id of ["figures", "notices"]) {
      const box = byId(id);
      if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  });
  for (const id of ["figures", "notices"]) scrolling.observe(byId(id));

  byId("query").addEventListener("input", () => this.search());
  byId("regex").addEventListener("click", () => this.setRegex(!this.isRegex));
  byId("merge").addEventListener("click", () => this.setMerged(!this.isMerged));
  byId("widths").addEventListener("click", () => this.toggleWidths());
  byId("theme").addEventListener("click", () => this.setTheme(!this.chart.isDark));
  byId("next").addEventListener("click", () => this.selectMatch(1));
  byId("previous").addEventListener("click", () => this.selectMatch(-1));
  byId("reverse").addEventListener("click", () => this.setReversed(!this.isReversed));
  byId("flip").addEventListener("click", () => this.setFlipped(!this.chart.isFlipped));
  byId("by-self").addEventListener("click", () => this.setBySelf(!this.view.isBySelf));
  byId("threads-toggle").addEventListener("click", () => this.togglePanel("threads"));
  byId("methods-toggle").addEventListener("click", () => this.togglePanel("methods"));
  byId("help-open").addEventListener("click", () => byId("help").showModal());
  byId("help-close").addEventListener("click", () => byId("help").close());
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", (event) => this.setTheme(event.matches));
  document.addEventListener("keydown", (event) => this.onKey(event));
};

Page.prototype.onKey = function (event) {
  if (byId("help").open) {
    if (event.key === "?") byId("help").close();
    return;
  }
  const target = event.target;
  const query = byId("query");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "f") {
    // If the search field has the focus already, the browser's own search gets the key.
    if (target !== query) this.focusSearch(event);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    this.onEscape(target);
    event.preventDefault();
    return;
  }
  const isTyping = target.tagName === "INPUT" && target.type === "text";
  if (isTyping) {
    if (event.key === "Enter" && target === query) byId("chart").focus();
    return;
  }
  // The arrow keys scroll these.
  if (event.key.startsWith("Arrow") && target.closest("#figures, #notices, .table")) return;
  // The key Enter on a button activates the button.
  const isControl = target.tagName === "BUTTON" || target.tagName === "INPUT";
  const action = isControl && event.key === "Enter" ? null : this.keyAction(event.key);
  if (action) {
    action(event);
    event.preventDefault();
  }
};

Page.prototype.keyAction = function (key) {
  switch (key) {
    case "/": return (event) => this.focusSearch(event);
    case "?": return () => byId("help").showModal();
    case "t": return () => this.togglePanel("threads");
    case "l": return () => this.togglePanel("methods");
    case "w": return this.timeline ? () => byId("stretch-from").focus() : null;
    case "m": return this.isReversed ? null : () => this.setMerged(!this.isMerged);
    case "v": return () => this.setReversed(!this.isReversed);
    case "i": return () => this.setFlipped(!this.chart.isFlipped);
    case "n": return () => this.selectMatch(1);
    case "N": return () => this.selectMatch(-1);
    case "c": return () => this.copy(this.names[this.trie.name[this.current()]]);
    case "s": return this.isDifference ? () => this.setBySelf(!this.view.isBySelf) : null;
    case "x": return () => this.openMenuOfSelection();
    case "ContextMenu": return () => this.openMenuOfSelection();
    case "b": return this.isDifference ? () => this.toggleWidths() : null;
    case "d": return () => this.setTheme(!this.chart.isDark);
    case "r": return () => this.setRegex(!this.isRegex);
    case "Backspace": return () => this.zoomBack();
    case "Enter": return () => this.zoomTo(this.current());
    case "ArrowUp": return () => this.select(this.chart.isFlipped ? this.hottestChild() : this.trie.parent[this.current()]);
    case "ArrowDown": return () => this.select(this.chart.isFlipped ? this.trie.parent[this.current()] : this.hottestChild());
    case "ArrowLeft": return () => this.select(this.sibling(-1));
    case "ArrowRight": return () => this.select(this.sibling(1));
    default: return null;
  }
};

Page.prototype.openMenu = function (node, x, y) {
  this.hideTip();
  this.chart.selected = node;
  this.showDetails();
  this.redraw();
  this.menu.open(node, x, y);
};

Page.prototype.openMenuOfSelection = function () {
  const box = byId("chart").getBoundingClientRect();
  const rect = this.chart.rectOf(this.current());
  const y = Math.max(0, Math.min(rect.y + Chart.ROW, box.height - Chart.ROW));
  this.openMenu(this.current(), box.left + Math.max(0, rect.x) + 8, box.top + y);
};

Page.prototype.toggleWidths = function () {
  this.setWidths(this.trie.widths === Part.AFTER ? Part.BEFORE : Part.AFTER);
};

Page.prototype.focusSearch = function (event) {
  event.preventDefault();
  this.menu.hide();
  byId("query").focus();
  byId("query").select();
};

Page.prototype.onEscape = function (target) {
  const query = byId("query");
  if (target === byId("threads-filter") && target.value !== "") {
    target.value = "";
    this.threads.filter();
  } else if (target === byId("methods-filter") && target.value !== "") {
    target.value = "";
    this.methods.show();
  } else if (query.value !== "") {
    query.value = "";
    this.search();
  } else {
    this.chart.selected = -1;
    this.resetZoom();
  }
  if (target.tagName === "INPUT") target.blur();
};

Page.prototype.current = function () {
  return this.chart.selected >= 0 ? this.chart.selected : this.chart.zoom;
};

Page.prototype.select = function (node) {
  if (node < 0) return;
  const chart = this.chart;
  chart.selected = node;
  // If the selected frame is above the zoomed frame, outside of it, or too narrow to see, the zoom
  // follows the selection.
  if (node < chart.zoom) this.zoomTo(node);
  else if (!chart.isInView(node) || chart.rectOf(node).width < 2) this.zoomTo(this.trie.parent[node]);
  chart.scrollTo(node);
  this.showDetails();
  this.redraw();
};

Page.prototype.children = function (node) {
  const children = [];
  for (let child = node + 1; child < this.trie.end[node]; child = this.trie.end[child]) {
    if (this.trie.units(child) > 0) children.push(child);
  }
  return children;
};

Page.prototype.hottestChild = function () {
  let hottest = -1;
  for (const child of this.children(this.current())) {
    if (hottest < 0 || this.trie.units(child) > this.trie.units(hottest)) hottest = child;
  }
  return hottest;
};

Page.prototype.sibling = function (step) {
  const node = this.current();
  if (node === this.chart.zoom) return -1;
  const siblings = this.children(this.trie.parent[node]);
  const at = siblings.indexOf(node) + step;
  return at >= 0 && at < siblings.length ? siblings[at] : -1;
};

/* Returns the state of the page for tests. Coordinates are relative to the browser's window. */
function testingView(page) {
  const { chart, info } = page;
  return {
    get totalNanos() { return page.trie.units(0) * info.unitNanos; },
    get totalSamples() { return page.trie.samples(0); },
    get zoomed() { return page.names[page.trie.name[chart.zoom]]; },
    get selected() { return chart.selected < 0 ? null : page.names[page.trie.name[chart.selected]]; },
    get matchedPercent() { return page.matchedPercent; },
    get isDark() { return chart.isDark; },
    get isMerged() { return page.isMerged; },
    get stretch() { return page.timeline && [page.timeline.from, page.timeline.to]; },
    get nodes() { return page.trie.size; },
    get rectCount() { page.drawNow(); return chart.rects.length; },
    get drawMillis() { return page.drawMillis; },
    loadMillis: 0,
    names() {
      return page.info.names.map((name, i) => [name, page.kinds[i]]);
    },
    visible() {
      page.drawNow();
      const box = byId("chart").getBoundingClientRect();
      return chart.rects.map((rect) => ({
        name: rect.node < 0 ? null : page.names[page.trie.name[rect.node]],
        isMatch: rect.isMatch,
        x: box.left + rect.x,
        y: box.top + rect.y,
        width: rect.width,
        height: Chart.ROW - 1,
        label: rect.label ?? "",
        nanos: rect.node < 0 ? null : page.trie.units(rect.node) * info.unitNanos,
      }));
    },
  };
}

(() => {
  const start = performance.now();
  const data = byId("data").textContent;
  const lineEnd = data.indexOf("\n");
  const [stacks, timeline] = data.slice(lineEnd + 1).trim().split("\n");
  const page = new Page(JSON.parse(data.slice(0, lineEnd)), stacks, timeline);
  // The arrays of the page hold the data now. Removing the text frees its memory.
  byId("data").remove();
  window.spprof = testingView(page);
  page.drawNow();
  window.spprof.loadMillis = performance.now() - start;
})();
