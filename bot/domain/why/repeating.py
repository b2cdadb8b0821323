"""The shell line that shows evidence again: each request as it was asked, at each place that counts."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.domain.answers.answer import PLAIN, Asked
from bot.domain.answers.devices import as_device
from bot.domain.masking import MASK, header_masked
from bot.domain.proof.variants import ENCODING
from bot.domain.resolvers import address_of
from bot.domain.why.case import Case, Resolved
from bot.domain.why.spots import Spot, Tier

HEADERS, BYTES, HASHED = "curl -sS -o /dev/null -D -", "curl -sS --compressed", " | sha256sum"
TIMES = "1 2 3 4"
ORIGIN_STANDS_FOR = "`ORIGIN:PORT` stands for the origin's own address, which is not shown here"
MASK_STANDS_FOR = f"`{MASK}` stands for a value that may be a secret"
_GLOBS = frozenset("[]{}")
_AT = '"${at#*=}"'  # what stands behind the place's name


class _By(StrEnum):
    """How a place is reached."""

    CONNECT = "--connect-to"  # its address, with Host and SNI of the URL
    HOST = "Host"  # its address of another scheme, with the URL's Host
    RESOLVE = "--resolve"  # where DNS led
    NAME = "name"  # wherever DNS leads


def shown_again(
    case: Case, spots: Sequence[Spot], asked: Asked = PLAIN, *, several: bool = False, by_bytes: bool = False
) -> str:
    """A line for a shell that asks each of `spots` for the page as `asked`; `several` times, which tells answers apart
    by their bytes, as `by_bytes` does. The origin's own address stays out of it, since whoever has that goes round the
    CDN, and so do secrets in headers."""
    as_written = ["-g"] if _GLOBS & {*case.url} else []
    base = " ".join([BYTES if several or by_bytes else HEADERS, *as_written, *_sent(asked)])
    end, reached = HASHED if several or by_bytes else "", [(spot, *_reached(case, spot)) for spot in spots]
    if len(spots) > 1 and len({by for _, by, _ in reached}) == 1 and reached[0][1] in (_By.CONNECT, _By.HOST):
        places = " ".join(shlex.quote(f"{spot.name}={at}") for spot, _, at in reached)
        line = _times(_line(case, base, reached[0][1], _AT) + end, several)
        return f'for at in {places}; do echo "${{at%%=*}}"; {line}; done'
    lines = dict.fromkeys(_line(case, base, by, shlex.quote(at)) for _, by, at in reached)
    return "; ".join(_times(line + end, several) for line in lines)


def _times(line: str, several: bool) -> str:
    return f"for n in {TIMES}; do {line}; done" if several else line


def _sent(asked: Asked) -> list[str]:
    """What is sent beyond what curl sends by itself; a plain visitor takes gzip."""
    is_encoded = any(name.lower() == ENCODING.lower() for name, _ in asked)
    every = as_device(asked) if is_encoded else ((ENCODING, "gzip"), *as_device(asked))
    return [f"-H {shlex.quote(f'{name}: {header_masked(name, value)}')}" for name, value in every]


def _reached(case: Case, spot: Spot) -> tuple[_By, str]:
    """How a place is reached, and at what address."""
    if spot.tier is Tier.ORIGIN:
        return _By.CONNECT, "ORIGIN:PORT"
    page, address = urlsplit(case.url), case.site.edges.get(spot.name, "")
    dialled = urlsplit(address)
    if address and dialled.scheme == page.scheme:
        return _By.CONNECT, f"{_bracketed(dialled.hostname or '')}:{dialled.port or _port(dialled.scheme)}"
    if address:
        return _By.HOST, address.rstrip("/")
    if answered := spot.last.answer.dialled:
        return _By.RESOLVE, f"{page.hostname}:{page.port or _port(page.scheme)}:{_bracketed(answered)}"
    return _By.NAME, ""


def _line(case: Case, base: str, by: _By, at: str) -> str:
    page = urlsplit(case.url)
    match by:
        case _By.CONNECT:
            return f"{base} --connect-to ::{at} {shlex.quote(case.url)}"
        case _By.HOST:
            path = f"{page.path or '/'}{f'?{page.query}' if page.query else ''}"
            return f"{base} -H {shlex.quote(f'Host: {page.netloc}')} {at}{shlex.quote(path)}"
        case _By.RESOLVE:
            return f"{base} --resolve {at} {shlex.quote(case.url)}"
        case _By.NAME:
            return f"{base} {shlex.quote(case.url)}"


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _bracketed(host: str) -> str:
    try:
        return f"[{host}]" if ip_address(host).version == 6 else host
    except ValueError:
        return host


def led_again(case: Case, told: Sequence[Resolved]) -> str:
    """A line that asks each resolver where the host leads."""
    host = urlsplit(case.url).hostname or ""
    return "; ".join(f"dig +noall +answer{_at(one.resolver)} {shlex.quote(host)}" for one in told)


def _at(resolver: str) -> str:
    """Which resolver is asked; the machine's own where it is no address."""
    found = address_of(resolver)
    return f" @{found[0]} -p {found[1]}" if found is not None else ""


def stands_for(line: str) -> tuple[str, ...]:
    """What the words in a line mean that nobody can type."""
    return (
        *([ORIGIN_STANDS_FOR] if "::ORIGIN:PORT" in line else []),
        *([MASK_STANDS_FOR] if MASK in line else []),
    )
