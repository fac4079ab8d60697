/* The timeline above the graph: the CPU time of each slot of time, by groups of threads. The user
 * selects a stretch of time with the mouse, or with the keyboard on the two sliders at its ends. The
 * page then shows the samples of this stretch only. FlameGraphTimeline.java describes the data. */

/* Reads the entries of the timeline: for each the slot, the row, the samples and the CPU time. */
function readTimeline(base64) {
  const numbers = new Varints(base64);
  const slot = [];
  const row = [];
  const samples = [];
  const units = [];
  while (numbers.at < numbers.bytes.length) {
    const at = numbers.next();
    let last = -1;
    for (let left = numbers.next(); left > 0; left--) {
      last += numbers.next();
      slot.push(at);
      row.push(last);
      samples.push(numbers.next());
      units.push(numbers.next());
    }
  }
  return {
    count: row.length, slot: Int32Array.from(slot), row: Int32Array.from(row),
    samples: Float64Array.from(samples), units: Float64Array.from(units),
  };
}

class Timeline {
  /* The most groups of threads with a colour of their own. */
  static MOST = 5;
  /* Height in CSS pixels of the times below the bars. */
  static AXIS = 14;

  /* `towers` are the groups of threads, each with a name and its threads. `isShown` returns whether a
   * row is in the graph. `onSelect` is called when the stretch changes, `onDrag` when the mouse begins
   * (true) and ends (false) to change it. */
  constructor(info, base64, threadOf, towers, isShown, onSelect, onDrag) {
    this.info = info;
    this.threadOf = threadOf;
    this.isShown = isShown;
    this.onSelect = onSelect;
    this.onDrag = onDrag;
    this.entries = readTimeline(base64);
    this.slots = info.slots;
    this.from = 0;
    this.to = this.slots;
    this.isDark = false;
    this.hovered = -1;
    this.rowSamples = new Float64Array(info.rows);
    this.rowUnits = new Float64Array(info.rows);
    const timed = this.entries.samples.reduce((a, b) => a + b, 0);
    this.untimed = info.totalSamples - timed;
    this.firstSlot = this.entries.slot.reduce((a, b) => Math.min(a, b), this.slots);
    this.group(towers);
    byId("timeline").hidden = false;
    this.listen();
  }

  /* Gives the groups with the most CPU time a colour each. All others share one. */
  group(towers) {
    const { count, row, units } = this.entries;
    const towerOf = new Int32Array(this.info.threads.length);
    towers.forEach(({ threads }, tower) => threads.forEach((thread) => { towerOf[thread] = tower; }));
    const sums = towers.map((_, tower) => ({ tower, units: 0 }));
    for (let i = 0; i < count; i++) sums[towerOf[this.threadOf[row[i]]]].units += units[i];
    const busy = sums.filter((sum) => sum.units > 0).sort((a, b) => b.units - a.units);
    const named = busy.length <= Timeline.MOST + 1 ? busy : busy.slice(0, Timeline.MOST);
    this.groupNames = named.map(({ tower }) => towers[tower].name);
    if (busy.length > named.length) this.groupNames.push(countText(busy.length - named.length) + " other");
    const groupOf = new Int32Array(towers.length).fill(named.length);
    named.forEach(({ tower }, group) => { groupOf[tower] = group; });
    this.groupOf = Int32Array.from(towerOf, (tower) => groupOf[tower]);
  }

  get isWhole() {
    return this.from === 0 && this.to === this.slots;
  }

  /* Returns the samples and the CPU time of each row in the selected stretch; null for the whole time,
   * which also has the samples without a known time. */
  get amounts() {
    return this.isWhole ? null : { samples: this.rowSamples, units: this.rowUnits };
  }

  /* Selects the slots from..to - 1. */
  select(from, to) {
    if (from === this.from && to === this.to) return;
    this.from = from;
    this.to = to;
    this.rowSamples.fill(0);
    this.rowUnits.fill(0);
    const { count, slot, row, samples, units } = this.entries;
    for (let i = 0; i < count; i++) {
      if (slot[i] < from || slot[i] >= to) continue;
      this.rowSamples[row[i]] += samples[i];
      this.rowUnits[row[i]] += units[i];
    }
    this.onSelect();
  }

