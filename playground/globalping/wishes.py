"""What may stand in a request for a measurement, as Globalping's OpenAPI says it: unknown keys are refused too.

Source: jsdelivr/globalping, public/v1/components/schemas.yaml, read 2026-11-26. Only `http` is emulated.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from playground.globalping.probes import CONTINENTS

LOCATION_MAX, TEXT_MAX = 200, 16_384
HEADERS_MAX, HEADER_MAX = 128, 8192
_ROOT = ("type", "target", "locations", "limit", "inProgressUpdates", "timeout", "measurementOptions")
_OPTIONS = ("request", "resolver", "port", "protocol", "ipVersion")
_REQUEST = ("host", "path", "query", "method", "headers")
_LOCATION = ("continent", "region", "country", "state", "city", "asn", "network", "tags", "magic", "limit")
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})?)+")

Json = Mapping[str, object]


class Invalid(Exception):
    """What is wrong, by its place in the request."""

    def __init__(self, params: Mapping[str, str]) -> None:
        super().__init__(str(params))
        self.params = params


@dataclass(frozen=True, slots=True)
class Wish:
    """One measurement as validated. `again` is the measurement whose probes are asked once more."""

    host: str
    path: str
    secure: bool
    method: str = "GET"
    locations: Sequence[Json] = ()
    limit: int = 1
    again: str = ""

    @property
    def most(self) -> int:
        """The most probes it may get."""
        own = [int(str(location["limit"])) for location in self.locations if "limit" in location]
        return sum(own) + len(self.locations) - len(own) if own else self.limit


def read(body: bytes, probes_max: int) -> Wish:
    """The wish in `body`. Raises Invalid."""
    reader = _Reader()
    doc = reader.document(body)
    reader.only(doc, _ROOT, "")
    if doc.get("type") != "http":
        reader.wrong("type", "must be [http]")
    target = reader.text(doc, "target", "", required=True)
    _public(reader, target)
    options = reader.mapping(doc, "measurementOptions")
    reader.only(options, _OPTIONS, "measurementOptions.")
    request = reader.mapping(options, "request", "measurementOptions.")
    reader.only(request, _REQUEST, "measurementOptions.request.")
    reader.flag(doc, "inProgressUpdates")
    wish = _wish(reader, doc, options, request, target)
    if wish.most > probes_max:
        reader.wrong("limit", f"must be less than or equal to {probes_max}")
    reader.done()
    return wish


def _wish(reader: _Reader, doc: Json, options: Json, request: Json, target: str) -> Wish:
    protocol = reader.choice(options, "protocol", ("HTTP", "HTTPS", "HTTP2"), "HTTPS", "measurementOptions.")
    secure = protocol != "HTTP"
    port = reader.number(options, "port", 0, 65_535, 443 if secure else 80, "measurementOptions.")
    if port not in (80, 443):
        reader.wrong("measurementOptions.port", "is no port of the playground")
    inner = "measurementOptions.request."
    path, query = reader.text(request, "path", inner), reader.text(request, "query", inner)
    _headers(reader, reader.mapping(request, "headers", inner))
    locations = doc.get("locations", [])
    asked = _locations(reader, locations) if isinstance(locations, list) else []
    if not isinstance(locations, list | str):
        reader.wrong("locations", "must be one of [array, string]")
    if "limit" in doc and any("limit" in location for location in asked):
        reader.wrong("limit", "limit per location is not allowed when a global limit is set")
    return Wish(
        host=(reader.text(request, "host", inner) or target).lower(),
        path=f"/{path}".replace("//", "/", 1) + (f"?{query}".replace("??", "?", 1) if query else ""),
        secure=secure,
        method=reader.choice(request, "method", ("HEAD", "GET", "OPTIONS"), "HEAD", inner),
        locations=asked,
        limit=reader.number(doc, "limit", 1, 500, 1),
        again=locations if isinstance(locations, str) else "",
    )


def _public(reader: _Reader, target: str) -> None:
    try:
        address = ipaddress.ip_address(target)
    except ValueError:
        if target and not _HOST.fullmatch(target):
            reader.wrong("target", "does not match any of the allowed types")
        return
    if not address.is_global:
        reader.wrong("target", "Private hostnames are not allowed.")


def _headers(reader: _Reader, headers: Json) -> None:
    place = "measurementOptions.request.headers"
    if len(headers) > HEADERS_MAX:
        reader.wrong(place, f"must have less than or equal to {HEADERS_MAX} keys")
    for name, value in headers.items():
        if not isinstance(value, str) or len(value) > HEADER_MAX:
            reader.wrong(f"{place}.{name}", "must be a string")


def _locations(reader: _Reader, locations: Sequence[object]) -> list[Json]:
    found: list[Json] = []
    for n, location in enumerate(locations):
        place = f"locations[{n}]"
        if not isinstance(location, dict):
            reader.wrong(place, "must be of type object")
            continue
        reader.only(location, _LOCATION, f"{place}.")
        if not {*location} - {"limit"}:
            reader.wrong(place, "must have at least 1 key")
        reader.choice(location, "continent", tuple(CONTINENTS), "EU", f"{place}.")
        reader.number(location, "limit", 1, LOCATION_MAX, 1, f"{place}.")
        reader.number(location, "asn", 1, 2**32, 1, f"{place}.")
        if not re.fullmatch(r"[A-Z]{2}", reader.text(location, "country", f"{place}.") or "DE"):
            reader.wrong(f"{place}.country", "must be a valid two-letter ISO code")
        found.append(location)
    return found


class _Reader:
    """Reads values by sort and collects what is wrong, as Joi words it."""

    def __init__(self) -> None:
        self._params: dict[str, str] = {}

    def wrong(self, place: str, what: str) -> None:
        self._params.setdefault(place, f'"{place}" {what}')

    def done(self) -> None:
        if self._params:
            raise Invalid(self._params)

    def document(self, body: bytes) -> Json:
        try:
            doc = json.loads(body)
        except ValueError:
            doc = None
        if not isinstance(doc, dict):
            raise Invalid({"value": '"value" must be of type object'})
        return doc

    def only(self, doc: Json, keys: Sequence[str], place: str) -> None:
        for key in doc:
            if key not in keys:
                self.wrong(f"{place}{key}", "is not allowed")

    def mapping(self, doc: Json, key: str, place: str = "") -> Json:
        found = doc.get(key, {})
        if isinstance(found, dict):
            return found
        self.wrong(f"{place}{key}", "must be of type object")
        return {}

    def text(self, doc: Json, key: str, place: str = "", required: bool = False) -> str:
        found = doc.get(key, "")
        if required and not found:
            self.wrong(f"{place}{key}", "is required")
        if not isinstance(found, str) or len(found) > TEXT_MAX:
            self.wrong(f"{place}{key}", "must be a string")
            return ""
        return found

    def flag(self, doc: Json, key: str) -> None:
        self._of(doc, key, "", lambda value: isinstance(value, bool), "must be a boolean")

    def choice(self, doc: Json, key: str, choices: Sequence[str], usual: str, place: str = "") -> str:
        self._of(doc, key, place, lambda value: value in choices, f"must be one of [{', '.join(choices)}]")
        return str(doc.get(key, usual))

    def number(self, doc: Json, key: str, least: int, most: int, usual: int, place: str = "") -> int:
        found = doc.get(key, usual)
        if isinstance(found, int) and not isinstance(found, bool) and least <= found <= most:
            return found
        what = (
            f"must be less than or equal to {most}" if isinstance(found, int) and found > most else "must be a number"
        )
        self.wrong(f"{place}{key}", what)
        return usual

    def _of(self, doc: Json, key: str, place: str, fits: Callable[[object], bool], what: str) -> None:
        if key in doc and not fits(doc[key]):
            self.wrong(f"{place}{key}", what)
