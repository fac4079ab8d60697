/* Shows the page's header: the figures of the session, and what is missing from the profile. */

function showHeader(info) {
  byId("session").textContent = info.session === 0 ? "no session yet" : "session " + info.session + (info.running ? ", running" : "");
  document.title = "spprof flame graph" + (info.before ? " of a difference" : "") + (info.session === 0 ? "" : ", session " + info.session) + (info.jvm ? ", " + info.jvm : "");
  if (info.before) {
    addStretch("Before", info.before);
    addStretch("After", info);
    addJvm(info.before.jvm === info.jvm ? "JVM" : "JVM before", info.before);
    if (info.before.jvm !== info.jvm) addJvm("JVM after", info);
    addKernelTimes(info.before, " before");
    addKernelTimes(info, " after");
    addSettings([info.before, info]);
    addLosses(info.before, "before");
    addLosses(info, "after");
  } else {
    addTotals(info);
    addJvm("JVM", info);
    addKernelTimes(info, "");
    addSettings([info]);
    addOverheads(info);
    addLosses(info, "");
  }
}

function add(term, value, hint, state) {
  const figure = element("div", state);
  if (hint) figure.title = hint;
  figure.append(element("dt", "", term), element("dd", "", value));
  byId("figures").append(figure);
  return figure;
}

function addJvm(term, info) {
  if (info.jvm) add(term, info.jvm, "Main class or jar, process id, host, and version of Java");
}

function addTotals(info) {
  add("CPU time", timeText(info.totalCpuNanos), "CPU time that the samples stand for");
  add("Samples", countText(info.totalSamples));
  add("Duration", timeText(info.durationMillis * 1e6));
  if (info.startTimeMillis === 0) return;
  add("Started", instantText(info.sessionStartMillis) + " UTC", "The session's start");
  if (info.startTimeMillis > info.sessionStartMillis) add("Stretch", stretchText(info), "The time that the samples are of");
}

/* Returns the first and the last instant of a profile. */
function stretchText(info) {
  const from = instantText(info.startTimeMillis);
  const to = instantText(info.startTimeMillis + info.durationMillis);
  const [day] = from.split(" ");
  return from + " \u2013 " + (to.startsWith(day) ? to.slice(day.length + 1) : to) + " UTC";
}

/* Shows the start, the end and the totals of one of the two stretches of time that are compared. */
function addStretch(term, info) {
  const amount = countText(info.totalSamples, "sample") + ", " + timeText(info.totalCpuNanos) + " CPU";
  if (info.startTimeMillis === 0) {
    add(term, amount);
    return;
  }
  add(term, stretchText(info) + ", " + amount, info.options);
}

/* Returns the text of a notice. In a comparison, "when" names the stretch of time, and the text begins
 * with it; otherwise "when" is empty. */
function noticeText(when, text) {
  const name = when.trim();
  return name ? name[0].toUpperCase() + name.slice(1) + ": " + text[0].toLowerCase() + text.slice(1) : text;
}

/* Shows the times that the kernel keeps. One that is not known is -1. The shares from which on a time
 * is large are those of the text report. */
function addKernelTimes(info, when) {
  const used = info.userCpuNanos + info.systemCpuNanos;
  const wait = info.cpuWaitNanos;
  const throttled = info.throttledNanos;
  const isLargeWait = wait > 0 && wait >= 0.05 * (used + wait);
  const isLargeThrottled = throttled > 0 && throttled >= 0.05 * info.durationMillis * 1e6;
  const text = (nanos) => (nanos < 0 ? "not known" : timeText(nanos));
  const userAndSystem = info.userCpuNanos < 0 ? "not known" : timeText(info.userCpuNanos) + ", " + timeText(info.systemCpuNanos);
  add("User, system" + when, userAndSystem, "CPU time of the whole process in its own code, and in the kernel, by the kernel's account. The profile has less: the profiler's own threads are not sampled, nor is what each thread used since its last signal");
  add("CPU wait" + when, text(wait), "Time that threads were ready to run and had no CPU, by the kernel's account", isLargeWait ? "warn" : "").id = "figure-wait" + when.replace(" ", "-");
  add("Throttled" + when, text(throttled), "Time that CPU quotas kept the process's cgroups from running", isLargeThrottled ? "warn" : "").id = "figure-throttled" + when.replace(" ", "-");
  if (isLargeWait) {
    notice("warn", noticeText(when, "Threads waited ") + timeText(wait) + " for a CPU, " + percentText(wait, used + wait) + " of the time in which they ran or wanted to: other threads or programs had the CPUs, or a quota was used up; the frames below are not to blame for this time.", []);
  }
  if (isLargeThrottled) {
    notice("warn", noticeText(when, "The process was throttled for ") + timeText(throttled) + ": the CPU quota of a cgroup was used up (a container's CPU limit); raise the limit, or run fewer threads at a time.", []);
  }
}

