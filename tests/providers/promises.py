"""What the shared suites need of every adapter: accounts built from its Fields, and wishes."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx
from hypothesis import strategies as st

from providers import PROVIDERS
from providers.contract import Account, Blueprint, Call, Field, Kind, Provider, Purge
from tests.providers.manners import manner

CANARY = "canary-7d1e"
HOSTS = ("www.shop.test", "img.shop.test")


def build(
    name: str,
    transport: httpx.AsyncBaseTransport | None = None,
    settings: Mapping[str, str] | None = None,
    per_call: Mapping[Kind, int] | None = None,
) -> Provider:
    """The provider with every required account field as in its example, and canaries for secrets."""
    blueprint = PROVIDERS[name]
    usual = {field.name: field.example for field in blueprint.fields if field.required and not field.secret}
    secrets = {field.name: f"{CANARY}-{field.name}" for field in blueprint.fields if field.secret}
    own = manner(name)
    account = Account(
        "one", usual | dict(own.settings) | dict(settings or {}), secrets | dict(own.secrets), per_call=per_call or {}
    )
    return blueprint.build(account, transport)


def providers(name: str) -> st.SearchStrategy[Provider]:
    """The provider with its usual limits, or with tight ones where its fields allow."""
    tight = {"max_bytes": "1500"} if any(field.name == "max_bytes" for field in PROVIDERS[name].fields) else {}
    few = {kind: n for kind, n in ((Kind.URL, 7), (Kind.TAG, 3)) if kind in build(name).can.kinds}
    return st.sampled_from([build(name), build(name, settings=tight, per_call=few)])


def layers(blueprint: Blueprint) -> st.SearchStrategy[dict[str, str]]:
    """A site's layer, as its fields allow."""
    required = {field.name: _values(field) for field in blueprint.layer_fields if field.required}
    optional = {field.name: _values(field) for field in blueprint.layer_fields if not field.required}
    return st.fixed_dictionaries(required, optional=optional)


def _values(field: Field) -> st.SearchStrategy[str]:
    return st.sampled_from(field.choices) if field.choices else st.just(field.example)


_RESTS = st.text(st.sampled_from("abAB01/.-_~%?&=+,;:@()[]!*'\"|<>"), max_size=40).map(lambda rest: f"/{rest}")
_HOSTS = st.sampled_from(HOSTS)
_PATHS = _RESTS.map(lambda rest: rest.replace("?", "").replace("*", ""))
_TARGETS: Mapping[Kind, st.SearchStrategy[str]] = {
    Kind.URL: st.builds("{}://{}{}".format, st.sampled_from(("http", "https")), _HOSTS, _RESTS),
    Kind.PATH: _RESTS,
    Kind.PREFIX: st.builds("{}{}".format, _HOSTS, _PATHS),
    Kind.TAG: st.text(st.sampled_from("abAB01-_./:"), min_size=1, max_size=30),
    Kind.HOST: _HOSTS,
    Kind.PATTERN: st.builds("{}{}*{}".format, _HOSTS, _PATHS, st.text(st.sampled_from("ab./*?="), max_size=12)),
}
_VARIANTS = st.sampled_from(((), ({"CF-Device-Type": "mobile"},), ({"A": "1"}, {"A": "2", "B": "3"})))


@st.composite
def wishes(draw: st.DrawFn, name: str, kinds: frozenset[Kind] = frozenset(Kind)) -> Purge:
    """Any wish of these kinds, for this provider's layers."""
    kind = draw(st.sampled_from(sorted(kinds)))
    targets = () if kind is Kind.EVERYTHING else tuple(draw(st.lists(_TARGETS[kind], min_size=1, max_size=130)))
    targets = tuple(map(manner(name).takeable, targets)) if kind is Kind.URL else targets
    return Purge(
        kind=kind,
        targets=targets,
        soft=draw(st.booleans()),
        layer=draw(layers(PROVIDERS[name])),
        hosts=HOSTS,
        variants=draw(_VARIANTS),
    )


_AGAIN = re.compile(r"\b(sent|tried|asked|read) again\b|\bby itself\b|\blater\b|\bsend it again\b", re.IGNORECASE)


def promised_again(text: str) -> list[str]:
    """Words that promise a resend, which only a job's thread may: the same text ends on cards that are final."""
    return [found[0] for found in _AGAIN.finditer(text)]


_NOTHING = re.compile(r"\bnothing was (sent|purged|taken)\b(?! (to|by|of|at) )", re.IGNORECASE)


def unnamed_nothing(*texts: str) -> list[str]:
    """Words that tell for all layers what is true of one: inner ones may have been purged before."""
    return [found[0] for text in texts for found in _NOTHING.finditer(text)]


def size(call: Call) -> int:
    """Bytes of one call: target, headers and body."""
    return len(call.path) + len(call.body.encode()) + sum(len(name) + len(value) for name, value in call.headers)
