"""How hard the tests that try many cases try: the quick suite tries a tenth of them."""

from __future__ import annotations

from hypothesis import settings

FEWEST = 2


def examples(n: int) -> int:
    """`n` cases in the whole suite; under the profile `quick` a tenth, and `FEWEST` at least."""
    return max(min(n, FEWEST), n // 10) if settings.get_current_profile_name() == "quick" else n
