"""Google Cloud CDN: urlMaps.invalidateCache by path, host or tag; an operation that is asked until it is DONE.

    URL                {"host", "path": "/a"}                the path, whatever its query string
    prefix             "/news/*", and "/news" itself         a star stands only at the end, after a slash
    host, everything   {"host", "path": "/*"}                each host of the site; the whole map where it has none
    tag                {"cacheTags": [...]}                  any of them

The service account signs its own bearer token (https://google.aip.dev/auth/4111), so there is no token to fetch; the
clock of that signature is google-auth's. Every call carries a requestId, so that a repeat is no second invalidation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import NAMESPACE_URL, uuid5

import httpx

from providers.adapter import JSON, OverHttp, bad
from providers.contract import Account, Blueprint, Call, Field, Health, Probe, Purge, Receipt, Sighting, header_field
from providers.errors import Refused
from providers.googlecdn_answers import SIDE, operation, trouble
from providers.googlecdn_key import ServiceAccount
from providers.googlecdn_limits import READY_SECONDS, can_of
from providers.googlecdn_paths import bodies
from providers.googlecdn_sightings import seen
from providers.wire import Answer

API = "https://compute.googleapis.com/compute/v1"
NO_PATH = '{"path":"purgebot-doctor"}'  # without a slash: refused, and nothing is invalidated
NAME = "[a-z][-a-z0-9:.]{0,98}"


class GoogleCdn(OverHttp):
    """One service account in one project."""

    name = "googlecdn"
    title = "Google Cloud CDN"
    fields = (
        Field("credentials", "a service account's key, the whole JSON", required=True, secret=True,
              example="{file: /run/secrets/google.json}"),
        Field("project", "the project of the URL map", required=True, example="shop-prod", pattern=NAME,
              form="a project's id"),
        header_field("status_header", "the response header that holds {cdn_cache_status}", "x-cache-status"),
        Field("api_url", "an egress proxy, or an emulator", example=API),
    )  # fmt: skip
    layer_fields = (
        Field("url_map", "the name of the global URL map, as gcloud compute url-maps list shows it", required=True,
              example="shop-map", pattern=NAME, form="the name of a URL map"),
    )  # fmt: skip

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        super().__init__(account, transport, api=API, side=SIDE)
        self._project = f"/projects/{account.settings.get('project', '')}/global"
        self._status_header = account.settings.get("status_header", "").lower()
        self._key = ServiceAccount(account.secrets.get("credentials", ""))
        self.can = can_of(account)

    def calls(self, purge: Purge) -> Sequence[Call]:
        """One for each path, ten tags a call. Raises UnsupportedWish."""
        path, cost = self._path(purge.layer), (("calls", 1),)
        named = bodies(purge, self.can)
        return [Call(purge.kind, "POST", path, targets, cost, JSON, body) for targets, body in named]

    def _path(self, layer: Mapping[str, str]) -> str:
        return f"{self._project}/urlMaps/{layer['url_map']}/invalidateCache"

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt; a repeat with the same reference is the same invalidation. Raises PurgeError."""
        target = f"{call.path}?requestId={uuid5(NAMESPACE_URL, reference)}"
        return _receipt(await self.ask(call.method, target, call.headers, call.body), call.path)

    async def ask(self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: str = "") -> Answer:
        """One attempt, with a token that this machine signs. Raises PurgeError."""
        token = self._key.token()
        answer = await super().ask(method, path, [*headers, ("Authorization", f"Bearer {token}")], body)
        return replace(answer, text=answer.text.replace(token, "…"), reason=answer.reason.replace(token, "…"))

    async def progress(self, receipt: Receipt) -> Receipt:
        """Ask for the operation. Raises PurgeError: Refused where it ended with an error."""
        path = f"{self._project}/operations/{receipt.id}"
        return receipt if receipt.finished else _receipt(await self.ask("GET", path), path)

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """The header of {cdn_cache_status} where one is configured, else an Age."""
        return seen(headers, self._status_header)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether the service account may invalidate, by a path that Google refuses after everything else was taken."""
        path = self._path(layer)
        found = trouble(await self.ask("POST", path, JSON, NO_PATH), path)
        if not isinstance(found, Refused) or "path" not in found.said:
            return bad(found)
        what = f"Google Cloud CDN takes invalidations of {layer['url_map']} from {self._key.email}."
        return Probe(Health.GOOD, what)


def _receipt(answer: Answer, path: str) -> Receipt:
    found = operation(answer)
    if found is None:
        raise trouble(answer, path)
    if found.status != "DONE":
        return Receipt(id=found.name, ready_in=READY_SECONDS, finished=False)
    if said := found.trouble():
        raise Refused(f"Google ended {found.name} with an error.", "Retry; if it ends so again, ask Google.", said)
    return Receipt(id=found.name)


BLUEPRINT = Blueprint(  # the package is google-auth's: a dotted name cannot be looked for where its parent is missing
    GoogleCdn.name, GoogleCdn.title, GoogleCdn.fields, GoogleCdn.layer_fields, GoogleCdn, "google", "google"
)
