"""The note of a deploy, word for word, as its channel reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import dedent

import pytest

from bot.domain.deploys.deploy import Deploy, Expected
from bot.domain.jobs.job import JobView, LayerState, State, Trouble
from bot.domain.proof.reasons import ORIGIN_LACKS
from bot.domain.proof.verdict import Verdict
from bot.slack.cards import root_card
from bot.slack.cards.thread import outcome_line
from tests.slack.cases import CLOUDFLARE, DONE, NEW, PRICING, T, spelled

SHOWS = Expected("/pricing", "x-build", "4.2.0")
OUT = Deploy("4.2.0", "token:ci-shop", "mia", "https://ci.test/7", "4.1.9", expected=(SHOWS,))
FILES = replace(
    OUT, expected=(), files=301, told=(
        "298 hashed assets need no purge, such as `app.4f3a.js`.", "2 changed files match no rule and purge nothing: "
        "`docs/a.md`, `b.md`.", "14 pages → 1 prefix /news/, 13 calls saved.",
    ),
)  # fmt: skip
BACK = replace(OUT, version="4.1.8", rollback=True, expected=())
SEEN = replace(DONE, read_as="", deploy=OUT, looks=tuple(replace(look, shows=SHOWS.told) for look in DONE.looks))
AGAIN = replace(SEEN, id=1050, read_as="again, as P-1042", deploy=replace(OUT, again=1042))
OLD_AT_FRA = replace(
    SEEN, verdict=Verdict.STALE, stale_at=("fra",), fresh_at=("iad", "sin"), proven=None, why="still old at fra (HIT)",
    looks=tuple(replace(x, shows="", lacks=SHOWS.told) if x.place == "fra" else x for x in SEEN.looks),
)  # fmt: skip
NOWHERE = replace(
    OLD_AT_FRA, stale_at=("fra", "iad", "sin"), fresh_at=(), why=f"still old at fra, iad, sin · {ORIGIN_LACKS}",
    looks=tuple(replace(look, shows="", lacks=SHOWS.told) for look in SEEN.looks),
)  # fmt: skip


def expected_of(paths: Sequence[str]) -> tuple[Expected, ...]:
    """The mark, on each page."""
    return tuple(Expected(path, "x-build", "4.2.0") for path in paths)


def showing(*paths: str, lacks: str = "", unseen: str = "") -> JobView:
    """P-1042, whose pages at `paths` show the mark, but for `lacks`, at fra, and `unseen`, of which nothing came."""
    looks = tuple(
        replace(
            look, url=f"https://www.shop.test{path}", shows="" if is_old else SHOWS.told,
            lacks=SHOWS.told if is_old else "",
        )
        for path in paths
        for look in DONE.looks
        if path != unseen
        for is_old in [path == lacks and look.place == "fra"]
    )  # fmt: skip
    return replace(SEEN, deploy=replace(OUT, expected=expected_of(paths)), looks=(*SEEN.looks, *looks))


SIX = ("/", "/a", "/b", "/c", "/d", "/e")
BROKEN = replace(
    CLOUDFLARE, state=LayerState.FAILED, trouble=Trouble("BadCredentials", "Cloudflare refused the token.", "Renew it.")
)

NOTES: dict[str, tuple[JobView, str]] = {
    "out, and every page shows it": (
        SEEN,
        f"""\
        🟢 shop 4.2.0 · P-1042 fresh at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
           `/pricing` shows x-build: 4.2.0 at fra, iad, sin
           fra before: HIT, 5 h old, version "a1" · after: MISS, version "b7" = origin
           Browsers that have it may keep it up to 5 min (max-age=300).
           deployed by mia, told by token `ci-shop` · <https://ci.test/7|what ran> · before it: 4.1.9
           [Check again = check_again P-1042]""",
    ),
    "out, and one place has the old": (
        OLD_AT_FRA,
        f"""\
        🟠 shop 4.2.0 · P-1042 purged, still old at fra · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           `/pricing` shows x-build: 4.2.0 at iad, sin, not at fra
           still old at fra (HIT)
           Browsers that have it may keep it up to 5 min (max-age=300).
           deployed by mia, told by token `ci-shop` · <https://ci.test/7|what ran> · before it: 4.1.9
           [Check again = check_again P-1042] [Why? = why why {PRICING}] [Purge again = purge_again P-1042 primary]""",
    ),
    "the origin does not have it": (
        NOWHERE,
        f"""\
        🟠 shop 4.2.0 · P-1042 purged, still old at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           `/pricing` lacks x-build: 4.2.0 at fra, iad, sin
           still old at fra, iad, sin · the origin itself does not show it: is the new version out there?
           Browsers that have it may keep it up to 5 min (max-age=300).
           deployed by mia, told by token `ci-shop` · <https://ci.test/7|what ran> · before it: 4.1.9
           [Check again = check_again P-1042] [Why? = why why {PRICING}] [Purge again = purge_again P-1042 primary]""",
    ),
    "back to an earlier version, by somebody in Slack": (
        replace(SEEN, looks=DONE.looks, deploy=replace(BACK, actor="U_MIA", link="")),
        f"""\
        🟢 shop back to 4.1.8 · P-1042 fresh at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
           the pages call themselves `b7`; with `expect`, a deploy is held against what they show
           fra before: HIT, 5 h old, version "a1" · after: MISS, version "b7" = origin
           Browsers that have it may keep it up to 5 min (max-age=300).
           deployed by <@U_MIA>, told by token `ci-shop` · before it: 4.1.9
           [Check again = check_again P-1042]""",
    ),
    "the pages call themselves something else": (
        replace(SEEN, looks=DONE.looks, deploy=replace(OUT, expected=())),
        f"""\
        🟢 shop 4.2.0 · P-1042 fresh at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
           the pages call themselves `b7`; with `expect`, a deploy is held against what they show
           fra before: HIT, 5 h old, version "a1" · after: MISS, version "b7" = origin
           Browsers that have it may keep it up to 5 min (max-age=300).
           deployed by mia, told by token `ci-shop` · <https://ci.test/7|what ran> · before it: 4.1.9
           [Check again = check_again P-1042]""",
    ),
    "no file needs a purge": (
        replace(DONE, read_as="", deploy=FILES, targets=0, layers=(), sample=()),
        f"""\
        🟢 shop 4.2.0 · P-1042 fresh at fra, iad, sin · nothing to purge on shop
           the pages call themselves `b7`; with `expect`, a deploy is held against what they show
           298 hashed assets need no purge, such as `app.4f3a.js`. 2 changed files match no rule and purge nothing: \
