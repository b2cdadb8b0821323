"""The policy of a configuration that has none.

URLs, paths, tags, prefixes         whoever sends deploys, any number, and nothing wider
up to 30 URLs, paths or tags        every full member
more, or a prefix, host, pattern    one approver
URLs, paths, tags and prefixes      every schedule of the file, if there are any
everything                          a reason, and two approvers in production, one elsewhere
anything else                       no
"""

from __future__ import annotations

from bot.domain.policies.policy import SCHEDULES, TOKEN, Approve, Conditions, Policy, Rule, Run
from bot.domain.site import Environment
from providers.contract import Kind

SMALL_MAX = 30
_SMALL = frozenset({Kind.URL, Kind.PATH, Kind.TAG})
_DEPLOYED = _SMALL | {Kind.PREFIX}
_WIDE = frozenset(Kind) - {Kind.EVERYTHING}
_ALL = frozenset({Kind.EVERYTHING})


def built_in(approvers: tuple[str, ...], senders: tuple[str, ...] = (), scheduled: bool = False) -> Policy:
    """It, with `approvers` (Slack users and user-groups) as those who are asked; `senders` are the names of those who
    send deploys. What the file has `scheduled` may what a deploy may."""
    groups = {"approvers": approvers} if approvers else {}
    of = tuple(groups)
    production = Conditions(kinds=_ALL, environment=Environment.PRODUCTION)
    named = tuple(f"{TOKEN}{name}" for name in senders)
    deploys = (Rule("deploys", Conditions(who=named, kinds=_DEPLOYED), Run()),) if named else ()
    return Policy(
        (
            *deploys,
            *((Rule("scheduled", Conditions(who=(SCHEDULES,), kinds=_DEPLOYED), Run()),) if scheduled else ()),
            Rule("small", Conditions(kinds=_SMALL, max_items=SMALL_MAX), Run()),
            Rule("wide", Conditions(kinds=_WIDE), Approve(1, of)),
            Rule("everything", production, Approve(2, of), reason=True),
            Rule("everything", Conditions(kinds=_ALL), Approve(1, of), reason=True),
        ),
        groups=groups,
        approvers=of,
        is_built_in=True,
    )
