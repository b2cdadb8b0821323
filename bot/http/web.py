"""The HTTP surface: Slack's deliveries, commands and jobs for machines, health. Errors are RFC 9457 problems."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from bot.copied_lines import for_terminal
from bot.domain.actor import Actor, Standing
from bot.domain.grammar.command import Command, Verb
from bot.domain.grammar.speech import VERB_OF
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.exits import IN_LINE, TAKEN_UP
from bot.export.linted import lint_record, lint_text
from bot.export.record import (
    TARGETS_MAX,
    check_record,
    diagnosis_record,
    held_record,
    job_record,
    kept_record,
    moment,
    queue_record,
    stats_record,
    warming_record,
)
from bot.export.targets import listed
from bot.http.hook import Hook
from bot.http.problems import TooLarge, first_error, full, problem, read_body
from bot.ledger.books import Books
from bot.ledger.ledger import LedgerDown
from bot.senders import is_signed
from bot.services.desk import Desk
from bot.services.forgotten import forgotten
from bot.services.replies import (
    BadLinesFound,
    Checked,
    Explained,
    Full,
    JobShown,
    Joined,
    Linted,
    LogShown,
    LookedEnough,
    NotUnderstood,
    PlanShown,
    Queued,
    QueuedOver,
    QueuedShown,
    Refusal,
    Reply,
    StatsShown,
    Warmed,
)
from bot.services.requests.purges import Asking
from bot.services.running.queue import QueueShown
from bot.services.setup import Core, Spoken
from bot.slack.answers import card_for, job_of
from bot.slack.cards.history import log_lines
from bot.slack.plain import plain, unmarked
from bot.slack.typed import typed_in

log = structlog.get_logger()
BODY_MAX = 20 * 1024 * 1024  # bytes; read only from who has a token
WAIT_MAX = 60.0  # seconds of one long poll; ask again for more
POLL_SECONDS = 0.25
KEY_MAX = 200  # characters of an Idempotency-Key
PATH_SHOWN = 100  # characters
COMMAND_NAME = "purgebot"  # what a machine types where a person types /purge
SETTLED = frozenset({State.NEEDS_DECISION, State.WAITING, State.SCHEDULED})


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """A machine that may knock: the SHA-256 of its bearer token, and what it may do."""

    name: str
    digest: bytes
    sites: frozenset[str]
    may_command: bool


class CommandBody(BaseModel):
    """What `POST /v1/commands` takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str
    targets: list[str] = []

    @property
    def lines(self) -> Sequence[str]:
        """The targets, one a line; a list that is given and empty is one empty line, unlike none."""
        return [""] if "targets" in self.model_fields_set and not self.targets else self.targets


