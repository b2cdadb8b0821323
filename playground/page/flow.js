// What the world's answer means: pure functions of it, in the words that the page shows.

export const CITIES = { fra: "Frankfurt", iad: "Ashburn", sin: "Singapore" };
export const PAGES = ["/", "/pricing"];
/** The pages of a site that are shown: the usual ones, and the one that a scene is about. */
export const pagesOf = (site) => (site.scene && !PAGES.includes(site.scene) ? [...PAGES, site.scene] : PAGES);

const TITLES = {
  cf: "Cloudflare",
  cloudflare: "Cloudflare",
  shield: "Varnish",
  varnish: "Varnish",
  app: "Redis",
  redis: "Redis",
  cloudfront: "CloudFront",
  aws: "CloudFront",
  fastly: "Fastly",
  akamai: "Akamai",
  slack: "Slack",
};
const INNER = { app: ["App", "Redis"], shield: ["Shield", "Varnish"], pop: ["Shield POP", "Fastly"] };

/** An account or a provider, as people call it. */
export const title = (account) => TITLES[account] ?? account;

/** What a box between edges and origin is called: [its part, whose software it is]; an unknown one by its place alone. */
export const innerTitle = (place) => INNER[place] ?? [place];

/** The caches between edges and origin by place, the nearest to the edges first. */
export const inner = (site) =>
  Object.fromEntries(Object.entries(site.inner ?? (site.shield ? { shield: site.shield } : {})).reverse());

/** Every cache of a site by place: {fra: {"/": "v1"}, …, shield: {…}}. */
export const places = (site) => ({ ...site.edges, ...inner(site) });

/** The host that visitors of a site ask. */
export const hostOf = (site) => new URL(site.url).hostname;

/** The name of the site where `test` is true of it, or undefined. */
export const siteWhere = (world, test) => Object.entries(world?.sites ?? {}).find(([, site]) => test(site))?.[0];

/** A site and its provider in words. */
export const siteTitle = (name, site) => `${name} · ${title(site.provider)}`;

/** Since when (epoch seconds) `place` holds `path`; undefined where the world does not say. */
export const since = (site, place, path) => site.since?.[place]?.[path];

/** Whether the copy was softly purged: kept, but asked about at the next visit. */
export const isSoft = (site, place, path) => Boolean(site.soft?.[place]?.includes(path));

/** "empty", "unnamed" (kept, and names no version), "old" or "same", seen from the origin. */
export function standing(site, place, path) {
  const held = places(site)[place]?.[path];
  if (held === undefined) return "empty";
  if (!held) return "unnamed";
  return held === (site.origin[path] ?? held) ? "same" : "old";
}

/** The edges that still hold an old copy of one of the pages, as [city, path]. */
export const oldAtEdges = (site, pages = PAGES) =>
  Object.keys(site.edges).flatMap((city) =>
    pages.filter((path) => standing(site, city, path) === "old").map((path) => [city, path]),
  );

/** Every place of one of the pages where something changed between two answers: {place, path, what, version}, `what`
    being "deployed", "purged", "softened" (softly purged), "filled", or "refilled" (purged and filled between two). */
export function changes(before, after) {
  const found = [];
  for (const path of pagesOf(after).filter((one) => pagesOf(before).includes(one))) {
    if (before.origin[path] !== after.origin[path])
      found.push({ place: "origin", path, what: "deployed", version: after.origin[path] });
    for (const place of Object.keys(places(after))) {
      const what = change(before, after, place, path);
      if (what) found.push({ place, path, what, version: places(after)[place][path] ?? "" });
    }
  }
  return found;
}

function change(before, after, place, path) {
  const [was, is] = [places(before)[place]?.[path], places(after)[place]?.[path]];
  if (was !== undefined && is === undefined) return "purged";
  if (was === undefined && is !== undefined) return "filled";
  if (isSoft(after, place, path) && !isSoft(before, place, path)) return "softened";
  const isNewer = since(before, place, path) !== since(after, place, path);
  return is !== undefined && (was !== is || isNewer) ? "refilled" : "";
}

