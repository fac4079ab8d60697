/* Colours and labels for the frames of a comparison of two profiles, before and after. This view
 * compares shares, not times. The share of a frame is the part of its profile's CPU time that the
 * frame has, in the threads that are on. The two profiles can therefore cover different lengths of
 * time. */
class DifferenceView {
  /* The thresholds of the colours: by how many percentage points the share of a frame changed. */
  static STEPS = [0.1, 0.5, 2, 10];

  constructor(info) {
    this.unitNanos = info.unitNanos;
    this.isBySelf = true; // colours show the change of the frame's self time, or of its total time
  }

  /* Returns the change that a frame's colour shows, in percentage points. In a reversed tree, the
   * width of a method below the root is its self time already. */
  shown(trie, node) {
    return this.isBySelf && !trie.isReversed ? this.selfPoints(trie, node) : this.points(trie, node);
  }

  /* Returns the share of a frame's self time in the CPU time of one profile, 0 to 1. */
  selfShare(trie, node, part) {
    const all = trie.units(0, part);
    return all > 0 ? trie.selfUnits(node, part) / all : 0;
  }

  selfPoints(trie, node) {
    return 100 * (this.selfShare(trie, node, Part.AFTER) - this.selfShare(trie, node, Part.BEFORE));
  }

  /* Returns whether the change that a frame's colour shows can be chance. */
  isChance(trie, node) {
    const isSelf = this.isBySelf && !trie.isReversed;
    const chance = isSelf ? this.selfChance(trie, node) : this.chance(trie, node);
    return Math.abs(this.shown(trie, node)) <= chance;
  }

  /* Returns a frame's share of the CPU time of one profile, 0 to 1. */
  share(trie, node, part) {
    const all = trie.units(0, part);
    return all > 0 ? trie.units(node, part) / all : 0;
  }

  /* Returns by how many percentage points the share of a frame grew; negative if the share shrank.
   */
  points(trie, node) {
    return 100 * (this.share(trie, node, Part.AFTER) - this.share(trie, node, Part.BEFORE));
  }

  /* Returns the colour's level: 0 for an unchanged share, otherwise 1 to 4; negative if the share
   * shrank. A change that can be chance is never more than pale. */
  level(trie, node) {
    const points = this.shown(trie, node);
    const level = DifferenceView.STEPS.filter((step) => Math.abs(points) >= step).length;
    return Math.sign(points) * (level > 1 && this.isChance(trie, node) ? 1 : level);
  }

  fill(trie, node, isDark) {
    return DifferenceView.colour(this.level(trie, node), isDark).fill;
  }

  text(trie, node, isDark) {
    return DifferenceView.colour(this.level(trie, node), isDark).text;
  }

  static colour(level, isDark) {
    const { neutral, grown, shrunk } = isDark ? DifferenceView.DARK : DifferenceView.LIGHT;
    const [fill, text] = level === 0 ? neutral : (level > 0 ? grown : shrunk)[Math.abs(level) - 1];
    return { fill, text };
  }

  mark(trie, node) {
    if (this.level(trie, node) === 0) return "";
    return (this.isChance(trie, node) ? "\u2248" : "") + signedText(this.shown(trie, node));
  }

