"""A looker with scripted names, for the tests of looking."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from bot.domain.answers.answer import PLAIN, Asked
from bot.domain.proof.look import Look
from bot.domain.site import Marker
from bot.edge import EdgeLooker
from providers.contract import Cached, Sighting
from tests.slate import SlateClock

HOST = "www.shop.test"
HOSTS = frozenset({HOST, "img.shop.test"})
PUBLIC = "203.0.113.7"


@dataclass
class Names:
    """A name server that answers from a script: each look-up of a name takes its next answer, the last one for ever."""

    answers: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    others: Sequence[Sequence[str]] = ((),)  # for every other name
    asked: list[str] = field(default_factory=list)

    async def resolve(self, host: str) -> Sequence[str]:
        """The next answer for `host`."""
        self.asked.append(host)
        script = self.answers.get(host, self.others)
        return script[min(self.asked.count(host), len(script)) - 1]


def sighting(headers: Mapping[str, str]) -> Sighting:
    """Reads X-Cache, as a provider would."""
    says = headers.get("x-cache", "")
    return Sighting(Cached.HIT if says == "HIT" else Cached.UNKNOWN, says)


@dataclass
class Eyes:
    """A looker, what its name server was asked, and what it refused."""

    looker: EdgeLooker
    names: Names
    refused: list[tuple[str, str]]

    async def look(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Look:
        """One request, read."""
        return self.looker.read(await self.looker.fetch(url, place, address, asked))


def eyes(
    *answers: Sequence[str],
    transport: Callable[[], httpx.AsyncBaseTransport] | None = None,
    marker: Marker | None = None,
    tls: ssl.SSLContext | None = None,
    seconds: float = 8.0,
    everywhere: bool = False,
) -> Eyes:
    """A looker for the shop whose hosts have the scripted addresses, or every name has them."""
    names = Names({host: answers or [[PUBLIC]] for host in HOSTS}, answers if everywhere else ((),))
    refused: list[tuple[str, str]] = []
    looker = EdgeLooker(
        hosts=lambda: HOSTS,
        sightings={HOST: sighting},
        markers={HOST: marker} if marker else {},
        clock=SlateClock(),
        resolve=names.resolve,
        transport=transport,
        tls=tls or NO_TLS,
        refused=lambda host, why: refused.append((host, why)),
        seconds=seconds,
    )
    return Eyes(looker, names, refused)


NO_TLS = ssl.create_default_context()  # one for all tests: reading the trusted certificates takes a while
