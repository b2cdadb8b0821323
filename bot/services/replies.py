"""What a deed answers. Faces turn it into a card, a line or JSON; no sentence of Slack's is made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command, Misunderstood
from bot.domain.grammar.speech import Search
from bot.domain.grammar.when import Due
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView
from bot.domain.jobs.plan import Plan
from bot.domain.jobs.schedule import Schedule
from bot.domain.jobs.timeline import Moment
from bot.domain.jobs.warming import Warming
from bot.domain.lint.report import Report
from bot.domain.policies.policy import Decision, Deny
from bot.domain.proof.copies_left import all_variants_of
from bot.domain.proof.verdict import Judgement, Look
from bot.domain.site import Site
from bot.domain.stats import Stats
from bot.domain.undone import Undone
from bot.domain.why import Case, Cause, Cure, Diagnosis
from bot.ledger.holds import CameToNothing, Over, SheafSize, Waiting
from bot.services.looks.checks import old_of
from bot.services.running.limits import AccountNow
from bot.services.running.queue import QueueShown
from providers.contract import Kind, Probe


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """What was typed has no meaning; `draft` holds the choices for the buttons."""

    misunderstood: Misunderstood
    draft: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """It was understood and is not done: a rule forbids it, or it cannot be done as asked."""

    what: str
    advice: str = ""
    by_rule: bool = False


def refused_by(denied: Deny) -> Refusal:
    """The policy's no; where a rule says it in words of its own, with that rule's name and what came of it."""
    if not denied.forbids:
        return Refusal(denied.why, denied.advice, by_rule=True)
    what = f"Refused, nothing was purged (rule `{denied.rule}`). {denied.why}"
    return Refusal(what if what.endswith((".", "?", "!")) else f"{what}.", denied.advice, by_rule=True)


@dataclass(frozen=True, slots=True)
class LookedEnough(Refusal):
    """Whoever asks has had so much looked at that it can be asked again in `seconds` only."""

    seconds: float = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class SiteHeld(Refusal):
    """It is not done because of a hold on `site` (on every site where that is empty)."""

    hold: Hold = field(kw_only=True)
    site: str = ""


@dataclass(frozen=True, slots=True)
class Full(Refusal):
    """So much is open for `account` that it takes no more: `since` when, and for how many `seconds` that is expected;
    None where that is not known, since something waits for the provider titled `finishing`, or for people and the like
    (`others`). `besides` are further accounts that are full."""

    account: str = field(kw_only=True)
    since: float = 0.0
    seconds: float | None = None
    finishing: str = ""
    others: bool = True
    besides: tuple[Full, ...] = ()


@dataclass(frozen=True, slots=True)
class Queued:
    """It waits for the end of `hold`, with others that become one plan; `decision` is the policy's now. `named` things
    are `told.targets` targets."""

    hold: Hold
    site: str
    size: SheafSize
    decision: Decision
    told: Waiting
    named: int = 1


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A queued request waits no more: it was cancelled."""

    name: str
    site: str


@dataclass(frozen=True, slots=True)
class HoldLaid:
    """Nothing begins there any more; `before` is what held it until now."""

    hold: Hold
    before: Hold | None = None


@dataclass(frozen=True, slots=True)
class HoldEnded:
    """A hold is over; `still` holds the site yet, and `may_end` says whether the same person can end that too. `jobs`
    and `requests` had waited for it; those become `plans`."""

    hold: Hold
    still: Hold | None
    jobs: int = 0
    requests: int = 0
    plans: int = 0
    may_end: bool = False


@dataclass(frozen=True, slots=True)
class PlanShown:
    """What a purge would do now, or when it would be `due`; nothing was sent. `observing` when this bot never purges;
    `held` while nothing begins."""

    plan: Plan
    decision: Decision
    command: Command
    observing: bool = False
    held: Hold | None = None
    warming: Warming | None = None  # what would follow its proof
    due: Due | None = None
    urgent_no: str | None = None  # why it may not go first, "" where it may; None where nobody asks for that
    lacking: tuple[Undone, ...] = ()  # the secrets that its accounts have not


@dataclass(frozen=True, slots=True)
class JobMade:
    """A job exists; its card is elsewhere. `new` is False when the same request had made it before."""

    job: JobView
    new: bool = True


