// The drawer of faults: what to switch on, and what should then be seen.

import { announce, byId, make, setText } from "./dom.js";
import { title } from "./flow.js";
import * as play from "./play.js";

// Each sentence was checked against the bot: what a plain purge of one page then shows.
const TELLS = {
  cf: [
    ["throttle", "Throttle", "Answers 429, wait 3 s. The card stays blue, its thread says how long it was asked to wait. It goes on once this ends, and is red if it lasts a quarter of an hour."],
    ["error500", "Error 500", "The call is sent again, up to three times. Then the card is red: stopped at Cloudflare, with Retry."],
    ["bad_token", "Bad token", "The card is red at once and says what to mend. Redis and Varnish were purged, the edges stay old. Nothing is repeated."],
    ["forbidden", "Forbidden", "The token may not purge this zone. Red, with the permission to give, in Cloudflare's own words too."],
    ["timeout_after_effect", "Lost answer", "The purge is done, the answer never comes. After 8 s one URL is sent once more; everything would ask a person."],
    ["reset", "Cut connection", "Cut before anything is done. It is tried again by itself; if that is cut too, the card is red."],
    ["html", "A web page", "Status 200, but a page of HTML. That is no yes: the card is red and says that no Cloudflare is there."],
    ["slow", "Slow", "Every answer takes 3 s longer. The card is blue for longer, and then proven all the same."],
    ["down", "Down", "The connection is refused. Tried again, then red. Redis and Varnish were purged already, the edges stay old."],
  ],
  app: [
    ["throttle", "Throttle", "Too many connections. The card stays blue, its thread says that it waits; nothing outside Redis is purged before. It goes on once this ends, and is red if it lasts a quarter of an hour."],
    ["error500", "Error 500", "It cannot save to its disk and takes no changes. Tried again, then red at Redis, with what to look at."],
    ["bad_token", "Bad password", "Red at Redis at once, with how to write the password. Nothing was purged: the outer caches would refill with the old copy."],
    ["forbidden", "Forbidden", "Its user may not do this. Red, with the line for ACL SETUSER; nothing was purged."],
    ["timeout_after_effect", "Lost answer", "The keys are gone, the answer never comes. After 5 s it is sent once more, which is safe; if that is lost too, the card is red."],
    ["reset", "Cut connection", "Cut before anything is done. It is tried again by itself; if that is cut too, the card is red."],
    ["html", "A web page", "It answers in HTTP. That is no Redis: red at once, and it says to check host and port."],
    ["slow", "Slow", "3 s longer at the innermost layer. Watch all the others wait for it."],
    ["down", "Down", "The connection is refused. Tried again, then red at Redis. The shop still answers its visitors."],
  ],
  shield: [
    ["throttle", "Throttle", "Answers 429, wait 3 s. The card waits at 1 of 3 layers: Cloudflare is not purged before the shield."],
    ["error500", "Error 500", "Sent again, up to three times, then red at Varnish. The edges are not purged: they would refill with the old copy."],
    ["bad_token", "Bad token", "Varnish takes no purges from here. Red at Varnish, with what to set; of three layers only Redis was purged."],
    ["forbidden", "Forbidden", "As with a bad token: Varnish knows an address, and this one may not."],
    ["timeout_after_effect", "Lost answer", "The shield is empty and does not say so. After 8 s the call is sent once more, then it goes outwards."],
    ["reset", "Cut connection", "Cut before anything is done. Tried again by itself; if that is cut too, the card is red."],
    ["html", "A web page", "Status 200, but a page of HTML: a site, not a purge. Red at Varnish, nothing claimed."],
    ["slow", "Slow", "3 s longer at the first layer. Watch the edges wait for it."],
    ["down", "Down", "The connection is refused. Tried again, then red at Varnish, before any edge is touched."],
  ],
  slack: [
    ["throttle", "Throttle", "Slack has the bot wait 3 s at each call. The purge does not wait: the world goes fresh, the card follows once this ends."],
    ["error500", "Error 500", "The purge runs, as the world shows; the card comes once this ends."],
    ["down", "Down", "Slack does not answer the bot, while people can still type. The purge runs; end it and the card catches up."],
    ["slow", "Slow", "Cards come 3 s later. The purge does not wait for them."],
    ["bad_token", "Bad token", "The bot can say nothing here: no card comes, though the purge runs, as the world shows."],
  ],
};

