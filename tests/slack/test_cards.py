"""The card of a job in every state, and the request for votes beside it, word for word."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from bot.domain.jobs.job import RESTORED, JobView, LayerState, State, Trouble
from bot.domain.jobs.plan import Cost
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.verdict import NONE_COVERED, Verdict
from bot.services.voting.forged import OTHER_CALLS
from bot.slack.cards import request_card, root_card
from bot.slack.plain import unmarked
from providers.contract import Cached, Kind
from tests.slack.cases import (
    ALL,
    APPROVAL,
    AT_8_01,
    AT_8_02,
    AT_8_30,
    CLOUDFLARE,
    DONE,
    LEA,
    LINK,
    MANY,
    NEW,
    NEXT_CLOUDFLARE,
    NEXT_VARNISH,
    NO,
    NO_PERMISSION,
    ONE_YES,
    PRICING,
    REFUSED,
    TWO_YES,
    VARNISH,
    T,
    look,
    origin,
    spelled,
)

FILLED = "the edge fetched it again after the purge and got the old one: a cache further in may still hold that"
SENDING = replace(CLOUDFLARE, state=LayerState.PURGING, calls=40, sent=15, started=T + 8, ended=None)
LONG_VARNISH = replace(VARNISH, calls=40, sent=40, ended=T + 8)
LOST = Trouble("OutcomeUnknown", "Cloudflare did not answer within 8 s.", "Look whether it took effect.")
PARTLY = replace(REFUSED, calls=40, sent=39, failing=("https://www.shop.test/7",))
NOT_THERE = (
    replace(look("fra", "", Cached.MISS, None), status=404, max_age=None),
    replace(origin(""), status=404, max_age=None),
)
NAMED = tuple(f"https://www.shop.test/{n}" for n in range(5))
ENDED_UNSEEN = replace(DONE, verdict=Verdict.UNCHECKED, before=(), looks=(), fresh_at=(), proven=None)

TOKYO = tuple(replace(DONE.looks[0], place=f"Tokyo {n}", country="JP") for n in range(4))
CARDS: dict[str, tuple[JobView, str]] = {
    "fresh": (
        DONE,
        f"""\
        🟢 P-1042 fresh at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
           fra before: HIT, 5 h old, version "a1" · after: MISS, version "b7" = origin
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL
           [Check again = check_again P-1042]""",
    ),
    "fresh, by looking at a part of it": (
        replace(
            DONE, targets=41, seen=2, covered=(PRICING, "https://www.shop.test/"),
            looks=(look("fra", "b7"), look("fra", "b7", url="https://www.shop.test/")),
        ),
        f"""\
        🟢 P-1042 fresh where looked at: 2 of 41 URLs, at fra, iad, sin · 41 URLs on shop
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
           one of them: {PRICING} · fra before: HIT, 5 h old, version "a1" · after: HIT, 5 h old, version "b7" = origin
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL
           {PRICING} and 40 more
           [Check again = check_again P-1042]""",
    ),
    "fresh, by looking at pages of something wider": (
        replace(
            DONE, kind=Kind.TAG, sample=("news",), before=(), soft=True,
            layers=(replace(VARNISH, note="Varnish knows no soft purge here: hard"), replace(CLOUDFLARE, soft=True)),
        ),
        f"""\
        🟢 P-1042 fresh at fra, iad, sin · tag news on shop
           shop (soft at Cloudflare): Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s, \
1 page looked at
           {PRICING} · fra after: MISS, version "b7" = origin
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL
           Varnish knows no soft purge here: hard
           [Check again = check_again P-1042]""",
    ),
    "fresh, but the page is not there": (
        replace(DONE, before=NOT_THERE, looks=NOT_THERE, fresh_at=("fra",)),
        f"""\
        🟢 P-1042 fresh at fra · {PRICING}
           The page is not there (404), at the edge as at the origin. If it should be, see whether its URL is written \
