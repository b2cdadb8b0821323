"""Manifests of deploys: what the next deploy of a site is compared with."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from bot.domain.answers.fingerprint import is_fingerprinted
from bot.domain.deploys.manifest import FILES_MAX, MIXED, Difference, Manifest, compared, folded
from bot.ledger.codec import number
from bot.ledger.ledger import Row, Transaction

KEPT = 5  # of a site: some of the last may not have gone
FOLDED_MAX = 4 * FILES_MAX  # files of several builds as one
_FILES = TypeAdapter(dict[str, str])
_LEVEL = 1  # of zlib, the fastest


def packed(manifest: Manifest) -> bytes:
    """`manifest` as it is stored; made before the one writer is asked."""
    return zlib.compress(_FILES.dump_json(dict(manifest)), _LEVEL)


@dataclass(frozen=True, slots=True)
class KeptManifest:
    """What one deploy left; or several in a row as one, of which nothing was purged."""

    deploy: str
    at: float
    doc: bytes

    def files(self) -> Manifest:
        """The manifest, unpacked: 20,000 files take some milliseconds."""
        return _FILES.validate_json(zlib.decompress(self.doc))


@dataclass(frozen=True, slots=True)
class Before:
    """What came out before a deploy: what was purged last, and what came out since, oldest first."""

    purged: KeptManifest | None
    since: tuple[KeptManifest, ...] = ()

    def compared(self, now: Manifest) -> Difference:
        """What of `now` and of all that came out since the last purge caches may hold otherwise."""
        before = self.purged.files() if self.purged else None
        for one in self.since:
            before = folded(before, one.files())
        return replace(compared(before, now), first=self.purged is None, unpurged=len(self.since))


NOTHING_BEFORE = Before(None)


class Manifests:
    """The last of each site."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def keep(self, site: str, deploy: str, doc: bytes, now: float) -> None:
        """Keep what `deploy`, the key of its job if it has one, left as the newest of `site`; `doc` comes from
        `packed`. Of those for which nothing was purged, more than KEPT become one: none is forgotten."""
        self._tx.run("delete from manifests where site = :site and deploy = :deploy", site=site, deploy=deploy)
        self._insert(site, deploy, doc, now)
        rows = self._rows(site)
        purged = next((n for n, row in enumerate(rows) if row["state"] == "done"), len(rows))
        for row in rows[max(KEPT, purged + 1) :]:
            self._forget(row)
        if purged > KEPT:
            self._fold(site, rows[KEPT - 1 : purged])

    def before(self, site: str, but: str = "") -> Before:
        """What of `site` came out before `but`: what is not done is still to be purged by the next one."""
        since: list[KeptManifest] = []
        for row in self._rows(site):
            if row["deploy"] == but:
                continue
            if row["state"] == "done":
                return Before(self._read(row), tuple(reversed(since)))
            since.append(self._read(row))
        return Before(None, tuple(reversed(since)))

    def newest(self, site: str, but: str = "") -> KeptManifest | None:
        """The newest of `site` but that of `but`, whatever was purged."""
        return next((self._read(row) for row in self._rows(site) if row["deploy"] != but), None)

    def _fold(self, site: str, rows: Sequence[Row]) -> None:
        """The newest of `rows` stands for all of them. Its id stays, so that it keeps its place."""
        newest = rows[0]
        files: Manifest | None = None
        for row in reversed(rows):
            later = self._read(row).files()
            files = later if files is None else folded(files, later)
            if row is not newest:
                self._forget(row)
        if files is not None:
            self._tx.run("update manifests set doc = :doc where id = :id", doc=packed(_few(files)), id=newest["id"])

    def _forget(self, row: Row) -> None:
        self._tx.run("delete from manifests where id = :id", id=row["id"])

    def _insert(self, site: str, deploy: str, doc: bytes, now: float) -> None:
        self._tx.insert(
            "insert into manifests (site, deploy, at, doc) values (:site, :deploy, :at, :doc)",
            site=site, deploy=deploy, at=now, doc=doc,
        )  # fmt: skip

    def _rows(self, site: str) -> Sequence[Row]:
        """Those of `site`, newest first, each with the state of its job: NULL where it has none."""
        return self._tx.rows(
            "select id, deploy, at, state from (select manifests.id as id, deploy, at, state from manifests"
            " left join jobs on jobs.key = deploy where manifests.site = :site) order by id desc",
            site=site,
        )

    def _read(self, row: Row) -> KeptManifest:
        doc = self._tx.rows("select doc from manifests where id = :id", id=row["id"])[0]["doc"]
        return KeptManifest(str(row["deploy"]), number(row["at"]), doc if isinstance(doc, bytes) else b"")


def _few(files: Manifest) -> Manifest:
    """At most FOLDED_MAX, where names made of content allow that: nothing asks for those of earlier builds."""
    if len(files) <= FOLDED_MAX:
        return files
    return {path: content for path, content in files.items() if content == MIXED or not is_fingerprinted(path)}
