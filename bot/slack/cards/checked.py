"""What edge and origin serve now, as one table: the origin on top, then every place and whether it is fresh or old.

One page: a row for each place. Several pages: a row for each page, a column for each place. Slack takes one table in a
message, of 100 rows and 20 columns (https://docs.slack.dev/reference/block-kit/blocks/table-block, 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from urllib.parse import urlsplit

from bot.domain.look import bare_etag, span
from bot.domain.variants import others_may_differ
from bot.domain.verdict import ORIGIN, Judgement, Look, Verdict
from bot.services.checks import DNS, old_of, places_of, verdict_of
from bot.services.replies import Checked
from bot.slack.cards.blocks import Block, Card, actions, button, card, table
from bot.slack.cards.private import copied
from bot.slack.cards.words import at_places, count, duration, listed
from bot.slack.escape import escape, url_text

HEAD = ("place", "cache", "age", "version", "now")
PLACES_MAX, PAGE_MAX, CELL_MAX, VERSION_MAX = 17, 60, 40, 16
POPS_SHOWN = 4
NOTHING = "–"
WHY_URL_MAX = 1900  # characters; a button holds 2,000
MARKS = {Verdict.FRESH: "🟢 fresh", Verdict.STALE: "🟠 old"}
NOT_KNOWN = "⚪ not known"


def check_card(checked: Checked, now: float, command: str) -> Card:
    """Places and what they serve at `now` (seconds since the epoch)."""
    urls, looks = checked.urls, checked.looks
    rows = _matrix(checked) if len(urls) > 1 else _rows(checked, now)
    drawn, more = table(rows)
    lines = [
        f"and {count(more, 'more row')}" if more else "",
        escape(checked.problem, 400),
        *(escape(note, 400) for note in checked.notes),
        _plainly(looks) if checked.judgement.verdict is Verdict.FRESH else "",
        _kept(looks),
        "" if checked.draft else _way_out(checked, command),
    ]
    what = url_text(urls[0]) if len(urls) == 1 else f"{count(len(urls), 'URL')} on {escape(checked.site.name, 60)}"
    told = card(f"{_found(checked.judgement)} · {what}", lines)
    return Card(told.text, [told.blocks[0], *drawn, *told.blocks[1:], *_buttons(checked)])


def _found(judgement: Judgement) -> str:
    match judgement.verdict:
        case Verdict.FRESH:
            return f"🟢 fresh{at_places(judgement.fresh_at)}: the edge serves what the origin serves"
        case Verdict.STALE:
            return f"🟠 old{at_places(judgement.stale_at)}"
        case _:
            return f"⚪ cannot be told from here: {escape(judgement.why)}"


def _rows(checked: Checked, now: float) -> list[list[str]]:
    """One page: a row for each place and variant; a provider's own places that are alike share one."""
    looks, ours = checked.looks, {ORIGIN, *places_of(checked.site)}
    origins = list({look.variant: look for look in reversed(looks) if look.place == ORIGIN}.values())[::-1]
    mine = [look for look in looks if look.place != ORIGIN and (look.place in ours or look.country)]
    pops = [look for look in looks if look.place not in ours and not look.country]
    return [
        [*HEAD],
        *([*_cells(look, _place(look), now), NOTHING] for look in origins),
        *([*_cells(look, _place(look), now), _mark(look, looks)] for look in mine),
        *_alike(pops, looks, now),
        *([*_cells(look, f"{look.place} (further in)", now), _mark(look, looks)] for look in checked.inner),
    ]


def _alike(pops: Sequence[Look], looks: Sequence[Look], now: float) -> Iterator[list[str]]:
    """The old ones first."""
    order = [MARKS[Verdict.STALE], MARKS[Verdict.FRESH], NOT_KNOWN]
    marked = sorted(((order.index(_mark(look, looks)), look) for look in pops), key=lambda one: one[0])
    for n, some in groupby(marked, key=lambda one: one[0]):
        alike = [look for _, look in some]
        yield [*_cells(alike[0], listed([look.place for look in alike], POPS_SHOWN), now), order[n]]


