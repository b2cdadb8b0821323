"""What only the asker sees, word for word: questions back, plans, checks, lists and refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import dedent

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.grammar.command import BadLine, Choice, Command, Misunderstood, Verb
from bot.domain.grammar.when import Due
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import State
from bot.domain.jobs.plan import Cost, LayerPlan, Plan
from bot.domain.policies.policy import Allow, Ask, Decision, Deny
from bot.domain.proof.verdict import Look, Verdict, judge
from bot.domain.target import Target
from bot.domain.undone import Undone, Way
from bot.domain.why import Cause, Certainty, Cure, Name
from bot.services.replies import Checked, WhoAmI, refused_by
from bot.slack.cards import Card
from bot.slack.cards.checked import check_card
from bot.slack.cards.findings import plan_card
from bot.slack.cards.private import (
    bad_lines_card,
    confirm_host_card,
    done_card,
    help_card,
    made_card,
    misunderstood_card,
    open_form_card,
    refusal_card,
    show_card,
    sites_card,
    status_card,
    whoami_card,
)
from bot.slack.cards.words import clock
from bot.slack.plain import plain
from playground.slack.blocks import block_problems, is_too_long
from providers.contract import Cached, Call, Kind
from tests.slack.cases import ALL, APPROVAL, DONE, LINK, MANY, ONE_YES, PRICING, SHOP, T, look, origin, spelled

UNLESS = "if nothing has changed since it was asked for"

BOTH = tuple((replace(SHOP, name=name), "URLs at once") for name in ("shop", "blog"))

PAGE = Target(Kind.URL, PRICING, "shop")
BAD = (BadLine(2, "htps:/x", "It has no host."), BadLine(5, "*", "A star alone is not a target."))
LIST = Command(Verb.PURGE, (PAGE, Target(Kind.URL, "https://www.shop.test/", "shop")), "shop", bad=BAD)
MANY_BAD = tuple(BadLine(n, "x", "No.") for n in range(1, 1013))
HOST = Command(Verb.PURGE, (Target(Kind.HOST, "www.shop.test", "shop"),), "shop", wants_host_confirmed=True)
READINGS = (Choice("Tag pricing on shop", "tag pricing on shop"), Choice("Path /pricing on shop", "/pricing on shop"))
UNCLEAR = Misunderstood("I cannot tell what `pricing` is.", "/purge tag pricing on shop", READINGS)


def _no(denied: Deny) -> tuple[str, str]:
    """What is said of a no of the policy's, and what to do."""
    refused = refused_by(denied)
    return refused.what, refused.advice


