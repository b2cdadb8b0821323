"""Varnish: a URL is the request itself. What is not a door's own answer comes from no door."""

from __future__ import annotations

from providers.contract import Call
from providers.errors import WrongAddress
from tests.providers.manners import Manner


def _addresses(call: Call) -> set[str]:
    return {dict(call.headers)["Host"] + call.path}


MANNER = Manner(
    _addresses,
    dict.fromkeys(("page-with-400", "page-with-418", "page-with-501"), WrongAddress),
    settings={"url": "http://10.0.0.5:6081", "tags": "xkey"},
)
