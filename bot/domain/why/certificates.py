"""What to do where an edge answered with a certificate that nobody trusts: neither the network nor DNS is at fault."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from bot.domain.answers.answer import UNTRUSTED
from bot.domain.why.case import Case
from bot.domain.why.spots import Spot, do, names_of

PREVENT = "Have certificates renewed by themselves, and cover every host that an edge serves."


def untrusted(silent: Sequence[Spot]) -> list[Spot]:
    """Those of `silent` whose certificate is not trusted."""
    return [spot for spot in silent if spot.look.problem.startswith(UNTRUSTED)]


def told(case: Case, spots: Sequence[Spot]) -> str:
    """What was seen of them, in a sentence."""
    its = do(spots, "its certificate is", "their certificates are")
    return (
        f"{names_of(spots)} {do(spots, 'answers', 'answer')}, and {its} not trusted for {_host(case)}: browsers warn"
        " visitors there too, and nothing was asked."
    )


def to_mend(case: Case, spots: Sequence[Spot]) -> str:
    """The next step."""
    host = _host(case)
    wrong = ", or the address in `edges`, if another server answers there" if case.site.edges else ""
    return f"Put a certificate for {host} on {names_of(spots)} that is valid now and whole with its chain{wrong}."


def _host(case: Case) -> str:
    return urlsplit(case.url).hostname or "this host"
