"""Why a page still looks old: one cause and how sure it is, what shows it, what cures it and what prevents it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.why import Cause, Certainty, Name
from bot.services.replies import Explained
from bot.slack.cards.blocks import Card, button, card
from bot.slack.escape import escape, person, url_text

EVIDENCE_SHOWN = 4
WAY_SHOWN = 8
_SURE = {
    Certainty.SEEN: "seen",
    Certainty.LIKELY: "likely, and not seen itself",
    Certainty.POSSIBLE: "possible, the best that is left",
}
_CALM = (Name.BROWSERS, Name.UNCACHED, Name.NO_ANSWER, Name.UNKNOWN, Name.UNSTEADY)


def why_card(explained: Explained, command: str) -> Card:
    """The answer to `why`."""
    told, cause = explained.diagnosis, explained.diagnosis.cause
    has_button = bool(cause.cure and cause.cure.line and explained.draft)
    mark = "⚪" if cause.name in _CALM else "🟠"
    lines = [
        f"How sure: {_SURE[cause.certainty]}.",
        *(f"• {_said(line)}" for line in cause.evidence[:EVIDENCE_SHOWN]),
        f"• asked by {person(cause.asked_by)}" if cause.asked_by else "",
        _cure_in_words(cause, command, has_button),
        f"To prevent it: {_said(cause.prevent)}" if cause.prevent else "",
        *(f"Also {also.name.value}: {_said(also.what)}" for also in told.also),
        *_way(told.way),
    ]
    first = f"{mark} {cause.name.value} · {url_text(explained.url)}\n{_said(cause.what)}"
    row = [button(cause.cure.label, "pick", f"{explained.draft}:0", "primary")] if cause.cure and has_button else []
    return card(first, lines, row)


def _cure_in_words(cause: Cause, command: str, has_button: bool) -> str:
    if cause.cure is None or has_button:
        return ""
    line = f": `{escape(f'{command} {cause.cure.line}', 400)}`" if cause.cure.line else ""
    return f"Now: {escape(cause.cure.label)}{line}"


def _way(hops: Sequence[str]) -> list[str]:
    """A line for each hop, from the visitor inwards."""
    return [f"{'visitor ' if n == 0 else ''}← {escape(hop, 150)}" for n, hop in enumerate(hops[:WAY_SHOWN])]


def _said(text: str) -> str:
    """A sentence of the diagnosis, in which headers and URLs of the outside world may stand."""
    return escape(text, 600)