  selectAll() {
    this.select(0, this.slots);
  }

  /* Adds up the CPU time of each slot and group, of the rows that are in the graph. */
  measure() {
    const groups = this.groupNames.length;
    this.sums = new Float64Array(this.slots * groups);
    const { count, slot, row, units } = this.entries;
    for (let i = 0; i < count; i++) {
      if (this.isShown(row[i])) this.sums[slot[i] * groups + this.groupOf[this.threadOf[row[i]]]] += units[i];
    }
    let most = 0;
    for (let at = 0; at < this.slots; at++) {
      most = Math.max(most, this.cpus(at));
    }
    this.most = most;
  }

  get durationNanos() {
    return Math.max(this.info.durationMillis * 1e6, (this.slots - 1) * this.info.slotNanos + 1e6);
  }

  /* Returns the time at which a slot begins, in nanoseconds after the beginning of the profile. */
  nanosAt(slot) {
    return Math.min(slot * this.info.slotNanos, this.durationNanos);
  }

  /* Returns the mean number of CPUs that a slot used, in one group or in all. The last slot can be
   * short. */
  cpus(slot, group = -1) {
    const groups = this.groupNames.length;
    let units = 0;
    for (let i = 0; i < groups; i++) {
      if (group < 0 || i === group) units += this.sums[slot * groups + i];
    }
    const nanos = Math.max(this.nanosAt(slot + 1) - this.nanosAt(slot), this.info.slotNanos / 10);
    return (units * this.info.unitNanos) / nanos;
  }

  /* Returns the time of the clock at which a slot begins, with the date if the timeline has more than
   * one day; the time since the start if the clock's time is not known. */
  clock(slot) {
    const { startTimeMillis, slotNanos } = this.info;
    const dayOf = (millis) => Math.floor(millis / 86400000);
    const millis = startTimeMillis + this.nanosAt(slot) / 1e6;
    const text = new Date(millis).toISOString();
    const time = text.slice(11, slotNanos < 1e9 ? 21 : 19);
    const hasDays = dayOf(startTimeMillis) !== dayOf(startTimeMillis + this.durationNanos / 1e6);
    if (startTimeMillis > 0) return hasDays ? text.slice(0, 10) + " " + time : time;
    return "+" + (hasDays ? dayOf(millis) + " d " : "") + time;
  }

  /* Returns which times of the stretch are not kept; "" if all are. */
  get lostText() {
    if (this.untimed === 0 || this.from > this.firstSlot) return "";
    return this.to <= this.firstSlot
      ? "times before " + this.clock(this.firstSlot) + " are not kept"
      : "not all times before " + this.clock(this.firstSlot + 1) + " are kept";
  }

  /* Returns the samples and the CPU time of the stretch, of the rows that are in the graph, in words. */
  get amountsText() {
    if (this.lostText !== "" && this.to <= this.firstSlot) return this.lostText;
    const sum = (values) => values.reduce((all, value, row) => all + (this.isShown(row) ? value : 0), 0);
    const amounts = countText(sum(this.rowSamples), "sample") + ", " + timeText(sum(this.rowUnits) * this.info.unitNanos) + " CPU";
    return amounts + (this.lostText === "" ? "" : "; " + this.lostText);
  }

  /* Describes the stretch in words. */
  say() {
    const nanos = this.nanosAt(this.to) - this.nanosAt(this.from);
    const lost = this.untimed > 0 ? "; " + countText(this.untimed, "sample") + " without a known time" : "";
    const text = this.isWhole
      ? timeText(nanos) + lost
      : this.clock(this.from) + " \u2013 " + this.clock(this.to) + ", " + timeText(nanos) + ": " + this.amountsText;
    // A screen reader announces each assignment, even of the same text.
    if (byId("stretch").textContent !== text) byId("stretch").textContent = text;
    byId("stretch").title = this.untimed > 0 ? "Times of the oldest samples are not kept. These samples are in the graph of the whole time, and in no stretch." : "";
    byId("stretch-clear").hidden = this.isWhole;
    this.label("stretch-from", this.from, 0, this.to - 1);
    this.label("stretch-to", this.to, this.from + 1, this.slots);
  }

