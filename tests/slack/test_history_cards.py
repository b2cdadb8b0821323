"""The cards of log, show and stats, word for word."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from bot.domain.grammar.speech import Search
from bot.domain.jobs.job import State
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.jobs.timeline import Entry, Moment
from bot.domain.proof.verdict import Verdict
from bot.domain.stats import Ended, count
from bot.services.replies import Kept, LogShown, StatsShown
from bot.slack.cards import Card
from bot.slack.cards.history import log_card, timeline_card
from bot.slack.cards.stats import stats_card
from providers.contract import Kind
from tests.slack.cases import ALL, AT_8_01, AT_8_02, AT_8_30, DONE, MANY, ONE_YES, PRICING, T, spelled

AT_8 = "<!date^1800000000^{date_short_pretty} {time}|2027-01-15 08:00 UTC>"
PRICE = Kept(replace(DONE, reason="wrong price"))
DENIED = Kept(replace(ALL, id=1041, state=State.DENIED, created=T + 60, requested_by="token:ci", reason="x" * 100))
STALE = Kept(replace(MANY, id=1040, state=State.DONE, verdict=Verdict.STALE))
WIDE = Search(("shop", "blog"), (Kind.TAG,), "me", "7d", ("wrong price", "a<b"), 2)
ASKED = Moment(T, Entry("asked", "U_MIA", {"calls": 3}))
EXPIRED = replace(ALL, state=State.EXPIRED, approval=ONE_YES, created=T, source="slack", channel="C_SHOP")
PAGE = Ended("url", ("U_MIA",), "slack", "fresh", True, T, 3.0, 0.0, ("https://www.shop.test/pricing",))
STATS = count([PAGE] * 12 + [replace(PAGE, by=("token:ci",), source="api", kind="tag", outcome="stale", seconds=None,
                                     targets=("news",))] * 4)  # fmt: skip
WAITED = [*[PAGE] * 18, *[replace(PAGE, seconds=3600.0, waited=3597.0)] * 2]
NEVER = [replace(PAGE, kind="everything", outcome=how, ran=False, seconds=None) for how in ("denied", "open", "denied")]
VAIN = [replace(PAGE, outcome=how, seconds=None, gone=False) for how in ("failed", "cancelled", "failed")]
QUICK = "half within 3 s (p50), 95 % within 3 s (p95)"
JOINED = Kept(replace(DONE, also_by=("U_SAM", "token:ci")))
MANY_ASKED = Kept(replace(DONE, also_by=tuple(f"U_{n}" for n in range(9))))
BROKEN = Kept(replace(DONE, approval=replace(ONE_YES, broken_by="U_SAM", broken_because="prices are wrong")))
MOMENTS = (
    ASKED,
    Moment(T, Entry("decided", "policy", {"rule": "everything", "needed": 2, "of": ["U_LEA", "U_SAM"]})),
    Moment(T, Told(Event.ASKED, n=2, text="it empties the site")),
    Moment(T + 60, Told(Event.VOTED_YES, who="U_LEA")),
    Moment(T + 60, Entry("approved", "policy", {"votes": 2, "digest": "9f2c"})),
    Moment(T + 120, Told(Event.LAYER_DONE, layer="Varnish", seconds=0.2, ids=("v1",))),
    Moment(T + 120, Entry("glass_broken", "U_LEA", {"reason": "outage <b>", "left": 1, "of": []})),
    Moment(T + 1800, Told(Event.EXPIRED, n=1)),
)
PRUNED = tuple(
    replace(one, what=replace(one.what, doc={}, is_pruned=True)) if isinstance(one.what, Entry) else one
    for one in (*MOMENTS[:5], Moment(T + 120, Entry("warmed", "purgebot", {"requests": 3})), *MOMENTS[6:])
)
OLDER = f"Older jobs were forgotten (`retention.jobs`), the last of them from {AT_8}"
GONE = "the rest of this entry was pruned."
LONG = tuple(Moment(T, Told(Event.LOOKED, n=n, text="y" * 100)) for n in range(200))

CARDS: dict[str, tuple[Card, str]] = {
    "one page of all": (
        log_card(LogShown(Search(), (PRICE, DENIED, STALE)), "/purge"),
        f"""\
        Jobs 1 to 3, newest first
           {AT_8} · *P-1042* · <@U_MIA> · {PRICING} · 🟢 fresh · wrong price
           {AT_8_01} · *P-1041* · token `ci` · everything on shop (production) · ⚫ denied · {"x" * 79}…
           {AT_8} · *P-1040* · <@U_MIA> · 1,200 URLs on shop · 🟠 purged, still old
           [CSV = log_csv log] [JSON = log_json log]""",
    ),
    "one whose glass was broken": (
        log_card(LogShown(Search(), (BROKEN,)), "/purge"),
        f"""\
        Job 1, newest first
           {AT_8} · *P-1042* · <@U_MIA> · {PRICING} · 🟢 fresh · glass broken by <@U_SAM>
           [CSV = log_csv log] [JSON = log_json log]""",
    ),
    "a page between others": (
        log_card(LogShown(WIDE, (PRICE,), 10, "log shop", "log shop page 3"), "/purge"),
        f"""\
        Job 11, newest first · on shop and blog · tag · by you · in the last 7 days · with “wrong price” and “a&lt;b”
           {AT_8} · *P-1042* · <@U_MIA> · {PRICING} · 🟢 fresh · wrong price
           [Newer = log_newer log shop] [Older = log_page log shop page 3] """
        """[CSV = log_csv log shop blog tag by me since 7d "wrong price" "a<b"] """
        """[JSON = log_json log shop blog tag by me since 7d "wrong price" "a<b"]""",
    ),
    "in a terminal, whose pages are lines": (
        log_card(LogShown(Search(("shop",)), (PRICE,), 0, "", "log shop page 2"), "purgebot"),
        f"""\
        Job 1, newest first · on shop
           {AT_8} · *P-1042* · <@U_MIA> · {PRICING} · 🟢 fresh · wrong price
           Older: purgebot log shop page 2
           [Older = log_page log shop page 2] [CSV = log_csv log shop] [JSON = log_json log shop]""",
    ),
    "joined plans, by everybody who asked": (
        log_card(LogShown(Search(), (JOINED, MANY_ASKED)), "/purge"),
        f"""\
        Jobs 1 to 2, newest first
           {AT_8} · *P-1042* · <@U_MIA>, <@U_SAM> and token `ci` · {PRICING} · 🟢 fresh
           {AT_8} · *P-1042* · <@U_MIA>, <@U_0>, <@U_1> and 7 more · {PRICING} · 🟢 fresh
           [CSV = log_csv log] [JSON = log_json log]""",
    ),
    "nothing found": (
        log_card(LogShown(Search(by="U_MIA", since="2026-11-01", words=("x",)), ()), "/purge"),
        """\
        No job matches · by <@U_MIA> · since 2026-11-01 · with “x”
           Fewer words find more; `log` alone lists everything.""",
    ),
    "a page too far": (
        log_card(LogShown(Search(page=3), (), 20, "log page 2"), "/purge"),
        """\
        Page 3 lies beyond the last job.
           Leave out `page` to begin with the newest.""",
    ),
    "nothing at all": (
        log_card(LogShown(Search(), ()), "/purge"),
        """\
        There is no job yet.
           Nothing was purged yet.""",
    ),
    "one job with all that happened to it": (
        timeline_card(EXPIRED, MOMENTS, T),
        f"""\
        ⚫ P-1042 expired, too few people agreed in time · everything on shop (production)
           Nothing was purged. If it is still wanted, ask again.
           asked by <@U_MIA> · because INC-881
           rule `everything` · plan `9f2c0d1e4b5a` · asked {AT_8} · 1 vote
           {AT_8} • Asked by <@U_MIA> in <#C_SHOP> because INC-881: plan `9f2c0d1e4b5a`, 1 target, 3 calls.
           {AT_8} • Rule `everything`: 2 of <@U_LEA> and <@U_SAM> must agree.
           {AT_8} • Waits for 2 approvals, since it empties the site.
           {AT_8_01} ✓ <@U_LEA> agreed.
           {AT_8_01} ✓ Approved: 2 agreed.
           {AT_8_02} ✓ Varnish: done in 0.2 s · id `v1`
           {AT_8_02} • Glass broken by <@U_LEA>: reason outage &lt;b&gt;, left 1.
           {AT_8_30} • Expired: too few people agreed in time. Nothing was purged.
           [All of it as JSON = log_json show P-1042]""",
    ),
    "one job whose journal has lost its documents": (
        timeline_card(EXPIRED, PRUNED, T),
        f"""\
        ⚫ P-1042 expired, too few people agreed in time · everything on shop (production)
           Nothing was purged. If it is still wanted, ask again.
           asked by <@U_MIA> · because INC-881
           rule `everything` · plan `9f2c0d1e4b5a` · asked {AT_8} · 1 vote
           {AT_8} • Asked by <@U_MIA> in <#C_SHOP> because INC-881: plan `9f2c0d1e4b5a`, 1 target; {GONE}
           {AT_8} • Decided; {GONE}
           {AT_8} • Waits for 2 approvals, since it empties the site.
           {AT_8_01} ✓ <@U_LEA> agreed.
           {AT_8_01} ✓ Approved; {GONE}
           {AT_8_02} • Warmed; {GONE}
           {AT_8_02} • Glass broken by <@U_LEA>; {GONE}
           {AT_8_30} • Expired: too few people agreed in time. Nothing was purged.
           [All of it as JSON = log_json show P-1042]""",
    ),
    "nothing found, where older jobs were forgotten": (
        log_card(LogShown(Search(by="U_MIA"), (), forgotten=T), "/purge"),
        f"""\
        No job matches · by <@U_MIA>
           Fewer words find more; `log` alone lists everything.
           {OLDER}: not listed here.""",
    ),
    "no job any more": (
        log_card(LogShown(Search(), (), forgotten=T), "/purge"),
        f"""\
        No job is kept any more.
           {OLDER}: not listed here.""",
    ),
    "the last page, where older jobs were forgotten": (
        log_card(LogShown(Search(), (PRICE,), forgotten=T), "/purge"),
        f"""\
        Job 1, newest first
           {AT_8} · *P-1042* · <@U_MIA> · {PRICING} · 🟢 fresh · wrong price
           {OLDER}: not listed here.
           [CSV = log_csv log] [JSON = log_json log]""",
    ),
    "what was counted, where older jobs were forgotten": (
        Card("", stats_card(StatsShown(Search(since="60d"), count([PAGE]), {}, forgotten=T)).blocks[:2]),
        f"""\
        1 purge · in the last 60 days
           proven fresh 1
           From request to proof: half within 3 s (p50), of 1 measured; p95 is told from 20 on.
           {OLDER}: not counted here.""",
    ),
    "nothing to count any more": (
        stats_card(StatsShown(Search(since="60d"), count([]), {}, forgotten=T)),
        f"""\
        No purge is kept · in the last 60 days
           {OLDER}: not counted here.""",
    ),
    "what was counted of broken glasses": (
        Card("", stats_card(StatsShown(Search(since="7d"), count([PAGE, replace(PAGE, broken=True)]), {})).blocks[:2]),
        """\
        2 purges · in the last 7 days
           proven fresh 2
           1 of them without votes, by broken glass.
           From request to proof: half within 3 s (p50), of 2 measured; p95 is told from 20 on.""",
    ),
    "what was counted": (
        stats_card(StatsShown(Search(("shop",), since="30d"), STATS, {"U_MIA": "Mia"})),
        """\
        16 purges · on shop · in the last 30 days
           proven fresh 12 · still old 4
           From request to proof: half within 3 s (p50), of 12 measured; p95 is told from 20 on.
        ```
        person         purges
        Mia                12   75 %
        token ci            4   25 %

        kind           purges
        url                12   75 %
        tag                 4   25 %

        asked through  purges
        Slack              12   75 %
        HTTP                4   25 %
        ```
        What keeps being purged:
           75 % `/pricing` · 12 purges
           25 % `tag news` · 4 purges
        75 % of purges hit `/pricing`: shorten its TTL, or tag it and purge the tag.""",
    ),
    "what waited for people, and what never ran": (
        stats_card(StatsShown(Search(since="7d"), count([*WAITED, *NEVER]), {})),
        f"""\
        20 purges · in the last 7 days
           proven fresh 20
           From request to proof: half within 3 s (p50), 95 % within 60 min (p95), of 20 measured.
           2 of them waited for people (votes, holds, retries); without that wait: {QUICK}.
           Asked for and not run: denied 2 · not begun yet 1.
        ```
        person         purges
        U_MIA              20  100 %

        kind           purges
        url                20  100 %

        asked through  purges
        Slack              20  100 %
        ```
        What keeps being purged:
           100 % `/pricing` · 20 purges
        100 % of purges hit `/pricing`: shorten its TTL, or tag it and purge the tag.""",
    ),
    "requests that never ran, and nothing else": (
        stats_card(StatsShown(Search(since="7d"), count(NEVER), {})),
        """\
        Nothing was purged · in the last 7 days
           Asked for and not run: denied 2 · not begun yet 1.""",
    ),
    "runs that purged nothing": (
        Card("", stats_card(StatsShown(Search(since="7d"), count([PAGE, *NEVER, *VAIN]), {})).blocks[:2]),
        """\
        1 purge · in the last 7 days
           proven fresh 1
           From request to proof: half within 3 s (p50), of 1 measured; p95 is told from 20 on.
           Asked for and not run: denied 2 · not begun yet 1.
           Run, and nothing was purged: stopped 2 · cancelled 1.""",
    ),
    "nothing to count": (
        stats_card(StatsShown(Search(since="7d"), count([]), {})),
        "Nothing was purged · in the last 7 days",
    ),
    "more than is counted, without proof": (
        stats_card(StatsShown(Search(since="7d"), count([replace(PAGE, seconds=None)]), {}, capped=True)),
        """\
        The newest 1 purge · in the last 7 days
           proven fresh 1
           No proof yet, so no time from request to proof.
        ```
        person         purges
        U_MIA               1  100 %

        kind           purges
        url                 1  100 %

        asked through  purges
        Slack               1  100 %
        ```""",
    ),
}


@pytest.mark.parametrize(("shown", "expected"), CARDS.values(), ids=CARDS)
def test_it_says(shown: Card, expected: str) -> None:
    assert dedent(expected) == spelled(shown)


OUTCOMES = {
    State.WAITING: "🟡 waits for approval",
    State.NEEDS_DECISION: "🟡 needs a decision",
    State.QUEUED: "🔵 queued",
    State.CHECKING: "🔵 checking",
    State.FAILED: "🔴 stopped",
    State.PARTIAL: "🟠 partly purged",
    State.CANCELLED: "⚫ cancelled",
    State.EXPIRED: "⚫ expired",
}


@pytest.mark.parametrize(("state", "words"), OUTCOMES.items(), ids=OUTCOMES)
def test_what_came_of_a_job_is_a_mark_and_a_word(state: State, words: str) -> None:
    shown = log_card(LogShown(Search(), (Kept(replace(DONE, state=state)),)), "/purge")
    assert f"   {AT_8} · *P-1042* · <@U_MIA> · {PRICING} · {words}" in spelled(shown).split("\n")


ADVICE = {
    "a tag": (("tag", ("news",)), "100 % of purges are `tag news`: a shorter TTL there makes most of them needless."),
    "everything": (
        ("everything", ("",)),
        "100 % of purges empty a whole site: tag its pages, and purge tags instead.",
    ),
}


@pytest.mark.parametrize(("job", "words"), ADVICE.values(), ids=ADVICE)
def test_what_keeps_being_purged_comes_with_advice(job: tuple[str, tuple[str, ...]], words: str) -> None:
    counted = count([replace(PAGE, kind=job[0], targets=job[1])] * 9)
    assert words == spelled(stats_card(StatsShown(Search(), counted, {}))).split("\n")[-1]


def test_of_a_long_timeline_the_middle_is_left_to_the_file() -> None:
    lines = spelled(timeline_card(DONE, LONG, T)).split("\n")
    told = [line for line in lines if "Look " in line or "between" in line]
    assert [f"   {AT_8} • Look {n}: {'y' * 100}" for n in range(8)] == told[:8]
    assert f"   … {200 - len(told) + 1} moments between" == told[8]
    assert f"   {AT_8} • Look 199: {'y' * 100}" == told[-1]
