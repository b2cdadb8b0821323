"""The form for a purge, from the click that opens it to what it asks for when it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.domain.grammar.filled_form import FILE, KIND, MODE, REASON, SITE, THINGS, Filled, unfilled_in, wrong_in
from bot.domain.grammar.message_links import Gleaned, glean
from bot.domain.grammar.uploads import SUFFIXES, Unlisted
from bot.ledger.books import Books
from bot.ledger.intake import Delivery
from bot.ledger.messages import Role
from bot.services.desk import Desk
from bot.services.replies import JobMade, PurgeFormWanted, Refusal, Reply
from bot.services.requests.purges import Asking
from bot.services.requests.wishes import TYPED_MAX, Begun, Wishes, files_of, has_list, recent_of, waiting_lines
from bot.services.setup import Core, delivery_name
from bot.slack.cards.purge_form import AS_SET, GUESS, purge_form
from bot.slack.inbox import Away, Inbox
from bot.slack.payload import text_of
from bot.slack.web_api import SlackApi, SlackTrouble
from providers.contract import Kind

log = structlog.get_logger()
PURGE_FORM, PURGE_LINKS = "purge_form", "purge_links"  # the shortcuts, as manifest.yml names them
KNOWN_SECONDS = 1.0  # a form is judged before its ack only if its sender is known by then
NO_LINKS = "This message links to no page of your sites, and no .txt or .csv is attached."


class PurgeForms:
    """Opens forms, fills them in, and takes them back."""

    def __init__(self, core: Core, desk: Desk, api: SlackApi) -> None:
        self._core = core
        self._desk = desk
        self._api = api
        self._inbox = Inbox(api)
        self._wishes = Wishes(core, desk)

    async def begin(self, asking: Asking, delivery: Delivery, url_until: float) -> Reply:
        """A form for a bare command or a shortcut. Its answers go by `response_url` until `url_until`."""
        where = {"response_url": text_of(delivery.body, "response_url"), "url_until": url_until}
        match text_of(delivery.body, "shortcut"):
            case "":
                return await self._wishes.begin(asking, Begun(where=where))
            case name if name == PURGE_FORM:
                return await self._wishes.begin(asking, Begun(where=where))
            case name if name == PURGE_LINKS:
                return await self._of_message(asking, delivery, where)
            case _:
                return Refusal("This shortcut means nothing any more.")

    async def _of_message(self, asking: Asking, delivery: Delivery, where: Mapping[str, object]) -> Reply:
        refused = self._wishes.refused(asking.actor)
        if refused is not None:
            return refused
        gleaned = glean(_texts(delivery.body, "links"), self._wishes.speaker(asking.actor, asking.channel))
        lists, left_out = _lists(files_of(delivery.body))
        left_out = (*gleaned.left_out, *left_out)
        if not gleaned.lines and not lists:
            return Refusal(NO_LINKS, " ".join(f"Left out: {line}" for line in left_out))
        return await self._wishes.begin(asking, _begun(gleaned, lists, left_out, where))

    def again(self, asking: Asking, name: str, doc: Mapping[str, object]) -> PurgeFormWanted:
        """The form of a draft that was opened before."""
        return self._wishes.form(name, asking.actor, doc)

    async def fill(self, delivery: Delivery, asking: Asking) -> None:
        """Put one of the asker's last targets into the open form, below what was typed there."""
        if self._wishes.refused(asking.actor) is not None:
            return
        body, name = delivery.body, text_of(delivery.body, "draft")
        found = await self._core.ledger.read(lambda books: books.intake.draft(name, delivery.at))
        if found is None or found[0] != asking.actor.id or "wish" not in found[1]:
            return
        recent, chosen = recent_of(found[1]), text_of(body, "value")
        if not (chosen.isascii() and chosen.isdigit() and int(chosen) < len(recent)):
            return
        line, site = recent[int(chosen)]
        fields = _fields(body)
        if "://" in line and fields.get(KIND, GUESS) != GUESS:
            line = f"{Kind.URL.value} {line}"  # under the kind that was chosen for the others it would be another thing
        typed = fields.get(_named(fields, THINGS), "")
        things = line if not typed.strip() else typed if line in typed.split("\n") else f"{typed.rstrip()}\n{line}"
        if len(things) > TYPED_MAX:
            return  # it has no room for it, and part of a URL is another URL
        form = self._wishes.form(name, asking.actor, found[1])
        form = replace(form, things=things, site=site, turn=_turn(fields) + 1)
        try:
            await self._api.call(
                "views.update", view_id=text_of(body, "view"), hash=text_of(body, "hash"), view=purge_form(form)
            )
        except SlackTrouble as trouble:
            log.warning("form_not_filled", error=trouble.error)

    async def errors(self, body: Mapping[str, object], doc: Mapping[str, object]) -> dict[str, str]:
        """What is wrong with a sent form, by block; nothing where its sender is not known in time: the run says it."""
        try:
            async with asyncio.timeout(KNOWN_SECONDS):
                actor = await self._core.directory.actor(text_of(body, "user"), text_of(body, "team"))
        except TimeoutError:
            return {}
        if self._wishes.refused(actor) is not None:
            return {}
        fields = _fields(body)
        wrong = wrong_in(_filled(fields, doc), self._wishes.speaker(actor, text_of(doc, "channel")))
        return {_named(fields, field): problem for field, problem in wrong.items()}

    def over(self, body: Mapping[str, object], sent: bool) -> dict[str, str]:
        """A form that cannot be sent any more, and why."""
        why = "This form is over: a day has passed. Open a new one."
        why = "This form was sent already. Close it." if sent else why
        return {_named(_fields(body), THINGS): why}

    async def sent(self, delivery: Delivery, asking: Asking, doc: Mapping[str, object]) -> Reply | None:
        """What a form asks for, done; None while Slack does not hand out its list."""
        fields = _fields(delivery.body)
        filled = _filled(fields, doc)
        refused = self._wishes.refused(asking.actor) or _unfilled(filled)
        if refused is not None:
            return refused
        ids = [id for id, _ in files_of(doc)] + [id for id in fields.get(FILE, "").split(",") if id]
        try:
            lists = [await self._inbox.listed(id, bool(filled.kind)) for id in ids]
        except Unlisted as exc:
            return Refusal(exc.what, exc.advice)
        except Away:
            return None
        lines = [*(line for one in lists for line in one.lines), *waiting_lines(doc), *filled.lines()]
        reply = await self._desk.ask(asking, filled.line(), lines, [one.note for one in lists if one.note])
        if isinstance(reply, JobMade) and not asking.channel:
            await self._tell_where(reply.job.id)
        return reply

    async def _tell_where(self, job: int) -> None:
        """A form that was opened nowhere: its asker gets the link of the job's card."""
        now = self._core.clock.now()

        def deed(books: Books) -> str:
            root = books.messages.find(job, Role.ROOT)
            return books.intake.tell_moved(job, root.channel if root else "", now)

        key = await self._core.ledger.write(deed)
        if key:
            self._core.engine.wake(delivery_name(key))


