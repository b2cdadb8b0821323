"""A real Redis, and a real cluster of three: what is purged is gone, and its neighbours are still there."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis as Client
from redis.cluster import RedisCluster as ClusterClient

from providers.contract import Account, Health, Kind, Probe, Purge, Receipt
from providers.errors import BadCredentials, OutcomeUnknown, PurgeError, Unavailable, WrongAddress
from providers.redis import Redis
from tests.providers.manners import REFERENCE
from tests.real import find, free_port

pytestmark = pytest.mark.real("redis-server")

WWW, IMG, OTHER = "www.shop.test", "img.shop.test", "www.other.test"
LAYER = {"keys": "page:{host}{path}"}


@dataclass(frozen=True, slots=True)
class Server:
    """A redis-server and its port."""

    port: int
    process: subprocess.Popen[str]

    def wait_for(self, words: str) -> None:
        """Read its log up to a line with these words."""
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if words in line:
                return
        raise AssertionError(f"redis-server ended with {self.process.wait()}: {said}")


@contextlib.contextmanager
def server(folder: Path, *options: str, port: int = 0, tls: bool = False) -> Iterator[Server]:
    """A redis-server that takes connections."""
    port = port or free_port()
    folder.mkdir(exist_ok=True)
    command = [find("redis-server"), "--port", "0" if tls else str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    command += ["--save", "", "--appendonly", "no", *(["--tls-port", str(port)] if tls else []), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        started = Server(port, process)
        started.wait_for("Ready to accept connections")
        yield started
    finally:
        process.kill()
        process.communicate(timeout=20)


@contextlib.contextmanager
def running_redis(folder: Path, *options: str, port: int = 0, tls: bool = False) -> Iterator[int]:
    """The port of a redis-server."""
    with server(folder, *options, port=port, tls=tls) as started:
        yield started.port


def cluster_port() -> int:
    """A free port whose bus port, 10,000 above, is free too."""
    while True:
        port = free_port()
        with socket.socket() as bus, contextlib.suppress(OSError):
            if port <= 55_535:
                bus.bind(("127.0.0.1", port + 10_000))
                return port
            continue


@contextlib.contextmanager
def running_cluster(folder: Path) -> Iterator[int]:
    """A port of a cluster of three, each with a third of the slots."""
    cuts = [(0, 5460), (5461, 10922), (10923, 16383)]
    options = ("--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf")
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(server(folder / str(n), *options, port=cluster_port())) for n in range(3)]
        for n, node in enumerate(nodes):
            with Client(port=node.port) as client:
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", *cuts[n])
                client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", n + 1)  # while it knows no other yet
        for node in nodes:
            with Client(port=node.port) as client:
                for other in nodes:
                    client.execute_command("CLUSTER", "MEET", "127.0.0.1", other.port)
        for node in nodes:
            node.wait_for("Cluster state changed: ok")
        yield nodes[0].port


Shop = tuple["Client | ClusterClient", str, bool]  # a client that sees all keys, the address, and whether a cluster


@pytest.fixture(scope="module", params=["alone", "cluster"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("redis")
    if request.param == "alone":
        with running_redis(folder) as port, Client(port=port) as client:
            yield client, f"redis://127.0.0.1:{port}", False
    else:
        with running_cluster(folder) as port, ClusterClient(host="127.0.0.1", port=port) as cluster:
            yield cluster, f"redis://127.0.0.1:{port}", True


@pytest.fixture
def shop(place: Shop) -> Shop:
    place[0].flushall()
    return place


@contextlib.asynccontextmanager
async def redis(
    url: str, cluster: bool = False, tags: str = "", rounds: int = 500, ca: str = ""
) -> AsyncIterator[Redis]:
    settings = {"cluster": "yes" if cluster else "no", "tags": tags, "ca_file": ca}
    provider = Redis(Account("pages", settings, {"url": url}), rounds=rounds, seconds=3)
    try:
        yield provider
    finally:
        await provider.close()


async def purge(provider: Redis, wish: Purge) -> list[Receipt]:
    receipts = []
    for call in provider.plan(wish):
        receipts.append(await provider.send(call, REFERENCE))
        while not receipts[-1].finished:
            receipts.append(await provider.progress(receipts[-1]))
    return receipts


def wish(kind: Kind, *targets: str, keys: str = LAYER["keys"]) -> Purge:
    return Purge(kind, targets, layer={"keys": keys}, hosts=(WWW, IMG))


def held(client: Client | ClusterClient) -> set[str]:
    return {key.decode() for key in client.scan_iter()}


def pages(*addresses: str) -> set[str]:
    return {f"page:{address}" for address in addresses}


@pytest.mark.parametrize(
    ("asked", "gone", "kept"),
    [
        pytest.param(
            wish(Kind.URL, f"https://{WWW}/a", f"https://{IMG}/b?x=1&x=%2F"),
            pages(f"{WWW}/a", f"{IMG}/b?x=1&x=%2F"),
            pages(f"{WWW}/a?b=1", f"{WWW}/A", f"{IMG}/a", f"{IMG}/b?x=1&x=%2f") | {f"other:{WWW}/a"},
            id="urls",
        ),
        pytest.param(
            wish(Kind.URL, f"https://{WWW}/x[1]*?y"), pages(f"{WWW}/x[1]*?y"), pages(f"{WWW}/x1", f"{WWW}/x[1]*?yy"),
            id="url-of-glob-characters",
        ),
        pytest.param(
            wish(Kind.PREFIX, f"{WWW}/news"),
            pages(f"{WWW}/news", f"{WWW}/news/", f"{WWW}/news/1?x=y", f"{WWW}/news?p=2", f"{WWW}:8443/news/1"),
            pages(f"{WWW}/newsletter", f"{WWW}/old/news/1", f"{IMG}/news/1", f"{OTHER}/news") | {f"x:{WWW}/news/1"},
            id="prefix-at-a-path-boundary",
        ),
        pytest.param(
            wish(Kind.PREFIX, rf"{WWW}/x[1]\?*"),
            set(),
            pages(f"{WWW}/x1/a", f"{WWW}/x[1]/a"),
            id="prefix-of-glob-characters-that-nothing-has",
        ),
        pytest.param(
            wish(Kind.PREFIX, f"{WWW}/x[1]*"),
            pages(f"{WWW}/x[1]*/a", f"{WWW}/x[1]*"),
            pages(f"{WWW}/x1/a", f"{WWW}/x[1]b/a"),
            id="prefix-of-glob-characters",
        ),
        pytest.param(
            wish(Kind.PATTERN, f"{WWW}/*.css"),
            pages(f"{WWW}/a.css", f"{WWW}/deep/b.css?v=3"),
            pages(f"{WWW}/a.css.map", f"{WWW}/acss", f"{IMG}/a.css"),
            id="pattern-whatever-the-query",
        ),
        pytest.param(
            wish(Kind.PATTERN, f"{WWW}/a*[b]*c*d*.png"),
            pages(f"{WWW}/ax[b]xcxd.png"),
            pages(f"{WWW}/axbxcxd.png", f"{WWW}/a[b]d.png"),
            id="pattern-of-many-stars",
        ),
        pytest.param(
            wish(Kind.HOST, WWW),
            pages(f"{WWW}/", f"{WWW}/a?b", f"{WWW}:8443/a"),
            pages(f"{IMG}/", f"x{WWW}/", f"{WWW}.evil.test/", "wwwXshop.test/"),
            id="host",
        ),
        pytest.param(
            wish(Kind.EVERYTHING),
            pages(f"{WWW}/", f"{IMG}/a", f"{IMG}/b?c"),
            pages(f"{OTHER}/", f"{WWW}.evil.test/") | {"session:1", f"pages:{WWW}/", "queue"},
            id="everything-of-the-site-and-no-other",
        ),
        pytest.param(
            wish(Kind.EVERYTHING, keys="html:{path}"),
            {"html:/", "html:/a?b"},
            {"html", "htm:/a", "session:/"},
            id="everything-where-no-host-is-in-the-key",
        ),
        pytest.param(
            wish(Kind.PREFIX, f"{WWW}/a", keys="p:{scheme}:{{host}}:{path}:v2"),
            {f"p:https:{{{WWW}}}:/a/b:v2", f"p:http:{{{WWW}}}:/a:v2"},
            {f"p:https:{{{WWW}}}:/a/b:v1", f"p:ftp:{{{WWW}}}:/a:v2", f"p:https:{{{WWW}}}:/ab:v2"},
            id="keys-with-a-hash-tag-and-an-end",
        ),
    ],
)  # fmt: skip
async def test_what_is_purged_is_gone_and_its_neighbours_are_still_there(
    shop: Shop, asked: Purge, gone: set[str], kept: set[str]
) -> None:
    client, url, cluster = shop
    for key in gone | kept:
        client.set(key, "old")
    before = held(client)
    async with redis(url, cluster) as provider:
        receipts = await purge(provider, asked)
    assert gone | kept == before
    assert kept == held(client)
    assert f"{len(gone)} key{'' if len(gone) == 1 else 's'} removed." == receipts[-1].note


@pytest.mark.parametrize("tags", ["tag:{tag}", "tag:{{tag}}"])
async def test_a_tag_removes_its_keys_and_its_set_and_nothing_of_another_prefix(shop: Shop, tags: str) -> None:
    client, url, cluster = shop
    news, sale = tags.replace("{tag}", "news"), tags.replace("{tag}", "sale")
    for key in ("page:/1", "page:/2", "page:/3", "session:9"):
        client.set(key, "old")
    client.sadd(news, "page:/1", "page:/2", "page:/gone-already", "session:9")
    client.sadd(sale, "page:/3")
    async with redis(url, cluster, tags) as provider:
        first = await purge(provider, wish(Kind.TAG, "news", "nobody"))
        again = await purge(provider, wish(Kind.TAG, "news"))
    assert {"page:/3", "session:9", sale} == held(client)
    assert (["2 keys removed.", "0 keys removed."], ["0 keys removed."]) == (
        [one.note for one in first],
        [one.note for one in again],
    )


async def test_a_tag_purge_that_was_cut_off_is_finished_by_the_next_and_loses_no_new_key(shop: Shop) -> None:
    client, url, cluster = shop
    members = [f"page:/{n}" for n in range(1200)]
    client.sadd("tag:news", *members)
    for key in members:
        client.set(key, "old")
    async with redis(url, cluster, "tag:{tag}", rounds=2) as provider:
        (call,) = provider.plan(wish(Kind.TAG, "news"))
        begun = await provider.send(call, REFERENCE)
    some = len([key for key in held(client) if key.startswith("page:")])
    client.set("page:/new", "new")
    client.sadd("tag:news", "page:/new")
    async with redis(url, cluster, "tag:{tag}") as provider:
        await purge(provider, wish(Kind.TAG, "news"))
    assert (False, 700) == (begun.finished, some)
    assert set() == held(client)


async def test_a_big_keyspace_is_walked_in_pieces_by_whoever_has_the_receipt(shop: Shop) -> None:
    client, url, cluster = shop
    fill(client, [f"page:{WWW}/{n}" for n in range(5000)] + [f"page:{OTHER}/{n}" for n in range(300)])
    async with redis(url, cluster, rounds=1) as first:
        (call,) = first.plan(wish(Kind.HOST, WWW))
        receipt = await first.send(call, REFERENCE)
    begun = receipt
    pieces = 1
    while not receipt.finished:
        async with redis(url, cluster, rounds=1) as other:
            receipt = await other.progress(receipt)
        pieces += 1
    assert (False, True) == (begun.finished, pieces >= 5)
    assert (Receipt(note="5,000 keys removed."), 300) == (receipt, len(held(client)))


def fill(client: Client | ClusterClient, keys: Sequence[str]) -> None:
    old = dict.fromkeys(keys, "old")
    if isinstance(client, Client):
        client.mset(old)
        return
    client.mset_nonatomic(old)


async def test_many_urls_of_one_call_are_removed_wherever_they_are(shop: Shop) -> None:
    client, url, cluster = shop
    urls = [f"https://{WWW}/{n}" for n in range(700)]
    fill(client, [url.replace("https://", "page:") for url in urls])
    async with redis(url, cluster) as provider:
        receipts = await purge(provider, wish(Kind.URL, *urls))
    assert (["500 keys removed.", "200 keys removed."], set()) == ([one.note for one in receipts], held(client))


async def test_the_doctor_finds_it_good_and_purges_nothing(shop: Shop) -> None:
    client, url, cluster = shop
    client.set(f"page:{WWW}/", "old")
    client.sadd("tag:news", f"page:{WWW}/")
    before = held(client)
    async with redis(url, cluster, "tag:{tag}") as provider:
        probe = await provider.probe(LAYER)
    who = f"Redis at {url.removeprefix('redis://')}{' and its 3 primaries take' if cluster else ' takes'}"
    assert Probe(Health.GOOD, f"{who} purges of page:* from this account.") == probe
    assert before == held(client)


# When it says no

URL = wish(Kind.URL, f"https://{WWW}/a")


async def trouble(provider: Redis, asked: Purge = URL) -> PurgeError:
    with pytest.raises(PurgeError) as caught:
        await purge(provider, asked)
    return caught.value


async def test_cluster_yes_for_a_redis_that_is_alone_and_the_reverse(shop: Shop) -> None:
    _, url, cluster = shop
    async with redis(url, not cluster) as provider:
        error = await trouble(provider, wish(Kind.EVERYTHING))
        probe = await provider.probe(LAYER)
    what, advice = (
        ("is part of a cluster.", "Set `cluster: yes` on the account.")
        if cluster
        else ("is not part of a cluster.", "Remove `cluster: yes`.")
    )
    who = f"Redis at {url.removeprefix('redis://')}"
    assert (WrongAddress, f"{who} {what}", advice) == (type(error), error.what, error.advice)
    assert Probe(Health.BAD, f"{who} {what}", advice) == probe


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A Redis with a password, and users who may less."""
    with running_redis(tmp_path_factory.mktemp("guarded"), "--requirepass", "s3cret-word") as port:
        with Client(port=port, password="s3cret-word") as client:
            rights = "+unlink +scan +info +cluster|slots +scard +srandmember +srem +renamenx"
            for name, more in (("exact", f"{rights} ~page:* ~tag:*"), ("reader", "+get +scan +info ~*"), (
                "elsewhere", f"{rights} ~other:*"), ("shy", "+unlink +scan ~page:*")):  # fmt: skip
                client.execute_command("ACL", "SETUSER", name, "on", ">s3cret-word", *more.split())
            client.set("string", "")
            client.set("tag:string", "")
        yield port


