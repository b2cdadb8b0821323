"""What the doctor finds at a Varnish: its VCL doors, and its management port. Nothing is purged."""

from __future__ import annotations

import re
from collections.abc import Sequence

from providers.adapter import bad
from providers.contract import Health, Probe
from providers.varnish_admin import OK, AdminPort
from providers.varnish_answers import DOORS, XKEY_DOORS, command_trouble, door_trouble
from providers.wire import Wire

READY = "ready 1"
BACKLOG = 1_000  # bans not worked off; each is compared with every object that is looked up
WORST_FIRST = (Health.BAD, Health.DOUBTFUL, Health.GOOD)
_ACTIVE = re.compile(r"^active\s.*?(\S+)\s*$", re.MULTILINE)
_WAITING = re.compile(r"^[0-9.]+\s+[0-9]+\s+-", re.MULTILINE)
_NAMES = {"soft": "softens URLs", "tags": "bans tags", "xkey": "takes xkey"}


async def door_probe(wire: Wire, needs: Sequence[str]) -> Probe:
    """Whether the doors are open to us, and those beyond PURGE and BAN in `needs` among them. Raises PurgeError."""
    answer = await wire.send("PURGEBOT", "/")
    said = answer.headers.get("x-purgebot", "")
    if answer.status != 200 or not said.startswith("ready"):
        return bad(door_trouble(answer, wire.side))
    if said != READY:
        return Probe(Health.DOUBTFUL, f"{wire.side.who} has purge doors of another version ({said}).", DOORS)
    doors = answer.headers.get("x-purgebot-doors", "").split()
    if lacking := [door for door in needs if door not in doors]:
        what = f"{wire.side.who} has no door that {' and none that '.join(_NAMES[door] for door in lacking)}."
        return Probe(Health.BAD, what, XKEY_DOORS if "xkey" in lacking else DOORS)
    return Probe(Health.GOOD, f"{wire.side.who} has its purge doors open to this machine.")


async def port_probe(admin: AdminPort) -> Probe:
    """Whether the port lets us in, the cache runs, and its objects carry what bans compare. Raises PurgeError."""
    replies = await admin.ask("status", "vcl.list", "ban.list")
    if not replies[-1].good:
        return bad(command_trouble(replies[-1], admin.who))
    status, vcls, bans = (reply.text for reply in replies)
    if "running" not in status:
        return Probe(Health.BAD, f"{admin.who} says: {status.strip()}.", "Start it with `varnishadm start`.")
    if await _lacks_names(admin, vcls):
        what = f"{admin.who} has a VCL in use that sets no x-url and x-host, so a ban finds nothing."
        return Probe(Health.BAD, what, DOORS)
    if (n := len(_WAITING.findall(bans))) > BACKLOG:
        what = f"{admin.who} has more than {BACKLOG:,} bans that are not worked off."
        return Probe(Health.DOUBTFUL, what, "Look at `varnishadm ban.list`: bans on req.* fields stay for long.")
    waiting = "1 ban waits" if n == 1 else f"{n:,} bans wait"
    return Probe(Health.GOOD, f"{admin.who} lets this machine in; {waiting} to be worked off.")


async def _lacks_names(admin: AdminPort, vcls: str) -> bool:
    """Whether the VCL in use was read whole and names neither header."""
    found = _ACTIVE.search(vcls)
    if found is None:
        return False
    (shown,) = await admin.ask(f"vcl.show -v {found[1]}")
    return shown.status == OK and not ("beresp.http.x-url" in shown.text and "beresp.http.x-host" in shown.text)


def worst(found: Sequence[Probe]) -> Probe:
    """The finding that most wants something done; all that is good, in one."""
    first = min(found, key=lambda probe: WORST_FIRST.index(probe.health))
    if first.health is not Health.GOOD:
        return first
    return Probe(Health.GOOD, " ".join(probe.what for probe in found))
