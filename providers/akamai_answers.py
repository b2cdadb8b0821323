"""What Akamai's answers mean. Two speakers say no, in two shapes: the gateway that checks signatures (`status`, `type`)
and the purge service behind it (`httpStatus`, `supportId`).

Rows come from Akamai's API description and from what its users have met, read 2026-11-23:
https://techdocs.akamai.com/purge-cache/reference/api-errors and the links beside the rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pydantic import BaseModel, JsonValue, StrictInt, StrictStr, ValidationError

from providers.akamai_limits import BUCKETS
from providers.answers import foreign
from providers.contract import Call, Kind, Receipt
from providers.errors import BadCredentials, PurgeError, Refused, Throttled, Unavailable, Unexpected, WrongAddress
from providers.sides import cloud
from providers.wire import Answer, gateway_trouble, retry_after

SECONDS = 5.0  # until a purge is done, where the answer does not say
AGAIN_SECONDS = 5.0  # what Akamai asks to wait after a 429 (https://techdocs.akamai.com/purge-cache/reference/429)
SKEW_SECONDS = 30.0  # https://github.com/akamai/terraform-provider-akamai/issues/758
SERVICE = 'Give the API client of `edgerc` the service "CCU APIs" with READ-WRITE'
REPORT = "Report it with what Akamai said."
STATUS_PAGE = "https://www.akamaistatus.com"
UNITS = {"urls": "URLs", "cpcodes": "CP codes", "tags": "tags", "requests": "calls"}  # by bucket
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def busy(bucket: str) -> str:
    """What to do where Akamai wants fewer of what `bucket` counts."""
    return (
        "Wait a minute, then retry. All API clients of the Akamai account share this limit: where others purge too, "
        f"lower `{bucket}` under `pace` to leave them room."
    )


SIDE = cloud("Akamai", STATUS_PAGE, busy("requests"))


@dataclass(frozen=True, slots=True)
class Row:
    """One answer: its status, words in its title or detail (any case), which error it is, what happened, what to do.

    `{asked}` stands for what was to be purged, `{detail}` for the object that Akamai names, `{clock}` for how far off
    this machine's clock is."""

    status: int
    words: str
    error: type[PurgeError]
    what: str
    advice: str

    @property
    def names_targets(self) -> bool:
        """Whether it tells what was to be purged, and so is of no question."""
        return "{asked}" in self.what or "{detail}" in self.what


ROWS = (  # the first that fits decides
    # https://github.com/akamai/AkamaiOPEN-edgegrid-node/issues/234
    Row(400, "invalid timestamp", BadCredentials, "Akamai does not take the time of our signature: {clock}.",
        "Set this machine's clock by NTP, then retry."),
    # https://github.com/akamai/wp-akamai/issues/12
    Row(400, "invalid endpoint", BadCredentials, "The credentials of `edgerc` are not for purging.",
        f"{SERVICE}, or set `section` to the one that has it."),
    Row(400, "bad url hostname", Refused, "Akamai does not take a host name in {asked}; none of it was purged.",
        "Check that each URL has a host that is served by Akamai."),
    Row(400, "bad url", Refused, "Akamai does not take a URL in {asked}; none of it was purged.",
        "Write full URLs, with every letter beyond ASCII percent-encoded."),
    # https://github.com/massgov/openmass/pull/1435
    Row(400, "invalid attribute value", Unexpected, "Akamai cannot read the list of what to purge.", REPORT),
    # https://github.com/akamai/AkamaiOPEN-edgegrid-powershell/issues/10
    Row(401, "signature does not match", BadCredentials, "Akamai finds that our signature does not match.",
        "Copy the section of `edgerc` again, whole: its host, tokens and secret belong together. "
        "A proxy on the way must pass Host, path and body on as they are."),
    # https://techdocs.akamai.com/client-access-control/reference/401
    Row(401, "inactive client token", BadCredentials, "The client token of `edgerc` is not active.",
        "Activate the API client of `edgerc` in Akamai Control Center, or make new credentials."),
    # https://github.com/cfpb/consumerfinance.gov/pull/2801
    Row(403, "unauthorized arl", BadCredentials,
        "Akamai does not let this account purge {detail}, and purged none of this call.",
        "Give the API client of `edgerc` purge rights on the CP code behind that URL, and check that Akamai serves "
        "the host."),
    Row(411, "", WrongAddress, "Akamai did not see how long this call is, which purgebot says.",
        "Check `api_url`, and let the proxy on the way pass Content-Length on."),
    Row(413, "", Refused, "Akamai finds this call too long.",
        "Lower `max_bytes`: Akamai takes 50,000 bytes in one body."),
    Row(415, "", Unexpected, "Akamai does not take this call as JSON.",
        "Check that a proxy on the way passes Content-Type on; else report it."),
    # https://github.com/akamai/wp-akamai/issues/11
    Row(417, "expect", WrongAddress, "Akamai saw an Expect header, which purgebot does not send.",
        "Check `api_url`, and let the proxy on the way send no `Expect: 100-continue`."),
)  # fmt: skip


