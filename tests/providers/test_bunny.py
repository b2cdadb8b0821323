"""Bunny: wish to calls, recorded answer to receipt or error, headers to sighting, and what the doctor finds."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest

from providers.bunny import Bunny
from providers.contract import Account, Cached, Health, Kind, Pace, Purge, Receipt, Sighting, UnsupportedWish
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
from tests.providers.manners import REFERENCE

LAYER = {"pull_zone": "123456"}
ZONE = "/pullzone/123456/purgeCache"
A = "https://www.shop.test/a?b=%2F&c"
FEWER = (
    "Wait a minute, then retry. Where others purge with this account too, lower `exact` and `prefix` under `pace` to "
    "leave them room; Bunny's support raises limits."
)
KEY = "Set `key` to the account's API key (dash.bunny.net, Account settings), whole; a storage zone's key is another."
IS_ZONE = "Set `pull_zone` to the number in the address of the pull zone's page at dash.bunny.net."


def bunny(
    transport: httpx.AsyncBaseTransport | None = None,
    key: str = "k3y-of-the-account",
    pace: Mapping[str, Pace] | None = None,
) -> Bunny:
    return Bunny(Account("b", {}, {"key": key}, pace or {}), transport)


def wish(kind: Kind, *targets: str, layer: Mapping[str, str] = LAYER) -> Purge:
    return Purge(kind, targets, layer=layer, hosts=("www.shop.test",))


def purge_of(encoded: str, exact: str = "false") -> str:
    return f"/purge?url=https%3A%2F%2Fwww.shop.test%2F{encoded}&async=false&exactPath={exact}"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            wish(Kind.URL, A, "https://www.shop.test/x/", A),
            [(purge_of("a%3Fb%3D%252F%26c", "true"), "", "exact"), (purge_of("x%2F", "true"), "", "prefix")],
            id="urls-and-one-that-ends-in-a-slash",
        ),
        pytest.param(
            wish(Kind.URL, "https://www.shop.test/a?b=c/"),
            [(purge_of("a%3Fb%3Dc%2F", "true"), "", "exact")],
            id="a-slash-in-the-query-is-no-prefix",
        ),
        pytest.param(
            wish(Kind.URL, "https://www.shop.test/a*b"),
            [(purge_of("a%2Ab", "true"), "", "prefix")],
            id="a-url-with-a-star-costs-a-prefix",
        ),
        pytest.param(wish(Kind.PREFIX, "www.shop.test/x/"), [(purge_of("x%2F"), "", "prefix")], id="prefix-with-slash"),
        pytest.param(wish(Kind.PREFIX, "www.shop.test/x"), [(purge_of("x%2A"), "", "prefix")], id="prefix"),
        pytest.param(wish(Kind.PREFIX, "www.shop.test"), [(purge_of("%2A"), "", "prefix")], id="prefix-without-a-path"),
        pytest.param(
            wish(Kind.PATTERN, "www.shop.test/*.css"), [(purge_of("%2A.css"), "", "prefix")], id="pattern"
        ),
        pytest.param(wish(Kind.HOST, "www.shop.test"), [(purge_of("%2A"), "", "prefix")], id="host"),
        pytest.param(
            wish(Kind.TAG, "news", "ab"),
            [(ZONE, '{"CacheTag":"news"}', "prefix"), (ZONE, '{"CacheTag":"ab"}', "prefix")],
            id="tags-one-by-one",
        ),
        pytest.param(wish(Kind.EVERYTHING), [(ZONE, "", "prefix")], id="everything-has-no-body"),
    ],
)  # fmt: skip
def test_a_wish_becomes_calls(asked: Purge, expected: list[tuple[str, str, str]]) -> None:
    calls = bunny().plan(asked)
    assert expected == [(call.path, call.body, call.cost[0][0]) for call in calls]
    assert {"POST"} == {call.method for call in calls}
    assert [bool(call.body) for call in calls] == [
        call.headers == (("Content-Type", "application/json"),) for call in calls
    ]


def test_an_accounts_own_pace_counts_and_the_others_stay() -> None:
    can = bunny(pace={"exact": Pace(50, 1, 1200)}).can
    assert ((50, 1200), (0.5, 20)) == tuple((can.pace[name].rate, can.pace[name].burst) for name in ("exact", "prefix"))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            wish(Kind.PATH, "/a"),
            "Bunny purges no paths here. Name URLs, a prefix, tags, a host, a pattern, or everything instead.",
            id="a-path-without-a-host",
        ),
        pytest.param(
            wish(Kind.PREFIX, "www.shop.test/a?b"),
            "`www.shop.test/a?b` is not a prefix for Bunny. Name host and path, without ? and *.",
            id="a-prefix-with-a-query",
        ),
        pytest.param(
            wish(Kind.URL, "https://www.shop.test/a b"),
            "`https://www.shop.test/a b` is not as it goes on the wire. Percent-encode it.",
            id="a-blank",
        ),
        pytest.param(
            wish(Kind.TAG, "a", layer=LAYER | {"perma_cache": "yes"}),
            "Bunny purges no tags of a pull zone with Perma-Cache. Name URLs, a prefix, or everything instead.",
            id="a-tag-with-perma-cache",
        ),
        pytest.param(
            wish(Kind.TAG, "x" * 1025),
            f"`{'x' * 80}` is not a tag. A tag has at most 1,024 bytes and no commas.",
            id="a-tag-too-long",
        ),
        pytest.param(
            wish(Kind.EVERYTHING, layer={"pull_zone": "shop"}),
            "`shop` under `pull_zone` is not the number of a pull zone. "
            "Write it like `pull_zone: 123456`: the pull zone's number, in the address of its page.",
            id="a-pull-zone-by-name",
        ),
        pytest.param(
            wish(Kind.URL, "https://www.shop.test/" + "x" * 30_000),
            f"`https://www.shop.test/{'x' * 38}…` is longer than a call may be (30,000 bytes). "
            "Name a prefix, tags, a host, or everything instead.",
            id="a-url-too-long",
        ),
    ],
)
def test_what_cannot_be_planned_is_refused_with_what_is_possible(asked: Purge, expected: str) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        bunny().plan(asked)
    assert expected == str(caught.value)


def answering(status: int, text: str = "", headers: Mapping[str, str] | None = None) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, text=text, headers=headers))


@pytest.mark.parametrize(
    ("status", "text"), [(200, ""), (204, ""), (202, ""), (200, '{"Success": true}'), (200, " \n")]
)
async def test_a_2xx_without_a_word_or_with_an_object_is_a_yes(status: int, text: str) -> None:
    provider = bunny(answering(status, text))
    receipt = await provider.send(provider.plan(wish(Kind.EVERYTHING))[0], REFERENCE)
    await provider.close()
    assert (Receipt(), Receipt()) == (receipt, await provider.progress(receipt))


NOT_FOUND = '{"ErrorKey":"pullZone.not_found","Field":"Id","Message":"The requested Pull Zone was not found"}'


@pytest.mark.parametrize(
    ("asked", "status", "text", "error", "what", "advice"),
    [
        pytest.param(
            wish(Kind.URL, A), 401, '{"Message":"Authorization has been denied for this request."}',
            BadCredentials, "Bunny does not know the key.", KEY, id="401",
        ),
        pytest.param(
            wish(Kind.URL, A), 403, "",
            BadCredentials, "Bunny does not let this key do it, or not from this machine.", KEY, id="403",
        ),
        pytest.param(
            wish(Kind.EVERYTHING), 404, NOT_FOUND,
            WrongAddress, "Bunny knows no pull zone 123456 of this account.", IS_ZONE, id="404-of-a-pull-zone",
        ),
        pytest.param(
            wish(Kind.EVERYTHING), 404, "",
            WrongAddress, "Bunny knows no pull zone 123456 of this account.", IS_ZONE, id="404-without-a-word",
        ),
        pytest.param(
            wish(Kind.URL, A), 404, "",
            WrongAddress, "What answers for Bunny is not its API: status 404.",
            "Check `api_url`, and any proxy on the way to it.", id="404-of-a-url",
        ),
        pytest.param(
            wish(Kind.URL, A), 400, '{"Message":"The URL is invalid"}',
            Refused, "Bunny does not take this target.",
            "Check that it is of a host of this account's pull zones.", id="400",
        ),
        pytest.param(
            wish(Kind.URL, A), 429, '{"Message":"Too many requests"}',
            Throttled, "Bunny asks for fewer calls.", FEWER, id="429",
        ),
        pytest.param(
            wish(Kind.URL, A), 503, "", Unavailable, "Bunny answered 503.",
            "See https://status.bunny.net and any proxy on the way; once all is well there, retry.", id="503",
        ),
        pytest.param(
            wish(Kind.TAG, "home"), 429, "", Throttled, "Bunny asks for fewer calls.", FEWER, id="429-without-a-word",
        ),
        pytest.param(
            wish(Kind.TAG, "home"), 401, "", BadCredentials, "Bunny does not know the key.", KEY,
            id="401-without-a-word",
        ),
        pytest.param(
            wish(Kind.TAG, "home"), 504, "", OutcomeUnknown, "Bunny answered 504: its answer was lost on the way.",
            "It may have been done already: look at the edge, or retry. "
            "If it stays, see https://status.bunny.net and any proxy on the way.", id="504",
        ),
        pytest.param(
            wish(Kind.URL, A), 200, "Sign in to the network", WrongAddress,
            "What answers for Bunny is not its API: status 200. What answers there said “Sign in to the network”.",
            "Check `api_url`, and any proxy on the way to it.",
            id="a-page-with-200",
        ),
        pytest.param(
            wish(Kind.URL, A), 415, "", Unexpected, "Bunny answered 415 in a way purgebot does not know.",
            "Report it with what Bunny said.", id="415",
        ),
    ],
)  # fmt: skip
async def test_an_answer_that_is_no_yes_is_an_error_named_by_who_must_act(
    asked: Purge, status: int, text: str, error: type[PurgeError], what: str, advice: str
) -> None:
    provider = bunny(answering(status, text))
    with pytest.raises(PurgeError) as caught:
        await provider.send(provider.plan(asked)[0], REFERENCE)
    await provider.close()
    assert (error, what, advice) == (type(caught.value), caught.value.what, caught.value.advice)
    assert (text[:200] if text.startswith("{") else "") == caught.value.said


@pytest.mark.parametrize("key", ["", "two words", "line\nend"])
async def test_a_key_that_is_none_is_not_sent(key: str) -> None:
    provider = bunny(answering(200), key)
    with pytest.raises(BadCredentials) as caught:
        await provider.send(provider.plan(wish(Kind.EVERYTHING))[0], REFERENCE)
    assert f"`key` of this account is empty, or holds what no key of Bunny has. {KEY}" == str(caught.value)


async def test_the_key_goes_in_its_header_and_nowhere_else() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    provider = bunny(httpx.MockTransport(answer))
    await provider.send(provider.plan(wish(Kind.URL, A))[0], REFERENCE)
    await provider.close()
    (request,) = seen
    assert "k3y-of-the-account" == request.headers["accesskey"]
    assert ("api.bunny.net", "authorization" in request.headers) == (request.url.host, False)
    assert purge_of("a%3Fb%3D%252F%26c", "true").encode() == request.extensions["target"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"cdn-cache": "HIT"}, Sighting(Cached.HIT, "HIT"), id="hit"),
        pytest.param({"cdn-cache": "MISS"}, Sighting(Cached.MISS, "MISS"), id="miss"),
        pytest.param({"cdn-cache": "BYPASS"}, Sighting(Cached.UNCACHED, "BYPASS"), id="bypass"),
        pytest.param({"cdn-cache": "NEW"}, Sighting(Cached.UNKNOWN, "NEW"), id="a-new-word"),
        pytest.param({"x-cache": "HIT"}, Sighting(), id="not-bunny"),
    ],
)
def test_headers_are_read(headers: Mapping[str, str], expected: Sighting) -> None:
    assert expected == bunny().sighting(headers)


@pytest.mark.parametrize(
    ("layer", "status", "text", "health", "what"),
    [
        pytest.param(
            LAYER, 200, '{"Id": 123456, "Name": "shop", "Enabled": true}',
            Health.GOOD, "Bunny knows the key, and pull zone 123456 (shop).", id="good",
        ),
        pytest.param(
            LAYER, 200, '{"Id": 7, "Name": "other"}',
            Health.BAD, "What answers for Bunny is not its API: status 200.", id="another-pull-zone",
        ),
        pytest.param(LAYER, 401, "", Health.BAD, "Bunny does not know the key.", id="a-wrong-key"),
        pytest.param(
            LAYER, 404, NOT_FOUND, Health.BAD, "Bunny knows no pull zone 123456 of this account.", id="no-pull-zone"
        ),
        pytest.param(
            {"pull_zone": "shop"}, 200, "",
            Health.BAD, "`shop` under `pull_zone` is not the number of a pull zone.", id="a-pull-zone-by-name",
        ),
        pytest.param(
            {}, 200, "",
            Health.DOUBTFUL, "No site uses this account, so there is no `pull_zone` to try it on.", id="no-site",
        ),
    ],
)  # fmt: skip
async def test_the_doctor(layer: Mapping[str, str], status: int, text: str, health: Health, what: str) -> None:
    seen: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.extensions["target"].decode()))
        return httpx.Response(status, text=text)

    provider = bunny(httpx.MockTransport(answer))
    probe = await provider.probe(layer)
    await provider.close()
    assert (health, what) == (probe.health, probe.what)
    assert ([("GET", "/pullzone/123456")] if layer == LAYER else []) == seen


async def test_it_says_nothing_of_its_budgets() -> None:
    assert () == await bunny().left(LAYER)
