"""What is to be set for the caches to take purges: variables and files that the configuration names, and those that a
provider's own library looks for without being told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.beginning.answers import LayerAnswer

_INSIDE = re.compile(r"""\{\s*["']?(env|file)["']?\s*:\s*["']?([^"'}\s]+)""")


@dataclass(frozen=True, slots=True)
class Unasked:
    """Credentials that no key names: the `variables` in which they are looked for, `where` they may stay unset,
    and the keys of the account that lead elsewhere."""

    variables: tuple[str, ...]
    where: str
    elsewhere: tuple[str, ...]


UNASKED: Mapping[str, Unasked] = {
    # https://docs.aws.amazon.com/boto3/latest/guide/credentials.html, read 2026-11
    "cloudfront": Unasked(
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        "the machine has a role for it, or the account says `profile: NAME`",
        ("profile", "access_key_id"),
    ),
}


@dataclass(frozen=True, slots=True)
class ToSet:
    """What one account needs."""

    variables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    note: str = ""  # what of it may be left out


def to_set(layer: LayerAnswer) -> ToSet:
    """What the account of `layer` needs where the bot runs."""
    placed = [place for one, value in layer.of_account() if one.secret for place in _places(value, one.tree)]
    variables = tuple(where for sort, where in placed if sort == "env")
    files = tuple(where for sort, where in placed if sort == "file")
    if (unasked := unasked_of(layer)) is None:
        return ToSet(variables, files)
    return ToSet((*variables, *unasked.variables), files, f"{listed_of(unasked)} may stay unset where {unasked.where}")


def unasked_of(layer: LayerAnswer) -> Unasked | None:
    """The credentials that are looked for without a key, where no key leads elsewhere."""
    found = UNASKED.get(layer.provider)
    return None if found is None or any(layer.values.get(key) for key in found.elsewhere) else found


def listed_of(unasked: Unasked) -> str:
    """Its variables."""
    return " and ".join(unasked.variables)


def _places(value: str, is_tree: bool) -> list[tuple[str, str]]:
    """Where secrets are: of a tree, wherever one stands inside it."""
    if is_tree:
        return _INSIDE.findall(value)
    sort, _, where = value.partition(":")
    return [(sort, where.strip())]


def lines(layers: Iterable[LayerAnswer], of_slack: Iterable[str]) -> list[str]:
    """What to set and make for those accounts and for Slack, in words."""
    needs = [to_set(layer) for layer in layers]
    variables = [*of_slack, *(name for need in needs for name in need.variables)]
    files = [path for need in needs for path in need.files]
    return [
        f"Set {', '.join(dict.fromkeys(variables))} where the bot runs.",
        *(f"{need.note}." for need in needs if need.note),
        *(f"Put the secret into {path}." for path in dict.fromkeys(files)),
    ]
