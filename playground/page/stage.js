// The guide while a scene is set: what the reader did after it, read from the messages.

import { bodyOf, jobsIn, toldVotes } from "./guide.js";

export const SCENE_STEPS = ["Set the scene", "Ask why", "Take the next step", "See the proof"];

const ALL_DONE = SCENE_STEPS.length;
const RUNNING = "🔵";
const WAITING = "🟡";
const PROVEN = "🟢";
const BACK = "Set another scene, or reset the world for the tour.";

/** The site on which a scene is set, or undefined. */
export const staged = (world) => Object.keys(world?.sites ?? {}).find((name) => world.sites[name].stage);

/** As `guide` says, of the scene on `site`, to `me`: {step, text, target, suggestions, job, card}. */
export function sceneGuide(site, messages, me) {
  const { stage } = site;
  const job = jobsIn(messages, site.channel).findLast((one) => one.at > stage.at && !isOfScene(one, messages[site.channel]));
  if (job?.mark === WAITING && !job.holder) return { ...toldVotes(job, messages, me), step: 3 };
  if (job) return toldJob(job, stage);
  const answer = (messages[site.channel] ?? []).findLast((one) => Number(one.ts) > stage.at && isAnswer(one));
  const lines = [stage.line, stage.line.replace(" why ", " check ")];
  if (!answer) return told(1, "box", `Scene “${stage.title}”: send the line in the box. It finds the cause.`, lines, "", "");
  const text = "The answer names one cause, what shows it, and one next step. Take that, or set another scene.";
  return told(2, "card", text, lines, "", answer.ts);
}

const told = (step, target, text, suggestions, job, card) => ({ step, target, text, suggestions, job, card });

/** What the scene itself purges, it asks for as the token `play`. */
const isOfScene = (job, messages) => /asked by token `play`/.test(bodyOf(messages.find((one) => one.ts === job.ts)));

const isAnswer = (message) => message.ephemeral && /^How sure: /m.test(bodyOf(message));

function toldJob(job, stage) {
  const lines = [stage.line, `/purge status ${job.name}`, `/purge show ${job.name}`];
  const on = (step, text) => told(step, "card", text, lines, job.name, job.ts);
  switch (job.mark) {
    case RUNNING:
      return on(3, `${job.name} goes from the origin outwards; then every edge is looked at.`);
    case WAITING:
      return on(3, `${job.name} waits for a person. Its card says what for.`);
    case PROVEN:
      return told(ALL_DONE, "faults", `Proven: ${job.name}. ${BACK}`, lines, "", "");
    default:
      return on(3, `${job.name} is not proven. Its card says why; ask why again.`);
  }
}
