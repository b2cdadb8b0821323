"""Domain values to JSON and back. The ledger is a border, so pydantic checks what comes out of it."""

from __future__ import annotations

from typing import TypeVar

from pydantic import TypeAdapter

from bot.domain.grammar.command import Command
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.hold_news import HoldNews
from bot.domain.jobs.job import JobView, LayerView, Trouble
from bot.domain.jobs.thread_step import Told
from bot.domain.jobs.warming import Warming
from bot.domain.proof.verdict import Look
from bot.domain.target import Target
from bot.ledger.ledger import Value
from providers.contract import Call, Receipt

T = TypeVar("T")

LAYER = TypeAdapter(LayerView)
JOB = TypeAdapter(JobView)
COMMAND = TypeAdapter(Command)
HOLD = TypeAdapter(Hold)
NEWS = TypeAdapter(HoldNews)
CALL = TypeAdapter(Call)
CALLS = TypeAdapter(tuple[Call, ...])
LOOK = TypeAdapter(Look)
RECEIPT = TypeAdapter(Receipt)
TROUBLE = TypeAdapter(Trouble)
TOLD = TypeAdapter(Told)
WARMING = TypeAdapter(Warming)
TARGETS = TypeAdapter(tuple[Target, ...])


def pack(adapter: TypeAdapter[T], value: T) -> str:
    """`value` as JSON text."""
    return adapter.dump_json(value).decode()


def unpack(adapter: TypeAdapter[T], text: Value) -> T:
    """The value in JSON `text`, which came from the ledger."""
    return adapter.validate_json(str(text))


def number(value: Value) -> float:
    """A numeric column; NULL counts as 0."""
    return float(value or 0)


def whole(value: Value) -> int:
    """An integer column; NULL counts as 0."""
    return int(value or 0)


def maybe(value: Value) -> float | None:
    """A numeric column that may be NULL."""
    return None if value is None else float(value)