class Door:
    """The machines' door, where the command goes by the terminal's name. `ready` says whether work can be accepted;
    `stopping` ends long polls."""

    def __init__(
        self,
        core: Core,
        tokens: Sequence[Token],
        ready: Callable[[], Awaitable[str]],
        stopping: asyncio.Event,
        hook: Hook,
    ) -> None:
        self._core = replace(core, current=Spoken(core.current, COMMAND_NAME))
        self._desk = Desk(self._core)
        self._slashed = core.current
        self._tokens = tokens
        self._ready = ready
        self._stopping = stopping
        self._hook = hook

    def admit(self, tokens: Sequence[Token]) -> None:
        """From now on these may knock, and nobody else."""
        self._tokens = tokens

    @property
    def admitted(self) -> frozenset[str]:
        """Who may knock, by name."""
        return frozenset(token.name for token in self._tokens)

    def app(self, slack_events: ASGIApp | None) -> Starlette:
        """All routes; without Slack's when it speaks by Socket Mode."""
        routes: list[Route | Mount] = [
            Route("/v1/commands", self.command, methods=["POST"]),
            Route("/v1/deploys", self._hook.deploy, methods=["POST"]),
            Route("/v1/jobs/{job}", self.job, methods=["GET"]),
            Route("/healthz", self.alive, methods=["GET"]),
            Route("/readyz", self.able, methods=["GET"]),
        ]
        if slack_events is not None:
            routes.append(Route("/slack/events", slack_events, methods=["POST"]))
        return Starlette(routes=routes, exception_handlers={HTTPException: _no_route, LedgerDown: _not_stored})

    async def alive(self, request: Request) -> Response:
        """The process answers."""
        return JSONResponse({"status": "alive"})

    async def able(self, request: Request) -> Response:
        """Work can be accepted: the ledger can be written and the sweep beats; never a provider's or Slack's state."""
        wrong = await self._ready()
        return problem(503, "Not ready", wrong) if wrong else JSONResponse({"status": "ready"})

    async def command(self, request: Request) -> Response:
        """The grammar for machines."""
        actor = self._actor(request)
        if actor is None:
            return _unauthorised()
        try:
            raw = await read_body(request, BODY_MAX)
        except ClientDisconnect:
            return Response(status_code=400)
        except TooLarge:
            return problem(413, "Too large", f"The body is larger than {BODY_MAX} bytes. Send fewer targets at once.")
        try:
            body = CommandBody.model_validate_json(raw)
        except ValidationError as exc:
            return problem(400, "Unreadable body", f'Send {{"text": "check https://…"}}. {first_error(exc)}')
        given = request.headers.get("idempotency-key", "")
        if len(given) > KEY_MAX:
            return problem(400, "Unreadable key", f"`Idempotency-Key` has at most {KEY_MAX} characters.")
        key = f"api {actor.id} {given or self._core.dice.token()}"
        if given and not await self._claim(key, raw):
            return problem(409, "Key used before", "This Idempotency-Key came with another body. Take a new one.")
        reply = await self._desk.ask(Asking(actor, key, "api"), self._line(body.text), body.lines)
        return answer_of(reply, self._core)

    def _line(self, text: str) -> str:
        """The text without the slash command in front, as in a line copied from Slack."""
        first, _, rest = text.lstrip().partition(" ")
        return rest if first == self._slashed.setup.command and rest.strip() else text

    async def _claim(self, key: str, raw: bytes) -> bool:
        """Bind `key` to its first body, for a week; False when it came with another one."""
        digest = hashlib.sha256(raw).hexdigest()
        now = self._core.clock.now()

        def deed(books: Books) -> bool:
            if books.intake.store(key, "api", {"digest": digest}, now):
                books.intake.done(key, now)
                return True
            known = books.intake.find(key)
            return known is not None and known.body.get("digest") == digest

        return await self._core.ledger.write(deed)

    async def job(self, request: Request) -> Response:
        """One job; with `wait=` seconds, once it has ended or needs a person. Who sends deploys signs it like them."""
        actor = self._actor(request) or await self._hook.sender(request)
        if actor is None:
            return _not_signed() if is_signed(request.headers) else _unauthorised()
        wait = _seconds(request.query_params.get("wait", "0"))
        if wait is None:
            return problem(400, "Unreadable wait", "`wait` is a number of seconds, at most 60.")
        name = request.path_params["job"].upper().removeprefix("P-")
        if not name.isascii() or not name.isdigit() or len(name) > 12:
            return _no_such_job()
        job = await self._awaited(actor, int(name), wait)
        if job is not None:
            return JSONResponse(self._told(job))
        gone = await self._core.ledger.read(lambda books: forgotten(books, actor, int(name)))
        return _no_such_job(gone)

    def _told(self, job: JobView) -> Mapping[str, object]:
        """A job for machines, and as `text` for who reads their logs: what `status` says, and where its card is."""
        shown = plain(card_for(JobShown(job), self._core.clock.now(), COMMAND_NAME), typed_in(JobShown(job)))
        return job_record(job) | {"text": f"{shown}\n{job.url}" if job.url else shown}

    async def _awaited(self, actor: Actor, number: int, wait: float) -> JobView | None:
        until = self._core.clock.monotonic() + wait
        while True:
            job = await self._core.ledger.read(lambda books: books.jobs.find(number))
            if job is None or authorise(actor, Deed.SEE, Subject(job.site, job)) is not None:
                return None
            late = self._core.clock.monotonic() >= until or self._stopping.is_set()
            if late or not job.state.is_open or job.state in SETTLED:
                return job
            await self._core.clock.sleep(POLL_SECONDS)

    def _actor(self, request: Request) -> Actor | None:
        """The token's actor. Every token is compared, each in constant time."""
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        given = hashlib.sha256(bearer.strip().encode()).digest()
        found = [token for token in self._tokens if hmac.compare_digest(token.digest, given)]
        if scheme.lower() != "bearer" or not bearer.strip() or not found:
            return None
        token = found[0]
        return Actor(f"token:{token.name}", Standing.TOKEN, "", token.sites, token.may_command)


