// Nodes are built, never parsed: text from outside can only become text.

/** A node of `tag`. `attrs`: `class`, `on: {event: listener}`, anything else an attribute (true is bare, false and
    null are left out). Children are nodes or strings; what is falsy is left out. */
export function make(tag, attrs = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (name === "on") Object.entries(value).forEach(([event, listener]) => node.addEventListener(event, listener));
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child || child === 0));
  return node;
}

/** The element of that id. */
export const byId = (id) => document.getElementById(id);

/** Set text only where it differs, so that nothing is selected away or announced twice. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const SOON = 100; // milliseconds; what is announced within them is one announcement
const waiting = [];

/** Have a screen reader say `text` when it has time. The same words again are said again. */
export function announce(text) {
  if (!text) return;
  if (waiting.push(text) === 1) setTimeout(say, SOON);
}

function say() {
  const text = waiting.splice(0).join(" ");
  const region = byId("live");
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}

/** Start an animation class from its beginning. */
export function replay(node, name) {
  node.classList.remove(name);
  void node.offsetWidth; // only a layout between the two starts the animation again
  node.classList.add(name);
}
