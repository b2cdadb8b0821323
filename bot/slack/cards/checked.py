"""What edge and origin serve now, as one table: the origin on top, then every place and whether it is fresh or old.

One page: a row for each place. Several pages: a row for each page, a column for each place. Slack takes one table in a
message, of 100 rows and 20 columns (https://docs.slack.dev/reference/block-kit/blocks/table-block, 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from urllib.parse import urlsplit

from bot.domain.job import State
from bot.domain.look import bare_etag, in_short, span
from bot.domain.masking import masked
from bot.domain.verdict import ORIGIN, Judgement, Look, Verdict
from bot.services.checks import DNS, old_of, places_of, verdict_of
from bot.services.replies import Checked
from bot.slack.cards.absent import absent_told
from bot.slack.cards.blocks import Block, Card, actions, button, card, paragraphs, table
from bot.slack.cards.private import copied
from bot.slack.cards.told_apart import told_apart
from bot.slack.cards.words import at_places, count, duration, listed, number
from bot.slack.escape import escape, url_text

HEAD = ("place", "cache", "age", "version", "now")
PLACES_MAX, PAGE_MAX, CELL_MAX, VERSION_MAX = 17, 60, 40, 16
COLUMNS_SEEN, WIDTH_SEEN, CELL_SEEN = 5, 80, 30  # columns and characters that a message shows; a cell is wrapped
WHY_MAX = 500  # characters
SCREEN = 20  # pages
ASKED_EACH_TIME = "Browsers ask each time before they use a copy."
POPS_SHOWN = 4
APART_SHOWN = 3
NAME_IT = "Name it in the site's `variants`, or purge by tag or prefix, which take every variant."
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
        _sideways(rows),
        _left_out(checked.left_out),
        *_under_way(checked),
        escape(checked.problem, 400),
        *(escape(note, 400) for note in checked.notes),
        _besides(checked.judgement),
        *told_apart(checked),
        *_kept(looks),
        *_apart(checked),
        *([] if checked.draft else _ways_out(checked, command)),
    ]
    what = url_text(urls[0]) if len(urls) == 1 else f"{_counted(checked)} on {escape(checked.site.name, 60)}"
    told = card(f"{_found(checked.judgement)} · {what}", lines)
    missing = paragraphs([line for line in (absent_told(looks),) if line])
    return Card(told.text, [told.blocks[0], *missing, *drawn, *told.blocks[1:], *_buttons(checked)])


def _found(judgement: Judgement) -> str:
    match judgement.verdict:
        case Verdict.FRESH:
            return f"🟢 fresh{at_places(judgement.fresh_at)}: the edge serves what the origin serves"
        case Verdict.STALE:
            return f"🟠 old{at_places(judgement.stale_at)}"
        case _:
            return f"⚪ cannot be told from here: {escape(judgement.why)}"


def _counted(checked: Checked) -> str:
    """How many URLs it is about."""
    n, all_named = len(checked.urls), len(checked.urls) + len(checked.left_out)
    return count(n, "URL") if n == all_named else f"{number(n)} of {count(all_named, 'URL')}"


def _sideways(rows: Sequence[Sequence[str]]) -> str:
    """Slack cuts a broad table off at the right and does not say so."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    is_broad = len(widths) > COLUMNS_SEEN or sum(min(width, CELL_SEEN) for width in widths) > WIDTH_SEEN
    return f"The table has {count(len(widths), 'column')}: scroll it to the right." if is_broad else ""


def _left_out(urls: Sequence[str]) -> str:
    """What was not looked at, by its first."""
    if not urls:
        return ""
    first = f"{url_text(urls[0], 150)}{f' and {number(len(urls) - 1)} after it' if len(urls) > 1 else ''}"
    return f"Not looked at: {first}. Ask for {'it' if len(urls) == 1 else 'those'} in another check."


def _under_way(checked: Checked) -> Iterator[str]:
    """The jobs that purge what is old already."""
    for job in {job.id: job for job in checked.under_way.values()}.values():
        urls = [url for url, its in checked.under_way.items() if its.id == job.id]
        of = f" of {listed([url_text(url, 100) for url in urls], 3)}" if len(checked.urls) > 1 else ""
        state = "waits for votes" if job.state is State.WAITING else "is under way"
        yield f"{job.name}{of} {state}: `show {job.name}` tells more."


