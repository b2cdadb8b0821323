"""What the thread of a job says, a line for each step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.jobs.job import RESTORED, JobView, State
from bot.domain.jobs.thread_step import Event, Told
from bot.slack.cards import thread_line
from bot.slack.cards.thread import again_line, outcome_line, reminder_line
from bot.slack.cards.words import clock
from tests.slack.cases import ALL, APPROVAL, AT_8_30, DONE, LEA, NO, ONE_YES, TWO_YES

LINES = {
    "allowed": (Told(Event.ALLOWED, text="small"), "• Allowed by rule `small`."),
    "two must agree": (
        Told(Event.ASKED, n=2, text="it empties all of shop (production)"),
        "• Waits for 2 approvals, since it empties all of shop (production).",
    ),
    "one must agree": (
        Told(Event.ASKED, n=1, text="900 targets are more than 30"),
        "• Waits for 1 approval, since 900 targets are more than 30.",
    ),
    "yes": (Told(Event.VOTED_YES, who="U_LEA"), "✓ <@U_LEA> agreed."),
    "yes with a note": (Told(Event.VOTED_YES, who="U_LEA", text="<lgtm>"), "✓ <@U_LEA> agreed: &lt;lgtm&gt;"),
    "no": (Told(Event.VOTED_NO, who="U_LEA"), "✗ <@U_LEA> said no."),
    "no after a yes": (
        Told(Event.VOTED_NO, who="U_LEA", n=1, text="wrong path"),
        "✗ <@U_LEA> took back their yes and said no: wrong path",
    ),
    "no, and why": (
        Told(Event.VOTED_NO, who="U_LEA", text="not on a Friday"),
        "✗ <@U_LEA> said no: not on a Friday",
    ),
    "asked again": (
        Told(Event.ASKED_AGAIN, text="The last yes was more than 15 min ago.", n=2),
        "• Approved, and then held back: The last yes was more than 15 min ago. 2 approvals must be given anew.",
    ),
    "kept back by the policy": (
        Told(Event.BARRED, text="Sale freeze. It ends 2026-11-18 11:07 UTC."),
        "• Kept back by the policy: Sale freeze. "
        "It ends <!date^1795000020^{date_short_pretty} {time}|2026-11-18 11:07 UTC>. "
        "Nobody is asked now; older votes are void.",
    ),
    "kept back by the configuration": (
        Told(Event.UNCONFIGURED, text="shop has no layer shield any more."),
        "• Kept back by the configuration: shop has no layer shield any more. "
        "Nobody is asked now; older votes are void.",
    ),
    "judged anew": (
        Told(Event.JUDGED_ANEW, text="The policy has changed.", n=1),
        "• Judged anew: The policy has changed. 1 approval must be given; older votes are void.",
    ),
    "expired under a freeze": (
        Told(Event.EXPIRED, text="Sale freeze"),
        "• Expired: Sale freeze. Nothing was purged.",
    ),
    "refused by the policy": (Told(Event.REFUSED, text="Sale freeze"), "• Not begun: Sale freeze. Nothing was purged."),
    "what comes first is proven": (
        Told(Event.FIRST_PROVEN, text="P-11", layer="staging"),
        "• P-11, which comes first, is proven on staging: it goes on.",
    ),
    "what comes first is not": (
        Told(Event.NOT_FIRST, text="P-11, which comes first on staging, still serves the old"),
        "• Given up: P-11, which comes first on staging, still serves the old. Nothing was purged here.",
    ),
    "ended by a restore": (
        Told(Event.RESTORED, text="needs_decision"),
        "• Ended by a restore: it was waiting for a decision in the backup, and what was sent since is not known. "
        "Ask again.",
    ),
    "expired": (Told(Event.EXPIRED), "• Expired: nobody agreed in time. Nothing was purged."),
    "expired with a yes": (Told(Event.EXPIRED, n=1), "• Expired: too few people agreed in time. Nothing was purged."),
    "before": (
        Told(Event.LOOKED_BEFORE, text='fra: HIT, 5 h old, version "a1"'),
        '• Before: fra: HIT, 5 h old, version "a1"',
    ),
    "a layer begins": (Told(Event.LAYER_BEGUN, layer="Varnish", n=1), "• Varnish: sending 1 call."),
    "a layer of many calls begins": (
        Told(Event.LAYER_BEGUN, layer="Cloudflare", n=10_000),
        "• Cloudflare: sending 10,000 calls.",
    ),
    "a layer is done": (
        Told(Event.LAYER_DONE, layer="Cloudflare", seconds=0.44, ids=("7be0", "7be1")),
        "✓ Cloudflare: done in 0.4 s · id `7be0`, `7be1`",
    ),
    "a layer is done at once, without an id": (
        Told(Event.LAYER_DONE, layer="Varnish", seconds=0.01),
        "✓ Varnish: done in under 0.1 s",
    ),
    "a layer is done, and notes something": (
        Told(Event.LAYER_DONE, layer="Redis", n=1, seconds=0.2, text="3 keys removed."),
        "✓ Redis: done in 0.2 s · 3 keys removed.",
    ),
    "a layer is done, with more ids than are kept": (
        Told(Event.LAYER_DONE, layer="CloudFront", n=12, seconds=2.0, ids=("I1", "I2", "I3", "I4", "I5")),
        "✓ CloudFront: done in 2 s · id `I1`, `I2`, `I3` and 9 more",
    ),
    "throttled for long": (
        Told(Event.WAITING, layer="Cloudflare", seconds=40.0),
        "• Cloudflare takes no more calls for now; the next one goes in 40 s.",
    ),
    "a layer is done, with many ids": (
        Told(Event.LAYER_DONE, layer="Cloudflare", seconds=330, ids=tuple(f"c{n}" for n in range(1003))),
        "✓ Cloudflare: done in 6 min · id `c0`, `c1`, `c2` and 1,000 more",
    ),
    "a layer stops": (
        Told(Event.LAYER_STOPPED, layer="Cloudflare", text="The token may not purge zone shop.test."),
        "✗ Cloudflare: stopped. The token may not purge zone shop.test.",
    ),
    "a layer stops, and nobody knows why": (Told(Event.LAYER_STOPPED, layer="Varnish"), "✗ Varnish: stopped."),
    "throttled": (
        Told(Event.WAITING, layer="Cloudflare", seconds=3.0),
        "• Cloudflare takes no more calls for now; it is asked again.",
    ),
    "sent again": (
        Told(Event.SENT_AGAIN, layer="Cloudflare", n=1, text="Cloudflare answered 500."),
        "• Cloudflare: 1 call will be sent again. Cloudflare answered 500.",
    ),
    "after a restart": (
        Told(Event.RESUMED, n=2),
        "• purgebot started again and goes on; 2 calls had been in flight.",
    ),
    "after a restart between two calls": (
        Told(Event.RESUMED),
        "• purgebot started again and goes on; no call had been in flight.",
    ),
    "a provider that does not say": (
        Told(Event.UNWATCHED, layer="CloudFront", text="May not watch. Give cloudfront:GetInvalidation."),
        "• CloudFront took it, and does not say when it is done. May not watch. Give cloudfront:GetInvalidation.",
    ),
    "a second pass": (
        Told(Event.LAYER_BEGUN, layer="Fastly", n=2, seconds=2.0),
        "• Fastly: sending 2 calls, and once more 2 s later, since its caches refill one another.",
    ),
    "a look after another": (
        Told(Event.LOOKED, n=1, text="fresh at fra", again=True),
        "• Look 1 after *Check again*: fresh at fra",
    ),
    "a look": (Told(Event.LOOKED, n=1, text="fresh at fra, iad, sin"), "• Look 1: fresh at fra, iad, sin"),
    "an answer was lost": (
        Told(Event.ASKED_PERSON, layer="Cloudflare"),
        "• The answer of Cloudflare was lost, and a repeat is not safe by itself: a person decides.",
    ),
    "cancelled in time": (Told(Event.CANCELLED, who="U_MIA", n=3), "• Cancelled by <@U_MIA>; 3 calls stayed unsent."),
    "left": (Told(Event.LEFT, who="U_LEA"), "• <@U_LEA> asks for it no more; it goes on without them."),
    "left with a reason": (
        Told(Event.LEFT, who="U_LEA", text="it can wait"),
        "• <@U_LEA> asks for it no more, because it can wait; it goes on without them.",
    ),
    "goes first no more": (
        Told(Event.CALMED, who="U_LEA", text="left"),
        "• Goes first no more, since <@U_LEA> has left it: it waits its turn.",
    ),
    "may go first no more": (
        Told(Event.CALMED, who="U_LEA", text="no right"),
        "• Goes first no more, since <@U_LEA> may have no purge go first any more: it waits its turn.",
    ),
    "cancelled in flight": (
        Told(Event.CANCELLED, who="U_MIA", n=3, flying=2),
        "• Cancelled by <@U_MIA>; 3 calls stayed unsent, and 2 were on their way.",
    ),
    "cancelled with the last in flight": (
        Told(Event.CANCELLED, who="U_MIA", flying=1),
        "• Cancelled by <@U_MIA>; no call stayed unsent, and 1 was on its way.",
    ),
    "cancelled too late": (Told(Event.CANCELLED, who="U_MIA"), "• Cancelled by <@U_MIA>; every call had been sent."),
    "joined": (
        Told(Event.JOINED, who="U_LEA", text="of the price"),
        "• <@U_LEA> asks for the same, because of the price.",
    ),
    "joined by who had agreed": (
        Told(Event.JOINED, who="U_LEA", n=1),
        "• <@U_LEA> asks for the same; their yes is taken back, since nobody votes on what they ask for.",
    ),
    "urgent": (Told(Event.URGENT, who="U_LEA"), "• <@U_LEA> has it go first, before everything that is not sent yet."),
    "passed": (Told(Event.PASSED, text="P-12"), "• Waits a little longer: P-12 is urgent."),
    "looked at again": (Told(Event.CHECKED_AGAIN, who="U_MIA"), "• <@U_MIA> has it looked at again."),
    "gone on": (Told(Event.RETRIED, who="token:ops-cli"), "• token `ops-cli` had it go on."),
    "begins later": (
        Told(Event.SCHEDULED, text="Tue 1 Dec 09:00:00 CET", seconds=424_800.0),
        "• Begins Tue 1 Dec 09:00:00 CET, in 4 d 22 h.",
    ),
    "begins at its time": (Told(Event.CAME_DUE, seconds=0.012), "• Its time has come."),
    "begins late": (Told(Event.CAME_DUE, seconds=312.0), "• Its time has come, 5 min 10 s ago."),
    "missed its time": (
        Told(Event.MISSED, seconds=7200.0),
        "• Missed: its time was 2 h ago, and purgebot was not there, or a clock was set.",
    ),
    "run before its time": (
        Told(Event.RAN_NOW, who="U_LEA", seconds=7200.0),
        "• <@U_LEA> had it begin, 2 h before its time.",
    ),
    "run after it was missed": (Told(Event.RAN_NOW, who="U_LEA", seconds=-7200.0), "• <@U_LEA> had it begin."),
    "expired, since it was missed": (
        Told(Event.EXPIRED, text="it missed its time, and nobody had it begin"),
        "• Expired: it missed its time, and nobody had it begin. Nothing was purged.",
    ),
    "held": (
        Told(Event.HELD, who="U_LEA", text="deploying 4.2"),
        "• Held back by <@U_LEA>: deploying 4.2",
    ),
    "noted": (Told(Event.NOTED, text="The deploy's link is left out."), "• The deploy's link is left out."),
    "held while it is made": (
        Told(Event.HELD_AHEAD, who="U_LEA", text="deploying 4.2", n=1),
        "• The site is held now by <@U_LEA> until it is released: deploying 4.2. "
        "If it still is at that time, it waits for the release.",
    ),
    "released": (Told(Event.LET_GO, who="U_LEA"), "• Let go by <@U_LEA>."),
    "let go": (Told(Event.LET_GO), "• Let go: the hold has ended."),
    "glass broken": (
        Told(Event.GLASS_BROKEN, who="U_SAM", n=2, text="prices are <wrong>"),
        "• <@U_SAM> broke the glass, 2 approvals skipped: prices are &lt;wrong&gt;",
    ),
    "reviewed": (Told(Event.REVIEWED, who="U_LEA"), "• <@U_LEA> closed the review of the broken glass."),
    "reviewed with a note": (
        Told(Event.REVIEWED, who="U_LEA", text="rightly so"),
        "• <@U_LEA> closed the review of the broken glass: rightly so",
    ),
    "parked": (
        Told(Event.PARKED, text="purgebot could not go on with it (KeyError)."),
        "• Parked. purgebot could not go on with it (KeyError).",
    ),
}

ENDS = {
    "done fresh": "• Ended: every layer asked is purged, and the pages that show it are as at the origin.",
    "done stale": "• Ended: every layer asked is purged, and some place still serves the old.",
    "done unknown": "• Ended: every layer asked is purged; what the edge serves cannot be proven from here.",
    "done unchecked": "• Ended: every layer asked is purged; nobody looked at the edge.",
    "partial fresh": "• Ended: some calls did not go; the pages of the others are as at the origin.",
    "partial stale": "• Ended: some calls did not go, and some place still serves the old.",
    "partial unknown": "• Ended: some calls did not go; what the edge serves cannot be proven from here.",
    "partial unchecked": "• Ended: some calls did not go; nobody looked at the edge.",
    "a_word of another version": "• Ended: a word of another version.",
}


@pytest.mark.parametrize(("told", "expected"), LINES.values(), ids=LINES)
def test_a_step_is_a_sentence(told: Told, expected: str) -> None:
    assert expected == thread_line(told)


@pytest.mark.parametrize(("text", "expected"), ENDS.items(), ids=ENDS)
def test_the_end_says_what_came_of_it(text: str, expected: str) -> None:
    assert expected == thread_line(Told(Event.ENDED, text=text))


def test_every_step_has_its_sentence() -> None:
    assert {*Event} == {Event.ENDED, *(told.event for told, _ in LINES.values())}


BY_NAME = {
    "a vote": (Told(Event.VOTED_YES, who="U_LEA"), "✓ @Lea &amp; Co agreed."),
    "a hold": (Told(Event.HELD, who="U_LEA", text="deploying 4.2"), "• Held back by @Lea &amp; Co: deploying 4.2"),
    "a hold that ends by itself": (
        Told(Event.HELD, who="U_LEA", text="deploying 4.2", seconds=1_800_000_000.0),
        f"• Held back by @Lea &amp; Co until {clock(1_800_000_000.0)}: deploying 4.2",
    ),
    "a hold while it is scheduled": (
        Told(Event.HELD_AHEAD, who="U_LEA", text="deploying 4.2", n=1),
        "• The site is held now by @Lea &amp; Co until it is released: deploying 4.2. "
        "If it still is at that time, it waits for the release.",
    ),
    "a hold until after its time": (
        Told(Event.HELD_AHEAD, who="U_LEA", text="deploying 4.2", n=1, seconds=1_800_000_000.0),
        f"• The site is held now by @Lea &amp; Co until {clock(1_800_000_000.0)}: deploying 4.2. "
        "If it still is at that time, it waits for the end.",
    ),
    "a hold until before its time": (
        Told(Event.HELD_AHEAD, who="U_LEA", text="deploying 4.2", seconds=1_800_000_000.0),
        f"• The site is held now by @Lea &amp; Co until {clock(1_800_000_000.0)}: deploying 4.2. "
        "The hold ends before that time.",
    ),
    "a release": (Told(Event.LET_GO, who="U_LEA"), "• Let go by @Lea &amp; Co."),
    "a broken glass": (
        Told(Event.GLASS_BROKEN, who="U_LEA", n=1, text="at night"),
        "• @Lea &amp; Co broke the glass, 1 approval skipped: at night",
    ),
    "a review": (Told(Event.REVIEWED, who="U_LEA"), "• @Lea &amp; Co closed the review of the broken glass."),
}


@pytest.mark.parametrize(("told", "expected"), BY_NAME.values(), ids=BY_NAME)
def test_whoever_is_known_by_name_is_not_called(told: Told, expected: str) -> None:
    assert expected == thread_line(told, {"U_LEA": "Lea & Co"})


NAMES = {"U_LEA": "Lea", "U_SAM": "Sam", "U_KIM": "Kim"}
DENIED = replace(ALL, state=State.DENIED, approval=replace(APPROVAL, votes=(LEA, NO)))
OUTCOMES = {
    "approved": (
        replace(ALL, state=State.PURGING, approval=TWO_YES),
        "<@U_MIA> P-1042 was approved by @Lea and @Sam; it runs.",
    ),
    "approved, and not begun": (
        replace(ALL, state=State.QUEUED, approval=TWO_YES),
        "<@U_MIA> P-1042 was approved by @Lea and @Sam; it runs if nothing has changed since it was asked for.",
    ),
    "approved for later": (
        replace(ALL, state=State.SCHEDULED, scheduled_for=APPROVAL.expires, approval=TWO_YES),
        f"<@U_MIA> P-1042 was approved by @Lea and @Sam; it begins {AT_8_30} if nothing has changed since it was"
        " asked for.",
    ),
    "approved, and over": (
        replace(ALL, state=State.DONE, approval=TWO_YES),
        "<@U_MIA> P-1042 was approved by @Lea and @Sam.",
    ),
    "denied": (DENIED, "<@U_MIA> P-1042 was denied by @Sam: not during the sale · Nothing was purged."),
    "expired": (
        replace(ALL, state=State.EXPIRED),
        "<@U_MIA> P-1042 expired: nobody agreed in time; @Lea, @Sam and @Kim were asked. Nothing was purged.",
    ),
    "expired after one yes": (
        replace(ALL, state=State.EXPIRED, approval=ONE_YES),
        "<@U_MIA> P-1042 expired: of @Lea, @Sam and @Kim only @Lea agreed in time. Nothing was purged.",
    ),
    "asked again": (
        replace(ALL, approval=replace(APPROVAL, returned="The last yes was more than 15 min ago.")),
        "<@U_MIA> P-1042 does not run yet. The last yes was more than 15 min ago."
        " It is asked for again and needs 2 approvals.",
    ),
    "kept back until a known time": (
        replace(ALL, approval=replace(APPROVAL, barred="Sale freeze.", bar_ends=APPROVAL.expires)),
        "<@U_MIA> P-1042 does not run for now: Sale freeze. Nobody is asked meanwhile, and votes of before are void."
        f" Votes are asked for anew {AT_8_30}.",
    ),
    "kept back": (
        replace(ALL, approval=replace(APPROVAL, barred="No rule.")),
        "<@U_MIA> P-1042 does not run for now: No rule. Nobody is asked meanwhile, and votes of before are void."
        f" It expires {AT_8_30}.",
    ),
    "kept back until it expired": (
        replace(ALL, state=State.EXPIRED, approval=replace(APPROVAL, barred="No rule.")),
        "<@U_MIA> P-1042 expired: No rule. Nothing was purged.",
    ),
    "expired before two": (
        replace(ALL, state=State.EXPIRED, approval=replace(APPROVAL, of=("U_LEA", "U_SAM"))),
        "<@U_MIA> P-1042 expired: neither @Lea nor @Sam agreed in time. Nothing was purged.",
    ),
    "expired before many": (
        replace(ALL, state=State.EXPIRED, approval=replace(APPROVAL, of=(*NAMES, *(f"U_{n}" for n in range(9))))),
        "<@U_MIA> P-1042 expired: nobody agreed in time; @Lea, @Sam, @Kim, <@U_0>, <@U_1> and 7 more were asked. "
        "Nothing was purged.",
    ),
    "asked for by several": (
        replace(ALL, state=State.DONE, approval=TWO_YES, also_by=("U_EVA", "token:ci-shop")),
        "<@U_EVA> <@U_MIA> P-1042 was approved by @Lea and @Sam.",
    ),
    "ended by a restore": (
        replace(ALL, state=State.CANCELLED, stop_reason="the restore of a backup", why=RESTORED),
        "<@U_MIA> P-1042 was ended by a restore: what it had sent since the backup is not known. Ask again.",
    ),
    "cancelled by whoever asked": (replace(ALL, state=State.CANCELLED, stop_reason="U_MIA"), ""),
    "cancelled by somebody else": (
        replace(ALL, state=State.CANCELLED, stop_reason="U_LEA: the menu is frozen"),
        "<@U_MIA> P-1042 was cancelled by @Lea: the menu is frozen · Nothing was purged.",
    ),
    "cancelled by somebody else under way": (
        replace(DONE, state=State.CANCELLED, stop_reason="U_LEA"),
        "<@U_MIA> P-1042 was cancelled by @Lea · Some of it had gone; its card tells what.",
    ),
}


@pytest.mark.parametrize(("job", "expected"), OUTCOMES.values(), ids=OUTCOMES)
def test_whoever_asked_is_told(job: JobView, expected: str) -> None:
    assert expected == outcome_line(job, NAMES)


def test_a_reminder_calls_those_who_are_silent() -> None:
    assert (
        f"<!subteam^S_SRE> and <@U_KIM>: P-1042 still needs 1 approval, until {AT_8_30} · "
        "everything on shop (production)"
    ) == reminder_line(replace(ALL, approval=ONE_YES), ("S_SRE", "U_KIM"))


def test_who_is_asked_again_hears_of_a_lost_vote_without_calling_who_lost_it() -> None:
    job = replace(ALL, approval=replace(APPROVAL, returned="<@U_SAM> and <@U_KIM> may no longer vote on it."))
    assert (
        "<@U_LEA>: P-1042 is asked again. Somebody who agreed may no longer vote on it. It needs 2 approvals · "
        "everything on shop (production)"
    ) == again_line(job, ("U_LEA",))


def test_who_is_asked_again_hears_why() -> None:
    job = replace(ALL, approval=replace(APPROVAL, returned="The last yes was more than 15 min ago."))
    assert (
        "<@U_LEA>: P-1042 is asked again. The last yes was more than 15 min ago. It needs 2 approvals · "
        "everything on shop (production)"
    ) == again_line(job, ("U_LEA",))
