"""What people in a room see, as they read it: names for ids, one word for every time and duration, buttons in brackets.

A line of a thread that calls somebody stands apart from the steps of the job, since both come on their own. Whom a new
message calls is told under it, since the names are gone once it was edited. How often the edge was looked at, and what
each look found, hangs on the machine's pace and is tested elsewhere: one word stands for it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playground.people import BOT_USER, Workspace, direct_id
from tests.slack.room import Doc, Room
from tests.slack.script import Sight

_SAME = (
    (re.compile(r"<!date\^[^>]*>"), "<time>"),
    (re.compile(r"\b[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} \d\d:\d\d:\d\d [A-Z]{3,5}\b"), "<when>"),
    (re.compile(r"<https?://[^|>]*\|([^>]*)>"), r"\1 ↗"),
    (re.compile(r"\b(?:under )?\d+(?:\.\d+)? s\b"), "<n> s"),
    (re.compile(r"(<n> s|–|\bage) {2,}"), r"\1  "),  # a table in a terminal, as wide as its figures
    (re.compile(r"\b(id|plan) (`?)[0-9a-f-]{8,}\2"), r"\1 \2<id>\2"),
    (re.compile(r"next <time>, in [^·]* ·"), "next <time> ·"),
    (re.compile(r"\bbegins \d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC"), "begins <time>"),
    (re.compile(r"Its time has come(, <n> s ago)?"), "Its time has come"),  # on a busy machine
    (re.compile(r"\buntil \d{4}-\d\d-\d\d \d\d:\d\d UTC"), "until <time>"),
    (re.compile(r"(was approved by .*); it runs(?: if [^.;]*)?\.$"), r"\1."),  # it may have ended before that was told
    (re.compile(r"http://127\.0\.0\.1:\d+"), "<there>"),
)
_LOOKS = re.compile(
    r"^(?:• )?(?:Before: |Look \d+: |(?:http\S+ · |one of them: \S+ · )?fra (?:before|after): "
    r"|not in the cache at |already the same at ).*$",
    re.MULTILINE,
)
_SEEN = "<what was seen at the edge>"
_NAMED = re.compile(r"(?:prefix |tag )?\S+, .* and [\d,]+ more")
_ASKED = re.compile(r"^(Asked: \d+ (?:person|people)[^:·]*): .* (· \d+ min)", re.MULTILINE)
_MENTION, _CHANNEL, _GROUP = (re.compile(rf"<{mark}([A-Z][A-Z0-9_]+)>") for mark in ("@", "#", r"!subteam\^"))
_CALLS = re.compile(r"<(?:@|!subteam)")


@dataclass(frozen=True, slots=True)
class Button:
    """A button that somebody may press, or pressed once: `labels` is what it says, `where` it is."""

    label: str
    action: str
    block: str
    value: str
    asks: tuple[str, ...] = ()  # what Slack asks before the click counts


@dataclass(frozen=True, slots=True)
class Shown:
    """One message, form or Home: where it is, in whose eyes, what it says and what can be pressed there."""

    key: tuple[str, str]  # the channel and time of a message, the kind and id of a view
    where: str
    lines: tuple[str, ...]
    buttons: tuple[Button, ...] = ()
    user: str = ""  # who alone sees it
    names: tuple[str, ...] = ()  # whom it calls
    root: str = ""  # the time of the message whose thread it is in
    calls: bool = False
    fields: tuple[tuple[str, str], ...] = ()  # label and block of every field of a form


ANOTHER_DAY = "<an hour of another day>"
Eyes = Mapping[tuple[str, str], Shown]


class Reader:
    """Reads what Slack's store holds."""

    def __init__(self, room: Room, workspace: Workspace) -> None:
        self._room = room
        self._people = {person.id: person.display for person in workspace.people}
        self._channels = {channel.id: channel.name for channel in workspace.channels}
        self._groups = {group.id: group.handle for group in workspace.groups}
        then = datetime.fromtimestamp(room.bot.clock.now(), UTC) + timedelta(days=3)
        self.another_day = f"{then:%a} 08:00-09:00 UTC"

    def now(self) -> Eyes:
        """Everything that anybody sees of the bot's."""
        sql = "SELECT * FROM slack_messages WHERE gone = 0 AND user = ? ORDER BY ts"
        messages = [self._message(dict(row)) for row in self._room.store.rows(sql, (BOT_USER,))]
        views = [self._view(dict(row)) for row in self._room.store.rows("SELECT * FROM slack_views ORDER BY n")]
        return {shown.key: shown for shown in [*messages, *views]}

    def advice(self) -> list[str]:
        """What Slack would not refuse but advises against."""
        rows = self._room.store.rows("SELECT notes FROM slack_messages WHERE notes != '[]'")
        return [str(row["notes"]) for row in rows]

    def plain(self, text: str) -> str:
        """A text with what changes from run to run made the same."""
        for pattern, instead in _SAME:
            text = pattern.sub(instead, text)
        text = _ASKED.sub(r"\1 \2", _LOOKS.sub(_SEEN, text))
        text = _MENTION.sub(lambda found: f"<@{self._people.get(found[1], found[1])}>", text)
        text = _CHANNEL.sub(lambda found: f"#{self._channels.get(found[1], found[1])}", text)
        text = _GROUP.sub(lambda found: f"<@{self._groups.get(found[1], found[1])}>", text)
        return html.unescape(text).replace(self.another_day, ANOTHER_DAY)

    def _message(self, row: Doc) -> Shown:
        channel, only_for, blocks = str(row["channel"]), str(row["only_for"]), json.loads(str(row["blocks"]))
        lines = list(self._lines(blocks))
        text = self.plain(str(row["text"])).split("\n")
        shown = lines if lines[: len(text)] == text else [*(f"(on a phone) {line}" for line in text if lines), *lines]
        names = tuple(sorted(self._people.get(ping[2:-1], ping) for ping in json.loads(str(row["pings"]))))
        root = str(row["thread_ts"]) if row["thread_ts"] != row["ts"] else ""
        return Shown(
            (channel, str(row["ts"])), self._where(channel, only_for), _once(shown or text),
            tuple(_buttons(blocks)), only_for, names, root, calls=bool(_CALLS.match(str(row["text"]))) and not blocks,
        )  # fmt: skip

    def _where(self, channel: str, only_for: str) -> str:
        direct = [name for id, name in self._people.items() if channel in (id, direct_id(id))]
        if direct:
            return f"{direct[0]}'s messages with purgebot"
        name = f"#{self._channels[channel]}"
        return f"{self._people[only_for]} alone, in {name}" if only_for else name

    def _view(self, row: Doc) -> Shown:
        view, errors = json.loads(str(row["view"])), json.loads(str(row["errors"]))
        whose = self._people[str(row["user"])]
        is_home = row["kind"] == "home"
        where = f"{whose}'s Home" if is_home else f"{whose}'s form “{view['title']['text']}”"
        lines = [*self._lines(view["blocks"], errors), *([] if is_home else _feet(view))]
        fields = tuple(
            (str(block["label"]["text"]), str(block["block_id"])) for block in view["blocks"] if "label" in block
        )
        user = str(row["user"])
        return Shown(
            (str(row["kind"]), str(row["id"])), where, tuple(lines), tuple(_buttons(view["blocks"])), user,
            fields=fields,
        )  # fmt: skip

    def _lines(self, blocks: Sequence[Doc], errors: Doc | None = None) -> Iterator[str]:
        for block in blocks:
            for line in _spelled(block, (errors or {}).get(str(block.get("block_id")))):
                yield from filter(None, self.plain(line).split("\n"))


