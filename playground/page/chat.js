// The chat: channels, messages, threads, and the box to type in, as Slack people expect them.

import { drawBlocks, useOf } from "./blocks.js";
import { Channels } from "./channels.js";
import { announce, byId, make, setText } from "./dom.js";
import { drawShared, drawUploaded, sharedIn } from "./files.js";
import { hostOf, siteWhere } from "./flow.js";
import { asked } from "./forms.js";
import { mrkdwn, plainOf } from "./mrkdwn.js";
import { APP, names, person, place, placesOf } from "./people.js";
import * as play from "./play.js";

const NEAR = 80; // pixels from the end of a list that still count as its end

/** Draws what `state` holds: {me, channel, thread, messages: {channel: […]}}; `app` is told of what people do. */
export class Chat {
  constructor(state, app) {
    this.state = state;
    this.app = app;
    this.hidden = new Set();
    this.said = new Map();
    this.lists = { messages: byId("messages"), replies: byId("replies") };
    this.left = new WeakSet();
    for (const list of Object.values(this.lists)) this.keepEnd(list);
    this.channels = new Channels(state, app);
    this.channels.draw();
    byId("chat").addEventListener("click", (event) => this.follow(event));
    byId("thread-close").addEventListener("click", () => this.closeThread());
    byId("thread").addEventListener("keydown", (event) => event.key === "Escape" && this.closeThread());
  }

  /** Everything anew: for another person or channel. */
  forget() {
    for (const list of Object.values(this.lists)) {
      list.replaceChildren();
      this.left.delete(list);
    }
    this.said.clear();
  }

  /** A list that shows its end goes on showing it, however it grows or shrinks; one that was scrolled up stays. */
  keepEnd(list) {
    list.addEventListener("scroll", () => {
      const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
      if (isAtEnd) this.left.delete(list);
      else this.left.add(list);
    });
    new ResizeObserver(() => this.toEnd(list)).observe(list);
  }

  toEnd(list) {
    if (!this.left.has(list)) list.scrollTop = list.scrollHeight;
  }

  /** Bring what is shown up to what is known. */
  show() {
    const { channel, thread, messages } = this.state;
    const all = messages[channel].filter((message) => !this.hidden.has(message.ts));
    const replies = Map.groupBy(all.filter(isReply), (message) => message.thread_ts);
    this.tell(all);
    this.fill(this.lists.messages, all.filter((message) => !isReply(message)), (one) => replies.get(one.ts) ?? []);
    byId("quiet").hidden = this.lists.messages.childElementCount > 0;
    if (thread) this.showThread(all);
    this.channels.show();
  }

  showThread(all) {
    const { thread } = this.state;
    const shown = all.filter((message) => message.ts === thread || message.thread_ts === thread);
    if (shown.length) this.fill(this.lists.replies, shown, () => null);
    else this.closeThread();
  }

  /** Lines that came or changed since the last look are said to those who do not see them. */
  tell(all) {
    const isFirst = this.said.size === 0;
    const news = all.filter((message) => this.said.get(message.ts) !== message.text && message.user !== this.state.me);
    for (const message of all) this.said.set(message.ts, message.text);
    if (this.said.size === 0) this.said.set("", "");
    if (isFirst || !news.length) return;
    const last = news.findLast((message) => !isReply(message)) ?? news.at(-1);
    announce(`${person(last.user).name}: ${plainOf(last.text, names)}`);
  }

  fill(list, messages, repliesOf) {
    const known = new Map([...list.children].map((node) => [node.dataset.ts, node]));
    messages.forEach((message, index) => {
      const print = JSON.stringify([message, repliesOf(message)?.length]);
      const old = known.get(message.ts);
      known.delete(message.ts);
      const node = old?.print === print ? old : this.redraw(old, message, repliesOf(message), print);
      if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
    });
    for (const gone of known.values()) gone.remove();
    this.toEnd(list);
  }

  redraw(old, message, replies, print) {
    const focused = old?.contains(document.activeElement) ? document.activeElement.dataset.actionId : undefined;
    const node = this.drawMessage(message, replies);
    node.print = print;
    if (!old) return node;
    old.replaceWith(node);
    if (focused !== undefined) (node.querySelector(`[data-action-id="${CSS.escape(focused)}"]`) ?? node).focus();
    return node;
  }

  drawMessage(message, replies) {
    const who = person(message.user);
    const at = new Date(Number(message.ts) * 1000);
    const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    return make(
      "li",
      { class: `message${message.ephemeral ? " private" : ""}`, "data-ts": message.ts, "data-from": message.user, tabindex: "-1" },
      avatar(message.user),
      make(
        "div",
        { class: "said" },
        message.ephemeral && make("p", { class: "only-you" }, eye(), "Only visible to you"),
        make(
          "p",
          { class: "by" },
          make("b", {}, who.name),
          who.role === "app" && make("span", { class: "tag" }, "APP"),
          make("time", { datetime: at.toISOString(), title: at.toString() }, time),
        ),
        ...this.drawContent(message),
        this.drawFoot(message, replies),
      ),
    );
  }

