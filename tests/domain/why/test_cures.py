"""What cures: at every provider the next step is a line of the grammar, the layers can carry it out, and it reaches
what is old."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pytest

from bot.domain.grammar.command import Command, Speaker, Verb, parse
from bot.domain.proof.look import ORIGIN
from bot.domain.site import Layer, Site
from bot.domain.why import Case, Cause, Front, Name, diagnose
from bot.domain.why.diagnose import RULES
from bot.services.requests.planning import make_plan
from providers import PROVIDERS
from providers.contract import Cached, Copies, Kind, Provider
from providers.nginx_limits import SIBLINGS
from tests.domain.why.test_why import BROTLI, OTHER_THEN, PHONE, SAME_THEN, SPEAKS
from tests.domain.why.why_cases import CLOUDFLARE, SHOP, URL, VARNISH, case, edge, glance, job, new, old, origin, ours
from tests.providers.manners import manner
from tests.providers.promises import build

HIT = Cached.HIT


def by_recipe(*kinds: str) -> Mapping[str, str]:
    return {"purge": json.dumps({kind: {"path": f"/{kind}"} for kind in kinds})}


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """A provider at the edge, with settings of its own, and whether a Varnish stands behind it."""

    name: str
    settings: Mapping[str, str]
    is_behind: bool

    @property
    def providers(self) -> Mapping[str, Provider]:
        inner = {"shield": build("varnish")} if self.is_behind else {}
        return {**inner, "cf": build(self.name, settings=self.settings)}

    @property
    def site(self) -> Site:
        """The shop, cached by these, innermost first."""
        required = {field.name: field.example for field in PROVIDERS[self.name].layer_fields if field.required}
        of = {"cf": required | dict(manner(self.name).layer), "shield": {}}
        return replace(SHOP, layers=tuple(Layer(account, of[account]) for account in self.providers))

    @property
    def fronts(self) -> tuple[Front, ...]:
        """The same, outermost first."""
        found = [
            Front(one.title, one.name, account, one.can.kinds, one.can.takes) for account, one in self.providers.items()
        ]
        return tuple(reversed(found))


FAMILIES = [
    *(Family(name, {}, is_behind) for name in sorted(PROVIDERS) for is_behind in (False, True)),
    Family("http", by_recipe("url"), False),
    Family("http", by_recipe("everything"), True),
    Family("http", by_recipe("tag", "everything"), False),
]
every_family = pytest.mark.parametrize(
    "family", [pytest.param(one, id=f"{n}-{one.name}{'-varnish' * one.is_behind}") for n, one in enumerate(FAMILIES)]
)
OF_A_STRANGER = {Name.OTHER_CDN, Name.OLD_ENDPOINT}  # an account of `http` may stand for any CDN


def causes_of(made: Case) -> Iterator[Cause]:
    """What each rule finds there, whatever the others do."""
    yield from (cause for rule in RULES if (cause := rule(made)) is not None)


@functools.cache
def causes_at(family: Family) -> Sequence[tuple[str, Cause]]:
    """What each rule finds in every case, were it at these layers; with the case's title."""
    site, fronts = family.site, family.fronts
    return [
        (row.title, cause)
        for row in SPEAKS
        for cause in causes_of(replace(row.case, site=replace(site, origin=row.case.site.origin), layers=fronts))
    ]


@every_family
def test_each_next_step_is_a_line_that_the_layers_can_carry_out(family: Family) -> None:
    site, providers = family.site, family.providers
    speaker = Speaker((site,), "C_SHOP", frozenset(providers))
    spoken = set()
    for title, cause in causes_at(family):
        spoken.add(cause.name)
        assert cause.cure is not None and cause.cure.says
        command = parse(cause.cure.typed, speaker)
        assert isinstance(command, Command), (title, cause.cure)
        if command.verb is Verb.PURGE:
            make_plan(command, site, providers, {})
    assert set(Name) - spoken <= (OF_A_STRANGER if family.name == "http" else set())


