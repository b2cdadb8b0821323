"""A real Varnish by its management port and by the doors for tags and soft purges: what goes, and what stays."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from providers import PROVIDERS
from providers.contract import Account, Call, Health, Kind, Probe, Provider, Purge
from providers.errors import BadCredentials, PurgeError, Refused, Unavailable, WrongAddress
from tests.providers.manners import REFERENCE
from tests.real import Origin, find, free_port, running_origin, until_listening, visit

FOLDER = Path(__file__).parents[2] / "docs/providers/varnish"
MODULES = [str(path) for path in Path("/usr/lib").glob("*/varnish/vmods/libvmod_xkey.so")]
pytestmark = [pytest.mark.real("varnish"), pytest.mark.real([*MODULES, "varnish-modules"][0])]

WWW, IMG, OTHER = "www.shop.test", "img.shop.test", "www.other.test"
HOSTS = (WWW, IMG)
SECRET = "a-secret-of-37-bytes-with-its-line-end"
TAGGED = """
sub vcl_backend_response {
    if (bereq.url ~ "^/tagged/") {
        set beresp.http.Cache-Tag = regsub(bereq.url, "^/tagged/([^/]*)/.*$", "\\1");
        set beresp.http.Label = beresp.http.Cache-Tag;
        set beresp.http.xkey = beresp.http.Cache-Tag;
    }
}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running varnishd."""

    port: int
    admin: int

    def settings(self, *doors: str, **more: str) -> dict[str, str]:
        """An account's settings that name these doors of it."""
        every = {"url": f"http://127.0.0.1:{self.port}", "admin": f"127.0.0.1:{self.admin}"}
        return {name: every[name] for name in doors} | more


