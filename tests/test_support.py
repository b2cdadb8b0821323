"""The README's table of what can be purged is what the adapters say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers import PROVIDERS
from providers.contract import Account, Capabilities, Kind, Pace, Price
from providers.support import BEGIN, END, EXAMPLES, Example, limits, main, rows, written

ROOT = Path(__file__).parent.parent


def can(pace: dict[str, Pace], prices: dict[str, Price] | None = None) -> Capabilities:
    """An account with these limits."""
    return Capabilities(frozenset({Kind.URL}), frozenset(), {}, 0, pace, prices=prices or {})


def test_the_readme_holds_the_table_as_the_code_makes_it() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert written(text) == text, "run: python -m providers.support --write README.md"


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_has_a_page(name: str) -> None:
    page = ROOT / "docs" / "providers" / f"{name}.md"
    assert page.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_has_a_row_that_links_to_its_page(name: str) -> None:
    assert {f"(docs/providers/{name}.md)" in row[0] for row in rows(name)} == {True}


def test_examples_are_of_providers_that_there_are() -> None:
    assert EXAMPLES.keys() - PROVIDERS.keys() == set()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fastly", [["hard, soft", "–", "hard, soft", "–", "–", "hard"]]),
        (
            "varnish",
            [
                ["hard", "hard", "–", "hard", "hard", "hard"],
                ["hard, soft", "hard", "hard, soft", "hard", "hard", "hard"],
                ["hard"] * 6,
            ],
        ),
        ("redis", [["hard", "hard", "–", "hard", "hard", "hard"], ["hard"] * 6]),
        ("http", [["by recipe"] * 6]),
        (
            "nginx",
            [["hard", "–", "–", "–", "–", "–"], *[["hard", "hard", "–", "hard", "–", "hard"]] * 3],
        ),
    ],
)
def test_a_row_says_what_is_purged_and_how_softly(name: str, expected: list[list[str]]) -> None:
    assert expected == [row[1:7] for row in rows(name)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (can({}), "none"),
        (can({"calls": Pace(50, 1, 50)}), "calls: 50 a second"),
        (can({"calls": Pace(500, 60, 5000, "tags")}), "tags: 500 a minute, 5,000 at once"),
        (can({"calls": Pace(1200, 300, 1200, window=True)}), "calls: 1,200 in any 300 s"),
        (can({"calls": Pace(2, 25, 2)}), "calls: 2 every 25 s"),
        (can({"calls": Pace(5, 1, 5, source="ours: kind")}), "calls: 5 a second, ours"),
        (
            can({"u:free": Pace(8, 1, 8, "URLs"), "u:pro": Pace(9, 1, 9, "URLs"), "u:big": Pace(9, 1, 9, "URLs")}),
            "URLs: 8 a second (free), 9 a second (pro and big)",
        ),
        (
            can({"paths": Pace(150, 1, 150, "paths")}, {"paid": Price(0.005, 1000)}),
            "paths: 150 a second; paths beyond 1,000 a month: $0.005 each",
        ),
    ],
    ids=["none", "a bucket", "a burst", "a window", "an odd span", "ours", "tiers", "a price"],
)
def test_limits_are_told_with_their_units(given: Capabilities, expected: str) -> None:
    assert expected == limits(given)


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{BEGIN}{END}{END}"], ids=["none", "no end", "no begin", "two ends"])
def test_a_text_without_its_two_markers_is_left_alone(text: str) -> None:
    with pytest.raises(ValueError, match="needs one line"):
        written(text)


def test_the_command_puts_the_table_into_a_file(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    assert main(["--write", str(file)]) == 0
    text = file.read_text(encoding="utf-8")
    assert ("before\n", "after\n", False) == (text[:7], text[-6:], "old" in text)


def test_the_command_refuses_what_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--wrong"]) == 2
    assert capsys.readouterr().err == "python -m providers.support [--write FILE]\n"


OWN_PAGES = {
    "cloudflare": "https://developers.cloudflare.com/",
    "cloudfront": "https://docs.aws.amazon.com/",
    "fastly": "https://docs.fastly.com/",
    "akamai": "https://techdocs.akamai.com/",
    "googlecdn": "https://cloud.google.com/",
    "bunny": "https://docs.bunny.net/",
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_limit_is_ours_or_read_in_the_providers_own_documentation_or_says_that_it_is_not(name: str) -> None:
    examples = EXAMPLES.get(name, (Example(),))
    abilities = [PROVIDERS[name].build(Account("example", example.settings), None).can for example in examples]
    paced = {pace.source for can in abilities for pace in can.pace.values()}
    sources = paced | {price.source for can in abilities for price in can.prices.values()}
    honest = (OWN_PAGES.get(name, "ours: "), "as others report it; ")
    assert {True} == {source.startswith(honest) for source in sources}


def test_a_figure_that_is_not_on_fastlys_pages_does_not_point_there() -> None:
    can = PROVIDERS["fastly"].build(Account("example"), None).can
    assert "as others report it; Fastly's own pages name none" == can.pace["purges"].source
    assert can.pace["api"].source.startswith(OWN_PAGES["fastly"])
