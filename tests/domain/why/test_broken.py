"""Why a page still looks old: answers whose body is broken, and certificates that nobody trusts."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.proof.finding import Page, find
from bot.domain.proof.look import ORIGIN
from bot.domain.why import Certainty, Name, diagnose
from providers.contract import Cached
from tests.domain.why.why_cases import URL, case, edge, glance, job, new, origin, ours

CUT = "the body ends after 3,100 of 10,240 bytes"
MISMATCH = (
    "its certificate is not trusted (Hostname mismatch, certificate is not valid for 'www.shop.test'.)"  # as ssl says
)
CUT_OFF = glance("fra", problem=CUT, is_broken=True, headers={"age": "900"})


def test_a_broken_body_is_a_copy_to_purge_and_no_silence() -> None:
    told = diagnose(case(edge("fra", CUT_OFF), edge("iad", glance("iad", problem=CUT, is_broken=True))))
    cause = told.cause
    assert (Name.BROKEN, Certainty.SEEN) == (cause.name, cause.certainty)
    assert f"fra answers 200, and {CUT}: visitors there get a broken page." == cause.what
    expected = (f"fra: 200, and {CUT} (age: 900)", f"iad: 200, and {CUT}", 'origin: 200, version "new"')
    assert expected == cause.evidence
    assert cause.cure is not None
    assert URL == cause.cure.line
    assert (
        "Purge it: that takes a copy which was stored broken. If it comes again, look at what the edge gets from"
        " further in: its Content-Length, and how it is packed." == cause.cure.says
    )
    assert f"fra, iad: 200, {CUT}" == told.way[0]


def test_a_broken_body_that_a_purge_did_not_mend_leads_further_in() -> None:
    cause = diagnose(case(edge("fra", CUT_OFF), purges=[ours(job())])).cause
    assert cause.cure is not None
    assert cause.cure.says.startswith("P-1 purged it 5 min ago: if it was broken then too, look at what the edge gets")


def test_what_is_broken_at_the_origin_is_mended_there() -> None:
    cause = diagnose(case(edge("fra", CUT_OFF), origin(glance(ORIGIN, problem=CUT, is_broken=True)))).cause
    assert cause.what.endswith("visitors there get a broken page. So does the origin.")
    assert cause.cure is not None
    assert f"check {URL}" == cause.cure.line


def test_who_gets_a_broken_body_is_named_where_a_plain_visitor_does_not() -> None:
    brotli = glance("fra", problem=CUT, is_broken=True, asked=(("Accept-Encoding", "br"),))
    told = diagnose(case(edge("fra", glance("fra", "new", Cached.HIT, 9), variants=[brotli]), new("iad")))
    assert (
        f"fra answers 200, and {CUT} to who sends `Accept-Encoding: br`: visitors there get a broken page."
        == told.cause.what
    )


def test_a_finding_says_that_an_answer_came() -> None:
    silent = replace(CUT_OFF.look, broken=0, problem="connection refused")
    found = [find(Page(URL, (), (look,), has_origin=True), "fra")[0].why for look in (CUT_OFF.look, silent)]
    assert [f"fra gave a broken answer: 200, and {CUT}", "fra did not answer: connection refused"] == found


def test_a_certificate_that_is_not_trusted_has_a_cure_of_its_own() -> None:
    cause = diagnose(case(edge("fra", glance("fra", problem=MISMATCH)))).cause
    assert Name.NO_ANSWER is cause.name
    assert (
        "fra answers, and its certificate is not trusted for www.shop.test: browsers warn visitors there too, and"
        " nothing was asked." == cause.what
    )
    assert (f"fra: {MISMATCH}",) == cause.evidence
    assert cause.cure is not None
    assert (
        "Put a certificate for www.shop.test on fra that is valid now and whole with its chain, or the address in"
        " `edges`, if another server answers there." == cause.cure.says
    )
    assert "firewall" not in cause.prevent
