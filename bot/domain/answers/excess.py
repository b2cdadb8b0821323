"""Why an answer is not read to its end: it came, and is more than purgebot takes of one."""

from __future__ import annotations

from enum import StrEnum

BUSY = "not read in time: purgebot was busy with other answers"


class Excess(StrEnum):
    """What there is too much of."""

    LINES = "lines"  # of its headers
    HEADERS = "headers"  # their bytes, or those of one
    INTERIM = "interim"  # answers before the one that counts
    PIECES = "pieces"  # in which it arrives
    PARTS = "parts"  # in which its body is packed
    TIME = "time"  # until its end
    WORK = "work"  # that it takes to read
    OTHERS = "others"  # that were read meanwhile, so that nothing is known of this one