@dataclass(frozen=True, slots=True)
class Joined:
    """The job, of which nothing was sent, does the same, so the request is in it. `new` is False when the same request
    had joined it before, `by_self` when the same person had asked for it."""

    job: JobView
    new: bool = True
    by_self: bool = False


@dataclass(frozen=True, slots=True)
class FormWanted:
    """Everything wants the site's name typed, and a reason if none was given."""

    draft: str
    command: Command
    site: Site
    softly: str = ""  # which layers mark their copies as stale, as on the job's card
    narrower: Sequence[str] = ()  # lines, by their place in the draft
    decision: Decision | None = None  # what the policy says of it


@dataclass(frozen=True, slots=True)
class PurgeFormWanted:
    """Nothing was named: a form asks what for. `site` is chosen when it opens; `turn` counts what was filled in."""

    draft: str
    sites: Sequence[Site]
    site: str = ""
    things: str = ""
    waiting: int = 0  # lines in the draft that are too many for a field
    files: Sequence[str] = ()  # names of lists that come with it
    left_out: Sequence[str] = ()  # a line for each reason
    recent: Sequence[tuple[str, str]] = ()  # the asker's last targets: line and site
    turn: int = 0


@dataclass(frozen=True, slots=True)
class HostToConfirm:
    """A bare host was typed: the whole host?"""

    draft: str
    command: Command


@dataclass(frozen=True, slots=True)
class BadLinesFound:
    """Some lines could not be read; the good ones wait for a click."""

    draft: str
    command: Command


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a page looks old; `case` is what was seen. `decision` is the policy's on the purge that it offers, and `held`
    what keeps that from beginning."""

    site: Site
    url: str
    diagnosis: Diagnosis
    case: Case
    draft: str = ""  # holds the line of the cure, for a button
    decision: Decision | None = None
    held: Hold | None = None
    notes: Sequence[str] = ()  # what was repaired in the line


@dataclass(frozen=True, slots=True)
class Checked:
    """What edge and origin serve; `problem` says why a provider's own places are not among the looks. `inner` are the
    caches further in, which no visitor asks: they are not judged."""

    site: Site
    urls: Sequence[str]
    looks: Sequence[Look]
    judgement: Judgement
    problem: str = ""
    held: Hold | None = None
    notes: Sequence[str] = ()  # what else to know: who can read what probes saw
    inner: Sequence[Look] = ()
    draft: str = ""  # holds the lines of its buttons: this check again, and the purge of what is old
    left_out: Sequence[str] = ()  # URLs that were named and not looked at
    under_way: Mapping[str, JobView] = field(default_factory=dict)  # by an old URL, the job that purges it already
    apart: Mapping[str, str] = field(default_factory=dict)  # by an old URL, a variant that a purge of it may leave
    known: frozenset[Kind] = frozenset(Kind)  # what every layer purges by
    siblings: str = ""  # what to do about variants, where a layer's own way is needed
    in_vain: Mapping[str, str] = field(default_factory=dict)  # by an old URL, why a purge would leave it old
    ours: Mapping[str, Cause] = field(default_factory=dict)  # by an old URL, why another step than its purge helps

    @property
    def cure(self) -> Cure | None:
        """What helps in place of a purge of the URL, where the check is of one page and that is something to do."""
        cure = self.ours[self.urls[0]].cure if len(self.urls) == 1 and self.ours else None
        return cure if cure is not None and not cure.looks_again else None

    @property
    def to_purge(self) -> tuple[str, ...]:
        """What is old, is not being purged already, is reached by its URL, and would be new by that."""
        return tuple(url for url in self._old if url not in self.apart)

    @property
    def to_purge_wider(self) -> tuple[str, ...]:
        """The prefixes of what is old and is not reached by its URL, where they are less than a host and every layer
        knows them."""
        if Kind.PREFIX not in self.known:
            return ()
        return tuple(filter(None, (all_variants_of(url) for url in self._old if url in self.apart)))

    @property
    def _old(self) -> list[str]:
        old = old_of(self.urls, self.looks)
        return [url for url in old if url not in {*self.under_way, *self.in_vain, *self.ours}]


@dataclass(frozen=True, slots=True)
class Warmed:
    """What was fetched through the edges, and is kept there. `waits_for` is the warming of its site that comes first,
    "" for none."""

    warming: Warming
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class Waits:
    """A request in line, and what it waits for; nothing where it is about to run."""

    request: Waiting
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class Linted:
    """What cache headers will cause. Where only the server is not known, `draft` holds a line for each, for buttons."""

    site: Site
    report: Report
    draft: str = ""


@dataclass(frozen=True, slots=True)
class JobsListed:
    """Open jobs, or the latest when none is open; what is held, the jobs whose broken glass waits for a
    review, what is in line, and what is being warmed."""

    jobs: Sequence[JobView]
    holds: Sequence[Hold] = ()
    reviews: Sequence[int] = ()
    waiting: Sequence[Waits] = ()  # the first requests in line
    waiting_total: int = 0
    warmings: Sequence[Warmed] = ()  # the first that go on
    warmings_total: int = 0


@dataclass(frozen=True, slots=True)
class JobShown:
    """One job; `whole` with every step and, unless it is everything, every target as a line."""

    job: JobView
    whole: bool = False
    moments: Sequence[Moment] = ()
    targets: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class QueuedShown:
    """A request in line and everything that it names, a line each."""

    waits: Waits
    targets: Sequence[str]


@dataclass(frozen=True, slots=True)
class QueuedOver:
    """A request that waits no more: `job` P-`number` took it up (None where that is pruned), or it came to nothing and
    `over` says how, as far as that is known."""

    request: Waiting
    job: JobView | None
    number: int
    over: Over | None


@dataclass(frozen=True, slots=True)
class Kept:
    """One job of the past, with its timeline and targets where those were wanted."""

    job: JobView
    moments: Sequence[Moment] = ()
    targets: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LogShown:
    """One page of jobs, newest first; `begin` is how many are newer. `newer` and `older` are the lines of the pages
    beside it, "" where there is none. `undone` are queued requests that no job took up, on the first page. On the last
    one, `forgotten` is when the newest job was asked for that was forgotten, where it may belong to what is sought."""

    search: Search
    jobs: Sequence[Kept]
    begin: int = 0
    newer: str = ""
    older: str = ""
    undone: Sequence[CameToNothing] = ()
    forgotten: float | None = None


@dataclass(frozen=True, slots=True)
class StatsShown:
    """What the jobs of a time come to; `capped` when only the newest were counted. `names` are people's by id.
    `forgotten` is when the newest job was asked for that was forgotten, where that is in the time."""

    search: Search
    stats: Stats
    names: Mapping[str, str]
    capped: bool = False
    forgotten: float | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A schedule of the file: what it asks for and when it does so next, None where it never does."""

    schedule: Schedule
    next_at: float | None


