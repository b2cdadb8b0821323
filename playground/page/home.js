// The app's Home tab: one view for each person, drawn as Slack draws it, and looked at anew whenever it is opened.

import { drawBlocks, useOf } from "./blocks.js";
import { announce, byId, make } from "./dom.js";
import { asked } from "./forms.js";
import { plainOf } from "./mrkdwn.js";
import { names, person } from "./people.js";
import * as play from "./play.js";

/** Stands in the channel's place while `state.atHome`. */
export class Home {
  constructor(state, app) {
    this.state = state;
    this.app = app;
    this.view = null;
    this.print = "";
    this.blocks = byId("home-blocks");
  }

  /** Somebody opens it: Slack tells the app each time. */
  async open() {
    this.print = "";
    byId("home-note").textContent = "";
    byId("home-whose").textContent = `as ${person(this.state.me).name} sees it`;
    const { me } = this.state;
    await this.app.attempt(() => play.home(me), (text) => this.say(text));
  }

  /** Show the view that is published now, or that there is none yet. */
  show(view) {
    byId("home").hidden = !this.state.atHome;
    if (!this.state.atHome) return;
    const print = `${this.state.me} ${view?.hash ?? ""}`;
    if (print === this.print) return;
    const isNews = this.print !== "" && view !== null;
    this.print = print;
    this.view = view;
    this.draw(view);
    if (isNews) announce(`Home: ${plainOf(view.blocks[0]?.text?.text ?? "", names)}`);
  }

  draw(view) {
    const focused = this.blocks.contains(document.activeElement) ? document.activeElement.dataset : null;
    byId("home").dataset.viewId = view?.id ?? "";
    const nothing = make("p", { class: "quiet" }, "purgebot is asked to draw this…");
    const use = (...what) => this.click(...what);
    this.blocks.replaceChildren(...(view ? drawBlocks(view.blocks, names, use) : [nothing]));
    if (!focused?.actionId) return;
    const buttons = [...this.blocks.querySelectorAll("[data-action-id]")];
    const same = (one) => one.dataset.actionId === focused.actionId && one.dataset.blockId === focused.blockId;
    (buttons.find(same) ?? this.blocks).focus();
  }

  async click(element, block_id, value) {
    const { id } = this.view;
    const { me } = this.state;
    if (element.confirm && !(await asked(element.confirm))) return;
    const button = document.activeElement;
    button?.classList.add("busy");
    this.say("");
    const use = { user: me, view_id: id, ...useOf(element, block_id, value) };
    await this.app.attempt(() => play.click(use), (text) => this.say(text));
    button?.classList.remove("busy");
  }

  say(text) {
    byId("home-note").textContent = text;
  }
}
