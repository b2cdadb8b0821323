"""Site `bank`: origin and Akamai."""

from __future__ import annotations

from collections.abc import Mapping

from playground.clouds.akamai import BUDGETS, Akamai
from playground.clouds.akamai_gate import Client, Gate
from playground.clouds.buckets import Buckets
from playground.marks import akamai
from playground.town import Ground, Town, Url

HOSTS = ("www.bank.test",)
CPCODE = 120001
OURS = Client("akab-playground-client", "playground-akamai-secret", "akab-playground-access")


def town(ground: Ground) -> Town:
    """The bank."""
    edges = ground.edges(HOSTS, ground.to_origin, akamai, "bank:")
    cloud = Akamai(
        gate=Gate((OURS,), ground.now),
        cpcodes={CPCODE: frozenset(HOSTS)},
        edges={city: edge.cache for city, edge in edges.items()},
        buckets=Buckets(ground.store, "akamai", dict(BUDGETS), ground.now),
        requests=ground.requests,
        faults=ground.faults,
        pace=ground.pace,
        now=ground.now,
        account="akamai",
    )
    return Town(
        name="bank",
        hosts=HOSTS,
        provider="akamai",
        leads="www.bank.test.edgekey.net",
        origin=ground.origin("bank"),
        edges=edges,
        accounts=_accounts,
        layers=(f'{{account: akamai, cpcodes: "{CPCODE}"}}',),
        settings=("tags: {header: Edge-Cache-Tag}",),
        servers={"akamai": cloud},
        budgets=lambda: {"akamai": cloud.buckets.shown()},
        refill=cloud.buckets.clear,
        environ={"BANK_EDGERC": EDGERC},
    )


EDGERC = f"""[ccu]
host = akab-playground.luna.akamaiapis.net
client_token = {OURS.client_token}
client_secret = {OURS.client_secret}
access_token = {OURS.access_token}
"""


def _accounts(url: Url) -> Mapping[str, str]:
    return {"akamai": f'{{provider: akamai, api_url: "{url("akamai")}", edgerc: {{env: BANK_EDGERC}}, section: ccu}}'}
