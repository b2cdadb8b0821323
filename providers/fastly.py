"""Fastly: URLs, surrogate keys ("tags" here) and everything of one service, hard or soft.

    URL          POST /purge/<host><path>               as it is; no scheme, for http and https are one object
    TAG          POST /service/<id>/purge               keys in the Surrogate-Key header: on the path a slash loses them
    EVERYTHING   POST /service/<id>/purge_all           always hard

`Fastly-Soft-Purge` makes a purge soft by being there, whatever its value, so a hard purge goes without it. A 200 means
accepted, even for what was never cached. In a shielded service an edge can refill from the shield before that is purged
in turn, so each call is sent twice: Fastly's own advice (https://github.com/pypi/warehouse/pull/12771, 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import httpx
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from providers.contract import (
    Account,
    Blueprint,
    Cached,
    Call,
    Capabilities,
    Field,
    Kind,
    Probe,
    Purge,
    Receipt,
    Sighting,
    UnsupportedWish,
)
from providers.errors import BadCredentials, Unexpected
from providers.fastly_answers import SERVICE_ID, SIDE, about, ids_of, is_service_id, left_of, reading, trouble, yes_of
from providers.fastly_limits import (
    MAX_BYTES,
    PACES,
    PER_CALL,
    SECOND_PASS,
    SECOND_PASS_EVERYTHING,
    TAG_MAX,
    TAGS_MAX,
    TAGS_ROOM,
    TARGET_MAX,
)
from providers.fastly_probe import examine
from providers.pacing import paces_of
from providers.packing import pack, visible_ascii
from providers.signing import HeaderKeys
from providers.wire import Answer, Wire

API = "https://api.fastly.com"
KINDS = frozenset(PER_CALL)
INSTEAD = {
    Kind.PREFIX: ("prefixes", "Name the URLs, a tag that the origin gives all of them, or everything."),
    Kind.PATTERN: ("patterns", "Name the URLs, a tag that the origin gives all of them, or everything."),
    Kind.HOST: ("hosts", "Have the origin tag each page with its host and purge that tag, or name URLs or everything."),
    Kind.PATH: ("paths without a host", "Name URLs, tags, or everything."),
}
MEND = "Write it whole, percent-encoded."
_URL = re.compile(r"https?://([^/?#@]+)(/[^#]*)")
_SECONDS = re.compile(r"[0-9]{1,3}")
_PLACE = re.compile(r"-([A-Z]{3,4})$")


class _Answered(BaseModel):
    headers: dict[str, JsonValue] = {}


class _Pop(BaseModel):
    pop: str
    hash: str
    response: _Answered = _Answered()


_POPS = TypeAdapter(list[_Pop])


class Fastly:
    """One token at Fastly."""

    name = "fastly"
    title = "Fastly"

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._token = account.secrets.get("token", "").strip()
        self._wire = Wire(
            account.settings.get("api_url") or API,
            HeaderKeys({"Fastly-Key": self._token}),
            transport,
            side=SIDE,
            secrets=(self._token,),
        )
        tags = min(TAGS_MAX, account.per_call.get(Kind.TAG, TAGS_MAX))
        self.can = Capabilities(
            kinds=KINDS,
            soft=frozenset({Kind.URL, Kind.TAG}),
            per_call={**PER_CALL, Kind.TAG: tags},
            max_bytes=MAX_BYTES,
            pace=paces_of(PACES, account.pace),
        )

    def plan(self, purge: Purge) -> Sequence[Call]:
        """A call for each URL, one for up to 256 tags, one for everything. Raises UnsupportedWish."""
        path, again, headers = _path(purge), _again(purge), _headers(purge)
        match purge.kind:
            case Kind.URL:
                return _urls(purge, headers, again)
            case Kind.TAG:
                packs = pack(map(_tag, purge.targets), self.can.per_call[Kind.TAG], TAGS_ROOM, lambda t: len(t) + 1)
                return [
                    Call(Kind.TAG, "POST", f"{path}/purge", tags, (("purges", len(tags)),),
                         (("Surrogate-Key", " ".join(tags)), *headers), again_after=again)
                    for tags in packs
                ]  # fmt: skip
            case Kind.EVERYTHING:
                cost = (("api", 1),)
                return [Call(Kind.EVERYTHING, "POST", f"{path}/purge_all", (), cost, headers, again_after=again)]
            case kind:
                plural, possible = INSTEAD[kind]
                raise UnsupportedWish(f"Fastly purges no {plural}.", possible)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt. Raises PurgeError."""
        answer = await self._ask(call.method, call.path, call.headers)
        if call.kind is Kind.TAG:
            return _tags_taken(call, answer)
        yes = yes_of(answer)
        if yes is None or (call.kind is Kind.URL and not yes.id):
            raise trouble(answer, about(call))
        return Receipt(id=yes.id[:64], left=left_of(answer))

    async def _ask(self, method: str, path: str, headers: Sequence[tuple[str, str]] = ()) -> Answer:
        if not visible_ascii(self._token):
            what = "`token` of this account is empty, or holds a blank or a letter that no Fastly token has."
            raise BadCredentials(what, "Copy it again, then start the bot again.")
        return await self._wire.send(method, path, headers)

    async def progress(self, receipt: Receipt) -> Receipt:
        """Fastly has no job to ask about: its answer is all there is."""
        return receipt

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        """Nothing: Fastly says what is left in its answers to purge_all alone."""
        return ()

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """The last word of X-Cache, which is the edge's, and the place at the end of X-Served-By.

        Words further left are a shield's, from when the edge stored its copy. PASS shows as MISS, and what the edge
        made up itself as a HIT without hits and Age
        (https://www.fastly.com/documentation/reference/http/http-headers/X-Cache/, 2026-11-23).
        """
        says = headers.get("x-cache", "").strip()
        place = _PLACE.search(_last(headers.get("x-served-by", "")))
        cached = {"HIT": Cached.HIT, "MISS": Cached.MISS}.get(_last(says).upper(), Cached.UNKNOWN)
        if cached is Cached.HIT and _last(headers.get("x-cache-hits", "")) == "0" and "age" not in headers:
            cached = Cached.UNCACHED
        return Sighting(cached, says[-40:], place[1] if place else "")

    async def probe(self, layer: Mapping[str, str]) -> Probe:
        """Whether this token may purge the layer's service, by what token and service say of themselves."""
        return await examine(lambda path: self._ask("GET", path), layer)

    async def edge_check(self, url: str) -> tuple[tuple[str, Mapping[str, str], str], ...]:
        """What every POP serves for `url`: its name, its answer's headers (names in lower case), and the MD5 of the
        body or a word like `error-timeout-<pop>`. At most 200 an hour (docs/ContentApi.md of fastly-py, 2026-11-23);
        it makes each POP fetch what it does not hold. Raises PurgeError."""
        answer = await self._ask("GET", f"/content/edge_check?url={quote(url, safe='')}")
        try:
            pops = _POPS.validate_json(answer.text) if answer.status == 200 else None
        except ValidationError:
            pops = None
        if pops is None:
            raise trouble(answer, reading("what the POPs hold"))
        return tuple((pop.pop, {k.lower(): str(v) for k, v in pop.response.headers.items()}, pop.hash) for pop in pops)

    async def close(self) -> None:
        """Let go of connections."""
        await self._wire.close()


