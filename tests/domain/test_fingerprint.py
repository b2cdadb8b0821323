"""Which names are made from content: what the usual builders write, and what only looks so."""

from __future__ import annotations

import pytest

from bot.domain.fingerprint import is_certain, is_fingerprinted, is_static, named, never_needed, version_in_query

BY_CONTENT = {
    "webpack": "/static/main.3f2a91c0d4e5b6a79812.js",
    "webpack-cut-to-8": "/static/app.3f2a91c0.js",
    "webpack-chunk": "/static/3f2a91c0.chunk.js",
    "vite": "/assets/index-DRf8L97S.js",
    "vite-with-underscore": "/assets/vendor-B_k2x-Qa.css",
    "astro": "/_astro/index.DRf8L97S.js",
    "rollup-3": "/assets/index-9f8e7d6c.js",
    "next": "/_next/static/chunks/main-0123456789abcdef.js",
    "next-by-folder": "/_next/static/build/_buildManifest.js",
    "rails": f"/assets/application-{'0a1b2c3d' * 8}.css",
    "angular": "/styles.0123456789abcdef.css",
    "angular-17": "/main-QX5T4ZKP.js",
    "parcel": "/index.9c1e55ad.js",
    "nuxt": "/_nuxt/entry.DRf8L97S.js",
    "sveltekit": "/_app/immutable/entry/start.js",
    "django": "/static/base.27e20196a850.css",
    "minified": "/app.3f2a91c0.min.js",
    "a-map": "/app.3f2a91c0.js.map",
    "an-image": "/img/hero-3f2a91c0.webp",
    "a-whole-url": "https://www.shop.test/app.3f2a91c0.js?x=1#y",
    "camel-case-which-is-wrong": "/my-DataGrid.js",
}
BY_HAND = {
    "plain": "/app.js",
    "a-version": "/jquery-2.1.1.js",
    "a-date": "/report-20261126.pdf",
    "digits": "/photo-1234567890.jpg",
    "a-word-of-hex-letters": "/img/a-deadbeef.png",
    "facade": "/facade.png",
    "words": "/date-picker-overview.js",
    "a-folder-of-a-version": "/v1.2.3/app.js",
    "a-page": "/blog/post-3f2a91c0",
    "a-page-with-an-ending": "/blog/post-3f2a91c0.html",
    "in-the-query": "/app.js?h=3f2a91c0",
    "a-page-in-a-builders-folder": "/_next/static/",
}


@pytest.mark.parametrize("path", BY_CONTENT.values(), ids=BY_CONTENT)
def test_a_builders_name_is_known(path: str) -> None:
    assert is_fingerprinted(path) is True


@pytest.mark.parametrize("path", BY_HAND.values(), ids=BY_HAND)
def test_another_name_is_not_taken_for_one(path: str) -> None:
    assert is_fingerprinted(path) is False


@pytest.mark.parametrize(
    ("url", "control", "certain"),
    [
        ("/app.3f2a91c0.js", "public, max-age=31536000, immutable", True),
        ("/app.3f2a91c0.js", "max-age=2592000", True),
        ("/app.3f2a91c0.js", "immutable", True),
        ("/app.3f2a91c0.js", "max-age=3600", False),
        ("/my-DataGrid.js", "max-age=3600", False),
        ("/app.js", "max-age=31536000, immutable", False),
    ],
)
def test_certainty_wants_a_second_sign(url: str, control: str, certain: bool) -> None:
    assert certain == is_certain(url, {"cache-control": control})


@pytest.mark.parametrize(
    ("url", "version"),
    [
        ("/app.css?v=3", "v=3"),
        ("/app.css?a=1&Ver=4.2", "Ver=4.2"),
        ("/app.css?utm_source=x", ""),
        ("/app.css", ""),
    ],
)
def test_a_version_in_the_query_is_found(url: str, version: str) -> None:
    assert version == version_in_query(url)


@pytest.mark.parametrize(("url", "static"), [("/a/B.CSS", True), ("/a.js?x", True), ("/a.html", False), ("/js", False)])
def test_files_that_pages_are_made_of(url: str, static: bool) -> None:
    assert static == is_static(url)


def test_a_file_is_called_by_its_own_name() -> None:
    assert "app.3f2a91c0.js" == named("https://www.shop.test/static/app.3f2a91c0.js?x=1")


NEVER = {
    "none": (["/app.js"], ()),
    "one": (
        ["https://www.shop.test/a/app.3f2a91c0.js?x", "/b"],
        ("app.3f2a91c0.js is named by its content, as far as its name tells: a new version has a new name, so it was "
         "never needed.",),
    ),
    "several": (
        ["/app.3f2a91c0.js", "/b.9c1e55ad.css"],
        ("2 files like app.3f2a91c0.js are named by their content, as far as their names tell: a new version has a "
         "new name, so it was never needed.",),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("urls", "notes"), NEVER.values(), ids=NEVER)
def test_a_purge_of_what_is_named_by_its_content_was_never_needed(urls: list[str], notes: tuple[str, ...]) -> None:
    assert notes == never_needed(urls)
