"""Where a redirect leads, however it is written."""

from __future__ import annotations

import pytest

from bot.domain.answers.locations import host_of, led, mark_of

PAGE = "http://www.shop.test/a/b"
LEADS = {
    "a path": ("/new", "http://www.shop.test/new"),
    "beside it": ("new", "http://www.shop.test/a/new"),
    "a query alone": ("?q=1", "http://www.shop.test/a/b?q=1"),
    "whole": ("https://www.shop.test/new", "https://www.shop.test/new"),
    "a host in capitals, and its scheme's own port": ("HTTP://WWW.Shop.test:80/new", "http://www.shop.test/new"),
    "another port": ("http://www.shop.test:8080/new", "http://www.shop.test:8080/new"),
    "no path": ("https://www.shop.test", "https://www.shop.test/"),
    "letters beyond ASCII": ("/café", "http://www.shop.test/caf%C3%A9"),
    "encoded already": ("/caf%C3%A9", "http://www.shop.test/caf%C3%A9"),
    "another host, with two slashes": ("//evil.test/x", "http://evil.test/x"),
    "another host, with three": ("///evil.test/x", "http://evil.test/x"),
    "another host, with slashes of both sorts": ("\\/evil.test/x", "http://evil.test/x"),
    "slashes within a path": ("/a///b", "http://www.shop.test/a///b"),
    "an address": ("https://[::1]:443/a", "https://[::1]/a"),
    "a name and password": ("https://u:p@www.shop.test/", "https://u:p@www.shop.test/"),
    "no URL": ("http://[x", "http://[x"),
    "no port": ("http://www.shop.test:x/", "http://www.shop.test:x/"),
    "a backtick and a blank": ("/a`b c", "http://www.shop.test/a%60b%20c"),
    "nothing": ("", PAGE),
}


@pytest.mark.parametrize(("location", "expected"), LEADS.values(), ids=LEADS)
def test_it_leads_where_browsers_go(location: str, expected: str) -> None:
    assert expected == led(PAGE, location)


def test_a_host_is_that_of_a_url() -> None:
    assert ("www.shop.test", "", "") == (host_of("https://WWW.shop.test/a"), host_of("http://[x"), host_of("/a"))


def test_a_mark_tells_two_urls_apart_and_is_too_short_to_find_one_by() -> None:
    one, other = mark_of(f"{PAGE}?code=1"), mark_of(f"{PAGE}?code=2")
    assert one != other
    assert {6} == {len(one), len(other)}
