// The playground's page. No framework, no build step, no request to anywhere but `/_play` on its own origin.
//
// Hooks for tests and scripts, all promised to stay:
//   body[data-tab]                     "chat" or "world": what a narrow screen shows
//   #me                                the who-am-I menu; its values are user ids
//   [data-channel], [data-unread]      a channel's button, and the count of unread messages in it; D_… is the
//                                      conversation of who is chosen with the bot
//   li[data-ts][data-from]             a message, in #messages or (in the open thread) #replies
//   [data-action-id][data-block-id][data-value]   a button of the bot; in a form, a field
//   [data-file]                        a file that a message brings, by its name
//   [data-open-thread], [data-dismiss] a message's own buttons; [data-shortcut] one of the bot's shortcuts
//   #shortcut, #upload, #upload-file   the global shortcut, and a list to upload into the channel
//   #box, #send, #thread-box           where lines are typed; [data-suggestion] is a line to take
//   dialog#form[data-view-id], [data-input]       the open form, and its input blocks by block id; #form-send
//   [data-home], #home[data-view-id]   the button that opens the app's Home, and the Home while it is open
//   #confirm-yes, #confirm-no          the question before a click counts
//   [data-site]                        a site to show in the world, [data-old] while its edges hold something old
//   [data-place], [data-edge]          a box of the world: fra, iad, sin, inner caches, origin; [data-event] what just happened
//   [data-path][data-version][data-state]         what a box holds: state is same, old or empty
//   [data-visit], #path, #deploy       visit through a city, the page to ask for, a new version
//   [data-account][data-bucket]        a budget; [data-empty] while it has none left
//   [data-account] [data-fault]        a fault's switch; [data-how-long] how long it lasts; #reset
//   #invite                            invites the bot to the channel that is open, as /invite @purgebot in the box does
//   #scene                             the scene that is set on the site that is shown, and what the boxes do not show
//   #scenes-open, [data-scene]         the scenes of why a page is still old, and the button that sets one up
//   [data-step][data-state]            the guide's steps: state is done, now or ahead; #next says what to do

import { Chat } from "./chat.js";
import { Composer, besides } from "./composer.js";
import { announce, byId, make, replay, setText } from "./dom.js";
import { Faults } from "./faults.js";
import { hostOf, siteTitle, siteWhere } from "./flow.js";
import { Forms } from "./forms.js";
import { Home } from "./home.js";
import { GUIDED, STEPS, directSuggestions, guide, siteSuggestions, threadSuggestions } from "./guide.js";
import { CHANNELS, PEOPLE, direct, learn, person, placesOf } from "./people.js";
import * as play from "./play.js";
import { Scenes } from "./scenes.js";
import { SCENE_STEPS, sceneGuide, staged } from "./stage.js";
import { World } from "./world.js";

const EVERY = 500; // milliseconds between two looks
const TICK = 200; // milliseconds between two steps of what counts by itself
const PATIENCE = 8_000; // milliseconds between two looks at most, while nobody answers
const REST = 3; // the channel that is not open is looked at once in so many looks
const WIDE = matchMedia("(min-width: 900px)");

const state = {
  me: "U_MIA",
  channel: "C_SHOP",
  site: GUIDED, // the one that the world shows
  thread: "",
  atHome: false, // the app's Home stands where the channel would
  messages: {}, // by channel or conversation
  world: null,
  deeds: 0, // beginnings and ends of what people did: a look from before one of them is out of date
  seen: { old: false, deployed: 0 },
};

/** Have a list for every place where `state.me` can be. */
function makeRoom() {
  for (const id of placesOf(state.me)) state.messages[id] ??= [];
}

makeRoom();

/** What the parts may ask of the whole. */
const app = {
  isChatSeen: () => !document.hidden && (WIDE.matches || document.body.dataset.tab === "chat"),

  /** Open a channel, and show the site that it is about. */
  async open(channel) {
    show(siteWhere(state.world, (site) => site.channel === channel) ?? state.site);
    enter(channel);
    showTab("chat");
    await looking.now();
  },

  /** Open the app's Home, in the channel's place. */
  async goHome() {
    chat.closeThread();
    state.atHome = true;
    showTab("chat");
    home.show(null);
    await home.open();
  },

  /** Show a site, and open its channel. */
  async choose(name) {
    if (name === state.site) return;
    show(name);
    const site = state.world.sites[name];
    announce(`${siteTitle(name, site)}: ${hostOf(site)} is shown.`);
    if (!CHANNELS[site.channel] || site.channel === state.channel) return;
    enter(site.channel);
    await looking.now();
  },

  /** Do something that people asked for; false, and its reason said, where it did not go. */
  async attempt(deed, say = (text) => setText(byId("visit-said"), text)) {
    state.deeds += 1;
    try {
      await deed();
      return true;
    } catch (problem) {
      if (!(problem instanceof play.Refused || problem instanceof play.Away)) throw problem;
      const words = problem instanceof play.Refused ? problem.message : "The playground does not answer. Try again once it does.";
      say(words);
      announce(words);
      return false;
    } finally {
      state.deeds += 1;
      looking.poke();
    }
  },

  visited(site, path, version) {
    const origin = state.world?.sites[GUIDED]?.origin[path];
    if (site === GUIDED && origin && version && version !== origin) state.seen.old = true;
    showGuide();
  },

  visitLink(site, url) {
    show(site);
    showTab("world");
    world.visit("fra", `${url.pathname}${url.search}`);
  },

  threadOpened: () => showSuggestions(),

  wasReset() {
    state.seen = { old: false, deployed: 0 };
    Object.keys(state.messages).forEach((id) => (state.messages[id] = []));
    forms.closed.clear();
    chat.hidden.clear();
    chat.channels.read = {};
    chat.closeThread();
    chat.forget();
    if (state.atHome) home.open();
  },
};

