"""Lines for nginx where the findings of one report land in one location: what mends a page is wrong for its files, and
two `add_header` of one name contradict each other. So each sort of cure has a location of its own, with all that its
paths need, and pasting all of them makes all findings disappear (tests/lint/test_together_real.py).

They lie within the location that serves the paths, since there no other location takes these away, or in its place
where that is exact, which takes none inside it. nginx takes no `proxy_pass`, no `return` and no `add_header` from
outside where a location has its own, so those are to be repeated. What only redirects is answered by its own location
alone: the one that does so now may answer other paths too, by `if` or `rewrite`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from bot.domain.lint.finding import Cure, Finding
from bot.domain.lint.landings import Landing, always, elsewhere, kinds_of, landings, plain_path_of, sets_of
from bot.domain.lint.snippets import replaced_in_nginx

_LINES = {"validator": ("etag on;",), "gzip": ("gzip_vary on;",)}  # instead of headers
_ELSEWHERE = frozenset({"etag", "clock", "purge"})  # no matter of a location
_INDEX = r"(?:index\.[a-z]+)?"
_TARGET = re.compile(r"[A-Za-z0-9/._~!&()*+,;=:@%-]{1,300}")  # no variable, no quote, and no query


def located(findings: Sequence[Finding], urls: Sequence[str]) -> Sequence[Landing]:
    """A landing for each sort of cure among `findings`, the worst first; none where one location takes all of them and
    holds no more of the `urls` that were read."""
    found = landings(findings, _is_for_a_location, plain_path_of, _returning)
    others = {plain_path_of(url) for url in urls} - {path for one in found for path in one.paths}
    is_one = len(found) == 1 and len(found[0].cures) == 1 and not found[0].returns
    return () if is_one and not others else found


def _is_for_a_location(cure: Cure) -> bool:
    return cure.special not in _ELSEWHERE and bool(cure.sets or cure.drops or cure.special in _LINES)


def _returning(finding: Finding) -> str:
    """The line that redirects as it was seen; a comment where that cannot be repeated."""
    if not 300 <= finding.status < 400:
        return ""
    where = _repeated(finding)
    return f'return {finding.status} "{where}";' if where else f"# here its return {finding.status}, as it stands there"


def _repeated(finding: Finding) -> str:
    """Where it leads, as it stands in a line; "" for what could end that, or holds what is nobody else's."""
    try:
        here, to = urlsplit(finding.url), urlsplit(finding.leads_to)
    except ValueError:
        return ""
    where = to.path or "/" if (to.scheme, to.netloc) == (here.scheme, here.netloc) else finding.leads_to
    is_plain = _TARGET.fullmatch(where) is not None and not to.query and "@" not in to.netloc
    return where if is_plain and (where.startswith("/") or to.scheme in ("http", "https")) else ""


def lines_of(rule: str, group: Sequence[Finding], among: Sequence[Landing], urls: Sequence[str]) -> str:
    """The lines that are shown with one rule: its locations, and where the lines of its other paths are."""
    own = [_location(landing, urls) for landing in among if landing.rule == rule]
    paths = {plain_path_of(finding.url) for finding in group if _is_for_a_location(finding.cure)}
    rules = elsewhere(rule, paths, among)
    rest = f"# {'the rest is ' if own else ''}mended by the lines for {' and '.join(rules)}"
    return "\n".join([*own, *([rest] if rules else [])])


def _location(landing: Landing, urls: Sequence[str]) -> str:
    return "\n".join(
        [
            *(_beside() if landing.returns else _inside(landing)),
            f"location {_matching(landing.paths, urls)} {{",
            *(f"  {line}" for line in _body(landing.cures)),
            *([f"  {landing.returns}"] if landing.returns else []),
            "}",
        ]
    )


def _inside(landing: Landing) -> Iterator[str]:
    without = dict.fromkeys(line.strip() for cure in landing.cures for line in replaced_in_nginx(cure))
    yield "# inside the location that serves this now, or instead of it if that is exact; repeat what it says"
    yield "# (add_header, try_files, return, proxy_pass: if that has a path, with the whole path)"
    yield f"# but no {', '.join(without)}"


def _beside() -> Iterator[str]:
    yield "# in the server, beside the location that redirects this now, or instead of it if it is exact (location =),"
    yield "# with what add_header else there is; where the server itself returns or rewrites, the add_header goes there"


def _body(cures: Sequence[Cure]) -> Iterator[str]:
    sets = sets_of([cure for cure in cures if cure.special not in _LINES])
    drops = [name for cure in cures for name in cure.drops]
    names = list(dict.fromkeys([*sets, *drops]))
    if {"Cache-Control", "Expires"} & {*names}:
        yield "expires off;"
    yield from dict.fromkeys(line for cure in cures for line in _LINES.get(cure.special, ()))
    yield from (f"proxy_hide_header {name};" for name in names)
    is_error = any(cure.special == "error" for cure in cures)
    yield from (f'add_header {name} "{value}"{always(value)};' for name, value in sets.items() if not is_error)
    yield from (f'add_header {name} "no-cache";' for name in sets if is_error)  # for good answers alone


def _matching(paths: Sequence[str], urls: Sequence[str]) -> str:
    """What names these paths, and none of the others that were read."""
    if kinds := kinds_of(paths, {plain_path_of(url) for url in urls}):
        return rf'~* "\.(?:{"|".join(re.escape(kind[1:]) for kind in kinds)})$"'
    if len(paths) == 1 and not paths[0].endswith("/"):
        return f'= "{paths[0]}"'
    return f'~ "^(?:{"|".join(map(_exactly, paths))})$"'


def _exactly(path: str) -> str:
    """A folder is answered by its index, which nginx looks up as a path of its own."""
    return re.escape(path) + (_INDEX if path.endswith("/") else "")
