"""The pretend Redis: byte for byte what a real one answers, and what the adapter makes of it and of its faults."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis as Client

from playground.app import KEYS, TAGS, Pages
from playground.clouds.redis import Redis as PretendRedis
from playground.clouds.resp import RespServer
from playground.faults import Faults
from playground.http import Reply
from playground.requests import Requests
from playground.store import Store
from providers.contract import Account, Health, Kind, Purge
from providers.errors import BadCredentials, OutcomeUnknown, PurgeError, Throttled, Unavailable, WrongAddress
from providers.redis import Redis
from tests.playground.slack_land import Clock
from tests.providers.manners import REFERENCE
from tests.providers.test_redis_real import running_redis

pytestmark = pytest.mark.slow

PASSWORD = "a-secret"
HOSTS = ("www.shop.test", "img.shop.test")
PATHS = ["/", "/news", "/news/a", "/news/a?x=1", "/newsroom", "/a.css", "/[b]", "/a*b", "/a\\b"]
KEYS_HELD = [f"page:www.shop.test{path}" for path in PATHS]
TAGGED = {"tag:news": "page:www.shop.test/news", "tag:one": "page:www.shop.test/"}
LAYER = {"keys": KEYS}


@dataclass(frozen=True, slots=True)
class Place:
    """A pretend Redis on its port, and what stands around it."""

    server: RespServer
    pages: Pages
    faults: Faults
    requests: Requests
    clock: Clock

    @property
    def port(self) -> int:
        return int(self.server.url.rpartition(":")[2])

    def account(self, password: str = PASSWORD) -> Redis:
        return Redis(Account("app", {"url": f"redis://:{password}@127.0.0.1:{self.port}", "tags": TAGS}))


@contextlib.asynccontextmanager
async def opened(data: Path) -> AsyncIterator[Place]:
    """A Redis that holds PATHS and TAGGED."""
    store, clock = Store(data / "world.db"), Clock()
    pages, faults, requests = Pages(store, "app", clock), Faults(store), Requests(store, clock)
    for path in PATHS:
        tags = [tag.removeprefix("tag:") for tag, key in TAGGED.items() if key == f"page:www.shop.test{path}"]
        pages.keep(f"http://www.shop.test{path}", Reply(200, {"x-build": "v1"}), tags, pages.mark())
    server = RespServer(store, "app", PretendRedis(pages, PASSWORD, requests, faults))
    await server.start()
    try:
        yield Place(server, pages, faults, requests, clock)
    finally:
        await server.stop()
        store.close()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(tmp_path) as one:
        yield one


@pytest.fixture(scope="module")
def real_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running_redis(tmp_path_factory.mktemp("redis"), "--requirepass", PASSWORD) as port:
        yield port


@pytest.fixture
def real(real_port: int) -> int:
    """The port of a real one that holds the same."""
    with Client(port=real_port, password=PASSWORD) as client:
        client.flushall()
        for key in KEYS_HELD:
            client.set(key, "a page")
        for tag, key in TAGGED.items():
            client.sadd(tag, key)
    return real_port


def wired(*commands: str) -> bytes:
    """Commands, their words parted by blanks, as client libraries send them."""
    return b"".join(_wired(command.split(" ")) for command in commands)


def _wired(words: Sequence[str]) -> bytes:
    parts = [word.encode("latin-1") for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


async def said(port: int, raw: bytes) -> bytes:
    """All that comes back for raw bytes, once we have said that there is no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    writer.write_eof()
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer


