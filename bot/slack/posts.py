"""Posts, edits and lines in threads: each taken from its method's budget, and none posted twice where an answer was
lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.jobs.job import JobView
from bot.ledger.books import Books
from bot.ledger.messages import Line, Message
from bot.services.setup import Core
from bot.slack.calling import Names
from bot.slack.cards import Card, thread_line
from bot.slack.web_api import POSTS, READS, UPDATES, Setback, SlackApi, SlackTrouble

ACCOUNT = "slack"
BACKOFF_MAX = 5.0  # seconds; while Slack is away a card is tried this often
HISTORY_SECONDS = 60.0  # how far back a lost post is looked for, before the job
METADATA = "purgebot_job"

Known = Mapping[str, object]  # what tells one post of ours from every other


class Posts:
    """Speaks to Slack for the notifier; every call may raise SlackTrouble."""

    def __init__(self, core: Core, api: SlackApi) -> None:
        self._core = core
        self._api = api
        self._bucket = ""  # what the call under way was taken from; a run makes one call at a time

    async def found(self, message: Message, job: JobView) -> str | None:
        """Where a post whose answer was lost is; "" when it is not there, None when that cannot be asked yet."""
        if not message.lost:
            return ""
        if not await self.may(message, "read"):
            return None
        thread = message.thread_ts if message.role.is_call else ""
        return await self.sought(message.channel, _known_by(message, job), job.created, thread)

    async def sought(self, channel: str, known: Known, since: float, thread: str = "", event: str = METADATA) -> str:
        """Where a post of `event` after `since` is in a channel or a thread; "" when it is not there."""
        method, within = ("conversations.replies", {"ts": thread}) if thread else ("conversations.history", {})
        answer = await self._api.call(
            method,
            channel=channel, oldest=str(since - HISTORY_SECONDS), limit=100, include_all_metadata=True, **within,
        )  # fmt: skip
        messages = answer.get("messages")
        for posted in messages if isinstance(messages, list) else []:
            if _is_ours(posted, known, event):
                return str(posted["ts"])
        return ""

    async def may(self, message: Message, bucket: str) -> bool:
        """Take one call from a method's budget, or come back when there is one."""
        free = await self.taken(bucket)
        if free:
            await self.later(message, free)
        return not free

    async def taken(self, bucket: str) -> float:
        """Take one call from a method's budget: 0, or when there is one again."""
        self._bucket = bucket
        paces = {bucket: {"update": UPDATES, "read": READS}.get(bucket, POSTS)}
        now = self._core.clock.now()
        return await self._core.ledger.write(lambda books: books.budgets.take(ACCOUNT, [(bucket, 1)], paces, now))

    async def post(self, message: Message, job: JobView, card: Card) -> str:
        """Post it; its time stamp. Until that is recorded it is looked for before it is posted once more."""
        await self._core.ledger.write(lambda books: books.messages.sending(message))
        return await self.sent(message.channel, card, _known_by(message, job), message.thread_ts)

    async def sent(self, channel: str, card: Card, known: Known, thread: str = "", event: str = METADATA) -> str:
        """Post a card that is known by `known` among those of `event`; its time stamp."""
        answer = await self._api.call(
            "chat.postMessage",
            channel=channel, text=card.text, unfurl_links=False, unfurl_media=False,
            metadata={"event_type": event, "event_payload": known},
            **({"blocks": card.blocks} if card.blocks else {}),
            **({"thread_ts": thread} if thread else {}),
        )  # fmt: skip
        return str(answer.get("ts", ""))

    async def update(self, message: Message, ts: str, card: Card) -> str:
        """Edit it; its time stamp."""
        await self._api.call(
            "chat.update", channel=message.channel, ts=ts, text=card.text, blocks=card.blocks, unfurl_links=False
        )
        return ts

    async def say(self, root: Message, lines: Sequence[Line], names: Names) -> None:
        """Lines in the thread of `root`."""
        await self._api.call(
            "chat.postMessage",
            channel=root.channel, thread_ts=root.thread_ts or root.ts, unfurl_links=False, unfurl_media=False,
            text="\n".join(thread_line(line.told, names) for line in lines),
        )  # fmt: skip

    async def wait(self, message: Message, trouble: SlackTrouble, now: float) -> None:
        """Come back later. What Slack asked for binds every card, whatever changes meanwhile."""
        at = now + (trouble.retry_after or backoff(message.tries))
        lost = trouble.what is Setback.LOST and not message.ts

        def deed(books: Books) -> None:
            if not lost:
                books.messages.refused(message)
            books.messages.later(message, at, lost)
            self.block(books, trouble, now)

        await self._core.ledger.write(deed)

    def block(self, books: Books, trouble: SlackTrouble, now: float) -> None:
        """Nothing of the call's kind goes before the time that Slack asked for."""
        if trouble.retry_after:
            books.budgets.block(ACCOUNT, [self._bucket], now + trouble.retry_after, now)

    async def later(self, message: Message, at: float | None, lost: bool = False) -> None:
        """Look at it again at `at`; None: not any more, unless its job changes."""
        await self._core.ledger.write(lambda books: books.messages.later(message, at, lost))


def backoff(tries: int) -> float:
    """Seconds until a message that could not be shown is tried again."""
    return min(BACKOFF_MAX, 0.5 * 2.0 ** min(tries, 10))


def _known_by(message: Message, job: JobView) -> Known:
    """What tells our posts apart: a call is posted once in each round of votes."""
    known: dict[str, object] = {"job": job.name, "role": message.key}
    return known | ({"round": job.approval.round} if message.role.is_call and job.approval else {})


def _is_ours(posted: object, known: Known, event: str) -> bool:
    if not isinstance(posted, dict) or not isinstance(posted.get("metadata"), dict):
        return False
    metadata = posted["metadata"]
    return bool(metadata.get("event_type") == event and metadata.get("event_payload") == known)