CARDS: dict[str, tuple[Card, str]] = {
    "two readings": (
        misunderstood_card(UNCLEAR, "d-1"),
        """\
        I cannot tell what `pricing` is.
           Copy: `/purge tag pricing on shop`
           [Tag pricing on shop = pick d-1:0]
           [Path /pricing on shop = pick d-1:1]""",
    ),
    "a correction to click": (
        misunderstood_card(replace(UNCLEAR, choices=READINGS[:1], action="fix"), "d-1"),
        """\
        I cannot tell what `pricing` is.
           Copy: `/purge tag pricing on shop`
           [Tag pricing on shop = fix d-1:0]""",
    ),
    "no reading": (misunderstood_card(Misunderstood("status takes one job."), ""), "status takes one job."),
    "none of many things": (
        misunderstood_card(Misunderstood("None of the 2 things could be read.\n1. `a&b`: No.\n2. `<b>`: No."), ""),
        """\
        None of the 2 things could be read.
           1. `a&amp;b`: No.
           2. `&lt;b&gt;`: No.""",
    ),
    "a refusal": (
        refusal_card("P-7 is not yours.", "Its requester or an approver can do that."),
        """\
        P-7 is not yours.
           Its requester or an approver can do that.""",
    ),
    "a rule's own no": (
        refusal_card(*_no(Deny("freeze", "Sale freeze", "It ends 2026-11-18 11:07 UTC.", forbids=True))),
        """\
        Refused, nothing was purged (rule `freeze`). Sale freeze.
           It ends <!date^1795000020^{date_short_pretty} {time}|2026-11-18 11:07 UTC>.""",
    ),
    "a no of the policy's that no rule says": (
        refusal_card(*_no(Deny("wide", "This needs a reason.", "Add: because <reason>"))),
        """\
        This needs a reason.
           Add: because &lt;reason&gt;""",
    ),
    "a refusal without a way out": (
        refusal_card("P-7 has ended already: it is done."),
        "P-7 has ended already: it is done.",
    ),
    "a late click": (
        refusal_card("P-7 no longer waits for votes: it is queued.", "<@U_LEA> and <@U_SAM> decided."),
        """\
        P-7 no longer waits for votes: it is queued.
           <@U_LEA> and <@U_SAM> decided.""",
    ),
    "bad lines": (
        bad_lines_card(LIST, "d-1"),
        """\
        2 lines could not be read; 2 others can.
           2. `htps:/x`: It has no host.
           5. `*`: A star alone is not a target.
           The good ones wait ten minutes for your click.
           [Go on with the 2 good ones = go_with_good d-1 primary]""",
    ),
    "more bad lines than fit": (
        bad_lines_card(replace(LIST, targets=(PAGE,), bad=MANY_BAD), "d-1"),
        """\
        1,012 lines could not be read; 1 other can.
           1. `x`: No.
           2. `x`: No.
           3. `x`: No.
           4. `x`: No.
           5. `x`: No.
           6. `x`: No.
           7. `x`: No.
           8. `x`: No.
           9. `x`: No.
           10. `x`: No.
           and 1,002 more lines
           The good ones wait ten minutes for your click.
           [Go on with the 1 good one = go_with_good d-1 primary]""",
    ),
    "a bare host": (
        confirm_host_card(HOST, "d-1"),
        """\
        Purge everything under the host www.shop.test?
           For one page write its path too, such as `www.shop.test/`.
           [Purge all of www.shop.test = confirm_host d-1 danger]""",
    ),
    "the form needs a click": (
        open_form_card(SHOP, "d-1"),
        """\
        Purging everything on shop (production) is asked for in a form.
           It opens with this button; the request waits ten minutes.
           [Continue = open_form d-1 primary]""",
    ),
    "status": (
        status_card((replace(MANY, state=State.QUEUED), DONE), T, "/purge"),
        f"""\
        1 job under way
           🔵 P-1042 begins now · 1,200 URLs on shop
           🟢 P-1042 fresh at fra, iad, sin · {PRICING}""",
    ),
    "status at rest": (
        status_card((DONE,), T, "/purge"),
        f"""\
        Nothing is under way; the latest:
           🟢 P-1042 fresh at fra, iad, sin · {PRICING}""",
    ),
    "status at the beginning": (
        status_card((), T, "/purge"),
        """\
        No jobs yet.
           Begin with: `/purge plan https://…`""",
    ),
    "one job": (
        show_card(replace(DONE, before=(), looks=()), T),
        f"""\
        🟢 P-1042 fresh at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
           Browsers may still keep a copy of their own.
           asked by <@U_MIA> · read as URL""",
    ),
    "sites": (
        sites_card((SHOP, replace(SHOP, name="blog", hosts=tuple(f"h{n}.test" for n in range(7)), layers=()))),
        """\
        2 sites
           *shop* (production): www.shop.test, img.shop.test · layers shield → cf
           *blog* (production): h0.test, h1.test, h2.test, h3.test, h4.test, 2 more · layers none""",
    ),
    "a site that is still the example's": (
        sites_card((SHOP, replace(SHOP, name="blog")), frozenset({"shop"})),
        """\
        2 sites
           *shop* (production): www.shop.test, img.shop.test · layers shield → cf · 🟠 some of its values are still \
the example's: `doctor` names them
           *blog* (production): www.shop.test, img.shop.test · layers shield → cf""",
    ),
    "no sites": (
        sites_card(()),
        """\
        There is no site for you.
           Ask whoever configured purgebot.""",
    ),
    "an approver": (
        whoami_card(WhoAmI(Actor("U_LEA", Standing.MEMBER), True, BOTH, 9)),
        """\
        You are <@U_LEA>, a full member.
           You are an approver: you vote on others' requests.
           *shop*, *blog*: URLs at once
           and 7 more""",
    ),
    "a guest": (
        whoami_card(WhoAmI(Actor("U_GUEST", Standing.GUEST), False, (), 1, Deny("members", "No.", "Ask a member."))),
        """\
        You are <@U_GUEST>, a guest.
           You may neither purge nor vote. Ask a member.""",
    ),
    "a guest whom the policy names": (
        whoami_card(WhoAmI(Actor("U_GUEST", Standing.GUEST, is_named=True), False, ((SHOP, "URLs at once"),), 1)),
        """\
        You are <@U_GUEST>, a guest, whom the policy names.
           *shop*: URLs at once""",
    ),
    "help": (
        help_card("/purge plan <things…> · what it would do\nExample: /purge plan https://a.test/?b&c"),
        """\
        /purge plan &lt;things…&gt; · what it would do
        ```Example: /purge plan https://a.test/?b&amp;c```""",
    ),
    "help of one line": (help_card("There is no help on `x`."), "There is no help on `x`."),
    "told elsewhere": (
        made_card(replace(DONE, channel="C_SHOP"), LINK),
        f"""\
        P-1042 is told in <#C_SHOP>.
           <{LINK}|Open its card>""",
    ),
    "a vote": (done_card(ALL, "voted"), "Your yes on P-1042 counts. 2 approvals are still missing."),
    "a vote before the last": (
        done_card(replace(ALL, approval=ONE_YES), "voted"),
        "Your yes on P-1042 counts. 1 approval is still missing.",
    ),
    "the last vote": (done_card(ALL, "approved"), f"Your yes counts: P-1042 has its approvals and runs {UNLESS}."),
    "the last vote on what begins later": (
        done_card(replace(ALL, state=State.SCHEDULED, scheduled_for=APPROVAL.expires), "approved"),
        f"Your yes counts: P-1042 has its approvals and begins {clock(APPROVAL.expires)} {UNLESS}.",
    ),
    "a denial": (done_card(ALL, "denied"), "Your no counts: P-1042 is denied, nothing was purged."),
    "a cancellation": (done_card(ALL, "cancelled"), "P-1042 is cancelled."),
    "a retry": (done_card(ALL, "retried"), "P-1042 goes on."),
    "a retry after more than a day": (
        done_card(ALL, "retried late"),
        "P-1042 ended more than a day ago, so that its votes count no longer: the policy is asked before anything more"
        " goes, and its thread says what comes of that.",
    ),
    "another look": (done_card(ALL, "checking"), "P-1042 is looked at again."),
}  # fmt: skip


@pytest.mark.parametrize(("card", "expected"), CARDS.values(), ids=CARDS)
def test_the_asker_sees(card: Card, expected: str) -> None:
    assert dedent(expected) == spelled(card)


def test_of_many_readings_five_have_a_button() -> None:
    card = misunderstood_card(replace(UNCLEAR, choices=READINGS * 4), "d-1")
    assert 5 == spelled(card).count("= pick d-1:")


def test_without_a_draft_there_are_no_buttons() -> None:
    assert "[" not in spelled(misunderstood_card(UNCLEAR, ""))


def test_a_line_to_copy_is_whole_or_not_there() -> None:
    line = f"/purge https://www.shop.test/{'a' * 1300}"
    assert "Too long." == spelled(misunderstood_card(Misunderstood("Too long.", line), ""))


