// Files that a message brings: those that people uploaded, and those that the bot shared by a link.

import { make } from "./dom.js";

const SHARED = /^<(https?:\/\/[^/|>]+(\/slack\/api\/file\/\w+))\|([^>]+)>[ ]?(.*)$/;
const ALT = /^ALT: (.+)$/;
const IMAGE = /\.(png|jpe?g|gif)$/i;

/** What `text` shares: {rest: its other lines, files: [{path, name, title, alt}]}. The path is asked of this page's own
    origin, whatever name the bot knows it by; `alt` says what a picture shows. */
export function sharedIn(text) {
  const rest = [];
  const files = [];
  for (const line of text.split("\n")) {
    const file = SHARED.exec(line);
    const alt = ALT.exec(line);
    if (file) files.push({ path: file[2], name: file[3], title: file[4], alt: "" });
    else if (alt && files.length) files.at(-1).alt = unescaped(alt[1]);
    else rest.push(line);
  }
  return { rest: rest.join("\n"), files };
}

/** A file that the bot shared: a picture is shown, everything can be opened. */
export function drawShared({ path, name, title, alt }) {
  const about = { href: path, target: "_blank", rel: "noopener noreferrer", class: "b-file", "data-file": name };
  const words = make("span", { class: "file-words" }, make("b", {}, title || name), make("span", { class: "file-name" }, name));
  if (!IMAGE.test(name)) return make("a", about, glyph(name), words);
  const told = alt && make("span", { class: "file-name", "data-alt": true }, make("b", {}, "ALT "), alt);
  return make("a", { ...about, class: "b-file picture" }, words, make("img", { src: path, alt: alt || title || name }), told);
}

/** A file that a person uploaded: its name and size. */
export function drawUploaded(file) {
  if (!file.name) return make("p", { class: "b-file" }, "A file that is gone");
  const words = [make("b", {}, file.name), make("span", { class: "file-name" }, sizeOf(file.size))];
  return make("p", { class: "b-file", "data-file": file.name }, glyph(file.name), make("span", { class: "file-words" }, ...words));
}

const MARKS = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
const unescaped = (text) => text.replace(/&(?:lt|gt|amp);/g, (mark) => MARKS[mark]);
const glyph = (name) => make("span", { class: "file-kind", "aria-hidden": "true" }, name.split(".").at(-1).slice(0, 4).toUpperCase());

function sizeOf(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return `${(bytes / 1024).toLocaleString([], { maximumFractionDigits: 1 })} kB`;
}
