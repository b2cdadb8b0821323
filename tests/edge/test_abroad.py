"""What probes around the world are never asked for, and why people hear so."""

from __future__ import annotations

import pytest

from bot.domain.proof.world import Region
from bot.edge.abroad import Unaskable, address_of, locations, plain, public, wish
from tests.edge.looking import Names

HOSTS = frozenset({"www.shop.test", "203.0.113.7", "10.0.0.7"})
NOT_OURS = "probes look only at hosts of sites that are opted in"
REWRITES = "a probe would ask for another URL than this one, since it rewrites "
REFUSED = {
    "another host": ("https://evil.test/", NOT_OURS),
    "a host below ours": ("https://a.www.shop.test/", NOT_OURS),
    "a password": ("https://u:p@www.shop.test/", NOT_OURS),
    "another port": ("https://www.shop.test:8443/", NOT_OURS),
    "another scheme": ("ftp://www.shop.test/", NOT_OURS),
    "no scheme": ("www.shop.test/a", NOT_OURS),
    "a token": (
        "https://www.shop.test/?access_token=1",
        "the argument `access_token` looks like a secret, and measurements are public",
    ),
    "a signature": (
        "https://www.shop.test/a?x=1&X-Amz-Signature=1",
        "the argument `X-Amz-Signature` looks like a secret, and measurements are public",
    ),
    "a key": (
        "https://www.shop.test/a?apiKey=1",
        "the argument `apiKey` looks like a secret, and measurements are public",
    ),
    "an empty password": (
        "https://www.shop.test/a?password",
        "the argument `password` looks like a secret, and measurements are public",
    ),
    "dots": ("https://www.shop.test/a/../b", f"{REWRITES}`.` and `..`"),
    "escaped dots": ("https://www.shop.test/a/%2E%2e/b", f"{REWRITES}`.` and `..`"),
    "a brace": ("https://www.shop.test/{a}", f"{REWRITES}`{{`"),
    "an apostrophe in the query": ("https://www.shop.test/?a='b'", f"{REWRITES}`'`"),
    "an empty query": ("https://www.shop.test/a?", f"{REWRITES}an empty query"),
    "two question marks": ("https://www.shop.test/a??b", f"{REWRITES}`??`"),
}


@pytest.mark.parametrize(("url", "why"), REFUSED.values(), ids=REFUSED)
def test_this_is_not_asked_of_probes(url: str, why: str) -> None:
    with pytest.raises(Unaskable) as caught:
        address_of(url, HOSTS)
    assert why == str(caught.value)


@pytest.mark.parametrize(
    "rest",
    ["/", "/a", "//a", "/a?v=1&page=2", "/a|b'c", "/caf%C3%A9?q=%2F+&r", "/a?monkey=1&design=2", "/a?b=c?d", "/..a"],
)
def test_this_is_asked_byte_for_byte(rest: str) -> None:
    address = address_of(f"https://www.shop.test{rest}", HOSTS)
    asked = wish(address, (), "an-id")["measurementOptions"]
    assert isinstance(asked, dict)
    request = asked["request"]
    assert rest == request["path"] + (f"?{request['query']}" if request["query"] else "")


@pytest.mark.parametrize("name", ["Cookie", "Authorization", "X-Api-Key", "X-Purge-Token", "Proxy-Authorization"])
def test_a_header_that_may_carry_a_secret_is_not_sent(name: str) -> None:
    with pytest.raises(Unaskable) as caught:
        plain(((name, "v"),))
    assert f"the header {name} may carry a secret, and measurements are public" == str(caught.value)


@pytest.mark.parametrize(
    ("addresses", "why"),
    [
        pytest.param(["10.0.0.5"], "10.0.0.5 is private", id="private"),
        pytest.param(["203.0.113.7", "127.0.0.1"], "127.0.0.1 is loopback", id="one-of-two"),
        pytest.param(["::1"], "::1 is not public unicast", id="v6"),
    ],
)
async def test_a_private_host_is_not_asked_for(addresses: list[str], why: str) -> None:
    names = Names({"www.shop.test": [addresses]})
    with pytest.raises(Unaskable) as caught:
        await public("www.shop.test", names.resolve)
    assert f"www.shop.test is not public: {why}" == str(caught.value)


async def test_a_private_address_is_not_asked_for_by_its_number() -> None:
    names = Names()
    with pytest.raises(Unaskable):
        await public("10.0.0.7", names.resolve)
    await public("203.0.113.7", names.resolve)
    assert [] == names.asked


async def test_a_host_that_dns_does_not_know_here_may_be_known_elsewhere() -> None:
    async def nobody(host: str) -> list[str]:
        raise OSError(host)

    await public("www.shop.test", nobody)


def test_a_region_is_asked_for_with_all_its_filters() -> None:
    region = Region((("country", "DE"), ("asn", "3320"), ("tags", "a"), ("tags", "b")), 2)
    assert [{"country": "DE", "asn": 3320, "tags": ["a", "b"], "limit": 2}] == locations([region])
