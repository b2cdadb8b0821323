"""What every adapter promises, asked of each line of PROVIDERS."""

from __future__ import annotations

import ast
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import providers as providers_package
from providers import PROVIDERS
from providers.calls import summed
from providers.contract import Call, Kind, Provider, Purge, UnsupportedWish
from providers.errors import PurgeError
from tests.providers.manners import REFERENCE, manner
from tests.providers.promises import CANARY, build, promised_again, providers, size, wishes

every = pytest.mark.parametrize("name", sorted(PROVIDERS))
by_http = pytest.mark.parametrize("name", sorted(name for name in PROVIDERS if manner(name).http))


def planned(provider: Provider, wish: Purge) -> Sequence[Call]:
    """The plan; none where the wish is refused, which another promise looks at."""
    try:
        return provider.plan(wish)
    except UnsupportedWish:
        return []


def layer_of(name: str) -> dict[str, str]:
    """A layer for which all that the account can do is possible."""
    required = {field.name: field.example for field in PROVIDERS[name].layer_fields if field.required}
    return required | dict(manner(name).layer)


def every_target_is_covered_exactly_once(provider: Provider, wish: Purge, calls: Sequence[Call]) -> None:
    covered = Counter(target for call in calls for target in call.targets)
    assert not calls or Counter(dict.fromkeys(wish.targets, 1)) == covered


def no_call_is_over_its_limits(provider: Provider, wish: Purge, calls: Sequence[Call]) -> None:
    over = [call for call in calls if len(call.targets) > provider.can.per_call[call.kind]]
    assert [] == over
    assert [] == [call for call in calls if size(call) > provider.can.max_bytes]


def a_call_costs_only_from_buckets_that_are_known(provider: Provider, wish: Purge, calls: Sequence[Call]) -> None:
    costs = [cost for call in calls for cost in call.cost]
    known = provider.can.pace.keys() | provider.can.prices.keys()
    assert [] == [cost for cost in costs if cost[0] not in known or cost[1] < 1]
    assert all(call.cost for call in calls)


def what_a_plan_says_it_spends_is_what_its_calls_cost(provider: Provider, wish: Purge, calls: Sequence[Call]) -> None:
    told, counted = summed(calls), summed(list(calls))
    assert (counted.spent, counted.again_after) == (told.spent, told.again_after)


def the_same_wish_gives_the_same_calls(provider: Provider, wish: Purge, calls: Sequence[Call]) -> None:
    assert calls == planned(provider, wish)


def no_credential_is_in_a_call(provider: Provider, wish: Purge, calls: Sequence[Call]) -> None:
    assert CANARY not in repr(calls)


OF_A_PLAN = (
    every_target_is_covered_exactly_once,
    no_call_is_over_its_limits,
    a_call_costs_only_from_buckets_that_are_known,
    what_a_plan_says_it_spends_is_what_its_calls_cost,
    the_same_wish_gives_the_same_calls,
    no_credential_is_in_a_call,
)


@every
@given(data=st.data())
def test_every_plan_keeps_its_promises(name: str, data: st.DataObject) -> None:
    provider = data.draw(providers(name))  # drawing a wish costs more than all that is asked of its plan
    wish = data.draw(wishes(name, provider.can.kinds))
    calls = planned(provider, wish)
    for promise in OF_A_PLAN:
        promise(provider, wish, calls)


@every
@given(data=st.data())
def test_url_bytes_survive(name: str, data: st.DataObject) -> None:
    wish = data.draw(wishes(name, frozenset({Kind.URL})))
    found = {address for call in planned(build(name), wish) for address in manner(name).addresses(call)}
    assert {target.partition("://")[2] for target in wish.targets} == found


@every
@given(data=st.data())
def test_an_unsupported_wish_is_refused_while_planning_and_says_what_is_possible(
    name: str, data: st.DataObject
) -> None:
    provider = build(name)
    wish = data.draw(wishes(name, frozenset(Kind) - provider.can.kinds))
    with pytest.raises(UnsupportedWish) as caught:
        provider.plan(wish)
    assert (True, True) == (provider.title in caught.value.what, len(caught.value.possible) > 10)


@every
@pytest.mark.parametrize("kind", Kind)
def test_a_kind_is_planned_if_and_only_if_it_is_among_what_can_be_done(name: str, kind: Kind) -> None:
    target = {Kind.URL: "https://www.shop.test/a", Kind.PATH: "/a", Kind.PREFIX: "www.shop.test/a", Kind.TAG: "a",
              Kind.HOST: "www.shop.test", Kind.PATTERN: "www.shop.test/a*", Kind.EVERYTHING: ""}[kind]  # fmt: skip
    provider = build(name)
    layer = layer_of(name)
    wish = Purge(kind, (target,) if target else (), layer=layer, hosts=("www.shop.test",))
    assert (kind in provider.can.kinds) == bool(planned(provider, wish))


@every
def test_every_limit_has_its_source(name: str) -> None:
    can = build(name).can
    assert [] == [bucket for bucket, pace in can.pace.items() if not pace.source]
    assert [] == [bucket for bucket, price in can.prices.items() if not price.source]
    assert can.kinds == can.per_call.keys()
    assert can.soft <= can.kinds


def texts_of(module: Path) -> list[str]:
    """Every string of a module that is no docstring."""
    tree = ast.parse(module.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs]
    return [node.value for node in strings if isinstance(node.value, str)]


MODULES = sorted(Path(providers_package.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_no_text_promises_that_a_call_is_sent_again(module: Path) -> None:
    assert [] == [text for text in texts_of(module) if promised_again(text)]


def calls_of(name: str, provider: Provider) -> list[Call]:
    layer = layer_of(name)
    wishes = [
        Purge(Kind.URL, ("https://www.shop.test/a?b=1",), layer=layer),
        Purge(Kind.EVERYTHING, (), layer=layer, hosts=("www.shop.test",)),
    ]
    return [call for wish in wishes for call in provider.plan(wish)]


@by_http
async def test_a_call_sent_twice_is_the_same_request_twice(name: str) -> None:
    seen: list[tuple[object, ...]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        headers = sorted(header for header in request.headers.items() if header[0] not in manner(name).fresh)
        seen.append((request.method, request.extensions["target"], headers, request.content))
        return httpx.Response(503)

    provider = build(name, httpx.MockTransport(answer))
    for call in calls_of(name, provider):
        for _ in range(2):
            with pytest.raises(PurgeError):
                await provider.send(call, REFERENCE)
        assert seen[-1] == seen[-2]
    await provider.close()
    assert 2 * len(calls_of(name, provider)) == len(seen)


@by_http
async def test_no_credential_is_in_an_error_or_log_even_if_the_provider_echoes_it(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors = []

    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, text=repr(sorted(request.headers.items())))

    provider = build(name, httpx.MockTransport(echo))
    for call in calls_of(name, provider):
        with pytest.raises(PurgeError) as caught:
            await provider.send(call, REFERENCE)
        errors.append(caught.value)
    await provider.close()
    assert CANARY not in "".join([caplog.text, *(f"{error} {error!r} {error.__dict__}" for error in errors)])


@every
def test_an_account_is_never_printed_with_its_secrets(name: str) -> None:
    assert CANARY not in repr(build(name)) + repr(vars(build(name)).get("can"))