  drawContent(message) {
    const ask = (element, block_id, value) => this.click(message, element, block_id, value);
    const drawn = drawBlocks(message.blocks ?? [], names, ask);
    const edited = message.edited ? make("span", { class: "edited" }, " (edited)") : null;
    const uploaded = (message.files ?? []).map(drawUploaded);
    if (drawn.length) return [...drawn, ...uploaded];
    const { rest, files } = sharedIn(message.text);
    const said = rest || edited ? make("div", { class: "b-text" }, mrkdwn(rest, names), edited) : null;
    return [said, ...files.map(drawShared), ...uploaded];
  }

  drawFoot(message, replies) {
    if (message.ephemeral) {
      const dismiss = () => (this.hidden.add(message.ts), this.show(), byId("box").focus());
      return make("button", { type: "button", class: "quiet-button", "data-dismiss": true, on: { click: dismiss } }, "Dismiss");
    }
    const tools = [this.drawShortcut(message)];
    if (replies === null) return make("div", { class: "tools" }, ...tools);
    const n = replies.length;
    const text = n ? `${n} ${n === 1 ? "reply" : "replies"}` : "Reply in thread";
    const open = { click: () => this.openThread(message.ts) };
    const about = { type: "button", class: n ? "replies" : "quiet-button", "data-open-thread": message.ts, on: open };
    const faces = [...new Set(replies.map((one) => one.user))].map((id) => avatar(id, "small"));
    const thread = make("button", about, ...faces, text);
    if (!n) return make("div", { class: "tools" }, ...tools, thread);
    return make("div", {}, thread, make("div", { class: "tools" }, ...tools));
  }

  /** What Slack keeps in a message's menu; here it stands where there is something to purge. */
  drawShortcut(message) {
    const where = { channel: this.state.channel, ts: message.ts };
    if (!hasLinks(message) && !message.files?.length) return null;
    const run = () => this.app.attempt(() => play.shortcut(this.state.me, "purge_links", where), (text) => setText(byId("note"), text));
    const about = { type: "button", class: "quiet-button", "data-shortcut": "purge_links", on: { click: run } };
    return make("button", about, "Purge the links in this message");
  }

  openThread(ts) {
    this.state.thread = ts;
    this.lists.replies.replaceChildren();
    this.left.delete(this.lists.replies);
    byId("thread").hidden = false;
    setText(byId("thread-where"), place(this.state.channel).title);
    this.show();
    this.app.threadOpened();
    byId("thread-box").focus();
  }

  closeThread() {
    const { thread } = this.state;
    if (!thread) return;
    this.state.thread = "";
    byId("thread").hidden = true;
    byId("messages").querySelector(`[data-open-thread="${CSS.escape(thread)}"]`)?.focus();
  }

  async click(message, element, block_id, value) {
    const { me, channel } = this.state; // who pressed it, whoever one becomes while it is asked whether that is meant
    if (element.confirm && !(await asked(element.confirm))) return;
    const where = { user: me, channel, ts: message.ts };
    const button = document.activeElement;
    button?.classList.add("busy");
    await this.app.attempt(() => play.click({ ...where, ...useOf(element, block_id, value) }));
    button?.classList.remove("busy");
  }

  /** Links to Slack's own messages and to the pretend sites lead nowhere outside. */
  follow(event) {
    const places = placesOf(this.state.me);
    const channel = event.target.closest("[data-open-channel]")?.dataset.openChannel;
    if (places.includes(channel)) return this.app.open(channel);
    const link = event.target.closest("a[href]");
    const archive = /\/archives\/(\w+)\/p(\d+)(\d{6})/.exec(link?.href ?? "");
    if (archive && places.includes(archive[1])) return event.preventDefault(), this.goTo(archive[1], `${archive[2]}.${archive[3]}`);
    const site = link && siteWhere(this.state.world, (one) => hostOf(one) === new URL(link.href).hostname);
    if (!site) return undefined;
    event.preventDefault();
    return this.app.visitLink(site, new URL(link.href));
  }

  async goTo(channel, ts) {
    await this.app.open(channel);
    const node = byId("messages").querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    node?.scrollIntoView({ block: "center" });
    node?.focus();
  }
}

/** Whether a message links to anything but Slack itself: its messages, and the files that the bot shared. */
function hasLinks(message) {
  const links = (message.text + JSON.stringify(message.blocks ?? [])).match(/https?:\/\/[^\s|>"]+/g) ?? [];
  return links.some((link) => !/\.slack\.com\/archives\/|\/slack\/api\/file\//.test(link));
}

const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

function avatar(id, size = "") {
  const initial = id === APP ? "p" : person(id).name.slice(0, 1);
  return make("span", { class: `avatar ${size}`.trim(), "data-avatar": id, "aria-hidden": "true" }, initial);
}

function eye() {
  return make("span", { class: "eye", "aria-hidden": "true" });
}