def _path(purge: Purge) -> str:
    service = purge.layer.get("service", "")
    if not is_service_id(service):
        raise UnsupportedWish(f"`{service[:40]}` is not a service id.", SERVICE_ID)
    return f"/service/{service}"


def _again(purge: Purge) -> float:
    """Seconds until the second pass; none where the service has no shield."""
    own = purge.layer.get("second_pass", "")
    if own and not _SECONDS.fullmatch(own):
        raise UnsupportedWish(f"`{own[:40]}` is not a number of seconds.", "Set `second_pass` to 0 or up to 999.")
    if purge.layer.get("shielded") != "yes":
        return 0.0
    after = float(own) if own else SECOND_PASS
    return max(after, SECOND_PASS_EVERYTHING) if after and purge.kind is Kind.EVERYTHING else after


def _headers(purge: Purge) -> tuple[tuple[str, str], ...]:
    """Those that say how to purge, and where. None at all for a hard purge in production."""
    if purge.soft and purge.kind is Kind.EVERYTHING:
        possible = "Purge it hard, or have the origin give all pages one tag and purge that softly."
        raise UnsupportedWish("Fastly cannot purge everything softly.", possible)
    soft = (("Fastly-Soft-Purge", "1"),) if purge.soft else ()
    match purge.layer.get("environment") or "production":
        case "production":
            return soft
        case "staging" if purge.kind is not Kind.URL:
            return (*soft, ("Fastly-Purge-Environment", "staging"))
        case "staging":
            raise UnsupportedWish("Fastly's API purges no URLs in staging.", "Name tags or everything.")
        case other:
            what = f"Fastly has no environment {other[:40]}."
            raise UnsupportedWish(what, "Set `environment` to production or staging.")