def _place(look: Look) -> str:
    """Where it was, by what the answer says: one place is never sold as the world."""
    name = "by DNS" if look.place == DNS else look.place
    seen_at = f" at {look.seen_at}" if look.seen_at and look.seen_at.lower() != look.place.lower() else ""
    return f"{name}{seen_at}{f' · {look.variant}' if look.variant else ''}"


def _cells(look: Look, place: str, now: float) -> list[str]:
    """Place, cache, age and version."""
    if look.problem:
        return [place, look.problem, NOTHING, NOTHING]
    says = look.says or (look.cached.upper() if look.cached != "unknown" else "")
    status = "" if look.status == 200 else str(look.status)
    is_aged = look.age is not None and (look.age or look.is_kept)
    age = span((look.age or 0) + max(0.0, now - look.at)) if is_aged else NOTHING
    return [place, ", ".join(filter(None, [says, status])) or NOTHING, age, _version(look) or NOTHING]


def _version(look: Look) -> str:
    name = look.version or bare_etag(look.etag)
    return name if len(name) <= VERSION_MAX else f"{name[: VERSION_MAX - 1]}…"


def _mark(look: Look, looks: Sequence[Look]) -> str:
    return MARKS.get(verdict_of(look, looks), NOT_KNOWN)


def _matrix(checked: Checked) -> list[list[str]]:
    """Several pages: a row for each and for each variant of it, a column for each place."""
    looks, inner = checked.looks, {look.place for look in checked.inner}
    places = list(dict.fromkeys(look.place for look in (*looks, *checked.inner) if look.place != ORIGIN))[:PLACES_MAX]
    pages = dict.fromkeys((look.url, look.variant) for look in looks)
    order = sorted(pages, key=lambda page: checked.urls.index(page[0]))
    named = [f"{place} (further in)" if place in inner else "by DNS" if place == DNS else place for place in places]
    return [
        ["page", ORIGIN, *named],
        *([_page(url, variant, checked), *_across(url, variant, checked, places)] for url, variant in order),
    ]


def _page(url: str, variant: str, checked: Checked) -> str:
    hosts = {urlsplit(one).netloc for one in checked.urls}
    bare = url.split("://", 1)[-1]
    path = f"/{bare.partition('/')[2]}" if len(hosts) == 1 else bare
    return f"{path if len(path) <= PAGE_MAX else f'{path[: PAGE_MAX - 1]}…'}{f' · {variant}' if variant else ''}"


def _across(url: str, variant: str, checked: Checked, places: Sequence[str]) -> Iterator[str]:
    """What the origin and every place say of one page."""
    seen = [*checked.looks, *checked.inner]
    at = {look.place: look for look in reversed(seen) if (look.url, look.variant) == (url, variant)}
    yield _short(at.get(ORIGIN))
    for place in places:
        look = at.get(place)
        mark = _mark(look, checked.looks) if look else NOTHING
        yield f"{mark} · {_short(look)}" if look and mark != MARKS[Verdict.FRESH] else mark


def _short(look: Look | None) -> str:
    if look is None:
        return NOTHING
    return look.problem[:CELL_MAX] or _version(look) or (str(look.status) if look.status != 200 else "answered")


def _kept(looks: Sequence[Look]) -> str:
    kept = max((look.max_age for look in looks if look.max_age is not None), default=None)
    return f"Browsers may keep a copy up to {duration(kept)} (max-age={kept})." if kept is not None else ""


def _plainly(looks: Sequence[Look]) -> str:
    plain = others_may_differ(looks)
    return f"Seen {escape(plain, 200)}." if plain else ""


def _way_out(checked: Checked, command: str) -> str:
    """The line that purges what is old."""
    old = old_of(checked.urls, checked.looks)
    return copied("To purge", f"{command} {' '.join(old)}") if old else ""


def _buttons(checked: Checked) -> list[Block]:
    """What may be done next, where it was kept for a click; an action id may stand only once in a row."""
    if not checked.draft:
        return []
    old = old_of(checked.urls, checked.looks)
    about = old[0] if old else checked.urls[0]
    why = [button("Why?", "why", f"why {about}")] if len(about) <= WHY_URL_MAX else []
    purge = actions([button("Purge it", "pick", f"{checked.draft}:1", "primary")]) if old else []
    return [*actions([button("Check again", "pick", f"{checked.draft}:0"), *why]), *purge]
