"""A build's files in every form that people have, and what is said of a manifest that is none.

The files in `manifests/` were written by Vite 8.3.8, webpack 5.112.2, webpack-manifest-plugin 6.0.1,
webpack-assets-manifest 6.5.2 and assets-webpack-plugin 7.1.1 on 2026-11-26, from one small page.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.deploys.built import read_manifest
from bot.domain.deploys.manifest import (
    FILES_MAX,
    FORMS,
    BadManifest,
    Difference,
    Manifest,
    compared,
    folded,
    named_files,
)

WRITTEN = Path(__file__).parent / "manifests"
A, B = "1ab3635b1ab21357e3e5a9337b5e655ba115b93b6a64c8c78b9dc23bc6301d44", "d41d8cd98f00b204e9800998ecf8427e"
HOSTS = ("www.shop.test", "cdn.shop.test")

WEBPACK = (
    "480.05473f60.js",
    "480.05473f60.js.map",
    "dfc8c89c954f3a1d165f.png",
    "main.842539bc.css",
    "main.842539bc.css.map",
    "main.e389b721.js",
    "main.e389b721.js.map",
)
BUILT = {
    "Vite": (
        "vite.json",
        {
            f"assets/{name}": name
            for name in ("index-8R16Odns.js", "index-TJmedwuw.css", "lazy-1Tw_lJWN.js", "logo-Cs1ShMAv.png")
        },
    ),
    "webpack-manifest-plugin": (
        "webpack-manifest-plugin.json",
        {**{f"static/{name}": name for name in WEBPACK}, "static/assets-manifest.json": ""},
    ),
    "webpack-assets-manifest": ("webpack-assets-manifest.json", {name: name for name in WEBPACK}),
    "assets-webpack-plugin": (
        "assets-webpack-plugin.json",
        {
            **{f"static/{name}": name for name in WEBPACK if not name.endswith(".map")},
            "static/assets-manifest.json": "",
            "static/manifest.json": "",
        },
    ),
}


@pytest.mark.parametrize(("name", "expected"), BUILT.values(), ids=BUILT)
def test_what_real_bundlers_write_is_read(name: str, expected: dict[str, str]) -> None:
    text = (WRITTEN / name).read_text()
    assert (expected, expected) == (read_manifest(text), read_manifest(json.loads(text)))


TEXTS = {
    "sha256sum": (f"{A}  news/a.html\n", {"news/a.html": A}),
    "binary": (f"{A} *news/a.html\n", {"news/a.html": A}),
    "md5sum": (f"{B}  a", {"a": B}),
    "two files and lines of a PC": (f"{A}  a\r\n{B}  b\r\n", {"a": A, "b": B}),
    "from find": (f"{A}  ./news/a.html\n", {"news/a.html": A}),
    "absolute": (f"{A}  /srv/www/a.html\n", {"srv/www/a.html": A}),
    "a blank in the name": (f"{A}  news/a b.html\n", {"news/a b.html": A}),
    "a name that begins with a blank": (f"{A}   a.html\n", {" a.html": A}),
    "--tag": (f"SHA256 (news/a (1).html) = {A}\n", {"news/a (1).html": A}),
    "openssl": (f"SHA2-256(news/a.html)= {A}\n", {"news/a.html": A}),
    "capitals": (f"{A.upper()}  a", {"a": A}),
    "named twice alike": (f"{A}  a\n{A}  ./a\n", {"a": A}),
    "a byte-order mark": (f"\ufeff{A}  a\n", {"a": A}),
    "letters beyond ASCII": (f"{A}  news/ä.html\n", {"news/ä.html": A}),
    "an object of hashes": (f'{{"news/a.html": "{A}", "./b": "md5-/9j4=="}}', {"news/a.html": A, "b": "md5-/9j4=="}),
    "short hashes of git": ('{"a.md": "4f3a9c1", "b.md": "1234567"}', {"a.md": "4f3a9c1", "b.md": "1234567"}),
    "base64 that begins with a slash": ('{"a.md": "/9j4AAQSkZJRg=="}', {"a.md": "/9j4AAQSkZJRg=="}),
    "webpack without hashes": ('{"main.js": "/js/main.js", "CNAME": "/CNAME"}', {"js/main.js": "", "CNAME": ""}),
    "a builder's folder, which tells nothing of a file": ('{"a.js": "/_nuxt/a.js"}', {"_nuxt/a.js": ""}),
    "files that are called like a hash": ('{"LICENSE": "/LICENSE"}', {"LICENSE": ""}),
    "Laravel Mix": ('{"/js/app.js": "/js/app.js?id=4f3a9c1e"}', {"js/app.js": "id=4f3a9c1e"}),
    "Create React App": (
        '{"files": {"main.js": "/static/js/main.4f3a9c1e.js", "index.html": "/index.html"},'
        ' "entrypoints": ["static/js/main.4f3a9c1e.js"]}',
        {"static/js/main.4f3a9c1e.js": "main.4f3a9c1e.js", "index.html": ""},
    ),
    "entry points beside files": (
        '{"main.js": "main.4f3a9c1e.js", "entrypoints": {"main": {"assets": {"js": ["main.4f3a9c1e.js"]}}}}',
        {"main.4f3a9c1e.js": "main.4f3a9c1e.js"},
    ),
    "integrity where the name tells nothing": (
        '{"main.js": {"src": "main.js", "integrity": "sha256-AAAA"}, "a.js": {"src": "a.js"}}',
        {"main.js": "sha256-AAAA", "a.js": ""},
    ),
    "Vite with what an entry brings": (
        '{"a.js": {"file": "assets/a-4889e940.js", "css": ["assets/a-b1c2d3e4.css"], "imports": ["_b.js"]},'
        ' "_b.js": {"file": "assets/b-5889e940.js"}}',
        {
            "assets/a-4889e940.js": "a-4889e940.js",
            "assets/a-b1c2d3e4.css": "a-b1c2d3e4.css",
            "assets/b-5889e940.js": "b-5889e940.js",
        },
    ),
    "names that read like words, among those that show a hash": (
        '{"src/my-DataGrid.tsx": {"file": "assets/my-DataGrid.js", "css": ["assets/my-TJmedwuw.css"]},'
        ' "_a-Dkqsbvzx.js": {"file": "assets/a-DkqsbvZx.js", "assets": ["assets/logo-Cs1ShMAv.png"]},'
        ' "b.js": {"file": "assets/b-8R16Odns.js"}, "c.js": {"file": "assets/c-1Tw_lJWN.js"}}',
        {
            "assets/my-DataGrid.js": "",
            "assets/my-TJmedwuw.css": "my-TJmedwuw.css",
            "assets/a-DkqsbvZx.js": "a-DkqsbvZx.js",
            "assets/logo-Cs1ShMAv.png": "logo-Cs1ShMAv.png",
            "assets/b-8R16Odns.js": "b-8R16Odns.js",
            "assets/c-1Tw_lJWN.js": "c-1Tw_lJWN.js",
        },
    ),
    "a name that reads like words, alone": (
        '{"main.js": "/static/my-DataGrid.js", "b.js": "/static/b.js"}',
        {"static/my-DataGrid.js": "", "static/b.js": ""},
    ),
    "words that are called as their source": (
        '{"my-DataGrid.js": "/static/my-DataGrid.js?v=3", "b.js": "/b-DRf8L97S.js"}',
        {"static/my-DataGrid.js": "v=3", "b-DRf8L97S.js": "b-DRf8L97S.js"},
    ),
    "a host of the site": (
        '{"main.js": "https://CDN.shop.test/static/main.js", "b.js": "//www.shop.test/b%20c.js"}',
        {"static/main.js": "", "b c.js": ""},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_a_manifest_is_told_by_its_shape(text: str, expected: dict[str, str]) -> None:
    assert expected == read_manifest(text, HOSTS)


LINE = "Write what `sha256sum` prints: the hash, two blanks, and the path."
SITE = "Write a path, or send it to the site that it belongs to."
BAD = {
    "nothing": ("", f"The manifest names no file. {FORMS}"),
    "an empty object": ("{}", f"The manifest names no file. {FORMS}"),
    "a number": (3, f"The manifest is neither text nor an object. {FORMS}"),
    "a list": ("[1]", f"The manifest is neither text nor an object. {FORMS}"),
    "no hash": (f"{A}  a\nhello\n", f"Line 2 of the manifest is not of `sha256sum`: `hello`. {LINE}"),
    "half a hash": (f"{A[:40]}0  a", f"Line 1 of the manifest has a hash of 41 digits. {LINE}"),
    "one blank": (f"{A} a", f"Line 1 of the manifest is not of `sha256sum`: `{A[:59]}…`. {LINE}"),
    "half of JSON": ('{"a": 1,\n', f"The manifest begins like JSON and ends as none on line 2. {FORMS}"),
    "much too deep": ("[" * 200_000, f"The manifest begins like JSON and ends as none. {FORMS}"),
    "a key twice": ('{"a": "4f3a9c1", "a": "4f3a9c2"}', "The manifest names `a` twice. Keep one."),
    "another hash": (f"{A}  a\n{B}  ./a", "Line 2 of the manifest names `a` again, with another hash. Keep one."),
    "a mixture of texts": (
        '{"a.md": "4f3a9c1", "main.js": "/static/main.js"}',
        f"The manifest is a mixture: `a.md` is of another form than `main.js`. {FORMS}",
    ),
    "a mixture of text and object": (
        '{"a.md": "4f3a9c1", "main.js": {"file": "a.js"}}',
        f"The manifest is a mixture: `a.md` is of another form than `main.js`. {FORMS}",
    ),
    "a number for a hash": ('{"a.md": 3}', f"`a.md` of the manifest is neither a hash nor a file. {FORMS}"),
    "a version for a hash": ('{"a.md": "4.2"}', f"`a.md` of the manifest is neither a hash nor a file. {FORMS}"),
    "numbers for files": (
        '{"a": {"file": "a.js", "css": [3]}}',
        f"`a` of the manifest is neither a hash nor a file. {FORMS}",
    ),
    "an escaped line end": (
        f"\\{A}  a\\nb",
        "Line 1 of the manifest names a file that holds U+000A LINE FEED. Rename the file.",
    ),
    "an escaped backslash": (
        f"\\SHA256 (c\\\\d.js) = {A}",
        "Line 1 of the manifest holds a backslash: `c\\d.js`. Write slashes.",
    ),
    "a NUL": (f"{A}  a\0b", "Line 1 of the manifest names a file that holds U+0000 NULL. Rename the file."),
    "what turns text around": (
        f"{A}  a\u202eb",
        "Line 1 of the manifest names a file that holds U+202E RIGHT-TO-LEFT OVERRIDE. Rename the file.",
    ),
    "a star": (
        f"{A}  news/*.html",
        "Line 1 of the manifest holds a star: `news/*.html`. Providers purge more than one file by it."
        " Rename the file.",
    ),
    "out of the build": (
        f"{A}  ../a",
        "Line 1 of the manifest leads out of the build: `../a`. Leave `..` away.",
    ),
    "a folder": (f"{A}  news/", "Line 1 of the manifest names no file: `news/`. Leave it out."),
    "a long name": (f"{A}  {'a' * 1_001}", "Line 1 of the manifest names a file with 1,001 characters. Leave it out."),
    "a deep name": (f"{A}  {'a/' * 51}b", "Line 1 of the manifest lies below more than 50 folders. Leave it out."),
    "another host": (
        '{"main.js": "https://cdn.other.test/main.js"}',
        f"`main.js` of the manifest is on a host that is not the site's: `https://cdn.other.test/main.js`. {SITE}",
    ),
    "another scheme": (
        '{"main.js": "s3://www.shop.test/main.js"}',
        f"`main.js` of the manifest is on a host that is not the site's: `s3://www.shop.test/main.js`. {SITE}",
    ),
    "too many": (
        {f"{n}.md": "4f3a9c1" for n in range(FILES_MAX + 1)},
        "The manifest names 20,001 files, and at most 20,000 are compared."
        " Leave out what is named by its content, or send `prefixes` or `tags`.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given_", "expected"), BAD.values(), ids=BAD)
def test_what_is_no_manifest_is_told_what_and_where(given_: object, expected: str) -> None:
    with pytest.raises(BadManifest) as told:
        read_manifest(given_, HOSTS)
    assert expected == str(told.value)


HOSTILE = {
    "dots": {"a": "a." * 500_000},
    "hex": {"a": {"file": "-" + "a1" * 500_000}},
    "brackets": "SHA256 (" + ")" * 1_000_000,
    "blanks": " " * 1_000_000 + "a",
}


@pytest.mark.parametrize("given_", HOSTILE.values(), ids=HOSTILE)
def test_no_manifest_takes_long_to_be_refused(given_: object) -> None:
    began = time.process_time()
    with pytest.raises(BadManifest):
        read_manifest(given_)
    assert time.process_time() - began < 1.0


DIFFERENCES = {
    "nothing": ({"a": "1"}, {"a": "1"}, Difference()),
    "one of each": (
        {"a": "1", "b": "1", "c": "1"},
        {"b": "1", "c": "2", "d": "1"},
        Difference(added=("d",), changed=("c",), removed=("a",)),
    ),
    "the first": (None, {"b": "1", "a": "1"}, Difference(added=("a", "b"), first=True)),
    "content that nothing tells": ({"a": "", "b": "1"}, {"a": "", "b": "1"}, Difference(changed=("a",), untold=1)),
    "content that nothing tells any more": ({"a": "1"}, {"a": ""}, Difference(changed=("a",), untold=1)),
}


@pytest.mark.parametrize(("before", "now", "expected"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_two_builds_are_compared(before: dict[str, str] | None, now: dict[str, str], expected: Difference) -> None:
    assert expected == compared(before, now)


MANIFESTS = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("123"))


@given(MANIFESTS)
def test_a_build_compared_with_itself_changes_nothing(build: dict[str, str]) -> None:
    assert Difference() == compared(build, build)


@given(MANIFESTS, MANIFESTS)
def test_what_is_not_told_apart_is_the_same_in_both(before: dict[str, str], now: dict[str, str]) -> None:
    apart = compared(before, now)
    told = {*apart.added, *apart.changed, *apart.removed}
    assert {path for path in {*before, *now} if before.get(path) != now.get(path)} == told
    assert len(told) == len(apart)


@given(MANIFESTS, st.lists(MANIFESTS, min_size=1, max_size=4), MANIFESTS)
def test_of_builds_that_were_not_purged_whatever_differs_in_one_of_them_is_told(
    purged: dict[str, str], since: list[dict[str, str]], now: dict[str, str]
) -> None:
    before: Manifest = purged
    for build in since:
        before = folded(before, build)
    apart = compared(before, now)
    seen = {path: {build.get(path) for build in (purged, *since, now)} for path in {*purged, *now}.union(*since)}
    assert {path for path, contents in seen.items() if len(contents) > 1} == {
        *apart.added, *apart.changed, *apart.removed
    }  # fmt: skip
    in_one_way = {path for path, contents in seen.items() if len(contents - {None}) == 1}
    assert set() == in_one_way & {*apart.changed}


@given(MANIFESTS, MANIFESTS, MANIFESTS)
def test_builds_may_become_one_in_any_order(purged: dict[str, str], one: dict[str, str], two: dict[str, str]) -> None:
    assert folded(folded(purged, one), two) == folded(purged, folded(one, two))


@given(st.lists(MANIFESTS, min_size=1, max_size=3), MANIFESTS)
def test_where_nothing_was_purged_all_that_ever_came_out_is_told(
    since: list[dict[str, str]], now: dict[str, str]
) -> None:
    before: Manifest | None = None
    for build in since:
        before = folded(before, build)
    apart = compared(before, now)
    assert {*now}.union(*since) == {*apart.added, *apart.changed, *apart.removed}


def test_a_list_of_files_is_taken_as_named() -> None:
    assert Difference(added=("a b.md", "news/a.md")) == named_files(["./news/a.md", "a b.md", "news/a.md"])


def test_a_bad_name_in_a_list_is_told_by_its_number() -> None:
    with pytest.raises(BadManifest) as told:
        named_files(["a.md", "../b.md"])
    assert "File 2 of the manifest leads out of the build: `../b.md`. Leave `..` away." == str(told.value)