@contextmanager
def running(folder: Path, vcl: str, secret: str = f"{SECRET}\n") -> Iterator[Server]:
    """A varnishd with this configuration and this secret file; "" for none."""
    server = Server(free_port(), free_port())
    config, key = folder / "test.vcl", folder / "secret"
    config.write_text(vcl)
    key.write_text(secret)
    command = [find("varnishd"), "-F", "-j", "none", "-n", str(folder / "work"), "-f", str(config)]
    command += ["-a", f"127.0.0.1:{server.port}", "-T", f"127.0.0.1:{server.admin}"]
    command += ["-S", str(key) if secret else "none", "-s", "malloc,32m", "-p", "vsl_space=1M"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "launched OK" in line:
                break
        else:
            raise AssertionError(f"varnishd ended with {process.wait()}: {said}")
        for port in (server.port, server.admin):  # it says so a moment before its ports are open
            until_listening(port)
        yield server
    finally:
        process.terminate()
        process.communicate(timeout=20)


def vcl(origin: Origin, shipped: str = "purgebot-xkey.vcl") -> str:
    backend = f'backend default {{ .host = "127.0.0.1"; .port = "{origin.port}"; }}\n'
    include = f'include "{FOLDER}/{shipped}";\n' if shipped else ""
    return f"vcl 4.1;\n{include}{TAGGED}{backend}"


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with running_origin() as at:
        yield at


@pytest.fixture(scope="module")
def server(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("admin"), vcl(origin)) as at:
        yield at


@pytest.fixture(scope="module")
def plain(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("plain"), vcl(origin, "purgebot.vcl")) as at:
        yield at


@asynccontextmanager
async def varnish(settings: Mapping[str, str], secret: str = SECRET) -> AsyncIterator[Provider]:
    provider = PROVIDERS["varnish"].build(Account("shield", settings, {"secret": secret}), None)
    try:
        yield provider
    finally:
        await provider.close()


async def purge(settings: Mapping[str, str], wish: Purge, secret: str = SECRET) -> list[str]:
    """The notes of what was answered."""
    async with varnish(settings, secret) as provider:
        return [(await provider.send(call, REFERENCE)).note for call in provider.plan(wish)]


async def doctor(settings: Mapping[str, str], secret: str = SECRET) -> Probe:
    async with varnish(settings, secret) as provider:
        return await provider.probe({})


def served(server: Server, host: str, target: str) -> str:
    seen = visit(server.port, host, target)
    return f"{seen.headers['x-cache']} {seen.body}"


Page = tuple[str, str]
ADMIN, DOORS = ("admin",), ("url",)
HEADER, LABEL, XKEY = {"tags": "header"}, {"tags": "header", "tag_header": "Label"}, {"tags": "xkey"}
A, A_QUERY, OTHERS_A = (WWW, "/a"), (WWW, "/a?b=1"), (OTHER, "/a")


@pytest.mark.parametrize(
    ("doors", "more", "kind", "targets", "gone", "kept"),
    [
        pytest.param(ADMIN, {}, Kind.URL, [f"https://{WWW}/a"], [A], [A_QUERY, (IMG, "/a"), (WWW, "/a/b")], id="url"),
        pytest.param(
            ADMIN,
            {},
            Kind.URL,
            [f"https://{WWW}/a.b?c=d+e&f=(g)"],
            [(WWW, "/a.b?c=d+e&f=(g)")],
            [(WWW, "/aXb?c=d+e&f=(g)"), (WWW, "/a.b")],
            id="url-of-characters-that-mean-something-in-a-regex",
        ),
        pytest.param(
            ADMIN,
            {},
            Kind.PREFIX,
            [f"{WWW}/news"],
            [(WWW, "/news"), (WWW, "/news/1?x=y"), (WWW, "/news?page=2")],
            [(WWW, "/newsletter"), (IMG, "/news/1"), (OTHER, "/news/1")],
            id="prefix",
        ),
        pytest.param(
            ADMIN,
            {},
            Kind.PREFIX,
            [f'{WWW}/say"it\\n'],
            [(WWW, '/say"it\\n/x')],
            [(WWW, "/say"), (WWW, '/say"it')],
            id="prefix-with-a-quote-and-a-backslash",
        ),
        pytest.param(
            ADMIN,
            {},
            Kind.PATTERN,
            [f"{WWW}/*.css"],
            [(WWW, "/a.css"), (WWW, "/deep/b.css?v=3")],
            [(WWW, "/a.css.map"), (WWW, "/acss"), (IMG, "/a.css")],
            id="pattern",
        ),
        pytest.param(
            ADMIN, {}, Kind.HOST, [WWW], [A, (f"{WWW}:8443", "/a")], [(IMG, "/a"), (f"x{WWW}", "/a")], id="host"
        ),
        pytest.param(ADMIN, {}, Kind.EVERYTHING, [], [A, (IMG, "/a")], [OTHERS_A, ("wwwXshop.test", "/")], id="all"),
        pytest.param(
            ADMIN,
            HEADER,
            Kind.TAG,
            ["news", "a.b"],
            [(WWW, "/tagged/news/1"), (WWW, "/tagged/x,news,y/1"), (IMG, "/tagged/a.b/1")],
            [(WWW, "/tagged/newsroom/1"), (WWW, "/tagged/aXb/1"), (OTHER, "/tagged/news/1"), (WWW, "/tagged/NEWS/1")],
            id="tags-in-a-header",
        ),
        pytest.param(
            DOORS,
            HEADER,
            Kind.TAG,
            ["news", "a.b"],
            [(WWW, "/tagged/news/1"), (WWW, "/tagged/x,news,y/1"), (IMG, "/tagged/a.b/1")],
            [(WWW, "/tagged/newsroom/1"), (WWW, "/tagged/aXb/1"), (OTHER, "/tagged/news/1"), (WWW, "/other/news/1")],
            id="tags-in-a-header-by-the-door",
        ),
        pytest.param(
            DOORS,
            LABEL,
            Kind.TAG,
            ["news"],
            [(WWW, "/tagged/news/1")],
            [(WWW, "/tagged/new/1")],
            id="tags-in-a-header-of-another-name",
        ),
        pytest.param(
            ADMIN,
            HEADER,
            Kind.TAG,
            ['x"&&obj.status~"200'],
            [(WWW, '/tagged/x"&&obj.status~"200/1')],
            [A, (WWW, "/tagged/x/1"), (OTHER, "/a")],
            id="a-quote-in-a-tag-is-part-of-the-tag",
        ),
        pytest.param(
            DOORS,
            HEADER,
            Kind.TAG,
            ['x"&&obj.status~"200'],
            [(WWW, '/tagged/x"&&obj.status~"200/1')],
            [A, (WWW, "/tagged/x/1"), (OTHER, "/a")],
            id="a-quote-in-a-tag-by-the-door",
        ),
        pytest.param(
            DOORS,
            XKEY,
            Kind.TAG,
            ["news", "shoes"],
            [(WWW, "/tagged/news/1"), (WWW, "/tagged/x,shoes/1"), (OTHER, "/tagged/news,y/1")],
            [(WWW, "/tagged/newsroom/1"), (WWW, "/tagged/x/1"), A],
            id="tags-by-xkey-on-any-host",
        ),
    ],
)
async def test_what_is_purged_is_fresh_and_its_neighbours_are_still_cached(
    origin: Origin,
    server: Server,
    doors: tuple[str, ...],
    more: Mapping[str, str],
    kind: Kind,
    targets: list[str],
    gone: list[Page],
    kept: list[Page],
) -> None:
    whole = Purge(Kind.EVERYTHING, (), hosts=(*HOSTS, OTHER, f"x{WWW}", "wwwXshop.test"))
    await purge(server.settings("url"), whole)
    old, new = f"old of {doors} {targets}", f"new of {doors} {targets}"
    origin.version = old
    first = [served(server, *page) for page in gone + kept]
    origin.version = new
    stale = [served(server, *page) for page in gone + kept]

    await purge(server.settings(*doors, **more), Purge(kind, tuple(targets), hosts=HOSTS))

    assert [f"MISS {old}"] * len(gone + kept) == first
    assert [f"HIT {old}"] * len(gone + kept) == stale
    assert [f"MISS {new}"] * len(gone) == [served(server, *page) for page in gone]
    assert [f"HIT {old}"] * len(kept) == [served(server, *page) for page in kept]


@pytest.mark.parametrize(
    ("more", "kind", "target", "page", "neighbour"),
    [
        pytest.param({"soft": "yes"}, Kind.URL, f"https://{WWW}/s", "/s", "/s?a=1", id="url"),
        pytest.param({"soft": "yes"}, Kind.URL, f"https://{WWW}/vary/s", "/vary/s", "/vary/t", id="url-that-varies"),
        pytest.param(XKEY, Kind.TAG, "soft", "/tagged/soft/1", "/tagged/softer/1", id="xkey"),
    ],
)
async def test_what_is_softened_is_served_stale_once_and_then_fresh(
    origin: Origin, server: Server, more: Mapping[str, str], kind: Kind, target: str, page: str, neighbour: str
) -> None:
    await purge(server.settings("url"), Purge(Kind.EVERYTHING, (), hosts=HOSTS))
    origin.version = "old"
    first = [served(server, WWW, path) for path in (page, neighbour)]
    origin.version = "new"
    stale = [served(server, WWW, path) for path in (page, neighbour)]

    await purge(server.settings("url", **more), Purge(kind, (target,), soft=True, hosts=HOSTS))

    assert (["MISS old"] * 2, ["HIT old"] * 2) == (first, stale)
    assert "STALE old" == served(server, WWW, page)
    assert "HIT new" == until_fresh(server, page)
    assert "HIT old" == served(server, WWW, neighbour)


def until_fresh(server: Server, page: str) -> str:
    """What is served once the fetch in the background has come back."""
    for _ in range(1_000):
        seen = served(server, WWW, page)
        if not seen.startswith("STALE"):
            return seen
    return "STALE for a thousand visits"


@pytest.mark.parametrize("page", ["/never-seen", "/private"])
async def test_softening_what_is_not_kept_reaches_no_origin(origin: Origin, server: Server, page: str) -> None:
    visit(server.port, WWW, "/private")
    wish = Purge(Kind.URL, (f"https://{WWW}{page}",), soft=True, hosts=HOSTS)
    assert ["Softened."] == await purge(server.settings("url", soft="yes"), wish)


async def test_xkey_says_how_many_objects_went(server: Server) -> None:
    for n in range(3):
        visit(server.port, WWW, f"/tagged/counted/{n}")
    wish = Purge(Kind.TAG, ("counted", "never"), hosts=HOSTS)
    assert ["Purged 3 objects."] == await purge(server.settings("url", **XKEY), wish)
    assert ["Purged 0 objects."] == await purge(server.settings("url", **XKEY), wish)


async def test_visitors_never_see_xkey(server: Server) -> None:
    assert "xkey" not in visit(server.port, WWW, "/tagged/seen/1").headers


@pytest.mark.parametrize(
    "listed",
    [pytest.param("a", id="of-one-letter"), pytest.param("a" * 7, id="short"), pytest.param("a" * 25, id="long")],
)
async def test_the_most_tags_of_a_ban_and_the_longest_header_cost_varnish_no_panic(
    origin: Origin, server: Server, listed: str
) -> None:
    """No tag is there, each begins as those that are, and they end in different letters: PCRE must try them all."""
    origin.version = "long"
    page = f"/tagged/{f',{listed}' * (7_800 // (len(listed) + 1))}/1"
    served(server, WWW, page)
    tags = tuple(f"a{'a' * (n % 7)}{letter}" for n, letter in enumerate("bcdefghijklmnopqrstu"))

    notes = await purge(server.settings("admin", **HEADER), Purge(Kind.TAG, tags, hosts=HOSTS))

    assert (["Banned."], "HIT long") == (notes, served(server, WWW, page))


@pytest.mark.parametrize(
    ("file", "given"),
    [
        pytest.param(f"{SECRET}\n", SECRET, id="a-file-with-a-line-end-given-without"),
        pytest.param(f"{SECRET}\n", f"{SECRET}\n", id="a-file-with-a-line-end-given-whole"),
        pytest.param(SECRET, SECRET, id="a-file-without-a-line-end"),
        pytest.param("", "", id="no-secret"),
        pytest.param("", SECRET, id="a-secret-that-nobody-asks-for"),
    ],
)
async def test_the_right_secret_opens_the_port(origin: Origin, tmp_path: Path, file: str, given: str) -> None:
    with running(tmp_path, vcl(origin), file) as at:
        assert ["Banned."] == await purge(at.settings("admin"), Purge(Kind.HOST, (WWW,), hosts=HOSTS), given)
        probe = await doctor(at.settings("admin"), given)
    who = f"The management port of Varnish at 127.0.0.1:{at.admin}"
    assert (Health.GOOD, f"{who} lets this machine in; 1 ban waits to be worked off.") == (probe.health, probe.what)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("wrong", "does not accept this secret.", id="wrong"),
        pytest.param("", "asks for a secret, and there is none.", id="none"),
    ],
)
async def test_a_wrong_secret_bans_nothing(origin: Origin, server: Server, given: str, expected: str) -> None:
    served(server, WWW, "/locked")
    with pytest.raises(BadCredentials) as caught:
        await purge(server.settings("admin"), Purge(Kind.HOST, (WWW,), hosts=HOSTS), given)
    assert (
        f"The management port of Varnish at 127.0.0.1:{server.admin} {expected}",
        "Set `secret` to the file that varnishd's -S names: {file: /etc/varnish/secret}.",
    ) == (caught.value.what, caught.value.advice)
    assert "HIT" == visit(server.port, WWW, "/locked").headers["x-cache"]


