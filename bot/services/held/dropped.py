"""Requests in line that come to nothing: their askers, the site's channel and the record are told which, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog

from bot.domain.jobs.hold_news import HoldNews, Turn
from bot.domain.policies.policy import Deny, Policy
from bot.domain.policies.wording import listed
from bot.ledger.books import Books
from bot.ledger.dropped import to_asker
from bot.ledger.holds import REFUSED_LATER, InLine, Over
from bot.services.held.announcing import channels_of
from bot.services.replies import refused_by
from bot.services.setup import HOME, SLACK, Core, delivery_name

log = structlog.get_logger()
TOLD_MAX = 10  # lines of what came to nothing, in one message


@dataclass(frozen=True, slots=True)
class No:
    """Why a request comes to nothing: for whoever asked, and for others."""

    what: str
    advice: str
    others: str
    rule: str = ""


def no_of(denied: Deny, policy: Policy) -> No:
    """The policy's no with the rule that says it."""
    by_rule = denied.rule in {*(rule.name for rule in policy.rules), *(one.name for one in policy.tighten)}
    named = f" Rule `{denied.rule}` says so." if by_rule else ""
    refused = refused_by(denied)
    what = refused.what if denied.forbids else f"{refused.what}{named}"
    return No(what, refused.advice, f"{denied.to_others}{named}", denied.rule)


async def drop(core: Core, site: str, denied: Sequence[tuple[InLine, No]]) -> None:
    """They come to nothing: whoever asked is told so in private, and the site's channel, the journal and `show` tell it
    to everybody."""
    now = core.clock.now()
    names = {by: await core.directory.name(by) for by in {request.by for request, _ in denied}}

    def deed(books: Books) -> list[str]:
        still = [(request, no) for request, no in denied if _waits(books, request)]
        for request, no in still:
            books.holds.drop([request], Over("policy", now, no.rule, no.others))
            books.journal.add(
                now, "queued_refused", "policy",
                request=f"Q-{request.id}", site=site, asked_by=request.by, rule=no.rule, why=no.others,
            )  # fmt: skip
        books.homes.changed()
        said = [_line(some, site, names[by], no) for by, no, some in _alike(still)]
        if said:
            _announce(books, core, site, said, f"refused Q-{still[0][0].id}", now)
        return [_tell(books, some, site, no, now) for _, no, some in _alike(still) if some[0].source == "slack"]

    for key in await core.ledger.write(deed):
        core.engine.wake(delivery_name(key))
    core.engine.wake(SLACK)
    core.engine.wake(HOME)
    log.warning("queued_refused", site=site, n=len(denied), what=denied[0][1].others)


def _waits(books: Books, request: InLine) -> bool:
    found = books.holds.find_in_line(request.id)
    return found is not None and found[1] is None


def _alike(denied: Sequence[tuple[InLine, No]]) -> Iterable[tuple[str, No, list[InLine]]]:
    """Requests of one person, asked in one place, that one no is for."""
    found: dict[tuple[str, str, No], list[InLine]] = {}
    for request, no in denied:
        found.setdefault((request.by, request.channel, no), []).append(request)
    return [(by, no, some) for (by, _, no), some in found.items()]


def _named(requests: Sequence[InLine]) -> str:
    return listed([f"Q-{request.id}" for request in requests], "and")


def _line(requests: Sequence[InLine], site: str, name: str, no: No) -> str:
    does = "does" if len(requests) == 1 else "do"
    return f"{_named(requests)} of @{name}, queued for {site}, {does} not run. {no.others}"


def _announce(books: Books, core: Core, site: str, said: Sequence[str], key: str, now: float) -> None:
    more = len(said) - TOLD_MAX
    shown = (*said[:TOLD_MAX], *([f"And {more} more of that kind."] if more > 0 else []))
    for channel in channels_of(core, site):
        books.notices.tell(key, channel, HoldNews(Turn.UNDONE, site, (), now, said=shown))


def _tell(books: Books, requests: Sequence[InLine], site: str, no: No, now: float) -> str:
    """Tell whoever asked; the key of that."""
    key = f"{REFUSED_LATER} Q-{requests[0].id}"
    does = "does" if len(requests) == 1 else "do"
    what = f"{_named(requests)}, which you queued for {site}, {does} not run. {no.what}"
    books.intake.store(key, REFUSED_LATER, to_asker(requests[0], what, no.advice), now)
    return key
