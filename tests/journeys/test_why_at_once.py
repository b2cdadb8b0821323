"""Why is it still old, at the pace of people: a scene's line, typed as soon as the scene is set, finds its cause."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playground.scenes_of_why import SCENES
from tests.journeys.test_why import asked
from tests.journeys.world import Playground

pytestmark = pytest.mark.slow
SEES = {scene.name: scene.sees for scene in SCENES}


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(tmp_path_factory.mktemp("at-once"), speed="human").start()
    yield playground
    assert 0 == playground.stop()


@pytest.mark.parametrize("name", ["variant", "propagation", "torn", "soft"])
def test_a_scene_is_ready_when_it_is_set(play: Playground, name: str) -> None:
    _, card = asked(play, name)
    assert SEES[name] in str(card["text"])
    assert "then UPDATING" not in str(card["blocks"])
    if name == "soft":
        assert "first UPDATING with version &quot;v2&quot;, then HIT" in str(card["blocks"]).replace('"', "&quot;")
