"""Any cache that is purged by one HTTP request, as its recipes in the configuration say: see http_recipes.

What no recipe names is refused while planning. A yes is a status that the recipe lists, and the text under `says` where
it names one: whatever serves pages answers 200 to an odd request as well, so a status alone proves little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx

from providers.adapter import OverHttp, bad
from providers.contract import Account, Blueprint, Call, Field, Health, Probe, Purge, Receipt, Sighting
from providers.errors import Refused
from providers.http_answers import side_of, trouble
from providers.http_calls import longest, planners_of, secret_headers
from providers.http_limits import can_of
from providers.http_recipes import Headers, complaints, read_book, read_headers, read_probe
from providers.http_sightings import sighting
from providers.sides import shown
from providers.wire import Answer


class AnyHttp(OverHttp):
    """One cache, or one API in front of several."""

    name = "http"
    title = "HTTP cache"

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        url = account.settings.get("url", "")
        book = read_book(account.settings.get("purge", ""))
        self._headers, wrong = read_headers(account.settings.get("headers", ""))
        self._problems = (*wrong, *book.problems)
        self._secrets = account.secrets
        self._probe = account.settings.get("probe", "")
        usable = {} if wrong else book.recipes  # a purge without its key would be worse than none
        self._planners = planners_of(usable, self._headers, account.per_call)
        self.can = can_of(account, self._planners, self._problems)
        self._who = f"the {self.title} at {shown(account.settings.get('api_url') or url)}"  # inside a sentence
        side = side_of(f"T{self._who[1:]}")
        super().__init__(account, transport, api=url, side=side, secrets=[*account.secrets.values()])

    def calls(self, purge: Purge) -> Sequence[Call]:
        """One for each target, or for as many of one host as the recipe joins. Raises UnsupportedWish."""
        return self._planners[purge.kind].plan(purge)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt, its secrets joined now. Raises PurgeError."""
        planner = self._planners.get(call.kind)
        if planner is None:
            what = f"The configuration of {self._who} has no recipe for this call any more."
            raise Refused(what, "Ask again, so that it is planned anew.")
        recipe = planner.recipe
        answer = await self._joined(recipe.headers, call.method, call.path, call.headers, call.body)
        if wrong := trouble(recipe, answer, self._wire.side, f"purge.{call.kind.value}", longest(call)):
            raise wrong
        return Receipt(note=f"{answer.status} {answer.reason}".strip()[:200])

    async def _joined(
        self, own: Headers, method: str, path: str, headers: Sequence[tuple[str, str]], body: str = ""
    ) -> Answer:
        secret = secret_headers(self._headers, own, headers, self._secrets)
        return await self.ask(method, path, [*headers, *secret], body)

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """The standard Cache-Status, else what Squid, Traffic Server and others write."""
        return sighting(headers)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether the recipes can be read, and what the call under `probe` is answered; without one, who answers."""
        if self._problems:
            return Probe(Health.BAD, f"The recipes of {self._who} cannot be used.", str(self._problems[0]))
        if not self._probe:
            return await self._reached()
        recipe, wrong = read_probe(self._probe)
        if recipe is None:
            return Probe(Health.BAD, f"The probe of {self._who} cannot be used.", str(wrong[0]))
        plain = [(name, value) for name, value in (self._headers | recipe.headers).items() if isinstance(value, str)]
        answer = await self._joined(recipe.headers, recipe.method, recipe.path, plain, recipe.body)
        if found := trouble(recipe, answer, self._wire.side, "probe"):
            return bad(found)
        return Probe(Health.GOOD, f"{self._wire.side.who} answered its probe with {answer.status}.")

    async def _reached(self) -> Probe:
        answer = await self._joined({}, "HEAD", "/", ())
        if answer.status in (401, 403, 407) or answer.status >= 500:
            advice = "Check `url` and `headers`, and whether it lets in this machine."
            return Probe(Health.BAD, f"{self._wire.side.who} answered {answer.status}.", advice)
        what = f"{self._wire.side.who} answers ({answer.status}); whether it takes purges is not known."
        return Probe(Health.DOUBTFUL, what, "Name a call that purges nothing under `probe`, and its `status`.")


BLUEPRINT = Blueprint(
    name=AnyHttp.name,
    title=AnyHttp.title,
    fields=(
        Field("url", "where the cache, or its API, listens", required=True, example="http://10.0.0.7:3128"),
        Field("purge", "a recipe for each kind", required=True, tree=True, example='{"url": {"method": "PURGE"}}'),
        Field(
            "headers", "headers of every call, secrets among them", tree=True, secret=True, example='{"Accept": "*/*"}'
        ),
        Field("probe", "a recipe that purges nothing, for the doctor", tree=True, example='{"path": "/"}'),
        Field("api_url", "another address to send to instead", example="http://127.0.0.1:3128"),
    ),
    layer_fields=(),
    build=AnyHttp,
    check=complaints,
)
