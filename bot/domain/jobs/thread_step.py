"""What a job's thread tells: one step, one line. Cards turn a step into words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Event(StrEnum):
    """What happened to a job."""

    ALLOWED = "allowed"  # by rule `text`
    ASKED = "asked"  # `n` people must agree; `text` is why
    VOTED_YES = "voted_yes"  # by `who`; `text` is a note
    VOTED_NO = "voted_no"  # by `who`, `n` of whose yes are taken back; `text` is the reason
    EXPIRED = "expired"  # only `n` people agreed in time
    ASKED_AGAIN = "asked_again"  # approved, and then `text` kept it from running: `n` people must agree anew
    BARRED = "barred"  # `text`, a no of the policy's, keeps it from running whoever agrees: nobody is asked
    UNCONFIGURED = "unconfigured"  # `text`: as configured now it cannot run; `n`: 1 where it waits for its time
    JUDGED_ANEW = "judged_anew"  # `text` has changed while it waited: `n` people must agree, and older votes are void
    HELD = "held"  # by `who`'s hold, which ends at `seconds`, if not 0: it does not begin before; `text` is why
    HELD_AHEAD = "held_ahead"  # `who` holds the site while it is made; `text`, `seconds` as above; `n` 1: past its time
    LET_GO = "let_go"  # the hold has ended, by `who` or by itself
    GLASS_BROKEN = "glass_broken"  # by `who`: `n` votes were skipped; `text` is why
    REVIEWED = "reviewed"  # by `who`, who closed the review; `text` is the note
    FIRST_PROVEN = "first_proven"  # `text`, which comes first, on the site `layer`; `n`: 1 where votes are missing
    NOT_FIRST = "not_first"  # it is given up, since the one that comes first was not proven; `text` is why
    REFUSED = "refused"  # by the policy, before it began; `text` is why
    SCHEDULED = "scheduled"  # it begins in `seconds`, at the time that `text` says
    CAME_DUE = "came_due"  # its time has come, `seconds` ago
    MISSED = "missed"  # its time passed `seconds` ago, and nobody was there to begin it
    RAN_NOW = "ran_now"  # `who` had it begin, `seconds` before its time; after it where that is less than 0
    LOOKED_BEFORE = "looked_before"  # `text` says what was seen
    JOINED = "joined"  # `who` asks for the same, because `text`; `n` of their yes are taken back
    LEFT = "left"  # `who`, who had joined, asks for it no more, because `text`
    URGENT = "urgent"  # `who` has it go before all others
    CALMED = "calmed"  # it goes before nothing any more, since `who`, who had it so, `text`: left it, or has no right
    PASSED = "passed"  # the urgent job `text` goes before it
    LAYER_BEGUN = "layer_begun"  # `layer`, `n` calls; a second pass `seconds` later, if not 0
    LAYER_DONE = "layer_done"  # `n` calls of `layer` in `seconds`, with some of its `ids`; `text` is its note
    LAYER_STOPPED = "layer_stopped"  # `layer`; `text` is why
    WAITING = "waiting"  # `layer` wants fewer calls: none for `seconds`
    SENT_AGAIN = "sent_again"  # `n` calls of `layer` go once more; `text` is why
    RESUMED = "resumed"  # after a restart; `n` calls were in flight
    UNWATCHED = "unwatched"  # `layer` took its calls and does not say whether they are done; `text` is why
    LOOKED = "looked"  # `text` says what was seen
    ASKED_PERSON = "asked_person"  # the outcome of `layer` is unknown
    CANCELLED = "cancelled"  # by `who`: `n` calls stayed unsent, `flying` were on their way
    RETRIED = "retried"  # by `who`
    CHECKED_AGAIN = "checked_again"  # by `who`, who has the edge looked at anew: looks are counted from one again
    PARKED = "parked"  # runs kept raising; `text` is the last error
    RESTORED = "restored"  # it was open in a backup that was restored, and so was ended
    NOTED = "noted"  # `text`, a sentence of ours on what was asked, or on what a page shows
    ENDED = "ended"  # `text` is the outcome


@dataclass(frozen=True, slots=True)
class Told:
    """One step of a job; which fields count depends on the event."""

    event: Event
    who: str = ""
    layer: str = ""
    n: int = 0
    seconds: float = 0.0
    ids: tuple[str, ...] = ()
    text: str = ""
    again: bool = False  # of a look: made since somebody had it looked at again, from when on they are counted anew
    flying: int = 0  # calls; of what expired, those that had gone before
