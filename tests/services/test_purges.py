"""A purge, from request to proof, with every bad day that a provider can have."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.job import LayerState, State
from bot.domain.jobs.plan import Cost, Plan
from bot.domain.jobs.steps import NO_END
from bot.domain.jobs.thread_step import Event
from bot.domain.jobs.turns import Place, Turns
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.verdict import Verdict
from bot.domain.site import Layer
from bot.domain.target import Target
from bot.ledger.audit import audit
from bot.ledger.batch import Room
from bot.ledger.books import Books
from bot.ledger.ledger import LedgerDown
from bot.ledger.reading import reading
from bot.services import deeds
from bot.services.replies import Done, Refusal
from bot.services.requests.alternatives import instead, narrower
from bot.services.requests.planning import make_plan
from bot.services.requests.purges import plan_for
from bot.services.voting import approvals
from providers import errors
from providers.contract import Kind, Price, Receipt
from providers.errors import BadCredentials, OutcomeUnknown, PurgeError, Throttled, Unavailable
from tests.services.shop import EVERYTHING, GUEST, KIM, LEA, MIA, SAM, SHOP, ScriptedProvider, open_shop, url
from tests.slate import SlateClock

PREFIX = Target(Kind.PREFIX, "www.shop.test/news/", "shop")
DOWN = Unavailable("Cloudflare answered 500.", "Try again.")
CUT = OutcomeUnknown("The answer was lost.", "It may have been done.")


async def test_one_url_is_purged_innermost_first_and_proven(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.edges.becomes = {"fra": ["v1", "v2"], "iad": ["v1", "v2"]}
    job = await shop.purge(MIA, url("/pricing"))
    await shop.slate.advance(5)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, Verdict.FRESH) == (ended.state, ended.verdict)
    assert ("fra", "iad") == ended.fresh_at
    assert [1, 1] == [len(shop.shield.sent), len(shop.cf.sent)]
    assert shop.shield.sent[0][0] <= shop.cf.sent[0][0]
    assert 60 == ended.browsers_may_keep


async def test_the_steps_are_told_in_order(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.edges.becomes = {"fra": ["v1", "v2"], "iad": ["v1", "v2"]}
    job = await shop.purge(MIA, url("/pricing"))
    await shop.slate.advance(5)
    events = await shop.events(job.id)
    await shop.ledger.close()
    expected = "allowed looked_before layer_begun layer_done layer_begun layer_done looked ended"
    assert expected == " ".join(events)


async def test_after_a_new_deploy_a_check_says_that_the_origin_has_changed(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.edges.becomes = {"fra": ["v1", "v2"], "iad": ["v1", "v2"]}
    job = await shop.purge(MIA, url("/pricing"))
    await shop.slate.advance(5)
    shop.edges.serves["origin"] = "v3"
    seen = []
    for _ in range(3):
        await deeds.check_again(shop.core, MIA, job.id)
        await shop.slate.advance(200)
        seen.append(await shop.job(job.id))
    await shop.ledger.close()
    for ended in seen:
        assert (Verdict.FRESH, 1, (Doubt.MOVED_ON,)) == (ended.verdict, ended.round, ended.doubts)
        assert ended.why.startswith("still old at fra")
        assert ended.why.endswith("the origin has changed since this purge was proven: purge again for what is new")
        assert ((), ()) == (ended.was_old_at, ended.refetched_at)
        assert {"v2"} == {look.version for look in ended.first_looks if look.place == "origin"}


async def test_an_edge_that_stays_old_is_looked_at_five_times_and_said_to_be_stale(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/pricing"))
    await shop.slate.advance(119)
    early = await shop.job(job.id)
    await shop.slate.advance(10)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.CHECKING, 4) == (early.state, early.round)
    assert (State.DONE, Verdict.STALE, ("fra", "iad")) == (ended.state, ended.verdict, ended.stale_at)


async def test_what_is_checked_again_later_is_looked_at_as_long_as_after_its_purge(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/pricing"))
    await shop.slate.advance(86400)
    asked = shop.clock.now()
    await deeds.check_again(shop.core, MIA, job.id)
    await shop.slate.advance(1)
    first = await shop.job(job.id)
    shop.edges.serves |= {"fra": "v2", "iad": "v2"}
    await shop.slate.advance(200)
    ended, events = await shop.job(job.id), await shop.events(job.id)
    steps = await shop.ledger.read(lambda books: books.messages.steps(job.id))
    await shop.ledger.close()
    assert ["ended", "checked_again", "looked", "looked", "ended"] == list(events)[-5:]
    looks = [(told.n, told.again) for _, told in steps if told.event is Event.LOOKED]
    assert [(1, False), (1, True), (2, True)] == [looks[0], *looks[-2:]]
    assert (State.CHECKING, 1, asked + 2) == (first.state, first.round, first.due_at)
    assert (State.DONE, Verdict.FRESH, 2, asked + 2) == (ended.state, ended.verdict, ended.round, ended.ended)


async def test_the_same_request_makes_one_job(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    jobs = [await shop.purge(MIA, url("/a"), key="same") for _ in range(3)]
    await shop.slate.advance(200)
    await shop.ledger.close()
    assert {1} == {job.id for job in jobs}
    assert 1 == len(shop.cf.sent)


ONE_BAD_DAY = [
    pytest.param([DOWN], State.DONE, 2, id="500-once-is-sent-again"),
    pytest.param([DOWN, DOWN, DOWN], State.FAILED, 3, id="500-unended-fails-after-three-tries"),
    pytest.param([Throttled("Too many.", "Wait.", retry_after=3)], State.DONE, 2, id="throttled-once-waits"),
    pytest.param([CUT], State.DONE, 2, id="answer-lost-is-sent-twice"),
    pytest.param([CUT, CUT], State.FAILED, 2, id="answer-lost-twice-fails"),
    pytest.param([BadCredentials("No.", "Give Cache Purge.")], State.FAILED, 1, id="bad-credentials-fail-at-once"),
]


@pytest.mark.parametrize(("script", "state", "sent"), ONE_BAD_DAY)
async def test_a_bad_day_of_the_edge(tmp_path: Path, script: list[PurgeError], state: State, sent: int) -> None:
    shop = open_shop(tmp_path)
    shop.cf.script = list(script)
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (state, sent) == (ended.state, len(shop.cf.sent))


async def test_retry_after_is_obeyed(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.script = [Throttled("Too many.", "Wait.", retry_after=30)]
    await shop.purge(MIA, url("/a"))
    await shop.slate.advance(200)
    await shop.ledger.close()
    assert 30 <= shop.cf.sent[1][0] - shop.cf.sent[0][0] <= 33


BUSY = Throttled("Too many.", "Wait.")
WAITS = [
    pytest.param([BUSY], 1, [1], id="one-refusal"),
    pytest.param([BUSY] * 5, 1, [1], id="one-line-while-the-wait-is-short"),
    pytest.param([BUSY] * 8, 1, [1, 32], id="one-more-when-it-grows-long"),
    pytest.param([BUSY] * 8, 4, [1], id="many-calls-refused-at-once"),
    pytest.param([Throttled("Too many.", "Wait.", retry_after=200)] * 3, 1, [200], id="long-from-the-start"),
]


@pytest.mark.parametrize(("script", "calls", "seconds"), WAITS)
async def test_waiting_is_told_when_it_begins_and_when_it_grows_long(
    tmp_path: Path, script: list[PurgeError], calls: int, seconds: list[int]
) -> None:
    shop = open_shop(tmp_path)
    shop.cf.script = list(script)
    job = await shop.purge(SAM, *(url(f"/{n}") for n in range(30 * calls - 29)), check=False)
    await approvals.vote(shop.core, LEA, job.id, True)  # only many URLs wait for it
    await shop.slate.advance(1800)
    ended = await shop.job(job.id)
    told = [step for _, step in await shop.ledger.read(lambda books: books.messages.steps(job.id))]
    await shop.ledger.close()
    waits = [step.seconds for step in told if step.event is Event.WAITING]
    assert (State.DONE, len(seconds)) == (ended.state, len(waits))
    assert all(asked <= wait <= 1.25 * asked + 0.1 for asked, wait in zip(seconds, waits, strict=True))


async def test_throttling_that_lasts_is_borne_for_a_quarter_of_an_hour(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.script = [BUSY] * 100
    job = await shop.purge(MIA, url("/a"), check=False)
    await shop.slate.advance(3600)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.FAILED, 21) == (ended.state, len(shop.cf.sent))
    assert 900 <= shop.cf.sent[-1][0] - shop.cf.sent[0][0] <= 1200


async def test_a_second_pass_follows_after_its_time_and_the_outer_layer_waits_for_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.again_after = 2.0
    job = await shop.purge(MIA, url("/a"), url("/b"), check=False)
    await shop.slate.advance(60)
    ended = await shop.job(job.id)
    told = [step for _, step in await shop.ledger.read(lambda books: books.messages.steps(job.id))]
    await shop.ledger.close()
    (first, _), (_, _), (again, target), (last, _) = shop.shield.sent
    assert (State.DONE, ("https://www.shop.test/a",)) == (ended.state, target)
    assert 2.0 <= again - first < 3.0
    assert last <= shop.cf.sent[0][0]
    assert 4 == len(set(shop.shield.references))
    assert (2, 2.0) == next((x.n, x.seconds) for x in told if x.event is Event.LAYER_BEGUN)


async def test_every_attempt_at_one_pass_has_one_reference(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.script = [DOWN, CUT]
    await shop.purge(MIA, url("/a"), check=False)
    await shop.purge(MIA, url("/b"), check=False)
    await shop.slate.advance(600)
    await shop.ledger.close()
    of = {targets: set[str]() for _, targets in shop.cf.sent}
    for (_, targets), reference in zip(shop.cf.sent, shop.cf.references, strict=True):
        of[targets].add(reference)
    assert ([1, 1], 4) == ([len(names) for names in of.values()], len(shop.cf.sent))
    assert 2 == len(set(shop.cf.references))
    assert all(len(name) <= 64 and name.replace("-", "").isalnum() for name in shop.cf.references)


async def test_before_many_calls_what_was_spent_elsewhere_is_heeded(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.slow_down(100)
    shop.shield.says_left = (("calls", 0.0, 40.0),)
    began = shop.clock.now()
    job = await shop.purge(MIA, *[url(f"/{n}") for n in range(25)], check=False)
    await shop.slate.advance(600)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, True) == (ended.state, shop.shield.sent[0][0] - began >= 40)


async def test_what_a_purge_costs_is_told_before_and_counted_after(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.cost_money(Price(0.005, free=3))
    command = Command(Verb.PURGE, (url("/a"), url("/b")), "shop", check=False)
    told = []
    for _ in range(3):
        plan = await plan_for(shop.core, command, shop.core.setup.sites["shop"])
        assert isinstance(plan, Plan)
        told.append((plan.layers[1].cost, plan.usd))
        await shop.purge(MIA, url("/a"), url("/b"), check=False)
        await shop.slate.advance(60)
    await shop.ledger.close()
    assert [
        (Cost(2, "paths", 0, 3, 0.0), 0.0),
        (Cost(2, "paths", 2, 3, 0.005), 0.005),
        (Cost(2, "paths", 4, 3, 0.01), 0.01),
    ] == told


async def test_one_bad_target_of_many_is_found_and_the_others_are_purged(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    bad = "https://www.shop.test/17"
    shop.cf.bad = {bad}
    job = await shop.purge(MIA, *[url(f"/{n}") for n in range(30)], check=False)
    await shop.slate.advance(60)
    ended = await shop.job(job.id)
    taken = [target for _, lot in shop.cf.sent if bad not in lot for target in lot]
    await shop.ledger.close()
    assert (State.PARTIAL, (bad,)) == (ended.state, ended.layers[1].failing)
    assert (29, 29) == (len(taken), len(set(taken)))


async def test_a_retry_of_what_was_refused_for_good_is_answered_in_words_and_sends_nothing(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.bad = {url("/17").value}
    job = await shop.purge(MIA, *[url(f"/{n}") for n in range(20)], check=False)
    await shop.slate.advance(60)
    sent = len(shop.cf.sent)
    again = await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(60)
    after = await shop.job(job.id)
    await shop.ledger.close()
    what = "Cloudflare refused `https://www.shop.test/17` for good: a retry of P-1 would change nothing."
    assert Refusal(what, "Mend it. Then ask for it anew.") == again
    assert (State.PARTIAL, sent) == (after.state, len(shop.cf.sent))


async def test_a_retry_of_a_refused_call_beside_one_that_may_go_goes_on(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.script = [errors.Refused("A target is not taken.", "Mend it."), *[DOWN] * 3]
    job = await shop.purge(MIA, url("/a"), url("/b"), check=False)
    await shop.slate.advance(200)
    again = await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (True, State.DONE) == (isinstance(again, Done), ended.state)


async def test_a_purge_that_ended_at_the_provider_without_effect_can_be_retried(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.script, shop.cf.progresses = [RUNNING], [errors.Refused("It ended so.", "Retry.")]
    job = await shop.purge(MIA, url("/a"), check=False)
    await shop.slate.advance(120)
    again = await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(120)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (True, State.DONE) == (isinstance(again, Done), ended.state)


RUNNING = Receipt("I1", ready_in=5.0, finished=False)


@pytest.mark.parametrize(
    ("progresses", "state", "words"),
    [
        pytest.param([replace(RUNNING, ready_in=10.0)], State.DONE, "", id="runs on, then done"),
        pytest.param([DOWN, CUT, Throttled("Slow down.", "Wait.")], State.DONE, "", id="asked again"),
        pytest.param([BadCredentials("May not watch.", "Give GetInvalidation.")], State.DONE,
                     "May not watch. Give GetInvalidation.", id="cannot be watched"),
        pytest.param([errors.Refused("It ended so.", "Retry.")], State.FAILED, "", id="ended without a purge"),
    ],
)  # fmt: skip
async def test_a_provider_that_finishes_later_is_asked_until_it_says(
    tmp_path: Path, progresses: list[PurgeError | Receipt], state: State, words: str
) -> None:
    shop = open_shop(tmp_path)
    shop.cf.script, shop.cf.progresses = [RUNNING], progresses
    job = await shop.purge(MIA, url("/a"), check=False)
    await shop.slate.advance(4)
    early = await shop.job(job.id)
    await shop.slate.advance(120)
    ended = await shop.job(job.id)
    told = [step for _, step in await shop.ledger.read(lambda books: books.messages.steps(job.id))]
    await shop.ledger.close()
    assert (True, state, []) == (early.state.is_open, ended.state, shop.cf.progresses)
    assert words == next((step.text for step in told if step.event is Event.UNWATCHED), "")


BELOW = "`prefix www.shop.test/news/` saves about $0.06, and reaches all else below it too:"


async def test_a_cheaper_prefix_is_offered_for_many_paid_urls_and_never_taken(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.cost_money(Price(0.005))
    for n in range(13):
        await shop.ledger.write(partial(_seen, page=url(f"/news/{n}").value, tags=()))
    site = shop.core.setup.sites["shop"]
    command = Command(Verb.PURGE, tuple(url(f"/news/{n}?x=1") for n in range(12)), "shop")
    scattered = replace(command, targets=tuple(url(f"/{n}") for n in range(12)))
    few = replace(command, targets=command.targets[:9])
    plans = [await plan_for(shop.core, asked, site) for asked in (command, scattered, few)]
    await shop.ledger.close()
    offer = f"Cheaper: {BELOW} 13 other pages were seen there."
    assert [offer, "", ""] == [plan.offer for plan in plans if isinstance(plan, Plan)]
    assert isinstance(plans[0], Plan)
    assert (12, ()) == (len(plans[0].targets), plans[0].notes)


OFFERS = {
    "free of charge": (Price(0.005, free=1000), 100.0, ""),
    "free of charge, but slow": (
        Price(0.005, free=1000), 0.01,
        "Quicker: `prefix www.shop.test/news/` saves about 18 minutes of sending, and reaches all else below it "
        "too: no other page was seen there.",
    ),
    "little of it must be paid": (Price(0.005, free=11), 100.0, ""),
}  # fmt: skip


@pytest.mark.parametrize(("price", "rate", "expected"), OFFERS.values(), ids=OFFERS)
async def test_a_prefix_is_offered_where_it_saves_money_or_a_long_wait(
    tmp_path: Path, price: Price, rate: float, expected: str
) -> None:
    shop = open_shop(tmp_path)
    shop.cf.cost_money(price)
    shop.shield.slow_down(rate)
    command = Command(Verb.PURGE, tuple(url(f"/news/{n}") for n in range(12)), "shop")
    plan = await plan_for(shop.core, command, shop.core.setup.sites["shop"])
    await shop.ledger.close()
    assert isinstance(plan, Plan)
    assert expected == plan.offer


async def test_a_cheaper_form_stands_in_the_request_for_approval_and_not_among_a_jobs_notes(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.cost_money(Price(0.005))
    job = await shop.purge(MIA, *[url(f"/news/{n}") for n in range(40)])
    await shop.ledger.close()
    offer = f"Cheaper: {BELOW.replace('0.06', '0.20')} no other page was seen there."
    assert ((offer,), ()) == (job.approval.offers if job.approval else (), job.notes)


NARROWER = {
    "all can do all": ((), (), "what lies below a path, such as `prefix www.shop.test/news/`"),
    "one knows no prefixes": ((Kind.PREFIX,), (), "a tag, or the pages by their URLs"),
    "each knows something else": ((Kind.PREFIX,), (Kind.TAG,), "the pages by their URLs"),
}


@pytest.mark.parametrize(("shield", "cf", "expected"), NARROWER.values(), ids=NARROWER)
async def test_something_narrower_is_offered_only_where_every_layer_can_do_it(
    tmp_path: Path, shield: tuple[Kind, ...], cf: tuple[Kind, ...], expected: str
) -> None:
    shop = open_shop(tmp_path)
    shop.shield.know_no(*shield)
    shop.cf.know_no(*cf)
    job = await shop.purge(LEA, EVERYTHING, reason="x")
    await shop.ledger.close()
    assert (f"Narrower: {expected}",) == (job.approval.offers if job.approval else ())


async def test_one_host_of_several_is_narrower(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    site = replace(shop.core.setup.sites["shop"], hosts=("www.shop.test", "img.shop.test"))
    command = Command(Verb.PURGE, (EVERYTHING,), "shop")
    plan = make_plan(command, site, shop.core.setup.providers, {})
    with_hosts = narrower(plan, command, site, shop.core.setup.providers)
    shop.cf.know_no(Kind.HOST)
    without = narrower(plan, command, site, shop.core.setup.providers)
    await shop.ledger.close()
    below = "what lies below a path, such as `prefix www.shop.test/news/`"
    assert (f"Narrower: one host, such as `host www.shop.test`, or {below}", f"Narrower: {below}") == (
        with_hosts,
        without,
    )


ALIKE = {
    "waiting": (False, "P-1 is for the same, and was waiting for approval when this was asked for."),
    "under way": (True, "P-1 is for the same, and was under way when this was asked for."),
}


@pytest.mark.parametrize(("approved", "expected"), ALIKE.values(), ids=ALIKE)
async def test_a_request_like_one_that_is_open_says_so(tmp_path: Path, approved: bool, expected: str) -> None:
    shop = open_shop(tmp_path)
    first = await shop.purge(MIA, PREFIX, check=False)  # whoever wants proof does not join that
    if approved:
        await approvals.vote(shop.core, SAM, first.id, True)
    second, other = await shop.purge(LEA, PREFIX), await shop.purge(LEA, NEWS)
    await shop.ledger.close()
    assert [(), (expected,), ()] == [first.notes, second.notes, other.notes]


async def test_a_request_like_one_that_has_ended_says_nothing_of_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    first = await shop.purge(MIA, url("/a"), check=False)
    await shop.slate.advance(60)
    second = await shop.purge(MIA, url("/a"), check=False)
    await shop.ledger.close()
    assert (2, ()) == (second.id, second.notes) and first.id == 1


NEWS = Target(Kind.TAG, "news", "shop")


def _seen(books: Books, page: str, tags: tuple[str, ...]) -> None:
    books.known.remember("shop", page, tags, 1.0)


async def test_a_layer_without_tags_purges_the_urls_seen_under_a_tag(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.know_no(Kind.TAG)
    for path, tags in (("/a", ("news", "home")), ("/b", ("newsletter",)), ("/c", ("news",))):
        await shop.ledger.write(partial(_seen, page=url(path).value, tags=tags))
    job = await shop.purge(MIA, NEWS, check=False)
    await shop.slate.advance(60)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert ["https://www.shop.test/a", "https://www.shop.test/c"] == [x for _, lot in shop.shield.sent for x in lot]
    assert [("news",)] == [lot for _, lot in shop.cf.sent]
    assert (
        "Varnish knows no tags: it purges only the 2 URLs seen under it so far; other pages with it stay as they are "
        "there"
    ) == ended.layers[0].note


async def test_a_tag_under_which_nothing_was_seen_is_refused_where_it_is_not_known(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.know_no(Kind.TAG)
    refused = await shop.ask(MIA, NEWS)
    await shop.ledger.close()
    assert isinstance(refused, Refusal)
    assert "Varnish (shield) purges no tags, and no URL was seen under tag news yet." == refused.what
    assert (
        "Name the URLs instead. All layers of shop can purge URLs, prefixes, hosts, patterns and everything. Or add "
        "`only cf`: the copies in Varnish (shield) stay, and old pages may come back from there."
    ) == refused.advice


PATTERN = Target(Kind.PATTERN, "www.shop.test/*.css", "shop")
COMMON = "Ask for something else. All layers of shop can purge URLs, prefixes, tags, hosts and everything."
ONLY_SOME = {
    "none can": (("in", "mid", "out"), ""),
    "the outermost can": (
        ("in", "mid"),
        " Or add `only out`: the copies in in (in) and mid (mid) stay, and old pages may come back from there.",
    ),
    "the outermost can, and the innermost": (
        ("mid",),
        " Or add `only out`: the copies in mid (mid) stay, and old pages may come back from there. With `only in` "
        "visitors keep the old page.",
    ),
    "only inner ones can": (
        ("out",),
        " Only in (in) and mid (mid) can do this, and visitors would keep the old page that out (out) holds.",
    ),
    "only the innermost can": (
        ("mid", "out"),
        " Only in (in) can do this, and visitors would keep the old page that out (out) holds.",
    ),
}


@pytest.mark.parametrize(("unable", "expected"), ONLY_SOME.values(), ids=ONLY_SOME)
def test_a_layer_that_can_do_it_is_a_way_only_where_visitors_see_it(unable: tuple[str, ...], expected: str) -> None:
    clock = SlateClock()
    providers = {name: ScriptedProvider(name, clock) for name in ("in", "mid", "out")}
    for name in unable:
        providers[name].know_no(Kind.PATTERN)
    site = replace(SHOP, layers=tuple(map(Layer, providers)))
    said = instead(Command(Verb.PURGE, (PATTERN,), "shop"), site, providers, {})
    assert f"{COMMON}{expected}" == f"Ask for something else.{said}"


async def test_a_failed_inner_layer_stops_the_outer_and_retry_goes_on(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.script = [BadCredentials("Varnish refused.", "Add this host to acl purgers.")]
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(200)
    failed = await shop.job(job.id)
    again = await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert [LayerState.FAILED, LayerState.STOPPED] == [layer.state for layer in failed.layers]
    assert (State.FAILED, 1) == (failed.state, len(shop.cf.sent))
    assert isinstance(again, Done)
    assert (State.DONE, 2) == (ended.state, len(shop.shield.sent))


async def test_everything_with_an_unknown_outcome_asks_and_is_never_repeated_by_itself(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.script = [CUT]
    job = await shop.purge(LEA, EVERYTHING, reason="x")
    await approvals.vote(shop.core, SAM, job.id, True)
    await approvals.vote(shop.core, KIM, job.id, True)
    await shop.slate.advance(3600)
    waiting = await shop.job(job.id)
    sent = len(shop.cf.sent)
    await deeds.repeat_anyway(shop.core, LEA, job.id)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.NEEDS_DECISION, 1) == (waiting.state, sent)
    assert (State.DONE, 2) == (ended.state, len(shop.cf.sent))


async def test_what_waits_for_a_persons_decision_is_never_ended_by_time(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.script = [CUT]
    job = await shop.purge(LEA, EVERYTHING, reason="x")
    await approvals.vote(shop.core, SAM, job.id, True)
    await approvals.vote(shop.core, KIM, job.id, True)
    await shop.slate.advance(200)
    await shop.slate.advance(2.5 * NO_END, {"sweep": 86_400.0})
    waits, now = await shop.job(job.id), shop.clock.now()
    await shop.ledger.close()
    assert State.NEEDS_DECISION is waits.state
    assert waits.due_at is not None and waits.due_at > now


@pytest.mark.parametrize(
    ("answer", "counted"),
    [
        pytest.param(Receipt("a"), (1, 0, 0), id="it went"),
        pytest.param(Throttled("Too much.", "Wait.", retry_after=5.0), (0, 1, 0), id="it was refused"),
        pytest.param(OutcomeUnknown("No answer came.", "Look."), (0, 0, 1), id="it got no answer"),
    ],
)
async def test_a_call_in_flight_at_a_cancel_is_neither_sent_nor_unsent(
    answer: PurgeError | Receipt, counted: tuple[int, int, int], tmp_path: Path
) -> None:
    clock = SlateClock()
    shield, cf = ScriptedProvider("shield", clock, per_call=1), ScriptedProvider("cf", clock)
    shop = open_shop(tmp_path, clock, shield, cf)
    shield.slow_down(0.01)  # after the first one
    shield.script = [answer]

    async def stop() -> None:
        await deeds.cancel(shop.core, MIA, 1)

    shield.before_answer = stop
    await shop.purge(MIA, *[url(f"/{n}") for n in range(5)], check=False)
    await shop.slate.advance(600)
    job = await shop.job(1)
    steps = await shop.ledger.read(lambda books: books.messages.steps(1))
    await shop.ledger.close()
    [(unsent, flying)] = [(told.n, told.flying) for _, told in steps if told.event == "cancelled"]
    inner = job.layers[0]
    assert (5, 1, 1) == (unsent, flying, len(shield.sent))
    assert counted == (inner.sent, inner.failed, inner.unknown)
    assert 5 == sum(layer.cancelled for layer in job.layers)
    assert [] == [told for _, told in steps if told.event in ("sent_again", "waiting")]


async def test_what_went_once_is_not_unsent_though_a_second_pass_was_to_follow(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.again_after = 60.0
    job = await shop.purge(MIA, url("/a"), check=False)
    await shop.slate.advance(5)
    await deeds.cancel(shop.core, MIA, job.id)
    job = await shop.job(job.id)
    await shop.ledger.close()
    assert [(1, 0), (0, 1)] == [(layer.sent, layer.cancelled) for layer in job.layers]


async def test_a_cancel_stops_what_was_not_sent(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.shield.slow_down(1)
    job = await shop.purge(MIA, *[url(f"/{n}") for n in range(30)], check=False)
    await shop.slate.advance(0.5)
    await deeds.cancel(shop.core, MIA, job.id)
    sent = len(shop.shield.sent)
    await shop.slate.advance(600)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert State.CANCELLED == ended.state
    assert 0 < sent == len(shop.shield.sent)
    assert [] == shop.cf.sent


async def test_a_small_job_does_not_wait_behind_a_long_one(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.slow_down(1)
    long = await shop.purge(SAM, *[url(f"/{n}") for n in range(3000)], check=False)
    await approvals.vote(shop.core, LEA, long.id, True)
    await shop.slate.advance(20)
    before = len(shop.cf.sent)
    small = await shop.purge(MIA, url("/urgent"), check=False)
    await shop.slate.advance(4)
    ended = await shop.job(small.id)
    await shop.ledger.close()
    waited = [targets for _, targets in shop.cf.sent[before:]].index(("https://www.shop.test/urgent",))
    assert State.DONE == ended.state
    assert waited <= 2


async def test_after_a_crash_nothing_is_lost_and_only_calls_in_flight_are_repeated(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(SAM, *[url(f"/{n}") for n in range(90)], check=False)
    await approvals.vote(shop.core, LEA, job.id, True)
    await shop.slate.advance(0.0)

    lot = await shop.ledger.write(
        lambda books: books.batches.take(
            "shield", "first", books.batches.waiting_jobs("shield"), Turns(), {}, Room(8), shop.clock.now()
        )
    )
    shop = await shop.crash()
    await shop.slate.advance(600)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    purged = [target for _, targets in shop.cf.sent for target in targets]
    assert State.DONE == ended.state
    assert 90 == len(set(purged)) == len(purged)
    assert len(lot.batches) <= 8


async def test_what_came_back_while_the_disk_was_full_is_recorded_later_and_not_sent_again(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"), url("/b"), url("/c"), check=False)
    for _ in range(2):
        await shop.router.run(f"job:P-{job.id}")
    shop.shield.script = [Receipt("id", note="long " * 100_000)]
    shop.shield.before_answer = partial(shop.fill_disk, True)
    with pytest.raises(LedgerDown):
        await shop.router.run("lane:shield")
    shop.shield.before_answer = None
    await shop.fill_disk(False)
    await shop.slate.advance(600)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, 3) == (ended.state, len(shop.shield.sent))


async def test_calls_that_come_back_together_share_a_write(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, *[url(f"/{n}") for n in range(20)], check=False)
    for _ in range(2):
        await shop.router.run(f"job:P-{job.id}")
    before = await shop.job(job.id)
    await shop.router.run("lane:shield")
    after = await shop.job(job.id)
    await shop.ledger.close()
    assert (0, 20, 20) == (before.layers[0].sent, after.layers[0].sent, len(shop.shield.sent))
    assert 1 == after.version - before.version


async def test_everything_in_flight_at_a_crash_asks(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(LEA, EVERYTHING, reason="x")
    for who in (SAM, KIM):
        await approvals.vote(shop.core, who, job.id, True)
    await shop.router.run(f"job:P-{job.id}")
    await shop.router.run(f"job:P-{job.id}")
    await shop.ledger.write(
        lambda books: books.batches.take(
            "shield", "first", books.batches.waiting_jobs("shield"), Turns(), {}, Room(8), shop.clock.now()
        )
    )
    shop = await shop.crash()
    await shop.slate.advance(3600)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.NEEDS_DECISION, 0) == (ended.state, len(shop.shield.sent))


async def test_approval_needs_distinct_people_none_of_them_the_requester(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(LEA, EVERYTHING, reason="x")
    answers = [
        await approvals.vote(shop.core, LEA, job.id, True),
        await approvals.vote(shop.core, GUEST, job.id, True),
        await approvals.vote(shop.core, MIA, job.id, True),
        await approvals.vote(shop.core, SAM, job.id, True),
        await approvals.vote(shop.core, SAM, job.id, True),
    ]
    waiting = await shop.job(job.id)
    await approvals.vote(shop.core, KIM, job.id, True)
    late = await approvals.vote(shop.core, KIM, job.id, False)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert [Refusal, Refusal, Refusal, Done, Refusal] == [type(answer) for answer in answers]
    assert (State.WAITING, State.DONE) == (waiting.state, ended.state)
    assert "P-1 no longer waits for votes: it is queued." == (late.what if isinstance(late, Refusal) else "")


async def test_one_no_ends_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await approvals.vote(shop.core, SAM, job.id, False, reason="sale running")
    await shop.slate.advance(3600)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DENIED, "U_SAM: sale running", 0) == (ended.state, ended.stop_reason, len(shop.shield.sent))


async def test_expiry_survives_a_restart_and_fires_at_its_original_time(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await shop.slate.advance(1000)
    shop = await shop.crash()
    await shop.slate.advance(799)
    waiting = await shop.job(job.id)
    await shop.slate.advance(2)
    ended = await shop.job(job.id)
    late = await approvals.vote(shop.core, SAM, job.id, True)
    await shop.ledger.close()
    assert (State.WAITING, State.EXPIRED) == (waiting.state, ended.state)
    assert isinstance(late, Refusal)


async def test_everything_needs_a_reason(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    answer = await shop.ask(LEA, EVERYTHING)
    await shop.ledger.close()
    assert Refusal("Purging everything needs a reason.", "Add: because <reason>", by_rule=True) == answer


async def test_the_journal_of_a_job_is_whole(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.edges.becomes = {"fra": ["v1", "v2"], "iad": ["v1", "v2"]}
    job = await shop.purge(MIA, PREFIX)
    await approvals.vote(shop.core, SAM, job.id, True)
    await shop.slate.advance(200)
    events = [event for _, event, _, _ in await shop.ledger.read(lambda books: books.journal.events(job.id))]
    await shop.ledger.close()
    with reading(tmp_path / "ledger.db") as ledger:
        verdict = audit(ledger)
    assert ["asked", "decided", "vote", "approved", "layer", "layer", "proof", "ended", "sealed"] == events
    assert () == verdict.breaches


async def test_a_job_that_ends_its_process_three_times_without_progress_is_parked_and_others_go_on(
    tmp_path: Path,
) -> None:
    def take(books: Books, owner: str) -> None:
        books.batches.take("shield", owner, [Place(1, 0)], Turns(), {}, Room(8), 1e12)

    shop = open_shop(tmp_path)
    poison = await shop.purge(MIA, url("/poison"), check=False)
    for owner in ("first", "second", "third"):
        for _ in range(3):
            await shop.router.run(f"job:P-{poison.id}")
        await shop.ledger.write(partial(take, owner=owner))
        shop = await shop.crash(as_owner="another")
    other = await shop.purge(MIA, url("/other"), key="other", check=False)
    await shop.slate.advance(600)
    parked, went = await shop.job(poison.id), await shop.job(other.id)
    await shop.ledger.close()
    assert (State.FAILED, "purgebot ended 3 times while it was being sent.") == (parked.state, parked.why)
    assert State.DONE == went.state


async def test_everything_reaches_a_provider_as_a_wish_that_names_nothing(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    plan = await plan_for(shop.core, Command(Verb.PURGE, (EVERYTHING,), "shop"), shop.core.setup.sites["shop"])
    await shop.ledger.close()
    assert isinstance(plan, Plan)
    assert [()] * 2 == [call.targets for layer in plan.layers for call in layer.calls]
