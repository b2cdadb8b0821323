"""Every door of a bot, in one process: Slack's payloads through Bolt, machines through HTTP, one ledger behind them.

Who exists is what the stand-in's Web API says. Nothing runs but what a test lets run, so what is found in the ledger
afterwards is what came of one delivery.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from bot.domain.actor import Actor, Standing
from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, State
from bot.http.hook import Hook
from bot.http.web import Door, Token
from bot.ledger.books import Books
from bot.ledger.codec import COMMAND, pack
from bot.ledger.messages import Role
from bot.ledger.reviews import Review
from bot.senders import Senders
from bot.services.desk import Desk
from bot.services.replies import JobMade
from bot.services.requests.deciding import submit
from bot.services.requests.purges import Asking
from bot.services.setup import Setup
from bot.settings.model import Deploys
from bot.slack.app import SlackDoor, web_client
from bot.slack.directory import STANDS_SECONDS, SlackDirectory
from bot.slack.frames import Envelope
from bot.slack.home import HomeTabs
from bot.slack.marks import Marks
from bot.slack.purge_forms import PURGE_LINKS
from bot.slack.reception import AWAY_MAX_SECONDS, Reception
from bot.slack.web_api import SlackApi
from playground.people import TEAM
from providers.contract import Kind
from tests.playground.slack_land import BOT_TOKEN, Land, land
from tests.services.shop import EVERYTHING, SHOP, ScriptedProvider, Shop, open_shop, url
from tests.slack.town import BANK, POLICY, TOKENS, TOWN
from tests.slate import SlateClock

PAGE = "https://www.shop.test/a"
Doc = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one deed: the answer, and what is in the ledger. `made` are the states of new jobs, `state` is that
    of the job it was about; `touched` when anything else of the ledger changed."""

    said: str
    ok: bool
    made: tuple[State, ...]
    state: State | None
    touched: bool


