"""Google Cloud CDN: host and path stand in a JSON body; a query string is no part of what Google matches."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from providers.contract import Call
from tests.providers.manners import Manner

KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # small: it is read in a hundred tests
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
CREDENTIALS = {
    "type": "service_account",
    "project_id": "shop-prod",
    "private_key_id": "canary-7d1e-key",
    "private_key": PEM,
    "client_email": "purgebot@shop-prod.iam.gserviceaccount.com",
    "token_uri": "https://oauth2.googleapis.com/token",
}


def _addresses(call: Call) -> set[str]:
    """The targets that the host and path of the body are about."""
    body = json.loads(call.body)
    about = body["host"] + body["path"]
    addresses = {target.partition("://")[2] for target in call.targets}
    if about.endswith("/*"):
        return {address for address in addresses if address.startswith(about[:-1])}
    return {address for address in addresses if address.partition("?")[0] == about}


MANNER = Manner(
    _addresses, secrets={"credentials": json.dumps(CREDENTIALS)}, status_page="https://status.cloud.google.com"
)
