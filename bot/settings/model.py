"""What is configured, as plain frozen values. Secrets are kept as where they are, never as what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bot.domain.jobs.schedule import Schedule
from bot.domain.policies.defaults import built_in
from bot.domain.policies.policy import Policy
from bot.domain.proof.world import World
from bot.domain.site import Site
from providers.contract import Account, Kind, Pace

GLOBALPING = "https://api.globalping.io"
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"  # docs.github.com, actions/reference/security/oidc


class Mode(StrEnum):
    """Whether the bot may purge."""

    LIVE = "live"
    OBSERVE = "observe"  # plans and looks, never purges; where nothing is said

    @property
    def told(self) -> str:
        """The word, and how to purge where nothing is purged."""
        return f"{self}" if self is Mode.LIVE else f"{self} (nothing is purged; set mode: live to purge)"


class MissingSecret(Exception):
    """A secret is not where the configuration says; the text names the variable or file. A file is read again while the
    bot runs; a variable is not."""

    def __init__(self, what: str, in_file: bool = False) -> None:
        super().__init__(what)
        self.in_file = in_file


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is: an environment variable or a file. Printing one shows the place, never the value."""

    env: str = ""
    file: str = ""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def reveal(self, what: str = "") -> str:
        """The secret, without the line end that files have. Raises MissingSecret, which says that it holds `what`."""
        value, trouble = self._variable() if self.env else self._content()
        if not value:
            holds = f" ({what})" if what else ""
            place = f"the {'variable' if self.env else 'file'} {self.env or self.file}"
            raise MissingSecret(f"{place}{holds} {trouble}.", in_file=not self.env)
        return value

    def trouble(self) -> str:
        """Why it is not there now; "" where it is."""
        try:
            self.reveal()
        except MissingSecret as exc:
            return str(exc)
        return ""

    def reveal_or_none(self) -> str | None:
        """The secret; None where there is none."""
        try:
            return self.reveal()
        except MissingSecret:
            return None

    def _variable(self) -> tuple[str, str]:
        value = self.environ.get(self.env)
        return (value or "").rstrip("\r\n"), "is not set" if value is None else "is empty"

    def _content(self) -> tuple[str, str]:
        try:
            return Path(self.file).read_text(encoding="utf-8").rstrip("\r\n"), "is empty"
        except FileNotFoundError:
            return "", "does not exist"
        except OSError as exc:
            return "", f"cannot be read ({exc.strerror})"
        except UnicodeDecodeError:
            return "", "is not text"


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """Who we are at one provider. `secrets` holds everything given as {env: …} or {file: …}; `settings` the rest.

    `as_settings` names the keys of `secrets` that the provider takes as ordinary settings, such as a URL in a variable.
    """

    name: str
    provider: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    pace: Mapping[str, Pace] = field(default_factory=dict)
    per_call: Mapping[Kind, int] = field(default_factory=dict)
    as_settings: frozenset[str] = frozenset()

    def account(self, placeholder: str = "") -> Account:
        """What the adapter is built from, secrets revealed. A missing one raises MissingSecret, unless a `placeholder`
        is given to stand for it: such an account can plan, and must not send."""
        revealed = {key: self._reveal(key, secret, placeholder) for key, secret in self.secrets.items()}
        settings = {key: value for key, value in revealed.items() if key in self.as_settings}
        secrets = {key: value for key, value in revealed.items() if key not in self.as_settings}
        return Account(self.name, {**self.settings, **settings}, secrets, self.pace, self.per_call)

    def _reveal(self, key: str, secret: Secret, placeholder: str) -> str:
        try:
            return secret.reveal(f"`{key}` of account {self.name}")
        except MissingSecret:
            if not placeholder:
                raise
            return f"http://{placeholder}.invalid" if key in self.as_settings else placeholder


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A machine that may knock: its name is the actor that policy judges."""

    name: str
    bearer: Secret
    sites: frozenset[str]
    may_command: bool = False


@dataclass(frozen=True, slots=True)
class HookSender:
    """A machine that signs its deploys as Standard Webhooks says; each of its secrets counts."""

    name: str
    secrets: tuple[Secret, ...]
    sites: frozenset[str]


class GithubEvent(StrEnum):
    """What GitHub tells of that can be a deploy."""

    DEPLOYMENT_STATUS = "deployment_status"
    WORKFLOW_RUN = "workflow_run"


@dataclass(frozen=True, slots=True)
class GithubSender:
    """A repository's webhook, and which of its events is a deploy of `site`; each of its secrets counts."""

    name: str
    secrets: tuple[Secret, ...]
    repository: str  # owner/name
    site: str
    on: GithubEvent
    environment: str = ""
    branch: str = ""
    workflow: str = ""  # the file's path in the repository
    first: tuple[str, ...] = ()  # the sites that come before its site, which it may purge for that

    @property
    def sites(self) -> frozenset[str]:
        """Its site, and those that come before it."""
        return frozenset({self.site, *self.first})


