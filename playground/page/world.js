// The world: one site's visitors, edges, inner caches and origin, and the budgets of its accounts.

import { announce, byId, make, replay, setText } from "./dom.js";
import {
  CITIES, budgetNow, cacheWord, changes, duration, hostOf, hue, inner, innerTitle, isHit, isSoft, oldAtEdges, pagesOf, places, since,
  standing, title, visitWords,
} from "./flow.js";
import * as play from "./play.js";
import { Sites } from "./sites.js";

const BUCKETS = {
  urls: "single URLs",
  tags: "tags",
  cpcodes: "CP codes",
  bulk: "tags, prefixes, hosts, everything",
  purges: "URLs and tags",
  paths: "paths",
  wildcards: "paths with a *",
  running_paths: "paths in progress",
  running_wildcards: "paths with a * in progress",
  paid: "paths of the month",
  requests: "all calls",
  calls: "all calls",
  api: "all calls",
};
const NOTABLE = 8; // seconds that a box says what happened in it
const INVITE = "Visit through a city to see what people there get.";
const AS_FAST = "An account without a bar takes purges as fast as they come.";
const NO_BUDGETS = "No account of this site has a budget: purges go as fast as they come.";

/** Draws one site of `state.world`, `state.site`; `app` is told of visits, deploys and the site that people choose. */
export class World {
  constructor(state, app) {
    this.state = state;
    this.app = app;
    this.told = new Map();
    this.drawn = "";
    this.sites = new Sites(state, app);
    byId("deploy").addEventListener("click", () => this.deploy());
    byId("deploy-told").addEventListener("click", () => this.deployAndTell());
  }

  get site() {
    return this.state.world?.sites[this.state.site];
  }

  /** Boxes for the places of `site`; those of another site go, and with them what they said. */
  draw(site) {
    const pages = pagesOf(site);
    const shape = JSON.stringify([this.state.site, Object.keys(site.edges), Object.keys(inner(site)), pages]);
    if (this.drawn === shape) return;
    this.drawn = shape;
    this.quiet("origin");
    this.told.clear();
    setText(byId("world-host"), hostOf(site));
    setText(byId("visit-said"), INVITE);
    byId("edges").setAttribute("aria-label", `Edges of ${title(site.provider)}`);
    byId("edges").replaceChildren(...Object.keys(site.edges).map((city) => this.drawEdge(city, pages)));
    byId("inner").replaceChildren(...Object.keys(inner(site)).flatMap((place) => drawInner(place, pages)));
    byId("origin").querySelector(".held")?.remove();
    byId("origin").append(drawCopies(pages));
    this.drawPaths(pages, site.scene);
  }

  /** What a visit can ask for: what was chosen stays so, and a scene's own page comes first to hand. */
  drawPaths(pages, scene) {
    const chosen = scene ?? byId("path").value;
    byId("path").replaceChildren(...pages.map((path) => make("option", { value: path }, path)));
    if (pages.includes(chosen)) byId("path").value = chosen;
  }

  drawEdge(city, pages) {
    const visit = { click: () => this.visit(city, byId("path").value) };
    const name = make("h3", {}, CITIES[city] ?? city, " ", make("code", {}, city));
    const button = { type: "button", class: "button", "data-visit": city, "aria-label": `Visit through ${CITIES[city] ?? city}`, on: visit };
    const parts = [name, make("button", button, "Visit"), drawCopies(pages), make("p", { class: "event" })];
    return make("li", { class: "place", "data-place": city, "data-edge": city }, ...parts);
  }

  /** Bring what is shown up to `doc`, and mark what changed since the last answer. */
  show(doc) {
    const before = this.site;
    this.state.world = doc;
    this.state.heard = performance.now();
    this.redraw(before);
  }

  /** Bring what is shown up to what is known of the chosen site, of which `before` was shown, if any. */
  redraw(before) {
    const { site } = this;
    this.sites.show();
    this.draw(site);
    showScene(site.stage);
    if (before) this.mark(changes(before, site));
    for (const place of ["origin", ...Object.keys(places(site))]) this.showPlace(site, place);
    this.showBudgets(site.budgets);
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
    const more = Object.keys(held).filter((path) => !pagesOf(site).includes(path)).length;
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
    const { site } = this;
    if (!site) return;
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
    setText(byId("budgets-hint"), wanted.length ? AS_FAST : NO_BUDGETS);
    if (list.dataset.shown === wanted.join()) return;
    list.dataset.shown = wanted.join();
    list.replaceChildren(...wanted.map((key) => drawBudget(...key.split(" "))));
  }

