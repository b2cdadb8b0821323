"""The doctor in the pretend world, on good days and on every bad one."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from bot.adapters import build_providers
from bot.doctor import Finding, examine
from bot.ledger.books import Books
from bot.ledger.sqlite import SqliteLedger
from bot.services.probing import probe_layers
from bot.settings import Environment, Settings, load
from bot.slack.health import SCOPES, scopes, skew
from bot.system import SystemClock
from playground.pipeline import SECRET
from providers.contract import Health, Probe
from tests.faces.served import environ, finished
from tests.journeys.world import Playground

pytestmark = pytest.mark.slow

NOON = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT
ZONE = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"


def redis_at(world: Playground) -> str:
    """Where the shop's Redis listens: only in the bot's environment does a playground say it."""
    with contextlib.closing(sqlite3.connect(world.data / "world.db")) as database:
        [(port,)] = database.execute("select port from ports where name = 'app'")
    return f"127.0.0.1:{port}"


@dataclass(frozen=True, slots=True)
class Surgery:
    """A pretend world whose configuration and environment a test changes before the doctor looks."""

    world: Playground
    data: Path

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PURGEBOT_CONFIG": str(self.data / "purgebot.yaml"),
            "PURGEBOT_DATABASE": f"sqlite:///{self.data / 'doctor.db'}",
            "SLACK_BOT_TOKEN": "xoxb-play",
            "SLACK_SIGNING_SECRET": "play-signing-secret",
            "SLACK_API_URL": f"{self.world.url}/slack/api/",
            "SHOP_REDIS_URL": f"redis://:playground-redis-password@{redis_at(self.world)}",
            "CLOUDFLARE_TOKEN": "playground-cloudflare-token",
            "PLAY_API_TOKEN": "play",
            "PLAY_DEPLOY_SECRET": SECRET,
        }

    def settings(self, environ: Mapping[str, str], was: str = "", becomes: str = "") -> Settings:
        text = (self.world.data / "purgebot.yaml").read_text()
        assert was in text
        config = self.data / "purgebot.yaml"
        config.write_text(text.replace(was, becomes))
        return load(config, environ)

    async def look(self, was: str = "", becomes: str = "", **more: str) -> dict[str, Finding]:
        """Findings by subject; an empty variable counts as not set."""
        environ = self.environ | more
        settings = self.settings(environ, was, becomes)
        found = await examine(settings, Environment.read(environ, terminal=False), SystemClock())
        return {finding.subject: finding for finding in found}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(tmp_path_factory.mktemp("play"), env={"SITES": "shop"}).start()
    yield playground
    playground.stop()


def rest(world: Playground) -> None:
    """Let Slack take calls as after a quiet minute: this file looks more often than anybody's doctor may."""
    with contextlib.closing(sqlite3.connect(world.data / "world.db", timeout=10)) as database, database:
        database.execute("delete from slack_buckets")


@pytest.fixture
def surgery(world: Playground, tmp_path: Path) -> Iterator[Surgery]:
    rest(world)
    yield Surgery(world, tmp_path)
    for account in ("slack", "cf", "shield", "app"):
        for kind in ("bad_token", "forbidden", "down", "throttle", "html"):
            world.post("/_play/fault", account=account, kind=kind, times=0)


async def test_a_well_world_is_good_in_every_line(surgery: Surgery) -> None:
    found = await surgery.look()
    assert {
        "configuration": "Mode live, sites shop.",
        "database": "doctor.db can be written, and the journal is whole.",
        "globalping": "250 of 250 tests are left of this hour, 50 of them kept for others.",
        "slack": "Signed in to Shop as purgebot.",
        "slack scopes": "All that are used are granted.",
        "slack deliveries": "By signed HTTP at 127.0.0.1:8080/slack/events; Slack must reach that from outside.",
        "clock": "It agrees with Slack's to the minute.",
        "slack channel": "The bot is in C_APPROVE (approvals.channel).",
        "approvers": "All 3 are full members.",
        "app on shop": f"Redis at {redis_at(surgery.world)} takes purges of page:* from this account.",
        "cf on shop": "Cloudflare takes purges of zone shop.test from this account.",
    } == {name: one.what for name, one in found.items() if name != "shield on shop"}
    assert found["shield on shop"].what.endswith(" has its purge doors open to this machine.")
    assert {Health.GOOD} == {one.health for one in found.values()}
    assert {""} == {one.advice for one in found.values()}


async def test_looking_purges_nothing(surgery: Surgery) -> None:
    before = len(surgery.world.http.get("/_play/ledger").json())
    await surgery.look()
    after = surgery.world.http.get("/_play/ledger").json()[before:]
    assert [] == [one for one in after if one.get("purged")]
    assert {"app", "cf", "shield", "slack"} <= {one["account"] for one in after}


