"""Globalping's API as far as purgebot meets it: measurements by HTTP, limits, and probes asked again.

Shapes and limits: jsdelivr/globalping, public/v1 and config/default.cjs, read 2026-11-26. The probes look while the
request for it is answered; what they saw is told as in progress once, and finished after that.
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from playground.clouds.desk import Desk, Done, Refusals, Refused, Request, said
from playground.faults import THROTTLE_SECONDS
from playground.globalping.probes import PROBES, Probe, chosen
from playground.globalping.wishes import Invalid, Wish, read
from playground.http import Reply
from playground.store import Store

ACCOUNT = "globalping"
API_PATH = "/globalping"
TOKEN = "playground-globalping-token"
HOUR, KEPT = 3600.0, 7 * 86_400.0  # seconds
ANONYMOUS, SIGNED = 250, 500  # tests an hour
PROBES_ANONYMOUS, PROBES_SIGNED = 50, 500  # in one measurement
GETS, GETS_SECONDS = 5, 2.0  # of one measurement
BODY_MAX = 10_000  # characters
TELL_AFTER = 1.0  # seconds at a human pace

See = Callable[[Probe, Wish], Awaitable[Reply | None]]  # what a probe gets; None where it finds no such host

_TABLES = (
    "create table if not exists measurements"
    " (id text primary key, at real, due real, asked integer, probes text, doc text)",
    "create table if not exists tests (who text primary key, until real, used integer)",
)


def refused(status: int, type: str, message: str, headers: Mapping[str, str] | None = None, **more: object) -> Reply:
    """An answer that is not a success."""
    return said(status, {"error": {"type": type, "message": message, **more}}, headers)


# not documented: our wording
_UNAUTHORIZED = refused(401, "unauthorized", "Unauthorized.")
_FORBIDDEN = refused(403, "access_forbidden", "Access forbidden.")


@dataclass(kw_only=True)
class Globalping(Desk):
    """The API, with one token that it knows. `away` are the cities whose probes are not there now."""

    account: str = ACCOUNT
    store: Store
    see: See
    token: str = TOKEN
    anonymous: int = ANONYMOUS
    away: frozenset[str] = frozenset()
    gets: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for table in _TABLES:
            self.store.execute(table)

    def refusals(self, request: Request) -> Refusals:
        """The budget is spent, the token unknown, or the caller banned."""
        spent = {"x-ratelimit-limit": str(self.anonymous), "x-ratelimit-remaining": "0"}
        reset = {"x-ratelimit-reset": str(THROTTLE_SECONDS)}
        return Refusals(throttle=_too_many({**spent, **reset}), bad_token=_UNAUTHORIZED, forbidden=_FORBIDDEN)

    def takes(self, reply: Reply) -> float:
        """It answers at once; the probes take their time."""
        return 0.0

    def clear(self) -> None:
        """Nothing was ever measured."""
        self.gets.clear()
        for table in ("measurements", "tests"):
            self.store.execute(f"delete from {table}")

    async def reply(self, request: Request, ahead: float) -> Done:
        """One API request's answer."""
        who = self._who(request.headers.get("authorization", ""))
        match request.method, request.path.split("/")[1:]:
            case "POST", ["v1", "measurements"]:
                return await self._create(request, who), ()
            case "GET", ["v1", "measurements", id]:
                return self._tell(id, request.headers.get("if-none-match", "")), ()
            case "GET", ["v1", "limits"]:
                return said(200, self._limits(who)), ()
            case "GET", ["v1", "probes"]:
                return said(200, [{"version": "0.39.0", "location": probe.told()} for probe in PROBES]), ()
            case _:
                raise Refused(refused(404, "not_found", "Couldn't find the requested item."))

    def _who(self, authorization: str) -> str:
        """Whose budget it is: the address's, or the token's."""
        if not authorization:
            return "ip"
        if authorization != f"Bearer {self.token}":
            raise Refused(_UNAUTHORIZED)
        return "user"

    async def _create(self, request: Request, who: str) -> Reply:
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise Refused(refused(400, "validation_error", "Parameter validation failed.", params={}))
        try:
            wish = read(request.body, PROBES_SIGNED if who == "user" else PROBES_ANONYMOUS)
        except Invalid as exc:
            params = dict(exc.params)
            raise Refused(refused(400, "validation_error", "Parameter validation failed.", params=params)) from exc
        probes = self._again(wish.again) if wish.again else chosen(wish.locations, wish.limit, self.away)
        if not probes:
            raise Refused(refused(422, "no_probes_found", "No matching IPv4 probes available."))
        headers = self._spend(who, len(probes))
        id = secrets.token_hex(8)
        doc = {"id": id, "type": "http", "target": wish.host, "probesCount": len(probes)}
        results = [{"probe": PROBES[n].told(), "result": await self._see(PROBES[n], wish)} for n in probes]
        late = TELL_AFTER if self.pace.api else 0.0
        row = (id, self.now(), self.now() + late, json.dumps(probes), json.dumps({**doc, "results": results}))
        self.store.execute("insert into measurements values (?, ?, ?, 0, ?, ?)", row)
        return said(202, {"id": id, "probesCount": len(probes)}, {**headers, "location": f"/v1/measurements/{id}"})

    def _again(self, id: str) -> list[int]:
        rows = self._found(id)
        return list(json.loads(str(rows["probes"]))) if rows else []

    def _found(self, id: str) -> Mapping[str, str | float] | None:
        rows = self.store.rows("select * from measurements where id = ? and at > ?", (id, self.now() - KEPT))
        return dict(rows[0]) if rows else None

    async def _see(self, probe: Probe, wish: Wish) -> dict[str, object]:
        if probe.city in self.away:
            return {"status": "offline", "rawOutput": "This probe is currently offline. Please try again later."}
        reply = await self.see(probe, wish)
        if reply is None:
            output = f"queryA ENOTFOUND {wish.host}" if not wish.secure else "connect ECONNREFUSED"
            return {"status": "failed", "rawOutput": output, "failureSource": "target"}
        return _finished(reply, wish)

    def _tell(self, id: str, etag: str) -> Reply:
        row = self._found(id)
        if row is None:
            raise Refused(refused(404, "not_found", "Couldn't find the requested item."))
        self._not_too_often(id)
        self.store.execute("update measurements set asked = asked + 1 where id = ?", (id,))
        doc = json.loads(str(row["doc"]))
        is_done = bool(row["asked"]) and self.now() >= float(row["due"])
        if not is_done:
            begun = {"status": "in-progress", "rawOutput": ""}
            doc["results"] = [{"probe": item["probe"], "result": begun} for item in doc["results"]]
        doc = {**doc, "status": "finished" if is_done else "in-progress"}
        now = f'W/"{hashlib.sha256(json.dumps(doc).encode()).hexdigest()[:16]}"'
        return Reply(304, {"etag": now}) if etag == now else said(200, doc, {"etag": now})

    def _not_too_often(self, id: str) -> None:
        now = self.now()
        recent = [at for at in self.gets.get(id, []) if at > now - GETS_SECONDS]
        if len(recent) >= GETS:
            reset = {"x-ratelimit-limit": str(GETS), "x-ratelimit-remaining": "0"}
            raise Refused(_too_many({**reset, "x-ratelimit-reset": str(math.ceil(recent[0] + GETS_SECONDS - now))}))
        self.gets[id] = [*recent, now]

    # The hour

    def _limits(self, who: str) -> Mapping[str, object]:
        limit, used, reset = self._hour(who)
        create = {"type": who, "limit": limit, "remaining": limit - used, "reset": reset}
        credits = {"credits": {"remaining": 0}} if who == "user" else {}
        return {"rateLimit": {"measurements": {"create": create}}, **credits}

    def _hour(self, who: str) -> tuple[int, int, int]:
        """The budget, what was used of it, and seconds until it is there again; 0 where nothing was."""
        limit = SIGNED if who == "user" else self.anonymous
        rows = self.store.rows("select until, used from tests where who = ? and until > ?", (who, self.now()))
        return (limit, int(rows[0]["used"]), math.ceil(rows[0]["until"] - self.now())) if rows else (limit, 0, 0)

    def _spend(self, who: str, tests: int) -> Mapping[str, str]:
        limit, used, reset = self._hour(who)
        if used + tests > limit:
            raise Refused(_too_many(_rates(limit, used, reset, tests)))
        until = self.now() + (reset or HOUR)
        self.store.execute("insert or replace into tests values (?, ?, ?)", (who, until, used + tests))
        return _rates(limit, used + tests, math.ceil(reset or HOUR), tests)


def _rates(limit: int, used: int, reset: int, cost: int) -> Mapping[str, str]:
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-consumed": str(used),
        "x-ratelimit-remaining": str(limit - used),
        "x-ratelimit-reset": str(reset),
        "x-request-cost": str(cost),
    }


def _too_many(headers: Mapping[str, str]) -> Reply:
    return refused(429, "too_many_requests", "Too many requests.", headers)


def _finished(reply: Reply, wish: Wish) -> dict[str, object]:
    text = reply.body.decode(errors="replace") if wish.method == "GET" else ""
    raw = "\n".join(f"{name}: {value}" for name, value in reply.headers.items())
    return {
        "status": "finished",
        "resolvedAddress": "203.0.113.7",
        "headers": dict(reply.headers),
        "rawHeaders": raw,
        "rawBody": text[:BODY_MAX] or None,
        "truncated": len(text) > BODY_MAX,
        "rawOutput": f"HTTP/1.1 {reply.status}\n{raw}\n\n{text[:BODY_MAX]}",
        "statusCode": reply.status,
        "statusCodeName": reply.reason or "",
        "timings": {"total": 24, "dns": 5, "tcp": 2, "tls": None, "firstByte": 16, "download": 1},
        "tls": None,
    }