  facts(trie, node) {
    const share = (part) => percentText(trie.units(node, part), trie.units(0, part));
    const time = (part) => timeText(trie.units(node, part) * this.unitNanos) + " CPU";
    const amount = (part) => share(part) + ", " + time(part) + ", " + countText(trie.samples(node, part), "sample");
    const self = (part) => {
      const units = trie.selfUnits(node, part);
      return percentText(units, trie.units(0, part)) + ", " + timeText(units * this.unitNanos) + " CPU";
    };
    const ofChance = (points, chance) => (points !== 0 && Math.abs(points) <= chance ? ", can be chance" : "");
    const points = this.points(trie, node);
    const chance = this.chance(trie, node);
    const change = pointsText(points) + this.remark(trie, node) + ofChance(points, chance);
    const selfPoints = this.selfPoints(trie, node);
    const selfChance = this.selfChance(trie, node);
    return {
      line: change + ": before " + share(Part.BEFORE) + " (" + time(Part.BEFORE) + "), after " + share(Part.AFTER) + " (" + time(Part.AFTER) + ")",
      terms: [
        ["Change", change],
        ...(trie.isReversed ? [] : [["Change of self", pointsText(selfPoints) + ofChance(selfPoints, selfChance)]]),
        ["Before", amount(Part.BEFORE)],
        ["After", amount(Part.AFTER)],
        ...(trie.isReversed ? [] : [["Self before", self(Part.BEFORE)], ["Self after", self(Part.AFTER)]]),
        ["By chance", chance === Infinity
          ? "any change: there are no samples " + (trie.samples(0, Part.BEFORE) === 0 ? "before" : "after")
          : "up to " + chance.toFixed(2) + " points" + (trie.isReversed ? "" : ", of self " + selfChance.toFixed(2))],
      ],
    };
  }

  remark(trie, node) {
    if (trie.samples(node, Part.BEFORE) === 0) return ", new";
    return trie.samples(node, Part.AFTER) === 0 ? ", gone" : "";
  }

  /* Returns the change of a frame's share, in percentage points, that chance alone can cause. The
   * two profiles are samples, so their shares differ a little even if the program did not change.
   * The result is two standard errors of the difference of two proportions. Of the frames of an
   * unchanged program, about one in twenty changes by more. If the program has phases, or if the
   * samples' CPU times differ, more frames do. */
  chance(trie, node) {
    const part = (part) => ({ share: this.share(trie, node, part), samples: trie.samples(0, part) });
    return chanceOf([part(Part.AFTER), part(Part.BEFORE)]);
  }

  /* Returns the same for the frame's self time. */
  selfChance(trie, node) {
    const part = (part) => ({ share: this.selfShare(trie, node, part), samples: trie.samples(0, part) });
    return chanceOf([part(Part.AFTER), part(Part.BEFORE)]);
  }

  /* Returns the columns of the table of methods. What changed most in self time comes first. A change
   * that can be chance is grey and has a sign. */
  methodColumns() {
    const change = (amount) => (parts, name) => {
      const shares = parts.map((part) => ({ share: part.all > 0 ? part[amount][name] / part.all : 0, samples: part.allSamples }));
      return { points: 100 * (shares[Part.AFTER].share - shares[Part.BEFORE].share), chance: chanceOf(shares) };
    };
    const key = ({ points }) => Math.abs(points);
    const isChance = ({ points, chance }) => Math.abs(points) <= chance;
    const text = (value) => (value.points === 0 ? "\u00b10" : (isChance(value) ? "\u2248" : "") + signedText(value.points));
    const mark = ({ points, chance }) => (Math.abs(points) <= chance ? "chance" : points > 0 ? "grown" : "shrunk");
    const share = (parts, name) => ({ units: parts[Part.AFTER].self[name], all: parts[Part.AFTER].all });
    return [
      { title: "\u0394 Self", hint: "Change of the method's own share of the CPU time, in percentage points; \u2248: can be chance", value: change("self"), key, text, mark },
      { title: "\u0394 Total", hint: "Change of the share of the method and of what it called, in percentage points; \u2248: can be chance", value: change("total"), key, text, mark },
      { title: "Self", hint: "The method's own share after", value: share, key: ({ units }) => units, text: ({ units, all }) => percentText(units, all) },
    ];
  }

  matched(trie, matches) {
    const share = (part) => {
      const all = trie.units(0, part);
      return all > 0 ? trie.matchedUnits(matches, 0, part) / all : 0;
    };
    return ", " + pointsText(100 * (share(Part.AFTER) - share(Part.BEFORE)));
  }

  emptyText(part) {
    return "No samples " + (part === Part.BEFORE ? "before." : "after.");
  }

