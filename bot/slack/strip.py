"""A check as a picture: pages down, places across, each cell a mark and a word, coloured fresh, old or not known.

On a ground of its own, as the chart of `stats`, so that it reads the same on both themes, and without colour.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import wrap

from bot.domain.masking import masked
from bot.domain.proof.verdict import ORIGIN, Verdict
from bot.services.looks.checks import DNS, by_page, verdict_of
from bot.services.replies import Checked
from bot.slack.cards.checked_table import POPS_SHOWN, by_worst, shortened, told_of
from bot.slack.cards.words import listed
from bot.slack.chart import ALT_MAX, COLOURS, GROUND, INK, drawable

PLACES_LEAST, ROWS_MAX, COLUMNS_MAX = 6, 20, 12
PAGE_MAX, PLACE_MAX, HEAD_LINES = 30, 11, 5  # characters, lines
LINE, PER_INCH = 0.22, 12  # inches that a line takes below, and characters of it in one
SIZE = 10  # points: a message shows the picture some 440 pixels wide
WORDS = {Verdict.FRESH: "✓ fresh", Verdict.STALE: "✕ old", Verdict.UNKNOWN: "? not known"}
INKS = {Verdict.UNKNOWN: INK, Verdict.STALE: INK}  # else white


@dataclass(frozen=True, slots=True)
class Strip:
    """What is drawn: `cells` by page, then by place; None where nobody looked. `left_out` tells what is not drawn."""

    pages: tuple[str, ...]
    places: tuple[str, ...]
    cells: tuple[tuple[Verdict | None, ...], ...]
    left_out: str = ""


def strip_of(checked: Checked) -> Strip | None:
    """The picture of a check; None where the table says as much: one page at few places, or nothing but fresh."""
    seen = _seen(checked)
    places = list(dict.fromkeys(place for _, place in seen))
    if not places or (len(checked.urls) < 2 and len(places) < PLACES_LEAST):
        return None
    if all(verdict is Verdict.FRESH for verdict in seen.values()):
        return None
    by_url = _worst_of((url, verdict) for (url, _), verdict in seen.items())
    by_place = _worst_of((place, verdict) for (_, place), verdict in seen.items())
    urls = sorted(checked.urls, key=lambda url: by_worst(by_url.get(url)))
    if len(places) > COLUMNS_MAX:
        places.sort(key=lambda place: by_worst(by_place[place]))
    shown = places[:COLUMNS_MAX]
    left_out = (
        told_of([by_url.get(url) for url in urls[ROWS_MAX:]], "more page"),
        told_of([by_place[place] for place in places[COLUMNS_MAX:]], "more place"),
    )
    return Strip(
        tuple(masked(url).split("://", 1)[-1] for url in urls[:ROWS_MAX]),
        tuple(_named(place, checked) for place in shown),
        tuple(tuple(seen.get((url, place)) for place in shown) for url in urls[:ROWS_MAX]),
        "; ".join(filter(None, left_out)),
    )


def _named(place: str, checked: Checked) -> str:
    """A place as the table names it: with the data centres that its answers name."""
    if any(look.place == place for look in checked.inner):
        return f"{place} (further in)"
    looks = [look for look in checked.looks if look.place == place]
    named = dict.fromkeys(name for look in looks for name in (look.seen_at, *look.also_at))
    where = [name for name in named if name and name.lower() != place.lower()]
    name = "by DNS" if place == DNS else place
    return f"{name} at {listed(where, POPS_SHOWN)}" if where else name


def _worst_of(judged: Iterable[tuple[str, Verdict]]) -> dict[str, Verdict]:
    """By name the worst that was found under it."""
    worst: dict[str, Verdict] = {}
    for name, verdict in judged:
        worst[name] = min(worst.get(name, verdict), verdict, key=by_worst)
    return worst


def _seen(checked: Checked) -> dict[tuple[str, str], Verdict]:
    """By page and place what is served there: of two answers the worse; and old where it is so in some variant."""
    found: dict[tuple[str, str], Verdict] = {}
    of_page = by_page(checked.looks)
    for look in (*checked.looks, *checked.inner):
        page = (look.url, look.place)
        if look.place == ORIGIN or found.get(page) is Verdict.STALE:
            continue
        verdict = verdict_of(look, of_page[look.url])
        if not look.variant or verdict is Verdict.STALE:
            found[page] = verdict
    return found


def alt_of(strip: Strip) -> str:
    """The same in words, the old first."""
    told = []
    for verdict, word in ((Verdict.STALE, "old"), (Verdict.UNKNOWN, "not known"), (Verdict.FRESH, "fresh")):
        at = [
            f"{page} at {', '.join(places)}"
            for page, cells in zip(strip.pages, strip.cells, strict=True)
            if (places := [place for place, cell in zip(strip.places, cells, strict=True) if cell is verdict])
        ]
        told += [f"{word}: {'; '.join(at)}."] if at else []
    told += [f"{strip.left_out}."] if strip.left_out else []
    return " ".join(told)[:ALT_MAX]


def head(place: str) -> str:
    """A place in a few short lines, all of it: two probes of one city differ at the end."""
    return "\n".join(drawable(line, PLACE_MAX) for line in wrap(place, PLACE_MAX)[:HEAD_LINES])


def draw_strip(strip: Strip) -> bytes:
    """A PNG. Slow the first time, as the chart is; to be called in a thread, one at a time."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    across, down = len(strip.places), len(strip.pages)
    width = 2.4 + 0.92 * across  # inches
    left_out = wrap(strip.left_out, int(width * PER_INCH))
    size = (width, 0.9 + 0.4 * down + LINE * len(left_out))
    figure = Figure(figsize=size, dpi=160, facecolor=GROUND, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for row, cells in enumerate(strip.cells):
        for column, cell in enumerate(cells):
            colour = COLOURS[cell.value] if cell else GROUND
            axes.add_patch(Rectangle((column + 0.03, row + 0.06), 0.94, 0.88, color=colour))
            ink = INKS.get(cell, "white") if cell else INK
            axes.text(
                column + 0.5, row + 0.5, WORDS.get(cell, "–") if cell else "–", ha="center", va="center",
                fontsize=SIZE, color=ink,
            )  # fmt: skip
    axes.set_xlim(0, across)
    axes.set_ylim(down, 0)
    axes.set_xticks([n + 0.5 for n in range(across)], [head(name) for name in strip.places])
    axes.set_yticks(
        [n + 0.5 for n in range(down)], [drawable(shortened(name, PAGE_MAX), PAGE_MAX) for name in strip.pages]
    )
    axes.xaxis.tick_top()
    if any(cell is None for cells in strip.cells for cell in cells):
        axes.set_xlabel("–  nobody looked", fontsize=SIZE, color=INK, loc="left")
    if left_out:
        figure.supxlabel("\n".join(left_out), x=0.02, ha="left", fontsize=SIZE, color=INK)
    axes.tick_params(colors=INK, labelsize=SIZE, length=0)
    axes.set_facecolor(GROUND)
    for spine in axes.spines.values():
        spine.set_visible(False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()
