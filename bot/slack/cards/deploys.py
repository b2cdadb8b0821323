"""What the card of a deploy's job tells beside what any job's does: what came out, by whom, and what pages show now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.deploys.deploy import Deploy
from bot.domain.jobs.job import JobView, State
from bot.domain.proof.look import ORIGIN
from bot.domain.proof.met import EXPECTED_SHOWN, PATH_MAX, Met, met
from bot.domain.shown import count
from bot.services.deploying.notes import deployer
from bot.slack.cards.words import at_places, listed, number
from bot.slack.escape import code, escape, linked, person

VERSION_MAX, ACTOR_MAX = 60, 60  # characters
TOLD_MAX = 300  # of one sentence


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
    """`/` and `/a` show x-build: 4.2.0 at fra, iad, not at sin: pages of one fate together, those that lack it first,
    and how many more the thread tells of."""
    found = met(job.deploy.expected, job.looks) if job.deploy else []
    alike: dict[tuple[object, ...], list[Met]] = {}
    for one in found[:EXPECTED_SHOWN]:
        alike.setdefault((one.expected.told, one.shows, one.lacks), []).append(one)
    rest = found[EXPECTED_SHOWN:]
    bad = sum(not one.is_whole for one in rest)
    which = "which" if bad == len(rest) else f"{number(bad)} of which"
    doubt = f", {which} {'does' if bad == 1 else 'do'} not show it everywhere" if bad else ""
    more = [f"{count(len(rest), 'more page')} in the thread{doubt}"] if rest else []
    yield " · ".join([*map(_fate, alike.values()), *more])


def _fate(pages: Sequence[Met]) -> str:
    """What pages show of the same mark, at the same places."""
    names = listed([code(page.expected.path, PATH_MAX) for page in pages])
    what, one = escape(pages[0].expected.told), len(pages) == 1
    shows, lacks = at_places(pages[0].shows), at_places(pages[0].lacks)
    if shows:
        return f"{names} {'shows' if one else 'show'} {what}{shows}{f', not{lacks}' if lacks else ''}"
    if lacks:
        return f"{names} {'lacks' if one else 'lack'} {what}{lacks}"
    return f"whether {names} {'shows' if one else 'show'} {what} is not known"


def _called(job: JobView, deploy: Deploy) -> Iterator[str]:
    """What the pages call themselves, where that is another version than the deploy's."""
    called = list(dict.fromkeys(look.version for look in job.looks if look.version and look.place != ORIGIN))
    if called and deploy.version not in called:
        names = listed([code(version, 40) for version in called], 3)
        yield f"the pages call themselves {names}; with `expect`, a deploy is held against what they show"
