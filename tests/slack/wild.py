"""Every card there is, with one text in each field that comes from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.domain.actor import Actor, Standing
from bot.domain.grammar.command import BadLine, Choice, Command, Misunderstood, Verb
from bot.domain.grammar.speech import Search
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.hold_news import HoldNews, Turn
from bot.domain.jobs.job import Approval, JobView, LayerState, LayerView, State, Trouble, Vote
from bot.domain.jobs.plan import Cost, LayerPlan, Plan
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.jobs.timeline import Entry, Moment
from bot.domain.policies.policy import Allow, Ask, Deny
from bot.domain.proof.verdict import Look, Verdict, judge
from bot.domain.site import Layer, Site
from bot.domain.stats import Ended, count
from bot.domain.target import Target
from bot.ledger.holds import SheafSize, Waiting
from bot.ledger.reviews import Review
from bot.services.replies import Checked, HoldEnded, HoldLaid, Kept, LogShown, Queued, StatsShown, Waits, WhoAmI
from bot.slack.cards import (
    Card,
    checked,
    deny,
    findings,
    glass_card,
    holds,
    private,
    reminder_card,
    request_card,
    root_card,
    thread_line,
)
from bot.slack.cards.history import log_card, timeline_card
from bot.slack.cards.hold_news import news_card
from bot.slack.cards.request import asked_card
from bot.slack.cards.stats import stats_card
from bot.slack.cards.thread import again_line, outcome_line, reminder_line
from providers.contract import Cached, Kind

T = 1_800_000_000.0
APPROVED = Approval(0, (), T, "", "")


def strings(node: object, kind: str = "") -> Iterator[tuple[str, str]]:
    """Every text in blocks or a view, with the sort of text object it stands in."""
    if isinstance(node, list):
        for part in node:
            yield from strings(part, kind)
    if isinstance(node, Mapping):
        sort = str(node.get("type", ""))
        for name, part in node.items():
            if isinstance(part, str) and name in ("text", "accessibility_label"):
                yield sort, part
            yield from strings(part, sort)


def without_ours(text: str) -> str:
    """mrkdwn without date tokens and entities: no mark is left in it unless somebody else put one there."""
    return re.sub(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[-0-9: ]+ UTC>|&(?:amp|lt|gt);", "", text)


def every_card(text: str) -> dict[str, Card]:
    """Each card there is, with `text` wherever something of other people's, providers' or pages' can stand."""
    return {**_job_cards(text), **_private_cards(text), **_finding_cards(text)}


def _layer(text: str, state: LayerState, calls: int = 7) -> LayerView:
    trouble = Trouble(text, text, text, text)
    return LayerView(
        text, text, state, calls, calls // 2, (text,) * 9, T, T + 1, trouble, (text,) * 5, 3, soft=calls % 2 == 0,
        note=text, waits_until=T + 90, open=2, pending=1, failed=1, unknown=1, cancelled=1, ready_at=T + 9,
    )  # fmt: skip


def wild_job(text: str, state: State, verdict: Verdict, kind: Kind = Kind.URL, targets: int = 1_000_000) -> JobView:
    """A job as bad as it gets."""
    looks = tuple(
        Look(f"{text}{n}", text, T, 500, text, text, n, text, text, Cached.HIT, text, n, text) for n in range(50)
    )
    places = tuple(f"{text}{n}" for n in range(50))
    votes = tuple(Vote(text, n % 2 == 0, T, text) for n in range(20))
    return JobView(
        id=7, site=text, environment=text, state=state, verdict=verdict, kind=kind, targets=targets,
        sample=(text,) * 20, soft=True, requested_by=text, created=T, digest=text, rule=text,
        layers=tuple(_layer(text, of) for of in LayerState), reason=text, why=text, looks=looks, before=looks,
        fresh_at=places, stale_at=places, purged=T, proven=T, ended=T, eta=T + 90,
        approval=Approval(
            99, (text,) * 500, T + 1800, text, text, text, votes, (text,) * 2, (text,) * 9, returned=text,
            earlier=votes, choices=(text,) * 3,
        ), notes=(text,) * 50,
        read_as=text,
        stop_reason=f"{text}: {text}", url=text, team=text, source=text, channel=text, hosts=(text,) * 50,
        edges=places, left_alone=(text,) * 9, round=1, due_at=T,
    )  # fmt: skip


LOOKED = (State.CHECKING, State.DONE, State.PARTIAL)
VERDICTS = {state: tuple(Verdict) if state in LOOKED else (Verdict.UNCHECKED,) for state in State}
SHAPES = ((Kind.URL, 1), (Kind.TAG, 1_000_000), (Kind.HOST, 1), (Kind.EVERYTHING, 1))


def _job_cards(text: str) -> dict[str, Card]:
    cards = {}
    for state, verdict in ((state, verdict) for state, verdicts in VERDICTS.items() for verdict in verdicts):
        for kind, targets in SHAPES:
            job = wild_job(text, state, verdict, kind, targets)
            cards[f"root {state} {verdict} {kind}"] = root_card(job, T, "salt")
            cards[f"request {state} {verdict} {kind}"] = request_card(job, T, "token", True, text, "salt")
            cards[f"both {state} {verdict} {kind}"] = request_card(job, T, "token", True, "", "salt", is_root=True)
    waiting = wild_job(text, State.WAITING, Verdict.UNCHECKED)
    cards["who is asked"] = asked_card(waiting, (text,) * 3, "token", {text: text})
    cards["root with choices"] = root_card(waiting, T, "salt", "token")
    cards["why not"] = deny.why_card(waiting, "token")
    cards["reminder"] = Card(reminder_line(waiting, (text,) * 500))
    cards["again"] = Card(again_line(waiting, (text,) * 500))
    for state in (State.DENIED, State.EXPIRED, State.QUEUED):
        cards[f"outcome {state}"] = Card(outcome_line(replace(waiting, state=state), {text: text}))
    return cards


