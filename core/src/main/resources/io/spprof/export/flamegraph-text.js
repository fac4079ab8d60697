/* Functions that format figures and names for the page. */

const Kind = { JAVA: 0, JDK: 1, SYNTHETIC: 2, THREAD: 3, ROOT: 4, NATIVE: 5 };

function kindOf(name) {
  if (name.startsWith("[") && name.endsWith("]")) return Kind.SYNTHETIC;
  if (/\+0x[0-9a-f]+$/.test(name)) return Kind.NATIVE;
  return /^(java|javax|jdk|sun|com\.sun)\./.test(name) ? Kind.JDK : Kind.JAVA;
}

/* Returns the number of the shade for a frame. All methods of a class have the same shade. */
function shadeOf(name, shades) {
  const end = name.lastIndexOf(".");
  let hash = 17;
  for (let i = 0; i < (end < 0 ? name.length : end); i++) hash = (hash * 31 + name.charCodeAt(i)) | 0;
  return Math.abs(hash % shades);
}

/* Returns the forms of a frame's name, each shorter than the form before it: package.Class.method,
 * Class.method, method. */
function shorterNames(name) {
  if (name.startsWith("[")) return [name];
  const method = name.lastIndexOf(".");
  if (method < 0) return [name];
  const type = name.lastIndexOf(".", method - 1);
  return type < 0 ? [name, name.slice(method + 1)] : [name, name.slice(type + 1), name.slice(method + 1)];
}

function countText(value, noun) {
  const count = value.toLocaleString("en-US");
  return noun ? count + " " + noun + (value === 1 ? "" : "s") : count;
}

function percentText(part, whole) {
  const percent = whole > 0 ? (100 * part) / whole : 0;
  return (percent > 0 && percent < 0.01 ? "< 0.01" : percent.toFixed(2)) + " %";
}

/* Returns a difference with its sign. The sign of zero is plus-minus. */
function signedText(value) {
  const size = Math.abs(value);
  return (value > 0 ? "+" : value < 0 ? "\u2212" : "\u00b1") + (size > 0 && size < 0.01 ? "< 0.01" : size.toFixed(2));
}

function pointsText(points) {
  return points === 0 ? "no change" : signedText(points) + " points";
}

function timeText(nanos) {
  if (nanos === 0) return "0 s";
  if (nanos < 1e6) return trimmed(nanos / 1e3) + " \u00b5s";
  if (nanos < 1e9) return trimmed(nanos / 1e6) + " ms";
  if (nanos < 600e9) return trimmed(nanos / 1e9) + " s";
  const seconds = Math.floor(nanos / 1e9);
  const two = (value) => String(value).padStart(2, "0");
  return Math.floor(seconds / 3600) + " h " + two(Math.floor(seconds / 60) % 60) + " min " + two(seconds % 60) + " s";
}

function instantText(millis) {
  return new Date(millis).toISOString().slice(0, 19).replace("T", " ");
}

function trimmed(value) {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

/* Creates an element of the page. Names come from the profiled program, so they are only set as
 * text, never as markup. */
function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

/* Compiles the text of the search field. Returns a function that tests names, or an error message.
 */
function compileQuery(query, isRegex) {
  if (query === "") return { test: null, error: "" };
  if (isRegex) {
    try {
      const regex = new RegExp(query, "i");
      return { test: (name) => regex.test(name), error: "" };
    } catch (e) {
      return { test: null, error: "Invalid regular expression" };
    }
  }
  const lower = query.toLowerCase();
  return { test: (name) => name.toLowerCase().includes(lower), error: "" };
}
