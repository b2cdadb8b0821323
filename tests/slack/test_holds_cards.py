"""What is said of holds and broken glasses, word for word."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from bot.domain.jobs.hold import ALL as EVERY_SITE
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.policy import Allow, Ask
from bot.ledger.holds import SheafSize, Waiting
from bot.ledger.reviews import Review
from bot.services.replies import HoldEnded, HoldLaid, JobsListed, Queued, Reply, SiteHeld, TakenBack, Waits
from bot.slack.answers import card_for
from bot.slack.cards import glass_card, reminder_card, request_card, root_card
from bot.slack.cards.words import clock
from tests.slack.cases import ALL, APPROVAL, AT_8_01, AT_8_30, CLOUDFLARE, LEA, NEW, ONE_YES, VARNISH, T, spelled

AT_8 = "<!date^1800000000^{date_short_pretty} {time}|2027-01-15 08:00 UTC>"
HOLD = Hold("shop", "U_LEA", "deploying <4.2>", T, T + 1800)
OPEN_END = Hold(EVERY_SITE, "token:ci", "the sale begins", T)
ASK = Ask("wide", "it purges a prefix", 1, ("U_LEA",))
REVIEW = Review(3, 1042, "U_SAM", T, "prices are <wrong>", 2, 2, 14_400.0, T + 14_400)
CLOSED = replace(REVIEW, closed_by="U_LEA", closed_at=T + 60, note="rightly so", due_at=None)
PAGE = Waiting(7, "shop", "U_MIA", T, 1, 1, "https://www.shop.test/pricing", "")
NEWS = Waiting(8, "shop", "token:ci", T, 4, 0, "prefix www.shop.test/news/", "the <menu> moved")
BROKEN = replace(APPROVAL, broken_by="U_SAM", broken_because="prices are <wrong>", approved=T)

REPLIES: dict[str, tuple[Reply, str]] = {
    "refused": (
        SiteHeld("shop is held", "Add --queue.", True, hold=HOLD, site="shop"),
        f"""\
        shop is held by <@U_LEA> since {AT_8}, until {AT_8_30}: deploying &lt;4.2&gt;
           Add --queue.""",
    ),
    "every site": (
        SiteHeld("shop is held", "Add --queue.", True, hold=OPEN_END, site="shop"),
        f"""\
        Every site is held by token `ci` since {AT_8}, until it is released: the sale begins
           Add --queue.""",
    ),
    "laid": (
        HoldLaid(HOLD),
        f"""\
        shop is held until {AT_8_30}: deploying &lt;4.2&gt;
           Nothing begins there meanwhile. Jobs that purge already go on; `cancel` stops them.
           To end it: `/purge release shop`""",
    ),
    "laid on another": (
        HoldLaid(replace(HOLD, by="U_MIA"), HOLD),
        f"""\
        shop is held until {AT_8_30}: deploying &lt;4.2&gt;
           It lies on another, which stands when it ends: shop is held by <@U_LEA> since {AT_8}, until {AT_8_30}: \
deploying &lt;4.2&gt;
           Nothing begins there meanwhile. Jobs that purge already go on; `cancel` stops them.
           To end it: `/purge release shop`""",
    ),
    "in place of one's own": (
        HoldLaid(OPEN_END, OPEN_END),
        """\
        Every site is held until it is released: the sale begins
           It takes the place of your earlier one: the sale begins
           Nothing begins there meanwhile. Jobs that purge already go on; `cancel` stops them.
           To end it: `/purge release all`""",
    ),
    "released": (HoldEnded(HOLD, None), "shop is released."),
    "released with what waited": (
        HoldEnded(OPEN_END, None, 2, 1, 1),
        """\
        Every site is released.
           2 jobs that waited for it go on, unless the policy forbids it by now; \
