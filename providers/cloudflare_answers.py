"""What Cloudflare's answers mean. It publishes no list of its codes; these rows come from its users, read 2026-11-23.

The useful code may stand in `errors[]` or only in `errors[].error_chain[]`; some failures have no code and text only in
`messages`. A verified token carries code 10000 in `messages` on success, so a code counts only where success is false.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, JsonValue, StrictBool, ValidationError

from providers.answers import behind_a_proxy, foreign
from providers.contract import Cached
from providers.errors import BadCredentials, PurgeError, Refused, Throttled, Unexpected, WrongAddress
from providers.sides import cloud
from providers.wire import Answer, gateway_trouble, retry_after

LOCKED_OUT = 10502
NO_SELECTOR = 1012  # the body named nothing to purge: who we are, and the zone, were taken
BUSY = (
    "Wait 5 minutes, then retry. Others may spend the same limits, with this user's tokens or on this account's zones: "
    "if so, lower `api`, `bulk` or `urls` under `pace` to leave them room."
)
FEWER_URLS = (
    "Wait a minute, then retry. Check that `tier` is the zone's plan; where others purge the account's zones too, "
    "lower `urls` under `pace` to leave them room."
)
SIDE = cloud("Cloudflare", "https://www.cloudflarestatus.com", BUSY)
ZONE_ID = "Set `zone` to the 32 hex digits on the domain's overview page: not its name, not the account id."
TOKEN_SHAPE = (
    "Put an API token under `token`, whole and without blanks; a Global API Key goes under `key` with `email`."
)
BETTER = "Set `token` to an API token instead of `email` and `key`."
MAKE_TOKEN = (
    "Copy the token into `token` again, or make one (My Profile or Manage Account, API Tokens) with "
    '"Zone → Cache Purge" for zone {zone}.'
)
FEWER_IN_A_CALL = "Lower `per_call` of this account to the number that Cloudflare names."
REPORT = "Report it with what Cloudflare said. If it speaks of too many or too much, lower `per_call` or `max_bytes`."
CACHED = {
    "HIT": Cached.HIT,
    "MISS": Cached.MISS,
    "EXPIRED": Cached.EXPIRED,
    "REVALIDATED": Cached.REVALIDATED,
    "UPDATING": Cached.STALE,
    "STALE": Cached.STALE,
    "BYPASS": Cached.UNCACHED,
    "DYNAMIC": Cached.UNCACHED,
}  # https://developers.cloudflare.com/cache/concepts/cache-responses/, 2026-11-23
_DATA_CENTER = re.compile(r"[A-Z]{3}")
_LEFT = re.compile(r"\br=([0-9]{1,9})\b")
_RESET = re.compile(r"\bt=([0-9]{1,9})\b")


@dataclass(frozen=True, slots=True)
class Row:
    """One code: which error it is, what happened, what to do. `{zone}` stands for the zone id; `words`, in any case,
    must have been said as well."""

    code: int
    error: type[PurgeError]
    what: str
    advice: str
    words: str = ""

    def fits(self, codes: frozenset[str], said: str) -> bool:
        """Whether this is the row of an answer."""
        return str(self.code) in codes and self.words in said.lower()


ROWS = (  # the first row whose code was said decides, so the exact ones come before the general ones
    Row(LOCKED_OUT, BadCredentials, "Cloudflare locked us out after too many wrong credentials.",
        "Mend `token` first, wait some minutes, then retry."),
    Row(971, Throttled, "Cloudflare asks for fewer calls.", BUSY),
    Row(10429, Throttled, "Cloudflare asks for fewer calls.", BUSY),
    Row(1083, Throttled, "Cloudflare asks for fewer URLs.", FEWER_URLS),
    Row(6111, BadCredentials, "Cloudflare cannot read the token.", TOKEN_SHAPE),
    Row(6103, BadCredentials, "Cloudflare cannot read `key`.", TOKEN_SHAPE),
    Row(6102, BadCredentials, "Cloudflare cannot read `email`.", f"Write the account's e-mail address. {BETTER}"),
    Row(6003, BadCredentials, "Cloudflare cannot read the credentials.", TOKEN_SHAPE),
    Row(9103, BadCredentials, "Cloudflare knows no such e-mail address with this key.",
        f"Check `email` and `key`. {BETTER}"),
    Row(9106, BadCredentials, "Cloudflare saw no e-mail address.", BETTER),
    Row(9107, BadCredentials, "Cloudflare saw no key.", BETTER),
    Row(9109, BadCredentials, "The token may not be used from the address of this machine.",
        "Let that address in for the token in `token`: My Profile or Manage Account, API Tokens, Client IP Address "
        "Filtering.", "location"),
    Row(9109, BadCredentials, "Cloudflare does not take the token: it is wrong, revoked or has expired.", MAKE_TOKEN),
    Row(1000, BadCredentials, "Cloudflare does not know the token.", MAKE_TOKEN),
    Row(10000, BadCredentials, "The token may not purge zone {zone}.",
        'Give the one in `token` "Zone → Cache Purge" for zone {zone}, or mend `zone` if that is not the zone\'s id.'),
    Row(7003, WrongAddress, "Cloudflare knows no zone {zone}.", ZONE_ID),
    Row(7000, WrongAddress, "Cloudflare knows no zone {zone}.", ZONE_ID),
    Row(1136, Refused, "Zone {zone} chooses its version by visitor, so single URLs cannot be purged there.",
        "Purge a prefix, tag, host or everything instead."),
    Row(1082, Refused, "A URL is not of zone {zone}.", "Purge it through the zone that its host belongs to."),
    Row(1107, Refused, "The plan of zone {zone} takes no tags.", "Purge URLs or a prefix instead."),
    Row(1015, Refused, "Cloudflare does not take one of these URLs.", "Check that each is of zone {zone}."),
    Row(1016, Refused, "Cloudflare takes none of these URLs.", "Check that each is of zone {zone}."),
    Row(1017, Refused, "Cloudflare did not empty zone {zone}.", "Retry in some minutes, or purge the host."),
    Row(1084, Refused, "Cloudflare does not take these URLs.", "Check that each is of zone {zone}."),
    Row(NO_SELECTOR, Unexpected, "Cloudflare saw nothing to purge in the call.", REPORT),
    Row(1013, Unexpected, "Cloudflare does not take the word for everything.", REPORT),
    Row(1014, Unexpected, "Cloudflare cannot read the list of what to purge.", REPORT),
)  # fmt: skip


class Said(BaseModel):
    """One member of `errors`, `error_chain` or `messages`."""

    code: int | str | None = None
    message: str | None = None
    error_chain: list[Said | str] | None = None

    def words(self) -> str:
        """What it says, with its code."""
        return " ".join(part for part in (self.message, f"({self.code})" if self.code else "") if part)


class Envelope(BaseModel):
    """What every answer of the API is wrapped in. Read leniently: its codes matter more than its shape."""

    success: StrictBool
    errors: list[Said | str] | None = None
    messages: list[Said | str] | None = None
    result: JsonValue = None

    def codes(self) -> frozenset[str]:
        """Every code of what went wrong; none where nothing did."""
        said = [] if self.success else _flat(self.errors)
        return frozenset(str(one.code) for one in said)

    def words(self) -> str:
        """Its own words with their codes: of the errors, else of the messages."""
        return ": ".join(one.words() for one in _flat(self.errors)) or self.told()

    def told(self) -> str:
        """What `messages` say."""
        return " ".join(one.message or "" for one in _flat(self.messages)).strip()


def _flat(said: list[Said | str] | None) -> Iterator[Said]:
    for one in said or []:
        found = Said(message=one) if isinstance(one, str) else one
        yield found
        yield from _flat(found.error_chain)


def read(answer: Answer) -> Envelope | None:
    """The envelope of `answer`; None where it is something else."""
    try:
        return Envelope.model_validate_json(answer.text)
    except ValidationError:
        return None


def left_of(answer: Answer) -> tuple[tuple[str, float, float], ...]:
    """Ratelimit: "default";r=50;t=30, units left and seconds to the reset (Cloudflare's changelog of 2025-09-03)."""
    members = answer.headers.get("ratelimit", "").split(",")
    found = [(_LEFT.search(member), _RESET.search(member)) for member in members]
    return tuple(("api", float(left[1]), float(reset[1])) for left, reset in found if left and reset)


def data_center(headers: Mapping[str, str]) -> str:
    """The data centre at the end of CF-Ray; empty where none is named."""
    place = headers.get("cf-ray", "").rpartition("-")[2].strip()
    return place if _DATA_CENTER.fullmatch(place) else ""


def trouble(answer: Answer, zone: str) -> PurgeError:
    """The error that `answer`, which is not a yes, stands for."""
    envelope = read(answer)
    codes = envelope.codes() if envelope else frozenset()
    said = envelope.words() if envelope else ""
    busy = gateway_trouble(answer, SIDE, said)
    for row in ROWS:
        if row.fits(codes, said) and (busy is None or _outdoes(row, busy)):
            what, advice = row.what.format(zone=zone), row.advice.format(zone=zone)
            if row.error is Throttled:
                return Throttled(what, advice, said, retry_after(answer))
            return row.error(what, advice, said)
    found = busy or _without_code(answer, zone, said, envelope is not None)
    return found if envelope else foreign(found, answer)


def _outdoes(row: Row, busy: PurgeError) -> bool:
    """Whether a code says more than its status: that no waiting helps, or which limit was met."""
    return row.code == LOCKED_OUT or (row.error is Throttled and isinstance(busy, Throttled))


def _without_code(answer: Answer, zone: str, said: str, enveloped: bool) -> PurgeError:
    match answer.status:
        case 407:
            return behind_a_proxy(SIDE, said)
        case 401 | 403:
            advice = (
                f'Give the one in `token` "Zone → Cache Purge" for zone {zone}. Check that this machine is not blocked.'
            )
            return BadCredentials(f"Cloudflare refused a call for zone {zone}.", advice, said)
        case 400 if enveloped and "maximum" in said.lower():  # its code is not known; the text names the number
            return Refused("Cloudflare takes fewer targets in one call.", FEWER_IN_A_CALL, said)
        case 413 | 414 | 431:
            what = f"Cloudflare, or a proxy on the way, takes no call this long: status {answer.status}."
            return Refused(what, "Lower `max_bytes` of this account.", said)
        case status if not enveloped and (status < 400 or status in (404, 405, 421)):
            what = f"What answers for Cloudflare is not its API: status {status}, and no JSON of its shape."
            return WrongAddress(what, "Check `api_url`, and any proxy on the way to it.", said)
        case status:
            return Unexpected(f"Cloudflare answered {status} in a way purgebot does not know.", REPORT, said)
