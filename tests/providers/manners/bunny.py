"""Bunny: a URL is a parameter of the call. It answers without a word, so an empty 2xx is a yes, and an object too."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from providers.contract import Call
from tests.providers.manners import Manner


def _addresses(call: Call) -> set[str]:
    return {url.partition("://")[2] for url in parse_qs(urlsplit(call.path).query)["url"]}


MANNER = Manner(
    _addresses,
    dict.fromkeys(("empty-200", "empty-204", "json-of-another-shape", "not-a-yes")),
    status_page="https://status.bunny.net",
)