@pytest.mark.parametrize(
    ("line", "expected", "what"),
    [
        pytest.param("ban obj.http.x ~ (", Refused, "did not take this ban.", id="a-bad-regex"),
        pytest.param("ban obj.nope ~ x", Refused, "did not take this ban.", id="an-unknown-field"),
        pytest.param("bann obj.http.x ~ x", WrongAddress, "does not know this command.", id="an-unknown-command"),
    ],
)
async def test_a_command_that_it_cannot_do_is_an_error_by_name(
    server: Server, line: str, expected: type[PurgeError], what: str
) -> None:
    async with varnish(server.settings("admin")) as provider:
        with pytest.raises(PurgeError) as caught:
            await provider.send(Call(Kind.HOST, "CLI", line, (WWW,), (("calls", 1),)), REFERENCE)
    assert (expected, True) == (type(caught.value), caught.value.what.endswith(what))


async def test_a_stopped_cache_takes_no_bans(origin: Origin, tmp_path: Path) -> None:
    with running(tmp_path, vcl(origin)) as at:
        subprocess.run(
            [find("varnishadm"), "-n", str(tmp_path / "work"), "stop"], check=True, capture_output=True, timeout=20
        )
        with pytest.raises(Unavailable, match="its cache process does not run"):
            await purge(at.settings("admin"), Purge(Kind.HOST, (WWW,), hosts=HOSTS))
        probe = await doctor(at.settings("admin"))
    assert (Health.BAD, True) == (probe.health, "does not run" in probe.what)


