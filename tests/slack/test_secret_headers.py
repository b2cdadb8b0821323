"""Headers by which a site's cache tells signed-in visitors apart: they are sent, and nobody reads their values."""

from __future__ import annotations

import json

import pytest
from structlog.testing import capture_logs

from tests.slack.room import API_TOKEN, PRICING, Room

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
SECRET = "s3cr3tvalue"
VARIANTS = f"""
sites:
  shop:
    variants:
      - {{Cookie: "tier={SECRET}1"}}
      - {{Authorization: "Bearer {SECRET}2"}}
      - {{X-Api-Key: "{SECRET}3"}}
      - {{Proxy-Authorization: "Basic {SECRET}4"}}
"""
NAMED = ("Cookie: tier=•••", "Authorization: Bearer •••", "X-Api-Key: •••", "Proxy-Authorization: Basic •••")
ASKED = (f"check {PRICING}", f"why {PRICING}", f"lint {PRICING}", f"plan {PRICING}", f"{PRICING} --warm", "show P-1",
         "log", "sites", "status", f"warm {PRICING}")  # fmt: skip


async def told_everywhere(shop: Room) -> str:
    """What people, pipelines and the log are told, whatever is asked."""
    headers = {"authorization": f"Bearer {API_TOKEN}"}
    told: list[str] = []
    with capture_logs() as logs:
        for n, line in enumerate(ASKED):
            await shop.command("U_MIA", line)
            for json_too in (False, True):
                body = {"text": f"{line} --json" if json_too else line}
                key = {"idempotency-key": f"{n}-{json_too}"}
                told.append((await shop.http.post("/v1/commands", json=body, headers=headers | key)).text)
        told.append(json.dumps(await shop.job(1, "done"), ensure_ascii=False))
        await shop.card("P-1 fresh")
    journal = await shop.bot.ledger.read(lambda books: books.journal.events(1))
    slack = [row for row in shop.requests.listed() if str(row["path"]).startswith("/api/")]
    return "\n".join([*told, *map(str, (journal, slack, logs, await shop.messages(), await shop.notes("U_MIA")))])


async def test_values_of_secret_headers_are_told_nowhere_and_their_names_are(shop: Room) -> None:
    await shop.clear(VARIANTS)
    told = await told_everywhere(shop)
    assert [] == [told[max(0, at - 200) : at + 40] for at in range(len(told)) if told.startswith(SECRET, at)]
    assert [] == [name for name in NAMED if name not in told]


async def test_they_are_sent_all_the_same(shop: Room) -> None:
    await shop.clear(VARIANTS)
    await shop.command("U_MIA", PRICING)
    await shop.card("fresh")
    sent = [str(row) for row in shop.world.requests.listed() if row["account"] == "cf"]
    assert [True] * 4 == [any(f"{SECRET}{n}" in call for call in sent) for n in range(1, 5)]
