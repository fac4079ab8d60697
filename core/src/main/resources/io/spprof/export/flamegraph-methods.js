/* The table of methods, for the part of the graph that is shown: with the CPU time of each method
 * itself (self), and with all that it called (total). A view, ProfileView or DifferenceView, chooses
 * the columns. */
class MethodTable {
  /* The most rows in the table. */
  static MOST = 500;

  constructor(names, kinds, columns, onChoose) {
    this.names = names;
    this.kinds = kinds;
    this.columns = columns;
    this.onChoose = onChoose;
    this.sortedBy = 0;
    this.isRising = false;
    this.chosen = -1;
    this.rows = []; // none until the table is shown
    const head = columns.map(({ title, hint }, column) => {
      const cell = element("th");
      cell.scope = "col";
      const button = element("button", "", title);
      button.type = "button";
      button.title = hint;
      button.addEventListener("click", () => this.sortBy(column));
      cell.append(button);
      return cell;
    });
    const name = element("th", "", "Method");
    name.scope = "col";
    const row = element("tr");
    row.append(...head, name);
    byId("methods-head").replaceChildren(row);
    byId("methods-filter").addEventListener("input", () => this.show());
    this.context = element("canvas").getContext("2d");
    this.room = 0;
    new ResizeObserver(() => { if (this.nameRoom() !== this.room) this.show(); }).observe(byId("methods"));
  }

  /* Returns how wide a name can be, in CSS pixels. */
  nameRoom() {
    return byId("methods-head").querySelector("th:last-child").clientWidth - 24;
  }

  /* Returns the longest form of a name that fits: without the package first, and cut in the middle if
   * even the shortest form is too wide. */
  fitted(name) {
    const fits = (text) => this.context.measureText(text).width <= this.room;
    const forms = shorterNames(this.names[name], this.kinds[name]);
    const form = forms.find(fits);
    if (form !== undefined || this.room <= 0) return form ?? forms[0];
    const shortest = forms[forms.length - 1];
    let most = shortest.length - 1;
    let least = Math.min(4, most);
    while (least < most) {
      const letters = Math.ceil((least + most) / 2);
      if (fits(cutInMiddle(shortest, letters))) least = letters;
      else most = letters - 1;
    }
    return cutInMiddle(shortest, least);
  }

  /* Adds up the methods of a subtree. A method that recurs counts once in its total. */
  measure(trie, root) {
    const parts = trie.sums.map((_, part) => methodAmounts(trie, root, this.names.length, part));
    this.rows = [];
    for (let name = 0; name < this.names.length; name++) {
      if (parts.some(({ total }) => total[name] > 0)) {
        this.rows.push({ name, values: this.columns.map(({ value }) => value(parts, name)) });
      }
    }
    this.sort();
  }

  sortBy(column) {
    this.isRising = column === this.sortedBy && !this.isRising;
    this.sortedBy = column;
    this.sort();
  }

  sort() {
    const column = this.sortedBy;
    const { key } = this.columns[column];
    const direction = this.isRising ? 1 : -1;
    this.rows.sort((a, b) => direction * (key(a.values[column]) - key(b.values[column])) || (this.names[a.name] < this.names[b.name] ? -1 : 1));
    this.show();
  }

  show() {
    const heads = byId("methods-head").querySelectorAll("th");
    this.columns.forEach((_, column) => {
      if (column === this.sortedBy) heads[column].setAttribute("aria-sort", this.isRising ? "ascending" : "descending");
      else heads[column].removeAttribute("aria-sort");
    });
    this.room = this.nameRoom();
    this.context.font = getComputedStyle(document.body).font;
    const wanted = byId("methods-filter").value.toLowerCase();
    const listed = this.rows.filter(({ name }) => this.names[name].toLowerCase().includes(wanted));
    byId("methods-rows").replaceChildren(...listed.slice(0, MethodTable.MOST).map((row) => this.row(row)));
    byId("methods-count").textContent = countText(listed.length, "method") +
      (listed.length > MethodTable.MOST ? ", the first " + MethodTable.MOST + " shown" : "");
  }

  row({ name, values }) {
    const row = element("tr");
    row.append(...this.columns.map(({ text, mark }, column) => element("td", mark ? mark(values[column]) : "", text(values[column]))));
    const full = this.names[name];
    const button = element("button", "", this.fitted(name));
    button.type = "button";
    button.title = full;
    if (button.textContent !== full) button.setAttribute("aria-label", full);
    button.setAttribute("aria-pressed", name === this.chosen);
    button.addEventListener("click", () => this.onChoose(name === this.chosen ? -1 : name));
    const cell = element("td", "name");
    cell.append(button);
    row.append(cell);
    return row;
  }

  /* Marks the method whose frames are highlighted; -1 for none. */
  choose(name) {
    if (name === this.chosen) return;
    this.chosen = name;
    this.show();
  }
}

/* Returns the self time, the total time and the samples of each name in a subtree, for one part. */
function methodAmounts(trie, root, nameCount, part) {
  const self = new Float64Array(nameCount);
  const total = new Float64Array(nameCount);
  const samples = new Float64Array(nameCount);
  const open = new Int32Array(nameCount); // how often a name is on the path to the node
  const path = [];
  const isMethod = (node) => trie.name[node] < nameCount;
  for (let node = root; node < trie.end[root]; node++) {
    while (path.length > 0 && trie.end[path[path.length - 1]] <= node) {
      const left = path.pop();
      if (isMethod(left)) open[trie.name[left]]--;
    }
    const units = trie.units(node, part);
    if (path.length > 0 && isMethod(path[path.length - 1])) self[trie.name[path[path.length - 1]]] -= units;
    path.push(node);
    if (!isMethod(node)) continue;
    const name = trie.name[node];
    self[name] += units;
    if (open[name]++ > 0) continue;
    total[name] += units;
    samples[name] += trie.samples(node, part);
  }
  return { self, total, samples, all: trie.units(0, part), allSamples: trie.samples(0, part) };
}
