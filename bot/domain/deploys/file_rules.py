"""A site's rules from files to what is purged: `content/news/*.md` → `/news/*`, `/`.

In a purge each star stands for what the star of its sort and place stood for in the match: the second `*` for the
second `*`, `**` for `**`. Where the match has no star, `/news/*` means all below `/news/`, as it does when it is typed.
`prefix /news/`, `tag news` and `url …` are read as they are typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote

from bot.domain.deploys.globs import BadRule, Glob, Stars
from bot.domain.grammar.reading import Reader, read_tag
from bot.domain.grammar.speech import KIND_OF, Speaker
from bot.domain.shown import Notes, shown
from bot.domain.site import FileRule, Site
from bot.domain.target import Target, Unreadable, rest_of
from providers.contract import Kind

ANYTHING_BUT = "A deploy purges paths, URLs, prefixes and tags."
NO_FILE, NO_STARS = Glob("-"), Stars((), ())  # where a purge belongs to no file
_KINDS = frozenset({Kind.URL, Kind.PATH, Kind.PREFIX, Kind.TAG})
_STARRED = re.compile(r"\*\*/|\*\*|\*")
_AS_TYPED = "/!$&'()+,;=:@~-._"  # what a path holds as it is, RFC 3986, 3.3
_INDEX = "/index.html"
_TAG = re.compile(r"(?:tag:|key:|#)", re.IGNORECASE)
_BELOW = re.compile(r"[^*?]+/\*\*?")
_LIKE = "Write a path, or a thing with its kind: /news/, prefix /news/, tag news."


class Template:
    """One `purge` of a rule: the targets that it names, with what the stars stand for left open."""

    def __init__(self, written: str, glob: Glob, site: Site) -> None:
        """Raises BadRule."""
        kind, text = _spoken(written)
        starred = "*" in text and bool(glob.single or glob.deep)
        if "*" in text and not starred:
            _must_be_prefix(kind, text, written)
        self._mark = _mark(text)
        self._stars: list[tuple[str, int]] = []
        if starred:
            text = self._marked(kind, text, written, glob)
        targets = _read(text, kind, site, written, self._mark)
        self._parts = [(target, re.split(f"{self._mark}([0-9]+){self._mark}", target.value)) for target in targets]

    def _marked(self, kind: Kind | None, text: str, written: str, glob: Glob) -> str:
        """`text` with marks for its stars."""
        if kind is Kind.PREFIX:
            raise BadRule(f"`{shown(written, 60)}` holds a star.", "Write a prefix without one: prefix /news/.")
        if "*" in text.partition("?")[2]:
            raise BadRule(f"`{shown(written, 60)}` holds a star behind its `?`.", "Let stars stand in the path.")
        if not (text.startswith("/") or kind is Kind.TAG or _TAG.match(text)) and "*" in _authority(text):
            raise BadRule(f"`{shown(written, 60)}` has a star for a host.", "Name the hosts one by one.")
        return _STARRED.sub(lambda star: self._next(star.group(), written, glob), text)

    def _next(self, star: str, written: str, glob: Glob) -> str:
        sort = star.rstrip("/")
        place = sum(1 for known, _ in self._stars if known.rstrip("/") == sort)
        if place >= (glob.deep if sort == "**" else glob.single):
            what = f"`{shown(written, 60)}` has more stars of the sort `{sort}` than `{shown(glob.written, 60)}` has."
            raise BadRule(what, "Each stands for what the one of its sort stood for; for all below, say prefix /news/.")
        self._stars.append((star, place))
        return f"{self._mark}{len(self._stars) - 1}{self._mark}"

    def targets(self, stars: Stars) -> Iterator[Target]:
        """What is purged where the stars stood for `stars`. Raises Unreadable where that makes no tag."""
        for target, parts in self._parts:
            if len(parts) == 1:
                yield target
                continue
            is_tag = target.kind is Kind.TAG
            filled = "".join(self._filled(part, stars, is_tag) if n % 2 else part for n, part in enumerate(parts))
            yield Target(target.kind, _tag(filled) if is_tag else filled, target.site)

    def _filled(self, part: str, stars: Stars, as_is: bool) -> str:
        star, place = self._stars[int(part)]
        found = stars.single[place] if star == "*" else stars.deep[place]
        value = f"{found}/" if found and star.endswith("/") else found
        return value if as_is else quote(value, safe=_AS_TYPED)


class Mapped:
    """One rule, ready to be asked."""

    def __init__(self, rule: FileRule, site: Site) -> None:
        """Raises BadRule."""
        self._glob = Glob(rule.match)
        self._templates = [Template(written, self._glob, site) for written in rule.purge]

    def targets(self, path: str) -> Sequence[Target] | None:
        """What of the site the file makes; None where the rule does not mean it. Raises Unreadable."""
        stars = self._glob.stars(path)
        if stars is None:
            return None
        return [one for template in self._templates for target in template.targets(stars) for one in _pages(target)]


def always(site: Site) -> tuple[Target, ...]:
    """What every deploy of `site` purges. Raises BadRule where that was not checked before."""
    templates = [Template(written, NO_FILE, site) for written in site.deploy.always]
    return tuple(target for template in templates for target in template.targets(NO_STARS))


def _pages(target: Target) -> Iterator[Target]:
    """A page, and the folder that shows it."""
    yield target
    if target.kind in (Kind.PATH, Kind.URL) and target.value.endswith(_INDEX):
        yield replace(target, value=target.value.removesuffix(_INDEX) + "/")


def _tag(filled: str) -> str:
    """Raises Unreadable."""
    if " " in filled:
        raise Unreadable("A tag holds no blank.")
    return read_tag(filled, stripped=True).value


def _spoken(written: str) -> tuple[Kind | None, str]:
    """The kind that is spoken, and the thing. Raises BadRule."""
    word, blank, thing = written.strip().partition(" ")
    kind = KIND_OF.get(word.lower())
    if not word:
        raise BadRule("is empty.", _LIKE)
    if kind is not None and kind not in _KINDS:
        raise BadRule(f"`{shown(written, 60)}` is wider than a deploy may purge.", ANYTHING_BUT)
    return (kind, thing.strip()) if kind and blank else (None, written.strip())


def _must_be_prefix(kind: Kind | None, text: str, written: str) -> None:
    """A star that stands for nothing of a file means all below a folder, or nothing. Raises BadRule."""
    if not text.strip("/*"):
        raise _too_wide(written)
    if kind not in (None, Kind.PREFIX) or not _BELOW.fullmatch(text):
        what = f"`{shown(written, 60)}` has a star, and `match` has none that it could stand for."
        raise BadRule(what, "For all below a folder write /news/* or prefix /news/.")


def _too_wide(written: str) -> BadRule:
    return BadRule(f"`{shown(written, 60)}` purges everything.", "Name what shows the file: /news/, prefix /news/.")


def _authority(text: str) -> str:
    return text.partition("://")[2].partition("/")[0] if "://" in text else text.partition("/")[0]


def _mark(text: str) -> str:
    """Letters that `text` does not hold: they keep a star's place while the text is read."""
    mark = "zq"
    while mark in text:
        mark += "q"
    return mark


def _read(text: str, kind: Kind | None, site: Site, written: str, mark: str) -> list[Target]:
    try:
        targets = Reader(Speaker((site,)), Notes()).read(text, kind)
    except Unreadable as exc:
        problem = re.sub(f"{mark}[0-9]+{mark}", "*", exc.problem)
        raise BadRule(f"`{shown(written, 60)}` is nothing to purge. {problem}", _LIKE) from exc
    if targets[0].kind not in _KINDS:
        raise BadRule(f"`{shown(written, 60)}` is wider than a deploy may purge.", ANYTHING_BUT)
    if targets[0].kind is Kind.PREFIX and rest_of(targets[0]) in ("", "/"):
        raise _too_wide(written)
    return [replace(target, site=site.name) for target in targets]
