"""Files of the log: what a spreadsheet and what a program reads, and that nothing in a cell runs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from bot.domain.jobs.job import Trouble, Vote
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.jobs.timeline import Entry, Moment
from bot.export.record import kept_record
from bot.export.sheet import COLUMNS, Form, begin, end, part
from tests.slack.cases import APPROVAL, CLOUDFLARE, DONE, LEA, NO, PRICING, REFUSED, T

VOTED = replace(APPROVAL, votes=(LEA, NO))
JOB = replace(
    DONE, reason="=HYPERLINK(\"http://evil.test\")", sample=(PRICING, "@tag", "c,d"), approval=VOTED,
    layers=(CLOUDFLARE, REFUSED), source="slack", ended=T + 4,
)  # fmt: skip
MOMENTS = (
    Moment(T, Entry("asked", "U_MIA", {"calls": 2, "site": "shop"})),
    Moment(T + 0.2, Told(Event.LAYER_DONE, layer="Varnish", n=1, seconds=0.2, ids=("v1",))),
)


def whole(form: Form, *parts: list[dict[str, object]]) -> str:
    return begin(form) + "".join(part(form, one, not n) for n, one in enumerate(parts)) + end(form)


def test_a_record_is_the_job_with_votes_and_timeline() -> None:
    record = kept_record(JOB, MOMENTS)
    assert record["votes"] == [
        {"by": "U_LEA", "yes": True, "at": "2027-01-15T08:01:00.000Z", "reason": ""},
        {"by": "U_SAM", "yes": False, "at": "2027-01-15T08:02:00.000Z", "reason": "not during the sale"},
    ]
    assert record["timeline"] == [
        {"at": "2027-01-15T08:00:00.000Z", "event": "asked", "by": "U_MIA", "calls": 2, "site": "shop"},
        {
            "at": "2027-01-15T08:00:00.200Z", "event": "layer_done", "layer": "Varnish", "n": 1, "seconds": 0.2,
            "ids": ["v1"],
        },
    ]  # fmt: skip
    assert ("P-1042", "small", "slack", "2027-01-15T08:00:04.000Z") == tuple(
        record[name] for name in ("job", "rule", "source", "ended")
    )


def test_a_sheet_has_a_row_a_job_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(whole(Form.CSV, [kept_record(JOB, MOMENTS)]))))
    assert rows == [
        {
            "job": "P-1042",
            "created": "2027-01-15T08:00:00.000Z",
            "site": "shop",
            "kind": "url",
            "targets": "1",
            "first_targets": f"{PRICING}\n@tag\nc,d",
            "requested_by": "U_MIA",
            "source": "slack",
            "reason": '\'=HYPERLINK("http://evil.test")',
            "rule": "small",
            "state": "done",
            "verdict": "fresh",
            "why": "",
            "ended": "2027-01-15T08:00:04.000Z",
            "proven": "2027-01-15T08:00:03.100Z",
            "layers": "cf done, cf failed",
            "ids": "7be0",
            "errors": "The token may not purge zone shop.test.",
            "approved_by": "U_LEA",
            "denied_by": "U_SAM",
            "url": "",
            "also_by": "",
            "broken_by": "",
            "broken_because": "",
            "targets_looked_at": "",
        }
    ]


@pytest.mark.parametrize("begins", ["=1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_cell_that_would_run_is_text(begins: str) -> None:
    trouble = Trouble("Refused", begins, "")
    job = replace(JOB, reason=begins, sample=(begins,), layers=(replace(REFUSED, trouble=trouble),))
    [row] = csv.DictReader(io.StringIO(whole(Form.CSV, [kept_record(job, ())]), newline=""))
    assert [f"'{begins}"] * 3 == [row["reason"], row["first_targets"], row["errors"]]


def test_both_forms_say_how_many_of_the_targets_were_looked_at() -> None:
    record = kept_record(replace(JOB, targets=90, seen=60), ())
    [row] = csv.DictReader(io.StringIO(whole(Form.CSV, [record]), newline=""))
    assert ("90", "60", 60) == (row["targets"], row["targets_looked_at"], record["targets_looked_at"])


def test_others_who_asked_are_in_both_forms() -> None:
    record = kept_record(replace(JOB, also_by=("U_SAM", "token:ci")), ())
    [row] = csv.DictReader(io.StringIO(whole(Form.CSV, [record]), newline=""))
    assert ("U_SAM, token:ci", ["U_SAM", "token:ci"]) == (row["also_by"], record["also_by"])


def test_who_broke_the_glass_and_why_is_in_both_forms() -> None:
    broken = replace(APPROVAL, broken_by="U_SAM", broken_because="+prices are wrong")
    record = kept_record(replace(JOB, approval=broken), ())
    [row] = csv.DictReader(io.StringIO(whole(Form.CSV, [record]), newline=""))
    assert ("", "U_SAM", "'+prices are wrong") == (row["approved_by"], row["broken_by"], row["broken_because"])
    assert ("U_SAM", "+prices are wrong") == (record["broken_by"], record["broken_because"])


SEVERAL = {"none": ([], 0), "one part": ([2], 2), "parts": ([2, 1, 3], 6), "an empty part": ([0, 1], 1)}


@pytest.mark.parametrize(("sizes", "n"), SEVERAL.values(), ids=SEVERAL)
def test_parts_make_one_array_and_one_sheet(sizes: list[int], n: int) -> None:
    parts = [[kept_record(JOB, MOMENTS)] * size for size in sizes if size]
    assert n == len(json.loads(whole(Form.JSON, *parts)))
    rows = list(csv.reader(io.StringIO(whole(Form.CSV, *parts))))
    assert (list(COLUMNS), n + 1) == (rows[0], len(rows))


def test_votes_without_approval_are_none() -> None:
    assert [] == kept_record(DONE, ())["votes"]


def test_a_vote_keeps_its_reason() -> None:
    voted = replace(JOB, approval=replace(APPROVAL, votes=(Vote("U_KIM", True, T, "checked"),)))
    assert ["checked"] == [
        vote["reason"] for vote in json.loads(whole(Form.JSON, [kept_record(voted, ())]))[0]["votes"]
    ]
