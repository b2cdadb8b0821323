"""The secrets of senders as they are now, and whose of them fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.domain.deploys.proven import Unproven
from bot.settings.model import GithubSender, HookSender, MissingSecret, Secret
from bot.settings.signing import Unfit

Sharing = TypeVar("Sharing", HookSender, GithubSender)


@dataclass(frozen=True, slots=True)
class Keys:
    """What stands where the configuration says, as it was read for one delivery; `missing` says what is not there."""

    values: Mapping[Secret, str]
    missing: tuple[str, ...]


def revealed(senders: Sequence[HookSender] | Sequence[GithubSender]) -> Keys:
    """Every secret, read anew, so that a file that changed counts at once."""
    values: dict[Secret, str] = {}
    missing: list[str] = []
    for sender in senders:
        for secret in sender.secrets:
            try:
                values[secret] = secret.reveal(f"a secret of {sender.name}")
            except MissingSecret as exc:
                missing.append(str(exc))
    return Keys(values, tuple(missing))


def the_one(
    senders: Sequence[Sharing], keys: Keys, key_of: Callable[[str], bytes], signed: Callable[[bytes], bool]
) -> Sharing | Unproven:
    """The sender one of whose secrets fits. Every secret of every sender is tried, whichever fits."""
    found: list[Sharing] = []
    troubles: list[str] = [*keys.missing]
    for sender in senders:
        fits = False
        for secret in sender.secrets:
            try:
                key = key_of(keys.values[secret])
            except KeyError:  # missing, which is said
                continue
            except Unfit as exc:
                troubles.append(f"a secret of {sender.name} {exc}.")
                continue
            fits = signed(key) or fits
        if fits:
            found.append(sender)
    if len(found) == 1:
        return found[0]
    if found:
        return Unproven(f"the secret is that of several senders: {', '.join(sender.name for sender in found)}")
    return Unproven(" ".join(["no secret fits.", *troubles]).rstrip("."))
