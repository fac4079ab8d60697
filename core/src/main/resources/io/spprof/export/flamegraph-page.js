/* The state of the page (zoom, search, selection, threads), and the actions that change it. */
class Page {
  constructor(info, stacks, timeline) {
    this.info = info;
    this.rootName = info.names.length;
    const groups = threadGroups(info.threads);
    const names = info.names.concat(["all"], info.threads, groups.map(({ name }) => name));
    const kinds = Uint8Array.from(names, (name, i) =>
      i < this.rootName ? kindOf(name, info.kinds[i]) : i === this.rootName ? Kind.ROOT : Kind.THREAD);
    this.isDifference = info.before !== undefined;
    this.merged = readStacks(stacks, info.rows, this.isDifference ? 2 : 1, this.rootName);
    this.isHidden = new Uint8Array(info.rows);
    this.names = names;
    this.kinds = kinds;
    this.isMerged = false;
    this.isReversed = false;
    this.isRegex = false;
    this.back = [];
    this.dragged = null; // the zoom and the selection from before the mouse selects a stretch of time
    this.matchedPercent = 0;
    this.view = this.isDifference ? new DifferenceView(info) : new ProfileView(info, names, kinds, this.merged);
    this.chart = new Chart(byId("chart"), byId("scroller"), byId("sheet"), names, kinds, this.view);
    const byThread = this.unitsByThread();
    this.threads = new ThreadList(
      info.threads, groups, (sets) => this.view.threadShares(byThread, sets), () => this.weigh(), () => this.openGroups());
    this.byThread = this.splitByTower(byThread[0]);
    this.timeline = info.slots ? this.makeTimeline(timeline) : null;
    this.methods = new MethodTable(info.names, kinds, this.view.methodColumns(), (name) => this.chooseMethod(name));
    this.menu = new FrameMenu([
      ["Zoom", (node) => this.zoomTo(node)],
      ["Highlight all its frames", (node) => this.chooseMethod(this.trie.name[node]), (node) => this.isFrame(node)],
      ["Copy name", (node) => this.copy(this.names[this.trie.name[node]])],
      ["Copy stack", (node) => this.copy(this.trie.path(node).slice(1).map((at) => this.names[this.trie.name[at]]).join("\n"))],
      ["Hide this subtree", (node) => this.hide(node, true)],
      ["Keep only this subtree", (node) => this.hide(node, false)],
    ], () => byId("chart").focus());
    if (this.isDifference) this.showDifference();
    showHeader(info);
    this.setTheme(window.matchMedia("(prefers-color-scheme: dark)").matches);
    this.listen();
    if (window.matchMedia("(max-width: 600px)").matches) this.togglePanel("threads");
    else if (this.comparison) this.togglePanel("methods");
    this.setMerged(false);
  }

  makeTimeline(timeline) {
    const { info, threads, merged } = this;
    const single = info.threads.map((name, thread) => ({ name, threads: [thread] }))
      .filter((_, thread) => !threads.groupOf.has(thread));
    const isShown = (row) => threads.isOn[merged.rows.thread[row]] === 1 && this.isHidden[row] === 0;
    for (const part of document.querySelectorAll("[data-timeline]")) part.hidden = false;
    return new Timeline(info, timeline, merged.rows.thread, threads.groups.concat(single), isShown, () => this.showStretch(),
      (isDragged) => { this.dragged = isDragged ? { zoom: this.chart.zoom, selected: this.chart.selected } : null; });
  }

  /* Shows the samples of the selected stretch of time. */
  showStretch() {
    const byThread = this.unitsByThread();
    this.threads.showShares((sets) => this.view.threadShares(byThread, sets));
    this.merged.weigh(this.threads.isOn.map(() => 1), new Uint8Array(this.info.rows), this.stretch);
    this.view.setOccurring(this.merged);
    this.view.showLegend(this.chart.isDark);
    this.weigh();
  }

  /* Returns the amounts of the selected stretch of time; null for the whole time. */
  get stretch() {
    return this.timeline ? this.timeline.amounts : null;
  }

  /* Returns the CPU time of each thread in the selected stretch, for each of the profiles. */
  unitsByThread() {
    const { count, thread, parts } = this.merged.rows;
    const stretch = this.timeline && this.stretch;
    return (stretch ? [stretch] : parts).map(({ units }) => {
      const sums = new Float64Array(this.info.threads.length);
      for (let row = 0; row < count; row++) sums[thread[row]] += units[row];
      return sums;
    });
  }