def test_a_line_to_copy_keeps_its_backticks() -> None:
    shown = spelled(misunderstood_card(Misunderstood("No.", "/purge tag a`b"), ""))
    assert "No.\n   Copy: /purge tag a`b" == shown


def test_only_whole_sentences_of_ours_name_people() -> None:
    shown = spelled(refusal_card("No.", "<@U_LEA> decided. <!here>"))
    assert "No.\n   &lt;@U_LEA&gt; decided. &lt;!here&gt;" == shown


def test_help_is_never_cut_in_the_middle_of_a_line() -> None:
    lines = [f"{n:03d} {'x' * 90}" for n in range(60)]
    card = help_card("\n".join(["Help", *lines]))
    said = [line.strip("`") for line in spelled(card).split("\n")]
    assert ["Help", *lines] == said


SHIELD = LayerPlan("shield", "Varnish", (Call(Kind.URL, "PURGE", "/pricing", (PRICING,), ()),))
CF = LayerPlan("cf", "Cloudflare", (Call(Kind.URL, "POST", "/purge", (PRICING,), ()),) * 2, seconds=28.2)
FREE, PAID = Cost(1, "paths", 204, 1000, 0.0), Cost(312, "paths", 900, 1000, 1.06)
SMALL = Allow("small", "up to 30 URLs, paths or tags run at once")
NOTES = ("A trailing ) was dropped.",)
PLAN = Plan("shop", "production", Kind.URL, Kind.URL, (PAGE,), False, (SHIELD, CF), NOTES, "read as URL")
NOT_SOFT = replace(SHIELD, note="Varnish knows no soft purge here: hard")
EMPTYING = replace(
    PLAN, kind=Kind.PREFIX, effect=Kind.EVERYTHING, targets=(Target(Kind.PREFIX, "www.shop.test/", "shop"),), soft=True,
    layers=(NOT_SOFT, replace(CF, soft=True)), notes=(), read_as="",
)  # fmt: skip
MANY_TARGETS = replace(
    PLAN, kind=Kind.TAG, effect=Kind.TAG, targets=(Target(Kind.TAG, "news", "shop"), *(PAGE,) * 1199), notes=(),
    read_as="",
)  # fmt: skip

PLANS: dict[str, tuple[Plan, Decision, bool, str]] = {
    "one page": (
        PLAN,
        SMALL,
        False,
        f"""\
        Plan · {PRICING} · nothing was sent
           Varnish (shield): 1 call, at once
           Cloudflare (cf): 2 calls, about 28 s under its budget
           Policy: runs at once (rule `small`: up to 30 URLs, paths or tags run at once)
           read as URL
           A trailing ) was dropped.
           plan `{PLAN.digest[:12]}`""",
    ),
    "what costs money": (
        replace(PLAN, layers=(replace(SHIELD, cost=FREE), replace(CF, cost=PAID)), notes=()),
        SMALL,
        False,
        f"""\
        Plan · {PRICING} · nothing was sent
           Varnish (shield): 1 call, at once · 1 path, free: 795 of 1,000 free ones left this month
           Cloudflare (cf): 2 calls, about 28 s under its budget · 312 paths, about $1.06: 900 used this month, 1,000 \
are free
           Policy: runs at once (rule `small`: up to 30 URLs, paths or tags run at once)
           read as URL
           plan `{PLAN.digest[:12]}`""",
    ),
    "what empties a site": (
        EMPTYING,
        Ask("everything", "it empties all of shop (production)", 2, ("U_LEA", "U_SAM", "U_KIM")),
        False,
        f"""\
        Plan · everything on shop (production, spoken as prefix) · nothing was sent
           Varnish (shield): 1 call, at once · Varnish knows no soft purge here: hard
           Cloudflare (cf): soft, 2 calls, about 28 s under its budget
           Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.
           Policy: needs 2 approvals of <@U_LEA>, <@U_SAM> and <@U_KIM> (rule `everything`: it empties all of shop \
(production))
           plan `{EMPTYING.digest[:12]}`""",
    ),
    "many, in a bot that observes": (
        MANY_TARGETS,
        Deny("wide", "No approvers are configured", "Name them in `approvals`."),
        True,
        f"""\
        Plan · 1,200 targets on shop (widest: tag) · nothing was sent
           tag news, {PRICING}, {PRICING} and 1,197 more
           Varnish (shield): 1 call, at once
           Cloudflare (cf): 2 calls, about 28 s under its budget
           Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.
           Policy: no (rule `wide`). No approvers are configured. Name them in `approvals`.
           This purgebot only observes (mode: observe); to purge, set `mode: live`.
           plan `{MANY_TARGETS.digest[:12]}`""",
    ),
}


@pytest.mark.parametrize(("plan", "decision", "observing", "expected"), PLANS.values(), ids=PLANS)
def test_a_plan_says(plan: Plan, decision: Decision, observing: bool, expected: str) -> None:
    assert dedent(expected) == spelled(plan_card(plan, decision, observing))


def test_a_plan_for_later_says_for_when() -> None:
    due = Due(1_800_000_000.0, "Europe/Berlin", "Tue 1 Dec 09:00:00 CET", ("09:00 had passed for today, so tomorrow.",))
    lines = spelled(plan_card(PLAN, SMALL, due=due)).splitlines()
    assert (
        f"Plan · {PRICING} · nothing was sent",
        "   As of Tue 1 Dec 09:00:00 CET (Europe/Berlin); nothing was scheduled. "
        "09:00 had passed for today, so tomorrow.",
        "   Policy: runs at its time (rule `small`: up to 30 URLs, paths or tags run at once)",
    ) == (lines[0], lines[1], lines[4])