const chat = new Chat(state, app);
const world = new World(state, app);
const faults = new Faults(state, app);
const forms = new Forms(state, app);
const home = new Home(state, app);
const box = new Composer("", state, app, () => "");
const replyBox = new Composer("thread-", state, app, () => state.thread);
new Scenes(app, (line) => box.take(line));
besides(state, app, (text) => box.say(text));

/** Show another site of the world. */
function show(name) {
  if (name === state.site) return;
  state.site = name;
  remember();
  world.redraw();
  showGuide();
}

/** Go to a channel; the focus stays where it is. */
function enter(channel) {
  const focused = document.activeElement;
  chat.closeThread();
  state.channel = channel;
  state.atHome = false;
  home.show(null);
  remember();
  chat.forget();
  if (state.world) chat.show();
  chat.channels.pointOut();
  showSuggestions();
  focused?.focus();
}

/** Looks at the world and the messages, again and again: not while the page is hidden, seldom while nobody answers. */
const looking = {
  timer: 0,
  running: null,
  again: false,
  wait: EVERY,
  count: 0,

  async now() {
    if (this.running) await this.running;
    return this.look();
  },

  poke() {
    if (this.running) this.again = true;
    else this.look();
  },

  async look() {
    clearTimeout(this.timer);
    this.running = this.once();
    await this.running;
    this.running = null;
    if (document.hidden) return;
    this.timer = setTimeout(() => this.look(), this.again ? 0 : this.wait);
    this.again = false;
  },

  async once() {
    try {
      await ask(this.count++ % REST === 0);
      this.wait = EVERY;
      showAway("");
    } catch (problem) {
      if (!(problem instanceof play.Away || problem instanceof play.Refused)) throw problem;
      this.wait = Math.min(this.wait * 2, PATIENCE);
      showAway(`The playground does not answer. Is “make play” still running? Asking again every ${this.wait / 1000} s.`);
    }
  },
};

/** Before the first messages are asked for: which channels there are, and which site and channel to begin with. */
async function meet() {
  const { sites } = await play.world();
  learn(sites);
  recall(sites);
  makeRoom();
  chat.channels.draw();
  isMet = true;
}

let isMet = false;
let isShown = false;

async function ask(isAll) {
  if (!isMet) await meet();
  const { me, channel, deeds } = state;
  const channels = placesOf(me).filter((id) => isAll || id === channel);
  const [doc, views, ...lists] = await Promise.all([
    play.world(),
    play.views(me),
    ...channels.map((id) => play.messages(id, me)),
  ]);
  if (me !== state.me || channel !== state.channel || deeds !== state.deeds) return;
  channels.forEach((id, index) => (state.messages[id] = lists[index]));
  noticeDeploy(doc);
  world.show(doc);
  faults.show();
  chat.show();
  if (!isShown) chat.channels.pointOut();
  isShown = true;
  forms.show(views.open);
  home.show(views.home);
  showGuide();
}

/** A job from before the newest deploy says nothing about it. */
function noticeDeploy(doc) {
  const [before, after] = [state.world, doc].map((one) => JSON.stringify(one?.sites[GUIDED]?.origin));
  if (!state.world || before === after) return;
  state.seen = { old: false, deployed: state.world.now ?? 0 };
}

let step = null;

/** What to do next: after a scene was set that is about it, else the tour of the guided site. */
function nextStep() {
  const { sites } = state.world;
  const scene = staged(state.world);
  if (scene) return { ...sceneGuide(sites[scene], state.messages, state.me), site: scene, channel: sites[scene].channel, names: SCENE_STEPS };
  return { ...guide(sites[GUIDED], state.messages, state.seen, state.me), site: GUIDED, channel: "C_SHOP", names: STEPS };
}

function drawSteps(names) {
  if (byId("steps").dataset.shown === names.join()) return;
  byId("steps").dataset.shown = names.join();
  byId("steps").replaceChildren(...names.map((name, index) => make("li", { "data-step": index + 1, "data-state": "ahead" }, name)));
}