def _rows(checked: Checked, now: float) -> list[list[str]]:
    """One page: a row for each place and variant; a provider's own places that are alike share one."""
    looks, ours = checked.looks, {ORIGIN, DNS, *places_of(checked.site)}
    origins = list({look.variant: look for look in reversed(looks) if look.place == ORIGIN}.values())[::-1]
    mine = [look for look in looks if look.place != ORIGIN and (look.place in ours or look.country)]
    pops = [look for look in looks if look.place not in ours and not look.country]
    return [
        [*HEAD],
        *([*_cells(look, _place(look), now, looks), NOTHING] for look in origins),
        *([*_cells(look, _place(look), now, looks), _told(look, looks)] for look in mine),
        *_alike(pops, looks, now),
        *([*_cells(look, f"{look.place} (further in)", now, looks), _mark(look, looks)] for look in checked.inner),
    ]


def _alike(pops: Sequence[Look], looks: Sequence[Look], now: float) -> Iterator[list[str]]:
    """The old ones first."""
    order = [MARKS[Verdict.STALE], MARKS[Verdict.FRESH], NOT_KNOWN]
    marked = sorted(((order.index(_mark(look, looks)), look) for look in pops), key=lambda one: one[0])
    for n, some in groupby(marked, key=lambda one: one[0]):
        alike = [look for _, look in some]
        yield [*_cells(alike[0], listed([look.place for look in alike], POPS_SHOWN), now, looks), order[n]]


def _place(look: Look) -> str:
    """Where it was, by what the answer says: one place is never sold as the world."""
    name = "by DNS" if look.place == DNS else look.place
    over = f" over {look.over}" if look.over else ""
    seen_at = f" at {look.seen_at}" if look.seen_at and look.seen_at.lower() != look.place.lower() else ""
    return f"{name}{seen_at}{over}{f' · {in_short(look.variant)}' if look.variant else ''}"


def _cells(look: Look, place: str, now: float, beside: Sequence[Look]) -> list[str]:
    """Place, cache, age and version."""
    if look.problem:
        return [place, look.problem, NOTHING, NOTHING]
    says = look.says or (look.cached.upper() if look.cached != "unknown" else "")
    status = "" if look.status == 200 else str(look.status)
    is_aged = look.age is not None and (look.age or look.is_kept)
    age = span((look.age or 0) + max(0.0, now - look.at)) if is_aged else NOTHING
    return [place, ", ".join(filter(None, [says, status])) or NOTHING, age, _version(look, beside) or NOTHING]


def _name(look: Look) -> str:
    return look.version or bare_etag(look.etag)


def _version(look: Look, beside: Sequence[Look]) -> str:
    """What an answer calls its content, cut where it is long, so that two that differ still do."""
    name = _name(look)
    if len(name) <= VERSION_MAX:
        return name
    others = [other for one in beside if (one.url, one.variant) == (look.url, look.variant) and (other := _name(one))]
    alike = [other for other in others if other != name and _cut(other) == _cut(name)]
    if not alike:
        return _cut(name)
    at = max(next(n for n, pair in enumerate(zip_longest(name, other)) if pair[0] != pair[1]) for other in alike)
    return f"{name[:3]}…{name[max(3, at - 2) : at + VERSION_MAX - 7]}…"


def _cut(name: str) -> str:
    """The begin and the end of a long name."""
    return name if len(name) <= VERSION_MAX else f"{name[:9]}…{name[9 - VERSION_MAX + 1 :]}"


def _told(look: Look, looks: Sequence[Look]) -> str:
    """Fresh or old; where the same bytes have another name than at the origin, that too."""
    mark = _mark(look, looks)
    origins = [one for one in looks if one.place == ORIGIN and (one.url, one.variant) == (look.url, look.variant)]
    same = [one for one in origins if look.digest and one.digest == look.digest]
    if mark != MARKS[Verdict.FRESH] or not same or _name(look) in ("", *map(_name, same)):
        return mark
    return f"{mark}: same bytes, another {'marker' if look.version else 'ETag'}"


def _mark(look: Look, looks: Sequence[Look]) -> str:
    return MARKS.get(verdict_of(look, looks), NOT_KNOWN)


def _matrix(checked: Checked) -> list[list[str]]:
    """Several pages: a row for each and for each variant of it, a column for each place."""
    looks, inner = checked.looks, {look.place for look in checked.inner}
    places = list(dict.fromkeys(look.place for look in (*looks, *checked.inner) if look.place != ORIGIN))[:PLACES_MAX]
    pages = dict.fromkeys((look.url, look.variant) for look in looks)
    place = {url: n for n, url in enumerate(old_first(checked))}
    order = sorted(pages, key=lambda page: place[page[0]])
    named = [f"{place} (further in)" if place in inner else "by DNS" if place == DNS else place for place in places]
    return [
        ["page", ORIGIN, *named],
        *([_page(url, variant, checked), *_across(url, variant, checked, places)] for url, variant in order),
    ]


def old_first(checked: Checked) -> list[str]:
    """The URLs as they were named; of more than a screen shows those that are old first."""
    urls = list(checked.urls)
    if len(urls) <= SCREEN:
        return urls
    old = set(old_of(urls, checked.looks))
    return sorted(urls, key=lambda url: url not in old)


