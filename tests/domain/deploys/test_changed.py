"""From files to what is purged: the rules, what is skipped, and what is said of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.deploys.changed import Changed, what_to_purge
from bot.domain.deploys.manifest import Difference, compared
from bot.domain.site import DeployRules, FileRule, Site
from bot.domain.target import Target, covers
from providers.contract import Kind
from tests.domain.people import path, prefix, tag, url


def site(*rules: tuple[str, str]) -> Site:
    """The shop, with rules `match` → things with commas between."""
    files = tuple(FileRule(match, tuple(purge.split(", "))) for match, purge in rules)
    return Site("shop", ("www.shop.test", "img.shop.test"), deploy=DeployRules(files))


MAPPED = {
    "a page and its list": (("content/news/*.md", "/news/*, /"), "content/news/x.md", [path("/"), path("/news/x")]),
    "as it lies": (("dist/**", "/**"), "dist/a/b.txt", [path("/a/b.txt")]),
    "the folder of an index": (
        ("dist/**", "/**"),
        "dist/news/index.html",
        [path("/news/"), path("/news/index.html")],
    ),
    "the index of the root": (("dist/**", "/**"), "dist/index.html", [path("/"), path("/index.html")]),
    "another index": (("dist/**", "/**"), "dist/myindex.html", [path("/myindex.html")]),
    "without its suffix": (("dist/**/*.html", "/**/*"), "dist/a/b/c.html", [path("/a/b/c")]),
    "without its suffix and folders": (("dist/**/*.html", "/**/*"), "dist/c.html", [path("/c")]),
    "deep stars at the end": (("a/**/x.md", "/b/**"), "a/c/d/x.md", [path("/b/c/d")]),
    "stars in order": (("*/*/c.md", "/x-*/y-*"), "a/b/c.md", [path("/x-a/y-b")]),
    "a star left out": (("*/*.md", "/*"), "a/b.md", [path("/a")]),
    "letters of a URL": (
        ("dist/**", "/**"),
        "dist/a b?c#d%e/ä (1)'[x].txt",
        [path("/a%20b%3Fc%23d%25e/%C3%A4%20(1)'%5Bx%5D.txt")],
    ),
    "a URL": (("i/*", "https://img.shop.test/*"), "i/a.txt", [url("https://img.shop.test/a.txt")]),
    "a URL without a scheme": (("i/*", "img.shop.test/*"), "i/a.txt", [url("https://img.shop.test/a.txt")]),
    "a URL's index": (
        ("i/**", "img.shop.test/**"),
        "i/index.html",
        [url("https://img.shop.test/"), url("https://img.shop.test/index.html")],
    ),
    "below a folder, without stars": (("a.md", "/news/*"), "a.md", [prefix("/news/")]),
    "a prefix": (("t/**", "prefix /news/"), "t/a.md", [prefix("/news/")]),
    "a prefix covers its page": (("t/*", "prefix /news/, /news/*, /*"), "t/a", [path("/a"), prefix("/news/")]),
    "a tag": (("p/*.json", "tag all, tag:product-*"), "p/7.json", [tag("all"), tag("product-7")]),
    "a query": (("a.md", "/?page=1"), "a.md", [path("/?page=1")]),
}


@pytest.mark.parametrize(("rule", "file", "expected"), MAPPED.values(), ids=MAPPED)
def test_a_file_is_mapped_by_its_rule(rule: tuple[str, str], file: str, expected: list[Target]) -> None:
    assert expected == list(what_to_purge(Difference(changed=(file,)), site(rule)).targets)


def test_a_url_without_a_scheme_is_purged_under_each_of_the_sites() -> None:
    both = Site("shop", ("a.test",), ("https", "http"), deploy=DeployRules((FileRule("*", ("a.test/*",)),)))
    expected = (url("http://a.test/x"), url("https://a.test/x"))
    assert expected == what_to_purge(Difference(changed=("x",)), both).targets


def test_every_rule_that_means_a_file_counts() -> None:
    rules = site(("a/*", "/*"), ("a/b", "tag b"), ("c/*", "/"))
    assert (path("/b"), tag("b")) == what_to_purge(Difference(changed=("a/b",)), rules).targets


HASHED = "dist/assets/a-4889e940.js"
NEXT = "_next/static/Xq3v/_buildManifest.js"
SKIPPED = {
    "came": (Difference(added=(HASHED,)), ("dist/**", "/**"), (), (HASHED,)),
    "went": (Difference(removed=(HASHED,)), ("dist/**", "/**"), (), (HASHED,)),
    "of no rule": (Difference(added=(HASHED,)), ("x/**", "/**"), (), (HASHED,)),
    "with what shows it": (Difference(added=(HASHED,)), ("dist/**", "/**, /"), (), (HASHED,)),
    "of a rule without pages": (Difference(added=(HASHED,)), ("dist/**", "tag assets"), (), (HASHED,)),
    "in a builder's folder": (Difference(added=(NEXT,)), ("_next/static/**", "/_next/static/**"), (), (NEXT,)),
    "in one of a rule with a slash in front": (
        Difference(removed=(NEXT,)), ("/_next/static/**", "/_next/static/**"), (), (NEXT,),
    ),
    "in one, and changed under its name": (
        Difference(changed=(NEXT,)), ("/_next/static/**", "/_next/static/**"), (f"/{NEXT}",), (),
    ),
    "changed under its name": (Difference(changed=(HASHED,)), ("dist/**", "/**"), ("/assets/a-4889e940.js",), ()),
    "the source of a page": (
        Difference(added=("products/widget-a1b2c3d4.json",)),
        ("products/*.json", "/products/*, /"),
        ("/", "/products/widget-a1b2c3d4"),
        (),
    ),
    "a plain name": (Difference(added=("dist/a.js",), removed=("dist/b.js",)), ("dist/**", "/**"),
                     ("/a.js", "/b.js"), ()),
}  # fmt: skip


@pytest.mark.parametrize(("difference", "rule", "purged", "skipped"), SKIPPED.values(), ids=SKIPPED)
def test_only_what_is_named_by_its_content_is_skipped(
    difference: Difference, rule: tuple[str, str], purged: tuple[str, ...], skipped: tuple[str, ...]
) -> None:
    changed = what_to_purge(difference, site(rule))
    assert (purged, skipped) == (tuple(target.value for target in changed.targets), changed.fingerprinted)


RULES = site(("content/news/*.md", "/news/*, /"), ("dist/**", "/**"), ("tags/*", "tag *"))
TOLD = {
    "nothing": (Difference(), ()),
    "a page": (Difference(changed=("dist/a.html",)), ()),
    "the first deploy": (
        Difference(added=("dist/a.html", "dist/b.html"), first=True),
        ("No manifest of an earlier deploy to compare with: all 2 files count as changed.",),
    ),
    "a first deploy of one": (
        Difference(added=("dist/a.html",), first=True),
        ("No manifest of an earlier deploy to compare with: its 1 file counts as changed.",),
    ),
    "one hashed asset": (Difference(added=(HASHED,)), ("1 hashed asset needs no purge: `a-4889e940.js`.",)),
    "many hashed assets": (
        Difference(added=tuple(f"dist/a-{n:07x}e.js" for n in range(0xA1, 0xA1 + 1298))),
        ("1,298 hashed assets need no purge, such as `a-00000a1e.js`.",),
    ),
    "hashed assets that came and went": (
        Difference(
            added=tuple(f"dist/a-{n:07x}e.js" for n in range(0xA1, 0xA1 + 298)),
            removed=tuple(f"dist/a-{n:07x}f.js" for n in range(0xA1, 0xA1 + 289)),
        ),
        ("298 hashed assets need no purge, such as `a-00000a1e.js`, nor do 289 that are gone.",),
    ),
    "one hashed asset that is gone": (
        Difference(removed=(HASHED,)),
        ("1 hashed asset that is gone needs no purge: `a-4889e940.js`.",),
    ),
    "one that came and one that went": (
        Difference(added=("dist/b-4889e940.js",), removed=(HASHED,)),
        ("1 hashed asset needs no purge, nor does 1 that is gone.",),
    ),
    "hashed assets that went": (
        Difference(removed=(HASHED, "dist/b-4889e940.js")),
        ("2 hashed assets that are gone need no purge, such as `a-4889e940.js`.",),
    ),
    "no rule": (Difference(changed=("go.mod",)), ("1 changed file matches no rule and purges nothing: `go.mod`.",)),
    "three of no rule": (
        Difference(changed=("c",), added=("a",), removed=("b",)),
        ("3 changed files match no rule and purge nothing: `a`, `b`, `c`.",),
    ),
    "many of no rule": (
        Difference(changed=tuple("abcde")),
        ("5 changed files match no rule and purge nothing: `a`, `b`, `c` and 2 more.",),
    ),
    "no tag": (
        Difference(changed=("tags/a b", "tags/ä", "tags/c")),
        ("2 changed files make no tag: `tags/a b`, `tags/ä`. A tag holds no blank.",),
    ),
    "no hash": (
        Difference(changed=("dist/a.js",), untold=1),
        ("1 file has no hash in the manifest, and counts as changed.",),
    ),
    "no hashes": (
        Difference(changed=("dist/a.js", "dist/b.js"), untold=2),
        ("2 files have no hash in the manifest, and count as changed.",),
    ),
    "all of it": (
        Difference(added=(HASHED, "go.mod", "dist/x.html"), first=True),
        (
            "No manifest of an earlier deploy to compare with: all 3 files count as changed.",
            "1 hashed asset needs no purge: `a-4889e940.js`.",
            "1 changed file matches no rule and purges nothing: `go.mod`.",
        ),
    ),
    "a name that would be markup": (
        Difference(changed=("`rm`" + "a" * 60,)),
        (f"1 changed file matches no rule and purges nothing: `'rm'{'a' * 55}…`.",),
    ),
}


@pytest.mark.parametrize(("difference", "expected"), TOLD.values(), ids=TOLD)
def test_what_is_not_purged_is_told(difference: Difference, expected: tuple[str, ...]) -> None:
    assert expected == what_to_purge(difference, RULES).told()


NAMES = st.sampled_from(
    ["content/news/a.md", "content/news/b.md", "dist/index.html", "dist/n/index.html", HASHED, "dist/b.4f3a9c1e.css",
     "tags/x", "tags/a b", "go.mod", "t/y", "products/w-a1b2c3d4.json"]
)  # fmt: skip
BUILDS = st.dictionaries(NAMES, st.sampled_from("12"))
ALL_RULES = (
    ("content/news/*.md", "/news/*, /"),
    ("dist/**", "/**"),
    ("tags/*", "tag *"),
    ("t/*", "prefix /news/, /news/*"),
    ("products/*.json", "/products/*"),
)
ALONE = {rule: site(rule) for rule in ALL_RULES}


@given(BUILDS, BUILDS, st.permutations(ALL_RULES))
def test_nothing_is_left_out_and_nothing_wider_is_purged(
    before: dict[str, str], now: dict[str, str], rules: list[tuple[str, str]]
) -> None:
    difference = compared(before, now)
    changed = what_to_purge(difference, site(*rules))
    skipped = {*changed.fingerprinted, *changed.unmapped, *(name for name, _ in changed.unnamed)}
    wanted: set[Target] = set()
    for name in {*difference.added, *difference.changed, *difference.removed} - skipped:
        alone = {one for rule in rules for one in what_to_purge(Difference(changed=(name,)), ALONE[rule]).targets}
        assert alone
        wanted |= alone
    assert all(any(covers(target, one) for target in changed.targets) for one in wanted)
    assert {*changed.targets} <= wanted
    assert all(name not in difference.changed for name in changed.fingerprinted)


@given(BUILDS, BUILDS, st.permutations(ALL_RULES))
def test_the_order_of_rules_and_files_does_not_matter(
    before: dict[str, str], now: dict[str, str], rules: list[tuple[str, str]]
) -> None:
    turned = compared(dict(reversed(before.items())), dict(reversed(now.items())))
    assert what_to_purge(compared(before, now), site(*ALL_RULES)) == what_to_purge(turned, site(*rules))


@given(BUILDS)
def test_a_build_that_is_deployed_again_purges_nothing(build: dict[str, str]) -> None:
    assert Changed() == what_to_purge(compared(build, build), site(*ALL_RULES))


def test_a_deploy_never_names_more_than_paths_urls_prefixes_and_tags() -> None:
    targets = what_to_purge(Difference(changed=("t/y", "tags/x", "dist/a")), site(*ALL_RULES)).targets
    assert {Kind.PATH, Kind.PREFIX, Kind.TAG} == {target.kind for target in targets}


BUILD = ("dist/main.4f3a9c1e.js", "dist/app-4f3a9c1e.min.css")
BARE = {
    "as others are called": ("dist/vendor.08421965.js", True),
    "a number in a folder of its own": ("dist/a/vendor.08421965.js", True),
    "a day": ("dist/report.20261127.js", False),
    "a day, day first": ("dist/report.27112026.js", False),
    "a day, month first": ("dist/report.11272026.js", False),
    "another length": ("dist/vendor.084219650842.js", False),
    "another kind of file": ("dist/photo.08421965.jpg", False),
    "another sign before it": ("dist/vendor_08421965.js", False),
    "with min": ("dist/theme-08421965.min.css", True),
}


@pytest.mark.parametrize(("file", "skipped"), BARE.values(), ids=BARE)
def test_a_hash_without_a_letter_is_one_where_others_show_that_names_have_one(file: str, skipped: bool) -> None:
    for difference in (Difference(added=(*BUILD, file)), Difference(added=BUILD, removed=(file,))):
        found = what_to_purge(difference, site(("dist/**", "/**")))
        assert (skipped, skipped) == (file in found.fingerprinted, found.targets == ())


def test_a_number_alone_is_no_hash() -> None:
    found = what_to_purge(Difference(added=("dist/vendor.08421965.js",)), site(("dist/**", "/**")))
    assert ((), (path("/vendor.08421965.js"),)) == (found.fingerprinted, found.targets)


ESBUILD = ("dist/chunk-5IKWJQ3M.js", "dist/main-QX5T4ZKP.js")
WORDS = {
    "capitals as others have them": ((*ESBUILD,), "dist/chunk-QXTZKPAB.js", True),
    "capitals alone": ((), "dist/chunk-QXTZKPAB.js", False),
    "capitals among others": (BUILD, "dist/my-OVERVIEW.js", False),
    "capitals of an image": (ESBUILD, "dist/my-OVERVIEW.png", False),
    "words in capitals and small letters": (
        ("dist/index-DRf8L97S.js", "dist/a-1Tw_lJWN.js"),
        "dist/my-DataGrid.js",
        False,
    ),
}


@pytest.mark.parametrize(("others", "file", "skipped"), WORDS.values(), ids=WORDS)
def test_what_reads_like_a_word_is_purged_unless_others_show_that_it_is_none(
    others: tuple[str, ...], file: str, skipped: bool
) -> None:
    found = what_to_purge(Difference(added=(*others, file)), site(("dist/**", "/**")))
    assert (skipped, skipped) == (file in found.fingerprinted, found.targets == ())


def test_one_that_changed_under_its_name_is_purged_whatever_others_are_called() -> None:
    found = what_to_purge(Difference(added=BUILD, changed=("dist/vendor.08421965.js",)), site(("dist/**", "/**")))
    assert (path("/vendor.08421965.js"),) == found.targets
