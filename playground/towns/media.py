"""Site `media`: origin and Fastly, whose edges fetch through a shield POP that is purged a little after them."""

from __future__ import annotations

from collections.abc import Mapping

from playground.clouds.buckets import Bucket, Buckets
from playground.clouds.fastly import Fastly, Hours, Token
from playground.clouds.fastly_pop import Pop
from playground.http import Reply, Target
from playground.town import CITIES, Ground, Town, Url

HOSTS = ("www.media.test",)
SERVICE = "SU1Z0isxPaozGVKXdv0eY"
TOKEN = "playground-fastly-token"
PURGES, CALLS = 100_000, 1000  # an hour
RACE_SECONDS = 1.0  # from the edges' purge to the shield's


def town(ground: Ground) -> Town:
    """The media site."""

    async def origin(target: Target) -> Reply:
        return await ground.to_origin.fetch(target.host, target.path)

    pop = Pop("AMS", ground.cache("media:pop"), origin, ground.now)
    edges = {city: Pop(city.upper(), ground.cache(f"media:{city}"), pop.page, ground.now) for city in CITIES}
    cloud = Fastly(
        tokens={TOKEN: Token(frozenset({"purge_select", "purge_all", "global:read"}))},
        service=SERVICE,
        hosts=frozenset(HOSTS),
        edges={city: edge.cache for city, edge in edges.items()},
        purges=Buckets(ground.store, "fastly", {"purges": Bucket(PURGES, PURGES / 3600)}, ground.now),
        calls=Hours(ground.store, "fastly", CALLS, ground.now),
        checks=Hours(ground.store, "fastly-checks", CALLS, ground.now),
        requests=ground.requests,
        faults=ground.faults,
        pace=ground.pace,
        now=ground.now,
        shield=pop.cache,
        race=RACE_SECONDS,
        pages={city: edge.page for city, edge in edges.items()},
        name="media.test",
        account="fastly",
    )

    def refill() -> None:
        for budget in (cloud.purges, cloud.calls, cloud.checks):
            budget.clear()

    return Town(
        name="media",
        hosts=HOSTS,
        provider="fastly",
        leads="media.map.fastly.net",
        origin=ground.origin("media"),
        edges=edges,
        accounts=_accounts,
        layers=(f"{{account: fastly, service: {SERVICE}, shielded: yes}}",),
        settings=("tags: {header: Surrogate-Key}",),
        inner={"pop": pop.cache},
        servers={"fastly": cloud},
        budgets=lambda: {"fastly": _budgets(cloud)},
        refill=refill,
        environ={"FASTLY_TOKEN": TOKEN},
    )


def _accounts(url: Url) -> Mapping[str, str]:
    return {"fastly": f'{{provider: fastly, api_url: "{url("fastly")}", token: {{env: FASTLY_TOKEN}}}}'}


def _budgets(cloud: Fastly) -> Mapping[str, object]:
    calls = {"tokens": cloud.calls.left(), "size": CALLS, "per_s": CALLS / 3600}
    return {**cloud.purges.shown(), "calls": calls}
