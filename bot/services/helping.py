"""What somebody may do nowhere, so that help need not offer it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.actor import Actor
from bot.domain.grammar.command import Verb
from bot.domain.grammar.speech import KIND_OF
from bot.domain.policies.policy import Deny
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.services.running.urgency import why_not
from bot.services.setup import Core
from bot.services.voting.allowed import lasting_no
from bot.services.voting.roster import approvers, breakers, read_roster
from providers.contract import Kind

_LATER = {  # which deed a verb comes to where its job or site is read
    Verb.CANCEL: Deed.CANCEL,
    Verb.RETRY: Deed.RETRY,
    Verb.HOLD: Deed.HOLD,
    Verb.BREAK_GLASS: Deed.BREAK_GLASS,
    Verb.REVIEW: Deed.REVIEW,
}
_WIDE = frozenset({Kind.PREFIX, Kind.HOST, Kind.PATTERN, Kind.EVERYTHING})  # what is only named to be purged
_NO_VOTER = Deny("approvers", "You are no approver.", "The card of each request names who is asked.")


async def barred_to(core: Core, actor: Actor, deeds: Mapping[Verb, Deed]) -> Mapping[str, Deny]:
    """The verbs, wide kinds and names of options that `actor` may use on no site and no job, with why; `deeds` tells
    the deed of each verb."""
    roster = await read_roster(core)
    asked = approvers(core, roster)
    subject = Subject(approvers=asked, breakers=breakers(core, roster), nobody_asked=not core.setup.policy.asked)
    found = {verb.value: authorise(actor, {**deeds, **_LATER}[verb], subject) for verb in Verb}
    if actor.id not in asked:
        found |= {verb: found[verb] or _NO_VOTER for verb in (Verb.APPROVE.value, Verb.DENY.value)}
    hurries = why_not(core, actor, "", roster)
    found["urgent"] = Deny("urgent", hurries, "Ask without --urgent.") if hurries else None
    sites = [site for site in core.setup.sites.values() if actor.may_see(site.name)]
    for word, kind in KIND_OF.items():
        noes = [lasting_no(core, actor, site, kind, roster) for site in sites if kind in _WIDE]
        found[word] = noes[0] if noes and None not in noes else None
    return {name: denied for name, denied in found.items() if denied is not None}
