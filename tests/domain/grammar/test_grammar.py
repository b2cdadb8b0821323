"""What holds for every line that can be typed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.domain.grammar.command import Command, Misunderstood, Speaker, line_of, parse
from bot.domain.grammar.saying import thing_line
from providers.contract import Kind
from tests.domain.people import (
    ABROAD,
    IN_NEWS,
    LEA,
    MIA,
    NOBODY,
)
from tests.effort import examples


def test_no_answer_repeats_a_password() -> None:
    typed = [
        "https://u:hunter2@www.shop.test/a",
        "u:hunter2@www.shop.test",
        "https://u:hun/ter2hunter2@x.test/",
        "/a https://hunter2@evil.test/ --hrad",
        "url u:hunter2@www.shop.test",
        "prefix https://u:hunter2@www.shop.test/",
        "host u:hunter2@www.shop.test",
        "foo https://u:hunter2@x.test",
        "<https://u:hunter2@www.shop.test/|x>",
        "https:/u:hunter2@www.shop.test/",
        "ftp://u:hunter2@x/",
        "path https://u:hunter2@x/",
        "/a https://u:hunter2@www.shop.test/",
        "/a because https://u:hunter2@x.test/",
        "https:\\\\u:hunter2@x/",
        "deny P-1 https://u:hunter2@x.test/",
        'on "https://u:hunter2@x/" /a',
        "approve https://u:hunter2@x/",
        '"https://u:hunter2@x/',
        "chekc https://u:hunter2@www.shop.test/",
    ]
    assert [line for line in typed if "hunter2" in repr(parse(line, MIA))] == []


@pytest.mark.slow
def test_40_000_characters_and_100_000_lines_are_heard_to_the_end() -> None:
    command = parse("", MIA, [f"https://www.shop.test/a/{n}?b={n}" for n in range(100_000)])
    assert isinstance(command, Command)
    assert len(command.targets) == 100_000
    for typed in ("a ", "'a ", '"a"a ', ")", "<a: ", "*", "ü. ", "a.b ", "/", "a:b@c ", "\u202e", "/a* ", ", "):
        assert isinstance(parse((typed * 40_000)[:40_000], MIA), Command | Misunderstood)


WORDS = st.sampled_from(
    [
        "purge",
        "plan",
        "check",
        "status",
        "deny",
        "cancel",
        "help",
        "sites",
        "P-1",
        "url",
        "path",
        "prefix",
        "tag",
        "host",
        "pattern",
        "on",
        "shop",
        "news",
        "only",
        "cf",
        "soft",
        "hard",
        "because",
        "--reason",
        "--dry-run",
        "--confirm",
        "--no-check",
        "from",
        "--from",
        "eu,us",
        "fra",
        "--x",
        "—hard",
        "/a",
        "/a/*",
        "*",
        "/*",
        "*.css",
        "tag:x",
        "#y",
        "www.shop.test",
        "www.shop.test/b",
        "https://www.news.test/c?d",
        "https://evil.test/",
        "<https://www.shop.test/a|b>",
        "<@U1>",
        "“",
        "”",
        '"',
        "'",
        "`",
        "```",
        "\n",
        ",",
        "(",
        ")",
        ".",
        "-",
        "\u202e",
        "\x00",
        "é",
        "everything!",
    ]
)
SPEAKERS = st.sampled_from([MIA, LEA, IN_NEWS, NOBODY, ABROAD])
LINE = st.lists(WORDS | st.text(max_size=5), max_size=8).map(" ".join) | st.text()


@settings(max_examples=examples(600), deadline=None)
@given(LINE, SPEAKERS, st.lists(st.text(max_size=12) | WORDS, max_size=3))
def test_whatever_is_typed_has_an_answer_fit_to_be_shown(typed: str, speaker: Speaker, more: list[str]) -> None:
    answer = parse(typed, speaker, more)
    shown = [answer.problem.replace("\n", ""), answer.suggestion] if isinstance(answer, Misunderstood) else []
    bad = answer.bad if isinstance(answer, Command) else ()
    shown += [text for line in bad for text in (line.text, line.problem)]
    assert [text for text in shown if not text.isprintable()] == []
    assert [line for line in bad if len(line.text) > 80] == []


@settings(max_examples=examples(600), deadline=None)
@given(LINE, SPEAKERS, st.lists(st.text(max_size=12) | WORDS | st.just("everything"), max_size=3))
def test_everything_is_only_what_was_typed(typed: str, speaker: Speaker, more: list[str]) -> None:
    assume("everything" not in typed.lower().replace("everything!", ""))
    answer = parse(typed, speaker, more)
    assert not (isinstance(answer, Command) and Kind.EVERYTHING in {target.kind for target in answer.targets})


BEGUN = st.sampled_from(
    [
        "",
        "https://www.shop.test/a",
        "plan url /a /b on shop",
        "tag x on shop",
        "status",
        "/a on shop",
        "check /a from fra",
        "warm /a /b on shop from fra",
        "/a --warm",
        "cancel W-3",
    ]
)


@settings(max_examples=examples(800), deadline=None)
@given(
    st.builds(
        "{} {}".format, BEGUN, st.lists(WORDS | st.just("everything") | st.text(max_size=5), max_size=8).map(" ".join)
    ),
    SPEAKERS,
)
def test_a_command_has_a_line_that_is_understood_as_the_same(typed: str, speaker: Speaker) -> None:
    command = parse(typed, speaker)
    assume(isinstance(command, Command))
    assert isinstance(command, Command)
    again = parse(line_of(command, speaker), speaker)
    assert isinstance(again, Command), line_of(command, speaker)
    assert replace(again, notes=()) == replace(command, notes=(), bad=()), line_of(command, speaker)


@settings(max_examples=examples(400), deadline=None)
@given(
    st.lists(WORDS | st.just("everything") | st.text(max_size=5), max_size=8).map(" ".join),
    st.sampled_from([MIA, IN_NEWS]),
)
def test_every_choice_is_understood_and_fits_a_button(typed: str, speaker: Speaker) -> None:
    answer = parse(typed, speaker)
    choices = answer.choices if isinstance(answer, Misunderstood) and answer.action == "pick" else ()
    assert [choice for choice in choices if len(choice.label) > 75] == []
    assert [choice.line for choice in choices if isinstance(parse(choice.line, speaker), Misunderstood)] == []


@settings(max_examples=examples(400), deadline=None)
@given(st.text("ab/*).,|(?=&;:!'~", max_size=12))
def test_each_thing_of_a_command_has_a_line_that_names_just_that(rest: str) -> None:
    command = parse(f'url "https://www.shop.test/{rest}"', MIA)
    assert isinstance(command, Command)
    again = parse(" ".join(map(thing_line, command.targets)), MIA)
    assert isinstance(again, Command), thing_line(command.targets[0])
    assert command.targets == again.targets


VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='\\#*<>"`'), max_size=30)


@settings(max_examples=examples(400), deadline=None)
@given(VISIBLE)
def test_every_byte_of_path_and_query_survives(rest: str) -> None:
    typed = f"https://www.shop.test/{rest}"
    linked = typed.replace("|", "")  # Slack writes %7C, and & as &amp;
    for answer in (
        parse(f'"{typed}"', MIA),
        parse("", MIA, [f"<{linked.replace('&', '&amp;')}>"]),
        parse(f"{typed}x", MIA),
    ):
        assert isinstance(answer, Command)
        assert answer.targets[0].value in (typed, linked, f"{typed}x")


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.sampled_from(["/a", "/b", "/c", "/d", "https://www.shop.test/a", "tag:a"]), min_size=1, max_size=12))
def test_nothing_is_asked_twice_and_nothing_is_lost(words: list[str]) -> None:
    command = parse(" ".join(words), MIA)
    assert isinstance(command, Command)
    assert len(command.targets) == len(set(words))
    dropped = len(words) - len(set(words))
    counted = () if not dropped else (f"Dropped {dropped} duplicate{'s' if dropped > 1 else ''}.",)
    assert command.notes == counted
