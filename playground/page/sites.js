// The sites of the world, one of which is shown: a row of choices, as soon as there are two.

import { byId, make, setText } from "./dom.js";
import { oldAtEdges, pagesOf, siteTitle, title } from "./flow.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Draws the sites of `state.world`, of which `state.site` is chosen; `app` is told of a choice. */
export class Sites {
  constructor(state, app) {
    this.state = state;
    this.app = app;
    this.row = byId("sites");
    this.row.addEventListener("keydown", (event) => this.key(event));
  }

  show() {
    const { sites } = this.state.world;
    const names = Object.keys(sites);
    this.row.hidden = names.length < 2;
    if (this.row.dataset.shown !== names.join()) this.row.replaceChildren(...names.map((name) => this.drawSite(name, sites[name])));
    this.row.dataset.shown = names.join();
    for (const button of this.row.children) showSite(button, sites[button.dataset.site], button.dataset.site === this.state.site);
  }

  drawSite(name, site) {
    const choose = { click: () => this.app.choose(name) };
    return make(
      "button",
      { type: "button", role: "radio", class: "site", "data-site": name, on: choose },
      make("b", {}, name),
      make("span", { class: "site-old" }),
      make("span", { class: "site-provider" }, title(site.provider)),
    );
  }

  key(event) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...this.row.children];
    const at = buttons.findIndex((button) => button.dataset.site === this.state.site);
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.focus();
    this.app.choose(next.dataset.site);
  }
}

function showSite(button, site, isChosen) {
  const isOld = oldAtEdges(site, pagesOf(site)).length > 0;
  button.setAttribute("aria-checked", String(isChosen));
  button.tabIndex = isChosen ? 0 : -1;
  button.toggleAttribute("data-old", isOld);
  button.setAttribute("aria-label", `${siteTitle(button.dataset.site, site)}${isOld ? ", its edges hold something old" : ""}`);
  setText(button.querySelector(".site-old"), isOld ? "old" : "");
}