  showDifference() {
    document.body.classList.add("difference");
    for (const part of document.querySelectorAll("[data-difference]")) part.hidden = false;
    for (const part of document.querySelectorAll("[data-profile]")) part.hidden = true;
    if (isUnchanged(this.merged.rows)) {
      notice("plain", "No difference: every stack has the same share of the CPU time before and after.", []);
    } else {
      this.comparison = notice("plain", "", []);
      this.showComparison();
    }
  }

  /* Explains the colours of the frames that are shown. */
  showComparison() {
    if (!this.comparison) return;
    const frames = this.view.isBySelf ? "the frame's self time" : "the frame's total time";
    const text = comparisonText(this.isReversed ? "the self time of the column's method" : frames);
    if (this.comparison.textContent !== text) this.comparison.textContent = text;
  }

  /* Builds the tree with a level of threads. The threads of a closed group share a tower. Towers with
   * more CPU time stand further to the left. */
  splitByTower(units) {
    const { groups, groupOf } = this.threads;
    const firstName = this.rootName + 1;
    const isClosed = (thread) => groupOf.has(thread) && !groupOf.get(thread).isOpen;
    const towers = this.info.threads.map((_, thread) => ({ name: firstName + thread, threads: [thread] }))
      .filter(({ threads: [thread] }) => !isClosed(thread));
    groups.forEach((group, i) => {
      if (!group.isOpen) towers.push({ name: firstName + this.info.threads.length + i, threads: group.threads });
    });
    const time = ({ threads }) => threads.reduce((sum, thread) => sum + units[thread], 0);
    if (groups.length > 0) towers.sort((a, b) => time(b) - time(a));
    const towerOf = new Int32Array(this.info.threads.length);
    towers.forEach(({ threads }, tower) => threads.forEach((thread) => { towerOf[thread] = tower; }));
    return splitByThread(this.merged, towerOf, towers.map(({ name }) => name), this.rootName);
  }

  openGroups() {
    this.byThread = this.splitByTower(this.unitsByThread()[0]);
    this.byThread.widths = this.merged.widths;
    // The other views have no towers.
    if (this.trie === this.byThread) this.showTrie();
  }

  /* Selects the profile whose CPU times are the widths of the frames. */
  setWidths(part) {
    this.merged.widths = part;
    this.byThread.widths = part;
    if (this.reversed) this.reversed.widths = part;
    byId("widths").setAttribute("aria-pressed", part === Part.BEFORE);
    this.weigh();
  }

  get trie() {
    return this.isReversed ? this.reversed : this.isMerged ? this.merged : this.byThread;
  }

  setMerged(isMerged) {
    this.isMerged = isMerged;
    byId("merge").setAttribute("aria-pressed", isMerged);
    this.showTrie();
  }

  /* Shows the callers of each method, or the stacks from their roots. */
  setReversed(isReversed) {
    if (isReversed && !this.reversed) {
      this.reversed = reversedTree(this.merged, this.names, this.rootName);
      this.reversed.widths = this.merged.widths;
    }
    this.isReversed = isReversed;
    this.showComparison();
    byId("reverse").setAttribute("aria-pressed", isReversed);
    byId("merge").disabled = isReversed;
    this.showTrie();
    if (isReversed && this.reversed.depthLimit > 0) {
      this.say("Only the last " + this.reversed.depthLimit + " frames of each stack are shown: there are too many callers.");
    }
  }

  /* Draws the roots at the top (icicles) or at the bottom (flames). */
  setFlipped(isFlipped) {
    this.chart.isFlipped = isFlipped;
    byId("flip").setAttribute("aria-pressed", isFlipped);
    this.hideTip();
    this.chart.layout();
    this.chart.scrollTo(this.chart.zoom);
    this.redraw();
  }

  showTrie() {
    this.back = [];
    this.dragged = null;
    this.chart.show(this.trie);
    this.weigh();
  }

  /* Hides the rows of a subtree, or all other rows. */
  hide(node, isSubtree) {
    const { source, count } = this.trie.rows;
    for (let row = 0; row < count; row++) {
      const isInside = row >= this.trie.rowStart[node] && row < this.trie.rowEnd[node];
      if (isInside === isSubtree) this.isHidden[source[row]] = 1;
    }
    this.chart.selected = -1;
    if (isSubtree && node === 0) this.unhide();
    else this.weigh();
  }