@pytest.mark.parametrize(
    ("no", "expected"),
    [
        pytest.param(None, [], id="nobody asks"),
        pytest.param("", ["   Urgent: yes, you may have it go before everything that is not sent yet."], id="yes"),
        pytest.param(
            "You may not.",
            ["   Urgent: no. You may not. Without `--urgent` it waits its turn."],
            id="no",
        ),
    ],
)
def test_a_plan_says_whether_it_may_go_first(no: str | None, expected: list[str]) -> None:
    plan, decision, *_ = next(iter(PLANS.values()))
    lines = spelled(plan_card(plan, decision, urgent_no=no)).split("\n")
    assert expected == [line for line in lines if "Urgent" in line]


def test_a_plan_says_which_account_cannot_purge_and_what_to_do() -> None:
    what = "Account cf cannot purge: CF_TOKEN is not set, which holds its token."
    lacking = [Undone(what, Way.SET, "CF_TOKEN=…", "where the bot runs", account="cf")]
    lines = spelled(plan_card(PLAN, SMALL, lacking=lacking)).split("\n")
    assert [f"   🔴 {what} Set `CF_TOKEN=…` where the bot runs."] == [line for line in lines if "cannot" in line]


FRONT = "https://www.shop.test/"
SILENT = replace(look("sin", ""), status=0, age=None, max_age=None, problem="no answer within 8 s")

HEAD = "| place | cache | age | version | now"
NOT_AT_FRA = replace(look("fra", "", Cached.MISS, None), status=404, max_age=None)
NOT_AT_ORIGIN = replace(origin(""), status=404, max_age=None)
CHECKS: dict[str, tuple[Sequence[str], Sequence[Look], str]] = {
    "fresh": (
        (PRICING,),
        (look("fra", "b7"), look("iad", "b7"), origin("b7"), origin("b7")),
        f"""\
        🟢 fresh at fra, iad: the edge serves what the origin serves · {PRICING}
           {HEAD}
           | origin | – | – | b7 | –
           | fra | HIT | 5 h | b7 | 🟢 fresh
           | iad | HIT | 5 h | b7 | 🟢 fresh
           Browsers may keep a copy up to 5 min (max-age=300).""",
    ),
    "old at one place": (
        (PRICING,),
        (look("fra", "b7"), look("sin", "a1"), origin("b7"), origin("b7")),
        f"""\
        🟠 old at sin · {PRICING}
           {HEAD}
           | origin | – | – | b7 | –
           | sin | HIT | 5 h | a1 | 🟠 old
           | fra | HIT | 5 h | b7 | 🟢 fresh
           Browsers may keep a copy up to 5 min (max-age=300).
           To purge: `/purge {PRICING}`""",
    ),
    "by the data centre that the answer names, and in a variant": (
        (PRICING,),
        (
            replace(look("fra", "b7"), seen_at="AMS", also_at=("FRA", "MAD")),
            origin("b7"),
            replace(look("fra", "a1"), seen_at="AMS", variant="X: y"),
            replace(origin("b7"), variant="X: y"),
        ),
        f"""\
        🟠 old at fra at AMS · {PRICING}
           {HEAD}
           | origin | – | – | b7 | –
           | origin · X: y | – | – | b7 | –
           | fra at AMS · X: y | HIT | 5 h | a1 | 🟠 old
           | fra at AMS and MAD | HIT | 5 h | b7 | 🟢 fresh
           Browsers may keep a copy up to 5 min (max-age=300).
           To purge: `/purge {PRICING}`""",
    ),
    "not known": (
        (PRICING,),
        (SILENT, origin("b7")),
        f"""\
        ⚪ cannot be told from here: sin did not answer: no answer within 8 s · {PRICING}
           {HEAD}
           | origin | – | – | b7 | –
           | sin | no answer within 8 s | – | – | ⚪ not known
           Browsers may keep a copy up to 5 min (max-age=300).""",
    ),
    "a page that is not there": (
        (PRICING,),
        (NOT_AT_FRA, NOT_AT_ORIGIN, NOT_AT_ORIGIN),
        f"""\
        🟢 fresh at fra: the edge serves what the origin serves · {PRICING}
           The page is not there (404), at the edge as at the origin. If it should be, see whether its URL is written \
right.
           {HEAD}
           | origin | 404 | – | – | –
           | fra | MISS, 404 | – | – | 🟢 fresh""",
    ),
    "two pages, one of them not there": (
        (PRICING, FRONT),
        (NOT_AT_FRA, look("fra", "b7", url=FRONT), NOT_AT_ORIGIN, origin("b7", FRONT)),
        f"""\
        🟢 fresh at fra: the edge serves what the origin serves · 2 URLs on shop
           Not there, at the edge as at the origin: {PRICING} (404). If it should be, see whether its URL is written \
right.
           | page | origin | fra
           | /pricing | 404 | 🟢 fresh
           | / | b7 | 🟢 fresh
           Browsers may keep a copy up to 5 min (max-age=300).""",
    ),
    "two pages, one of them old": (
        (PRICING, FRONT),
        (look("fra", "b7"), look("fra", "a1", url=FRONT), origin("b7"), origin("b7", FRONT)),
        f"""\
        🟠 old at fra · 2 URLs on shop
           | page | origin | fra
           | / | b7 | 🟠 old · a1
           | /pricing | b7 | 🟢 fresh
           Browsers may keep a copy up to 5 min (max-age=300).
           To purge: `/purge {FRONT}`""",
    ),
}


@pytest.mark.parametrize(("urls", "looks", "expected"), CHECKS.values(), ids=CHECKS)
def test_a_check_says(urls: Sequence[str], looks: Sequence[Look], expected: str) -> None:
    assert dedent(expected) == spelled(check_card(Checked(SHOP, urls, looks, judge((), looks)), T, "/purge"))


def test_a_check_says_whose_answers_it_saw() -> None:
    looks = (replace(look("fra", "b7"), varies="user-agent"), origin("b7"), origin("b7"))
    shown = spelled(check_card(Checked(SHOP, (PRICING,), looks, judge((), looks)), T, "/purge"))
    assert "What that leaves open: seen as a plain visitor; others may get other copies (Vary: User-Agent)." in shown


