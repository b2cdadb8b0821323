"""What people type in the playground and what they then see, as text; and when two such texts are the same."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from playground.people import WORKSPACE
from tests.journeys.world import Json, Playground

QUIET = 0.7  # seconds without a change, after which an answer is whole
PATIENCE = 40.0
PEOPLE = {person.id: person.display for person in WORKSPACE.people}
CHANNELS = {channel.id: channel.name for channel in WORKSPACE.channels}
_SHOWN = (
    (re.compile(r"<!date\^[^|>]*\|([^>]*)>"), r"\1"),
    (re.compile(r"<https?://[^|>]*\|([^>]*)>"), r"\1 ↗"),
    (re.compile(r"<@([A-Z_0-9]+)>"), lambda found: f"@{PEOPLE.get(found[1], found[1])}"),
    (re.compile(r"<#([A-Z_0-9]+)>"), lambda found: f"#{CHANNELS.get(found[1], found[1])}"),
    (re.compile(r"```\n?"), ""),
    (re.compile(r"\*(\w[^*\n]*)\*"), r"\1"),  # bold
)
_PLACES = r"(?:fra|iad|sin|Varnish)(?:(?:, | and )(?:fra|iad|sin|Varnish))*"
# What differs from run to run, and nothing else: times, durations, counts of what refills, ports and digests, how often
# the edge was looked at, and which places' copies happened to be of the same second.
_SAME = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)? UTC"), "<time>"),
    (re.compile(r"\b[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} \d\d:\d\d(?::\d\d)?(?: [A-Z]{3,4})?\b"), "<time>"),
    (re.compile(r"\b(?:under )?\d+(?:\.\d+)? (?:s|min|h)\b"), "<long>"),
    (re.compile(r"\b[\d,.]+ left\b"), "<n> left"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r"(?<![\w.])(?=[0-9a-f-]*\d)[0-9a-f-]{8,}(?![\w.])"), "<id>"),
    (re.compile(r"^(.*(?:Look \d+: |Before: |before: )).*$", re.MULTILINE), r"\1<seen>"),
    (re.compile(r"(?:^.*Look \d+: .*\n)+", re.MULTILINE), "<looks>\n"),
    (re.compile(rf"^( *(?:•|←) ){_PLACES}(?=: )", re.MULTILINE), r"\1<places>"),
    (re.compile(r"^(.*<places>.*\n)\1+", re.MULTILINE), r"\1"),
    (re.compile(r" {2,}"), "  "),
)


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody types; the answer is whole once it holds `until`."""

    user: str
    text: str
    until: str
    channel: str = "C_SHOP"


def spoken(play: Playground, line: Line) -> str:
    """Have `line` typed; what was typed, and what is then new or changed in the channel, in the typist's eyes."""
    before = _eyes(play, line)
    play.command(line.user, line.text, line.channel)
    end = time.monotonic() + PATIENCE
    seen, since = before, time.monotonic()
    while time.monotonic() < end:
        now = _eyes(play, line)
        if now != seen:
            seen, since = now, time.monotonic()
        new = [text for ts, text in now.items() if before.get(ts) != text]
        if any(line.until in text for text in new) and time.monotonic() - since > QUIET:
            return _written(line, new)
        time.sleep(0.05)
    raise AssertionError(f"{line.text}: nothing with {line.until!r} within {PATIENCE} s, but {_written(line, new)}")


def same(text: str) -> str:
    """`text` as it is compared with another run's."""
    for pattern, instead in _SAME:
        text = pattern.sub(instead, text)
    return text


def _written(line: Line, answers: Sequence[str]) -> str:
    told = "\n".join(f"  {row}".rstrip() for answer in sorted(answers) for row in answer.split("\n"))
    return f"{PEOPLE[line.user]}: {line.text}\n{told}\n"


def _eyes(play: Playground, line: Line) -> dict[str, str]:
    messages = play.messages(line.channel, line.user)
    return {str(one["ts"]): _plain(one) for one in messages if one.get("thread_ts", one["ts"]) == one["ts"]}


def _plain(message: Json) -> str:
    blocks = message["blocks"]
    assert isinstance(blocks, list)
    text = "\n".join(row for block in blocks for row in _rows(block)) or str(message["text"])
    for pattern, instead in _SHOWN:
        text = pattern.sub(instead, text)
    return html.unescape(text).strip()


def _rows(block: Json) -> Iterator[str]:
    """A block as lines."""
    match block:
        case {"type": "section", "text": {"text": str(text)}, "accessory": {"text": {"text": str(label)}}}:
            yield f"{text} [{label}]"
        case {"type": "section", "text": {"text": str(text)}} | {"type": "header", "text": {"text": str(text)}}:
            yield text
        case {"type": "section", "fields": list(fields)}:
            yield " · ".join(str(field["text"]) for field in fields)
        case {"type": "context", "elements": list(parts)}:
            yield from (str(part["text"]) for part in parts)
        case {"type": "actions", "elements": list(buttons)}:
            yield " ".join(f"[{button['text']['text']}]" for button in buttons)
        case {"type": "table", "rows": list(rows)}:
            yield from _table([[_cell(cell) for cell in row] for row in rows])
        case {"type": "image", "alt_text": str(text)}:
            yield f"({text})"
        case {"type": "divider"}:
            yield ""
        case _:
            raise AssertionError(f"no way to write this block: {json.dumps(block)}")


def _cell(cell: Mapping[str, object]) -> str:
    if "text" in cell:
        return str(cell["text"])
    raise AssertionError(f"no way to write this cell: {json.dumps(cell)}")


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
