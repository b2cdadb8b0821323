"""Which names are made from content: what the usual builders write, and what only looks so."""

from __future__ import annotations

import pytest

from bot.domain.answers.fingerprint import (
    is_fingerprinted,
    is_no_word,
    is_static,
    may_be_fingerprinted,
    named,
    never_needed,
    version_in_query,
)  # fmt: skip

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
    "next-in-a-manifest": "_next/static/build/_buildManifest.js",
    "sveltekit-in-a-manifest": "_app/immutable/entry/start.js",
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
    "another-folder-that-ends-so": "my_next/static/app.js",
}


@pytest.mark.parametrize("path", BY_CONTENT.values(), ids=BY_CONTENT)
def test_a_builders_name_is_known(path: str) -> None:
    assert is_fingerprinted(path) is True


@pytest.mark.parametrize("path", BY_HAND.values(), ids=BY_HAND)
def test_another_name_is_not_taken_for_one(path: str) -> None:
    assert is_fingerprinted(path) is False


# Some names as builders write them, and some that people give, ending where hashes would.
BUILT = (
    "assets/index-8R16Odns.js", "assets/index-DRf8L97S.js", "assets/lazy-1Tw_lJWN.js", "assets/logo-Cs1ShMAv.png",
    "assets/vendor-B_k2x-Qa.css", "assets/react-BfQ2z8Wk.js", "assets/inter-9pLd0XcT.woff2",
    "assets/map-C7w-u1Zs.wasm", "assets/index.9f8e7d6c.js", "assets/index-4889e940.css", "static/js/main.3f2a91c0.js",
    "static/js/787.28cb0dcd.chunk.js", "static/css/main.f855e6bc.css",
    "static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg", "main.4f3a9c1e.js",
    "dist/runtime.9a71bda8c8b0a4c5f0f3.js", "js/chunk-vendors.b4a91a1e.js", "935f2afb.1d53b1d1.js",
    "app.3f2a91c0.min.js", "app.3f2a91c0.js.map", "_next/static/chunks/main-app-4b1c7d9e02f3a586.js",
    "_next/static/chunks/117-1d5c2f6a7b8e9d03.js", "_next/static/css/0c7e7b6f9d1a2b3c.css",
    "_next/static/media/e4af272ccee01ff0-s.p.woff2", "_next/static/Xy_12ab/_ssgManifest.js",
    "_nuxt/entry.DRf8L97S.js", "_astro/hoisted.BqW3kd9X.js", "_app/immutable/chunks/index.C2a-9Lq0.js",
    f"assets/application-{'0a1b2c3d' * 8}.css", "assets/application-bb3e5f07.js", f"assets/logo-{'9f86d081' * 4}.png",
    f"css/main.min.{'5e884898da280471' * 4}.css", f"js/bundle.{'2c26b46b68ffc68f' * 4}.js", "index.9c1e55ad.js",
    "logo.2d71ce6f.svg", "index-QX5T4ZKP.js", "chunk-5IKWJQ3M.js", "main-QX5T4ZKP.js", "styles-5INURTSO.css",
    "polyfills-FFHMD2TL.js", "static/base.27e20196a850.css", "app-cf4b2c1e0d9a8f7e6b5c.js",
    "component---src-pages-index-js-1f0e9d8c7b6a59483726.js",
)  # fmt: skip
GIVEN = (
    "my-DataGrid.js", "src-DataGrid.js", "Inter-SemiBold.woff2", "Inter-SemiBold.ttf", "team-JohnDoe2.jpg",
    "ui-MyWidget.js", "ui-ToDoList.js", "ui-CheckBox.css", "ui-DropDown.js", "ui.DatePick.min.js", "ui-NavPanel.js",
    "lib-JSONView.js", "lib-PDFMaker.js", "img/hero-iPhoneSE.png", "img/hero-IMG_1234.jpg", "img/2024-DSC_0012.jpg",
    "img/DCIM-DSC00012.jpg", "img/my-Logo2024.png", "img/team-Photo-12.jpg", "docs/guide-en-US-v2.pdf",
    "docs/guide-A4-print.pdf", "docs/flyer-DIN-A4-2.pdf", "docs/report-FY2025Q4.pdf", "docs/info-COVID-19.pdf",
    "docs/my-OVERVIEW.pdf", "docs/my-CHECKLIST.pdf", "img/art-SKU10293.jpg", "img/map-EN_US_01.svg", "jquery-2.1.1.js",
    "jquery-ui.js", "report-20261126.pdf", "photo-1234567890.jpg", "img/a-deadbeef.png", "date-picker-overview.js",
    "app.bundle.js", "main.min.css", "bootstrap.min.js", "fonts/OpenSans-BoldItal.woff", "fonts/Lato-ExtraBold.woff2",
    "fonts/Roboto-Regular.ttf", "img/apple-touch-icon-180x180.png", "img/icon-512x512.png", "video/intro-1080p.mp4",
    "site.webmanifest", "sw.js",
)  # fmt: skip


def test_of_many_names_those_that_builds_write_are_known() -> None:
    assert (True, True) == (len(BUILT) >= 40, len(GIVEN) >= 40)
    missed = [name for name in BUILT if not is_fingerprinted(f"/{name}")]
    assert ([], []) == (missed, [name for name in GIVEN if is_fingerprinted(f"/{name}")])


@pytest.mark.parametrize(
    ("name", "certain", "likely", "no_word"),
    [
        ("index-DRf8L97S.js", True, True, True),
        ("my-DataGrid.js", False, True, False),
        ("index-TJmedwuw.css", False, True, False),
        ("index-k3xq9zva.js", False, False, True),
        ("main.08421965.js", False, False, False),
        ("report.20260412.css", False, False, False),
        ("date-overview.js", False, False, False),
        ("app.js", False, False, False),
    ],
)
def test_a_name_that_may_be_either_is_told_from_others(name: str, certain: bool, likely: bool, no_word: bool) -> None:
    assert (certain, likely, no_word) == (is_fingerprinted(name), may_be_fingerprinted(name), is_no_word(name))


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
