"""The terminal against a running bot: what is printed where, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import Result

from bot.cli import app
from bot.copied_lines import for_terminal
from bot.domain.grammar.command import Command, parse
from bot.domain.grammar.speech import VERBS, Verb
from bot.exits import MEANINGS
from tests.domain.people import LEA
from tests.forking import ROOT, forked
from tests.journeys.world import Playground
from tests.terminal import purgebot

pytestmark = pytest.mark.slow

HOME, PRICING = "http://www.shop.test/", "http://www.shop.test/pricing"
LOGS = (
    "purgebot log shop since 7d",
    'purgebot log by @mia tag "wrong price" --csv',
    "purgebot log INC-881 --json",
)
EVERYTHING = ("everything", "on", "shop", "because", "new", "design", "--confirm", "shop")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(tmp_path_factory.mktemp("play")).start()
    yield playground
    playground.stop()


def environ(world: Playground, **more: str) -> dict[str, str]:
    return {"PURGEBOT_URL": world.url, "PURGEBOT_TOKEN": "play", "PURGEBOT_CONFIG": "none.yaml"} | more


def run(world: Playground, *words: str, typed: str = "", **more: str) -> Result:
    """`purgebot <words>` in a pipe."""
    return purgebot(words, input=typed, env=environ(world, **more))


def job_of(result: Result) -> Mapping[str, object]:
    record: Mapping[str, object] = json.loads(result.stdout)
    return record


def outcome(result: Result) -> tuple[int, str, str]:
    return result.exit_code, result.stdout, result.stderr


def test_purge_follows_to_the_verdict(world: Playground) -> None:
    result = run(world, "purge", PRICING)
    first = result.stdout.splitlines()[0]
    assert (0, "", True, True) == (result.exit_code, result.stderr, " fresh " in first, PRICING in first)


def test_purge_as_json_is_the_record(world: Playground) -> None:
    result = run(world, "purge", PRICING, "--json")
    record = job_of(result)
    assert (0, "") == (result.exit_code, result.stderr)
    assert ("done", "fresh", "url", 1) == tuple(record[key] for key in ("state", "verdict", "kind", "targets"))


def test_no_wait_returns_with_the_job(world: Playground) -> None:
    result = run(world, "purge", PRICING, "--no-wait", "--json")
    answer = job_of(result)
    assert (0, {"job", "state", "text"}) == (result.exit_code, set(answer))
    assert 0 == run(world, "wait", str(answer["job"])).exit_code


def test_wait_follows_a_job_by_name_or_number(world: Playground) -> None:
    name = str(job_of(run(world, "purge", PRICING, "--json"))["job"])
    by_name, by_number = run(world, "wait", name), run(world, "wait", name.removeprefix("P-"))
    assert outcome(by_name) == outcome(by_number) == outcome(run(world, "wait", name.lower()))
    assert (0, True) == (by_name.exit_code, f"{name} fresh" in by_name.stdout)


def test_a_list_may_come_from_a_file(world: Playground, tmp_path: Path) -> None:
    (tmp_path / "urls").write_text(f"{HOME}\n\n  {PRICING}  \n")
    result = run(world, "purge", "--file", str(tmp_path / "urls"), "--json")
    assert (0, 2) == (result.exit_code, job_of(result)["targets"])


def test_a_list_may_come_from_standard_input(world: Playground) -> None:
    result = run(world, "purge", "--file", "-", "--json", typed=f"{HOME}\n{PRICING}\n")
    assert (0, 2) == (result.exit_code, job_of(result)["targets"])


@pytest.mark.parametrize("typed", ["", "\n  \n"], ids=["nothing", "empty lines"])
def test_a_list_of_nothing_is_told_as_that(world: Playground, typed: str) -> None:
    result = run(world, "purge", "--file", "-", typed=typed)
    assert (2, "") == (result.exit_code, result.stdout)
    assert result.stderr.startswith("The list or file that came with it holds no target. Type what should be gone")


def test_a_bad_line_of_a_list_purges_nothing(world: Playground) -> None:
    result = run(world, "purge", "--file", "-", typed=f"{HOME}\nnonsense\n{PRICING}\n")
    assert (2, "") == (result.exit_code, result.stdout)
    assert "1 line could not be read; 2 others can." == result.stderr.splitlines()[0]


@pytest.mark.parametrize("verb", ["plan", "check", "lint", "warm"])
def test_what_cannot_be_read_is_told_by_every_verb(world: Playground, verb: str) -> None:
    result = run(world, verb, HOME, "http://nope.example/")
    assert (2, "") == (result.exit_code, result.stdout)
    assert "1 line could not be read; 1 other can." == result.stderr.splitlines()[0]


def test_every_verb_of_the_grammar_is_a_command() -> None:
    registered = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    groups = {group.name for group in app.registered_groups}
    assert set() == {row.verb.value for row in VERBS} - registered - groups


def test_a_file_that_cannot_be_read_is_wrong_usage(world: Playground, tmp_path: Path) -> None:
    (tmp_path / "page").write_bytes(b"\xff\xfe")
    said = {name: run(world, "purge", "--file", str(tmp_path / name)) for name in ("none", "", "page")}
    what = {"none": "none does not exist.", "": " is a folder.", "page": "page is not text in UTF-8."}
    assert {(2, "")} == {(result.exit_code, result.stdout) for result in said.values()}
    assert [] == [
        name for name in said if what[name] + " Give a text file with one target a line." not in said[name].stderr
    ]


def test_a_file_that_is_no_text_is_wrong_usage(world: Playground, tmp_path: Path) -> None:
    (tmp_path / "urls").write_bytes(b"\xff\xfe\x00")
    assert 2 == run(world, "purge", "--file", str(tmp_path / "urls")).exit_code


def test_a_reason_in_quotes_stays_whole(world: Playground) -> None:
    said = 'a "new" price, on shop \\ soft'
    flag = job_of(run(world, "purge", PRICING, "--reason", said, "--json"))
    assert said == flag["reason"]


def test_purge_stops_at_an_approval_and_wait_goes_through(world: Playground) -> None:
    asked = run(world, "purge", *EVERYTHING, "--json")
    name = str(job_of(asked)["job"])
    late = run(world, "wait", name, "--timeout", "0.3")
    request = world.wait_card(name, channel="C_APPROVE")
    world.click("U_LEA", request, "approve", "C_APPROVE")
    world.click("U_SAM", request, "approve", "C_APPROVE")
    waited = run(world, "wait", name, "--json")
    assert (4, "waiting") == (asked.exit_code, job_of(asked)["state"])
    assert 7 == late.exit_code
    assert (0, "done") == (waited.exit_code, job_of(waited)["state"])


def test_no_wait_says_that_a_person_is_needed(world: Playground) -> None:
    asked = run(world, "purge", *EVERYTHING, "--no-wait")
    name = asked.stdout.split()[1]
    cancelled = run(world, "cancel", name)
    after = run(world, "wait", name)
    assert (4, 0, 5) == (asked.exit_code, cancelled.exit_code, after.exit_code)


def test_a_denial_ends_wait_with_5(world: Playground) -> None:
    name = str(job_of(run(world, "purge", *EVERYTHING, "--json"))["job"])
    request = world.wait_card(name, channel="C_APPROVE")
    world.click("U_LEA", request, "deny", "C_APPROVE")
    view = world.until(lambda: world.get("/_play/views", user="U_LEA")["open"], "the form opens")
    assert isinstance(view, list)
    world.post("/_play/submit", user="U_LEA", view_id=view[0]["id"], values={"reason": {"reason": "too late"}})
    result = run(world, "wait", name)
    assert (5, True) == (result.exit_code, name in result.stdout)


def test_a_layer_that_refuses_ends_purge_with_1(world: Playground) -> None:
    world.post("/_play/fault", account="cf", kind="forbidden")
    result = run(world, "purge", PRICING)
    world.post("/_play/fault", account="cf", kind="forbidden", times=0)
    assert (1, True) == (result.exit_code, "Cloudflare" in result.stdout)


def test_a_check_ends_as_its_verdict_says(world: Playground) -> None:
    run(world, "purge", PRICING)
    world.get("/_play/visit", site="shop", edge="fra", path="/pricing")
    fresh = run(world, "check", PRICING)
    world.post("/_play/origin", site="shop")
    stale, as_json = run(world, "check", PRICING), run(world, "check", PRICING, "--json")
    purged = run(world, "purge", PRICING)
    assert (0, 3, 3, 0) == tuple(result.exit_code for result in (fresh, stale, as_json, purged))
    assert ({"text", "verdict", "check"}, "stale") == (set(job_of(as_json)), job_of(as_json)["verdict"])


def test_a_check_as_json_holds_each_place_with_what_it_serves(world: Playground) -> None:
    check = job_of(run(world, "check", PRICING, "--json"))["check"]
    assert isinstance(check, dict)
    places = [look["place"] for look in check["looks"]]
    assert (["fra", "iad", "sin", "origin", "origin"], ["Varnish"]) == (
        places,
        [look["place"] for look in check["inner"]],
    )
    assert {"at", "place", "url", "status", "cache", "age", "etag", "version", "fresh"} <= set(check["looks"][0])


def scene(world: Playground, name: str) -> str:
    """The page of a scene that is set up now."""
    return str(world.post("/_play/scene", name=name)["line"]).removeprefix("/purge why ")


SCENES = {"uncached": ("never cached", 0), "silent": ("no answer", 6), "busy": ("it cannot be told", 6)}


@pytest.mark.parametrize(("name", "cause", "code"), [(name, *told) for name, told in SCENES.items()], ids=SCENES)
def test_a_diagnosis_ends_by_whether_a_cause_is_named(world: Playground, name: str, cause: str, code: int) -> None:
    url = scene(world, name)
    told, as_json = run(world, "why", url), run(world, "why", url, "--json")
    diagnosis = job_of(as_json)["diagnosis"]
    assert (code, code, "") == (told.exit_code, as_json.exit_code, told.stderr)
    assert f"{cause} · {url}" in told.stdout.splitlines()[0]
    assert isinstance(diagnosis, dict) and cause == diagnosis["cause"]


LINTS = {"busy": (None, 6, 0), "not-found": (None, 1, 0), "redirect": (97, 0, 3), "failing": (97, 0, 3)}


@pytest.mark.parametrize(("name", "score", "code", "read"), [(name, *told) for name, told in LINTS.items()], ids=LINTS)
def test_a_lint_scores_the_page_and_no_error_or_redirect(
    world: Playground, name: str, score: int | None, code: int, read: int
) -> None:
    result = run(world, "lint", scene(world, name), "--fail-on", "warn", "--json")
    lint = job_of(result)["lint"]
    assert isinstance(lint, dict)
    assert (score, code, read) == (lint["score"], result.exit_code, lint["read"])


def test_a_file_that_was_overwritten_in_place_is_linted_as_a_file(world: Playground) -> None:
    told = run(world, "lint", scene(world, "overwritten"), "--fail-on", "error")
    assert (1, True, False) == (told.exit_code, "CC03" in told.stdout, "CC02" in told.stdout)


@pytest.mark.parametrize(("name", "code"), [("silent", 6), ("busy", 6)])
def test_a_check_of_what_cannot_be_told_says_so(world: Playground, name: str, code: int) -> None:
    assert code == run(world, "check", scene(world, name)).exit_code


def test_a_warming_ends_by_what_is_warm(world: Playground) -> None:
    warm, not_kept = run(world, "warm", PRICING), run(world, "warm", scene(world, "uncached"))
    unread, strange = run(world, "warm", "tag:news"), run(world, "wait", "W-9999")
    assert (0, 1, 2, 2) == tuple(result.exit_code for result in (warm, not_kept, unread, strange))
    assert "There is no W-9999." == strange.stderr.splitlines()[0]


def test_a_queued_request_ends_with_4_and_is_waited_for(world: Playground) -> None:
    run(world, "hold", "shop", "because", "deploying")
    queued = run(world, "purge", PRICING, "--queue", "--json")
    name = str(json.loads(queued.stdout)["request"])
    late, waits = run(world, "wait", name, "--timeout", "0.2"), run(world, "show", name)
    other = run(world, "purge", f"{HOME}q2", "--queue", "--json")
    taken_back = str(json.loads(other.stdout)["request"])
    run(world, "cancel", taken_back)
    gone, strange = run(world, "wait", taken_back), run(world, "wait", "Q-999")
    run(world, "release", "shop")
    ended, shown = run(world, "wait", name.lower()), run(world, "show", name)
    assert (4, "in_line", 7, 0) == (queued.exit_code, job_of(queued)["state"], late.exit_code, waits.exit_code)
    assert (5, 2, 0, 0) == tuple(result.exit_code for result in (gone, strange, ended, shown))
    assert " fresh " in ended.stdout.splitlines()[0]
    assert shown.stdout.startswith(f"{name} waits no more: it is in P-")


def warmed(result: Result) -> tuple[str, bool | None]:
    """The warming of an answer in JSON, by name, and whether all of it is warm."""
    record = json.loads(result.stdout)["warming"]
    return record["warming"], record["warm"]


def test_a_warming_that_goes_on_is_listed_and_waited_for(world: Playground) -> None:
    begun = run(world, "warm", "--file", "-", "--json", typed="\n".join(f"{HOME}many/{n}" for n in range(100)))
    name, warm = warmed(begun)
    listed, late = run(world, "status"), run(world, "wait", name, "--timeout", "0.2")
    told, stopped = run(world, "status", name), run(world, "cancel", name)
    ended = run(world, "wait", name.lower(), "--json")
    assert (7, 7, 0, 0, 1) == tuple(result.exit_code for result in (begun, late, told, stopped, ended))
    assert f"1 warming under way; purgebot cancel {name} stops it:" in listed.stdout.splitlines()
    assert (None, (name, False)) == (warm, warmed(ended))


def test_a_lint_ends_as_fail_on_says(world: Playground) -> None:
    url = f"{HOME.rstrip('/')}/"
    style = f"{url}style.css"
    plain, error = run(world, "lint", style), run(world, "lint", style, "--fail-on", "error")
    clean = run(world, "lint", f"{url}app.3f2a91c0.js", "--fail-on", "info")
    assert (0, 1, 0) == tuple(result.exit_code for result in (plain, error, clean))
    assert plain.stdout == error.stdout
    assert "Change this first: name files by their content, or let browsers ask each time (CC03)." in plain.stdout


def test_a_lint_as_json_holds_the_findings(world: Playground) -> None:
    result = run(world, "lint", f"{HOME}style.css", "for", "nginx", "--json", "--fail-on", "warn")
    answer = job_of(result)
    record = answer["lint"]
    assert (1, {"text", "lint"}) == (result.exit_code, set(answer))
    assert isinstance(record, dict)
    assert (70, "error", "CC03", "nginx") == tuple(record[name] for name in ("score", "worst", "first", "server"))


def test_a_severity_that_is_none_is_wrong_usage(world: Playground) -> None:
    assert 2 == run(world, "lint", HOME, "--fail-on", "bad").exit_code


def test_a_lint_that_is_not_understood_is_wrong_usage(world: Playground) -> None:
    assert 2 == run(world, "lint", "everything", "--fail-on", "error").exit_code


def test_status_of_a_job_as_json_is_the_record(world: Playground) -> None:
    name = str(job_of(run(world, "purge", PRICING, "--json"))["job"])
    record = job_of(run(world, "status", name, "--json"))
    assert (name, "done", "token:play") == (record["job"], record["state"], record["requested_by"])


# what is typed: exit code, a sentence on standard error
REFUSED = {
    "an unknown flag": (("purge", "--frobnicate", HOME), 2, "--frobnicate is not an option."),
    "an unknown short flag": (("purge", "-x", HOME), 2, "-x"),
    "nothing": (("purge",), 2, "Type what should be gone"),
    "everything unconfirmed": (("purge", "everything", "on", "shop", "because", "x"), 2, "Add: --confirm shop"),
    "everything without a reason": (("purge", "everything", "on", "shop", "--confirm", "shop"), 5, "needs a reason"),
    "a pattern that a layer cannot": (("purge", "/*.css", "on", "shop"), 2, "Cloudflare purges no patterns here."),
    "a vote": (("approve", "P-1"), 5, "Tokens do not vote."),
    "a no": (("deny", "P-1", "too", "late"), 5, "Tokens do not vote."),
    "status of no job": (("status", "P-999"), 2, "There is no P-999."),
    "status of no job as JSON": (("status", "P-999", "--json"), 2, "There is no P-999 among this token's sites."),
    "wait for no job": (("wait", "P-999"), 2, "There is no P-999 among this token's sites."),
    "wait for nonsense": (("wait", "../../healthz"), 2, "There is no ../../healthz among this token's sites."),
    "cancel of no job": (("cancel", "P-999"), 2, "There is no P-999."),
}


@pytest.mark.parametrize(("words", "code", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_said_on_standard_error(
    world: Playground, words: tuple[str, ...], code: int, sentence: str
) -> None:
    result = run(world, *words)
    assert (code, "") == (result.exit_code, result.stdout)
    assert sentence in result.stderr


@pytest.mark.parametrize("words", [("plan", PRICING), ("purge", "--dry-run", PRICING)], ids=["plan", "dry run"])
def test_a_plan_sends_nothing(world: Playground, words: tuple[str, ...]) -> None:
    before = len(world.http.get("/_play/ledger").json())
    result = run(world, *words)
    sent = [one for one in world.http.get("/_play/ledger").json()[before:] if one["account"] in ("cf", "shield")]
    assert (0, "", []) == (result.exit_code, result.stderr, sent)
    assert "nothing was sent" in result.stdout


@pytest.mark.parametrize("verb", ["sites", "whoami", "help", "status"])
def test_a_question_is_answered_in_plain_lines(world: Playground, verb: str) -> None:
    text, as_json = run(world, verb), run(world, verb, "--json")
    assert (0, "", 0) == (text.exit_code, text.stderr, as_json.exit_code)
    assert f"{job_of(as_json)['text']}\n" == text.stdout
    assert "\x1b" not in text.stdout


def test_a_token_that_is_not_known_is_wrong_configuration(world: Playground) -> None:
    said = f"{world.url} does not know this token. Set PURGEBOT_TOKEN to one of api.tokens.\n"
    assert (2, "", said) == outcome(run(world, "sites", PURGEBOT_TOKEN="other"))
    assert (2, "", said) == outcome(run(world, "wait", "P-1", PURGEBOT_TOKEN="other"))


def test_without_a_token_it_says_which_variable(world: Playground) -> None:
    said = "PURGEBOT_TOKEN is not set. Set it to a token named under api.tokens in the bot's configuration.\n"
    assert (2, "", said) == outcome(run(world, "sites", PURGEBOT_TOKEN=""))


@pytest.mark.parametrize("words", [("check", "http://www.shop.test/"), ("log", "shop")], ids=["check", "log"])
def test_a_verb_that_has_no_local_says_so_before_all_else(world: Playground, words: tuple[str, ...]) -> None:
    said = (
        f"{words[0]} has no --local: it asks the running bot. purge, retry, status, cancel, hold, release, show and"
        " sites have it. Start the bot with `purgebot serve`, and say it without --local.\n"
    )
    assert (2, "", said) == outcome(run(world, *words, "--local", PURGEBOT_TOKEN=""))


def test_a_bot_that_does_not_answer_is_said(world: Playground) -> None:
    said = "No bot answers at http://127.0.0.1:1 (ConnectError). Start it with `purgebot serve`, or set PURGEBOT_URL.\n"
    assert (1, "", said) == outcome(run(world, "sites", PURGEBOT_URL="http://127.0.0.1:1"))


def test_an_address_that_is_none_is_wrong_configuration(world: Playground) -> None:
    result = run(world, "sites", PURGEBOT_URL="shop")
    assert (2, "", True) == (result.exit_code, result.stdout, "PURGEBOT_URL" in result.stderr)


def on_terminal(world: Playground, *words: str, **more: str) -> tuple[int, bytes]:
    """`purgebot <words>` with its standard error on a terminal; what was drawn there."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", **environ(world), **more}
    with Path(os.devnull).open("wb") as nothing:
        process = forked("purgebot", words, env, ROOT, nothing.fileno(), theirs)
    os.close(theirs)
    drawn = b""
    while part := _read(ours):
        drawn += part
    os.close(ours)
    return process.wait(), drawn


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says EIO where the other side is closed
        return b""


