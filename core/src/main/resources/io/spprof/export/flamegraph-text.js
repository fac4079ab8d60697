/* Functions that format figures and names for the page. */

/* The kinds of frames. The first five are those of FrameKind.java, in its order. */
const Kind = { JAVA: 0, NATIVE: 1, JVM: 2, SYSCALL: 3, SYNTHETIC: 4, JDK: 5, THREAD: 6, ROOT: 7 };
const KIND_TEXTS = ["Java", "Native library", "JVM", "System call", "[synthetic]", "JDK", "Thread", "All"];

/* Returns the kind of a frame. A Java method of the JDK has a kind of its own on this page. */
function kindOf(name, kind) {
  return kind === Kind.JAVA && /^(java|javax|jdk|sun|com\.sun)\./.test(name) ? Kind.JDK : kind;
}

function isJava(kind) {
  return kind === Kind.JAVA || kind === Kind.JDK;
}

function isFunction(kind) {
  return kind === Kind.NATIVE || kind === Kind.JVM;
}

/* Returns the library of a function, and the rest of its name: a symbol after a backtick, or an
 * address. */
function splitFunction(name) {
  const symbol = name.indexOf("`");
  if (symbol >= 0) return [name.slice(0, symbol), name.slice(symbol + 1)];
  const address = name.lastIndexOf("+0x");
  return address < 0 ? ["", name] : [name.slice(0, address), ""];
}

/* Returns the number of the shade for a frame. All methods of a class have the same shade, and so
 * have all functions of a library. */
function shadeOf(name, kind, shades) {
  const end = isFunction(kind) ? splitFunction(name)[0].length : name.lastIndexOf(".");
  let hash = 17;
  for (let i = 0; i < (end < 0 ? name.length : end); i++) hash = (hash * 31 + name.charCodeAt(i)) | 0;
  return Math.abs(hash % shades);
}

/* Returns the forms of a frame's name, each shorter than the form before it. */
function shorterNames(name, kind) {
  if (isFunction(kind)) return shorterFunctions(name);
  if (kind === Kind.SYSCALL) return [name, name.replace(/^\[syscall (.+)\]$/, "$1")];
  return isJava(kind) ? shorterMethods(name) : [name];
}

/* library`space::Type<T>::function(int), then without the library, without the parameters, without
 * the type. */
function shorterFunctions(name) {
  const symbol = splitFunction(name)[1];
  if (symbol === "") return [name];
  const bare = withoutParameters(symbol);
  const forms = [name, symbol, bare, bare.slice(lastColons(bare))];
  return forms.filter((form, i) => form !== "" && forms.indexOf(form) === i);
}

/* Returns a symbol up to its parameters. A parenthesis between angle brackets, after "operator", or
 * where a name begins, as in (anonymous namespace)::f, begins no parameters. */
function withoutParameters(symbol) {
  let depth = 0;
  for (let i = 0; i < symbol.length; i++) {
    if (symbol.startsWith("operator", i)) i += symbol.slice(i).match(/^operator(\(\)|[^\w(]*)/)[0].length - 1;
    else if (symbol[i] === "<") depth++;
    else if (symbol[i] === ">") depth--;
    else if (symbol[i] === "(" && depth === 0) {
      const end = symbol.indexOf(")", i);
      if (end < 0 || (i > 0 && symbol[i - 1] !== ":")) return symbol.slice(0, i);
      i = end;
    }
  }
  return symbol;
}

/* Returns the index after the last :: of a name that is not between angle brackets or parentheses. */
function lastColons(name) {
  let depth = 0;
  let last = 0;
  for (let i = 0; i < name.length; i++) {
    if (name[i] === "<" || name[i] === "(") depth++;
    else if (name[i] === ">" || name[i] === ")") depth--;
    else if (depth === 0 && name.startsWith("::", i)) last = i + 2;
  }
  return last;
}

/* package.Class.method, Class.method, Cla\u2026.method, method. */
function shorterMethods(name) {
  const method = name.lastIndexOf(".");
  if (method < 0) return [name];
  const type = name.slice(name.lastIndexOf(".", method - 1) + 1, method);
  const bare = name.slice(method + 1);
  const forms = [name, type + "." + bare];
  for (const letters of [12, 8, 5, 3]) {
    if (type.length > letters + 1) forms.push(type.slice(0, letters) + "\u2026." + bare);
  }
  forms.push(bare);
  return forms.filter((form, i) => forms.indexOf(form) === i);
}

/* Returns the beginning and the end of a text, with an ellipsis between them: so many letters, and
 * the ellipsis. The two halves of a surrogate pair stay together. */
function cutInMiddle(text, letters) {
  const tail = letters < 6 ? 0 : Math.floor(letters / 2);
  const head = text.slice(0, Math.max(0, letters - tail)).replace(/[\ud800-\udbff]$/, "");
  const end = tail === 0 ? "" : text.slice(-tail).replace(/^[\udc00-\udfff]/, "");
  return head + "\u2026" + end;
}

/* Creates an element whose text loses its middle where it has too little room. Its style gives the
 * letters of the tail precedence. Surrogate pairs stay together. A text that is a little longer than
 * its tail stays whole: the head has room for an ellipsis at least, so it would leave a hole. A screen
 * reader would read the two parts as two words, so it gets the whole text. */
function cutElement(tag, className, text, tailLetters) {
  const letters = Array.from(text);
  const cut = letters.length < tailLetters + 4 ? 0 : letters.length - tailLetters;
  const made = element(tag, className + " cut");
  made.title = text;
  if (cut > 0) {
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", text);
    made.append(element("span", "head", letters.slice(0, cut).join("")));
  }
  made.append(element("span", "tail", letters.slice(cut).join("")));
  return made;
}

/* Returns the head of a frame's tooltip, and the terms that describe the frame. */
function kindFacts(name, kind) {
  const [library, symbol] = isFunction(kind) ? splitFunction(name) : ["", ""];
  const terms = kind === Kind.THREAD || kind === Kind.ROOT ? [] : [["Kind", KIND_TEXTS[kind]]];
  return { head: symbol || name, terms: library && symbol ? terms.concat([["Library", library]]) : terms };
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
  const exact = query.match(/^"(.*)"$/);
  if (exact) return { test: (name) => name === exact[1], error: "" };
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
