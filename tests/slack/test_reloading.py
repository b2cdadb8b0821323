"""The configuration taken anew, and secrets that change, while people wait and calls go out."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.policies.policy import Conditions, Tightening
from bot.reloading import reload
from bot.settings import Settings, load
from playground.clouds.cloudflare import Cloudflare
from playground.towns.shop import API_PATH, TOKEN
from tests.slack.room import API_TOKEN, HOST, SECRET, Room, labels, room

pytestmark = pytest.mark.slow

PAGES = [f"{HOST}/p/{n}" for n in range(200)]
NEW_TOKEN = "the-token-of-today"
FREEZE = "Nothing is purged during the sale."
BLOG = "  blog: {hosts: [blog.test], layers: [{account: shield}]}\n"


def settings(opened: Room, tmp_path: Path, change: Callable[[str], str] = str) -> Settings:
    """The room's configuration, changed."""
    file = tmp_path / "anew.yaml"
    file.write_text(change(opened.world.config()))
    deploys = {"PLAY_DEPLOY_SECRET": "whsec_" + "c2VjcmV0" * 4}
    return load(file, {**opened.world.environ, "PLAY_API_TOKEN": API_TOKEN, **deploys})


def with_blog(config: str) -> str:
    return config.replace("sites:\n", f"sites:\n{BLOG}")


async def say(opened: Room, text: str, *targets: str) -> str:
    """What the bot answers a machine."""
    headers = {"authorization": f"Bearer {API_TOKEN}"}
    answer = await opened.http.post("/v1/commands", json={"text": text, "targets": targets}, headers=headers)
    return str(answer.json().get("text"))


def every_cf_purge(opened: Room) -> list[str]:
    return sorted(url for urls in opened.purges("cf") for url in urls)


async def test_a_token_that_changes_in_mid_job_costs_nothing(tmp_path: Path) -> None:
    token = tmp_path / "token"
    calls: list[str] = []
    emulators: list[Cloudflare] = []

    def rotate(name: str) -> None:
        calls.append(name)
        if calls.count("before call") == len(PAGES) + 3:  # the shield's, and some of Cloudflare's
            token.write_text(f"{NEW_TOKEN}\n")
            emulators[0].token = NEW_TOKEN

    def by_file(config: str) -> str:
        return config.replace("token: {env: CLOUDFLARE_TOKEN}", f"per_call: {{url: 10}}, token: {{file: {token}}}")

    async with room(tmp_path, failpoint=rotate) as opened:
        cloud = opened.world.towns["shop"].mounts[API_PATH]
        assert isinstance(cloud, Cloudflare)
        emulators.append(cloud)
        token.write_text(f"{TOKEN}\n")
        assert [] == await opened.bot.reload(settings(opened, tmp_path, by_file))
        await say(opened, 'purge --no-check --reason "new prices"', *PAGES)
        await opened.job(1, "waiting")
        await opened.command("U_LEA", "approve P-1", channel="C_APPROVE")
        job = await opened.job(1, "done", "partial", "failed")
        refused = [row["status"] for row in opened.world.requests.listed() if row["account"] == "cf"].count(403)
        purged = every_cf_purge(opened)
    assert "done" == job["state"]
    assert sorted(PAGES) == purged
    assert refused > 0


async def test_reloads_under_load_lose_and_repeat_no_call(tmp_path: Path) -> None:
    def other_pace(n: int) -> Callable[[str], str]:
        key = "token: {env: CLOUDFLARE_TOKEN}"
        return lambda config: config.replace(key, f"per_call: {{url: {n}}}, {key}")

    async with room(tmp_path) as opened:
        await say(opened, 'purge --no-check --reason "new prices"', *PAGES)
        await opened.job(1, "waiting")
        await opened.command("U_LEA", "approve P-1", channel="C_APPROVE")
        for n in range(20):
            assert [] == await opened.bot.reload(settings(opened, tmp_path, other_pace(5 + n)))
        job = await opened.job(1, "done", "partial", "failed")
        purged = every_cf_purge(opened)
    assert "done" == job["state"]
    assert sorted(PAGES) == purged