# fault: account, kind, the finding's subject, words of what was found, words of what to do
FAULTS = {
    "Cloudflare does not know the token": ("cf", "bad_token", "cf on shop", "token", "CLOUDFLARE_TOKEN|token"),
    "the token may not purge": ("cf", "forbidden", "cf on shop", f"may not purge zone {ZONE}", "Cache Purge"),
    "Cloudflare is down": ("cf", "down", "cf on shop", "Cloudflare", ""),
    "Cloudflare is a page": ("cf", "html", "cf on shop", "Cloudflare", ""),
    "Varnish lets us not in": ("shield", "forbidden", "shield on shop", "takes no purges from", "acl purgebot_clients"),
    "Varnish is down": ("shield", "down", "shield on shop", "Varnish at", ""),
    "Redis does not know the password": ("app", "bad_token", "app on shop", "does not take the user name", "`url`"),
    "Redis lets us not purge": ("app", "forbidden", "app on shop", "does not let this user", "ACL SETUSER"),
    "Redis is down": ("app", "down", "app on shop", "cannot be reached", "Check that it runs"),
    "Redis is a page": ("app", "html", "app on shop", "does not answer as Redis does", "host and port"),
    "Slack does not know the token": (
        "slack", "bad_token", "slack", "Slack does not take the bot token: invalid_auth.", "Install the app again",
    ),
    "Slack cuts the line": ("slack", "down", "slack", "Slack does not answer", "SLACK_API_URL"),
    "Slack is a page": ("slack", "html", "slack", "Slack answers nonsense.", "SLACK_API_URL"),
    "Slack is busy": ("slack", "throttle", "slack", "ratelimited", "Run the doctor again in a minute."),
}  # fmt: skip


async def test_who_is_throttled_is_no_bad_finding_and_tells_nobody_to_retry(surgery: Surgery) -> None:
    for account in ("cf", "shield", "app"):
        surgery.world.post("/_play/fault", account=account, kind="throttle")
    settings = surgery.settings(surgery.environ)
    providers = build_providers(settings)
    found = [probe for _, probe in await probe_layers(providers, settings.sites.values())]
    for provider in providers.values():
        await provider.close()
    assert [(Health.DOUBTFUL, True)] * 3 == [(one.health, "Jobs wait for it." in one.what) for one in found]
    assert [] == [one for one in found if "retry" in f"{one.what} {one.advice}".lower()]


@pytest.mark.parametrize(("account", "kind", "subject", "what", "advice"), FAULTS.values(), ids=FAULTS)
async def test_a_bad_day_is_found_and_says_what_to_do(
    surgery: Surgery, account: str, kind: str, subject: str, what: str, advice: str
) -> None:
    surgery.world.post("/_play/fault", account=account, kind=kind)
    found = await surgery.look()
    bad = {name for name, one in found.items() if one.health is Health.BAD}
    assert {subject} == bad
    assert what in found[subject].what
    assert any(word in found[subject].advice for word in advice.split("|"))
    assert "" != found[subject].advice
    assert "playground-cloudflare-token" not in repr(found)
    assert "playground-redis-password" not in repr(found)
    assert "xoxb-play" not in repr(found)


