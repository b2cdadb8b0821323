"""A field for CDNs alone that they ignore is mended to what it was meant to say, and never to what ends caching."""

from __future__ import annotations

import pytest

from bot.domain.answers.caching import is_targeted
from bot.domain.lint.finding import Cure, Finding
from bot.domain.lint.rules import lint
from bot.domain.lint.targeted import meaning
from tests.lint.pages import page

NAME = "CDN-Cache-Control"
MEANT = {
    "max-age=600; public": "max-age=600, public",
    "max-age=600;public": "max-age=600, public",
    "max-age 60": "max-age=60",
    "max-age: 60": "max-age=60",
    "max-age = 60": "max-age=60",
    'max-age="60"': "max-age=60",
    "max-age=60 public": "max-age=60, public",
    "Public, Max-Age=60,": "public, max-age=60",
    "max-age=60; stale-while-revalidate=86400": "max-age=60, stale-while-revalidate=86400",
    "max-age=60 max-age=60": "max-age=60",
    "No-Store": "no-store",
}
UNTOLD = (
    "ten minutes",
    "max-age=10m",
    "max-age=-1",
    "max-age=6.5",
    "max-age=",
    "max-age",
    "max-age=60; max-age=600",
    "no-store; max-age=60",
    "private; public",
    "maxage=600; public",
    "Public,",
    "max-age=60; x=1",
    ";",
)


def found(value: str, control: str = "no-cache") -> Finding:
    return next(one for one in lint(page(control, cdn_cache_control=value)) if one.rule == "CC22")


@pytest.mark.parametrize(("value", "meant"), MEANT.items())
def test_a_field_is_mended_to_what_was_meant(value: str, meant: str) -> None:
    assert Cure(((NAME, meant),)) == found(value).cure
    assert is_targeted(NAME.lower(), meant)


@pytest.mark.parametrize("value", UNTOLD)
def test_where_the_meaning_cannot_be_told_it_is_left_out(value: str) -> None:
    assert ("", Cure(drops=(NAME,))) == (meaning(value), found(value).cure)


def test_what_counts_without_it_is_told() -> None:
    told = "What it was meant to say cannot be told. Write it anew, or leave it out: "
    assert found("max-age=10m", "max-age=60").causes.endswith(f"{told}then Cache-Control counts: max-age=60.")
    assert found("max-age=10m", "").causes.endswith(f"{told}then nothing says how long to keep it.")


def test_a_semicolon_is_named() -> None:
    assert (
        "CDN-Cache-Control sets its parts apart by a semicolon, where RFC 9213 wants commas. Caches pass over what "
        "stands behind it, or ignore the field whole and go by Cache-Control."
    ) == found("max-age=600; public").causes
