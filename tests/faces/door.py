"""The machines' door of the shop: three tokens, a clock that only moves when told, and a client that knocks."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from bot.domain.actor import Actor, Standing
from bot.domain.policies.defaults import built_in
from bot.domain.site import Layer, Site
from bot.http.hook import Hook
from bot.http.web import Door, Token
from bot.senders import Senders
from bot.services.setup import Most, Setup
from bot.settings.model import Deploys
from tests.services.shop import APPROVERS, SHOP, ScriptedProvider, Shop, open_shop
from tests.slate import SlateClock

NEWS = Site("news", ("www.news.test",), origin="https://origin.news.test", layers=(Layer("cf"),))
USUAL = Most()
BEARERS = {"ci": "let-ci-in", "reader": "let-reader-in", "press": "let-press-in"}


def tokens() -> list[Token]:
    """May command on shop, may only read there, and may command on news."""
    rights = {"ci": ("shop", True), "reader": ("shop", False), "press": ("news", True)}
    return [
        Token(name, hashlib.sha256(BEARERS[name].encode()).digest(), frozenset({site}), may)
        for name, (site, may) in rights.items()
    ]


NOBODY = Deploys()  # sends deploys


def sender_of(name: str, sites: frozenset[str]) -> Actor:
    """Who sends deploys, as the policy judges it."""
    return Actor(f"token:{name}", Standing.TOKEN, "", sites, is_sender=True)


def actor_of(token: Token) -> Actor:
    """A token as the policy judges it."""
    return Actor(f"token:{token.name}", Standing.TOKEN, "", token.sites, token.may_command)


@dataclass(frozen=True, slots=True)
class Counter:
    """The door with somebody in front of it."""

    shop: Shop
    http: httpx.AsyncClient
    stopping: asyncio.Event
    wrong: list[str]  # what keeps the bot from accepting work

    async def say(self, text: str, as_: str = "ci", key: str = "", **more: object) -> httpx.Response:
        """A command."""
        headers = auth(as_) | ({"idempotency-key": key} if key else {})
        return await self.http.post("/v1/commands", json={"text": text, **more}, headers=headers)

    async def job(self, name: str, as_: str = "ci", wait: str = "") -> httpx.Response:
        """A job's record."""
        return await self.http.get(f"/v1/jobs/{name}", params={"wait": wait} if wait else {}, headers=auth(as_))

    async def jobs(self) -> int:
        """How many jobs there are."""
        return len(await self.shop.ledger.read(lambda books: books.jobs.recent(["shop", "news"], 100)))


def auth(name: str) -> dict[str, str]:
    """The header of one of the tokens."""
    return {"authorization": f"Bearer {BEARERS[name]}"}


@contextlib.asynccontextmanager
async def counter(
    path: Path, observe: bool = False, senders: Deploys = NOBODY, most: Most = USUAL
) -> AsyncIterator[Counter]:
    """The door of a shop on the ledger in `path`."""
    clock = SlateClock()
    shield, cf = ScriptedProvider("shield", clock, per_call=1), ScriptedProvider("cf", clock)
    setup = Setup(
        {"shop": SHOP, "news": NEWS},
        {"shield": shield, "cf": cf},
        built_in(APPROVERS, tuple(one.name for one in senders.senders)),
        "C_APPROVE",
    )
    machines = [*map(actor_of, tokens()), *(sender_of(one.name, one.sites) for one in senders.senders)]
    setup = replace(setup, tokens={actor.id: actor for actor in machines})
    shop = open_shop(path, clock, shield, cf, setup=replace(setup, observe=observe, most=most))
    stopping, wrong = asyncio.Event(), [""]

    async def ready() -> str:
        return wrong[0]

    app = Door(shop.core, tokens(), ready, stopping, Hook(shop.core, Senders(senders))).app(None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as http:
        yield Counter(shop, http, stopping, wrong)
    await shop.ledger.close()