right.
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra in 3.1 s
           Nothing says how long browsers may keep a copy they have.
           asked by <@U_MIA> · read as URL
           [Check again = check_again P-1042]""",
    ),
    "fresh, and the page was taken away": (
        replace(DONE, before=(look("fra", "a1"), *NOT_THERE[1:]), looks=NOT_THERE, fresh_at=("fra",)),
        f"""\
        🟢 P-1042 fresh at fra · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra in 3.1 s
           fra before: HIT, 5 h old, version "a1" · after: MISS, 404 = origin
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL
           [Check again = check_again P-1042]""",
    ),
    "fresh, beside an old page that is not of the purge": (
        replace(
            DONE, kind=Kind.TAG, sample=("pricing",), before=(),
            looks=(look("fra", "a1", url="https://www.shop.test/"), look("fra", "b7", Cached.MISS, None), origin("b7")),
        ),
        f"""\
        🟢 P-1042 fresh at fra, iad, sin · tag pricing on shop
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s, 1 page looked at
           {PRICING} · fra after: MISS, version "b7" = origin
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL
           [Check again = check_again P-1042]""",
    ),
    "fresh, and it was so before": (
        replace(
            DONE, looks=(look("dns", "b7"), origin("b7")), before=(look("dns", "b7"), origin("b7")),
            fresh_at=("dns",), edges=(), notes=("A trailing ) was dropped.", "1 target was said twice.", "third"),
            why="already the same at dns before the purge · if it still looks old, the origin itself may be old",
            doubts=(Doubt.ORIGIN_OLD,),
        ),
        f"""\
        🟢 P-1042 fresh where DNS leads · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven where DNS leads in 3.1 s
           before: HIT, 5 h old, version "b7" · after: HIT, 5 h old, version "b7" = origin
           already the same at dns before the purge · if it still looks old, the origin itself may be old
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL
           A trailing ) was dropped.
           [Check again = check_again P-1042] [Why? = why why https://www.shop.test/pricing]""",
    ),
    "stale": (
        replace(
            DONE, verdict=Verdict.STALE, fresh_at=("fra", "iad"), stale_at=("sin",), proven=None,
            why=f'still old at sin (HIT, 40 s old, version "a1") · {FILLED}',
        ),
        f"""\
        🟠 P-1042 purged, still old at sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           still old at sin (HIT, 40 s old, version "a1") · {FILLED}
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL
           [Check again = check_again P-1042] [Why? = why why {PRICING}] [Purge again = purge_again P-1042 primary]""",
    ),
    "unknown": (
        replace(
            DONE, verdict=Verdict.UNKNOWN, fresh_at=(), proven=None, why="the origin answers differently each time",
            looks=(replace(look("fra", "b7", Cached.UNCACHED), max_age=0),), before=(),
        ),
        f"""\
        ⚪ P-1042 purged, cannot be proven from here · {PRICING} · the origin answers differently each time
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           Browsers ask again at once.
           asked by <@U_MIA> · read as URL
           [Check again = check_again P-1042] [Why? = why why {PRICING}]""",
    ),
    "unknown, since no page of it is known": (
        replace(
            DONE, kind=Kind.TAG, sample=("promo",), verdict=Verdict.UNKNOWN, fresh_at=(), proven=None, before=(),
            looks=(look("fra", "b7", url="https://www.shop.test/"),), why=NONE_COVERED, doubts=(Doubt.NONE_COVERED,),
        ),
        f"""\
        ⚪ P-1042 purged, cannot be proven from here · tag promo on shop · {NONE_COVERED}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           looked at https://www.shop.test/
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL
           [Check again = check_again P-1042]""",
    ),
    "still old, since the edge was not asked": (
        replace(
            DONE, kind=Kind.HOST, sample=("www.shop.test",), layers=(VARNISH,), verdict=Verdict.STALE, fresh_at=(),
            stale_at=("fra",), proven=None, left_alone=("Cloudflare",), edge_asked=False,
            why="still old at fra (HIT, 5 h old) · Cloudflare was not asked, and may still hold the old one",
        ),
        f"""\
        🟠 P-1042 purged, still old at fra · host www.shop.test
           shop: Varnish 0.2 s; Cloudflare was not asked
           looked at {PRICING}
           still old at fra (HIT, 5 h old) · Cloudflare was not asked, and may still hold the old one
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL
           [Check again = check_again P-1042] [Why? = why why {PRICING}] \
[Purge all layers = purge_again P-1042 primary]""",
    ),
    "not checked": (
        ENDED_UNSEEN,
        f"""\
        ⚪ P-1042 purged, not checked · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           Nobody looked at the edge, so it is not known what it serves now.
           Browsers may still keep a copy of their own.
           asked by <@U_MIA> · read as URL
           [Check again = check_again P-1042]""",
    ),
    "browsers keep it longer than any number here": (
        replace(DONE, before=(), looks=(replace(look("fra", "b7"), max_age=2**31, max_age_said="max-age=9999999999"),)),
        f"""\
        🟢 P-1042 fresh at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
           fra after: HIT, 5 h old, version "b7" = origin
           Browsers that have it may keep it up to 68 years (max-age=9999999999).
           asked by <@U_MIA> · read as URL
           [Check again = check_again P-1042]""",
    ),
    "nothing says what browsers keep": (
        replace(DONE, before=(), looks=(replace(look("fra", "b7"), max_age=None),)),
        f"""\
        🟢 P-1042 fresh at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
           fra after: HIT, 5 h old, version "b7" = origin
           Nothing says how long browsers may keep a copy they have.
           asked by <@U_MIA> · read as URL
           [Check again = check_again P-1042]""",
    ),
    "queued": (
        NEW,
        f"""\
        🔵 P-1042 begins now · {PRICING}
           Varnish to come → Cloudflare to come
           asked by <@U_MIA> · read as URL
           [Cancel = cancel P-1042]""",
    ),
    "scheduled": (
        replace(
            NEW, state=State.SCHEDULED, scheduled_for=T + 1800, created=T, zone="Europe/Berlin",
            begins_told="Thu 26 Nov 09:30:00 CET", soft=True,
        ),
        f"""\
        🔵 P-1042 begins {AT_8_30} · {PRICING}
           Begins Thu 26 Nov 09:30:00 CET (Europe/Berlin), 30 min after it was asked for.
           Varnish to come → Cloudflare to come
           asked by <@U_MIA> · read as URL
           [Run now = run_now P-1042] [Cancel = cancel P-1042]""",
    ),
    "scheduled by the file, and missed": (
        replace(
            NEW, state=State.SCHEDULED, scheduled_for=T + 1800, missed=T - 86_400 + 1800, zone="UTC",
            begins_told="Thu 26 Nov 08:30:00 UTC", requested_by="schedule:nightly", schedule="nightly",
            notes=("3 earlier times were missed as well and will not be made up for.",),
        ),
        f"""\
        🟡 P-1042 missed its time, {AT_8_30}, and has not begun · {PRICING}
           It was to begin Thu 26 Nov 08:30:00 UTC; purgebot was not there to begin it, or a clock was set.
           Nothing was purged. *Run now* has it begin; else it expires {AT_8_30}.
           asked by schedule `nightly` · read as URL
           3 earlier times were missed as well and will not be made up for.
           [Run now = run_now P-1042] [Cancel = cancel P-1042]""",
    ),
    "expired, since it was missed": (
        replace(NEW, state=State.EXPIRED, scheduled_for=T, missed=T + 3600, ended=T + 90_000),
        f"""\
        ⚫ P-1042 expired, it missed its time and nobody had it begin · {PRICING}
           Nothing was purged. If it is still wanted, ask again.
           asked by <@U_MIA> · read as URL
           [Ask again = purge_again P-1042]""",
    ),
    "purging one": (
        replace(NEW, state=State.PURGING, layers=(VARNISH, replace(NEXT_CLOUDFLARE, state=LayerState.PURGING))),
        f"""\
        🔵 P-1042 purging · {PRICING} · 1 of 2 layers
           Varnish 0.2 s → Cloudflare 0 of 1
           asked by <@U_MIA> · read as URL
           [Cancel = cancel P-1042]""",
    ),
    "purging many": (
        replace(MANY, state=State.PURGING, layers=(LONG_VARNISH, SENDING)),
        """\
        🔵 P-1042 purging · 1,200 URLs on shop · 1 of 2 layers · about 5 s left  ▓▓▓▓▓▓░░░░ 68 %
           Varnish 8 s → Cloudflare 15 of 40
           asked by <@U_MIA> · read as URL
           https://www.shop.test/0, https://www.shop.test/1, https://www.shop.test/2 and 1,197 more
           [Cancel = cancel P-1042]""",
    ),
    "purging many, as the plan said": (
        replace(MANY, state=State.PURGING, layers=(replace(NEXT_VARNISH, calls=40), NEXT_CLOUDFLARE), eta=T + 40),
        """\
        🔵 P-1042 purging · 1,200 URLs on shop · 0 of 2 layers · about 30 s left  ░░░░░░░░░░ 0 %
           Varnish to come → Cloudflare to come
           asked by <@U_MIA> · read as URL
           https://www.shop.test/0, https://www.shop.test/1, https://www.shop.test/2 and 1,197 more
           [Cancel = cancel P-1042]""",
    ),
    "purging, and the provider takes no more for now": (
        replace(MANY, state=State.PURGING, layers=(LONG_VARNISH, replace(SENDING, waits_until=T + 60))),
        f"""\
        🔵 P-1042 purging · 1,200 URLs on shop · 1 of 2 layers · about 5 s left  ▓▓▓▓▓▓░░░░ 68 %
           Varnish 8 s → Cloudflare 15 of 40
           Cloudflare takes no more calls for now. It goes on by itself {AT_8_01}.
           asked by <@U_MIA> · read as URL
           https://www.shop.test/0, https://www.shop.test/1, https://www.shop.test/2 and 1,197 more
           [Cancel = cancel P-1042]""",
    ),
    "purging, by the time that each layer takes": (
        replace(
            NEW, state=State.PURGING,
            layers=(
                replace(VARNISH, calls=900, sent=900, seconds=1.8),
                replace(SENDING, calls=30, sent=6, seconds=28.0, started=T),
            ),
        ),
        f"""\
        🔵 P-1042 purging · {PRICING} · 1 of 2 layers · about 24 s left  ▓▓░░░░░░░░ 29 %
           Varnish 0.2 s → Cloudflare 6 of 30
           asked by <@U_MIA> · read as URL
           [Cancel = cancel P-1042]""",
    ),
    "confirming": (
        replace(NEW, state=State.CONFIRMING, layers=(VARNISH, replace(CLOUDFLARE, pending=1, ready_at=T + 30))),
        f"""\
        🔵 P-1042 sent, Cloudflare is still at it · {PRICING} · about 20 s left
           Varnish 0.2 s → Cloudflare 0.4 s
           asked by <@U_MIA> · read as URL
           [Cancel = cancel P-1042]""",
    ),
    "first look": (
        replace(ENDED_UNSEEN, state=State.CHECKING, round=0),
        f"""\
        🔵 P-1042 purged, proving… · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           Browsers may still keep a copy of their own.
           asked by <@U_MIA> · read as URL""",
    ),
    "some places to go": (
        replace(
            DONE, state=State.CHECKING, verdict=Verdict.STALE, fresh_at=("fra",), stale_at=("iad", "sin"),
            why='still old at iad (HIT, 5 h old, version "a1"), sin (HIT, 5 h old, version "a1")',
        ),
        f"""\
        🔵 P-1042 purged, fresh at fra, 2 to go · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           still old at iad (HIT, 5 h old, version "a1"), sin (HIT, 5 h old, version "a1")
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL""",
    ),
    "a probe to go, which is counted beside the others": (
        replace(
            DONE, state=State.CHECKING, verdict=Verdict.UNKNOWN, fresh_at=("fra", "iad", "sin", "3 of 4 probes"),
            stale_at=(), looks=(*DONE.looks, *TOKYO), round=4, purged=T, due_at=T + 120,
            why="Tokyo 3 did not answer: no answer in time",
        ),
        f"""\
        🔵 P-1042 purged, fresh at fra, iad, sin, 3 of 4 probes · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           Not proven yet: Tokyo 3 did not answer: no answer in time. Looks again {AT_8_02}, for the last time.
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL""",
    ),
    "what a proof waits for, and until when": (
        replace(
            DONE, state=State.CHECKING, verdict=Verdict.UNKNOWN, fresh_at=("fra",), stale_at=(), round=2, purged=T + 2,
            due_at=T + 12, why="sin did not answer: connection refused",
        ),
        f"""\
        🔵 P-1042 purged, fresh at fra, 2 to go · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           Not proven yet: sin did not answer: connection refused. Looks again \
<!date^1800000012^{{date_short_pretty}} {{time_secs}}|2027-01-15 08:00:12 UTC>, and for the last time \
<!date^1800000122^{{date_short_pretty}} {{time_secs}}|2027-01-15 08:02:02 UTC>.
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL""",
    ),
    "a new check, and until when": (
        replace(
            DONE, state=State.CHECKING, verdict=Verdict.UNKNOWN, fresh_at=("fra",), stale_at=(), round=2,
            purged=T - 86400, looked_from=T, due_at=T + 10, why="sin did not answer: connection refused",
        ),
        f"""\
        🔵 P-1042 purged, fresh at fra, 2 to go · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           Not proven yet: sin did not answer: connection refused. Looks again \
<!date^1800000010^{{date_short_pretty}} {{time_secs}}|2027-01-15 08:00:10 UTC>, and for the last time {AT_8_02}.
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL""",
    ),
    "the last look of a proof": (
        replace(
            DONE, state=State.CHECKING, verdict=Verdict.UNKNOWN, fresh_at=("fra",), stale_at=(), round=4, purged=T,
            due_at=T + 120, why="sin did not answer: connection refused",
        ),
        f"""\
        🔵 P-1042 purged, fresh at fra, 2 to go · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           Not proven yet: sin did not answer: connection refused. Looks again {AT_8_02}, for the last time.
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL""",
    ),
    "all places to go": (
        replace(DONE, state=State.CHECKING, verdict=Verdict.STALE, fresh_at=(), stale_at=("fra", "iad", "sin")),
        f"""\
        🔵 P-1042 purged, still old at fra, iad, sin, looking again · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL""",
    ),
    "checked again": (
        replace(DONE, state=State.CHECKING, round=0),
        f"""\
        🔵 P-1042 purged, looking again · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL""",
    ),
    "failed": (
        replace(NEW, state=State.FAILED, layers=(VARNISH, REFUSED)),
        f"""\
        🔴 P-1042 stopped at Cloudflare · The token may not purge zone shop.test
           Give it “Zone → Cache Purge” for zone shop.test, then Retry.
           {PRICING}: Varnish was purged; Cloudflare was not purged
           Cloudflare said: “Authentication error (10000)”
           asked by <@U_MIA> · read as URL
           [Retry = retry P-1042 primary]""",
    ),
    "partly, since a target can never be taken": (
        replace(
            MANY, state=State.PARTIAL, verdict=Verdict.FRESH, fresh_at=("fra",), why="",
            layers=(
                VARNISH,
                replace(PARTLY, trouble=Trouble("Refused", "A URL holds a `~`.", "Purge a prefix around it.")),
            ),
        ),
        """\
        🟠 P-1042 partly purged, 1 call did not go, fresh at fra · 1,200 URLs on shop
           A URL holds a `~`. Purge a prefix around it.
           1,200 URLs on shop: Varnish was purged; Cloudflare took 39 of 40 calls
           not purged at Cloudflare: https://www.shop.test/7
           Browsers may still keep a copy of their own.
           asked by <@U_MIA> · read as URL
           https://www.shop.test/0, https://www.shop.test/1, https://www.shop.test/2 and 1,197 more
           [Purge again = purge_again P-1042]""",
    ),
    "failed, since no answer came twice": (
        replace(NEW, state=State.FAILED, layers=(VARNISH, replace(REFUSED, trouble=LOST))),
        f"""\
        🔴 P-1042 stopped at Cloudflare · Cloudflare did not answer within 8 s
           Look whether it took effect.
           {PRICING}: Varnish was purged; whether Cloudflare was purged is not known
           asked by <@U_MIA> · read as URL
           [Retry = retry P-1042 primary]""",
    ),
    "failed at the only layer, whose answer was lost twice": (
        replace(NEW, state=State.FAILED, layers=(replace(REFUSED, trouble=LOST),)),
        f"""\
        🔴 P-1042 stopped at Cloudflare · Cloudflare did not answer within 8 s
           Look whether it took effect.
           {PRICING}: whether Cloudflare was purged is not known
           asked by <@U_MIA> · read as URL
           [Retry = retry P-1042 primary]""",
    ),
    "failed at the first layer of many targets": (
        replace(
            MANY, state=State.FAILED, layers=(
                replace(VARNISH, state=LayerState.FAILED, calls=40, sent=12, failed=1, trouble=NO_PERMISSION,
                        failing=("https://www.shop.test/12", "https://www.shop.test/13")),
                replace(NEXT_CLOUDFLARE, state=LayerState.STOPPED),
            ),
        ),
        """\
        🔴 P-1042 stopped at Varnish · The token may not purge zone shop.test
           Give it “Zone → Cache Purge” for zone shop.test, then Retry.
           1,200 URLs on shop: Varnish took 12 of 40 calls; Cloudflare was not purged
           not purged at Varnish: https://www.shop.test/12, https://www.shop.test/13
           Varnish said: “Authentication error (10000)”
           asked by <@U_MIA> · read as URL
           https://www.shop.test/0, https://www.shop.test/1, https://www.shop.test/2 and 1,197 more
           [Retry = retry P-1042 primary]""",
    ),
    "parked": (
        replace(NEW, state=State.FAILED, why="purgebot could not go on with it (KeyError)."),
        f"""\
        🔴 P-1042 stopped · purgebot could not go on with it (KeyError) · {PRICING}
           {PRICING}: nothing was purged
           asked by <@U_MIA> · read as URL
           [Retry = retry P-1042 primary]""",
    ),
    "parked, with more to say than a line holds": (
        replace(NEW, state=State.FAILED, why=OTHER_CALLS, for_good=True),
        f"""\
        🔴 P-1042 stopped · its calls are not those that were asked for: somebody changed the ledger's file · {PRICING}
           {PRICING}: nothing was purged
           {OTHER_CALLS}
           asked by <@U_MIA> · read as URL
           [Ask again = purge_again P-1042]""",
    ),
    "partly": (
        replace(
            DONE, state=State.PARTIAL, verdict=Verdict.STALE, targets=1200, layers=(VARNISH, PARTLY), fresh_at=(),
            stale_at=("sin",), proven=None,
        ),
        """\
        🟠 P-1042 partly purged, 1 call did not go, still old at sin · 1,200 URLs on shop
           The token may not purge zone shop.test. Give it “Zone → Cache Purge” for zone shop.test, then Retry.
           1,200 URLs on shop: Varnish was purged; Cloudflare took 39 of 40 calls
           not purged at Cloudflare: https://www.shop.test/7
           Cloudflare said: “Authentication error (10000)”
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL
           [Retry = retry P-1042 primary]""",
    ),
    "a layer stopped half-way, and the edge is looked at": (
        replace(
            DONE, state=State.CHECKING, verdict=Verdict.STALE, targets=170, fresh_at=(), stale_at=("sin",), proven=None,
            layers=(VARNISH, replace(REFUSED, calls=6, sent=1, cancelled=4, failed=1, failing=NAMED, not_purged=140)),
        ),
        """\
        🟠 P-1042 partly purged, 5 calls did not go, still old at sin, looking again · 170 URLs on shop
           The token may not purge zone shop.test. Give it “Zone → Cache Purge” for zone shop.test, then Retry.
           170 URLs on shop: Varnish was purged; Cloudflare took 1 of 6 calls
           not purged at Cloudflare: https://www.shop.test/0, https://www.shop.test/1, https://www.shop.test/2 \
and 137 more
           Cloudflare said: “Authentication error (10000)”
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · read as URL
           [Retry = retry P-1042 primary]""",
    ),
    "a person decides": (
        replace(
            ALL, state=State.NEEDS_DECISION, approval=TWO_YES,
            layers=(VARNISH, replace(CLOUDFLARE, state=LayerState.UNKNOWN, unknown=1, trouble=LOST)),
        ),
        """\
        🟡 P-1042 needs a decision, the answer of Cloudflare was lost · everything on shop (production)
           Cloudflare did not answer within 8 s. It may have been done already. A repeat purges it once more, \
so a person decides.
           everything on shop (production): Varnish was purged; whether Cloudflare was purged is not known
           asked by <@U_MIA> · because INC-881 · approved by <@U_LEA> and <@U_SAM>
           [Cancel = cancel P-1042] [Repeat anyway = repeat_anyway P-1042 danger asks]""",
    ),
    "waiting": (
        ALL,
        f"""\
        🟡 P-1042 waits for 2 approvals (3 people asked) · everything on shop (production) · until {AT_8_30}
           Rule `everything`: it empties all of shop (production)
           votes are asked for in <#C_APPROVE>
           asked by <@U_MIA> · because INC-881
           [Cancel = cancel P-1042]""",
    ),
    "waiting for the second": (
        replace(ALL, approval=ONE_YES),
        f"""\
        🟡 P-1042 waits for 1 approval (2 people still asked) · everything on shop (production) · until {AT_8_30}
           Rule `everything`: it empties all of shop (production)
           agreed so far: <@U_LEA>; not yet: <@U_SAM> and <@U_KIM>
           votes are asked for in <#C_APPROVE>
           asked by <@U_MIA> · because INC-881
           [Cancel = cancel P-1042]""",
    ),
    "cancelled in time": (
        replace(NEW, state=State.CANCELLED, stop_reason="U_MIA"),
        f"""\
        ⚫ P-1042 cancelled by <@U_MIA> · {PRICING}
           Nothing was purged.
           asked by <@U_MIA> · read as URL""",
    ),
    "cancelled on the way": (
        replace(
            MANY, state=State.CANCELLED, stop_reason="token:ops-cli",
            layers=(LONG_VARNISH, replace(SENDING, state=LayerState.STOPPED, cancelled=25)),
        ),
        """\
        ⚫ P-1042 cancelled by token `ops-cli` · 1,200 URLs on shop
           1,200 URLs on shop: Varnish was purged; Cloudflare took 15 of 40 calls; 25 calls stayed unsent
           Nobody looked at the edge, which may still serve the old. *Purge again* asks for all of it.
           asked by <@U_MIA> · read as URL
           https://www.shop.test/0, https://www.shop.test/1, https://www.shop.test/2 and 1,197 more
           [Purge again = purge_again P-1042]""",
    ),
    "ended by a restore": (
        replace(NEW, state=State.CANCELLED, stop_reason="the restore of a backup", why=RESTORED),
        f"""\
        ⚫ P-1042 ended by a restore; ask again · {PRICING}
           A backup from before its end was put in place: what it had sent since is not known.
           If it is still wanted, ask again.
           asked by <@U_MIA> · read as URL
           [Ask again = purge_again P-1042]""",
    ),
    "denied": (
        replace(ALL, state=State.DENIED, stop_reason="U_SAM: not during the sale"),
        """\
        ⚫ P-1042 denied by <@U_SAM>: not during the sale · everything on shop (production)
           Nothing was purged.
           asked by <@U_MIA> · because INC-881""",
    ),
    "expired": (
        replace(ALL, state=State.EXPIRED),
        """\
        ⚫ P-1042 expired, nobody agreed in time · everything on shop (production)
           Nothing was purged. If it is still wanted, ask again.
           asked by <@U_MIA> · because INC-881
           [Ask again = purge_again P-1042]""",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("job", "expected"), CARDS.values(), ids=CARDS)
