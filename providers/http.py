"""Any cache that is purged by one HTTP request, as its recipes in the configuration say: see http_recipes.

What no recipe names is refused while planning. A yes is a status that the recipe lists, and the text under `says` where
it names one: whatever serves pages answers 200 to an odd request as well, so a status alone proves little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx

from providers.adapter import OverHttp, bad
from providers.contract import (
    Account,
    Blueprint,
    Call,
    Capabilities,
    Field,
    Health,
    Kind,
    Pace,
    Probe,
    Purge,
    Receipt,
    Sighting,
)
from providers.errors import Refused
from providers.http_answers import side_of, trouble
from providers.http_calls import MAX_BYTES, Planner
from providers.http_recipes import Headers, SecretName, complaints, read_book, read_headers, read_probe
from providers.http_sightings import sighting
from providers.pacing import paces_of
from providers.sides import shown
from providers.wire import Answer

PACES = {"calls": Pace(50, 1, 50, "calls", source="ours: kind to a small cache", checked="2026-11-25")}


class AnyHttp(OverHttp):
    """One cache, or one API in front of several."""

    name = "http"
    title = "HTTP cache"

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        url = account.settings.get("url", "")
        book = read_book(account.settings.get("purge", ""))
        self._headers, wrong = read_headers(account.settings.get("headers", ""))
        self._recipes = {} if wrong else book.recipes  # a purge without its key would be worse than none
        self._problems = (*wrong, *book.problems)
        self._secrets = account.secrets
        self._probe = account.settings.get("probe", "")
        own = account.per_call
        self._planners = {
            kind: Planner(recipe, self._headers, min(recipe.per_call, own.get(kind, recipe.per_call)))
            for kind, recipe in self._recipes.items()
        }
        self.can = Capabilities(
            kinds=frozenset(self._planners),
            soft=frozenset(),
            per_call={kind: planner.per_call(kind) for kind, planner in self._planners.items()},
            max_bytes=MAX_BYTES,
            pace=paces_of(PACES, account.pace),
            of_hosts=frozenset(
                kind for kind in (Kind.EVERYTHING,) if kind in self._recipes and self._recipes[kind].by_host
            ),
            instead={kind: self._instead(kind) for kind in Kind},
        )
        self._who = f"the {self.title} at {shown(account.settings.get('api_url') or url)}"  # inside a sentence
        side = side_of(f"T{self._who[1:]}")
        super().__init__(account, transport, api=url, side=side, secrets=[*account.secrets.values()])

    def _instead(self, kind: Kind) -> str:
        """What to do where there is no recipe for `kind`."""
        for problem in self._problems:
            if problem.place[0] == "headers" or problem.place[:2] == ("purge", kind.value):
                return f"Its recipe cannot be used. {problem}"
        known = ", ".join(kind.value for kind in Kind if kind in self._recipes) or "nothing"
        advice = "Add one to `purge`." if kind is not Kind.PATH else "Name the whole URL."
        return f"It has recipes for: {known}. {advice}"

    def calls(self, purge: Purge) -> Sequence[Call]:
        """One for each target, or for as many of one host as the recipe joins. Raises UnsupportedWish."""
        return self._planners[purge.kind].plan(purge)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt, its secrets joined now. Raises PurgeError."""
        recipe = self._recipes.get(call.kind)
        if recipe is None:
            what = f"The configuration of {self._who} has no recipe for this call any more."
            raise Refused(what, "Ask again, so that it is planned anew.")
        answer = await self._joined(recipe.headers, call.method, call.path, call.headers, call.body)
        if wrong := trouble(recipe, answer, self._wire.side, f"purge.{call.kind.value}", _longest(call)):
            raise wrong
        return Receipt(note=f"{answer.status} {answer.reason}".strip()[:200])

    async def _joined(
        self, own: Headers, method: str, path: str, headers: Sequence[tuple[str, str]], body: str = ""
    ) -> Answer:
        given = {name.lower() for name, _ in headers}
        known = {name.lower(): (name, value) for name, value in [*self._headers.items(), *own.items()]}
        secret = [
            (name, self._secrets.get(value.secret, ""))
            for key, (name, value) in known.items()
            if isinstance(value, SecretName) and key not in given
        ]
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


def _longest(call: Call) -> int:
    return max(len(call.path), *(len(value) for _, value in call.headers), 0)


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