class Problem(BaseModel):
    """A no, of either speaker."""

    title: StrictStr | None = None
    detail: StrictStr | None = None
    rateLimitCurrentRequestSize: float | None = None  # noqa: N815
    rateLimitRemaining: float | None = None  # noqa: N815

    def words(self) -> str:
        """What it says, for people."""
        return ": ".join(part for part in (self.title, self.detail) if part)


class Accepted(BaseModel):
    """A yes. The purge service requires the first three of itself."""

    httpStatus: StrictInt  # noqa: N815
    detail: StrictStr
    supportId: StrictStr  # noqa: N815
    purgeId: JsonValue = None  # noqa: N815
    estimatedSeconds: JsonValue = None  # noqa: N815


def receipt(answer: Answer, kind: Kind) -> Receipt | None:
    """What a yes to a purge says; None where `answer` is no yes."""
    try:
        said = Accepted.model_validate_json(answer.text)
    except ValidationError:
        return None
    if (answer.status, said.httpStatus) != (201, 201):
        return None
    return Receipt(
        id=str(said.purgeId or said.supportId)[:64],
        note=f"{said.detail} (support id {said.supportId})"[:200],
        ready_in=_seconds(said.estimatedSeconds),
        left=left(answer, BUCKETS[kind]),
    )


def _seconds(value: JsonValue) -> float:
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 86_400
    return float(value) if known and isinstance(value, (int, float)) else SECONDS


def left(answer: Answer, bucket: str) -> tuple[tuple[str, float, float], ...]:
    """The two budgets that every answer tells: of calls, and of the objects of its kind."""
    found = [(name, _left(answer, end)) for name, end in (("requests", ""), (bucket, "-objects"))]
    return tuple((name, *numbers) for name, numbers in found if numbers)


def _left(answer: Answer, end: str) -> tuple[float, float] | None:
    """Units left, and seconds. Akamai's seconds are until the bucket is full; of a spent one it is more use to know
    when one unit is there again."""
    remaining = _number(answer, f"x-ratelimit-remaining{end}")
    if remaining is None:
        return None
    rate = _number(answer, f"x-ratelimit-limit-per-second{end}")
    if remaining < 1 and rate:
        return remaining, (1 - remaining) / rate
    return remaining, _number(answer, f"x-ratelimit-seconds-to-refresh-limit{end}") or 0.0


def _number(answer: Answer, name: str) -> float | None:
    value = answer.headers.get(name, "").strip()
    return float(value) if _NUMBER.fullmatch(value) else None


def behind(answer: Answer, here: datetime) -> float | None:
    """Seconds that the clock here is behind that of `answer`; negative where it is ahead, None if it does not say."""
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return (theirs.replace(tzinfo=theirs.tzinfo or UTC) - here).total_seconds()


def told(seconds: float | None) -> str:
    """How far off the clock here is."""
    if seconds is None or abs(seconds) < 1:
        return f"this machine's clock may be more than {SKEW_SECONDS:g} s off"
    return f"this machine's clock is {abs(seconds):,.0f} s {'behind' if seconds > 0 else 'ahead of'} Akamai's"


def trouble(answer: Answer, call: Call | None, here: datetime) -> PurgeError:
    """The error that `answer`, which is not a yes, stands for. `here` is the time by our clock; no `call` where nothing
    was to be purged."""
    problem = _problem(answer)
    said = problem.words() if problem else ""
    if problem is None:
        return foreign(gateway_trouble(answer, SIDE, said) or _page(answer, said), answer)
    words = said.lower()
    for row in ROWS:
        if row.status == answer.status and row.words in words and (call or not row.names_targets):
            about = {"asked": asked(call), "detail": _named(problem), "clock": told(behind(answer, here))}
            return row.error(row.what.format(**about), row.advice, said)
    return _by_status(answer, problem, call, said)


