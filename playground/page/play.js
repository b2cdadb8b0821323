// The playground's own calls, on the same origin and nowhere else.

/** The playground did not answer: nothing is known of what was asked. */
export class Away extends Error {}

/** It answered that this cannot be done, and what to send instead. */
export class Refused extends Error {}

const PATIENCE = 12_000; // milliseconds; a command is acknowledged within 3 s, a visit takes less

async function call(path, init) {
  let response;
  let text;
  try {
    response = await fetch(`/_play/${path}`, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE), ...init });
    text = await response.text();
  } catch {
    throw new Away(path);
  }
  let doc = null;
  try {
    doc = JSON.parse(text);
  } catch {
    throw new Away(path); // something else answers on this port, or the playground is going down
  }
  if (!response.ok) throw new Refused(doc?.error ?? `The playground answered ${response.status} to ${path}.`);
  return doc;
}

function base64(file) {
  return new Promise((done, broken) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => broken(new Refused(`${file.name} cannot be read. Choose it again.`));
    reader.readAsDataURL(file);
  });
}

const get = (path, params = {}) => call(`${path}${query(params)}`);
const post = (path, body = {}, patience = PATIENCE) =>
  call(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patience),
  });

function query(params) {
  const text = new URLSearchParams(params).toString();
  return text ? `?${text}` : "";
}

export const world = () => get("world");
export const messages = (channel, user) => get("messages", { channel, user });
export const views = (user) => get("views", { user });
export const visit = (site, edge, path) => get("visit", { site, edge, path });
export const deploy = (site) => post("origin", { site });
export const deployAndTell = (site) => post("deploy", { site });
export const command = (user, channel, text) => post("command", { user, channel, text });
export const mention = (user, channel, text, thread) =>
  post("mention", { user, channel, text, ...(thread ? { thread_ts: thread } : {}) });
export const home = (user) => post("home", { user });
export const invite = (user, channel) => post("invite", { user, channel });
export const click = (body) => post("click", body);
export const say = (user, channel, text, thread) =>
  post("say", { user, channel, text, ...(thread ? { thread_ts: thread } : {}) });
export const shortcut = (user, callback_id, place = {}) => post("shortcut", { user, callback_id, ...place });
export const upload = async (user, file, place = {}) => {
  const content = await base64(file);
  return post("upload", { user, name: file.name, content, is_base64: true, ...place }, 60_000);
};
export const submit = (user, view_id, values) => post("submit", { user, view_id, values });
export const fault = (account, kind, times) => post("fault", { account, kind, ...(times === null ? {} : { times }) });
export const scenes = () => get("scenes");
export const scene = (name) => post("scene", { name }, 60_000);
export const reset = () => post("reset", {}, 60_000);
