/* Colours and labels for the frames of one profile. The hue shows the kind of frame; all methods of
 * a class, and all functions of a library, have the same shade. */
class ProfileView {
  static SHADES = 7;

  constructor(info, names, kinds) {
    this.unitNanos = info.unitNanos;
    this.kinds = kinds;
    this.shades = Uint8Array.from(names, (name) => shadeOf(name, ProfileView.SHADES));
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
    const self = timeText(trie.selfUnits(node) * this.unitNanos);
    const ofAll = percentText(units, trie.units(0));
    const ofParent = parent < 0 ? "" : percentText(units, trie.units(parent));
    const terms = [["CPU time", time], ["Self", self], ["Samples", samples], ["Of all", ofAll]];
    return {
      line: time + " CPU, " + self + " self, " + samples + ", " + ofAll + " of all" + (ofParent && ", " + ofParent + " of parent"),
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

  /* Returns, for each thread, its share of the CPU time and the text of this share. */
  threadShares([units]) {
    const all = units.reduce((a, b) => a + b, 0);
    return Array.from(units, (own) => ({ share: all > 0 ? own / all : 0, text: percentText(own, all) }));
  }

  /* Does nothing: the page's own legend already describes this view. */
  showLegend() {}
}

function shades(hue, spread, saturation, lightness) {
  return Array.from({ length: ProfileView.SHADES }, (_, i) => {
    const shift = i / (ProfileView.SHADES - 1) - 0.5;
    return `hsl(${hue + shift * spread} ${saturation}% ${lightness - shift * 7}%)`;
  });
}

ProfileView.LIGHT = {
  fills: [shades(32, 20, 86, 70), shades(204, 16, 62, 75), ["hsl(268 24% 80%)"], ["hsl(215 16% 84%)"], ["hsl(215 14% 90%)"], shades(120, 24, 34, 76)],
  texts: ["#27190a", "#0c2233", "#2a1f3d", "#1c2733", "#1c2733", "#12261a"],
};
ProfileView.DARK = {
  fills: [shades(29, 20, 60, 58), shades(204, 16, 42, 58), ["hsl(268 20% 62%)"], ["hsl(215 13% 34%)"], ["hsl(215 13% 26%)"], shades(120, 24, 24, 56)],
  texts: ["#190f04", "#06131d", "#150d22", "#e3e9f0", "#e3e9f0", "#07140b"],
};
