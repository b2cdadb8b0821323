"""What the journal says of one job, entry by entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.jobs.job import State
from bot.ledger import sums
from bot.ledger.chain import document, microseconds
from bot.ledger.ledger import Row
from bot.ledger.record import SEALED
from bot.ledger.record_audit import Seals

Doc = Mapping[str, object]
Cast = tuple[str, object, object, object, object, int]  # who, yes, reason, digest, round, microseconds
NAMED = {"ended": "state", "restored": "state"}
FIXED = {
    "failed": State.FAILED, "parked": State.FAILED, "expired": State.EXPIRED, "cancelled": State.CANCELLED,
    "denied": State.DENIED,
}  # fmt: skip
_ALLOWS = "approved", "glass"  # what an event that lets a job run without further votes is called


NEAR = 1e-3  # seconds; what JSON and SQLite make of one time
SET_BACK = 60.0  # seconds
_SENDS = frozenset({"layer", "resumed", "outcome_unknown"})  # entries that follow a first call
# Whether a job was proven at some time; where what would say so was pruned, it is believed.
PROVEN = (
    "select 1 from journal where job = :job and event in ('proof', 'ended')"
    " and (doc is null or json_extract(iif(json_valid(doc), doc, '{}'), '$.verdict') = :fresh) limit 1"
)


@dataclass(slots=True)
class Said:
    """What the journal says of one job, entry by entry."""

    asked: tuple[str, Doc | None] | None = None
    decided: Doc | None = None  # and asked again, which needs votes
    ending: tuple[str, Doc | None] | None = None
    ended_at: float | None = None  # when it ended last
    ended_in: int = 0  # the entry that says so
    is_sealed: bool = False  # since it ended last
    is_shut: bool = False  # sealed as ended, and not begun anew since
    approved: bool = False
    votes: list[tuple[Cast, bool]] = field(default_factory=list)  # and whether its document is still there
    before: int = 0  # how many votes are of rounds before the last asking
    needed: int | None = None  # votes, as they were last asked for; None where that is not known
    of: frozenset[str] | None = None  # whose
    expires: float | None = None
    barred: str | None = None  # why no vote helps for now
    round: int | None = 0
    also: set[str] | None = None  # who asks for it besides; None where that is not known
    joined: list[str] = field(default_factory=list)  # who, each time
    urgent: str = ""  # who had it go first
    short: str = ""  # what let it run with fewer votes than were asked for
    glass: list[str] = field(default_factory=list)  # who broke it
    reviewed: bool = False
    sent: bool = False  # calls have left since votes were last asked for
    layers: dict[int, Doc] = field(default_factory=dict)
    sums: dict[int, int] = field(default_factory=dict)  # of the calls of each layer, as far as entries say
    due: float | None = None  # when it was asked to begin, where that was not at once
    ran_now: bool = False  # somebody had it begin before
    written: list[str] | None = None  # a hash over what is told of it and never changes; None where that is not known
    began_at: float | None = None  # the time that it began by, where that was to be waited for
    seals: Seals = field(default_factory=Seals)
    entry: int = 0  # the last
    at: float = 0.0  # when that was

    def hear(self, row: Row) -> None:
        """The next entry."""
        event, doc, self.entry = str(row["event"]), document(row["doc"]), int(row["seq"] or 0)
        self.at = row["at"] if isinstance(row["at"], float) else self.at
        sends = event in _SENDS or (event == "parked" and bool((doc or {}).get("sent")))
        self.sent = sends or (self.sent and event != "asked_again")
        match event:
            case "asked":
                self.asked = (str(row["actor"]), doc)
                also = (doc or {}).get("also", [])
                self.also = {*map(str, also)} if doc is not None and isinstance(also, list) else None
                self.sums = _sums((doc or {}).get("sums"))
                self.due = _time((doc or {}).get("due"))
                self.written = _written(doc)
                self.seals.asked(doc or {})
            case "came_due":
                self.began_at = _time((doc or {}).get("due"))
            case "ran_now":
                self.ran_now = True
            case "halved":
                self._halved(doc)
            case "decided":
                self.decided = doc
                self._asked_for(doc)
            case "asked_again":
                self.decided, self.approved, self.short = {"needed": 1, **(doc or {})}, False, ""
                self.before = len(self.votes)
                self._asked_for(doc)
            case "approved" if self.needed is not None and len(self.agreed) < self.needed:
                wanted = "vote that was" if self.needed == 1 else f"{self.needed} votes that were"
                self.short = f"it was let go with {len(self.agreed)} of the {wanted} asked for."
            case "vote":
                self._voted(row, doc)
            case "joined":
                self._joined(str(row["actor"]), doc)
            case "left" if self.also is not None:
                self.also.discard(str(row["actor"]))
            case "urgent":
                self.urgent = str(row["actor"])
            case "calmed":
                self.urgent = ""
            case "layer":
                self._layer(doc)
            case "glass_broken":
                self.glass.append(str(row["actor"]))
                self.reviewed = False
            case "review_closed":
                self.reviewed = True
            case _ if event == SEALED:
                self.is_sealed = True
                self.is_shut = self.is_shut or bool((doc or {}).get("all"))
                self.seals.hear(doc or {})
                self.written = self.written or _written(doc)
            case "retried":
                self.ending, self.is_shut = None, False
                self.layers = {n: x for n, x in self.layers.items() if x.get("state") != "failed"}
            case _ if event in NAMED or event in FIXED:
                self.ending = (event, doc)
        if event in NAMED or event in FIXED:
            self.ended_at = row["at"] if isinstance(row["at"], float) else None
            self.ended_in, self.is_sealed = self.entry, False
        self.approved = self.approved or any(word in event for word in _ALLOWS)

    @property
    def agreed(self) -> frozenset[str]:
        """Who said yes since votes were last asked for; with a document that is gone, who voted."""
        return frozenset(vote[0] for vote, has_doc in self.votes[self.before :] if vote[1] is True or not has_doc)

    def is_early(self, now: float) -> bool:
        """Whether it may not have begun at `now`, by when it was asked to begin; a clock may have been set back since
        its time came."""
        is_free = self.due is None or self.ran_now or self.began_at is not None
        return not is_free and now < (self.due or 0.0) - SET_BACK

    @property
    def last_yes(self) -> float | None:
        """When somebody said yes last, in seconds since the epoch; None where nobody has, or it is not known."""
        return max((vote[5] / 1e6 for vote, _ in self.votes[self.before :] if vote[1] is True), default=None)

    def _asked_for(self, doc: Doc | None) -> None:
        """For which votes an entry asks. Those of earlier versions do not say all of it, and pruned ones nothing."""
        known = doc or {}
        needed, of, expires, nth = (known.get(name) for name in ("needed", "of", "expires", "round"))
        self.needed = needed if isinstance(needed, int) else None
        self.of = frozenset(map(str, of)) if isinstance(of, list) else None
        self.expires = float(expires) if isinstance(expires, int | float) else None
        self.barred = None if doc is None else str(known.get("why", "")) if "denied_by" in known else ""
        self.round = nth if isinstance(nth, int) else None

    def _voted(self, row: Row, doc: Doc | None) -> None:
        known = doc or {}
        at = row["at"] if isinstance(row["at"], float) else 0.0
        if known.get("instead_of") == "yes" or doc is None:
            self._take_back(str(row["actor"]), doc)
        said = (known.get("yes"), known.get("reason"), known.get("digest"), known.get("round", 0))
        self.votes.append(((str(row["actor"]), *said, microseconds(at)), doc is not None))
        if doc is not None and known.get("yes") is False:
            self.ending = ("vote", doc)

    def _joined(self, who: str, doc: Doc | None) -> None:
        """Who asks for it too has no vote on it."""
        self.of = None if self.of is None else self.of - {who}
        self.joined.append(who)
        if self.also is not None and self.asked is not None and who != self.asked[0]:
            self.also.add(who)
        if doc is None or doc.get("took_back"):
            self._take_back(who, doc)

    def _take_back(self, who: str, doc: Doc | None) -> None:
        """A no takes the place of the same person's yes; where the document is gone, of what was said in that round."""
        for n in range(len(self.votes) - 1, self.before - 1, -1):
            if self.votes[n][0][0] == who and (doc is None or self.votes[n][0][1] is not False):
                del self.votes[n]
                return

    def _layer(self, doc: Doc | None) -> None:
        position = (doc or {}).get("position")
        if doc is not None and isinstance(position, int):
            self.layers[position] = doc

    def _halved(self, doc: Doc | None) -> None:
        """A call of a layer went on in halves; where that document is gone, its sum is not known any more."""
        known = doc or {}
        position, took, gave = known.get("position"), sums.read(known.get("took")), known.get("gave")
        parts = [sums.read(one) for one in gave] if isinstance(gave, list) else []
        if not isinstance(position, int) or took is None or None in parts:
            self.sums = {}
        elif position in self.sums:
            came = [one for one in parts if one is not None]
            self.sums[position] = sums.added(self.sums[position], came, [took])


def _time(told: object) -> float | None:
    return float(told) if isinstance(told, int | float) else None


def _written(doc: Doc | None) -> list[str] | None:
    told = (doc or {}).get("written")
    return [str(one) for one in told] if isinstance(told, list) else None


def _sums(told: object) -> dict[int, int]:
    read = [sums.read(one) for one in told] if isinstance(told, list) else []
    return {position: one for position, one in enumerate(read) if one is not None}
