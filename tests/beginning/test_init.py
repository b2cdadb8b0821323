"""`purgebot init` as people meet it: what it recognises, asks, writes and refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import Result

from bot.settings import Settings, load
from tests.journeys.world import Playground
from tests.terminal import purgebot

pytestmark = pytest.mark.slow

ZONE = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"
NOBODY = "http://127.0.0.1:9"  # nothing listens there


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(tmp_path_factory.mktemp("play")).start()
    yield playground
    playground.stop()


@pytest.fixture
def edge(world: Playground) -> str:
    """An edge of the pretend world, which serves every site."""
    data = YAML(typ="safe", pure=True).load((world.data / "purgebot.yaml").read_text(encoding="utf-8"))
    return str(data["sites"]["shop"]["edges"]["fra"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def init(folder: Path, *words: str, typed: str = "") -> Result:
    """`purgebot init <words>` in a pipe, in that folder, without the doctor."""
    env = {"PURGEBOT_CONFIG": str(folder / "purgebot.yaml"), "COLUMNS": "80"}
    return purgebot(["init", "--no-doctor", *words], input=typed, env=env)


def settings(folder: Path) -> Settings:
    return load(folder / "purgebot.yaml", {})


def seen(result: Result) -> list[str]:
    """What was recognised, without what differs every time."""
    told = result.stdout.partition("\nWritten: ")[0]
    lines = [line for line in told.splitlines() if line.startswith("  ")]
    return [re.sub(r"[0-9a-f]{16}|:\d{4,5}", "…", line) for line in lines]


RECOGNISED = {
    "shop": ("cloudflare", "  Cloudflare, certain: cf-ray: …-FRA; cf-cache-status: HIT; server: cloudflare"),
    "blog": (
        "cloudfront",
        "  CloudFront, certain: x-amz-cf-pop: FRA56-P1; via: 1.1 playground.cloudfront.net (CloudFront);"
        " x-cache: Hit from cloudfront",
    ),
    "media": ("fastly", "  Fastly, certain: x-served-by: cache-ams1-AMS, cache-fra1-FRA; via: 1.1 varnish"),
    "bank": (
        "akamai",
        "  Akamai, certain: x-cache: TCP_HIT from a-fra.deploy.akamaitechnologies.com (AkamaiGHost/22.0)",
    ),
}


@pytest.mark.parametrize(
    ("site", "provider", "line"), [(name, *row) for name, row in RECOGNISED.items()], ids=RECOGNISED
)
def test_each_cdn_of_the_pretend_world_is_recognised(
    folder: Path, edge: str, site: str, provider: str, line: str
) -> None:
    result = init(folder, "--host", f"www.{site}.test", "--edge", edge, "--yes")
    assert (0, "", [line]) == (result.exit_code, result.stderr, seen(result))
    found = settings(folder)
    assert [provider] == [account.provider for account in found.accounts.values()]
    assert {site: (f"www.{site}.test",)} == {name: one.hosts for name, one in found.sites.items()}


def test_what_is_next_names_the_files_the_variables_and_the_lines(folder: Path, edge: str) -> None:
    result = init(folder, "--host", "www.shop.test", "--edge", edge, "--yes")
    config, manifest = folder / "purgebot.yaml", folder / "manifest.yml"
    assert [
        f"Written: {config} and {manifest}.",
        f"1. Make the Slack app from {manifest} at https://api.slack.com/apps.",
        "   Install it to the workspace, and copy its bot token and an app-level token with connections:write.",
        f"2. Fill in {config}, where `fill in` stands:",
        "   line 25: the zone's id, 32 hex digits, on the domain's overview page",
        "3. Set SLACK_BOT_TOKEN, SLACK_APP_TOKEN, CLOUDFLARE_TOKEN where the bot runs.",
        "4. `purgebot doctor` until it finds nothing bad, then `purgebot serve`. It only observes until `mode: live`.",
    ] == result.stdout.splitlines()[-7:]
    assert "fill in" in config.read_text(encoding="utf-8").splitlines()[24]


def test_every_answer_has_a_flag(folder: Path, edge: str) -> None:
    result = init(
        folder, "--host", "www.shop.test", "--host", "IMG.shop.test", "--edge", edge, "--yes",
        "--layer", "varnish", "--layer", "cloudflare",
        "--set", f"cloudflare.zone={ZONE}", "--set", "cloudflare.tier=pro", "--set", "cloudflare.token=file:/run/cf",
        "--set", "varnish.url=http://10.0.0.5:6081", "--site", "store", "--origin", "https://origin.shop.test/",
        "--channel", "C0SHOP", "--approvals-channel", "C0APP", "--approver", "U0LEA", "--approver", "S0SRE",
        "--slack", "http", "--url", "https://bot.shop.test", "--command", "/flush",
    )  # fmt: skip
    assert (0, "") == (result.exit_code, result.stderr)
    found = settings(folder)
    store = found.sites["store"]
    assert (("www.shop.test", "img.shop.test"), "https://origin.shop.test", "C0SHOP") == (
        store.hosts, store.origin, store.channel)  # fmt: skip
    assert [("shield", {}), ("cf", {"zone": ZONE, "tier": "pro"})] == [
        (one.account, one.settings) for one in store.layers
    ]
    assert ("/flush", "C0APP", ("U0LEA", "S0SRE")) == (
        found.command, found.approvals.channel, found.approvals.approvers)  # fmt: skip
    manifest = (folder / "manifest.yml").read_text(encoding="utf-8")
    assert (3, 1, 1) == (
        manifest.count("https://bot.shop.test/slack/events"),
        manifest.count("command: /flush"),
        manifest.count("socket_mode_enabled: false"),
    )
    assert "   Put the secret into /run/cf." in result.stdout.splitlines()


def test_questions_have_defaults_and_are_asked_again_where_an_answer_cannot_stand(folder: Path, edge: str) -> None:
    typed = [
        "https://www.shop.test/", "www.shop.test", "cloudfare", "", "s3cr3t", "", "beef", ZONE, "", "origin.shop.test",
        "https://origin.shop.test", "", "", "#shop", "C0SHOP", "C0APP", "lea", "U0LEA U0SAM",
    ]  # fmt: skip
    result = init(folder, "--edge", edge, typed="\n".join([*typed, ""]))
    assert (0, "") == (result.exit_code, result.stderr)
    assert [
        "Error: `https://www.shop.test/` is a URL. Write the host alone: www.shop.test.",
        "Error: there is no provider `cloudfare`. Did you mean `cloudflare`?",
        "Error: The file never holds a secret. Write where it is: env:NAME or file:PATH.",
        "Error: `beef` is not a zone's id, 32 hex digits in small letters. Write it like"
        " 0123456789abcdef0123456789abcdef.",
        "Error: `origin.shop.test` is not an http or https URL. Write it like https://203.0.113.7.",
        "Error: `#shop` is not a Slack id. Write the channel's id, such as C0SHOP; names change, ids do not.",
        "Error: `lea` is not a Slack id. Write the id of a user or user-group, such as U0LEA; names change, ids do"
        " not.",
    ] == re.findall(r"Error: .*", result.stdout)
    found = settings(folder)
    assert ({"zone": ZONE}, "https://origin.shop.test", "C0SHOP") == (
        found.sites["shop"].layers[0].settings, found.sites["shop"].origin, found.sites["shop"].channel)  # fmt: skip
    assert ("C0APP", ("U0LEA", "U0SAM")) == (found.approvals.channel, found.approvals.approvers)
    assert "s3cr3t" not in (folder / "purgebot.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("answer", ["", "later"], ids=["by Enter", "by the word"])
def test_caches_can_be_left_for_later_and_the_file_has_the_lines_to_fill_in(folder: Path, answer: str) -> None:
    result = init(folder, "--edge", NOBODY, typed="\n".join(["www.shop.test", answer, *[""] * 8]))
    config = folder / "purgebot.yaml"
    text = config.read_text(encoding="utf-8")
    found = settings(folder)
    filled = re.sub(r"^( +)# (?!Which|take)", r"\1", text, flags=re.MULTILINE)
    config.write_text(filled.replace("0123456789abcdef0123456789abcdef", ZONE), encoding="utf-8")
    later = settings(folder).sites["shop"]
    told = "sites names no site: nothing can be purged or checked. Add one, with its hosts and the caches in front."
    assert (0, "", []) == (result.exit_code, result.stderr, re.findall(r"Error: .*", result.stdout))
    assert "Left for later: the file has the lines of the site and its caches, commented out" in result.stdout
    assert ({}, {}, True) == (found.sites, found.accounts, told in found.warnings)
    assert (("www.shop.test",), "cf", {"zone": ZONE}) == (
        later.hosts,
        later.layers[0].account,
        later.layers[0].settings,
    )
    assert [] == [one for one in settings(folder).warnings if "no site" in one]
    assert "   line 14: the cache in front: cloudflare, cloudfront," in result.stdout


def test_where_another_site_has_its_caches_one_without_them_uses_its_account(folder: Path, edge: str) -> None:
    hosts = ("--host", "www.shp.test", "--host", "www.shop.test")
    result = init(folder, *hosts, "--edge", edge, "--layer", "later", "--yes")
    text = (folder / "purgebot.yaml").read_text(encoding="utf-8")
    assert (0, ["shop"]) == (result.exit_code, [*settings(folder).sites]), result.stderr
    assert 1 == text.count("provider: cloudflare")
    assert "      # - account: cf" in text.splitlines()


def test_the_doctor_speaks_at_the_end_and_init_is_done_all_the_same(folder: Path, edge: str) -> None:
    words = ["init", "--host", "www.shop.test", "--edge", edge, "--yes"]
    env = {
        "PURGEBOT_CONFIG": str(folder / "purgebot.yaml"),
        "PURGEBOT_DATABASE": f"sqlite:///{folder / 'purgebot.db'}",
        "CLOUDFLARE_TOKEN": "",
        "SLACK_BOT_TOKEN": "",
        "SLACK_APP_TOKEN": "",
        "SLACK_SIGNING_SECRET": "",
    }
    result = purgebot(words, env=env)
    after = result.stdout.partition("The doctor, as it is now:\n")[2].splitlines()
    assert 0 == result.exit_code
    noted = [("note", "configuration")] * 2
    assert [("good", "configuration"), *noted, ("good", "database"), ("note", "slack")] == [
        (one[0], one[1]) for one in (line.split("\t") for line in after[:5])
    ]
    assert after[5].startswith("bad\tcf on shop\tthe variable CLOUDFLARE_TOKEN")


def test_hosts_are_a_site_for_each_cdn_that_they_came_through(folder: Path, edge: str) -> None:
    hosts = ("www.shop.test", "www.media.test", "img.shop.test", "www.blog.test")
    result = init(folder, *(word for host in hosts for word in ("--host", host)), "--edge", edge, "--yes")
    assert (0, "") == (result.exit_code, result.stderr)
    assert "www.media.test came through Fastly: a site of its own." in result.stdout.splitlines()
    assert {
        "shop": (("www.shop.test", "img.shop.test"), ["cf"]),
        "media": (("www.media.test",), ["fastly"]),
        "blog": (("www.blog.test",), ["aws"]),
    } == {name: (site.hosts, [layer.account for layer in site.layers]) for name, site in settings(folder).sites.items()}


def test_a_host_of_which_nothing_is_proven_is_in_no_site_and_the_file_says_why(folder: Path, edge: str) -> None:
    result = init(folder, "--host", "www.shop.test", "--host", "img.b.test", "--edge", edge, "--yes")
    why = "img.b.test is in no site: it answered 409, as Cloudflare does for a host that it does not know."
    assert (0, True) == (result.exit_code, why in result.stdout.splitlines())
    assert f"  # {why}" in (folder / "purgebot.yaml").read_text(encoding="utf-8").splitlines()
    assert [("www.shop.test",)] == [site.hosts for site in settings(folder).sites.values()]


def test_the_name_of_another_site_is_asked_and_later_leaves_it_out(folder: Path, edge: str) -> None:
    hosts = "www.shop.test www.media.test www.blog.test"
    typed = [hosts, "", "", ZONE, "store", "", "STORE", "later", "", "E1B2A3D4C5F6G7", "", "", "", ""]
    result = init(folder, "--edge", edge, typed="\n".join([*typed, ""]))
    assert (0, "") == (result.exit_code, result.stderr)
    assert ["Error: `STORE` is another site here. Write another name."] == re.findall(r"Error: .*", result.stdout)
    found = settings(folder).sites
    assert {"store": ("www.shop.test",), "blog": ("www.blog.test",)} == {name: one.hosts for name, one in found.items()}
    assert "E1B2A3D4C5F6G7" == found["blog"].layers[0].settings["distribution"]
    told = "  # www.media.test is in no site: it came through Fastly, and was left for later."
    assert told in (folder / "purgebot.yaml").read_text(encoding="utf-8").splitlines()


def test_a_host_that_nobody_answers_for_is_to_be_made_sure_of(folder: Path, edge: str) -> None:
    result = init(folder, "--host", "www.shp.test", "--layer", "nginx", "--edge", edge, "--yes")
    told = "that the name is right; it answered 409, as Cloudflare does for a host that it does not know"
    assert (0, True) == (
        result.exit_code,
        any(line.endswith(f"make sure {told}") for line in result.stdout.splitlines()),
    )
    assert f"# make sure: {told}" in (folder / "purgebot.yaml").read_text(encoding="utf-8")


REFUSED = {
    "a typo of two dots": (
        (
            "--host",
            "www..test",
        ),
        "--host: `www..test` is not a host name. Write it like www.shop.test.",
    ),
    "nothing recognised": (
        ("--host", "www.shop.test", "--edge", NOBODY),
        "--layer: nothing is known of what stands in front of www.shop.test: it did not answer: connection refused."
        " Look whether the name is right, and name the caches, such as --layer cloudflare, or leave them with --layer"
        " later.",
    ),
    "no host": ((), "--host: At least one host name is needed, such as www.shop.test."),
    "a provider that is none": (
        ("--host", "www.shop.test", "--edge", NOBODY, "--layer", "clodflare"),
        "--layer: there is no provider `clodflare`. Did you mean `cloudflare`?",
    ),
    "a provider twice": (
        ("--host", "www.shop.test", "--edge", NOBODY, "--layer", "nginx", "--layer", "nginx"),
        "--layer: nginx is named twice. What lies in another zone is a site of its own: keep it once.",
    ),
    "a secret in the clear": (
        ("--host", "www.shop.test", "--edge", NOBODY, "--layer", "fastly", "--set", "fastly.token=s3cr3t"),
        "--set fastly.token: The file never holds a secret. Write where it is: env:NAME or file:PATH.",
    ),
    "a field that is none": (
        ("--host", "www.shop.test", "--edge", NOBODY, "--layer", "bunny", "--set", "bunny.zone=1"),
        "--set: Bunny has no `zone`. Known here: key, api_url, pull_zone, perma_cache.",
    ),
    "a field of no layer": (
        ("--host", "www.shop.test", "--edge", NOBODY, "--layer", "bunny", "--set", "fastly.service=SU1Z0isxPaozGVK"),
        "--set: fastly is no layer here. Name it with --layer fastly, or leave that out.",
    ),
    "approvers without a channel": (
        ("--host", "www.shop.test", "--edge", NOBODY, "--layer", "nginx", "--approver", "U0LEA"),
        "--approver: approvers need the channel where they are asked. Add --approvals-channel.",
    ),
    "an edge with a path": (
        ("--host", "www.shop.test", "--edge", "https://203.0.113.7/x"),
        "--edge: `https://203.0.113.7/x` holds a path. Write https://203.0.113.7 alone.",
    ),
    "plain http for Slack": (
        ("--host", "www.shop.test", "--edge", NOBODY, "--layer", "nginx", "--url", "http://bot.shop.test"),
        "--url: Slack delivers by https alone: write https://purgebot.example.com.",
    ),
}


@pytest.mark.parametrize(("words", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_stand_is_told_and_nothing_is_written(folder: Path, words: tuple[str, ...], expected: str) -> None:
    result = init(folder, "--yes", *words)
    assert (2, f"{expected}\n", []) == (result.exit_code, result.stderr, list(folder.iterdir()))
    assert "s3cr3t" not in result.stdout


def test_where_nobody_can_be_asked_it_says_so_and_writes_nothing(folder: Path) -> None:
    result = init(folder)
    expected = (
        "\nNothing more could be asked, and nothing was written. Answer in a terminal, or give --yes with --host HOST,"
        " and flags for the rest.\n"
    )
    assert (2, expected, []) == (result.exit_code, result.stderr, list(folder.iterdir()))


def test_what_is_there_is_never_replaced_unasked(folder: Path) -> None:
    words = ("--host", "www.shop.test", "--edge", NOBODY, "--layer", "nginx", "--yes")
    config = folder / "purgebot.yaml"
    config.write_text("mine")
    refused = init(folder, *words)
    told = f"{config} is there already, and was left as it is. Name another with --file FILE, or add --force.\n"
    assert (2, told) == (refused.exit_code, refused.stderr)
    assert ("mine", [config]) == (config.read_text(), list(folder.iterdir()))
    assert 0 == init(folder, *words, "--force").exit_code
    assert ["manifest.yml", "purgebot.yaml"] == sorted(one.name for one in folder.iterdir())
    assert ["web"] == list(settings(folder).accounts)


def test_a_manifest_that_says_the_same_is_left_and_another_one_refuses(folder: Path) -> None:
    words = ("--host", "www.shop.test", "--edge", NOBODY, "--layer", "nginx", "--yes")
    root = Path(__file__).parent.parent.parent
    manifest = folder / "manifest.yml"
    manifest.write_text((root / "manifest.yml").read_text(encoding="utf-8"), encoding="utf-8")
    assert 0 == init(folder, *words).exit_code
    assert (root / "manifest.yml").read_text(encoding="utf-8") == manifest.read_text(encoding="utf-8")
    (folder / "purgebot.yaml").unlink()
    other = init(folder, *words, "--command", "/flush")
    told = f"{manifest} is there already, and was left as it is. Name another with --manifest FILE, or add --force.\n"
    assert (2, told, ["manifest.yml"]) == (other.exit_code, other.stderr, [one.name for one in folder.iterdir()])
    beside = init(folder, *words, "--command", "/flush", "--manifest", str(folder / "flush.yml"))
    assert (0, True) == (beside.exit_code, "command: /flush" in (folder / "flush.yml").read_text(encoding="utf-8"))


LOOKED = {
    "an address that is not public": (
        ("--host", "localhost", "--layer", "nginx"),
        "localhost did not answer: 127.0.0.1 is loopback, and only public addresses are looked at."
        " `--edge https://…` looks at one as written.",
    ),
    "nobody there": (
        ("--host", "www.shop.test", "--layer", "nginx", "--edge", NOBODY),
        "www.shop.test did not answer: connection refused.",
    ),
}


@pytest.mark.parametrize(("words", "expected"), LOOKED.values(), ids=LOOKED)
def test_where_nothing_could_be_seen_it_is_said_and_a_named_layer_is_enough(
    folder: Path, words: tuple[str, ...], expected: str
) -> None:
    result = init(folder, "--yes", *words)
    assert (0, expected) == (result.exit_code, result.stdout.splitlines()[1])