def _spelled(block: Doc, error: object) -> Iterator[str]:
    match block:
        case {"type": "section", "text": {"text": str(text)}, "accessory": {"type": "static_select", **element}}:
            yield f"{text}: {_chosen(_doc(element))}"
        case {"type": "section", "text": {"text": str(text)}, "accessory": {"text": {"text": str(label)}}}:
            yield f"{text} [{label}]"
        case {"type": "section", "text": {"text": str(text)}}:
            yield text
        case {"type": "section", "fields": list(fields)}:
            yield " | ".join(str(field["text"]) for field in fields)
        case {"type": "context", "elements": list(parts)}:
            yield from (str(part["text"]) for part in parts)
        case {"type": "table", "rows": list(rows)}:
            yield from ("| " + " | ".join(str(cell["text"]) for cell in row) for row in rows)
        case {"type": "header", "text": {"text": str(text)}}:
            yield f"# {text}"
        case {"type": "actions"}:
            yield " ".join(f"[{button.label}]" for button in _buttons([block]))
        case {"type": "input", "label": {"text": str(label)}, "element": {**element}}:
            optional = " (may stay empty)" if block.get("optional") else ""
            yield f"{label}{optional}: {_chosen(_doc(element))}".rstrip()
            yield from (f"   {hint}" for hint in [_text(block.get("hint"))] if hint)
            yield from (f"   ✗ {error}" for _ in [1] if error)
        case _:
            yield json.dumps(block, sort_keys=True)