async def asked(port: int, *commands: str) -> bytes:
    """What is answered to commands of one conversation; a PING stands at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(wired(*commands, f"AUTH {PASSWORD}", "PING the-end"))
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"$7\r\nthe-end\r\n")
    writer.close()
    return answer


IN = f"AUTH {PASSWORD}"
CONVERSATIONS = [
    pytest.param(["PING", "UNLINK page:www.shop.test/"], id="a-stranger"),
    pytest.param(["AUTH wrong", "PING"], id="a-wrong-password"),
    pytest.param([f"AUTH somebody {PASSWORD}"], id="a-wrong-user"),
    pytest.param([f"AUTH default {PASSWORD}", "PING", "PING hello"], id="a-user-by-name"),
    pytest.param(["AUTH a b c"], id="too-many-words-for-auth"),
    pytest.param(["HELLO", "HELLO 2", "HELLO 4", "HELLO x"], id="a-strangers-hello"),
    pytest.param(["HELLO 3 AUTH default wrong"], id="hello-with-a-wrong-password"),
    pytest.param(["NONSENSE a b"], id="a-stranger-with-an-unknown-command"),
    pytest.param([IN, "nonsense", "nonsense a b"], id="an-unknown-command"),
    pytest.param([IN, "UNLINK", "SCARD", "SCARD a b", "RENAMENX a", "SREM a", "SCAN"], id="too-few-or-many-words"),
    pytest.param([IN, "SELECT 0", "SELECT 99", "SELECT x", "SELECT -1"], id="databases"),
    pytest.param([IN, "unlink page:www.shop.test/news page:www.shop.test/never"], id="a-page-and-none"),
    pytest.param([IN, "UNLINK page:www.shop.test/ page:www.shop.test/"], id="a-page-named-twice"),
    pytest.param([IN, "UNLINK tag:news", "SCARD tag:news"], id="a-set"),
    pytest.param([IN, "SCARD tag:news", "SCARD tag:never", "SCARD page:www.shop.test/"], id="how-many-in-a-set"),
    pytest.param([IN, "SRANDMEMBER tag:news", "SRANDMEMBER tag:never"], id="one-of-a-set"),
    pytest.param(
        [IN, "SRANDMEMBER tag:news 9", "SRANDMEMBER tag:never 9", "SRANDMEMBER tag:news 0", "SRANDMEMBER tag:news -3",
         "SRANDMEMBER tag:news x", "SRANDMEMBER page:www.shop.test/ 1"],
        id="some-of-a-set",
    ),
    pytest.param(
        [IN, "SREM tag:news nothing", f"SREM tag:news {TAGGED['tag:news']} nothing", "SCARD tag:news",
         "SREM page:www.shop.test/ x", "SREM tag:never x"],
        id="out-of-a-set",
    ),
    pytest.param([IN, "RENAMENX tag:news tag:aside", "SCARD tag:news", "SCARD tag:aside"], id="a-set-renamed"),
    pytest.param([IN, "RENAMENX tag:news tag:one", "RENAMENX tag:never tag:x"], id="renamed-onto-another-and-none"),
    pytest.param([IN, "RENAMENX tag:news page:www.shop.test/"], id="renamed-onto-a-page"),
    pytest.param(
        [IN, "SCAN x", "SCAN 0 COUNT 0", "SCAN 0 COUNT x", "SCAN 0 MATCH", "SCAN 0 FOR x"],
        id="bad-scans",
    ),
    pytest.param(
        [IN, "SCAN 0 MATCH page:www.shop.test/a.css COUNT 1000", "scan 0 match x count 1000"],
        id="good-scans",
    ),
    pytest.param([IN, "CLUSTER SLOTS"], id="no-cluster"),
    pytest.param([IN, "INFO cluster", "INFO nothing"], id="about-itself"),
    pytest.param([IN, "HELLO 3 SETNAMES x"], id="an-option-that-is-none"),
]  # fmt: skip


@pytest.mark.real("redis-server")
@pytest.mark.parametrize("commands", CONVERSATIONS)
async def test_it_answers_as_a_real_one(place: Place, real: int, commands: list[str]) -> None:
    assert await asked(real, *commands) == await asked(place.port, *commands)


@pytest.mark.real("redis-server")
async def test_it_speaks_version_3_as_a_real_one(place: Place, real: int) -> None:
    commands = [
        "SRANDMEMBER tag:never",
        "INFO cluster",
        "SRANDMEMBER tag:news 2",
        "SCARD tag:news",
        "SCAN 0 MATCH no COUNT 99",
    ]
    hello = f"HELLO 3 AUTH default {PASSWORD}"
    seen = [await asked(port, hello, *commands) for port in (real, place.port)]
    assert seen[1].startswith(b"%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n")
    first, second = (one.partition(b"modules\r\n*0\r\n") for one in seen)
    assert first[1:] == second[1:]


BROKEN = [
    pytest.param(b"*x\r\n", id="a-count-that-is-none"),
    pytest.param(b"*1\r\n+PING\r\n", id="a-word-that-is-no-bulk-string"),
    pytest.param(b"*1\r\n$-5\r\n", id="a-word-of-less-than-nothing"),
    pytest.param(b"*1\r\n$x\r\n", id="a-length-that-is-none"),
    pytest.param(b"*11\r\n", id="many-words-of-a-stranger"),
    pytest.param(b"*2\r\n$4\r\nPING\r\n$16385\r\n", id="a-long-word-of-a-stranger"),
    pytest.param(wired(IN) + b"*2147483648\r\n", id="too-many-words"),
    pytest.param(wired(IN) + b"*-1\r\n*0\r\n" + wired("PING"), id="commands-of-nothing"),
    pytest.param(b"", id="nothing"),
    pytest.param(b"*2\r\n$4\r\nPI", id="half-a-word"),
]


@pytest.mark.real("redis-server")
@pytest.mark.parametrize("raw", BROKEN)
async def test_what_is_no_command_ends_as_with_a_real_one(place: Place, real: int, raw: bytes) -> None:
    assert await said(real, raw) == await said(place.port, raw)


async def test_a_web_browser_is_told_what_this_is(place: Place) -> None:
    told = await said(place.port, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert b"-ERR Protocol error: expected '*', this Redis takes no inline commands\r\n" == told


GLOBS = [
    "*", "page:*", "page:www.shop.test/news*", "page:www.shop.test/news?a", "page:*.css", "page:*/[ab].css",
    "page:*/[a-c].css", "page:*/[c-a].css", "page:*/[^a].css", "page:*/\\[b\\]", "page:*/[[]b]", "page:*/a\\*b",
    "page:*/a\\\\b", "page:*/a*b", "page:*/[", "page:*/a[", "", "?", "page:**news**", "tag:*",
    "page:*/[]b]", "page:*\\",
]  # fmt: skip


@pytest.mark.real("redis-server")
@pytest.mark.parametrize("glob", GLOBS)
async def test_match_finds_what_a_real_one_finds(place: Place, real: int, glob: str) -> None:
    assert scanned(real, glob) == await asyncio.to_thread(scanned, place.port, glob)


def scanned(port: int, glob: str) -> set[bytes]:
    with Client(port=port, password=PASSWORD) as client:
        return set(client.scan_iter(match=glob, count=3))


async def test_a_scan_misses_nothing_while_others_go(place: Place) -> None:
    for n in range(300):
        place.pages.keep(f"http://www.shop.test/many/{n}", Reply(200, {}), (), place.pages.mark())
    seen = await asyncio.to_thread(emptied, place.port)
    assert {f"page:www.shop.test/many/{n}".encode() for n in range(300)} == seen
    assert sorted(KEYS_HELD + list(TAGGED)) == sorted(place.pages.names())


def emptied(port: int) -> set[bytes]:
    """Scan and unlink at once, batch by batch."""
    seen: set[bytes] = set()
    with Client(port=port, password=PASSWORD) as client:
        for key in client.scan_iter(match="page:www.shop.test/many/*", count=7):
            seen.add(key)
            client.unlink(key)
    return seen


async def test_a_page_that_has_lived_an_hour_is_no_key(place: Place) -> None:
    place.clock.at += 3600
    assert b"+OK\r\n:0\r\n" == (await asked(place.port, IN, "UNLINK page:www.shop.test/news"))[:9]
    assert sorted(TAGGED) == sorted(place.pages.names())


async def test_every_command_is_written_down_and_no_password(place: Place) -> None:
    await asked(place.port, "AUTH wrong", IN, "UNLINK page:www.shop.test/a.css page:www.shop.test/x", "NONSENSE a")
    rows = place.requests.listed()
    urls = ["http://www.shop.test/a.css", "http://www.shop.test/x"]
    assert [
        ("AUTH", "", "", 401, []),
        ("AUTH", "", "", 200, []),
        ("UNLINK", "page:www.shop.test/a.css", "page:www.shop.test/x", 200, urls),
        ("NONSENSE", "a", "", 400, []),
    ] == [(row["method"], row["path"], row["body"], row["status"], row["purged"]) for row in rows[:4]]
    assert {"app"} == {row["account"] for row in rows}
    assert PASSWORD not in str(rows)
    assert "wrong" not in str(rows)


# The adapter, unchanged


WISHES = [
    pytest.param(Kind.URL, ["http://www.shop.test/news/a?x=1"], {"/news/a?x=1"}, id="url"),
    pytest.param(Kind.PREFIX, ["www.shop.test/news"], {"/news", "/news/a", "/news/a?x=1"}, id="prefix"),
    pytest.param(Kind.PREFIX, ["www.shop.test/[b]"], {"/[b]"}, id="prefix-of-letters-that-mean-something-in-a-glob"),
    pytest.param(Kind.PATTERN, ["www.shop.test/*.css"], {"/a.css"}, id="pattern"),
    pytest.param(Kind.HOST, ["img.shop.test"], set(), id="another-host"),
    pytest.param(Kind.HOST, ["www.shop.test"], set(PATHS), id="host"),
    pytest.param(Kind.EVERYTHING, [], set(PATHS), id="everything"),
    pytest.param(Kind.TAG, ["news"], {"/news"}, id="tag"),
    pytest.param(Kind.TAG, ["never"], set(), id="a-tag-that-is-none"),
]


@pytest.mark.parametrize(("kind", "targets", "gone"), WISHES)
async def test_what_the_adapter_wishes_is_gone(
    place: Place, kind: Kind, targets: Sequence[str], gone: set[str]
) -> None:
    adapter = place.account()
    for call in adapter.plan(Purge(kind, tuple(targets), layer=LAYER, hosts=HOSTS)):
        receipt = await adapter.send(call, REFERENCE)
        assert receipt.finished
    await adapter.close()
    assert set(PATHS) - gone == set(place.pages.shown("www.shop.test"))


async def test_a_purged_tag_leaves_no_set(place: Place) -> None:
    adapter = place.account()
    [call] = adapter.plan(Purge(Kind.TAG, ("news",), layer=LAYER, hosts=HOSTS))
    receipt = await adapter.send(call, REFERENCE)
    await adapter.close()
    assert "1 key removed." == receipt.note
    assert ["tag:one"] == [name for name in place.pages.names() if name.startswith("tag:")]


async def test_the_doctor_finds_it_well_and_purges_nothing(place: Place) -> None:
    before = place.pages.names()
    adapter = place.account()
    probe = await adapter.probe(LAYER)
    await adapter.close()
    assert (Health.GOOD, before) == (probe.health, place.pages.names())


FAULTS = [
    pytest.param("throttle", Throttled, "too many connections", False, id="throttle"),
    pytest.param("error500", Unavailable, "cannot save to its disk", False, id="error500"),
    pytest.param("bad_token", BadCredentials, "does not take the user name and password", False, id="bad-token"),
    pytest.param("forbidden", BadCredentials, "ACL SETUSER", False, id="forbidden"),
    pytest.param("html", WrongAddress, "does not answer as Redis does", False, id="html"),
    pytest.param("reset", OutcomeUnknown, "broke off before it answered", False, id="reset"),
    pytest.param("down", OutcomeUnknown, "broke off before it answered", False, id="down-once"),
]


@pytest.mark.parametrize(("kind", "error", "says", "is_gone"), FAULTS)
async def test_a_fault_is_named_and_the_next_call_goes_through(
    place: Place, kind: str, error: type[PurgeError], says: str, is_gone: bool
) -> None:
    adapter = place.account()
    [call] = adapter.plan(Purge(Kind.URL, ("http://www.shop.test/news",), layer=LAYER, hosts=HOSTS))
    place.faults.set("app", kind, 1)
    with pytest.raises(error) as caught:
        await adapter.send(call, REFERENCE)
    assert says in str(caught.value)
    assert is_gone == ("/news" not in place.pages.shown("www.shop.test"))
    assert (kind, []) == (place.requests.listed()[-1]["fault"], place.requests.listed()[-1]["purged"])
    assert "1 key removed." == (await adapter.send(call, REFERENCE)).note
    await adapter.close()


async def test_an_answer_lost_after_the_effect(place: Place) -> None:
    adapter = Redis(Account("app", {"url": f"redis://:{PASSWORD}@127.0.0.1:{place.port}"}), seconds=0.3)
    [call] = adapter.plan(Purge(Kind.URL, ("http://www.shop.test/news",), layer=LAYER, hosts=HOSTS))
    place.faults.set("app", "timeout_after_effect", 1)
    with pytest.raises(OutcomeUnknown, match=r"did not answer within 0.3 s"):
        await adapter.send(call, REFERENCE)
    await adapter.close()
    assert "/news" not in place.pages.shown("www.shop.test")


async def test_a_wrong_password_is_told_so(place: Place) -> None:
    adapter = place.account("wrong")
    probe = await adapter.probe(LAYER)
    await adapter.close()
    assert (Health.BAD, True) == (probe.health, "user name and password" in probe.what)


async def test_it_comes_back_on_its_port(place: Place) -> None:
    before = place.port
    await place.server.stop()
    with pytest.raises(ConnectionRefusedError):
        await asked(before, IN)
    await place.server.start()
    assert (before, b"+OK\r\n") == (place.port, (await asked(before, IN))[:5])
