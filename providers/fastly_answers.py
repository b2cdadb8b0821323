"""What Fastly's answers mean. Its error bodies have four shapes; a row decides by status and, where it must, by words.

The rows come from Fastly's documentation and from what its users met, read 2026-11-23. What is said is read in
go-fastly's order: `errors` (JSON:API), `title` and `detail` (a problem document), `msg` and `details`, `reason`.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from providers.answers import behind_a_proxy, foreign
from providers.contract import Call, Kind, Receipt
from providers.errors import BadCredentials, PurgeError, Refused, Throttled, Unexpected, WrongAddress
from providers.sides import cloud
from providers.wire import Answer, gateway_trouble, retry_after, said_by

HOUR = 3600.0
SERVICE_ID = "Set `service` to the id under the service's name in Fastly's control panel: letters and digits."
REPORT = "Report it with what Fastly said."
SIDE = cloud(
    "Fastly",
    "https://www.fastlystatus.com",
    "Retry when the hour is over. Fastly counts 1,000 calls of the token's user in it, and 100,000 purges of the "
    "customer. Where others spend them too, lower `api` or `purges` under `pace` to leave them room.",
)
UNKNOWN_TOKEN = "Fastly does not know the token, or it has expired."
COPY_AGAIN = (
    "Copy the token into `token` again, or make one in Fastly's control panel (Account, API tokens) with the scopes "
    "`purge_select` and `global:read`, and `purge_all` where everything is purged."
)
NO_TOKEN = (
    "`token` of this account is empty, or holds a blank or a letter that no Fastly token has.",
    "Copy it again, then start the bot again.",
)


class Yes(BaseModel):
    """The answer to a purge of one URL, or of everything."""

    status: str
    id: str = ""


class Said(BaseModel):
    """One no, in any of its shapes."""

    errors: list[dict[str, JsonValue]] | None = None
    title: str | None = None
    detail: str | None = None
    msg: str | None = None
    details: str | None = None
    reason: str | None = None
    status: JsonValue = None

    def words(self) -> str:
        """All that it says for people."""
        several = [str(error.get(name) or "") for error in self.errors or [] for name in ("title", "detail")]
        parts = [*several, self.title, self.msg, self.detail, self.details, self.reason]
        return ": ".join(part for part in parts if part)


_IDS = TypeAdapter(dict[str, str])


def yes_of(answer: Answer) -> Yes | None:
    """A yes to a URL or to everything; None where it is something else."""
    try:
        yes = Yes.model_validate_json(answer.text)
    except ValidationError:
        return None
    return yes if answer.status == 200 and yes.status == "ok" else None


def ids_of(answer: Answer) -> dict[str, str]:
    """The purge id of each tag; none where the answer is something else."""
    try:
        return _IDS.validate_json(answer.text) if answer.status == 200 else {}
    except ValidationError:
        return {}


def left_of(answer: Answer) -> tuple[tuple[str, float, float], ...]:
    """Calls left and seconds to the reset, by Fastly-RateLimit-Remaining and -Reset; only purge_all carries them."""
    remaining, wait = answer.headers.get("fastly-ratelimit-remaining", ""), _until_reset(answer)
    if wait is None or not (remaining.isascii() and remaining.isdigit()):
        return ()
    return (("api", float(remaining[:12]), wait),)


def _until_reset(answer: Answer) -> float | None:
    """Seconds from the answer's own Date to the reset, which is given in seconds since the epoch."""
    reset = answer.headers.get("fastly-ratelimit-reset", "")
    try:
        since = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
        return min(HOUR, max(0.0, float(reset[:12]) - since)) if reset.isascii() and reset.isdigit() else None
    except (TypeError, ValueError, OverflowError):  # no date
        return None


@dataclass(frozen=True, slots=True)
class About:
    """What a call was about, in the words of its errors: its `what`, and the scope that it needs."""

    what: str
    scope: str
    missing: str  # what a 404 means
    mend: str


