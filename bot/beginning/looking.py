"""A look at a domain before there is a configuration: what answers there, and which caches it came through.

The guards are those of every look: only the host that was typed, only public addresses, no redirect is followed. An
`edge` that was typed is dialled as written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.answers.answer import Answer, Asked
from bot.domain.answers.recognise import Certainty, Found, recognise, turned_away
from bot.domain.grammar.words import shown
from bot.edge import REFUSED, EdgeLooker
from bot.edge.names import Resolvers
from bot.ports import Clock

# Akamai says what it did only where it is asked so, https://techdocs.akamai.com/edge-diagnostics/docs/pragma-headers
_DEBUG: Asked = (("Pragma", "akamai-x-cache-on, akamai-x-cache-remote-on, akamai-x-check-cacheable"),)
PLACE = "init"


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of one host. `problem` is set where nothing answered; `scheme` is that which did. `turned_away` is
    the cache that does not know the host, and whose marks therefore are no evidence: nothing is found then."""

    host: str
    scheme: str = "https"
    status: int = 0
    goes_to: str = ""  # where a redirect sends visitors
    found: tuple[Found, ...] = field(default=())
    problem: str = ""
    turned_away: str = ""

    @property
    def is_strange(self) -> bool:
        """Whether the name may be wrong: nobody answers for it."""
        return bool(self.problem or self.turned_away)

    @property
    def told(self) -> str:
        """What people read of it."""
        if self.problem:
            return f"{self.host} did not answer: {self.problem}."
        sends = f" and sends visitors to {self.goes_to}, which was not followed" if self.goes_to else ""
        first = f"{self.host} answers {self.status} by {self.scheme}{sends}."
        if self.turned_away:
            return f"{first}\n  So {self.turned_away} answers for a host that it does not know. That proves nothing."
        if not self.found:
            return f"{first}\nNo cache is recognised: no header and no name there is one that a known cache leaves."
        return "\n".join([first, *(f"  {one.told}" for one in self.found)])


async def look_at(host: str, clock: Clock, edge: str = "") -> Sight:
    """Look at the front page of `host`, through `edge` (https://203.0.113.7) where one is given, else through DNS.
    Never raises: what went wrong is the sight's `problem`."""
    refused: list[str] = []
    looker = EdgeLooker(lambda: frozenset({host}), {}, {}, clock, refused=lambda _host, why: refused.append(why))
    schemes = (edge.partition(":")[0],) if edge else ("https", "http")
    first = await _first(looker, host, schemes, edge)
    if first.problem:
        return Sight(host, first.url.partition(":")[0], problem=_why(first, refused))
    names = () if edge else await _names(host)
    answers = [first]
    if not any(one.certainty is Certainty.CERTAIN for one in recognise(answers, names)):
        answers.append(await looker.fetch(first.url, PLACE, edge, _DEBUG))
    goes_to = first.says("location") if 300 <= first.status < 400 else ""
    scheme = first.url.partition(":")[0]
    found = recognise(answers, names)
    if stranger := turned_away(first, found):
        return Sight(host, scheme, first.status, turned_away=stranger)
    return Sight(host, scheme, first.status, shown(goes_to, 120), found)


async def _first(looker: EdgeLooker, host: str, schemes: Sequence[str], edge: str) -> Answer:
    """The first answer that is one; else what the first scheme came to."""
    answers = []
    for scheme in schemes:
        answers.append(await looker.fetch(f"{scheme}://{host}/", PLACE, edge))
        if not answers[-1].problem:
            return answers[-1]
    return answers[0]


def _why(answer: Answer, refused: Sequence[str]) -> str:
    if answer.problem != REFUSED or not refused:
        return answer.problem
    return f"{refused[0]}, and only public addresses are looked at. `--edge https://…` looks at one as written"


async def _names(host: str) -> tuple[str, ...]:
    """The names that DNS leads over from `host`, in order."""
    told = await Resolvers((), lambda: frozenset({host})).ask(host)
    return tuple(name for one in told for name in one.chain)
