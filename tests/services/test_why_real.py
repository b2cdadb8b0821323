"""Why is it still old, asked by a whole bot of real caches: nginx in front of Varnish in front of an origin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email.utils import formatdate
from pathlib import Path
from time import time

import httpx
import pytest

from bot.domain.grammar.speech import Command, Verb
from bot.domain.jobs.job import State
from bot.domain.target import Target
from bot.domain.why import Cause, Certainty, Name
from bot.ports import NoNames
from bot.services.advice.why import explain
from bot.services.replies import Explained
from bot.settings import Environment, load
from bot.wiring import Bot
from providers.contract import Kind
from tests.real import Origin, running_nginx, running_origin, running_varnish, visit

pytestmark = [pytest.mark.slow, pytest.mark.real("varnish"), pytest.mark.real("libnginx-mod-http-cache-purge")]

DOCS = Path(__file__).parents[2] / "docs/providers"
HTTP, DOOR = (DOCS / "nginx/purgebot-http.conf").read_text(), (DOCS / "nginx/purgebot-door.conf").read_text()
HOST = "www.shop.test"
LONGER = "proxy_ignore_headers Cache-Control Expires; proxy_cache_valid 200 1h;"  # nginx keeps all an hour
CONFIG = """\
mode: live
accounts:
  inner: {{provider: varnish, url: "http://127.0.0.1:{inner}"}}
  outer: {{provider: nginx, url: "http://127.0.0.1:{outer}"}}
sites:
  shop:
    hosts: [www.shop.test]
    schemes: [http]
    origin: "http://127.0.0.1:{origin}"
    marker: {{pattern: "(v[0-9]+)"}}
    layers: [{{account: inner}}, {{account: outer}}]
    edges: {{here: "http://127.0.0.1:{outer}"}}
policy:
  rules: [{{name: all, who: ["token:ci"], then: allow}}]
api: {{tokens: [{{name: ci, bearer: {{env: CI_TOKEN}}, sites: [shop], may: command}}]}}
"""


@dataclass(frozen=True, slots=True)
class Chain:
    """Both caches, what is behind them, and the bot."""

    origin: Origin
    outer: int
    bot: Bot
    http: httpx.AsyncClient

    def visit(self, path: str, encoding: str = "gzip") -> str:
        """A visitor; what they read."""
        return visit(self.outer, HOST, path, headers={"Accept-Encoding": encoding}).body

    async def purge(self, things: str) -> str:
        """Purge, and wait for the end of it; its name."""
        made = await self.http.post("/v1/commands", json={"text": things})
        assert "job" in made.json(), made.text
        name = str(made.json()["job"])
        async with asyncio.timeout(30):
            while (await self.job(name))["state"] in OPEN:
                pass
        return name

    async def job(self, name: str) -> Mapping[str, object]:
        """A job as it is told, after a change or a while."""
        told = (await self.http.get(f"/v1/jobs/{name}", params={"wait": "5"})).json()
        assert isinstance(told, dict)
        return told

    async def first_verdict(self, name: str) -> tuple[object, object]:
        """What the first look after a purge says, and why."""
        async with asyncio.timeout(30):
            while not (told := await self.job(name)).get("why"):
                pass
        return told["verdict"], told["why"]

    async def why(self, path: str) -> Cause:
        """The cause of that page's state."""
        target = Target(Kind.URL, f"http://{HOST}{path}", "shop")
        core = replace(self.bot.core, names=NoNames())
        told = await explain(core, Command(Verb.WHY, (target,), "shop"))
        assert isinstance(told, Explained)
        return told.diagnosis.cause


Caches = tuple[Origin, int, int]  # the ports of the inner and the outer one
CHROME = "gzip, deflate, br, zstd"
OPEN = {state.value for state in State if state.is_open and state is not State.CHECKING}


class Behind(Origin):
    """What nginx takes for its origin: a port."""

    def __init__(self, port: int) -> None:
        self._port = port

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port


@pytest.fixture(scope="module", params=[""], ids=["as-told"])
def caches(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Origin, int, int]]:
    with running_origin() as origin:
        backend = f'backend default {{ .host = "127.0.0.1"; .port = "{origin.port}"; }}'
        vcl = f'vcl 4.1;\ninclude "{DOCS / "varnish/purgebot.vcl"}";\n{backend}\n'
        with (
            running_varnish(tmp_path_factory.mktemp("inner"), vcl) as inner,
            running_nginx(Behind(inner), http=HTTP, server=DOOR, location=request.param) as (outer, _),
        ):
            yield origin, inner, outer


@pytest.fixture
async def chain(caches: Caches, tmp_path: Path) -> AsyncIterator[Chain]:
    origin, inner, outer = caches
    origin.version, origin.says = "v1", {}
    async with opened(origin, inner, outer, tmp_path) as found:
        yield found


@asynccontextmanager
async def opened(origin: Origin, inner: int, outer: int, folder: Path) -> AsyncIterator[Chain]:
    config = folder / "purgebot.yaml"
    config.write_text(CONFIG.format(inner=inner, outer=outer, origin=origin.port))
    environ = {"CI_TOKEN": "let-ci-in", "PURGEBOT_DATABASE": f"sqlite:///{folder / 'purgebot.db'}"}
    bot = Bot(load(config, environ), Environment.read(environ))
    door = httpx.ASGITransport(bot.app())
    headers = {"authorization": "Bearer let-ci-in"}
    await bot.start()
    try:
        async with httpx.AsyncClient(transport=door, base_url="http://bot.test", headers=headers) as http:
            yield Chain(origin, outer, bot, http)
    finally:
        bot.stopping.set()
        await bot.stop()


