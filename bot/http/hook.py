"""`POST /v1/deploys`: a deploy happened. In this order: size while reading, proof of the sender over the raw bytes, its
time, whether it came before, the body, the sender's sites, then the jobs in the ledger, and the answer last.

Whoever proves nothing hears one text for all reasons; the log has the reason.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot.domain.actor import Actor
from bot.domain.deploys.deploy import Announced
from bot.domain.jobs.job import JobView
from bot.http.deploy_body import BadBody, read_deploy
from bot.http.problems import TooLarge, full, problem, read_body
from bot.ledger.books import Books
from bot.senders import EVENT, Ignored, Senders, Unproven, Verified, github_deploy
from bot.services.deploying.deploy_wishes import NotRead
from bot.services.deploying.deploys import Deployed, Observed, Overtaken, Taken, take
from bot.services.replies import Full, Refusal
from bot.services.setup import Core
from bot.slack.answers import card_for
from bot.slack.plain import plain

log = structlog.get_logger()
BODY_MAX = 1024 * 1024  # bytes
TOO_LARGE = (
    f"A deploy has at most {BODY_MAX:,} bytes. Send `paths` or `prefixes`, or a manifest of what pages are made of"
    " alone: several manifests would be compared with each other."
)
_COUNTED = {
    "oidc": "This token counted for another deploy. Ask GitHub for a new one.",
    "github": "This event came before, as another delivery, and counts once. For a new one deploy again.",
    "standard": "This counted for another deploy. Sign the new one.",
}


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
            return problem(413, "Too large", TOO_LARGE)
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
            return read_deploy(raw)
        except BadBody as exc:
            return problem(400, "Unreadable deploy", str(exc))

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
            if isinstance(taken, Refusal):  # GitHub shows the answer to nobody who would look for it
                log.warning("deploy_not_taken", sender=found.sender, site=told.site, why=taken.what, do=taken.advice)
            return answer
        notes = [*told.notes, *(taken.notes if isinstance(taken, Deployed) else ())]
        return await self._kept(found, digest, {**answer, **({"notes": notes} if notes else {})})

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
                _, *when_and_what = plain(card_for(taken, core.clock.now(), "purgebot")).splitlines()
                return full(seconds, " ".join([taken.what, *when_and_what, taken.advice]).strip())
            case Refusal(by_rule=True):
                return problem(403, "Refused", f"{taken.what} {taken.advice}".strip())
            case Refusal():
                return problem(422, "Not possible", f"{taken.what} {taken.advice}".strip())


def _before(books: Books, found: Verified, digest: str) -> Response | None:
    """The answer to what came before: the same one, or a no to another body or to a proof that counted already."""
    proof = books.intake.find(found.proof) if found.once else None
    if proof is not None and proof.body.get("key") != found.key:
        return problem(409, "Used before", _COUNTED[found.kind])
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
