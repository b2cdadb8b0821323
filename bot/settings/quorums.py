"""How many people a policy asks, as far as the file tells."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.policies.policy import Policy, Tightening


def size_of(policy: Policy, words: Sequence[str]) -> int | None:
    """How many people; None where a user-group hides that."""
    ids = policy.ids_of(words)
    return None if any(policy.is_user_group(one) for one in ids) or not ids else len(ids)


def asked_where_allowed(policy: Policy, adding: Sequence[Tightening]) -> tuple[str, ...]:
    """Who is asked where a rule allows, and these add votes."""
    return tuple(dict.fromkeys(name for one in adding for name in one.of)) or policy.approvers
