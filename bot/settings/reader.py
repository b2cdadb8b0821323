"""YAML 1.2 to plain data, with the line of everything.

Scalars stay the text that was written, so that `on`, `22:00` and a zone of digits mean what they look like; only an
empty value (or `null`) becomes None. Duplicate keys, `<<` and tags are refused, since each says one thing and does
another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.settings.model import BadSettings, Problem

type_names = {dict: "keys and values", list: "a list", str: "text", type(None): "nothing"}

Data = str | None | list["Data"] | dict[str, "Data"]
Place = tuple[str | int, ...]  # ("sites", "shop", "hosts", 0)

VALUES_MAX = 100_000  # aliases may multiply what is written; no configuration is as big
_CORE = "tag:yaml.org,2002:"
_START = "`purgebot config example` prints a file to start from."


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was written."""

    file: str
    data: dict[str, Data]
    lines: Mapping[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest thing that holds it; from 1."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def key_of(place: Place) -> str:
    """A place as people write it: `sites.shop.hosts[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def read(path: Path) -> Document:
    """The file at `path`. Raises BadSettings."""
    file = str(path)
    walk = _Walk(file)
    try:
        root = _compose(_text(path), file)
        data = walk.value(root, ()) if root else {}
    except RecursionError:
        raise _bad(file, "is nested too deeply.", "Look for brackets that never close.") from None
    if root is None:
        raise _bad(file, "is empty.", _START)
    if walk.problems:
        raise BadSettings(tuple(walk.problems))
    if not isinstance(data, dict):
        raise _bad(file, f"holds {type_names[type(data)]}, not keys and values.", _START)
    return Document(file, data, walk.lines)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise _bad(str(path), "does not exist.", f"Name another in PURGEBOT_CONFIG, or make it: {_START}") from None
    except OSError as exc:
        raise _bad(str(path), f"cannot be read ({exc.strerror}).", "Let the bot's user read it.") from exc
    except UnicodeDecodeError as exc:
        raise _bad(str(path), "is not UTF-8 text.", "Save it as UTF-8.") from exc


def _compose(text: str, file: str) -> Node | None:
    try:
        node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as exc:
        said = ", ".join(part for part in (exc.context, exc.problem) if part)
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise _bad(file, f"is not YAML: {said}.", _advice(said), line) from exc
    except YAMLError as exc:
        raise _bad(file, "is not YAML: it holds a character that YAML does not know.", "Remove it.") from exc
    return node


def _advice(said: str) -> str:
    """What to do where YAML gives up; by its own words."""
    if "'\\t'" in said:
        return "Indent with blanks."
    if "'@'" in said or "'`'" in said:
        return "Put text that begins so in quotes."
    if "mapping values are not allowed" in said:
        return "Line up the keys here and above, and put text that holds `: ` in quotes."
    return "Mend this line or the one above."


def _bad(file: str, what: str, advice: str, line: int = 0) -> BadSettings:
    return BadSettings((Problem(what, advice, file=file, line=line),))


class _Walk:
    """Turns nodes into data, and collects lines and problems on the way."""

    def __init__(self, file: str) -> None:
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._file = file
        self._inside: list[Node] = []

    def value(self, node: Node, place: Place) -> Data:
        self.lines.setdefault(place, _line(node))
        if len(self.lines) > VALUES_MAX:
            raise _bad(self._file, f"makes more than {VALUES_MAX:,} values.", "Use fewer aliases.", _line(node))
        wrong = self._wrong(node)
        if wrong:
            self._refused(node, place, *wrong)
            return None
        self._inside.append(node)
        found = self._content(node, place)
        self._inside.pop()
        return found

    def _wrong(self, node: Node) -> tuple[str, str] | None:
        if any(node is outer for outer in self._inside):
            return "holds itself.", "Write the value out instead of the alias."
        if not str(node.tag or _CORE).startswith(_CORE):
            return f"the tag {node.tag} means nothing here.", "Write the value without it."
        return None

    def _content(self, node: Node, place: Place) -> Data:
        match node:
            case MappingNode():
                return self._mapping(node, place)
            case SequenceNode():
                return [self.value(child, (*place, n)) for n, child in enumerate(node.value)]
            case ScalarNode() if str(node.tag) == f"{_CORE}null":
                return None
            case _:
                return str(node.value)

    def _mapping(self, node: MappingNode, place: Place) -> Data:
        found: dict[str, Data] = {}
        for key, child in node.value:
            if not isinstance(key, ScalarNode):
                self._refused(key, place, "a key must be text.", "Write one word before the colon.")
            elif key.value == "<<":
                self._refused(key, place, "`<<` merges keys in YAML 1.1, and this is 1.2.", "Write the keys out.")
            elif str(key.value) in found:
                first = self.lines[(*place, str(key.value))]
                self._refused(key, (*place, str(key.value)), f"is given twice, first on line {first}.", "Keep one.")
            else:
                self.lines[(*place, str(key.value))] = _line(key)
                found[str(key.value)] = self.value(child, (*place, str(key.value)))
        return found

    def _refused(self, node: Node, place: Place, what: str, advice: str) -> None:
        self.problems.append(Problem(what, advice, key_of(place), self._file, _line(node)))


def _line(node: Node) -> int:
    line: int = node.start_mark.line
    return line + 1
