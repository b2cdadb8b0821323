"""`Database` of sqlite_utils, without the numpy that it loads wherever there is one.

Charts bring numpy along, and load it when the first is drawn. Each start would pay 13 MB and 90 ms of a core for number
types that no ledger holds.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


class _WithoutNumpy(MetaPathFinder):
    """While it is asked first, there is no numpy."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """No module of this name, or nothing to say."""
        if fullname == "numpy":
            raise ModuleNotFoundError(name=fullname)


_finder = _WithoutNumpy()
sys.meta_path.insert(0, _finder)
try:
    from sqlite_utils import Database
finally:
    sys.meta_path.remove(_finder)

__all__ = ["Database"]
