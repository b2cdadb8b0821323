"""One reason that is true of several places, said once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.domain.proof.finding import Finding

NAMED_MAX = 3  # places and reasons that a sentence names
PLACE = "\0"  # stands for the places of one reason

Named = Callable[[Sequence[str]], str]
_OF_MANY = {
    f"{PLACE} serves": f"{PLACE} serve",
    f"{PLACE} begins as": f"{PLACE} begin as",
    f"{PLACE} gives": f"{PLACE} give",
    f"{PLACE} answers in": f"{PLACE} answer in",
    f"{PLACE} redirects": f"{PLACE} redirect",
    f"{PLACE} is asked over http, as its address in the configuration says, and only answers": (
        f"{PLACE} are asked over http, as their addresses in the configuration say, and only answer"
    ),
    f"{PLACE} kept its copy": f"{PLACE} kept their copies",
    "fetched it anew and got a copy that is older than the purge, and is what the origin serves: it came": (
        "fetched it anew and got copies that are older than the purge, and are what the origin serves: they came"
    ),
    f"the copy at {PLACE} is older than the purge by its Age, and is": (
        f"the copies at {PLACE} are older than the purge by their Age, and are"
    ),
    f"the copy at {PLACE} is right": f"the copies at {PLACE} are right",
    "was still old": "were still old",
    f"{PLACE} was not read": f"{PLACE} were not read",
    "may be from before the purge, so it proves": "may be from before the purge, so they prove",
    f"the copy at {PLACE} is new and right, but says that it is older than the purge, so it proves": (
        f"the copies at {PLACE} are new and right, but say that they are older than the purge, so they prove"
    ),
    "adds to its Age, or another server gave it": "adds to their Age, or other servers gave them",
}


def folded(findings: Sequence[Finding], named: Named) -> list[str]:
    """Why it is not known, each reason once, with the places of which it is true; `named` puts them in a sentence."""
    alike: dict[str, list[str]] = {}
    for found in findings:
        alike.setdefault(placeless(found), []).append(found.place)
    return [said_of(list(dict.fromkeys(places)), why, named) for why, places in alike.items()]


def placeless(found: Finding) -> str:
    """The reason without the name of its place, which may be a part of other words: a, in, the."""
    return re.sub(rf"(?<![\w-]){re.escape(found.place)}(?![\w-])", PLACE, found.why, count=1)


def said_of(places: Sequence[str], why: str, named: Named | None = None) -> str:
    """A reason with its places in it, as one says it of one and of many."""
    for one, many in _OF_MANY.items() if len(places) > 1 else ():
        why = why.replace(one, many)
    return why.replace(PLACE, (named or listed)(places))


def listed(words: Sequence[str]) -> str:
    """Places or reasons in a sentence: the first of them, and how many more."""
    more = len(words) - NAMED_MAX
    return ", ".join([*words[:NAMED_MAX], f"{more} more"] if more > 1 else words)
