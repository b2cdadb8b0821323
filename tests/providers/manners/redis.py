"""Redis: a URL is a key, by the template of the blueprint's example. It is not asked over HTTP."""

from __future__ import annotations

from providers.contract import Call
from tests.providers.manners import Manner


def _addresses(call: Call) -> set[str]:
    return {key.removeprefix("page:") for key in call.body.split("\n")}


MANNER = Manner(_addresses, settings={"tags": "tag:{tag}"}, http=False)
