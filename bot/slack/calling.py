"""Who is mentioned, and by what name everybody else is told: a mention in a new message calls its person, a name does
not, and an edit calls nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from bot.domain.actor import is_machine
from bot.domain.jobs.job import Approval, JobView, State
from bot.domain.policies.policy import Policy
from bot.domain.policies.ruling import voters
from bot.ledger.messages import Role
from bot.services.setup import Core
from bot.services.voting.roster import read_roster
from bot.slack.cards.thread import NAMES_SHOWN, again_line, end_line, outcome_line, reminder_line
from bot.slack.web_api import SlackApi, SlackTrouble

Names = Mapping[str, str]


class Calling:
    """Knows names for as long as the process lives."""

    def __init__(self, core: Core, api: SlackApi) -> None:
        self._core = core
        self._api = api
        self._names: dict[str, str] = {}

    async def names(self, people: Iterable[str]) -> Names:
        """What Slack calls these people; whoever it does not tell of is missing."""
        wanted = [who for who in dict.fromkeys(people) if who and not is_machine(who)]
        await asyncio.gather(*(self._learn(who) for who in wanted if who not in self._names))
        return {who: self._names[who] for who in wanted if who in self._names}

    async def _learn(self, who: str) -> None:
        try:
            answer = await self._api.call("users.info", user=who)
        except SlackTrouble:
            return
        name = _name(answer.get("user"))
        if name:
            self._names[who] = name

    async def asked(self, job: JobView) -> Sequence[str]:
        """Whom to mention so that everybody who is asked is called: user-groups of the configuration first, but none
        that holds whoever asked; then the people who are in none of them."""
        approval = job.approval
        if approval is None:
            return ()
        return await self._as_groups(approval.groups, approval.of, job.asked_by)

    async def reviewers(self, job: JobView, breaker: str) -> Sequence[str]:
        """Whom to mention so that those are called who may close the review of a glass that `breaker` broke: those whom
        the rule asks for votes, else those who may break it; nobody who broke it or asked for the job."""
        approval, setup = job.approval, self._core.setup
        if approval is None:
            return ()
        roster = await read_roster(self._core)
        not_they = {breaker, *job.asked_by}
        for words in (approval.groups, approval.breakers):
            if people := voters(setup.policy, roster, words, not_they).people:
                return await self._as_groups(words, sorted(people), not_they)
        return ()

    async def _as_groups(self, words: Sequence[str], people: Sequence[str], but: Set[str]) -> Sequence[str]:
        """User-groups behind `words` that call some of `people`, and none of `but`; then the people in none of them."""
        groups, left = [], list(people)
        for group in dict.fromkeys(_user_groups(self._core.setup.policy, words)):
            members = (await self._core.directory.members(group)).people
            if members & {*left} and not members & but:
                groups.append(group)
                left = [who for who in left if who not in members]
        return (*groups, *left)

    async def line(self, role: Role, job: JobView) -> str:
        """What a call says of `job` as it is now; "" where there is nothing to call for any more."""
        approval = job.approval
        barred = approval is not None and bool(approval.barred)
        returned = approval is not None and bool(approval.returned)
        if role is Role.OUTCOME and (barred or returned or job.state is not State.WAITING):
            return outcome_line(job, await self.names(_named(job)))
        if role is Role.END:
            return end_line(job, await self.names(_named(job)))
        if approval is None or barred:
            return ""
        match role:
            case Role.AGAIN if job.state is State.WAITING:
                return again_line(job, await self.asked(job))
            case Role.HALF_TIME if job.state is State.WAITING:
                return reminder_line(job, await self._silent(job, approval))
            case _:
                return ""

    async def _silent(self, job: JobView, approval: Approval) -> Sequence[str]:
        """Those who were asked and have not voted in this round."""
        voted = {vote.by for vote in approval.votes}
        return [who for who in approval.of if who not in voted] if voted else await self.asked(job)


def _named(job: JobView) -> list[str]:
    approval, stopped_by = job.approval, job.stop_reason.partition(": ")[0]
    voted = [vote.by for vote in approval.votes] if approval else []
    voted += [*approval.of[:NAMES_SHOWN], *approval.bar_lost] if approval else []
    return [*voted, stopped_by] if job.state is State.CANCELLED else voted


def _user_groups(policy: Policy, words: Iterable[str]) -> Iterator[str]:
    for word in words:
        parts = policy.groups.get(word, (word,))
        yield from (part for part in parts if policy.is_user_group(part))


def _name(user: object) -> str:
    """As Slack shows it: the display name, else the real name."""
    doc = user if isinstance(user, Mapping) else {}
    profile = doc.get("profile")
    shown = profile if isinstance(profile, Mapping) else {}
    names = (shown.get("display_name"), shown.get("real_name"), doc.get("real_name"), doc.get("name"))
    return next((name for name in names if isinstance(name, str) and name), "")