/** What a site with this one layer shows. */
const alone = (name) => [
  ["throttle", "Throttle", "Says that it is too much. The card stays blue, its thread says that it waits. It goes on once this ends, and is red if it lasts a quarter of an hour."],
  ["error500", "Error 500", `The call is sent again, up to three times. Then the card is red: stopped at ${name}, with Retry.`],
  ["bad_token", "Bad credential", "The card is red at once and says what to mend. The edges stay old. Nothing is repeated."],
  ["forbidden", "Forbidden", "The credential is known and may not do this. Red, with the permission to give."],
  ["timeout_after_effect", "Lost answer", "The purge is done, the answer never comes. After 8 s one URL is sent once more; everything would ask a person."],
  ["reset", "Cut connection", "Cut before anything is done. It is tried again by itself; if that is cut too, the card is red."],
  ["html", "A web page", `Status 200, but a page of HTML. That is no yes: the card is red and says that no ${name} is there.`],
  ["slow", "Slow", "Every answer takes 3 s longer. The card is blue for longer, and then proven all the same."],
  ["down", "Down", "The connection is refused. Tried again, then red."],
];
for (const account of ["aws", "fastly", "akamai"]) TELLS[account] = alone(title(account));
TELLS.akamai.push(["clock", "Clock", "Akamai's clock is 60 s ahead. The card is red and says how far off the clock of purgebot's machine is."]);

const HOW_LONG = [
  ["", "until I end it"],
  ["1", "for the next request"],
  ["3", "for the next 3 requests"],
];

/** Draws and switches faults; `state.world.faults` says what is on. */
export class Faults {
  constructor(state, app) {
    this.state = state;
    this.app = app;
    this.setting = ""; // the account whose switch is on its way to the world
    this.dialog = byId("faults");
    byId("faults-open").addEventListener("click", () => this.open());
    byId("faults-close").addEventListener("click", () => this.dialog.close());
    byId("reset").addEventListener("click", () => this.reset());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  open() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** A fieldset for each account that the world tells of, Slack last. */
  drawMissing() {
    const list = byId("faults-accounts");
    const wanted = [...(this.state.world?.accounts ?? []).filter((account) => account in TELLS), "slack"];
    if (list.dataset.shown === wanted.join()) return;
    list.dataset.shown = wanted.join();
    list.replaceChildren(...wanted.map((account) => this.drawAccount(account)));
  }

  drawAccount(account) {
    const long = make("select", { id: `long-${account}`, "data-how-long": account }, ...HOW_LONG.map(([value, text]) => make("option", { value }, text)));
    const kinds = [["", "No fault", "Answers as it should."], ...TELLS[account]];
    return make(
      "fieldset",
      { "data-account": account },
      make("legend", {}, account === "slack" ? title(account) : `${title(account)} (${account})`),
      make("p", { class: "how-long" }, make("label", { for: `long-${account}` }, "A fault lasts"), long),
      ...kinds.map(([kind, name, tells]) => this.drawKind(account, kind, name, tells)),
    );
  }

  drawKind(account, kind, name, tells) {
    const pick = { change: () => this.set(account, kind, name) };
    const radio = make("input", { type: "radio", name: `fault-${account}`, value: kind, "data-fault": kind || "none", on: pick });
    return make("label", { class: "choice" }, radio, make("span", {}, make("b", {}, name), make("small", {}, tells)));
  }

  async set(account, kind, name) {
    const times = Number(byId(`long-${account}`).value) || null;
    const on = this.on(account);
    this.setting = account;
    const isTaken = await this.app.attempt(async () => {
      if (on && on.kind !== kind) await play.fault(account, on.kind, 0);
      if (kind) await play.fault(account, kind, times);
    });
    this.setting = "";
    if (isTaken) announce(kind ? `${title(account)}: ${name} is on.` : `${title(account)}: no fault.`);
  }

  on(account) {
    return this.state.world?.faults?.find((one) => one.account === account);
  }

  /** Bring the switches up to what the world says. */
  show() {
    const all = this.state.world?.faults ?? [];
    this.drawMissing();
    for (const fieldset of byId("faults-accounts").children) {
      if (fieldset.dataset.account === this.setting) continue;
      const kind = this.on(fieldset.dataset.account)?.kind ?? "";
      for (const radio of fieldset.querySelectorAll("input")) radio.checked = radio.value === kind;
    }
    setText(byId("faults-on"), all.length ? `: ${all.map((one) => `${title(one.account)} ${one.kind.replaceAll("_", " ")}`).join(", ")}` : "");
    if (all.length) byId("faults-open").dataset.on = `${all.length} on`;
    else delete byId("faults-open").dataset.on;
  }

  async reset() {
    const button = byId("reset");
    button.disabled = true;
    setText(byId("reset-said"), "Resetting: the bot stops and starts again…");
    const isTaken = await this.app.attempt(() => play.reset(), (text) => setText(byId("reset-said"), text));
    button.disabled = false;
    if (!isTaken) return;
    setText(byId("reset-said"), "");
    this.app.wasReset();
    this.dialog.close();
    announce("The world is as at the start.");
  }
}
