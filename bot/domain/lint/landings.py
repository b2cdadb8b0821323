"""What the paths of one report need where their headers are made. All that its rules ask for at one path is said once:
of two lines about one header the second takes the first one's away, or contradicts it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bot.domain.answers.caches import TARGETED
from bot.domain.answers.fingerprint import is_static
from bot.domain.lint.finding import Cure, Finding

PATHS_MAX = 5  # named in one snippet, where fewer words say the same
SAFE_PATH = re.compile(r"[A-Za-z0-9/._~!$&()*+,;=:@%-]{1,200}")  # no quote, no brace: it goes into configuration
_UNKEPT = ("private", "no-cache")
_UNSHARED = ("private", "no-store")


@dataclass(frozen=True, slots=True)
class Landing:
    """What some paths need. `rule` is the worst that they break, with which it is shown; `returns` the line by which
    nginx answers them, where they only redirect."""

    rule: str
    cures: tuple[Cure, ...]
    paths: tuple[str, ...]
    returns: str = ""


def landings(
    findings: Sequence[Finding],
    is_taken: Callable[[Cure], bool],
    path_of: Callable[[str], str],
    returning: Callable[[Finding], str] = lambda _: "",
) -> list[Landing]:
    """A landing for each sort of what is taken of the cures of `findings`, the worst first."""
    cures: dict[str, dict[Cure, None]] = {}
    told: dict[str, tuple[str, str]] = {}
    for finding in findings:
        path = path_of(finding.url)
        if path and is_taken(finding.cure):
            cures.setdefault(path, {})[finding.cure] = None
            told.setdefault(path, (finding.rule, returning(finding)))
    alike: dict[tuple[tuple[Cure, ...], str], list[str]] = {}
    for path, its in cures.items():
        alike.setdefault((tuple(its), told[path][1]), []).append(path)
    return [Landing(told[paths[0]][0], its, tuple(paths), returns) for (its, returns), paths in alike.items()]


def is_of_headers(cure: Cure) -> bool:
    """Whether a cure is what headers are set and left out, wherever they are made."""
    return cure.special in ("", "names") and bool(cure.sets or cure.drops)


def raw_path_of(url: str) -> str:
    """The path as it is asked for; "" where it could end its line."""
    path = urlsplit(url).path or "/"
    return path if SAFE_PATH.fullmatch(path) else ""


def plain_path_of(url: str) -> str:
    """The path as servers read it; "" where it could end its line."""
    path = unquote(urlsplit(url).path) or "/"
    return path if SAFE_PATH.fullmatch(path) else ""


def elsewhere(rule: str, paths: set[str], among: Sequence[Landing]) -> tuple[str, ...]:
    """The other rules with which is shown what mends `paths`."""
    return tuple(dict.fromkeys(one.rule for one in among if one.rule != rule and paths & {*one.paths}))


def sets_of(cures: Sequence[Cure]) -> Mapping[str, str]:
    """What is said of each header; of Cache-Control the strictest, else what a name made from its content allows. Where
    that lets no shared cache keep it, no field of theirs does."""
    said: dict[str, list[str]] = {}
    for cure in cures:
        for name, value in cure.sets:
            said.setdefault(name, []).append(value)
    sets = {name: _strictest(values) if name == "Cache-Control" else values[0] for name, values in said.items()}
    is_shut = sets.get("Cache-Control", "").startswith(_UNSHARED)
    return {name: value for name, value in sets.items() if not (is_shut and name.lower() in TARGETED)}


def _strictest(values: Sequence[str]) -> str:
    if "no-store" in values:
        return "no-store"
    unkept = [word for word in _UNKEPT if any(word in value.split(", ") for value in values)]
    return ", ".join(unkept) or next((value for value in values if "immutable" in value), values[0])


def always(value: str) -> str:
    """What follows a value that is added for good answers: errors get it too where it lets nobody keep them."""
    return " always" if value.startswith((*_UNKEPT, "no-store")) else ""


def merged(cures: Sequence[Cure]) -> Cure:
    """What several cures of headers ask for, as one."""
    sets = sets_of(cures)
    drops = dict.fromkeys(name for cure in cures for name in cure.drops if name not in sets)
    return Cure(tuple(sets.items()), tuple(drops))


def kinds_of(paths: Sequence[str], others: set[str]) -> tuple[str, ...]:
    """The endings that say which these are in fewer words, ".css" and ".js"; none where they are few, or others that
    were read end so too."""
    kinds = tuple(sorted({posixpath.splitext(path)[1].lower() for path in paths}))
    if len(paths) <= PATHS_MAX or not all(map(is_static, paths)):
        return ()
    return () if any(other.lower().endswith(kinds) for other in others - {*paths}) else kinds