`docs/a.md`, `b.md`. 14 pages → 1 prefix /news/, 13 calls saved.
           {PRICING} · fra MISS, version "b7" = origin
           Nothing was to be purged; the edge was held against the origin.
           Browsers that have it may keep it up to 5 min (max-age=300).
           deployed by mia, told by token `ci-shop` · <https://ci.test/7|what ran> · before it: 4.1.9
           [Check again = check_again P-1042]""",
    ),
    "several pages, old at an earlier look": (
        replace(showing("/", "/pricing"), why="fra: old at an earlier look, fresh now in 2 answers in a row"),
        f"""\
        🟢 shop 4.2.0 · P-1042 fresh at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
           `/` and `/pricing` show x-build: 4.2.0 at fra, iad, sin
           fra before: HIT, 5 h old, version "a1" · after: MISS, version "b7" = origin
           fra: old at an earlier look, fresh now in 2 answers in a row
           Browsers that have it may keep it up to 5 min (max-age=300).
           deployed by mia, told by token `ci-shop` · <https://ci.test/7|what ran> · before it: 4.1.9
           [Check again = check_again P-1042]""",
    ),
    "more pages than there is room for, and all that can be said": (
        replace(
            showing(*SIX), why="fra: old at an earlier look, fresh now in 2 answers in a row",
            deploy=replace(FILES, told=FILES.told[:1], expected=expected_of(SIX)),
        ),
        f"""\
        🟢 shop 4.2.0 · P-1042 fresh at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
           `/`, `/a` and `/b` show x-build: 4.2.0 at fra, iad, sin · 3 more pages in the thread
           298 hashed assets need no purge, such as `app.4f3a.js`.
           fra: old at an earlier look, fresh now in 2 answers in a row
           Browsers that have it may keep it up to 5 min (max-age=300).
           deployed by mia, told by token `ci-shop` · <https://ci.test/7|what ran> · before it: 4.1.9
           [Check again = check_again P-1042]""",
    ),
    "the last of many pages is old at one place, and one gave nothing": (
        replace(
            showing(*SIX, lacks="/e", unseen="/d"), verdict=Verdict.STALE, stale_at=("fra",), fresh_at=("iad", "sin"),
            proven=None, why="still old at fra (HIT)",
        ),
        f"""\
        🟠 shop 4.2.0 · P-1042 purged, still old at fra · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           `/e` shows x-build: 4.2.0 at iad, sin, not at fra · whether `/d` shows x-build: 4.2.0 is not known · \
