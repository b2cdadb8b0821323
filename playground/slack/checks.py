"""Small checks that Block Kit's shapes are made of. Each yields what is wrong in Slack's words, with a JSON pointer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

Check = Callable[[object, str], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of one kind of object. An `open` shape lets fields pass that are not listed: where Slack's own
    documents leave them out, a stand-in must not invent a refusal. `rule` sees the whole object."""

    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    open: bool = False
    rule: Check | None = None

    def problems(self, value: Mapping[str, object], at: str) -> Iterator[str]:
        """Missing, unknown and wrong fields."""
        yield from (said(f"missing required field: {name}", at) for name in self.required if name not in value)
        for name, part in value.items():
            check = self.required.get(name) or self.optional.get(name)
            if check is not None:
                yield from check(part, f"{at}/{name}")
            elif not self.open and name not in ("type", "block_id"):
                yield said(f"invalid additional property: {name}", at)
        if self.rule is not None:
            yield from self.rule(value, at)


def said(problem: str, at: str) -> str:
    """A problem as Slack prints it."""
    return f"{problem} [json-pointer:{at}]"


def anything(value: object, at: str) -> Iterator[str]:
    """No demand."""
    return iter(())


def string(most: int, least: int = 0) -> Check:
    """A string of `least` to `most` characters."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield said("must provide a string", at)
        elif len(value) > most:
            yield said(f"must be less than {most + 1} characters", at)
        elif len(value) < least:
            yield said(f"must be more than {least - 1} characters", at)

    return check


def flag(value: object, at: str) -> Iterator[str]:
    """True or false."""
    if not isinstance(value, bool):
        yield said("must provide a boolean", at)


def whole(low: int, high: int) -> Check:
    """A whole number."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            yield said(f"must be a number from {low} to {high}", at)

    return check


def one_of(*allowed: object) -> Check:
    """One of these values."""

    def check(value: object, at: str) -> Iterator[str]:
        if value not in allowed:
            yield said(f"must be one of: {', '.join(map(str, allowed))}", at)

    return check


def many(check: Check, most: int, least: int = 0) -> Check:
    """A list of `least` to `most` values."""

    def check_all(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield said("must provide an array", at)
            return
        if len(value) > most:
            yield said(f"no more than {most} items allowed", at)
        if len(value) < least:
            yield said(f"no fewer than {least} items allowed", at)
        for index, part in enumerate(value[: most + 1]):
            yield from check(part, f"{at}/{index}")

    return check_all


def shaped(shape: Shape) -> Check:
    """An object of that shape."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield said("must provide an object", at)
            return
        yield from shape.problems(value, at)

    return check


def typed(shapes: Mapping[str, Shape], *only: str) -> Check:
    """An object whose `type` names its shape, among `only` where given."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield said("must provide an object", at)
            return
        kind = value.get("type")
        if kind is None:
            yield said("missing required field: type", at)
        elif not isinstance(kind, str) or kind not in shapes or (only and kind not in only):
            yield said(f"unsupported type: {kind}", f"{at}/type")
        else:
            yield from shapes[kind].problems(value, at)

    return check


def text(most: int, plain: bool = False) -> Check:
    """A text object of 1 to `most` characters; `plain` takes plain_text only."""
    shapes = {"plain_text": Shape({"text": string(most, 1)}, {"emoji": flag})}
    if not plain:
        shapes["mrkdwn"] = Shape({"text": string(most, 1)}, {"verbatim": flag})
    return typed(shapes)
