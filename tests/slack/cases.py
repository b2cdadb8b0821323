"""Jobs, plans and looks to make cards of, and a card as one reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.jobs.job import Approval, JobView, LayerState, LayerView, State, Trouble, Vote
from bot.domain.proof.verdict import ORIGIN, Look, Verdict
from bot.domain.site import Layer, Site
from bot.slack.cards import Card
from providers.contract import Cached, Kind

T = 1_800_000_000.0  # 2027-01-15 08:00 UTC
PRICING = "https://www.shop.test/pricing"
LINK = "https://shop.slack.com/archives/C_SHOP/p1"
AT_8_30 = "<!date^1800001800^{date_short_pretty} {time}|2027-01-15 08:30 UTC>"
AT_8_01 = "<!date^1800000060^{date_short_pretty} {time}|2027-01-15 08:01 UTC>"
AT_8_02 = "<!date^1800000120^{date_short_pretty} {time}|2027-01-15 08:02 UTC>"

VARNISH = LayerView("shield", "Varnish", LayerState.DONE, 1, 1, started=T, ended=T + 0.2)
CLOUDFLARE = LayerView("cf", "Cloudflare", LayerState.DONE, 1, 1, ids=("7be0",), started=T + 0.2, ended=T + 0.6)
NEXT_VARNISH = LayerView("shield", "Varnish", LayerState.WAITING, 1, 0)
NEXT_CLOUDFLARE = LayerView("cf", "Cloudflare", LayerState.WAITING, 1, 0)
NO_PERMISSION = Trouble(
    "BadCredentials",
    "The token may not purge zone shop.test.",
    "Give it “Zone → Cache Purge” for zone shop.test, then Retry.",
    "Authentication error (10000)",
)
REFUSED = replace(
    CLOUDFLARE, state=LayerState.FAILED, sent=0, ids=(), failed=1, trouble=NO_PERMISSION, failing=(PRICING,)
)


def look(place: str, version: str, cached: Cached = Cached.HIT, age: int | None = 18_000, url: str = PRICING) -> Look:
    """One answer at T: what `place` serves."""
    says = "" if cached is Cached.UNKNOWN else cached.upper()
    return Look(place, url, T, 200, age=age, version=version, cached=cached, says=says, max_age=300)


def origin(version: str, url: str = PRICING) -> Look:
    """What the origin answers at T."""
    return look(ORIGIN, version, Cached.UNKNOWN, None, url)


SHOP = Site(
    "shop",
    ("www.shop.test", "img.shop.test"),
    origin="https://origin.shop.test",
    layers=(Layer("shield"), Layer("cf")),
    edges={"fra": "https://203.0.113.7", "iad": "https://203.0.113.9", "sin": "https://203.0.113.11"},
)
DONE = JobView(
    id=1042,
    site="shop",
    environment="production",
    state=State.DONE,
    verdict=Verdict.FRESH,
    kind=Kind.URL,
    targets=1,
    sample=(PRICING,),
    soft=False,
    requested_by="U_MIA",
    created=T,
    layers=(VARNISH, CLOUDFLARE),
    digest="9f2c0d1e4b5a6978",
    rule="small",
    read_as="read as URL",
    before=(look("fra", "a1"), look("iad", "a1"), look("sin", "a1"), origin("b7")),
    looks=(look("fra", "b7", Cached.MISS, None), look("iad", "b7"), look("sin", "b7"), origin("b7")),
    fresh_at=("fra", "iad", "sin"),
    proven=T + 3.1,
    hosts=SHOP.hosts,
    edges=("fra", "iad", "sin"),
    covered=(PRICING,),
    round=1,
)
NEW = replace(
    DONE, state=State.QUEUED, verdict=Verdict.UNCHECKED, layers=(NEXT_VARNISH, NEXT_CLOUDFLARE), before=(), looks=(),
    fresh_at=(), proven=None, round=0,
)  # fmt: skip
MANY = replace(NEW, targets=1200, sample=tuple(f"https://www.shop.test/{n}" for n in range(20)))
APPROVAL = Approval(
    2, ("U_LEA", "U_SAM", "U_KIM"), T + 1800, "everything", "it empties all of shop (production)", "C_APPROVE",
    offers=("Narrower: one host, such as `host www.shop.test`",), groups=("approvers",), asked=T,
)  # fmt: skip
ALL = replace(
    NEW, state=State.WAITING, kind=Kind.EVERYTHING, sample=("",), reason="INC-881", read_as="", rule="everything",
    approval=APPROVAL, eta=T + 28,
)  # fmt: skip
LEA, SAM = Vote("U_LEA", True, T + 60), Vote("U_SAM", True, T + 120)
NO = Vote("U_SAM", False, T + 120, "not during the sale")
ONE_YES, TWO_YES = replace(APPROVAL, votes=(LEA,)), replace(APPROVAL, votes=(LEA, SAM))


def spelled(card: Card) -> str:
    """A card as one reads it: its sections, the small print indented, the buttons in brackets."""
    return "\n".join(line for block in card.blocks for line in _lines(block))


def _lines(block: Mapping[str, object]) -> list[str]:
    match block:
        case {"type": "section", "text": {"text": str(text)}}:
            return [text]
        case {"type": "context", "elements": [{"text": str(text)}]}:
            return [f"   {line}" for line in text.split("\n")]
        case {"type": "table", "rows": list(rows)}:
            return ["   | " + " | ".join(str(cell["text"]) for cell in row) for row in rows]
        case {"type": "actions", "elements": list(buttons)}:
            return ["   " + " ".join(_button(button) for button in buttons)]
        case _:
            return [str(block)]


def _button(button: object) -> str:
    match button:
        case {"text": {"text": label}, "action_id": action, "value": value, **more}:
            marks = [str(more["style"])] if "style" in more else []
            return f"[{' '.join([f'{label} = {action} {value}', *marks, *(['asks'] if 'confirm' in more else [])])}]"
        case _:
            return str(button)


def home_spelled(view: Mapping[str, object]) -> str:
    """A Home as one reads it: titles underlined, a row's one button behind it, rows of buttons under it."""
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    return "\n".join(line for block in blocks for line in _home_lines(block))


def _home_lines(block: Mapping[str, object]) -> list[str]:
    match block:
        case {"type": "header", "text": {"text": str(title)}}:
            return ["", f"# {title}"]
        case {"type": "section", "accessory": button, "text": {"text": str(text)}}:
            return [f"{text} {_button(button)}"]
        case _:
            return _lines(block)
