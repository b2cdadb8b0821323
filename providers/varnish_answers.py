"""What Varnish's answers mean: of its VCL doors, of its management port, and to a visitor."""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.contract import Cached, Call, Kind, Receipt, Sighting
from providers.errors import (
    BadCredentials,
    OutcomeUnknown,
    PurgeError,
    Refused,
    Unavailable,
    Unexpected,
    WrongAddress,
)
from providers.sides import Side, server
from providers.varnish_admin import PORT, SECRET, Reply
from providers.wire import Answer, gateway_trouble

PANIC = "`varnishadm panic.show` there says why."
LINE_SURE = 4_000  # bytes of a line that nobody finds too long
DOORS = "Include docs/providers/varnish/purgebot.vcl in its VCL and load it again."
XKEY_DOORS = "Include docs/providers/varnish/purgebot-xkey.vcl in place of purgebot.vcl and load it again."
SIGHTINGS = {
    "HIT": Cached.HIT,
    "MISS": Cached.MISS,
    "PASS": Cached.UNCACHED,
    "STALE": Cached.STALE,
}
_TWO_IDS = re.compile(r"[0-9]+ [0-9]+")


def side_at(place: str) -> Side:
    """A Varnish that listens at `place`, in the words of its errors."""
    return server(
        f"Varnish at {place}",
        "varnishd runs and listens there",
        "varnishd and its VCL log there (varnishlog -q 'RespStatus >= 500'), and at the origin behind it",
        "Wait a minute, then retry. Look in its VCL for what limits calls, such as vsthrottle, and let purges pass "
        "there; or lower `calls` under `pace`.",
    )


def taken(call: Call, answer: Answer) -> Receipt | None:
    """The receipt of a door's own yes; None for anything else. A plain 200 is never taken for a purge."""
    said = answer.headers.get("x-purgebot", "")
    if answer.status != 200:
        return None
    if said == expected(call):
        return Receipt(note=_told(answer))
    if expected(call) == "softened" and (said == "purged" or answer.reason == "Purged"):
        return Receipt(note="Purged hard: its VCL has no soft door.")
    if expected(call) == "purged" and answer.reason == "Purged":
        return Receipt(note=_told(answer))
    return None


def _told(answer: Answer) -> str:
    """A door's own words as a sentence: `Purged.`, `Softened 3 objects.`"""
    return f"{answer.reason[:200]}." if answer.reason else ""


def expected(call: Call) -> str:
    """What the door for this call says in X-Purgebot."""
    names = {name for name, _ in call.headers}
    if call.method == "BAN":
        return "banned"
    if "xkey-purge" in names:
        return "xkey-purged"
    if "xkey-softpurge" in names:
        return "xkey-softened"
    return "softened" if "X-Purgebot-Soft" in names else "purged"


def door_trouble(answer: Answer, side: Side, call: Call | None = None) -> PurgeError:
    """Why a door, or what stands in its place, did not take this call."""
    who, said = side.who, answer.reason
    match answer.status:
        case 403 if "proxy" in said:
            what = f"{who} saw this call come through a proxy, where it cannot tell callers apart."
            return BadCredentials(what, "Set `url` to the address where Varnish itself listens.", said)
        case 401 | 403 | 407:
            what = f"{who} takes no purges from the address of this machine."
            return BadCredentials(what, "Add it to acl purgebot_clients in its VCL and load that again.", said)
        case 400 if "x-purgebot" in answer.headers and call and call.kind is Kind.TAG and "X-Ban-Url" in said:
            return WrongAddress(f"{who} has a ban door from before tags.", DOORS, said)
        case 400 if "x-purgebot" in answer.headers:
            return Refused(f"{who} did not take this ban.", "Name the URLs, or the host.", said)
        case 400 | 413 | 414 | 431 if call and _longest(call) > LINE_SURE:
            return Refused(f"{who} cannot read a request this long.", "Name a shorter prefix, or the host.", said)
        case _:
            return gateway_trouble(answer, side, said) or _no_door(answer, who, call)


def _longest(call: Call) -> int:
    return max(len(call.path), *(len(value) for _, value in call.headers))


def _no_door(answer: Answer, who: str, call: Call | None) -> PurgeError:
    if call and expected(call).startswith("xkey"):
        return WrongAddress(f"{who} has no xkey door: it answered {answer.status}.", XKEY_DOORS)
    if answer.status == 200 and answer.reason.startswith("Ban"):
        return WrongAddress(f"{who} has a ban door of its own, which did not read what to ban.", DOORS, answer.reason)
    what = f"{who} has no purge door: it answered {answer.status} like to any request."
    return WrongAddress(what, f"{DOORS} Is `url` the right one?")


def command_trouble(reply: Reply, who: str) -> PurgeError:
    """Why the management port did not do as asked; statuses as in vcli.h of 7.1 (checked 2026-11-23)."""
    said = " ".join(reply.text.split())
    match reply.status:
        case 101 if "child not running" in said:
            advice = "Start it with `varnishadm start`; `varnishadm panic.show` says why it stopped."
            return Unavailable(f"{who} says that its cache process does not run.", advice, said)
        case 101 | 102:
            return WrongAddress(f"{who} does not know this command.", PORT, said)
        case 106:
            return Refused(f"{who} did not take this ban.", "Name the URLs, or the host.", said)
        case 107:
            return BadCredentials(f"{who} asks for its secret again.", SECRET, said)
        case 300:
            advice = "Look at `varnishadm status` and varnishd's own log there, then retry."
            return Unavailable(f"{who} cannot do this now.", advice, said)
        case 400 | 500:
            return OutcomeUnknown(f"{who} lost its cache process while it answered.", PANIC, said)
        case status:
            return Unexpected(f"{who} answered {status}.", "Report the plan of this purge.", said)


def sighting(headers: Mapping[str, str]) -> Sighting:
    """X-Cache as our VCL says it, else X-Varnish, which holds a second number where the object was in the cache."""
    says = headers.get("x-cache", "").strip()
    word = re.split(r"[\s,;]", says.upper())[0]
    if word in SIGHTINGS:
        return Sighting(SIGHTINGS[word], says[:40])
    if ids := (headers.get("x-varnish") or headers.get("x-vinyl") or "").strip():
        hit = _TWO_IDS.fullmatch(ids) is not None
        return Sighting(Cached.HIT, "HIT") if hit else Sighting(Cached.MISS, "MISS")
    return Sighting()