def test_a_check_tells_a_redirect_to_itself_as_a_loop() -> None:
    back = replace(look("fra", ""), status=301, leads_to=PRICING)
    page = replace(origin("b7"), digest="d")
    looks = (back, page, page)
    shown = spelled(check_card(Checked(SHOP, (PRICING,), looks, judge((), looks)), T, "/purge"))
    assert "   | fra | HIT, 301 to itself | 5 h | – | 🟠 old" in shown.split("\n")
    fetched = replace(back, cached=Cached.MISS)
    assert (
        "fra redirects (301) to the very URL that was asked for, a loop, on which browsers give up; the origin does not"
        in spelled(check_card(Checked(SHOP, (PRICING,), looks, judge((), (fetched, *looks[1:]))), T, "/purge"))
    )


OLDER, NEWER = "Tue, 24 Nov 2026 10:00:00 GMT", "Wed, 25 Nov 2026 10:00:00 GMT"
BYTES = "Only the bytes differ; if the edge rewrites pages it may be new: a `marker` for the site would tell."
DATES = "is the older one: Last-Modified 24 Nov 10:00, the origin's 25 Nov 10:00."
TOLD_BY = {
    "the bytes alone": ((PRICING,), "", BYTES),
    "the date": ((PRICING,), OLDER, f"The copy at fra {DATES}"),
    "the date, of several pages": ((PRICING, FRONT), OLDER, f"The copy of {PRICING} at fra {DATES}"),
}


@pytest.mark.parametrize(("urls", "changed", "expected"), TOLD_BY.values(), ids=TOLD_BY)
def test_a_check_says_what_tells_an_old_copy_from_the_new_one(urls: Sequence[str], changed: str, expected: str) -> None:
    old = replace(look("fra", ""), etag="", digest="old", last_modified=changed, says="HIT")
    new = replace(origin(""), etag="", digest="new", last_modified=NEWER if changed else "")
    looks = (old, new, new, *(replace(look(at, "b7"), url=FRONT) for at in ("fra", "origin") if len(urls) > 1))
    shown = spelled(check_card(Checked(SHOP, urls, looks, judge((), looks)), T, "/purge")).split("\n")
    assert shown[0].startswith("🟠 old at fra")
    assert [expected] == [line.strip() for line in shown if "differ" in line or "Last-Modified" in line]


def test_a_provider_s_own_places_are_told_together_and_the_old_ones_first() -> None:
    pops = [look(f"Fastly {name}", "b7") for name in ("AMS", "BMA", "CDG", "DEL", "EZE", "FRA", "GRU")]
    looks = (look("fra", "b7"), *pops, look("Fastly HND", "a1"), origin("b7"), origin("b7"))
    shown = spelled(check_card(Checked(SHOP, (PRICING,), looks, judge((), looks)), T, "/purge"))
    expected = f"""\
        🟠 old at Fastly HND · {PRICING}
           {HEAD}
           | origin | – | – | b7 | –
           | Fastly HND | HIT | 5 h | a1 | 🟠 old
           | fra | HIT | 5 h | b7 | 🟢 fresh
           | Fastly AMS, Fastly BMA, Fastly CDG, Fastly DEL and 3 more | HIT | 5 h | b7 | 🟢 fresh
           Browsers may keep a copy up to 5 min (max-age=300).
           To purge: `/purge {PRICING}`"""
    assert dedent(expected) == shown


def test_why_a_provider_s_own_places_are_missing_is_told() -> None:
    looks = (look("fra", "b7"), origin("b7"), origin("b7"))
    checked = Checked(SHOP, (PRICING,), looks, judge((), looks), "Fastly's own places could not be asked: busy.")
    assert "   Fastly's own places could not be asked: busy." in spelled(check_card(checked, T, "/purge")).split("\n")


HOLD = Hold("shop", "U_LEA", "deploying 4.2", T)
HELD = f"shop is held by <@U_LEA> since {clock(T)}, until it is released: deploying 4.2"
QUEUED = f"Nothing is purged before that. To have it run on release: `/purge {PRICING} --queue`"
ON_HOLD = [
    pytest.param("a1", [HELD, QUEUED], id="a-purge-is-offered"),
    pytest.param("b7", [HELD], id="nothing-is-old"),
]


@pytest.mark.parametrize(("served", "expected"), ON_HOLD)
def test_a_check_says_before_its_buttons_what_a_hold_has_against_a_purge(served: str, expected: list[str]) -> None:
    looks = (look("fra", served), origin("b7"), origin("b7"))
    checked = Checked(SHOP, (PRICING,), looks, judge((), looks), held=HOLD, draft="d-1")
    shown = [line.strip() for line in spelled(check_card(checked, T, "/purge")).split("\n")]
    at = shown.index(HELD)
    assert expected == [line for line in shown[at:] if not line.startswith("[")]


def test_no_purge_is_offered_of_what_it_would_leave_old() -> None:
    looks = (look("fra", "a1"), origin("b7"), origin("b7"))
    checked = Checked(SHOP, (PRICING,), looks, judge((), looks), draft="d-1", in_vain={PRICING: "nobody keeps it"})
    shown = check_card(checked, T, "/purge")
    assert "No purge is offered: nobody keeps it. `why` tells more." in spelled(shown)
    assert "Purge it" not in str(shown.blocks)
    assert f"[Check again = pick d-1:0] [Why? = why why {PRICING} primary]" in spelled(shown)


WIDER_CURE = Cure("Purge every variant, by prefix", "prefix www.shop.test/pricing", "Purge wider: P-1 went by it.")
LATER = Cure("Ask again", "why https://www.shop.test/pricing", "Wait 90 s, then ask again.")
INSTEAD = [
    pytest.param(WIDER_CURE, "Purge wider: P-1 went by it.", [f"{WIDER_CURE.label} = pick d-1:3"], id="wider"),
    pytest.param(LATER, "Wait 90 s, then ask again.", [], id="nothing-but-to-wait"),
]