  unhide() {
    this.isHidden.fill(0);
    this.weigh();
  }

  /* Returns whether a node is a frame of a stack, and not a thread or the root. */
  isFrame(node) {
    return this.trie.name[node] < this.rootName;
  }

  /* Highlights the frames of a method; -1 for none. */
  chooseMethod(name) {
    byId("query").value = name < 0 ? "" : '"' + this.names[name] + '"';
    this.search();
  }

  async copy(text) {
    this.say((await copyText(text)) ? "Copied: " + text.split("\n")[0] : "The browser refuses to copy.");
  }

  /* Shows a message in the place of the details, until the selection changes. */
  say(text) {
    byId("details").replaceChildren(element("span", "", text));
  }

  /* Adds up the CPU times again. Must be called after threads were switched on or off, and after rows
   * were hidden or shown. */
  weigh() {
    this.trie.weigh(this.threads.isOn, this.isHidden, this.stretch);
    if (this.timeline) this.timeline.refresh();
    // While the mouse selects a stretch, a frame can have no samples for a moment.
    let { zoom, selected } = this.dragged ?? this.chart;
    while (zoom > 0 && this.trie.units(zoom) === 0) zoom = this.trie.parent[zoom];
    if (selected >= 0 && this.trie.units(selected) === 0) selected = -1;
    this.chart.selected = selected;
    this.zoomTo(zoom, false);
  }

  zoomTo(node, isStep = true) {
    const chart = this.chart;
    if (isStep && node !== chart.zoom) this.back.push(chart.zoom);
    chart.zoom = node;
    chart.hovered = -1;
    if (chart.selected >= 0 && !chart.isInView(chart.selected)) chart.selected = -1;
    this.hideTip();
    chart.layout();
    // Two callers of the zoomed frame stay visible.
    if (isStep) chart.scrollToEdge(Math.max(0, this.trie.depth[node] - 2));
    this.showPath();
    this.showEmpty();
    this.countMatches();
    this.showMethods();
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
    this.chart.scrollToEdge(0);
  }

  /* The table counts the zoomed frame and all that it called. In the reversed tree, it counts all. */
  showMethods() {
    if (byId("methods").hidden) return;
    if (this.isReversed) this.merged.weigh(this.threads.isOn, this.isHidden, this.stretch);
    this.methods.measure(this.isReversed ? this.merged : this.trie, this.isReversed ? 0 : this.chart.zoom);
  }

