"""Values that are likely to be secrets are not shown: those of arguments and headers whose names say so, as `token` in
a query or `Cookie`, signed tokens (JWT) wherever they stand, long ones in a path, and what stands before an @ in a
URL's authority. What is stored, purged and asked for keeps them; what is told of it does not."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

MASK = "•••"
# Names of arguments and headers that are likely to carry a secret; a word of a name counts, as in `access_token`.
_SECRET_WORDS = frozenset(
    ["auth", "authorization", "code", "cookie", "credential", "credentials", "jwt", "key", "passwd", "password", "pwd",
     "secret", "session", "sessionid", "sid", "sig", "signature", "token"]
)  # fmt: skip
_SECRET_ENDS = ("apikey", "password", "secret", "signature", "token")  # of words that are written together
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_ARGUMENT = re.compile(r"""(?<=[?&;#])([A-Za-z0-9_.~%\[\]-]{1,80})=([^&;#\s<>|`"')]+)""")
# JSON in base64, signed or sealed (RFC 7519)
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{6,4000}+(?:\.[A-Za-z0-9_-]{1,4000}){1,4}")
# A part of a path that is long and mixed enough to be no name; shorter behind a word that says so, as /reset/4f2a…
_LONG = re.compile(r"(?<=/)[A-Za-z0-9_~=-]{32,1000}(?![A-Za-z0-9_~=.-])")
_BEHIND_WORD = re.compile(
    r"(?<=/)(activate|auth|confirm|invite|magic|password|reset|secret|session|signature|token|unsubscribe|verify)/"
    r"(?=[A-Za-z_~=]{0,99}[0-9])[A-Za-z0-9_~=]{16,1000}(?![A-Za-z0-9_~=.-])",
    re.IGNORECASE,
)
_DASHES_MAX = 2  # of a token; a title has more
_CREDENTIALS = re.compile(r"""(?:(?<=:[/\\]{2})|(?<=^[/\\]{2})|(?<=\s[/\\]{2}))[^/?#\s<>|`"'\\]{1,400}@""")
_SCHEMES = frozenset(["basic", "bearer", "digest", "negotiate", "token", "apikey", "hmac"])  # of Authorization
_COOKIE_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}")  # RFC 6265, 4.1.1
_MARK = 4  # hex digits, too few to find a value by


def masked(text: str) -> str:
    """`text` with each such value as "•••", wherever a URL stands in it."""
    shown = _CREDENTIALS.sub(f"{MASK}@", text) if "@" in text else text
    shown = _JWT.sub(MASK, shown) if "eyJ" in shown else shown
    shown = _LONG.sub(_unless_a_name, _BEHIND_WORD.sub(rf"\1/{MASK}", shown)) if "/" in shown else shown
    return _ARGUMENT.sub(_hidden, shown) if "=" in shown else shown


def _unless_a_name(found: re.Match[str]) -> str:
    """A mask for a part of a path that has small and capital letters and digits, and not the dashes of a title."""
    part = found[0]
    kinds = (any(c.islower() for c in part), any(c.isupper() for c in part), any(c.isdigit() for c in part))
    return MASK if all(kinds) and part.count("-") <= _DASHES_MAX else part


def without_credentials(url: str) -> str:
    """`url` without what stands before an @ in its authority."""
    return _CREDENTIALS.sub("", url) if "@" in url else url


def header_masked(name: str, value: str) -> str:
    """The value of request header `name` as it may be shown: of a secret one the names of its cookies or its scheme
    alone."""
    if not _is_secret_header(name):
        return value
    if "cookie" in name.lower():
        return "; ".join(map(_cookie, value.split(";")))
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} {MASK}" if blank and scheme.lower() in _SCHEMES else MASK


def header_told(name: str, value: str) -> str:
    """The same, and a mark by which two values can be told apart."""
    shown = header_masked(name, value)
    return shown if shown == value else f"{shown} #{hashlib.sha256(value.encode()).hexdigest()[:_MARK]}"


def secret_in(names: Iterable[str]) -> str:
    """The first of `names` (arguments or headers) that is likely to carry a secret; "" where none is."""
    return next((name for name in names if _is_secret(name)), "")


def _is_secret(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    return any(word in _SECRET_WORDS or word.endswith(_SECRET_ENDS) for word in words)


def _is_secret_header(name: str) -> bool:
    """Whether its value is likely to be a secret: a code in a header's name is a country's or a language's."""
    return bool(secret_in(["-".join(word for word in name.split("-") if word.lower() != "code")]))


def _cookie(pair: str) -> str:
    """One cookie's name; of what has none, such as a bare value in base64, nothing."""
    name, _, value = pair.strip().partition("=")
    return f"{name}={MASK}" if value.strip("=") and _COOKIE_NAME.fullmatch(name) else MASK


def _hidden(found: re.Match[str]) -> str:
    return f"{found[1]}={MASK}" if secret_in([found[1]]) else found[0]