@pytest.mark.parametrize(
    ("who", "error", "what"),
    [
        pytest.param("", BadCredentials, "does not take the user name and password.", id="no-password"),
        pytest.param(":wr0ng-word@", BadCredentials, "does not take the user name and password.", id="wrong-password"),
        pytest.param("nobody:s3cret-word@", BadCredentials, "does not take the user name and password.", id="no-user"),
        pytest.param("reader:s3cret-word@", BadCredentials, "does not let this user do a purge.", id="no-unlink"),
        pytest.param("elsewhere:s3cret-word@", BadCredentials, "does not let this user do a purge.", id="no-such-keys"),
    ],
)
async def test_who_may_not_is_told_what_is_missing(guarded: int, who: str, error: type[PurgeError], what: str) -> None:
    async with redis(f"redis://{who}127.0.0.1:{guarded}") as provider:
        found = await trouble(provider)
        probe = await provider.probe(LAYER)
    assert (error, f"Redis at 127.0.0.1:{guarded} {what}") == (type(found), found.what)
    assert (Health.BAD, found.what, found.advice) == (probe.health, probe.what, probe.advice)
    assert "-word" not in f"{found}{found!r}"


@pytest.mark.parametrize("who", ["exact", "shy"])
async def test_the_rights_that_the_advice_names_are_enough(guarded: int, who: str) -> None:
    tags = "tag:{tag}" if who == "exact" else ""
    async with redis(f"redis://{who}:s3cret-word@127.0.0.1:{guarded}", tags=tags) as it:
        assert Health.GOOD == (await it.probe(LAYER)).health
        assert ["0 keys removed."] == [one.note for one in await purge(it, wish(Kind.EVERYTHING))]


