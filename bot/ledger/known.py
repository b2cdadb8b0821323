"""URLs seen earlier: what proof looks at when a tag, prefix, host or everything is purged, and what a tag stands for
in a layer that knows none.

Those that a job named are `known`. Those that were only seen by the way, as in anybody's check, are `glimpsed`: kept
for a while, so many of each site, and never put before the known ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.ledger.codec import number
from bot.ledger.ledger import Transaction

GLIMPSED_MAX = 2000  # URLs of a site
OLD_LATELY = 86_400.0  # seconds for which an old copy that a diagnosis saw is looked for again
_SET = "seen = :now, tags = case when :tags = ' ' then tags else :tags end"
_SEEN = "(select site, url, tags from known union all select site, url, tags from glimpsed)"


class Known:
    """URLs of a site, with the tags its origin put on them."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def remember(self, site: str, url: str, tags: Sequence[str], now: float) -> None:
        """A job named `url`, which carried `tags` when it was looked at (none: keep what was known)."""
        self._put("known", site, url, tags or self.tags_of(site, url), now)
        self._tx.run("delete from glimpsed where site = :site and url = :url", site=site, url=url)

    def glimpse(self, site: str, url: str, tags: Sequence[str], now: float) -> None:
        """`url` was looked at by the way, and carried `tags` (none: keep what was known)."""
        changed = self._tx.run(
            f"update known set {_SET} where site = :site and url = :url",
            site=site, url=url, tags=_text(tags), now=now,
        )  # fmt: skip
        if not changed:
            self._put("glimpsed", site, url, tags, now)

    def tagged(self, site: str, tag: str) -> list[str]:
        """Every URL that carried `tag` when it was last looked at."""
        rows = self._tx.rows(
            f"select url from {_SEEN} where site = :site and instr(tags, ' ' || :tag || ' ') > 0 order by url",
            site=site, tag=tag,
        )  # fmt: skip
        return [str(row["url"]) for row in rows]

    def tags_of(self, site: str, url: str) -> tuple[str, ...]:
        """The tags that `url` carried when it was last looked at."""
        rows = self._tx.rows(f"select tags from {_SEEN} where site = :site and url = :url", site=site, url=url)
        return tuple(str(rows[0]["tags"]).split()) if rows else ()

    def of_site(self, site: str, limit: int = 2000) -> list[tuple[str, tuple[str, ...]]]:
        """URL and tags of those that jobs named, last seen first."""
        return self._last("known", site, limit)

    def glimpsed(self, site: str) -> list[tuple[str, tuple[str, ...]]]:
        """URL and tags of those that were only seen by the way, last seen first."""
        return self._last("glimpsed", site, GLIMPSED_MAX)

    def saw_old(self, site: str, url: str, variants: Collection[str], now: float) -> None:
        """Visitors who ask for `url` as each of `variants`, which looks name so, were given an old copy; "" for a plain
        one."""
        self._tx.many(
            "insert into seen_old (site, url, variant, seen) values (:site, :url, :variant, :now)"
            " on conflict (site, url, variant) do update set seen = :now",
            [{"site": site, "url": url, "variant": variant, "now": now} for variant in variants],
        )

    def old_lately(self, site: str, urls: Sequence[str], now: float) -> Mapping[str, Collection[str]]:
        """By those of `urls` of which that was seen within OLD_LATELY, the variants but a plain visitor's."""
        rows = self._tx.rows(
            "select url, variant from seen_old where site = :site and seen > :since and variant <> ''",
            site=site, since=now - OLD_LATELY,
        )  # fmt: skip
        found: dict[str, list[str]] = {str(row["url"]): [] for row in rows}
        for row in rows:
            found[str(row["url"])].append(str(row["variant"]))
        return {url: found[url] for url in urls if url in found}

    def old_to_all(self, site: str, url: str) -> float | None:
        """When a check or a diagnosis last saw a plain visitor get an old copy of `url` (seconds since the epoch)."""
        rows = self._tx.rows(
            "select seen from seen_old where site = :site and url = :url and variant = ''", site=site, url=url
        )
        return number(rows[0]["seen"]) if rows else None

    def prune(self, glimpsed: float, known: float | None) -> None:
        """Forget what was last seen before these times, None for nothing, and of each site's glimpsed ones all but the
        last GLIMPSED_MAX; and old copies with the glimpsed ones."""
        self._tx.run("delete from seen_old where seen < :before", before=glimpsed)
        self._tx.run("delete from glimpsed where seen < :before", before=glimpsed)
        self._tx.run(
            "delete from glimpsed where rowid in (select id from (select rowid as id, row_number() over"
            " (partition by site order by seen desc) as n from glimpsed) where n > :most)",
            most=GLIMPSED_MAX,
        )
        if known is not None:
            self._tx.run("delete from known where seen < :before", before=known)

    def _put(self, table: str, site: str, url: str, tags: Sequence[str], now: float) -> None:
        self._tx.run(
            f"insert into {table} (site, url, tags, seen) values (:site, :url, :tags, :now)"
            f" on conflict (site, url) do update set {_SET}",
            site=site, url=url, tags=_text(tags), now=now,
        )  # fmt: skip

    def _last(self, table: str, site: str, limit: int) -> list[tuple[str, tuple[str, ...]]]:
        rows = self._tx.rows(
            f"select url, tags from {table} where site = :site order by seen desc limit :limit", site=site, limit=limit
        )
        return [(str(row["url"]), tuple(str(row["tags"]).split())) for row in rows]


def _text(tags: Sequence[str]) -> str:
    return f" {' '.join(tags)} " if tags else " "
