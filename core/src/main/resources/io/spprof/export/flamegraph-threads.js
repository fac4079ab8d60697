/* The list of threads. Each thread has a switch that takes its samples out of the graph. */
class ThreadList {
  constructor(names, shares, onChange) {
    this.names = names;
    this.isOn = new Uint8Array(names.length).fill(1);
    this.onChange = onChange;
    this.items = names.map((name, thread) => this.item(name, thread, shares[thread]));
    byId("threads-list").append(...this.items.map((item) => item.row));
    byId("threads-all").addEventListener("click", () => this.setListed(1));
    byId("threads-none").addEventListener("click", () => this.setListed(0));
    byId("threads-filter").addEventListener("input", () => this.filter());
    this.refresh();
  }

  item(name, thread, { share, text }) {
    const row = element("li");
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => this.set((other) => (other === thread ? +box.checked : this.isOn[other])));
    const bar = element("span", "share");
    bar.style.setProperty("--share", share);
    const title = element("span", "name", name);
    title.title = name;
    label.append(box, title, element("span", "percent", text), bar);
    const only = element("button", "only", "only");
    only.type = "button";
    only.title = "Only this thread";
    only.setAttribute("aria-label", "Only thread " + name);
    only.addEventListener("click", () => this.set((other) => +(other === thread)));
    row.append(label, only);
    return { row, box };
  }

  set(choose) {
    this.isOn = this.isOn.map((_, thread) => choose(thread));
    this.refresh();
    this.onChange();
  }

  setListed(value) {
    this.set((thread) => (this.items[thread].row.hidden ? this.isOn[thread] : value));
  }

  filter() {
    const wanted = byId("threads-filter").value.toLowerCase();
    this.items.forEach((item, thread) => {
      item.row.hidden = !this.names[thread].toLowerCase().includes(wanted);
    });
    this.refresh();
  }

  refresh() {
    let on = 0;
    let listed = 0;
    this.items.forEach((item, thread) => {
      item.box.checked = this.isOn[thread] === 1;
      on += this.isOn[thread];
      listed += item.row.hidden ? 0 : 1;
    });
    const all = this.names.length;
    byId("threads-count").textContent =
      (on === all ? countText(all, "thread") + ", all on" : countText(on) + " of " + countText(all) + " on") +
      (listed === all ? "" : ", " + countText(listed) + " listed");
  }
}
