"""The pieces for pipelines in docs/ci, run as they stand: against a whole playground, and against whatever a bot may
answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import IO

import pytest
from ruamel.yaml import YAML

from tests.journeys.world import Playground, free_port

CI = Path("docs/ci")
pytestmark = [pytest.mark.real("curl"), pytest.mark.real("openssl")]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(tmp_path_factory.mktemp("world"), env={"SITES": "shop"}).start()
    yield playground
    assert 0 == playground.stop()


@pytest.fixture
def play(started: Playground) -> Playground:
    started.post("/_play/reset")
    return started


def sh(
    arguments: list[str], env: Mapping[str, str], cwd: Path | None = None, stdin: IO[bytes] | None = None
) -> subprocess.CompletedProcess[str]:
    whole = {"PATH": os.environ["PATH"], "NO_PROXY": "*", **env}
    return subprocess.run(
        ["sh", *arguments], env=whole, cwd=cwd, stdin=stdin, capture_output=True, text=True, timeout=60, check=False
    )


def settings(play: Playground) -> dict[str, str]:
    deploys = play.get("/_play/world")["deploys"]
    assert isinstance(deploys, dict)
    return {"PURGEBOT_URL": play.url, "PURGEBOT_DEPLOY_SECRET": str(deploys["secret"]), "PURGEBOT_TIMEOUT": "30"}


def tell(play: Playground, deploy: object, **more: str) -> subprocess.CompletedProcess[str]:
    return sh([str(CI / "deployed.sh"), json.dumps(deploy)], {**settings(play), **more})


def test_three_pages_are_old_at_every_edge_and_proven_new_before_the_pipeline_goes_on(play: Playground) -> None:
    for edge in ("fra", "iad", "sin"):
        play.get("/_play/visit", site="shop", edge=edge, path="/news")
    play.post("/_play/origin", site="shop", version="4.2.0")
    pages = ["/", "/pricing", "/news"]
    expect = {page: {"header": {"x-build": "4.2.0"}} for page in pages}
    told = tell(play, {"site": "shop", "version": "4.2.0", "paths": pages, "expect": expect, "actor": "mia",
                       "link": "https://ci.test/runs/7"})  # fmt: skip
    seen = {
        play.get("/_play/visit", site="shop", edge=edge, path=page)["version"]
        for edge in ("fra", "iad", "sin") for page in pages
    }  # fmt: skip
    note = play.wait_card("🟢 shop 4.2.0")
    assert (0, "purgebot: P-1, queued\npurgebot: P-1 done, fresh\n", "") == (told.returncode, told.stdout, told.stderr)
    assert {"4.2.0"} == seen
    assert "🟢 shop 4.2.0 · P-1 fresh at fra, iad, sin · 6 URLs on shop" == note["text"]


def test_a_wrong_secret_is_told_and_not_tried_again(play: Playground) -> None:
    wrong = tell(play, {"site": "shop", "version": "1"}, PURGEBOT_DEPLOY_SECRET="whsec_" + "YWJj" * 8)
    assert (2, "") == (wrong.returncode, wrong.stdout)
    assert "purgebot refused the deploy (401): The deploy is not signed by a known sender" in wrong.stderr


def test_what_is_not_understood_is_told(play: Playground) -> None:
    told = tell(play, {"site": "shop", "version": "1", "paths": ["pricing"]})
    assert 2 == told.returncode
    assert "refused the deploy (422): path `pricing`" in told.stderr


def test_a_bot_that_is_away_is_tried_three_times(tmp_path: Path) -> None:
    env = {"PURGEBOT_URL": f"http://127.0.0.1:{free_port()}", "PURGEBOT_DEPLOY_SECRET": "whsec_" + "YWJj" * 8}
    told = sh([str(CI / "deployed.sh"), "{}"], env)
    assert 1 == told.returncode
    assert "could not take the deploy (000)." in told.stderr
    assert 3 == told.stderr.count("curl: (7)")


def acted(play: Playground, folder: Path, deploy: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What the Action's only step does in `folder` as its workspace, with those inputs."""
    action = YAML(typ="safe").load((CI / "action.yml").read_text(encoding="utf-8"))
    known = settings(play)
    given = {"url": known["PURGEBOT_URL"], "secret": known["PURGEBOT_DEPLOY_SECRET"], **deploy}
    inputs = {name: given.get(name, one.get("default")) for name, one in action["inputs"].items()}
    (step,) = action["runs"]["steps"]
    env = {name: inputs[value.removeprefix("${{ inputs.").removesuffix(" }}")] for name, value in step["env"].items()}
    shutil.copytree(CI, folder / "action", dirs_exist_ok=True)
    assert "sh" == step["shell"]
    return sh(["-e", "-c", step["run"]], {**env, "GITHUB_ACTION_PATH": str(folder / "action")}, folder)