def _urls(purge: Purge, headers: tuple[tuple[str, str], ...], again: float) -> list[Call]:
    """One call for each object."""
    same: dict[str, list[str]] = {}
    for url in dict.fromkeys(purge.targets):
        same.setdefault(_object(url), []).append(url)
    return [
        Call(Kind.URL, "POST", path, tuple(urls), (("purges", 1),), headers, again_after=again)
        for path, urls in same.items()
    ]


def _object(url: str) -> str:
    found = _URL.fullmatch(url)
    if found is None or not visible_ascii(url):
        raise UnsupportedWish(f"`{url[:80]}` is not a URL as it goes on the wire.", MEND)
    path = f"/purge/{found[1]}{found[2]}"
    if len(path) > TARGET_MAX:
        raise UnsupportedWish(f"`{url[:60]}…` is longer than Fastly takes ({TARGET_MAX:,} bytes).", "Purge a tag.")
    return path


def _tag(tag: str) -> str:
    if not visible_ascii(tag) or len(tag) > TAG_MAX:
        what = f"`{tag[:80]}` is not a tag: up to {TAG_MAX:,} printable ASCII characters without blanks."
        raise UnsupportedWish(what, "Mend it, or name URLs or everything.")
    return tag


def _tags_taken(call: Call, answer: Answer) -> Receipt:
    """The answer to tags is a purge id for each. Raises PurgeError."""
    ids = ids_of(answer)
    missing = [tag for tag in call.targets if tag not in ids]
    if len(missing) == len(call.targets):
        raise trouble(answer, about(call))
    if missing:
        what = f"Fastly purged {len(call.targets) - len(missing)} of {len(call.targets)} tags, and not `{missing[0]}`."
        raise Unexpected(what, "Purge that tag alone, and report it.")
    note = f"one purge id for each of {len(ids)} tags" if len(ids) > 1 else ""
    return Receipt(id=ids[call.targets[0]][:64], note=note)


def _last(words: str) -> str:
    return words.rpartition(",")[2].strip()


BLUEPRINT = Blueprint(
    name=Fastly.name,
    title=Fastly.title,
    fields=(
        Field(
            "token", "an API token with the scopes `purge_select` and, for everything, `purge_all`", required=True,
            secret=True, example="{env: FASTLY_TOKEN}",
        ),
        Field("api_url", "an egress proxy, or an emulator", example=API),
    ),
    layer_fields=(
        Field(
            "service", "the service's id, letters and digits", required=True, example="SU1Z0isxPaozGVKXdv0eY5",
            pattern="[0-9A-Za-z]{10,40}", form="a service's id",
        ),
        Field("shielded", "whether a backend has a shield: every call is then sent twice", choices=("yes", "no")),
        Field(
            "second_pass", "seconds between the two; 2, and at least 30 after everything, where nothing is said",
            example="20", pattern="[0-9]{1,3}", form="a number of seconds up to 999",
        ),
        Field(
            "environment", "production, or staging", example="production", pattern="production|staging",
            form="production or staging",
        ),
    ),
    build=Fastly,
)  # fmt: skip