class House:
    """The doors."""

    def __init__(self, path: Path, slack: Land, clock: SlateClock) -> None:
        providers = {name: ScriptedProvider(name, clock) for name in ("shield", "cf")}
        setup = Setup(
            {"shop": SHOP, "bank": BANK}, providers, POLICY, "C_APPROVE",
            tokens={actor.id: actor for actor in TOKENS.values()},
        )  # fmt: skip
        self.slack = slack
        self.clock = clock
        self.shop: Shop = open_shop(path, clock, providers["shield"], providers["cf"], setup=setup)
        client = web_client(BOT_TOKEN, f"{slack.url}/slack/api/")
        self._api = SlackApi(client)
        directory = SlackDirectory(self._api, clock, POLICY.names)
        self.core = replace(self.shop.core, directory=directory)
        marks = Marks("xapp-doors")
        self.reception = Reception(self.core, Desk(self.core), self._api, marks)
        self.bolt = SlackDoor(client, "unused by socket", self.core, self.reception.form_errors, marks)
        self._homes = HomeTabs(self.core, self._api)
        tokens = [Token(a.id[6:], _digest(a), a.sites or frozenset(), a.may_command) for a in TOKENS.values()]
        app = Door(self.core, tokens, self._ready, asyncio.Event(), Hook(self.core, Senders(Deploys()))).app(None)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot.test", trust_env=False)
        self._look = sqlite3.connect(path / "ledger.db")
        self._tables = self._named()
        self._journal = 0  # the last entry before this deed
        self._n = 0

    async def _ready(self) -> str:
        return ""

    def open(self) -> None:
        """Take calls."""
        self._api.keep()

    async def close(self) -> None:
        """Lock up."""
        self._look.close()
        await self._api.close()
        await self.http.aclose()
        await self.shop.ledger.close()

    def next(self) -> str:
        """A name that nothing had before."""
        self._n += 1
        return f"n{self._n}"

    async def clear(self, unread: bool = False) -> None:
        """An empty ledger, but for the journal, which only grows, and its numbers, which go on. `unread` has it so much
        later that what Slack said of people before counts no more."""
        self.clock.at += STANDS_SECONDS + 1 if unread else 1
        self.slack.slack.reset()
        self.slack.requests.clear()
        names = [name for name in self._tables if name != "journal"]
        await self.shop.ledger.write(lambda books: [books._tx.run(f"delete from {name}") for name in names])
        self._journal = int(str(self._rows("select coalesce(max(seq), 0) from journal")[0][0]))

    def _named(self) -> list[str]:
        names = [str(row[0]) for row in self._rows("select name from sqlite_master where type = 'table'")]
        return sorted(
            name for name in names if name not in ("meta", "sqlite_sequence") and not name.startswith("history_")
        )

    def _rows(self, query: str, *values: str) -> list[tuple[object, ...]]:
        return self._look.execute(query, values).fetchall()

    # What there is before a deed

    async def job(self, by: str, state: State) -> JobView:
        """A job of `by`, in that state, shown in Slack."""
        actor = TOKENS.get(by, Actor(by, Standing.MEMBER, TEAM))
        waits = state is State.WAITING
        targets = (replace(url("/a"), kind=Kind.PREFIX) if waits else url("/a"),)
        command = Command(Verb.PURGE, targets, "shop", reason="a test")
        made = await submit(self.core, Asking(actor, self.next(), "slack", "C_SHOP"), command, SHOP)
        assert isinstance(made, JobMade), made
        job = made.job if waits else replace(made.job, state=state)
        await self.shop.ledger.write(lambda books: self._show(books, job))
        return await self.shop.job(job.id)

    def _show(self, books: Books, job: JobView) -> None:
        books.jobs.save(job)
        for role in Role:
            message = books.messages.find(job.id, role)
            if message is not None:
                books.messages.shown(message, f"{job.id}.{role}", "drawn", self.clock.now())

    async def hold(self, by: str, site: str) -> None:
        """Somebody holds a site, or every one."""
        hold = Hold(site, by, "a test", self.clock.now())
        await self.shop.ledger.write(lambda books: books.holds.keep(site, hold))

    async def review(self, job: JobView, by: str) -> None:
        """Somebody broke the glass of a job, and nobody has reviewed it."""
        review = Review(0, job.id, by, self.clock.now(), "a test", 1, 1, 3600.0)
        await self.shop.ledger.write(lambda books: books.reviews.open(review))

    async def draft(self, by: str, action: str) -> str:
        """What a private button or form of `by` stands for."""
        target = EVERYTHING if action in ("everything", "open_form") else url("/a")
        command = Command(Verb.PURGE, (target,), "shop", reason="a test")
        lines = action in ("pick", "fix")
        doc: Doc = {"lines": [PAGE]} if lines else {"command": pack(COMMAND, command)}
        if action in ("purge", "recent"):
            doc = {"wish": True, "site": "shop", "recent": [[PAGE, "shop"]]}
        where = {"channel": "C_SHOP", "thread": ""}
        name, expires = self.next(), self.clock.now() + 2 * AWAY_MAX_SECONDS
        await self.shop.ledger.write(lambda books: books.intake.save_draft(name, by, {**doc, **where}, expires))
        return f"{name}:0" if lines else name

    async def no(self, job: JobView) -> str:
        """What the form that asks why belongs to."""
        assert job.approval is not None
        return f"{await self.token_of(job)}:{job.approval.digest}"

    async def token_of(self, job: JobView) -> str:
        """What the vote buttons on its card carry."""
        message = await self.shop.ledger.read(lambda books: books.messages.find(job.id, Role.REQUEST))
        assert message is not None
        return message.token

    # The doors

    async def command(self, user: str, team: str, text: str) -> str:
        """`/purge …`; the answer."""
        payload = {
            "command": "/purge", "text": text, "user_id": user, "team_id": team, "channel_id": "C_SHOP",
            "trigger_id": self.next(), "response_url": "",
        }  # fmt: skip
        return await self._delivered("slash_commands", payload)

    async def mention(self, user: str, team: str, text: str) -> str:
        """`@purgebot …`; the answer."""
        event = {
            "type": "app_mention", "user": user, "user_team": team, "team": TEAM, "text": f"<@U_PURGEBOT> {text}",
            "channel": "C_SHOP", "ts": "1.1",
        }  # fmt: skip
        payload = {"type": "event_callback", "team_id": TEAM, "event_id": self.next(), "event": event}
        return await self._delivered("events_api", payload)

    async def click(self, user: str, team: str, action: str, value: str, channel: str, ts: str) -> str:
        """A button; the answer."""
        payload = {
            **self._interaction("block_actions", user, team),
            "container": {"type": "message", "channel_id": channel, "message_ts": ts},
            "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": "1.1"}],
        }
        return await self._delivered("interactive", payload)

    async def shortcut(self, user: str, team: str, name: str) -> str:
        """A shortcut, on a message where it is one of those; the answer."""
        payload = {**self._interaction("shortcut", user, team), "callback_id": name, "action_ts": "1.1"}
        if name == PURGE_LINKS:
            message = {"type": "message", "user": "U_MIA", "ts": "1.1", "text": f"<{PAGE}>"}
            payload |= {"type": "message_action", "channel": {"id": "C_SHOP"}, "message": message, "message_ts": "1.1"}
        return await self._delivered("interactive", payload)

    async def fill(self, user: str, team: str, draft: str) -> bool:
        """A choice in the open form; whether the form is filled in."""
        option = {"selected_option": {"value": "0"}, "type": "static_select"}
        payload = {
            **self._interaction("block_actions", user, team),
            "container": {"type": "view", "view_id": "V_FORM"},
            "view": {"id": "V_FORM", "type": "modal", "private_metadata": draft, "hash": "h", "state": {"values": {}}},
            "actions": [{"action_id": "recent", "block_id": "recent", "action_ts": "1.1", **option}],
        }
        before = self._updates()
        await self._delivered("interactive", payload)
        return self._updates() > before

    def _updates(self) -> int:
        return sum(row["path"] == "/api/views.update" for row in self.slack.requests.listed())

    async def home_click(self, user: str, team: str, action: str, value: str) -> str:
        """A button of somebody's Home; what the Home then tells them."""
        payload = {
            **self._interaction("block_actions", user, team),
            "container": {"type": "view", "view_id": "V_HOME"},
            "view": {"id": "V_HOME", "type": "home"},
            "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": "1.1"}],
        }
        await self._delivered("interactive", payload)
        notes = [str(row[0]) for row in self._rows("select note from homes where user = ?", user)]
        return str(json.loads(notes[0])[0]) if any(notes) else ""

    async def open_home(self, user: str, team: str) -> tuple[str, bool]:
        """Opens the app; how its Home begins, and whether one is shown at all."""
        event = {"type": "app_home_opened", "user": user, "user_team": team, "channel": "D1", "tab": "home"}
        payload = {"type": "event_callback", "team_id": TEAM, "event_id": self.next(), "event": event}
        await self._delivered("events_api", payload)
        await self._homes.run()
        shown = (await self.slack.people.get("/_play/views", params={"user": user})).json().get("home")
        return (str(shown["blocks"][0]["text"]["text"]), True) if shown else ("", False)

    async def form(self, user: str, team: str, callback: str, draft: str, **typed: str) -> str:
        """A form; the answer."""
        values = {name: {name: {"type": "plain_text_input", "value": text}} for name, text in typed.items()}
        view = {
            "type": "modal", "id": self.next(), "hash": self.next(), "callback_id": callback,
            "private_metadata": draft, "state": {"values": values},
        }  # fmt: skip
        return await self._delivered("interactive", {**self._interaction("view_submission", user, team), "view": view})

    def _interaction(self, kind: str, user: str, team: str) -> dict[str, object]:
        who = {"id": user, "team_id": team, "username": user, "name": user}
        return {"type": kind, "team": {"id": TEAM}, "user": who, "trigger_id": self.next(), "response_url": ""}

    async def _delivered(self, kind: str, payload: Doc) -> str:
        taken = await self.bolt.take(Envelope(self.next(), kind, payload))
        assert taken is not None, "not taken"
        assert "errors" not in taken, taken
        keys = await self.shop.ledger.read(lambda books: [key for key, _ in books.intake.due(self.clock.now())])
        assert 1 == len(keys), keys
        await self.reception.run(keys[0])
        if not await self._answer(keys[0]):
            self.clock.at += AWAY_MAX_SECONDS + 1  # Slack does not say who it is, and now it is too late
            await self.reception.run(keys[0])
        answer = await self._answer(keys[0])
        await self.shop.ledger.write(lambda books: books.intake.done(keys[0], self.clock.now()))
        assert answer, "no answer"
        card = json.loads(answer)
        return f"{card['text']}\n{json.dumps(card['blocks'])}" if "text" in card else ""

    async def _answer(self, key: str) -> str:
        delivery = await self.shop.ledger.read(lambda books: books.intake.find(key))
        assert delivery is not None
        return delivery.answer

    async def post(self, role: str, text: str) -> httpx.Response:
        """`POST /v1/commands`."""
        headers = {"authorization": f"Bearer {_bearer(TOKENS[role])}"}
        return await self.http.post("/v1/commands", json={"text": text}, headers=headers)

    async def get(self, role: str, job: JobView) -> httpx.Response:
        """`GET /v1/jobs/{job}`."""
        headers = {"authorization": f"Bearer {_bearer(TOKENS[role])}"}
        return await self.http.get(f"/v1/jobs/{job.name}", headers=headers)

    # What is found afterwards

    def books(self) -> Mapping[str, Sequence[tuple[object, ...]]]:
        """All that the ledger remembers, but for deliveries and their answers, and what merely was refused."""
        kept = {*self._tables} - {"deliveries", "drafts", "homes", "budgets", "journal"}
        rows = {name: self._rows(f"select * from {name}") for name in kept}
        news = self._rows("select * from journal where seq > ? and event != 'denied'", str(self._journal))
        return {**rows, "journal": news}


def _bearer(actor: Actor) -> str:
    return f"secret of {actor.id}"


def _digest(actor: Actor) -> bytes:
    return hashlib.sha256(_bearer(actor).encode()).digest()


@contextlib.asynccontextmanager
async def house(path: Path) -> AsyncIterator[House]:
    """A house that is open until the block ends."""
    clock = SlateClock()
    async with land(path, clock.now, workspace=TOWN) as slack:
        opened = House(path, slack, clock)
        opened.open()
        try:
            yield opened
        finally:
            await opened.close()
