// The world: visitors, three edges, the shield, the origin, and each account's budget.

import { announce, byId, make, replay, setText } from "./dom.js";
import { CITIES, PAGES, budgetNow, changes, duration, hue, isSoft, oldAtEdges, places, since, standing, title, visitWords } from "./flow.js";
import * as play from "./play.js";

const BUCKETS = { urls: "single URLs", bulk: "tags, prefixes, hosts, everything", api: "all calls" };
const NOTABLE = 8; // seconds that a box says what happened in it

/** Draws `state.world`; `app` is told of visits and deploys. */
export class World {
  constructor(state, app) {
    this.state = state;
    this.app = app;
    this.told = new Map();
    byId("edges").append(...Object.keys(CITIES).map((city) => this.drawEdge(city)));
    for (const place of ["shield", "origin"]) byId(place).append(drawCopies());
    for (const place of Object.keys(CITIES)) box(place).append(make("p", { class: "event" }));
    byId("path").append(...PAGES.map((path) => make("option", { value: path }, path)));
    byId("deploy").addEventListener("click", () => this.deploy());
  }

  drawEdge(city) {
    const visit = { click: () => this.visit(city, byId("path").value) };
    const name = make("h3", {}, CITIES[city], " ", make("code", {}, city));
    const button = { type: "button", class: "button", "data-visit": city, "aria-label": `Visit through ${CITIES[city]}`, on: visit };
    return make("li", { class: "place", "data-place": city, "data-edge": city }, name, make("button", button, "Visit"), drawCopies());
  }

  /** Bring what is shown up to `doc`, and mark what changed since the last answer. */
  show(doc) {
    const [before, after] = [this.state.world?.sites.shop, doc.sites.shop];
    this.state.world = doc;
    this.state.heard = performance.now();
    if (before) this.mark(changes(before, after));
    for (const place of ["origin", ...Object.keys(places(after))]) this.showPlace(after, place);
    this.showBudgets(after.budgets);
    this.tick();
  }

  showPlace(site, place) {
    const held = place === "origin" ? site.origin : places(site)[place];
    for (const row of box(place).querySelectorAll("[data-path]")) {
      const path = row.dataset.path;
      const state = place === "origin" ? "same" : standing(site, place, path);
      if (row.dataset.version === (held[path] ?? "") && row.dataset.state === state) continue;
      drawCopy(row, held[path] ?? "", state);
    }
    const more = Object.keys(held).filter((path) => !PAGES.includes(path)).length;
    setText(box(place).querySelector(".more"), more && place !== "origin" ? `and ${more.toLocaleString("en")} more` : "");
  }

  mark(found) {
    for (const place of new Set(found.map((one) => one.place))) {
      const here = found.filter((one) => one.place === place);
      const what = here.find((one) => one.what !== "filled")?.what ?? "filled";
      this.tellPlace(place, EVENTS[what](here), what);
    }
  }

  tellPlace(place, text, what) {
    this.told.set(place, this.now());
    setText(box(place).querySelector(".event"), text);
    box(place).dataset.event = what;
    replay(box(place), "moved");
  }

  /** What moves by itself between two answers: ages and budgets. */
  tick() {
    const { world } = this.state;
    if (!world) return;
    const site = world.sites.shop;
    for (const row of document.querySelectorAll("#world [data-path]")) {
      const place = row.closest("[data-place]").dataset.place;
      const at = since(site, place, row.dataset.path);
      const age = at === undefined ? "" : `kept ${duration(this.now() - at)}`;
      setText(row.querySelector(".note"), note(row.dataset.state, isSoft(site, place, row.dataset.path), age, place));
    }
    for (const [place, at] of this.told) if (this.now() - at > NOTABLE) this.quiet(place);
    this.tickBudgets(site.budgets);
  }

  quiet(place) {
    this.told.delete(place);
    setText(box(place).querySelector(".event"), "");
    delete box(place).dataset.event;
  }

  /** Epoch seconds by the world's own clock. */
  now() {
    return this.state.world.now + (performance.now() - this.state.heard) / 1000;
  }

