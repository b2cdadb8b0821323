"""What one of our purges has to do with a URL: it covers it, or misses it in a way that people do not expect."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.domain.covering import lies_under
from bot.domain.target import Target
from bot.domain.why.case import Reach
from providers.contract import Kind

_WIDE = (Kind.PREFIX, Kind.PATTERN)


@dataclass(frozen=True, slots=True)
class Found:
    """How it reaches, what was named, and of a near miss how it misses."""

    reach: Reach
    named: str
    by: tuple[str, ...] = ()


def reach_of(url: str, targets: Sequence[Target], tags: Collection[str]) -> Found | None:
    """How a purge of `targets` reaches `url`, which carries `tags`; None where it has nothing to do with it."""
    for target in targets:
        if lies_under(target, url, tags):
            return Found(Reach.COVERED, _named(target))
    return next(_near(url, targets), None)


def _near(url: str, targets: Sequence[Target]) -> Iterator[Found]:
    for target in targets:
        if target.kind is Kind.URL and (how := differences(url, target.value)):
            yield Found(Reach.OTHER_FORM, target.value, how)
    for target in targets:
        if target.kind in _WIDE and (how := _misses(url, target.value)):
            yield Found(Reach.BESIDE, _named(target), how)
    for target in targets:
        if target.kind is Kind.TAG:
            yield Found(Reach.UNTAGGED, _named(target))


def _named(target: Target) -> str:
    return target.value if target.kind is Kind.URL else f"{target.kind.value} {target.value}".strip()


def differences(one: str, other: str) -> tuple[str, ...]:
    """By what two URLs of one page differ, in words; empty where they are the same, or two pages."""
    a, b = urlsplit(one), urlsplit(other)
    found = [
        ("its scheme", a.scheme != b.scheme),
        ("its host", a.netloc != b.netloc),
        *_paths(a.path or "/", b.path or "/"),
        *_queries(a.query, b.query),
    ]
    page = (_bare(a.netloc), _plain(a.path)) == (_bare(b.netloc), _plain(b.path))
    return tuple(how for how, differs in found if differs) if page else ()


def _paths(a: str, b: str) -> list[tuple[str, bool]]:
    if a == b:
        return []
    slash = a.rstrip("/") == b.rstrip("/")
    case = a.lower() == b.lower()
    return [
        ("a slash at the end", slash),
        ("upper and lower case", not slash and case),
        ("how its path is written", not slash and not case),
    ]


def _queries(a: str, b: str) -> list[tuple[str, bool]]:
    if a == b:
        return []
    ordered = sorted(parse_qsl(a, keep_blank_values=True)) == sorted(parse_qsl(b, keep_blank_values=True))
    return [("the order of its query", bool(a and b) and ordered), ("its query string", not (a and b and ordered))]


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")


def _plain(path: str) -> str:
    return unquote(path).lower().rstrip("/").removesuffix("/index.html").removesuffix("/index.php")


def _misses(url: str, named: str) -> tuple[str, ...]:
    """Why `named` (host and path, perhaps with stars) does not hold `url`, where one would think that it does."""
    host, _, path = url.split("://", 1)[-1].partition("/")
    its_host, _, stem = named.partition("/")
    stem, path = stem.split("*")[0], path.partition("?")[0]
    if not stem:
        return ()
    if path == stem.rstrip("/") and stem.endswith("/"):
        return (f"it ends with a slash: /{stem} does not hold /{path}",) if host == its_host else ()
    if not path.lower().startswith(stem.lower()):
        return ()
    if host != its_host:
        return (f"it names {its_host}, and the page is on {host}",)
    if not path.startswith(stem):
        return (f"it is written /{stem}, and the page /{path}: caches tell upper from lower case",)
    if "*" in named:
        return (f"/{path} does not fit the whole of {named}",)
    return (f"a prefix ends with a part of the path: /{stem} holds /{stem}/…, and not /{path}",)
