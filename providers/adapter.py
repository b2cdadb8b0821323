"""What most adapters have in common: nothing to ask about after the answer, and one wire to let go of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from providers.contract import Receipt, Seen


class Adapter:
    """The quiet half of the contract; an adapter says only where its provider does more."""

    async def progress(self, receipt: Receipt) -> Receipt:
        """Nothing to ask about: the answer to a call is all there is."""
        return receipt

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        """Nothing: the provider does not say what is left of its budgets."""
        return ()

    async def everywhere(self, url: str) -> Sequence[Seen]:
        """Nothing: the provider does not look for us."""
        return ()
