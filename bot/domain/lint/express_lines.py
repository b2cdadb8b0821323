"""Lines for Express: one `setHeaders` for all files of a report, since the options of an express.static take one, and
lines in the handlers of pages. Whether a page is a file or made by a handler its ETag tells; a page from a file may
come from an express.static or from a handler that sends it, so both places are named.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from bot.domain.answers.fingerprint import is_static
from bot.domain.lint.finding import Cure, Finding
from bot.domain.lint.landings import Landing, elsewhere, is_of_headers, kinds_of, landings, merged, plain_path_of

# As `etag` 1.8 makes them, of a file's size and time and of a body: https://github.com/jshttp/etag, read 2026-11-27.
_OF_FILE = re.compile(r'(?:W/)?"[0-9a-f]+-[0-9a-f]+"')
_OF_BODY = re.compile(r'(?:W/)?"[0-9a-f]+-[A-Za-z0-9+/]{27}"')


class Made(StrEnum):
    """What an answer of Express is made of, as far as its headers tell."""

    FILE = "file"
    BODY = "body"  # that a handler sends


def made_of(headers: Mapping[str, str]) -> Made | None:
    """What this answer is made of; None where its headers do not tell."""
    tag = headers.get("etag", "").strip()
    if _OF_BODY.fullmatch(tag):
        return Made.BODY
    return Made.FILE if _OF_FILE.fullmatch(tag) or "last-modified" in headers else None


def lines_of(
    rule: str, group: Sequence[Finding], every: Sequence[Finding], urls: Sequence[str], made: Mapping[str, Made]
) -> str:
    """The lines that are shown with one rule; "" where it asks for more than headers. `every` are the report's
    findings, the worst first; `urls` all that was read, `made` of what."""
    lines = _Lines(every, urls, made)
    own = list(lines.of(rule))
    rules = lines.elsewhere(rule, {plain_path_of(one.url) for one in group if is_of_headers(one.cure)})
    rest = f"// {'the rest is ' if own else ''}mended by the lines for {' and '.join(rules)}"
    return "\n".join([*own, *([rest] if rules else [])])


class _Lines:
    """What one report needs, at which of its rules."""

    def __init__(self, every: Sequence[Finding], urls: Sequence[str], made: Mapping[str, Made]) -> None:
        self._made = {plain_path_of(url): what for url, what in made.items()}
        self._urls = {plain_path_of(url) for url in urls}
        among = landings(every, is_of_headers, plain_path_of)
        self._files = list(_only(among, lambda path: not self._is_handled_alone(path)))
        self._pages = list(_only(among, lambda path: not self._is_file_alone(path)))

    def of(self, rule: str) -> Iterator[str]:
        """The lines at `rule`: all files are mended at the worst that one of them breaks."""
        if self._files and self._files[0].rule == rule:
            yield set_headers(self._files, self._urls)
        for landing in self._pages:
            if landing.rule == rule:
                alone = [path for path in landing.paths if self._is_handled_alone(path)]
                yield from _in_handlers(merged(landing.cures), alone, "in the handler of {}, before it answers")
                either = [path for path in landing.paths if path not in alone]
                yield from _in_handlers(
                    merged(landing.cures), either, "or, where a handler sends {}, in that, before it answers"
                )

    def elsewhere(self, rule: str, paths: set[str]) -> tuple[str, ...]:
        """The other rules at which is shown what mends `paths`."""
        at = [replace(one, rule=self._files[0].rule) for one in self._files]
        return elsewhere(rule, paths, [*at, *self._pages])

    def _is_handled_alone(self, path: str) -> bool:
        made = self._made.get(path)
        return made is Made.BODY or (made is None and not is_static(path))

    def _is_file_alone(self, path: str) -> bool:
        return is_static(path) and not self._is_handled_alone(path)


def _only(among: Sequence[Landing], is_wanted: Callable[[str], bool]) -> Iterator[Landing]:
    for landing in among:
        if paths := tuple(filter(is_wanted, landing.paths)):
            yield replace(landing, paths=paths)


def set_headers(files: Sequence[Landing], others: Collection[str] = ()) -> str:
    """The option of an express.static, for files of one report; `others` were read too."""
    lines = [
        "// in the options of the express.static that serves them; into its setHeaders, if it has one",
        "setHeaders (res, file) {",
        r"  const is = (...ends) => ends.some((end) => file.replace(/\\/g, '/').endsWith(end))",
    ]
    alike: dict[Cure, list[str]] = {}
    for landing in files:
        alike.setdefault(merged(landing.cures), []).extend(landing.paths)
    for cure, paths in alike.items():
        ends = ", ".join(f"'{end}'" for end in _ends(paths, {*others}))
        lines += [f"  if (is({ends})) {{", *(f"    {line}" for line in _setting(cure)), "  }"]
    return "\n".join([*lines, "}"])


def _ends(paths: Sequence[str], others: set[str]) -> Sequence[str]:
    """How the files of these paths end, and none of the others: where the folder is mounted nobody knows."""
    names = [_file(path) for path in paths]
    apart = {_file(path) for path in others - {*paths}}
    return kinds_of(paths, others) or list(dict.fromkeys(_end(name, apart) for name in names))


def _file(path: str) -> str:
    if path.endswith("/"):
        return f"{path}index.html"
    return path if posixpath.splitext(path)[1] else f"{path}.html"


def _end(name: str, apart: set[str]) -> str:
    parts = name.strip("/").split("/")
    ends = ["/" + "/".join(parts[-n:]) for n in range(1, len(parts) + 1)]
    return next((end for end in ends if not any(other.endswith(end) for other in apart)), ends[-1])


def _in_handlers(cure: Cure, paths: Sequence[str], where: str) -> Iterator[str]:
    if paths:
        yield "\n".join([f"// {where.format(' and '.join(paths))}", *_setting(cure)])


def in_handler(cure: Cure, paths: Sequence[str]) -> str:
    """The lines for what a handler answers."""
    return "\n".join(_in_handlers(cure, paths, "in the handler of {}, before it answers"))


def _setting(cure: Cure) -> Iterator[str]:
    yield from (f"res.removeHeader('{name}')" for name in cure.drops)
    yield from (f"res.set('{name}', '{value}')" for name, value in cure.sets)
