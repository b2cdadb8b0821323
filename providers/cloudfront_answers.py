"""What CloudFront's answers mean: XML read safely, and its error codes by who must act.

Codes and statuses are those of AWS' API description (version 2020-05-31); those of signing, throttling and reused
references come from AWS' general pages and from users, read 2026-11-23. Over a limit it answers 400, not 429.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from providers.answers import behind_a_proxy, foreign
from providers.cloudfront_limits import COMPLETED_SECONDS
from providers.contract import Cached, Sighting
from providers.errors import BadCredentials, PurgeError, Refused, Throttled, Unexpected, WrongAddress
from providers.sides import cloud
from providers.wire import Answer, gateway_trouble, retry_after

STATUS_PAGE = "https://health.aws.amazon.com"
BUSY = (
    "Wait a minute, then retry. The limits are of the whole AWS account (150 paths and 1 wildcard a second): where "
    "others purge too, lower `paths` or `wildcards` under `pace` to leave them room."
)
UNDER_WAY = (
    "Wait until those are done (the tab Invalidations shows them), then retry. Where others purge it too, lower "
    "`running_paths` or `running_wildcards` under `pace` to leave them room."
)
SIDE = cloud("CloudFront", STATUS_PAGE, BUSY)
ALLOW = "Allow `cloudfront:{action}` on {arn} to the user or role of `access_key_id` or `profile`."
KEY = "Check `access_key_id`: it is unknown, deleted or of another partition. Make a new one, or use a role."
CLOCK = "Set the clock of this machine: AWS takes a signature for some minutes only."
SECRET = "Check `secret_access_key` or the secret of `profile`, `region`, and that no proxy on the way changes a call."
WHERE_ID = "Set `distribution` to the id on the distribution's page, such as E1A2B3C4D5E6F7: not its domain name."
WHERE_TENANT = "Set `tenant` to the id of the tenant, such as dt_2wjDZi3hD1ivOXf6rpZJOSNE1AB: not its name."
REPORT = "Report it with what CloudFront said."
PATHS = (
    "Each path must start with /, and hold no blanks and no letters beyond ASCII. One bad path stops all of a call: "
    "purge them one by one, or a prefix."
)
LESS = "Lower `per_call` or `max_bytes` of this account; AWS does not say how much is too much."
REUSED = "Ask for the purge anew: it then gets a reference of its own."
SIGHTINGS = {
    "hit": Cached.HIT,
    "miss": Cached.MISS,
    "refreshhit": Cached.REVALIDATED,
}  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html, 2026-11-23

_DECLARES = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_PLACE = re.compile(r"[A-Z]{3}[0-9]{1,4}(-[A-Z0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of AWS, in its words: the action, and what it was about."""

    action: str
    place: str  # "distribution/E1" or "distribution-tenant/dt_1"

    @property
    def name(self) -> str:
        """In words for people."""
        sort, _, id_ = self.place.partition("/")
        return f"{sort.replace('-', ' ')} {id_}"

    @property
    def arn(self) -> str:
        """The resource that IAM means."""
        return f"arn:aws:cloudfront::<account>:{self.place}"


@dataclass(frozen=True, slots=True)
class Row:
    """Some codes: which error they are, what happened, what to do. `{name}`, `{action}`, `{arn}` are of the Asked."""

    codes: tuple[str, ...]
    error: type[PurgeError]
    what: str
    advice: str


