"""Who sent a deploy: proven by a signature over the raw body, or by a token that GitHub signed.

    webhook-signature         Standard Webhooks, with a secret of the sender's
    x-hub-signature-256       a webhook of GitHub's, with a secret of the sender's
    authorization: Bearer     a token of a GitHub Actions run

One of the three decides; two at once prove nothing. Whatever a library says of what strangers wrote is a no.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.domain.deploys.proven import GithubDeploy, Ignored, Unproven, Verified
from bot.senders import github, standard
from bot.senders.github import EVENT, github_deploy
from bot.senders.request import Request, Unreadable
from bot.senders.secrets import revealed
from bot.settings.model import Deploys, GithubSender

if TYPE_CHECKING:
    from bot.senders.keys import IssuerKeys

__all__ = ["EVENT", "GithubDeploy", "Ignored", "Senders", "Unproven", "Verified", "github_deploy", "is_signed"]
_NOBODY = Unproven("nobody is configured who sends so")


def is_signed(headers: Mapping[str, str]) -> bool:
    """Whether a request tries to prove its sender by a signature, whatever that is worth."""
    names = (standard.ID, standard.TIMESTAMP, standard.SIGNATURE, github.SIGNATURE)
    return any(name in headers for name in names)


class Senders:
    """Everybody who may send deploys. Secrets are read at each delivery and kept nowhere."""

    def __init__(self, deploys: Deploys) -> None:
        self._deploys = deploys
        self._keys: IssuerKeys | None = None

    def become(self, deploys: Deploys) -> None:
        """From now on these may send."""
        self._deploys = deploys

    async def verify(self, headers: Mapping[str, str], raw: bytes, now: float) -> Verified | Unproven:
        """Who sent `raw`, at `now` in seconds since the epoch. Never raises."""
        request = Request(headers)
        ways = [request.has(standard.SIGNATURE), request.has(github.SIGNATURE), request.has_bearer()]
        if sum(ways) != 1:
            return Unproven("it is signed in no way that is known" if not any(ways) else "it is signed in two ways")
        try:
            if ways[0]:
                return await self._signed(request, raw, now)
            return await (self._from_github(request, raw) if ways[1] else self._with_token(request, now))
        except Unreadable as exc:
            return Unproven(str(exc))
        except Exception as exc:  # whatever a library says of what strangers wrote
            return Unproven(f"it cannot be verified ({type(exc).__name__})")

    def github(self, name: str) -> GithubSender | None:
        """The GitHub sender of that name, for `github_deploy`."""
        return next((sender for sender in self._deploys.github if sender.name == name), None)

    async def close(self) -> None:
        """Let go of connections."""
        if self._keys is not None:
            await self._keys.close()

    async def _signed(self, request: Request, raw: bytes, now: float) -> Verified | Unproven:
        senders = self._deploys.tokens
        if not senders:
            return _NOBODY
        return standard.verify(request, raw, now, senders, await asyncio.to_thread(revealed, senders))

    async def _from_github(self, request: Request, raw: bytes) -> Verified | Unproven:
        senders = self._deploys.github
        if not senders:
            return _NOBODY
        return github.verify(request, raw, senders, await asyncio.to_thread(revealed, senders))

    async def _with_token(self, request: Request, now: float) -> Verified | Unproven:
        if not self._deploys.oidc:
            return _NOBODY
        from bot.senders import keys, oidc  # with the cryptography that only tokens need

        self._keys = self._keys or keys.IssuerKeys()
        return await oidc.verify(request, now, self._deploys.oidc, self._keys)