@pytest.mark.parametrize(("cure", "step", "buttons"), INSTEAD)
def test_what_our_own_jobs_tell_is_offered_in_place_of_the_purge_that_went_by(
    cure: Cure, step: str, buttons: list[str]
) -> None:
    looks = (look("fra", "a1"), origin("b7"), origin("b7"))
    cause = Cause(Name.NOT_REACHED, Certainty.LIKELY, "The copy at fra is older than P-1.", cure=cure)
    checked = Checked(SHOP, (PRICING,), looks, judge((), looks), draft="d-1", ours={PRICING: cause})
    shown = spelled(check_card(checked, T, "/purge"))
    assert f"The copy at fra is older than P-1. {step} `why` tells more." in shown
    expected = [f"   [Check again = pick d-1:0] [Why? = why why {PRICING} primary]", *(f"   [{x}]" for x in buttons)]
    assert expected == [line for line in shown.split("\n") if line.startswith("   [")]


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("/purge", "/purge prefix www.shop.test/pricing"),
        ("purgebot purge", "purgebot purge prefix www.shop.test/pricing"),
    ],
)
def test_whoever_has_no_buttons_copies_what_helps_instead(command: str, line: str) -> None:
    looks = (look("fra", "a1"), origin("b7"), origin("b7"))
    cause = Cause(Name.NOT_REACHED, Certainty.LIKELY, "The copy at fra is older than P-1.", cure=WIDER_CURE)
    checked = Checked(SHOP, (PRICING,), looks, judge((), looks), ours={PRICING: cause})
    shown = spelled(check_card(checked, T, command))
    assert f"Purge every variant, by prefix: `{line}`" in shown
    assert "To purge: " not in shown


def test_a_hold_is_told_of_what_helps_instead_too() -> None:
    looks = (look("fra", "a1"), origin("b7"), origin("b7"))
    cause = Cause(Name.NOT_REACHED, Certainty.LIKELY, "The copy at fra is older than P-1.", cure=WIDER_CURE)
    checked = Checked(SHOP, (PRICING,), looks, judge((), looks), held=HOLD, draft="d-1", ours={PRICING: cause})
    assert "`/purge prefix www.shop.test/pricing --queue`" in spelled(check_card(checked, T, "/purge"))


def test_of_several_pages_each_is_told_of_and_only_the_others_are_purged() -> None:
    looks = (look("fra", "a1"), origin("b7"), look("fra", "a1", url=FRONT), origin("b7", FRONT))
    cause = Cause(Name.NOT_REACHED, Certainty.LIKELY, "The copy at fra is older than P-1.", cure=WIDER_CURE)
    checked = Checked(SHOP, (PRICING, FRONT), looks, judge((), looks), draft="d-1", ours={PRICING: cause})
    shown = spelled(check_card(checked, T, "/purge"))
    assert f"{PRICING}: The copy at fra is older than P-1." in shown
    assert "[Purge / = pick d-1:1 primary]" in shown and "by prefix =" not in shown


def test_a_check_of_twenty_pages_at_six_places_is_one_table_within_slacks_limits() -> None:
    urls = [f"https://www.shop.test/catalog/shoes/{n}" for n in range(20)]
    places = ("ams", "fra", "iad", "lhr", "sin", "syd")
    looks = [seen for url in urls for seen in (*(look(at, "a1", url=url) for at in places), origin("b7", url))]
    shown = check_card(Checked(SHOP, urls, looks, judge((), looks), draft="d-1"), T, "/purge")
    assert ([], False) == (block_problems(shown.blocks), is_too_long(shown.blocks))
    assert 21 == len([line for line in spelled(shown).split("\n") if line.startswith("   | ")])


def test_a_check_counts_the_rows_that_it_has_no_room_for() -> None:
    places = [f"place-with-a-long-name-{n}" for n in range(90)]
    looks = [*(look(place, "a1") for place in places), origin("b7")]
    site = replace(SHOP, edges=dict.fromkeys(places, "https://203.0.113.7"))
    shown = spelled(check_card(Checked(site, (PRICING,), looks, judge((), looks)), T, "/purge")).split("\n")
    rows = [line for line in shown if line.startswith("   | ")]
    assert f"   and {92 - len(rows)} more rows, all old" in shown


def test_what_a_check_has_no_room_for_is_never_the_one_old_row() -> None:
    """As with twenty pages of which each is asked in several variants, and the one before the last is old."""
    urls = [f"https://www.shop.test/catalog/{'x' * 40}/{n}" for n in range(99)]
    silent = replace(SILENT, url=urls[97])
    old, new = look("sin", "a1", url=urls[98]), (*(look("sin", "b7", url=url) for url in urls[:97]), silent)
    looks = [*new, old, *(origin("b7", url) for url in urls)]
    shown = spelled(check_card(Checked(SHOP, urls, looks, judge((), looks)), T, "/purge")).split("\n")
    rows = [line for line in shown if line.startswith("   | ")]
    assert ["🟠 old · a1", "⚪ not known · no answer within 8 s", "🟢 fresh"] == [
        row.split(" | ")[-1] for row in rows[1:4]
    ]
    assert f"   and {100 - len(rows)} more rows, all fresh" in shown


def test_what_a_check_has_no_room_for_is_counted_by_kind() -> None:
    urls = [f"https://www.shop.test/catalog/{'x' * 40}/{n}" for n in range(99)]
    looks = [
        *(look("sin", "a1" if n < 90 else "b7", url=url) for n, url in enumerate(urls)),
        *(origin("b7", url) for url in urls),
    ]
    shown = spelled(check_card(Checked(SHOP, urls, looks, judge((), looks)), T, "/purge")).split("\n")
    rows = [line for line in shown if line.startswith("   | ")]
    assert f"   and {100 - len(rows)} more rows: {91 - len(rows)} old, 9 fresh" in shown