  tickBudgets(budgets) {
    const elapsed = (performance.now() - this.state.heard) / 1000;
    for (const row of byId("budgets").children) {
      const { account, bucket } = row.dataset;
      const { tokens, share, isEmpty, words } = budgetNow(bucket, budgets[account][bucket], elapsed, account);
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
    const name = this.state.site;
    let answer;
    const isTaken = await this.app.attempt(async () => (answer = await play.visit(name, city, path)));
    if (!isTaken) return;
    this.app.visited(name, path, answer.version);
    if (name !== this.state.site) return;
    const words = visitWords(city, path, answer, this.site);
    const cache = cacheWord(answer.headers);
    this.tellPlace(city, `${cache} ${answer.version}${path === "/" ? " on /" : ""}`.trim(), isHit(cache) ? "hit" : "miss");
    setText(byId("visit-said"), words);
    announce(words);
  }

  async deploy() {
    const name = this.state.site;
    let answer;
    const isTaken = await this.app.attempt(async () => (answer = await play.deploy(name)));
    if (isTaken) announce(`The origin has ${answer.version} now.`);
    if (isTaken && name === this.state.site)
      setText(byId("visit-said"), `The origin has ${answer.version}. What the caches hold is old until it is purged.`);
  }

  /** The pipeline deploys and tells the bot, whose note appears in the site's channel. */
  async deployAndTell() {
    const name = this.state.site;
    let answer;
    const isTaken = await this.app.attempt(async () => (answer = await play.deployAndTell(name)));
    if (!isTaken) return;
    const { job, detail } = answer.answer ?? {};
    const words = job ? `The origin has ${answer.version}, and ${job} purges it.` : `purgebot said ${answer.status}: ${detail}`;
    announce(words);
    if (name === this.state.site) setText(byId("visit-said"), words);
  }

  /** Whether an edge of a site holds something old. */
  hasOld() {
    return Object.values(this.state.world?.sites ?? {}).some((site) => oldAtEdges(site, pagesOf(site)).length > 0);
  }
}

/** What is set on the site, and what its boxes do not show of it. */
function showScene(stage) {
  byId("scene").hidden = !stage;
  setText(byId("scene").firstElementChild, stage ? `Scene: ${stage.title}.` : "");
  setText(byId("scene").lastElementChild, stage?.unseen ?? "");
}

const EVENTS = {
  deployed: (here) => `new: ${here[0].version}`,
  purged: (here) => `purged: ${pathsOf(here)}`,
  softened: (here) => `softly purged: ${pathsOf(here)}`,
  refilled: (here) => `purged, then a MISS: ${here[0].version || "kept"}`,
  filled: (here) => `MISS, now ${here[0].version || "kept"}`,
};

const pathsOf = (here) => here.map((one) => one.path).join(" ");

const box = (place) => document.querySelector(`#world [data-place="${place}"]`);

const NAMED_AS = { old: "old", unnamed: "names no version" };

function note(state, softly, age, place) {
  if (place === "origin") return "";
  if (state === "empty") return "next visit fetches it";
  return [NAMED_AS[state] ?? "", softly ? "asks next time" : age].filter(Boolean).join(" · ");
}

/** A box of a cache between edges and origin, and the wire that leads on from it. */
function drawInner(place, pages) {
  const [part, software] = innerTitle(place);
  const name = make("h3", {}, part, software && " ", software && make("code", {}, software));
  const box = make("div", { class: "place wide", "data-place": place }, name, make("p", { class: "event" }), drawCopies(pages));
  return [box, make("div", { class: "wire wire-root", "aria-hidden": "true" })];
}

function drawCopies(pages) {
  const rows = pages.map((path) => {
    const parts = [make("span", { class: "path" }, path), make("span", { class: "chip" }), make("span", { class: "note" })];
    return make("li", { "data-path": path, "data-version": "", "data-state": "" }, ...parts);
  });
  return make("div", { class: "held" }, make("ul", { class: "copies" }, ...rows), make("p", { class: "more" }));
}

function drawCopy(row, version, state) {
  const chip = row.querySelector(".chip");
  row.dataset.version = version;
  row.dataset.state = state;
  chip.textContent = version || (state === "unnamed" ? "kept" : "empty");
  chip.style.setProperty("--hue", version ? hue(version, state === "old") : 0);
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
