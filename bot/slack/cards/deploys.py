"""What the card of a deploy's job tells beside what any job's does: what came out, by whom, and what pages show now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.domain.deploy import Deploy, is_page
from bot.domain.job import JobView, State
from bot.domain.look import ORIGIN, Look
from bot.services.notes import deployer
from bot.slack.cards.words import at_places, listed
from bot.slack.escape import code, escape, linked, person

VERSION_MAX, ACTOR_MAX = 60, 60  # characters
TOLD_MAX = 300  # of one sentence
EXPECTED_SHOWN = 3


def headline(line: str, job: JobView) -> str:
    """The first line of a job, with what came out before the job's name."""
    if job.deploy is None:
        return line
    emoji, _, rest = line.partition(" ")
    return f"{emoji} {named(job)} · {rest}"


def named(job: JobView) -> str:
    """shop 4.2.0; shop back to 4.1.9."""
    if job.deploy is None:
        return escape(job.site, 60)
    back = " back to" if job.deploy.rollback else ""
    return f"{escape(job.site, 60)}{back} {escape(job.deploy.version, VERSION_MAX)}"


def deploy_lines(job: JobView) -> Iterator[str]:
    """What the pages show that were to show something, and what needed no purge."""
    if job.deploy is None:
        return
    if job.state in (State.DONE, State.PARTIAL):
        yield from _expected(job) if job.deploy.expected else _called(job, job.deploy)
    yield " ".join(escape(sentence, TOLD_MAX) for sentence in (*job.deploy.told, job.deploy.cost) if sentence)


def cost_line(job: JobView) -> str:
    """What the purge of a deploy costs; "" where that is nothing."""
    return escape(job.deploy.cost, TOLD_MAX) if job.deploy else ""


def told_by(job: JobView) -> str:
    """deployed by mia, told by token `ci-shop` · the run · before it: 4.1.9."""
    deploy = job.deploy
    if deploy is None:
        return ""
    who = person(deployer(job)) if deployer(job) else escape(deploy.actor, ACTOR_MAX)
    told = f"told by {person(deploy.sender)}"
    came = f"deployed by {who}, {told}" if who else told
    was = f"before it: {escape(deploy.was, VERSION_MAX)}" if deploy.was and deploy.was != deploy.version else ""
    return " · ".join(filter(None, [came, linked(deploy.link, "what ran"), was]))


def trouble_line(job: JobView, outcome: str) -> str:
    """Calls whoever deployed: the edge does not serve what they brought out."""
    return f"{person(deployer(job))} {outcome}" if deployer(job) else ""


def _expected(job: JobView) -> Iterator[str]:
    """`/` shows x-build: 4.2.0 at fra, iad, not at sin."""
    for expected in job.deploy.expected[:EXPECTED_SHOWN] if job.deploy else ():
        page = [look for look in job.looks if is_page(look.url, expected)]
        here = [look for look in page if not look.variant and look.place != ORIGIN]
        shows = at_places(_places(look for look in here if look.shows == expected.told))
        lacks = at_places(_places(look for look in here if look.lacks == expected.told))
        what = escape(expected.told)
        if shows or lacks:
            told = f"shows {what}{shows}{f', not{lacks}' if lacks else ''}" if shows else f"lacks {what}{lacks}"
            yield f"{code(expected.path, 100)} {told}"


def _called(job: JobView, deploy: Deploy) -> Iterator[str]:
    """What the pages call themselves, where that is another version than the deploy's."""
    called = list(dict.fromkeys(look.version for look in job.looks if look.version and look.place != ORIGIN))
    if called and deploy.version not in called:
        names = listed([code(version, 40) for version in called], 3)
        yield f"the pages call themselves {names}; with `expect`, a deploy is held against what they show"


def _places(looks: Iterable[Look]) -> list[str]:
    return list(dict.fromkeys(look.place for look in looks))
