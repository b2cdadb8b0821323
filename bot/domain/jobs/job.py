"""A job: one purge from request to proof, its states, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.deploys.deploy import Deploy
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.plan import Cost, softly
from bot.domain.jobs.warming import Warming
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.look import kept_longest
from bot.domain.proof.verdict import Look, Verdict
from providers.contract import Kind

RESTORED = "restored from a backup; ask again"  # why a job ended that was open in one
DAMAGED = (  # why one ended whose row in the ledger cannot be read
    "its record cannot be read: somebody changed the ledger's file, or it is damaged. Nothing more of it is sent. Run"
    " `purgebot log verify`, and ask for it anew."
)


class State(StrEnum):
    """Where a job is."""

    WAITING = "waiting"  # for votes
    SCHEDULED = "scheduled"  # for its time
    QUEUED = "queued"  # allowed, not begun
    PURGING = "purging"  # layer by layer, innermost first
    CONFIRMING = "confirming"  # a provider is still at it
    CHECKING = "checking"  # purged; looking at the edge
    NEEDS_DECISION = "needs_decision"  # an outcome is unknown and a repeat would not be safe by itself
    DONE = "done"  # every layer purged
    PARTIAL = "partial"  # some targets failed for good
    FAILED = "failed"  # none went, or an inner layer stopped the rest
    CANCELLED = "cancelled"  # somebody stopped it
    DENIED = "denied"  # somebody said no
    EXPIRED = "expired"  # nobody said yes in time

    @property
    def is_open(self) -> bool:
        """Whether something is still to happen by itself or by a person."""
        return self not in CLOSED


CLOSED = frozenset({State.DONE, State.PARTIAL, State.FAILED, State.CANCELLED, State.DENIED, State.EXPIRED})


class LayerState(StrEnum):
    """Where one layer of a job is."""

    WAITING = "waiting"
    PURGING = "purging"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"  # never begun, because something before it went wrong
    UNKNOWN = "unknown"  # sent, answer lost


class BatchState(StrEnum):
    """Where one call is."""

    HELD = "held"  # its layer has not begun
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"  # taken; the provider finishes later
    CONFIRMED = "confirmed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as people see it: its class, what happened to what, what to do, and the provider's own words."""

    cls: str
    what: str
    advice: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class LayerView:
    """One layer of a job as told."""

    account: str
    title: str  # "Cloudflare"
    state: LayerState
    calls: int
    sent: int
    ids: tuple[str, ...] = ()
    started: float | None = None
    ended: float | None = None
    trouble: Trouble | None = None
    failing: tuple[str, ...] = ()  # up to five targets that failed
    not_purged: int = 0  # how many targets the calls that did not go were for
    seconds: float = 0.0  # that sending was thought to take
    soft: bool = False  # marked stale instead of removed
    note: str = ""  # what it does instead of the wish to the letter
    waits_until: float | None = None  # when its provider may be called again, if it wants fewer calls
    open: int = 0  # calls queued or in flight
    pending: int = 0  # taken, the provider finishes later
    failed: int = 0
    unknown: int = 0  # sent, answer lost
    cancelled: int = 0
    ready_at: float | None = None  # when the provider is to be asked, or says it is done
    spends: Mapping[str, int] = field(default_factory=dict)  # units of each budget that its calls take
    cost: Cost | None = None  # as it was when it was asked for


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's word on one plan."""

    by: str
    yes: bool
    at: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """What a job needs before it may run."""

    needed: int
    of: tuple[str, ...]
    expires: float
    rule: str
    why: str
    channel: str = ""
    votes: tuple[Vote, ...] = ()
    offers: tuple[str, ...] = ()  # what would do less, or cost less, in every layer that was asked
    groups: tuple[str, ...] = ()  # the policy's words for those who are asked
    digest: str = ""  # of the plan and the rules: what a vote is bound to
    run_within: float = 900.0  # seconds after the last yes
    usd: float = 0.0  # as shown to those who vote
    costs: tuple[Cost | None, ...] = ()  # of each layer, where it was asked again since: what that comes to
    usd_before: float | None = None  # what was shown before that, if it was another
    asked: float = 0.0  # when, in this round
    reminded: bool = False  # those who had not voted were called once more in this round
    earlier: tuple[Vote, ...] = ()  # of the rounds before this one
    choices: tuple[str, ...] = ()  # something narrower that its requester may have instead, a button each
    approved: float | None = None  # when the last yes came
    round: int = 0  # it was asked again so many times; votes of earlier rounds do not count
    returned: str = ""  # why it was asked again
    breakers: tuple[str, ...] = ()  # the policy's words for those who may break the glass
    broken_by: str = ""  # who did, so that it runs without the rest of the votes
    broken_because: str = ""
    policy: str = ""  # the version of the policy that it was last judged by
    barred: str = ""  # why nobody's vote can help for now: nobody is asked, and none counts
    bar_said: str = ""  # that without what would help
    bar_gone: bool = False  # it is the configuration that knows it no more, and not the policy that says no
    bar_lost: tuple[str, ...] = ()  # whose yes fell with it, since they may vote no longer
    bar_ends: float | None = None  # when that ends by itself, if it does
    look_at: float | None = None  # when that is looked at again

    @property
    def missing(self) -> tuple[str, ...]:
        """Who is asked and has not voted in this round."""
        voted = {vote.by for vote in self.votes}
        return tuple(who for who in self.of if who not in voted)


