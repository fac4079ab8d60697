/* The state of the page (zoom, search, selection, threads), and the actions that change it. */
class Page {
  constructor(info, stacks) {
    this.info = info;
    this.rootName = info.names.length;
    const names = info.names.concat(["all"], info.threads);
    const kinds = Uint8Array.from(names, (name, i) =>
      i < this.rootName ? kindOf(name) : i === this.rootName ? Kind.ROOT : Kind.THREAD);
    this.isDifference = info.before !== undefined;
    this.merged = readStacks(stacks, info.rows, this.isDifference ? 2 : 1, this.rootName);
    this.byThread = splitByThread(this.merged, info.threads.length, this.rootName, this.rootName + 1);
    this.names = names;
    this.isMerged = false;
    this.isRegex = false;
    this.back = [];
    this.matchedPercent = 0;
    this.view = this.isDifference ? new DifferenceView(info) : new ProfileView(info, names, kinds);
    this.chart = new Chart(byId("chart"), byId("scroller"), byId("sheet"), names, kinds, this.view);
    this.threads = new ThreadList(info.threads, this.view.threadShares(this.unitsByThread()), () => this.weigh());
    if (this.isDifference) this.showDifference();
    showHeader(info);
    this.setTheme(window.matchMedia("(prefers-color-scheme: dark)").matches);
    this.listen();
    this.setMerged(false);
  }

  /* Returns the CPU time of each thread, for each of the profiles. */
  unitsByThread() {
    const { count, thread, parts } = this.merged.rows;
    return parts.map(({ units }) => {
      const sums = new Float64Array(this.info.threads.length);
      for (let row = 0; row < count; row++) sums[thread[row]] += units[row];
      return sums;
    });
  }

  showDifference() {
    document.body.classList.add("difference");
    for (const part of document.querySelectorAll("[data-difference]")) part.hidden = false;
    showComparison(isUnchanged(this.merged.rows));
  }

  /* Selects the profile whose CPU times are the widths of the frames. */
  setWidths(part) {
    this.merged.widths = part;
    this.byThread.widths = part;
    byId("widths").setAttribute("aria-pressed", part === Part.BEFORE);
    this.weigh();
  }

  get trie() {
    return this.isMerged ? this.merged : this.byThread;
  }

  setMerged(isMerged) {
    this.isMerged = isMerged;
    this.back = [];
    byId("merge").setAttribute("aria-pressed", isMerged);
    this.chart.show(this.trie);
    this.weigh();
  }

  /* Adds up the CPU times again. Must be called after threads were switched on or off. */
  weigh() {
    this.trie.weigh(this.threads.isOn);
    let zoom = this.chart.zoom;
    while (zoom > 0 && this.trie.units(zoom) === 0) zoom = this.trie.parent[zoom];
    if (this.chart.selected >= 0 && this.trie.units(this.chart.selected) === 0) this.chart.selected = -1;
    this.zoomTo(zoom, false);
    this.countMatches();
  }

  zoomTo(node, isStep = true) {
    const chart = this.chart;
    if (isStep && node !== chart.zoom) this.back.push(chart.zoom);
    chart.zoom = node;
    chart.hovered = -1;
    this.hideTip();
    chart.layout();
    // Two callers of the zoomed frame stay visible above it.
    if (isStep) chart.scroller.scrollTop = Math.max(0, this.trie.depth[node] - 2) * Chart.ROW;
    this.showPath();
    this.showEmpty();
    this.countMatches();
    this.showDetails();
    this.redraw();
  }

  zoomBack() {
    let node = this.back.pop();
    while (node > 0 && this.trie.units(node) === 0) node = this.trie.parent[node];
    this.zoomTo(node === undefined ? 0 : node, false);
    this.chart.scrollTo(this.chart.zoom);
  }

  resetZoom() {
    this.back = [];
    this.zoomTo(0, false);
    this.chart.scroller.scrollTop = 0;
  }