def place_of(doc: Mapping[str, object], now: float) -> dict[str, object]:
    """Where answers about a draft go: its channel and thread, and its response URL while that lives."""
    until = doc.get("url_until")
    url = text_of(doc, "response_url") if isinstance(until, float) and now < until else ""
    place = {"channel": text_of(doc, "channel"), "thread": text_of(doc, "thread"), "response_url": url}
    return {name: value for name, value in place.items() if value}


def _begun(
    gleaned: Gleaned, lists: tuple[tuple[str, str], ...], left_out: tuple[str, ...], where: Mapping[str, object]
) -> Begun:
    return Begun(gleaned.lines, gleaned.site, left_out, lists, where)


def _lists(files: list[tuple[str, str]]) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The first list among a message's files, and why the others are left out. A file from another workspace comes
    without its name: that is seen when it is fetched."""
    lists = [(id, name or id) for id, name in files if not name or name.lower().endswith(SUFFIXES)]
    others = [f"{name}: neither .txt nor .csv." for _, name in files if name and not name.lower().endswith(SUFFIXES)]
    return tuple(lists[:1]), (*others, *(f"{name}: one list at a time." for _, name in lists[1:]))


def _filled(fields: Mapping[str, str], doc: Mapping[str, object]) -> Filled:
    """What was typed and chosen, without the words that stand for no choice."""
    kind, mode = fields.get(KIND, ""), fields.get(MODE, "")
    filled = Filled(
        things=fields.get(_named(fields, THINGS), ""),
        kind="" if kind == GUESS else kind,
        site=fields.get(_named(fields, SITE), "").strip(),
        mode="" if mode == AS_SET else mode,
        reason=fields.get(REASON, ""),
        has_list=bool(fields.get(FILE)),
    )
    return replace(filled, has_list=has_list(doc, filled))


def _unfilled(filled: Filled) -> Refusal | None:
    wrong = unfilled_in(filled)
    return Refusal(wrong, "Open the form again.") if wrong else None


def _named(fields: Mapping[str, str], field: str) -> str:
    """The block that holds `field`: its name has the turn behind it once the form was filled in."""
    return next((name for name in fields if name.partition("-")[0] == field), field)


def _turn(fields: Mapping[str, str]) -> int:
    turn = _named(fields, THINGS).partition("-")[2]
    return int(turn) if turn.isascii() and turn.isdigit() else 0


def _fields(body: Mapping[str, object]) -> dict[str, str]:
    fields = body.get("fields")
    return {str(name): str(value) for name, value in fields.items()} if isinstance(fields, Mapping) else {}


def _texts(body: Mapping[str, object], name: str) -> list[str]:
    texts = body.get(name)
    return [str(text) for text in texts] if isinstance(texts, list) else []
