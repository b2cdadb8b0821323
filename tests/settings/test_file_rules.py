"""What deploys of a site purge, as it is configured: what is read, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.site import DeployRules, FileRule
from bot.settings import lines
from tests.settings.bench import ACCOUNTS, loaded, problems

BASE = ACCOUNTS + "sites:\n  shop:\n    hosts: [a.test, img.a.test]\n    layers: [{account: shield}]\n    deploy: "
LINE = BASE.count("\n") + 1

FULL = """
      files:
        - {match: "content/news/*.md", purge: ["/news/*", "/"]}
        - {match: "dist/**", purge: ["/**"]}
        - {match: "templates/**", purge: [prefix /news/, tag news, "#x"]}
        - {match: "a-*/**/[slug].*", purge: ["https://img.a.test/**/*/*", "url a.test/x?y=1", "tag p-*", "key:*"]}
        - {match: robots.txt, purge: [/robots.txt, "/news/*", "prefix img.a.test/t/*"]}
      widen: [/news/, "/blog/*"]
"""
GOOD = {
    "no key": (BASE.removesuffix("    deploy: "), DeployRules()),
    "nothing": (BASE, DeployRules()),
    "an empty one": (f"{BASE}{{}}", DeployRules()),
    "all of it": (
        f"{BASE.rstrip()}{FULL}",
        DeployRules(
            (
                FileRule("content/news/*.md", ("/news/*", "/")),
                FileRule("dist/**", ("/**",)),
                FileRule("templates/**", ("prefix /news/", "tag news", "#x")),
                FileRule("a-*/**/[slug].*", ("https://img.a.test/**/*/*", "url a.test/x?y=1", "tag p-*", "key:*")),
                FileRule("robots.txt", ("/robots.txt", "/news/*", "prefix img.a.test/t/*")),
            ),
            ("/news/", "/blog/"),
        ),
    ),
}


@pytest.mark.parametrize(("text", "expected"), GOOD.values(), ids=GOOD)
def test_it_is_read(tmp_path: Path, text: str, expected: DeployRules) -> None:
    assert expected == loaded(tmp_path, text).sites["shop"].deploy


LIKE = "Write it like content/news/*.md: relative, with slashes, as the manifest names its files."
THING = "Write a path, or a thing with its kind: /news/, prefix /news/, tag news."
EACH = "Each stands for what the one of its sort stood for; for all below, say prefix /news/."
ONLY = "A deploy purges paths, URLs, prefixes and tags."
NAMED = "Name what shows the file: /news/, prefix /news/."
BELOW = "For all below a folder write /news/* or prefix /news/."
FOLDER = "Write the folder that may be purged whole, with a slash at both ends: /news/."


def match(written: str) -> str:
    return f'{{files: [{{match: "{written}", purge: [/]}}]}}'


def purge(written: str, of: str = "a/*.md") -> str:
    return f'{{files: [{{match: "{of}", purge: ["{written}"]}}]}}'


MATCH = {
    "empty": (match(""), f"is empty. {LIKE}"),
    "two slashes in front": (match("//a.md"), f"matches nothing: files are named from the build's folder on. {LIKE}"),
    "a slash alone": (match("/"), "names a folder, and so matches no file. Write /** for all that lies below."),
    "a dot in front": (match("./a.md"), f"matches nothing: files are named from the build's folder on. {LIKE}"),
    "two dots": (match("a/../b.md"), f"matches nothing: files are named from the build's folder on. {LIKE}"),
    "two slashes": (match("a//b.md"), f"matches nothing: files are named from the build's folder on. {LIKE}"),
    "a URL": (match("https://a.test/b"), f"matches nothing: files are named from the build's folder on. {LIKE}"),
    "a folder": (
        match("content/news/"),
        "names a folder, and so matches no file. Write content/news/** for all that lies below.",
    ),
    "backslashes": (match(r"content\\news"), "holds a backslash, and so matches nothing. Write slashes."),
    "what cannot be seen": (match(r"a\u200bb"), "holds U+200B ZERO WIDTH SPACE, and no file's name does. Remove it."),
    "an exception": (match("!a.md"), "begins with `!`, and no rule takes anything back. Name what is to be purged."),
    "any one letter": (
        match("a?.md"),
        "holds a `?`, which stands for itself here. Write a star for any part of a name.",
    ),
    "choices": (
        match("a.{md,mdx}"),
        "holds choices in braces, which stand for themselves here. Write a rule for each.",
    ),
    "two stars in a name": (
        match("a/**.md"),
        "holds `**` within a name. Let `**` stand alone between slashes, or write one star.",
    ),
    "too many stars": (
        match("*-*-*-*-*-*-*.md"),
        "holds more than 6 stars, or more than 2 of `**`. Write several rules.",
    ),
    "too many deep stars": (
        match("**/a/**/b/**"),
        "holds more than 6 stars, or more than 2 of `**`. Write several rules.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), MATCH.values(), ids=MATCH)
def test_a_match_that_means_nothing_is_told(tmp_path: Path, text: str, said: str) -> None:
    assert [f"purgebot.yaml:{LINE}: sites.shop.deploy.files[0].match: {said}"] == problems(tmp_path, BASE + text)


PURGE = {
    "empty": (purge(""), f"is empty. {THING}"),
    "everything": (purge("everything"), f"`everything` is wider than a deploy may purge. {ONLY}"),
    "a host": (purge("host a.test"), f"`host a.test` is wider than a deploy may purge. {ONLY}"),
    "a bare host": (purge("a.test"), f"`a.test` is wider than a deploy may purge. {ONLY}"),
    "a pattern": (purge("pattern /*.css"), f"`pattern /*.css` is wider than a deploy may purge. {ONLY}"),
    "a star alone": (purge("/*", "a.md"), f"`/*` purges everything. {NAMED}"),
    "stars alone": (purge("/**", "a.md"), f"`/**` purges everything. {NAMED}"),
    "the root as a prefix": (purge("prefix /"), f"`prefix /` purges everything. {NAMED}"),
    "a host as a prefix": (purge("prefix a.test"), f"`prefix a.test` purges everything. {NAMED}"),
    "a host and a star": (purge("a.test/*", "a.md"), f"`a.test/*` purges everything. {NAMED}"),
    "a star for nothing": (
        purge("/*.css", "a.md"),
        f"`/*.css` has a star, and `match` has none that it could stand for. {BELOW}",
    ),
    "a tag's star for nothing": (
        purge("tag p-*", "a.md"),
        f"`tag p-*` has a star, and `match` has none that it could stand for. {BELOW}",
    ),
    "a second star": (purge("/*/*"), f"`/*/*` has more stars of the sort `*` than `a/*.md` has. {EACH}"),
    "a deep star for a flat one": (purge("/**"), f"`/**` has more stars of the sort `**` than `a/*.md` has. {EACH}"),
    "a flat star for a deep one": (
        purge("/news/*", "a/**"),
        f"`/news/*` has more stars of the sort `*` than `a/**` has. {EACH}",
    ),
    "a prefix with a star": (
        purge("prefix /news/*"),
        "`prefix /news/*` holds a star. Write a prefix without one: prefix /news/.",
    ),
    "a star in a query": (
        purge("/search?q=*"),
        "`/search?q=*` holds a star behind its `?`. Let stars stand in the path.",
    ),
    "a star for a host": (purge("*.a.test/b"), "`*.a.test/b` has a star for a host. Name the hosts one by one."),
    "another site's host": (
        purge("https://b.test/*"),
        "`https://b.test/*` is nothing to purge. No site of yours has the host b.test. Did you mean a.test?"
        f" {THING}",
    ),
    "no slash": (purge("news/*"), f"`news/*` is nothing to purge. A path begins with a slash. {THING}"),
    "options": (
        purge("/news/ soft"),
        f"`/news/ soft` is nothing to purge. A thing to purge is one word without blanks. {THING}",
    ),
    "a tag of letters beyond ASCII": (
        purge("tag ä"),
        f"`tag ä` is nothing to purge. A tag is made of ASCII letters, digits and signs. {THING}",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), PURGE.values(), ids=PURGE)
def test_a_purge_that_cannot_be_is_told(tmp_path: Path, text: str, said: str) -> None:
    assert [f"purgebot.yaml:{LINE}: sites.shop.deploy.files[0].purge[0]: {said}"] == problems(tmp_path, BASE + text)


WIDEN = {
    "the root": ("/", "`/` is everything, and no deploy widens to that."),
    "a star": ("/*", "`/*` is everything, and no deploy widens to that."),
    "the way up": ("/../x/", "`/../x/` is not a folder as a URL names it."),
    "the folder itself": ("/x/./", "`/x/./` is not a folder as a URL names it."),
    "nothing": ("", "`` is everything, and no deploy widens to that."),
    "no slash behind": ("/news", "`/news` is not a folder of the site."),
    "no slash in front": ("news/", "`news/` is not a folder of the site."),
    "a host": ("a.test/news/", "`a.test/news/` is not a folder of the site."),
    "a star inside": ("/*/news/", "`/*/news/` is not a folder as a URL names it."),
    "a query": ("/news?a/", "`/news?a/` is not a folder as a URL names it."),
    "a blank": ("/a b/", "`/a b/` is not a folder as a URL names it."),
    "two slashes": ("/news//", "`/news//` is not a folder as a URL names it."),
}


@pytest.mark.parametrize(("typed", "said"), WIDEN.values(), ids=WIDEN)
def test_a_folder_that_is_none_is_told(tmp_path: Path, typed: str, said: str) -> None:
    assert [f"purgebot.yaml:{LINE}: sites.shop.deploy.widen[0]: {said} {FOLDER}"] == problems(
        tmp_path, f'{BASE}{{widen: ["{typed}"]}}'
    )


ELSE = {
    "a rule twice, once with a slash in front": (
        "{files: [{match: a, purge: [/a]}, {match: /a, purge: [/b]}]}",
        ".files[1].match: `/a` has a rule already. Let one rule hold all that it purges.",
    ),
    "a rule twice": (
        "{files: [{match: a, purge: [/a]}, {match: a, purge: [/b]}]}",
        ".files[1].match: `a` has a rule already. Let one rule hold all that it purges.",
    ),
    "a folder twice": ("{widen: [/a/, '/a/*']}", ".widen[1]: `/a/` is named twice. Keep one."),
    "nothing purged": ("{files: [{match: a, purge: []}]}", ".files[0].purge: is empty. Name at least one."),
    "no match": (
        "{files: [{purge: [/a]}]}",
        ".files[0].match: is missing. Add it: which files, by their names in the manifest, such as content/news/*.md.",
    ),
    "another word": (
        "{files: [{match: a, path: b, purge: [/a]}]}",
        ".files[0].path: unknown key. It is called `match`.",
    ),
    "purge as text": (
        "{files: [{match: a, purge: /a}]}",
        '.files[0].purge: must be a list, not text. Write ["/news/*", "/"].',
    ),
    "rules as keys": (
        "{files: {a: b}}",
        '.files: must be a list, not keys and values. Write [{match: "content/news/*.md", purge: ["/news/*", "/"]}].',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), ELSE.values(), ids=ELSE)
def test_a_wrong_key_is_told(tmp_path: Path, text: str, said: str) -> None:
    assert [f"purgebot.yaml:{LINE}: sites.shop.deploy{said}"] == problems(tmp_path, BASE + text)


def test_too_many_rules_are_told(tmp_path: Path) -> None:
    rules = ", ".join(f"{{match: f{n}, purge: [/a]}}" for n in range(101))
    said = "files: holds 101 rules, and at most 100 are asked for each file. Say more with stars."
    assert [f"purgebot.yaml:{LINE}: sites.shop.deploy.{said}"] == problems(tmp_path, f"{BASE}{{files: [{rules}]}}")


def test_a_rule_has_a_line_of_its_own_in_the_record(tmp_path: Path) -> None:
    settings = loaded(tmp_path, BASE + '{files: [{match: "a/*.md", purge: ["/*"]}], widen: [/a/]}')
    assert [
        "sites.shop.deploy.files[0].match: a/*.md",
        "sites.shop.deploy.files[0].purge[0]: /*",
        "sites.shop.deploy.quiet: False",
        "sites.shop.deploy.widen[0]: /a/",
    ] == [line for line in lines(settings) if ".deploy." in line]