a yes that grew too old meanwhile is asked for again.
           1 queued request is judged now and may need votes.""",
    ),
    "released and still held": (
        HoldEnded(HOLD, OPEN_END),
        f"""\
        The hold on shop is released, and it stays held.
           Every site is held by token `ci` since {AT_8}, until it is released: the sale begins
           Whoever holds it can release it, and so can an approver.""",
    ),
    "released by an approver, and still held": (
        HoldEnded(HOLD, replace(HOLD, by="U_MIA"), may_end=True),
        f"""\
        The hold on shop is released, and it stays held.
           shop is held by <@U_MIA> since {AT_8}, until {AT_8_30}: deploying &lt;4.2&gt;
           To end that too: `/purge release shop`""",
    ),
    "queued": (
        Queued(HOLD, "shop", SheafSize(3, 41, 41), Allow("small", ""), PAGE),
        f"""\
        Queued: runs when shop is released (3 requests, at most 41 URLs so far).
           shop is held by <@U_LEA> since {AT_8}, until {AT_8_30}: deploying &lt;4.2&gt;
           On the release each person's are judged again as theirs; what passes becomes one plan \
and may need votes.
           It is Q-7. To take it back: `/purge cancel Q-7`""",
    ),
    "queued, to be asked": (
        Queued(HOLD, "shop", SheafSize(2, 6, 1), ASK, NEWS, 2),
        f"""\
        Queued: runs when shop is released (2 requests, at most 6 targets so far).
           shop is held by <@U_LEA> since {AT_8}, until {AT_8_30}: deploying &lt;4.2&gt;
           Of these yours are 4 targets: the 2 things you named, on every host of shop.
           By itself it needs 1 approval, since it purges a prefix. On the release each person's are judged again \
as theirs; what passes becomes one plan and may need more.
           It is Q-8. To take it back: `/purge cancel Q-8`""",
    ),
    "queued, one path of a site with two hosts": (
        Queued(HOLD, "shop", SheafSize(1, 2, 2), Allow("small", ""), replace(PAGE, targets=2, urls=2), 1),
        f"""\
        Queued: runs when shop is released (1 request, 2 URLs so far).
           shop is held by <@U_LEA> since {AT_8}, until {AT_8_30}: deploying &lt;4.2&gt;
           Of these yours are 2 URLs: the one thing you named, on every host of shop.
           On the release it is judged again and may need votes.
           It is Q-7. To take it back: `/purge cancel Q-7`""",
    ),
    "taken back": (
        TakenBack("Q-7", "shop"),
        """\
        Q-7 is cancelled: it no longer waits for the release of shop.
           Nothing of it was purged.""",
    ),
    "status with what waits": (
        JobsListed([], [HOLD], (), [Waits(PAGE, HOLD), Waits(NEWS, None)], 12),
        f"""\
        No jobs yet.
           Begin with: `/purge plan https://…`
           shop is held by <@U_LEA> since {AT_8}, until {AT_8_30}: deploying &lt;4.2&gt;
           12 queued requests; `/purge cancel Q-7` takes one back:
           🟡 *Q-7* waits for the hold of <@U_LEA>, until {AT_8_30} · https://www.shop.test/pricing on shop · \
queued by <@U_MIA> {AT_8}
           🟡 *Q-8* is about to run · 4 targets on shop (prefix www.shop.test/news/, …) · \
queued by token `ci` {AT_8} · because the &lt;menu&gt; moved
           and 10 more requests""",
    ),
    "status": (
        JobsListed([], [OPEN_END, HOLD], [12, 14]),
        f"""\
        No jobs yet.
           Begin with: `/purge plan https://…`
           Every site is held by token `ci` since {AT_8}, until it is released: the sale begins
           shop is held by <@U_LEA> since {AT_8}, until {AT_8_30}: deploying &lt;4.2&gt;
           2 reviews open: the glass of P-12 and P-14 was broken.""",
    ),
}


@pytest.mark.parametrize(("reply", "expected"), REPLIES.values(), ids=REPLIES)
def test_what_is_said_of_holds(reply: Reply, expected: str) -> None:
    assert dedent(expected) == spelled(card_for(reply, T, "/purge"))


AGREED = replace(APPROVAL, approved=T, run_within=60.0)
HELD = replace(NEW, held=HOLD)
HELD_30 = replace(HELD, held_ends=T + 1800)
ON_RELEASE = "It goes on when that is released, unless the policy forbids it by then."
UNTIL_8_01 = f"until {AT_8_01}; asked anew after that."
NO = "No <sale>. It ends 2027-01-15 08:01 UTC."
HELD_JOBS = {
    "no vote, no end": (HELD, ON_RELEASE),
    "no vote was needed": (HELD_30, f"It goes on by itself {AT_8_30}."),
    "in time": (replace(HELD, held_ends=T + 59, approval=AGREED), f"It goes on by itself {clock(T + 59)}."),
    "the hold outlives the votes": (
        replace(HELD_30, approval=AGREED), f"Votes count {UNTIL_8_01} The hold ends {AT_8_30}."
    ),
    "a broken glass": (
        replace(HELD_30, approval=replace(AGREED, broken_by="U_SAM")),
        f"The broken glass counts {UNTIL_8_01} The hold ends {AT_8_30}.",
    ),
    "a retry": (
        replace(HELD_30, approval=AGREED, layers=(replace(VARNISH, started=T - 60), CLOUDFLARE)),
        f"The hold ends {AT_8_30}. Its votes carry a retry until a day after its end; asked anew after that.",
    ),
    "no end": (replace(HELD, approval=AGREED), f"{ON_RELEASE} Votes count {UNTIL_8_01}"),
    "a freeze": (
        replace(HELD_30, approval=AGREED, held_no=NO),
        f"The hold ends {AT_8_30}, and it does not go on then: No &lt;sale&gt;. It ends {AT_8_01}.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("job", "expected"), HELD_JOBS.values(), ids=HELD_JOBS)
def test_a_held_job_promises_only_what_is_known(job: JobView, expected: str) -> None:
    assert f"   {expected}" == spelled(root_card(job, T)).split("\n")[2]


def test_a_held_job_says_who_holds_it_and_until_when() -> None:
    held = spelled(root_card(replace(NEW, held=HOLD, held_ends=HOLD.until), T)).split("\n")
    assert "🟡 P-1042 waits, shop is held by <@U_LEA> · https://www.shop.test/pricing" == held[0]
    assert f"   Held since {AT_8}: deploying &lt;4.2&gt;" == held[1]
    assert f"   It goes on by itself {AT_8_30}." == held[2]


def test_the_post_of_a_broken_glass_says_all_of_it() -> None:
    assert dedent("""\
        🟡 <@U_SAM> broke the glass of P-1042 · everything on shop (production)
           Why: prices are &lt;wrong&gt;
           What: everything on shop (production), hosts www.shop.test, img.shop.test
           Asked by <@U_MIA>; 2 of 2 approvals of rule `everything` skipped, \
