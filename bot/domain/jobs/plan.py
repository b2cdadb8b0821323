"""What a purge would do, as a value: printed, hashed, judged and stored, without secrets."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from bot.domain.policies.policy import Ask, Outline
from bot.domain.target import Target
from providers.contract import Call, Kind


@dataclass(frozen=True, slots=True)
class Cost:
    """What a layer's calls cost: `units` more this month, after `used`; beyond `free` they cost `usd` in all."""

    units: int
    unit: str  # "paths"
    used: int
    free: int
    usd: float


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """The calls for one layer. `settings` are those of the site's layer, without secrets."""

    account: str
    title: str  # "Cloudflare"
    calls: Sequence[Call]
    soft: bool = False  # marks its copies as stale, or some of them where it is `mixed`
    seconds: float = 0.0  # how long sending takes under the budget as it stands
    cost: Cost | None = None  # where the provider asks money
    note: str = ""  # what this layer does instead, if it cannot do the wish to the letter
    partly: bool = False  # less than the wish: some of what was asked for stays as it is there
    mixed: bool = False  # soft for some kinds of targets, and hard for the others


def softly(layers: Sequence[tuple[str, bool]]) -> str:
    """ "soft" where every layer, by title, marks its copies as stale, "soft at Cloudflare" where only that one does."""
    soft = [title for title, is_soft in layers if is_soft]
    if len(soft) in (0, len(layers)):
        return "soft" if soft else ""
    return f"soft at {' and '.join(soft)}"


@dataclass(frozen=True, slots=True)
class Plan:
    """One purge of one site, layers innermost first."""

    site: str
    environment: str
    kind: Kind  # the widest kind among the targets, as spoken
    effect: Kind  # what it amounts to: a purge that empties the site is EVERYTHING whatever word was used
    targets: tuple[Target, ...]  # resolved; what the layers are asked for
    soft: bool  # as it is carried out: every layer marks all of it as stale
    layers: tuple[LayerPlan, ...]
    notes: tuple[str, ...] = ()  # repairs, what was dropped and why
    read_as: str = ""  # the guess, printed back: "read as URL"
    offer: str = ""  # a cheaper or quicker form of the same wish, never taken by itself
    counts: Mapping[Kind, int] | None = None  # targets by kind; counted where they are not given
    named: str = ""  # "31 paths", where the site's hosts made more targets of them

    def __post_init__(self) -> None:
        if self.counts is None:
            object.__setattr__(self, "counts", Counter(map(attrgetter("kind"), self.targets)))

    @property
    def softly(self) -> str:
        """Which layers mark their copies as stale, in words."""
        return softly([(layer.title, layer.soft) for layer in self.layers])

    @property
    def calls(self) -> int:
        """How many calls all layers take together."""
        return sum(len(layer.calls) for layer in self.layers)

    @property
    def usd(self) -> float:
        """What all layers cost together, in US dollars."""
        return sum(layer.cost.usd for layer in self.layers if layer.cost)

    @property
    def seconds(self) -> float:
        """How long sending takes under the budgets as they stand."""
        return sum(layer.seconds for layer in self.layers)

    def outline(self, reason: str) -> Outline:
        """The plan as policy judges it."""
        counts = {Kind.EVERYTHING: 1} if self.effect is Kind.EVERYTHING else dict(self.counts or {})
        has_reason = bool(reason.strip())
        return Outline(self.site, self.environment, counts, self.soft, self.usd, has_reason, self.kind, self.named)

    @property
    def digest(self) -> str:
        """SHA-256 over site, kind, mode at each layer, targets and layers."""
        digest = hashlib.sha256()
        mode = self.soft or [layer.account for layer in self.layers if layer.soft] or False
        head = [
            self.site,
            self.environment,
            self.kind,
            self.effect,
            mode,
            [x.account for x in self.layers],
        ]
        digest.update(json.dumps(head).encode())
        for target in self.targets:
            digest.update(f"\n{target.kind} {target.value}".encode())
        return digest.hexdigest()


def bound(digest: str, ask: Ask) -> str:
    """What a vote is bound to: the plan of `digest`, and the rules that ask for the vote."""
    return hashlib.sha256(f"{digest} {ask.rule} {ask.needed} {ask.fingerprint}".encode()).hexdigest()