def answer_of(reply: Reply, core: Core) -> Response:
    """A reply as HTTP has it."""
    purges = isinstance(reply, Checked)  # whose line to copy is things alone
    bare = replace(reply, targets=()) if isinstance(reply, JobShown | QueuedShown) else reply  # listed below
    card = card_for(bare, core.clock.now(), f"{COMMAND_NAME} purge" if purges else COMMAND_NAME)
    text = for_terminal(plain(card, typed_in(reply)), VERB_OF) if card else ""
    match reply:
        case NotUnderstood() | BadLinesFound():
            return problem(422, "Not understood", text, text=text)
        case Full(seconds=seconds):
            return full(seconds, text, text=text)
        case LookedEnough(seconds=seconds):
            return problem(429, "Looked enough", text, {"retry-after": str(math.ceil(seconds))}, text=text)
        case Refusal(by_rule=True):
            return problem(403, "Refused", text, text=text)
        case Refusal():
            return problem(422, "Not possible", text, text=text)
        case PlanShown(observing=True, command=Command(verb=Verb.PURGE)):
            return problem(403, "Only observing", text, text=text)
        case Checked():
            return JSONResponse({"text": text, "verdict": reply.judgement.verdict, "check": check_record(reply)})
        case QueueShown() as shown:
            return JSONResponse({"text": text, "queue": queue_record(shown), "held_back": held_record(shown)})
        case Joined(same):
            return JSONResponse({"job": same.name, "state": same.state, "text": text, "joined": True})
        case Linted(report=report):
            return JSONResponse({"text": lint_text(report), "lint": lint_record(report)})
        case Explained(diagnosis=diagnosis):
            return JSONResponse({"text": text, "diagnosis": diagnosis_record(diagnosis)})
        case Warmed(warming):
            return JSONResponse({"text": text, "warming": warming_record(warming)})
        case LogShown():
            return JSONResponse(_log(reply))
        case StatsShown():
            return JSONResponse({"text": text, "stats": stats_record(reply.stats), **_forgotten(reply.forgotten)})
        case JobShown(shown, whole=True, moments=moments, targets=targets):
            entries = [kept_record(shown, moments, targets)]
            text = "\n".join([text, *listed(shown.name, targets)])
            return JSONResponse({"job": shown.name, "state": shown.state, "text": text, "entries": entries})
        case Queued(told=told):
            return JSONResponse({"request": told.name, "state": IN_LINE, "text": text})
        case QueuedShown(waits, targets):
            name, first = waits.request.name, list(targets[:TARGETS_MAX])
            text, n = "\n".join([text, *listed(name, targets)]), waits.request.targets
            return JSONResponse({"request": name, "state": IN_LINE, "targets": n, "text": text, "all_targets": first})
        case QueuedOver(request, _, number, over):
            taken = {"job": f"P-{number}"} if number else {}
            how = TAKEN_UP if number else "refused" if over is not None and over.by == "policy" else "cancelled"
            return JSONResponse({"request": request.name, "state": how, "text": text, **taken})
    job = job_of(reply)
    return JSONResponse({"job": job.name, "state": job.state, "text": text} if job else {"text": text})


def _log(shown: LogShown) -> Mapping[str, object]:
    """A page of the log: every job as a line and as a record, and the line of the page after it, if there is one."""
    entries = [kept_record(kept.job, kept.moments) for kept in shown.jobs]
    typed = typed_in(shown)
    text = "\n".join(unmarked(line, typed) for line in log_lines(shown, COMMAND_NAME))
    older = {"next": shown.older} if shown.older else {}
    return {"text": text, "entries": entries, **older, **_forgotten(shown.forgotten)}


def _forgotten(newest: float | None) -> Mapping[str, str]:
    return {} if newest is None else {"forgotten_to": moment(newest)}


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return min(seconds, WAIT_MAX) if math.isfinite(seconds) and seconds >= 0 else None


async def _no_route(request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    headers = exc.headers if isinstance(exc, HTTPException) else None
    here = f"{request.method} {request.url.path[:PATH_SHOWN]}"
    return problem(status, HTTPStatus(status).phrase, f"There is no {here} here.", headers)


async def _not_stored(request: Request, exc: Exception) -> Response:
    return problem(503, "Not stored", str(exc))


def _unauthorised() -> Response:
    detail = "Send `Authorization: Bearer <token>`; tokens are named under `api.tokens` in the configuration."
    return problem(401, "Who is asking?", detail, {"www-authenticate": "Bearer"})


def _not_signed() -> Response:
    """One text for every signature that proves nothing: whoever forges one learns nothing from it."""
    detail = (
        "The signature is of no sender that is named under `deploys`, or its time is not now. Check that the secret is"
        " that sender's current one; that `{webhook-id}.{webhook-timestamp}.` is signed with nothing after it, since"
        " this request has no body; that `webhook-timestamp` is the time of this very request, in seconds, by a clock"
        " that is at most 5 minutes off; and that each of the headers stands there once, and no bearer token with them."
    )
    return problem(401, "Who is asking?", detail, {"www-authenticate": "Bearer"})


def _no_such_job(forgotten: Refusal | None = None) -> Response:
    if forgotten is not None:
        return problem(404, "Job forgotten", f"{forgotten.what} {forgotten.advice}")
    return problem(404, "No such job", "There is no such job among the sites of this token.")
