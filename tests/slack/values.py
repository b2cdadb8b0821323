"""Jobs, looks and plans to make cards of, and a card as one reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.domain.job import Approval, JobView, LayerState, LayerView, State, Trouble, Vote
from bot.domain.look import ORIGIN, Look
from bot.domain.verdict import Verdict
from bot.slack.cards import Card
from providers.contract import Cached, Kind

NOW = 1_800_000_000.0  # 2027-01-15 08:00 UTC
PAGE = "https://www.shop.test/pricing"

_DATE = re.compile(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|([^>]*)>")

VARNISH = LayerView("shield", "Varnish", LayerState.DONE, 1, 1, ("v-1",), NOW - 4, NOW - 3.8)
CLOUDFLARE = LayerView("cf", "Cloudflare", LayerState.DONE, 1, 1, ("cf-1",), NOW - 3.8, NOW - 3.4)
LAYERS = (VARNISH, CLOUDFLARE)
TO_COME = tuple(replace(layer, state=LayerState.WAITING, sent=0, ids=(), started=None, ended=None) for layer in LAYERS)
NO_PERMISSION = Trouble(
    "BadCredentials",
    "The token may not purge zone shop.test.",
    "Give it “Zone → Cache Purge” for zone shop.test, then Retry.",
    "Authentication error (10000)",
)
REFUSED = replace(CLOUDFLARE, state=LayerState.FAILED, sent=0, ids=(), trouble=NO_PERMISSION, failed=1, failing=(PAGE,))
ASKED = Approval(2, ("U_LEA", "U_SAM", "U_KIM"), NOW + 1680, "everything", "it empties all of shop (production)")


def look(place: str, version: str, at: float = NOW) -> Look:
    """A look at the page that found `version`, fetched just now."""
    cached = Cached.UNKNOWN if place == ORIGIN else Cached.MISS
    return Look(place, PAGE, at, 200, version=version, age=0, cached=cached, max_age=300)


OLD = replace(look("fra", "a1", NOW - 5), age=18_000, cached=Cached.HIT)
NEW = look("fra", "b7")
TRUTH = look(ORIGIN, "b7")


def job(state: State = State.DONE, verdict: Verdict = Verdict.UNCHECKED) -> JobView:
    """A purge of one page on shop that Mia asked for."""
    return JobView(
        1042, "shop", "production", state, verdict, Kind.URL, 1, (PAGE,), False, "U_MIA", NOW - 4, LAYERS,
        "d1ge57d1ge57d1ge57", "small", read_as="read as URL", hosts=("www.shop.test", "img.shop.test"),
        edges=("fra", "iad", "sin"), due_at=NOW if state.is_open else None, purged=NOW - 3.4,
    )  # fmt: skip


def everything(state: State = State.WAITING, *votes: Vote) -> JobView:
    """A purge of all of shop, which two must agree to."""
    return replace(
        job(state), kind=Kind.EVERYTHING, targets=1, sample=(), layers=TO_COME, rule="everything", reason="new prices",
        approval=replace(ASKED, votes=votes), read_as="", purged=None,
    )  # fmt: skip


FRESH = replace(
    job(State.DONE, Verdict.FRESH), looks=(NEW, TRUTH), before=(OLD,), fresh_at=("fra", "iad", "sin"), proven=NOW - 0.9
)


def read(card: Card) -> str:
    """A card as one reads it: the text of its blocks, a line for each button, what its dialogs ask; times in UTC."""
    return shown("\n".join(line for block in card.blocks for line in _lines(block)))


def shown(text: str) -> str:
    """mrkdwn with its times as somebody in UTC reads them."""
    return _DATE.sub(r"\1", text)


def _lines(block: Mapping[str, object]) -> Iterator[str]:
    match block:
        case {"type": "section", "text": {"type": "mrkdwn", "text": str(text)}}:
            yield text
        case {"type": "context", "elements": [{"type": "mrkdwn", "text": str(text)}]}:
            yield text
        case {"type": "actions", "elements": list(buttons)}:
            yield from (_button(button) for button in buttons)
        case _:
            raise AssertionError(f"a block nobody draws: {block}")


def _button(button: Mapping[str, object]) -> str:
    text = button["text"]
    assert isinstance(text, Mapping)
    style = f" {button['style']}" if "style" in button else ""
    return f"[{text['text']}] {button['action_id']} {button['value']}{style}{_asked(button.get('confirm'))}"


def _asked(confirm: object) -> str:
    match confirm:
        case {"title": {"text": title}, "text": {"text": text}, "confirm": {"text": yes}, "deny": {"text": no}}:
            return f"\n  {title}\n  {text}\n  [{yes}] [{no}]"
        case _:
            return ""
