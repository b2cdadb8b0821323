"""What can go wrong with a call, named by who must act.

    PurgeError
    ├── Refused            the requester: this target cannot be purged as asked
    ├── BadCredentials     the operator: which permission is missing
    ├── WrongAddress       the operator: which setting is wrong
    ├── Throttled          who shares the account: it has no more to give for now
    ├── Unavailable        who runs it, or the network: nothing was sent or taken
    ├── OutcomeUnknown     who runs it: sent, but the answer was lost, and a repeat may do it twice
    └── Unexpected         the maintainer: the provider said something new

Whether a call is sent again is decided by the class, never by the text. `what` says what happened and to what; `advice`
what a person can do once nothing is sent again, since it ends on cards that are final; `cure` the same where nothing
was to be purged, as in the doctor; `said` is the provider's own words or empty, cut to 200 characters and without
control characters. What our own libraries say, and what somebody else says in the provider's place, is never in it.
"""

from __future__ import annotations

import re

SAID_MAX = 200
MAYBE_DONE = "It may have been done already: look at the edge, or retry."


class PurgeError(Exception):
    """A call that did not succeed."""

    def __init__(self, what: str, advice: str, said: str = "") -> None:
        self.what = what
        self.advice = advice
        self.cure = advice
        self.said = cleaned(said)
        super().__init__(what, advice, said)

    def __str__(self) -> str:
        return f"{self.what} {self.advice} {self.quoted}".rstrip()

    @property
    def quoted(self) -> str:
        """What was said, as a sentence; empty where nothing was."""
        end = "" if self.said.endswith((".", "!", "?")) else "."
        return f'It said: "{self.said}"{end}' if self.said else ""


def cleaned(said: str) -> str:
    """Words of others as they may stand in an error: printable, and not too many."""
    return "".join(c if c.isprintable() else " " for c in said)[:SAID_MAX].strip()


class Refused(PurgeError):
    """The provider will never take this target; the requester must ask differently."""


class BadCredentials(PurgeError):
    """The provider does not accept who we are; the operator must give the permission named."""


class WrongAddress(PurgeError):
    """A zone, host or address does not exist as configured; the operator must mend the setting named."""


class Throttled(PurgeError):
    """Too many calls; `retry_after` seconds were asked for, None if it did not say. Its `cure` tells nobody to retry:
    jobs wait by themselves."""

    def __init__(self, what: str, advice: str, said: str = "", retry_after: float | None = None) -> None:
        super().__init__(what, advice, said)
        self.cure = " ".join(one for one in re.split(r"(?<=[.]) ", advice) if "retry" not in one.lower())
        self.retry_after = retry_after


class Unavailable(PurgeError):
    """Nothing was sent or nothing was taken; sending again is safe and may help."""


class OutcomeUnknown(PurgeError):
    """The request went out and its answer was lost; `cure` is what to look at if that stays so."""

    def __init__(self, what: str, cure: str, said: str = "") -> None:
        super().__init__(what, f"{MAYBE_DONE} {cure}", said)
        self.cure = cure


class Unexpected(PurgeError):
    """The provider answered something this adapter does not know."""
