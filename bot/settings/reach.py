"""On which sites a rule can let somebody purge at all, whatever it says then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.policies.policy import TOKEN, Conditions, Policy, Refuse
from bot.domain.policies.wording import listed
from bot.domain.site import Site
from bot.settings.model import ApiToken, Sender
from providers.contract import Capabilities

Machine = ApiToken | Sender


@dataclass(frozen=True, slots=True)
class Ground:
    """What a policy stands on: the sites, and the tokens by name; `senders` are those that only send deploys."""

    sites: Mapping[str, Site] = field(default_factory=dict)
    tokens: Mapping[str, Machine] = field(default_factory=dict)
    senders: frozenset[str] = frozenset()
    lines: Mapping[str, int] = field(
        default_factory=dict
    )  # in the file, of rules by name, and of other keys as they are written
    can: Mapping[str, Capabilities] = field(default_factory=dict)  # by account

    @property
    def policy(self) -> str:
        """The policy, and where it begins."""
        return self.key("policy")

    def key(self, written: str) -> str:
        """A key of the policy, and where it stands."""
        return f"{written}{self._line(written)}"

    def rules(self, names: Sequence[str]) -> str:
        """Rules of the policy, and where each stands: policy rules `a` on line 7 and `b` on line 9."""
        return f"policy rule{'s' * (len(names) > 1)} {self.named(names)}"

    def named(self, names: Sequence[str]) -> str:
        """The names of rules, and where each stands."""
        return listed([f"`{name}`{self._line(name)}" for name in names], "and")

    def _line(self, name: str) -> str:
        return f" on line {self.lines[name]}" if name in self.lines else ""

    def sites_of(self, when: Conditions) -> frozenset[str]:
        """The sites that a rule speaks of."""
        return frozenset(
            name
            for name, site in self.sites.items()
            if (not when.sites or name in when.sites) and when.environment in (None, site.environment)
        )

    def reach(self, when: Conditions) -> frozenset[str]:
        """Those of them on which somebody whom the rule names may purge: a token only on its own, and not if it may
        only read."""
        spoken = self.sites_of(when)
        tokens = [self._token(word) for word in when.who]
        if not tokens or None in tokens:
            return spoken
        return spoken & frozenset().union(*(token.sites for token in tokens if token and not _only_reads(token)))

    def _token(self, word: str) -> Machine | None:
        return self.tokens.get(word.removeprefix(TOKEN)) if word.startswith(TOKEN) else None

    def unheard(self, policy: Policy) -> Iterator[str]:
        """A sentence for each sender that no rule names: the word members does not mean it."""
        named = {word for rule in policy.rules for word in rule.when.who}
        for name in sorted(self.senders):
            if f"{TOKEN}{name}" not in named:
                yield (
                    f"{self.policy} has no rule for token:{name}, so its deploys are refused. Add one, such as"
                    f' {{name: deploys, who: "token:{name}", kind: [url, path, tag, prefix], then: allow}}.'
                )

    def idle_tokens(self, policy: Policy) -> Iterator[str]:
        """A sentence for each token that a rule means to let purge, and that never can."""
        for rule in policy.rules:
            if isinstance(rule.then, Refuse):
                continue
            for word in rule.when.who:
                token, spoken = self._token(word), self.sites_of(rule.when)
                if token is not None and _only_reads(token):
                    yield (
                        f"{self.rules([rule.name])} names {word}, which may only read, so it never purges."
                        f" Give {token.name} `may: command` under api.tokens, or take it out of the rule."
                    )
                elif token is not None and spoken and not spoken & token.sites:
                    yield (
                        f"{self.rules([rule.name])} names {word}, which may not see {named(spoken)}, so it never purges"
                        f" there. Add {'it' if len(spoken) == 1 else 'one'} to the token's `sites`, or take the token"
                        " out of the rule."
                    )


def _only_reads(token: Machine) -> bool:
    return isinstance(token, ApiToken) and not token.may_command


def named(sites: frozenset[str], between: str = "or") -> str:
    """Sites as they stand in a sentence: `news` or `shop`."""
    return listed([f"`{site}`" for site in sorted(sites)], between)
