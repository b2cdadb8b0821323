"""What Globalping answers, read with suspicion, and each probe's result as an answer of our own.

Shapes: https://globalping.io/docs/api.globalping.io and the OpenAPI files of jsdelivr/globalping (public/v1), read
2026-11-26; what a probe puts in: jsdelivr/globalping-probe, src/command/handlers/http/undici.ts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from bot.domain.answers.answer import Answer
from bot.domain.answers.body import OPENING, Body
from bot.domain.answers.headers import fit
from bot.domain.proof.world import Sight
from bot.edge.mishaps import Unusable, check

PLACE_MAX, SAID_MAX = 40, 80  # characters
AWAY = "this probe is away now"
LATE = "no answer in time"
Model = TypeVar("Model", bound=BaseModel)


class Unclear(Exception):
    """What came is not what Globalping answers."""


class Created(BaseModel):
    """A measurement has begun."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")


class ProbeDoc(BaseModel):
    """Where a probe is."""

    city: str = ""
    country: str = ""
    asn: int | None = None


class TlsDoc(BaseModel):
    """What a probe saw of the certificate, which it does not refuse."""

    authorized: bool = True
    error: str | None = None


class ResultDoc(BaseModel):
    """What a probe saw."""

    status: str
    resolved: str | None = Field(default=None, alias="resolvedAddress")
    code: int | None = Field(default=None, alias="statusCode")
    headers: dict[str, str | list[str]] = {}
    body: str | None = Field(default=None, alias="rawBody")
    truncated: bool = False
    tls: TlsDoc | None = None
    output: str | None = Field(default=None, alias="rawOutput")


class ItemDoc(BaseModel):
    """One probe and its result."""

    probe: ProbeDoc
    result: ResultDoc


class MeasurementDoc(BaseModel):
    """A measurement as it stands."""

    status: str
    results: list[ItemDoc] = []

    @property
    def is_running(self) -> bool:
        """Whether more may come: any other status is final."""
        return self.status == "in-progress"


class CreateDoc(BaseModel):
    """The hourly budget."""

    type: str = "ip"
    limit: int
    remaining: int
    reset: float = 0.0


class MeasurementsDoc(BaseModel):
    """Budgets of measurements."""

    create: CreateDoc


class RateDoc(BaseModel):
    """Budgets by sort."""

    measurements: MeasurementsDoc


class LimitsDoc(BaseModel):
    """What is left."""

    rate: RateDoc = Field(alias="rateLimit")


class ErrorPart(BaseModel):
    """Why not."""

    type: str = ""
    message: str = ""
    params: dict[str, str] = {}


class ErrorDoc(BaseModel):
    """An answer that is not a success."""

    error: ErrorPart


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of the hour: `remaining` of `limit` tests, and `reset` seconds until there are all again."""

    limit: int
    remaining: int
    reset: float
    by_token: bool


def read(model: type[Model], text: bytes) -> Model:
    """`text` as `model`. Raises Unclear."""
    try:
        return model.model_validate_json(text)
    except ValidationError as exc:
        raise Unclear from exc


def left_of(text: bytes) -> Left:
    """The answer of /v1/limits. Raises Unclear."""
    create = read(LimitsDoc, text).rate.measurements.create
    return Left(create.limit, create.remaining, create.reset, create.type != "ip")


def told(text: bytes) -> str:
    """What an error says of itself, fit to be quoted; "" where it says nothing."""
    try:
        error = read(ErrorDoc, text).error
    except Unclear:
        return ""
    said = "; ".join(f"{name}: {why}" for name, why in error.params.items()) or error.message
    return fit(" ".join(said.split()), SAID_MAX)


def sights(measurement: MeasurementDoc, began: Answer) -> tuple[Sight, ...]:
    """What each probe saw. `began` is the question: its URL, time and headers. Probes of one city and network are told
    apart by a number, the same for the same measurement's probes when they are asked again."""
    named: Counter[str] = Counter()
    found = []
    for item in measurement.results:
        place = _place(item.probe)
        named[place] += 1
        place = f"{place} {named[place]}" if named[place] > 1 else place
        country = fit(item.probe.country.strip().upper(), 2) or "??"
        found.append(Sight(_answer(item.result, replace(began, place=place)), country))
    return tuple(found)


def _place(probe: ProbeDoc) -> str:
    where = ", ".join(filter(None, [probe.city.strip(), probe.country.strip().upper()])) or "somewhere"
    return fit(f"{where} (AS{probe.asn})" if probe.asn else where, PLACE_MAX - 3)


def _answer(result: ResultDoc, began: Answer) -> Answer:
    if problem := _problem(result):
        return replace(began, problem=problem)
    headers = tuple(_lines(result.headers))
    try:
        check(headers)
    except Unusable as exc:
        return replace(began, problem=str(exc), given_up=exc.excess)
    answer = replace(began, status=result.code or 0, headers=headers, dialled=fit(result.resolved or "", PLACE_MAX))
    body = _body(result, answer)
    digest = body.digest if _is_whole(result, answer) else ""
    return replace(answer, text=body.text, size=body.size, digest=digest, opening=_opening(result, body))


def _problem(result: ResultDoc) -> str:
    match result.status:
        case "finished" if result.tls and not result.tls.authorized:
            return fit(f"its certificate is not trusted ({result.tls.error or 'no reason given'})", SAID_MAX)
        case "finished" if result.code and 100 <= result.code <= 599:
            return ""
        case "offline":
            return AWAY
        case "in-progress":
            return LATE
        case "failed":
            said = fit(" ".join((result.output or "").split()), SAID_MAX)
            return f'the probe got no answer ("{said}")' if said else "the probe got no answer"
        case _:
            return "the probe's answer holds no status"


def _lines(headers: Mapping[str, str | list[str]]) -> Iterator[tuple[str, str]]:
    for name, said in headers.items():
        for value in [said] if isinstance(said, str) else said:
            yield name.lower(), value


def _body(result: ResultDoc, answer: Answer) -> Body:
    """The body as unpacked by the probe. Where the answer sends elsewhere, the place is part of the content."""
    body = Body(goes_to=answer.says("location") if 300 <= answer.status < 400 else "")
    body.take((result.body or "").encode(errors="surrogatepass"))
    return body


def _opening(result: ResultDoc, body: Body) -> str:
    """The hash of its short beginning, where a probe has read the very bytes of that."""
    return "" if "\ufffd" in (result.body or "")[:OPENING] else body.opening


def _is_whole(result: ResultDoc, answer: Answer) -> bool:
    """Whether `result` holds the very bytes. A probe cuts at 10,000 characters, and has read the bytes as UTF-8: where
    they were not, or a character lay across two packets, a replacement character tells so."""
    text = result.body or ""
    if result.truncated or "\ufffd" in text:
        return False
    length = answer.says("content-length").strip()
    is_packed = answer.says("content-encoding").strip().lower() not in ("", "identity")
    return is_packed or not length.isdigit() or int(length) == len(text.encode(errors="surrogatepass"))