function addSettings(stretches) {
  const info = stretches[stretches.length - 1];
  const shortest = Math.min(...stretches.map((stretch) => stretch.intervalNanos));
  const longest = Math.max(...stretches.map((stretch) => stretch.longestIntervalNanos));
  add("Sampled", "CPU time, every " + timeText(shortest) + (longest > shortest ? " to " + timeText(longest) : ""), info.options);
  addOfEach("Engine", stretches.map((stretch) => [stretch.engine]));
  addOfEach("Walker", stretches.map((stretch) => [stretch.walker]));
  const debugInfos = {
    EXACT: ["exact", "DebugNonSafepoints is on: compiled code records its methods at every instruction"],
    SINCE_SESSION: ["exact in code compiled since the start", "Code compiled before the session records its methods at safepoints only, so a leaf may stand under a neighbouring method; to avoid this, start the JVM with -XX:+UnlockDiagnosticVMOptions -XX:+DebugNonSafepoints"],
    SAFEPOINTS: ["safepoints only", "Compiled code records its methods at safepoints only, so a leaf may stand under a neighbouring method"],
  };
  addOfEach("Debug info", stretches.map((stretch) => debugInfos[stretch.debugInfo] || ["not known"]));
}

/* Shows a value with its hint: once if all stretches have the same value, otherwise before and
 * after. */
function addOfEach(term, values) {
  const first = values[0];
  const last = values[values.length - 1];
  const differ = first[0] !== last[0];
  if (differ) add(term + " before", ...first);
  add(term + (differ ? " after" : ""), ...last);
}

function addOverheads(info) {
  add("Overhead, measured", info.measuredOverheadPercent.toFixed(2) + " %", "Percent of one CPU: CPU time of handlers, of the delivery of signals, and of the profiler's threads \u00f7 elapsed");
  add("Overhead, model", info.overheadPercent.toFixed(2) + " %", "Percent of one CPU: signals \u00d7 25 \u00b5s \u00f7 elapsed");
}

/* Shows the signals and the CPU time that are in no stack. In a comparison, "when" names the
 * stretch of time; otherwise "when" is empty. */
function addLosses(info, when) {
  const term = (word) => (when ? word + " " + when : word);
  const id = (name) => "figure-" + name + (when && "-" + when);
  const wholeNanos = info.totalCpuNanos + info.droppedCpuNanos;
  const isDropped = info.dropped > 0;

  const missing = timeText(info.droppedCpuNanos) + " of CPU time, " + percentText(info.droppedCpuNanos, wholeNanos) + " of all, is missing below";
  // A small part needs no banner.
  const isSmall = !isDropped && info.droppedCpuNanos < 0.001 * wholeNanos;
  const hint = "Signals that are in no profile" + (isSmall && info.droppedCpuNanos > 0 ? "; " + missing + ": no signal came for it" : "");
  const figure = add(term("Dropped"), countText(info.dropped), hint, isDropped ? "bad" : "good");
  figure.id = id("dropped");
  add(term("Unwalkable"), countText(info.unwalkable), "Samples whose stack could not be walked; they stand under a [synthetic] frame", info.unwalkable > 0 ? "warn" : "good").id = id("unwalkable");
  if (info.samplesWithoutTime > 0) { // Only recordings lack samples.
    notice("warn", noticeText(when, "The recording lacks ") + countText(info.samplesWithoutTime, "sample") + " of the session, the oldest: their times were no longer kept.", []);
  }
  const unseen = [];
  if (!isDropped && info.droppedCpuNanos > info.unseenCpuNanos) {
    unseen.push({ key: "notSignalled " + timeText(info.droppedCpuNanos - info.unseenCpuNanos), meaning: "was due when a thread or the session ended, or on a thread that blocks SIGPROF" });
  }
  if (info.unseenCpuNanos > 0) {
    unseen.push({ key: "unseenThreads " + timeText(info.unseenCpuNanos), meaning: "threads that ended before they were found, or after their last signal, or have no timer" });
  }
  if (isDropped) {
    const reasons = info.drops.filter((drop) => drop.signals > 0);
    notice(
      "bad",
      noticeText(when, countText(info.dropped, "signal")) + " dropped: " + missing + ".",
      reasons.map((drop) => ({ key: drop.key + " " + countText(drop.signals), meaning: drop.meaning })).concat(unseen),
    );
  } else if (info.droppedCpuNanos > 0 && !isSmall) {
    notice("plain", noticeText(when, "Nothing dropped; ") + missing + ": no signal came for it.", unseen);
  }
  if (info.unwalkable > 0) {
    const share = percentText(info.unwalkable, info.totalSamples);
    // The figure shows a few among thousands. They need no banner.
    if (info.unwalkable >= 0.001 * info.totalSamples) {
      notice(
        "warn",
        noticeText(when, countText(info.unwalkable, "sample")) + " unwalkable, " + share + " of all: CPU time is counted, the stack is unknown; see the frames in [brackets].",
        [],
      );
    }
  }
}

/* Returns how to read a comparison of two stretches of time. `time` is the time of a frame whose
 * change its colour shows. */
function comparisonText(time) {
  return "Red, + : the share of " + time + " grew; blue, \u2212 : it shrank; in percentage points. Shares are of each stretch's own CPU time, so that the two may differ in length.";
}

/* Shows a notice, and returns the element of its text. */
function notice(state, text, details) {
  const line = element("p", state);
  line.append(element("strong", "", text));
  for (const detail of details) {
    const chip = element("span", "reason", detail.key);
    chip.append(element("small", "", detail.meaning));
    line.append(chip);
  }
  byId("notices").append(line);
  return line.firstChild;
}