def test_of_many_places_the_old_one_has_its_column() -> None:
    places = [f"p{n}" for n in range(19)]
    site = replace(SHOP, edges=dict.fromkeys(places, "https://203.0.113.7"))
    urls = (PRICING, FRONT)
    new = [look(at, "b7", url=url) for url in urls for at in places[:-1]]
    looks = [*new, look("p18", "a1"), look("p18", "a1", url=FRONT), origin("b7"), origin("b7", FRONT)]
    shown = spelled(check_card(Checked(site, urls, looks, judge((), looks)), T, "/purge")).split("\n")
    assert "   | page | origin | p18 | p0 | p1 | p2" == " | ".join(shown[1].split(" | ")[:7])
    assert "   and 2 more places, all fresh" in shown


def test_a_cache_further_in_is_told_as_such() -> None:
    looks, inner = (look("fra", "b7"), origin("b7"), origin("b7")), (look("Varnish", "a1"),)
    shown = spelled(check_card(Checked(SHOP, (PRICING,), looks, judge((), looks), inner=inner), T, "/purge"))
    assert "   | Varnish (further in) | HIT | 5 h | a1 | 🟠 old" in shown.split("\n")
    assert shown.startswith("🟢 fresh at fra")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("b7", [f"   [Check again = pick d-1:0] [Why? = why why {PRICING}]"]),
        ("a1", [f"   [Check again = pick d-1:0] [Why? = why why {PRICING}]", "   [Purge it = pick d-1:1 primary]"]),
    ],
    ids=["fresh", "old"],
)
def test_what_may_be_done_next_is_a_button(version: str, expected: list[str]) -> None:
    looks = (look("fra", version), origin("b7"), origin("b7"))
    checked = Checked(SHOP, (PRICING,), looks, judge((), looks), draft="d-1")
    shown = spelled(check_card(checked, T, "/purge")).split("\n")
    assert expected == [line for line in shown if line.startswith("   [")]


def test_what_was_not_looked_at_is_named_and_nothing_is_called_fresh_for_it() -> None:
    looks, left_out = (look("fra", "b7"), origin("b7"), origin("b7")), (f"{PRICING}/2", f"{PRICING}/3")
    judgement = replace(judge((), looks), verdict=Verdict.UNKNOWN, why="1 of 3 URLs were looked at")
    checked = Checked(SHOP, (PRICING, FRONT), looks, judgement, left_out=left_out)
    shown = spelled(check_card(checked, T, "/purge")).split("\n")
    assert "⚪ cannot be told from here: 1 of 3 URLs were looked at · 2 of 4 URLs on shop" == shown[0]
    assert f"   Not looked at: {PRICING}/2 and 1 after it. Ask for those in another check." in shown


@pytest.mark.parametrize(
    ("state", "expected"),
    [(State.WAITING, "P-1042 waits for votes"), (State.PURGING, "P-1042 is under way")],
    ids=["votes", "under way"],
)
def test_what_is_purged_already_is_told_and_not_offered(state: State, expected: str) -> None:
    looks = (look("fra", "a1"), origin("b7"), origin("b7"))
    job = replace(DONE, state=state)
    checked = Checked(SHOP, (PRICING,), looks, judge((), looks), draft="d-1", under_way={PRICING: job})
    shown = spelled(check_card(checked, T, "/purge")).split("\n")
    assert f"   {expected}: `show P-1042` tells more." in shown
    assert [f"   [Check again = pick d-1:0] [Why? = why why {PRICING}]"] == [x for x in shown if x.startswith("   [")]


def old_for_phones(url: str) -> tuple[Look, ...]:
    """A page that is old for those who send a header, and fresh else."""
    old, new = look("fra", "a1", url=url), origin("b7", url)
    return (look("fra", "b7", url=url), new, replace(old, variant="X: phone"), replace(new, variant="X: phone"))


def test_an_old_copy_that_its_url_does_not_reach_is_purged_by_prefix_or_named() -> None:
    looks = old_for_phones(PRICING)
    checked = Checked(SHOP, (PRICING,), looks, judge((), looks), draft="d-1", apart={PRICING: "X: phone"})
    shown = spelled(check_card(checked, T, "/purge")).split("\n")
    told = "/pricing is old for who sends X: phone; a purge of its URL may leave that copy. Name it in the site's"
    assert f"   {told} `variants`, or purge by tag or prefix, which take every variant." in shown
    buttons = [
        f"   [Check again = pick d-1:0] [Why? = why why {PRICING}]",
        "   [Purge prefix www.shop.test/pricing = pick d-1:2]",
    ]
    assert buttons == [line for line in shown if line.startswith("   [")]


@pytest.mark.parametrize(
    ("known", "ends"),
    [
        ({Kind.URL, Kind.TAG}, "Name it in the site's `variants`, or purge by tag, which takes every variant."),
        ({Kind.URL}, "Name it in the site's `variants`."),
    ],
    ids=["tags", "URLs alone"],
)
def test_only_what_every_layer_knows_is_offered_for_a_variant(known: set[Kind], ends: str) -> None:
    looks, left = old_for_phones(PRICING), {PRICING: "X: phone"}
    checked = Checked(SHOP, (PRICING,), looks, judge((), looks), apart=left, known=frozenset(known))
    shown = spelled(check_card(checked, T, "/purge"))
    assert f"a purge of its URL may leave that copy. {ends}" in shown
    assert "prefix" not in shown


