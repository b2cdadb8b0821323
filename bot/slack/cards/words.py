"""Quantities, times and things in words, the same in every card."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.domain.durations import duration
from bot.domain.jobs.job import JobView, LayerState, LayerView
from bot.domain.jobs.plan import Cost
from bot.domain.policies.defaults import SMALL_MAX
from bot.domain.policies.wording import dollars
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.look import Look
from bot.domain.proof.places import CENTRES_SHOWN, centres_of, named
from bot.domain.proof.stand_ins import stand_ins
from bot.domain.proof.verdict import Verdict
from bot.domain.shown import count
from bot.services.looks.checks import DNS, by_page, verdict_of
from bot.slack.escape import code, escape, url_text
from providers.contract import Kind

PEOPLE_SHOWN, PLACES_SHOWN, LAYERS_SHOWN = 20, 6, 8
PLACE_MAX = 80  # characters of places in words
THING_MAX, WHOLE_MAX = 100, 1000  # characters of one target: in a first line, and in full
NARROW = frozenset({Kind.URL, Kind.PATH, Kind.TAG})  # of which a request names many, each a small thing
PAGES = frozenset({Kind.URL, Kind.PATH})  # of which it is known how much a purge empties: as many as are named
_ENDS = re.compile(r"\bIt ends (\d{4}-\d\d-\d\d \d\d:\d\d) UTC\.")  # as the policy says it
_LOST_VOTES = re.compile(r"<@[A-Z][A-Z0-9_]+>(?: and <@[A-Z][A-Z0-9_]+>)*")
UNLESS_CHANGED = "if nothing has changed since it was asked for"  # what is approved and has not begun
ORIGIN_LOAD = "Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again."


def origin_load(kind: Kind, counts: Mapping[Kind, int], targets: int) -> str:
    """What the origin will have to carry, where that may be much: of pages from one more on than the built-in policy
    lets run without a vote; of all else, a tag too, at once, since nobody knows how many pages it stands for. `kind` is
    the widest, and `counts` are the `targets` by kind, where that is known; "" where it is little."""
    few = kind in PAGES and not counts.keys() - PAGES and targets <= SMALL_MAX
    return "" if few else ORIGIN_LOAD


def number(n: int) -> str:
    """100,000."""
    return f"{n:,}"


def units(n: float, many: str) -> str:
    """What `n` of a budget are: paths, a path; URLs and tags, URL or tag."""
    if n != 1:
        return many
    return " or ".join(one.removesuffix("es" if one.endswith("sses") else "s") for one in many.split(" and "))


def clock(at: float) -> str:
    """A moment in each reader's own time, through Slack's date token."""
    fallback = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{fallback}>"


def clock_with_seconds(at: float) -> str:
    """The same, with its seconds where it has some: what begins at 09:00:00 begins at 09:00."""
    if int(at) % 60 == 0:
        return clock(at)
    fallback = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time_secs}}|{fallback}>"


def with_clocks(text: str) -> str:
    """Escaped words of the policy; when its no ends stands there in each reader's own time."""
    return _ENDS.sub(lambda said: f"It ends {clock(datetime.fromisoformat(f'{said[1]}Z').timestamp())}.", text)


def sentence(text: str) -> str:
    """`text` with an end to it, so that another sentence can follow."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def why_again(text: str, limit: int, calls: bool) -> str:
    """Why a job is asked again. Whose votes were lost is mentioned, but not where that `calls` them."""
    lost = _LOST_VOTES.match(text)
    if lost is None:
        return with_clocks(escape(text, limit))
    return f"{'Somebody who agreed' if calls else lost[0]} {escape(text[lost.end() :], limit)}"


def listed(words: Sequence[str], most: int = PEOPLE_SHOWN) -> str:
    """fra, iad and sin; beyond `most` the rest is counted."""
    more = len(words) - most
    shown = [*words[:most], f"{number(more)} more"] if more > 0 else list(words)
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def at_places(names: Sequence[str], looks: Sequence[Look] = ()) -> str:
    """ " at fra, iad at MAD, sin", or " where DNS leads" where no edge is named; for no place nothing. `looks` tell the
    data centres that answered."""
    edges = named([name for name in names if name != DNS], looks)
    more = len(edges) - PLACES_SHOWN
    shown = [escape(name, PLACE_MAX) for name in edges[:PLACES_SHOWN]]
    at = f" at {', '.join([*shown, f'{number(more)} more'] if more > 0 else shown)}" if edges else ""
    through_dns = f" where DNS leads{_answered_by_dns(looks)}" if DNS in names else ""
    return f"{at} and{through_dns}" if at and through_dns else at or through_dns


def _answered_by_dns(looks: Sequence[Look]) -> str:
    """At which data centres, where the answers name some."""
    centres = centres_of(DNS, looks)
    return f" ({escape(listed(centres, CENTRES_SHOWN), PLACE_MAX)})" if centres else ""


def at_fresh(job: JobView) -> str:
    """Where a job was proven."""
    return at_places(job.fresh_at, job.first_looks if Doubt.MOVED_ON in job.doubts else job.looks)


def at_stale(job: JobView) -> str:
    """Where a job's pages are old, at the data centres that gave the old ones as far as that is known."""
    pages = by_page(job.looks)
    here = [look for look in job.looks if look.place in job.stale_at]
    old = [look for look in here if verdict_of(look, pages[look.url], job.before) is Verdict.STALE]
    known = {look.place for look in old}
    return at_places(job.stale_at, [*old, *(look for look in here if look.place not in known)])


