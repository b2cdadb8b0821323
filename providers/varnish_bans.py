"""Bans as values: which objects go, said over a VCL door or as a line of the management port.

Only obj.* fields are compared, which the shipped VCL sets: such bans are worked off in the background
(https://varnish-cache.org/docs/7.1/users-guide/purging.html, checked 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from providers.contract import Call, Kind, Purge, UnsupportedWish
from providers.packing import alike, named, pack

LINE_MAX = 8_100  # bytes of a request line or header; Varnish's http_req_hdr_len is 8,192 by default, measured on 7.1.1
COMMAND_MAX = 16_000  # bytes of a line to the management port; 7.1.1 took as many, measured
TAGS_A_BAN = 20  # more alternatives bring a ban nearer to PCRE's match limit, where 7.1 panics
COMMAND = "CLI"  # the method of a call that goes to the management port
COST = (("calls", 1),)


@dataclass(frozen=True, slots=True)
class Ban:
    """Objects of these hosts whose URL, or whose header `field`, matches `regex`."""

    kind: Kind
    targets: tuple[str, ...]
    hosts: tuple[str, ...]
    regex: str
    field: str = ""

    def at_a_door(self) -> Call:
        """`BAN /` as purgebot.vcl reads it. A door that knows no tags refuses one, since X-Ban-Url is missing."""
        host = host_regex(self.hosts)
        what = [("X-Ban-Tag-Header", self.field), ("X-Ban-Tag", self.regex)] if self.field else []
        headers = (("Host", self.hosts[0]), ("X-Ban-Host", host), *(what or [("X-Ban-Url", self.regex)]))
        self._check(max(len(host), len(self.regex)), LINE_MAX)
        return Call(self.kind, "BAN", "/", self.targets, COST, headers)

    def as_a_command(self) -> Call:
        """One line of the management port."""
        field = f"obj.http.{self.field or 'x-url'}"
        line = f"ban obj.http.x-host ~ {quoted(host_regex(self.hosts))} && {field} ~ {quoted(self.regex)}"
        self._check(len(line), COMMAND_MAX)
        return Call(self.kind, COMMAND, line, self.targets, COST)

    def _check(self, size: int, most: int) -> None:
        if size > most:
            raise too_long(self.targets)


def bans_of(purge: Purge, field: str, tags: int) -> Iterator[Ban]:
    """The bans that cover every target once; tags, so many a ban, are looked for in header `field`.
    Raises UnsupportedWish."""
    kind, targets = purge.kind, purge.targets
    match kind:
        case Kind.URL:
            urls, others = alike(targets)
            for url in urls:
                host, rest = taken_apart(url)
                yield Ban(kind, named(url, others), (host,), f"^{escaped(rest)}$")
        case Kind.PREFIX:
            yield from (Ban(kind, (t,), (_host(t),), below(_rest(t))) for t in targets)
        case Kind.PATTERN:
            yield from (Ban(kind, (t,), (_host(t),), like(_rest(t))) for t in targets)
        case Kind.TAG:
            yield from _of_tags(pack(targets, tags, LINE_MAX // 2, _length), _packed(purge.hosts), field)
        case Kind.HOST:
            yield from (Ban(kind, (t,), (t,), below("/")) for t in targets)
        case _:
            yield from (Ban(kind, (), hosts, below("/")) for hosts in _packed(purge.hosts))


def _of_tags(tags: Sequence[tuple[str, ...]], hosts: Sequence[tuple[str, ...]], field: str) -> Iterator[Ban]:
    for some in tags:
        for n, pack_of_hosts in enumerate(hosts):
            yield Ban(Kind.TAG, () if n else some, pack_of_hosts, tagged(some), field)


def taken_apart(url: str) -> tuple[str, str]:
    """Host and the rest of a URL."""
    host, slash, rest = url.partition("://")[2].partition("/")
    return host, slash + rest


def below(prefix: str) -> str:
    """The regex of what lies under `prefix`, at path boundaries: `/news` is /news, /news/… and /news?…."""
    return f"^{escaped(prefix)}" if prefix.endswith("/") else f"^{escaped(prefix)}([/?]|$)"


def like(pattern: str) -> str:
    """The regex of what a pattern with stars names. A pattern without `?` covers every query string.

    Between two stars the first match is kept (an atomic group), so a long URL costs linear time: where a ban runs into
    PCRE's match limit, Varnish 7.1 panics and loses its cache (`^/.*a.*a.*a.*b$` on 8,000 a's, measured)."""
    head, *middle, tail = pattern.split("*")
    steps = "".join(f"(?>.*?{escaped(part)})" for part in middle if part)
    end = "" if not tail else f".*{escaped(tail)}$" if "?" in pattern else rf".*{escaped(tail)}(\?|$)"
    return f"^{escaped(head)}{steps}{end}"


def tagged(tags: Sequence[str]) -> str:
    """The regex of a header that lists one of these tags whole, between commas or blanks. Raises UnsupportedWish."""
    for tag in tags:
        if "," in tag:
            raise UnsupportedWish(f"`{tag[:80]}` is two tags: a comma parts them.", "Name them one by one.")
    return rf"(?<![^,\s])({'|'.join(escaped(tag) for tag in tags)})(?![^,\s])"


def host_regex(hosts: Sequence[str]) -> str:
    """These hosts, whatever port a visitor wrote."""
    return f"^({'|'.join(escaped(host) for host in hosts)})(:[0-9]+)?$"


def escaped(text: str) -> str:
    """`text` as PCRE inside a ban, which a quote would end."""
    return re.sub(r"[^A-Za-z0-9/_%&=~,:;@<>!-]", r"\\\g<0>", text).replace('\\"', r"\x22")


def quoted(regex: str) -> str:
    """A regex as one word of the management port, which eats a backslash of each pair and ends a word at a quote."""
    return '"' + regex.replace("\\", r"\\").replace('"', r"\"") + '"'


def too_long(targets: Sequence[str]) -> UnsupportedWish:
    """What does not fit a line."""
    what = f"`{''.join(targets)[:60]}…` is too long for one line to Varnish."
    return UnsupportedWish(what, "Name a shorter prefix, or the host.")


def _packed(hosts: Sequence[str]) -> list[tuple[str, ...]]:
    return pack(hosts, len(hosts), LINE_MAX - 100, _length)


def _length(text: str) -> int:
    return len(escaped(text)) + 1


def _host(target: str) -> str:
    return target.partition("/")[0]


def _rest(target: str) -> str:
    return target[len(_host(target)) :] or "/"
