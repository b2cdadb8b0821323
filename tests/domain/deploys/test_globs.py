"""Which files a glob means, and what its stars stood for."""

from __future__ import annotations

import fnmatch
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.deploys.globs import BadRule, Glob, Stars

ROWS = {
    "itself": ("a/b.md", "a/b.md", Stars()),
    "not another": ("a/b.md", "a/b.mdx", None),
    "a dot is a dot": ("a.md", "abmd", None),
    "one star": ("content/news/*.md", "content/news/x.md", Stars(("x",))),
    "one star and no folder": ("content/news/*.md", "content/news/a/x.md", None),
    "one star for nothing": ("main*.css", "main.css", Stars(("",))),
    "stars in one name": ("*-*.md", "a-b-c.md", Stars(("a", "b-c"))),
    "stars in two names": ("*/x-*.md", "a/x-b.md", Stars(("a", "b"))),
    "a star that must give back": ("*ab", "aab", Stars(("a",))),
    "the same end twice": ("*.md", "a.md.md", Stars(("a.md",))),
    "too short for both ends": ("ab*ba", "aba", None),
    "all below": ("dist/**", "dist/a/b.c", Stars((), ("a/b.c",))),
    "not the folder itself": ("dist/**", "dist", None),
    "all": ("**", "a/b", Stars((), ("a/b",))),
    "folders between": ("a/**/*.md", "a/b/c/d.md", Stars(("d",), ("b/c",))),
    "no folder between": ("a/**/*.md", "a/d.md", Stars(("d",), ("",))),
    "folders in front": ("**/x/*.md", "a/x/x/b.md", Stars(("b",), ("a/x",))),
    "two deep ones": ("**/x/**", "a/x/b/x/c", Stars((), ("a", "b/x/c"))),
    "brackets stand for themselves": ("pages/[slug]*", "pages/[slug].html", Stars((".html",))),
    "case counts": ("*.MD", "a.md", None),
    "a hidden file": ("*", ".env", Stars((".env",))),
    "a slash in front": ("/_next/static/**", "_next/static/a/b.js", Stars((), ("a/b.js",))),
    "a slash in front of stars": ("/*/*.md", "a/b.md", Stars(("a", "b"))),
    "a slash in front of all": ("/**", "a/b", Stars((), ("a/b",))),
    "a slash in front, and no folder before": ("/b.md", "a/b.md", None),
}


@pytest.mark.parametrize(("match", "path", "expected"), ROWS.values(), ids=ROWS)
def test_a_glob_tells_what_its_stars_stood_for(match: str, path: str, expected: Stars | None) -> None:
    assert expected == Glob(match).stars(path)


PARTS = st.sampled_from(["a", "b", "ab", "*", "a*", "*b", "*a*", "a*b*a"])
NAMES = st.text("ab", min_size=1, max_size=6)


@given(PARTS, NAMES)
def test_within_a_name_it_matches_as_a_shell_does(part: str, name: str) -> None:
    assert fnmatch.fnmatchcase(name, part) == (Glob(part).stars(name) is not None)


@given(st.lists(PARTS | st.just("**"), min_size=1, max_size=4), st.lists(NAMES, min_size=1, max_size=5))
def test_what_it_says_of_its_stars_gives_the_path_again(parts: list[str], names: list[str]) -> None:
    try:
        glob = Glob("/".join(parts))
    except BadRule:
        return  # too many stars
    stars = glob.stars("/".join(names))
    if stars is None:
        return
    single, deep = iter(stars.single), iter(stars.deep)
    filled = [next(deep) if part == "**" else re.sub(r"\*", lambda _: next(single), part) for part in parts]
    assert names == "/".join(part for part in filled if part).split("/")


@given(st.lists(NAMES, max_size=5), NAMES)
def test_any_folders_lie_between_two(names: list[str], last: str) -> None:
    assert Stars((last,), ("/".join(names),)) == Glob("x/**/*").stars("/".join(["x", *names, last]))


@pytest.mark.parametrize("match", ["*a*a*a*a*a*b", "**/*a*a*a/**/*b"])
def test_no_name_makes_it_slow(match: str) -> None:
    began = time.process_time()
    assert Glob(match).stars("/".join(["a" * 19] * 50)) is None
    assert time.process_time() - began < 1.0