def about(call: Call) -> About:
    """What `call` is about."""
    service = call.path.split("/")[2]
    if call.kind is Kind.URL:
        mend = f"Check that {service} is a domain of a service that the token may purge."
        return About(f"URLs of {service}", "purge_select", f"Fastly serves no host {service}.", mend)
    missing = f"Fastly knows no service {service}."
    if call.kind is Kind.EVERYTHING:
        return About(f"everything of service {service}", "purge_all", missing, SERVICE_ID)
    return About(f"tags of service {service}", "purge_select", missing, SERVICE_ID)


def reading(what: str, service: str = "") -> About:
    """A question that purges nothing, to which `what` is the answer."""
    missing = f"Fastly knows no service {service}." if service else f"Fastly has no {what}."
    return About(what, "global:read", missing, SERVICE_ID if service else "Check `api_url`.")


def tags_taken(call: Call, answer: Answer) -> Receipt:
    """The answer to tags is a purge id for each. Raises PurgeError."""
    ids = ids_of(answer)
    missing = [tag for tag in call.targets if tag not in ids]
    if len(missing) == len(call.targets):
        raise trouble(answer, about(call))
    if missing:
        what = f"Fastly purged {len(call.targets) - len(missing)} of {len(call.targets)} tags, and not `{missing[0]}`."
        raise Unexpected(what, "Purge that tag alone, and report it.")
    note = f"one purge id for each of {len(ids)} tags" if len(ids) > 1 else ""
    return Receipt(id=ids[call.targets[0]][:64], note=note)


def trouble(answer: Answer, asked: About) -> PurgeError:
    """The error that `answer`, which is not a yes, stands for."""
    said, is_fastly = _said(answer)
    found = _busy(answer, said) or _no(answer.status, asked, said, is_fastly)
    return found if is_fastly else foreign(found, answer)


def _busy(answer: Answer, said: str) -> PurgeError | None:
    busy = gateway_trouble(answer, SIDE, said)
    if isinstance(busy, Throttled):
        wait = retry_after(answer)
        return Throttled(busy.what, busy.advice, said, _until_reset(answer) if wait is None else wait)
    return busy


def _no(status: int, asked: About, said: str, is_fastly: bool) -> PurgeError:
    match status:
        case 401:
            return BadCredentials(UNKNOWN_TOKEN, COPY_AGAIN, said)
        case 407:
            return behind_a_proxy(SIDE, said)
        case 403:
            deed = "read" if asked.scope == "global:read" else "purge"
            advice = (
                f"Give the one in `token` the scope `{asked.scope}`, and if it is limited to services, name this one "
                "among them."
            )
            if not is_fastly:
                advice = f"{advice} Check that this machine is not blocked."
            return BadCredentials(f"The token may not {deed} {asked.what}.", advice, said)
        case 404 if is_fastly:
            return WrongAddress(asked.missing, asked.mend, said)
        case 400 if "Malformed purge request" in said:
            return Refused("Fastly cannot read the URL of this purge.", "Check it, or purge a tag instead.", said)
        case 400 if "up to 256" in said:
            return Refused("Fastly takes fewer tags in one call.", "Set `per_call: {tag: 100}` for the account.", said)
        case 405 if is_fastly:
            return Unexpected(f"Fastly does not take this call for {asked.what}.", REPORT, said)
        case 414:
            return Refused("The URL is longer than Fastly takes.", "Purge a tag instead.", said)
        case 413 | 431:
            what = f"Fastly, or a proxy on the way, takes no call this long: status {status}."
            return Refused(what, "Set `per_call: {tag: 100}` or less for the account.", said)
        case status if not is_fastly and (status < 400 or status in (404, 405, 421)):
            what = f"What answers for Fastly is not its API: status {status}, and no JSON of its shape."
            return WrongAddress(what, "Check `api_url`, and any proxy on the way to it.", said)
        case status:
            return Unexpected(f"Fastly answered {status} in a way purgebot does not know.", REPORT, said)


def _said(answer: Answer) -> tuple[str, bool]:
    """What the answer says, and whether it says it as Fastly does."""
    try:
        said = Said.model_validate_json(answer.text)
    except ValidationError:
        return said_by(answer), False
    words = said.words()
    return words or said_by(answer), bool(words) or isinstance(said.status, str)
