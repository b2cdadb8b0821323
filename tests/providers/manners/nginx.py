"""nginx by its files: a call's body holds keys. Its door is held by test_nginx, to every fault that there is."""

from __future__ import annotations

from providers.contract import Call
from tests.providers.manners import Manner


def _addresses(call: Call) -> set[str]:
    return {key.partition("://")[2] for key in call.body.split("\n")}


MANNER = Manner(
    _addresses,
    settings={"cache_dir": "/var/cache/nginx/shop", "key": "$scheme://$host$request_uri"},
    http=False,
)