ROWS = (
    Row(("TooManyInvalidationsInProgress",), Throttled, "Too many invalidations of {name} are in progress.", UNDER_WAY),
    Row(("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "RequestThrottled"),
        Throttled, "CloudFront asks for fewer calls.", BUSY),
    Row(("ServiceUnavailable",), Throttled, "CloudFront has an internal error.", SIDE.down),
    Row(("AccessDenied", "AccessDeniedException"), BadCredentials,
        "These credentials may not use {action} on {name}.", ALLOW),
    Row(("NoSuchDistribution",), WrongAddress, "CloudFront knows no {name} in this AWS account.", WHERE_ID),
    Row(("EntityNotFound",), WrongAddress, "CloudFront knows no {name} in this AWS account.", WHERE_TENANT),
    Row(("NoSuchInvalidation",), Unexpected, "CloudFront knows no such invalidation of {name}.",
        "Look at the edge, or purge again: it cannot be told whether it was done."),
    Row(("InvalidArgument",), Refused, "CloudFront does not take one of these paths of {name}.", PATHS),
    Row(("InvalidationBatchAlreadyExists",), Unexpected,
        "The reference of this call was used for other paths of {name} before.", REUSED),
    Row(("BatchTooLarge",), Refused, "The call for {name} is too large for CloudFront.", LESS),
    Row(("InconsistentQuantities",), Unexpected, "CloudFront counted other paths than were announced.", REPORT),
    Row(("MissingBody", "MalformedXML", "MalformedInput"), Unexpected, "CloudFront cannot read the call.", REPORT),
    Row(("RequestExpired",), BadCredentials, "The time in the signature is not AWS' time.", CLOCK),
    Row(("ExpiredToken", "ExpiredTokenException"), BadCredentials, "The session of these credentials has ended.",
        "Sign in again with `profile`, or use a role that renews itself."),
    Row(("SignatureDoesNotMatch", "InvalidSignatureException"), BadCredentials,
        "AWS computes another signature than purgebot.", SECRET),
    Row(("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"), BadCredentials,
        "AWS does not know this access key.", KEY),
    Row(("MissingAuthenticationToken", "IncompleteSignature"), BadCredentials,
        "AWS sees no whole signature.",
        "Check `access_key_id` and `secret_access_key`, and that no proxy on the way takes headers off."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """AWS' own words for what went wrong."""

    code: str
    message: str

    def words(self) -> str:
        """What it says, with its code."""
        return f"{self.message} ({self.code})".strip()


def read(text: str) -> Element | None:
    """The root of an XML answer; None where it is something else, or declares entities, which AWS never does."""
    if _DECLARES.search(text):
        return None
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - without declarations there is nothing to expand
    except (ElementTree.ParseError, ValueError):
        return None


def is_named(root: Element | None, name: str) -> bool:
    """Whether `root` is an element of this name, in any namespace."""
    return root is not None and root.tag.rpartition("}")[2] == name


def text_of(root: Element, path: str) -> str:
    """The text of the first element at `path`, in any namespace; empty where there is none."""
    return (root.findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or "").strip()


def texts_of(root: Element, path: str) -> Iterator[str]:
    """The texts of all elements at `path`, in any namespace."""
    for found in root.findall("/".join(f"{{*}}{name}" for name in path.split("/"))):
        yield (found.text or "").strip()


def failure(answer: Answer) -> Failure | None:
    """AWS' words for what went wrong; None where it is another answer."""
    root = read(answer.text)
    if root is None or not is_named(root, "ErrorResponse"):
        return None
    return Failure(text_of(root, "Error/Code"), text_of(root, "Error/Message"))


def seen(headers: Mapping[str, str]) -> Sighting:
    """X-Cache, if it speaks of CloudFront, and the point of presence in X-Amz-Cf-Pop."""
    says = headers.get("x-cache", "").strip()
    place = headers.get("x-amz-cf-pop", "").strip()
    place = place if _PLACE.fullmatch(place) else ""
    if "cloudfront" not in says.lower():
        return Sighting(place=place)
    return Sighting(SIGHTINGS.get(says.split()[0].lower(), Cached.UNKNOWN), says[:40], place)


def trouble(answer: Answer, asked: Asked) -> PurgeError:
    """The error that `answer`, which is not a yes, stands for."""
    failed = failure(answer)
    said = failed.words() if failed else ""
    if failed is not None and (row := _row(failed)) is not None:
        return _error(row, answer, asked, said)
    found = gateway_trouble(answer, SIDE, said) or _without_code(answer, asked, said, failed is not None)
    return found if failed else foreign(found, answer)


def _row(failed: Failure) -> Row | None:
    code, message = failed.code, failed.message.lower()
    if code == "InvalidArgument" and "caller reference" in message.replace("callerreference", "caller reference"):
        code = "InvalidationBatchAlreadyExists"
    if code == "SignatureDoesNotMatch" and ("expired" in message or "not yet current" in message):
        code = "RequestExpired"
    return next((row for row in ROWS if code in row.codes), None)


def _error(row: Row, answer: Answer, asked: Asked, said: str) -> PurgeError:
    words = {"name": asked.name, "action": asked.action, "arn": asked.arn}
    what, advice = row.what.format(**words), row.advice.format(**words)
    if row.error is not Throttled:
        return row.error(what, advice, said)
    patience = None if "Throttling" in row.codes else COMPLETED_SECONDS  # what is in progress is done by then
    asked_for = retry_after(answer)
    return Throttled(what, advice, said, patience if asked_for is None else asked_for)


def _without_code(answer: Answer, asked: Asked, said: str, enveloped: bool) -> PurgeError:
    match answer.status:
        case 407:
            return behind_a_proxy(SIDE, said)
        case 401 | 403:
            advice = f"{ALLOW.format(action=asked.action, arn=asked.arn)} Check that this machine is not blocked."
            return BadCredentials(f"CloudFront refused a call for {asked.name}.", advice, said)
        case 413 | 414 | 431:
            what = f"A proxy on the way takes no call as long as that for {asked.name}: status {answer.status}."
            return Refused(what, "Lower `per_call` or `max_bytes` of this account, or mend that proxy.", said)
        case status if not enveloped and (status < 400 or status in (404, 405, 421)):
            what = f"What answers for CloudFront is not its API: status {status}, and no XML of its shape."
            return WrongAddress(what, "Check `api_url`, and any proxy on the way to it.", said)
        case status:
            return Unexpected(f"CloudFront answered {status} in a way purgebot does not know.", REPORT, said)