def test_a_job_says(job: JobView, expected: str) -> None:
    assert dedent(expected) == spelled(root_card(job, T + 10))


@pytest.mark.parametrize("job", [job for job, _ in CARDS.values()], ids=CARDS)
def test_a_phone_has_room_for_the_first_line(job: JobView) -> None:
    assert 150 >= len(unmarked(root_card(job, T + 10).text))


@pytest.mark.parametrize("job", [job for job, _ in CARDS.values()], ids=CARDS)
def test_below_it_are_six_lines_at_most(job: JobView) -> None:
    _, small, *_ = root_card(job, T + 10).blocks
    assert 6 >= str(small).count("\\n") + 1


PURGED = {name: job for name, (job, _) in CARDS.items() if job.state in (State.DONE, State.CHECKING)}


@pytest.mark.parametrize("job", PURGED.values(), ids=PURGED)
def test_what_was_purged_always_says_what_browsers_do(job: JobView) -> None:
    assert "rowsers" in spelled(root_card(job, T + 10))


def test_every_state_has_its_words() -> None:
    assert set(State) == {job.state for job, _ in CARDS.values()}


SUBJECTS = {
    "a path": (Kind.PATH, 1, "/pricing", "path /pricing on shop"),
    "a prefix of a host": (Kind.PREFIX, 1, "www.shop.test/news/", "prefix www.shop.test/news/"),
    "a prefix of every host": (Kind.PREFIX, 1, "/news/", "prefix /news/ on shop"),
    "a tag": (Kind.TAG, 1, "news", "tag news on shop"),
    "a host": (Kind.HOST, 1, "www.shop.test", "host www.shop.test"),
    "a pattern": (Kind.PATTERN, 1, "/*.css", "pattern /*.css on shop"),
    "many URLs": (Kind.URL, 1_000_000, PRICING, "1,000,000 URLs on shop"),
    "many of several kinds": (Kind.TAG, 5, "news", "5 targets on shop (widest: tag)"),
}


