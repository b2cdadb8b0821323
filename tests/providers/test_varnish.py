"""Varnish without a Varnish: wish to calls, answer to receipt or error, headers to sighting, what the doctor finds."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.contract import Account, Cached, Health, Kind, Pace, Purge, Receipt, Sighting, UnsupportedWish
from providers.errors import (
    BadCredentials,
    OutcomeUnknown,
    PurgeError,
    Refused,
    Throttled,
    Unavailable,
    WrongAddress,
)
from providers.varnish import Varnish
from providers.varnish_bans import below, like
from tests.providers.manners import REFERENCE

WWW, IMG = "www.shop.test", "img.shop.test"
URL = "http://10.0.0.5:6081"


def varnish(transport: httpx.AsyncBaseTransport | None = None, pace: Mapping[str, Pace] | None = None) -> Varnish:
    return Varnish(Account("shield", {"url": URL}, pace=pace or {}), transport)


def wish(kind: Kind, *targets: str) -> Purge:
    return Purge(kind, targets, hosts=(WWW, IMG))


HOST = r"^(www\.shop\.test)(:[0-9]+)?$"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            wish(Kind.URL, f"https://{WWW}/a?b=1"),
            [("PURGE", "/a?b=1", (f"https://{WWW}/a?b=1",), {"Host": WWW})],
            id="url",
        ),
        pytest.param(
            wish(Kind.URL, f"https://{WWW}/a", f"https://{IMG}/a", f"http://{WWW}/a"),
            [
                ("PURGE", "/a", (f"https://{WWW}/a", f"http://{WWW}/a"), {"Host": WWW}),
                ("PURGE", "/a", (f"https://{IMG}/a",), {"Host": IMG}),
            ],
            id="the-scheme-is-no-part-of-the-key",
        ),
        pytest.param(
            wish(Kind.PREFIX, f"{WWW}/news"),
            [
                (
                    "BAN",
                    "/",
                    (f"{WWW}/news",),
                    {"Host": WWW, "X-Ban-Host": HOST, "X-Ban-Url": "^/news([/?]|$)"},
                )
            ],
            id="prefix",
        ),
        pytest.param(
            wish(Kind.PATTERN, f"{WWW}/*.css"),
            [
                (
                    "BAN",
                    "/",
                    (f"{WWW}/*.css",),
                    {"Host": WWW, "X-Ban-Host": HOST, "X-Ban-Url": r"^/.*\.css(\?|$)"},
                )
            ],
            id="pattern",
        ),
        pytest.param(
            wish(Kind.HOST, WWW),
            [("BAN", "/", (WWW,), {"Host": WWW, "X-Ban-Host": HOST, "X-Ban-Url": "^/"})],
            id="host",
        ),
        pytest.param(
            wish(Kind.EVERYTHING),
            [
                (
                    "BAN",
                    "/",
                    (),
                    {"Host": WWW, "X-Ban-Host": r"^(www\.shop\.test|img\.shop\.test)(:[0-9]+)?$", "X-Ban-Url": "^/"},
                )
            ],
            id="everything-is-the-sites-hosts",
        ),
    ],
)
def test_a_wish_becomes_calls(
    asked: Purge, expected: list[tuple[str, str, tuple[str, ...], Mapping[str, str]]]
) -> None:
    calls = varnish().plan(asked)
    assert expected == [(call.method, call.path, call.targets, dict(call.headers)) for call in calls]
    assert {(("calls", 1),)} == {call.cost for call in calls}


def test_a_site_of_many_hosts_is_emptied_by_as_few_bans_as_fit_a_line() -> None:
    hosts = tuple(f"h{i}.{'x' * 40}.test" for i in range(400))
    calls = varnish().plan(Purge(Kind.EVERYTHING, (), hosts=hosts))
    regexes = [dict(call.headers)["X-Ban-Host"] for call in calls]
    assert (3, [400]) == (len(calls), [sum(bool(re.search(r, h)) for r in regexes for h in hosts)])
    assert max(map(len, regexes)) <= 8100


@pytest.mark.parametrize(
    ("prefix", "url", "expected"),
    [
        ("/news", "/news", True),
        ("/news", "/news/1", True),
        ("/news", "/news?a=1", True),
        ("/news", "/newsletter", False),
        ("/news", "/old/news", False),
        ("/news/", "/news/1", True),
        ("/news/", "/news", False),
        ("/", "/anything?at=all", True),
        ("/a.b", "/aXb", False),
        ("/a+(b)", "/a+(b)/c", True),
        ('/q"x', '/q"x/1', True),
        ("/caf%C3%A9", "/caf%C3%A9/1", True),
        ("/caf%C3%A9", "/caf%c3%a9/1", False),
    ],
)
def test_a_prefix_ends_at_a_path_boundary(prefix: str, url: str, expected: bool) -> None:
    assert expected == bool(re.search(below(prefix), url))


@pytest.mark.parametrize(
    ("pattern", "url", "expected"),
    [
        ("/*.css", "/a.css", True),
        ("/*.css", "/a/b.css?v=1", True),
        ("/*.css", "/a.css.map", False),
        ("/*.css", "/acss", False),
        ("/img*", "/img", True),
        ("/img*", "/images", False),
        ("/img*", "/img/a?b", True),
        ("/a*b*c", "/a1b2c", True),
        ("/a*b*c", "/abbc?x=1", True),
        ("/a*b*c", "/acb", False),
        ("/a**c", "/a1c", True),
        ("/*?page=2", "/x?page=2", True),
        ("/*?page=2", "/x?page=22", False),
        ("/x?page=*", "/x?page=22&y", True),
        ("/*utm_*", "/x?a=1&utm_source=y", True),
        ("*", "/x", True),
    ],
)
def test_a_star_stands_for_anything(pattern: str, url: str, expected: bool) -> None:
    assert expected == bool(re.search(like(pattern), url))


@given(
    pattern=st.text(st.sampled_from("ab*/."), max_size=8).map(lambda text: f"/{text}*"),
    url=st.text(st.sampled_from("ab/."), max_size=10).map(lambda text: f"/{text}"),
)
def test_keeping_the_first_match_loses_none(pattern: str, url: str) -> None:
    naive = "^" + ".*".join(re.escape(part) for part in pattern.split("*"))
    assert bool(re.search(naive, url)) == bool(re.search(like(pattern), url))


@given(
    pattern=st.text(st.sampled_from("ab*/."), max_size=8).map(lambda text: f"/*{text}b"),
    url=st.text(st.sampled_from("ab/."), max_size=10).map(lambda text: f"/{text}"),
)
def test_keeping_the_first_match_loses_none_before_a_fixed_end(pattern: str, url: str) -> None:
    naive = "^" + ".*".join(re.escape(part) for part in pattern.split("*")) + "$"
    assert bool(re.search(naive, url)) == bool(re.search(like(pattern), url))


@given(path=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=30))
def test_no_path_can_end_its_regex_and_begin_another_condition(path: str) -> None:
    regexes = below(f"/{path}") + like(f"/*{path}")
    assert [] == [char for char in regexes if char.isspace() or char == '"' or not char.isascii()]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            wish(Kind.TAG, "home"),
            "Varnish purges no tags here. Name URLs, a prefix, a host, a pattern, or everything instead.",
            id="a-tag",
        ),
        pytest.param(
            wish(Kind.PATH, "/a"),
            "Varnish purges no paths here. Name URLs, a prefix, a host, a pattern, or everything instead.",
            id="a-path-without-a-host",
        ),
        pytest.param(
            Purge(Kind.EVERYTHING, ()),
            "Everything means the site's hosts, and it has none. Name them under `hosts`.",
            id="everything-of-no-host",
        ),
        pytest.param(
            wish(Kind.URL, f"https://{WWW}/a b"),
            f"`https://{WWW}/a b` is not as it goes on the wire. Percent-encode it.",
            id="a-url-with-a-blank",
        ),
        pytest.param(
            wish(Kind.PREFIX, f"{WWW}/é"),
            f"`{WWW}/é` is not as it goes on the wire. Percent-encode it.",
            id="a-prefix-beyond-ascii",
        ),
        pytest.param(
            wish(Kind.HOST, f"{WWW} && obj.ttl > 0s"),
            f"`{WWW} && obj.ttl > 0s` is not as it goes on the wire. Percent-encode it.",
            id="a-host-that-wants-more",
        ),
        pytest.param(
            wish(Kind.PREFIX, f"{WWW}/" + "." * 5000),
            f"`{WWW}/{'.' * 46}…` is too long for one line to Varnish. Name a shorter prefix, or the host.",
            id="a-regex-too-long",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_while_planning(asked: Purge, expected: str) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        varnish().plan(asked)
    assert expected == str(caught.value)


def test_an_accounts_own_pace_counts() -> None:
    pace = varnish(pace={"calls": Pace(10, 2, 30), "urls": Pace(1, 1, 1)}).can.pace
    assert {"calls": (10, 2, 30)} == {bucket: (own.rate, own.per, own.burst) for bucket, own in pace.items()}


def always(status: int, reason: str, headers: Mapping[str, str] | None = None) -> httpx.MockTransport:
    extensions = {"reason_phrase": reason.encode()}
    return httpx.MockTransport(
        lambda request: httpx.Response(status, text=reason, headers=dict(headers or {}), extensions=extensions)
    )


async def sent(transport: httpx.MockTransport, asked: Purge) -> Receipt:
    provider = varnish(transport)
    try:
        return await provider.send(provider.plan(asked)[0], REFERENCE)
    finally:
        await provider.close()


ONE, ALL = wish(Kind.URL, f"https://{WWW}/a"), wish(Kind.EVERYTHING)


@pytest.mark.parametrize(
    ("asked", "transport"),
    [
        pytest.param(ONE, always(200, "OK", {"X-Purgebot": "purged"}), id="our-purge-door"),
        pytest.param(ONE, always(200, "Purged"), id="the-stock-purge"),
        pytest.param(ALL, always(200, "Banned", {"X-Purgebot": "banned"}), id="our-ban-door"),
    ],
)
async def test_a_yes_becomes_a_receipt(asked: Purge, transport: httpx.MockTransport) -> None:
    assert (await sent(transport, asked)).finished


WHO = "Varnish at 10.0.0.5:6081"
LOAD = "Include docs/providers/varnish/purgebot.vcl in its VCL and load it again."
LOG = "varnishd and its VCL log there (varnishlog -q 'RespStatus >= 500'), and at the origin behind it"
NO_DOOR = f"{LOAD} Is `url` the right one?"


@pytest.mark.parametrize(
    ("asked", "transport", "expected", "told"),
    [
        pytest.param(
            ONE,
            always(403, "Not in acl purgebot_clients", {"X-Purgebot": "refused"}),
            BadCredentials,
            f"{WHO} takes no purges from the address of this machine. "
            "Add it to acl purgebot_clients in its VCL and load that again. "
            'It said: "Not in acl purgebot_clients".',
            id="not-in-the-acl",
        ),
        pytest.param(
            ONE,
            always(403, "Came through a proxy", {"X-Purgebot": "refused"}),
            BadCredentials,
            f"{WHO} saw this call come through a proxy, where it cannot tell callers apart. "
            'Set `url` to the address where Varnish itself listens. It said: "Came through a proxy".',
            id="through-a-proxy",
        ),
        pytest.param(
            ALL,
            always(400, "Regex compile error: missing )", {"X-Purgebot": "refused"}),
            Refused,
            f'{WHO} did not take this ban. Name the URLs, or the host. It said: "Regex compile error: missing )".',
            id="a-ban-that-it-cannot-read",
        ),
        pytest.param(
            wish(Kind.URL, f"https://{WWW}/{'a' * 8000}"),
            always(400, "Bad Request"),
            Refused,
            f'{WHO} cannot read a request this long. Name a shorter prefix, or the host. It said: "Bad Request".',
            id="a-line-too-long",
        ),
        pytest.param(
            wish(Kind.URL, f"https://{WWW}/{'a' * 8000}"),
            always(414, "URI Too Long"),
            Refused,
            f'{WHO} cannot read a request this long. Name a shorter prefix, or the host. It said: "URI Too Long".',
            id="414",
        ),
        pytest.param(
            wish(Kind.URL, f"https://{WWW}/{'a' * 8000}"),
            always(431, "Request Header Fields Too Large"),
            Refused,
            f"{WHO} cannot read a request this long. Name a shorter prefix, or the host. "
            'It said: "Request Header Fields Too Large".',
            id="431",
        ),
        pytest.param(
            ONE,
            always(401, "Unauthorized"),
            BadCredentials,
            f"{WHO} takes no purges from the address of this machine. "
            'Add it to acl purgebot_clients in its VCL and load that again. It said: "Unauthorized".',
            id="a-server-that-wants-a-login",
        ),
        pytest.param(
            ONE,
            always(429, "Too Many Requests"),
            Throttled,
            f"{WHO} asks for fewer calls. Wait a minute, then retry. Look in its VCL for what limits calls, such as "
            "vsthrottle, and let purges pass there; or lower `calls` under `pace`. "
            'It said: "Too Many Requests".',
            id="vsthrottle",
        ),
        pytest.param(
            ONE,
            always(503, "Backend fetch failed"),
            Unavailable,
            f'{WHO} answered 503. Look at {LOG}; then retry. It said: "Backend fetch failed".',
            id="no-backend",
        ),
        pytest.param(
            ONE,
            always(504, "Gateway Timeout"),
            OutcomeUnknown,
            f"{WHO} answered 504: its answer was lost on the way. "
            "It may have been done already: look at the edge, or retry. "
            f'If it stays, look at {LOG}. It said: "Gateway Timeout".',
            id="504",
        ),
        pytest.param(
            ONE,
            always(404, "Not Found"),
            WrongAddress,
            f"{WHO} has no purge door: it answered 404 like to any request. {NO_DOOR}",
            id="404",
        ),
        pytest.param(
            ONE,
            always(405, "Method Not Allowed"),
            WrongAddress,
            f"{WHO} has no purge door: it answered 405 like to any request. {NO_DOOR}",
            id="405",
        ),
        pytest.param(
            ONE,
            always(200, "OK"),
            WrongAddress,
            f"{WHO} has no purge door: it answered 200 like to any request. {NO_DOOR}",
            id="a-page-is-no-purge",
        ),
        pytest.param(
            ONE,
            always(200, "Banned", {"X-Purgebot": "banned"}),
            WrongAddress,
            f'{WHO} has a ban door of its own, which did not read what to ban. {LOAD} It said: "Banned".',
            id="a-ban-is-no-purge",
        ),
        pytest.param(
            ALL,
            always(200, "Banned"),
            WrongAddress,
            f'{WHO} has a ban door of its own, which did not read what to ban. {LOAD} It said: "Banned".',
            id="a-ban-door-of-its-own",
        ),
        pytest.param(
            ALL,
            always(200, "Purged"),
            WrongAddress,
            f"{WHO} has no purge door: it answered 200 like to any request. {NO_DOOR}",
            id="a-purge-is-no-ban",
        ),
        pytest.param(
            ONE,
            always(501, "Not Implemented"),
            WrongAddress,
            f"{WHO} has no purge door: it answered 501 like to any request. {NO_DOOR}",
            id="no-door",
        ),
    ],
)
async def test_a_no_becomes_an_error_that_says_what_to_do(
    asked: Purge, transport: httpx.MockTransport, expected: type[PurgeError], told: str
) -> None:
    with pytest.raises(PurgeError) as caught:
        await sent(transport, asked)
    assert (expected, told) == (type(caught.value), str(caught.value))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"x-cache": "HIT", "x-varnish": "2"}, Sighting(Cached.HIT, "HIT"), id="hit"),
        pytest.param({"x-cache": "MISS"}, Sighting(Cached.MISS, "MISS"), id="miss"),
        pytest.param({"x-cache": "PASS"}, Sighting(Cached.UNCACHED, "PASS"), id="pass"),
        pytest.param({"x-cache": "STALE"}, Sighting(Cached.STALE, "STALE"), id="stale"),
        pytest.param({"x-cache": "hit, 3 times"}, Sighting(Cached.HIT, "hit, 3 times"), id="another-vcl"),
        pytest.param({"x-varnish": "32770 3"}, Sighting(Cached.HIT, "HIT"), id="two-ids"),
        pytest.param({"x-varnish": "32770"}, Sighting(Cached.MISS, "MISS"), id="one-id"),
        pytest.param({"x-cache": "cached", "x-varnish": "1 2"}, Sighting(Cached.HIT, "HIT"), id="a-word-of-its-own"),
        pytest.param({}, Sighting(), id="not-varnish"),
    ],
)
def test_a_sighting_is_read_from_its_headers(headers: Mapping[str, str], expected: Sighting) -> None:
    assert expected == varnish().sighting(headers)


@pytest.mark.parametrize(
    ("transport", "expected"),
    [
        pytest.param(
            always(200, "Ready", {"X-Purgebot": "ready 1"}),
            (Health.GOOD, f"{WHO} has its purge doors open to this machine.", ""),
            id="ready",
        ),
        pytest.param(
            always(200, "Ready", {"X-Purgebot": "ready 2"}),
            (Health.DOUBTFUL, f"{WHO} has purge doors of another version (ready 2).", LOAD),
            id="another-version",
        ),
        pytest.param(
            always(403, "Not in acl purgebot_clients", {"X-Purgebot": "refused"}),
            (
                Health.BAD,
                f"{WHO} takes no purges from the address of this machine.",
                "Add it to acl purgebot_clients in its VCL and load that again.",
            ),
            id="not-in-the-acl",
        ),
        pytest.param(
            always(405, "Method Not Allowed"),
            (Health.BAD, f"{WHO} has no purge door: it answered 405 like to any request.", NO_DOOR),
            id="no-doors",
        ),
    ],
)
async def test_the_doctor_knocks_without_purging(
    transport: httpx.MockTransport, expected: tuple[Health, str, str]
) -> None:
    provider = varnish(transport)
    probe = await provider.probe({})
    await provider.close()
    assert expected == (probe.health, probe.what, probe.advice)