async def test_a_tag_whose_set_is_no_set_is_told_and_left_where_it_is(guarded: int) -> None:
    async with redis(f"redis://:s3cret-word@127.0.0.1:{guarded}", tags="tag:{tag}") as provider:
        error = await trouble(provider, wish(Kind.TAG, "string"))
    with Client(port=guarded, password="s3cret-word") as client:
        assert b"" == client.get("tag:string")
    assert (WrongAddress, "Mend `tags`: it names the set that holds the keys of a tag.") == (type(error), error.advice)


async def test_a_database_that_is_not_there(guarded: int) -> None:
    async with redis(f"redis://:s3cret-word@127.0.0.1:{guarded}/99") as provider:
        error = await trouble(provider)
    assert (WrongAddress, f"Redis at 127.0.0.1:{guarded} has no database of this number.") == (type(error), error.what)


async def test_a_replica_takes_no_purges(guarded: int, tmp_path: Path) -> None:
    options = ("--replicaof", "127.0.0.1", str(guarded), "--masterauth", "s3cret-word")
    with running_redis(tmp_path, *options) as port:
        async with redis(f"redis://127.0.0.1:{port}") as provider:
            error = await trouble(provider)
    assert (WrongAddress, f"Redis at 127.0.0.1:{port} is a replica, which takes no purges.") == (
        type(error),
        error.what,
    )