@pytest.mark.parametrize(("kind", "targets", "value", "expected"), SUBJECTS.values(), ids=SUBJECTS)
def test_a_first_line_names(kind: Kind, targets: int, value: str, expected: str) -> None:
    job = replace(NEW, kind=kind, targets=targets, sample=(value,))
    assert f"🔵 P-1042 begins now · {expected}" == root_card(job, T).text


def test_a_long_target_stands_in_full_below() -> None:
    url = f"{PRICING}?{'a=1&' * 40}"
    shown = spelled(root_card(replace(NEW, sample=(url,)), T)).split("\n")
    assert f"   `{url.replace('&', '&amp;')}`" == shown[1]


def test_a_reason_too_long_for_a_phone_stands_in_full_below() -> None:
    why = f"sin did not answer: {', '.join(['it took too long'] * 8)}"
    card = root_card(replace(DONE, verdict=Verdict.UNKNOWN, why=why), T)
    assert ("…", f"   {why}") == (card.text[-1], spelled(card).split("\n")[2])


def test_many_places_and_layers_are_counted() -> None:
    layers = tuple(replace(VARNISH, title=f"L{n}") for n in range(12))
    card = root_card(replace(DONE, fresh_at=tuple(f"p{n}" for n in range(40)), layers=layers), T)
    assert f"🟢 P-1042 fresh at p0, p1, p2, p3, p4, p5, 34 more · {PRICING}" == card.text
    assert "L7 0.2 s → 4 more → proven at p0, p1, p2, p3, p4, p5, 34 more in 3.1 s" in spelled(card)


