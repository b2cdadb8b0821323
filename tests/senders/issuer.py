"""An issuer of tokens: real RSA keys, a small server on loopback that shows them, and tokens as GitHub's are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.edge.loopback import Asked, answer, serving

NOW = 1_632_493_600.0
AUDIENCE = "https://purgebot.shop.test"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """A private key; the same one for the same name."""
    return rsa.generate_private_key(public_exponent=65537, key_size=1024 if name == "short" else 2048)


def public(name: str, **more: object) -> dict[str, object]:
    """The public half of a key, as an entry of a JWK Set."""
    entry: dict[str, object] = json.loads(RSAAlgorithm.to_jwk(rsa_key(name).public_key()))
    return entry | {"kid": name, "use": "sig", "alg": "RS256"} | more


@dataclass
class Issuer:
    """Its address, what it shows at present, and what it was asked."""

    url: str
    asked: Asked
    shows: list[dict[str, object]] = field(default_factory=list)
    says: bytes = b""  # instead of the keys

    def claims(self, **more: object) -> dict[str, object]:
        """The claims of docs.github.com, actions/reference/security/oidc; None removes one."""
        claims: dict[str, object] = {
            "jti": "example-id",
            "sub": "repo:octo-org/octo-repo:environment:prod",
            "environment": "prod",
            "aud": AUDIENCE,
            "ref": "refs/heads/main",
            "sha": "example-sha",
            "repository": "octo-org/octo-repo",
            "repository_owner": "octo-org",
            "repository_id": "74",
            "repository_owner_id": "65",
            "run_id": "example-run-id",
            "actor": "octocat",
            "job_workflow_ref": "octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main",
            "iss": self.url,
            "nbf": 1632492967,
            "exp": 1632493867,
            "iat": 1632493567,
        }
        return {name: value for name, value in (claims | more).items() if value is not None}

    def token(self, key: str = "first", headers: Mapping[str, object] | None = None, **more: object) -> str:
        """A token that `key` signed."""
        return self.signed(key, headers or {}, more)

    def signed(self, key: str, headers: Mapping[str, object], more: Mapping[str, object]) -> str:
        """The same, with claims of any name."""
        return jwt.encode(self.claims(**more), rsa_key(key), algorithm="RS256", headers={"kid": key, **headers})


@asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    """An issuer that shows the key `first`."""
    issuer: list[Issuer] = []

    async def speak(writer: asyncio.StreamWriter) -> None:
        shown = json.dumps({"keys": issuer[0].shows}).encode()
        writer.write(issuer[0].says or answer(shown, "Content-Type: application/json", "Connection: close"))

    async with serving(speak) as asked:
        issuer.append(Issuer(asked.url, asked, [public("first")]))
        yield issuer[0]
