"""A call of many targets that was refused goes once more in halves, until what is wrong stands alone."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.jobs.job import JobView
from bot.services.setup import Setup
from providers.contract import Call, Provider, Purge, UnsupportedWish


def halves(setup: Setup, provider: Provider, account: str, job: JobView, call: Call) -> Sequence[Call]:
    """The calls for each half of the targets of `call`; none where it cannot be halved."""
    site = setup.sites.get(job.site)
    layer = next((layer for layer in site.layers if layer.account == account), None) if site else None
    if site is None or layer is None or len(call.targets) < 2:
        return ()
    soft = call.kind in provider.can.soft and any(one.soft for one in job.layers if one.account == account)
    middle = len(call.targets) // 2
    wishes = [
        Purge(call.kind, part, soft, layer.settings, site.hosts, site.variants)
        for part in (call.targets[:middle], call.targets[middle:])
    ]
    try:
        return [half for wish in wishes for half in provider.plan(wish)]
    except UnsupportedWish:
        return ()
