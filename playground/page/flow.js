// What the world's answer means: pure functions of it, in the words that the page shows.

export const CITIES = { fra: "Frankfurt", iad: "Ashburn", sin: "Singapore" };
export const PAGES = ["/", "/pricing"];
const TITLES = { cf: "Cloudflare", shield: "Varnish", slack: "Slack" };

/** The provider behind an account, as people call it. */
export const title = (account) => TITLES[account] ?? account;

/** Every cache of a site by place: {fra: {"/": "v1"}, …, shield: {…}}. */
export const places = (site) => ({ ...site.edges, shield: site.shield });

/** Since when (epoch seconds) `place` holds `path`; undefined where the world does not say. */
export const since = (site, place, path) => site.since?.[place]?.[path];

/** Whether the copy was softly purged: kept, but asked about at the next visit. */
export const isSoft = (site, place, path) => Boolean(site.soft?.[place]?.includes(path));

/** "empty", "old" or "same", seen from the origin. */
export function standing(site, place, path) {
  const held = places(site)[place]?.[path];
  if (!held) return "empty";
  return held === (site.origin[path] ?? held) ? "same" : "old";
}

/** The edges that still hold an old copy of one of the pages, as [city, path]. */
export const oldAtEdges = (site) =>
  Object.keys(site.edges).flatMap((city) =>
    PAGES.filter((path) => standing(site, city, path) === "old").map((path) => [city, path]),
  );

/** Every place of one of the pages where something changed between two answers: {place, path, what, version}, `what`
    being "deployed", "purged", "softened" (softly purged), "filled", or "refilled" (purged and filled between two). */
export function changes(before, after) {
  const found = [];
  for (const path of PAGES) {
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
  if (was && !is) return "purged";
  if (!was && is) return "filled";
  if (isSoft(after, place, path) && !isSoft(before, place, path)) return "softened";
  const isNewer = since(before, place, path) !== since(after, place, path);
  return is && (was !== is || isNewer) ? "refilled" : "";
}

/** 0 s, 59 s, 3 min, 2 h. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 120) return `${whole} s`;
  return whole < 7200 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 3600)} h`;
}

/** 1.4 s, 12 s. */
export const shortly = (seconds) => `${seconds < 10 ? seconds.toFixed(1) : Math.ceil(seconds)} s`;

/** What one full call takes from a bucket: 30 URLs, else one. */
const FULL_CALL = { urls: 30 };

/** The bucket `name` as it is `elapsed` seconds after the world told of it: {tokens, share (0 to 1), isEmpty: it has no
    full call left, words}. */
export function budgetNow(name, bucket, elapsed) {
  const tokens = Math.min(bucket.size, bucket.tokens + bucket.per_s * Math.max(0, elapsed));
  const call = Math.min(FULL_CALL[name] ?? 1, bucket.size);
  return { tokens, share: tokens / bucket.size, isEmpty: tokens < call, words: budgetWords(bucket, tokens, call) };
}

function budgetWords(bucket, tokens, call) {
  const left = `${Math.floor(tokens).toLocaleString("en")} of ${bucket.size.toLocaleString("en")}`;
  if (tokens < call) return `${left} · next call${call > 1 ? ` of ${call}` : ""} in ${shortly((call - tokens) / bucket.per_s)}`;
  const full = (bucket.size - tokens) / bucket.per_s;
  return full >= 0.1 ? `${left} · full in ${shortly(full)}` : `${left} · refills ${rate(bucket.per_s)}`;
}

const rate = (per_s) => `${Number.isInteger(per_s) ? per_s : per_s.toFixed(1)} a second`;

/** A hue for a version: the same for the same name, far apart for neighbours. */
export function hue(version) {
  const number = /\d+/.exec(version);
  const seed = number ? Number(number[0]) : [...version].reduce((sum, char) => sum * 31 + char.codePointAt(0), 7);
  return Math.round((seed * 137.508 + 70) % 360);
}

/** What one visit showed, in a sentence. `site` is the world as last seen. */
export function visitWords(city, path, answer, site) {
  const cache = answer.headers["cf-cache-status"] ?? "no cache said";
  const age = answer.headers.age === undefined ? "" : `, ${duration(Number(answer.headers.age))} old`;
  const origin = site?.origin[path];
  const isOld = origin && answer.version && answer.version !== origin;
  const what = answer.version ? `${answer.version}, ${cache}${age}` : `status ${answer.status}, ${cache}`;
  return `${CITIES[city]} answers ${path} with ${what}.${isOld ? ` Old: the origin has ${origin}.` : ""}`;
}