async def test_a_new_site_is_there_at_once_with_its_diff_in_the_journal(tmp_path: Path) -> None:
    async with room(tmp_path) as opened:
        before = "blog" in opened.bot.core.setup.sites
        await opened.bot.reload(settings(opened, tmp_path, with_blog))
        after = await opened.command("U_MIA", "plan http://blog.test/a")
        note = await opened.note("U_MIA", "blog.test")
        entries = await opened.bot.ledger.read(lambda books: books.configuration.text())
    assert (False, True) == (before, "blog" in opened.bot.core.setup.sites)
    assert note and after
    assert "sites.blog.hosts[0]: blog.test" in (entries or "")


async def test_what_waits_for_votes_is_judged_by_the_new_policy(tmp_path: Path) -> None:
    async with room(tmp_path) as opened:
        await opened.command("U_MIA", "prefix www.shop.test/a/")
        await opened.job(1, "waiting")
        now = settings(opened, tmp_path)
        frozen = Tightening("freeze", Conditions(), refuse=True, say=FREEZE)
        await opened.bot.reload(replace(now, policy=replace(now.policy, tighten=(frozen,))))
        card = await opened.card(FREEZE, channel="C_SHOP")
    assert card


async def test_what_waits_for_a_layer_that_the_file_has_no_more_is_kept_back_until_it_has_it_again(
    tmp_path: Path,
) -> None:
    def without_shield(config: str) -> str:
        return config.replace("      - {account: shield}\n", "", 1)

    async with room(tmp_path) as opened:
        await opened.command("U_MIA", "prefix www.shop.test/a/")
        await opened.job(1, "waiting")
        root = await opened.card("waits for 1 approval", channel="C_SHOP")
        await opened.bot.reload(settings(opened, tmp_path, without_shield))
        kept = await opened.card("cannot run as purgebot is configured now", channel="C_APPROVE")
        told = await opened.lines(root, "<@U_MIA> P-1 does not run for now: shop has no layer shield any more")
        await opened.bot.reload(settings(opened, tmp_path))
        again = await opened.card("needs 1 approval", "What kept it back is over", channel="C_APPROVE")
    assert told
    assert (["Deny"], ["Approve", "Deny"]) == (labels(kept), labels(again))


async def test_an_open_job_keeps_a_file_out_that_would_strand_it(tmp_path: Path) -> None:
    async with room(tmp_path) as opened:
        await opened.command("U_MIA", "prefix www.shop.test/a/")
        await opened.job(1, "waiting")
        now = settings(opened, tmp_path)
        without = replace(now, sites={}, policy=now.policy)
        kept_out = await opened.bot.reload(without)
        is_there = "shop" in opened.bot.core.setup.sites
        await opened.command("U_MIA", "cancel P-1")
        await opened.job(1, "cancelled")
        taken = await opened.bot.reload(without)
    assert (["P-1"], True) == (kept_out, is_there)
    assert ([], {}) == (taken, opened.bot.core.setup.sites)


async def test_slacks_tokens_change_with_a_reload(tmp_path: Path) -> None:
    async with room(tmp_path) as opened:
        bot = opened.bot
        new = replace(bot.environment, slack_bot_token="xoxb-new", slack_signing_secret="new-secret", port=1)
        now = settings(opened, tmp_path)
        taken = await reload(bot, lambda: (now, new))
        body, at = b"command=%2Fpurge", str(int(time.time()))
        statuses = []
        for secret in ("new-secret", SECRET):
            signed = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
            headers = {
                "x-slack-request-timestamp": at, "x-slack-signature": f"v0={signed}",
                "content-type": "application/x-www-form-urlencoded",
            }  # fmt: skip
            answer = await opened.http.post("/slack/events", content=body, headers=headers)
            statuses.append(answer.status_code)
        token = bot.client.token
    assert (True, "xoxb-new") == (taken, token)
    assert (False, True) == (statuses[0] == 401, statuses[1] == 401)
