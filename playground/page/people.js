// Who lives in the pretend workspace, as surface.md promises them.

export const PEOPLE = {
  U_MIA: { name: "Mia", role: "editor" },
  U_LEA: { name: "Lea", role: "SRE, approver" },
  U_SAM: { name: "Sam", role: "SRE, approver" },
  U_KIM: { name: "Kim", role: "SRE, approver" },
  U_GUEST: { name: "Guest", role: "may do nothing" },
};
export const APP = "U_PURGEBOT";
export const CHANNELS = {
  C_SHOP: { name: "shop", topic: "Deploys and purges of www.shop.test" },
  C_APPROVE: { name: "approvals", topic: "Purges that need a second pair of eyes" },
};

/** Add the channels of the sites that the world tells of; the one for approvals stays the last. */
export function learn(sites) {
  const { C_APPROVE } = CHANNELS;
  delete CHANNELS.C_APPROVE;
  for (const [name, site] of Object.entries(sites))
    if (site.channel) CHANNELS[site.channel] ??= { name, topic: `Deploys and purges of ${new URL(site.url).hostname}` };
  CHANNELS.C_APPROVE = C_APPROVE;
}

/** The id of a person's own conversation with the bot. */
export const direct = (user) => user.replace(/^U_/, "D_");

const isDirect = (id) => id.startsWith("D_");

/** Where a person can be: their own conversation with the bot first, then every channel. */
export const placesOf = (user) => [direct(user), ...Object.keys(CHANNELS)];

/** What a channel or conversation is called, and what it is for. */
export function place(id) {
  const topic = "Only the two of you: files that you asked for, and what the bot tells you alone";
  const { name, topic: about } = isDirect(id) ? { name: "purgebot", topic } : CHANNELS[id];
  return { name, topic: about, isDirect: isDirect(id), title: `${isDirect(id) ? "" : "#"}${name}` };
}

const OTHERS = { [APP]: { name: "purgebot", role: "app" }, USLACKBOT: { name: "Slackbot", role: "app" } };
const GROUPS = { S_SRE: "sre", S_EDITORS: "editors" };

/** The person of that id, or what can be said of a stranger. */
export const person = (id) => PEOPLE[id] ?? OTHERS[id] ?? { name: id, role: "" };

/** Names behind ids, for text that holds them. */
export const names = {
  user: (id) => PEOPLE[id]?.name ?? OTHERS[id]?.name,
  channel: (id) => CHANNELS[id]?.name,
  group: (id) => GROUPS[id],
};
