"""How a wish becomes Fastly's calls: where each goes, in which headers it says how, and when it is sent again."""

from __future__ import annotations

from collections.abc import Sequence

from providers.calls import Calls
from providers.contract import Call, Capabilities, Kind, Purge, UnsupportedWish
from providers.fastly_limits import SECOND_PASS, SECOND_PASS_EVERYTHING, TAG_MAX, TAGS_ROOM, TARGET_MAX
from providers.packing import alike, named, pack


def calls_of(purge: Purge, can: Capabilities) -> Sequence[Call]:
    """One for each URL, for as many tags as an account's call may hold, or for everything. Raises UnsupportedWish."""
    path, again, headers = f"/service/{purge.layer['service']}", _again(purge), _headers(purge)
    match purge.kind:
        case Kind.URL:
            return _urls(purge, headers, again)
        case Kind.TAG:
            packs = pack(map(_tag, purge.targets), can.per_call[Kind.TAG], TAGS_ROOM, lambda t: len(t) + 1)
            return [
                Call(Kind.TAG, "POST", f"{path}/purge", tags, (("purges", len(tags)),),
                     (("Surrogate-Key", " ".join(tags)), *headers), again_after=again)
                for tags in packs
            ]  # fmt: skip
        case kind:
            return [Call(kind, "POST", f"{path}/purge_all", (), (("api", 1),), headers, again_after=again)]


def _again(purge: Purge) -> float:
    """Seconds until the second pass; none where the service has no shield."""
    if purge.layer.get("shielded") != "yes":
        return 0.0
    after = float(purge.layer.get("second_pass", SECOND_PASS))
    return max(after, SECOND_PASS_EVERYTHING) if after and purge.kind is Kind.EVERYTHING else after


def _headers(purge: Purge) -> tuple[tuple[str, str], ...]:
    """Those that say how to purge, and where. None at all for a hard purge in production."""
    if purge.soft and purge.kind is Kind.EVERYTHING:
        possible = "Purge it hard, or have the origin give all pages one tag and purge that softly."
        raise UnsupportedWish("Fastly cannot purge everything softly.", possible)
    soft = (("Fastly-Soft-Purge", "1"),) if purge.soft else ()
    if purge.layer.get("environment") != "staging":
        return soft
    if purge.kind is Kind.URL:
        raise UnsupportedWish("Fastly's API purges no URLs in staging.", "Name tags or everything.")
    return (*soft, ("Fastly-Purge-Environment", "staging"))


def _urls(purge: Purge, headers: tuple[tuple[str, str], ...], again: float) -> Calls:
    """One call for each object: http and https are one."""
    if long := next((url for url in purge.targets if len(_object(url)) > TARGET_MAX), ""):
        raise UnsupportedWish(f"`{long[:60]}…` is longer than Fastly takes ({TARGET_MAX:,} bytes).", "Purge a tag.")
    each, others = alike(purge.targets)
    cost = (("purges", 1),)

    def make(n: int) -> Call:
        return Call(Kind.URL, "POST", _object(each[n]), named(each[n], others), cost, headers, again_after=again)

    return Calls(len(each), make, {"purges": len(each) * (2 if again else 1)}, again)


def _object(url: str) -> str:
    return f"/purge/{url.partition('://')[2]}"


def _tag(tag: str) -> str:
    if len(tag) > TAG_MAX:
        what = f"`{tag[:80]}` is not a tag: up to {TAG_MAX:,} printable ASCII characters without blanks."
        raise UnsupportedWish(what, "Mend it, or name URLs or everything.")
    return tag
