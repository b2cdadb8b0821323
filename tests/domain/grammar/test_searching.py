"""What follows log and stats, and what is understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.grammar.command import Command, Misunderstood, Verb, line_of, parse
from bot.domain.grammar.speech import Search
from providers.contract import Kind
from tests.domain.people import LEA, MIA, NOBODY

UNDERSTOOD = {
    "nothing": ("log", Search()),
    "a site": ("log shop", Search(sites=("shop",))),
    "two sites, one twice": ("log news Shop news", Search(sites=("news", "shop"))),
    "a kind": ("log everything", Search(kinds=(Kind.EVERYTHING,))),
    "kinds": ("log prefix tag", Search(kinds=(Kind.PREFIX, Kind.TAG))),
    "a flag for the kind": ("log shop --since 7d --kind everything", Search(("shop",), (Kind.EVERYTHING,), since="7d")),
    "a kind by its name": ("log kind everything", Search(kinds=(Kind.EVERYTHING,))),
    "kinds after that word": (
        "log shop kind prefix tag sale",
        Search(("shop",), (Kind.PREFIX, Kind.TAG), words=("sale",)),
    ),
    "kinds with a comma": ("log Kind prefix, tag", Search(kinds=(Kind.PREFIX, Kind.TAG))),
    "kinds in one word": ("log --kind=prefix,tag", Search(kinds=(Kind.PREFIX, Kind.TAG))),
    "kind in quotes is a word": ('log "kind"', Search(words=("kind",))),
    "a mention": ("log by <@U_MIA|mia>", Search(by="U_MIA")),
    "a name": ("log by @mia", Search(by="@mia")),
    "a name without by": ("log shop @mia", Search(("shop",), by="@mia")),
    "a mention without by": ("log <@U_MIA|mia>", Search(by="U_MIA")),
    "a name in quotes is a word": ('log "@mia"', Search(words=("@mia",))),
    "a second name is a word": ("log by me @mia", Search(by="me", words=("@mia",))),
    "oneself": ("log by Me", Search(by="me")),
    "a token": ("log by token:ci", Search(by="token:ci")),
    "a span": ("log since 7D", Search(since="7d")),
    "a span with a long dash": ("log —since=2026-11-01", Search(since="2026-11-01")),
    "words": ("log wrong price", Search(words=("wrong", "price"))),
    "a phrase": ('log "wrong price" soft', Search(words=("wrong price", "soft"))),
    "curly quotes": ("log “wrong price”", Search(words=("wrong price",))),
    "quotes make a word of a kind": ('log "tag"', Search(words=("tag",))),
    "a URL": ("log https://www.shop.test/pricing", Search(words=("https://www.shop.test/pricing",))),
    "a page": ("log shop page 3", Search(("shop",), page=3)),
    "page alone is a word": ("log page", Search(words=("page",))),
    "page before a word": ("log page shop", Search(("shop",), words=("page",))),
    "the last page": ("log page 999999", Search(page=2000)),
    "options of a purge are words": ("log soft because only", Search(words=("soft", "because", "only"))),
    "hostile syntax is words": (
        'log ") OR NEAR(a b" * AND NOT words:x',
        Search(words=(") OR NEAR(a b", "*", "AND", "NOT", "words:x")),
    ),
    "a password is not kept": ("log https://u:hunter2@www.shop.test/", Search(words=("https://…@www.shop.test/",))),
}


@pytest.mark.parametrize(("text", "expected"), UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_a_search_is_understood(text: str, expected: Search) -> None:
    assert Command(Verb.LOG, search=expected) == parse(text, LEA)


@pytest.mark.parametrize(("text", "expected"), UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_its_line_is_understood_the_same(text: str, expected: Search) -> None:
    command = Command(Verb.LOG, search=expected)
    assert command == parse(line_of(command, LEA), LEA)


HELP_LOG = "/purge help log"
MISUNDERSTOOD = {
    "no span": ("log since", "`since` wants a time after it, such as 12h, 7d or 2026-11-01.", HELP_LOG),
    "another span": (
        "log since tuesday",
        "`since` wants a time after it, such as 12h, 7d or 2026-11-01. `tuesday` is none.",
        HELP_LOG,
    ),
    "nobody": ("log by mia", "`by` wants a person after it: @name, me or token:ci. `mia` is none.", HELP_LOG),
    "an unknown flag": ("log --until 3d", "`--until` is not an option of log.", HELP_LOG),
    "another site": ("log on blog", "`blog` is not a site of yours.", "/purge sites"),
    "an unknown kind": (
        "log --kind page",
        "`kind` wants one of url, path, prefix, tag, host, pattern, everything after it. `page` is none.",
        HELP_LOG,
    ),
    "a kind that is misspelt": (
        "log kind evrything",
        "`kind` wants one of url, path, prefix, tag, host, pattern, everything after it. `evrything` is none.",
        HELP_LOG,
    ),
    "one kind of two that is none": (
        "log kind url,page",
        "`kind` wants one of url, path, prefix, tag, host, pattern, everything after it. `url,page` is none.",
        HELP_LOG,
    ),
    "no kind": (
        "log kind",
        "`kind` wants one of url, path, prefix, tag, host, pattern, everything after it.",
        HELP_LOG,
    ),
    "an open quote": ('log "wrong', 'The quote that opens at `"wrong` never closes.', HELP_LOG),
    "what cannot be seen": (
        "log a\u200bb",
        "A word holds U+200B ZERO WIDTH SPACE, which cannot be seen. Type it without.",
        HELP_LOG,
    ),
    "too long": ("log " + "a" * 1300, "What to look for has at most 1,200 characters.", HELP_LOG),
    "a second person for stats": (
        "stats @lea @mia",
        "stats counts by site, kind, person and time; `@mia` is none of them.",
        "/purge stats by @lea",
    ),
    "words for stats": (
        "stats shop wrong",
        "stats counts by site, kind, person and time; `wrong` is none of them.",
        "/purge stats shop",
    ),
}


@pytest.mark.parametrize(("text", "problem", "suggestion"), MISUNDERSTOOD.values(), ids=MISUNDERSTOOD)
def test_what_is_not_understood_says_what_to_type(text: str, problem: str, suggestion: str) -> None:
    heard = parse(text, MIA)
    assert isinstance(heard, Misunderstood)
    assert (problem, suggestion) == (heard.problem, heard.suggestion)


def test_stats_counts_by_site_kind_person_and_time() -> None:
    expected = Search(("shop",), (Kind.URL,), "me", "30d")
    said = ("stats shop url by me since 30d", "stats shop kind url by me since 30d")
    assert [Command(Verb.STATS, search=expected)] * 2 == [parse(text, MIA) for text in said]


def test_stats_of_a_name_are_those_of_its_person() -> None:
    assert Command(Verb.STATS, search=Search(by="@lea")) == parse("stats @lea", MIA)


def test_help_may_be_asked_behind_them() -> None:
    assert Command(Verb.HELP, topic="log") == parse("log --help", MIA)


def test_a_site_that_one_may_not_see_is_a_word() -> None:
    assert Command(Verb.LOG, search=Search(words=("shop",))) == parse("log shop", NOBODY)


@given(st.text(max_size=60))
def test_whatever_follows_has_a_line_that_means_the_same(text: str) -> None:
    command = parse(f"log {text}", LEA)
    if isinstance(command, Command) and command.verb is Verb.LOG:
        assert command == parse(line_of(command, LEA), LEA)
