"""Conditions about copies that are shared: with whom, in which variants, and whether one can be told from another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from bot.domain.answers.answer import Answer
from bot.domain.answers.caches import TARGETED
from bot.domain.answers.caching import Directives, stays_beyond, varied_by
from bot.domain.lint.finding import Cure, Found
from bot.domain.lint.served import Served

_FIELD = re.compile(r"[a-z0-9-]+")
ENCODINGS = ("-gzip", "-br", "-zstd", "-df", ";gzip", "--gzip")  # what servers and CDNs add to an ETag


def cookie_shared(served: Served) -> Found | None:
    """CC09: a cookie in a copy that everybody gets, or in an answer that says outright that any cache may keep it."""
    lets = _lets_share(served)
    if "set-cookie" not in served.headers or not served.is_kept_openly or not (served.is_a_copy or lets):
        return None
    name = served.headers["set-cookie"].partition("=")[0].strip()[:40]
    given = (
        f"A cache gives the same cookie ({name}) to everybody."
        if served.is_a_copy
        else f"It sets a cookie ({name}) and says that shared caches may keep it ({lets}). One that does gives the "
        "same cookie to everybody."
    )
    causes = f"{given} If it names a session, visitors get into the session of somebody else."
    seen = f"Set-Cookie: {name}=…; Cache-Control: {served.headers.get('cache-control', '')}"
    return Found(causes, seen, Cure(drops=("Set-Cookie",)))


def _lets_share(served: Served) -> str:
    """The directive that lets shared caches keep an answer of whatever sort; "" where none does."""
    said = served.policy.control
    if said.has("public"):
        return "public"
    return said.longest("s-maxage") if said.seconds("s-maxage") else ""


def ones_own_shared(served: Served) -> Found | None:
    """CC15: what is one person's, for everybody."""
    return _signed_in(served) or _kept_though_private(served)


def _kept_though_private(served: Served) -> Found | None:
    """What the origin lets no shared cache keep (RFC 9111, 5.2.2.7), given out by one: that one's own doing, where no
    field for CDNs alone lets it."""
    told = [origin.joined() for origin in served.alike]
    shut = [said for said in told if Directives.read(said.get("cache-control", "")).has("private")]
    if not served.is_from_cache or served.status != 200 or not shut or _is_for_cdns(shut[0]):
        return None
    causes = (
        "The cache in front gave out a copy of what its origin calls private, for one visitor alone: others may get"
        " what is theirs. A rule there keeps it all the same."
    )
    seen = f"{served.cached.value.upper()}; the origin says Cache-Control: {shut[0]['cache-control']}"
    return Found(causes, seen, Cure(special="front"))


def _is_for_cdns(headers: Mapping[str, str]) -> bool:
    """Whether a field for CDNs alone lets them keep it."""
    fields = (Directives.read(headers[name]) for name in TARGETED.intersection(headers))
    return any((field.seconds("max-age") or 0) > 0 for field in fields)


def _signed_in(served: Served) -> Found | None:
    """An answer to somebody who signed in, for everybody (RFC 9111, 3.5)."""
    signed_in = any(name.lower() == "authorization" for name, _ in served.answer.asked)
    said = served.policy.control
    shut = said.has("private") or said.has("no-store") or said.has("no-cache") or _is_asked_for_each_time(served)
    shared = said.has("public") or (said.seconds("s-maxage") or 0) > 0
    if not signed_in or shut or not shared or served.status != 200:
        return None
    causes = "It answers somebody who signed in, and lets shared caches keep it: others may get what is theirs alone."
    seen = f"asked with Authorization; Cache-Control: {served.headers.get('cache-control', '')}"
    return Found(causes, seen, Cure((("Cache-Control", "private"),)))


def _is_asked_for_each_time(served: Served) -> bool:
    """Whether shared caches may keep it for no time at all: the server then sees who asks before anybody gets it."""
    said = served.policy.control
    lifetime = said.seconds("max-age") if said.seconds("s-maxage") is None else said.seconds("s-maxage")
    beyond = any(stays_beyond(served.headers, name) for name in ("stale-while-revalidate", "stale-if-error"))
    by_cdn = [Directives.read(served.headers[name]) for name in TARGETED.intersection(served.headers)]
    return lifetime == 0 and not beyond and not any(field.seconds("max-age") for field in by_cdn)


def encoding_unsaid(served: Served) -> Found | None:
    """CC11: packed, and no word of it to caches."""
    packed = served.headers.get("content-encoding", "").strip().lower()
    fields = varied_by(served.headers.get("vary", ""))
    if packed in ("", "identity") or "accept-encoding" in fields or "*" in fields:
        return None
    causes = f"A cache may give this {packed} copy to a visitor who cannot unpack it, who then sees garbage."
    vary = ", ".join([*filter(_FIELD.fullmatch, fields), "Accept-Encoding"])
    return Found(
        causes, f"Content-Encoding: {packed}, no Vary: Accept-Encoding", Cure((("Vary", vary),), special="gzip")
    )


def no_validator(served: Served) -> Found | None:
    """CC12: nothing to ask "still the same?" with."""
    kept = not served.policy.says_nothing and not served.policy.control.has("no-store")
    validated = "etag" in served.headers or "last-modified" in served.headers
    if served.status != 200 or not kept or validated or served.is_certain:
        return None
    causes = (
        "It has neither ETag nor Last-Modified: once a copy is over, all of it is sent again, and nobody can see by "
        "its headers whether a copy is old."
    )
    return Found(causes, "no ETag, no Last-Modified", Cure(special="validator"))


def validator_differs(served: Served) -> Found | None:
    """CC13: one content, several ETags."""
    by_body: dict[tuple[str, str], set[str]] = defaultdict(set)
    for answer in (served.answer, *served.others, *served.origins):
        tag = bare(answer)
        if tag and answer.digest and answer.status == 200:
            by_body[answer.digest, answer.says("content-encoding")].add(tag)
    several = next((tags for tags in by_body.values() if len(tags) > 1), None)
    if several is None:
        return None
    first, second, *_ = sorted(several)
    causes = (
        "The same content comes with different ETags, as if each server made its own: copies that are right are "
        "fetched again, and look old when edge and origin are compared."
    )
    return Found(causes, f"ETag: {first} and {second}", Cure(special="etag"))


def bare(answer: Answer) -> str:
    """A strong ETag without what packing adds; "" for a weak one, or none."""
    tag = answer.says("etag").strip()
    if tag.startswith("W/"):
        return ""
    inside = tag.strip('"')
    for ending in ENCODINGS:
        inside = inside.removesuffix(ending)
    return f'"{inside}"' if inside else ""


def no_tags(served: Served) -> Found | None:
    """CC20: tags are purged, and none are given."""
    if not served.tag_header or not served.alike or not served.is_page or served.status != 200:
        return None
    name = served.tag_header.lower()
    if any(answer.says(name) for answer in served.alike):
        return None
    causes = f"The origin sends no {served.tag_header}, so a purge by tag will not find this page: it stays as it is."
    cure = Cure(((served.tag_header, "news"),))
    return Found(causes, f"no {served.tag_header} at the origin", cure)