def _private_cards(text: str) -> dict[str, Card]:
    job = wild_job(text, State.PURGING, Verdict.UNCHECKED)
    told = {event: Told(event, text, text, 5, 3.0, (text,) * 50, text) for event in Event}
    bad = tuple(BadLine(n, text, text) for n in range(200))
    entries = tuple(
        Entry(event, text, {text: text, "of": [text], "also": [text], "n": 3}) for event in ("asked", "decided", text)
    )
    moments = (*(Moment(T, step) for step in told.values()), *(Moment(T, entry) for entry in entries))
    search = Search((text[:200],) * 3, (Kind.URL,), f"@{text[:200]}", "7d", (text[:200],) * 2)
    wild_end = Ended(text, (text, text), text, text, True, T, 3.0, 2.0, (text,))
    counted = count([wild_end, replace(wild_end, ran=False)] * 9)
    command = Command(Verb.PURGE, (Target(Kind.HOST, text),) * 30, text, bad=bad, reason=text)
    site = Site(text, (text,) * 30, channel=text, layers=(Layer(text),) * 30)
    choices = tuple(Choice(text, text) for _ in range(20))
    return {
        "misunderstood": private.misunderstood_card(Misunderstood(text, text, choices), "draft"),
        "misunderstood lines": private.misunderstood_card(Misunderstood("\n".join([text] * 20), text), ""),
        "refusal": private.refusal_card(text, text),
        "bad lines": private.bad_lines_card(command, "draft"),
        "confirm host": private.confirm_host_card(command, "draft"),
        "status": private.status_card((job,) * 90, T, "/purge"),
        "show in short": private.show_card(job, T),
        "timeline": timeline_card(job, moments * 9, T),
        "log": log_card(LogShown(search, (Kept(job),) * 10, 20, "log", "log page 3"), "purgebot"),
        "log of nothing": log_card(LogShown(search, ()), "/purge"),
        "stats": stats_card(StatsShown(search, counted, {text: text})),
        "sites": private.sites_card((site,) * 90),
        "whoami": private.whoami_card(WhoAmI(Actor(text, Standing.MEMBER), True, ((site, text),) * 20, 90)),
        "help": private.help_card("\n".join([text] * 90)),
        "done": private.done_card(job, text),
        "open form": private.open_form_card(site, "draft"),
        "made": private.made_card(job, text),
        **_guard_cards(job, text),
        **{f"step {event}": Card(thread_line(step)) for event, step in told.items()},
    }


def _guard_cards(job: JobView, text: str) -> dict[str, Card]:
    """Holds and broken glasses."""
    hold = Hold(text, text, text, T, T + 1)
    review = Review(1, 7, text, T, text, 9, 99, 60.0, T)
    names, asks, in_line = {text: text}, Ask(text, text, 99, (text,)), Waiting(7, text, text, T, 9, 8, text, text)
    closed = replace(review, closed_by=text, closed_at=T, note=text)
    waiting = wild_job(text, State.WAITING, Verdict.UNCHECKED)
    late = replace(waiting.approval or APPROVED, breakers=(text,) * 30)
    broken = replace(late, broken_by=text, broken_because=text)
    return {
        "held": holds.held_card(hold, text),
        "hold laid": holds.laid_card(HoldLaid(hold, replace(hold, by=f"{text}.")), "/purge"),
        "news of a hold": news_card(HoldNews(Turn.LAID, text, (hold,), T, other=hold), names),
        "news of its end": news_card(
            HoldNews(Turn.RELEASED, text, (hold,) * 9, T, text, hold, 9, 9, 9, 8, 7, calls=True), names
        ),
        "hold ended": holds.ended_card(HoldEnded(hold, hold), "/purge"),
        "queued": holds.queued_card(Queued(hold, text, SheafSize(9, 9, 8), asks, in_line, 3), text),
        "taken back": holds.taken_back_card("Q-7", text),
        "what is in line": holds.with_waiting(private.refusal_card(text), (Waits(in_line, hold),) * 10, 99, "/purge"),
        "what is held": holds.with_holds(private.refusal_card(text), (hold,) * 50),
        "a held job": root_card(replace(job, state=State.QUEUED, held=hold, also_by=(text,) * 50), T, "salt"),
        "glass": glass_card(job, review, text, "salt"),
        "glass reviewed": glass_card(replace(job, also_by=(text,) * 50), closed, text, "salt"),
        "reminder": reminder_card(job, review, "/purge"),
        "a request at its end": request_card(replace(waiting, approval=late), T + 1800, "token", True, text, "salt"),
        "a broken request": request_card(replace(job, approval=broken), T, "token", True, text, "salt"),
    }


def _finding_cards(text: str) -> dict[str, Card]:
    site = Site(text, (text,) * 30)
    looks = wild_job(text, State.DONE, Verdict.FRESH).looks
    urls = (text,) * 20
    layers = (LayerPlan(text, text, (), True, 90, Cost(9_999_999, text, 9, 8, 1e6), text),) * 20
    ask = Ask(text, text, 99, (text,) * 500)
    cards = {
        f"check {verdict}": checked.check_card(
            Checked(site, urls, looks, replace(judge((), looks), verdict=verdict, why=text), text), T, text
        )
        for verdict in Verdict
    }
    for decision in (Allow(text, text), ask, Deny(text, text, text)):
        for kind in Kind:
            targets = (Target(kind, text, text),) * 50
            plan = Plan(text, text, kind, kind, targets, True, layers, (text,) * 50, text)
            cards[f"plan {type(decision).__name__} {kind}"] = findings.plan_card(plan, decision, observing=True)
    return cards
