"""Who answers at the other end, in the words of its errors: what a person can look at and do when a call did not go.

A cloud service is looked at from outside, by its status page and our own way out; a server of one's own at the server.
Every text must be true where the error is final, on a card of a job that purged other layers before, and in the doctor,
where nothing was to be purged: so none tells that nothing was sent or purged. Whether purgebot
sends a call again is told by the job's thread, never by an adapter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Side:
    """`who` names it, `setting` the configuration key of its address; the others are advice."""

    who: str
    setting: str
    away: str  # it could not be reached
    down: str  # it said that something is wrong there
    lost: str  # its answer did not come, or not whole
    busy: str  # it wants fewer calls


def cloud(who: str, status_page: str, busy: str, setting: str = "api_url") -> Side:
    """A service that somebody else runs, and tells about on `status_page`."""
    return Side(
        who,
        setting,
        away=f"Check this machine's way out (DNS, firewall, proxy), `{setting}`, and {status_page}.",
        down=f"See {status_page} and any proxy on the way; once all is well there, retry.",
        lost=f"If it stays, see {status_page} and any proxy on the way.",
        busy=busy,
    )


def server(who: str, runs: str, look: str, busy: str, setting: str = "url") -> Side:
    """A server of one's own: `runs` says what must be so there, `look` what to look at."""
    return Side(
        who,
        setting,
        away=f"Check that {runs}, the network in between, and `{setting}`.",
        down=f"Look at {look}; then retry.",
        lost=f"If it stays, look at {look}.",
        busy=busy,
    )


def shown(url: str) -> str:
    """Where an address leads, without what may be secret in it."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2] or "an address that is not a URL"
