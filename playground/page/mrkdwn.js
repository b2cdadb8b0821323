// Slack's mrkdwn as nodes. Source: https://docs.slack.dev/messaging/formatting-message-text, read 2026-11-23.
// Control characters are &, < and >; everything else is layout. Nothing here makes markup out of text.

import { make } from "./dom.js";

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", rotating_light: "🚨", no_entry: "⛔",
  large_green_circle: "🟢", large_blue_circle: "🔵", large_yellow_circle: "🟡", large_orange_circle: "🟠",
  red_circle: "🔴", white_circle: "⚪", black_circle: "⚫", hourglass: "⌛", hourglass_flowing_sand: "⏳", clock1: "🕐",
  lock: "🔒", key: "🔑", mag: "🔍", eyes: "👀", wave: "👋", tada: "🎉", rocket: "🚀", fire: "🔥", bulb: "💡", memo: "📝",
  link: "🔗", bell: "🔔", broom: "🧹", zap: "⚡", arrow_right: "➡️", arrow_up: "⬆️", arrow_down: "⬇️", repeat: "🔁",
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", smile: "😄", slightly_smiling_face: "🙂",
  information_source: "ℹ️", question: "❓", exclamation: "❗", globe_with_meridians: "🌐", package: "📦", gear: "⚙️",
};

const RULES = [
  [/`([^`\n]+)`/, (found) => make("code", {}, unescape(found[1]))],
  [/<([^<>\n]+)>/, (found, names) => token(found[1], names) ?? unescape(found[0])],
  [/https?:\/\/(?:(?!&[lg]t;)[^\s<>|`“”])+/, (found) => bareLink(found[0])],
  [/:([a-z0-9_+-]+):/, (found) => EMOJI[found[1]] ?? found[0]],
  [styled("\\*"), (found, names) => make("strong", {}, ...inline(found[1], names))],
  [styled("_"), (found, names) => make("em", {}, ...inline(found[1], names))],
  [styled("~"), (found, names) => make("s", {}, ...inline(found[1], names))],
];

function styled(mark) {
  return new RegExp(`(?<![\\w*_~])${mark}(?=\\S)([^\\n]*?\\S)${mark}(?![\\w${mark}])`);
}

/** A fragment that shows `text`. `names` knows user(id), channel(id) and group(id). */
export function mrkdwn(text, names) {
  const fragment = document.createDocumentFragment();
  text.split(/```\n?([\s\S]*?)```\n?/).forEach((part, index) => {
    if (index % 2) fragment.append(make("pre", {}, flat(part.replace(/\n$/, ""), names)));
    else if (part) fragment.append(...lines(part, names));
  });
  return fragment;
}

/** What `text` says, without its layout. */
export const plainOf = (text, names) => mrkdwn(text, names).textContent;

/** plain_text: emoji codes become emoji unless that was declined; nothing else is read. */
export function plain(object) {
  const shown = (found, code) => EMOJI[code] ?? found;
  return object.emoji === false ? object.text : object.text.replace(/:([a-z0-9_+-]+):/g, shown);
}

/** A text object of Block Kit. */
export const textOf = (object, names) => (object.type === "mrkdwn" ? mrkdwn(object.text, names) : plain(object));

function lines(text, names) {
  const nodes = [];
  const groups = text.match(/(?:^(?:&gt;|>)[^\n]*(?:\n|$))+|(?:^(?!&gt;|>)[^\n]*(?:\n|$))+/gm) ?? [];
  for (const group of groups) {
    if (!group) continue;
    if (!/^(&gt;|>)/.test(group)) nodes.push(...inline(group, names));
    else nodes.push(make("blockquote", {}, ...inline(group.replace(/^(&gt;|>)+ ?/gm, "").replace(/\n$/, ""), names)));
  }
  return nodes;
}

function inline(text, names) {
  const nodes = [];
  for (let rest = text; rest; ) {
    const [found, draw] = earliest(rest);
    if (!found) return [...nodes, unescape(rest)];
    if (found.index) nodes.push(unescape(rest.slice(0, found.index)));
    nodes.push(...[draw(found, names)].flat());
    rest = rest.slice(found.index + found[0].length);
  }
  return nodes;
}

function earliest(text) {
  let best = [null, null];
  for (const [pattern, draw] of RULES) {
    const found = pattern.exec(text);
    if (found && (!best[0] || found.index < best[0].index)) best = [found, draw];
  }
  return best;
}

function bareLink(text) {
  const trimmed = text.replace(/[.,;:!?'"]+$/, "");
  const url = trimmed.endsWith(")") && !trimmed.includes("(") ? trimmed.slice(0, -1) : trimmed;
  return [anchor(unescape(url), unescape(url)), unescape(text.slice(url.length))];
}

function token(inside, names) {
  const [target, ...label] = inside.split("|");
  const said = unescape(label.join("|"));
  if (/^@[UW][A-Z0-9_]*$/.test(target)) return person(target.slice(1), said, names);
  if (/^#C[A-Z0-9_]*$/.test(target)) return channel(target.slice(1), said, names);
  if (/^!date\^/.test(target)) return date(target, said);
  if (/^!(here|channel|everyone)$/.test(target)) return make("span", { class: "mention" }, `@${target.slice(1)}`);
  if (/^!subteam\^/.test(target)) return group(target.slice(9), said, names);
  if (/^(https?:\/\/|mailto:)/.test(target)) return anchor(unescape(target), said || unescape(target));
  return null;
}

const person = (id, said, names) =>
  make("span", { class: "mention", "data-mention": id }, `@${names.user(id) ?? (said || id)}`);

const group = (id, said, names) =>
  make("span", { class: "mention", "data-mention": id }, names.group(id) ? `@${names.group(id)}` : said || `@${id}`);

const channel = (id, said, names) =>
  make("button", { type: "button", class: "link", "data-open-channel": id }, `#${names.channel(id) ?? (said || id)}`);

/** A link that tells the other side nothing. What is no web or mail address stays text. */
export function anchor(url, text) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return text;
  return make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
}

function flat(text, names) {
  return text.split(/(<[^<>\n]+>)/).reduce((fragment, part, index) => {
    fragment.append(index % 2 ? (token(part.slice(1, -1), names) ?? unescape(part)) : unescape(part));
    return fragment;
  }, document.createDocumentFragment());
}

const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

function date(target, said) {
  const [, seconds, format = "{date_pretty}", link = ""] = target.split("^");
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return said || target;
  const words = unescape(format).replace(/\{([a-z_]+)\}/g, (found, name) => dateWord(name, at) ?? found);
  const time = make("time", { datetime: at.toISOString(), title: at.toString() }, words);
  const shown = link && anchor(link, "");
  if (!shown) return time;
  shown.append(time);
  return shown;
}

const DATES = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  time: { hour: "2-digit", minute: "2-digit" },
  time_secs: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
};

function dateWord(name, at) {
  const near = name.endsWith("_pretty") ? nearDay(at) : "";
  const style = DATES[name.replace(/_pretty$/, "")];
  return near || (style && new Intl.DateTimeFormat(undefined, style).format(at));
}

function nearDay(at) {
  const midnight = (moment) => new Date(moment).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(at) - midnight(Date.now())) / 86_400_000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? "";
}
