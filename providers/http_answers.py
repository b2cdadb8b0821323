"""What an answer means, by the recipe of its call: a yes is one of its statuses, and the text under `says`."""

from __future__ import annotations

from providers.answers import foreign
from providers.errors import BadCredentials, PurgeError, Refused, Unexpected, WrongAddress
from providers.http_recipes import Recipe
from providers.sides import Side, server
from providers.wire import Answer, gateway_trouble, said_by

LINE_SURE = 4_000  # bytes of a line that nobody finds too long
BUSY = "Wait a minute, then retry. Look at what limits calls there, or lower `calls` under `pace` to stay below it."


def side_of(who: str) -> Side:
    """The cache, in the words of its errors."""
    return server(who, "it runs and listens there", "its own log there", BUSY)


def trouble(recipe: Recipe, answer: Answer, side: Side, key: str, longest: int = 0) -> PurgeError | None:
    """What is wrong with an answer to the recipe under `key`, of whose call the longest line has so many bytes; None
    where it is a yes."""
    who, status, said = side.who, answer.status, said_by(answer)
    if status in recipe.status:
        if recipe.says in answer.text or recipe.says in answer.reason:
            return None
        what = f"{who} answered {status}, but did not say `{recipe.says[:60]}`."
        return foreign(WrongAddress(what, f"Is `url` the right one? Check `{key}`: its `path`, and `says`."), answer)
    match status:
        case 401 | 403 | 407:
            advice = "Let in the address of this machine there, or set the key that it wants under `headers`."
            return BadCredentials(f"{who} takes no purges from us: it answered {status}.", advice, said)
        case 400 | 413 | 414 | 431 if longest > LINE_SURE:
            return Refused(f"{who} cannot read a request this long.", "Name a shorter or a wider target.", said)
        case _ if status < 400 or status in (404, 405, 421):
            what = f"{who} answered {status}, which `{key}` does not count as a yes."
            advice = "Is `url` the right one? If that is a yes there, add it to `status`."
            return foreign(WrongAddress(what, advice), answer)
        case _:
            unknown = Unexpected(f"{who} answered {status}.", f"Check `{key}` against what it takes.", said)
            return gateway_trouble(answer, side, said) or unknown
