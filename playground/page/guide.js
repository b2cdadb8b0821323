// The one line that says what to do next, read from the world and the messages.

import { CITIES, PAGES, hostOf, oldAtEdges } from "./flow.js";
import { PEOPLE, person } from "./people.js";

/** The site that the guide is about. */
export const GUIDED = "shop";

export const STEPS = ["Deploy", "See it go stale", "Purge it", "See the proof", "Everything, agreed by two"];
export const ALL_DONE = STEPS.length;

const APPROVERS = ["U_LEA", "U_SAM", "U_KIM"];
const PAGE = "http://www.shop.test/pricing";
const FORM = "/purge";
const PURGE = [`/purge ${PAGE}`, `/purge plan ${PAGE}`, `/purge check ${PAGE}`, FORM];
const EVERYTHING = "/purge everything on shop because new prices";
const HOLD = "/purge hold shop for 10m because moving";
const RELEASE = "/purge release shop";
const LOOK_BACK = ["/purge log", "/purge stats"];
const LOOK_AROUND = ["/purge help", "/purge sites", FORM, "/invite @purgebot"];
const RUNNING = "🔵";
const WAITING = "🟡";
const PROVEN = "🟢";

/** Where the reader is: {step: index into STEPS, or ALL_DONE; text; target: what "Show me" leads to; suggestions; and
    where that is a card, job: its job's name, and card: its message's ts}.
    `seen` is what only this page noticed: {old: a visitor was answered with an old copy, deployed: epoch seconds of the
    newest deploy}; `me` is who types. */
export function guide(site, messages, seen, me) {
  const jobs = jobsIn(messages).filter((job) => isOpen(job) || job.at > seen.deployed);
  const everything = jobs.findLast((job) => job.isEverything);
  if (everything && (isOpen(everything) || everything === jobs.at(-1))) return toldEverything(everything, messages, me);
  const page = jobs.findLast((job) => !job.isEverything);
  return page ? toldPurge(page, site, seen) : toldBefore(site, seen);
}

const isOpen = (job) => job.mark === RUNNING || job.mark === WAITING;

const step = (number, target, text, suggestions) => ({ step: number, text, target, suggestions, job: "", card: "" });

/** A step that leads to a job's card. */
const onCard = (number, job, text, suggestions) => ({ ...step(number, "card", text, suggestions), job: job.name, card: job.ts });

function toldBefore(site, seen) {
  const old = oldAtEdges(site);
  if (!old.length && isEmpty(site))
    return step(0, "visit", "Every edge is empty. Visit a page through a city, so that there is a copy to go old; then deploy.", LOOK_AROUND);
  if (!old.length)
    return step(0, "deploy", "Deploy a new version. The origin will have it; the caches will not know.", LOOK_AROUND);
  const [city, path] = old.find(([, one]) => one === "/pricing") ?? old[0];
  const before = `The origin has ${site.origin[path]}, the edges do not.`;
  if (!seen.old)
    return step(1, "visit", `${before} Visit ${path} through ${CITIES[city]}: the answer is the old copy.`, PURGE.slice(1));
  return step(2, "box", `Purge that page: take the first line under the box and send it in #shop. ${FORM} alone opens a form.`, PURGE);
}

const isEmpty = (site) => Object.values(site.edges).every((held) => PAGES.every((path) => !held[path]));

function toldPurge(job, site, seen) {
  const more = about(job);
  const old = [...new Set(oldAtEdges(site).map(([, path]) => path))];
  switch (job.mark) {
    case RUNNING:
      return onCard(3, job, `${job.name} goes from the origin outwards; then every edge is looked at.`, more);
    case WAITING:
      return onCard(3, job, `${job.name} waits for a person. Its card says what for.`, more);
    case PROVEN:
      return old.length === PAGES.length ? toldBefore(site, seen) : proven(job, old);
    default:
      return onCard(3, job, `${job.name} is not proven. Its card says why, and what can be done.`, [PURGE[0], ...more]);
  }
}

function proven(job, old) {
  const rest = old.length ? ` ${old.join(" and ")} was not named, so it is still old.` : "";
  const text = `Proven: ${job.name}.${rest} Now ask for everything: two others must agree.`;
  return step(4, "box", text, [EVERYTHING, ...old.map((path) => `/purge http://www.shop.test${path}`), ...about(job)]);
}

function toldEverything(job, messages, me) {
  switch (job.mark) {
    case WAITING:
      return job.holder ? toldHeld(job, me) : toldVotes(job, messages, me);
    case RUNNING:
      return onCard(4, job, `Agreed: ${job.name} empties every cache, the innermost first; then comes the proof.`, about(job));
    case PROVEN:
      return toldRest(job, messages);
    default:
      return onCard(4, job, toldEnd(job), [EVERYTHING, ...about(job)]);
  }
}

