"""What tells an old copy from the new one in a check, where its table does not show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.proof.doubts import Doubt
from bot.domain.proof.modified import told_older
from bot.domain.proof.reasons import REWRITTEN
from bot.domain.proof.verdict import ORIGIN, Look, Verdict
from bot.services.looks.checks import by_page, verdict_of
from bot.services.replies import Checked
from bot.slack.escape import escape, url_text


def told_apart(checked: Checked) -> Iterator[str]:
    """Last-Modified of the first that is old by that, or that only bytes differ."""
    first, told = next(_older(checked.looks), (None, ""))
    if first is not None:
        page = f" of {url_text(first.url, 100)}" if len(checked.urls) > 1 else ""
        yield f"The copy{page} at {escape(first.place, 40)} is the older one: {told}."
    if Doubt.JUST_BYTES in checked.judgement.doubts:
        yield f"{REWRITTEN[:1].upper()}{REWRITTEN[1:]}."


def _older(looks: Sequence[Look]) -> Iterator[tuple[Look, str]]:
    of_page = by_page(looks)
    for look in looks:
        page = of_page[look.url]
        origins = [one for one in page if one.place == ORIGIN and one.variant == look.variant and not one.problem]
        if look.place != ORIGIN and (told := told_older(look, origins)) and verdict_of(look, page) is Verdict.STALE:
            yield look, told
