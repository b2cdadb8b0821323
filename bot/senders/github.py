"""GitHub's webhooks: HMAC-SHA256 over the body alone, and which of their events is a deploy.

Nothing signed says when a delivery was sent or which it is, so the body itself is what counts once; what it tells may
be old, which `GithubDeploy.at` shows.

Source: docs.github.com, webhooks/using-webhooks/validating-webhook-deliveries and webhooks/webhook-events-and-payloads,
read 2026-11-26
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from bot.domain.deploys.proven import GithubDeploy, Ignored, Unproven, Verified
from bot.senders.request import Request
from bot.senders.secrets import Keys, the_one
from bot.settings.model import GithubEvent, GithubSender
from bot.settings.signing import webhook_key

SIGNATURE, DELIVERY, EVENT = "x-hub-signature-256", "x-github-delivery", "x-github-event"
LINK_MAX = 2000  # characters
SHORT = 7  # characters of a commit
_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,100}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_VERSION = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]{1,40})?")
_LOGIN = re.compile(r"[A-Za-z0-9-]{1,39}(?:\[bot\])?")
_LINK = re.compile(r"https://[^\s<>|]+")
_PULLS = frozenset({"pull_request", "pull_request_target", "merge_group"})  # they try out what is not there yet


def verify(request: Request, raw: bytes, senders: Sequence[GithubSender], keys: Keys) -> Verified | Unproven:
    """Whose webhook signed `raw`."""
    signature, delivery = request.one(SIGNATURE), request.one(DELIVERY)
    if not _SIGNATURE.fullmatch(signature):
        return Unproven(f"{SIGNATURE} is not sha256= and 64 hexadecimal digits")
    if not _DELIVERY.fullmatch(delivery):
        return Unproven(f"{DELIVERY} is missing or holds odd characters")
    sender = the_one(senders, keys, webhook_key, partial(_is_signed, raw, signature.encode()))
    if isinstance(sender, Unproven):
        return sender
    proof = f"github {sender.name} {hashlib.sha256(raw).hexdigest()}"
    return Verified(sender.name, sender.sites, f"github {sender.name} {delivery}", "github", proof=proof)


def _is_signed(raw: bytes, given: bytes, key: bytes) -> bool:
    return hmac.compare_digest(b"sha256=" + hmac.new(key, raw, hashlib.sha256).hexdigest().encode(), given)


def github_deploy(event: str, body: Mapping[str, object], sender: GithubSender) -> GithubDeploy | Ignored:
    """The deploy of the sender's site that an event tells of. `event` is the header X-GitHub-Event, which nobody signs:
    what it says must fit the body."""
    repository = _text(body, "repository", "full_name")
    if event != sender.on:
        return Ignored(f"{event[:40]!r} is not the event that {sender.name} sends, {sender.on}")
    if repository.lower() != sender.repository.lower():  # to GitHub large and small letters are the same
        return Ignored(f"it is of the repository {repository[:140]!r}, not {sender.repository}")
    if sender.on is GithubEvent.WORKFLOW_RUN:
        return _of_run(body, sender)
    return _of_status(body, sender)


def _of_status(body: Mapping[str, object], sender: GithubSender) -> GithubDeploy | Ignored:
    state, ref = _text(body, "deployment_status", "state"), _text(body, "deployment", "ref")
    environment = _text(body, "deployment_status", "environment") or _text(body, "deployment", "environment")
    if state != "success":
        return Ignored(f"the deployment's state is {state[:40]!r}")
    if environment != sender.environment:
        return Ignored(f"it is of the environment {environment[:100]!r}, not {sender.environment}")
    if sender.branch and _branch(ref) != sender.branch:
        return Ignored(f"it is of {ref[:100]!r}, not {sender.branch}")
    links = [_text(body, "deployment_status", key) for key in ("log_url", "target_url")]
    logins = [
        _text(body, "workflow_run", "actor", "login"),
        _text(body, "deployment", "creator", "login"),
        _text(body, "sender", "login"),
    ]
    times = [_text(body, "deployment_status", key) for key in ("created_at", "updated_at")]
    return _deploy(sender, _text(body, "deployment", "sha"), ref, logins, links, times)


def _of_run(body: Mapping[str, object], sender: GithubSender) -> GithubDeploy | Ignored:
    conclusion, branch = _text(body, "workflow_run", "conclusion"), _text(body, "workflow_run", "head_branch")
    path = (_text(body, "workflow_run", "path") or _text(body, "workflow", "path")).partition("@")[0]
    home = _text(body, "workflow_run", "head_repository", "full_name")
    cause = _text(body, "workflow_run", "event")
    if _text(body, "action") != "completed" or conclusion != "success":
        return Ignored(f"the run's conclusion is {conclusion[:40]!r}")
    if path != sender.workflow:
        return Ignored(f"it is a run of {path[:200]!r}, not {sender.workflow}")
    if home.lower() != sender.repository.lower() or not cause or cause in _PULLS:
        return Ignored(f"it ran for {cause[:40]!r} of {home[:140]!r}, which is not what visitors get")
    if sender.branch and branch != sender.branch:
        return Ignored(f"it is of {branch[:100]!r}, not {sender.branch}")
    logins = [_text(body, "workflow_run", key, "login") for key in ("triggering_actor", "actor")]
    return _deploy(
        sender,
        _text(body, "workflow_run", "head_sha"),
        branch,
        [*logins, _text(body, "sender", "login")],
        [_text(body, "workflow_run", "html_url")],
        [_text(body, "workflow_run", "updated_at")],
    )


def _deploy(
    sender: GithubSender, commit: str, ref: str, logins: Sequence[str], links: Sequence[str], times: Sequence[str]
) -> GithubDeploy | Ignored:
    """The deploy, where what must be known of it can be read."""
    at = next((seconds for text in times if (seconds := _seconds(text)) is not None), None)
    if not _COMMIT.fullmatch(commit) or at is None:
        return Ignored("it does not say which commit was deployed, or when")
    login = next((one for one in logins if _LOGIN.fullmatch(one)), "")
    link = next((one for one in links if len(one) <= LINK_MAX and _LINK.fullmatch(one)), "")
    return GithubDeploy(sender.site, _version(commit, ref), login, link, at)


def _version(commit: str, ref: str) -> str:
    """The tag, where it is one by its looks, else the commit: the name of a branch stays while the site changes."""
    name = ref.removeprefix("refs/tags/")
    return name if _VERSION.fullmatch(name) else commit[:SHORT]


def _branch(ref: str) -> str:
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/")


def _seconds(text: str) -> float | None:
    """Seconds since the epoch of a time as GitHub writes it."""
    try:
        found = datetime.fromisoformat(text)
        return found.timestamp() if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _text(body: object, *path: str) -> str:
    """The text at `path`; "" where there is none."""
    for key in path:
        body = body.get(key) if isinstance(body, Mapping) else None
    return body if isinstance(body, str) else ""
