"""What is to be told beside pages that are the origin's: how much of them was compared, and what they are served as."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.domain.answers.body import READ_MAX
from bot.domain.proof.circles import turned_in
from bot.domain.proof.finding import Page
from bot.domain.proof.look import ORIGIN, Likeness, Look, bare_etag, compare, is_begun

BEGUN = f"only the first {READ_MAX // 1024 // 1024} MiB, the length and the ETag were compared"
TYPES_MAX = 2  # that are told
NO_TYPE = "no type"


def noted(pages: Sequence[Page], listed: Callable[[Sequence[str]], str]) -> list[str]:
    """A line for each thing, once, and on how many of `pages` it is so; `listed` names places in a sentence."""
    urls = {page.url for page in pages}
    begun = {page.url for page in pages for look, origin in _alike(page) if _is_by_beginning(look, origin)}
    told = [f"{BEGUN}{_of(begun, urls)}"] if begun else []
    told.extend(_leading_nowhere(pages, listed))
    return [*told, *_by_name_alone(pages, listed), *list(_types(pages, listed))[:TYPES_MAX]]


def _alike(page: Page) -> Iterator[tuple[Look, Look]]:
    """The answers of places that hold what the origin's first one does, each with that."""
    origin = next((look for look in page.now(ORIGIN) if not look.problem), None)
    for look in page.after if origin is not None else ():
        if origin is not None and look.place != ORIGIN and not look.problem and compare(look, origin).is_same:
            yield look, origin


def _is_by_beginning(look: Look, origin: Look) -> bool:
    return is_begun(look, origin) and compare(look, origin) is Likeness.SAME


def _leading_nowhere(pages: Sequence[Page], listed: Callable[[Sequence[str]], str]) -> Iterator[str]:
    """The redirects on which nobody gets a page, where they are not told as those of before."""
    found: dict[str, list[Look]] = {}
    for page in pages:
        for look, _ in _alike(page):
            if (told := turned_in(look)) and (look.shows or page.has_changed(look)):
                found.setdefault(told, []).append(look)
    for told, about in found.items():
        at, urls = listed(list(dict.fromkeys(look.place for look in about))), {look.url for look in about}
        yield f"at {at} {told}{_of(urls, {page.url for page in pages})}"


def _by_name_alone(pages: Sequence[Page], listed: Callable[[Sequence[str]], str]) -> Iterator[str]:
    """By what a page was told to be the origin's, where its bytes are others: it is made anew for each request, or was
    changed under one name."""
    found: dict[str, list[Look]] = {}
    for page in pages:
        origins = [look for look in page.now(ORIGIN) if not look.problem and look.status < 300]
        looks = [look for look in page.after if look.place != ORIGIN and not look.problem and not look.shows]
        for look in looks:
            if name := _name_alone(look, origins):
                found.setdefault(name, []).append(look)
    for name, about in found.items():
        at, urls = listed(list(dict.fromkeys(look.place for look in about))), {look.url for look in about}
        yield f"at {at} by {name} alone: other bytes than the origin's{_of(urls, {page.url for page in pages})}"


def _name_alone(look: Look, origins: Sequence[Look]) -> str:
    """The name that an answer has in common with each of the origin's, whose bytes it has not; "" where there is none,
    or nothing is known of the bytes."""
    if not origins or any(one.packed for one in (look, *origins)) or not all(one.digest for one in (look, *origins)):
        return ""
    if any(one.digest == look.digest for one in origins):
        return ""
    if look.version and all(one.version == look.version for one in origins):
        return "the marker"
    weak = [one for one in (look, *origins) if one.etag.startswith("W/")]
    return "a weak ETag" if len(weak) == len(origins) + 1 and _one_tag(look, origins) else ""


def _one_tag(look: Look, origins: Sequence[Look]) -> bool:
    return {bare_etag(one.etag) for one in origins} == {bare_etag(look.etag)}


def _types(pages: Sequence[Page], listed: Callable[[Sequence[str]], str]) -> Iterator[str]:
    for (mine, its), about in _told_apart(pages).items():
        at, urls = listed(list(dict.fromkeys(look.place for look in about))), {look.url for look in about}
        yield f"at {at} served as {mine}, the origin says {its}{_of(urls, {page.url for page in pages})}"


def _told_apart(pages: Sequence[Page]) -> Mapping[tuple[str, str], Sequence[Look]]:
    """The answers that are of another type than the origin's, by both."""
    found: dict[tuple[str, str], list[Look]] = {}
    for page in pages:
        for look, origin in _alike(page):
            if look.status < 300 and look.content_type != origin.content_type:
                types = (look.content_type or NO_TYPE, origin.content_type or NO_TYPE)
                found.setdefault(types, []).append(look)
    return found


def _of(urls: set[str], every: set[str]) -> str:
    return f" on {len(urls)} of {len(every)} pages" if len(urls) < len(every) else ""
