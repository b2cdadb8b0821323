"""What Fastly's edges say: in the headers of a page, and of themselves when all POPs are asked (edge_check)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from providers.contract import Cached, Seen, Sighting
from providers.wire import Answer

_PLACE = re.compile(r"-([A-Z]{3,4})$")
_MD5 = re.compile(r"[0-9a-f]{32}")


class _Answered(BaseModel):
    status: int = 0
    headers: dict[str, JsonValue] = {}


class _Pop(BaseModel):
    pop: str
    hash: str
    response: _Answered = _Answered()

    def seen(self) -> Seen:
        """As a look; `hash` is the body's MD5, or a word: `error-timeout-fra`, or `warning-too-large-fra` beside an
        answer whose body was not hashed (docs/ContentApi.md of fastly-py, 2026-11-23)."""
        if self.hash.startswith("error"):
            return Seen(self.pop, problem=self.hash[:40])
        headers = {name.lower(): str(value) for name, value in self.response.headers.items()}
        md5 = f"{headers.get('content-encoding', '').lower()} {self.hash}" if _MD5.fullmatch(self.hash) else ""
        return Seen(self.pop, self.response.status, headers, md5=md5.strip())


_POPS = TypeAdapter(list[_Pop])


def pops_of(answer: Answer) -> list[Seen] | None:
    """What each POP holds; None where the answer is something else."""
    try:
        return [pop.seen() for pop in _POPS.validate_json(answer.text)] if answer.status == 200 else None
    except ValidationError:
        return None


def seen(headers: Mapping[str, str]) -> Sighting:
    """The last word of X-Cache, which is the edge's, and the place at the end of X-Served-By.

    Words further left are a shield's, from when the edge stored its copy. PASS shows as MISS, and what the edge made up
    itself as a HIT without hits and Age
    (https://www.fastly.com/documentation/reference/http/http-headers/X-Cache/, 2026-11-23).
    """
    says = headers.get("x-cache", "").strip()
    place = _PLACE.search(_last(headers.get("x-served-by", "")))
    cached = {"HIT": Cached.HIT, "MISS": Cached.MISS}.get(_last(says).upper(), Cached.UNKNOWN)
    if cached is Cached.HIT and _last(headers.get("x-cache-hits", "")) == "0" and "age" not in headers:
        cached = Cached.UNCACHED
    return Sighting(cached, says[-40:], place[1] if place else "")


def _last(words: str) -> str:
    return words.rpartition(",")[2].strip()