const toldEnd = (job) =>
  job.isDenied
    ? `${job.name} was denied: its card says by whom and why. Ask again, or for something narrower.`
    : `${job.name} ended without a proof. Its card says why.`;

function toldRest(job, messages) {
  const text = `Proven: ${job.name}. That is all of it. Look back, hold the site, or purge with a fault on.`;
  return step(ALL_DONE, "faults", text, [...LOOK_BACK, isHeld(messages) ? RELEASE : HOLD, ...PURGE.slice(0, 1)]);
}

/** Whether the last that the reader was told of holds is that one began. */
function isHeld(messages) {
  const told = messages.C_SHOP.flatMap((message) => /^shop is (held until|released)/.exec(message.text)?.[1] ?? []);
  return told.at(-1) === "held until";
}

/** Agreed to, and kept from beginning by a hold, which whoever laid it may end, or an approver. */
function toldHeld(job, me) {
  const { name } = person(job.holder);
  const text = `${job.name} is agreed, and shop is held by ${name}: it begins on release`;
  if (me === job.holder || APPROVERS.includes(me)) return onCard(4, job, `${text}.`, [RELEASE, ...about(job)]);
  return step(4, "me", `${text}. Become ${name} in the menu with your name, and release it.`, about(job));
}

/** Who is to vote next, and how one becomes them. */
export function toldVotes(job, messages, me) {
  const request = messages.C_APPROVE.findLast((message) => message.text.includes(`${job.name} `));
  const said = request ? bodyOf(request) : "";
  const agreed = idsIn(said, /^Votes:/);
  const asker = idsIn(said, /asks to purge/)[0] ?? me;
  const left = APPROVERS.filter((id) => id !== asker && !agreed.includes(id));
  if (left.includes(me)) {
    const text = `You are ${PEOPLE[me].name}: open #approvals and approve ${job.name}.`;
    const lines = [`/purge approve ${job.name}`, ...about(job)];
    return { ...step(4, "approvals", text, lines), job: job.name, card: request?.ts ?? "" };
  }
  const already = agreed.length ? `${agreed.map((id) => person(id).name).join(" and ")} agreed. ` : "";
  const text = `${already}${job.name} waits: become ${person(left[0]).name} in the menu with your name, and approve it in #approvals.`;
  return step(4, "me", text, about(job));
}

/** Lines for the channel of a site that the guide is not about. */
export function siteSuggestions(name, site, messages) {
  const page = `http://${hostOf(site)}/pricing`;
  const job = jobsIn(messages, site.channel).at(-1);
  const lines = [`/purge ${page}`, `/purge plan ${page}`, `/purge check ${page}`, `/purge everything on ${name} because new prices`];
  return [...lines, ...(job ? about(job) : [])];
}

/** Lines for a person's own conversation with the bot, where the files arrive that they ask for. */
export const directSuggestions = () => [...LOOK_BACK, "/purge sites", "/purge help"];

const about = (job) => [`/purge status ${job.name}`, `/purge show ${job.name}`];

function idsIn(text, pattern) {
  const line = text.split("\n").find((one) => pattern.test(one)) ?? "";
  return [...line.matchAll(/<@(U_[A-Z]+)>/g)].map((found) => found[1]);
}

/** Everything a message says, its blocks too, a line each. */
export function bodyOf(message) {
  const texts = (node) => {
    if (Array.isArray(node)) return node.flatMap(texts);
    if (node === null || typeof node !== "object") return [];
    return [typeof node.text === "string" ? node.text : "", ...Object.values(node).flatMap(texts)];
  };
  return [message.text, ...texts(message.blocks)].filter(Boolean).join("\n");
}

/** The jobs told in a channel, that of the guide's site if none is named, oldest first:
    {name, mark, isEverything, isDenied, holder: who holds its site while it waits for that, ts, at}. */
export function jobsIn(messages, channel = "C_SHOP") {
  return (messages[channel] ?? []).filter((message) => !message.thread_ts && !message.ephemeral).flatMap((message) => {
    const { text, ts } = message;
    const [, mark, name] = /^(\p{Extended_Pictographic})\s+(P-\d+)\b/u.exec(text) ?? [];
    if (!name) return [];
    const isEverything = /\beverything on\b/.test(bodyOf(message));
    const isDenied = text.startsWith(`${mark} ${name} denied by `);
    const holder = /^\S+ P-\d+ waits, [\w-]+ is held by <@(\w+)>/.exec(text)?.[1] ?? "";
    return [{ name, mark, isEverything, isDenied, holder, ts, at: Number(ts) }];
  });
}

/** Lines for a thread, where commands do not work. */
export function threadSuggestions(root) {
  const name = /P-\d+/.exec(root?.text ?? "")?.[0];
  return name ? [`@purgebot status ${name}`, `@purgebot show ${name}`] : ["@purgebot help"];
}
