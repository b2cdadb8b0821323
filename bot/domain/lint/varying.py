"""Whether a page differs by what its Vary names: it is asked for with other cookies and other browsers before somebody
is told that Vary may go. A page that differs and is kept without Vary is one visitor's page given to everybody.

    two plain requests differ ─ it differs each time: it cannot be told
    asked as others, another body ─ it differs: nobody may share it (Cookie, Authorization), or one copy for each sort
    asked as others, the same body ─ no proof, since made-up cookies know nobody: whoever made it must know
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.answers.caching import varied_by
from bot.domain.answers.devices import PHONE
from bot.domain.lint.finding import Cure, Found, Severity
from bot.domain.lint.served import Served

WIDE = ("cookie", "user-agent", "authorization")
VARY_MAX = 3  # fields
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
COOKIES_MAX = 3  # names of which cookies are made up
MADE_UP = ("purgebot-a", "purgebot-b")  # values of theirs
FOR_ONE = Cure((("Cache-Control", "private, no-cache"),))
_WORDS = {"cookie": "cookies", "user-agent": "browsers", "authorization": "people signed in"}


class Seen(StrEnum):
    """What asking as others showed, of one field."""

    NOT_ASKED = "not asked"
    EACH_TIME = "each time"  # two requests that are alike are answered differently
    DIFFERS = "differs"
    SAME = "same"


def is_wide(vary: str) -> bool:
    """Whether a Vary names what hardly two visitors share."""
    return any(field in (*WIDE, "*") for field in varied_by(vary))


def tries_of(answer: Answer, variants: Sequence[Mapping[str, str]]) -> tuple[Asked, ...]:
    """What to ask for beside `answer` to see whether it differs by what its Vary names: twice a plain visitor's
    request, and as others; nothing where it names none of that. `variants` are the site's own."""
    fields = varied_by(answer.says("vary"))
    asked = [
        *(_cookies(answer, variants) if {"cookie", "*"} & {*fields} else ()),
        *(((("User-Agent", PHONE),), (("User-Agent", DESKTOP),)) if {"user-agent", "*"} & {*fields} else ()),
        *(_named(variants, "authorization") if {"authorization", "*"} & {*fields} else ()),
    ]
    return (PLAIN, PLAIN, *dict.fromkeys(asked)) if asked else ()


def _cookies(answer: Answer, variants: Sequence[Mapping[str, str]]) -> Iterator[Asked]:
    """Cookies of the site's own variants; and two made up, by the names that the page itself sets."""
    yield from _named(variants, "cookie")
    names = [line.partition("=")[0].strip() for line in answer.lines("set-cookie")]
    fit = [name for name in dict.fromkeys(names) if name.replace("-", "").replace("_", "").isalnum() and name.isascii()]
    for value in MADE_UP:
        yield (("Cookie", "; ".join(f"{name}={value}" for name in fit[:COOKIES_MAX] or ["visitor"])),)


def _named(variants: Sequence[Mapping[str, str]], header: str) -> Iterator[Asked]:
    return (tuple(one.items()) for one in variants if any(name.lower() == header for name in one))


def seen_of(served: Served, field: str) -> Seen:
    """What asking as others showed for `field` (lower case)."""
    bodies = [answer for answer in served.tries if not answer.problem and answer.status < 500]
    plain = [_body(answer) for answer in bodies if answer.asked == PLAIN]
    others = [_body(answer) for answer in bodies if any(name.lower() == field for name, _ in answer.asked)]
    if not others or not plain or "" in (*plain, *others):
        return Seen.NOT_ASKED
    if len(set(plain)) > 1:
        return Seen.EACH_TIME
    return Seen.DIFFERS if {*others} - {*plain} else Seen.SAME


def _body(answer: Answer) -> str:
    """What tells one answer from another; "" where that cannot be said."""
    return f"{answer.status} {answer.says('location')} {answer.digest}" if answer.digest else ""


def varies_widely(served: Served) -> Found | None:
    """CC10: too many variants."""
    vary = served.headers.get("vary", "")
    fields = varied_by(vary)
    said = served.policy.control
    if said.has("private") or said.has("no-store"):
        return None  # no shared cache keeps any of them
    wide = list(WIDE) if "*" in fields else [field for field in fields if field in WIDE]
    if not wide and len(fields) <= VARY_MAX:
        return None
    seen = {field: seen_of(served, field) for field in wide}
    causes = f"{_many(fields, wide)} {_advice(served, seen)}"
    alone = any(seen.get(field) is Seen.DIFFERS for field in ("cookie", "authorization"))
    severity = Severity.ERROR if "*" in fields else None
    return Found(causes, f"Vary: {vary}", FOR_ONE if alone else Cure(), severity)


def _many(fields: Sequence[str], wide: Sequence[str]) -> str:
    """What so many variants cause."""
    if "*" in fields:
        return "Vary: * means that no copy may ever be used again: every visit goes to the origin."
    many = (
        f"every {' and every '.join(_one(field) for field in wide)}" if wide else f"each mix of {len(fields)} headers"
    )
    return (
        f"Caches keep a copy of its own for {many}: few visits are served from the cache, and some caches purge only "
        "one of the copies."
    )


def _one(field: str) -> str:
    return {"cookie": "set of cookies", "user-agent": "browser version", "authorization": "person"}[field]


def _advice(served: Served, seen: Mapping[str, Seen]) -> str:
    """What was seen, and what that allows."""
    if not seen:
        return "Leave out what the page does not differ by; a header that it does differ by must stay."
    if Seen.EACH_TIME in seen.values():
        return (
            "Asked twice in the same way it differed, so by what it differs cannot be told. Vary must stay unless the "
            "page is the same for everybody."
        )
    place = next((answer.place for answer in served.tries), "")
    differs = [field for field, what in seen.items() if what is Seen.DIFFERS]
    same = [field for field, what in seen.items() if what is Seen.SAME]
    if not differs and not same:
        return "Whether the page differs by that was not seen: Vary must stay unless it is the same for everybody."
    told = [*_differing(differs, place)]
    if same:
        other = " and other ".join(_WORDS[field] for field in same)
        told.append(
            f"With other {other} {place} answered the same. That is no proof: leave out "
            f"{' and '.join(_title(field) for field in same)} only if the page is the same for everybody, signed in or "
            "not."
        )
    return " ".join(told)


def _differing(fields: Sequence[str], place: str) -> Iterator[str]:
    if not fields:
        return
    names = " and ".join(_title(field) for field in fields)
    yield f"With other {' and other '.join(_WORDS[field] for field in fields)} {place} answered with another page."
    yield f"Without {names} in Vary one visitor's page would go to everybody, so it must stay there;"
    if {"cookie", "authorization"} & {*fields}:
        yield "keep the page out of shared caches (private), or move what differs into a request of its own."
        return
    yield "let the cache in front keep one copy for each sort of device, or serve one page to all."


def _title(field: str) -> str:
    return "-".join(part.capitalize() for part in field.split("-"))
