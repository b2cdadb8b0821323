"""What was answered at the beginning, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.settings.placeholders import needed_of_account, needed_of_layer
from providers import PROVIDERS
from providers.contract import Blueprint, Field

ACCOUNTS: Mapping[str, str] = {  # what the account of each provider is called, unless somebody renames it
    "cloudflare": "cf",
    "cloudfront": "aws",
    "fastly": "fastly",
    "akamai": "akamai",
    "googlecdn": "google",
    "bunny": "bunny",
    "varnish": "shield",
    "nginx": "web",
    "redis": "app",
    "http": "cache",
}
RECIPE = "{url: {method: PURGE}}"  # what most caches without a page of their own take


@dataclass(frozen=True, slots=True)
class LayerAnswer:
    """One cache: its provider, and what was answered for the fields of account and layer, by name. A secret is a place,
    `env:NAME` or `file:PATH`."""

    provider: str
    values: Mapping[str, str] = field(default_factory=dict)
    doubt: str = ""  # why it is not certain that the cache is there, where nobody confirmed it

    @property
    def blueprint(self) -> Blueprint:
        """What the provider takes."""
        return PROVIDERS[self.provider]

    @property
    def account(self) -> str:
        """The account's name in the file."""
        return ACCOUNTS[self.provider]

    def of_account(self) -> Iterator[tuple[Field, str]]:
        """The account's fields to write, each with its answer; "" where it is still to be filled in."""
        yield from self._written(self.blueprint.fields, needed_of_account(self.blueprint))

    def of_layer(self) -> Iterator[tuple[Field, str]]:
        """The layer's fields to write, likewise."""
        yield from self._written(self.blueprint.layer_fields, needed_of_layer(self.blueprint))

    def _written(self, fields: Sequence[Field], needed: Sequence[Field]) -> Iterator[tuple[Field, str]]:
        instead = self._given_instead()
        for one in fields:
            value = self.values.get(one.name, "")
            if value or (one in needed and one.name not in instead):
                yield one, value

    def _given_instead(self) -> frozenset[str]:
        """Needed fields that another answer stands for: `admin` for Varnish's `url`."""
        groups = [group for group in self.blueprint.needs_one_of if any(self.values.get(name) for name in group)]
        return frozenset(name for group in groups for name in group)


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """A site beside the first: hosts that came through other caches."""

    site: str
    hosts: tuple[str, ...]
    layers: tuple[LayerAnswer, ...]
    schemes: tuple[str, ...] = ("https",)
    doubt: str = ""  # what speaks against its hosts


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A host that is in no site, and why."""

    host: str
    why: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """Everything that was answered. Empty is what is left for later; `address` is where Slack reaches the bot by HTTP,
    "" for Socket Mode."""

    site: str
    hosts: tuple[str, ...]
    layers: tuple[LayerAnswer, ...]
    schemes: tuple[str, ...] = ("https",)
    origin: str = ""
    edge: str = ""
    channel: str = ""
    approvals: str = ""
    approvers: tuple[str, ...] = ()
    command: str = "/purge"
    address: str = ""
    others: tuple[SiteAnswer, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    doubt: str = ""  # what speaks against the first host

    @property
    def every_site(self) -> tuple[SiteAnswer, ...]:
        """The first site and the others."""
        return (SiteAnswer(self.site, self.hosts, self.layers, self.schemes, self.doubt), *self.others)

    @property
    def accounts(self) -> tuple[LayerAnswer, ...]:
        """One layer of each account: the first, which has the account's answers."""
        found: dict[str, LayerAnswer] = {}
        for site in self.every_site:
            for layer in site.layers:
                found.setdefault(layer.account, layer)
        return tuple(found.values())


def usual(one: Field) -> str:
    """What is suggested for a field: a place for a secret, PURGE for a recipe, else nothing."""
    if one.tree:
        return RECIPE
    inner = one.example.strip("{}")
    name, _, place = inner.partition(": ")
    return f"{name}:{place}" if one.secret and name in ("env", "file") else ""


def place_of(value: str) -> str:
    """`env:NAME` or `file:PATH` as the file says it; "" where it is neither."""
    sort, _, where = value.partition(":")
    where = where.strip()
    return f"{{{sort}: {_quoted(where)}}}" if sort in ("env", "file") and where else ""


def _quoted(text: str) -> str:
    return text if text.replace("_", "").replace("/", "").replace(".", "").replace("-", "").isalnum() else f'"{text}"'


def site_name(host: str) -> str:
    """A short name for the site of a host: the first label that is not `www`."""
    labels = [label for label in host.split(".") if label not in ("www", "www2", "web")]
    name = labels[0] if labels else host
    return name[:40] if name[:1].isalnum() and name not in ("all", "everything") else "site"
