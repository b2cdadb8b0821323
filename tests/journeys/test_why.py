"""Why is it still old: every scene of the playground, its line typed into the chat, and the card word for word.

`CONVERSATIONS=write` writes the cards anew; read the whole difference as the person would who is woken by them.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from bot.domain.why import Name
from playground.scenes import Scene
from playground.scenes_of_why import SCENES
from tests.journeys.world import Json, Playground

pytestmark = pytest.mark.slow
FOLDER = Path(__file__).parent / "why"
CHANGING = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:…"),
    (r"\b\d+ s\b", "… s"),
    (r"\bP-\d+", "P-…"),
    (r"(?<= -p )\d+", "…"),
    (r"(purgebot=)[\w-]+", r"\1…"),
    (r"SHA-256 [0-9a-f]{12}", "SHA-256 0123456789ab"),
    (r" <https?://[^>|]+\|Its card in the channel>\.", ""),  # where Slack has told its address by then
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(tmp_path_factory.mktemp("why")).start()
    yield playground
    assert 0 == playground.stop()


@pytest.fixture
def play(opened: Playground) -> Playground:
    """As at the start: the policy sums what one asker purges within ten minutes, and all scenes ask as one."""
    opened.post("/_play/reset")
    return opened


def asked(play: Playground, name: str) -> tuple[str, Json]:
    """The line of a scene, once it is set, and the card that comes for it."""
    scene = play.post("/_play/scene", name=name)
    channel, line = str(scene["channel"]), str(scene["line"])
    before = {message["ts"] for message in play.messages(channel, "U_MIA")}
    play.command("U_MIA", line, channel)
    url = line.rpartition(" ")[2].partition("?")[0]

    def card() -> Json | None:
        found = [m for m in play.messages(channel, "U_MIA") if m["ts"] not in before and m["ephemeral"]]
        return next((m for m in found if url in str(m["text"])), None)

    return line, play.until(card, f"a card about {url}")


def written(line: str, card: Json) -> str:
    """The line and what is read below it; what changes from run to run is left out."""
    text = "\n".join([f"Mia: {line}", "", *_lines(card)]) + "\n"
    for found, instead in CHANGING:
        text = re.sub(found, instead, text)
    return text


def _lines(card: Json) -> Iterator[str]:
    blocks = card["blocks"]
    assert isinstance(blocks, list)
    for block in blocks:
        match block["type"]:
            case "section":
                yield str(block["text"]["text"])
            case "context":
                yield from (str(part["text"]) for part in block["elements"])
            case "actions":
                yield " ".join(f"[{button['text']['text']}]" for button in block["elements"])


@pytest.mark.parametrize("name", [scene.name for scene in SCENES])
def test_each_scene_is_explained_word_for_word(play: Playground, name: str) -> None:
    seen = written(*asked(play, name))
    path = FOLDER / f"{name}.txt"
    if os.environ.get("CONVERSATIONS") == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(seen, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == seen


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_card_names_the_cause_that_its_scene_promises(scene: Scene) -> None:
    first = (FOLDER / f"{scene.name}.txt").read_text(encoding="utf-8").splitlines()[2]
    assert re.search(rf" {re.escape(scene.sees)}( at [a-z, ]+)? · ", first)


def test_a_check_offers_no_purge_of_what_another_cdn_in_front_keeps(play: Playground) -> None:
    url = str(play.post("/_play/scene", name="front")["line"]).rpartition(" ")[2]
    play.command("U_MIA", f"/purge check {url}", "C_SHOP")

    def card() -> Json | None:
        return next(
            (one for one in play.messages("C_SHOP", "U_MIA") if f"old at fra, iad, sin · {url}" in str(one)), None
        )

    shown = list(_lines(play.until(card, f"a card about {url}")))
    assert ["[Check again] [Why?]"] == [line for line in shown if line.startswith("[")]
    assert "Imperva's firewall, which is no layer of the site" in unescape(" ".join(shown))


def test_every_cause_has_a_scene() -> None:
    assert set(Name) == {Name(scene.sees) for scene in SCENES}


CURED = (
    "nobody",
    "race",
    "slash",
    "case",
    "order",
    "query",
    "ignored",
    "rule",
    "targeted",
    "overwritten",
    "untagged",
    "not-found",
    "moved",
    "rewritten",
)


@pytest.mark.parametrize("name", CURED)
def test_the_button_of_the_card_cures_it(play: Playground, name: str) -> None:
    line, card = asked(play, name)
    scene = next(scene for scene in SCENES if scene.name == name)
    play.click("U_MIA", card, "pick", f"C_{scene.site.upper()}")
    path = line.partition(".test")[2]

    def is_fresh() -> bool:
        seen = [play.get("/_play/visit", site=scene.site, edge=city, path=path) for city in ("fra", "iad", "sin")]
        world = play.get("/_play/world")["sites"]
        assert isinstance(world, dict)
        truth = world[scene.site]["origin"].get(path.partition("?")[0])
        return all(200 == one["status"] and truth == one["version"] for one in seen)

    play.until(is_fresh, f"{path} is fresh at every edge")


SHOWN_AGAIN = [
    pytest.param("race", {"v2"}, id="an-old-copy-at-each-place"),
    pytest.param("variant", {"v2"}, id="as-another-visitor-asks"),
    pytest.param("custom-key", {"v2"}, id="by-a-key-that-no-answer-names"),
    pytest.param("encoding", {"v2"}, id="in-another-encoding"),
    pytest.param("cors", {"v2"}, id="with-an-origin"),
    pytest.param("language", {"v2"}, id="in-another-language"),
    pytest.param("front", {"v2"}, id="from-the-cdn-in-front"),
    pytest.param("zone", {"v2"}, id="from-another-zone"),
    pytest.param("rewritten", {"v2"}, id="where-a-rule-rewrites"),
    pytest.param("rule", {"v2"}, id="kept-too-long"),
    pytest.param("overwritten", {"v2"}, id="a-file-that-has-changed"),
    pytest.param("moved", {"v1"}, id="a-redirect-that-was-kept"),
    pytest.param("propagation", {"v2", "v3"}, id="places-that-differ"),
    pytest.param("uncached", {"v2"}, id="what-is-never-kept"),
]


@pytest.mark.parametrize(("name", "versions"), SHOWN_AGAIN)
def test_the_line_of_the_card_shows_it_again_at_each_place(play: Playground, name: str, versions: set[str]) -> None:
    _, card = asked(play, name)
    answer = subprocess.run(["sh", "-c", repeated(card)], capture_output=True, text=True, check=True).stdout
    assert ["fra", "iad", "sin"] == re.findall(r"^(?:fra|iad|sin)$", answer, re.MULTILINE)
    assert versions == set(re.findall(r"^x-build: (\S+)", answer, re.MULTILINE | re.IGNORECASE))


def test_the_card_of_a_purge_that_one_node_does_not_hear_names_that_and_not_the_origin(play: Playground) -> None:
    scene = play.post("/_play/scene", name="torn")
    url = str(scene["line"]).rpartition(" ")[2]
    play.command("U_MIA", f"/purge {url}")
    card = str(play.wait_card("still old at fra, iad, sin", url))
    assert "several nodes or copies stand behind fra, iad, sin: the one that was seen before" in card
    assert "the origin changed since" not in card


def test_the_line_about_two_nodes_shows_that_they_differ(play: Playground) -> None:
    _, card = asked(play, "torn")
    answer = subprocess.run(["sh", "-c", repeated(card)], capture_output=True, text=True, check=True).stdout
    assert (3, 2) == (answer.count("\n") // 5, len(set(re.findall(r"^[0-9a-f]{64}", answer, re.MULTILINE))))


VARIANTS = {
    "variant": {"User-Agent": "Mozilla/5.0 (iPhone) Mobile"},
    "custom-key": {"User-Agent": "Mozilla/5.0 (iPhone) Mobile"},
    "encoding": {"Accept-Encoding": "br"},
    "cors": {"Origin": "http://www.shop.test"},
    "language": {"Accept-Language": "de"},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_once_approved_the_cure_of_a_variant_reaches_it(play: Playground, name: str) -> None:
    line, card = asked(play, name)
    before = {message["ts"] for message in play.messages("C_APPROVE", "U_SAM")}
    play.click("U_MIA", card, "pick", "C_SHOP")

    def request() -> Json | None:
        asks = [m for m in play.messages("C_APPROVE", "U_SAM") if m["ts"] not in before]
        return next((m for m in asks if line.rpartition(".test")[2] in str(m["text"])), None)

    play.click("U_SAM", play.until(request, "the request for a vote"), "approve", "C_APPROVE")
    place = shlex.split(repeated(card))[3].partition("=")[2]  # of the first city

    def is_fresh() -> bool:
        sends = {"Host": "www.shop.test"} | VARIANTS[name]
        answer = httpx.get(f"http://{place}{line.rpartition('.test')[2]}", headers=sends, trust_env=False, verify=False)
        return answer.headers["x-build"] == "v3"

    play.until(is_fresh, f"{name} is fresh")


def repeated(card: Json) -> str:
    """The shell line of a card."""
    told = next(text for text in _lines(card) if text.startswith("To see it again"))
    return unescape(told.split("```")[1]).strip()


def test_the_cure_of_a_variant_offers_nothing_narrower(play: Playground) -> None:
    line, card = asked(play, "variant")
    before = {message["ts"] for message in play.messages("C_SHOP", "U_MIA")}
    play.click("U_MIA", card, "pick", "C_SHOP")
    path = line.partition("why http://")[2]

    def request() -> str | None:
        told = [m for m in play.messages("C_SHOP", "U_MIA") if m["ts"] not in before]
        return next((str(told) for m in told if path in str(m)), None)

    shown = play.until(request, "the request for votes")
    assert "Only the page" not in shown and "Needs no votes" not in shown


UNSURE = [
    pytest.param("dns", "DNS leads some visitors of www.shop.test to shop-7.kxcdn.com", id="led-elsewhere"),
    pytest.param("redirect", "it only redirects (301)", id="a-redirect"),
]


@pytest.mark.parametrize(("name", "told"), UNSURE)
def test_a_check_and_a_purge_are_no_surer_than_why(play: Playground, name: str, told: str) -> None:
    line, _ = asked(play, name)
    url = line.rpartition(" ")[2]
    play.command("U_MIA", f"/purge check {url}")
    checked = play.wait_card("⚪ cannot be told from here", told, url, user="U_MIA")
    play.command("U_MIA", f"/purge {url}")
    purged = play.wait_card("⚪", "purged, cannot be proven from here", told, url, user="U_MIA")
    assert checked["ts"] != purged["ts"]