def test_the_action_runs_its_script(play: Playground, tmp_path: Path) -> None:
    play.post("/_play/origin", site="shop", version="7.0")
    told = acted(play, tmp_path, {"deploy": '{"site": "shop", "version": "7.0", "paths": ["/pricing"]}'})
    assert 0 == told.returncode, told.stderr
    assert "purgebot: P-1 done, fresh" in told.stdout


def test_the_gitlab_job_runs_its_script(play: Playground, tmp_path: Path) -> None:
    job = YAML(typ="safe").load((CI / "gitlab.yml").read_text(encoding="utf-8"))["purge"]
    play.post("/_play/origin", site="shop", version="c0ffee12")
    variables = {
        "CI_COMMIT_SHORT_SHA": "c0ffee12", "GITLAB_USER_LOGIN": "lea", "CI_PIPELINE_URL": "https://git.test/p/9",
    }  # fmt: skip
    (tmp_path / "ci").mkdir()
    shutil.copy(CI / "deployed.sh", tmp_path / "ci")
    told = sh(["-e", "-c", "\n".join(job["script"])], {**settings(play), **variables}, tmp_path)
    assert (0, "purgebot: P-1, queued\npurgebot: P-1 done, fresh\n") == (told.returncode, told.stdout), told.stderr
    note = play.wait_card("🟢 shop c0ffee12")
    assert "deployed by lea, told by token `ci` · <https://git.test/p/9|what ran>" in json.dumps(
        note["blocks"], ensure_ascii=False
    )


Answers = list[tuple[int, object, *tuple[str, ...]]]  # status, body, and after how many seconds to come back


def a_large_deploy() -> bytes:
    """A deploy whose manifest no argument could hold, with what a shell could lose: a line end after it."""
    manifest = "".join(f"{n:064x}  dist/{n}.html\n" for n in range(2000))
    return json.dumps({"site": "shop", "version": "4.4.0", "paths": ["/"], "manifest": manifest}).encode() + b"\n"


@pytest.mark.parametrize("way", ["file", "stdin"])
def test_a_deploy_larger_than_an_argument_comes_by_file_or_standard_input(
    play: Playground, tmp_path: Path, way: str
) -> None:
    file = tmp_path / "my deploy.json"
    file.write_bytes(a_large_deploy())
    with file.open("rb") as stdin:
        argument = "-" if way == "stdin" else f"@{file}"
        told = sh([str(CI / "deployed.sh"), argument], settings(play), stdin=stdin)
    assert 128 * 1024 < file.stat().st_size
    assert (0, "purgebot: P-1, queued\npurgebot: P-1 done, fresh\n", "") == (told.returncode, told.stdout, told.stderr)


def test_what_is_larger_than_the_bot_takes_is_refused_in_its_words(play: Playground, tmp_path: Path) -> None:
    (tmp_path / "deploy.json").write_bytes(b" " * (1024 * 1024 + 1))
    told = sh([str(CI / "deployed.sh"), f"@{tmp_path / 'deploy.json'}"], settings(play))
    said = (
        "purgebot refused the deploy (413): A deploy has at most 1,048,576 bytes. Send `paths` or `prefixes`, or a"
        " manifest of what pages are made of alone: several manifests would be compared with each other.\n"
    )
    assert (2, "", said) == (told.returncode, told.stdout, told.stderr)


def test_the_action_takes_a_file_and_not_both(play: Playground, tmp_path: Path) -> None:
    (tmp_path / "deploy.json").write_bytes(a_large_deploy())
    told = acted(play, tmp_path, {"file": "deploy.json"})
    both = acted(play, tmp_path, {"file": "deploy.json", "deploy": "{}"})
    assert (0, True) == (told.returncode, "purgebot: P-1 done, fresh" in told.stdout), told.stderr
    assert (2, "Give the action either deploy or file, not both. Nothing was sent.\n") == (both.returncode, both.stderr)