  showPath() {
    const path = this.trie.path(this.chart.zoom);
    // Of a long path, only the two ends are shown.
    const shown = path.length <= 7 ? path : path.slice(0, 2).concat([-1], path.slice(-4));
    const parts = shown.flatMap((node, i) => {
      const before = i === 0 ? [] : [element("span", "gap", "\u203a")];
      if (node < 0) return before.concat(element("span", "gap more", "\u2026 " + (path.length - 6) + " more"));
      const crumb = element("button", "", this.names[this.trie.name[node]]);
      crumb.type = "button";
      crumb.title = crumb.textContent;
      if (node === this.chart.zoom) crumb.setAttribute("aria-current", "true");
      crumb.addEventListener("click", () => this.zoomTo(node));
      return before.concat(crumb);
    });
    if (path.length > 1) {
      const reset = element("button", "reset", "Reset zoom");
      reset.type = "button";
      reset.id = "reset";
      reset.addEventListener("click", () => this.resetZoom());
      parts.unshift(reset);
    }
    byId("path").replaceChildren(...parts);
  }

  showEmpty() {
    const isEmpty = this.trie.units(0) === 0;
    byId("empty").hidden = !isEmpty;
    const isOff = this.info.rows > 0 && this.threads.isOn.every((isOn) => !isOn);
    byId("empty").textContent = isOff ? "All threads are switched off." : this.view.emptyText(this.trie.widths);
  }

  search() {
    const query = byId("query").value;
    const { test, error } = compileQuery(query, this.isRegex);
    byId("query").setAttribute("aria-invalid", error !== "");
    this.searchError = error;
    const matches = test && Uint8Array.from(this.names, (name, i) => (i < this.rootName && test(name) ? 1 : 0));
    this.chart.setMatches(matches);
    this.countMatches();
    this.redraw();
  }

  countMatches() {
    const { matches, zoom } = this.chart;
    const output = byId("matched");
    output.classList.toggle("error", Boolean(this.searchError));
    this.matchedPercent = 0;
    if (matches === null) {
      output.textContent = this.searchError || "";
      return;
    }
    const all = this.trie.units(0);
    const units = this.trie.matchedUnits(matches, 0);
    this.matchedPercent = all > 0 ? (100 * units) / all : 0;
    let text = percentText(units, all) + " matched";
    if (zoom > 0) {
      // Within a matching frame, every frame belongs to the match.
      const inMatch = this.trie.path(zoom).some((node) => matches[this.trie.name[node]]);
      const inZoom = inMatch ? this.trie.units(zoom) : this.trie.matchedUnits(matches, zoom);
      text += ", " + percentText(inZoom, this.trie.units(zoom)) + " of the zoom";
    }
    output.textContent = text + this.view.matched(this.trie, matches);
  }

  setRegex(isRegex) {
    this.isRegex = isRegex;
    byId("regex").setAttribute("aria-pressed", isRegex);
    this.search();
  }

  setTheme(isDark) {
    this.chart.isDark = isDark;
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    byId("theme").textContent = isDark ? "Light" : "Dark";
    this.view.showLegend(isDark);
    this.redraw();
  }

  toggleThreads() {
    const panel = byId("threads");
    panel.hidden = !panel.hidden;
    byId("threads-toggle").setAttribute("aria-pressed", !panel.hidden);
  }

  showDetails() {
    const node = this.chart.selected >= 0 ? this.chart.selected : this.chart.zoom;
    const { line } = this.view.facts(this.trie, node);
    byId("details").replaceChildren(element("b", "", this.names[this.trie.name[node]]), element("span", "", line));
  }

  showTip(rect, x, y) {
    const tip = byId("tip");
    if (rect.node < 0) {
      const units = (rect.width / this.chart.scale) * this.info.unitNanos;
      tip.replaceChildren(
        element("b", "", countText(rect.frames, "frame") + " too narrow to draw"),
        element("span", "", timeText(Math.round(units)) + " CPU together. Click to zoom in."));
    } else {
      const table = element("dl");
      for (const [term, value] of this.view.facts(this.trie, rect.node).terms) {
        table.append(element("dt", "", term), element("dd", "", value));
      }
      tip.replaceChildren(element("b", "", this.names[this.trie.name[rect.node]]), table);
    }
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const left = x + 16 + width > window.innerWidth ? x - width - 12 : x + 16;
    const top = y + 18 + height > window.innerHeight ? y - height - 10 : y + 18;
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = Math.max(4, top) + "px";
  }

  hideTip() {
    byId("tip").hidden = true;
  }

  redraw() {
    if (this.isPending || !this.chart.trie) return;
    this.isPending = true;
    requestAnimationFrame(() => this.drawNow());
  }

  drawNow() {
    this.isPending = false;
    const start = performance.now();
    this.chart.draw();
    this.drawMillis = performance.now() - start;
  }
}
