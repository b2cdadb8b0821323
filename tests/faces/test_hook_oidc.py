"""`POST /v1/deploys` with a token of GitHub Actions, through the real door: a token counts once, for one body."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest_asyncio

from bot.settings import Deploys, OidcSender
from tests.faces.door import Counter, counter
from tests.senders.issuer import AUDIENCE, Issuer, issuing

BODY: Mapping[str, object] = {"site": "shop", "version": "4.2.0", "paths": ["/", "/pricing"]}
OTHER_BODY = {**BODY, "paths": ["/news"]}
DETAIL = "This id came before with another body. Send the deploy under a new one."
USED = "This token counted for another deploy. Ask GitHub for a new one."
NOBODY = "The deploy is not signed by a known sender, or too old or new."


@dataclass(frozen=True, slots=True)
class Workflow:
    """A run that gets tokens of its issuer, and tells of deploys."""

    counter: Counter
    issuer: Issuer

    def token(self, **more: object) -> str:
        now = int(self.counter.shop.clock.now())
        return self.issuer.signed("first", {}, {"iat": now, "nbf": now, "exp": now + 300, **more})

    async def tell(self, token: str, body: object = BODY, **more: str) -> httpx.Response:
        headers = {
            "authorization": f"Bearer {token}",
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        return await self.counter.http.post("/v1/deploys", content=json.dumps(body).encode(), headers=headers)


@pytest_asyncio.fixture
async def run(tmp_path: Path) -> AsyncIterator[Workflow]:
    async with issuing() as issuer:
        sender = OidcSender(
            "actions", AUDIENCE, "74", "65", frozenset({"shop"}), "", "refs/heads/main", "prod", issuer.url
        )
        async with counter(tmp_path, senders=Deploys(oidc=(sender,))) as door:
            yield Workflow(door, issuer)


async def test_a_token_is_a_deploy_of_its_workflow(run: Workflow) -> None:
    answer = await run.tell(run.token())
    job = (await run.counter.job("P-1")).json()
    assert (202, {"job": "P-1", "state": "queued", "url": "/v1/jobs/P-1"}) == (answer.status_code, answer.json())
    assert ("token:actions", 2) == (job["requested_by"], job["targets"])


async def test_the_same_token_with_the_same_body_is_the_same_job(run: Workflow) -> None:
    token = run.token()
    answers = [await run.tell(token) for _ in range(2)]
    assert ([202, 202], 1) == ([answer.status_code for answer in answers], await run.counter.jobs())
    assert answers[0].json() == answers[1].json()


async def test_a_token_counts_for_no_other_body(run: Workflow) -> None:
    token = run.token()
    await run.tell(token)
    again = await run.tell(token, OTHER_BODY)
    assert (409, DETAIL, 1) == (again.status_code, again.json()["detail"], await run.counter.jobs())


async def test_a_token_counts_once_whatever_id_it_is_sent_under(run: Workflow) -> None:
    token = run.token()
    await run.tell(token, webhook_id="deploy-1")
    again = await run.tell(token, OTHER_BODY, webhook_id="deploy-2")
    fresh = await run.tell(run.token(jti="another"), OTHER_BODY, webhook_id="deploy-2")
    assert (409, USED) == (again.status_code, again.json()["detail"])
    assert (202, 2) == (fresh.status_code, await run.counter.jobs())


async def test_a_token_of_another_repository_is_nobodys(run: Workflow) -> None:
    answer = await run.tell(run.token(repository_id="75", repository="octo-org/other"))
    assert (401, NOBODY, 0) == (answer.status_code, answer.json()["detail"], await run.counter.jobs())
