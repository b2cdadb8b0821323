// The list of places beside the chat: the app's Home, the conversation with it, and the channels.

import { byId, make, setText } from "./dom.js";
import { APP, place, placesOf } from "./people.js";

/** Draws the places of `state.me`, and counts what was not read there; `app` is told where people go. */
export class Channels {
  constructor(state, app) {
    this.state = state;
    this.app = app;
    this.read = {};
    this.list = byId("channels");
  }

  /** A button for each place that is known by now. */
  draw() {
    this.list.replaceChildren(this.drawHome(), ...placesOf(this.state.me).map((id) => this.drawPlace(id)));
  }

  /** On a phone the list is longer than the screen: bring the open place into it. */
  pointOut() {
    const here = this.state.atHome ? "[data-home]" : `[data-channel="${this.state.channel}"]`;
    this.list.querySelector(here)?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  drawPlace(id) {
    const { name, isDirect } = place(id);
    const mark = isDirect ? appFace() : make("span", { class: "hash", "aria-hidden": "true" }, "#");
    const about = { type: "button", class: "channel", "data-channel": id, on: { click: () => this.app.open(id) } };
    const words = [make("span", { class: "name" }, name), make("span", { class: "unread", "data-unread": id })];
    return make("li", isDirect ? { class: "app last" } : {}, make("button", about, mark, ...words));
  }

  drawHome() {
    const house = make("span", { class: "house", "aria-hidden": "true" });
    const open = { click: () => this.app.goHome() };
    const about = { type: "button", class: "channel", "data-home": true, "aria-label": "purgebot Home", on: open };
    return make("li", { class: "app" }, make("button", about, house, make("span", { class: "name" }, "Home")));
  }

  show() {
    const { atHome, channel, me, messages } = this.state;
    byId("channel").hidden = atHome;
    this.list.querySelector("[data-home]").toggleAttribute("aria-current", atHome);
    for (const id of placesOf(me)) {
      const button = this.list.querySelector(`[data-channel="${id}"]`);
      const isHere = id === channel && !atHome;
      button.toggleAttribute("aria-current", isHere);
      if (isHere && this.app.isChatSeen()) this.read[`${me} ${id}`] = messages[id].at(-1)?.ts ?? "";
      this.showUnread(button, id, messages[id].filter((message) => message.user !== me && message.ts > this.lastRead(id)));
    }
    const { title, topic, isDirect } = place(channel);
    byId("invite").hidden = isDirect;
    setText(byId("channel-name"), title.replace("#", "# "));
    setText(byId("channel-topic"), topic);
  }

  showUnread(button, id, fresh) {
    const n = fresh.filter((message) => !message.thread_ts || message.thread_ts === message.ts).length;
    button.classList.toggle("has-unread", n > 0);
    setText(button.querySelector(".unread"), n ? String(n) : "");
    button.setAttribute("aria-label", `${place(id).title}${n ? `, ${n} unread` : ""}`);
  }

  lastRead(id) {
    return this.read[`${this.state.me} ${id}`] ?? "";
  }
}

const appFace = () => make("span", { class: "avatar small", "data-avatar": APP, "aria-hidden": "true" }, "p");
