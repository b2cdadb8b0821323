"""Why a page still looks old, where the answers differ by their status: which answer it was is said, and none is called
the old one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.jobs.job import JobView
from bot.domain.proof.look import ORIGIN
from bot.domain.why import Glance, Spot, diagnose
from bot.domain.why.cause import Cause, Diagnosis
from bot.domain.why.which import by_status, called
from providers.contract import Cached
from tests.domain.why.why_cases import CLOUDFLARE, case, edge, glance, job, layer, new, old, origin, ours

HIT, MISS = Cached.HIT, Cached.MISS
ALONE = [CLOUDFLARE]


def answered(status: int, cached: Cached = HIT, age: int | None = 900, name: str = "fra") -> Glance:
    return glance(name, "", cached, age, status=status, etag="", version="", digest="")


def gone() -> Spot:
    """An origin that says that there is no page."""
    return origin(*[glance(ORIGIN, "", status=404, etag="", version="", digest="")] * 2)


def purged(saw: int = 200) -> JobView:
    """A purge 300 s ago, whose looks saw the origin answer so."""
    looks = gone().last.look if saw == 404 else glance(ORIGIN, "new").look
    return replace(job(300), layers=(layer(CLOUDFLARE, 300),), looks=(looks,))


def told(*spots: Spot, purges: tuple[JobView, ...] = ()) -> Diagnosis:
    return diagnose(case(*spots, purges=[ours(one) for one in purges], layers=ALONE))


def everything(found: Diagnosis) -> str:
    causes: list[Cause] = [found.cause, *found.also]
    return " ".join([*(f"{cause.what} {' '.join(cause.evidence)}" for cause in causes), *found.way])


def test_a_place_that_gives_an_error_and_the_page_by_turns_names_the_error() -> None:
    page = glance("fra", "new", HIT, 30)
    found = told(edge("fra", answered(404), page, answered(404), page))
    assert (
        "fra gives an answer 404 and what the origin gives to the same request: several nodes or copies stand behind"
        " its address, and some of the visitors there get an answer 404."
    ) == found.cause.what
    assert ("fra: 4 answers: 404, 200, 404, 200", "fra: 404 HIT, 15 min old") == found.cause.evidence[:2]
    assert "404 and new by turns" in found.way[0]


def test_a_place_that_gave_an_error_at_first_names_it() -> None:
    found = told(edge("fra", answered(404, Cached.STALE), glance("fra", "new", MISS), glance("fra", "new", HIT, 0)))
    assert found.cause.what.startswith("fra gave an answer 404 once more, past its time (STALE), while it fetched what")


def test_edges_that_disagree_by_their_status_say_which_answer_is_where() -> None:
    found = told(edge("fra", answered(200)), edge("iad", answered(404, name="iad")), gone(), purges=(purged(404),))
    assert "200 at fra, and what the origin gives at iad" in everything(found)


def test_a_page_that_is_gone_from_the_origin_is_a_copy_with_its_status() -> None:
    found = told(edge("fra", answered(200)), gone())
    assert "fra keeps a copy (200, 15 min old) where the origin answers 404, and no purge here has covered it." == (
        found.cause.what
    )


def test_what_came_again_is_named_by_its_status() -> None:
    found = told(edge("fra", answered(200, age=60)), gone(), purges=(purged(404),))
    assert "filled again with an answer 200 from" in everything(found)


def test_what_went_by_a_purge_is_named_by_its_status() -> None:
    found = told(edge("fra", answered(200, age=None)), gone(), purges=(purged(404),))
    assert "still serves an answer 200, without saying how old it is" in everything(found)


@pytest.mark.parametrize("found", [told(old(), new("iad")), told(old(), new("iad"), purges=(purged(),))])
def test_where_statuses_agree_the_old_one_is_called_so(found: Diagnosis) -> None:
    assert "old at fra, fresh at iad" in everything(found) or "a copy from before the change" in everything(found)
    assert "an answer" not in everything(found)


def test_several_statuses_are_named_together() -> None:
    made, glances = case(new()), [answered(404), answered(503)]
    assert ("404 and 503", "answers 404 and 503") == (by_status(made, glances), called(made, glances))


def test_one_with_the_origins_status_is_told_by_its_content() -> None:
    made, glances = case(new()), [answered(404), answered(203)]
    assert ("", "the old page") == (by_status(made, glances), called(made, glances))
