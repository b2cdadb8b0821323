"""The rows of a check: the origin on top, then every place and whether it is fresh or old, the old ones first, so that
what a message has no room for is never the one old row among many fresh ones.

One page: a row for each place. Several pages: a row for each page and variant, a column for each place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from urllib.parse import urlsplit

from bot.domain.durations import span
from bot.domain.masking import masked
from bot.domain.proof.look import bare_etag, in_short
from bot.domain.proof.places import centres_of, named_one
from bot.domain.proof.verdict import ORIGIN, Look, Verdict
from bot.domain.shown import count
from bot.services.looks.checks import DNS, by_page, places_of, verdict_of
from bot.services.replies import Checked
from bot.slack.cards.words import listed, number

HEAD = ("place", "cache", "age", "version", "now")
PLACES_MAX, PAGE_MAX, CELL_MAX, VERSION_MAX = 17, 60, 40, 16
POPS_SHOWN = 4
NOTHING = "–"
MARKS = {Verdict.FRESH: "🟢 fresh", Verdict.STALE: "🟠 old"}
NOT_KNOWN = "⚪ not known"
_WORST_FIRST = (Verdict.STALE, Verdict.UNKNOWN, Verdict.FRESH)
_WORDS = {Verdict.STALE: "old", Verdict.UNKNOWN: "not known", Verdict.FRESH: "fresh"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row, and what it shows at worst; None of a row that is not judged, as the origin's."""

    cells: Sequence[str]
    worst: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A table with its head, and the places that it has no column for."""

    rows: Sequence[Row]
    left_out: str = ""

    @property
    def cells(self) -> list[list[str]]:
        """All that is drawn."""
        return [list(row.cells) for row in self.rows]

    def cut(self, more: int) -> str:
        """What the last `more` rows are, which there is no room for: "and 13 more rows, all fresh"."""
        return told_of([row.worst for row in self.rows[len(self.rows) - more :]], "more row") if more else ""


def told_of(left: Sequence[Verdict | None], what: str) -> str:
    """What is left out, counted by kind: "and 13 more rows: 2 old, 11 fresh"; "" where nothing is."""
    if not left:
        return ""
    kinds = [(sum(one is verdict for one in left), _WORDS[verdict]) for verdict in _WORST_FIRST]
    there = [(n, word) for n, word in kinds if n]
    if len(there) == 1 and there[0][0] == len(left):
        return f"and {count(len(left), what)}, {'all ' if len(left) > 1 else ''}{there[0][1]}"
    told = ", ".join(f"{number(n)} {word}" for n, word in there)
    return f"and {count(len(left), what)}{f': {told}' if told else ''}"


def rows_of(checked: Checked, now: float) -> Rows:
    """The table at `now` (seconds since the epoch)."""
    return _matrix(checked) if len(checked.urls) > 1 else Rows(tuple(_rows(checked, now)))


def by_worst(verdict: Verdict | None) -> int:
    """Sorts what is old first, then what is not known, then the rest."""
    return _WORST_FIRST.index(verdict) if verdict in _WORST_FIRST else len(_WORST_FIRST)


def _rows(checked: Checked, now: float) -> Iterator[Row]:
    """One page: a row for each place and variant; a provider's own places that are alike share one."""
    looks, ours = checked.looks, {ORIGIN, DNS, *places_of(checked.site)}
    origins = list({look.variant: look for look in reversed(looks) if look.place == ORIGIN}.values())[::-1]
    mine = [look for look in looks if look.place != ORIGIN and (look.place in ours or look.country)]
    pops = [look for look in looks if look.place not in ours and not look.country]
    rows = [
        *(Row([*_cells(look, _place(look), now, looks), _told(look, looks)], _worst(look, looks)) for look in mine),
        *_alike(pops, looks, now),
        *(_inner(look, looks, now) for look in checked.inner),
    ]
    yield Row(HEAD)
    yield from (Row([*_cells(look, _place(look), now, looks), NOTHING]) for look in origins)
    yield from sorted(rows, key=lambda row: by_worst(row.worst))


def _inner(look: Look, looks: Sequence[Look], now: float) -> Row:
    cells = _cells(look, f"{look.place} (further in)", now, looks)
    return Row([*cells, _mark(look, looks)], _worst(look, looks))


def _alike(pops: Sequence[Look], looks: Sequence[Look], now: float) -> Iterator[Row]:
    """The old ones first."""
    judged = sorted(((_worst(look, looks), look) for look in pops), key=lambda one: by_worst(one[0]))
    for worst, some in groupby(judged, key=lambda one: one[0]):
        alike = [look for _, look in some]
        names = listed([look.place for look in alike], POPS_SHOWN)
        yield Row([*_cells(alike[0], names, now, looks), MARKS.get(worst, NOT_KNOWN)], worst)


