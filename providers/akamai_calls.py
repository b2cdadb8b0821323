"""How a wish becomes Akamai's calls: what stands in their paths and bodies, and how many objects go into one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from providers.adapter import JSON
from providers.akamai_limits import BUCKETS, FRAME, TAG_MAX
from providers.contract import Call, Capabilities, Kind, Purge, UnsupportedWish
from providers.packing import pack

API = "/ccu/v3"
NETWORKS = ("production", "staging")
WORDS = {Kind.URL: "url", Kind.TAG: "tag", Kind.EVERYTHING: "cpcode"}
CPCODES = "[0-9]{1,12}( *, *[0-9]{1,12})*"
SIGNS = "& ' ^ - $ ! ` # % . + ~ _ | /"
_TAG = re.compile(r"[A-Za-z0-9&'^$!`#%.+~_|/-]+")  # https://techdocs.akamai.com/purge-cache/docs/assign-cache-tags


def calls_of(purge: Purge, can: Capabilities, switch: str) -> Sequence[Call]:
    """The fewest calls that cover every target; `switch` ends their paths and names another account where one is
    managed. Raises UnsupportedWish."""
    kind, network = purge.kind, purge.layer.get("network", NETWORKS[0])
    if kind is Kind.TAG:
        _must_be_tags(purge.targets)
    entries = {target: json.dumps(target) for target in purge.targets}
    if kind is Kind.EVERYTHING:
        entries = {code: code for code in _cpcodes(purge.layer)}
    path = f"{API}/{'invalidate' if purge.soft else 'delete'}/{WORDS[kind]}/{network}{switch}"
    room = can.max_bytes - FRAME - len(switch)
    packs = pack(entries, can.per_call[kind], room, lambda target: len(entries[target]) + 1)
    return [_call(kind, path, targets, entries) for targets in packs]


def _cpcodes(layer: Mapping[str, str]) -> list[str]:
    given = layer.get("cpcodes", "")
    if not given:
        what = "Akamai has no call for everything, and this layer names no CP codes."
        raise UnsupportedWish(what, "Set `cpcodes` to those that hold the site, or name URLs or tags.")
    return [str(int(code)) for code in given.split(",")]


def _call(kind: Kind, path: str, targets: tuple[str, ...], entries: Mapping[str, str]) -> Call:
    body = f'{{"objects":[{",".join(entries[target] for target in targets)}]}}'
    cost = (("requests", 1), (BUCKETS[kind], len(targets)))
    return Call(kind, "POST", path, () if kind is Kind.EVERYTHING else targets, cost, JSON, body)


def _must_be_tags(tags: Sequence[str]) -> None:
    for tag in tags:
        if len(tag) > TAG_MAX or not _TAG.fullmatch(tag):
            what = f"`{tag[:80]}` is not a tag of Akamai's: at most {TAG_MAX} letters, digits and {SIGNS}."
            raise UnsupportedWish(what, "Mend it, or name something wider.")