  showBudgets(budgets) {
    const wanted = Object.entries(budgets).flatMap(([account, all]) => Object.keys(all).map((name) => `${account} ${name}`));
    const list = byId("budgets");
    if (list.dataset.shown === wanted.join()) return;
    list.dataset.shown = wanted.join();
    list.replaceChildren(...wanted.map((key) => drawBudget(...key.split(" "))));
  }

  tickBudgets(budgets) {
    const elapsed = (performance.now() - this.state.heard) / 1000;
    for (const row of byId("budgets").children) {
      const { account, bucket } = row.dataset;
      const { tokens, share, isEmpty, words } = budgetNow(bucket, budgets[account][bucket], elapsed);
      const meter = row.querySelector("[role=meter]");
      meter.firstChild.style.setProperty("width", `${(share * 100).toFixed(1)}%`);
      meter.setAttribute("aria-valuenow", Math.floor(tokens));
      meter.setAttribute("aria-valuemax", budgets[account][bucket].size);
      meter.setAttribute("aria-valuetext", words);
      row.toggleAttribute("data-empty", isEmpty);
      setText(row.querySelector(".left"), words);
    }
  }

  async visit(city, path) {
    let answer;
    const isTaken = await this.app.attempt(async () => (answer = await play.visit(city, path)));
    if (!isTaken) return;
    const words = visitWords(city, path, answer, this.state.world?.sites.shop);
    const cache = answer.headers["cf-cache-status"] ?? "";
    this.tellPlace(city, `${cache} ${answer.version}${path === "/" ? " on /" : ""}`.trim(), cache === "HIT" ? "hit" : "miss");
    setText(byId("visit-said"), words);
    announce(words);
    this.app.visited(path, answer.version);
  }

  async deploy() {
    let answer;
    const isTaken = await this.app.attempt(async () => (answer = await play.deploy()));
    if (isTaken) announce(`The origin has ${answer.version} now.`);
    if (isTaken) setText(byId("visit-said"), `The origin has ${answer.version}. What the caches hold is old until it is purged.`);
  }

  /** How many edges hold something old, in words. */
  summary() {
    const site = this.state.world?.sites.shop;
    if (!site) return "";
    const old = new Set(oldAtEdges(site).map(([city]) => city)).size;
    return old ? `${old} of ${Object.keys(site.edges).length} edges serve something old` : "no edge serves anything old";
  }
}

const EVENTS = {
  deployed: (here) => `new: ${here[0].version}`,
  purged: (here) => `purged: ${pathsOf(here)}`,
  softened: (here) => `softly purged: ${pathsOf(here)}`,
  refilled: (here) => `purged, then a MISS: ${here[0].version}`,
  filled: (here) => `MISS, now ${here[0].version}`,
};

const pathsOf = (here) => here.map((one) => one.path).join(" ");

const box = (place) => document.querySelector(`#world [data-place="${place}"]`);

function note(state, softly, age, place) {
  if (place === "origin") return "";
  if (state === "empty") return "nothing kept";
  return [state === "old" ? "old" : "", softly ? "asks next time" : age].filter(Boolean).join(" · ");
}

function drawCopies() {
  const rows = PAGES.map((path) => {
    const parts = [make("span", { class: "path" }, path), make("span", { class: "chip" }), make("span", { class: "note" })];
    return make("li", { "data-path": path, "data-version": "", "data-state": "" }, ...parts);
  });
  return make("div", { class: "held" }, make("ul", { class: "copies" }, ...rows), make("p", { class: "more" }));
}

function drawCopy(row, version, state) {
  const chip = row.querySelector(".chip");
  row.dataset.version = version;
  row.dataset.state = state;
  chip.textContent = version || "empty";
  chip.style.setProperty("--hue", version ? hue(version) : 0);
  replay(chip, "arrived");
}

function drawBudget(account, bucket) {
  const label = `${title(account)}, ${BUCKETS[bucket] ?? bucket}`;
  const meter = { role: "meter", "aria-label": `Budget of ${label}`, "aria-valuemin": 0, class: "bar" };
  return make(
    "li",
    { "data-account": account, "data-bucket": bucket },
    make("span", { class: "of" }, label),
    make("span", { class: "left" }),
    make("div", meter, make("span", { class: "fill" })),
  );
}
