// Forms that the bot opens, and the question that Slack's clients ask before a dangerous click counts.

import { drawBlocks, useOf } from "./blocks.js";
import { announce, byId } from "./dom.js";
import { restore, valueOf } from "./fields.js";
import { plain, textOf } from "./mrkdwn.js";
import { names } from "./people.js";
import * as play from "./play.js";

/** Ask before a click counts; true if the answer is yes. `confirm` is Slack's confirmation object. */
export function asked(confirm) {
  const dialog = byId("confirm");
  byId("confirm-title").textContent = plain(confirm.title);
  byId("confirm-text").replaceChildren(textOf(confirm.text, names));
  const [no, yes] = [byId("confirm-no"), byId("confirm-yes")];
  no.textContent = plain(confirm.deny);
  yes.textContent = plain(confirm.confirm);
  yes.className = `button ${confirm.style === "danger" ? "danger" : "primary"}`;
  dialog.returnValue = "";
  yes.onclick = () => dialog.close("yes");
  no.onclick = () => dialog.close("no");
  dialog.showModal();
  no.focus();
  return new Promise((answer) =>
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true }),
  );
}

/** The form on top of a person's stack. `closed` names those that were closed here: the playground has no call for it,
    as a Slack that was not asked to notify. */
export class Forms {
  constructor(state, app) {
    this.state = state;
    this.app = app;
    this.closed = new Set();
    this.view = null;
    this.dialog = byId("form");
    byId("form-body").addEventListener("submit", (event) => this.send(event));
    byId("form-close").addEventListener("click", () => this.dialog.close());
    byId("form-x").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.dismiss());
  }

  /** Show what is open now; what was typed into the same form stays. */
  show(open) {
    const view = open.findLast((one) => !this.closed.has(one.id)) ?? null;
    if (!view) return this.leave();
    if (view.id !== this.view?.id || view.hash !== this.view.hash) this.draw(view);
    this.complain(view.errors ?? {});
    if (!this.dialog.open) this.open();
  }

  leave() {
    this.view = null;
    if (this.dialog.open) this.dialog.close();
  }

  dismiss() {
    if (this.view) this.closed.add(this.view.id);
    this.view = null;
  }

  open() {
    this.dialog.showModal();
    announce(`A form is open: ${plain(this.view.title)}`);
    (byId("form-blocks").querySelector("[data-input] :is(input, select, textarea)") ?? byId("form-close")).focus();
  }

  draw(view) {
    const isSame = this.view?.id === view.id;
    const typed = isSame ? this.held() : [];
    const chosen = isSame ? this.controls().filter((control) => control.type === "file") : [];
    this.view = view;
    byId("form-title").textContent = plain(view.title);
    byId("form-close").textContent = view.close ? plain(view.close) : "Cancel";
    const send = byId("form-send");
    send.hidden = !view.submit;
    send.textContent = view.submit ? plain(view.submit) : "";
    this.dialog.dataset.viewId = view.id;
    byId("form-blocks").replaceChildren(...drawBlocks(view.blocks, names, (...use) => this.click(...use)));
    for (const [block, action, value] of typed) this.put(block, action, value);
    for (const old of chosen) this.find(old.dataset.blockId, old.dataset.actionId)?.replaceWith(old); // with its file
  }

  put(block, action, value) {
    const control = this.find(block, action);
    if (control) restore(control, value);
  }

  find(block, action) {
    return this.controls().find((one) => one.dataset.blockId === block && one.dataset.actionId === action);
  }

  controls() {
    return [...byId("form-blocks").querySelectorAll("[data-input] [data-action-id]")];
  }

  held() {
    return this.controls().map((control) => [control.dataset.blockId, control.dataset.actionId, valueOf(control)]);
  }

  complain(errors) {
    for (const row of byId("form-blocks").querySelectorAll("[data-input]")) {
      const wrong = errors[row.dataset.input] ?? "";
      const line = row.querySelector(".wrong");
      if (line.textContent !== wrong) line.textContent = wrong;
      const control = row.querySelector("[data-action-id]");
      if (wrong) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
  }

  async send(event) {
    event.preventDefault();
    await this.busy(async () => {
      const values = {};
      for (const [block, action, value] of this.held()) (values[block] ??= {})[action] = await this.sent(value);
      const answer = await play.submit(this.state.me, this.view.id, values);
      if (answer.ack?.response_action === "errors") this.refuse(answer.ack.errors);
      else if (answer.error || answer.status !== 200) this.say(`The form was not taken: ${answer.error ?? answer.status}`);
    });
  }

  /** What a field sends: of files their ids, once they are uploaded. */
  async sent(value) {
    if (!(value[0] instanceof File)) return value;
    const ids = [];
    for (const file of value) ids.push((await play.upload(this.state.me, file)).file.id);
    return ids;
  }

  refuse(errors) {
    this.complain(errors);
    const first = Object.keys(errors)[0];
    this.controls().find((control) => control.dataset.blockId === first)?.focus();
    announce(Object.values(errors).join(" "));
  }

  async click(element, block_id, value) {
    if (element.confirm && !(await asked(element.confirm))) return;
    const values = {};
    for (const [block, action, value] of this.held())
      if (!(value[0] instanceof File)) (values[block] ??= {})[action] = value;
    const place = { user: this.state.me, view_id: this.view.id, values };
    await this.busy(() => play.click({ ...place, ...useOf(element, block_id, value) }));
  }

  async busy(deed) {
    const send = byId("form-send");
    send.disabled = true;
    this.say("");
    await this.app.attempt(deed, (text) => this.say(text));
    send.disabled = false;
  }

  say(text) {
    byId("form-note").textContent = text;
  }
}