  threadShares([after, before], sets) {
    const sum = (units) => Math.max(1, units.reduce((a, b) => a + b, 0));
    const afterAll = sum(after);
    const beforeAll = sum(before);
    return sets.map((threads) => {
      const own = threads.reduce((all, thread) => all + after[thread], 0);
      const ownBefore = threads.reduce((all, thread) => all + before[thread], 0);
      const points = 100 * (own / afterAll - ownBefore / beforeAll);
      return { share: own / afterAll, text: percentText(own, afterAll) + " " + (points === 0 ? "\u00b10" : signedText(points)) };
    });
  }

  showLegend(isDark) {
    const { STEPS } = DifferenceView;
    const swatches = [];
    for (let level = -STEPS.length; level <= STEPS.length; level++) {
      const { fill, text } = DifferenceView.colour(level, isDark);
      const step = STEPS[Math.abs(level) - 1];
      const swatch = element("b", "", level === 0 ? "0" : (level > 0 ? "+" : "\u2212") + step);
      swatch.title = level === 0 ? "less than " + STEPS[0] + " points" : (level > 0 ? "grew" : "shrank") + " by " + step + " points or more";
      swatch.style.background = fill;
      swatch.style.color = text;
      swatches.push(swatch);
    }
    const scale = element("li", "scale");
    scale.append("Share shrank", ...swatches, "grew, points");
    const match = element("li");
    match.append(element("i", "match"), "Match");
    const chance = element("li", "", "\u2248 pale: can be chance");
    byId("legend").replaceChildren(scale, chance, match);
  }
}

/* Returns two standard errors of the difference of two shares, in percentage points. If nothing
 * changed, both shares are samples of one share, so the samples of both estimate it. A share of 0 in
 * few samples then does not pass for exact. Infinity if one of the profiles has no samples. */
function chanceOf(shares) {
  if (shares.some(({ samples }) => samples === 0)) return Infinity;
  const all = shares.reduce((sum, { samples }) => sum + samples, 0);
  const pooled = shares.reduce((sum, { share, samples }) => sum + share * samples, 0) / all;
  const inverse = shares.reduce((sum, { samples }) => sum + 1 / samples, 0);
  // Rounding can bring the pooled share to a little more than 1.
  return 200 * Math.sqrt(Math.max(0, pooled * (1 - pooled)) * inverse);
}

/* Returns whether every row has the same share of the CPU time in both profiles. */
function isUnchanged({ count, parts: [after, before] }) {
  const sum = (units) => units.reduce((a, b) => a + b, 0);
  const afterAll = sum(after.units);
  const beforeAll = sum(before.units);
  for (let row = 0; row < count; row++) {
    // Units are whole numbers, so equal fractions have equal quotients.
    if (after.units[row] / afterAll !== before.units[row] / beforeAll) return false;
  }
  return true;
}

/* The colours of fill and text. The colours of grown and shrunk frames are indexed by level - 1. */
DifferenceView.LIGHT = {
  neutral: ["hsl(215 14% 91%)", "#1c2733"],
  grown: [["hsl(10 88% 91%)", "#3b0f08"], ["hsl(8 85% 82%)", "#3b0f08"], ["hsl(6 82% 72%)", "#2c0804"], ["hsl(3 78% 61%)", "#1c0302"]],
  shrunk: [["hsl(212 85% 92%)", "#08233f"], ["hsl(212 80% 83%)", "#08233f"], ["hsl(212 76% 72%)", "#041a33"], ["hsl(213 72% 60%)", "#020f20"]],
};
DifferenceView.DARK = {
  neutral: ["hsl(215 13% 26%)", "#e3e9f0"],
  grown: [["hsl(6 34% 28%)", "#fbe9e7"], ["hsl(5 46% 36%)", "#fdeeec"], ["hsl(4 56% 44%)", "#ffffff"], ["hsl(4 76% 62%)", "#1c0302"]],
  shrunk: [["hsl(212 40% 28%)", "#e5effb"], ["hsl(212 52% 36%)", "#eef5fd"], ["hsl(212 62% 44%)", "#ffffff"], ["hsl(212 80% 66%)", "#020f20"]],
};