def _page(url: str, variant: str, checked: Checked) -> str:
    hosts = {urlsplit(one).netloc for one in checked.urls}
    bare = masked(url).split("://", 1)[-1]
    path = f"/{bare.partition('/')[2]}" if len(hosts) == 1 else bare
    return f"{shortened(path, PAGE_MAX)}{f' · {in_short(variant)}' if variant else ''}"


def shortened(page: str, most: int) -> str:
    """Its begin and its end, `most` characters: addresses of one site often differ in the last words alone."""
    half = (most - 1) // 2
    return page if len(page) <= most else f"{page[:half]}…{page[-half:]}"


def _across(url: str, variant: str, checked: Checked, places: Sequence[str]) -> Iterator[str]:
    """What the origin and every place say of one page."""
    seen = [*checked.looks, *checked.inner]
    mine = [look for look in seen if (look.url, look.variant) == (url, variant)]
    at: dict[str, Look] = {}
    for look in sorted(mine, key=lambda look: _mark(look, checked.looks) != MARKS[Verdict.STALE]):
        at.setdefault(look.place, look)  # of two answers the worse
    yield _short(at.get(ORIGIN), seen)
    for place in places:
        told = at.get(place)
        mark = _mark(told, checked.looks) if told else NOTHING
        yield f"{mark} · {_short(told, seen)}" if told and mark != MARKS[Verdict.FRESH] else mark


def _short(look: Look | None, beside: Sequence[Look]) -> str:
    if look is None:
        return NOTHING
    return look.problem[:CELL_MAX] or _version(look, beside) or (str(look.status) if look.status != 200 else "answered")


def _kept(looks: Sequence[Look]) -> Iterator[str]:
    """How long browsers may keep it, by the longest that is said."""
    odd = next((look.odd_age for look in looks if look.odd_age), "")
    if odd:
        yield f"Its max-age cannot be read (max-age={escape(odd, 40)}): browsers take it as over, or as they like."
    kept = max((look.max_age for look in looks if look.max_age is not None and not look.odd_age), default=None)
    if kept is not None:
        yield f"Browsers may keep a copy up to {duration(kept)} (max-age={kept})." if kept else ASKED_EACH_TIME


def _besides(judgement: Judgement) -> str:
    """What is not said by a fresh first line: for whom it was seen, and what of it was not."""
    if judgement.verdict is not Verdict.FRESH or not judgement.why:
        return ""
    return f"What that leaves open: {escape(judgement.why, WHY_MAX)}."


def _apart(checked: Checked) -> Iterator[str]:
    """The old copies that a purge of their URL may leave."""
    for url, variant in list(checked.apart.items())[:APART_SHOWN]:
        who = f"{escape(_page(url, '', checked))} is old for who sends {escape(in_short(variant), 80)}"
        yield f"{who}; a purge of its URL may leave that copy. {NAME_IT}"
    more = len(checked.apart) - APART_SHOWN
    if more > 0:
        yield f"So it is with {count(more, 'more page')}."


def _ways_out(checked: Checked, command: str) -> Iterator[str]:
    """The lines that purge what is old."""
    if checked.to_purge:
        yield copied("To purge", f"{command} {' '.join(checked.to_purge)}")
    if checked.to_purge_wider:
        yield copied("To purge in every variant", f"{command} prefix {' '.join(checked.to_purge_wider)}")


def _buttons(checked: Checked) -> list[Block]:
    """What may be done next, where it was kept for a click; an action id may stand only once in a row."""
    if not checked.draft:
        return []
    seen_old, old, wider = old_of(checked.urls, checked.looks), checked.to_purge, checked.to_purge_wider
    about = seen_old[0] if seen_old else checked.urls[0]
    ask = f"Why {_page(about, '', checked)}?" if len(checked.urls) > 1 else "Why?"
    why = [button(ask, "why", f"why {about}")] if len(about) <= WHY_URL_MAX else []
    purge = actions([button(f"Purge {_it(old, checked)}", "pick", f"{checked.draft}:1", "primary")]) if old else []
    label = (
        f"Purge prefix {shortened(wider[0], PAGE_MAX)}" if len(wider) == 1 else f"Purge {number(len(wider))} prefixes"
    )
    by_prefix = actions([button(label, "pick", f"{checked.draft}:2")]) if wider else []
    return [*actions([button("Check again", "pick", f"{checked.draft}:0"), *why]), *purge, *by_prefix]


def _it(old: Sequence[str], checked: Checked) -> str:
    """What of the checked is purged."""
    if len(checked.urls) == 1:
        return "it"
    return _page(old[0], "", checked) if len(old) == 1 else f"the {number(len(old))} old ones"