  showPath() {
    const path = this.trie.path(this.chart.zoom);
    // Of a long path, only the two ends are shown.
    const shown = path.length <= 7 ? path : path.slice(0, 2).concat([-1], path.slice(-4));
    const parts = shown.flatMap((node, i) => {
      const before = i === 0 ? [] : [element("span", "gap", "\u203a")];
      if (node < 0) return before.concat(element("span", "gap more", "\u2026 " + (path.length - 6) + " more"));
      const crumb = element("button");
      crumb.type = "button";
      crumb.title = this.names[this.trie.name[node]];
      crumb.append(this.cutName("span", node));
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
    const hidden = this.isHidden.reduce((sum, isHidden) => sum + isHidden, 0);
    if (hidden > 0) {
      const show = element("button", "reset", "Show hidden stacks");
      show.type = "button";
      show.id = "unhide";
      show.title = countText(hidden, "row") + " of the profile are hidden";
      show.addEventListener("click", () => this.unhide());
      parts.unshift(show);
    }
    byId("path").replaceChildren(...parts);
  }

  showEmpty() {
    const isEmpty = this.trie.units(0) === 0;
    byId("empty").hidden = !isEmpty;
    if (isEmpty) byId("empty").textContent = this.emptyText();
  }

  /* Returns why the graph is empty. */
  emptyText() {
    const { count, source, parts } = this.trie.rows;
    const { stretch } = this;
    const units = (row) => (stretch ? stretch.units[source[row]] : parts[this.trie.widths].units[row]);
    let hasTime = false;
    let isHidden = true;
    for (let row = 0; row < count; row++) {
      if (units(row) === 0) continue;
      hasTime = true;
      if (!this.isHidden[source[row]]) isHidden = false;
    }
    if (!hasTime && !stretch) return this.view.emptyText(this.trie.widths);
    if (!hasTime) return "No samples in the selected stretch of time" + (this.timeline.lostText && ": " + this.timeline.lostText) + ".";
    if (isHidden) return "All stacks are hidden.";
    if (this.threads.isOn.every((isOn) => !isOn)) return "All threads are switched off.";
    return "All stacks are hidden, or of threads that are switched off.";
  }

  search() {
    const query = byId("query").value;
    const { test, error } = compileQuery(query, this.isRegex);
    byId("query").setAttribute("aria-invalid", error !== "");
    this.searchError = error;
    const matches = test && Uint8Array.from(this.names, (name, i) => (i < this.rootName && test(name) ? 1 : 0));
    this.chart.setMatches(matches);
    const exact = query.match(/^"(.*)"$/);
    this.methods.choose(exact ? this.info.names.indexOf(exact[1]) : -1);
    this.countMatches();
    this.redraw();
  }

  /* Selects the next frame that matches the search, or the previous one, in the order of the graph
   * from left to right. After the last comes the first. */
  selectMatch(step) {
    const { matches, zoom } = this.chart;
    if (matches === null) return;
    const { name, end } = this.trie;
    const found = [];
    for (let node = zoom; node < end[zoom]; node++) {
      if (matches[name[node]] && this.trie.units(node) > 0) found.push(node);
    }
    if (found.length === 0) return;
    const current = this.chart.selected;
    let at = step > 0 ? found.findIndex((node) => node > current) : found.findLastIndex((node) => node < current);
    if (at < 0) at = step > 0 ? 0 : found.length - 1;
    this.chart.selected = found[at];
    this.chart.scrollTo(found[at]);
    this.showDetails();
    this.redraw();
  }

  countMatches() {
    const { matches, zoom } = this.chart;
    const output = byId("matched");
    for (const button of ["next", "previous"]) byId(button).hidden = matches === null;
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
    if (this.timeline) this.timeline.setTheme(isDark);
    this.redraw();
  }

  /* Shows one of the panels beside the graph, or hides it if it is shown. */
  togglePanel(id) {
    for (const other of ["threads", "methods"]) {
      const panel = byId(other);
      panel.hidden = other !== id || !panel.hidden;
      byId(other + "-toggle").setAttribute("aria-pressed", !panel.hidden);
    }
    this.hideTip(); // The frames move.
    this.showMethods();
  }

  setBySelf(isBySelf) {
    this.view.isBySelf = isBySelf;
    byId("by-self").setAttribute("aria-pressed", isBySelf);
    this.showComparison();
    this.hideTip();
    this.redraw();
  }

  showDetails() {
    const node = this.chart.selected >= 0 ? this.chart.selected : this.chart.zoom;
    const { line } = this.view.facts(this.trie, node);
    byId("details").replaceChildren(this.cutName("b", node), element("span", "", line));
  }

  /* Creates an element with a frame's name, which loses its middle where it has too little room. The
   * class and the method are its tail, if they are not too long. */
  cutName(tag, node) {
    const name = this.names[this.trie.name[node]];
    const shorter = shorterNames(name, this.kinds[this.trie.name[node]])[1];
    return cutElement(tag, "", name, name.length <= 24 ? 24 : Math.min(32, shorter?.length ?? 8));
  }

  showTip(rect, x, y) {
    if (rect.node < 0) {
      const units = (rect.width / this.chart.scale) * this.info.unitNanos;
      placeTip([
        element("b", "", countText(rect.frames, "frame") + " too narrow to draw"),
        element("span", "", timeText(Math.round(units)) + " CPU together. Click to zoom in."),
      ], x, y);
    } else {
      const table = element("dl");
      const name = this.trie.name[rect.node];
      const { head, terms } = kindFacts(this.names[name], this.kinds[name]);
      for (const [term, value] of terms.concat(this.view.facts(this.trie, rect.node).terms)) {
        table.append(element("dt", "", term), element("dd", "", value));
      }
      placeTip([element("b", "", head), table], x, y);
    }
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

/* Shows the tooltip beside a point of the window. */
function placeTip(parts, x, y) {
  const tip = byId("tip");
  tip.replaceChildren(...parts);
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const left = x + 16 + width > window.innerWidth ? x - width - 12 : x + 16;
  const top = y + 18 + height > window.innerHeight ? y - height - 10 : y + 18;
  tip.style.left = Math.max(4, left) + "px";
  tip.style.top = Math.max(4, top) + "px";
}
