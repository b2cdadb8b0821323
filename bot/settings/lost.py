"""What a file that is read anew would stop for want of a secret: it is kept out then, so that what works goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.settings.model import OidcSender, Secret, Sender, Settings

_SET = "Set it and start the bot again: the variables of a process that runs do not change."
_WRITE = "Write it where the bot runs, then reload again."


@dataclass(frozen=True, slots=True)
class Lacking:
    """What runs without its secret already, by name: a file changes nothing for these."""

    accounts: frozenset[str] = frozenset()
    tokens: frozenset[str] = frozenset()
    senders: frozenset[str] = frozenset()
    globalping: bool = False


def lost(settings: Settings, already: Lacking) -> tuple[str, ...]:
    """Each secret of `settings` that is not there, of what does not lack it already; a sentence says where, and what to
    do. Never holds a secret."""
    return tuple(
        f"{key}: {trouble} {_SET if secret.env else _WRITE}"
        for key, secret in _places(settings, already).items()
        if (trouble := secret.trouble())
    )


def without_secret(senders: tuple[Sender, ...]) -> frozenset[str]:
    """Those of whose secrets none is there now, by name."""
    return frozenset(
        sender.name for sender in senders if (kept := _secrets(sender)) and all(secret.trouble() for secret in kept)
    )


def _places(settings: Settings, already: Lacking) -> Mapping[str, Secret]:
    return dict(
        [*_of_accounts(settings, already), *_of_tokens(settings, already), *_of_senders(settings, already)]
        + [("globalping.token", token) for token in [settings.globalping.token] if token and not already.globalping]
    )


def _of_accounts(settings: Settings, already: Lacking) -> Iterator[tuple[str, Secret]]:
    for account in settings.accounts.values():
        if account.name not in already.accounts:
            yield from ((f"accounts.{account.name}.{key}", secret) for key, secret in account.secrets.items())


def _of_tokens(settings: Settings, already: Lacking) -> Iterator[tuple[str, Secret]]:
    for token in settings.api_tokens:
        if token.name not in already.tokens:
            yield f"api.tokens.{token.name}.bearer", token.bearer


def _of_senders(settings: Settings, already: Lacking) -> Iterator[tuple[str, Secret]]:
    """One of two secrets is enough: the other may come, or have gone."""
    bare = without_secret(settings.deploys.senders) - already.senders
    told: set[str] = set()
    for place, secret, name in settings.deploys.secrets():
        if name in bare - told:
            told.add(name)
            yield f"{place} ({name})", secret


def _secrets(sender: Sender) -> tuple[Secret, ...]:
    return () if isinstance(sender, OidcSender) else sender.secrets
