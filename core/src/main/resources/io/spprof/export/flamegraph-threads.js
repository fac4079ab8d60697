/* Groups of threads whose names differ in their numbers only: the pools, as in the text report
 * (ThreadGroups.java), except that the page does not know the JVM's own threads. A pool with few threads is no group. */
const FEWEST_IN_GROUP = 4;

/* Returns the groups: for each its name, and the numbers of its threads. */
function threadGroups(names) {
  const groups = new Map();
  names.forEach((name, thread) => {
    const pattern = name.replace(/[0-9]+/g, "*");
    if (pattern === name) return;
    if (!groups.has(pattern)) groups.set(pattern, []);
    groups.get(pattern).push(thread);
  });
  return [...groups].filter(([, threads]) => threads.length >= FEWEST_IN_GROUP)
    .map(([name, threads]) => ({ name: name + " (" + threads.length + ")", threads, isOpen: false }));
}

/* The list of threads. Each thread has a switch that takes its samples out of the graph, and so has
 * each group. A group is one tower of the graph until it is opened. */
class ThreadList {
  /* sharesOf returns, for sets of threads, the share of each set and its text. */
  constructor(names, groups, sharesOf, onChange, onOpen) {
    this.names = names;
    this.groups = groups;
    this.isOn = new Uint8Array(names.length).fill(1);
    this.onChange = onChange;
    this.onOpen = onOpen;
    this.groupOf = new Map();
    groups.forEach((group) => group.threads.forEach((thread) => this.groupOf.set(thread, group)));
    const shares = sharesOf(names.map((_, thread) => [thread]));
    const groupShares = sharesOf(groups.map(({ threads }) => threads));
    this.items = names.map((name, thread) => this.item(name, [thread], shares[thread]));
    groups.forEach((group, i) => { group.item = this.groupItem(group, groupShares[i]); });
    const single = this.items.map((item, thread) => ({ item, members: [], share: shares[thread].share, thread }));
    const entries = single.filter(({ thread }) => !this.groupOf.has(thread));
    groups.forEach(({ item, threads }, i) => entries.push({ item, members: threads, share: groupShares[i].share }));
    entries.sort((a, b) => b.share - a.share);
    byId("threads-list").append(...entries.flatMap(({ item, members }) =>
      [item.row, ...members.map((thread) => this.items[thread].row)]));
    byId("threads-all").addEventListener("click", () => this.setListed(1));
    byId("threads-none").addEventListener("click", () => this.setListed(0));
    byId("threads-filter").addEventListener("input", () => this.filter());
    this.filter();
  }

  item(name, threads, share) {
    const row = element("li");
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    const isHere = (thread) => threads.includes(thread);
    box.addEventListener("change", () => this.set((thread) => (isHere(thread) ? +box.checked : this.isOn[thread])));
    const bar = element("span", "share");
    const percent = element("span", "percent");
    const show = ({ share, text }) => {
      bar.style.setProperty("--share", share);
      percent.textContent = text;
      box.setAttribute("aria-label", name + " " + text);
    };
    show(share);
    label.append(box, cutElement("span", "name", name, 8), percent, bar);
    const only = element("button", "only", "only");
    only.type = "button";
    only.title = threads.length === 1 ? "Only this thread" : "Only these threads";
    only.setAttribute("aria-label", "Only " + (threads.length === 1 ? "thread " : "threads ") + name);
    only.addEventListener("click", () => this.set((thread) => +isHere(thread)));
    row.append(label, only);
    return { row, box, show };
  }

  /* Shows other shares. The threads keep their places. */
  showShares(sharesOf) {
    sharesOf(this.items.map((_, thread) => [thread])).forEach((share, thread) => this.items[thread].show(share));
    sharesOf(this.groups.map(({ threads }) => threads)).forEach((share, i) => this.groups[i].item.show(share));
  }

  groupItem(group, share) {
    const item = this.item(group.name, group.threads, share);
    item.row.className = "group";
    const expand = element("button", "expand", "\u203a");
    expand.type = "button";
    expand.title = "Show each thread, in the list and in the graph";
    expand.setAttribute("aria-label", "Threads of " + group.name);
    expand.setAttribute("aria-expanded", "false");
    expand.addEventListener("click", () => {
      group.isOpen = !group.isOpen;
      expand.setAttribute("aria-expanded", group.isOpen);
      this.filter();
      this.onOpen();
    });
    item.row.prepend(expand);
    group.threads.forEach((thread) => this.items[thread].row.classList.add("member"));
    return item;
  }

  set(choose) {
    this.isOn = this.isOn.map((_, thread) => choose(thread));
    this.refresh();
    this.onChange();
  }

  isListed(thread) {
    return this.names[thread].toLowerCase().includes(this.wanted);
  }

  setListed(value) {
    this.set((thread) => (this.isListed(thread) ? value : this.isOn[thread]));
  }

  /* Lists the threads that match the filter. Members of a closed group are listed only if there is a
   * filter. */
  filter() {
    this.wanted = byId("threads-filter").value.toLowerCase();
    this.items.forEach((item, thread) => {
      const group = this.groupOf.get(thread);
      const isClosed = group !== undefined && !group.isOpen && this.wanted === "";
      item.row.hidden = isClosed || !this.isListed(thread);
    });
    this.groups.forEach(({ item, threads }) => { item.row.hidden = !threads.some((thread) => this.isListed(thread)); });
    this.refresh();
  }

  refresh() {
    let on = 0;
    let listed = 0;
    this.items.forEach((item, thread) => {
      item.box.checked = this.isOn[thread] === 1;
      on += this.isOn[thread];
      listed += this.isListed(thread) ? 1 : 0;
    });
    this.groups.forEach(({ item, threads }) => {
      const own = threads.reduce((sum, thread) => sum + this.isOn[thread], 0);
      item.box.checked = own === threads.length;
      item.box.indeterminate = own > 0 && own < threads.length;
    });
    const all = this.names.length;
    byId("threads-count").textContent =
      (on === all ? countText(all, "thread") + ", all on" : countText(on) + " of " + countText(all) + " on") +
      (listed === all ? "" : ", " + countText(listed) + " listed");
  }
}
