"""Answers made by hand, for rules and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.answers.caches import ANY, Cache
from bot.domain.lint.express_lines import Made, made_of
from bot.domain.lint.served import Served
from providers.contract import Cached

NOW = 1_795_651_200.0  # Thu, 26 Nov 2026 00:00:00 GMT
DATE = "Thu, 26 Nov 2026 00:00:00 GMT"
SITE = "https://www.shop.test"
PAGE = {"content-type": "text/html", "date": DATE, "etag": '"a"'}
SCRIPT = {"content-type": "text/javascript", "date": DATE, "etag": '"a"'}


def answer(path: str, headers: dict[str, str], status: int = 200, digest: str = "d", asked: Asked = PLAIN) -> Answer:
    return Answer(f"{SITE}{path}", "fra", NOW, status, tuple(headers.items()), digest=digest, asked=asked)


def page(control: str = "", path: str = "/", **more: str) -> Served:
    """A page with this Cache-Control, and other headers by their names with underscores."""
    return made(path, PAGE, control, more)


def script(path: str, control: str = "", **more: str) -> Served:
    """A script, in the same way."""
    return made(path, SCRIPT, control, more)


def made_of_all(served: Sequence[Served]) -> dict[str, Made]:
    """Of what each is made, as a lint finds out."""
    return {one.url: made for one in served if (made := made_of(one.headers)) is not None}


def made(
    path: str,
    headers: dict[str, str],
    control: str,
    more: dict[str, str],
    status: int = 200,
    cache: Cache = ANY,
    cached: Cached = Cached.UNKNOWN,
) -> Served:
    said = headers | ({"cache-control": control} if control else {})
    whole = said | {name.replace("_", "-"): value for name, value in more.items()}
    return Served(answer(path, {name: value for name, value in whole.items() if value}, status), cache, cached)


def tried(served: Served, **digests: str) -> Served:
    """`served`, asked for as others too: `plain`, `again`, `cookie`, `agent`, `login`, each with the digest of what
    came."""
    asked: dict[str, Asked] = {
        "plain": PLAIN,
        "again": PLAIN,
        "cookie": (("Cookie", "sid=purgebot-a"),),
        "agent": (("User-Agent", "phone"),),
        "login": (("Authorization", "Basic x"),),
    }
    tries = [answer("/", PAGE, digest=digest, asked=asked[name]) for name, digest in digests.items()]
    return replace(served, tries=tuple(replace(one, place="origin") for one in tries))
