"""Where a redirect leads, however it is written."""

from __future__ import annotations

import pytest

from bot.domain.answers.locations import host_of, led, mark_of, spelled, unblanked

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
    "another host, with two backslashes": ("\\\\evil.test\\x", "http://evil.test/x"),
    "another host, by another scheme without slashes": ("https:evil.test", "https://evil.test/"),
    "a path, by the same scheme without slashes": ("http:new", "http://www.shop.test/a/new"),
    "backslashes in a path": ("\\new\\x", "http://www.shop.test/new/x"),
    "a backslash in a query": ("/new?a\\b", "http://www.shop.test/new?a\\b"),
    "steps": ("../x/./y/..", "http://www.shop.test/x/"),
    "steps that are encoded": ("/a/%2e%2E/.%2e/new/%2e", "http://www.shop.test/new/"),
    "steps behind a host": ("http://www.shop.test/a/../new", "http://www.shop.test/new"),
    "tabs and newlines": (" /n\te\r\nw\x1f ", "http://www.shop.test/new"),
    "a host beyond ASCII": ("http://M\u00dcNCHEN.test/x", "http://xn--mnchen-3ya.test/x"),
    "a host that is encoded": ("http://www%2eshop.test/x", "http://www.shop.test/x"),
    "a host that hides a slash": ("http://evil.test%2f.shop.test/", "http://evil.test%2f.shop.test/"),
    "a host that hides a slash in one letter": (
        "http://evil.test\u2100.shop.test/",
        "http://evil.test\u2100.shop.test/",
    ),
    "what stands before the last @": ("http://www.shop.test@evil.test/", "http://www.shop.test@evil.test/"),
    "a port beyond all": ("http://www.shop.test:65616/", "http://www.shop.test:65616/"),
    "an empty name": ("http://@www.shop.test/", "http://www.shop.test/"),
    "marks that a path may not hold": ('/a"<>{}', "http://www.shop.test/a%22%3C%3E%7B%7D"),
    "another scheme": ("mailto:a@shop.test", "mailto:a@shop.test"),
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


SPELLED = {
    "a letter that needs no encoding": ("/%7Enew%2d1", "/~new-1"),
    "hex in small letters": ("/caf%c3%a9", "/caf%C3%A9"),
    "a slash that is encoded": ("/a%2fb", "/a%2Fb"),
    "what is no code": ("/100%/%zz", "/100%/%zz"),
    "a percent sign that is encoded": ("/%257E", "/%257E"),
}


@pytest.mark.parametrize(("written", "expected"), SPELLED.values(), ids=SPELLED)
def test_a_url_is_spelled_in_one_way(written: str, expected: str) -> None:
    assert f"{PAGE}{expected}" == spelled(f"{PAGE}{written}")
    assert mark_of(f"{PAGE}{expected}") == mark_of(f"{PAGE}{written}")


HOSTS = {
    "//a.test/": "a.test",
    "//b.test/": "b.test",
    "/\\b.test@a.test/": "a.test",
    "//a.test@c.test/": "c.test",
    "//a%2etest.d.test/": "a.test.d.test",
    "//a.test:8080/": "a.test",
    "//a.test./": "a.test.",
}


def test_no_two_places_are_taken_for_one() -> None:
    assert len(HOSTS) == len({spelled(led(PAGE, one)) for one in HOSTS})
    assert [*HOSTS.values()] == [host_of(led(PAGE, one)) for one in HOSTS]


def test_what_browsers_drop_is_not_shown() -> None:
    assert "/a b" == unblanked(" /a\t b\x00\n")


def test_a_host_is_that_of_a_url() -> None:
    assert ("www.shop.test", "", "") == (host_of("https://WWW.shop.test/a"), host_of("http://[x"), host_of("/a"))


def test_a_mark_tells_two_urls_apart_and_is_too_short_to_find_one_by() -> None:
    one, other = mark_of(f"{PAGE}?code=1"), mark_of(f"{PAGE}?code=2")
    assert one != other
    assert {6} == {len(one), len(other)}
