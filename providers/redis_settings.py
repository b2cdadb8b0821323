"""What an account and a layer of Redis are told, as data, and what may be wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from providers.contract import Complaint, Field, UnsupportedWish
from providers.redis_keys import Template, set_of

KEYS_EXAMPLE = "page:{host}{path}"
FIELDS = (
    Field(
        "url",
        "where Redis listens: redis://user:password@host:port/0, or rediss:// for TLS",
        required=True,
        secret=True,
        example="{env: REDIS_URL}",
        clear=r"rediss?://[^/?#@\s]+(/[0-9]*)?",
        form="a Redis URL without a password, such as redis://10.0.0.9:6379/0",
    ),
    Field("cluster", "whether it is a Redis Cluster", choices=("yes", "no"), example="yes"),
    Field("ca_file", "certificates to trust, as PEM, instead of the machine's", example="/etc/ssl/redis-ca.pem"),
    Field(
        "tags",
        "the set that holds the keys of a tag",
        example="tag:{tag}",
        pattern=r"[^{}]+\{.*",
        form="the name of a set, with a fixed beginning and {tag}",
    ),
)
LAYER_FIELDS = (
    Field(
        "keys",
        "the key of a page, with a fixed beginning",
        required=True,
        example=KEYS_EXAMPLE,
        pattern=r"[^{}]*[A-Za-z0-9][^{}]*\{.*",
        form="a key with a fixed beginning and {path}",
    ),
)


def check(settings: Mapping[str, str]) -> Sequence[Complaint]:
    """What is wrong with an account's `tags`."""
    return _refused("tags", lambda: set_of(settings["tags"], "news")) if "tags" in settings else ()


def check_layer(layer: Mapping[str, str]) -> Sequence[Complaint]:
    """What is wrong with a layer's `keys`."""
    return _refused("keys", lambda: Template(layer["keys"])) if "keys" in layer else ()


def _refused(key: str, deed: Callable[[], object]) -> Sequence[Complaint]:
    try:
        deed()
    except UnsupportedWish as exc:
        return [Complaint((key,), exc.what, exc.possible)]
    return ()
