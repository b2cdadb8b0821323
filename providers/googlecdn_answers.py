"""What the answers of Google's Compute API mean: an operation, or an error whose `reason` says more than its status."""

from __future__ import annotations

from pydantic import BaseModel, Field, ValidationError

from providers.answers import foreign
from providers.errors import BadCredentials, PurgeError, Refused, Throttled, Unavailable, Unexpected, WrongAddress
from providers.sides import cloud
from providers.wire import Answer, gateway_trouble, retry_after, said_by

WHO = "Google Cloud CDN"
TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"})
SIDE = cloud(
    WHO,
    "https://status.cloud.google.com",
    "Wait a minute, then retry. The project's quota of the Compute Engine API is in the console under IAM & Admin, "
    "Quotas; where others invalidate too, lower `calls` under `pace` to leave them room.",
)
PERMISSION = (
    "Give the service account in `credentials` compute.urlMaps.invalidateCache in this project, by a role of your own "
    "or Compute Load Balancer Admin."
)
WATCH = (
    "The purge itself was taken. Give the service account in `credentials` compute.globalOperations.get in this "
    "project as well."
)
KEY = (
    "Put a new key of the service account into `credentials`, see that the account is enabled, and that the clock here "
    "is right."
)
NAMES = "Check `project` and `url_map`: gcloud compute url-maps list names both. Only global URL maps can be purged."
REPORT = "Report it with what Google said."


class Reason(BaseModel):
    """One member of a list of errors."""

    code: str = ""
    reason: str = ""
    message: str = ""


class _Reasons(BaseModel):
    errors: list[Reason] = Field(default_factory=list)
    message: str = ""


class Operation(BaseModel):
    """An operation of the Compute API: PENDING, RUNNING or DONE."""

    kind: str = Field(pattern="^compute#operation$")
    name: str = Field(pattern="^[A-Za-z0-9_-]{1,200}$")
    status: str
    error: _Reasons | None = None

    def trouble(self) -> str:
        """With what it ended; "" where nothing went wrong."""
        return "; ".join(f"{one.message} ({one.code})" for one in self.error.errors) if self.error else ""


class _Envelope(BaseModel):
    error: _Reasons


def operation(answer: Answer) -> Operation | None:
    """The operation that an answer is."""
    if answer.status != 200:
        return None
    try:
        return Operation.model_validate_json(answer.text)
    except ValidationError:
        return None


def trouble(answer: Answer, path: str) -> PurgeError:
    """The error that `answer` to a call of `path`, which is no operation, stands for."""
    try:
        error: _Reasons | None = _Envelope.model_validate_json(answer.text).error
    except ValidationError:
        error = None
    said = error.message if error and error.message else said_by(answer)
    found = _no(answer, path, said, error)
    return found if error else foreign(found, answer)


def _no(answer: Answer, path: str, said: str, error: _Reasons | None) -> PurgeError:
    reasons = {one.reason for one in error.errors} if error else set()
    if TOO_FAST & reasons and answer.status in (403, 429):
        return Throttled(f"{WHO} asks for fewer calls.", SIDE.busy, said, retry_after(answer))
    if "resourceNotReady" in reasons:
        advice = "Wait until that change is done (gcloud compute operations list --global shows it), then retry."
        return Unavailable(f"{WHO} is just changing this URL map.", advice, said)
    return gateway_trouble(answer, SIDE, said) or _by_status(answer, path, said, reasons, error is not None)


def _by_status(answer: Answer, path: str, said: str, reasons: set[str], enveloped: bool) -> PurgeError:
    parts = path.split("/")
    place, watching = "/".join(parts[2:3] + parts[5:6]), "operations" in parts
    match answer.status:
        case 401:
            return BadCredentials(f"{WHO} does not take the service account's signature.", KEY, said)
        case 403 if "accessNotConfigured" in reasons:
            advice = "Enable it in the project of `credentials`: gcloud services enable compute.googleapis.com."
            return BadCredentials("The Compute Engine API is not enabled in this project.", advice, said)
        case 407:
            what = f"A proxy on the way to {WHO} wants a login (407)."
            return BadCredentials(
                what, "Let this machine pass there without one, or set `api_url` to another way.", said
            )
        case 403 if watching:
            return BadCredentials(f"{WHO} does not let the service account watch {place}.", WATCH, said)
        case 403:
            advice = PERMISSION if enveloped else f"{PERMISSION} Check that this machine is not blocked."
            return BadCredentials(f"{WHO} does not let the service account invalidate {place}.", advice, said)
        case 404 if enveloped and watching:
            advice = "Look at the edge, or purge again. If it is so each time, check `project`."
            return WrongAddress(f"{WHO} does not know how {place} ended.", advice, said)
        case 404 if enveloped:
            return WrongAddress(f"{WHO} knows no {place}.", NAMES, said)
        case 400 if enveloped:
            return Refused(f"{WHO} does not take this path, host or tag.", "Mend it, or name a prefix.", said)
        case 413 | 414 | 431:
            what = f"{WHO}, or a proxy on the way, takes no call this long: status {answer.status}."
            return Refused(what, "Name a prefix or the host; for tags lower `per_call` of this account.", said)
        case status if not enveloped and (status < 400 or status in (404, 405, 421)):
            what = f"What answers for {WHO} is not its API: status {status}."
            return WrongAddress(what, "Check `api_url`, and any proxy on the way to it.", said)
        case status:
            return Unexpected(f"{WHO} answered {status} in a way purgebot does not know.", REPORT, said)
