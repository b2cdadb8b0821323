"""What jobs of a site were asked to purge, newest first, without the rest of them."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.target import Target
from bot.ledger.codec import maybe, number, whole
from bot.ledger.ledger import Transaction
from providers.contract import Kind

WHOLE_MAX = 20_000  # targets of a job that are unpacked one by one
_STEP = 65_536  # packed bytes at once, so that nobody waits long
_BEGINS = b'{"kind":'  # of one target; within a text its quotes would be escaped
_WIDER = re.compile(rb'"kind":"(?!url")([a-z]+)","value":("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class AskedFor:
    """One job: when it was asked for, when its layers were purged, how many targets it has, and those, packed; empty
    where they are more than WHOLE_MAX."""

    job: int
    created: float
    purged: float | None
    many: int
    packed: bytes


class AskedBook:
    """Jobs by what they were asked for."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def before(self, site: str, job: int, most: int) -> list[AskedFor]:
        """The newest jobs of `site` with a number under `job`, at most `most`."""
        rows = self._tx.rows(
            "select *, case when many <= :whole then (select doc from targets where targets.job = id) end as packed"
            " from (select id, created, json_extract(doc, '$.purged') as purged, json_extract(doc, '$.targets') as many"
            " from jobs where site = :site and id < :job order by id desc limit :most)",
            site=site, job=job, most=most, whole=WHOLE_MAX,
        )  # fmt: skip
        return [
            AskedFor(
                whole(row["id"]), number(row["created"]), maybe(row["purged"]), whole(row["many"]),
                row["packed"] if isinstance(row["packed"], bytes) else b"",
            )
            for row in rows
        ]  # fmt: skip


def telling(packed: bytes, url: str) -> tuple[Target, ...]:
    """Of however many targets those that can have to do with `url`: itself, and whatever is wider than a URL."""
    whole_of = f'{{"kind":"url","value":{json.dumps(url, ensure_ascii=False)},'.encode()
    found: dict[Target, None] = {}
    for lot in _lots(packed):
        if whole_of in lot:
            found[Target(Kind.URL, url)] = None
        for kind, value in _WIDER.findall(lot):
            found[Target(Kind(kind.decode()), json.loads(value))] = None
    return tuple(found)


def _lots(packed: bytes) -> Iterator[bytes]:
    """The unpacked text in pieces that hold whole targets."""
    squeeze, rest = zlib.decompressobj(), b""
    for at in range(0, len(packed), _STEP):
        rest += squeeze.decompress(packed[at : at + _STEP])
        end = max(0, rest.rfind(_BEGINS))
        yield rest[:end]
        rest = rest[end:]
    yield rest + squeeze.flush()
