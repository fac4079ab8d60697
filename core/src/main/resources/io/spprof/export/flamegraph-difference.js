/* Colours and labels for the frames of a comparison of two profiles, before and after. This view
 * compares shares, not times. The share of a frame is the part of its profile's CPU time that the
 * frame has, in the threads that are on. The two profiles can therefore cover different lengths of
 * time. */
class DifferenceView {
  /* The thresholds of the colours: by how many percentage points the share of a frame changed. */
  static STEPS = [0.1, 0.5, 2, 10];

  constructor(info) {
    this.unitNanos = info.unitNanos;
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
   * shrank. */
  level(trie, node) {
    const points = this.points(trie, node);
    return Math.sign(points) * DifferenceView.STEPS.filter((step) => Math.abs(points) >= step).length;
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
    return this.level(trie, node) === 0 ? "" : signedText(this.points(trie, node));
  }

  facts(trie, node) {
    const share = (part) => percentText(trie.units(node, part), trie.units(0, part));
    const time = (part) => timeText(trie.units(node, part) * this.unitNanos) + " CPU";
    const amount = (part) => share(part) + ", " + time(part) + ", " + countText(trie.samples(node, part), "sample");
    const self = (part) => {
      const units = trie.selfUnits(node, part);
      return percentText(units, trie.units(0, part)) + ", " + timeText(units * this.unitNanos) + " CPU";
    };
    const change = pointsText(this.points(trie, node)) + this.remark(trie, node);
    return {
      line: change + ": before " + share(Part.BEFORE) + " (" + time(Part.BEFORE) + "), after " + share(Part.AFTER) + " (" + time(Part.AFTER) + ")",
      terms: [
        ["Change", change],
        ["Before", amount(Part.BEFORE)],
        ["After", amount(Part.AFTER)],
        ["Self before", self(Part.BEFORE)],
        ["Self after", self(Part.AFTER)],
        ["By chance", "up to " + this.chance(trie, node).toFixed(2) + " points"],
      ],
    };
  }

  remark(trie, node) {
    if (trie.samples(node, Part.BEFORE) === 0) return ", new";
    return trie.samples(node, Part.AFTER) === 0 ? ", gone" : "";
  }

  /* Returns the change of a frame's share, in percentage points, that chance alone can cause. The
   * two profiles are samples, so their shares differ a little even if the program did not change.
   * The result is two standard errors of the difference of two proportions. In nineteen of twenty
   * comparisons of an unchanged program, the change is smaller. */
  chance(trie, node) {
    const variance = (part) => {
      const share = this.share(trie, node, part);
      return (share * (1 - share)) / Math.max(1, trie.samples(0, part));
    };
    return 200 * Math.sqrt(variance(Part.AFTER) + variance(Part.BEFORE));
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

  threadShares([after, before]) {
    const sum = (units) => Math.max(1, units.reduce((a, b) => a + b, 0));
    const afterAll = sum(after);
    const beforeAll = sum(before);
    return Array.from(after, (own, thread) => {
      const points = 100 * (own / afterAll - before[thread] / beforeAll);
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
    byId("legend").replaceChildren(scale, match);
  }
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
