"""Tokens of GitHub Actions: what is proven, every forgery we know of, and how keys are fetched and kept."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace

import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bot.domain.deploys.proven import Unproven, Verified
from bot.senders import Senders
from bot.settings import Deploys, OidcSender
from tests.edge.loopback import answer
from tests.senders.issuer import AUDIENCE, NOW, Issuer, issuing, public, rsa_key

WORKFLOW = "octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main"
SHOP = frozenset({"shop"})
BODY = b'{"site": "shop"}'


def sender(issuer: Issuer, **more: str) -> OidcSender:
    return OidcSender(
        more.get("name", "actions"),
        more.get("audience", AUDIENCE),
        more.get("repository_id", "74"),
        more.get("repository_owner_id", "65"),
        SHOP,
        more.get("workflow", WORKFLOW),
        more.get("ref", "refs/heads/main"),
        more.get("environment", "prod"),
        issuer.url,
    )


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as found:
        yield found


@pytest_asyncio.fixture
async def senders(issuer: Issuer) -> AsyncIterator[Senders]:
    found = Senders(Deploys(oidc=(sender(issuer),)))
    yield found
    await found.close()


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in more.items()}}


def proven(issuer: Issuer, key: str = "example-id", jti: str = "example-id", name: str = "actions") -> Verified:
    return Verified(name, SHOP, f"oidc {name} {key}", "oidc", 1632493567.0, f"oidc {issuer.url} {jti}")


async def test_a_token_proves_its_workflow(senders: Senders, issuer: Issuer) -> None:
    found = await senders.verify(bearer(issuer.token()), BODY, NOW)
    assert (proven(issuer), True) == (found, proven(issuer).once)


async def test_a_token_with_an_id_has_that_as_its_key_and_itself_as_its_proof(senders: Senders, issuer: Issuer) -> None:
    found = await senders.verify(bearer(issuer.token(jti="j1"), webhook_id="run-7"), BODY, NOW)
    assert proven(issuer, "run-7", "j1") == found


async def test_an_odd_id_proves_nothing(senders: Senders, issuer: Issuer) -> None:
    found = await senders.verify(bearer(issuer.token(), webhook_id="a b"), BODY, NOW)
    assert Unproven("webhook-id holds odd characters") == found


async def test_a_token_without_nbf_counts(senders: Senders, issuer: Issuer) -> None:
    assert proven(issuer) == await senders.verify(bearer(issuer.token(nbf=None)), BODY, NOW)


async def test_what_is_not_configured_may_be_anything(issuer: Issuer) -> None:
    senders = Senders(Deploys(oidc=(sender(issuer, workflow="", ref="", environment=""),)))
    found = await senders.verify(bearer(issuer.token(ref="refs/heads/x", environment=None)), BODY, NOW)
    await senders.close()
    assert proven(issuer) == found


async def test_the_first_sender_that_fits_counts(issuer: Issuer) -> None:
    names = {"staging": "staging", "prod": "prod", "any": ""}
    listed = tuple(sender(issuer, name=name, environment=value) for name, value in names.items())
    senders = Senders(Deploys(oidc=listed))
    found = [
        await senders.verify(bearer(issuer.token(environment=value)), BODY, NOW) for value in ("prod", "staging", "x")
    ]
    await senders.close()
    assert [proven(issuer, name=name) for name in ("prod", "staging", "any")] == found


TIMES = {"at its end, with a minute for clocks": 1632493926.9, "a minute before its issue": 1632493507.0}


@pytest.mark.parametrize("now", TIMES.values(), ids=TIMES)
async def test_clocks_may_differ_by_a_minute(now: float, senders: Senders, issuer: Issuer) -> None:
    assert proven(issuer) == await senders.verify(bearer(issuer.token()), BODY, now)


def part(value: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned(issuer: Issuer, algorithm: str, signature: str = "") -> str:
    return f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': 'first'})}.{part(issuer.claims())}.{signature}"


def confused(issuer: Issuer) -> str:
    """Signed by HMAC with the public key as its secret."""
    head = part({"alg": "HS256", "typ": "JWT", "kid": "first"})
    content = f"{head}.{part(issuer.claims())}"
    secret = rsa_key("first").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = hmac.new(secret, content.encode(), hashlib.sha256).digest()
    return f"{content}.{base64.urlsafe_b64encode(signed).decode().rstrip('=')}"


def stitched(issuer: Issuer) -> str:
    """Another token's claims under this one's signature."""
    head, _, signature = issuer.token().split(".")
    return f"{head}.{part(issuer.claims(repository_id='75'))}.{signature}"


def by(algorithm: str) -> Callable[[Issuer], str]:
    return lambda issuer: jwt.encode(issuer.claims(), rsa_key("first"), algorithm=algorithm, headers={"kid": "first"})


def with_claims(**more: object) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.signed("first", {}, more)


def with_head(**more: object) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.token("thief", {"kid": "first", **more})


def differs(claim: str) -> str:
    return f"the token is good, and no sender's: actions has another {claim}"


NOT_A_TOKEN = "the bearer token is not a JWT of the usual length"
BAD_SIGNATURE = "the token is not good: Signature verification failed"
NOBODY = "no sender has the issuer {url!r} and the audience "
FORGED: dict[str, tuple[Callable[[Issuer], str], str]] = {
    "no algorithm": (lambda issuer: unsigned(issuer, "none"), "the token is signed by 'none', and RS256 alone counts"),
    "None": (lambda issuer: unsigned(issuer, "None", "AAAA"), "the token is signed by 'None', and RS256 alone counts"),
    "HS256 with the public key": (confused, "the token is signed by 'HS256', and RS256 alone counts"),
    "RS512": (by("RS512"), "the token is signed by 'RS512', and RS256 alone counts"),
    "PS256": (by("PS256"), "the token is signed by 'PS256', and RS256 alone counts"),
    "no signature": (lambda issuer: unsigned(issuer, "RS256"), BAD_SIGNATURE),
    "a thief's key under this name": (with_head(), BAD_SIGNATURE),
    "claims of another token": (stitched, BAD_SIGNATURE),
    "another key": (lambda issuer: issuer.token("thief"), "{url} has no key 'thief'"),
    "no key": (with_head(kid=""), "the token does not name its key"),
    "a key's address": (with_head(jku="http://127.0.0.1:1/keys"), "the token's header holds jku"),
    "its own key": (lambda issuer: with_head(jwk=public("thief"))(issuer), "the token's header holds jwk"),
    "its own certificate": (with_head(x5c=["AAAA"]), "the token's header holds x5c"),
    "what nobody knows": (with_head(crit=["exp"]), "the token cannot be read (InvalidTokenError)"),
    "what somebody knows": (
        lambda issuer: f"{part({'alg': 'RS256', 'kid': 'first', 'crit': ['b64']})}.{part(issuer.claims())}.AAAA",
        "the token cannot be read (InvalidTokenError)",
    ),
    "another audience": (with_claims(aud="https://else.test"), f"{NOBODY}'https://else.test'"),
    "a longer audience": (with_claims(aud=f"{AUDIENCE}.evil"), f"{NOBODY}'{AUDIENCE}.evil'"),
    "several audiences": (with_claims(aud=[AUDIENCE, "x"]), "the token does not name one issuer and one audience"),
    "a list of one": (with_claims(aud=[AUDIENCE]), "the token does not name one issuer and one audience"),
    "no audience": (with_claims(aud=None), "the token does not name one issuer and one audience"),
    "another issuer": (
        with_claims(iss="https://evil.test"),
        f"no sender has the issuer 'https://evil.test' and the audience '{AUDIENCE}'",
    ),
    "another repository": (with_claims(repository_id="75"), differs("repository_id")),
    "a number for a text": (with_claims(repository_id=74), differs("repository_id")),
    "a longer number": (with_claims(repository_id="740"), differs("repository_id")),
    "another owner": (with_claims(repository_owner_id="66"), differs("repository_owner_id")),
    "no repository": (
        with_claims(repository_id=None),
        'the token is not good: Token is missing the "repository_id" claim',
    ),
    "another workflow": (with_claims(job_workflow_ref=f"{WORKFLOW}2"), differs("job_workflow_ref")),
    "no workflow": (with_claims(job_workflow_ref=None), differs("job_workflow_ref")),
    "another branch": (with_claims(ref="refs/heads/main2"), differs("ref")),
    "another environment": (with_claims(environment="prod-eu"), differs("environment")),
    "no environment": (with_claims(environment=None), differs("environment")),
    "expired": (with_claims(exp=int(NOW) - 60), "the token ended 60 s ago"),
    "future": (with_claims(iat=int(NOW) + 61, exp=int(NOW) + 900), "the token begins in 61 s"),
    "not yet": (with_claims(nbf=int(NOW) + 61), "the token begins in 61 s"),
    "for ever": (
        with_claims(exp=int(NOW) + 10**6),
        "the token counts for 1000033 s, and 86400 s are taken",
    ),
    "an end that is text": (with_claims(exp="1632493867"), "the token's times are not numbers"),
    "an end that is true": (with_claims(exp=True), "the token's times are not numbers"),
    "a beginning that is text": (with_claims(nbf="now"), "the token's times are not numbers"),
    "no end": (with_claims(exp=None), 'the token is not good: Token is missing the "exp" claim'),
    "no issue": (with_claims(iat=None), 'the token is not good: Token is missing the "iat" claim'),
    "no id": (with_claims(jti=None), 'the token is not good: Token is missing the "jti" claim'),
    "an empty id": (with_claims(jti=""), "the token has no id of the usual form"),
    "a long id": (with_claims(jti="x" * 201), "the token has no id of the usual form"),
    "an id with blanks": (with_claims(jti="a b"), "the token has no id of the usual form"),
    "an id that is a number": (with_claims(jti=7), "the token is not good: JWT ID must be a string"),
    "large": (with_claims(more="x" * 6000), NOT_A_TOKEN),
    "huge": (lambda issuer: "A" * 1_000_000, "authorization has 1000007 characters"),
    "no JSON": (lambda issuer: "AAAA.AAAA.AAAA", "the token cannot be read (DecodeError)"),
    "a list for claims": (
        lambda issuer: f"{part({'alg': 'RS256', 'kid': 'first'})}.W10.AAAA",
        "the token cannot be read (DecodeError)",
    ),
    "deep": (
        lambda issuer: f"{base64.urlsafe_b64encode(b'[' * 5000).decode().rstrip('=')}.e30.AAAA",
        "the token cannot be read (DecodeError)",
    ),
    "a token of the API": (lambda issuer: "0123456789abcdef", NOT_A_TOKEN),
    "four parts": (lambda issuer: f"{issuer.token()}.AAAA", NOT_A_TOKEN),
    "nothing": (lambda issuer: "", NOT_A_TOKEN),
}


@pytest.mark.parametrize(("make", "why"), FORGED.values(), ids=FORGED)
async def test_a_forged_token_proves_nothing(
    make: Callable[[Issuer], str], why: str, senders: Senders, issuer: Issuer
) -> None:
    expected = Unproven(why.replace("{url!r}", repr(issuer.url)).replace("{url}", issuer.url))
    assert expected == await senders.verify(bearer(make(issuer)), BODY, NOW)


STRANGERS = [
    "no algorithm",
    "HS256 with the public key",
    "another issuer",
    "another audience",
    "a key's address",
    "huge",
]


@pytest.mark.parametrize("name", STRANGERS)
async def test_no_key_is_fetched_for_what_strangers_make_up(name: str, senders: Senders, issuer: Issuer) -> None:
    await senders.verify(bearer(FORGED[name][0](issuer)), BODY, NOW)
    assert 0 == issuer.asked.connections


async def test_a_token_that_came_twice_in_one_request_proves_nothing(senders: Senders, issuer: Issuer) -> None:
    given = {"authorization": f"Bearer {issuer.token()}", "Authorization": f"Bearer {issuer.token()}"}
    assert Unproven("authorization came 2 times") == await senders.verify(given, BODY, NOW)


async def test_keys_are_fetched_from_the_issuer_once_an_hour(senders: Senders, issuer: Issuer) -> None:
    ends = int(NOW) + 7200
    times = [NOW, NOW + 1, NOW + 3599, NOW + 3600, NOW + 3601]
    found = [await senders.verify(bearer(issuer.token(exp=ends)), BODY, now) for now in times]
    assert [proven(issuer)] * 5 == found
    assert [b"GET /.well-known/jwks HTTP/1.1"] * 2 == [head.partition(b"\r\n")[0] for head in issuer.asked.heads]


async def test_a_new_key_is_learnt_at_most_once_a_minute(senders: Senders, issuer: Issuer) -> None:
    unknown = Unproven(f"{issuer.url} has no key 'second'")
    found = [await senders.verify(bearer(issuer.token()), BODY, NOW)]
    issuer.shows = [public("first"), public("second")]
    found += [await senders.verify(bearer(issuer.token("second")), BODY, now) for now in (NOW + 59, NOW + 60)]
    assert ([proven(issuer), unknown, proven(issuer)], 2) == (found, issuer.asked.connections)


async def test_made_up_names_of_keys_cost_one_fetch_a_minute(senders: Senders, issuer: Issuer) -> None:
    for n in range(20):
        await senders.verify(bearer(issuer.token("thief", {"kid": f"k{n}"})), BODY, NOW + n)
    assert 1 == issuer.asked.connections


async def test_many_tokens_at_once_cost_one_fetch(senders: Senders, issuer: Issuer) -> None:
    found = await asyncio.gather(*(senders.verify(bearer(issuer.token()), BODY, NOW) for _ in range(20)))
    assert ([proven(issuer)] * 20, 1) == (found, issuer.asked.connections)


async def test_a_clock_that_is_set_back_leads_to_a_fetch_and_no_more(senders: Senders, issuer: Issuer) -> None:
    await senders.verify(bearer(issuer.token()), BODY, NOW + 100)
    found = [await senders.verify(bearer(issuer.token()), BODY, NOW + n) for n in range(3)]
    assert ([proven(issuer)] * 3, 2) == (found, issuer.asked.connections)


async def test_an_issuer_that_cannot_be_reached_proves_nothing(issuer: Issuer) -> None:
    away = replace(sender(issuer), issuer="http://127.0.0.1:1")
    senders = Senders(Deploys(oidc=(away,)))
    found = await senders.verify(bearer(issuer.token(iss=away.issuer)), BODY, NOW)
    await senders.close()
    assert Unproven("the keys of http://127.0.0.1:1 are not known: connection refused") == found


async def test_a_key_that_was_withdrawn_counts_for_an_hour_at_most(senders: Senders, issuer: Issuer) -> None:
    token = bearer(issuer.token(exp=int(NOW) + 7200))
    first = await senders.verify(token, BODY, NOW)
    issuer.shows = [public("second")]
    found = [await senders.verify(token, BODY, now) for now in (NOW + 3599, NOW + 3600)]
    assert [proven(issuer), proven(issuer), Unproven(f"{issuer.url} has no key 'first'")] == [first, *found]


async def test_while_the_issuer_is_away_known_keys_count_for_a_day(senders: Senders, issuer: Issuer) -> None:
    def late(now: float) -> dict[str, str]:
        return bearer(issuer.token(iat=int(now), nbf=int(now), exp=int(now) + 300, jti="late"))

    await senders.verify(bearer(issuer.token()), BODY, NOW)
    issuer.says = answer(b"", "Connection: close", status="503 Service Unavailable")
    kinds = [type(await senders.verify(late(now), BODY, now)) for now in (NOW + 3600, NOW + 86399, NOW + 86400)]
    assert [Verified, Verified, Unproven] == kinds


ANSWERS = {
    "error": (answer(b"", status="500 Oops"), "it answered 500"),
    "another place": (answer(b"", "Location: http://127.0.0.1:1/", status="302 Found"), "it answered 302"),
    "page": (answer(b"<html>"), "its answer is not JSON"),
    "list": (answer(b"[]"), "its answer is no set of keys"),
    "no keys": (answer(b'{"keys": []}'), "its answer holds no key that can be used"),
    "deep": (answer(b'{"keys": ' + b"[" * 100_000), "its answer is not JSON"),
    "large": (answer(b" " * 256_001), "its answer is larger than 256 kB"),
    "inflated": (
        answer(gzip.compress(b" " * 10_000_000), "Content-Encoding: gzip"),
        "its answer is larger than 256 kB",
    ),
    "packed twice": (
        answer(gzip.compress(gzip.compress(b'{"keys": []}')), "Content-Encoding: gzip, gzip"),
        "its answer is packed as 'gzip, gzip'",
    ),
}


@pytest.mark.parametrize(("says", "why"), ANSWERS.values(), ids=ANSWERS)
async def test_an_issuer_that_shows_no_keys_proves_nothing(
    says: bytes, why: str, senders: Senders, issuer: Issuer
) -> None:
    issuer.says = says
    expected = Unproven(f"the keys of {issuer.url} are not known: {why}")
    assert expected == await senders.verify(bearer(issuer.token()), BODY, NOW)


async def test_after_an_answer_without_keys_it_is_asked_again_soon(senders: Senders, issuer: Issuer) -> None:
    issuer.says = answer(b"", status="500 Oops")
    kinds = [type(await senders.verify(bearer(issuer.token()), BODY, now)) for now in (NOW, NOW + 4)]
    issuer.says = b""
    kinds.append(type(await senders.verify(bearer(issuer.token()), BODY, NOW + 5)))
    assert ([Unproven, Unproven, Verified], 2) == (kinds, issuer.asked.connections)


UNFIT: dict[str, dict[str, object]] = {
    "for encryption": public("first", use="enc"),
    "of another algorithm": public("first", alg="RS512"),
    "short": public("short", kid="first"),
    "of no numbers": public("first", n="", e=""),
    "a secret one": public("first", d="AAAA"),
    "symmetric": {"kty": "oct", "kid": "first", "k": "AAAA"},
    "without a name": {key: value for key, value in public("first").items() if key != "kid"},
}


@pytest.mark.parametrize("entry", UNFIT.values(), ids=UNFIT)
async def test_a_key_of_another_sort_is_left_out(entry: dict[str, object], senders: Senders, issuer: Issuer) -> None:
    issuer.shows = [entry, public("second")]
    expected = Unproven(f"{issuer.url} has no key 'first'")
    assert expected == await senders.verify(bearer(issuer.token()), BODY, NOW)
