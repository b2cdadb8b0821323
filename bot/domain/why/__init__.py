"""Why a page still looks old: from what was seen on the way from the visitor to the origin, and from our own jobs, to
one cause, how certain it is, what shows it, what cures it and what prevents it.

    Case ── the rules, in order ──▶ Diagnosis        pure; the first rule that finds something speaks first

A rule says only what the case shows: `seen` where an answer or the ledger shows it, `likely` where one thing that was
not seen is in between, `possible` where it is the best that is left.
"""

from bot.domain.why.case import Case, Front, InLine, Ours, Reach, Reading, Resolved, Twin
from bot.domain.why.cause import Cause, Certainty, Cure, Diagnosis, Name
from bot.domain.why.diagnose import diagnose
from bot.domain.why.spots import Glance, Spot, Tier

__all__ = [
    "Case",
    "Cause",
    "Certainty",
    "Cure",
    "Diagnosis",
    "Front",
    "Glance",
    "InLine",
    "Name",
    "Ours",
    "Reach",
    "Reading",
    "Resolved",
    "Spot",
    "Tier",
    "Twin",
    "diagnose",
]
