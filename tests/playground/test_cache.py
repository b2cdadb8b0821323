"""One pretend cache by itself: what a purge reaches, and what may not come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.cache import Cache, matches
from playground.http import Reply
from playground.store import Store
from tests.playground.slack_land import START, Clock

HOME = "http://www.shop.test/"
OLD = Reply(200, {"x-build": "v1"}, b"old")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> Iterator[Cache]:
    store = Store(tmp_path / "world.db")
    yield Cache(store, "fra", clock)
    store.close()


REACHES = [
    pytest.param("everything", "*", "http://a.test/x", [], True, id="everything"),
    pytest.param("host", "a.test", "https://a.test/x", [], True, id="a-host-whatever-the-scheme"),
    pytest.param("host", "a.test", "http://b.a.test/x", [], False, id="a-host-below"),
    pytest.param("tag", "news", "http://a.test/x", ["all", "news"], True, id="a-tag"),
    pytest.param("tag", "new", "http://a.test/x", ["all", "news"], False, id="half-a-tag"),
    pytest.param("prefix", "a.test/news", "http://a.test/news", [], True, id="the-prefix-itself"),
    pytest.param("prefix", "a.test/news", "http://a.test/news?x=1", [], True, id="with-a-query"),
    pytest.param("prefix", "a.test/news", "http://a.test/news/a", [], True, id="below"),
    pytest.param("prefix", "a.test/news", "http://a.test/newsroom", [], False, id="not-at-a-boundary"),
    pytest.param("prefix", "a.test/news", "http://a.test/News/a", [], False, id="in-another-case"),
    pytest.param("prefix", "a.test/news/", "http://a.test/news", [], False, id="a-slash-more"),
    pytest.param("prefix", "a.test/", "http://a.test/", [], True, id="the-root"),
    pytest.param("prefix", "a.test", "http://a.test/x", [], True, id="a-host-as-a-prefix"),
    pytest.param("prefix", "a.test", "http://a.testing/x", [], False, id="a-host-that-begins-alike"),
    pytest.param("prefix", "a.test/x", "http://a.test/y?/x/", [], False, id="in-a-query-only"),
]


@pytest.mark.parametrize(("kind", "value", "url", "tags", "expected"), REACHES)
def test_a_purge_reaches(kind: str, value: str, url: str, tags: list[str], expected: bool) -> None:
    assert expected == matches(kind, value, url, tags)


def test_an_answer_asked_for_before_a_purge_is_not_kept(cache: Cache) -> None:
    mark = cache.mark()
    cache.purge_at(START, "url", [HOME])
    cache.keep(HOME, OLD, [], mark)
    assert cache.find(HOME) is None


def test_an_answer_asked_for_before_a_purge_fell_due_is_not_kept(cache: Cache, clock: Clock) -> None:
    cache.purge_at(START + 1, "everything", ["*"])
    mark = cache.mark()
    clock.at = START + 1
    cache.keep(HOME, OLD, [], mark)
    assert cache.find(HOME) is None


def test_an_answer_asked_for_after_a_purge_is_kept_however_late_it_is_noticed(cache: Cache, clock: Clock) -> None:
    cache.purge_at(START + 1, "everything", ["*"])
    clock.at = START + 5
    cache.keep(HOME, OLD, [], cache.mark())
    found = cache.find(HOME)
    assert found is not None
    assert OLD == found.reply


def test_a_door_is_a_purge_too(cache: Cache) -> None:
    mark = cache.mark()
    cache.forget(lambda url: url == HOME)
    cache.keep(HOME, OLD, [], mark)
    assert cache.find(HOME) is None


def test_places_do_not_share_copies(tmp_path: Path, clock: Clock) -> None:
    store = Store(tmp_path / "world.db")
    fra, iad = Cache(store, "fra", clock), Cache(store, "iad", clock)
    fra.keep(HOME, OLD, [], fra.mark())
    iad.purge_at(START, "everything", ["*"])
    assert (1, 0) == (len(fra.shown("www.shop.test")), len(iad.shown("www.shop.test")))
    store.close()
