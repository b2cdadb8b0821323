"""A plan as the ledger stores it. It is packed before the one writer is asked, who then keeps no other deed waiting."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.domain.jobs.plan import Cost, LayerPlan, Plan
from bot.ledger.codec import CALL, TARGETS
from bot.ledger.seal import listed, sealed
from bot.ledger.sums import added, call_hash
from providers.calls import summed
from providers.contract import Kind

_SLICE = 1_000  # calls or targets
_LEVEL = 1  # of zlib, the fastest: addresses of one site are much alike


@dataclass(frozen=True, slots=True)
class PackedLayer:
    """One layer and its calls, a slice after the other."""

    account: str
    title: str
    seconds: float
    soft: bool
    note: str
    calls: int
    spends: Mapping[str, int]
    cost: Cost | None
    slices: tuple[bytes, ...]
    sum: int = 0  # of its calls

    def texts(self) -> Iterator[str]:
        """Each slice as a JSON array of calls."""
        return (zlib.decompress(one).decode() for one in self.slices)


@dataclass(frozen=True, slots=True)
class PackedPlan:
    """What of a plan outlives its request."""

    effect: Kind
    targets: bytes
    layers: tuple[PackedLayer, ...]
    seal: str
    listed: str  # its targets


def packed(plan: Plan) -> PackedPlan:
    """`plan`, packed: a million calls take some seconds and a tenth of their size."""
    targets, layers = _packed_targets(plan), tuple(_packed_layer(layer) for layer in plan.layers)
    texts = (text[1:-1] for layer in layers for text in layer.texts())
    return PackedPlan(plan.effect, targets, layers, sealed(targets, filter(None, texts)), listed(targets))


def _packed_targets(plan: Plan) -> bytes:
    """One JSON array of all targets, which is never held unpacked."""
    squeeze, targets = zlib.compressobj(_LEVEL), plan.targets
    parts = [squeeze.compress(b"[")]
    for at in range(0, len(targets), _SLICE):
        text = TARGETS.dump_json(targets[at : at + _SLICE])[1:-1]
        parts.append(squeeze.compress(b"," + text if at else text))
    return b"".join([*parts, squeeze.compress(b"]"), squeeze.flush()])


def _packed_layer(layer: LayerPlan) -> PackedLayer:
    calls, total, squeezed = layer.calls, 0, []
    for at in range(0, len(calls), _SLICE):
        texts = [CALL.dump_json(call) for call in calls[at : at + _SLICE]]
        total = added(total, map(call_hash, texts))
        squeezed.append(zlib.compress(b"[" + b",".join(texts) + b"]", _LEVEL))
    spends = dict(summed(calls).spent)
    return PackedLayer(
        layer.account, layer.title, layer.seconds, layer.soft, layer.note, len(calls), spends, layer.cost,
        tuple(squeezed), total,
    )  # fmt: skip