async def test_a_command_that_was_renamed_away(tmp_path: Path) -> None:
    with running_redis(tmp_path, "--rename-command", "UNLINK", "") as port:
        async with redis(f"redis://127.0.0.1:{port}") as provider:
            error = await trouble(provider)
    assert (WrongAddress, f"Redis at 127.0.0.1:{port} does not know a command that a purge needs.") == (
        type(error),
        error.what,
    )


async def test_a_purge_goes_on_when_redis_is_out_of_memory(tmp_path: Path) -> None:
    with running_redis(tmp_path) as port, Client(port=port) as client:
        client.set(f"page:{WWW}/a", "old")
        client.sadd("tag:news", f"page:{WWW}/a")
        client.config_set("maxmemory", "1")
        async with redis(f"redis://127.0.0.1:{port}", tags="tag:{tag}") as provider:
            await purge(provider, wish(Kind.TAG, "news"))
        assert set() == held(client)


async def test_a_redis_that_does_not_answer_in_time(tmp_path: Path) -> None:
    with running_redis(tmp_path) as port, Client(port=port) as client:
        async with redis(f"redis://127.0.0.1:{port}") as provider:
            await provider.probe(LAYER)
            client.execute_command("CLIENT", "PAUSE", 20_000, "WRITE")
            error = await trouble(provider)
    assert (OutcomeUnknown, f"Redis at 127.0.0.1:{port} did not answer within 3 s.") == (type(error), error.what)


