"""Help says what the parser takes: both come from one table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.grammar.command import Command, parse
from bot.domain.grammar.help import TOPICS, example, help_text
from bot.domain.grammar.speech import KINDS, OPTIONS, VERBS, KindRow, OptionRow, Verb, VerbRow
from tests.domain.people import ABROAD, IN_NEWS, LEA, MIA, NOBODY


@pytest.mark.parametrize("row", VERBS, ids=[row.verb.value for row in VERBS])
def test_every_verb_is_in_help_and_its_example_parses(row: VerbRow) -> None:
    command = parse(example(row.example, MIA), MIA)
    assert isinstance(command, Command)
    assert command.verb == row.verb
    assert f"/purge {row.usage} · {row.what}" in help_text("", MIA).splitlines()
    assert f"Example: /purge {example(row.example, MIA)}" in help_text(row.verb.value, MIA).splitlines()


@pytest.mark.parametrize("row", KINDS, ids=[row.word for row in KINDS])
def test_every_kind_is_in_help_and_its_example_parses(row: KindRow) -> None:
    command = parse(example(row.example, LEA), LEA)
    assert isinstance(command, Command)
    assert [target.kind for target in command.targets] == [row.kind]
    assert f"{row.word} · {row.what} · {example(row.example, LEA)}" in help_text("", LEA).splitlines()


@pytest.mark.parametrize("row", OPTIONS, ids=[row.name for row in OPTIONS])
def test_every_option_is_in_help_and_its_example_parses(row: OptionRow) -> None:
    speaker = ABROAD if row.name == "from" else MIA
    assert isinstance(parse(example(row.example, speaker), speaker), Command)
    assert f"· {row.what} · {example(row.example, MIA)}" in help_text("", MIA)
    assert [written for written in row.written if written not in help_text("options", MIA)] == []


VALUES = {
    "site": " shop",
    "account": " cf",
    "reason": " INC-1",
    "time": " 2h",
    "moment": " 2h",
    "place": " fra",
    "": "",
}
BEFORE = {"for": "hold shop because INC-1", "from": "check /a"}  # options of a verb that purges nothing
WRITTEN = [(written, row) for row in OPTIONS for written in row.written]


@pytest.mark.parametrize(("written", "row"), WRITTEN, ids=[written for written, _ in WRITTEN])
def test_every_way_to_write_an_option_parses(written: str, row: OptionRow) -> None:
    without = BEFORE.get(row.name, "/a")
    verb, _, rest = without.partition(" because")
    value = " 02:00" if row.name == "at" else VALUES[row.takes]
    line = f"{verb} {written}{value}{f' because{rest}' if rest else ''}"
    speaker = ABROAD if row.name == "from" else MIA
    assert isinstance(parse(line, speaker), Command)
    assert parse(line, speaker) != parse(without, speaker) or row.name == "on"


def test_every_verb_of_the_grammar_is_in_the_table() -> None:
    assert [row.verb for row in VERBS] == list(Verb)


def test_verbs_of_later_are_not_in_help() -> None:
    words = {word.strip("<>[]…·,:") for word in help_text("", MIA).split()}
    later: set[str] = set()
    assert words & later == set()


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_says_something_of_its_own(topic: str) -> None:
    said = help_text(topic, MIA)
    assert not said.startswith("There is no help")
    assert said != help_text("", MIA)


def test_an_unknown_topic_is_answered_with_the_topics() -> None:
    assert help_text("Later\u202e", MIA) == (
        "There is no help on `later\ufffd`.\n"
        "Topics: things, options, lists, purge, plan, check, why, lint, warm, status, show, cancel, retry, approve, "
        "deny, schedules, run, hold, release, break-glass, review, sites, queue, limits, log, stats, doctor, whoami, "
        "help, url, path, prefix, tag, host, pattern, everything, on, soft, hard, because, in, at, only, dry-run, "
        "no-check, for, urgent, from, confirm"
    )


def test_examples_are_of_the_callers_own_site() -> None:
    assert help_text("url", MIA) == (
        "url · one page or file, query string included\nExample: /purge url https://www.shop.test/pricing"
    )
    assert "https://www.news.test/pricing" in help_text("url", IN_NEWS)


def test_who_has_no_site_gets_placeholders() -> None:
    assert help_text("on", NOBODY) == (
        "on <site> or --on <site> · the site that paths and tags belong to\n"
        "Example: /purge /pricing on <site>\n"
        "Goes with: check, doctor, limits, lint, plan, purge, queue, schedules, warm, why"
    )


def test_help_on_a_verb_names_its_options() -> None:
    assert help_text("check", MIA) == (
        "/purge check <url…> [from eu,us] · edge against origin, now\n"
        "Example: /purge check https://www.shop.test/pricing\n"
        "Options: on, from"
    )


def test_help_on_lists() -> None:
    assert help_text("lists", MIA) == (
        "Many things in one request: put blanks, new lines, or commas with a blank between them.\n"
        "What is said twice, or lies under something wider, is dropped and counted.\n"
        "Bad lines are told with their number, and the good ones wait for one click.\n"
        "A line has at most 40,000 characters. A longer list goes into a file, one thing a line: a .txt or .csv in"
        " Slack's form, purgebot purge --file urls.txt in a terminal, or as targets to POST /v1/commands.\n"
        "/purge alone opens the form, and so do the shortcut Purge a page or a list and the app's Home:"
        " type or paste the list there, or upload it.\n"
        "The shortcut Purge the links in this message, in a message's menu, takes its links and its .txt or .csv.\n"
        "A .csv has a column named url, path, target or tag."
    )


def test_help_on_lists_names_no_form_in_a_terminal() -> None:
    told = help_text("lists", replace(MIA, command="purgebot")).split("\n")
    assert told[-1].startswith("A line has at most 40,000 characters.")
