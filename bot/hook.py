"""`POST /v1/deploys`: a deploy happened. In this order: size while reading, proof of the sender over the raw bytes, its
time, whether it came before, the body, the sender's sites, then the jobs in the ledger, and the answer last.

Whoever proves nothing hears one text for all reasons; the log has the reason.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Self

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot.domain.actor import Actor
from bot.domain.deploy import Announced, Expected, usable
from bot.domain.job import JobView
from bot.ledger.books import Books
from bot.problems import TooLarge, first_error, full, problem, read_body
from bot.senders import EVENT, Ignored, Senders, Unproven, Verified, github_deploy
from bot.services.deploy_wishes import NotRead
from bot.services.deploys import Deployed, Observed, Overtaken, Taken, take
from bot.services.replies import Full, Refused
from bot.services.setup import Core
from bot.slack.answers import card_for
from bot.slack.plain import plain

log = structlog.get_logger()
BODY_MAX = 1024 * 1024  # bytes
FILES_MAX = 20_000
PAGES_MAX = 20  # that something is expected of
VERSION = r"^[A-Za-z0-9][A-Za-z0-9._+/@-]*(:[A-Za-z0-9._+/@-]+)?$"  # a tag, a commit, an image; no mark of Slack's
Word = Annotated[str, Field(min_length=1, max_length=200)]
Path = Annotated[str, Field(pattern=r"^/[!-~]*$", max_length=2000)]


class ExpectBody(BaseModel):
    """What one page must show: one header's value, or a text."""

    model_config = ConfigDict(extra="forbid", strict=True)
    header: Annotated[dict[str, str], Field(min_length=1, max_length=1)] | None = None
    contains: Word | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.header is None) == (self.contains is None):
            raise ValueError('name one of {"header": {"x-build": "4.2.0"}} and {"contains": "4.2.0"}')
        return self


class DeployBody(BaseModel):
    """What is sent."""

    model_config = ConfigDict(extra="forbid", strict=True)
    site: Word
    version: Annotated[str, Field(pattern=VERSION, max_length=200)]
    urls: list[str] = []
    paths: list[str] = []
    prefixes: list[str] = []
    tags: list[str] = []
    everything: bool = False
    actor: Annotated[str, Field(max_length=200)] = ""
    link: str = ""
    expect: Annotated[dict[Path, ExpectBody], Field(max_length=PAGES_MAX)] = {}
    changed: Annotated[list[str], Field(max_length=FILES_MAX)] = []
    manifest: str | dict[str, object] | None = None
    quiet: bool = False
    soft: bool | None = None
    warm: bool = False

    def announced(self) -> Announced:
        """The deploy as it was told, but for a link that cannot be used."""
        link, notes = usable(self.link)
        return Announced(
            self.site, self.version, tuple(self.urls), tuple(self.paths), tuple(self.prefixes), tuple(self.tags),
            self.everything, self.actor, link, tuple(_expected(page, one) for page, one in self.expect.items()),
            self.quiet, self.soft, self.warm, changed=tuple(self.changed), manifest=self.manifest,
            notes=notes,
        )  # fmt: skip


def _expected(path: str, body: ExpectBody) -> Expected:
    for name, value in (body.header or {}).items():
        return Expected(path, name.strip().lower(), value.strip())
    return Expected(path, contains=body.contains or "")


