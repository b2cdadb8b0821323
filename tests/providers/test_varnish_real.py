"""A real Varnish with the shipped VCL: what is purged is fresh, and its neighbours are still there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from providers import PROVIDERS
from providers.contract import Account, Cached, Health, Kind, Probe, Provider, Purge
from providers.errors import BadCredentials, WrongAddress
from tests.providers.manners import REFERENCE
from tests.real import Origin, running_origin, running_varnish, visit

pytestmark = pytest.mark.real("varnish")

SHIPPED = Path(__file__).parents[2] / "docs/providers/varnish/purgebot.vcl"
WWW, IMG, OTHER = "www.shop.test", "img.shop.test", "www.other.test"
HOSTS = (WWW, IMG)


def vcl(origin: Origin, head: str = f'include "{SHIPPED}";') -> str:
    return f'vcl 4.1;\n{head}\nbackend default {{ .host = "127.0.0.1"; .port = "{origin.port}"; }}\n'


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with running_origin() as running:
        yield running


@pytest.fixture(scope="module")
def port(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running_varnish(tmp_path_factory.mktemp("doors"), vcl(origin)) as running:
        yield running


@pytest.fixture(scope="module")
def bare_port(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running_varnish(tmp_path_factory.mktemp("bare"), vcl(origin, head="")) as running:
        yield running


@asynccontextmanager
async def varnish(port: int) -> AsyncIterator[Provider]:
    provider = PROVIDERS["varnish"].build(Account("shield", {"url": f"http://127.0.0.1:{port}"}), None)
    try:
        yield provider
    finally:
        await provider.close()


async def doctor(port: int) -> Probe:
    async with varnish(port) as provider:
        return await provider.probe({})


def served(port: int, host: str, target: str) -> str:
    seen = visit(port, host, target)
    return f"{seen.headers['x-cache']} {seen.body}"


async def purge(port: int, wish: Purge) -> None:
    async with varnish(port) as provider:
        for call in provider.plan(wish):
            await provider.send(call, REFERENCE)


Page = tuple[str, str]


@pytest.mark.parametrize(
    ("kind", "targets", "gone", "kept"),
    [
        pytest.param(
            Kind.URL, [f"https://{WWW}/a"], [(WWW, "/a")], [(WWW, "/a?b=1"), (WWW, "/A"), (IMG, "/a")], id="url"
        ),
        pytest.param(
            Kind.URL,
            [f"https://{WWW}/p?b=2&a=1&b=2"],
            [(WWW, "/p?b=2&a=1&b=2")],
            [(WWW, "/p?a=1&b=2&b=2"), (WWW, "/p")],
            id="url-with-its-query-in-order",
        ),
        pytest.param(
            Kind.URL,
            [f"https://{WWW}/caf%C3%A9/%2Fx//../y"],
            [(WWW, "/caf%C3%A9/%2Fx//../y")],
            [(WWW, "/caf%c3%a9/%2Fx//../y"), (WWW, "/y"), (WWW, "/caf%C3%A9/%2Fx/y")],
            id="url-with-its-bytes-as-they-are",
        ),
        pytest.param(
            Kind.URL,
            [f"http://{WWW}/both", f"https://{WWW}/both", f"https://{IMG}/one"],
            [(WWW, "/both"), (IMG, "/one")],
            [(IMG, "/both"), (WWW, "/one")],
            id="urls-of-two-schemes-and-hosts",
        ),
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
            [(WWW, "/a.b(1)+[c]"), (WWW, "/aXb(1)+[c]/x"), (WWW, "/a.b1/x")],
            id="prefix-of-characters-that-mean-something-in-a-regex",
        ),
        pytest.param(
            Kind.PREFIX, [f'{WWW}/say"it'], [(WWW, '/say"it/x')], [(WWW, "/say"), (WWW, "/x")], id="prefix-with-a-quote"
        ),
        pytest.param(
            Kind.PATTERN,
            [f"{WWW}/*.css"],
            [(WWW, "/a.css"), (WWW, "/deep/b.css?v=3")],
            [(WWW, "/a.css.map"), (WWW, "/acss"), (IMG, "/a.css")],
            id="pattern-whatever-the-query",
        ),
        pytest.param(
            Kind.PATTERN,
            [f"{WWW}/a*/img*/b*.png"],
            [(WWW, "/a1/img/b.png"), (WWW, "/a/x/img2/img/b/b2.png")],
            [(WWW, "/a1/b.png"), (WWW, "/a1/img/b.jpg")],
            id="pattern-of-three-stars",
        ),
        pytest.param(
            Kind.PATTERN,
            [f"{WWW}/find?q=*&page=1"],
            [(WWW, "/find?q=red&page=1")],
            [(WWW, "/find?q=red&page=12"), (WWW, "/find")],
            id="pattern-in-the-query",
        ),
        pytest.param(
            Kind.HOST,
            [WWW],
            [(WWW, "/"), (WWW, "/a?b=1"), (f"{WWW}:8443", "/a"), (WWW.upper(), "/a")],
            [(IMG, "/"), (OTHER, "/"), (f"x{WWW}", "/"), ("wwwXshop.test", "/")],
            id="host-whatever-its-port-and-case",
        ),
        pytest.param(
            Kind.EVERYTHING,
            [],
            [(WWW, "/"), (IMG, "/a?b=1"), (WWW, "/deep/er")],
            [(OTHER, "/"), (f"{WWW}.evil.test", "/")],
            id="everything-of-the-site-and-no-other",
        ),
    ],
)
async def test_what_is_purged_is_fresh_and_its_neighbours_are_still_cached(
    origin: Origin, port: int, kind: Kind, targets: list[str], gone: list[Page], kept: list[Page]
) -> None:
    await purge(
        port, Purge(Kind.EVERYTHING, (), hosts=(WWW, IMG, OTHER, f"x{WWW}", f"{WWW}.evil.test", "wwwXshop.test"))
    )
    old, new = f"old of {targets}", f"new of {targets}"
    origin.version = old
    first = [served(port, *page) for page in gone + kept]
    origin.version = new
    stale = [served(port, *page) for page in gone + kept]

    await purge(port, Purge(kind, tuple(targets), hosts=HOSTS))

    assert [f"MISS {old}"] * len(gone + kept) == first
    assert [f"HIT {old}"] * len(gone + kept) == stale
    assert [f"MISS {new}"] * len(gone) == [served(port, *page) for page in gone]
    assert [f"HIT {old}"] * len(kept) == [served(port, *page) for page in kept]


async def test_a_pattern_of_many_stars_costs_varnish_no_panic(origin: Origin, port: int) -> None:
    """Written naively, this ban runs into PCRE's match limit, and Varnish 7.1 panics."""
    origin.version = "long"
    long = "/" + "a" * 8000
    served(port, WWW, long)

    await purge(port, Purge(Kind.PATTERN, (f"{WWW}/*a*a*a*a*b",), hosts=HOSTS))

    assert "HIT long" == served(port, WWW, long)