async def test_the_outer_alone_was_purged_and_is_filled_again_from_the_inner(chain: Chain) -> None:
    chain.visit("/race")
    chain.origin.version = "v2"
    await chain.purge(f"http://{HOST}/race only outer")
    assert "v1" == chain.visit("/race")
    cause = await chain.why("/race")
    assert (Name.REFILLED, Certainty.SEEN) == (cause.name, cause.certainty)  # its look saw the fetch
    assert "here was purged by P-1 and filled again with the old content from Varnish." == cause.what
    assert 'Varnish further in: the old version "v1" too' == cause.evidence[-1]


async def test_what_the_card_offers_then_cures_it(chain: Chain) -> None:
    chain.visit("/cured")
    chain.origin.version = "v2"
    await chain.purge(f"http://{HOST}/cured only outer")
    chain.visit("/cured")
    cure = (await chain.why("/cured")).cure
    assert cure is not None
    await chain.purge(cure.line)
    assert "v2" == chain.visit("/cured")
    assert Name.BROWSERS is (await chain.why("/cured")).name


async def test_nobody_purged_what_was_deployed(chain: Chain) -> None:
    chain.visit("/nobody")
    chain.origin.version = "v2"
    cause = await chain.why("/nobody")
    assert (Name.NOT_PURGED, Certainty.SEEN) == (cause.name, cause.certainty)


async def test_a_deploy_after_a_purge_is_no_race(chain: Chain) -> None:
    chain.visit("/later")
    await chain.purge(f"http://{HOST}/later")
    chain.visit("/later")
    chain.origin.version = "v2"
    cause = await chain.why("/later")
    assert (Name.NOT_PURGED, Certainty.SEEN) == (cause.name, cause.certainty)
    assert "The last one, P-1, was before the change." in cause.what


async def test_nginx_keeps_a_copy_for_each_encoding_and_a_purge_as_one_of_them_reaches_one(chain: Chain) -> None:
    for encoding in ("gzip", "identity"):
        chain.visit("/vary/page", encoding)
    chain.origin.version = "v2"
    await chain.purge(f"http://{HOST}/vary/page only inner")
    as_gzip = {"X-Purge-Scheme": "http", "Accept-Encoding": "gzip"}
    assert 200 == visit(chain.outer, HOST, "/purge/vary/page", "PURGE", as_gzip).status
    cause = await chain.why("/vary/page")
    assert (Name.VARIANT, Certainty.SEEN) == (cause.name, cause.certainty)
    assert "`Accept-Encoding: identity`" in cause.what


async def test_a_purge_of_the_url_goes_by_every_copy_that_nginx_keeps_by_vary(chain: Chain) -> None:
    for encoding in ("gzip", "identity"):
        chain.visit("/vary/other", encoding)
    chain.origin.version = "v2"
    await chain.purge(f"http://{HOST}/vary/other")
    cause = await chain.why("/vary/other")
    assert (Name.NOT_REACHED, Certainty.LIKELY) == (cause.name, cause.certainty)
    assert cause.prevent == (
        "It says `Vary: Accept-Encoding`, and nginx finds copies that vary through the one that it met first, and goes"
        " by the others: purge by files (`cache_dir`), or have `cache_purge_vary_aware on` (module 3.0), the encoding"
        ' in the key, or `proxy_set_header Accept-Encoding ""`.'
    )


async def test_chromes_copy_that_a_purge_went_by_is_named(chain: Chain) -> None:
    for encoding in ("gzip", CHROME):
        chain.visit("/vary/chrome", encoding)
    chain.origin.version = "v2"
    await chain.purge(f"http://{HOST}/vary/chrome only inner --no-check")
    as_gzip = {"X-Purge-Scheme": "http", "Accept-Encoding": "gzip"}
    assert 200 == visit(chain.outer, HOST, "/purge/vary/chrome", "PURGE", as_gzip).status
    cause = await chain.why("/vary/chrome")
    assert (Name.VARIANT, Certainty.SEEN) == (cause.name, cause.certainty)
    assert f"`Accept-Encoding: {CHROME}`" in cause.what


async def test_a_page_that_a_browser_filled_alone_is_not_proven_by_what_others_get(chain: Chain) -> None:
    chain.visit("/vary/alone", CHROME)
    chain.origin.version = "v2"
    await chain.purge(f"http://{HOST}/vary/alone only inner --no-check")
    verdict, why = await chain.first_verdict(await chain.purge(f"http://{HOST}/vary/alone"))
    told = f'still old at here (HIT, version "v1", asked with Accept-Encoding: {CHROME})'
    assert ("v1", "stale", told) == (chain.visit("/vary/alone", CHROME), verdict, str(why).partition(" · ")[0])


async def test_a_private_page_is_kept_by_neither(chain: Chain) -> None:
    cause = await chain.why("/private/page")
    assert (Name.UNCACHED, Certainty.SEEN) == (cause.name, cause.certainty)
    assert "cache-control: private" in cause.evidence


@pytest.mark.parametrize("caches", [pytest.param(LONGER, id="an-hour-whatever-is-said")], indirect=True)
async def test_nginx_keeps_a_page_longer_than_the_origin_says(chain: Chain) -> None:
    chain.origin.says = {"Cache-Control": "max-age=5"}
    chain.visit("/longer")
    changed = formatdate(time() - 600, usegmt=True)
    chain.origin.version, chain.origin.says = "v2", {"Cache-Control": "max-age=5", "Last-Modified": changed}
    cause = await chain.why("/longer")
    assert (Name.OVERRIDDEN, Certainty.LIKELY) == (cause.name, cause.certainty)
    assert "longer than the origin says (max-age=5)" in cause.what
