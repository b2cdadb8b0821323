"""What can be said to purgebot, and what it understands: the types, and the one table behind parser and help.

A line is a verb (none means *purge*), things with or without a spoken kind, and options anywhere:

    [verb] [kind] thing … [on <site>] [soft|hard] [because <reason>]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.proof.world import World
from bot.domain.site import Site
from bot.domain.target import Target
from providers.contract import Kind


class Verb(StrEnum):
    """What a command does."""

    PURGE = "purge"
    PLAN = "plan"  # what a purge would do
    CHECK = "check"  # edge against origin, now
    WHY = "why"  # why a page still looks old
    LINT = "lint"  # what cache headers will cause
    WARM = "warm"  # fetch through the edges
    STATUS = "status"  # running jobs, or one
    SHOW = "show"  # one job in full
    CANCEL = "cancel"
    RETRY = "retry"
    APPROVE = "approve"
    DENY = "deny"
    SCHEDULES = "schedules"  # what is to begin by itself, and when
    RUN = "run"  # begin a scheduled job, or what the file schedules, now
    HOLD = "hold"  # let nothing begin on a site
    RELEASE = "release"  # or let it again
    BREAK_GLASS = "break-glass"  # run a waiting job without its votes
    REVIEW = "review"  # close what that has opened
    SITES = "sites"
    QUEUE = "queue"  # what runs, what waits, and when
    LIMITS = "limits"  # what is left of each budget
    LOG = "log"  # jobs of the past, searched
    STATS = "stats"  # who purges what, how often, how quickly
    DOCTOR = "doctor"  # whether every account may purge
    WHOAMI = "whoami"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class BadLine:
    """One target of a list that could not be read, with its 1-based number and the reason."""

    number: int
    text: str  # cut to 80 characters, no control characters
    problem: str


@dataclass(frozen=True, slots=True)
class Search:
    """What a line of `log` or `stats` looks for."""

    sites: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    by: str = ""  # a Slack id, "@name", "me" or "token:<name>"
    since: str = ""  # as typed: 7d, 2026-11-01
    words: tuple[str, ...] = ()  # each a word or a phrase
    page: int = 1


@dataclass(frozen=True, slots=True)
class Command:
    """One understood command."""

    verb: Verb
    targets: tuple[Target, ...] = ()
    site: str = ""  # named, or implied by targets, channel or being the only one; else ""
    soft: bool | None = None  # None: the site's own mode
    reason: str = ""
    only: str = ""  # one account
    check: bool = True
    places: tuple[str, ...] = ()  # where to look from: edges of the site, and regions; none: all edges
    warm: bool = False  # once it is proven, fetch it through the edges
    confirm: str = ""  # the site's name after --confirm
    job: int = 0  # P-12 -> 12
    in_line: int = 0  # Q-7 -> 7, a queued request
    warming: int = 0  # W-3 -> 3
    when: str = ""  # "in 10m", "at 02:00 Europe/Berlin": as typed; "" for now
    schedule: str = ""  # one that the file names
    queue: bool = False  # while the site is held, wait for the release
    urgent: bool = False  # go before everything that is not sent yet
    page: int = 1  # of a queue: of the caller's own jobs
    everywhere: bool = False  # a hold or release of every site
    seconds: float = 0.0  # how long a hold lasts; 0: until it is released
    server: str = ""  # whose lines a lint shows: nginx, apache, express; "": as the answer says
    topic: str = ""  # of help
    read_as: str = ""  # "read as URL", where the kind was guessed
    notes: tuple[str, ...] = ()  # each repair, and what was dropped and why
    bad: tuple[BadLine, ...] = ()  # the good targets wait for one click
    wants_host_confirmed: bool = False  # a bare known host was guessed to mean the whole host
    search: Search | None = None  # of log and stats


@dataclass(frozen=True, slots=True)
class Choice:
    """One reading to choose from: what a button says, and the line (without `/purge`) it stands for."""

    label: str  # at most 75 characters
    line: str


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """What was not understood, why, and one line to copy."""

    problem: str
    suggestion: str = ""  # a line to copy, with the command's name
    choices: tuple[Choice, ...] = ()
    action: str = "pick"  # the buttons' action id: pick or fix


@dataclass(frozen=True, slots=True)
class Speaker:
    """What the parser knows of who speaks where: only what the caller may see."""

    sites: Sequence[Site]
    channel: str = ""
    accounts: frozenset[str] = field(default_factory=frozenset)
    command: str = "/purge"
    world: World = field(default_factory=World)
    schedules: frozenset[str] = field(default_factory=frozenset)  # of the file, on those sites


class Confused(Exception):
    """Ends a parse: nobody outside the grammar sees it."""

    def __init__(self, misunderstood: Misunderstood) -> None:
        super().__init__(misunderstood.problem)
        self.misunderstood = misunderstood


@dataclass(frozen=True, slots=True)
class VerbRow:
    """One verb as parser and help know it. `example` may name {url}, {host}, {site} and {path}."""

    verb: Verb
    usage: str
    what: str
    example: str


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind that can be spoken, and how help shows it."""

    word: str
    kind: Kind
    what: str
    example: str


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One option: every way to write it, what it takes, and the verbs it goes with."""

    name: str
    written: tuple[str, ...]  # bare words, and flags with their dashes
    takes: str  # "site", "account", "reason", "time" (or a server's name, for lint), "moment", "place" or nothing
    what: str
    example: str
    verbs: frozenset[Verb]


LOOKING = frozenset({Verb.CHECK, Verb.WHY, Verb.LINT, Verb.WARM})  # verbs that name pages and change nothing
_PURGES = frozenset({Verb.PURGE, Verb.PLAN})
ON_THINGS = _PURGES | LOOKING  # verbs that take targets
_ON_SITE = ON_THINGS | {Verb.LIMITS, Verb.DOCTOR, Verb.QUEUE, Verb.SCHEDULES}

VERBS = (
    VerbRow(Verb.PURGE, "[purge] <things…>", "purge, then prove at the edge that it worked", "{url}"),
    VerbRow(Verb.PLAN, "plan <things…>", "what that purge would do, now or at a time; sends nothing", "plan {url}"),
    VerbRow(Verb.CHECK, "check <url…> [from eu,us]", "edge against origin, now", "check {url}"),
    VerbRow(Verb.WHY, "why <url>", "why it is still old: one cause, what shows it, one next step", "why {url}"),
    VerbRow(Verb.LINT, "lint <url…> [for nginx|apache|express]", "what its cache headers will cause, and the fix",
            "lint {url}"),
    VerbRow(Verb.WARM, "warm <url…> [from eu,us]", "fetch through the edges, and tell where it is kept now",
            "warm {url}"),
    VerbRow(Verb.STATUS, "status [P-12|W-3]", "running jobs, or one; a warming", "status"),
    VerbRow(Verb.SHOW, "show P-12|Q-7", "one job in full with all its targets, or a queued request", "show P-12"),
    VerbRow(Verb.CANCEL, "cancel P-12|Q-7|W-3",
            "stop a job before its next batch, or a warming; take a queued request back",
            "cancel P-12"),
    VerbRow(Verb.RETRY, "retry P-12", "send again what did not go", "retry P-12"),
    VerbRow(Verb.APPROVE, "approve P-12 [note]", "say yes to a waiting job", "approve P-12"),
    VerbRow(Verb.DENY, "deny P-12 [reason]", "say no to a waiting job", "deny P-12 not during the sale"),
    VerbRow(Verb.SCHEDULES, "schedules [site]", "what begins by itself, when, and by whom", "schedules"),
    VerbRow(Verb.RUN, "run P-12|<schedule>", "begin a scheduled job, or what the file schedules, now", "run P-12"),
    VerbRow(Verb.HOLD, "hold <site>|all [for 2h] because …", "let nothing begin there until then, or until release",
            "hold {site} for 2h because deploying 4.2"),
    VerbRow(Verb.RELEASE, "release <site>|all", "end a hold; what was queued meanwhile runs", "release {site}"),
    VerbRow(Verb.BREAK_GLASS, "break-glass P-12 because …", "run a waiting job without its votes; loud, and reviewed",
            "break-glass P-12 because nobody is awake and prices are wrong"),
    VerbRow(Verb.REVIEW, "review P-12 [note]", "close the review that a broken glass opened",
            "review P-12 it was right to do so"),
    VerbRow(Verb.SITES, "sites", "your sites and their hosts", "sites"),
    VerbRow(Verb.QUEUE, "queue [site|account]", "what runs, what waits, in which order and how long", "queue"),
    VerbRow(Verb.LIMITS, "limits [site]", "what is left of each provider's rate limits", "limits {site}"),
    VerbRow(
        Verb.LOG,
        "log [site] [kind] [by @x] [since 7d] [words…]",
        "what was purged, newest first; words are searched for",
        "log {site} since 7d",
    ),
    VerbRow(
        Verb.STATS,
        "stats [site] [kind] [by @x|me] [since 30d]",
        "who purges what, how often and how quickly",
        "stats {site}",
    ),
    VerbRow(Verb.DOCTOR, "doctor [site]", "whether every provider would take a purge; purges nothing", "doctor {site}"),
    VerbRow(Verb.WHOAMI, "whoami", "what you may do here", "whoami"),
    VerbRow(Verb.HELP, "help [topic]", "this, or more on one topic", "help options"),
)  # fmt: skip

KINDS = (
    KindRow("url", Kind.URL, "one page or file, query string included", "url {url}"),
    KindRow("path", Kind.PATH, "the same path on every host of a site", "path {path} on {site}"),
    KindRow("prefix", Kind.PREFIX, "everything below a path", "prefix {host}{path}/"),
    KindRow("tag", Kind.TAG, "everything the origin labelled so; also tag:x, key:x", "tag news on {site}"),
    KindRow("host", Kind.HOST, "everything under one host name", "host {host}"),
    KindRow("pattern", Kind.PATTERN, "other wildcards, where every layer can", "pattern /*.css on {site}"),
    KindRow("everything", Kind.EVERYTHING, "all of a site; only this word does it",
            "everything on {site} because new design"),
)  # fmt: skip

OPTIONS = (
    OptionRow("on", ("on", "--on"), "site", "the site that paths and tags belong to", "{path} on {site}", _ON_SITE),
    OptionRow("soft", ("soft", "--soft"), "", "mark as stale where the provider can", "{url} soft", _PURGES),
    OptionRow("hard", ("hard", "--hard"), "", "remove, whatever the site's own mode", "{url} hard", _PURGES),
    OptionRow("because", ("because", "--reason"), "reason",
              "why; takes the rest of the line (--reason takes one word, or text in quotes)",
              "{url} because wrong price", _PURGES | {Verb.CANCEL, Verb.HOLD, Verb.BREAK_GLASS}),
    OptionRow("in", ("in", "--in"), "moment", "begin after that time, 10s to 90d: 10m, 2 hours, 1h30m", "{url} in 10m",
              _PURGES),
    OptionRow("at", ("at", "--at"), "moment",
              "begin then: 02:00, tomorrow 09:00, 2026-12-01 09:00:00; in your time zone, or in one you name",
              "{url} at 02:00 Europe/Berlin", _PURGES),
    OptionRow("only", ("only", "--only"), "account", "one account's layer alone", "{url} only {account}", _PURGES),
    OptionRow("dry-run", ("dry-run", "--dry-run"), "", "the same as plan", "{url} --dry-run", _PURGES),
    OptionRow("no-check", ("no-check", "--no-check"), "", "purge without looking at the edge", "{url} --no-check",
              _PURGES),
    OptionRow("for", ("for", "--for"), "time",
              "how long a hold lasts, 1m to 90d: 30m, 2 hours, 2d; else until release. A lint: nginx, apache, express",
              "hold {site} for 2h because deploying 4.2", frozenset({Verb.HOLD, Verb.LINT})),
    OptionRow("warm", ("--warm",), "", "once it is proven, fetch its pages through the edges", "{url} --warm", _PURGES),
    OptionRow("queue", ("--queue",), "", "while the site is held, run on its release; else now", "{url} --queue",
              frozenset({Verb.PURGE})),
    OptionRow("urgent", ("--urgent",), "", "go before everything that is not sent yet, if the policy lets you",
              "{url} --urgent", _PURGES),
    OptionRow("from", ("from", "--from"), "place",
              "where to look from, with commas: your edges, and regions of the world where the site is opted in",
              "check {url} from {place}", frozenset({Verb.CHECK, Verb.WARM})),
    OptionRow("confirm", ("--confirm",), "site", "types the site's name where no form can ask",
              "everything on {site} because new design --confirm {site}", _PURGES),
)  # fmt: skip

SERVERS = ("nginx", "apache", "express")  # whose lines a lint can show

VERB_OF = {row.verb.value: row.verb for row in VERBS}
KIND_OF = {row.word: row.kind for row in KINDS}
WORD_OF = {row.kind: row.word for row in KINDS}
OPTION_OF = {written: row for row in OPTIONS for written in row.written}


def site_here(speaker: Speaker) -> Site | None:
    """The site meant where none is named: the channel's, if exactly one tells its jobs here, or the only one."""
    here = [site for site in speaker.sites if speaker.channel and site.channel == speaker.channel]
    if len(here) == 1:
        return here[0]
    return speaker.sites[0] if len(speaker.sites) == 1 else None


def places_for(site: Site, world: World) -> tuple[str, ...]:
    """Every name that `site` can be looked at from: its edges, then the regions."""
    return (*site.edges, *world.names_for(site.name))


def example_place(speaker: Speaker) -> str:
    """A place of the site that examples speak of; "" if it has none."""
    site = example_site(speaker)
    return next(iter(places_for(site, speaker.world)), "") if site else ""


def example_site(speaker: Speaker) -> Site | None:
    """The site that examples speak of."""
    return site_here(speaker) or next(iter(speaker.sites), None)