async def test_a_redis_that_was_restarted_is_found_again(tmp_path: Path) -> None:
    port = free_port()
    async with redis(f"redis://127.0.0.1:{port}") as provider:
        with running_redis(tmp_path, port=port):
            await purge(provider, URL)
        broken, error = await trouble(provider), await trouble(provider)
        with running_redis(tmp_path, port=port):
            assert [Receipt(note="0 keys removed.")] == await purge(provider, URL)
    assert isinstance(broken, Unavailable | OutcomeUnknown)  # whether its end was noticed before the call
    assert (Unavailable, f"Redis at 127.0.0.1:{port} cannot be reached: the connection was refused.") == (
        type(error),
        error.what,
    )


# TLS


def certificate(folder: Path) -> tuple[str, str]:
    """A certificate for 127.0.0.1 that nobody trusts yet, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = [find("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=redis"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return str(cert), str(key)


@pytest.mark.real("openssl")
async def test_tls_is_spoken_and_a_strange_certificate_is_not_trusted(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    options = ("--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no")
    with running_redis(tmp_path, *options, tls=True) as port:
        async with redis(f"rediss://127.0.0.1:{port}", ca=cert) as provider:
            assert [Receipt(note="0 keys removed.")] == await purge(provider, URL)
        async with redis(f"rediss://127.0.0.1:{port}") as provider:
            strange = await trouble(provider)
        async with redis(f"redis://127.0.0.1:{port}") as provider:
            plain = await trouble(provider)
    assert (WrongAddress, f"The certificate of Redis at 127.0.0.1:{port} is not trusted: self-signed certificate.") == (
        type(strange),
        strange.what,
    )
    assert "redis:// for plain, rediss:// for TLS" in plain.advice


async def test_tls_to_a_redis_that_speaks_none(tmp_path: Path) -> None:
    with running_redis(tmp_path) as port:
        async with redis(f"rediss://127.0.0.1:{port}") as provider:
            error = await trouble(provider)
    assert (Unavailable, True) == (type(error), "redis:// for plain, rediss:// for TLS" in error.advice)
