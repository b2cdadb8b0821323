"""The limits of nginx's purge doors as data."""

from __future__ import annotations

from providers.contract import Account, Capabilities, Copies, Kind, Pace
from providers.pacing import paces_of

MAX_BYTES = 16_384  # of target and headers
PACES = {
    "calls": Pace(200, 1, 200, "calls", source="ours: nginx has no limit, this is kind to a small one"),
}
WIDE = frozenset({Kind.PREFIX, Kind.HOST, Kind.EVERYTHING})
NEWER = "Name the URLs; with module 3.0 or newer set `wildcards: yes`, on the same machine `cache_dir`."


SIBLINGS = (  # docs/providers/nginx.md, seen with 1.22.1 and module 2.3
    "nginx finds copies that vary through the one that it met first, and goes by the others: purge by files"
    " (`cache_dir`), or have `cache_purge_vary_aware on` (module 3.0), the encoding in the key, or"
    ' `proxy_set_header Accept-Encoding ""`'
)


def can_of(account: Account, plus: bool, wild: bool) -> Capabilities:
    """What an account can do, by its own pace, at NGINX Plus and where wildcards are known."""
    kinds = WIDE | {Kind.URL} if wild else frozenset({Kind.URL})
    return Capabilities(
        kinds=kinds,
        soft=frozenset(),
        per_call={**dict.fromkeys(kinds, 1), **({Kind.URL: 2} if plus else {})},
        max_bytes=MAX_BYTES,
        pace=paces_of(PACES, account.pace),
        of_hosts=frozenset({Kind.EVERYTHING}),
        instead={} if wild else dict.fromkeys(WIDE, NEWER),
        takes=Copies.NAMED,
        siblings=SIBLINGS,
    )