function showGuide() {
  if (!state.world) return;
  const next = nextStep();
  const isNew = step && (next.step !== step.step || next.names !== step.names);
  step = next;
  drawSteps(next.names);
  for (const node of byId("steps").children) {
    const index = Number(node.dataset.step) - 1;
    node.dataset.state = index < next.step ? "done" : index === next.step ? "now" : "ahead";
    if (index === next.step) node.setAttribute("aria-current", "step");
    else node.removeAttribute("aria-current");
  }
  setText(byId("step-of"), next.step === next.names.length ? "All done" : `${next.step + 1} of ${next.names.length}`);
  setText(byId("next-site"), state.site === next.site ? "" : `About ${next.site}: `);
  setText(byId("next"), next.text);
  if (isNew) announce(next.text);
  byId("show-me").hidden = false;
  setText(byId("show-me"), next.job ? `Show ${next.job}` : "Show me");
  setText(byId("chat-news"), unread());
  setText(byId("world-news"), world.hasOld() ? " · old copies" : "");
  showSuggestions();
}

function unread() {
  const n = [...document.querySelectorAll("[data-unread]")].reduce((sum, node) => sum + Number(node.textContent), 0);
  return n ? ` · ${n} new` : "";
}

function showSuggestions() {
  const name = siteWhere(state.world, (site) => site.channel === state.channel) ?? GUIDED;
  if (state.channel === direct(state.me)) box.suggest(directSuggestions());
  else if (step) box.suggest(name === step.site ? step.suggestions : siteSuggestions(name, state.world.sites[name], state.messages));
  replyBox.suggest(threadSuggestions(state.messages[state.channel].find((message) => message.ts === state.thread)));
}

const LEADS = {
  deploy: () => (showTab("world"), byId("deploy")),
  visit: () => (showTab("world"), document.querySelector("[data-visit]")),
  box: async () => (await app.open(step.channel), byId("box")),
  card: async () => (await app.open(step.channel), cardOf(step.card)),
  approvals: async () => (await app.open("C_APPROVE"), cardOf(step.card)),
  me: () => (showTab("chat"), byId("me")),
  faults: () => (faults.open(), null),
};

const cardOf = (ts) => [...byId("messages").children].find((node) => node.dataset.ts === ts) ?? byId("messages").lastElementChild;

async function showMe() {
  await app.choose(step.site);
  const node = await LEADS[step.target]();
  if (!node) return;
  node.scrollIntoView({ block: "nearest" });
  node.focus();
  replay(node, "pointed");
}

function showAway(text) {
  const line = byId("away");
  if (line.textContent && !text) announce("The playground answers again.");
  line.hidden = !text;
  setText(line, text);
}

function showTab(name) {
  document.body.dataset.tab = name;
  for (const tab of ["chat", "world"]) {
    byId(`tab-${tab}`).setAttribute("aria-selected", String(tab === name));
    byId(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
  }
  if (state.world) chat.show();
  chat.channels.pointOut();
}

function showMyself() {
  for (const option of byId("me").options) {
    const { name, role } = PEOPLE[option.value];
    setText(option, `${name}, ${role}`);
  }
  byId("me").value = state.me;
  byId("me-avatar").dataset.avatar = state.me;
  setText(byId("me-avatar"), person(state.me).name.slice(0, 1));
}

async function become(id) {
  if (state.channel === direct(state.me)) state.channel = direct(id);
  state.me = id;
  makeRoom();
  remember();
  showMyself();
  chat.closeThread();
  chat.channels.draw();
  chat.forget();
  forms.leave();
  announce(`You are ${person(id).name} now: ${person(id).role}.`);
  if (state.atHome) await home.open();
  await looking.now();
}

/** Who and where, for this tab; the site in the address too, so that it can be kept and sent on. */
function remember() {
  sessionStorage.setItem("playground", JSON.stringify([state.me, state.channel, state.site]));
  const address = new URL(location);
  if (state.site === GUIDED) address.searchParams.delete("site");
  else address.searchParams.set("site", state.site);
  history.replaceState(null, "", address);
}

/** A site in the address that is not the one of before is a new choice, and its channel goes with it. */
function recall(sites) {
  const [me, channel, before] = JSON.parse(sessionStorage.getItem("playground") ?? "[]");
  const asked = new URL(location).searchParams.get("site") ?? GUIDED;
  state.site = sites[asked] ? asked : GUIDED;
  if (PEOPLE[me]) state.me = me;
  if (placesOf(state.me).includes(channel)) state.channel = channel;
  if (state.site !== (before ?? GUIDED) && CHANNELS[sites[state.site].channel]) state.channel = sites[state.site].channel;
  showMyself();
}

function tabKey(event) {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  showTab(document.body.dataset.tab === "chat" ? "world" : "chat");
  byId(`tab-${document.body.dataset.tab}`).focus();
}

function begin() {
  byId("me").append(...Object.keys(PEOPLE).map((id) => make("option", { value: id })));
  drawSteps(STEPS);
  byId("me").addEventListener("change", (event) => become(event.target.value));
  byId("show-me").addEventListener("click", showMe);
  document.querySelector(".tabs").addEventListener("keydown", tabKey);
  for (const tab of ["chat", "world"]) byId(`tab-${tab}`).addEventListener("click", () => showTab(tab));
  document.addEventListener("visibilitychange", () => document.hidden || looking.poke());
  showTab("chat");
  showMyself();
  setInterval(() => document.hidden || world.tick(), TICK);
  looking.look();
}

begin();