def _by_status(answer: Answer, problem: Problem, call: Call | None, said: str) -> PurgeError:
    match answer.status:
        case 401:
            advice = f"Copy the section of `edgerc` again. {SERVICE}."
            return BadCredentials("Akamai does not accept the credentials of `edgerc`.", advice, said)
        case 403 if call is None:
            return BadCredentials("Akamai does not let this account ask for its rate limits.", f"{SERVICE}.", said)
        case 403:
            what = f"Akamai does not let this account purge {asked(call)}, and purged none of it."
            codes = "these CP codes" if call and call.kind is Kind.EVERYTHING else "the CP codes behind that"
            advice = f"{SERVICE} and purge rights on {codes}."
            return BadCredentials(what, advice, said)
        case 404 | 405 | 410:
            what = f"Akamai has no such call at this address: status {answer.status}."
            return WrongAddress(what, "Check `host` in `edgerc`, `section` and `api_url`.", said)
        case 408:
            what = "Akamai did not get the whole call in time, and took nothing of it."
            advice = "Check this machine's way out and any proxy on the way; a lower `max_bytes` makes calls shorter."
            return Unavailable(what, advice, said)
        case 429:
            bucket = _bucket(said)
            what = f"Akamai asks for fewer {UNITS[bucket]}."
            return Throttled(what, busy(bucket), said, _wait(answer, problem))
        case 507:
            what = "Akamai takes no more purges for now (507)."
            advice = f"See {STATUS_PAGE}, wait some minutes, then retry; if it stays, ask Akamai's support."
            return Throttled(what, advice, said, retry_after(answer) or AGAIN_SECONDS)
        case _:
            return gateway_trouble(answer, SIDE, said) or _page(answer, said)


def _page(answer: Answer, said: str) -> PurgeError:
    """An answer that is not of the API's shape, or of no status that it is known for."""
    match answer.status:
        case 407:
            what = "A proxy on the way to Akamai wants a login (407)."
            return BadCredentials(
                what, "Let this machine pass there without one, or set `api_url` to another way.", said
            )
        case 401 | 403:
            advice = "Check `api_url` and any proxy on the way, and that `edgerc` is of an API client for purging."
            return BadCredentials(f"A call to Akamai was refused on the way: status {answer.status}.", advice, said)
        case 413:
            return Refused("A call to Akamai was found too long on the way.", "Lower `max_bytes`.", said)
        case status if status < 400 or status in (404, 405, 410, 421):
            what = f"What answers for Akamai is not its API: status {status}, and no JSON of its shape."
            return WrongAddress(what, "Check `host` in `edgerc`, `api_url`, and any proxy on the way to it.", said)
        case status:
            return Unexpected(f"Akamai answered {status} in a way purgebot does not know.", REPORT, said)


def _problem(answer: Answer) -> Problem | None:
    """Only a JSON object with a title, as both speakers give one."""
    try:
        found = Problem.model_validate_json(answer.text)
    except ValidationError:
        return None
    return found if answer.status >= 400 and found.title else None


def _wait(answer: Answer, problem: Problem) -> float:
    """Seconds until the tokens suffice, and never below what Akamai asks for."""
    end = "" if problem.words().lower().startswith("rate limit") else "-objects"
    rate = _number(answer, f"x-ratelimit-limit-per-second{end}")
    short = (problem.rateLimitCurrentRequestSize or 0.0) - (problem.rateLimitRemaining or 0.0)
    enough = short / rate if rate and short > 0 else 0.0
    return retry_after(answer) or max(AGAIN_SECONDS, enough)


def _bucket(said: str) -> str:
    """The budget that a refusal speaks of."""
    buckets = {"url": "urls", "cpcode": "cpcodes", "tag": "tags"}
    return buckets.get(said.partition(" ")[0].lower(), "requests")


def _named(problem: Problem) -> str:
    printable = "".join(c for c in problem.detail or "" if c.isprintable())
    return f"`{printable[:200]}`" if printable else "one of these URLs"


def asked(call: Call | None) -> str:
    """What a call was to purge, in few words."""
    if call is None:
        return "nothing"
    objects: Sequence[object] = json.loads(call.body)["objects"]
    word = {Kind.URL: "URL", Kind.TAG: "tag", Kind.EVERYTHING: "CP code"}[call.kind]
    first = ", ".join(str(one)[:80] for one in objects[:3])
    more = f" and {len(objects) - 3:,} more" if len(objects) > 3 else ""
    return f"{word}{'s' if len(objects) > 1 else ''} {first}{more}"
