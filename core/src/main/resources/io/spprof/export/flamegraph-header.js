/* The session's figures, and what is missing in the profile. */

function showHeader(info) {
  byId("session").textContent = info.session === 0 ? "no session yet" : "session " + info.session + (info.running ? ", running" : "");
  document.title = "spprof flame graph" + (info.session === 0 ? "" : ", session " + info.session);
  const figures = byId("figures");
  const add = (term, value, hint, state) => {
    const figure = element("div", state);
    if (hint) figure.title = hint;
    figure.append(element("dt", "", term), element("dd", "", value));
    figures.append(figure);
    return figure;
  };
  const wholeNanos = info.totalCpuNanos + info.droppedCpuNanos;
  add("CPU time", timeText(info.totalCpuNanos), "CPU time that the samples stand for");
  add("Samples", countText(info.totalSamples));
  add("Duration", timeText(info.durationMillis * 1e6));
  if (info.startTimeMillis > 0) {
    add("Started", new Date(info.startTimeMillis).toISOString().slice(0, 19).replace("T", " ") + " UTC");
  }
  const changed = info.longestIntervalNanos > info.intervalNanos;
  add(
    "Interval",
    timeText(info.intervalNanos) + (changed ? " to " + timeText(info.longestIntervalNanos) : ""),
    info.options,
  );
  add("Engine", info.engine);
  add("Walker", info.walker);
  const [debugInfo, debugHint] = {
    EXACT: ["exact", "DebugNonSafepoints is on: compiled code tells its methods at every instruction"],
    SINCE_SESSION: ["exact since the start", "Code compiled before the session tells its methods at safepoints only, so a leaf may stand under a neighbour; -XX:+UnlockDiagnosticVMOptions -XX:+DebugNonSafepoints from the JVM's start avoids that"],
    SAFEPOINTS: ["safepoints only", "Compiled code tells its methods at safepoints only, so a leaf may stand under a neighbour"],
  }[info.debugInfo];
  add("Debug info", debugInfo, debugHint);
  add("Overhead, model", info.overheadPercent.toFixed(2) + " %", "Percent of one CPU: signals \u00d7 25 \u00b5s \u00f7 elapsed");
  add("Overhead, measured", info.measuredOverheadPercent.toFixed(2) + " %", "Percent of one CPU: CPU time in handlers and in the profiler's threads \u00f7 elapsed");
  const isDropped = info.dropped > 0;
  add("Dropped", countText(info.dropped), "Signals that are in no profile", isDropped ? "bad" : "good").id = "figure-dropped";
  add("Unwalkable", countText(info.unwalkable), "Samples whose stack could not be walked; they stand under a [synthetic] frame", info.unwalkable > 0 ? "warn" : "good").id = "figure-unwalkable";

  const missing = timeText(info.droppedCpuNanos) + " of CPU time, " + percentText(info.droppedCpuNanos, wholeNanos) + " of all, is missing below";
  if (isDropped) {
    const reasons = info.drops.filter((drop) => drop.signals > 0);
    notice(
      "bad",
      countText(info.dropped, "signal") + " dropped: " + missing + ".",
      reasons.map((drop) => ({ key: drop.key + " " + countText(drop.signals), meaning: drop.meaning })),
    );
  } else if (info.droppedCpuNanos > 0) {
    notice("plain", "Nothing dropped; " + missing + ": it was due, but not yet signalled, when the session ended.", []);
  }
  if (info.unwalkable > 0) {
    const share = percentText(info.unwalkable, info.totalSamples);
    notice(
      "warn",
      countText(info.unwalkable, "sample") + " unwalkable, " + share + " of all: CPU time is counted, the stack is unknown; see the frames in [brackets].",
      [],
    );
  }
}

function notice(state, text, details) {
  const line = element("p", state);
  line.append(element("strong", "", text));
  for (const detail of details) {
    const chip = element("span", "reason", detail.key);
    chip.append(element("small", "", detail.meaning));
    line.append(chip);
  }
  byId("notices").append(line);
}
