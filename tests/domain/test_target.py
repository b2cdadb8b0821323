"""Targets: what they resolve to, what covers what, and when a purge empties a site."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.lists import boundaries, without_covered
from bot.domain.shown import Notes
from bot.domain.target import (
    Address,
    Target,
    Unreadable,
    begins,
    covers,
    empties,
    host_of,
    read_address,
    resolve,
    rest_of,
    url_of,
)
from providers.contract import Kind
from tests.domain.people import NEWS, SHOP, everything, host, path, pattern, prefix, tag, url
from tests.effort import examples

RESOLVED = {
    "a path is a URL per host": ([path("/a?b")], [url("https://www.shop.test/a?b"), url("https://img.shop.test/a?b")]),
    "a prefix gets every host": ([prefix("/n/")], [prefix("www.shop.test/n/"), prefix("img.shop.test/n/")]),
    "a prefix keeps its host": ([prefix("www.shop.test/n/")], [prefix("www.shop.test/n/")]),
    "a pattern gets every host": (
        [pattern("/*.css")],
        [pattern("www.shop.test/*.css"), pattern("img.shop.test/*.css")],
    ),
    "a pattern keeps its host": ([pattern("img.shop.test/a*")], [pattern("img.shop.test/a*")]),
    "URL, tag, host, everything stay": (
        [url("https://www.shop.test/"), tag("a"), host("www.shop.test"), everything()],
        [url("https://www.shop.test/"), tag("a"), host("www.shop.test"), everything()],
    ),
    "order is kept and nothing comes twice": (
        [url("https://img.shop.test/a"), path("/a"), tag("x"), tag("x")],
        [url("https://img.shop.test/a"), url("https://www.shop.test/a"), tag("x")],
    ),
    "a target without a site gets it": ([Target(Kind.TAG, "a")], [tag("a")]),
}


@pytest.mark.parametrize(("targets", "expected"), RESOLVED.values(), ids=RESOLVED)
def test_targets_resolve(targets: list[Target], expected: list[Target]) -> None:
    assert tuple(expected) == resolve(targets, SHOP)


def test_a_path_resolves_to_every_scheme() -> None:
    expected = (url("https://www.news.test/a", "news"), url("http://www.news.test/a", "news"))
    assert expected == resolve([path("/a", "news")], NEWS)


COVERS = {
    "everything covers a URL": (everything(), url("https://www.shop.test/a"), True),
    "everything covers a tag": (everything(), tag("a"), True),
    "everything of another site does not": (everything("news"), tag("a"), False),
    "a host covers its URL": (host("www.shop.test"), url("http://www.shop.test/a"), True),
    "a host covers its prefix": (host("www.shop.test"), prefix("www.shop.test/a/"), True),
    "a host covers no path": (host("www.shop.test"), path("/a"), False),
    "a host covers no other host": (host("www.shop.test"), url("https://img.shop.test/a"), False),
    "a host covers no tag": (host("www.shop.test"), tag("a"), False),
    "a prefix covers what lies below": (prefix("/n/"), url("https://img.shop.test/n/a?b"), True),
    "a prefix covers itself with a slash": (prefix("/n/"), path("/n/"), True),
    "a prefix does not cover itself without its slash": (prefix("/n/"), path("/n"), False),
    "a prefix ends at a boundary": (prefix("/n"), path("/news"), False),
    "a prefix covers its page": (prefix("/n"), path("/n"), True),
    "a prefix covers its page with a query": (prefix("/n"), path("/n?a"), True),
    "a prefix covers below its page": (prefix("/n"), path("/n/a"), True),
    "a prefix covers a narrower one": (prefix("/n/"), prefix("www.shop.test/n/a/"), True),
    "a prefix of one host covers no path": (prefix("www.shop.test/n/"), path("/n/a"), False),
    "a prefix of one host covers no other": (prefix("www.shop.test/n/"), url("https://img.shop.test/n/a"), False),
    "a prefix keeps to letter case": (prefix("/n/"), path("/N/a"), False),
    "a prefix covers a pattern below": (prefix("/n/"), pattern("/n/*.css"), True),
    "a prefix without a slash covers a pattern below": (prefix("/n"), pattern("www.shop.test/n/a*"), True),
    "a prefix covers no pattern beside": (prefix("/n/ab"), pattern("/n/ab*"), False),
    "a prefix covers a pattern in its queries": (prefix("/n"), pattern("/n?a=*"), True),
    "a prefix of all covers no tag": (prefix("/"), tag("a"), False),
    "a prefix of all covers no host": (prefix("/"), host("www.shop.test"), False),
    "a URL covers nothing else": (url("https://www.shop.test/a"), url("https://www.shop.test/a/b"), False),
    "a tag covers itself": (tag("a"), tag("a"), True),
}


@pytest.mark.parametrize(("wide", "narrow", "expected"), COVERS.values(), ids=COVERS)
def test_what_covers_what(wide: Target, narrow: Target, expected: bool) -> None:
    assert expected == covers(wide, narrow)


EMPTIES = {
    "everything": ([everything()], True),
    "all hosts": ([host("www.shop.test"), host("img.shop.test")], True),
    "one of two hosts": ([host("www.shop.test")], False),
    "a prefix of all": ([prefix("/")], True),
    "a prefix of all on one host": ([prefix("www.shop.test/")], False),
    "a host and the other's prefix": ([host("www.shop.test"), prefix("img.shop.test/")], True),
    "a pattern of stars": ([pattern("/*")], True),
    "a pattern of stars and slashes": ([pattern("/**/*")], True),
    "a pattern": ([pattern("/*.css")], False),
    "a narrower prefix": ([prefix("/a/")], False),
    "nothing": ([], False),
    "a front page": ([url("https://www.shop.test/"), url("https://img.shop.test/")], False),
}


@pytest.mark.parametrize(("targets", "expected"), EMPTIES.values(), ids=EMPTIES)
def test_what_empties_a_site(targets: list[Target], expected: bool) -> None:
    assert expected == empties(resolve(targets, SHOP), SHOP)


def test_an_only_host_empties_its_site() -> None:
    assert empties([host("www.news.test", "news")], NEWS)


def test_a_site_without_hosts_is_not_emptied_by_nothing() -> None:
    assert not empties([tag("a")], replace(SHOP, hosts=()))


PARTS = {
    "URL": (url("https://www.shop.test/a?b"), "www.shop.test", "/a?b", "https://www.shop.test/a?b"),
    "path": (path("/a?b"), "", "/a?b", "https://www.shop.test/a?b"),
    "prefix": (prefix("/n/"), "", "/n/", "https://www.shop.test/n/"),
    "prefix of a host": (prefix("img.shop.test/n/"), "img.shop.test", "/n/", "https://img.shop.test/n/"),
    "host": (host("img.shop.test"), "img.shop.test", "", "https://img.shop.test/"),
    "pattern": (pattern("img.shop.test/*.css"), "img.shop.test", "/*.css", "https://www.shop.test/"),
    "tag": (tag("a/b"), "", "", "https://www.shop.test/"),
    "everything": (everything(), "", "", "https://www.shop.test/"),
}


@pytest.mark.parametrize(("target", "its_host", "its_rest", "its_url"), PARTS.values(), ids=PARTS)
def test_a_target_taken_apart(target: Target, its_host: str, its_rest: str, its_url: str) -> None:
    assert (host_of(target), rest_of(target), url_of(target, SHOP)) == (its_host, its_rest, its_url)


def test_an_address_taken_apart() -> None:
    assert read_address("HTTPS://München.Test.:443?a#b", Notes()) == Address("https", "xn--mnchen-3ya.test", "/?a")


UNREADABLE = {
    "a label that is too long": f"https://{'ü' * 64}.test/",
    "a host that is too long": f"https://{'ü.' * 300}test/",
    "a blank in a host": "https://a%20b.test/",
    "a joiner alone": "https://\u200d.test/",
    "a host of dashes": "https://-/",
    "two colons": "https://www.shop.test:443:443/",
    "an address in brackets with a port": "https://[::1]:8443/",
    "a port of Arabic digits": "https://www.shop.test:٤٤٣/",
    "an empty host": "https://",
}


@pytest.mark.parametrize("typed", UNREADABLE.values(), ids=UNREADABLE)
def test_an_address_that_cannot_be_read(typed: str) -> None:
    with pytest.raises(Unreadable):
        read_address(typed, Notes())


PATHS = st.lists(st.sampled_from(["/", "/a", "/ab", "/b", "?", "?a", "//", "*"]), max_size=5).map(
    lambda x: f"/{''.join(x)}"
)
PLAIN = PATHS.map(lambda text: text.replace("*", ""))
NO_QUERY = PLAIN.map(lambda text: text.replace("?", ""))
HOSTS = st.sampled_from(["", "www.shop.test", "img.shop.test"])
TARGETS = st.one_of(
    st.just(everything()),
    HOSTS.filter(bool).map(host),
    st.builds(lambda h, p: prefix(h + p), HOSTS, NO_QUERY),
    st.builds(lambda h, p: url(f"https://{h}{p}"), HOSTS.filter(bool), PLAIN),
    PLAIN.map(path),
    st.builds(lambda h, p: pattern(h + p), HOSTS, PATHS.filter(lambda p: "*" in p)),
    st.sampled_from([tag("a"), tag("b")]),
)


@settings(max_examples=examples(1500), deadline=None)
@given(st.lists(TARGETS, max_size=6, unique=True))
def test_a_list_drops_exactly_what_another_target_covers(targets: list[Target]) -> None:
    kept = tuple(x for x in targets if not any(covers(wide, x) for wide in targets if wide != x))
    assert without_covered(targets) == (kept, len(targets) - len(kept))


@settings(max_examples=examples(500), deadline=None)
@given(PLAIN, NO_QUERY)
def test_boundaries_are_all_prefixes_that_a_path_lies_under(rest: str, prefixed: str) -> None:
    assert (prefixed in {rest[:end] for end in boundaries(rest)}) == begins(rest, prefixed)


def test_a_path_of_nothing_but_slashes_is_read_in_one_go() -> None:
    """Each of its prefixes written out would be 500 GB."""
    slashes = url(f"https://www.shop.test{'/' * 1_000_000}")
    kept = [slashes, prefix("www.shop.test/a"), prefix("www.shop.test/b/")]
    assert (tuple(kept), 0) == without_covered(kept)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(TARGETS, max_size=5))
def test_what_is_covered_before_resolving_is_covered_after(targets: list[Target]) -> None:
    kept, _ = without_covered(tuple(dict.fromkeys(targets)))
    after = resolve(kept, SHOP)
    lost = [x for x in resolve(targets, SHOP) if x not in after and not any(covers(wide, x) for wide in after)]
    assert lost == []
