"""Akamai Fast Purge (CCU v3): POST /ccu/v3/delete/<kind>/<network>, or /invalidate where soft is asked for.

A 201 means accepted and says in how many seconds it is done; there is no job to ask about. One bad object refuses its
whole call. Akamai has no call for everything: it is the CP codes that the layer names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

import httpx

from providers.adapter import OverHttp, bad
from providers.akamai_answers import SIDE, STATUS_PAGE, left, receipt, trouble
from providers.akamai_calls import API, CPCODES, NETWORKS, WORDS, calls_of
from providers.akamai_limits import BUCKETS, MAX_BYTES, can_of
from providers.akamai_probe import finding, is_status
from providers.akamai_sightings import STATUS_HEADER, seen
from providers.contract import Account, Blueprint, Call, Field, Kind, Probe, Purge, Receipt, Sighting, header_field
from providers.edgegrid import EdgeGrid, UnreadableEdgerc, fresh_nonce, read_edgerc
from providers.errors import BadCredentials
from providers.sides import cloud
from providers.signing import utc_now
from providers.wire import Answer


class Akamai(OverHttp):
    """One API client, as one section of an .edgerc holds it."""

    name = "akamai"
    title = "Akamai"
    fields = (
        Field(
            "edgerc", "the whole text of an .edgerc", required=True, secret=True, example="{file: /etc/purgebot/edgerc}"
        ),
        Field("section", "its section, default where nothing is said", example="default"),
        Field("account_switch_key", "for those who manage several accounts: which one", example="1-5BYUG1:1-8BYUX"),
        header_field("status_header", "the header of the behavior Return Cache Status", STATUS_HEADER),
        Field("api_url", "an egress proxy, or an emulator", example="http://127.0.0.1:8080"),
        Field("max_bytes", "the longest call, in bytes", example=str(MAX_BYTES)),
    )
    layer_fields = (
        Field("network", "production where nothing is said", choices=NETWORKS, example="production"),
        Field("cpcodes", "what *everything* is: CP codes with commas between", example="123456, 123457",
              pattern=CPCODES, form="a list of CP codes with commas between"),
    )  # fmt: skip

    def __init__(
        self,
        account: Account,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], datetime] = utc_now,
        nonce: Callable[[], str] = fresh_nonce,
    ) -> None:
        self._clock = clock
        self._status_header = (account.settings.get("status_header") or STATUS_HEADER).lower()
        switch = account.settings.get("account_switch_key", "").strip()
        self._switch = f"?accountSwitchKey={quote(switch, safe=':-')}" if switch else ""
        self.can = can_of(account)
        url = account.settings.get("api_url", "")
        below = re.sub(r"^[a-z]+://[^/]*", "", url).rstrip("/")
        try:
            own = read_edgerc(account.secrets.get("edgerc", ""), account.settings.get("section") or "default")
        except UnreadableEdgerc as exc:
            super().__init__(account, transport, api="", side=SIDE, secrets=("",), no_key=(exc.what, exc.advice))
            return
        super().__init__(
            account,
            transport,
            api=f"https://{own.host}",
            side=SIDE if url else cloud(self.title, STATUS_PAGE, SIDE.busy, "host` in `edgerc"),
            auth=EdgeGrid(own, clock, nonce, below),
            secrets=(own.client_secret, own.access_token, own.client_token),
        )

    def calls(self, purge: Purge) -> Sequence[Call]:
        """The fewest calls that cover every target. Raises UnsupportedWish."""
        return calls_of(purge, self.can, self._switch)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt. Raises PurgeError."""
        answer = await self.ask(call.method, call.path, call.headers, call.body)
        taken = receipt(answer, call.kind)
        if taken is None:
            raise trouble(answer, call, self._clock())
        return taken

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        """All four budgets, by the call for each kind of object. Raises PurgeError."""
        found: dict[str, tuple[str, float, float]] = {}
        for kind in WORDS:
            answer = await self._status(kind)
            if not is_status(answer):
                raise trouble(answer, None, self._clock())
            found |= {one[0]: one for one in left(answer, BUCKETS[kind])}
        return tuple(found.values())

    async def _status(self, kind: Kind) -> Answer:
        return await self.ask("POST", f"{API}/rate-limit-status/{WORDS[kind]}{self._switch}")

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """X-Cache where debug headers are let through, else the header of the behavior Return Cache Status."""
        return seen(headers, self._status_header)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether Akamai takes calls of these credentials, by asking what is left of the URL budget. Purges nothing."""
        try:
            answer = await self._status(Kind.URL)
        except BadCredentials as exc:
            return bad(exc)
        if not is_status(answer):
            return bad(trouble(answer, None, self._clock()))
        return finding(answer, self._clock())


BLUEPRINT = Blueprint(Akamai.name, Akamai.title, Akamai.fields, Akamai.layer_fields, build=Akamai)
