"""Fastly: URLs, surrogate keys ("tags" here) and everything of one service, hard or soft.

    URL          POST /purge/<host><path>               as it is; no scheme, for http and https are one object
    TAG          POST /service/<id>/purge               keys in the Surrogate-Key header: on the path a slash loses them
    EVERYTHING   POST /service/<id>/purge_all           always hard

`Fastly-Soft-Purge` makes a purge soft by being there, whatever its value, so a hard purge goes without it. A 200 means
accepted, even for what was never cached. In a shielded service an edge can refill from the shield before that is purged
in turn, so each call is sent twice: Fastly's own advice (https://github.com/pypi/warehouse/pull/12771, 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import httpx

from providers.adapter import OverHttp
from providers.contract import Account, Blueprint, Call, Field, Kind, Probe, Purge, Receipt, Seen, Sighting
from providers.fastly_answers import NO_TOKEN, SIDE, about, left_of, reading, tags_taken, trouble, yes_of
from providers.fastly_calls import calls_of
from providers.fastly_limits import can_of
from providers.fastly_probe import finding
from providers.fastly_sightings import pops_of, seen
from providers.signing import HeaderKeys

API = "https://api.fastly.com"


class Fastly(OverHttp):
    """One token at Fastly."""

    name = "fastly"
    title = "Fastly"
    fields = (
        Field("token", "an API token with the scopes `purge_select` and, for everything, `purge_all`", required=True,
              secret=True, example="{env: FASTLY_TOKEN}"),
        Field("api_url", "an egress proxy, or an emulator", example=API),
    )  # fmt: skip
    layer_fields = (
        Field("service", "the service's id, under its name in Fastly's control panel", required=True,
              example="SU1Z0isxPaozGVKXdv0eY5", pattern="[0-9A-Za-z]{10,40}", form="a service's id"),
        Field("shielded", "whether a backend has a shield: every call is then sent twice", choices=("yes", "no")),
        Field("second_pass", "seconds between the two; 2, and at least 30 after everything, where nothing is said",
              example="20", pattern="[0-9]{1,3}", form="a number of seconds up to 999"),
        Field("environment", "production, or staging", example="production", pattern="production|staging",
              form="production or staging"),
    )  # fmt: skip

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        token = account.secrets.get("token", "").strip()
        auth = HeaderKeys({"Fastly-Key": token})
        super().__init__(account, transport, api=API, side=SIDE, auth=auth, secrets=(token,), no_key=NO_TOKEN)
        self.can = can_of(account)

    def calls(self, purge: Purge) -> Sequence[Call]:
        """One for each URL, for up to 256 tags, or for everything. Raises UnsupportedWish."""
        return calls_of(purge, self.can)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt. Raises PurgeError."""
        answer = await self.ask(call.method, call.path, call.headers)
        if call.kind is Kind.TAG:
            return tags_taken(call, answer)
        yes = yes_of(answer)
        if yes is None or (call.kind is Kind.URL and not yes.id):
            raise trouble(answer, about(call))
        return Receipt(id=yes.id[:64], left=left_of(answer))

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """X-Cache and X-Served-By."""
        return seen(headers)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether this token may purge the layer's service, by what token and service say of themselves."""
        return await finding(lambda path: self.ask("GET", path), layer)

    async def alone(self, needed: str) -> Probe:
        """Whether the token may purge anything."""
        return await self.examine({})

    async def everywhere(self, url: str) -> Sequence[Seen]:
        """What every POP serves for `url`, by edge_check: at most 200 an hour (docs/ContentApi.md of fastly-py,
        2026-11-23), and each POP fetches what it does not hold. Raises PurgeError."""
        answer = await self.ask("GET", f"/content/edge_check?url={quote(url, safe='')}")
        pops = pops_of(answer)
        if pops is None:
            raise trouble(answer, reading("what the POPs hold"))
        return pops


BLUEPRINT = Blueprint(Fastly.name, Fastly.title, Fastly.fields, Fastly.layer_fields, build=Fastly)
