"""What Bunny's answers mean. A purge is answered with nothing or with an object; its edges say CDN-Cache."""

from __future__ import annotations

import re

from pydantic import BaseModel

from providers.answers import foreign, shaped, unknown
from providers.contract import Cached
from providers.errors import BadCredentials, PurgeError, Refused, WrongAddress
from providers.sides import cloud
from providers.wire import Answer, gateway_trouble, said_by

SIDE = cloud(
    "Bunny",
    "https://status.bunny.net",
    "Wait a minute, then retry. Where others purge with this account too, lower `exact` and `prefix` under `pace` to "
    "leave them room; Bunny's support raises limits.",
)
ZONE = "Set `pull_zone` to the number in the address of the pull zone's page at dash.bunny.net."
KEY = "Set `key` to the account's API key (dash.bunny.net, Account settings), whole; a storage zone's key is another."
NO_KEY = "`key` of this account is empty, or holds what no key of Bunny has.", KEY
CACHED = {"HIT": Cached.HIT, "MISS": Cached.MISS, "EXPIRED": Cached.EXPIRED, "BYPASS": Cached.UNCACHED}
_ZONE_PATH = re.compile(r"/pullzone/([0-9]+)")


class Zone(BaseModel):
    """A pull zone, as far as the doctor reads it."""

    Id: int
    Name: str = ""


class _Object(BaseModel):
    """Any JSON object."""


def is_yes(answer: Answer) -> bool:
    """Whether a purge was taken."""
    return answer.status in (200, 202, 204) and (not answer.text.strip() or shaped(_Object, answer) is not None)


def trouble(answer: Answer, path: str) -> PurgeError:
    """The error that `answer` to a call of `path`, which is not a yes, stands for."""
    said, is_object = said_by(answer), shaped(_Object, answer) is not None
    found = gateway_trouble(answer, SIDE, said) or _no(answer, path, said, is_object)
    return found if is_object else foreign(found, answer)


def _no(answer: Answer, path: str, said: str, is_object: bool) -> PurgeError:
    zone = _ZONE_PATH.match(path)
    match answer.status:
        case 401:
            return BadCredentials("Bunny does not know the key.", KEY, said)
        case 403 | 407:
            return BadCredentials("Bunny does not let this key do it, or not from this machine.", KEY, said)
        case 404 if zone and (is_object or not said):
            return WrongAddress(f"Bunny knows no pull zone {zone[1]} of this account.", ZONE, said)
        case 400 if is_object:
            advice = "Check that it is of a host of this account's pull zones."
            return Refused("Bunny does not take this target.", advice, said)
        case _:
            return unknown(answer, SIDE, said, known=False)
