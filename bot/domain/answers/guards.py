"""Firewalls that answer in a page's place: by their own word, or by the mark that they leave on a refusal or an error.

What asks a visitor for a proof of being no robot says so itself, read 2026-11:
https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-actions.html
What Cloudflare says of hosts that it gets no answer from (520 to 530) is in
https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.answers.answer import Answer
from bot.domain.answers.marks import TITLES, marks_on

CHALLENGES = "asks for a proof of being no robot"
MAY_REFUSE = "may have refused this machine"
MAY_BE_ITS_OWN = "may have answered that itself"
_CHALLENGES = {"cf-mitigated": ("Cloudflare", "challenge"), "x-amzn-waf-action": ("AWS WAF", "challenge", "captcha")}
_REFUSALS = frozenset({403, 406, 429, 503})
_FIREWALLS = {"x-iinfo": "imperva", "x-sucuri-id": "sucuri"}  # on each answer that came through, their own too
_REFUSES = {"akamaighost": "Akamai"}  # names itself in Server where it answers by itself
FRONTS = ("cloudflare",)  # CDNs that answer for their firewall, too, and mark each answer alike
UNREACHED = frozenset({*range(520, 528), 530})  # Cloudflare's, of a host behind it that does not answer well


@dataclass(frozen=True, slots=True)
class Guard:
    """A firewall that answered in the page's place, or may have: whose it is, the header line that shows it, and the
    status. One that asks for no proof, `is_challenge`, may only have refused this machine, or handed on an error."""

    title: str
    line: str
    status: int
    is_challenge: bool = True

    @property
    def did(self) -> str:
        """ "asks for a proof of being no robot"."""
        if self.is_challenge:
            return CHALLENGES
        return MAY_REFUSE if self.status in _REFUSALS else MAY_BE_ITS_OWN

    @property
    def told(self) -> str:
        """ "Cloudflare's firewall asks for a proof of being no robot"."""
        return f"{firewall_of(self.title)} {self.did}"

    @property
    def beside(self) -> str:
        """What stands after its status: ", by which Akamai's firewall may have refused this machine"."""
        return f", and {self.told}" if self.did == MAY_BE_ITS_OWN else f", by which {self.told}"


def firewall_of(title: str) -> str:
    """How the firewall of who is called so is named."""
    return title if "firewall" in title or "WAF" in title else f"{title}'s firewall"


def challenge_on(answer: Answer) -> Guard | None:
    """The firewall that says of this answer that it asks for a proof of being no robot."""
    for header, (title, *words) in _CHALLENGES.items():
        if answer.says(header).strip().lower() in words:
            return Guard(title, f"{header}: {answer.says(header)}", answer.status)
    return None


def refusal_on(answer: Answer) -> Guard | None:
    """The firewall that may have refused this machine, or have answered with an error of its own: the answer is such a
    one, and carries its mark."""
    if not _is_no_page(answer.status):
        return None
    if header := next((name for name in _FIREWALLS if answer.lines(name)), ""):
        title, line = TITLES[_FIREWALLS[header]], f"{header}: {answer.says(header)[:100]}"
        return Guard(title, line, answer.status, is_challenge=False)
    server = answer.says("server")
    title = _REFUSES.get(server.lower(), "") if answer.status in _REFUSALS else ""
    return Guard(title, f"server: {server}", answer.status, is_challenge=False) if title else None


def guard_on(answer: Answer) -> Guard | None:
    """The firewall that answered in the page's place, or may have."""
    return challenge_on(answer) or refusal_on(answer)


def guard_before_origin(answer: Answer) -> Guard | None:
    """The firewall that answered in the origin's place, or may have: one of a CDN too, through which nobody asks an
    origin that is named by an address of its own."""
    if (guard := guard_on(answer)) is not None or not _is_no_page(answer.status) or answer.status in UNREACHED:
        return guard
    marks = marks_on(answer)
    who = next((who for who in FRONTS if who in marks), "")
    return Guard(TITLES[who], marks[who][:100], answer.status, is_challenge=False) if who else None


def _is_no_page(status: int) -> bool:
    return status in _REFUSALS or status >= 500
