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
was to be purged, as in the doctor; `said` quotes the provider, cut to 200 characters and without control characters.
"""

from __future__ import annotations

SAID_MAX = 200
MAYBE_DONE = "It may have been done already: look at the edge, or retry."


class PurgeError(Exception):
    """A call that did not succeed."""

    def __init__(self, what: str, advice: str, said: str = "") -> None:
        self.what = what
        self.advice = advice
        self.cure = advice
        self.said = "".join(c if c.isprintable() else " " for c in said)[:SAID_MAX].strip()
        super().__init__(f'{what} {advice} It said: "{self.said}"' if self.said else f"{what} {advice}")


class Refused(PurgeError):
    """The provider will never take this target; the requester must ask differently."""


class BadCredentials(PurgeError):
    """The provider does not accept who we are; the operator must give the permission named."""


class WrongAddress(PurgeError):
    """A zone, host or address does not exist as configured; the operator must mend the setting named."""


class Throttled(PurgeError):
    """Too many calls; `retry_after` seconds were asked for, None if it did not say."""

    def __init__(self, what: str, advice: str, said: str = "", retry_after: float | None = None) -> None:
        super().__init__(what, advice, said)
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