@dataclass(frozen=True, slots=True)
class OidcSender:
    """A GitHub Actions workflow that shows a token of its run instead of a secret. What is "" may be anything."""

    name: str
    audience: str
    repository_id: str
    repository_owner_id: str
    sites: frozenset[str]
    workflow: str = ""  # the claim job_workflow_ref
    ref: str = ""
    environment: str = ""
    issuer: str = GITHUB_ISSUER


Sender = HookSender | GithubSender | OidcSender


@dataclass(frozen=True, slots=True)
class Deploys:
    """Who may send deploys."""

    tokens: tuple[HookSender, ...] = ()
    github: tuple[GithubSender, ...] = ()
    oidc: tuple[OidcSender, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)  # Slack ids, by what senders call their people

    @property
    def senders(self) -> tuple[Sender, ...]:
        """All of them."""
        return (*self.tokens, *self.github, *self.oidc)

    def secrets(self) -> Sequence[tuple[str, Secret, str]]:
        """Each place in the file where a sender's secret is said, the secret, and the sender's name."""
        parts: Sequence[tuple[str, Sequence[HookSender | GithubSender]]] = (
            ("tokens", self.tokens),
            ("github", self.github),
        )
        return [
            (f"deploys.{part}[{n}].{'secret' if len(one.secrets) == 1 else f'secrets[{m}]'}", secret, one.name)
            for part, senders in parts
            for n, one in enumerate(senders)
            for m, secret in enumerate(one.secrets)
        ]


@dataclass(frozen=True, slots=True)
class Approvals:
    """Where approval is asked for, and who may give it (Slack user ids)."""

    channel: str = ""
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retention:
    """How long, in seconds, ended jobs and the documents of the journal's entries are kept; None: for ever."""

    jobs: float | None = 400 * 86400.0
    documents: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How many jobs, and targets in them, may be open for one account before new work is refused."""

    jobs: int = 200
    urls: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Globalping:
    """Where probes around the world are asked for, as whom, and what may be asked of them."""

    api_url: str = GLOBALPING
    token: Secret | None = None
    world: World = field(default_factory=World)


@dataclass(frozen=True, slots=True)
class Example:
    """A value that is still the example's: `name` under `key`, on a line of the file, of a site or an account."""

    of: tuple[str, str]  # ("sites", "shop")
    key: str
    name: str
    advice: str
    line: int


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration, checked. `warnings` are sentences about what is allowed but surprising."""

    mode: Mode = Mode.OBSERVE
    command: str = "/purge"
    accounts: Mapping[str, AccountSettings] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict)
    approvals: Approvals = field(default_factory=Approvals)
    policy: Policy = field(default_factory=lambda: built_in(()))
    api_tokens: tuple[ApiToken, ...] = ()
    retention: Retention = field(default_factory=Retention)
    globalping: Globalping = field(default_factory=Globalping)
    warnings: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    time_zone: str = "UTC"  # of hours that name none, where the asker has none
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    resolvers: tuple[str, ...] = ()  # each an address, with a port where it is not 53
    deploys: Deploys = field(default_factory=Deploys)
    examples: tuple[Example, ...] = ()  # what keeps `mode: live` from being taken


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what, and what to write instead."""

    what: str
    advice: str
    key: str = ""  # "sites.shop.hosts[0]"; a variable's name for the environment
    file: str = ""
    line: int = 0  # from 1; 0: no line

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return " ".join(
            part for part in (place and f"{place}:", self.key and f"{self.key}:", self.what, self.advice) if part
        )


class BadSettings(Exception):
    """The configuration or the environment cannot be used. Its text is one line for each problem."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