@every_family
def test_no_advice_names_a_purge_that_some_layer_does_not_know(family: Family) -> None:
    fronts = family.fronts
    for title, cause in causes_at(family):
        said = f"{cause.prevent} {cause.cure.says if cause.cure else ''}"
        for kind in (Kind.PREFIX, Kind.TAG):
            advises = f"by {kind.value}" in said or f"or {kind.value}" in said or f"a {kind.value}," in said
            all_know = all(kind in front.kinds for front in fronts)
            assert all_know or not advises, (title, said)


ODD = [
    pytest.param("https://www.shop.test/a)", id="ends-with-a-bracket"),
    pytest.param("https://www.shop.test/a.", id="ends-with-a-dot"),
    pytest.param("https://www.shop.test/a*", id="ends-with-a-star"),
    pytest.param("https://www.shop.test/a*b?c=*", id="has-stars"),
    pytest.param('https://www.shop.test/a"b', id="has-a-quote"),
    pytest.param("https://www.shop.test/a?b='1'&c=(2)", id="has-quotes-and-brackets"),
    pytest.param("https://www.shop.test/a,", id="ends-with-a-comma"),
]


@pytest.mark.parametrize("url", ODD)
def test_the_next_step_names_that_very_url(url: str) -> None:
    speaker = Speaker((SHOP,), "C_SHOP", frozenset({"cf", "shield"}))
    for row in SPEAKS:
        for cause in causes_of(replace(row.case, url=url)):
            command = parse(cause.cure.typed if cause.cure else "", speaker)
            assert isinstance(command, Command), cause.cure
            named = [target.value for target in command.targets if target.kind is Kind.URL]
            is_other = cause.cure is not None and cause.cure.label == "Ask about that one"
            assert is_other or not named or url in named
            assert not {Kind.PATTERN, Kind.EVERYTHING} & {target.kind for target in command.targets}


FASTLY = (
    replace(
        CLOUDFLARE,
        title="Fastly",
        provider="fastly",
        kinds=build("fastly").can.kinds,
        takes=build("fastly").can.takes,
    ),
)
NO_TAGS = frozenset({Kind.URL, Kind.EVERYTHING})
OLD_BROTLI = case(
    edge("fra", glance("fra", "new", HIT, 9), variants=[glance("fra", "old", HIT, 9000, asked=BROTLI)] * 2),
    origin(variants=[glance(ORIGIN, "new", asked=BROTLI)]),
)
OLD_PHONE = case(
    edge("fra", glance("fra", "new", HIT, 9), variants=[glance("fra", "old", HIT, 9000, asked=PHONE)] * 2),
    origin(variants=[glance(ORIGIN, "new", asked=PHONE)]),
)
ACROSS = edge("fra", glance("fra", "old", HIT, 9000), glance("fra", "new", HIT, 9), glance("fra", "old", HIT, 9000))
WENT_BY = ours(SAME_THEN)  # the page was purged 300 s ago
BY_PREFIX = ours(replace(SAME_THEN, kind=Kind.PREFIX), named="prefix www.shop.test/pricing")
PREFIX = "prefix www.shop.test/pricing"

NAMED = [
    pytest.param((CLOUDFLARE,), "`variants: [{CF-Device-Type: mobile}]`.", id="a-device-at-cloudflare"),
    pytest.param((replace(CLOUDFLARE, provider="nginx"),), "`variants: [{User-Agent: …}]`.", id="a-device-elsewhere"),
    pytest.param(
        FASTLY,
        "Have the cache keep apart as little as possible (no answer sends `Vary`, so a rule of its own does that), or"
        " purge by tag: that reaches every variant.",
        id="by-tag-alone",
    ),
    pytest.param(
        (replace(CLOUDFLARE, provider="akamai", kinds=NO_TAGS, takes=Copies.UNTOLD),),
        "(no answer sends `Vary`, so a rule of its own does that).",
        id="where-nothing-wider-is-known",
    ),
]