  label(id, slot, least, most) {
    const slider = byId(id);
    slider.setAttribute("aria-valuemin", least);
    slider.setAttribute("aria-valuemax", most);
    slider.setAttribute("aria-valuenow", slot);
    slider.setAttribute("aria-valuetext", this.clock(slot) + " UTC");
    slider.style.left = (100 * this.nanosAt(slot)) / this.durationNanos + "%";
  }

  listen() {
    const box = byId("timeline-box");
    const slotAt = (event) => {
      const { left, width } = box.getBoundingClientRect();
      const nanos = ((event.clientX - left) / width) * this.durationNanos;
      return Math.max(0, Math.min(this.slots - 1, Math.floor(nanos / this.info.slotNanos)));
    };
    let anchor = -1; // the slot that stays selected while the mouse is dragged; -1 if it is not
    const drag = (event) => {
      const slot = slotAt(event);
      this.select(Math.min(anchor, slot), Math.max(anchor, slot) + 1);
    };
    box.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const { id } = event.target;
      const isEnd = id === "stretch-from" || id === "stretch-to";
      // A drag of an end of the stretch moves this end. The other end stays.
      anchor = id === "stretch-from" ? this.to - 1 : id === "stretch-to" ? this.from : slotAt(event);
      this.onDrag(true);
      box.setPointerCapture(event.pointerId);
      event.preventDefault();
      if (isEnd) event.target.focus();
      else drag(event);
    });
    box.addEventListener("pointermove", (event) => {
      this.hovered = slotAt(event);
      if (anchor >= 0) drag(event);
      this.showTip(event);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      box.addEventListener(end, () => {
        if (anchor < 0) return;
        anchor = -1;
        this.onDrag(false);
        // The keys then move the stretch and end it.
        if (!box.contains(document.activeElement)) byId("stretch-to").focus({ preventScroll: true });
      });
    }
    box.addEventListener("pointerleave", () => {
      this.hovered = -1;
      byId("tip").hidden = true;
      this.draw();
    });
    box.addEventListener("dblclick", () => this.selectAll());
    byId("stretch-clear").addEventListener("click", () => {
      this.selectAll();
      byId("stretch-from").focus();
    });
    for (const id of ["stretch-from", "stretch-to"]) {
      byId(id).addEventListener("keydown", (event) => this.onKey(event, id === "stretch-from"));
    }
    new ResizeObserver(() => this.draw()).observe(box);
  }

  /* Moves an end of the stretch, or with Shift the whole stretch. */
  onKey(event, isFrom) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tenth = Math.max(1, Math.round(this.slots / 10));
    const far = this.slots;
    const step = {
      ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -tenth, PageUp: tenth, Home: -far, End: far,
    }[event.key];
    if (step === undefined && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    const within = (value, least, most) => Math.max(least, Math.min(most, value));
    if (event.key === "Escape") {
      this.selectAll();
    } else if (event.shiftKey) {
      const by = within(step, -this.from, this.slots - this.to);
      this.select(this.from + by, this.to + by);
    } else if (isFrom) {
      this.select(within(this.from + step, 0, this.to - 1), this.to);
    } else {
      this.select(this.from, within(this.to + step, this.from + 1, this.slots));
    }
  }

  showTip(event) {
    const { hovered } = this;
    const table = element("dl");
    const add = (term, value) => table.append(element("dt", "", term), element("dd", "", value));
    const isLost = this.untimed > 0 && hovered < this.firstSlot;
    add("All", isLost ? "not known" : this.cpus(hovered).toFixed(2) + " CPUs");
    this.groupNames.forEach((name, group) => {
      const cpus = this.cpus(hovered, group);
      if (cpus > 0) add(name, cpus.toFixed(2) + " CPUs");
    });
    if (isLost) add("Before the first known time", "");
    const head = this.clock(hovered) + " \u2013 " + this.clock(hovered + 1) + " UTC";
    placeTip([element("b", "", head), table], event.clientX, event.clientY);
    this.draw();
  }

  get colours() {
    return this.isDark ? Timeline.DARK : Timeline.LIGHT;
  }

  setTheme(isDark) {
    this.isDark = isDark;
    byId("timeline-legend").replaceChildren(...this.groupNames.map((name, group) => {
      const entry = element("li");
      const swatch = element("i");
      swatch.style.background = this.colours.groups[group];
      entry.append(swatch, cutElement("span", "", name, name.length > 16 ? 10 : 16));
      return entry;
    }));
    this.draw();
  }

  /* Adds up, draws and describes the slots again. Must be called after rows were shown or hidden. */
  refresh() {
    this.measure();
    this.draw();
    this.say();
  }

  draw() {
    if (!this.sums) return;
    const canvas = byId("timeline-chart");
    const { clientWidth: width, clientHeight: height } = byId("timeline-box");
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const bottom = height - Timeline.AXIS;
    const x = (slot) => (this.nanosAt(slot) / this.durationNanos) * width;
    const { colours } = this;
    if (this.untimed > 0) {
      context.fillStyle = colours.unknown;
      context.fillRect(0, 0, x(this.firstSlot), bottom);
    }
    const scale = this.most > 0 ? (bottom - 2) / this.most : 0;
    for (let slot = 0; slot < this.slots; slot++) {
      const isIn = slot >= this.from && slot < this.to;
      const left = x(slot);
      const wide = Math.max(1, x(slot + 1) - left - (width > 4 * this.slots ? 1 : 0));
      let top = bottom;
      context.globalAlpha = isIn ? 1 : 0.3;
      this.groupNames.forEach((_, group) => {
        const tall = this.cpus(slot, group) * scale;
        context.fillStyle = colours.groups[group];
        context.fillRect(left, top - tall, wide, tall);
        top -= tall;
      });
      if (slot === this.hovered) {
        context.globalAlpha = 0.15;
        context.fillStyle = colours.text;
        context.fillRect(left, 0, wide, bottom);
      }
    }
    context.globalAlpha = 1;
    this.drawAxis(context, x, width, bottom);
  }

  drawAxis(context, x, width, bottom) {
    const { colours } = this;
    context.fillStyle = colours.line;
    context.fillRect(0, bottom, width, 1);
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    context.fillStyle = colours.text;
    const most = "up to " + this.most.toFixed(this.most < 10 ? 2 : 0) + " CPUs";
    const ends = [this.clock(0), this.clock(this.slots)];
    const room = context.measureText(ends[0]).width + 40;
    const labels = Math.max(2, Math.min(8, Math.floor(width / room)));
    for (let i = 0; i < labels; i++) {
      const slot = Math.round((i * this.slots) / (labels - 1));
      const text = this.clock(slot);
      const wide = context.measureText(text).width;
      context.fillText(text, Math.max(2, Math.min(width - wide - 2, x(slot) - wide / 2)), bottom + Timeline.AXIS / 2 + 1);
    }
    // The scale: the height of the box.
    const wide = context.measureText(most).width;
    context.fillStyle = colours.back;
    context.fillRect(0, 0, wide + 8, 15);
    context.fillStyle = colours.text;
    context.fillText(most, 4, 8);
  }
}

Timeline.LIGHT = {
  groups: ["#2f6fb5", "#c2571a", "#2f7f58", "#8a55a8", "#a3406a", "#77818c"],
  text: "#4a5562", line: "#dde3ea", back: "rgb(245 247 250 / 80%)", unknown: "#e2e6eb",
};
Timeline.DARK = {
  groups: ["#6ea8ea", "#e39256", "#6cbf94", "#bd93da", "#df85ab", "#97a3b0"],
  text: "#aab6c3", line: "#303944", back: "rgb(27 33 40 / 80%)", unknown: "#2b323b",
};
