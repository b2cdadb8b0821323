"""What a verdict leaves open, for what goes by that: buttons, and the table of a check. Its `why` says it in words."""

from __future__ import annotations

from enum import StrEnum


class Doubt(StrEnum):
    """One such thing."""

    NONE_COVERED = "none_covered"  # no page that the purge surely reached was known to look at
    ORIGIN_OLD = "origin_old"  # nothing changed anywhere, so that the origin may be what is old
    JUST_BYTES = "just_bytes"  # nothing but bytes tells the old from the new
    MOVED_ON = "moved_on"  # it was proven, and the origin has other content since