@pytest.mark.parametrize(("layers", "ends"), NAMED)
def test_what_keeps_a_variant_from_staying_is_possible_there(layers: tuple[Front, ...], ends: str) -> None:
    assert diagnose(replace(OLD_PHONE, layers=layers)).cause.prevent.endswith(ends)


def test_a_device_that_cloudflare_is_told_of_by_its_own_header_is_reached_by_the_url() -> None:
    site = replace(SHOP, variants=({"CF-Device-Type": "mobile"},))
    cure = diagnose(replace(OLD_PHONE, site=site, layers=(CLOUDFLARE,))).cause.cure
    assert cure is not None and URL == cure.line


REACHES = [
    pytest.param(OLD_BROTLI, URL, id="an-encoding-that-nobody-purged"),
    pytest.param(replace(OLD_BROTLI, purges=(WENT_BY,)), PREFIX, id="an-encoding-that-a-purge-of-the-page-went-by"),
    pytest.param(replace(OLD_BROTLI, purges=(ours(job(9500)),)), URL, id="an-encoding-purged-before-it-was-kept"),
    pytest.param(OLD_PHONE, PREFIX, id="a-device-that-the-site-does-not-name"),
    pytest.param(
        replace(OLD_BROTLI, layers=(replace(CLOUDFLARE, takes=Copies.NAMED),)),
        PREFIX,
        id="an-encoding-where-each-is-a-copy",
    ),
    pytest.param(replace(OLD_PHONE, layers=(VARNISH,)), URL, id="a-device-where-a-url-takes-every-variant"),
    pytest.param(replace(OLD_PHONE, layers=FASTLY), URL, id="a-device-where-nothing-wider-is-known"),
    pytest.param(case(old(), purges=[WENT_BY]), PREFIX, id="a-copy-that-a-purge-went-by"),
    pytest.param(case(old(age=None), purges=[WENT_BY]), PREFIX, id="a-copy-without-an-age-that-a-purge-went-by"),
    pytest.param(case(old(), purges=[BY_PREFIX]), URL, id="a-copy-that-a-prefix-went-by-where-a-rule-may-rewrite"),
    pytest.param(
        case(old(), purges=[WENT_BY, BY_PREFIX]), "host www.shop.test", id="a-copy-that-a-url-and-a-prefix-went-by"
    ),
    pytest.param(
        case(old(), purges=[BY_PREFIX, WENT_BY]), "host www.shop.test", id="a-copy-that-a-prefix-and-a-url-went-by"
    ),
    pytest.param(
        replace(OLD_BROTLI, purges=(BY_PREFIX,)), "host www.shop.test", id="an-encoding-that-a-prefix-went-by"
    ),
    pytest.param(
        case(old(), purges=[WENT_BY, ours(replace(OTHER_THEN, kind=Kind.PREFIX))]),
        PREFIX,
        id="a-copy-that-a-url-went-by-and-a-prefix-before-the-change",
    ),
    pytest.param(
        case(old(), purges=[WENT_BY], layers=FASTLY), f"check {URL}", id="a-copy-where-nothing-wider-is-known"
    ),
    pytest.param(
        case(old(), purges=[ours(replace(SAME_THEN, kind=Kind.EVERYTHING))]),
        "doctor",
        id="a-copy-that-everything-went-by",
    ),
    pytest.param(case(old(), new("iad"), purges=[WENT_BY]), PREFIX, id="some-places-that-a-purge-went-by"),
    pytest.param(case(ACROSS, purges=[WENT_BY]), PREFIX, id="a-node-that-a-purge-went-by"),
    pytest.param(case(ACROSS), URL, id="a-node-that-nobody-purged"),
    pytest.param(
        case(edge("fra", glance("fra", "gone", HIT, 9000, status=404)), purges=[WENT_BY]),
        PREFIX,
        id="an-error-that-a-purge-went-by",
    ),
    pytest.param(case(old(), url=f"{URL}?v=3"), f"{URL}?v=3", id="nobody-purged"),
    pytest.param(
        case(old(), layers=(replace(CLOUDFLARE, kinds=frozenset({Kind.EVERYTHING})),)),
        f"check {URL}",
        id="a-layer-that-knows-everything-alone",
    ),
    pytest.param(
        case(old(), layers=(replace(CLOUDFLARE, kinds=frozenset({Kind.HOST})),)),
        "host www.shop.test",
        id="a-layer-that-knows-hosts-alone",
    ),
]


