"""URLs seen in earlier jobs: what proof looks at when a tag, prefix, host or everything is purged."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ledger.ledger import Transaction


class Known:
    """URLs of a site, with the tags its origin put on them."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def remember(self, site: str, url: str, tags: Sequence[str], now: float) -> None:
        """`url` was looked at and carried `tags` (none: keep what was known)."""
        self._tx.run(
            "insert into known (site, url, tags, seen) values (:site, :url, :tags, :now) on conflict (site, url)"
            " do update set seen = excluded.seen,"
            " tags = case when excluded.tags = ' ' then tags else excluded.tags end",
            site=site, url=url, tags=f" {' '.join(tags)} " if tags else " ", now=now,
        )  # fmt: skip

    def tagged(self, site: str, tag: str) -> list[str]:
        """Every URL that carried `tag` when it was last looked at."""
        rows = self._tx.rows(
            "select url from known where site = :site and instr(tags, ' ' || :tag || ' ') > 0 order by url",
            site=site, tag=tag,
        )  # fmt: skip
        return [str(row["url"]) for row in rows]

    def tags_of(self, site: str, url: str) -> tuple[str, ...]:
        """The tags that `url` carried when it was last looked at."""
        rows = self._tx.rows("select tags from known where site = :site and url = :url", site=site, url=url)
        return tuple(str(rows[0]["tags"]).split()) if rows else ()

    def of_site(self, site: str, limit: int = 2000) -> list[tuple[str, tuple[str, ...]]]:
        """URL and tags, last seen first."""
        rows = self._tx.rows(
            "select url, tags from known where site = :site order by seen desc limit :limit", site=site, limit=limit
        )
        return [(str(row["url"]), tuple(str(row["tags"]).split())) for row in rows]