asked for since it empties all of shop (production)
           It runs as any other: layer by layer, within the rate limits, proven at the edge, and recorded.
           One of `approvers` who neither asked for it nor broke the glass looks at it and closes the review. \
Until then it is asked for every 4 h.
           <https://shop.slack.com/x|The card of P-1042>
           [Close the review = close_review P-1042 primary asks]""") == spelled(
        glass_card(replace(ALL, state=State.PURGING, approval=BROKEN), REVIEW, "https://shop.slack.com/x")
    )


@pytest.mark.parametrize(
    ("state", "held", "expected"),
    [
        (State.DONE, None, "It has ended; its own card tells what came of it."),
        (State.WAITING, None, "It did not run and waits again. Its own card tells why."),
        (State.QUEUED, HOLD, "It waits: shop is held by <@U_LEA>."),
    ],
)
def test_the_post_says_what_came_of_it(state: State, held: Hold | None, expected: str) -> None:
    lines = spelled(glass_card(replace(ALL, state=state, held=held, approval=BROKEN), REVIEW, "")).split("\n")
    assert f"   {expected}" == lines[4]


def test_a_closed_review_says_by_whom_and_has_no_button() -> None:
    lines = spelled(glass_card(replace(ALL, approval=BROKEN), CLOSED, "")).split("\n")
    reviewed = "🟢 P-1042: the broken glass was reviewed by <@U_LEA> · everything on shop (production)"
    assert reviewed == lines[0]
    assert f"   <@U_SAM> broke it {AT_8}; <@U_LEA> closed the review {AT_8_01}: rightly so" == lines[-1]


def test_a_reminder_says_who_waits_for_whom() -> None:
    assert (
        f"The review of P-1042 is open since {AT_8}: <@U_SAM> broke the glass, and somebody else closes it, "
        "with the button above or `/purge review P-1042`."
    ) == spelled(reminder_card(ALL, REVIEW, "/purge"))


def test_the_post_and_its_reminders_call_those_who_may_close_the_review() -> None:
    called = ("S0SRE", "U_KIM")
    post = spelled(glass_card(replace(ALL, approval=BROKEN), REVIEW, "", called=called)).split("\n")
    first = spelled(reminder_card(ALL, REVIEW, "/purge", called)).split("\n")[0]
    one = (
        "   <!subteam^S0SRE> and <@U_KIM>: one of `approvers` who neither asked for it nor broke the glass looks at it"
    )
    assert f"{one} and closes the review. Until then it is asked for every 4 h." in post
    assert first.startswith("<!subteam^S0SRE> and <@U_KIM>: the review of P-1042 is open since ")


@pytest.mark.parametrize(
    ("now", "shown"), [(T + 899, []), (T + 900, ["   `sre` and <@U_KIM> may break the glass: "
                                                 "`/purge break-glass P-1042 because …`"])],
    ids=["before half time", "from half time on"],
)  # fmt: skip
def test_a_request_names_who_may_break_the_glass_once_half_of_the_time_is_over(now: float, shown: list[str]) -> None:
    waiting = replace(ALL, approval=replace(APPROVAL, asked=T, breakers=("sre", "U_KIM")))
    lines = spelled(request_card(waiting, now, "token-1", first=False)).split("\n")
    assert shown == [line for line in lines if "break the glass" in line]


def test_a_request_whose_glass_was_broken_says_so_and_has_no_buttons() -> None:
    queued = replace(ALL, state=State.QUEUED, approval=replace(BROKEN, votes=ONE_YES.votes))
    lines = spelled(request_card(queued, T, "token-1", first=False)).split("\n")
    assert "🟡 P-1042 needs no votes, <@U_SAM> broke the glass · everything on shop (production)" == lines[0]
    assert [
        f"   Votes: <@{LEA.by}> yes {AT_8_01}",
        "   Why without votes: prices are &lt;wrong&gt;",
        "   It goes on by itself; its own card tells how.",
    ] == lines[-3:]