@pytest.mark.parametrize(("made", "line"), REACHES)
def test_the_cure_reaches_what_is_old(made: Case, line: str) -> None:
    cure = diagnose(made).cause.cure
    assert cure is not None and line == cure.line


NGINX = (Front("nginx", "nginx", "cf", frozenset({Kind.URL}), Copies.NAMED, SIBLINGS),)
FILES = (replace(NGINX[0], takes=Copies.ALL, siblings=""),)
UNMARKED = {"cf-ray": "", "server": ""}
VARIES = {"vary": "Accept-Encoding", **UNMARKED}


def test_a_cache_of_ones_own_has_no_console() -> None:
    for provider in ("nginx", "varnish", "redis", "http"):
        layers = (replace(FILES[0], title=provider, provider=provider, kinds=NO_TAGS),)
        everything = ours(replace(SAME_THEN, kind=Kind.EVERYTHING), named="everything")
        made = case(old(age=18_000, headers=UNMARKED), purges=[everything], layers=layers)
        cause = diagnose(made).cause
        assert cause.cure is not None
        words = f"{cause.cure.says} {cause.prevent}"
        assert f"see at {provider} whether" in words
        assert not any(word in words for word in ("console", "zone", "account that"))


def test_where_an_answer_sends_vary_that_is_to_be_shorter() -> None:
    varies = origin(
        glance(ORIGIN, "new", headers={"vary": "User-Agent"}), variants=[glance(ORIGIN, "new", asked=PHONE)]
    )
    spots = tuple(varies if spot.name == ORIGIN else spot for spot in OLD_PHONE.spots)
    cause = diagnose(replace(OLD_PHONE, spots=spots, layers=FASTLY)).cause
    assert "Vary on as little as possible, or purge by tag: that reaches every variant." == cause.prevent


def test_siblings_at_nginxs_module_get_the_cure_that_there_is() -> None:
    aged = [glance("fra", "old", HIT, 9000, asked=BROTLI, headers=VARIES)] * 2
    plain = glance("fra", "new", HIT, 9, headers=VARIES)
    made = case(edge("fra", plain, variants=aged), origin(variants=[glance(ORIGIN, "new", asked=BROTLI)]))
    cause = diagnose(replace(made, purges=(WENT_BY,), layers=NGINX)).cause
    assert Name.VARIANT is cause.name
    assert cause.cure is not None
    assert f"The same purge again would go by that copy too: {SIBLINGS}." == cause.cure.says
    assert f"Vary on as little as possible; {SIBLINGS}." == cause.prevent
    assert "`cache_purge_vary_aware on` (module 3.0)" in SIBLINGS


def test_a_redirect_with_a_password_shows_none_and_offers_none() -> None:
    there = {"location": "http://user:hunter2@www.shop.test/x"}
    fra, truth = (glance(place, "", status=302, headers=there) for place in ("fra", ORIGIN))
    cause = diagnose(case(edge("fra", fra), origin(truth))).cause
    assert Name.REDIRECTED is cause.name
    assert "hunter2" not in str(cause)
    assert "This URL only redirects (302) to http://•••@www.shop.test/x, and holds no page itself." == cause.what
    assert cause.cure is not None
    assert "why https://www.shop.test/x" == cause.cure.line
