// The scenes in the drawer of faults: each sets the world up, and gives the line that finds out why a page is still old.

import { announce, byId, make, setText } from "./dom.js";
import * as play from "./play.js";

/** Draws the scenes once they are asked for, and sets one up at a click. `take` puts a line into the channel's box. */
export class Scenes {
  constructor(app, take) {
    this.app = app;
    this.take = take;
    this.isDrawn = false;
    byId("scenes-open").addEventListener("toggle", () => byId("scenes-open").open && this.draw());
  }

  async draw() {
    if (this.isDrawn) return;
    const isTaken = await this.app.attempt(async () => {
      const { scenes } = await play.scenes();
      byId("scenes").replaceChildren(...scenes.map((scene) => this.drawScene(scene)));
    }, (text) => this.say(text));
    this.isDrawn = isTaken;
  }

  drawScene(scene) {
    const button = make("button", { type: "button", class: "button", "data-scene": scene.name, on: { click: () => this.set(scene) } }, "Set up");
    button.setAttribute("aria-label", `Set up: ${scene.title}`);
    const words = make("span", {}, make("b", {}, scene.title), make("small", {}, `Finds: ${scene.sees}`), make("code", {}, scene.line));
    return make("li", { class: "scene" }, words, button);
  }

  say(text) {
    setText(byId("scenes-said"), text);
  }

  async set(scene) {
    this.say(`Setting up “${scene.title}”…`);
    this.busy(true);
    let told = null;
    const isTaken = await this.app.attempt(async () => (told = await play.scene(scene.name)), (text) => this.say(text));
    this.busy(false);
    if (!isTaken) return;
    this.say("");
    byId("faults").close();
    await this.app.open(told.channel);
    this.take(told.line);
    announce(`The scene is set. Send the line in the box: ${told.line}`);
  }

  busy(isBusy) {
    for (const button of byId("scenes").querySelectorAll("button")) button.disabled = isBusy;
  }
}
