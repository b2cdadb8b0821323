"""What is allowed but may surprise: sentences for `config check` and the doctor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from bot.domain.policies.policy import Policy, is_person
from bot.domain.site import Environment, Site, comes_before
from bot.settings.doubts import doubts
from bot.settings.model import AccountSettings, Approvals, Deploys, Retention, Settings
from bot.settings.reach import Ground
from providers.contract import Blueprint

JOBS_LEAST = 7 * 86400.0  # seconds, as long as idempotency keys are kept


def cautions(
    accounts: Mapping[str, AccountSettings],
    ground: Ground,
    approvals: Approvals,
    policy: Policy,
    providers: Mapping[str, Blueprint],
) -> tuple[str, ...]:
    """One sentence each."""
    sites = ground.sites
    people = _approvals(sites, approvals) if policy.is_built_in else doubts(policy, ground, approvals)
    return (*people, *_sites(sites), *_accounts(accounts, sites), *_idle(accounts, providers))


def loose(deploys: Deploys) -> Iterator[str]:
    """Senders that many can be."""
    for sender in deploys.oidc:
        if not (sender.workflow or sender.ref or sender.environment):
            yield (
                f"deploys.oidc.{sender.name} names no workflow, ref or environment: whatever runs in that repository,"
                " on any branch, may send deploys. Name one of them, such as environment: production."
            )


def halved(deploys: Deploys, sites: Mapping[str, Site]) -> Iterator[str]:
    """Senders whose deploys are refused, since they may not purge what comes first."""
    sorts = (("tokens", deploys.tokens), ("github", deploys.github), ("oidc", deploys.oidc))
    for sort, sender in ((sort, sender) for sort, senders in sorts for sender in senders):
        for site in sorted(sender.sites & sites.keys()):
            first = [one.name for one in comes_before(sites[site], sites)]
            missing = [name for name in first if name not in sender.sites]
            if missing:
                names = ", ".join([*sorted(sender.sites), *missing])
                yield (
                    f"deploys.{sort}.{sender.name} may not purge {' and '.join(missing)}, which"
                    f" {'comes' if len(missing) == 1 else 'come'} before {site}: its deploys of {site} are refused."
                    f" Write sites: [{names}]."
                )


def short_lived(kept: Retention) -> Iterator[str]:
    """What is asked to go sooner than it can."""
    if kept.jobs is not None and kept.jobs < JOBS_LEAST:
        yield (
            "retention.jobs is less than 7d: jobs are kept 7 days all the same, since a repeated request must find its"
            " job for so long."
        )


def unset(settings: Settings) -> tuple[str, ...]:
    """The secrets that are not where the configuration says; a sentence each, which says the place alone."""
    places = {
        f"accounts.{account.name}.{key}": secret
        for account in settings.accounts.values()
        for key, secret in account.secrets.items()
    } | {f"api.tokens.{token.name}.bearer": token.bearer for token in settings.api_tokens}
    places |= {f"{place} ({name})": secret for place, secret, name in settings.deploys.secrets()}
    if settings.globalping.token is not None:
        places["globalping.token"] = settings.globalping.token
    troubles = {key: secret.trouble() for key, secret in places.items()}
    return tuple(
        f"{key}: {trouble} {'Set' if places[key].env else 'Write'} it where the bot runs."
        for key, trouble in troubles.items()
        if trouble
    )


def _approvals(sites: Mapping[str, Site], approvals: Approvals) -> Iterator[str]:
    n = len(approvals.approvers)
    if n == 0:
        yield (
            "approvals.approvers names nobody: up to 30 URLs, paths or tags can be purged, wider purges are refused."
            " Name people by their Slack ids."
        )
    elif n == 1 and is_person(approvals.approvers[0]) and _have_production(sites):
        yield (
            "approvals.approvers names one person: everything in production needs two, so it is refused."
            " Name at least two, three if approvers ask themselves."
        )


def _have_production(sites: Mapping[str, Site]) -> bool:
    return any(site.environment is Environment.PRODUCTION for site in sites.values())


def _sites(sites: Mapping[str, Site]) -> Iterator[str]:
    if not sites:
        yield "sites names no site: nothing can be purged or checked. Add one, with its hosts and the caches in front."
    for site in sites.values():
        if site.origin and urlsplit(site.origin).hostname in site.hosts:
            yield (
                f"sites.{site.name}.origin is a host that visitors use: a check would compare the edge with itself."
                " Write the address behind the caches."
            )


def _accounts(accounts: Mapping[str, AccountSettings], sites: Mapping[str, Site]) -> Iterator[str]:
    used = {layer.account for site in sites.values() for layer in site.layers}
    for name in accounts:
        if name not in used:
            yield f"accounts.{name} is a layer of no site. Name it under a site's layers, or remove it."


def _idle(accounts: Mapping[str, AccountSettings], providers: Mapping[str, Blueprint]) -> Iterator[str]:
    """Keys that do nothing, since another one counts."""
    for name, account in accounts.items():
        given = {*account.settings, *account.secrets}
        pairs = [pair for pair in providers[account.provider].overrides if given.issuperset(pair)]
        for first in dict.fromkeys(first for first, _ in pairs):
            idle = " and ".join(other for one, other in pairs if one == first)
            yield f"accounts.{name} has {first} beside {idle}: {first} alone counts. Remove {idle}."