def test_a_layer_with_a_way_of_its_own_for_variants_is_told_by_that() -> None:
    looks, left = old_for_phones(PRICING), {PRICING: "X: phone"}
    checked = Checked(SHOP, (PRICING,), looks, judge((), looks), apart=left, siblings="nginx finds only one")
    assert "may leave that copy. nginx finds only one." in spelled(check_card(checked, T, "/purge"))


def test_whoever_has_no_buttons_copies_the_line_that_reaches_it() -> None:
    looks = old_for_phones(PRICING)
    checked = Checked(SHOP, (PRICING,), looks, judge((), looks), apart={PRICING: "X: phone"})
    shown = spelled(check_card(checked, T, "/purge"))
    assert "To purge in every variant: `/purge prefix www.shop.test/pricing`" in shown
    assert "To purge: " not in shown


def test_of_a_front_page_no_host_is_purged_for_a_variant() -> None:
    looks = old_for_phones(FRONT)
    checked = Checked(SHOP, (FRONT,), looks, judge((), looks), draft="d-1", apart={FRONT: "X: phone"})
    shown = spelled(check_card(checked, T, "/purge")).split("\n")
    assert [f"   [Check again = pick d-1:0] [Why? = why why {FRONT}]"] == [x for x in shown if x.startswith("   [")]


def test_buttons_below_several_pages_say_which_they_mean() -> None:
    looks = (look("fra", "b7"), origin("b7"), look("fra", "a1", url=FRONT), origin("b7", FRONT))
    checked = Checked(SHOP, (PRICING, FRONT), looks, judge((), looks), draft="d-1")
    shown = spelled(check_card(checked, T, "/purge")).split("\n")
    expected = [f"   [Check again = pick d-1:0] [Why /? = why why {FRONT}]", "   [Purge / = pick d-1:1 primary]"]
    assert expected == [line for line in shown if line.startswith("   [")]


@pytest.mark.parametrize(
    ("odd", "seconds", "expected"),
    [
        ("abc", 0, "Its max-age cannot be read (max-age=abc): browsers take it as over, or as they like."),
        ("", 0, "Browsers ask each time before they use a copy."),
    ],
    ids=["unreadable", "none"],
)
def test_what_browsers_do_is_told_in_words(odd: str, seconds: int, expected: str) -> None:
    looks = [replace(one, max_age=seconds, odd_age=odd) for one in (look("fra", "b7"), origin("b7"), origin("b7"))]
    shown = spelled(check_card(Checked(SHOP, (PRICING,), looks, judge((), looks)), T, "/purge")).split("\n")
    assert f"   {expected}" == shown[-1]


@pytest.mark.parametrize(
    ("seconds", "said", "expected"),
    [
        (2**31, "max-age=9999999999", "Browsers may keep a copy up to 68 years (max-age=9999999999)."),
        (300, "Expires", "Browsers may keep a copy up to 5 min (Expires)."),
    ],
    ids=["too large", "by Expires"],
)
def test_how_long_browsers_keep_it_is_quoted_as_it_was_sent(seconds: int, said: str, expected: str) -> None:
    looks = [replace(one, max_age=seconds, max_age_said=said) for one in (look("fra", "b7"), origin("b7"))]
    assert f"   {expected}" in spelled(check_card(Checked(SHOP, (PRICING,), looks, judge((), looks)), T, "/purge"))


@pytest.mark.parametrize(
    ("ours", "theirs", "cut_ours", "cut_theirs"),
    [
        ("release-2026-build-0042", "release-2026-build-0041", "release-2…d-0042", "release-2…d-0041"),
        ("release-0042-at-frankfurt", "release-0041-at-frankfurt", "rel…042-at-fran…", "rel…041-at-fran…"),
    ],
    ids=["that ends otherwise", "that differs within"],
)
def test_the_same_bytes_under_another_marker_are_told(ours: str, theirs: str, cut_ours: str, cut_theirs: str) -> None:
    looks = [replace(look("fra", ours), digest="d"), *(replace(origin(theirs), digest="d") for _ in range(2))]
    shown = spelled(check_card(Checked(SHOP, (PRICING,), looks, judge((), looks)), T, "/purge")).split("\n")
    assert f"   | origin | – | – | {cut_theirs} | –" == shown[2]
    assert f"   | fra | HIT | 5 h | {cut_ours} | 🟢 fresh: same bytes, another marker" == shown[3]


def test_a_broad_table_says_that_it_goes_on() -> None:
    places = ("ams", "fra", "iad", "lhr", "sin", "syd")
    urls = (PRICING, FRONT)
    looks = [seen for url in urls for seen in (*(look(at, "b7", url=url) for at in places), origin("b7", url))]
    shown = spelled(check_card(Checked(SHOP, urls, looks, judge((), looks)), T, "/purge")).split("\n")
    assert "   The table has 8 columns: scroll it to the right." in shown


def test_a_terminal_has_no_table_to_scroll() -> None:
    urls = (PRICING, FRONT)
    places = ("ams", "fra", "iad", "lhr", "sin", "syd")
    looks = [seen for url in urls for seen in (*(look(at, "b7", url=url) for at in places), origin("b7", url))]
    told = plain(check_card(Checked(SHOP, urls, looks, judge((), looks)), T, "purgebot purge"))
    assert "syd" in told
    assert "scroll" not in told


def test_a_check_reads_the_same_in_a_terminal() -> None:
    looks = (look("fra", "b7"), look("sin", "a1"), origin("b7"), origin("b7"))
    told = plain(check_card(Checked(SHOP, (PRICING,), looks, judge((), looks)), T, "purgebot purge"))
    expected = f"""\
        🟠 old at sin · {PRICING}
        place   cache  age  version  now
        origin  –      –    b7       –
        sin     HIT    5 h  a1       🟠 old
        fra     HIT    5 h  b7       🟢 fresh
        Browsers may keep a copy up to 5 min (max-age=300).
        To purge: purgebot purge {PRICING}"""
    assert dedent(expected) == told
