"""Varnish (and Vinyl Cache) through the doors of docs/providers/varnish/purgebot.vcl, or by its management port.

    URL                               PURGE <path> with the URL's Host     that object, all its variants
    tag (tags: xkey)                  PURGE with xkey-purge                objects that carry one of these keys
    tag (tags: header)                ban                                  objects of the site that list one of them
    prefix, pattern, host, everything ban                                  objects that match host and URL
    doctor                            PURGEBOT /, status                   nothing; are the doors there?

A ban is a line of the management port where `admin` is set, else BAN / at a door. A plain 200 proves nothing: without
the doors a purge reaches the origin as an odd request, and its page looks like a yes. So an answer counts when it says
X-Purgebot, and for PURGE also by Varnish's own reason "Purged".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx

from providers.adapter import Adapter
from providers.contract import Account, Blueprint, Call, Kind, Probe, Purge, Receipt, Sighting
from providers.errors import WrongAddress
from providers.sides import shown
from providers.varnish_admin import AdminPort
from providers.varnish_answers import command_trouble, door_trouble, side_at, sighting, taken
from providers.varnish_bans import COMMAND, bans_of
from providers.varnish_calls import keyed, purges
from providers.varnish_limits import can_of
from providers.varnish_probe import door_probe, port_probe, worst
from providers.varnish_settings import FIELDS, NEEDS, ONE_OF
from providers.wire import Wire


class Varnish(Adapter):
    """One Varnish."""

    name = "varnish"
    title = "Varnish"

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        settings = account.settings
        url = settings.get("api_url") or settings.get("url", "")
        self.door = settings.get("url", "").strip()
        admin = settings.get("admin", "")
        self._tags = settings.get("tags", "")
        self._field = settings.get("tag_header", "Cache-Tag")
        self._wire = Wire(url, None, transport, side=side_at(shown(url))) if url else None
        self._admin = AdminPort(admin, account.secrets.get("secret", "")) if admin else None
        self.can = can_of(account)

    def calls(self, purge: Purge) -> Sequence[Call]:
        """One for each object, ban or pack of tags. Raises UnsupportedWish."""
        soft = purge.soft and purge.kind in self.can.soft
        if purge.kind is Kind.URL and self._wire:
            return purges(purge.targets, soft)
        if purge.kind is Kind.TAG and self._tags == "xkey":
            return keyed(purge, soft, self.can.per_call[Kind.TAG])
        bans = bans_of(purge, self._field, self.can.per_call.get(Kind.TAG, 1))
        return [ban.as_a_command() if self._admin else ban.at_a_door() for ban in bans]

    async def send(self, call: Call, reference: str) -> Receipt:
        """Knock at a door, or give one command, once. Raises PurgeError."""
        if call.method == COMMAND:
            return await self._command(call)
        if self._wire is None:
            raise WrongAddress("This call was planned for a door of Varnish.", "Set `url` again.")
        answer = await self._wire.send(call.method, call.path, call.headers, call.body)
        if receipt := taken(call, answer):
            return receipt
        raise door_trouble(answer, self._wire.side, call)

    async def _command(self, call: Call) -> Receipt:
        if self._admin is None:
            raise WrongAddress("This call was planned for the management port of Varnish.", "Set `admin` again.")
        (reply,) = await self._admin.ask(call.path)
        if not reply.good:
            raise command_trouble(reply, self._admin.who)
        return Receipt(note="Banned.")

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """X-Cache as our VCL says it, else X-Varnish, which holds a second number where the object was in the cache."""
        return sighting(headers)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether the doors and the port are there and open to us, with all that this account asks of them."""
        found: list[Probe] = []
        if self._wire:
            found.append(await door_probe(self._wire, self._needs()))
        if self._admin:
            found.append(await port_probe(self._admin))
        return worst(found)

    def _needs(self) -> tuple[str, ...]:
        """The doors beyond PURGE and BAN that this account knocks at."""
        soft = ("soft",) if Kind.URL in self.can.soft else ()
        if self._tags == "xkey":
            return (*soft, "xkey")
        return (*soft, "tags") if self._tags and not self._admin else soft

    async def close(self) -> None:
        """Let go of connections."""
        if self._wire:
            await self._wire.close()


BLUEPRINT = Blueprint(Varnish.name, Varnish.title, FIELDS, (), Varnish, needs_one_of=ONE_OF, needs=NEEDS)
