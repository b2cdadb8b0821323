"""Why a page still looks old, where an answer came and was not read to its end, since there was too much of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.answers.excess import Excess
from bot.domain.proof.look import ORIGIN
from bot.domain.why import Certainty, Glance, Name, Spot, diagnose
from bot.domain.why.given_up import given_up
from tests.domain.why.why_cases import NOW, case, edge, glance, job, looked, new, old, origin, ours, shield

MANY = "its headers have more than 256 lines"
SQUID = (("server", "nginx"), ("via", "1.1 squid"))


def too_much(place: str, problem: str = MANY, excess: Excess = Excess.LINES) -> Glance:
    made = glance(place, problem=problem)
    return Glance(replace(made.answer, given_up=excess, headers=SQUID), replace(made.look, given_up=excess))


def flooded(name: str = "fra", problem: str = MANY, excess: Excess = Excess.LINES) -> Spot:
    return edge(name, too_much(name, problem, excess))


def test_what_came_is_told_with_who_sends_it_and_what_to_do() -> None:
    told = diagnose(case(flooded("fra"), flooded("iad"))).cause
    assert (Name.UNKNOWN, Certainty.SEEN) == (told.name, told.certainty)
    assert (
        "fra and iad answer, and purgebot gave the answer up: its headers have more than 256 lines. Whether fra and iad"
        " are old cannot be told."
    ) == told.what
    assert (f"fra and iad: {MANY}; server: nginx; via: 1.1 squid",) == told.evidence
    assert told.cure is not None
    assert (
        "Look which of them come more than once, and stop whatever adds them. Mostly that is an application or a rule"
        " that adds a header or a cookie again and again, or a debug module."
    ) == told.cure.says
    assert told.prevent.startswith("Watch how many headers an answer has. Varnish, nginx, Apache and HAProxy refuse")


TO_DO = {
    Excess.HEADERS: "Look which header is so large, and stop whatever adds to it.",
    Excess.INTERIM: "Have it send Early Hints (103) once, or none.",
    Excess.PIECES: "Have it buffer what it sends; where that holds robots up, let this machine through.",
    Excess.PARTS: "Have it pack the page as one stream.",
}


@pytest.mark.parametrize(("excess", "says"), TO_DO.items(), ids=TO_DO)
def test_each_kind_has_a_step_of_its_own_and_blames_no_network(excess: Excess, says: str) -> None:
    told = diagnose(case(flooded(problem="too much", excess=excess))).cause
    assert told.cure is not None and told.cure.says.startswith(says)
    assert not any(word in f"{told.cure.says} {told.prevent}" for word in ("network", "DNS", "firewall"))


def test_an_origin_that_was_given_up_does_not_fail() -> None:
    told = diagnose(case(old(), new("iad"), origin(too_much(ORIGIN)))).cause
    assert (Name.UNKNOWN, Certainty.SEEN) == (told.name, told.certainty)
    assert told.what.startswith("The origin answers, and purgebot gave the answer up: its headers")
    assert told.what.endswith("Whether fra and iad are old cannot be told.")


def test_both_are_told() -> None:
    told = diagnose(case(flooded(), origin(too_much(ORIGIN)))).cause
    assert told.what.endswith(" So does the origin. Whether fra is old cannot be told.")


def test_an_old_copy_beside_it_speaks_first() -> None:
    assert Name.NOT_PURGED is diagnose(case(old("iad"), flooded())).cause.name


def test_one_answer_of_two_that_can_be_read_hides_no_page() -> None:
    assert given_up(case(edge("fra", too_much("fra"), glance("fra")))) is None


def test_a_cache_further_in_is_no_edge() -> None:
    inside = replace(shield(), plain=(too_much("Varnish"),))
    assert Name.NOTHING_OLD is diagnose(case(new(), inside)).cause.name


def test_an_answer_that_never_ends_holds_visitors_up() -> None:
    late = too_much("fra", "no end of its headers within 8 s", Excess.TIME)
    spot = Spot("fra", old().tier, (Glance(replace(late.answer, late=True), late.look),))
    told = diagnose(case(spot)).cause
    assert (Name.NO_ANSWER, True) == (told.name, told.what.startswith("fra begins to answer and never ends"))


def test_beside_a_new_edge_it_is_told_once_and_that_it_was_old() -> None:
    before = (glance("fra", "old").look, *looked("new"))
    made = replace(job(300), before=before, looks=looked("new"), proven=NOW - 290, fresh_at=("iad",))
    told = diagnose(case(flooded(), new("iad"), origin(changed=30), purges=[ours(made)]))
    assert told.cause.what.endswith("Whether fra is old cannot be told. fra was old before P-1.")
    assert () == told.unseen


def test_another_that_gives_too_much_of_something_else_is_named_beside_it() -> None:
    told = diagnose(case(flooded(), flooded("sin", "too much", Excess.PARTS), new("iad")))
    assert told.cause.what.startswith("fra answers, and purgebot gave the answer up")
    assert ("what sin serves, since it gave an answer that was given up: too much",) == told.unseen


def test_where_purgebot_was_busy_nobody_is_blamed() -> None:
    busy = flooded(problem="not read within 8 s: purgebot was busy with other answers", excess=Excess.OTHERS)
    told = diagnose(case(busy)).cause
    assert (Name.UNKNOWN, "Ask once more in a minute.") == (told.name, told.cure.says if told.cure else "")
    assert told.what.startswith("purgebot was busy with other answers, and read none of fra in time")
    assert "was busy" not in diagnose(case(busy, new("iad"))).cause.what
