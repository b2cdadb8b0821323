"""Lines for nginx where the findings of one report land in one location: what mends a page is wrong for its files, and
two `add_header` of one name contradict each other. So each sort of cure has a location of its own, with all that its
paths need, and pasting all of them makes all findings disappear (tests/lint/test_together_real.py).

They lie within the location that serves the paths, since there no other location takes these away. nginx takes no
`proxy_pass` and no `add_header` from outside where a location has its own, so those are to be repeated.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bot.domain.fingerprint import is_static
from bot.domain.lint.finding import Cure, Finding
from bot.domain.snippets import PATHS_MAX, SAFE_PATH, always, replaced_in_nginx

_LINES = {"validator": ("etag on;",), "gzip": ("gzip_vary on;",)}  # instead of headers
_ELSEWHERE = frozenset({"etag", "clock", "purge"})  # no matter of a location
_INDEX = r"(?:index\.[a-z]+)?"
_UNKEPT = ("private", "no-cache")


@dataclass(frozen=True, slots=True)
class Landing:
    """What the paths of one location need. `rule` is the worst that they break, with which it is shown."""

    rule: str
    cures: tuple[Cure, ...]
    paths: tuple[str, ...]


def landings(findings: Sequence[Finding], urls: Sequence[str]) -> Sequence[Landing]:
    """A landing for each sort of cure among `findings`, the worst first; none where one location takes all of them and
    holds no more of the `urls` that were read."""
    cures: dict[str, dict[Cure, None]] = {}
    rules: dict[str, str] = {}
    for finding in findings:
        path = path_of(finding.url)
        if path and _is_for_a_location(finding.cure):
            cures.setdefault(path, {})[finding.cure] = None
            rules.setdefault(path, finding.rule)
    alike: dict[tuple[Cure, ...], list[str]] = {}
    for path, its in cures.items():
        alike.setdefault(tuple(its), []).append(path)
    others = {path_of(url) for url in urls} - {*cures}
    if len(alike) == 1 and len(next(iter(alike))) == 1 and not others:
        return ()
    return [Landing(rules[paths[0]], its, tuple(paths)) for its, paths in alike.items()]


def path_of(url: str) -> str:
    """The path as nginx compares it; "" where it could end its line."""
    path = unquote(urlsplit(url).path) or "/"
    return path if SAFE_PATH.fullmatch(path) else ""


def _is_for_a_location(cure: Cure) -> bool:
    return cure.special not in _ELSEWHERE and bool(cure.sets or cure.drops or cure.special in _LINES)


def lines_of(rule: str, group: Sequence[Finding], among: Sequence[Landing], urls: Sequence[str]) -> str:
    """The lines that are shown with one rule: its locations, and where the lines of its other paths are."""
    own = [_location(landing, urls) for landing in among if landing.rule == rule]
    paths = {path_of(finding.url) for finding in group if _is_for_a_location(finding.cure)}
    rules = dict.fromkeys(landing.rule for landing in among if landing.rule != rule and paths & {*landing.paths})
    elsewhere = f"# {'the rest is ' if own else ''}mended by the lines for {' and '.join(rules)}"
    return "\n".join([*own, *([elsewhere] if rules else [])])


def _location(landing: Landing, urls: Sequence[str]) -> str:
    without = dict.fromkeys(line.strip() for cure in landing.cures for line in replaced_in_nginx(cure))
    return "\n".join(
        [
            "# a location of its own, inside the one that serves this now; repeat in it what that says (add_header,",
            "# try_files, proxy_pass: if that has a path, with the whole path)",
            f"# but no {', '.join(without)}",
            f"location {_matching(landing.paths, urls)} {{",
            *(f"  {line}" for line in _body(landing.cures)),
            "}",
        ]
    )


def _body(cures: Sequence[Cure]) -> Iterator[str]:
    sets = _sets(cures)
    drops = [name for cure in cures for name in cure.drops]
    names = list(dict.fromkeys([*sets, *drops]))
    if {"Cache-Control", "Expires"} & {*names}:
        yield "expires off;"
    yield from dict.fromkeys(line for cure in cures for line in _LINES.get(cure.special, ()))
    yield from (f"proxy_hide_header {name};" for name in names)
    is_error = any(cure.special == "error" for cure in cures)
    yield from (f'add_header {name} "{value}"{always(value)};' for name, value in sets.items() if not is_error)
    yield from (f'add_header {name} "no-cache";' for name in sets if is_error)  # for good answers alone


def _sets(cures: Sequence[Cure]) -> Mapping[str, str]:
    """What is said of each header; of Cache-Control the strictest, else what a name made from its content allows."""
    said: dict[str, list[str]] = {}
    for cure in cures:
        for name, value in cure.sets if cure.special not in _LINES else ():
            said.setdefault(name, []).append(value)
    return {name: _strictest(values) if name == "Cache-Control" else values[0] for name, values in said.items()}


def _strictest(values: Sequence[str]) -> str:
    if "no-store" in values:
        return "no-store"
    unkept = [word for word in _UNKEPT if any(word in value.split(", ") for value in values)]
    return ", ".join(unkept) or next((value for value in values if "immutable" in value), values[0])


def _matching(paths: Sequence[str], urls: Sequence[str]) -> str:
    """What names these paths, and none of the others that were read."""
    kinds = sorted({posixpath.splitext(path)[1].lower() for path in paths})
    others = {path_of(url) for url in urls} - {*paths}
    if len(paths) > PATHS_MAX and all(map(is_static, paths)):
        by_kind = rf"\.(?:{'|'.join(re.escape(kind[1:]) for kind in kinds)})$"
        if not any(re.search(by_kind, other, re.IGNORECASE) for other in others):
            return f'~* "{by_kind}"'
    if len(paths) == 1 and not paths[0].endswith("/"):
        return f'= "{paths[0]}"'
    return f'~ "^(?:{"|".join(map(_exactly, paths))})$"'


def _exactly(path: str) -> str:
    """A folder is answered by its index, which nginx looks up as a path of its own."""
    return re.escape(path) + (_INDEX if path.endswith("/") else "")
