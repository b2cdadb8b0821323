"""Where DNS leads visitors beside the edges that a site is looked at from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.answers.marks import cdn_of
from bot.domain.proof.finding import Verdict
from bot.domain.proof.look import Look
from bot.domain.proof.places import named
from bot.domain.proof.verdict import Judgement
from bot.domain.reach import denied
from bot.domain.why.case import Resolved

END_MAX = 60  # characters of a name


@dataclass(frozen=True, slots=True)
class Led:
    """`through_dns`: visitors get to another place than the edges, so that is looked at too. `unseen` says that some
    are led to an end where nobody looks, `note` that they are led to an address that purgebot may not dial."""

    through_dns: bool = False
    unseen: str = ""
    note: str = ""

    def beside(self, judgement: Judgement, looks: Sequence[Look] = ()) -> Judgement:
        """`judgement` on `looks` with what DNS says beside it: nothing is fresh while some visitors are led where
        nobody looks, and no other look would change that."""
        if self.unseen and judgement.verdict is Verdict.FRESH:
            why = _and(self.unseen, f"fresh at {', '.join(named(judgement.fresh_at, looks))}", judgement.why)
            return replace(judgement, verdict=Verdict.UNKNOWN, why=why, worth_another=False)
        return replace(judgement, why=_and(judgement.why, self.unseen or self.note))


def _and(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def led_by(told: Mapping[str, Sequence[Resolved]], edges: Collection[str]) -> Led:
    """What resolvers say of each host. `edges` are the names and addresses that are looked at."""
    ends = ((host, end) for host, said in told.items() if (end := _other_end(said, edges)))
    host, end = next(ends, ("", ""))
    if end:
        return Led(unseen=f"DNS leads some visitors of {host} to {end}, where nobody looks: `why` tells more")
    outside = [(host, address) for host, said in told.items() for address in _outside(said, edges)]
    if any(not denied(address) for _, address in outside):
        return Led(through_dns=True)
    notes = (_not_dialled(host, address) for host, address in outside)
    return Led(note=next(notes, ""))


def _not_dialled(host: str, address: str) -> str:
    return f"DNS leads {host} to {address} too, which is not looked at: it is {denied(address)}"


def _outside(said: Sequence[Resolved], edges: Collection[str]) -> Iterator[str]:
    """The addresses that no edge has."""
    for one in said:
        if not {*one.chain} & {*edges}:
            yield from (address for address in one.addresses if address not in edges)


def _other_end(said: Sequence[Resolved], edges: Collection[str]) -> str:
    """Where some resolvers lead that others do not, and no edge is; "" where there is no such end. One CDN has many
    names and addresses, by region: those are one end."""
    usable = [one for one in said if not one.problem and one.addresses]
    if len({_end(one) for one in usable}) < 2 or len({frozenset(one.addresses) for one in usable}) < 2:
        return ""
    outside = [one for one in usable if one.chain and not {*one.chain, *one.addresses} & {*edges}]
    return next((one.chain[-1][:END_MAX] for one in outside), "")


def _end(told: Resolved) -> str:
    last = told.chain[-1] if told.chain else ""
    return cdn_of(last) or last
