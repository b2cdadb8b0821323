"""Calls of one account: each comes to an end in the ledger, whatever becomes of it."""

from __future__ import annotations

from pathlib import Path

from structlog.testing import capture_logs

from bot.domain.jobs.job import LayerState, State, Trouble
from tests.services.shop import MIA, open_shop, url

BROKE_OFF = Trouble(
    "Unexpected",
    "purgebot broke off a call to Cloudflare, because of a mistake in its own code.",
    "It may have been done already: look at the edge, or retry. Report it with what the log says of adapter_broke_off.",
)


async def test_a_mistake_in_an_adapter_ends_its_call_and_its_job(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)

    async def mistake() -> None:
        raise KeyError("result")

    shop.cf.before_answer = mistake
    job = await shop.purge(MIA, url("/a"))
    with capture_logs() as logs:
        await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.FAILED, 1) == (ended.state, len(shop.cf.sent))
    assert [(LayerState.DONE, None), (LayerState.FAILED, BROKE_OFF)] == [(x.state, x.trouble) for x in ended.layers]
    (told,) = (line for line in logs if line["event"] == "adapter_broke_off")
    assert (job.id, "cf", "KeyError") == (told["job"], told["account"], told["error"])


async def test_a_mistake_in_one_call_leaves_the_others_alone(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    mistakes = [KeyError("result")]

    async def once() -> None:
        if mistakes:
            raise mistakes.pop()

    shop.shield.before_answer = once
    job = await shop.purge(MIA, url("/a"), url("/b"), check=False)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    shield = ended.layers[0]
    assert (2, 1, 0, 1) == (len(shop.shield.sent), shield.failed, shield.open, shield.sent)
