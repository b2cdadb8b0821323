// The boxes to type in: one for the channel, one for the open thread.

import { byId, make, setText } from "./dom.js";
import { place } from "./people.js";
import * as play from "./play.js";

const COMMAND = "/purge";
const NAME = "@purgebot";
export const INVITE = `/invite ${NAME}`;
const LINK = /https?:\/\//; // a message with a link is worth saying: its own menu purges it

/** One box. `thread()` is the thread it writes to, "" for the channel. */
export class Composer {
  constructor(prefix, state, app, thread) {
    this.state = state;
    this.app = app;
    this.thread = thread;
    this.typed = [];
    this.shown = "";
    [this.box, this.note, this.chips] = ["box", "note", "suggestions"].map((name) => byId(`${prefix}${name}`));
    byId(`${prefix}composer`).addEventListener("submit", (event) => (event.preventDefault(), this.send()));
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("input", () => this.fit());
  }

  /** Lines to click under the box; a click puts one into it. */
  suggest(lines) {
    if (this.shown === lines.join("\n")) return;
    this.shown = lines.join("\n");
    const chip = (line) =>
      make("button", { type: "button", class: "suggestion", "data-suggestion": line, on: { click: () => this.take(line) } }, line);
    this.chips.replaceChildren(...lines.map((line) => make("li", {}, chip(line))));
  }

  take(line) {
    this.box.value = line;
    this.fit();
    this.box.focus();
    this.box.setSelectionRange(line.length, line.length);
  }

  fit() {
    this.box.style.setProperty("height", "auto");
    this.box.style.setProperty("height", `${this.box.scrollHeight + 2}px`);
    this.say("");
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && !this.box.value && this.typed.length) {
      event.preventDefault();
      this.take(this.typed.at(-1));
    }
  }

  async send() {
    const line = this.box.value.trim();
    if (!line || this.box.readOnly) return;
    const wrong = problem(line, this.thread(), place(this.state.channel).isDirect);
    if (wrong) return this.say(wrong);
    this.typed.push(line);
    this.box.readOnly = true;
    const isTaken = await this.app.attempt(() => this.post(line), (text) => this.say(text));
    this.box.readOnly = false;
    if (!isTaken) return;
    this.box.value = "";
    this.fit();
  }

  post(line) {
    const { me, channel } = this.state;
    if (line === INVITE) return play.invite(me, channel);
    if (line.startsWith(COMMAND)) return play.command(me, channel, line);
    if (!line.includes(NAME)) return play.say(me, channel, line, this.thread());
    return play.mention(me, channel, line, this.thread());
  }

  say(text) {
    setText(this.note, text);
  }
}

/** The buttons beside the channel's box: the global shortcut, and a list to upload; and the bot's invitation to it. */
export function besides(state, app, say) {
  byId("invite").addEventListener("click", () => app.attempt(() => play.invite(state.me, state.channel), say));
  const file = byId("upload-file");
  byId("shortcut").addEventListener("click", () => app.attempt(() => play.shortcut(state.me, "purge_form"), say));
  byId("upload").addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (chosen) await app.attempt(() => play.upload(state.me, chosen, { channel: state.channel }), say);
    file.value = "";
  });
}

/** Why a line would reach nobody, and what to type instead; "" if purgebot gets it. */
export function problem(line, thread, isDirect = false) {
  const isCommand = /^\/purge(\s|$)/.test(line);
  if (line === INVITE && thread) return `Slack has no commands in threads. Write ${INVITE} in the channel.`;
  if (line === INVITE && isDirect) return "Here are only the two of you. Invite purgebot to a channel.";
  if (line === INVITE) return "";
  if (isCommand && thread) return `Slack has no commands in threads. Write instead: ${line.replace(COMMAND, NAME)}`;
  if (isCommand || line.includes(NAME) || LINK.test(line)) return "";
  if (line.startsWith("/")) return `${line.split(/\s/)[0]} is no command here. The one there is: ${COMMAND} help`;
  const before = thread ? NAME : COMMAND;
  return `Nobody else is here to read that. Begin with ${before}${thread ? "" : ` or ${NAME}`}, for example: ${before} help`;
}
