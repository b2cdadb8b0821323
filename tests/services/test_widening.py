"""One prefix in place of many pages: only where the site allows it, every layer can, and it takes less."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.grammar.command import Command, Verb
from bot.domain.site import DeployRules, Layer, Site
from bot.domain.target import Target, covers
from bot.services.deploying.widening import saving, widened
from providers.contract import Kind, Price
from tests.services.shop import SHOP, ScriptedProvider, Shop, open_shop, url
from tests.slate import SlateClock


def path(value: str) -> Target:
    return Target(Kind.PATH, value, "shop")


def prefix(value: str) -> Target:
    return Target(Kind.PREFIX, value, "shop")


def allowing(*widen: str, hosts: tuple[str, ...] = SHOP.hosts, schemes: tuple[str, ...] = ("https",)) -> Site:
    return replace(SHOP, hosts=hosts, schemes=schemes, deploy=DeployRules(widen=widen))


def purge(*targets: Target) -> Command:
    return Command(Verb.PURGE, targets, "shop")


NEWS = tuple(path(f"/news/{n}") for n in range(14))
BLOG = tuple(path(f"/blog/{n}") for n in range(3))
TWO = ("www.shop.test", "img.shop.test")
IMAGES = tuple(Target(Kind.URL, f"https://img.shop.test/news/{n}", "shop") for n in range(3))


def nothing(_: Shop) -> None:
    return


def knows_no_prefix(shop: Shop) -> None:
    shop.cf.know_no(Kind.PREFIX)


def costs(shop: Shop) -> None:
    shop.cf.cost_money(Price(0.005))


def is_free_at_first(shop: Shop) -> None:
    shop.cf.cost_money(Price(0.005, free=1000))


def one_call_for_all(shop: Shop) -> None:
    shop.shield._per_call = 30


def one_call_and_money(shop: Shop) -> None:
    one_call_for_all(shop)
    shop.cf.cost_money(Price(0.005))


Prepared = Callable[[Shop], None]
ROWS: dict[str, tuple[Site, Command, Prepared, tuple[Target, ...], str]] = {
    "the promise": (
        allowing("/news/"), purge(*NEWS), nothing, (prefix("/news/"),), "14 pages → 1 prefix /news/, 13 calls saved",
    ),
    "with others": (
        allowing("/news/"), purge(path("/"), *NEWS), nothing, (path("/"), prefix("/news/")),
        "14 pages → 1 prefix /news/, 12 calls saved",
    ),
    "two folders": (
        allowing("/news/", "/blog/"), purge(*NEWS, *BLOG), nothing, (prefix("/blog/"), prefix("/news/")),
        "3 pages → 1 prefix /blog/ and 14 pages → 1 prefix /news/, 15 calls saved",
    ),
    "money": (
        allowing("/news/"), purge(*NEWS), costs, (prefix("/news/"),),
        "14 pages → 1 prefix /news/, 13 calls, 13 paths and about $0.07 saved",
    ),
    "what is free for now": (
        allowing("/news/"), purge(*NEWS), is_free_at_first, (prefix("/news/"),),
        "14 pages → 1 prefix /news/, 13 calls and 13 paths saved",
    ),
    "on all hosts": (
        allowing("/news/", hosts=TWO), purge(*NEWS), nothing, (prefix("/news/"),),
        "14 pages → 1 prefix /news/, 26 calls saved",
    ),
    "on one host alone": (
        allowing("/news/", hosts=TWO), purge(*IMAGES), nothing, (prefix("img.shop.test/news/"),),
        "3 pages → 1 prefix img.shop.test/news/, 2 calls saved",
    ),
    "no wider than it takes": (
        allowing("/news/", "/news/old/"), purge(*(path(f"/news/old/{n}") for n in range(3))), nothing,
        (prefix("/news/old/"),), "3 pages → 1 prefix /news/old/, 2 calls saved",
    ),
    "wider where that takes less still": (
        allowing("/news/", "/news/old/"), purge(*NEWS, *(path(f"/news/old/{n}") for n in range(3))), nothing,
        (prefix("/news/"),), "17 pages → 1 prefix /news/, 16 calls saved",
    ),
    "a prefix that was named": (
        allowing("/news/"), purge(prefix("/news/old/"), *NEWS), nothing, (prefix("/news/"),),
        "14 pages → 1 prefix /news/, 15 calls saved",
    ),
    "not allowed": (allowing(), purge(*NEWS), nothing, NEWS, ""),
    "not there": (allowing("/blog/"), purge(*NEWS), nothing, NEWS, ""),
    "a folder that begins alike": (allowing("/new/"), purge(*NEWS), nothing, NEWS, ""),
    "the folder's own page without its slash": (allowing("/news/"), purge(path("/news"), NEWS[0]), nothing,
                                                (path("/news"), NEWS[0]), ""),
    "one page": (allowing("/news/"), purge(NEWS[0]), nothing, (NEWS[0],), ""),
    "one page under two schemes": (
        allowing("/news/", schemes=("https", "http")), purge(NEWS[0]), nothing, (NEWS[0],), "",
    ),
    "a layer that cannot": (allowing("/news/"), purge(*NEWS), knows_no_prefix, NEWS, ""),
    "no call is saved": (allowing("/news/"), purge(*NEWS), one_call_for_all, NEWS, ""),
    "money for more calls": (
        allowing("/news/", hosts=tuple(f"h{n}.test" for n in range(31))),
        purge(*(Target(Kind.URL, f"https://h0.test/news/{n}", "shop") for n in range(2)), path("/a")),
        one_call_and_money,
        (path("/a"), prefix("h0.test/news/")),
        "2 pages → 1 prefix h0.test/news/, 1 path saved, for 2 calls more",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("site", "command", "prepare", "expected", "told"), ROWS.values(), ids=ROWS)
async def test_pages_become_a_prefix(
    tmp_path: Path, site: Site, command: Command, prepare: Prepared, expected: tuple[Target, ...], told: str
) -> None:
    shop = open_shop(tmp_path)
    prepare(shop)
    providers = shop.core.setup.providers
    found = widened(command, site, providers, {})
    said = await shop.ledger.read(lambda books: saving(found, books, providers, 0.0))
    await shop.ledger.close()
    assert (expected, told) == (found.command.targets, said)


SOFT = {
    "both are soft": (frozenset(Kind), True),
    "only pages are": (frozenset({Kind.URL}), False),
    "neither is": (frozenset[Kind](), True),
}


@pytest.mark.parametrize(("soft", "expected"), SOFT.values(), ids=SOFT)
def test_a_soft_purge_never_becomes_a_hard_one(soft: frozenset[Kind], expected: bool) -> None:
    shield = ScriptedProvider("shield", SlateClock(), per_call=1)
    shield.can = replace(shield.can, soft=soft)
    site = allowing("/news/")
    site = replace(site, layers=(Layer("shield"),), soft=True)
    found = widened(purge(*NEWS), site, {"shield": shield}, {})
    assert expected == (found.command.targets == (prefix("/news/"),))


PLACES = st.sampled_from([*NEWS[:3], *BLOG, *IMAGES, path("/"), path("/news/old/1"), path("/news/old/2"), url("/x")])
FOLDERS = st.lists(st.sampled_from(["/news/", "/blog/", "/news/old/", "/x/"]), unique=True)


@given(st.lists(PLACES, unique=True), FOLDERS, st.integers(1, 5), st.integers(1, 5))
def test_nothing_is_left_out_and_nothing_wider_than_allowed_is_purged(
    targets: list[Target], folders: list[str], first: int, second: int
) -> None:
    clock = SlateClock()
    providers = {"shield": ScriptedProvider("shield", clock, first), "cf": ScriptedProvider("cf", clock, second)}
    site = replace(allowing(*folders), hosts=TWO)
    found = widened(purge(*targets), site, providers, {})
    assert all(any(covers(wide, target) for wide in found.command.targets) for target in targets)
    new = {target for target in found.command.targets if target not in targets}
    assert new <= {prefix(host + folder) for folder in folders for host in ("", *site.hosts)}
    assert not new or (found.before and found.after and found.after.calls < found.before.calls)
