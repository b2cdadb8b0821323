"""What is more than a card: pages of the log by button, its files, the chart of stats, a long lint; for whoever asked
alone."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import IO

import structlog

from bot.domain.grammar.command import Command, Verb
from bot.domain.grammar.speech import Search
from bot.domain.policies.rights import Deed, authorise
from bot.domain.shown import count
from bot.export.linted import lint_text
from bot.export.record import kept_record
from bot.export.sheet import FILE_MAX, Form, begin, end, part
from bot.export.targets import file_name, file_text
from bot.services.desk import Desk
from bot.services.forgotten import no_job
from bot.services.history import chunks, kept, sought_by, things
from bot.services.off_loop import aside
from bot.services.replies import Checked, JobShown, Kept, Linted, QueuedShown, Refusal, Reply, StatsShown
from bot.services.requests.purges import Asking
from bot.services.setup import Core
from bot.slack.answers import card_for
from bot.slack.cards.blocks import Card, card, context
from bot.slack.cards.history import searched
from bot.slack.cards.lint import is_cut
from bot.slack.cards.targets import is_cut as left_out
from bot.slack.cards.targets import is_listed
from bot.slack.chart import alt_text, draw
from bot.slack.escape import channel, linked
from bot.slack.files import File, Files
from bot.slack.payload import text_of
from bot.slack.strip import alt_of, draw_strip, strip_of
from bot.slack.web_api import SlackApi, SlackTrouble

log = structlog.get_logger()
OVER = Refusal("This button means nothing any more.", "Type the command again.")
_SCOPES = "Slack says that a scope is missing: the app needs `files:write` and `im:write` (see manifest.yml)."


class Past:
    """What buttons and replies about the past bring."""

    def __init__(self, core: Core, desk: Desk, api: SlackApi) -> None:
        self._core = core
        self._desk = desk
        self._files = Files(api)
        self._drawing = asyncio.Lock()

    async def page(self, asking: Asking, line: str) -> Reply:
        """The page of the log that a button's line names."""
        command = self._understood(asking, line)
        return await self._desk.do(asking, command) if command and command.verb is Verb.LOG else OVER

    async def file(self, asking: Asking, line: str, form: Form) -> Card:
        """Send what a button's line names as a file, and say where it is."""
        denied = authorise(asking.actor, Deed.SEE)
        if denied is not None:
            return self._card(Refusal(denied.why, denied.advice, by_rule=True))
        found = await self._named(asking, line)
        if isinstance(found, Refusal):
            return self._card(found)
        name, jobs = found
        with await asyncio.to_thread(tempfile.TemporaryFile) as content:
            n = await _write(content, jobs, form)
            file = File(f"{name}.{form}", f"{count(n, 'job')} of purgebot's log", content)
            told = await self._sent(asking, file)
        more = [f"It holds the newest {FILE_MAX:,} jobs; name a site or a time for others."] if n == FILE_MAX else []
        return card(told, more)

    async def with_chart(self, asking: Asking, shown: StatsShown) -> Card:
        """The card of stats, and a word on its chart; where that cannot be sent, what is missing."""
        table = self._card(shown)
        if not shown.stats.total:
            return table
        title = " · ".join(["Purges", *searched(shown.search)])
        async with self._drawing:
            picture = await asyncio.to_thread(draw, shown.stats, shown.names, title)
        alt = alt_text(shown.stats, shown.names, title)
        told = await self._sent(asking, File("purges.png", title, io.BytesIO(picture), alt))
        return Card(table.text, [*table.blocks, context([told])])

    async def with_strip(self, asking: Asking, checked: Checked, draft: str = "") -> Card:
        """The card of a check; of many places or pages a picture too, which takes the place of that of the check whose
        `draft` brought this one."""
        told, strip = self._card(checked), strip_of(checked)
        before = await self._picture(asking, draft)
        if strip is None:
            await self._take_away(before)
            return told
        async with self._drawing:
            picture = await asyncio.to_thread(draw_strip, strip)
        file = File("places.png", "where it is fresh and where it is old", io.BytesIO(picture), alt_of(strip))
        words, id = await self._shared(asking, file)
        if id:
            await self._take_away(before)
        await self._note_picture(checked.draft, id or before)
        sent = context([words])
        at = next((n for n, block in enumerate(told.blocks) if block["type"] == "actions"), len(told.blocks))
        return Card(told.text, [*told.blocks[:at], sent, *told.blocks[at:]])

    async def _picture(self, asking: Asking, draft: str) -> str:
        """The id of the picture that came with the check of a draft of the asker's; "" for none."""
        found = await self._core.ledger.read(lambda books: books.intake.draft(draft, self._core.clock.now()))
        return text_of(found[1], "picture") if found is not None and found[0] == asking.actor.id else ""

    async def _note_picture(self, draft: str, id: str) -> None:
        if draft and id:
            await self._core.ledger.write(lambda books: books.intake.note_in_draft(draft, "picture", id))

    async def _take_away(self, id: str) -> None:
        """A picture of before, which would stand beside the one of now."""
        if not id:
            return
        try:
            await self._files.take_away(id)
        except SlackTrouble as trouble:
            log.warning("file_not_taken_away", error=trouble.error)

    async def with_report(self, asking: Asking, linted: Linted) -> Card:
        """The card of a lint; where it has no room for all of it, the whole as a file too."""
        told = self._card(linted)
        if not is_cut(linted.report):
            return told
        whole = File("lint.txt", "the whole lint", io.BytesIO(lint_text(linted.report).encode()))
        return Card(told.text, [*told.blocks, context([await self._sent(asking, whole)])])

    async def with_targets(self, asking: Asking, shown: JobShown | QueuedShown) -> Card:
        """The card of what was shown; where it has no room for every target, all of them as a file too."""
        told, targets = self._card(shown), shown.targets
        if not is_listed(targets) or not left_out(targets):
            return told
        name = shown.job.name if isinstance(shown, JobShown) else shown.waits.request.name
        content = await aside(len(targets), lambda: file_text(targets))
        whole = File(file_name(name), f"{count(len(targets), 'target')} of {name}, all", io.BytesIO(content))
        return Card(told.text, [*told.blocks, context([await self._sent(asking, whole)])])

    def _understood(self, asking: Asking, line: str) -> Command | None:
        command = self._desk.understand(asking.actor, asking.channel, line)
        return command if isinstance(command, Command) and command.verb in (Verb.LOG, Verb.SHOW) else None

    async def _named(self, asking: Asking, line: str) -> tuple[str, AsyncIterator[Sequence[Kept]]] | Refusal:
        command = self._understood(asking, line)
        if command is None:
            return OVER
        if command.verb is Verb.LOG:
            sought = await sought_by(self._core, asking.actor, command.search or Search())
            return sought if isinstance(sought, Refusal) else ("purges", chunks(self._core, sought))
        jobs = await self._core.ledger.read(lambda books: kept(books, [command.job], whole=True))
        if not jobs or jobs[0].job.site not in {site.name for site in self._core.setup.seen_by(asking.actor)}:
            where = f"`{self._core.setup.command} status` lists the jobs."
            return await self._core.ledger.read(lambda books: no_job(books, asking.actor, command.job, where))
        targets = await things(self._core, jobs[0].job)
        return f"P-{command.job}", _once([replace(jobs[0], targets=targets)])

    async def _sent(self, asking: Asking, file: File) -> str:
        """Where the file is, or why it is nowhere."""
        words, _ = await self._shared(asking, file)
        return words

    async def _shared(self, asking: Asking, file: File) -> tuple[str, str]:
        """The same, and the file's id, "" where it is nowhere. Asked for in a channel it comes to the asker's own
        messages, and says there why."""
        try:
            own = await self._files.place(asking.actor.id)
            elsewhere = asking.channel not in ("", own)
            sent = await self._files.send(own, file, _from(asking.channel) if elsewhere else "")
        except SlackTrouble as trouble:
            log.warning("file_not_sent", file=file.name, error=trouble.error)
            later = f"Slack did not take it ({trouble.error}). Ask again in a minute."
            return f"{file.name} was not sent. {_SCOPES if trouble.error == 'missing_scope' else later}", ""
        why = ", as a channel shows files to everybody" if elsewhere else ""
        return (
            f"{linked(sent.link, file.name) or file.name} is in your messages with purgebot{why}: {file.title}",
            sent.id,
        )

    def _card(self, reply: Reply) -> Card:
        return card_for(reply, self._core.clock.now(), self._core.setup.command)


def _from(asked_in: str) -> str:
    """What stands over a file that comes without being asked for here."""
    return f"You asked in {channel(asked_in)}. There it would be shown to everybody."


async def _once(jobs: Sequence[Kept]) -> AsyncIterator[Sequence[Kept]]:
    yield jobs


async def _write(content: IO[bytes], jobs: AsyncIterator[Sequence[Kept]], form: Form) -> int:
    """Write a whole file, in a thread, some jobs at a time; how many there were."""
    n = 0
    await asyncio.to_thread(content.write, begin(form).encode())
    async for some in jobs:
        await asyncio.to_thread(_write_some, content, some, form, n == 0)
        n += len(some)
    await asyncio.to_thread(content.write, end(form).encode())
    return n


def _write_some(content: IO[bytes], some: Sequence[Kept], form: Form, first: bool) -> None:
    records = [kept_record(one.job, one.moments, one.targets) for one in some]
    content.write(part(form, records, first).encode())
