"""GitHub's webhooks: whose they are, and which events are deploys."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.domain.deploys.proven import GithubDeploy, Ignored, Unproven, Verified
from bot.senders import Senders, github_deploy
from bot.settings import Deploys, GithubEvent, GithubSender, Secret

OLD, NEW = "It's a Secret to Everybody", "n" * 64
SITES = frozenset({"shop"})
DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
NOW = 1_700_000_000.0


def sender(*names: str, name: str = "gh", environ: Mapping[str, str] | None = None) -> GithubSender:
    known = {"OLD": OLD, "NEW": NEW, "OTHER": "o" * 30, "SHORT": "short", **(environ or {})}
    secrets = tuple(Secret(env=one, environ=known) for one in names)
    return GithubSender(name, secrets, "octo/shop", "shop", GithubEvent.DEPLOYMENT_STATUS, environment="production")


GH = Senders(Deploys(github=(sender("OLD", "NEW"), sender("OTHER", name="other"))))
BODY = b"Hello, World!"


def headers(secret: str = OLD, body: bytes = BODY, delivery: str = DELIVERY) -> dict[str, str]:
    signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={signed}", "X-GitHub-Delivery": delivery, "X-GitHub-Event": "ping"}


def proven(name: str = "gh", body: bytes = BODY, delivery: str = DELIVERY) -> Verified:
    proof = f"github {name} {hashlib.sha256(body).hexdigest()}"
    return Verified(name, SITES, f"github {name} {delivery}", "github", None, proof)


async def test_the_example_of_githubs_documentation_is_proven() -> None:
    signed = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert proven() == await GH.verify(headers() | {"X-Hub-Signature-256": signed}, b"Hello, World!", NOW)


@pytest.mark.parametrize(("secret", "name"), [(OLD, "gh"), (NEW, "gh"), ("o" * 30, "other")])
async def test_every_secret_of_every_sender_counts(secret: str, name: str) -> None:
    assert proven(name) == await GH.verify(headers(secret), BODY, NOW)


NO_SECRET = Unproven("no secret fits")
FORM = Unproven("x-hub-signature-256 is not sha256= and 64 hexadecimal digits")
NO_DELIVERY = Unproven("x-github-delivery is missing or holds odd characters")
SIGNED = headers()["X-Hub-Signature-256"]
BAD: dict[str, tuple[dict[str, str], bytes, Unproven]] = {
    "an unknown secret": (headers("u" * 30), BODY, NO_SECRET),
    "another body": (headers(), BODY + b"\n", NO_SECRET),
    "no body": (headers(), b"", NO_SECRET),
    "an empty key": (headers(""), BODY, NO_SECRET),
    "cut": (headers() | {"X-Hub-Signature-256": SIGNED[:-1]}, BODY, FORM),
    "large letters": (headers() | {"X-Hub-Signature-256": SIGNED.upper()}, BODY, FORM),
    "no prefix": (headers() | {"X-Hub-Signature-256": SIGNED.removeprefix("sha256=")}, BODY, FORM),
    "empty": (headers() | {"X-Hub-Signature-256": ""}, BODY, FORM),
    "no ASCII": (
        headers() | {"X-Hub-Signature-256": "sha256=é"},
        BODY,
        Unproven("x-hub-signature-256 holds characters that are not ASCII"),
    ),
    "two signatures": (
        headers() | {"x-hub-signature-256": SIGNED},
        BODY,
        Unproven("x-hub-signature-256 came 2 times"),
    ),
    "no delivery": (headers(delivery=""), BODY, NO_DELIVERY),
    "an odd delivery": (headers(delivery="a b"), BODY, NO_DELIVERY),
    "a long delivery": (headers(delivery="a" * 101), BODY, NO_DELIVERY),
}


@pytest.mark.parametrize(("given", "body", "expected"), BAD.values(), ids=BAD)
async def test_anything_else_proves_nothing(given: dict[str, str], body: bytes, expected: Unproven) -> None:
    assert expected == await GH.verify(given, body, NOW)


async def test_a_body_under_another_delivery_has_the_same_proof() -> None:
    found = [await GH.verify(headers(delivery=one), BODY, NOW) for one in ("a", "b")]
    assert [proven(delivery="a"), proven(delivery="b")] == found
    assert proven(delivery="a").proof == proven(delivery="b").proof
    assert proven().once


async def test_a_short_secret_proves_nothing() -> None:
    senders = Senders(Deploys(github=(sender("SHORT"),)))
    why = "no secret fits. a secret of gh has 5 characters, and 24 are the least"
    assert Unproven(why) == await senders.verify(headers("short"), BODY, NOW)


async def test_a_file_that_changed_counts_at_once(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    one = GithubSender("gh", (Secret(file=str(file)),), "octo/shop", "shop", GithubEvent.WORKFLOW_RUN)
    senders = Senders(Deploys(github=(one,)))
    file.write_text(f"{OLD}\n", encoding="utf-8")
    before = [await senders.verify(headers(secret), BODY, NOW) for secret in (OLD, NEW)]
    file.write_text(f"{NEW}\n", encoding="utf-8")
    after = [await senders.verify(headers(secret), BODY, NOW) for secret in (OLD, NEW)]
    assert ([proven(), NO_SECRET], [NO_SECRET, proven()]) == (before, after)


def test_a_sender_is_found_by_its_name() -> None:
    assert (sender("OLD", "NEW"), None) == (GH.github("gh"), GH.github("ci"))


# Abridged from octokit/webhooks, payload-examples/api.github.com, read 2026-11-26
COMMIT = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"
STATUS = json.dumps(
    {
        "action": "created",
        "deployment_status": {
            "state": "success",
            "creator": {"login": "github-actions[bot]"},
            "environment": "production",
            "target_url": "https://github.com/octo/shop/actions/runs/7/job/9",
            "log_url": "",
            "created_at": "2026-11-26T15:20:55Z",
            "updated_at": "2026-11-26T15:20:55Z",
        },
        "deployment": {
            "sha": COMMIT,
            "ref": "main",
            "environment": "production",
            "creator": {"login": "octo-bot[bot]"},
        },
        "workflow_run": {"actor": {"login": "mia"}},
        "repository": {"full_name": "octo/shop"},
        "sender": {"login": "someone"},
    }
)
RUN = json.dumps(
    {
        "action": "completed",
        "workflow": {"name": "Deploy", "path": ".github/workflows/deploy.yml"},
        "workflow_run": {
            "conclusion": "success",
            "event": "push",
            "head_branch": "main",
            "head_sha": COMMIT,
            "head_repository": {"full_name": "octo/shop"},
            "html_url": "https://github.com/octo/shop/actions/runs/7",
            "path": ".github/workflows/deploy.yml",
            "created_at": "2026-11-26T15:16:00Z",
            "updated_at": "2026-11-26T15:20:55Z",
            "actor": {"login": "mia"},
            "triggering_actor": {"login": "kai"},
        },
        "repository": {"full_name": "octo/shop"},
        "sender": {"login": "someone"},
    }
)
AT = 1_795_706_455.0  # 2026-11-26T15:20:55Z
ON_STATUS = sender("OLD")
ON_RUN = GithubSender(
    "run", (), "octo/shop", "shop", GithubEvent.WORKFLOW_RUN, branch="main", workflow=".github/workflows/deploy.yml"
)
STATUS_DEPLOY = GithubDeploy("shop", "f95f852", "mia", "https://github.com/octo/shop/actions/runs/7/job/9", AT)
RUN_DEPLOY = GithubDeploy("shop", "f95f852", "kai", "https://github.com/octo/shop/actions/runs/7", AT)


def told(text: str, *changes: tuple[str, object], of: GithubSender) -> GithubDeploy | Ignored:
    """What the event tells, after values at dotted paths were changed."""
    body = json.loads(text)
    for path, value in changes:
        *inner, last = path.split(".")
        part = body
        for key in inner:
            part = part[key]
        part[last] = value
    return github_deploy(of.on, body, of)


def test_a_status_is_a_deploy() -> None:
    assert STATUS_DEPLOY == told(STATUS, of=ON_STATUS)


def test_a_run_is_a_deploy() -> None:
    assert RUN_DEPLOY == told(RUN, of=ON_RUN)


VERSIONS = {
    "branch": ("main", "f95f852"),
    "tag": ("v4.2.0", "v4.2.0"),
    "tag as a ref": ("refs/tags/4.2.0-rc.1", "4.2.0-rc.1"),
    "date": ("2026.11.26", "2026.11.26"),
    "commit": (COMMIT, "f95f852"),
    "branch like a version": ("release-4.2", "f95f852"),
    "markup": ("4.2.0-<b>", "f95f852"),
    "long": (f"4.2.0-{'x' * 99}", "f95f852"),
    "nothing": (None, "f95f852"),
}


@pytest.mark.parametrize(("ref", "version"), VERSIONS.values(), ids=VERSIONS)
def test_the_version_is_the_tag_else_the_commit(ref: str | None, version: str) -> None:
    found = told(STATUS, ("deployment.ref", ref), of=ON_STATUS)
    assert isinstance(found, GithubDeploy)
    assert version == found.version


SAYS: dict[str, tuple[str, object, str, str]] = {
    "no link": ("deployment_status.target_url", "", "link", ""),
    "a script for a link": ("deployment_status.target_url", "javascript:alert(1)", "link", ""),
    "markup in a link": ("deployment_status.target_url", "https://a.test/|<!channel>", "link", ""),
    "a long link": ("deployment_status.target_url", f"https://a.test/{'x' * 2000}", "link", ""),
    "a log": ("deployment_status.log_url", "https://ci.test/7", "link", "https://ci.test/7"),
    "no person": ("workflow_run", None, "actor", "octo-bot[bot]"),
    "odd person": ("workflow_run", {"actor": {"login": "<@U0LEA>"}}, "actor", "octo-bot[bot]"),
    "large letters": ("repository.full_name", "Octo/Shop", "site", "shop"),
}


@pytest.mark.parametrize(("path", "value", "field", "expected"), SAYS.values(), ids=SAYS)
def test_what_is_told_of_it_is_fit_to_show(path: str, value: object, field: str, expected: str) -> None:
    assert expected == getattr(told(STATUS, (path, value), of=ON_STATUS), field)


NO_COMMIT = "it does not say which commit was deployed, or when"
IGNORED_STATUS: dict[str, tuple[tuple[str, object], str]] = {
    "in progress": (("deployment_status.state", "in_progress"), "the deployment's state is 'in_progress'"),
    "failure": (("deployment_status.state", "failure"), "the deployment's state is 'failure'"),
    "no status": (("deployment_status", None), "the deployment's state is ''"),
    "preview": (
        ("deployment_status.environment", "Preview"),
        "it is of the environment 'Preview', not production",
    ),
    "nearly": (
        ("deployment_status.environment", "production-eu"),
        "it is of the environment 'production-eu', not production",
    ),
    "another repository": (
        ("repository.full_name", "octo/shop2"),
        "it is of the repository 'octo/shop2', not octo/shop",
    ),
    "a list": (("repository", ["octo/shop"]), "it is of the repository '', not octo/shop"),
    "no commit": (("deployment.sha", "main"), NO_COMMIT),
    "a long commit": (("deployment.sha", COMMIT * 2), NO_COMMIT),
    "no zone": (
        ("deployment_status", {"state": "success", "environment": "production", "created_at": "2026-11-26T15:20:55"}),
        NO_COMMIT,
    ),
    "no time": (("deployment_status", {"state": "success", "environment": "production"}), NO_COMMIT),
}


@pytest.mark.parametrize(("change", "why"), IGNORED_STATUS.values(), ids=IGNORED_STATUS)
def test_another_status_is_no_deploy(change: tuple[str, object], why: str) -> None:
    assert Ignored(why) == told(STATUS, change, of=ON_STATUS)


IGNORED_RUN: dict[str, tuple[tuple[str, object], str]] = {
    "requested": (("action", "requested"), "the run's conclusion is 'success'"),
    "failure": (("workflow_run.conclusion", "failure"), "the run's conclusion is 'failure'"),
    "none": (("workflow_run.conclusion", None), "the run's conclusion is ''"),
    "another workflow": (
        ("workflow_run.path", ".github/workflows/test.yml"),
        "it is a run of '.github/workflows/test.yml', not .github/workflows/deploy.yml",
    ),
    "another branch": (("workflow_run.head_branch", "main2"), "it is of 'main2', not main"),
    "a fork": (
        ("workflow_run.head_repository.full_name", "eve/shop"),
        "it ran for 'push' of 'eve/shop', which is not what visitors get",
    ),
    "a pull request": (
        ("workflow_run.event", "pull_request"),
        "it ran for 'pull_request' of 'octo/shop', which is not what visitors get",
    ),
    "no cause": (("workflow_run.event", None), "it ran for '' of 'octo/shop', which is not what visitors get"),
    "no time": (("workflow_run.updated_at", 7), NO_COMMIT),
}


@pytest.mark.parametrize(("change", "why"), IGNORED_RUN.values(), ids=IGNORED_RUN)
def test_another_run_is_no_deploy(change: tuple[str, object], why: str) -> None:
    assert Ignored(why) == told(RUN, change, of=ON_RUN)


def test_a_branch_that_is_configured_counts_for_a_status_too() -> None:
    of = GithubSender("gh", (), "octo/shop", "shop", ON_STATUS.on, environment="production", branch="main")
    refs = ["main", "refs/heads/main", "main2"]
    found = [told(STATUS, ("deployment.ref", ref), of=of) for ref in refs]
    assert [STATUS_DEPLOY, STATUS_DEPLOY, Ignored("it is of 'main2', not main")] == found


@pytest.mark.parametrize("event", ["ping", "push", "workflow_run", "", "deployment"])
def test_another_event_is_no_deploy(event: str) -> None:
    expected = Ignored(f"{event!r} is not the event that gh sends, deployment_status")
    assert expected == github_deploy(event, json.loads(STATUS), ON_STATUS)


def test_the_event_that_a_header_claims_must_fit_the_body() -> None:
    assert Ignored("the deployment's state is ''") == github_deploy(ON_STATUS.on, json.loads(RUN), ON_STATUS)
    assert isinstance(github_deploy(ON_RUN.on, json.loads(STATUS), ON_RUN), Ignored)


def test_an_empty_body_is_no_deploy() -> None:
    assert isinstance(github_deploy(ON_STATUS.on, {}, ON_STATUS), Ignored)