def _place(look: Look) -> str:
    """Where it was, by what the answer says: one place is never sold as the world."""
    name = "by DNS" if look.place == DNS else look.place
    over = f" over {look.over}" if look.over else ""
    named = dict.fromkeys((look.seen_at, *look.also_at))
    where = [name for name in named if name and name.lower() != look.place.lower()]
    seen_at = f" at {listed(where, POPS_SHOWN)}" if where else ""
    return f"{name}{seen_at}{over}{f' · {in_short(look.variant)}' if look.variant else ''}"


def _cells(look: Look, place: str, now: float, beside: Sequence[Look]) -> list[str]:
    """Place, cache, age and version."""
    if look.problem:
        return [place, look.problem, NOTHING, NOTHING]
    says = look.says or (look.cached.upper() if look.cached != "unknown" else "")
    status = "" if look.status == 200 else f"{look.status} to itself" if look.leads_back else str(look.status)
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
    return MARKS.get(_worst(look, looks), NOT_KNOWN)


def _worst(look: Look, looks: Sequence[Look]) -> Verdict:
    found = verdict_of(look, looks)
    return found if found in MARKS else Verdict.UNKNOWN


def _matrix(checked: Checked) -> Rows:
    """Several pages: a row for each and for each variant of it, a column for each place."""
    looks, inner = checked.looks, {look.place for look in checked.inner}
    every = list(dict.fromkeys(look.place for look in (*looks, *checked.inner) if look.place != ORIGIN))
    pages = _pages(checked)
    at = [min((page[place].worst for page in pages.values() if place in page), key=by_worst) for place in every]
    judged = list(zip(every, at, strict=True))
    if len(judged) > PLACES_MAX:
        judged.sort(key=lambda one: by_worst(one[1]))
    places = [place for place, _ in judged[:PLACES_MAX]]
    named = [f"{place} (further in)" if place in inner else _column(place, looks) for place in places]
    rows = [_row(page, checked, cells, places) for page, cells in pages.items()]
    head = Row(["page", ORIGIN, *named])
    left_out = told_of([worst for _, worst in judged[PLACES_MAX:]], "more place")
    return Rows((head, *sorted(rows, key=lambda row: by_worst(row.worst))), left_out)


def _column(place: str, looks: Sequence[Look]) -> str:
    """A place, and the data centres that answered there, of all pages."""
    if place != DNS:
        return named_one(place, looks)
    centres = centres_of(DNS, looks)
    return f"by DNS at {listed(centres, POPS_SHOWN)}" if centres else "by DNS"


_Cells = Mapping[str, "_Cell"]  # by place


@dataclass(frozen=True, slots=True)
class _Cell:
    look: Look
    worst: Verdict


def _pages(checked: Checked) -> Mapping[tuple[str, str], _Cells]:
    """By page and variant, in the order of the request, the worst that each place gave of it."""
    found: dict[tuple[str, str], dict[str, _Cell]] = {}
    order = {url: n for n, url in enumerate(checked.urls)}
    of_page = by_page(checked.looks)
    for look in sorted((*checked.looks, *checked.inner), key=lambda look: order[look.url]):
        cell = _Cell(look, _worst(look, of_page.get(look.url, ())))
        here = found.setdefault((look.url, look.variant), {})
        if look.place not in here or (cell.worst is Verdict.STALE and here[look.place].worst is not Verdict.STALE):
            here[look.place] = cell  # of two answers the worse
    return found


def _row(page: tuple[str, str], checked: Checked, cells: _Cells, places: Sequence[str]) -> Row:
    """What the origin and every place say of one page."""
    worst = min((cell.worst for place, cell in cells.items() if place != ORIGIN), key=by_worst, default=None)
    seen = [*checked.looks, *checked.inner]
    origin = cells.get(ORIGIN)
    told = [_across(cells.get(place), seen) for place in places]
    return Row([page_name(*page, checked), _short(origin.look, seen) if origin else NOTHING, *told], worst)


def _across(cell: _Cell | None, seen: Sequence[Look]) -> str:
    if cell is None:
        return NOTHING
    mark = MARKS.get(cell.worst, NOT_KNOWN)
    return mark if cell.worst is Verdict.FRESH else f"{mark} · {_short(cell.look, seen)}"


def page_name(url: str, variant: str, checked: Checked) -> str:
    """A page within the check: its path alone where all lie on one host."""
    hosts = {urlsplit(one).netloc for one in checked.urls}
    bare = masked(url).split("://", 1)[-1]
    path = f"/{bare.partition('/')[2]}" if len(hosts) == 1 else bare
    return f"{shortened(path, PAGE_MAX)}{f' · {in_short(variant)}' if variant else ''}"


def shortened(page: str, most: int) -> str:
    """Its begin and its end, `most` characters: addresses of one site often differ in the last words alone."""
    half = (most - 1) // 2
    return page if len(page) <= most else f"{page[:half]}…{page[-half:]}"


def _short(look: Look, beside: Sequence[Look]) -> str:
    return look.problem[:CELL_MAX] or _version(look, beside) or (str(look.status) if look.status != 200 else "answered")
