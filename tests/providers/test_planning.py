"""What is checked of every plan, whoever the provider is: the wish before its calls, and the calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pytest

from providers.adapter import Adapter
from providers.calls import Calls
from providers.contract import Call, Capabilities, Field, Health, Kind, Probe, Purge, Receipt, UnsupportedWish
from tests.providers.manners import REFERENCE

WWW = "www.shop.test"
URL = f"https://{WWW}/a"
ALL = frozenset({Kind.URL, Kind.PREFIX, Kind.TAG, Kind.HOST, Kind.EVERYTHING})


class Parrot(Adapter):
    """A provider that takes any wish as it is, one call a target, made when it is looked at."""

    name = "parrot"
    title = "Parrot"
    layer_fields = (
        Field("zone", "the zone's number", required=True, example="7", pattern="[0-9]+", form="a zone's number"),
        Field("tier", "the plan", choices=("free", "pro", "max")),
    )

    def __init__(
        self,
        kinds: frozenset[Kind] = ALL,
        of_hosts: frozenset[Kind] = frozenset(),
        instead: Mapping[Kind, str] = MappingProxyType({}),
        lazily: bool = True,
    ) -> None:
        self.can = Capabilities(kinds, frozenset(), {}, 1_000, {}, of_hosts=of_hosts, instead=instead)
        self.made: list[str] = []
        self._lazily = lazily

    def calls(self, purge: Purge) -> Sequence[Call]:
        each = purge.targets or ("everything",)

        def make(n: int) -> Call:
            self.made.append(each[n])
            return Call(purge.kind, "PURGE", f"/{each[n]}", each[n : n + 1], (("calls", 1),))

        return Calls(len(each), make, {"calls": len(each)}) if self._lazily else [make(n) for n in range(len(each))]

    async def send(self, call: Call, reference: str) -> Receipt:
        return Receipt(id=reference)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        return Probe(Health.GOOD, f"Zone {layer['zone']} is there.")

    async def close(self) -> None:
        pass


def wish(kind: Kind, *targets: str, layer: Mapping[str, str] | None = None, hosts: Sequence[str] = (WWW,)) -> Purge:
    return Purge(kind, targets, layer={"zone": "7"} if layer is None else layer, hosts=tuple(hosts))


NO_TAGS = Parrot(ALL - {Kind.TAG})
FEW = Parrot(frozenset({Kind.URL, Kind.TAG}))
TIED = Parrot(of_hosts=frozenset({Kind.EVERYTHING, Kind.TAG}))
LONG = "x" * 1_000


@pytest.mark.parametrize(
    ("parrot", "asked", "expected"),
    [
        pytest.param(
            NO_TAGS, wish(Kind.TAG, "a"),
            "Parrot purges no tags here. Name URLs, a prefix, a host, or everything instead.",
            id="a-kind-among-many",
        ),
        pytest.param(
            FEW, wish(Kind.PREFIX, f"{WWW}/a"), "Parrot purges no prefixes here. Name URLs or tags instead.",
            id="a-kind-among-two",
        ),
        pytest.param(
            Parrot(frozenset({Kind.URL})), wish(Kind.EVERYTHING),
            "Parrot cannot purge everything here. Name URLs instead.", id="everything",
        ),
        pytest.param(
            Parrot(frozenset({Kind.TAG}), instead={Kind.URL: "Name its tag."}), wish(Kind.URL, URL),
            "Parrot purges no URLs here. Name its tag.", id="better-advice-of-the-provider",
        ),
        pytest.param(
            NO_TAGS, wish(Kind.PATTERN, f"{WWW}/img/a*.png"),
            f"Parrot purges no patterns here. Wider: prefix {WWW}/img/. Narrower: the URLs, one by one.",
            id="a-pattern-in-a-folder",
        ),
        pytest.param(
            NO_TAGS, wish(Kind.PATTERN, f"{WWW}/*.png"),
            f"Parrot purges no patterns here. Wider: host {WWW}. Narrower: the URLs, one by one.",
            id="a-pattern-at-the-top",
        ),
        pytest.param(
            FEW, wish(Kind.PATTERN, f"{WWW}/*.png"), "Parrot purges no patterns here. Name URLs or tags instead.",
            id="a-pattern-where-nothing-is-wider",
        ),
        pytest.param(
            NO_TAGS, wish(Kind.EVERYTHING, layer={}),
            "The layer names no `zone`. Add `zone: 7`: the zone's number.", id="a-layer-without-its-zone",
        ),
        pytest.param(
            NO_TAGS, wish(Kind.EVERYTHING, layer={"zone": "7/../8"}),
            "`7/../8` under `zone` is not a zone's number. Write it like `zone: 7`: the zone's number.",
            id="a-zone-that-leads-elsewhere",
        ),
        pytest.param(
            NO_TAGS, wish(Kind.EVERYTHING, layer={"zone": "7", "tier": "gold"}),
            "`gold` is no choice of `tier`. Write free, pro, or max.", id="a-tier-that-is-none",
        ),
        pytest.param(
            TIED, wish(Kind.EVERYTHING, hosts=()),
            "Everything means the site's hosts, and it has none. Name them under `hosts`.", id="everything-of-no-host",
        ),
        pytest.param(
            TIED, wish(Kind.TAG, "a", hosts=()),
            "A tag is looked for on the site's hosts, and it has none. Name them under `hosts`.", id="a-tag-of-no-host",
        ),
        pytest.param(
            TIED, wish(Kind.URL, URL, f"{URL} b"),
            f"`{URL} b` is not as it goes on the wire. Percent-encode it.", id="a-blank",
        ),
        pytest.param(
            TIED, wish(Kind.HOST, ""), "`` is not as it goes on the wire. Percent-encode it.", id="nothing-at-all"
        ),
        pytest.param(
            TIED, wish(Kind.EVERYTHING, hosts=("bücher.test",)),
            "`bücher.test` is not as it goes on the wire. Percent-encode it.", id="a-host-beyond-ascii",
        ),
        pytest.param(
            TIED, wish(Kind.TAG, "a\nb"),
            "`a\nb` is not a tag as it goes on the wire. Write it in visible ASCII, without blanks.", id="a-line-end",
        ),
        *(
            pytest.param(
                TIED, wish(Kind.URL, url),
                f"`{url}` is not a whole URL. Write it with scheme, host and path, without #.", id=id_,
            )
            for url, id_ in [
                (f"{WWW}/a", "no-scheme"), (f"https://{WWW}", "no-path"), (f"https://{WWW}?a/", "a-query-for-a-path"),
                (f"{URL}#b", "a-fragment"), (f"ftp://{WWW}/a", "another-scheme"), ("https:///a", "no-host"),
                (f"https://me@{WWW}/a", "a-name-before-the-host"),
            ]
        ),
        pytest.param(
            NO_TAGS, wish(Kind.URL, URL, f"{URL}{LONG}"),
            f"`{URL}{'x' * 37}…` is longer than a call may be (1,000 bytes). "
            "Name a prefix, a host, or everything instead.",
            id="a-url-longer-than-a-call",
        ),
        pytest.param(
            FEW, wish(Kind.TAG, LONG),
            f"`{'x' * 60}…` is longer than a call may be (1,000 bytes). Name something shorter instead.",
            id="a-tag-longer-than-a-call",
        ),
        pytest.param(
            Parrot(lazily=False), wish(Kind.PREFIX, f"{WWW}/{LONG}"),
            f"`{WWW}/{'x' * 46}…` is longer than a call may be (1,000 bytes). "
            "Name a shorter prefix, tags, a host, or everything instead.",
            id="a-prefix-longer-than-a-call",
        ),
    ],
)  # fmt: skip
def test_what_no_adapter_could_do_reaches_none(parrot: Parrot, asked: Purge, expected: str) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        parrot.plan(asked)
    assert expected == str(caught.value)


def test_each_target_reaches_an_adapter_once() -> None:
    assert [("b",), ("a",)] == [call.targets for call in Parrot().plan(wish(Kind.TAG, "b", "a", "b"))]


def test_no_more_than_the_long_ones_of_a_lazy_plan_are_looked_at() -> None:
    parrot = Parrot()
    longish = f"{URL}/{'x' * 400}"
    calls = parrot.plan(wish(Kind.URL, *(f"{URL}/{n}" for n in range(10_000)), longish))
    assert (10_001, [longish]) == (len(calls), parrot.made)


def test_a_long_call_is_found_even_where_each_letter_grows() -> None:
    class Swelling(Parrot):
        def calls(self, purge: Purge) -> Sequence[Call]:
            return Calls(
                len(purge.targets),
                lambda n: Call(purge.kind, "POST", "/", purge.targets[n : n + 1], (), body=purge.targets[n] * 6),
                {},
            )

    with pytest.raises(UnsupportedWish, match=r"is longer than a call may be"):
        Swelling().plan(wish(Kind.URL, f"{URL}/{'x' * 150}"))


@pytest.mark.parametrize(
    ("layer", "health", "what"),
    [
        ({"zone": "7"}, Health.GOOD, "Zone 7 is there."),
        ({"zone": "x"}, Health.BAD, "`x` under `zone` is not a zone's number."),
        ({}, Health.DOUBTFUL, "No site uses this account, so there is no `zone` to try it on."),
    ],
    ids=["good", "not a zone", "no site"],
)
async def test_the_doctor_asks_an_adapter_only_about_a_layer_that_can_be(
    layer: Mapping[str, str], health: Health, what: str
) -> None:
    probe = await Parrot().probe(layer)
    assert (health, what) == (probe.health, probe.what)


async def test_what_a_provider_does_not_do_is_quiet() -> None:
    parrot = Parrot()
    receipt = await parrot.send(parrot.plan(wish(Kind.HOST, WWW))[0], REFERENCE)
    assert (receipt, (), ()) == (await parrot.progress(receipt), await parrot.left({}), await parrot.everywhere(URL))