/** 0 s, 59 s, 3 min, 2 h. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 120) return `${whole} s`;
  return whole < 7200 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 3600)} h`;
}

/** 1.4 s, 12 s, 3 min. */
export const shortly = (seconds) => {
  if (seconds >= 120) return duration(seconds);
  return `${seconds < 10 ? seconds.toFixed(1) : Math.ceil(seconds)} s`;
};

/** What one full call takes from a bucket of an account: 30 URLs at Cloudflare, else one. */
const FULL_CALL = { "cf urls": 30 };

/** The bucket `name` of `account` as it is `elapsed` seconds after the world told of it: {tokens, share (0 to 1),
    isEmpty: it has no full call left, words}. */
export function budgetNow(name, bucket, elapsed, account = "cf") {
  const tokens = Math.min(bucket.size, bucket.tokens + bucket.per_s * Math.max(0, elapsed));
  const call = Math.min(FULL_CALL[`${account} ${name}`] ?? 1, bucket.size);
  const share = bucket.size ? tokens / bucket.size : 0;
  return { tokens, share, isEmpty: tokens < call || !bucket.size, words: budgetWords(bucket, tokens, call) };
}

function budgetWords(bucket, tokens, call) {
  const left = `${Math.floor(tokens).toLocaleString("en")} of ${bucket.size.toLocaleString("en")}`;
  if (!(bucket.per_s > 0)) return tokens < call ? `${left} · next call once another is done` : left;
  if (tokens < call) return `${left} · next call${call > 1 ? ` of ${call}` : ""} in ${shortly((call - tokens) / bucket.per_s)}`;
  const full = (bucket.size - tokens) / bucket.per_s;
  return full >= 0.1 ? `${left} · full in ${shortly(full)}` : `${left} · refills ${rate(bucket.per_s)}`;
}

const RATES = [[1, "a second"], [60, "a minute"], [3600, "an hour"]];

/** By the second, or by the longer time in which there is at least one. */
function rate(per_s) {
  const [seconds, unit] = RATES.find(([seconds]) => per_s * seconds >= 1) ?? RATES.at(-1);
  return `${Number((per_s * seconds).toFixed(1)).toLocaleString("en")} ${unit}`;
}

const CALM = 186; // the accent's hue
const WARM = [36, 14, 50, 25]; // of neighbours apart

/** A hue for a copy: calm for what the origin has, warm for what is old, each old version with its own. */
export function hue(version, isOld) {
  if (!isOld) return CALM;
  const number = /\d+/.exec(version);
  const seed = number ? Number(number[0]) : [...version].reduce((sum, char) => sum * 31 + char.codePointAt(0), 7);
  return WARM[seed % WARM.length];
}

/** What the edge's cache says it did, in its provider's own word: HIT, Hit, TCP_HIT; "" where no header tells. Of a list
    in X-Cache the last is the edge. */
export function cacheWord(headers) {
  const said = headers["cf-cache-status"] ?? headers["x-cache"]?.split(",").at(-1) ?? "";
  return said.trim().split(" ")[0];
}

/** Whether that word means that the edge answered from its cache, without asking further in. */
export const isHit = (word) => /^(tcp_)?(mem_)?hit$/i.test(word);

/** What one visit showed, in a sentence. `site` is the world as last seen. */
export function visitWords(city, path, answer, site) {
  const cache = cacheWord(answer.headers) || "no cache said";
  const age = answer.headers.age === undefined ? "" : `, ${duration(Number(answer.headers.age))} old`;
  const origin = site?.origin[path];
  const isOld = origin && answer.version && answer.version !== origin;
  const what = answer.version ? `${answer.version}, ${cache}${age}` : `status ${answer.status}, ${cache}`;
  return `${CITIES[city] ?? city} answers ${path} with ${what}.${isOld ? ` Old: the origin has ${origin}.` : ""}`;
}
