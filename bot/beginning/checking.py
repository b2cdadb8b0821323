"""Whether an answer can stand in the file, asked of those who read the file: the same words there and here."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from bot.beginning.answers import ACCOUNTS, place_of
from bot.settings import shapes
from bot.settings.accounts import clear_value, plain_value
from bot.settings.complaints import Complaints, unknown
from bot.settings.document import COMMAND
from bot.settings.reader import Document, Place
from providers.contract import Field

Check = Callable[[str], str]  # an answer → what is wrong with it, and what to write; "" if it is good
_HERE: Place = ("answer",)


def of_words(check: Check) -> Check:
    """A check of each word of a list."""
    return lambda typed: next((trouble for word in words(typed) if (trouble := check(word))), "")


def words(typed: str) -> list[str]:
    """The words of a list with blanks or commas between."""
    return [word for word in re.split(r"[\s,]+", typed) if word]


def host(typed: str) -> str:
    """A host name."""
    return _asked(lambda complaints: shapes.host(complaints, _HERE, typed))


def hosts(typed: str) -> str:
    """One host name or more."""
    return of_words(host)(typed) if words(typed) else "At least one host name is needed, such as www.shop.test."


def address(typed: str) -> str:
    """Where to dial, or nothing."""
    return _asked(lambda complaints: shapes.address(complaints, _HERE, typed)) if typed else ""


def channel(typed: str) -> str:
    """A Slack channel's id, or nothing."""
    return _asked(lambda complaints: shapes.channel(complaints, _HERE, typed)) if typed else ""


def voters(typed: str) -> str:
    """Ids of Slack users and user-groups, or none."""
    return of_words(lambda word: _asked(lambda complaints: shapes.voter(complaints, _HERE, word)))(typed)


def site(typed: str) -> str:
    """A site's name."""
    return _asked(lambda complaints: shapes.name(complaints, _HERE, typed, "site"))


def providers(typed: str) -> str:
    """Providers, each once."""
    named = words(typed)
    for word in named:
        if word not in ACCOUNTS:
            return " ".join(unknown("provider", word, ACCOUNTS))
        if named.count(word) > 1:
            return f"{word} is named twice. What lies in another zone is a site of its own: keep it once."
    return "" if named else f"Name at least one of {', '.join(ACCOUNTS)}."


def providers_or_later(typed: str) -> str:
    """Providers, each once, or nothing for later."""
    return providers(typed) if typed else ""


def command(typed: str) -> str:
    """A slash command."""
    if re.fullmatch(COMMAND, typed):
        return ""
    return "That is not a slash command. Write a slash and up to 31 small letters, digits, `-` or `_`."


def public(typed: str) -> str:
    """Where Slack reaches the bot: https and a host."""
    if trouble := address(typed):
        return trouble
    return (
        ""
        if urlsplit(typed).scheme == "https"
        else "Slack delivers by https alone: write https://purgebot.example.com."
    )


def one_of(*choices: str) -> Check:
    """One of these words."""
    return lambda typed: "" if typed in choices else f"Write {' or '.join(choices)}."


def field(one: Field) -> Check:
    """A value of a provider's field, or nothing. A secret is never repeated."""

    def check(typed: str) -> str:
        if not typed or one.tree:
            return ""
        if one.secret and place_of(typed):
            return ""
        if one.secret and one.clear:
            return _asked(lambda complaints: clear_value(complaints, _HERE, typed, one))
        if one.secret:
            return "The file never holds a secret. Write where it is: env:NAME or file:PATH."
        return _asked(lambda complaints: plain_value(complaints, _HERE, typed, one))

    return check


def _asked(read: Callable[[Complaints], object]) -> str:
    complaints = Complaints(Document("", {}))
    read(complaints)
    return " ".join(f"{problem.what} {problem.advice}" for problem in complaints.sorted()[:1])
