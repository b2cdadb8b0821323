// Block Kit as nodes. Source: https://docs.slack.dev/reference/block-kit/blocks, read 2026-11-23.

import { make } from "./dom.js";
import { field } from "./fields.js";
import { anchor, mrkdwn, plain, textOf } from "./mrkdwn.js";

/** The blocks of a message or form that can be drawn. `ask` is told (element, block_id, value) of each use;
    `names` knows people and channels. */
export function drawBlocks(blocks, names, ask) {
  const context = { names, ask };
  return blocks.map((block) => DRAW[block.type]?.(block, context)).filter(Boolean);
}

/** What a use of `element` sends: which it was, and the value that people saw on it or chose in it. */
export function useOf(element, block_id, value = element.value) {
  const which = { action_id: element.action_id, block_id };
  return value === undefined ? which : { ...which, value: String(value) };
}

const DRAW = {
  header: (block) => make("h4", { class: "b-header" }, plain(block.text)),
  divider: () => make("hr", { class: "b-divider" }),
  section: drawSection,
  context: (block, { names }) =>
    make("div", { class: "b-context" }, ...block.elements.map((element) => drawSmall(element, names))),
  actions: (block, context) =>
    make("div", { class: "b-actions" }, ...block.elements.map((element) => drawElement(element, block, context))),
  image: (block) =>
    make("figure", { class: "b-image" }, block.title && make("figcaption", {}, plain(block.title)), drawImage(block)),
  rich_text: (block, { names }) =>
    make("div", { class: "b-text" }, ...block.elements.map((element) => drawRich(element, names))),
  markdown: (block, { names }) => make("div", { class: "b-text" }, mrkdwn(block.text, names)),
  table: (block, { names }) => drawTable(block, names),
  alert: (block, { names }) => make("p", { class: "b-alert", role: "note" }, textOf(block.text, names)),
  input: drawInput,
};

function drawSection(block, context) {
  const said = make("div", { class: "b-body" });
  if (block.text) said.append(make("div", { class: "b-text" }, textOf(block.text, context.names)));
  if (block.fields) {
    const fields = block.fields.map((one) => make("div", { class: "b-text" }, textOf(one, context.names)));
    said.append(make("div", { class: "b-fields" }, ...fields));
  }
  return make("div", { class: "b-section" }, said, block.accessory && drawElement(block.accessory, block, context));
}

/** The first row is the head. A wide one scrolls by itself. */
function drawTable(block, names) {
  const settings = block.column_settings ?? [];
  const drawn = block.rows.map((row, n) =>
    make(
      "tr",
      {},
      ...row.map((cell, column) => {
        const head = n === 0 ? { scope: "col" } : {};
        const align = settings[column]?.align ? { class: `is-${settings[column].align}` } : {};
        return make(n === 0 ? "th" : "td", { ...head, ...align }, drawCell(cell, names));
      }),
    ),
  );
  const table = make("table", {}, make("thead", {}, drawn[0]), make("tbody", {}, ...drawn.slice(1)));
  return make("div", { class: "b-table", tabindex: "0", role: "region", "aria-label": "table" }, table);
}

function drawCell(cell, names) {
  if (cell.type === "rich_text") return make("div", {}, ...cell.elements.map((element) => drawRich(element, names)));
  return document.createTextNode(String(cell.text ?? cell.value ?? ""));
}

function drawSmall(element, names) {
  return element.type === "image" ? drawImage(element) : make("div", { class: "b-text" }, textOf(element, names));
}

function drawImage(image) {
  const url = image.image_url ?? "";
  if (url.startsWith("data:image/") || url.startsWith(`${location.origin}/`))
    return make("img", { src: url, alt: image.alt_text ?? "" });
  return make("span", { class: "b-missing" }, `Image: ${image.alt_text ?? "no description"}`);
}

function drawElement(element, block, context) {
  if (element.type === "button") return drawButton(element, block, context);
  if (element.type === "image") return drawImage(element);
  return field(element, block.block_id, (value) => context.ask(element, block.block_id, value));
}

function drawButton(element, block, { ask }) {
  const about = {
    class: `button ${element.style ?? ""}`.trim(),
    "data-action-id": element.action_id,
    "data-block-id": block.block_id,
    "data-value": element.value,
    "aria-label": element.accessibility_label,
    on: { click: () => ask(element, block.block_id) },
  };
  if (!/^https?:\/\//.test(element.url ?? "")) return make("button", { type: "button", ...about }, plain(element.text));
  return make("a", { href: element.url, target: "_blank", rel: "noopener noreferrer", ...about }, plain(element.text));
}

/** An input block: its label, its field, a hint, and room for what is wrong with it. */
function drawInput(block) {
  const id = `in-${block.block_id}`;
  const control = field(block.element, block.block_id, () => {}, id);
  const label = plain(block.label) + (block.optional ? " (optional)" : "");
  const isGroup = control.getAttribute("role") === "radiogroup" || control.getAttribute("role") === "group";
  if (isGroup) control.setAttribute("aria-labelledby", `${id}-label`);
  control.setAttribute("aria-describedby", `${id}-hint ${id}-wrong`);
  return make(
    "div",
    { class: "b-input", "data-input": block.block_id },
    make(isGroup ? "span" : "label", { class: "label", id: `${id}-label`, ...(isGroup ? {} : { for: id }) }, label),
    control,
    make("p", { class: "hint", id: `${id}-hint` }, block.hint ? plain(block.hint) : ""),
    make("p", { class: "wrong", id: `${id}-wrong`, role: "alert" }),
  );
}

const RICH_MARKS = { bold: "strong", italic: "em", strike: "s", code: "code" };

function drawRich(element, names) {
  const inside = () => element.elements.map((part) => drawPart(part, names));
  switch (element.type) {
    case "rich_text_list":
      return make(element.style === "ordered" ? "ol" : "ul", {}, ...inside().map((part) => make("li", {}, part)));
    case "rich_text_quote":
      return make("blockquote", {}, ...inside());
    case "rich_text_preformatted":
      return make("pre", {}, ...inside());
    default:
      return make("div", {}, ...inside());
  }
}

function drawPart(part, names) {
  switch (part.type) {
    case "rich_text_section":
      return drawRich(part, names);
    case "link":
      return anchor(part.url, part.text || part.url);
    case "user":
      return mrkdwn(`<@${part.user_id}>`, names);
    case "channel":
      return mrkdwn(`<#${part.channel_id}>`, names);
    case "emoji":
      return mrkdwn(`:${part.name}:`, names);
    case "date":
      return mrkdwn(`<!date^${part.timestamp}^${part.format}|${part.fallback ?? ""}>`, names);
    default:
      return marked(part.text ?? "", part.style ?? {});
  }
}

function marked(text, style) {
  const marks = Object.keys(RICH_MARKS).filter((name) => style[name]);
  return marks.reduce((node, name) => make(RICH_MARKS[name], {}, node), document.createTextNode(text));
}
