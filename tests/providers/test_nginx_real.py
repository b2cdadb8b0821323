"""A real nginx: what is purged is fresh, and its neighbours are still there; by Debian's purge module and by files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from providers import PROVIDERS
from providers.contract import Account, Health, Kind, Probe, Provider, Purge, Receipt
from providers.errors import BadCredentials, OutcomeUnknown, WrongAddress
from tests.providers.manners import REFERENCE
from tests.real import Origin, running_nginx, running_origin, visit

SHIPPED = Path(__file__).parents[2] / "docs/providers/nginx"
HTTP, DOOR = (SHIPPED / "purgebot-http.conf").read_text(), (SHIPPED / "purgebot-door.conf").read_text()
WWW, IMG, OTHER = "www.shop.test", "img.shop.test", "www.other.test"
HOSTS = (WWW, IMG)
ENCODINGS = ("gzip", "br", "identity")
by_module = pytest.mark.real("libnginx-mod-http-cache-purge")
by_files = pytest.mark.real("nginx")
Page = tuple[str, str]


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with running_origin() as running:
        yield running


@pytest.fixture(scope="module")
def door(origin: Origin) -> Iterator[int]:
    with running_nginx(origin, http=HTTP, server=DOOR) as (port, _):
        yield port


@pytest.fixture(scope="module")
def files(origin: Origin) -> Iterator[tuple[int, Path]]:
    with running_nginx(origin) as running:
        yield running


@asynccontextmanager
async def nginx(**settings: str) -> AsyncIterator[Provider]:
    provider = PROVIDERS["nginx"].build(Account("origin", settings), None)
    try:
        yield provider
    finally:
        await provider.close()


async def purge(wish: Purge, **settings: str) -> list[Receipt]:
    async with nginx(**settings) as provider:
        return [await provider.send(call, REFERENCE) for call in provider.plan(wish)]


async def doctor(**settings: str) -> Probe:
    async with nginx(**settings) as provider:
        return await provider.probe({})


def at(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def served(port: int, host: str, target: str, encoding: str = "") -> str:
    seen = visit(port, host, target, headers={"Accept-Encoding": encoding} if encoding else {})
    return f"{seen.headers['x-cache-status']} {seen.body}"


def kept(port: int, host: str, target: str, encoding: str) -> str:
    """What is served once it is in the cache: nginx writes its file after it has answered."""
    said = (served(port, host, target, encoding) for _ in range(200))
    return next((one for one in said if one.startswith("HIT")), "never a HIT")


URL_ROWS = [
    pytest.param(
        [f"http://{WWW}/a"],
        [(WWW, "/a")],
        [(WWW, "/a?b=1"), (WWW, "/A"), (WWW, "/a/"), (IMG, "/a")],
        id="url",
    ),
    pytest.param(
        [f"http://{WWW}/p?b=2&a=1&b=2"],
        [(WWW, "/p?b=2&a=1&b=2")],
        [(WWW, "/p?a=1&b=2&b=2"), (WWW, "/p")],
        id="url-with-its-query-in-order",
    ),
    pytest.param(
        [f"http://{WWW}/caf%C3%A9/%2Fx//../y", f"http://{WWW}/s%20t?q=%41"],
        [(WWW, "/caf%C3%A9/%2Fx//../y"), (WWW, "/s%20t?q=%41")],
        [(WWW, "/caf%c3%a9/%2Fx//../y"), (WWW, "/y"), (WWW, "/s%20t?q=A")],
        id="url-with-its-bytes-as-they-are",
    ),
    pytest.param([f"http://{WWW}/star*"], [(WWW, "/star*")], [(WWW, "/starlight")], id="a-star-is-a-star"),
    pytest.param(
        [f"http://{WWW}/one", f"http://{IMG}/two"],
        [(WWW, "/one"), (IMG, "/two")],
        [(IMG, "/one"), (WWW, "/two")],
        id="urls-of-two-hosts",
    ),
]
WIDE_ROWS = [
    pytest.param(
        Kind.PREFIX,
        [f"{WWW}/news"],
        [(WWW, "/news"), (WWW, "/news/"), (WWW, "/news/1?x=y"), (WWW, "/news?page=2")],
        [(WWW, "/newsletter"), (WWW, "/old/news/1"), (IMG, "/news/1"), (OTHER, "/news/1")],
        id="prefix-at-a-path-boundary",
    ),
    pytest.param(
        Kind.PREFIX,
        [f"{WWW}/a.b(1)+[c]/"],
        [(WWW, "/a.b(1)+[c]/x")],
        [(WWW, "/a.b(1)+[c]"), (WWW, "/aXb(1)+[c]/x")],
        id="prefix-of-characters-that-mean-something-in-a-regex",
    ),
    pytest.param(
        Kind.HOST,
        [WWW],
        [(WWW, "/"), (WWW, "/host?b=1")],
        [(IMG, "/"), (OTHER, "/"), ("wwwXshop.test", "/"), (f"{WWW}.evil.test", "/"), (f"x{WWW}", "/")],
        id="host",
    ),
    pytest.param(
        Kind.EVERYTHING,
        [],
        [(WWW, "/"), (IMG, "/a?b=1"), (WWW, "/deep/er")],
        [(OTHER, "/"), (OTHER, f"/{WWW}/"), (f"{WWW}.evil.test", "/")],
        id="everything-of-the-site-and-no-other",
    ),
]


async def prove(origin: Origin, port: int, wish: Purge, gone: list[Page], kept: list[Page], **settings: str) -> None:
    """Primed, stale, purged, fresh; and the neighbours are still the old ones."""
    old, new = f"old of {wish}", f"new of {wish}"
    origin.version = old
    for page in gone + kept:
        served(port, *page)
    cached = [served(port, *page) for page in gone + kept]
    origin.version = new
    stale = [served(port, *page) for page in gone + kept]

    await purge(wish, **settings)

    assert cached == stale
    assert {"HIT"} == {said.partition(" ")[0] for said in stale}
    assert [f"MISS {new}"] * len(gone) == [served(port, *page) for page in gone]
    assert stale[len(gone) :] == [served(port, *page) for page in kept]


@by_module
@pytest.mark.parametrize(("targets", "gone", "kept"), URL_ROWS)
async def test_the_module_purges_a_url_and_no_neighbour(
    origin: Origin, door: int, targets: list[str], gone: list[Page], kept: list[Page]
) -> None:
    await prove(origin, door, Purge(Kind.URL, tuple(targets), hosts=HOSTS), gone, kept, url=at(door))


@by_module
async def test_the_module_says_when_nothing_was_cached(door: int) -> None:
    wish = Purge(Kind.URL, (f"http://{WWW}/cached", f"http://{WWW}/never", f"https://{WWW}/cached"), hosts=HOSTS)
    served(door, WWW, "/cached")
    notes = [receipt.note for receipt in await purge(wish, url=at(door))]
    assert ["Purged.", "Nothing was cached under this key.", "Nothing was cached under this key."] == notes


@by_module
async def test_variants_that_are_in_the_key_are_all_purged(origin: Origin) -> None:
    maps = 'map $http_accept_encoding $shop_encoding { default ""; "~gzip" gzip; "~br" br; }\n' + HTTP
    there = DOOR.replace('$purgebot_uri"', '$purgebot_uri$shop_encoding"')
    wish = Purge(Kind.URL, (f"http://{WWW}/k",), variants=({"Accept-Encoding": "gzip"}, {"Accept-Encoding": "br"}))
    with running_nginx(origin, http=maps, server=there, key="$scheme$host$request_uri$shop_encoding") as (port, _):
        origin.version = "k1"
        first = [served(port, WWW, "/k", encoding) for encoding in ENCODINGS]
        origin.version = "k2"
        await purge(wish, url=at(port))
        then = [served(port, WWW, "/k", encoding) for encoding in ENCODINGS]
    assert (["MISS k1"] * 3, ["MISS k2"] * 3) == (first, then)


@by_module
async def test_vary_siblings_are_all_purged_where_the_plain_page_was_met_first(origin: Origin, door: int) -> None:
    wish = Purge(Kind.URL, (f"http://{WWW}/vary/1",), variants=({"Accept-Encoding": "gzip"}, {"Accept-Encoding": "br"}))
    origin.version = "s1"
    first = [served(door, WWW, "/vary/1", encoding) for encoding in ("identity", "gzip", "br")]
    origin.version = "s2"
    await purge(wish, url=at(door))
    then = [served(door, WWW, "/vary/1", encoding) for encoding in ("identity", "gzip", "br")]
    assert (["MISS s1"] * 3, ["MISS s2"] * 3) == (first, then)


@by_module
async def test_the_doctor_finds_the_door_and_purges_nothing(origin: Origin, door: int) -> None:
    origin.version = "examined"
    served(door, WWW, "/doctor")
    probe = await doctor(url=at(door))
    assert (Health.GOOD, f"nginx at 127.0.0.1:{door} has its purge door open to this machine.") == (
        probe.health,
        probe.what,
    )
    assert "HIT examined" == served(door, WWW, "/doctor")


@by_files
async def test_without_a_door_nothing_is_taken_for_a_purge(files: tuple[int, Path]) -> None:
    with pytest.raises(WrongAddress, match=r"has no purge door at `/purge`: it answered 501"):
        await purge(Purge(Kind.URL, (f"http://{WWW}/a",)), url=at(files[0]))
    assert Health.BAD == (await doctor(url=at(files[0]))).health


@by_module
async def test_who_is_not_allowed_is_refused(origin: Origin) -> None:
    closed = DOOR.replace("allow 127.0.0.1", "allow 192.0.2.1")
    with running_nginx(origin, http=HTTP, server=closed) as (port, _):
        with pytest.raises(BadCredentials, match=r"takes no purges from the address of this machine. Add `allow`"):
            await purge(Purge(Kind.URL, (f"http://{WWW}/a",)), url=at(port))
        probe = await doctor(url=at(port))
    assert Health.BAD == probe.health


@by_module
async def test_the_inline_form_of_the_old_module_is_recognised_by_its_crash(origin: Origin) -> None:
    inline = "proxy_cache_purge PURGE from 127.0.0.1;"
    with running_nginx(origin, location=inline) as (port, _):
        served(port, WWW, "/a")
        with pytest.raises(OutcomeUnknown, match=r"the inline form of the purge module has crashed nginx's worker"):
            await purge(Purge(Kind.URL, (f"http://{WWW}/a",)), url=at(port), door="/")


@by_files
@pytest.mark.parametrize(("targets", "gone", "kept"), URL_ROWS)
async def test_files_of_a_url_go_and_no_neighbours(
    origin: Origin, files: tuple[int, Path], targets: list[str], gone: list[Page], kept: list[Page]
) -> None:
    wish = Purge(Kind.URL, tuple(targets), hosts=HOSTS)
    await prove(origin, files[0], wish, gone, kept, cache_dir=str(files[1]))


@by_files
@pytest.mark.parametrize(("kind", "targets", "gone", "kept"), WIDE_ROWS)
async def test_files_below_a_prefix_of_a_host_and_of_a_site_go_and_no_neighbours(
    origin: Origin, files: tuple[int, Path], kind: Kind, targets: list[str], gone: list[Page], kept: list[Page]
) -> None:
    await prove(origin, files[0], Purge(kind, tuple(targets), hosts=HOSTS), gone, kept, cache_dir=str(files[1]))


@by_files
@pytest.mark.parametrize("met_first", ENCODINGS)
async def test_every_vary_sibling_goes_by_files(origin: Origin, files: tuple[int, Path], met_first: str) -> None:
    port, folder = files
    order = [met_first, *(encoding for encoding in ENCODINGS if encoding != met_first)]
    origin.version = "f1"
    first = [served(port, WWW, f"/vary/{met_first}", encoding) for encoding in order]
    then_kept = [kept(port, WWW, f"/vary/{met_first}", encoding) for encoding in order]
    origin.version = "f2"
    [receipt] = await purge(Purge(Kind.URL, (f"http://{WWW}/vary/{met_first}",)), cache_dir=str(folder))
    then = [served(port, WWW, f"/vary/{met_first}", encoding) for encoding in order]
    assert (["MISS f1"] * 3, ["HIT f1"] * 3) == (first, then_kept)
    assert ("Removed 3 files.", ["MISS f2"] * 3) == (receipt.note, then)


@by_files
@pytest.mark.parametrize("levels", ["1", "2:2", "1:2:2"])
async def test_the_exact_file_is_found_by_its_name_alone(origin: Origin, levels: str) -> None:
    with running_nginx(origin, levels=levels) as (port, folder):
        for page in ("/a", "/b"):
            served(port, WWW, page)
        wish = Purge(Kind.URL, (f"http://{WWW}/a",))
        [receipt] = await purge(wish, cache_dir=str(folder), levels=levels, vary="no")
        seen = [visit(port, WWW, page).headers["x-cache-status"] for page in ("/a", "/b")]
    assert ("Removed 1 file.", ["MISS", "HIT"]) == (receipt.note, seen)


@by_files
async def test_the_doctor_finds_the_files(files: tuple[int, Path]) -> None:
    port, folder = files
    served(port, WWW, "/a")
    good = await doctor(cache_dir=str(folder))
    other_key = await doctor(cache_dir=str(folder), key="$scheme://$host$request_uri")
    other_levels = await doctor(cache_dir=str(folder), levels="2")
    assert [Health.GOOD, Health.DOUBTFUL, Health.DOUBTFUL] == [
        good.health,
        other_key.health,
        other_levels.health,
    ]
