"""Manifests of deploys: what the next deploy of a site is compared with."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from pydantic import TypeAdapter

from bot.domain.manifest import Manifest
from bot.ledger.codec import number
from bot.ledger.ledger import Transaction

KEPT = 5  # of a site: some of the last may not have gone
_FILES = TypeAdapter(dict[str, str])
_LEVEL = 1  # of zlib, the fastest


def packed(manifest: Manifest) -> bytes:
    """`manifest` as it is stored; made before the one writer is asked."""
    return zlib.compress(_FILES.dump_json(dict(manifest)), _LEVEL)


@dataclass(frozen=True, slots=True)
class KeptManifest:
    """What one deploy left."""

    deploy: str
    at: float
    doc: bytes

    def files(self) -> Manifest:
        """The manifest, unpacked: 20,000 files take some milliseconds."""
        return _FILES.validate_json(zlib.decompress(self.doc))


class Manifests:
    """The last of each site."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def keep(self, site: str, deploy: str, doc: bytes, now: float) -> None:
        """Keep what `deploy`, the key of its job, left as the newest of `site`; `doc` comes from `packed`."""
        self._tx.run("delete from manifests where site = :site and deploy = :deploy", site=site, deploy=deploy)
        self._tx.insert(
            "insert into manifests (site, deploy, at, doc) values (:site, :deploy, :at, :doc)",
            site=site, deploy=deploy, at=now, doc=doc,
        )  # fmt: skip
        self._tx.run(
            "delete from manifests where site = :site and id not in"
            " (select id from manifests where site = :site order by id desc limit :kept)",
            site=site, kept=KEPT,
        )  # fmt: skip

    def last(self, site: str, but: str = "") -> KeptManifest | None:
        """The newest of `site` that another deploy than `but` left, and whose purge is done: what has not gone, or not
        yet, is still to be purged by the next one. None before the first."""
        rows = self._tx.rows(
            "select deploy, at, manifests.doc as doc from manifests join jobs on jobs.key = deploy"
            " where manifests.site = :site and deploy <> :but and state = 'done' order by manifests.id desc limit 1",
            site=site, but=but,
        )  # fmt: skip
        if not rows:
            return None
        row = rows[0]
        doc = row["doc"]
        return KeptManifest(str(row["deploy"]), number(row["at"]), doc if isinstance(doc, bytes) else b"")
