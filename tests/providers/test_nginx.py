"""nginx without an nginx: wish to calls, answer to receipt or error, files that go and files that stay, the doctor."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.contract import (
    Account,
    Cached,
    Health,
    Kind,
    Probe,
    Provider,
    Purge,
    Receipt,
    Sighting,
    UnsupportedWish,
)
from providers.errors import (
    BadCredentials,
    OutcomeUnknown,
    PurgeError,
    Refused,
    Throttled,
    Unavailable,
    Unexpected,
    WrongAddress,
)
from providers.nginx import build
from providers.nginx_answers import CRASH
from providers.nginx_keys import complaints, key_of, keys_below, place_of, unusable
from tests.providers.manners import REFERENCE
from tests.providers.promises import wishes
from tests.providers.test_faults import FAULTS

WWW, IMG = "www.shop.test", "img.shop.test"
URL = "http://10.0.0.6"
WHO = "nginx at 10.0.0.6"
Settings = Mapping[str, str]
Row = tuple[str, tuple[str, ...], Mapping[str, str]]
MODULE: Settings = {"url": URL}
WILD: Settings = {"url": URL, "wildcards": "yes"}
PLUS: Settings = {"url": URL, "module": "plus"}
FILES: Settings = {"cache_dir": "/var/cache/nginx/shop"}


def nginx(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> Provider:
    return build(Account("origin", settings), transport)


def wish(kind: Kind, *targets: str, variants: tuple[Mapping[str, str], ...] = ()) -> Purge:
    return Purge(kind, targets, hosts=(WWW, IMG), variants=variants)


def by(scheme: str, host: str = WWW) -> Mapping[str, str]:
    return {"Host": host, "X-Purge-Scheme": scheme}


@pytest.mark.parametrize(
    ("settings", "asked", "expected"),
    [
        pytest.param(
            MODULE,
            wish(Kind.URL, f"https://{WWW}/caf%C3%A9//../y?b=1", f"http://{WWW}/a*"),
            [
                ("/purge/caf%C3%A9//../y?b=1", (f"https://{WWW}/caf%C3%A9//../y?b=1",), by("https")),
                ("/purge/a*", (f"http://{WWW}/a*",), by("http")),
            ],
            id="a-url-behind-the-door-byte-for-byte",
        ),
        pytest.param(
            {**MODULE, "door": "/clean/"},
            wish(Kind.URL, f"https://{WWW}/a"),
            [("/clean/a", (f"https://{WWW}/a",), by("https"))],
            id="another-door",
        ),
        pytest.param(
            {**MODULE, "door": "/"},
            wish(Kind.URL, f"https://{WWW}/a"),
            [("/a", (f"https://{WWW}/a",), by("https"))],
            id="a-door-that-is-a-server-of-its-own",
        ),
        pytest.param(
            MODULE,
            wish(Kind.URL, f"https://{WWW}/a", variants=({"Accept-Encoding": "gzip"},)),
            [
                ("/purge/a", (), {**by("https"), "Accept-Encoding": "gzip"}),
                ("/purge/a", (f"https://{WWW}/a",), by("https")),
            ],
            id="variants-go-first",
        ),
        pytest.param(
            WILD,
            wish(Kind.PREFIX, f"{WWW}/news"),
            [
                ("/purge/news", (f"{WWW}/news",), by("http")),
                ("/purge/news", (), by("https")),
                ("/purge/news/*", (), by("http")),
                ("/purge/news/*", (), by("https")),
                ("/purge/news?*", (), by("http")),
                ("/purge/news?*", (), by("https")),
            ],
            id="a-prefix-ends-at-a-path-boundary",
        ),
        pytest.param(
            PLUS,
            wish(Kind.PREFIX, f"{WWW}/news/"),
            [("/news/*", (f"{WWW}/news/",), {"Host": WWW})],
            id="plus-a-prefix-that-ends-in-a-slash",
        ),
        pytest.param(
            PLUS,
            wish(Kind.URL, f"https://{WWW}/a", f"http://{WWW}/a"),
            [("/a", (f"https://{WWW}/a", f"http://{WWW}/a"), {"Host": WWW})],
            id="plus-takes-its-key-from-the-request",
        ),
        pytest.param(PLUS, wish(Kind.HOST, IMG), [("/*", (IMG,), {"Host": IMG})], id="plus-host"),
        pytest.param(
            PLUS,
            wish(Kind.EVERYTHING),
            [("/*", (), {"Host": WWW}), ("/*", (), {"Host": IMG})],
            id="plus-everything-is-the-sites-hosts",
        ),
    ],
)
def test_a_wish_becomes_calls(settings: Settings, asked: Purge, expected: list[Row]) -> None:
    calls = nginx(settings).plan(asked)
    assert expected == [(call.path, call.targets, dict(call.headers)) for call in calls]
    assert {("PURGE", (("calls", 1),))} == {(call.method, call.cost) for call in calls}


@given(data=st.data())
def test_the_door_is_asked_for_every_byte_of_every_url_once(data: st.DataObject) -> None:
    asked = data.draw(wishes("nginx", frozenset({Kind.URL})))
    calls = nginx(MODULE).plan(asked)
    found = {
        f"{dict(call.headers)['X-Purge-Scheme']}://{dict(call.headers)['Host']}{call.path.removeprefix('/purge')}"
        for call in calls
    }
    assert set(asked.targets) == found
    assert sorted(set(asked.targets)) == sorted(target for call in calls for target in call.targets)


@pytest.mark.parametrize(
    ("settings", "asked", "expected"),
    [
        pytest.param(
            MODULE,
            wish(Kind.EVERYTHING),
            "nginx cannot purge everything here. "
            "Name the URLs; with module 3.0 or newer set `wildcards: yes`, on the same machine "
            "`cache_dir`.",
            id="module-everything",
        ),
        pytest.param(MODULE, wish(Kind.TAG, "a"), "nginx purges no tags here. Name URLs instead.", id="module-tag"),
        pytest.param(
            WILD,
            wish(Kind.PATTERN, f"{WWW}/*.css"),
            "nginx purges no patterns here. Wider: host www.shop.test. Narrower: the URLs, one by one.",
            id="wild-pattern",
        ),
        pytest.param(
            WILD,
            wish(Kind.URL, f"https://{WWW}/a*"),
            f"`https://{WWW}/a*` ends in a star, a wildcard to nginx. Name it as a prefix.",
            id="a-url-that-would-be-a-wildcard",
        ),
        pytest.param(
            MODULE,
            wish(Kind.URL, f"https://{WWW}/a b"),
            f"`https://{WWW}/a b` is not as it goes on the wire. Percent-encode it.",
            id="a-blank",
        ),
        pytest.param(
            MODULE,
            wish(Kind.URL, f"{WWW}/a"),
            f"`{WWW}/a` is not a whole URL. Write it with scheme, host and path, without #.",
            id="no-url",
        ),
        pytest.param(
            MODULE,
            wish(Kind.URL, f"https://{WWW}/{'a' * 8_200}"),
            f"`{WWW}/{'a' * 59}…` is too long for one line to nginx. Name a shorter prefix.",
            id="too-long",
        ),
        pytest.param(
            PLUS,
            Purge(Kind.EVERYTHING, ()),
            "Everything means the site's hosts, and it has none. Name them under `hosts`.",
            id="everything-of-no-host",
        ),
        pytest.param(
            FILES,
            Purge(Kind.EVERYTHING, ()),
            "Everything means the site's hosts, and it has none. Name them under `hosts`.",
            id="files-everything-of-no-host",
        ),
        pytest.param(
            FILES,
            wish(Kind.TAG, "a"),
            "nginx purges no tags here. Name URLs, a prefix, a host, or everything instead.",
            id="files-tag",
        ),
        pytest.param(
            FILES,
            wish(Kind.URL, f"https://{WWW}/a\nb"),
            f"`https://{WWW}/a\nb` is not as it goes on the wire. Percent-encode it.",
            id="files-two-keys-in-one",
        ),
        pytest.param(
            {**FILES, "key": "backend$request_uri"},
            wish(Kind.EVERYTHING),
            "nginx cannot purge everything here. "
            "The keys of this nginx do not say whose they are, so none but URLs can be told apart. "
            "Put $host into proxy_cache_key and `key`, or name the URLs.",
            id="files-keys-without-a-host",
        ),
        pytest.param(
            {**FILES, "key": "$scheme$proxy_host$request_uri"},
            wish(Kind.URL, f"https://{WWW}/a"),
            "`key`: holds $proxy_host, which purgebot cannot fill in. Write its value, or use $request_uri. "
            "See docs/providers/nginx.md.",
            id="files-a-key-that-only-nginx-knows",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_while_planning(settings: Settings, asked: Purge, expected: str) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        nginx(settings).plan(asked)
    assert expected == str(caught.value)


def always(
    status: int, text: str = "", headers: Mapping[str, str] | None = None, exc: httpx.HTTPError | None = None
) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        if exc is not None:
            raise exc
        return httpx.Response(status, text=text, headers=dict(headers or {}))

    return httpx.MockTransport(answer)


async def sent(provider: Provider, asked: Purge) -> Receipt:
    try:
        return await provider.send(provider.plan(asked)[0], REFERENCE)
    finally:
        await provider.close()


ONE = wish(Kind.URL, f"https://{WWW}/a")
PAGE_23 = (
    "<html><head><title>Successful purge</title></head><body><br>Key : https/a<br>Path: /var/cache/x</body></html>"
)
DOOR = {"X-Purgebot": "purge"}


@pytest.mark.parametrize(
    ("settings", "transport", "note"),
    [
        pytest.param(MODULE, always(200, PAGE_23), "Purged.", id="module-2.3"),
        pytest.param(MODULE, always(200, '{"Key": "a", "Status": "purged"}'), "Purged.", id="module-3-json"),
        pytest.param(MODULE, always(200, "", DOOR), "Purged.", id="a-door-that-says-so"),
        pytest.param(WILD, always(202, "", DOOR), "Purged.", id="module-3-in-the-background"),
        pytest.param(MODULE, always(404, "", DOOR), "Nothing was cached under this key.", id="module-2.3-nothing"),
        pytest.param(WILD, always(412), "Nothing was cached under this key.", id="module-3-nothing"),
        pytest.param(PLUS, always(204), "Purged.", id="plus"),
        pytest.param(PLUS, always(404, "", DOOR), "Nothing was cached under this key.", id="plus-nothing"),
    ],
)
async def test_a_yes_becomes_a_receipt(settings: Settings, transport: httpx.MockTransport, note: str) -> None:
    assert Receipt(note=note) == await sent(nginx(settings, transport), ONE)


LOG = "nginx's error log there (503 may be its `limit_req`)"
BUSY = (
    "Wait a minute, then retry. Take the purge location out of `limit_req` and `limit_conn` there, or lower `calls` "
    "under `pace`."
)
OPEN = "Open the door as docs/providers/nginx.md says."


@pytest.mark.parametrize(
    ("settings", "transport", "asked", "expected", "told"),
    [
        pytest.param(
            MODULE,
            always(403, "<title>403 Forbidden</title>"),
            ONE,
            BadCredentials,
            f"{WHO} takes no purges from the address of this machine. "
            'Add `allow` with it to the purge location and reload nginx. It said: "403 Forbidden".',
            id="not-allowed",
        ),
        pytest.param(
            MODULE,
            always(404, "<h1>404 Not Found</h1>"),
            ONE,
            WrongAddress,
            f"{WHO} answered 404: nothing is cached, or there is no door. What answers there said “404 Not Found”. "
            f"{OPEN} Its `add_header X-Purgebot` tells the two apart.",
            id="a-404-of-anyone",
        ),
        pytest.param(
            MODULE,
            always(200, "Welcome"),
            ONE,
            WrongAddress,
            f"{WHO} has no purge door at `/purge`: it answered 200 like to any request. "
            f"What answers there said “Welcome”. {OPEN} Is `url` the right one?",
            id="a-page-is-no-purge",
        ),
        pytest.param(
            PLUS,
            always(200, "Welcome"),
            ONE,
            WrongAddress,
            f"{WHO} has no purge door at `/`: it answered 200 like to any request. "
            f"What answers there said “Welcome”. {OPEN} Is `url` the right one?",
            id="plus-without-proxy_cache_purge",
        ),
        pytest.param(
            MODULE,
            always(414),
            wish(Kind.URL, f"https://{WWW}/{'a' * 5_000}"),
            Refused,
            f"{WHO} cannot read a request this long. Name a shorter or a wider target.",
            id="too-long-for-it",
        ),
        pytest.param(
            MODULE,
            always(429, "<title>429 Too Many Requests</title>"),
            ONE,
            Throttled,
            f'{WHO} asks for fewer calls. {BUSY} It said: "429 Too Many Requests".',
            id="limit-req-429",
        ),
        pytest.param(
            MODULE,
            always(503, "<title>503 Service Temporarily Unavailable</title>"),
            ONE,
            Unavailable,
            f'{WHO} answered 503. Look at {LOG}; then retry. It said: "503 Service Temporarily Unavailable".',
            id="limit-req-503",
        ),
        pytest.param(
            MODULE,
            always(504, "<title>504 Gateway Time-out</title>"),
            ONE,
            OutcomeUnknown,
            f"{WHO} answered 504: its answer was lost on the way. "
            "It may have been done already: look at the edge, or retry. "
            f'If it stays, look at {LOG}. It said: "504 Gateway Time-out".',
            id="504",
        ),
        pytest.param(
            WILD,
            always(405, "<title>405 Not Allowed</title>"),
            ONE,
            WrongAddress,
            f"{WHO} has no purge door at `/purge`: it answered 405 like to any request. "
            f"What answers there said “405 Not Allowed”. {OPEN} Is `url` the right one?",
            id="405-of-a-place-without-a-door",
        ),
        pytest.param(
            MODULE,
            always(0, exc=httpx.ReadError("Connection reset by peer")),
            ONE,
            OutcomeUnknown,
            f"{WHO} broke off before its answer was whole. "
            "It may have been done already: look at the edge, or retry. "
            f"If it stays, look at {LOG}. {CRASH}",
            id="the-inline-form-crashed-with-a-reset",
        ),
        pytest.param(
            MODULE,
            always(0, exc=httpx.RemoteProtocolError("Server disconnected without sending a response.")),
            ONE,
            OutcomeUnknown,
            f"{WHO} broke off before its answer was whole. "
            "It may have been done already: look at the edge, or retry. "
            f"If it stays, look at nginx's error log there (503 may be its `limit_req`). {CRASH}",
            id="the-inline-form-crashed",
        ),
    ],
)
async def test_a_no_becomes_an_error_that_says_what_to_do(
    settings: Settings, transport: httpx.MockTransport, asked: Purge, expected: type[PurgeError], told: str
) -> None:
    with pytest.raises(PurgeError) as caught:
        await sent(nginx(settings, transport), asked)
    assert (expected, told) == (type(caught.value), str(caught.value))


NO_DOOR = {"page-with-501": WrongAddress}
YES = ("empty-204",)
DOOR_FAULTS = [
    pytest.param(settings, deed, NO_DOOR.get(fault, usual), id=f"{module}-{fault}")
    for fault, deed, usual in FAULTS
    for module, settings in (("purge", MODULE), ("plus", PLUS))
    if not (module == "plus" and fault in YES)
]


@pytest.mark.parametrize(("settings", "deed", "expected"), DOOR_FAULTS)
async def test_a_fault_is_one_attempt_and_one_named_error(
    settings: Settings, deed: Callable[[httpx.Request], httpx.Response], expected: type[PurgeError]
) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return deed(request)

    with pytest.raises(PurgeError) as caught:
        await sent(nginx(settings, httpx.MockTransport(answer)), ONE)
    assert (expected, 1) == (type(caught.value), len(requests))


def test_every_sort_of_fault_is_met_by_the_door() -> None:
    met = {NO_DOOR.get(fault, usual) for fault, _, usual in FAULTS}
    assert {BadCredentials, OutcomeUnknown, Throttled, Unavailable, Unexpected, WrongAddress} == met


async def found(provider: Provider) -> Probe:
    try:
        return await provider.probe({})
    finally:
        await provider.close()


@pytest.mark.parametrize(
    ("settings", "transport", "expected"),
    [
        pytest.param(
            MODULE,
            always(404, "", DOOR),
            (Health.GOOD, f"{WHO} has its purge door open to this machine.", ""),
            id="nothing-is-cached-there-and-the-door-says-so",
        ),
        pytest.param(
            WILD, always(412), (Health.GOOD, f"{WHO} has its purge door open to this machine.", ""), id="module-3"
        ),
        pytest.param(
            MODULE,
            always(403),
            (
                Health.BAD,
                f"{WHO} takes no purges from the address of this machine.",
                "Add `allow` with it to the purge location and reload nginx.",
            ),
            id="not-allowed",
        ),
        pytest.param(
            MODULE,
            always(404),
            (
                Health.BAD,
                f"{WHO} answered 404: nothing is cached, or there is no door.",
                f"{OPEN} Its `add_header X-Purgebot` tells the two apart.",
            ),
            id="a-404-of-anyone",
        ),
    ],
)
async def test_the_doctor_knocks_where_nothing_is_cached(
    settings: Settings, transport: httpx.MockTransport, expected: tuple[Health, str, str]
) -> None:
    probe = await found(nginx(settings, transport))
    assert expected == (probe.health, probe.what, probe.advice)


@pytest.mark.parametrize("settings", [MODULE, FILES], ids=["door", "files"])
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-cache-status": "HIT"}, (Cached.HIT, "HIT")),
        ({"x-cache-status": "MISS"}, (Cached.MISS, "MISS")),
        ({"x-cache-status": "EXPIRED"}, (Cached.EXPIRED, "EXPIRED")),
        ({"x-cache-status": "REVALIDATED"}, (Cached.REVALIDATED, "REVALIDATED")),
        ({"x-cache-status": "STALE"}, (Cached.STALE, "STALE")),
        ({"x-cache-status": "UPDATING"}, (Cached.STALE, "UPDATING")),
        ({"x-cache-status": "BYPASS"}, (Cached.UNCACHED, "BYPASS")),
        ({"x-cache": "HIT"}, (Cached.HIT, "HIT")),
        ({}, (Cached.UNKNOWN, "")),
    ],
)
def test_a_sighting_is_read_from_its_headers(
    settings: Settings, headers: Mapping[str, str], expected: tuple[Cached, str]
) -> None:
    assert Sighting(*expected, own_age=False) == nginx(settings).sighting(headers)


# Files


@pytest.mark.parametrize(
    ("template", "headers", "expected"),
    [
        ("$scheme$host$request_uri", {}, f"https{WWW}/a?b=%20"),
        ("${scheme}://$http_host$request_uri", {}, f"https://{WWW}/a?b=%20"),
        ("backend$request_uri|$http_accept_language", {"Accept-Language": "de"}, "backend/a?b=%20|de"),
        ("backend$request_uri|$http_accept_language", {}, "backend/a?b=%20|"),
    ],
)
def test_a_key_is_made_as_nginx_makes_it(template: str, headers: Mapping[str, str], expected: str) -> None:
    assert expected == key_of(template, f"https://{WWW}/a?b=%20", headers)


@pytest.mark.parametrize(
    ("key", "levels", "expected"),
    [
        # As nginx 1.22.1 itself named it, 2026-11-23.
        ("http127.0.0.1/b/1", (1, 2), ("b", "d5", "ea456674c2740c5f8ad99503d9f9fd5b")),
        ("http127.0.0.1/b/1", (2, 2, 1), ("5b", "fd", "9", "ea456674c2740c5f8ad99503d9f9fd5b")),
        ("http127.0.0.1/b/1", (), ("ea456674c2740c5f8ad99503d9f9fd5b",)),
    ],
)
def test_the_folders_of_a_file_are_the_end_of_its_name(
    key: str, levels: tuple[int, ...], expected: tuple[str, ...]
) -> None:
    assert expected == place_of(key, levels)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (f"https{WWW}/news", True),
        (f"http{WWW}/news?a", True),
        (f"http{WWW}/news/1", True),
        (f"http{WWW}/newsletter", False),
        ("httpwwwXshop.test/news", False),
        (f"http{IMG}/news", False),
    ],
)
def test_keys_below_a_prefix_end_at_a_path_boundary(key: str, expected: bool) -> None:
    assert expected == bool(re.fullmatch(keys_below("$scheme$host$request_uri", (WWW,), "/news"), key))


@pytest.mark.parametrize("folder", ["/", "/tmp", "/var", "/var/cache", "/home/ann", "/var/cache/../lib/x"])
def test_a_folder_that_is_no_cache_of_its_own_is_refused(folder: str) -> None:
    said = f"`cache_dir`: `{folder}` is not a folder of a cache alone."
    assert f"{said} Write the path in proxy_cache_path, such as /var/cache/nginx/shop." == unusable(
        folder, "$request_uri"
    )


@pytest.mark.parametrize("folder", ["cache", "", "./cache/nginx", "~/cache/nginx"])
def test_a_folder_without_its_whole_path_is_refused(folder: str) -> None:
    said = f"`cache_dir`: `{folder}` does not begin with a slash."
    assert f"{said} Write the path in proxy_cache_path, such as /var/cache/nginx/shop." == unusable(
        folder, "$request_uri"
    )


BAD_KEYS = {
    "an unknown variable": ("$scheme$uri$request_uri", "holds $uri, which purgebot cannot fill in."),
    "one in braces": ("${proxy_host}$request_uri", "holds $proxy_host, which purgebot cannot fill in."),
    "one in capitals": ("$Host$request_uri", "holds $Host, which purgebot cannot fill in."),
    "no page": ("$scheme$host", "holds no $request_uri, so it does not say which page it is of."),
}


@pytest.mark.parametrize(("key", "said"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_key_that_cannot_be_filled_in_is_refused(key: str, said: str) -> None:
    assert [("key",)] == [one.place for one in complaints({"key": key}) if one.what == said]


@pytest.mark.parametrize("key", ["$scheme$host$request_uri", "${scheme}x$http_x_device$request_uri", "$request_uri"])
def test_a_key_that_can_be_filled_in_is_taken(key: str) -> None:
    assert [] == complaints({"key": key})


@pytest.mark.parametrize("folder", ["/data/cache", "/var/cache/nginx", "/srv/nginx/shop"])
def test_a_folder_of_its_own_is_taken(folder: str) -> None:
    assert "" == unusable(folder, "$scheme$host$request_uri")


def keep(cache: Path, key: str, name: str = "", levels: tuple[int, ...] = (1, 2)) -> Path:
    """A file as nginx writes it: binary, its key in a line, the answer; under another name if it is a variant."""
    *folders, own = place_of(name or key, levels)
    file = cache.joinpath(*folders, own)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"\x05\x00" * 168 + b"\nKEY: " + key.encode() + b"\nHTTP/1.1 200 OK\r\n\r\nKEY: other\n")
    return file


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


async def purged(folder: Path, asked: Purge, **settings: str) -> list[str]:
    provider = nginx({"cache_dir": str(folder), **settings})
    return [(await provider.send(call, REFERENCE)).note for call in provider.plan(asked)]


async def test_a_url_goes_with_its_variants_and_nothing_else(cache: Path) -> None:
    gone = [keep(cache, f"https{WWW}/a"), keep(cache, f"https{WWW}/a", name="its gzip sibling")]
    kept = [keep(cache, f"http{WWW}/a"), keep(cache, f"https{WWW}/a/b"), keep(cache, f"https{IMG}/a")]
    assert ["Removed 2 files."] == await purged(cache, ONE)
    assert ([False] * 2, [True] * 3) == ([file.exists() for file in gone], [file.exists() for file in kept])


async def test_where_nothing_varies_only_the_exact_file_is_looked_at(cache: Path) -> None:
    exact, sibling = keep(cache, f"https{WWW}/a"), keep(cache, f"https{WWW}/a", name="its gzip sibling")
    assert ["Removed 1 file."] == await purged(cache, ONE, vary="no")
    assert (False, True) == (exact.exists(), sibling.exists())


async def test_many_urls_are_one_pass_over_the_cache(cache: Path) -> None:
    urls = [f"https://{WWW}/{n}" for n in range(1_500)]
    for n in (0, 999, 1_499):
        keep(cache, f"https{WWW}/{n}")
    assert ["Removed 2 files.", "Removed 1 file."] == await purged(cache, wish(Kind.URL, *urls))


async def test_nothing_cached_is_no_trouble(cache: Path) -> None:
    assert ["Removed 0 files."] == await purged(cache, ONE)


async def test_a_file_whose_key_is_another_stays_though_its_name_fits(cache: Path) -> None:
    file = keep(cache, "another key", name=f"https{WWW}/a")
    await purged(cache, ONE)
    assert file.exists()


async def test_a_file_in_the_wrong_folder_or_of_another_name_stays(cache: Path) -> None:
    right = keep(cache, f"https{WWW}/a")
    wrong = [cache / "0" / "00" / right.name, right.with_name(f"{right.name}.0000000001"), cache / right.name]
    for file in wrong:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(right.read_bytes())
    await purged(cache, wish(Kind.EVERYTHING))
    assert (False, [True] * 3) == (right.exists(), [file.exists() for file in wrong])


async def test_a_file_without_a_key_stays(cache: Path) -> None:
    file = keep(cache, f"https{WWW}/a")
    file.write_bytes(b"not nginx's")
    await purged(cache, ONE)
    await purged(cache, wish(Kind.EVERYTHING))
    assert file.exists()


async def test_a_symlink_leads_nowhere(cache: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    target = keep(outside, f"https{WWW}/a")
    folder, *_ = place_of(f"https{WWW}/a", (1, 2))
    (cache / folder).symlink_to(outside / folder)
    await purged(cache, ONE)
    await purged(cache, wish(Kind.EVERYTHING))
    assert target.exists()


async def test_a_file_that_is_a_symlink_stays_and_so_does_what_it_leads_to(cache: Path, tmp_path: Path) -> None:
    target = keep(tmp_path / "outside", f"https{WWW}/a")
    link = cache.joinpath(*place_of(f"https{WWW}/a", (1, 2)))
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    await purged(cache, ONE)
    await purged(cache, wish(Kind.EVERYTHING))
    assert (True, True) == (link.is_symlink(), target.exists())


async def test_a_pipe_of_a_cache_files_name_holds_nobody_up(cache: Path) -> None:
    pipe = cache.joinpath(*place_of(f"https{WWW}/a", (1, 2)))
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    await purged(cache, ONE)
    assert pipe.exists()


async def test_everything_is_what_lies_under_the_sites_hosts(cache: Path) -> None:
    gone = [keep(cache, f"https{WWW}/"), keep(cache, f"http{IMG}/a?b=1"), keep(cache, f"https{WWW}/a", name="sibling")]
    kept = [keep(cache, "httpwww.other.test/"), keep(cache, f"http{WWW}.evil.test/"), keep(cache, f"httpx/{WWW}/")]
    assert ["Removed 3 files."] == await purged(cache, wish(Kind.EVERYTHING))
    assert ([False] * 3, [True] * 3) == ([file.exists() for file in gone], [file.exists() for file in kept])


@pytest.mark.parametrize(("levels", "widths"), [("none", ()), ("2", (2,)), ("1:2:2", (1, 2, 2))])
async def test_any_levels_are_walked(cache: Path, levels: str, widths: tuple[int, ...]) -> None:
    file = keep(cache, f"https{WWW}/a", levels=widths)
    assert ["Removed 1 file."] == await purged(cache, wish(Kind.HOST, WWW), levels=levels)
    assert not file.exists()


async def test_variants_that_are_in_the_key_go_too(cache: Path) -> None:
    key = "$scheme$host$request_uri|$http_x_device"
    gone = [keep(cache, f"https{WWW}/a|"), keep(cache, f"https{WWW}/a|mobile")]
    kept = keep(cache, f"https{WWW}/a|tv")
    asked = wish(Kind.URL, f"https://{WWW}/a", variants=({"X-Device": "mobile"},))
    assert ["Removed 2 files."] == await purged(cache, asked, key=key)
    assert ([False, False], True) == ([file.exists() for file in gone], kept.exists())


async def test_a_cache_that_is_not_there_is_an_error_of_the_setting(tmp_path: Path) -> None:
    with pytest.raises(WrongAddress) as caught:
        await purged(tmp_path / "none", ONE)
    assert (
        f"There is no cache at {tmp_path / 'none'}. "
        "Set `cache_dir` to the path in `proxy_cache_path`, on this machine, where no symlink stands."
    ) == str(caught.value)


async def test_a_cache_folder_that_is_a_symlink_is_refused(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(cache)
    with pytest.raises(WrongAddress, match=r"where no symlink stands"):
        await purged(tmp_path / "link", ONE)


async def test_a_call_for_another_folder_is_not_carried_out(cache: Path, tmp_path: Path) -> None:
    file = keep(cache, f"https{WWW}/a")
    [call] = nginx({"cache_dir": str(cache)}).plan(ONE)
    with pytest.raises(Refused, match=r"This call was planned for .* Ask again, so that it is planned anew."):
        await nginx({"cache_dir": str(tmp_path / "new")}).send(call, REFERENCE)
    assert file.exists()


async def test_the_doctor_looks_at_the_files_and_removes_none(cache: Path) -> None:
    file = keep(cache, f"https{WWW}/a")
    probe = await found(nginx({"cache_dir": str(cache)}))
    assert (Health.GOOD, f"purgebot may remove the cache files in {cache}.") == (probe.health, probe.what)
    assert file.exists()


async def test_the_doctor_doubts_an_empty_cache_and_other_keys(cache: Path) -> None:
    empty = await found(nginx({"cache_dir": str(cache)}))
    keep(cache, "backend/a")
    other = await found(nginx({"cache_dir": str(cache)}))
    assert [
        (
            Health.DOUBTFUL,
            f"{cache} holds no cache file where `levels` puts them.",
            "Is the cache empty? Else check `cache_dir` and `levels`.",
        ),
        (
            Health.DOUBTFUL,
            f"{cache} holds keys of another shape than `key`: backend/a.",
            "Set `key` to what proxy_cache_key says in nginx.",
        ),
    ] == [(probe.health, probe.what, probe.advice) for probe in (empty, other)]
