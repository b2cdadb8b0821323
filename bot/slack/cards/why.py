"""Why a page still looks old: one cause, the next step, how sure it is and what shows it, then the way from the visitor
to the origin."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from bot.domain.policies.policy import Ask, Deny
from bot.domain.why import Cause, Certainty, Cure, Name
from bot.domain.why.repeating import stands_for
from bot.services.replies import Explained
from bot.slack.cards.blocks import FIRST_MAX, Block, Card, actions, button, context, section
from bot.slack.cards.findings import policy_line
from bot.slack.cards.holds import would_wait
from bot.slack.escape import cut_marked, escape, linked, person, url_text

EVIDENCE_SHOWN, EVIDENCE_MAX = 8, 300
WAY_SHOWN, UNSEEN_SHOWN, NOTES_SHOWN = 8, 4, 3
LINE_MAX = 400  # characters
REPEAT_MAX = 700  # characters of a shell line; a longer one is left out, since half of it is none
_SURE = {
    Certainty.SEEN: "seen",
    Certainty.LIKELY: "likely; one thing in between was not seen",
    Certainty.POSSIBLE: "possible, the best that is left",
}
_CALM = (Name.BROWSERS, Name.UNCACHED, Name.NO_ANSWER, Name.UNKNOWN, Name.UNSTEADY, Name.NOTHING_OLD, Name.REDIRECTED)


def why_card(explained: Explained, command: str) -> Card:
    """The answer to `why`: also what of other visitors is not known."""
    told, cause = explained.diagnosis, explained.diagnosis.cause
    has_button = bool(cause.cure and cause.cure.line and explained.draft)
    mark = "⚪" if cause.name in _CALM else "🟠"
    text = cut_marked(f"{mark} {escape(cause.title)} · {url_text(explained.url)}\n{_said(cause.what)}", FIRST_MAX)
    lines = [
        f"How sure: {_SURE[cause.certainty]}.",
        *(f"• {escape(line, EVIDENCE_MAX)}" for line in cause.evidence[:EVIDENCE_SHOWN]),
        *([f"• asked by {person(cause.asked_by)}"] if cause.asked_by else []),
        *([f"• {cause.ended[0]} by {person(cause.ended[1])}"] if cause.ended[0] else []),
        *(f"Not known: {_said(one)}." for one in told.unseen[:UNSEEN_SHOWN]),
        *([f"To prevent it: {_said(cause.prevent)}"] if cause.prevent else []),
        *(escape(note, LINE_MAX) for note in explained.notes[:NOTES_SHOWN]),
        *(f"Also {also.name.value}: {_said(also.what)}" for also in told.also),
    ]
    step = _next(cause, command, has_button, explained)
    blocks: list[Block] = [section(text), *step, context(lines), *_repeat(cause.repeat)]
    way = [context(_way(told.way))] if told.way else []
    row = [button(cause.cure.label, "pick", f"{explained.draft}:0", "primary")] if cause.cure and has_button else []
    return Card(text, [*blocks, *way, *actions(row)])


def _next(cause: Cause, command: str, has_button: bool, explained: Explained) -> Iterator[Block]:
    """The next step, as large as the cause itself, with the line to type where no button does it, and with what the
    policy and a hold have against it."""
    if cause.cure is None:
        return
    is_typed = bool(cause.cure.line) and not has_button
    line = f" `{escape(cure_line(cause.cure, command), LINE_MAX)}`" if is_typed else ""
    decision, held = explained.decision, explained.held
    policy = f"\n{policy_line(decision, '')}" if isinstance(decision, Ask | Deny) else ""
    hold = f"\n{would_wait(held, cure_line(cause.cure, command))}" if held is not None else ""
    card = f" {link}." if (link := linked(cause.card, "Its card in the channel")) else ""
    yield section(f"*Next:* {_said(cause.cure.says)}{card}{line}{policy}{hold}")


def cure_line(cure: Cure, command: str) -> str:
    """The line to type: after a slash command as people type it, in a shell with its verb and its quotes."""
    if command.startswith("/"):
        return f"{command} {cure.line}"
    return f"{command} {' '.join(map(shlex.quote, cure.typed.split()))}"


def _repeat(line: str) -> Iterator[Block]:
    """The shell line that shows it again, whole or not at all."""
    shown = escape(line, REPEAT_MAX + 1)
    if line and "`" not in line and len(shown) <= REPEAT_MAX:
        yield context([f"To see it again:\n```\n{shown}\n```", *(f"{words}." for words in stands_for(line))])


def _way(hops: Sequence[str]) -> list[str]:
    """A line for each hop, from the visitor inwards."""
    return [f"{'visitor ' if n == 0 else ''}← {escape(hop, 150)}" for n, hop in enumerate(hops[:WAY_SHOWN])]


def _said(text: str) -> str:
    """A sentence of the diagnosis, in which headers and URLs of the outside world may stand."""
    return escape(text, 600)
