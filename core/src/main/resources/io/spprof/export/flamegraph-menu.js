/* The menu of a frame: what can be done with it, beside zooming. */
class FrameMenu {
  /* `actions` has, for each item, a text, a function that takes the node, and, if the item is not for
   * all nodes, a function that returns whether it is for a node. */
  constructor(actions, onClose) {
    this.menu = byId("menu");
    this.onClose = onClose;
    this.suits = actions.map(([, , suits = () => true]) => suits);
    this.menu.append(...actions.map(([text, act]) => {
      const item = element("button", "", text);
      item.type = "button";
      item.setAttribute("role", "menuitem");
      item.addEventListener("click", () => {
        const node = this.node;
        this.close();
        act(node);
      });
      return item;
    }));
    this.menu.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("pointerdown", (event) => {
      if (!this.menu.hidden && !this.menu.contains(event.target)) this.close();
    });
  }

  open(node, x, y) {
    this.node = node;
    this.menu.hidden = false;
    [...this.menu.children].forEach((item, i) => { item.hidden = !this.suits[i](node); });
    const { width, height } = this.menu.getBoundingClientRect();
    this.menu.style.left = Math.max(4, Math.min(x, window.innerWidth - width - 4)) + "px";
    this.menu.style.top = Math.max(4, Math.min(y, window.innerHeight - height - 4)) + "px";
    this.menu.firstElementChild.focus();
  }

  /* Closes the menu, and gives the focus back. */
  close() {
    this.hide();
    this.onClose();
  }

  hide() {
    this.menu.hidden = true;
  }

  /* Keys act on the menu, and not on the graph behind it. Shortcuts with a modifier, and the function
   * keys, act as without a menu. */
  onKey(event) {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation();
    // Enter and the space bar activate the item.
    if (key === "Enter" || key === " " || /^F[0-9]+$/.test(key)) return;
    event.preventDefault();
    if (key === "Escape" || key === "Tab") {
      this.close();
      return;
    }
    const items = [...this.menu.children].filter((item) => !item.hidden);
    const at = items.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[key];
    if (next !== undefined) items.at(next % items.length).focus();
  }
}

/* Copies text to the clipboard. Pages from a file may use the clipboard's interface; where it is
 * refused, the browser copies the text of a field. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (e) {
    const field = element("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    return isCopied;
  }
}
