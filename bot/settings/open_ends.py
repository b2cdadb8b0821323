"""What the configuration leaves open: good as it is, and not yet all that the bot can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.domain.policies.policy import Approve
from bot.domain.undone import Undone, Way
from bot.settings.model import Mode, Secret, Settings

HERE = "where the bot runs"


def open_ends(settings: Settings) -> tuple[Undone, ...]:
    """Each with the line to add, what keeps purges from working first. Secrets are looked for as they are now, which at
    the start is as accounts have them until the next one."""
    return (
        *_examples(settings),
        *_secrets(settings),
        *(replace(one, is_spare=True) for part in (_approvals, _sites, _tokens, _mode) for one in part(settings)),
    )


def _examples(settings: Settings) -> Iterator[Undone]:
    for one in settings.examples:
        what = f"{one.key} is still the example's {one.name}, and `mode: live` is refused with it."
        yield Undone(what, Way.WRITE, f"{one.name}: …", f"with yours, on line {one.line} of the file", example=one.of)


def _secrets(settings: Settings) -> Iterator[Undone]:
    for account in settings.accounts.values():
        for key, secret in account.secrets.items():
            if trouble := secret.trouble():
                what = f"Account {account.name} cannot purge: {trouble.rstrip('.')}, which holds its {key}."
                yield replace(_place(what, secret), account=account.name)
    for token in settings.api_tokens:
        if trouble := token.bearer.trouble():
            yield _place(f"Token {token.name} lets nobody in: {trouble}", token.bearer)


def _place(what: str, secret: Secret) -> Undone:
    if secret.env:
        return Undone(what, Way.SET, f"{secret.env}=…", HERE)
    return Undone(what, Way.WRITE, secret.file, HERE)


def _approvals(settings: Settings) -> Iterator[Undone]:
    approvals, policy = settings.approvals, settings.policy
    asks = policy.is_built_in or any(isinstance(rule.then, Approve) for rule in policy.rules)
    if not asks:
        return
    if policy.is_built_in and not approvals.approvers:
        what = "Nobody may approve, so whatever needs a yes is refused."
        yield Undone(what, Way.ADD, "approvals: {channel: C…, approvers: [U…, U…]}", "with ids from Slack")
    elif not approvals.channel:
        what = "No channel is named where approval is asked for, so only the card itself asks."
        yield Undone(what, Way.ADD, "channel: C…", "under approvals")


def _sites(settings: Settings) -> Iterator[Undone]:
    if not settings.sites:
        yield Undone(
            "There is no site, so nothing can be purged.", Way.ADD, "sites: {…}", "as docs/configuration.md says"
        )
    for site in settings.sites.values():
        under = f"under sites.{site.name}"
        if not site.channel:
            what = f"{site.name} has no channel, so its jobs are told only where they were asked for."
            yield Undone(what, Way.ADD, "channel: C…", under, site=site.name)
        if not site.origin:
            what = f"{site.name} has no origin, so a check has nothing to compare the edge with."
            yield Undone(what, Way.ADD, 'origin: "https://…"', under, site=site.name)


def _tokens(settings: Settings) -> Iterator[Undone]:
    may_command = any(token.may_command for token in settings.api_tokens)
    if settings.sites and not (may_command or settings.deploys.senders):
        site = next(iter(settings.sites))
        line = f"deploys: {{tokens: [{{name: ci-{site}, secret: {{env: DEPLOY_SECRET}}, sites: [{site}]}}]}}"
        yield Undone("No pipeline may say that it deployed, so nothing is purged by itself.", Way.ADD, line)


def _mode(settings: Settings) -> Iterator[Undone]:
    if settings.mode is Mode.OBSERVE:
        what = "Nothing is purged yet. When the plans look right, let the bot purge."
        yield Undone(what, Way.WRITE, "mode: live", "and start it without --observe")
