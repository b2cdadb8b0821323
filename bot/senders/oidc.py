"""GitHub Actions' tokens in place of a secret: each says which workflow of which repository runs, signed by GitHub.

    Bearer token ─ its form ─ a configured issuer and audience ─ the issuer's key ─ signature ─ times ─ claims

What strangers send ends before a key is fetched for it, unless it names an issuer and an audience that are configured.
PyJWT reads and verifies; the times are compared here, since it would ask the clock itself.

Source: docs.github.com, actions/reference/security/oidc, read 2026-11-26
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jwt
from jwt.types import Options

from bot.domain.deploys.proven import Unproven, Verified
from bot.senders.keys import IssuerKeys, NoKey
from bot.senders.request import Request
from bot.senders.standard import ID, ID_FORM
from bot.settings.model import OidcSender

AUTHORIZATION = "authorization"
TOKEN_MAX = 8000  # characters; GitHub's have about 1,500
LEEWAY = 60.0  # seconds, for clocks that differ
SECONDS_END = 1e12  # what is later is no time
LIFE_MOST = 86400.0  # seconds from issue to end: a token is remembered for longer than that
_FORM = re.compile(r"[Bb]earer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)")
_TOKEN_ID = re.compile(r"[!-~]{1,200}")
_KEY_ID = re.compile(r"[!-~]{1,200}")
_LEADING_ELSEWHERE = ("jku", "jwk", "x5u", "x5c")  # keys that the token brings itself
_REQUIRED = ("iss", "aud", "exp", "iat", "jti", "repository_id", "repository_owner_id")
_NO_CLOCK: Options = {
    "verify_signature": True,
    "require": [*_REQUIRED],
    "strict_aud": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_sub": False,
    "enforce_minimum_key_length": True,
}


class Forged(Exception):
    """A token that proves nothing; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class _Token:
    """What a token says of itself, unproven."""

    text: str
    key: str  # the id of the key that is said to have signed it
    issuer: str
    audience: str


async def verify(request: Request, now: float, senders: Sequence[OidcSender], keys: IssuerKeys) -> Verified | Unproven:
    """Which sender the token is of, at `now` (seconds since the epoch)."""
    try:
        id = request.one(ID)
        if request.has(ID) and not ID_FORM.fullmatch(id):
            raise Forged(f"{ID} holds odd characters")
        token = _read(request.one(AUTHORIZATION))
        meant = [one for one in senders if (one.issuer, one.audience) == (token.issuer, token.audience)]
        if not meant:
            raise Forged(f"no sender has the issuer {token.issuer[:100]!r} and the audience {token.audience[:100]!r}")
        claims = _proven(token, await keys.key(token.issuer, token.key, now))
        _check_times(claims, now)
        return _verified(claims, meant, id)
    except (Forged, NoKey) as exc:
        return Unproven(str(exc))


def _read(header: str) -> _Token:
    """The token of the header, unproven. Raises Forged."""
    found = _FORM.fullmatch(header)
    if found is None or len(found[1]) > TOKEN_MAX:
        raise Forged("the bearer token is not a JWT of the usual length")
    try:
        head: Mapping[str, object] = jwt.get_unverified_header(found[1])
        body: Mapping[str, object] = jwt.decode(found[1], options={"verify_signature": False})
    except Exception as exc:  # whatever a library says of a token that strangers wrote is a no
        raise Forged(f"the token cannot be read ({type(exc).__name__})") from exc
    if head.get("alg") != "RS256":
        raise Forged(f"the token is signed by {str(head.get('alg'))[:20]!r}, and RS256 alone counts")
    elsewhere = [name for name in _LEADING_ELSEWHERE if name in head]
    if elsewhere:
        raise Forged(f"the token's header holds {elsewhere[0]}")
    key, issuer, audience = head.get("kid"), body.get("iss"), body.get("aud")
    if not isinstance(key, str) or not _KEY_ID.fullmatch(key):
        raise Forged("the token does not name its key")
    if not isinstance(issuer, str) or not isinstance(audience, str):
        raise Forged("the token does not name one issuer and one audience")
    return _Token(found[1], key, issuer, audience)


def _proven(token: _Token, key: jwt.PyJWK) -> Mapping[str, object]:
    """The claims, once the signature is found to be that of `key`. Raises Forged."""
    try:
        claims: Mapping[str, object] = jwt.decode(
            token.text, key, algorithms=["RS256"], audience=token.audience, issuer=token.issuer, options=_NO_CLOCK
        )
    except Exception as exc:  # as above
        raise Forged(f"the token is not good: {exc}") from exc
    return claims


def _check_times(claims: Mapping[str, object], now: float) -> None:
    """Nothing, if the token counts at `now`. Raises Forged."""
    begins, issued, ends = (_seconds(claims, name) for name in ("nbf", "iat", "exp"))
    if issued is None or ends is None or (begins is None and "nbf" in claims):
        raise Forged("the token's times are not numbers")
    if ends - issued > LIFE_MOST:
        raise Forged(f"the token counts for {ends - issued:.0f} s, and {LIFE_MOST:.0f} s are taken")
    if now - LEEWAY >= ends:
        raise Forged(f"the token ended {now - ends:.0f} s ago")
    if max(issued, begins or issued) > now + LEEWAY:
        raise Forged(f"the token begins in {max(issued, begins or issued) - now:.0f} s")


def _seconds(claims: Mapping[str, object], name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < SECONDS_END else None


def _verified(claims: Mapping[str, object], senders: Sequence[OidcSender], id: str) -> Verified:
    """The first sender whose claims these are. Raises Forged."""
    token_id, issued = claims.get("jti"), _seconds(claims, "iat")
    if not isinstance(token_id, str) or not _TOKEN_ID.fullmatch(token_id):
        raise Forged("the token has no id of the usual form")
    troubles = {sender.name: _differing(claims, sender) for sender in senders}
    sender = next((one for one in senders if not troubles[one.name]), None)
    if sender is None:
        said = "; ".join(f"{name} has another {trouble}" for name, trouble in troubles.items())
        raise Forged(f"the token is good, and no sender's: {said}")
    key = f"oidc {sender.name} {id or token_id}"
    return Verified(sender.name, sender.sites, key, "oidc", issued, f"oidc {sender.issuer} {token_id}")


def _differing(claims: Mapping[str, object], sender: OidcSender) -> str:
    """The first claim that is not the sender's; "" where all are."""
    wanted = {
        "repository_id": sender.repository_id,
        "repository_owner_id": sender.repository_owner_id,
        "job_workflow_ref": sender.workflow,
        "ref": sender.ref,
        "environment": sender.environment,
    }
    return next((name for name, value in wanted.items() if value and claims.get(name) != value), "")