async def test_the_doctor_finds_a_vcl_on_which_bans_find_nothing(origin: Origin, tmp_path: Path) -> None:
    with running(tmp_path, vcl(origin, "")) as at:
        probe = await doctor(at.settings("admin"))
    assert (Health.BAD, True) == (probe.health, "sets no x-url and x-host" in probe.what)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, (Health.GOOD, ""), id="what-every-account-needs"),
        pytest.param({"soft": "yes", "tags": "header"}, (Health.GOOD, ""), id="soft-and-tags"),
        pytest.param(XKEY, (Health.BAD, "purgebot-xkey.vcl"), id="xkey"),
    ],
)
async def test_the_doctor_finds_the_doors_that_the_account_needs(
    plain: Server, more: Mapping[str, str], expected: tuple[Health, str]
) -> None:
    probe = await doctor(plain.settings("url", **more))
    assert expected == (probe.health, expected[1] and probe.advice[len("Include docs/providers/varnish/") :][:17])


async def test_both_ways_in_are_tried_by_the_doctor(server: Server) -> None:
    probe = await doctor(server.settings("url", "admin", **XKEY))
    assert (Health.GOOD, True, True) == (probe.health, "purge doors" in probe.what, "lets this machine" in probe.what)


async def test_without_the_xkey_door_a_tag_purges_nothing(plain: Server) -> None:
    served(plain, WWW, "/purgebot-tags")
    with pytest.raises(WrongAddress, match="has no xkey door: it answered 501"):
        await purge(plain.settings("url", **XKEY), Purge(Kind.TAG, ("news",), hosts=HOSTS))
    assert "HIT" == visit(plain.port, WWW, "/purgebot-tags").headers["x-cache"]