`/` shows x-build: 4.2.0 at fra, iad, sin · 3 more pages in the thread
           still old at fra (HIT)
           Browsers that have it may keep it up to 5 min (max-age=300).
           deployed by mia, told by token `ci-shop` · <https://ci.test/7|what ran> · before it: 4.1.9
           [Check again = check_again P-1042] [Why? = why why {PRICING}] [Purge again = purge_again P-1042 primary]""",
    ),
    "another site comes first": (
        replace(NEW, read_as="", deploy=OUT, after=11),
        f"""\
        🔵 shop 4.2.0 · P-1042 waits for P-11, which comes first · {PRICING}
           Varnish to come → Cloudflare to come
           deployed by mia, told by token `ci-shop` · <https://ci.test/7|what ran> · before it: 4.1.9
           [Cancel = cancel P-1042]""",
    ),
    "that one was not proven": (
        replace(
            NEW, read_as="", deploy=OUT, after=11, state=State.CANCELLED, stop_reason="purgebot",
            why="P-11, which comes first on staging, still serves the old.",
        ),
        f"""\
        ⚫ shop 4.2.0 · P-1042 given up · {PRICING}
           Nothing was purged. P-11, which comes first on staging, still serves the old.
           deployed by mia, told by token `ci-shop` · <https://ci.test/7|what ran> · before it: 4.1.9
           [Purge anyway = purge_again P-1042]""",
    ),
    "somebody had it purged once more": (
        replace(OLD_AT_FRA, again_as=1050, repeat=AGAIN),
        f"""\
        🟠 shop 4.2.0 · P-1042 purged, still old at fra · {PRICING}
           again as P-1050: 🟢 fresh at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s
           `/pricing` shows x-build: 4.2.0 at iad, sin, not at fra
           still old at fra (HIT)
           Browsers that have it may keep it up to 5 min (max-age=300).
           deployed by mia, told by token `ci-shop` · <https://ci.test/7|what ran> · before it: 4.1.9
           [Check again = check_again P-1042] [Why? = why why {PRICING}] [Purge again = purge_again P-1042 primary]""",
    ),
    "purged once more": (
        AGAIN,
        f"""\
        🟢 shop 4.2.0 · P-1050 fresh at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
           `/pricing` shows x-build: 4.2.0 at fra, iad, sin
           fra before: HIT, 5 h old, version "a1" · after: MISS, version "b7" = origin
           Browsers that have it may keep it up to 5 min (max-age=300).
           asked by <@U_MIA> · again, as P-1042 · deployed by mia, told by token `ci-shop` · \
<https://ci.test/7|what ran> · before it: 4.1.9
           [Check again = check_again P-1050]""",
    ),
    "hostile words of a sender": (
        replace(
            DONE, read_as="",
            deploy=Deploy("<!channel>\u202e1", "token:ci", "<@U_LEA> `x`", "javascript:alert(1)", "<b>", expected=()),
        ),
        f"""\
        🟢 shop &lt;!channel&gt;1 · P-1042 fresh at fra, iad, sin · {PRICING}
           shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
           the pages call themselves `b7`; with `expect`, a deploy is held against what they show
           fra before: HIT, 5 h old, version "a1" · after: MISS, version "b7" = origin
           Browsers that have it may keep it up to 5 min (max-age=300).
           deployed by &lt;@U_LEA&gt; `x`, told by token `ci` · before it: &lt;b&gt;
           [Check again = check_again P-1042]""",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("job", "expected"), NOTES.values(), ids=NOTES)
def test_note(job: JobView, expected: str) -> None:
    assert dedent(expected) == spelled(root_card(job, T + 20))


def test_a_reason_that_asks_ends_as_a_question() -> None:
    job = replace(NOWHERE, state=State.CHECKING, round=1, purged=T + 1, due_at=T + 31)
    assert "is the new version out there? Looks again <!date" in spelled(root_card(job, T + 20))


def test_whoever_deployed_is_called_where_it_ends_badly() -> None:
    job = replace(
        SEEN, state=State.FAILED, verdict=Verdict.UNCHECKED, layers=(*SEEN.layers[:1], BROKEN), ended=T + 9,
        deploy=replace(OUT, actor="U_MIA"),
    )  # fmt: skip
    expected = "<@U_MIA> 🔴 shop 4.2.0 · P-1042 stopped at Cloudflare · Cloudflare refused the token"
    assert expected == outcome_line(job)


@pytest.mark.parametrize("actor", ["", "mia", "U_MIA>", "S_SRE"])
def test_nobody_is_called_whose_slack_id_is_not_known(actor: str) -> None:
    assert "" == outcome_line(replace(SEEN, deploy=replace(OUT, actor=actor)))