@dataclass(frozen=True, slots=True)
class SchedulesListed:
    """What begins by itself: jobs that wait for their time, the next first, and the file's schedules."""

    jobs: Sequence[JobView]
    planned: Sequence[Planned] = ()
    jobs_total: int = 0


@dataclass(frozen=True, slots=True)
class SitesListed:
    """The caller's sites, what holds them, and by name those of which the file still has the example's values."""

    sites: Sequence[Site]
    holds: Sequence[Hold] = ()
    examples: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LimitsShown:
    """What is left of each account's budgets."""

    accounts: Sequence[AccountNow]


@dataclass(frozen=True, slots=True)
class Probed:
    """What each account said when it was tried, by `account on site`, what else is still to be done, and what Slack
    says of the policy's user-groups, with the rules that can get no votes."""

    found: Sequence[tuple[str, Probe]]
    undone: Sequence[Undone] = ()
    groups: Sequence[tuple[str, Probe]] = ()


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """The caller as policy sees them."""

    actor: Actor
    approver: bool
    rights: Sequence[tuple[Site, str]]  # the first sites, each with what may be purged there
    sites_total: int
    refused: Deny | None = None


@dataclass(frozen=True, slots=True)
class HelpShown:
    """Help on a topic."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """A deed on a job took effect; the job's card says it too."""

    job: JobView
    what: str


Reply = (
    NotUnderstood
    | Refusal
    | Queued
    | QueuedOver
    | QueuedShown
    | TakenBack
    | HoldLaid
    | HoldEnded
    | PlanShown
    | JobMade
    | Joined
    | QueueShown
    | FormWanted
    | PurgeFormWanted
    | HostToConfirm
    | BadLinesFound
    | Checked
    | Linted
    | Explained
    | Warmed
    | JobsListed
    | JobShown
    | LogShown
    | StatsShown
    | SchedulesListed
    | SitesListed
    | LimitsShown
    | Probed
    | WhoAmI
    | HelpShown
    | Done
)
