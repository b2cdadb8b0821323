"""What the asker is told in private, and how it gets there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.ledger.holds import REFUSED_LATER
from bot.ledger.intake import Delivery
from bot.ports import Clock
from bot.slack.cards import Card
from bot.slack.payload import text_of
from bot.slack.web_api import Setback, SlackApi, SlackTrouble

log = structlog.get_logger()
RESPONSE_SECONDS = 1700.0  # a response_url lives 30 minutes
OK, BAD_REQUEST, TOO_MANY = 200, 400, 429
ERROR_MAX = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What the asker is told in private; `replaces` the message that was clicked."""

    card: Card | None = None
    replaces: bool = False
    to: Mapping[str, object] = field(default_factory=dict)  # where, if the delivery itself does not say


class Telling:
    """Tells."""

    def __init__(self, api: SlackApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    async def tell(self, delivery: Delivery, answer: Answer) -> bool:
        """Tell the asker in private; False when that must be tried again. What is late answers nothing any more, unless
        nobody waited for it: that a request in line came to nothing."""
        if answer.card is None and not answer.replaces:
            return True
        if self._clock.now() - delivery.at > RESPONSE_SECONDS and delivery.kind != REFUSED_LATER:
            log.warning("answer_not_told", kind=delivery.kind)
            return True
        body = {**delivery.body, **answer.to}
        url = text_of(body, "response_url")
        return await (self._by_url(url, answer) if url else self._by_post(body, answer.card))

    async def _by_url(self, url: str, answer: Answer) -> bool:
        webhook = AsyncWebhookClient(url, retry_handlers=[], timeout=5, trust_env_in_session=False)
        try:
            sent = await _sent(webhook, answer, with_blocks=True)
            if sent.status_code == BAD_REQUEST and answer.card:
                log.error("answer_without_blocks", error=sent.body[:ERROR_MAX])
                sent = await _sent(webhook, answer, with_blocks=False)
        except (aiohttp.ClientError, SlackClientError, OSError, TimeoutError) as exc:
            log.warning("answer_not_taken", error=type(exc).__name__)
            return False
        if sent.status_code != OK:
            log.warning("answer_not_taken", status=sent.status_code, error=sent.body[:ERROR_MAX])
        return sent.status_code < 500 and sent.status_code != TOO_MANY

    async def _by_post(self, body: Mapping[str, object], card: Card | None) -> bool:
        """In the channel, for the asker's eyes; where there is none, or the bot is not in it, in their own one."""
        channel, user, thread = text_of(body, "channel"), text_of(body, "user"), text_of(body, "thread")
        if card is None:
            return True
        said: dict[str, object] = {"text": card.text, "blocks": card.blocks}
        in_thread = {"thread_ts": thread} if thread else {}
        try:
            if channel:
                await self._api.call("chat.postEphemeral", channel=channel, user=user, **said, **in_thread)
            else:
                await self._api.call("chat.postMessage", channel=user, unfurl_links=False, unfurl_media=False, **said)
        except SlackTrouble as trouble:
            if channel and trouble.what is Setback.ELSEWHERE:
                return await self._by_post({"user": user}, card)
            return trouble.what not in (Setback.LATER, Setback.LOST)
        return True


async def _sent(webhook: AsyncWebhookClient, answer: Answer, with_blocks: bool) -> WebhookResponse:
    if answer.card is None:
        return await webhook.send(delete_original=True)
    return await webhook.send(
        text=answer.card.text, blocks=answer.card.blocks if with_blocks else None, response_type="ephemeral",
        replace_original=answer.replaces, unfurl_links=False, unfurl_media=False,
    )  # fmt: skip


def packed(answer: Answer) -> str:
    """`answer` as the ledger keeps it."""
    card = answer.card
    doc: dict[str, object] = {"text": card.text, "blocks": card.blocks} if card else {}
    doc |= {"to": dict(answer.to)} if answer.to else {}
    return json.dumps(doc) + (" " if answer.replaces else "")


def unpacked(text: str) -> Answer:
    """The answer that the ledger kept."""
    doc = json.loads(text)
    card = Card(doc["text"], doc["blocks"]) if "text" in doc else None
    return Answer(card, text.endswith(" "), doc.get("to", {}))
