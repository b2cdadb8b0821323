"""Providers to configure in tests: ours of the real adapters, with fields whose words stay put."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bot.settings import BadSettings, Settings, load
from providers import PROVIDERS
from providers.contract import Blueprint, Field

CLOUD = Blueprint(
    name="cloudflare",
    title="Cloudflare",
    fields=(
        Field("token", "a token", secret=True),
        Field("email", "an address", example="ops@shop.test"),
        Field("key", "a key", secret=True),
        Field("api_url", "a proxy"),
        Field("max_bytes", "bytes", example="100000"),
    ),
    layer_fields=(
        Field("zone", "the zone's id", required=True),
        Field("tier", "the plan", choices=("free", "pro", "business")),
    ),
    build=PROVIDERS["cloudflare"].build,
    needs_one_of=(("token", "key"), ("token", "email")),
)
SHIELD = Blueprint(
    name="varnish",
    title="Varnish",
    fields=(
        Field("url", "where Varnish listens", required=True),
        Field("api_url", "a proxy"),
        Field("soft", "softens"),
    ),
    layer_fields=(),
    build=PROVIDERS["varnish"].build,
)
BENCH: Mapping[str, Blueprint] = {"cloudflare": CLOUD, "varnish": SHIELD}

ACCOUNTS = """\
accounts:
  cf: {provider: cloudflare, token: {env: CF_TOKEN}}
  shield: {provider: varnish, url: "http://10.0.0.5:6081"}
"""


def loaded(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Settings:
    """`text` as a configuration file, loaded. Raises BadSettings."""
    file = folder / "purgebot.yaml"
    file.write_text(text, encoding="utf-8")
    return load(file, environ or {}, BENCH)


def notes(folder: Path, text: str) -> tuple[str, ...]:
    """What the configuration `text` leaves doubtful, each without the lines that it names."""
    return tuple(re.sub(r" on line [0-9]+", "", note) for note in loaded(folder, text).warnings)


def problems(folder: Path, text: str) -> list[str]:
    """What is said about `text`, one line for each problem, without the folder."""
    try:
        loaded(folder, text)
    except BadSettings as exc:
        return str(exc).replace(f"{folder}/", "").splitlines()
    return []