# configuration: what stands there, what stands there instead, the subject, its health, and what is found
SETTINGS = {
    "a channel that is not there": (
        "channel: C_SHOP", "channel: C_GONE", "slack channel", Health.BAD,
        "C_GONE (sites.shop.channel) does not exist, or is private and the bot is not in it.",
    ),
    "an approver who is a guest": (
        "approvers: [U_LEA", "approvers: [U_GUEST, U_LEA", "approver", Health.BAD,
        "U_GUEST is a guest here, so this vote never counts.",
    ),
    "an approver nobody knows": (
        "approvers: [U_LEA", "approvers: [U_NOBODY, U_LEA", "approver", Health.BAD,
        "Slack knows no U_NOBODY, so this vote never counts.",
    ),
    "a user-group that may vote": (
        "approvers: [U_LEA", "approvers: [S_SRE, U_LEA", "user-group S_SRE", Health.GOOD, "S_SRE has 3 people.",
    ),
    "a user-group nobody knows": (
        "approvers: [U_LEA", "approvers: [S_GONE, U_LEA", "user-group S_GONE", Health.BAD,
        "Slack knows no user-group S_GONE.",
    ),
    "a user-group with too few for a rule": (
        "approvers: [U_LEA, U_SAM, U_KIM]", "approvers: [S_EDITORS]", "rule everything", Health.BAD,
        "Rule `everything` needs 2 of approvers beside whoever asks, and there is 1.",
    ),
    "a zone that is not ours": (
        ZONE, "0" * 32, "cf on shop", Health.BAD, f"The token is active, but may not purge zone {'0' * 32}.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("was", "becomes", "subject", "health", "what"), SETTINGS.values(), ids=SETTINGS)
async def test_a_wrong_setting_is_found(
    surgery: Surgery, was: str, becomes: str, subject: str, health: Health, what: str
) -> None:
    settings = surgery.settings(surgery.environ, was, becomes)
    found = await examine(settings, Environment.read(surgery.environ, terminal=False), SystemClock())
    assert (subject, health, what) in [(one.subject, one.health, one.what) for one in found]


async def test_a_secret_that_is_missing_names_its_variable(surgery: Surgery) -> None:
    found = await surgery.look(CLOUDFLARE_TOKEN="")
    assert (Health.BAD, True) == (found["cf on shop"].health, "CLOUDFLARE_TOKEN" in found["cf on shop"].what)


async def test_a_sender_without_any_secret_is_told(surgery: Surgery) -> None:
    lame = "{name: lame, secrets: [{env: A}, {env: B}], sites: [shop]}"
    found = await surgery.look("deploys: {tokens: [", f"deploys: {{tokens: [{lame}, ")
    said = (found["sender lame"].health, found["sender lame"].what, "sender ci" in found)
    assert (Health.BAD, "None of its secrets is there, so its deploys are refused.", False) == said


async def test_a_machine_s_token_that_is_missing_names_its_variable(surgery: Surgery) -> None:
    found = await surgery.look(PLAY_API_TOKEN="")
    assert (Health.BAD, "Its secret is not in PLAY_API_TOKEN, so nobody comes in by it.") == (
        found["token play"].health,
        found["token play"].what,
    )


async def test_without_anything_of_slack_it_is_a_note(surgery: Surgery) -> None:
    found = await surgery.look(SLACK_BOT_TOKEN="", SLACK_SIGNING_SECRET="")
    assert (
        Finding(
            "slack",
            Health.DOUBTFUL,
            "Nothing of Slack is set: terminal and HTTP work, and votes need Slack.",
            "For Slack set SLACK_BOT_TOKEN, and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET.",
        )
        == found["slack"]
    )


async def test_without_a_bot_token_it_says_which_variables(surgery: Surgery) -> None:
    found = await surgery.look(SLACK_BOT_TOKEN="")
    assert (
        Finding(
            "slack",
            Health.BAD,
            "There is no bot token.",
            "Set SLACK_BOT_TOKEN, and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET. Without them only HTTP works.",
        )
        == found["slack"]
    )


async def test_without_a_way_in_it_says_which_variables(surgery: Surgery) -> None:
    found = await surgery.look(SLACK_SIGNING_SECRET="")
    assert (Health.BAD, "No way in is configured.") == (
        found["slack deliveries"].health, found["slack deliveries"].what,
    )  # fmt: skip


async def test_an_app_token_that_slack_does_not_know_is_found(surgery: Surgery) -> None:
    found = await surgery.look(SLACK_APP_TOKEN="xapp-other")
    assert (Health.BAD, "Socket Mode cannot be opened. Slack answers invalid_auth.") == (
        found["slack deliveries"].health, found["slack deliveries"].what,
    )  # fmt: skip


async def test_an_app_token_that_slack_knows_opens_socket_mode(surgery: Surgery) -> None:
    found = await surgery.look(SLACK_APP_TOKEN="xapp-play")
    assert (Health.GOOD, "By Socket Mode.") == (found["slack deliveries"].health, found["slack deliveries"].what)


async def test_a_running_bot_on_the_ledger_is_no_trouble(surgery: Surgery) -> None:
    ledger = SqliteLedger(surgery.data / "doctor.db")
    found = await surgery.look()
    await ledger.close()
    assert (Health.GOOD, "doctor.db is in use by a running purgebot, and the journal is whole.") == (
        found["database"].health, found["database"].what,
    )  # fmt: skip


async def test_a_file_that_is_no_ledger_is_found(surgery: Surgery) -> None:
    (surgery.data / "doctor.db").write_bytes(b"This is a shopping list, not a database. " * 50)
    found = await surgery.look()
    assert Health.BAD is found["database"].health
    assert "cannot be opened: file is not a database." in found["database"].what
    assert "Set PURGEBOT_DATABASE to a file on a writable local disk." == found["database"].advice


def _note(books: Books, who: str) -> None:
    books.journal.add(NOON, "denied", who)


async def test_a_journal_that_was_changed_is_found(surgery: Surgery) -> None:
    ledger = SqliteLedger(surgery.data / "doctor.db")
    for who in ("U_MIA", "U_LEA", "U_SAM"):
        await ledger.write(partial(_note, who=who))
    await ledger.close()
    with contextlib.closing(sqlite3.connect(surgery.data / "doctor.db")) as database:
        database.execute("drop trigger journal_stays")
        database.execute("update journal set actor = 'U_EVE' where actor = 'U_LEA'")
        database.commit()
    found = await surgery.look()
    what = "Entry 2 was changed: its number, time, event, job or actor does not give its hash."
    assert (Health.BAD, what) == (found["database"].health, found["database"].what)


async def test_a_strange_trigger_is_told_before_a_start_takes_it_away(surgery: Surgery) -> None:
    await SqliteLedger(surgery.data / "doctor.db").close()
    with contextlib.closing(sqlite3.connect(surgery.data / "doctor.db")) as database:
        database.execute("create trigger rogue after insert on votes begin select 1; end")
    found = await surgery.look()
    what = "The trigger rogue is not purgebot's: it can change or lose what the bot writes."
    assert (Health.BAD, what) == (found["database"].health, found["database"].what)


DATES = {
    "the same second": ("Fri, 15 Jan 2027 08:00:00 GMT", Health.GOOD, "It agrees with Slack's to the minute."),
    "a minute": ("Fri, 15 Jan 2027 07:59:00 GMT", Health.GOOD, "It agrees with Slack's to the minute."),
    "61 s ahead": (
        "Fri, 15 Jan 2027 07:58:59 GMT", Health.BAD, "This machine's clock is 61 s ahead of Slack's.",
    ),
    "61 s behind": ("Fri, 15 Jan 2027 08:01:01 GMT", Health.BAD, "This machine's clock is 61 s behind Slack's."),
    "no date": ("", Health.DOUBTFUL, "Slack's answer held no time to compare with."),
    "nonsense": ("yesterday", Health.DOUBTFUL, "Slack's answer held no time to compare with."),
}  # fmt: skip


@pytest.mark.parametrize(("date", "health", "what"), DATES.values(), ids=DATES)
def test_the_clock_is_compared_with_slack_s(date: str, health: Health, what: str) -> None:
    probe = skew({"date": date}, NOON)
    assert (health, what) == (probe.health, probe.what)


def test_missing_scopes_are_named() -> None:
    granted = {"x-oauth-scopes": "commands,chat:write,app_mentions:read,users:read,channels:history"}
    advice = "Add them under OAuth & Permissions (or apply manifest.yml), then install the app again."
    what = "Missing: channels:read, chat:write.public, files:read, files:write, groups:history, groups:read, im:write."
    assert Probe(Health.BAD, what, advice) == scopes(granted)


GRANTED = {"x-oauth-scopes": ",".join(scope for scope in SCOPES if scope != "usergroups:read")}


@pytest.mark.parametrize(("reads_groups", "health", "what"), [
    (True, Health.BAD, "Missing: usergroups:read."),
    (False, Health.GOOD, "All that are used are granted."),
], ids=["a user-group is named", "none is"])  # fmt: skip
def test_the_scope_for_user_groups_is_missed_only_where_one_is_named(
    reads_groups: bool, health: Health, what: str
) -> None:
    probe = scopes(GRANTED, reads_groups)
    assert (health, what) == (probe.health, probe.what)


def test_unsaid_scopes_are_a_doubt() -> None:
    assert Health.DOUBTFUL is scopes({}).health


async def doctor(surgery: Surgery, *words: str, **more: str) -> tuple[int, str, str]:
    """The command, on the configuration of the world."""
    env = environ(surgery.data) | surgery.environ | more
    surgery.settings(env)
    return await finished(env, "doctor", *words)


async def test_the_command_ends_with_0_only_if_all_is_well(surgery: Surgery) -> None:
    code, out, err = await doctor(surgery)
    surgery.world.post("/_play/fault", account="cf", kind="forbidden")
    bad, bad_out, _ = await doctor(surgery)
    assert (0, "", 1) == (code, err, bad)
    assert {"good"} == {line.split("\t")[0] for line in out.splitlines()}
    assert ["cf on shop"] == [line.split("\t")[1] for line in bad_out.splitlines() if line.startswith("bad")]


async def test_json_holds_every_finding(surgery: Surgery) -> None:
    code, out, _ = await doctor(surgery, "--json")
    found = json.loads(out)
    assert (0, {"subject", "health", "what", "advice"}) == (code, {key for one in found for key in one})
    assert ("configuration", "good") == (found[0]["subject"], found[0]["health"])


async def test_json_stays_json_where_a_secret_is_missing(surgery: Surgery) -> None:
    code, out, err = await doctor(surgery, "--json", CLOUDFLARE_TOKEN="")
    assert (1, "", ["cf on shop"]) == (code, err, [one["subject"] for one in json.loads(out) if one["health"] == "bad"])