def test_a_repeat_is_asked_once_more_with_what_it_empties() -> None:
    job = replace(ALL, state=State.NEEDS_DECISION)
    *_, buttons = root_card(job, T).blocks
    assert "This may purge a second time: everything on shop (production), hosts www.shop.test, img.shop.test." in str(
        buttons
    )


def test_block_ids_are_new_for_each_salt() -> None:
    ids = [[block["block_id"] for block in root_card(NEW, T, salt).blocks] for salt in ("7-1-root", "7-2-root")]
    assert set() == {*ids[0]} & {*ids[1]}


def test_block_ids_differ_within_a_card() -> None:
    assert 3 == len({block["block_id"] for block in root_card(NEW, T, "7-1-root").blocks})


REQUESTS: dict[str, tuple[JobView, bool, str]] = {
    "everything, first": (
        ALL,
        True,
        f"""\
        🟡 P-1042 needs 2 approvals · <@U_MIA> asks to purge everything on shop (production)
           What: everything in both layers of *shop*, production: www.shop.test, img.shop.test (Varnish and Cloudflare)
           Why: INC-881
           How much: 2 calls, about 28 s of sending under the budgets
           Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.
           Narrower: one host, such as `host www.shop.test`
           Rule `everything`: it empties all of shop (production)
           Asked: 3 people of `approvers`: <@U_LEA>, <@U_SAM> and <@U_KIM> · 30 min, until {AT_8_30}
           <{LINK}|The card of P-1042>
           [Approve = approve token-1 primary asks] [Deny = deny token-1 danger]""",
    ),
    "everything, edited": (
        replace(ALL, approval=ONE_YES),
        False,
        f"""\
        🟡 P-1042 needs 1 approval · <@U_MIA> asks to purge everything on shop (production)
           What: everything in both layers of *shop*, production: www.shop.test, img.shop.test (Varnish and Cloudflare)
           Why: INC-881
           How much: 2 calls, about 28 s of sending under the budgets
           Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.
           Narrower: one host, such as `host www.shop.test`
           Rule `everything`: it empties all of shop (production)
           Votes: <@U_LEA> yes {AT_8_01}
           Not yet: <@U_SAM> and <@U_KIM> · 30 min, until {AT_8_30}
           <{LINK}|The card of P-1042>
           [Approve = approve token-1 primary asks] [Deny = deny token-1 danger]""",
    ),
    "many pages, from a token without a reason": (
        replace(
            MANY, state=State.WAITING, requested_by="token:ci-shop",
            layers=(replace(NEXT_VARNISH, soft=True), replace(NEXT_CLOUDFLARE, soft=True)),
            approval=replace(APPROVAL, needed=1, rule="wide", why="1200 targets are more than 30", offers=()),
        ),
        False,
        f"""\
        🟡 P-1042 needs 1 approval · token `ci-shop` asks to purge 1,200 URLs on shop
           What: https://www.shop.test/0, https://www.shop.test/1, https://www.shop.test/2 and 1,197 more \
in both layers of *shop*, production (Varnish and Cloudflare, soft)
           All targets: `/purge show P-1042`
           Why: no reason was given
           How much: 1,200 targets in 2 calls, sent at once
           Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.
           Rule `wide`: 1200 targets are more than 30
           Asked: 3 people of `approvers` · 30 min, until {AT_8_30}
           <{LINK}|The card of P-1042>
           [Approve = approve token-1 primary asks] [Deny = deny token-1 danger]""",
    ),
    "a prefix": (
        replace(ALL, kind=Kind.PREFIX, sample=("www.shop.test/news/",), approval=replace(APPROVAL, needed=1)),
        False,
        f"""\
        🟡 P-1042 needs 1 approval · <@U_MIA> asks to purge prefix www.shop.test/news/
           What: prefix www.shop.test/news/ with all that lies below it in both layers of *shop*, \
production (Varnish and Cloudflare)
           Why: INC-881
           How much: 1 target in 2 calls, about 28 s of sending under the budgets
           Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.
           Narrower: one host, such as `host www.shop.test`
           Rule `everything`: it empties all of shop (production)
           Asked: 3 people of `approvers` · 30 min, until {AT_8_30}
           <{LINK}|The card of P-1042>
           [Approve = approve token-1 primary asks] [Deny = deny token-1 danger]""",
    ),
    "a host": (
        replace(
            ALL, kind=Kind.HOST, sample=("www.shop.test",),
            notes=("P-9 is for the same, and was under way when this was asked for.",),
            layers=(replace(NEXT_VARNISH, note="Varnish does <something> else"), NEXT_CLOUDFLARE),
            approval=replace(APPROVAL, needed=1, rule="wide", offers=("Narrower: <a> tag", "Cheaper: `prefix a/`")),
        ),
        False,
        f"""\
        🟡 P-1042 needs 1 approval · <@U_MIA> asks to purge host www.shop.test
           What: host www.shop.test in both layers of *shop*, production (Varnish and Cloudflare)
           Why: INC-881
           How much: 1 target in 2 calls, about 28 s of sending under the budgets
           Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.
           Varnish does &lt;something&gt; else · P-9 is for the same, and was under way when this was asked for.
           Narrower: &lt;a&gt; tag
           Cheaper: `prefix a/`
           Rule `wide`: it empties all of shop (production)
           Asked: 3 people of `approvers` · 30 min, until {AT_8_30}
           <{LINK}|The card of P-1042>
           [Approve = approve token-1 primary asks] [Deny = deny token-1 danger]""",
    ),
    "a part of the layers, with what they cost": (
        replace(
            ALL, left_alone=("Redis",),
            layers=(
                replace(NEXT_VARNISH, title="CloudFront", cost=Cost(1200, "paths", 900, 1000, 5.5)),
                replace(NEXT_CLOUDFLARE, cost=Cost(2, "calls", 0, 10, 0.0)),
            ),
            approval=replace(APPROVAL, needed=1, offers=()),
        ),
        False,
        f"""\
        🟡 P-1042 needs 1 approval · <@U_MIA> asks to purge everything on shop (production)
           What: everything in 2 of 3 layers of *shop*, production: www.shop.test, img.shop.test \
(CloudFront and Cloudflare)
           Why: INC-881
           How much: 2 calls, about 28 s of sending under the budgets
           Cost: CloudFront 1,200 paths, about $5.50: 900 used this month, 1,000 are free; Cloudflare 2 calls, free: \
8 of 10 free ones left this month · about $5.50 in all
           Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.
           Rule `everything`: it empties all of shop (production)
           Asked: 3 people of `approvers` · 30 min, until {AT_8_30}
           <{LINK}|The card of P-1042>
           [Approve = approve token-1 primary asks] [Deny = deny token-1 danger]""",
    ),
    "asked again": (
        replace(
            ALL, kind=Kind.TAG, sample=("news",), layers=(NEXT_CLOUDFLARE,),
            approval=replace(
                APPROVAL, needed=1, offers=(), groups=("U_LEA",), round=1, earlier=(LEA,),
                returned="<!here>, <@U_SAM> and <@U_LEA> may no longer vote on it.",
            ),
        ),
        False,
        f"""\
        🟡 P-1042 needs 1 approval · <@U_MIA> asks to purge tag news on shop
           Asked again: &lt;!here&gt;, &lt;@U_SAM&gt; and &lt;@U_LEA&gt; may no longer vote on it.
           What: tag news in the one layer of *shop*, production (Cloudflare)
           Why: INC-881
           How much: 1 target in 1 call, about 28 s of sending under the budgets
           Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.
           Rule `everything`: it empties all of shop (production)
           Void, from before it was asked again: <@U_LEA> yes {AT_8_01}
           Asked: 3 people · 30 min, until {AT_8_30}
           <{LINK}|The card of P-1042>
           [Approve = approve token-1.1 primary asks] [Deny = deny token-1.1 danger]""",
    ),
    "asked again for a lost vote": (
        replace(
            ALL, kind=Kind.TAG, sample=("news",), layers=(NEXT_CLOUDFLARE,),
            approval=replace(APPROVAL, offers=(), groups=(), returned="<@U_SAM> may no longer vote on it."),
        ),
        False,
        f"""\
        🟡 P-1042 needs 2 approvals · <@U_MIA> asks to purge tag news on shop
           Asked again: <@U_SAM> may no longer vote on it.
           What: tag news in the one layer of *shop*, production (Cloudflare)
           Why: INC-881
           How much: 1 target in 1 call, about 28 s of sending under the budgets
           Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.
           Rule `everything`: it empties all of shop (production)
           Asked: 3 people · 30 min, until {AT_8_30}
           <{LINK}|The card of P-1042>
           [Approve = approve token-1 primary asks] [Deny = deny token-1 danger]""",
    ),
    "approved": (
        replace(ALL, state=State.QUEUED, approval=TWO_YES),
        False,
        f"""\
        🟢 P-1042 approved by <@U_LEA> and <@U_SAM> · everything on shop (production)
           What: everything in both layers of *shop*, production: www.shop.test, img.shop.test (Varnish and Cloudflare)
           Why: INC-881
           How much: 2 calls, about 28 s of sending under the budgets
           Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.
           Votes: <@U_LEA> yes {AT_8_01} and <@U_SAM> yes {AT_8_02}
           It goes on by itself; its own card tells how.
           <{LINK}|The card of P-1042>""",
    ),
    "denied after a yes": (
        replace(
            ALL, state=State.DENIED, stop_reason="U_SAM: not during the sale",
            approval=replace(ONE_YES, votes=(*ONE_YES.votes, NO)),
        ),
        False,
        f"""\
        ⚫ P-1042 denied by <@U_SAM>: not during the sale · everything on shop (production)
           What: everything in both layers of *shop*, production: www.shop.test, img.shop.test (Varnish and Cloudflare)
           Why: INC-881
           How much: 2 calls, about 28 s of sending under the budgets
           Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.
           Votes: <@U_LEA> yes {AT_8_01} and <@U_SAM> no {AT_8_02} (“not during the sale”)
           Nothing was purged.
           <{LINK}|The card of P-1042>""",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("job", "first", "expected"), REQUESTS.values(), ids=REQUESTS)
def test_a_request_says(job: JobView, first: bool, expected: str) -> None:
    assert dedent(expected) == spelled(request_card(job, T, "token-1", first, LINK))


LOADS = {
    "a few pages": (Kind.URL, {Kind.URL: 10, Kind.PATH: 20}, 30, False),
    "pages of a job from before counts were kept": (Kind.URL, {}, 30, False),
    "many pages": (Kind.URL, {Kind.URL: 31}, 31, True),
    "a long list": (Kind.URL, {Kind.URL: 330_000}, 330_000, True),
    "paths on many hosts": (Kind.URL, {Kind.PATH: 31}, 31, True),
    "a tag, of nobody knows how many pages": (Kind.TAG, {Kind.TAG: 1}, 1, True),
    "a page and a tag": (Kind.TAG, {Kind.URL: 1, Kind.TAG: 1}, 2, True),
    "a prefix": (Kind.PREFIX, {Kind.PREFIX: 1}, 1, True),
}


@pytest.mark.parametrize(("kind", "counts", "targets", "told"), LOADS.values(), ids=LOADS)
def test_what_may_be_much_for_the_origin_is_told(kind: Kind, counts: dict[Kind, int], targets: int, told: bool) -> None:
    job = replace(MANY, state=State.WAITING, approval=APPROVAL, kind=kind, counts=counts, targets=targets)
    assert told == ("Origin: traffic unknown, treated as high:" in spelled(request_card(job, T, "token-1", False)))


OVER = {
    "expired": (
        replace(ALL, state=State.EXPIRED),
        "⚫ P-1042 expired, nobody agreed in time · everything on shop (production)",
    ),
    "expired after one yes": (
        replace(ALL, state=State.EXPIRED, approval=ONE_YES),
        "⚫ P-1042 expired, too few people agreed in time · everything on shop (production)",
    ),
    "cancelled before a decision": (
        replace(ALL, state=State.CANCELLED, stop_reason="U_MIA", approval=ONE_YES),
        "⚫ P-1042 cancelled by <@U_MIA> · everything on shop (production)",
    ),
    "ended by a restore": (
        replace(ALL, state=State.EXPIRED, why=RESTORED, approval=ONE_YES),
        "⚫ P-1042 ended by a restore; ask again · everything on shop (production)",
    ),
    "cancelled after it": (
        replace(ALL, state=State.CANCELLED, stop_reason="U_MIA", approval=TWO_YES),
        "🟢 P-1042 approved by <@U_LEA> and <@U_SAM> · everything on shop (production)",
    ),
    "parked while it waited": (
        replace(ALL, state=State.FAILED),
        "⚫ P-1042 asks for no votes any more · everything on shop (production)",
    ),
}


@pytest.mark.parametrize(("job", "expected"), OVER.values(), ids=OVER)
def test_a_request_that_is_over_says(job: JobView, expected: str) -> None:
    assert expected == request_card(job, T, "token-1", first=False).text


@pytest.mark.parametrize("job", [job for job, _ in OVER.values()], ids=OVER)
def test_a_request_that_is_over_has_no_buttons(job: JobView) -> None:
    assert [] == [block for block in request_card(job, T, "token-1", first=False).blocks if block["type"] == "actions"]


AFTERWARDS = {
    "under way": (State.PURGING, "It goes on by itself; its own card tells how."),
    "ended": (State.DONE, "It has ended; its own card tells what came of it."),
    "cancelled": (State.CANCELLED, "Then cancelled by <@U_MIA>; its own card tells what had gone."),
}


@pytest.mark.parametrize(("state", "expected"), AFTERWARDS.values(), ids=AFTERWARDS)
def test_an_approved_request_says_what_came_of_it(state: State, expected: str) -> None:
    job = replace(ALL, state=state, approval=TWO_YES, stop_reason="U_MIA" if state is State.CANCELLED else "")
    assert f"   {expected}" == spelled(request_card(job, T, "token-1", first=False)).split("\n")[-1]


def test_a_vote_is_asked_once_more_with_what_it_lets_happen() -> None:
    *_, buttons = request_card(ALL, T, "token-1", first=True).blocks
    assert (
        "Once enough people agree it purges everything on shop (production), hosts www.shop.test, img.shop.test."
        in str(buttons)
    )


def test_one_mention_of_a_user_group_reaches_all_of_it() -> None:
    shown = spelled(request_card(ALL, T, "token-1", True, asked=("S_SRE", "U_KIM")))
    assert f"Asked: 3 people of `approvers`: <!subteam^S_SRE> and <@U_KIM> · 30 min, until {AT_8_30}" in shown


def test_at_most_twenty_are_mentioned() -> None:
    crowd = replace(ALL, approval=replace(APPROVAL, of=tuple(f"U_{n}" for n in range(30))))
    shown = spelled(request_card(crowd, T, "token-1", True))
    assert (20, True) == (shown.count("<@U_") - 1, "<@U_19> and 10 more ·" in shown)  # and who asks


def test_a_card_that_is_both_can_be_cancelled_and_does_not_lead_to_itself() -> None:
    *_, last = spelled(request_card(ALL, T, "token-1", False, is_root=True)).split("\n")
    assert "   [Approve = approve token-1 primary asks] [Cancel = cancel P-1042] [Deny = deny token-1 danger]" == last


def test_something_narrower_has_a_button_each_on_the_jobs_own_card() -> None:
    job = replace(ALL, approval=replace(APPROVAL, choices=("Only the front page", "Only the host www.shop.test")))
    assert [
        "   [Only the front page = pick token-1:0]",
        "   [Only the host www.shop.test = pick token-1:1]",
        "   [Cancel = cancel P-1042]",
    ] == spelled(root_card(job, T, "7-1", "token-1")).split("\n")[-3:]


def test_once_it_waits_no_more_nothing_narrower_is_offered() -> None:
    job = replace(ALL, state=State.QUEUED, approval=replace(TWO_YES, choices=("Only the front page",)))
    assert "pick" not in str(root_card(job, T, "7-1", "token-1").blocks)


def test_the_root_card_never_takes_votes() -> None:
    assert "approve" not in str(root_card(ALL, T).blocks)