class Hook:
    """Takes deploys."""

    def __init__(self, core: Core, senders: Senders) -> None:
        self._core = core
        self._senders = senders

    async def deploy(self, request: Request) -> Response:
        """A deploy, or a repeat of one, which is answered as the first was."""
        try:
            raw = await read_body(request, BODY_MAX)
        except TooLarge:
            return problem(413, "Too large", f"A deploy has at most {BODY_MAX:,} bytes. Send prefixes, or several.")
        except ClientDisconnect:
            return Response(status_code=400)
        found = await self._senders.verify(request.headers, raw, self._core.clock.now())
        if isinstance(found, Unproven):
            log.warning("deploy_refused", why=found.why)
            return problem(401, "Who is telling?", "The deploy is not signed by a known sender, or too old or new.")
        digest = hashlib.sha256(raw).hexdigest()
        before = await self._core.ledger.read(lambda books: _before(books, found, digest))
        if before is not None:
            return before
        told = self._read(request, found, raw)
        return told if isinstance(told, Response) else await self._take(found, digest, told)

    async def sender(self, request: Request) -> Actor | None:
        """Who signed a request without a body, to follow the deploys that they told of."""
        found = await self._senders.verify(request.headers, b"", self._core.clock.now())
        return self._core.setup.tokens.get(f"token:{found.sender}") if isinstance(found, Verified) else None

    def _read(self, request: Request, found: Verified, raw: bytes) -> Announced | Response:
        if found.kind == "github":
            return self._of_github(found, request.headers.get(EVENT, ""), raw)
        try:
            body = DeployBody.model_validate_json(raw)
        except ValidationError as exc:
            return problem(400, "Unreadable deploy", f"{first_error(exc)}. Send at least a site and a version.")
        return body.announced()

    def _of_github(self, found: Verified, event: str, raw: bytes) -> Announced | Response:
        """GitHub's own event as a deploy; what is none is answered with why nothing is done."""
        sender = self._senders.github(found.sender)
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            body = None
        if sender is None or not isinstance(body, dict):
            return problem(400, "Unreadable event", "The body is no JSON object. Set the webhook's content type to it.")
        told = github_deploy(event, body, sender)
        if isinstance(told, Ignored):
            return JSONResponse({"ignored": told.why})
        return Announced(told.site, told.version, actor=told.actor, link=told.link, at=told.at)

    async def _take(self, found: Verified, digest: str, told: Announced) -> Response:
        core = self._core
        actor = core.setup.tokens.get(f"token:{found.sender}")
        if actor is None or told.site not in found.sites:
            return problem(403, "Refused", "This sender may not tell of that site's deploys: `sites` names its own.")
        taken = await take(core, actor, found.key, told)
        answer = self._answer(taken)
        if isinstance(answer, Response):
            return answer
        noted = {"notes": list(told.notes)} if told.notes else {}
        return await self._kept(found, digest, {**answer, **noted})

    async def _kept(self, found: Verified, digest: str, answer: Mapping[str, object]) -> Response:
        """The answer, kept under the sender's key; another body that was quicker under it wins."""
        text, now = json.dumps(answer), self._core.clock.now()

        def deed(books: Books) -> Response:
            before = _before(books, found, digest)
            if before is not None:
                return before
            books.intake.store(found.key, "deploy", {"digest": digest}, now)
            books.intake.answered(found.key, text, now)
            books.intake.done(found.key, now)
            if found.once:
                books.intake.store(found.proof, "proof", {"key": found.key}, now)
                books.intake.done(found.proof, now)
            return _accepted(text)

        return await self._core.ledger.write(deed)

    def _answer(self, taken: Taken) -> Mapping[str, object] | Response:
        core = self._core
        match taken:
            case Deployed(job, first):
                told: dict[str, object] = {"job": job.name, "state": job.state, "url": _where(job)}
                return told | ({"first": [one.name for one in first]} if first else {})
            case Overtaken(version):
                return JSONResponse({"ignored": f"{version} was deployed later, and is what was purged for."})
            case NotRead():
                return problem(422, "Not understood", taken.told)
            case Observed(plans):
                cards = [card_for(plan, core.clock.now(), "purgebot") for plan in plans]
                text = "\n\n".join(plain(card, "") for card in cards if card)
                return JSONResponse({"observing": True, "text": text})
            case Full(seconds=seconds):
                return full(seconds, f"{taken.what} {taken.advice}".strip())
            case Refused(by_rule=True):
                return problem(403, "Refused", f"{taken.what} {taken.advice}".strip())
            case Refused():
                return problem(422, "Not possible", f"{taken.what} {taken.advice}".strip())


def _before(books: Books, found: Verified, digest: str) -> Response | None:
    """The answer to what came before: the same one, or a no to another body or to a proof that counted already."""
    proof = books.intake.find(found.proof) if found.once else None
    if proof is not None and proof.body.get("key") != found.key:
        return problem(409, "Used before", "This token counted for another deploy. Ask GitHub for a new one.")
    known = books.intake.find(found.key)
    if known is None:
        return None
    if known.body.get("digest") != digest:
        return problem(409, "Used before", "This id came before with another body. Send the deploy under a new one.")
    return _accepted(known.answer)


def _accepted(answer: str) -> Response:
    return Response(answer, 202, media_type="application/json")


def _where(job: JobView) -> str:
    """Where the job can be followed."""
    return job.url or f"/v1/jobs/{job.name}"
