"""The shell line that shows evidence again: one request, as it was asked."""

from __future__ import annotations

import shlex
from urllib.parse import urlsplit

from bot.domain.answer import PLAIN, Asked
from bot.domain.look import ORIGIN
from bot.domain.masking import header_masked
from bot.domain.why.case import Case

_QUIET = "curl -s -o /dev/null -D -"


def shown_again(case: Case, place: str, asked: Asked = PLAIN, *, several: bool = False) -> str:
    """A line for a shell that asks `place` for the page as `asked`; `several` tells answers apart by their bytes. The
    origin's own address stays out of it, since whoever has that goes round the CDN, and so do secrets in headers."""
    address = case.site.edges.get(place, "")
    page, dialled = urlsplit(case.url), urlsplit(address)
    headers = [f"-H {shlex.quote(f'{name}: {header_masked(name, value)}')}" for name, value in asked]
    target = case.url
    if place == ORIGIN:
        headers.append("--connect-to ::ORIGIN:PORT")
    elif address and dialled.scheme == page.scheme:
        port = dialled.port or {"https": 443}.get(dialled.scheme, 80)
        headers.append(f"--connect-to ::{dialled.hostname}:{port}")
    elif address:
        headers.append(f"-H {shlex.quote(f'Host: {page.netloc}')}")
        target = f"{address.rstrip('/')}{page.path}{f'?{page.query}' if page.query else ''}"
    line = " ".join((_QUIET if not several else "curl -s --compressed", *headers, shlex.quote(target)))
    return f"for n in 1 2 3 4; do {line} | sha256sum; done" if several else line