def hosts(names: Sequence[str]) -> str:
    """The hosts of a site, the first five by name."""
    more = len(names) - 5
    shown = [escape(name, 80) for name in names[:5]]
    return ", ".join([*shown, f"{number(more)} more"] if more > 0 else shown)


def titles(layers: Sequence[LayerView]) -> str:
    """Varnish and Cloudflare."""
    return listed([title(layer) for layer in layers], LAYERS_SHOWN)


def title(layer: LayerView) -> str:
    """A layer by the name that people know."""
    return escape(layer.title, 40)


def many(n: int, kind: Kind, site: str) -> str:
    """41 URLs on shop; of other kinds only the widest is known. `site` is escaped."""
    if kind is Kind.URL:
        return f"{count(n, 'URL')} on {site}"
    return f"{count(n, 'target')} on {site} (widest: {kind.value})"


def subject(job: JobView) -> str:
    """What a job purges, in a few words: the thing itself where there is one."""
    site = escape(job.site, 60)
    if not job.targets:
        return f"nothing to purge on {site}"
    if job.kind is Kind.EVERYTHING:
        return f"everything on {site} ({escape(job.environment, 20)})"
    if job.targets == 1 and job.sample:
        return thing(job.kind, job.sample[0], site)
    return many(job.targets, job.kind, site)


def fresh_words(job: JobView) -> str:
    """fresh at fra, iad, sin; where not all of it was looked at: fresh where looked at: 20 of 30 URLs, at fra, iad."""
    at = at_fresh(job)
    part = part_seen(job)
    return f"fresh where looked at: {part}{f',{at}' if at else ''}" if part else f"fresh{at}"


def part_seen(job: JobView) -> str:
    """20 of 30 URLs, 60 of 9,000 pages under prefixes; "" where all of it was looked at, or where that is not known."""
    targets = count(job.targets, "URL" if job.kind is Kind.URL else "target")
    part = f"{number(job.seen)} of {targets}" if job.sees_part else ""
    return ", ".join(filter(None, [part, stand_ins(job).told]))


def whole(job: JobView) -> str:
    """The one target in full, where a first line has no room for it."""
    only = job.targets == 1 and job.kind is not Kind.EVERYTHING and job.sample
    return code(job.sample[0], WHOLE_MAX) if only and len(escape(job.sample[0], WHOLE_MAX)) > THING_MAX else ""


def thing(kind: Kind, value: str, site: str) -> str:
    """One target; a URL stands for itself, and what does not name its host is told with its (escaped) site."""
    if kind is Kind.URL:
        return url_text(value, THING_MAX)
    named = kind is Kind.HOST or (kind in (Kind.PREFIX, Kind.PATTERN) and not value.startswith("/"))
    return f"{kind.value} {escape(value, THING_MAX)}{'' if named else f' on {site}'}"


def layers_told(layers: Sequence[LayerView]) -> str:
    """Varnish 0.2 s → Cloudflare 12 of 41."""
    return arrows([f"{title(layer)} {_how_far(layer)}" for layer in layers])


def _how_far(layer: LayerView) -> str:
    match layer.state:
        case LayerState.DONE if layer.ended is not None and layer.started is not None:
            return duration(layer.ended - layer.started)
        case LayerState.DONE:
            return "purged"
        case LayerState.WAITING:
            return "to come"
        case LayerState.PURGING:
            return f"{number(layer.sent)} of {number(layer.calls)}"
        case _ if is_lost(layer):
            return "not known"
        case _:
            return f"stopped after {number(layer.sent)} of {number(layer.calls)}" if layer.sent else "not purged"


def is_lost(layer: LayerView) -> bool:
    """Whether a layer was asked and nobody knows what it did: its answer was lost, also after a repeat."""
    if layer.state is LayerState.UNKNOWN or layer.unknown:
        return True
    return layer.state is LayerState.FAILED and layer.trouble is not None and layer.trouble.cls == "OutcomeUnknown"


def arrows(steps: Sequence[str]) -> str:
    """One after the other, the first ones by name."""
    more = len(steps) - LAYERS_SHOWN
    return " → ".join([*steps[:LAYERS_SHOWN], f"{number(more)} more"] if more > 0 else steps)


def bar(share: float) -> str:
    """▓▓▓▓▓▓▓░░░ 68 %."""
    full = min(10, max(0, int(share * 10)))
    return f"{'▓' * full}{'░' * (10 - full)} {int(share * 100)} %"


def cost_text(cost: Cost) -> str:
    """What a layer's calls cost, and how much of the month's free units is left after them."""
    what = f"{cost.units:,} {escape(units(cost.units, cost.unit), 40)}"
    if cost.usd == 0:
        return f"{what}, free: {cost.free - cost.used - cost.units:,} of {cost.free:,} free ones left this month"
    return f"{what}, about {dollars(cost.usd)}: {cost.used:,} used this month, {cost.free:,} are free"