@contextmanager
def bot(answers: Answers) -> Iterator[tuple[str, list[str]]]:
    """Something that answers so, one after the other, the last for ever; where, and what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            asked.append(f"{self.command} {self.path.partition('?')[0]} {self.headers['webhook-id']}")
            status, body, *later = answers.pop(0) if len(answers) > 1 else answers[0]
            raw = json.dumps(body, ensure_ascii=False).encode()
            self.send_response(status)
            for seconds in later:
                self.send_header("Retry-After", seconds)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()
    thread.join()


TAKEN = (202, {"job": "P-9", "state": "queued", "url": "/v1/jobs/P-9"})


def ended(state: str, verdict: str, **more: object) -> tuple[int, object]:
    job = {"job": "P-9", "site": "shop", "state": state, "verdict": verdict, "layers": [{"state": "done"}]}
    return 200, job | more


ENDS: dict[str, tuple[Answers, int, str]] = {
    "fresh": ([TAKEN, ended("done", "fresh")], 0, "P-9 done, fresh"),
    "unchecked": ([TAKEN, ended("done", "unchecked")], 0, "P-9 done, unchecked"),
    "still old": ([TAKEN, ended("done", "stale")], 3, "P-9 done, stale"),
    "not to be proven": ([TAKEN, ended("done", "unknown")], 6, "P-9 done, unknown"),
    "partial": ([TAKEN, ended("partial", "fresh")], 1, "P-9 partial, fresh"),
    "failed": ([TAKEN, ended("failed", "unchecked")], 1, "P-9 failed, unchecked"),
    "denied": ([TAKEN, ended("denied", "unchecked")], 5, "P-9 denied, unchecked"),
    "a decision": ([TAKEN, ended("needs_decision", "unchecked")], 4, "P-9 needs_decision, unchecked"),
    "votes that come": ([TAKEN, ended("waiting", "unchecked"), ended("done", "fresh")], 0, "P-9 done, fresh"),
    "looks that fail": ([TAKEN, (503, {}), ended("done", "fresh")], 0, "P-9 done, fresh"),
    "asked to wait": ([(429, {}), (503, {}), TAKEN, ended("done", "fresh")], 0, "P-9 done, fresh"),
    "nothing to do": ([(200, {"ignored": "4.3 was deployed later."})], 0, '{"ignored": "4.3 was deployed later."}'),
    "the site is not the sender's": ([(403, {"detail": "Not that site."})], 2, ""),
    "never an end": ([TAKEN, ended("purging", "unchecked")], 7, "P-9, queued"),
}


@pytest.mark.parametrize(("answers", "code", "says"), ENDS.values(), ids=ENDS)
def test_how_the_pipeline_ends(answers: Answers, code: int, says: str) -> None:
    secret = "whsec_" + "YWJj" * 8
    with bot(list(answers)) as (url, asked):
        env = {
            "PURGEBOT_URL": f"{url}/",
            "PURGEBOT_DEPLOY_SECRET": secret,
            "PURGEBOT_TIMEOUT": "2" if code == 7 else "9",
        }
        told = sh([str(CI / "deployed.sh"), '{"site": "shop"}'], env)
    sent = {line for line in asked if line.startswith("POST")}
    assert (code, True) == (told.returncode, says in told.stdout), told
    assert 1 == len(sent)  # however often it was sent, it is one deploy


UNDER = {"pages_under_prefixes": 1_234_567, "pages_under_prefixes_looked_at": 60}
PARTS: dict[str, tuple[dict[str, object], str]] = {
    "all of it": ({"targets": 60, "targets_looked_at": 60}, ""),
    "not told": ({"targets": 60}, ""),
    "a part": ({"targets": 1500, "targets_looked_at": 60}, ", 60 of 1,500 targets looked at"),
    "pages under prefixes": (
        {"targets": 1, "targets_looked_at": 1, "deploy": UNDER},
        ", 60 of 1,234,567 pages under prefixes looked at",
    ),
    "none of such pages": ({"deploy": {"pages_under_prefixes": 3}}, ", 0 of 3 pages under prefixes looked at"),
    "both": (
        {"targets": 9000, "targets_looked_at": 59, "deploy": UNDER},
        ", 59 of 9,000 targets looked at, 60 of 1,234,567 pages under prefixes looked at",
    ),
    "a reason that says so": (
        {"reason": '"targets_looked_at": 1, "targets": 2', "targets": 60, "targets_looked_at": 60}, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("job", "part"), PARTS.values(), ids=PARTS)
def test_it_ends_with_how_much_was_looked_at(job: dict[str, object], part: str) -> None:
    with bot([TAKEN, ended("done", "fresh", **job)]) as (url, _):
        told = sh([str(CI / "deployed.sh"), "{}"], {"PURGEBOT_URL": url, "PURGEBOT_DEPLOY_SECRET": SECRET})
    assert f"purgebot: P-9, queued\npurgebot: P-9 done, fresh{part}\n" == told.stdout


def test_nothing_is_followed_where_nobody_waits() -> None:
    with bot([TAKEN]) as (url, asked):
        env = {"PURGEBOT_URL": url, "PURGEBOT_DEPLOY_SECRET": "whsec_" + "YWJj" * 8, "PURGEBOT_TIMEOUT": "0"}
        told = sh([str(CI / "deployed.sh"), "{}"], env)
    assert (0, 1) == (told.returncode, len(asked))


SECRET = "whsec_" + "YWJj" * 8
CALLED_WRONGLY: dict[str, tuple[list[str], dict[str, str], str]] = {
    "minutes": (["{}"], {"PURGEBOT_TIMEOUT": "10m"}, "PURGEBOT_TIMEOUT is '10m', which is no number"),
    "a word": (["{}"], {"PURGEBOT_TIMEOUT": "abc"}, "PURGEBOT_TIMEOUT is 'abc', which is no number"),
    "a fraction": (["{}"], {"PURGEBOT_TIMEOUT": "1.5"}, "PURGEBOT_TIMEOUT is '1.5', which is no number"),
    "less than nothing": (["{}"], {"PURGEBOT_TIMEOUT": "-1"}, "PURGEBOT_TIMEOUT is '-1', which is no number"),
    "a year": (["{}"], {"PURGEBOT_TIMEOUT": "31536000"}, "PURGEBOT_TIMEOUT is '31536000', which is no number"),
    "no deploy": ([], {}, "it takes the deploy as its one argument, @FILE or"),
    "an empty file": (["@/dev/null"], {}, "the deploy is empty. Send at least its site and version."),
    "no such file": (["@no.json"], {}, "there is no file 'no.json' that can be read. Name the one that holds"),
    "an empty deploy": ([""], {}, "it takes the deploy as its one argument, @FILE or"),
    "a deploy without quotes": (['{"site":', '"shop"}'], {}, "it takes the deploy as its one argument, @FILE or"),
    "no address": (["{}"], {"PURGEBOT_URL": ""}, "PURGEBOT_URL is not set. Set it to where purgebot is, such as"),
    "no secret": (["{}"], {"PURGEBOT_DEPLOY_SECRET": ""}, "PURGEBOT_DEPLOY_SECRET is not set. Set it to the sender's"),
    "half a secret": (["{}"], {"PURGEBOT_DEPLOY_SECRET": "whsec_YWJj"}, "PURGEBOT_DEPLOY_SECRET is no secret"),
    "no base64": (["{}"], {"PURGEBOT_DEPLOY_SECRET": SECRET + "%"}, "PURGEBOT_DEPLOY_SECRET is no secret"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "env", "says"), CALLED_WRONGLY.values(), ids=CALLED_WRONGLY)
def test_who_calls_it_wrongly_is_told_before_anything_is_sent(
    arguments: list[str], env: dict[str, str], says: str
) -> None:
    with bot([TAKEN, ended("done", "stale")]) as (url, asked):
        known = {"PURGEBOT_URL": url, "PURGEBOT_DEPLOY_SECRET": SECRET}
        told = sh([str(CI / "deployed.sh"), *arguments], known | env)
    assert (2, [], "") == (told.returncode, asked, told.stdout)
    assert told.stderr.startswith(f"deployed.sh: {says}")
    assert told.stderr.endswith(" Nothing was sent.\n")


def test_a_number_that_begins_with_noughts_is_that_number() -> None:
    with bot([TAKEN, ended("done", "stale")]) as (url, _):
        known = {"PURGEBOT_URL": url, "PURGEBOT_DEPLOY_SECRET": SECRET, "PURGEBOT_TIMEOUT": "009"}
        told = sh([str(CI / "deployed.sh"), "{}"], known)
    assert (3, "") == (told.returncode, told.stderr)


def test_a_secret_with_a_line_end_signs_as_one_without(play: Playground) -> None:
    secret = settings(play)["PURGEBOT_DEPLOY_SECRET"]
    play.post("/_play/origin", site="shop", version="8.0")
    deploy = {"site": "shop", "version": "8.0", "paths": ["/"]}
    told = tell(play, deploy, PURGEBOT_DEPLOY_SECRET=f"{secret}\r\n")
    assert (0, "") == (told.returncode, told.stderr)


FULL = {"detail": "cf has 6 open jobs. There is room again in about 2 s: ask again then."}


def test_where_there_is_no_room_it_comes_back_when_there_is() -> None:
    with bot([(429, FULL, "2"), TAKEN, ended("done", "fresh")]) as (url, asked):
        known = {"PURGEBOT_URL": url, "PURGEBOT_DEPLOY_SECRET": SECRET, "PURGEBOT_TIMEOUT": "9"}
        told = sh([str(CI / "deployed.sh"), "{}"], known)
    assert 2 == len([line for line in asked if line.startswith("POST")])
    assert (0, f"purgebot: {FULL['detail']} Sent again in 2 s.") == (told.returncode, told.stdout.splitlines()[0])


@pytest.mark.parametrize("timeout", ["9", "0"])
def test_where_there_is_no_room_in_time_that_is_told_at_once(timeout: str) -> None:
    with bot([(429, FULL, "300")]) as (url, asked):
        known = {"PURGEBOT_URL": url, "PURGEBOT_DEPLOY_SECRET": SECRET, "PURGEBOT_TIMEOUT": timeout}
        told = sh([str(CI / "deployed.sh"), "{}"], known)
    assert (2, 1) == (told.returncode, len(asked))
    assert f"purgebot refused the deploy (429): {FULL['detail']}\n" == told.stderr


@pytest.mark.parametrize("status", [200, 202])
def test_a_site_that_says_yes_to_everything_is_no_purgebot(status: int) -> None:
    with bot([(status, {"hello": "world"})]) as (url, _):
        known = {"PURGEBOT_URL": url, "PURGEBOT_DEPLOY_SECRET": SECRET}
        told = sh([str(CI / "deployed.sh"), "{}"], known)
    assert (1, "") == (told.returncode, told.stdout)
    assert told.stderr.startswith(f"What answers at {url} is no purgebot: ")


def test_what_it_costs_and_what_is_left_out_stands_in_the_pipelines_log() -> None:
    notes = ['`x[0], "y"` is left out: no \\ path.', "It costs about $0.01."]
    taken = (202, {"job": "P-9", "state": "queued", "notes": notes, "first": []})
    with bot([taken]) as (url, _):
        known = {"PURGEBOT_URL": url, "PURGEBOT_DEPLOY_SECRET": SECRET, "PURGEBOT_TIMEOUT": "0"}
        told = sh([str(CI / "deployed.sh"), "{}"], known)
    assert ["purgebot: P-9, queued", *(f"purgebot: {note}" for note in notes)] == told.stdout.splitlines()


def test_where_it_does_not_go_the_last_word_is_where_and_why_of_what_comes_first_too() -> None:
    taken = (202, {"job": "P-9", "state": "queued", "url": "/v1/jobs/P-9", "first": ["P-7", "P-8"]})
    given_up = {"job": "P-9", "state": "cancelled", "verdict": "unchecked", "text": "P-9 given up\n  P-8 is old"}
    first = {"job": "P-8", "state": "done", "verdict": "stale", "text": 'P-8 old at fra: "x-build" \\ é'}
    with bot([taken, (200, given_up), (200, first)]) as (url, _):
        known = {"PURGEBOT_URL": url, "PURGEBOT_DEPLOY_SECRET": SECRET, "PURGEBOT_TIMEOUT": "9"}
        told = sh([str(CI / "deployed.sh"), "{}"], known)
    assert (5, "purgebot: P-9, queued, after P-7 P-8\npurgebot: P-9 cancelled, unchecked\n") == (
        told.returncode, told.stdout,
    )  # fmt: skip
    assert [
        "purgebot: P-9 given up", "purgebot:   P-8 is old", 'purgebot: P-8 old at fra: "x-build" \\ é',
    ] == told.stderr.splitlines()[:3]  # fmt: skip


def test_a_pipeline_that_ends_on_an_old_edge_says_where_it_is_old(play: Playground) -> None:
    expect = {"/pricing": {"header": {"x-build": "never"}}}
    told = tell(play, {"site": "shop", "version": "9.9", "paths": ["/pricing"], "expect": expect}, PURGEBOT_TIMEOUT="2")
    assert 7 == told.returncode
    assert told.stderr.startswith("purgebot: P-1 has not ended within 2 s\npurgebot: 🔵 shop 9.9 · P-1 ")
