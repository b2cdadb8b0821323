"""Calls that are made when somebody looks at them: the plan of a million URLs holds addresses and sums, not calls."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import overload

from providers.contract import Call


class Calls(Sequence[Call]):
    """`n` calls, each as `make` tells it by its place: the same one whenever it is asked. `spent` is what all of them
    take from each bucket, their second passes counted; `again_after` is the longest of theirs."""

    def __init__(self, n: int, make: Callable[[int], Call], spent: Mapping[str, int], again_after: float = 0.0) -> None:
        self._n = n
        self._make = make
        self.spent = spent
        self.again_after = again_after

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, at: int) -> Call: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Call]: ...

    def __getitem__(self, at: int | slice) -> Call | Sequence[Call]:
        wanted = range(self._n)[at]
        return self._make(wanted) if isinstance(wanted, int) else [self._make(n) for n in wanted]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(list(self))


def summed(calls: Sequence[Call]) -> Calls:
    """`calls` with their sums; those that have them already are not looked at."""
    if isinstance(calls, Calls):
        return calls
    spent: Counter[str] = Counter()
    for call in calls:
        for bucket, units in call.cost:
            spent[bucket] += units * (2 if call.again_after else 1)
    return Calls(len(calls), calls.__getitem__, spent, max((call.again_after for call in calls), default=0.0))


def joined(parts: Sequence[Calls]) -> Calls:
    """The calls of all parts, one part after the other."""
    if len(parts) == 1:
        return parts[0]
    ends = list(accumulate(map(len, parts)))
    spent: Counter[str] = Counter()
    for part in parts:
        spent.update(part.spent)

    def make(n: int) -> Call:
        which = bisect_right(ends, n)
        return parts[which][n - ends[which]]  # counted from the part's end

    return Calls(ends[-1] if ends else 0, make, spent, max((part.again_after for part in parts), default=0.0))
