"""Cases to diagnose: what stood where, and which purges of ours there were. Times are seconds before NOW."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate

from bot.domain.answers.answer import PLAIN, Answer, Asked, varied
from bot.domain.answers.guards import challenge_on
from bot.domain.answers.headers import age_of, browsers_may_keep, etag_of
from bot.domain.answers.marks import cdns_on
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, LayerState, LayerView, State, Trouble
from bot.domain.proof.look import ORIGIN, Look
from bot.domain.proof.variants import AS_A_PHONE
from bot.domain.proof.verdict import Verdict
from bot.domain.site import Layer, Site
from bot.domain.why import Case, Front, Glance, Ours, Reach, Resolved, Spot, Tier, Twin
from bot.domain.why.content import PROBE
from providers.contract import Cached, Copies, Kind

NOW = 1_800_000_000.0
URL = "https://www.shop.test/pricing"
CACHING = "public, max-age=60, s-maxage=86400"
VARNISH = Front("Varnish", "varnish", "shield", takes=Copies.ALL)
CLOUDFLARE = Front("Cloudflare", "cloudflare", "cf")
LAYERS = (CLOUDFLARE, VARNISH)
RAY = {"cf-ray": "8f2c-FRA", "server": "cloudflare"}
SHOP = Site(
    "shop",
    ("www.shop.test", "img.shop.test"),
    origin="http://10.0.0.1",
    tag_header="Cache-Tag",
    layers=(Layer("shield"), Layer("cf")),
    edges={"fra": "http://10.0.0.2", "iad": "http://10.0.0.3"},
)


def ago(seconds: float) -> str:
    """An HTTP date."""
    return formatdate(NOW - seconds, usegmt=True)


def glance(
    place: str,
    content: str = "new",
    cached: Cached = Cached.UNKNOWN,
    age: int | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    asked: Asked = PLAIN,
    version: str | None = None,
    etag: str | None = None,
    digest: str | None = None,
    text: str = "",
    problem: str = "",
    is_broken: bool = False,
    url: str = URL,
) -> Glance:
    """One answer whose ETag, bytes and version follow from its content."""
    said = {
        "etag": f'"{content}"' if etag is None else etag,
        "cache-control": CACHING,
        **({"age": str(age)} if age is not None else {}),
        **({} if place == ORIGIN else RAY),
        **(headers or {}),
    }
    kept = {name: value for name, value in said.items() if value}
    if problem:
        came = (status, tuple(kept.items())) if is_broken else (0, ())
        answer = Answer(url, place, NOW, *came, problem=problem, asked=asked)
        return Glance(answer, Look(place, url, NOW, problem=problem, variant=varied(asked), broken=came[0]))
    digest = f"digest of {content}" if digest is None else digest
    answer = Answer(url, place, NOW, status, tuple(kept.items()), text, digest, asked=asked)
    look = Look(
        place,
        url,
        NOW,
        status,
        etag=etag_of(kept),
        last_modified=kept.get("last-modified", ""),
        age=age_of(kept),
        digest=digest,
        version=content if version is None else version,
        cached=cached,
        says="" if cached is Cached.UNKNOWN else cached.upper(),
        max_age=browsers_may_keep(kept, NOW),
        variant=varied(asked),
        varies=kept.get("vary", ""),
        leads_to=kept.get("location", "") if 300 <= status < 400 else "",
        guard=guard.title if (guard := challenge_on(answer)) is not None else "",
        through=tuple(cdns_on(answer)),
    )
    return Glance(answer, look)


def edge(name: str, *plain: Glance, variants: Sequence[Glance] = (), phone: bool = True) -> Spot:
    """An edge: what it answered, one after the other; one answer stands for two alike. A phone gets the last one too,
    except where `variants` have a device already, or nobody asked as one."""
    return Spot(name, Tier.EDGE, plain if len(plain) > 1 else plain * 2, _with_phone(plain[-1], variants, phone))


def _with_phone(last: Glance, variants: Sequence[Glance], phone: bool) -> tuple[Glance, ...]:
    has_device = any(name == "User-Agent" for one in variants for name, _ in one.answer.asked)
    return (*variants, asked_as(last, AS_A_PHONE)) if phone and not has_device else tuple(variants)


def asked_as(made: Glance, asked: Asked) -> Glance:
    """The same answer to another request."""
    return Glance(replace(made.answer, asked=asked), replace(made.look, variant=varied(asked)))


def old(
    name: str = "fra", age: int | None = 18_000, cached: Cached = Cached.HIT, headers: Mapping[str, str] | None = None
) -> Spot:
    """An edge that serves what was before."""
    return edge(name, glance(name, "old", cached, age, headers=headers))


def new(
    name: str = "fra", age: int | None = 30, cached: Cached = Cached.HIT, headers: Mapping[str, str] | None = None
) -> Spot:
    """An edge that serves what the origin has."""
    return edge(name, glance(name, "new", cached, age, headers=headers))


def shield(content: str = "old", cached: Cached = Cached.HIT, age: int | None = 18_000) -> Spot:
    """The cache between edge and origin."""
    return Spot(
        "Varnish", Tier.INNER, (glance("Varnish", content, cached, age, headers={"cf-ray": "", "server": ""}),) * 2
    )


def origin(*plain: Glance, changed: float | None = 600, variants: Sequence[Glance] = ()) -> Spot:
    """The origin, which got what it has `changed` seconds ago."""
    headers = {} if changed is None else {"last-modified": ago(changed)}
    answers = plain or (glance(ORIGIN, "new", headers=headers),) * 2
    return Spot(ORIGIN, Tier.ORIGIN, answers, _with_phone(answers[-1], variants, True))


def layer(front: Front, at: float, state: LayerState = LayerState.DONE) -> LayerView:
    """What a job did at one layer, `at` seconds ago."""
    ended = None if state in (LayerState.WAITING, LayerState.PURGING) else NOW - at
    return LayerView(front.account, front.title, state, 1, 1, started=NOW - at - 0.2, ended=ended)


def job(at: float = 300, state: State = State.DONE, number: int = 1) -> JobView:
    """A job that purged both layers `at` seconds ago, from the inside out."""
    return JobView(
        id=number,
        site="shop",
        environment="production",
        state=state,
        verdict=Verdict.UNCHECKED,
        kind=Kind.URL,
        targets=1,
        sample=(URL,),
        soft=False,
        requested_by="U_MIA",
        created=NOW - at - 2,
        layers=(layer(VARNISH, at + 0.5), layer(CLOUDFLARE, at)),
        digest="",
        rule="small",
        purged=NOW - at if state in (State.DONE, State.CHECKING, State.PARTIAL) else None,
    )


def soft(made: JobView) -> JobView:
    """The same job, marking copies as stale."""
    return replace(made, soft=True, layers=tuple(replace(one, soft=True) for one in made.layers))


def only(front: Front, at: float = 300) -> JobView:
    """A job that left the other layer alone."""
    other = next(one for one in LAYERS if one != front)
    return replace(job(at), layers=(layer(front, at),), left_alone=(other.title,))


def ours(made: JobView | None = None, reach: Reach = Reach.COVERED, named: str = URL, by: tuple[str, ...] = ()) -> Ours:
    """A purge of ours and what it has to do with the page."""
    return Ours(made or job(), reach, named, by)


def case(
    *spots: Spot,
    purges: Sequence[Ours] = (),
    names: Sequence[Resolved] = (),
    twins: Sequence[Twin] = (),
    layers: Sequence[Front] = LAYERS,
    site: Site = SHOP,
    url: str = URL,
    fingerprinted: bool = False,
) -> Case:
    """A case; without an origin among the spots the usual one stands there."""
    every = spots if any(spot.tier is Tier.ORIGIN for spot in spots) or not site.origin else (*spots, origin())
    return Case(site, url, NOW, every, tuple(layers), tuple(twins), tuple(purges), tuple(names), fingerprinted)


def looked(content: str, place: str = ORIGIN) -> tuple[Look, ...]:
    """What a job saw at one place."""
    return (glance(place, content).look,)


def ignored(found: Glance) -> tuple[Twin, ...]:
    """What came for an argument that nobody asked for before."""
    return (Twin(f"{URL}?v=3&purgebot=a1", PROBE, found),)


NO_PERMISSION = Trouble(
    "BadCredentials", "The token may not purge zone shop.test.", "Give it Cache Purge, then Retry.", "code 10000"
)
HELD = Hold("shop", "U_LEA", "sale", NOW - 900)
