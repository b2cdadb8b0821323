// Files that a message brings: those that people uploaded, and those that the bot shared by a link.

import { make } from "./dom.js";

const SHARED = /^<(https?:\/\/[^/|>]+(\/slack\/api\/file\/\w+))\|([^>]+)>[ ]?(.*)$/;
const IMAGE = /\.(png|jpe?g|gif)$/i;

/** What `text` shares: {rest: its other lines, files: [{path, name, title}]}. The path is asked of this page's own
    origin, whatever name the bot knows it by. */
export function sharedIn(text) {
  const lines = text.split("\n").map((line) => [line, SHARED.exec(line)]);
  const files = lines.flatMap(([, found]) => (found ? [{ path: found[2], name: found[3], title: found[4] }] : []));
  return { rest: lines.flatMap(([line, found]) => (found ? [] : [line])).join("\n"), files };
}

/** A file that the bot shared: a picture is shown, everything can be opened. */
export function drawShared({ path, name, title }) {
  const about = { href: path, target: "_blank", rel: "noopener noreferrer", class: "b-file", "data-file": name };
  const words = make("span", { class: "file-words" }, make("b", {}, title || name), make("span", { class: "file-name" }, name));
  if (!IMAGE.test(name)) return make("a", about, glyph(name), words);
  return make("a", { ...about, class: "b-file picture" }, words, make("img", { src: path, alt: title || name }));
}

/** A file that a person uploaded: its name and size. */
export function drawUploaded(file) {
  if (!file.name) return make("p", { class: "b-file" }, "A file that is gone");
  const words = [make("b", {}, file.name), make("span", { class: "file-name" }, sizeOf(file.size))];
  return make("p", { class: "b-file", "data-file": file.name }, glyph(file.name), make("span", { class: "file-words" }, ...words));
}

const glyph = (name) => make("span", { class: "file-kind", "aria-hidden": "true" }, name.split(".").at(-1).slice(0, 4).toUpperCase());

function sizeOf(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return `${(bytes / 1024).toLocaleString([], { maximumFractionDigits: 1 })} kB`;
}