async def test_the_longest_url_that_varnish_takes_can_be_purged(origin: Origin, port: int) -> None:
    origin.version = "longest"
    long = "/" + "b" * 8000
    served(port, WWW, long)

    await purge(port, Purge(Kind.URL, (f"https://{WWW}{long}",), hosts=HOSTS))

    assert "MISS longest" == served(port, WWW, long)


async def test_what_is_never_cached_is_seen_so(port: int) -> None:
    seen = visit(port, WWW, "/private")
    async with varnish(port) as provider:
        assert Cached.UNCACHED == provider.sighting(seen.headers).cached


async def test_visitors_never_see_what_bans_compare_with(port: int) -> None:
    seen = visit(port, WWW, "/")
    assert [] == [name for name in seen.headers if name in ("x-url", "x-host")]


async def test_the_doctor_finds_the_doors(port: int) -> None:
    probe = await doctor(port)
    assert (Health.GOOD, f"Varnish at 127.0.0.1:{port} has its purge doors open to this machine.") == (
        probe.health,
        probe.what,
    )


async def test_the_doctor_finds_no_doors(bare_port: int) -> None:
    probe = await doctor(bare_port)
    assert (Health.BAD, True) == (probe.health, "purgebot.vcl" in probe.advice)


@pytest.mark.parametrize("kind", [Kind.URL, Kind.EVERYTHING])
async def test_without_the_doors_nothing_is_taken_for_a_purge(bare_port: int, kind: Kind) -> None:
    targets = (f"https://{WWW}/a",) if kind is Kind.URL else ()
    with pytest.raises(WrongAddress, match=r"has no purge door: it answered 501"):
        await purge(bare_port, Purge(kind, targets, hosts=HOSTS))


@pytest.mark.parametrize(
    "door",
    [
        pytest.param('sub vcl_recv { if (req.method == "PURGE") { return (purge); } }', id="the-stock-purge"),
        pytest.param('sub vcl_recv { if (req.method == "PURGE") { return (synth(200, "Purged")); } }', id="a-synth"),
    ],
)
async def test_a_purge_door_of_ones_own_is_good_for_urls(origin: Origin, tmp_path: Path, door: str) -> None:
    with running_varnish(tmp_path, vcl(origin, door)) as port:
        await purge(port, Purge(Kind.URL, (f"https://{WWW}/a",), hosts=HOSTS))


async def test_a_ban_door_of_ones_own_is_not_ours(origin: Origin, tmp_path: Path) -> None:
    door = 'sub vcl_recv { if (req.method == "BAN") { ban("req.url ~ ."); return (synth(200, "Banned")); } }'
    with running_varnish(tmp_path, vcl(origin, door)) as port, pytest.raises(WrongAddress, match=r"did not read what"):
        await purge(port, Purge(Kind.HOST, (WWW,), hosts=HOSTS))


async def test_who_is_not_in_the_acl_is_refused(origin: Origin, tmp_path: Path) -> None:
    closed = SHIPPED.read_text().replace("127.0.0.1", "192.0.2.1")
    with running_varnish(tmp_path, closed + vcl(origin, head="").removeprefix("vcl 4.1;")) as port:
        with pytest.raises(BadCredentials) as caught:
            await purge(port, Purge(Kind.URL, (f"https://{WWW}/a",), hosts=HOSTS))
        probe = await doctor(port)
    assert (
        f"Varnish at 127.0.0.1:{port} takes no purges from the address of this machine. "
        'Add it to acl purgebot_clients in its VCL and load that again. It said: "Not in acl purgebot_clients".'
    ) == str(caught.value)
    assert Health.BAD == probe.health


async def test_a_call_through_a_proxy_is_refused_since_it_could_be_any_visitor(origin: Origin, tmp_path: Path) -> None:
    with running_varnish(tmp_path, vcl(origin)) as inner:
        pipe = f'backend default {{ .host = "127.0.0.1"; .port = "{inner}"; }}\nsub vcl_recv {{ return (pass); }}\n'
        (tmp_path / "proxy").mkdir()
        with (
            running_varnish(tmp_path / "proxy", f"vcl 4.1;\n{pipe}") as proxy,
            pytest.raises(BadCredentials, match="proxy"),
        ):
            await purge(proxy, Purge(Kind.URL, (f"https://{WWW}/a",), hosts=HOSTS))