def _chosen(element: Doc) -> str:
    """What a field holds, or offers."""
    options = element.get("options")
    if isinstance(options, list):
        first = element.get("initial_option")
        named = [f"({_text(one)})" if one == first else _text(one) for one in options]
        return " / ".join(named)
    return str(element.get("initial_value") or "").replace("\n", " ⏎ ")


def _doc(element: Mapping[object, object]) -> Doc:
    return {str(name): value for name, value in element.items()}


def _text(doc: object) -> str:
    match doc:
        case {"text": {"text": str(text)}} | {"text": str(text)}:
            return text
        case _:
            return ""


def _feet(view: Doc) -> Iterator[str]:
    """A form's own buttons."""
    named = [_text(view.get(name)) for name in ("close", "submit")]
    yield " ".join(f"[{name}]" for name in named if name)


def _buttons(blocks: Sequence[Doc]) -> Iterator[Button]:
    for block in blocks:
        elements = block.get("elements") if block["type"] == "actions" else [block.get("accessory")]
        for element in elements if isinstance(elements, list) else []:
            match element:
                case {"type": "button", "text": {"text": str(label)}, "action_id": str(action), **more}:
                    value, asks = str(more.get("value", "")), tuple(_asks(more.get("confirm")))
                    yield Button(label, action, str(block.get("block_id", "")), value, asks)


def _asks(confirm: object) -> Iterator[str]:
    match confirm:
        case {"title": title, "text": text, "deny": no, "confirm": yes}:
            yield from (_text(title), _text(text), f"[{_text(no)}] [{_text(yes)}]")


def difference(old: Eyes, new: Eyes) -> list[Sight]:
    """What somebody sees now and did not see before, place by place: whole messages, new lines of threads, what is
    gone."""
    fresh = [shown for key, shown in new.items() if key not in old or old[key].lines != shown.lines]
    threads: dict[tuple[str, str, bool], list[str]] = {}
    sights: list[Sight] = []
    for shown in fresh:
        if shown.root and not shown.user:
            threads.setdefault((shown.where, shown.root, shown.calls), []).extend(shown.lines)
        else:
            called = shown.names if shown.key not in old and not shown.user else ()
            sights.append(Sight(shown.where, (*shown.lines, *([f"(calls {', '.join(called)})"] if called else []))))
    for (where, root, calls), lines in threads.items():
        if {*lines} == {_SEEN}:
            continue  # a look of its own time
        what = "called in the thread" if calls else "in the thread"
        sights.append(Sight(f"{where}, {what} of {_named(where, root, new)}", _once(lines)))
    gone = [Sight(f"{shown.where}, gone", shown.lines[:1]) for key, shown in old.items() if key not in new]
    return sorted([*sights, *gone], key=lambda sight: sight.where)


def _once(lines: Sequence[str]) -> tuple[str, ...]:
    """Several looks in a row are one; whether a fresh card offers *Why?*, and has room for the first of many things,
    hangs on what they saw."""
    told = [line for n, line in enumerate(lines) if n == 0 or line != _SEEN or lines[n - 1] != _SEEN]
    if _SEEN in told and told[0].startswith("🟢"):
        told = [line.removesuffix(" [Why?]") for line in told if not _NAMED.fullmatch(line)]
    return tuple(told)


def _named(where: str, root: str, eyes: Eyes) -> str:
    """The job whose card heads a thread, or somebody's words."""
    head = next((shown for shown in eyes.values() if shown.key[1] == root and shown.where == where), None)
    found = re.search(r"P-\d+", head.lines[0]) if head else None
    return found[0] if found else "what was said"
