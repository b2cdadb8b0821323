"""The chart of `stats`: purges by day and what came of them, by person, and what keeps being purged.

On a ground of its own, a light grey, so that it reads the same on Slack's white and on its dark theme.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bot.domain.stats import Stats
from bot.slack.cards.stats import OUTCOMES, not_run_told, percent, proof_told, who_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROWS = 6
NAME_MAX = 28  # characters
ALT_MAX = 900
GROUND, INK, FAINT, BAR = "#f3f3f1", "#1d1c1d", "#5f5e60", "#66707c"
COLOURS = {
    "fresh": "#2f7d54", "stale": "#d9822b", "unknown": "#9a9a98", "unchecked": "#c4c4c0", "open": "#3f6f9f",
    "partial": "#e0b040", "failed": "#b3362b",
}  # fmt: skip
OTHER = "#4a4a4a"  # cancelled while it ran, and what is new
TICKS_MAX = 8


def draw(stats: Stats, names: Mapping[str, str], title: str) -> bytes:
    """A PNG. Slow the first time, since matplotlib is loaded only here; to be called in a thread, one at a time."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), dpi=130, facecolor=GROUND, layout="constrained")
    FigureCanvasAgg(figure)  # no window, whatever the machine has
    places = figure.subplot_mosaic([["days", "days"], ["by", "hot"]], height_ratios=[1.1, 1.0])
    figure.suptitle(drawable(title, 110), fontsize=12, color=INK, fontweight="bold", x=0.01, ha="left")
    _draw_days(places["days"], stats)
    by = [(who_name(who, names), n) for who, n in stats.by.items()]
    _draw_bars(places["by"], "Purges by person", by, stats.total)
    hot = [(one.what, one.n) for one in stats.hot] or list(stats.kinds.items())
    _draw_bars(places["hot"], "What keeps being purged" if stats.hot else "Purges by kind", hot, stats.total)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def alt_text(stats: Stats, names: Mapping[str, str], title: str) -> str:
    """The chart's numbers in words."""
    outcomes = ", ".join(f"{OUTCOMES.get(name, name)} {n:,}" for name, n in stats.outcomes.items())
    by = ", ".join(f"{who_name(who, names)} {n:,}" for who, n in list(stats.by.items())[:ROWS])
    hot = ", ".join(f"{one.what} {percent(one.share)}" for one in stats.hot)
    kept = f" What keeps being purged: {hot}." if hot else ""
    told = " ".join([*proof_told(stats), *not_run_told(stats)])
    return f"{title}: {outcomes}. By {by}. {told}{kept}"[:ALT_MAX]


def _draw_days(axes: Axes, stats: Stats) -> None:
    """A column for each day or week, in the colours of what came of its purges."""
    from matplotlib.ticker import MaxNLocator

    begins = [begin for begin, _ in stats.spans]
    floor = [0] * len(begins)
    for outcome in sorted(stats.outcomes, key=_place):
        heights = [outcomes.get(outcome, 0) for _, outcomes in stats.spans]
        label = f"{OUTCOMES.get(outcome, outcome)} {stats.outcomes[outcome]:,}"
        axes.bar(
            range(len(begins)),
            heights,
            bottom=floor,
            color=COLOURS.get(outcome, OTHER),
            label=drawable(label, NAME_MAX),
            width=0.8,
        )
        floor = [low + height for low, height in zip(floor, heights, strict=True)]
    step = max(1, -(-len(begins) // TICKS_MAX))
    axes.set_xticks(range(0, len(begins), step), begins[::step])
    axes.set_xlim(-0.6, max(len(begins), 8) - 0.4)
    _plain(axes, f"Purges a {'week' if stats.weekly else 'day'} (UTC)")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(y=0.08)
    axes.tick_params(axis="x", pad=8)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=4, frameon=False, fontsize=9, labelcolor=INK
    )  # fmt: skip


def _draw_bars(axes: Axes, title: str, rows: Sequence[tuple[str, int]], total: int) -> None:
    """A bar for each of the first rows, most on top, with its number."""
    shown = rows[:ROWS]
    places = range(len(shown))
    axes.barh(places, [n for _, n in shown], color=BAR, height=0.62)
    axes.set_yticks(places, [drawable(name, NAME_MAX) for name, _ in shown])
    axes.set_ylim(max(len(shown), 3) - 0.5, -0.5)
    for place, (_, n) in zip(places, shown, strict=True):
        axes.annotate(
            f"{n:,} · {percent(n / total)}", (n, place), (5, 0), textcoords="offset points", va="center", fontsize=9,
            color=INK,
        )  # fmt: skip
    axes.set_xlim(0, max((n for _, n in shown), default=1) * 1.35)
    _plain(axes, title)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _plain(axes: Axes, title: str) -> None:
    axes.set_facecolor(GROUND)
    axes.set_title(title, fontsize=10, color=FAINT, loc="left")
    axes.tick_params(colors=INK, labelsize=9, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)


def _place(outcome: str) -> int:
    order = [*COLOURS]
    return order.index(outcome) if outcome in COLOURS else len(order)


def drawable(text: str, limit: int) -> str:
    """`text` in what the chart's font surely has, without signs that matplotlib reads as formulas."""
    cut = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return "".join(
        char if char.isprintable() and (ord(char) < 0x530 or char in "…·•“”") else "□" for char in cut
    ).replace("$", r"\$")