def test_a_terminal_sees_a_bar_and_a_pipe_does_not(world: Playground) -> None:
    code, drawn = on_terminal(world, "purge", PRICING)
    piped = run(world, "purge", PRICING)
    assert (0, True, 0, "") == (code, "━".encode() in drawn, piped.exit_code, piped.stderr)


def test_colours_honour_no_color(world: Playground) -> None:
    colours = [on_terminal(world, "sites", PURGEBOT_TOKEN="", **more)[1] for more in ({}, {"NO_COLOR": "1"})]
    assert [True, False] == [b"\x1b[31m" in drawn for drawn in colours]


class OneRestart(BaseHTTPRequestHandler):
    """A bot that goes away once between two looks at a job."""

    asked = 0

    def do_GET(self) -> None:
        OneRestart.asked += 1
        if OneRestart.asked == 2:
            self.connection.close()
            return
        self._json({"job": "P-1", "state": "purging" if OneRestart.asked < 3 else "done", "verdict": "fresh"})

    def _json(self, doc: Mapping[str, object]) -> None:
        body = json.dumps(doc).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


def test_wait_outlives_a_restart_of_the_bot(world: Playground) -> None:
    server = HTTPServer(("127.0.0.1", 0), OneRestart)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    result = run(world, "wait", "P-1", "--json", PURGEBOT_URL=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    serving.join()
    server.server_close()
    assert (0, "done", 3) == (result.exit_code, job_of(result)["state"], OneRestart.asked)


OBSERVES = "mode observe (nothing is purged; set mode: live to purge)"


def test_the_example_is_a_file_that_checks(tmp_path: Path) -> None:
    example = purgebot(["config", "example"])
    (tmp_path / "purgebot.yaml").write_text(example.stdout)
    env = {"PURGEBOT_CONFIG": str(tmp_path / "purgebot.yaml")}
    checked = purgebot(["config", "check"], env=env)
    assert (0, 0) == (example.exit_code, checked.exit_code)
    assert f"{tmp_path}/purgebot.yaml is good: {OBSERVES}, sites shop.\n" == checked.stdout


@pytest.mark.parametrize(
    ("mode", "said"), [("", OBSERVES), ("mode: observe", OBSERVES), ("mode: live", "mode live")], ids=str
)
def test_a_check_says_whether_this_file_purges(tmp_path: Path, mode: str, said: str) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(f"{mode}\naccounts: {{}}\n")
    checked = purgebot(["config", "check", str(file)], env={"PURGEBOT_CONFIG": "elsewhere.yaml"})
    assert (0, f"{file} is good: {said}, sites none.\n") == (checked.exit_code, checked.stdout)


@pytest.mark.parametrize("words", [[], ["config"], ["config", "check"]], ids=" ".join)
def test_help_names_the_variable_of_the_file(words: list[str]) -> None:
    said = purgebot([*words, "--help"])
    assert (0, True) == (said.exit_code, "PURGEBOT_CONFIG names the configuration file" in said.stdout)


@pytest.mark.parametrize("words", [[], ["purge"], ["wait"], ["check"], ["status"]], ids=" ".join)
def test_help_names_every_exit_code(words: list[str]) -> None:
    said = purgebot([*words, "--help"], env={"COLUMNS": "200"}).stdout.splitlines()
    codes = [line.strip() for line in said if line.strip()[:2].strip().isdigit()]
    assert [f"{code} {meaning}" for code, meaning in MEANINGS.items()] == codes


@pytest.mark.parametrize("words", [["log"], ["log", "shop"]], ids=" ".join)
def test_help_on_log_names_what_may_be_searched_for(words: list[str]) -> None:
    said = purgebot([*words, "--help"], env={"COLUMNS": "200"}).stdout
    usage = "purgebot log [site …] [kind …] [by @name] [since 7d] [words …] [page 2] [--json] [--csv]"
    assert [usage, *LOGS] == [line.strip() for line in said.splitlines() if line.strip() in (usage, *LOGS)]


@pytest.mark.parametrize("line", LOGS)
def test_the_examples_of_help_on_log_are_understood(line: str) -> None:
    words = line.removeprefix("purgebot ").removesuffix(" --csv").removesuffix(" --json")
    understood = parse(words, LEA)
    assert isinstance(understood, Command) and understood.verb is Verb.LOG


@pytest.mark.parametrize("words", [["version"], ["--version"]], ids=" ".join)
def test_it_says_which_version_it_is(words: list[str]) -> None:
    said = purgebot(words)
    assert (0, f"purgebot {version('purgebot')}\n") == (said.exit_code, said.stdout)


def test_help_says_where_a_purge_stops() -> None:
    said = purgebot(["purge", "--help"], env={"COLUMNS": "200"}).stdout
    assert "where approval is needed it stops with 4, and `wait` goes on." in said


def test_the_schema_is_json() -> None:
    result = purgebot(["config", "schema"])
    assert (0, "object") == (result.exit_code, job_of(result)["type"])


@pytest.mark.parametrize("words", [("config", "check"), ("serve",), ("doctor",)], ids=" ".join)
def test_a_wrong_file_is_wrong_configuration(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "purgebot.yaml").write_text("mode: sometimes\n")
    result = purgebot(words, env={"PURGEBOT_CONFIG": str(tmp_path / "purgebot.yaml")})
    assert (2, "", True) == (result.exit_code, result.stdout, f"{tmp_path}/purgebot.yaml:1: mode:" in result.stderr)


@pytest.mark.parametrize("words", [("nonsense",), ("whi", "x"), ("/purge", "x")], ids=" ".join)
def test_a_command_that_is_not_there_is_wrong_usage(words: tuple[str, ...]) -> None:
    result = purgebot(words)
    assert (2, "", True) == (result.exit_code, result.stdout, "No such command" in result.stderr)


COPIES = {
    "a verb": ("Copy: /purge help options", "Copy: purgebot help options"),
    "no verb": ("Copy: /purge http://www.shop.test/", "Copy: purgebot purge http://www.shop.test/"),
    "another command": ("Copy: /cdn status", "Copy: purgebot status"),
    "a star": ("Copy: /purge prefix /news/*", "Copy: purgebot purge prefix '/news/*'"),
    "a query": ("Copy: /purge https://a.test/?a=1&b=2", "Copy: purgebot purge 'https://a.test/?a=1&b=2'"),
    "a quoted reason": ('Copy: /purge /a --reason "b c"', 'Copy: purgebot purge /a --reason "b c"'),
    "the terminal's own name": ("Copy: purgebot purge prefix /news/*", "Copy: purgebot purge prefix '/news/*'"),
    "a purge of what is old": ("To purge: purgebot purge /a?b=1&c", "To purge: purgebot purge '/a?b=1&c'"),
    "a beginning": ("Begin with: /purge plan https://…", "Begin with: purgebot plan https://…"),
    "among others": ("One.\nCopy: /purge sites\nTwo.", "One.\nCopy: purgebot sites\nTwo."),
    "one of several times": (
        "Gap.\nBefore the gap, 00:59 UTC: purgebot at 2027-03-28 01:59 Europe/Berlin https://a.test/",
        "Gap.\nBefore the gap, 00:59 UTC: purgebot purge at 2027-03-28 01:59 Europe/Berlin https://a.test/",
    ),
    "a verb behind a time": (
        "Before the gap, 00:59 UTC: /purge at 2027-03-28 01:59 Europe/Berlin plan /a on shop",
        "Before the gap, 00:59 UTC: purgebot plan at 2027-03-28 01:59 Europe/Berlin /a on shop",
    ),
    "a page that is called like a verb": (
        "Copy: /purge at 09:00 /plan on plan",
        "Copy: purgebot purge at 09:00 /plan on plan",
    ),
    "an apostrophe": ("Copy: /purge /a because it's old", "Copy: purgebot purge /a because 'it'\"'\"'s' old"),
    "behind a sentence": (
        "Nothing was purged. To have it wait its turn: purgebot https://a.test/?a=1&b=2",
        "Nothing was purged. To have it wait its turn: purgebot purge 'https://a.test/?a=1&b=2'",
    ),
    "a reason with a colon": ("Copy: /purge /a because b: /c d", "Copy: purgebot purge /a because b: /c d"),
    "a verb in a sentence": (
        "More: purgebot help <topic>, where a topic is a word.",
        "More: purgebot help <topic>, where a topic is a word.",
    ),
    "a sentence": ("It ended: purgebot ended 3 times.", "It ended: purgebot ended 3 times."),
    "no line to copy": ("/purge status lists the jobs.", "/purge status lists the jobs."),
}


@pytest.mark.parametrize(("text", "here"), COPIES.values(), ids=COPIES)
def test_a_line_to_copy_works_in_this_shell(text: str, here: str) -> None:
    verbs = {"help", "status", "sites", "purge", "plan"}
    assert (here, here) == (for_terminal(text, verbs), for_terminal(for_terminal(text, verbs), verbs))


def test_what_is_old_is_purged_by_a_line_of_this_shell(world: Playground) -> None:
    run(world, "purge", PRICING)
    world.get("/_play/visit", site="shop", edge="fra", path="/pricing")
    world.post("/_play/origin", site="shop")
    said = run(world, "check", PRICING).stdout
    assert (f"To purge: purgebot purge {PRICING}", False) == (said.splitlines()[-1], "/purge" in said)


def test_a_misunderstood_line_is_mended_for_this_shell(world: Playground) -> None:
    result = run(world, "purge", "--frobnicate", HOME)
    assert (2, "", "--frobnicate is not an option.\nCopy: purgebot help options\n") == outcome(result)


# The past


def test_the_log_is_printed_in_lines_as_an_array_and_as_a_sheet(world: Playground) -> None:
    run(world, "purge", PRICING, "--reason", "a wrong price")
    said = ("log", "shop", "a wrong price", "since", "1h")
    lines, array, sheet = run(world, *said), run(world, *said, "--json"), run(world, *said, "--csv")
    assert [(0, "")] * 3 == [(one.exit_code, one.stderr) for one in (lines, array, sheet)]
    assert "Job 1, newest first · on shop · in the last hour · with “a wrong price”" == lines.stdout.splitlines()[0]
    [record] = json.loads(array.stdout)
    [row] = csv.DictReader(io.StringIO(sheet.stdout, newline=""))
    assert (record["job"], record["reason"]) == (row["job"], row["reason"])
    assert ("a wrong price", "fresh", True) == (record["reason"], row["verdict"], bool(record["timeline"]))


def test_a_phrase_of_another_order_finds_nothing(world: Playground) -> None:
    run(world, "purge", PRICING, "--reason", "a wrong price")
    result = run(world, "log", "price wrong", "--json")
    assert (0, []) == (result.exit_code, json.loads(result.stdout))


def test_what_the_log_does_not_understand_is_wrong_usage(world: Playground) -> None:
    said = "`since` wants a time after it, such as 12h, 7d or 2026-11-01. `soon` is none.".replace("`", "")
    for form in ((), ("--csv",), ("--json",)):
        result = run(world, "log", "since", "soon", *form)
        assert (2, "", said) == (result.exit_code, result.stdout, result.stderr.splitlines()[0])


def test_one_form_at_a_time(world: Playground) -> None:
    said = "--json and --csv exclude each other.\n"
    assert (2, "", said) == outcome(run(world, "log", "--json", "--csv"))


def test_stats_are_a_table_or_numbers(world: Playground) -> None:
    run(world, "purge", PRICING)
    text, numbers = run(world, "stats", "shop"), run(world, "stats", "shop", "--json")
    assert (0, 0) == (text.exit_code, numbers.exit_code)
    assert "person" in text.stdout and "token play" in text.stdout
    assert json.loads(numbers.stdout)["stats"]["total"] > 0
