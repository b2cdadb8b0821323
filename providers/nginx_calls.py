"""How a wish becomes calls to nginx's purge door: one for each key, of a URL and its variants, or of a wildcard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from providers.calls import Calls
from providers.contract import Call, Kind, Purge, UnsupportedWish
from providers.packing import alike, named

LINE_MAX = 8_100  # bytes of a request line; large_client_header_buffers is 4 of 8k by default


@dataclass(frozen=True, slots=True)
class Door:
    """Where nginx takes purges: below `path`, at NGINX Plus or its purge module, with wildcards or without."""

    path: str
    plus: bool
    wild: bool

    def plan(self, purge: Purge) -> Sequence[Call]:
        """The calls that cover every target. Raises UnsupportedWish."""
        match purge.kind:
            case Kind.URL:
                return self._urls(purge.targets, purge.variants)
            case Kind.EVERYTHING:
                return [call for host in purge.hosts for call in self._wide(purge.kind, (), host)]
            case kind:
                return [call for target in purge.targets for call in self._wide(kind, (target,), target)]

    def _urls(self, urls: Sequence[str], variants: Sequence[Mapping[str, str]]) -> Calls:
        """The variants go first: once the entry that nginx met first is gone, its `Vary` siblings cannot be found."""
        if wild := next((url for url in urls if self.wild and url.endswith("*")), ""):
            raise UnsupportedWish(f"`{wild[:80]}` ends in a star, a wildcard to nginx.", "Name it as a prefix.")
        each, others = alike(urls) if self.plus else (urls, dict[str, str]())
        headers = (*variants, None)

        def make(n: int) -> Call:
            url, variant = each[n // len(headers)], headers[n % len(headers)]
            scheme, _, address = url.partition("://")
            host, slash, path = address.partition("/")
            covered = named(url, others) if variant is None else ()
            return self._call(Kind.URL, covered, "" if self.plus else scheme, host, slash + path, variant)

        for n, url in enumerate(each):
            if len(self.path + url) > LINE_MAX:
                make(n * len(headers))  # which refuses what is too long
        return Calls(len(each) * len(headers), make, {"calls": len(each) * len(headers)})

    def _wide(self, kind: Kind, targets: tuple[str, ...], place: str) -> list[Call]:
        """A wildcard knows no path boundary, so `/news` is three keys: /news, /news/* and /news?*."""
        host, _, path = place.partition("/")
        rests = [f"/{path}*"] if not path or path.endswith("/") else [f"/{path}", f"/{path}/*", f"/{path}?*"]
        schemes = ("",) if self.plus else ("http", "https")
        keys = [(scheme, rest) for rest in rests for scheme in schemes]
        return [self._call(kind, () if n else targets, scheme, host, rest) for n, (scheme, rest) in enumerate(keys)]

    def _call(
        self,
        kind: Kind,
        targets: tuple[str, ...],
        scheme: str,
        host: str,
        rest: str,
        variant: Mapping[str, str] | None = None,
    ) -> Call:
        if len(self.path + rest) > LINE_MAX:
            raise UnsupportedWish(f"`{host}{rest[:60]}…` is too long for one line to nginx.", "Name a shorter prefix.")
        headers = {"Host": host} | ({"X-Purge-Scheme": scheme} if scheme else {}) | dict(variant or {})
        return Call(kind, "PURGE", self.path + rest, targets, (("calls", 1),), tuple(headers.items()))


def door_of(settings: Mapping[str, str]) -> Door:
    """The door that an account's settings describe."""
    plus = settings.get("module") == "plus"
    path = "" if plus else settings.get("door", "/purge").rstrip("/")
    return Door(path, plus, plus or settings.get("wildcards") == "yes")
