"""What is read alike in the answers of every JSON API."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from providers.errors import PurgeError, Unexpected, WrongAddress, cleaned
from providers.sides import Side
from providers.wire import Answer, said_by

Shape = TypeVar("Shape", bound=BaseModel)


def shaped(shape: type[Shape], answer: Answer) -> Shape | None:
    """The answer as `shape`, whatever its status; None where it is something else."""
    try:
        return shape.model_validate_json(answer.text)
    except ValidationError:
        return None


def foreign(error: PurgeError, answer: Answer) -> PurgeError:
    """`error` for an answer that is not of the API's shape. Some proxy, or a page in front, may have given it: so its
    words are told, but not as the provider's."""
    words = cleaned(said_by(answer)).rstrip(".")
    if any(map(str.isalpha, words)):
        error.what = f"{error.what} What answers there said “{words}”."
    error.said = ""
    return error


def unknown(answer: Answer, side: Side, said: str, known: bool) -> PurgeError:
    """The error for an answer of which nothing more is known; `known` where it has the shape of the API's errors."""
    if not known and (answer.status < 400 or answer.status in (404, 405, 421)):
        what = f"What answers for {side.who} is not its API: status {answer.status}."
        return WrongAddress(what, f"Check `{side.setting}`, and any proxy on the way to it.", said)
    what = f"{side.who} answered {answer.status} in a way purgebot does not know."
    return Unexpected(what, f"Report it with what {side.who} said.", said)
