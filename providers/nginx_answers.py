"""What the answers of nginx's purge doors mean.

A 404 is what an origin says as well, so it is "nothing cached" only where the door adds X-Purgebot.
"""

from __future__ import annotations

from providers.answers import foreign
from providers.errors import BadCredentials, PurgeError, Refused, Unexpected, WrongAddress
from providers.sides import Side, server
from providers.wire import Answer, gateway_trouble, said_by

LINE_SURE = 4_000  # bytes of a line that nobody finds too long
LOG = "nginx's error log there (503 may be its `limit_req`)"
BUSY = (
    "Wait a minute, then retry. Take the purge location out of `limit_req` and `limit_conn` there, or lower `calls` "
    "under `pace`."
)
DOOR = "Open the door as docs/providers/nginx.md says."
SAYS = ("Successful purge", '"Status": "purged"')  # modules 2.3 and 3.0.1, 2026-11-23
NOTHING = "Nothing was cached under this key."
CRASH = (
    "If every purge ends so, the inline form of the purge module has crashed nginx's worker: "
    "give the module a location of its own, as docs/providers/nginx.md says."
)


def side_at(place: str) -> Side:
    """An nginx that listens at `place`, in the words of its errors."""
    return server(f"nginx at {place}", "nginx runs and listens there", LOG, BUSY)


def is_yes(answer: Answer, plus: bool) -> bool:
    """Whether something was purged, as the module says it or NGINX Plus."""
    marked = "x-purgebot" in answer.headers or any(words in answer.text for words in SAYS)
    return answer.status == 204 if plus else answer.status in (200, 202) and marked


def is_nothing(answer: Answer) -> bool:
    """Whether nothing was there to purge: 412 is said by module 3 alone, 404 by any server."""
    return answer.status == 412 or (answer.status == 404 and "x-purgebot" in answer.headers)


def trouble(answer: Answer, side: Side, door: str, length: int = 0) -> PurgeError:
    """Why the call to `door`, with a line of `length` bytes, was not taken."""
    who, said = side.who, said_by(answer)
    match answer.status:
        case 401 | 403 | 407:
            what = f"{who} takes no purges from the address of this machine."
            return BadCredentials(what, "Add `allow` with it to the purge location and reload nginx.", said)
        case 404:
            what = f"{who} answered 404: nothing is cached, or there is no door."
            advice = f"{DOOR} Its `add_header X-Purgebot` tells the two apart."
            return foreign(WrongAddress(what, advice), answer)
        case 400 | 413 | 414 | 431 if length > LINE_SURE:
            return Refused(f"{who} cannot read a request this long.", "Name a shorter or a wider target.", said)
        case status if status < 400 or status in (405, 421, 501):
            what = f"{who} has no purge door at `{door or '/'}`: it answered {status} like to any request."
            return foreign(WrongAddress(what, f"{DOOR} Is `url` the right one?"), answer)
        case status:
            return gateway_trouble(answer, side, said) or Unexpected(f"{who} answered {status}.", DOOR, said)
