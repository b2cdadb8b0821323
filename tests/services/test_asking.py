"""Asking for votes: who takes them where, when people are called, and what may be had instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.defaults import built_in
from bot.domain.site import Site
from bot.domain.target import Target
from bot.ledger.books import Books
from bot.ledger.messages import Message, Role
from bot.services.replies import Done, JobMade, Refusal
from bot.services.requests.choices import choices_of, kept
from bot.services.requests.deciding import submit
from bot.services.requests.planning import make_plan
from bot.services.requests.purges import Asking
from bot.services.setup import Current, Setup
from bot.services.voting.approvals import deniable, vote
from bot.services.voting.asking import at_once
from providers.contract import Kind
from tests.services.shop import APPROVERS, EVERYTHING, GUEST, LEA, MIA, SAM, SHOP, Shop, open_shop, url

NEWS = Target(Kind.PREFIX, "www.shop.test/news/", "shop")
TWO_HOSTS = replace(SHOP, hosts=("www.shop.test", "img.shop.test"))


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    opened = open_shop(tmp_path)
    yield opened
    await opened.ledger.close()


def configured(shop: Shop, channel: str, site: Site = SHOP) -> Shop:
    """The shop with its votes asked for in `channel`."""
    setup = Setup({"shop": site}, shop.core.setup.providers, built_in(APPROVERS), channel)
    core = replace(shop.core, current=Current(setup))
    return replace(shop, core=core)


async def messages(shop: Shop, job: int) -> dict[Role, Message]:
    def question(books: Books) -> dict[Role, Message]:
        found = {role: books.messages.find(job, role) for role in Role}
        return {role: message for role, message in found.items() if message is not None}

    return await shop.ledger.read(question)


async def due_calls(shop: Shop) -> list[Role]:
    """The calls that are to be made now."""
    now = shop.clock.now()
    due = await shop.ledger.read(lambda books: books.messages.due(now))
    return [message.role for message in due if message.role.is_call]


WHERE = [
    pytest.param("C_APPROVE", {Role.ROOT: "C_SHOP", Role.REQUEST: "C_APPROVE"}, id="in-their-channel"),
    pytest.param("C_SHOP", {Role.ROOT: "C_SHOP"}, id="on-the-jobs-own-card-in-the-same-channel"),
    pytest.param("", {Role.ROOT: "C_SHOP"}, id="on-the-jobs-own-card-where-there-is-none"),
]


@pytest.mark.parametrize(("channel", "expected"), WHERE)
async def test_votes_are_taken(shop: Shop, channel: str, expected: dict[Role, str]) -> None:
    job = await configured(shop, channel).purge(MIA, NEWS)
    found = await messages(shop, job.id)
    assert expected == {role: message.channel for role, message in found.items()}


async def test_those_asked_are_called_once_at_half_time(shop: Shop) -> None:
    job = await shop.purge(MIA, NEWS)
    await shop.slate.advance(899)
    before = await due_calls(shop)
    await shop.slate.advance(2)
    at_half_time = await due_calls(shop)
    message = (await messages(shop, job.id))[Role.HALF_TIME]
    await shop.ledger.write(lambda books: books.messages.called(message, "1.1"))
    await shop.slate.advance(800)
    assert ([], [Role.HALF_TIME], []) == (before, at_half_time, await due_calls(shop))


async def test_a_process_that_was_down_at_half_time_calls_once(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, NEWS)
    shop.clock.at = job.created + 1000
    again = await shop.crash()
    await again.slate.advance(10)
    called = await due_calls(again)
    third = await again.crash("third")
    await third.slate.advance(10)
    reminded = (await third.job(job.id)).approval
    await third.ledger.close()
    assert [Role.HALF_TIME] == called
    assert reminded is not None and reminded.reminded


async def test_an_expired_job_tells_whoever_asked_and_reminds_nobody_more(shop: Shop) -> None:
    job = await shop.purge(MIA, NEWS)
    await shop.slate.advance(1801)
    assert State.EXPIRED == (await shop.job(job.id)).state
    assert Role.OUTCOME in await due_calls(shop)


async def test_a_machine_is_told_by_no_mention(shop: Shop) -> None:
    token = Actor("token:ci", Standing.TOKEN, sites=frozenset({"shop"}))
    job = await shop.purge(token, NEWS)
    await vote(shop.core, SAM, job.id, yes=True)
    assert Role.OUTCOME not in await messages(shop, job.id)


@pytest.mark.parametrize("reason", ["", " "], ids=["none", "blank"])
async def test_a_no_wants_a_reason(shop: Shop, reason: str) -> None:
    job = await shop.purge(MIA, NEWS)
    told = await vote(shop.core, SAM, job.id, yes=False, reason=reason)
    assert told == Refusal(
        "Say why: whoever asked for P-1 reads it.",
        "Type `/purge deny P-1 not during the sale`, with your own words.",
    )
    assert State.WAITING == (await shop.job(job.id)).state


TWICE = Refusal(
    "You have voted on P-1 already.",
    "Your vote counts once. Take it back with `/purge deny P-1 because …`: one no ends it.",
)


async def test_a_no_takes_back_ones_own_yes_and_ends_it(shop: Shop) -> None:
    job = await shop.purge(MIA, EVERYTHING, reason="INC-1")
    await vote(shop.core, SAM, job.id, yes=True)
    repeated = await vote(shop.core, SAM, job.id, yes=True)
    told = await vote(shop.core, SAM, job.id, yes=False, reason="wrong site")
    late = await vote(shop.core, SAM, job.id, yes=True)
    ended = await shop.job(job.id)
    assert TWICE == repeated
    assert isinstance(told, Done) and "denied" == told.what
    assert late == Refusal("P-1 no longer waits for votes: it is denied.", "<@U_SAM> decided.")
    assert (State.DENIED, "U_SAM: wrong site") == (ended.state, ended.stop_reason)
    assert ended.approval is not None
    assert [("U_SAM", False, "wrong site")] == [(v.by, v.yes, v.reason) for v in ended.approval.votes]


async def test_a_yes_that_was_enough_is_not_taken_back(shop: Shop) -> None:
    job = await shop.purge(MIA, NEWS)
    await vote(shop.core, SAM, job.id, yes=True)
    told = await vote(shop.core, SAM, job.id, yes=False, reason="wrong site")
    assert told == Refusal("P-1 no longer waits for votes: it is queued.", "<@U_SAM> decided.")


async def test_who_may_not_see_a_job_hears_nothing_of_what_was_decided(shop: Shop) -> None:
    job = await shop.purge(MIA, NEWS)
    waiting = await vote(shop.core, GUEST, job.id, yes=True)
    await vote(shop.core, SAM, job.id, yes=True)
    told = [await vote(shop.core, GUEST, job.id, yes=yes, reason="no") for yes in (True, False)]
    asked = await deniable(shop.core, GUEST, job.id)
    assert Refusal("Guests may not do this.", "Ask a full member of the workspace.", by_rule=True) == waiting
    assert [waiting] * 3 == [*told, asked]


CHOICES = [
    pytest.param(
        (EVERYTHING,), TWO_HOSTS,
        [
            ("Only the front page", Kind.URL, "https://www.shop.test/"),
            ("Only the host www.shop.test", Kind.HOST, "www.shop.test"),
        ],
        id="everything-on-two-hosts",
    ),
    pytest.param((EVERYTHING,), SHOP, [("Only the front page", Kind.URL, "https://www.shop.test/")], id="on-one-host"),
    pytest.param(
        (Target(Kind.HOST, "img.shop.test", "shop"),), TWO_HOSTS,
        [("Only https://img.shop.test/", Kind.URL, "https://img.shop.test/")], id="a-host",
    ),
    pytest.param(
        (NEWS,), SHOP, [("Only the page https://www.shop.test/news/", Kind.URL, "https://www.shop.test/news/")],
        id="a-prefix",
    ),
    pytest.param((NEWS, url("/")), SHOP, [], id="several-things"),
    pytest.param((Target(Kind.TAG, "news", "shop"),), SHOP, [], id="a-tag"),
]  # fmt: skip


@pytest.mark.parametrize(("targets", "site", "expected"), CHOICES)
def test_something_narrower(
    shop: Shop, targets: tuple[Target, ...], site: Site, expected: list[tuple[str, Kind, str]]
) -> None:
    command = Command(Verb.PURGE, targets, "shop", reason="INC-881", only="cf", notes=("a note",))
    providers = shop.core.setup.providers
    found = choices_of(make_plan(command, site, providers, {}), command, site, providers)
    assert expected == [(x.label, x.command.targets[0].kind, x.command.targets[0].value) for x in found]
    assert all((x.command.reason, x.command.only, x.command.notes) == ("INC-881", "cf", ()) for x in found)


async def test_what_a_layer_cannot_do_is_not_offered(shop: Shop) -> None:
    shop.shield.know_no(Kind.URL)
    job = await shop.purge(MIA, NEWS)
    assert job.approval is not None
    assert () == job.approval.choices


async def test_nothing_narrower_is_offered_for_what_a_diagnosis_names(shop: Shop) -> None:
    asking = Asking(MIA, "cure", "slack", "C_SHOP", is_cure=True)
    made = await submit(shop.core, asking, Command(Verb.PURGE, (NEWS,), "shop"), shop.core.setup.sites["shop"])
    assert isinstance(made, JobMade) and made.job.approval is not None
    assert () == made.job.approval.choices


async def choose(shop: Shop, job: JobView, n: int, by: Actor = LEA) -> JobMade | object:
    root = (await messages(shop, job.id))[Role.ROOT]
    choices = await shop.ledger.read(lambda books: kept(books, root.token, shop.clock.now()))
    assert choices is not None
    asking = Asking(by, f"draft {root.token}", "slack", "C_SHOP", instead_of=choices.job)
    return await submit(shop.core, asking, choices.offered[n].command, shop.core.setup.sites["shop"])


async def test_the_narrower_one_takes_the_place_of_the_waiting_one_in_one_go(shop: Shop) -> None:
    job = await shop.purge(LEA, EVERYTHING, reason="INC-881")
    made = await choose(shop, job, 0)
    twice = await choose(shop, job, 0)
    old = await shop.job(job.id)
    assert isinstance(made, JobMade) and isinstance(twice, JobMade)
    assert (True, False, made.job.id) == (made.new, twice.new, twice.job.id)
    assert (State.CANCELLED, "P-2 was asked for instead.", "U_LEA") == (old.state, old.why, old.stop_reason)
    assert (State.QUEUED, "INC-881") == (made.job.state, made.job.reason)


async def test_what_was_decided_meanwhile_keeps_its_place(shop: Shop) -> None:
    job = await shop.purge(LEA, EVERYTHING, reason="INC-881")
    await vote(shop.core, SAM, job.id, yes=False, reason="not now")
    told = await choose(shop, job, 0)
    assert told == Refusal("P-1 no longer waits: it is denied.", "Ask for the narrower one by itself.")


async def test_a_narrower_one_that_the_policy_refuses_leaves_the_waiting_one(shop: Shop) -> None:
    job = await shop.purge(LEA, EVERYTHING, reason="INC-881")
    gone = Actor("U_LEA", Standing.GONE, "T_SHOP")
    told = await choose(shop, job, 0, by=gone)
    assert isinstance(told, Refusal)
    assert State.WAITING == (await shop.job(job.id)).state


async def test_what_would_run_at_once_is_told(shop: Shop) -> None:
    two = configured(shop, "C_APPROVE", TWO_HOSTS)
    job = await two.purge(LEA, EVERYTHING, reason="INC-881")
    root = (await messages(shop, job.id))[Role.ROOT]
    choices = await shop.ledger.read(lambda books: kept(books, root.token, shop.clock.now()))
    assert choices is not None
    assert ["Only the front page"] == await at_once(two.core, LEA, choices.offered)


async def test_a_job_that_is_asked_again_calls_people_again_and_keeps_the_old_votes(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, NEWS)
    shop.clock.at += 60
    agreed = await vote(shop.core, SAM, job.id, yes=True)
    shop.clock.at += 1000
    again = await shop.crash()
    await again.slate.advance(5)
    asked = (await again.job(job.id)).approval
    calls = await due_calls(again)
    due = (await again.job(job.id)).due_at
    await again.ledger.close()
    assert isinstance(agreed, Done)
    assert asked is not None
    assert (1, False, ["U_SAM"], ()) == (asked.round, asked.reminded, [v.by for v in asked.earlier], asked.votes)
    assert Role.AGAIN in calls
    assert asked.asked + 900 == due


async def test_cards_in_one_channel_become_one(shop: Shop) -> None:
    job = await shop.purge(MIA, NEWS)
    request = (await messages(shop, job.id))[Role.REQUEST]

    def deed(books: Books) -> None:
        books.messages.shown(request, "7.7", "hash", 1.0)
        books.messages.join(job.id, 2.0)

    await shop.ledger.write(deed)
    found = await messages(shop, job.id)
    root = found[Role.ROOT]
    assert {Role.ROOT} == set(found)
    assert ("C_APPROVE", "7.7", request.token, 2.0) == (root.channel, root.ts, root.token, root.due_at)


async def test_a_call_that_is_made_anew_meanwhile_is_still_due(shop: Shop) -> None:
    job = await shop.purge(MIA, NEWS)
    await shop.ledger.write(lambda books: books.messages.call(job.id, Role.AGAIN, 10.0))
    message = (await messages(shop, job.id))[Role.AGAIN]

    def deed(books: Books) -> None:
        books.messages.call(job.id, Role.AGAIN, 20.0)
        books.messages.called(message, "1.1")

    await shop.ledger.write(deed)
    assert Role.AGAIN in await due_calls(shop)
