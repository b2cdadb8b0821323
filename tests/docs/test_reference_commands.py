"""docs/reference/commands.md: every verb, kind and option of the grammar's one table, and what a playground answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.domain.grammar.speech import KINDS, OPTIONS, VERBS, OptionRow, VerbRow
from tests.docs.generated import DOCS, NOTE, WRITE, cell, compare
from tests.docs.scenes import SCENES, Scene
from tests.docs.transcript import Line, same, spoken
from tests.journeys.world import Playground

pytestmark = pytest.mark.slow
PAGE = "reference/commands.md"
HEAD = f"""\
# Every command

{NOTE}

One line does the job: `/purge [verb] [kind] thing … [on <site>] [soft|hard] [because <reason>]`. No verb means *purge*;
the kind is guessed, and the guess is told. In a thread `@purgebot` takes the same, and so does
[`purgebot`](cli.md) in a terminal. The answers are those of the [playground](../playground.md), in which these lines
were typed.

"""
_BLOCK = re.compile(r"^```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WORDS = {"url": "{url}", "host": "www.shop.test", "site": "shop", "path": "/pricing", "account": "cf", "place": "fra"}


def shown(example: str) -> str:
    return example.format(**{**WORDS, "url": "http://www.shop.test/pricing"})


def options() -> Iterator[str]:
    yield "## Options\n\nThey stand anywhere in the line.\n\n"
    yield "| written | what it does | goes with | such as |\n|---|---|---|---|\n"
    for row in OPTIONS:
        takes = f" <{row.takes}>" if row.takes else ""
        written = ", ".join(f"`{word}{takes}`" for word in row.written)
        verbs = ", ".join(f"`{verb.verb}`" for verb in VERBS if verb.verb in row.verbs)
        yield f"| {written} | {cell(row.what)} | {verbs} | `/purge {shown(row.example)}` |\n"


def kinds() -> Iterator[str]:
    yield "## Kinds\n\nA spoken kind always wins over the guess.\n\n| kind | what it is | such as |\n|---|---|---|\n"
    for row in KINDS:
        yield f"| `{row.word}` | {cell(row.what)} | `/purge {shown(row.example)}` |\n"


def verb(row: VerbRow, transcript: str) -> str:
    scene = SCENES.get(row.verb.value, Scene(()))
    own: list[OptionRow] = [option for option in OPTIONS if row.verb in option.verbs]
    takes = f" [Options](#options): {', '.join(f'`{option.written[-1]}`' for option in own)}." if own else ""
    about = f"\n{scene.about}\n" if scene.about else ""
    return f"## {row.verb}\n\n`/purge {row.usage}`: {row.what}.{takes}\n{about}\n```text\n{transcript}```\n"


def before() -> list[str]:
    """The transcripts that are on the page now."""
    page = DOCS / PAGE
    return _BLOCK.findall(page.read_text(encoding="utf-8")) if page.exists() else []


def played(play: Playground, scene: Scene) -> Iterator[str]:
    """What is typed in a scene, and the answers."""
    for step in scene.steps:
        if isinstance(step, Line):
            yield spoken(play, step)
        else:
            play.post(step[0], **step[1])


@pytest.fixture(scope="module")
def transcripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the playground answers now, by verb."""
    play = Playground(tmp_path_factory.mktemp("commands"))
    try:
        play.start()
        found = {row.verb.value: "\n".join(played(play, SCENES.get(row.verb.value, Scene(())))) for row in VERBS}
    finally:
        ended = play.stop()
    assert 0 == ended
    return found


def test_every_verb_has_a_scene() -> None:
    assert [] == [row.verb.value for row in VERBS if row.verb.value not in SCENES]


@pytest.mark.skipif(WRITE, reason="what is there is about to be written anew")
def test_every_transcript_is_what_the_playground_answers(transcripts: dict[str, str]) -> None:
    assert [same(text) for text in transcripts.values()] == [same(text) for text in before()]


def test_the_page_is_made_of_the_grammar_and_the_transcripts(transcripts: dict[str, str]) -> None:
    """With the transcripts that are there, where they say the same: numbers that differ are no change."""
    old = {same(text): text for text in before()}
    parts = [verb(row, old.get(same(transcripts[row.verb.value]), transcripts[row.verb.value])) for row in VERBS]
    compare(PAGE, HEAD + "\n".join(parts) + "\n" + "".join(kinds()) + "\n" + "".join(options()))
