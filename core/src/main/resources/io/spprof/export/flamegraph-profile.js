/* Colours and labels for the frames of one profile. The hue shows the kind of frame; all methods of
 * a class, and all functions of a library, have the same shade. */
class ProfileView {
  static SHADES = 7;

  constructor(info, names, kinds, trie) {
    this.unitNanos = info.unitNanos;
    this.kinds = kinds;
    this.shades = Uint8Array.from(names, (name, i) => shadeOf(name, kinds[i], ProfileView.SHADES));
    this.occurring = new Set(); // the kinds of frames that have samples
    for (let node = 1; node < trie.size; node++) this.occurring.add(kinds[trie.name[node]]);
  }

  /* Finds the kinds of the frames that have CPU time. */
  setOccurring(trie) {
    this.occurring.clear();
    for (let node = 1; node < trie.size; node++) {
      if (trie.units(node) > 0) this.occurring.add(this.kinds[trie.name[node]]);
    }
  }

  fill(trie, node, isDark) {
    const name = trie.name[node];
    const shades = (isDark ? ProfileView.DARK : ProfileView.LIGHT).fills[this.kinds[name]];
    return shades[this.shades[name] % shades.length];
  }

  text(trie, node, isDark) {
    return (isDark ? ProfileView.DARK : ProfileView.LIGHT).texts[this.kinds[trie.name[node]]];
  }

  /* Returns the text before a frame's name. */
  mark() {
    return "";
  }

  /* Returns the description of a frame: one line, and a list of terms with their values. */
  facts(trie, node) {
    const units = trie.units(node);
    const parent = trie.parent[node];
    const samples = countText(trie.samples(node), "sample");
    const time = timeText(units * this.unitNanos);
    // In a reversed tree, a frame's children are its callers.
    const self = trie.isReversed ? "" : timeText(trie.selfUnits(node) * this.unitNanos);
    const ofAll = percentText(units, trie.units(0));
    const ofParent = parent < 0 ? "" : percentText(units, trie.units(parent));
    const terms = [["CPU time", time], ...(self ? [["Self", self]] : []), ["Samples", samples], ["Of all", ofAll]];
    return {
      line: time + " CPU, " + (self && self + " self, ") + samples + ", " + ofAll + " of all" + (ofParent && ", " + ofParent + " of parent"),
      terms: ofParent ? terms.concat([["Of parent", ofParent]]) : terms,
    };
  }

  /* Returns the text after the share of the samples that match the search. */
  matched() {
    return "";
  }

  emptyText() {
    return "This profile has no samples.";
  }

  /* Returns, for each set of threads, its share of the CPU time and the text of this share. */
  threadShares([units], sets) {
    const all = units.reduce((a, b) => a + b, 0);
    return sets.map((threads) => {
      const own = threads.reduce((sum, thread) => sum + units[thread], 0);
      return { share: all > 0 ? own / all : 0, text: percentText(own, all) };
    });
  }

  /* Returns the columns of the table of methods: a value, the key by which it is sorted, its text. */
  methodColumns() {
    const share = (amount) => ([part], name) => ({ units: part[amount][name], all: part.all });
    const text = ({ units, all }) => percentText(units, all);
    const key = ({ units }) => units;
    return [
      { title: "Self", hint: "CPU time in the method itself, of all", value: share("self"), key, text },
      { title: "Total", hint: "CPU time in the method and in what it called, of all", value: share("total"), key, text },
      { title: "Samples", hint: "Samples with the method on the stack", value: ([part], name) => part.samples[name], key: (n) => n, text: (n) => countText(n) },
    ];
  }

  /* Lists the colours of the kinds that occur in the profile. */
  showLegend(isDark) {
    const { fills } = isDark ? ProfileView.DARK : ProfileView.LIGHT;
    const order = [Kind.JAVA, Kind.JDK, Kind.NATIVE, Kind.JVM, Kind.SYSCALL, Kind.SYNTHETIC];
    const kinds = order.filter((kind) => this.occurring.has(kind)).concat(Kind.THREAD);
    const entries = kinds.map((kind) => [KIND_TEXTS[kind], fills[kind][fills[kind].length >> 1]]);
    entries.push(["Match", (isDark ? Chart.DARK : Chart.LIGHT).match]);
    byId("legend").replaceChildren(...entries.map(([text, colour]) => {
      const entry = element("li");
      const swatch = element("i");
      swatch.style.background = colour;
      entry.append(swatch, text);
      return entry;
    }));
  }
}

function shades(hue, spread, saturation, lightness) {
  return Array.from({ length: ProfileView.SHADES }, (_, i) => {
    const shift = i / (ProfileView.SHADES - 1) - 0.5;
    return `hsl(${hue + shift * spread} ${saturation}% ${lightness - shift * 7}%)`;
  });
}

/* The colours of each kind, in the order of Kind: fills, and the text on them. */
ProfileView.LIGHT = {
  fills: [
    shades(32, 20, 86, 70), shades(106, 22, 36, 75), shades(170, 12, 38, 70), shades(354, 8, 66, 80),
    ["hsl(268 24% 80%)"], shades(204, 16, 62, 75), ["hsl(215 16% 84%)"], ["hsl(215 14% 90%)"],
  ],
  texts: ["#27190a", "#12261a", "#06231f", "#33090d", "#2a1f3d", "#0c2233", "#1c2733", "#1c2733"],
};
ProfileView.DARK = {
  fills: [
    shades(29, 20, 60, 58), shades(106, 22, 26, 56), shades(172, 12, 32, 52), shades(354, 8, 44, 64),
    ["hsl(268 20% 62%)"], shades(204, 16, 42, 58), ["hsl(215 13% 34%)"], ["hsl(215 13% 26%)"],
  ],
  texts: ["#190f04", "#07140b", "#031310", "#200407", "#150d22", "#06131d", "#e3e9f0", "#e3e9f0"],
};
