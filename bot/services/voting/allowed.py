"""What somebody may purge on a site, in one sentence: the policy asked with samples of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from bot.domain.actor import Actor
from bot.domain.policies.policy import Allow, Ask, Conditions, Decision, Deny, Outline, Policy, Roster
from bot.domain.policies.recent import NOTHING_RECENT
from bot.domain.policies.ruling import NO_RULE, decide
from bot.domain.site import Site
from bot.services.setup import Core
from providers.contract import Kind

_MANY = {Kind.URL: "URLs", Kind.PREFIX: "prefixes", Kind.EVERYTHING: "everything"}
_KINDS = (Kind.URL, Kind.PATH, Kind.TAG, Kind.PREFIX, Kind.HOST, Kind.PATTERN, Kind.EVERYTHING)

_Alike = tuple[str, frozenset[Kind], str, int]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the policy says to one kind. `at_once` targets run without a vote; of more, where that is not all of them,
    `votes` are needed; 0 means that it may not be."""

    at_once: int
    is_all: bool
    votes: int
    wants_reason: bool


def rights_on(core: Core, actor: Actor, sites: Sequence[Site], roster: Roster) -> list[tuple[Site, str]]:
    """Each site with what may be done there; asked once of sites that are the same to the policy."""
    known: dict[_Alike, str] = {}
    for site in sites:
        alike = _alike(core, site)
        if alike not in known:
            known[alike] = may_do(core, actor, site, roster)
    return [(site, known[_alike(core, site)]) for site in sites]


def _alike(core: Core, site: Site) -> _Alike:
    """The same for sites between which no rule tells."""
    named = any(site.name in when.sites for when in _whens(core.setup.policy))
    soft = frozenset(kind for kind in _KINDS if _is_soft(core, site, kind))
    return site.environment, soft, site.name if named else "", _urls_of_a_path(site)


def _is_soft(core: Core, site: Site, kind: Kind) -> bool:
    """Whether a purge of the kind is carried out softly where nobody says how."""
    providers = [core.setup.providers.get(layer.account) for layer in site.layers] if site.soft else []
    sent = Kind.URL if kind is Kind.PATH else kind
    return bool(providers) and all(provider is not None and sent in provider.can.soft for provider in providers)


def _urls_of_a_path(site: Site) -> int:
    """How many targets a path comes to: one on each host and scheme."""
    return len(site.hosts) * len(site.schemes)


def lasting_no(core: Core, actor: Actor, site: Site, kind: Kind, roster: Roster) -> Deny | None:
    """The no to anything of the kind on `site` that a rule says, or that no rule lets it through, without an end."""
    sample = Outline(site.name, site.environment, {kind: 1}, _is_soft(core, site, kind), 0.0, True, kind)
    denied = decide(actor, sample, core.setup.policy, roster, core.clock.now(), NOTHING_RECENT)
    if not isinstance(denied, Deny) or denied.until is not None:
        return None
    return denied if denied.forbids or denied.rule == NO_RULE else None


def _whens(policy: Policy) -> list[Conditions]:
    return [*(rule.when for rule in policy.rules), *(one.when for one in policy.tighten)]


def may_do(core: Core, actor: Actor, site: Site, roster: Roster) -> str:
    """What `actor` may purge on `site` now, in one sentence: the policy's answers to samples of every kind."""
    answers: dict[_Answer, list[Kind]] = {}
    for kind in _KINDS:
        answers.setdefault(_answer(core, actor, site, kind, roster), []).append(kind)
    urls = _urls_of_a_path(site)
    counts = f"a path counts as {urls:,} here" if urls > 1 else ""
    return "; ".join(_told(answer, kinds, counts if Kind.PATH in kinds else "") for answer, kinds in answers.items())


def _answer(core: Core, actor: Actor, site: Site, kind: Kind, roster: Roster) -> _Answer:
    policy, now, soft = core.setup.policy, core.clock.now(), _is_soft(core, site, kind)

    def decided(n: int, has_reason: bool = True) -> Decision:
        sample = Outline(site.name, site.environment, {kind: n}, soft, 0.0, has_reason, kind)
        return decide(actor, sample, policy, roster, now, NOTHING_RECENT)

    sizes = [1] if kind is Kind.EVERYTHING else _sizes(policy)
    first = decided(1)
    free = list(takewhile(lambda n: isinstance(decided(n), Allow), sizes)) if isinstance(first, Allow) else []
    beyond = decided(sizes[len(free)]) if len(free) < len(sizes) else None
    wants_reason = not isinstance(first, Deny) and isinstance(decided(1, has_reason=False), Deny)
    votes = beyond.needed if isinstance(beyond, Ask) else 0
    return _Answer(free[-1] if free else 0, beyond is None, votes, wants_reason)


def _sizes(policy: Policy) -> list[int]:
    """The numbers of targets between which the policy's answer does not change."""
    limits = [n for when in _whens(policy) for n in (when.max_items, when.over_items) if n is not None]
    return sorted({1, *limits, *(n + 1 for n in limits)} - {0})


def _told(answer: _Answer, kinds: Sequence[Kind], counts: str) -> str:
    """`counts` is how the targets of a kind count, where that is not one by one."""
    why = "a reason" if answer.wants_reason else ""
    needs = " and ".join(filter(None, [why, f"{answer.votes} approval{'' if answer.votes == 1 else 's'}"]))
    many = _either([_MANY.get(kind, f"{kind.value}s") for kind in kinds])
    at_once = f"{many} at once{', with a reason' if why else ''}"
    if answer.is_all:
        return at_once
    if answer.at_once:
        more = f"more {f'needs {needs}' if answer.votes else 'is not allowed'}"
        return f"up to {answer.at_once} {at_once} ({'; '.join(filter(None, [counts, more]))})"
    if not answer.votes:
        return f"not allowed: {many}"
    return f"{'' if kinds[0] is Kind.EVERYTHING else 'a '}{_either([_named(kind) for kind in kinds])} needs {needs}"


def _named(kind: Kind) -> str:
    return "URL" if kind is Kind.URL else kind.value


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
