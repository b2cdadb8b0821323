"""Fastly: a URL is the request target itself, behind /purge/."""

from __future__ import annotations

from providers.contract import Call
from tests.providers.manners import Manner


def _addresses(call: Call) -> set[str]:
    return {call.path.removeprefix("/purge/")}


MANNER = Manner(_addresses, status_page="https://www.fastlystatus.com")