@dataclass(frozen=True, slots=True)
class Part:
    """What one of several people asked for of a job, as policy judges that."""

    kind: Kind  # the widest, as spoken
    counts: Mapping[Kind, int]
    usd: float = 0.0  # as it was when it was asked for
    has_reason: bool = False
    named: str = ""  # "31 paths", where the site's hosts made more targets of them
    soft: bool = False


@dataclass(frozen=True, slots=True)
class JobView:
    """All of one job as cards, JSON and terminal tell it. Times are seconds since the epoch."""

    id: int
    site: str
    environment: str
    state: State
    verdict: Verdict
    kind: Kind
    targets: int
    sample: tuple[
        str, ...
    ]  # the first targets as typed, at most 20; of several, those that are no URLs with their kind
    soft: bool
    requested_by: str
    created: float
    layers: tuple[LayerView, ...]
    digest: str
    rule: str
    counts: Mapping[Kind, int] = field(default_factory=dict)  # targets by kind, as policy judges them
    also_by: tuple[str, ...] = ()  # others whose requests are in it
    parts: Mapping[str, Part] = field(default_factory=dict)  # what each asked for, of those who did not ask for all
    left_by: tuple[str, ...] = ()  # others whose requests were in it, and are not any more
    urgent_by: str = ""  # who had it go before all others, if somebody did
    reason: str = ""
    why: str = ""  # what stands behind verdict or state, one sentence
    doubts: tuple[Doubt, ...] = ()  # what of that others go by
    for_good: bool = False  # it stopped since it is not what was asked for, which no retry mends
    damaged: bool = False  # its row in the ledger cannot be read, or could not, so that little of it is known
    altered: bool = False  # somebody had changed it in the ledger's file when it ended: nothing it says is sure
    looks: tuple[Look, ...] = ()  # the last look at each place and URL
    before: tuple[Look, ...] = ()  # the looks before the purge
    first_looks: tuple[Look, ...] = ()  # those by which it ended first, where it was looked at again since
    fresh_at: tuple[str, ...] = ()  # places proven
    stale_at: tuple[str, ...] = ()
    was_old_at: tuple[str, ...] = ()  # places that were old at some look after the purge
    refetched_at: tuple[str, ...] = ()  # those of them whose cache said that it fetched the old page anew
    not_seen_new: tuple[Look, ...] = ()  # old answers after it, of data centres not seen with the new page since
    purged: float | None = None  # when the last layer was done
    looked_from: float | None = None  # from when its looks are counted: since then, or since it was checked again
    proven: float | None = None
    ended: float | None = None
    eta: float | None = None
    approval: Approval | None = None
    notes: tuple[str, ...] = ()  # repairs, dropped targets, what a layer does instead
    read_as: str = ""  # the guess, printed back
    stop_reason: str = ""  # who cancelled or denied, and why
    thread: tuple[str, str] | None = None  # channel, ts of the root message
    url: str = ""  # permalink, if known
    team: str = ""
    held: Hold | None = None  # what keeps it from beginning, while it is queued
    held_ahead: Hold | None = None  # what held the site when it was asked for, if it begins later
    held_ends: float | None = None  # when no hold keeps it any more, if none of them waits for its release
    held_no: str = ""  # what the policy is known to say against it at that time
    source: str = ""  # slack, api, cli: the door it came through
    channel: str = ""  # where it was asked
    hosts: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()  # places looked at
    look_urls: tuple[str, ...] = ()  # what proof looks at, at most 65
    seen: int = 0  # targets of which a page was looked at after the purge; 0 where that is not known
    covered: tuple[str, ...] = ()  # those of the pages last looked at that the purge surely reached
    left_alone: tuple[str, ...] = ()  # caches of the site that were not asked, by title
    partly: tuple[str, ...] = ()  # caches that purge less than was asked for, since they know no tags, by title
    edge_asked: bool = True  # the outermost of them was
    check: bool = True
    warm: bool = False  # once it is proven, its pages are fetched through the edges
    warming: Warming | None = None  # that fetching, once it has begun
    looked_before: bool = False
    measurement: str = ""  # of the probes around the world that looked before, to ask the same ones after
    round: int = 0  # looks after the purge so far
    scheduled_for: float | None = None  # when it is to begin, where that is not at once
    zone: str = ""  # the time zone that this was read in
    begins_told: str = ""  # that time as its clocks show it: Tue 1 Dec 09:00:00 CET
    ran_early: float | None = None  # when somebody had it begin before its time, or after it was missed
    unknown: str = ""  # why a scheduled one cannot begin as purgebot is configured now
    missed: float | None = None  # when it was found that its time had passed without it: a person decides
    late_max: float = 900.0  # seconds; it begins by itself so long after its time, if nobody was there then
    schedule: str = ""  # the file's schedule that it is an occurrence of
    due_at: float | None = None  # when the next step is due; never None while open
    version: int = 0  # counts changes
    crashes: int = 0  # runs that raised, or processes that ended in them, one after another
    sent_at_crash: int = 0  # calls that had gone then; more since is progress
    deploy: Deploy | None = None  # what it follows, if it follows one
    after: int = 0  # the job of another site that must be proven before this one begins
    after_proven: bool = False  # it was
    then: int = 0  # the job that waits for this one to be proven
    again_as: int = 0  # the newest job that repeats this deploy
    repeat: JobView | None = None  # that job, as it is now

    @property
    def name(self) -> str:
        """The id people type."""
        return f"P-{self.id}"

    @property
    def looks_begin(self) -> float | None:
        """From when its looks are counted; a job of an older ledger has but the time when it was purged."""
        return self.purged if self.looked_from is None else self.looked_from

    @property
    def is_looked_at_again(self) -> bool:
        """Whether somebody had the edge looked at anew, so that looks are counted from one again."""
        return self.purged is not None and self.looked_from is not None and self.looked_from > self.purged

    @property
    def begins(self) -> float:
        """When it begins or began, votes aside: its time, when somebody had it begin, or when it was asked for."""
        return next(at for at in (self.ran_early, self.scheduled_for, self.created) if at is not None)

    @property
    def agreed_at(self) -> float | None:
        """From when the votes count: the last yes, or the time that they were for; None without one."""
        agreed = self.approval.approved if self.approval else None
        ran_before = self.ran_early is not None and self.ran_early < (self.scheduled_for or 0)
        if agreed is None or self.scheduled_for is None or ran_before:
            return agreed
        return max(agreed, self.scheduled_for)

    @property
    def calls_left(self) -> int:
        """How many calls did not go: those that were refused, and those that were not sent after that."""
        return sum(layer.failed + layer.cancelled for layer in self.layers)

    @property
    def is_partial(self) -> bool:
        """Whether some of its calls did not go though others did, also while the edge is still looked at."""
        stopped = self.state is State.CHECKING and any(layer.failed for layer in self.layers)
        return stopped or self.state is State.PARTIAL

    @property
    def has_begun(self) -> bool:
        """Whether some layer was let go, in this run of it or in one before."""
        return any(layer.started is not None for layer in self.layers)

    @property
    def ended_by_restore(self) -> bool:
        """Whether it was open in a backup that was put in the ledger's place, so that its end is not known."""
        return self.why == RESTORED and not self.state.is_open

    @property
    def askers(self) -> tuple[str, ...]:
        """Everybody who asks for some of it, the first of them first."""
        return (self.requested_by, *self.also_by)

    @property
    def owners(self) -> tuple[str, ...]:
        """Whose it is, to stop or to retry: who asked for it first, and those of whose queued requests it was made. Who
        joined it later may leave it."""
        return tuple(who for who in self.askers if who == self.requested_by or who in self.parts)

    @property
    def asked_by(self) -> frozenset[str]:
        """Everybody who asked for some of it, also who left it since, and so has no vote on it."""
        return frozenset({self.requested_by, *self.also_by, *self.left_by})

    @property
    def agreed(self) -> int:
        """How many people have said yes, as far as those votes count."""
        return sum(vote.yes for vote in self.approval.votes) if self.approval else 0

    @property
    def sees_part(self) -> bool:
        """Whether the verdict rests on looks at some of its targets, and not at all of them."""
        return 0 < self.seen < self.targets

    @property
    def softly(self) -> str:
        """Which layers mark their copies as stale, in words."""
        return softly([(layer.title, layer.soft) for layer in self.layers])

    @property
    def browsers_may_keep(self) -> int | None:
        """The longest time a browser may keep a copy it already has, in seconds."""
        kept = kept_longest((*self.before, *self.looks))
        return kept.max_age if kept is not None else None
