"""The machines' door: who comes in, what is answered, and how a job is told in JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bot.domain.actor import Actor, Standing
from bot.http.web import BODY_MAX
from bot.services.looks.rationing import spend
from bot.services.setup import Most
from tests.faces.door import BEARERS, auth, counter
from tests.services.shop import LEA, url

URL = "https://www.shop.test/pricing"
EVERYTHING = "everything on shop because new design --confirm shop"
PROBLEM = {"type", "title", "status", "detail"}

STRANGERS: Mapping[str, Mapping[str, str]] = {
    "nothing": {},
    "an empty header": {"authorization": ""},
    "another scheme": {"authorization": f"Basic {BEARERS['ci']}"},
    "the token alone": {"authorization": BEARERS["ci"]},
    "a scheme alone": {"authorization": "Bearer"},
    "a blank token": {"authorization": "Bearer  "},
    "a wrong token": {"authorization": "Bearer let-ci-out"},
    "half a token": {"authorization": f"Bearer {BEARERS['ci'][:-1]}"},
    "two tokens": {"authorization": f"Bearer {BEARERS['ci']} {BEARERS['ci']}"},
    "a token's name": {"authorization": "Bearer ci"},
}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
async def test_a_stranger_stays_outside(tmp_path: Path, headers: Mapping[str, str]) -> None:
    async with counter(tmp_path) as door:
        answers = [
            await door.http.post("/v1/commands", json={"text": f"purge {URL}"}, headers=headers),
            await door.http.get("/v1/jobs/P-1", headers=headers),
        ]
        jobs = await door.jobs()
    assert [401, 401] == [answer.status_code for answer in answers]
    assert ["Bearer", "Bearer"] == [answer.headers["www-authenticate"] for answer in answers]
    assert 0 == jobs


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_may_be_written_in_any_case(tmp_path: Path, scheme: str) -> None:
    async with counter(tmp_path) as door:
        headers = {"authorization": f"{scheme} {BEARERS['ci']}"}
        answer = await door.http.post("/v1/commands", json={"text": "whoami"}, headers=headers)
    assert 200 == answer.status_code


async def test_every_token_is_itself(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        said = [(await door.say("whoami", as_=name)).json()["text"].splitlines()[0] for name in BEARERS]
    assert ["You are token ci.", "You are token reader.", "You are token press."] == said


async def test_a_purge_is_answered_with_its_job(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        answer = await door.say(f"purge {URL}")
    assert 200 == answer.status_code
    assert {"job", "state", "text"} == set(answer.json())
    assert ("P-1", "queued") == (answer.json()["job"], answer.json()["state"])


@pytest.mark.parametrize("text", ["purge", "plan tag"])
async def test_an_empty_list_is_told_as_that(tmp_path: Path, text: str) -> None:
    async with counter(tmp_path) as door:
        empty, none = await door.say(text, targets=[]), await door.say(text)
        status = await door.say("status", targets=[])
    told = "The list or file that came with it holds no target. "
    assert (422, f"{told}{none.json()['text']}") == (empty.status_code, empty.json()["text"])
    assert 200 == status.status_code


async def test_a_jobs_name_may_be_written_small(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}")
        small = await door.job("p-1")
    assert (200, "P-1") == (small.status_code, small.json()["job"])


async def test_targets_may_come_beside_the_text(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say("purge", targets=[URL, "https://www.shop.test/a,b"])
        job = (await door.job("P-1")).json()
    assert 2 == job["targets"]


async def test_an_answer_without_a_job_is_its_text(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        answers = [await door.say(text) for text in ("sites", "help", "whoami", f"plan {URL}", "status")]
    assert [{"text"}] * 5 == [set(answer.json()) for answer in answers]


NAMED = {
    "no such job": ("show P-9999", "There is no P-9999.\npurgebot status lists the jobs."),
    "a flag": ("purge --frobnicate /a", "--frobnicate is not an option.\nCopy: purgebot help options"),
    "a typing error": ("/a --har", "--har is not an option.\nCopy: purgebot purge /a --hard"),
    "a word": ("news", "I cannot tell what news is.\nCopy: purgebot purge tag:news"),
    "nothing": ("", "Type what should be gone: a URL, path, prefix, tag or host.\nCopy: purgebot plan"),
    "a star": (
        "*",
        "* alone does not mean everything. To empty shop type purgebot purge everything on shop --confirm shop"
        " because …;",
    ),
    "help": (
        "help",
        "Type what should be gone: purgebot purge https://www.shop.test/pricing\npurgebot purge <things…>",
    ),
    "help on a kind": ("help tag", "Example: purgebot purge tag news on shop"),
    "a page": (
        "http://www.shop.test/ --har",
        "--har is not an option.\nCopy: purgebot purge http://www.shop.test/ --hard",
    ),
    "a time that is not": (
        "plan http://www.shop.test/?a=1&b=2 at 2027-03-28 02:30 Europe/Berlin",
        "After the gap, 01:00 UTC: purgebot plan at 2027-03-28 03:00 Europe/Berlin 'http://www.shop.test/?a=1&b=2'",
    ),
    "a purge at a time that is not": (
        "http://www.shop.test/ at 2027-03-28 02:30 Europe/Berlin",
        "After the gap, 01:00 UTC: purgebot purge at 2027-03-28 03:00 Europe/Berlin http://www.shop.test/",
    ),
    "no jobs yet": ("status", "No jobs yet.\nBegin with: purgebot plan https://…"),
}


@pytest.mark.parametrize(("said", "answer"), NAMED.values(), ids=NAMED)
async def test_a_machine_hears_the_terminal_s_name_of_the_command(tmp_path: Path, said: str, answer: str) -> None:
    async with counter(tmp_path) as door:
        text = (await door.say(said)).json()["text"]
    assert (True, False) == (answer in text, "/purge" in text)


TICKED = "https://www.shop.test/a`b"
AS_TYPED = {
    "check": f"To purge: purgebot purge '{TICKED}'",
    "why": f"Next: Purge it. purgebot purge '\"{TICKED}\"'",
    "plan": f"Plan · {TICKED} · nothing was sent",
    "purge": f"P-1 begins now · {TICKED}",
}


@pytest.mark.parametrize("verb", AS_TYPED)
async def test_a_backtick_in_a_url_is_no_mark_and_stays_in_what_is_to_be_copied(tmp_path: Path, verb: str) -> None:
    async with counter(tmp_path) as door:
        text = (await door.say(f"{verb} {TICKED}")).json()["text"]
    assert AS_TYPED[verb] in text


async def test_a_machine_may_repeat_a_line_of_slack(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        answers = [await door.say(line) for line in ("/purge whoami", "purgebot whoami", "whoami", "/purge")]
    assert [200, 200, 200] == [answer.status_code for answer in answers[:3]]
    assert 1 == len({answer.json()["text"] for answer in answers[:3]})


async def test_a_check_says_its_verdict(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        stale = (await door.say(f"check {URL}")).json()
        door.shop.edges.serves.update(fra="v2", iad="v2")
        fresh = (await door.say(f"check {URL}")).json()
    assert ("stale", "fresh") == (stale["verdict"], fresh["verdict"])


async def test_a_check_is_text_and_every_look(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        door.shop.edges.serves.update(fra="v1", iad="v2")
        answer = (await door.say(f"check {URL}")).json()
    check = answer["check"]
    assert {"text", "verdict", "check"} == set(answer)
    origin = ("origin", URL, "v2", None)
    assert [("fra", URL, "v1", False), ("iad", URL, "v2", True), origin, origin] == [
        (look["place"], look["url"], look["version"], look["fresh"]) for look in check["looks"]
    ]


async def test_a_warming_is_text_and_what_became_of_each_copy(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        door.shop.edges.serves |= {"fra": "v1", "iad": "v2"}  # these edges call v1 a hit and v2 a miss
        answer = (await door.say(f"warm {URL}")).json()
        again = (await door.say("status W-1")).json()
    warming = answer["warming"]
    assert ({"text", "warming"}, answer) == (set(answer), again)
    assert ("W-1", False, 3, 1) == (warming["warming"], warming["warm"], warming["requests"], warming["pages"])
    assert [("fra", "old", "HIT"), ("iad", "not_kept", "MISS")] == [
        (copy["place"], copy["is"], copy["cache"]) for copy in warming["copies"]
    ]


async def test_a_diagnosis_is_text_and_its_cause(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        answer = (await door.say(f"why {URL}")).json()
    found = answer["diagnosis"]
    assert {"text", "diagnosis"} == set(answer)
    assert {"cause", "sure", "what", "evidence", "also", "next", "prevent", "repeat"} == set(found)
    assert ("no purge here", f"purge {URL}") == (found["cause"], found["next"])
    assert found["what"] in answer["text"]


async def test_a_diagnosis_has_what_is_not_known_of_other_visitors(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        door.shop.edges.more["vary"] = "X-Device"
        found = (await door.say(f"why {URL}")).json()["diagnosis"]
    assert [
        "what visitors get who send another X-Device, since it says `Vary: X-Device`, and nobody was asked so"
    ] == found["not_known"]


async def test_a_job_tells_its_warming(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        door.shop.edges.serves |= {"fra": "v2", "iad": "v2"}
        await door.say(f"purge {URL} --warm")
        await door.shop.slate.advance(60)
        job = (await door.job("P-1")).json()
    assert ("done", "fresh", "W-1", 1) == (
        job["state"], job["verdict"], job["warming"]["warming"], job["warming"]["pages"],
    )  # fmt: skip


async def test_a_lint_is_text_and_findings(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        answer = (await door.say(f"lint {URL}")).json()
    assert {"text", "lint"} == set(answer)
    assert (f"{answer['lint']['score']} of 100", [URL]) == (answer["text"].split(" · ")[0], answer["lint"]["pages"])


# what is said, by whom: status, title, a sentence of the text
REFUSALS = {
    "nonsense": ("frobnicate", "ci", 422, "Not understood", "frobnicate"),
    "an unknown flag": (f"purge --frobnicate {URL}", "ci", 422, "Not understood", "--frobnicate is not an option."),
    "a star alone": ("purge *", "ci", 422, "Not understood", "everything"),
    "nothing": ("", "ci", 422, "Not understood", "Type what should be gone"),
    "another's site": ("purge https://www.news.test/", "ci", 422, "Not understood", "www.news.test"),
    "a token that only reads": (f"purge {URL}", "reader", 403, "Refused", "This token may only read."),
    "a reader's warming": (f"warm {URL}", "reader", 403, "Refused", "This token may only read."),
    "a reader's lint": (f"lint {URL}", "reader", 403, "Refused", "This token may only read."),
    "a reader's check": (f"check {URL}", "reader", 403, "Refused", "This token may only read."),
    "a vote for nothing": ("approve P-1", "ci", 403, "Refused", "Tokens do not vote."),
    "a no for nothing": ("deny P-1 too late", "ci", 403, "Refused", "Tokens do not vote."),
    "everything unconfirmed": ("everything on shop because x", "ci", 422, "Not possible", "Add: --confirm shop"),
    "everything misconfirmed": (
        "everything on shop because x --confirm www", "ci", 422, "Not understood", "www",
    ),
    "everything without a reason": ("everything on shop --confirm shop", "ci", 403, "Refused", "needs a reason"),
    "no such job": ("show P-99", "ci", 422, "Not possible", "There is no P-99."),
    "nothing to cancel": ("cancel P-99", "ci", 422, "Not possible", "There is no P-99."),
}  # fmt: skip


@pytest.mark.parametrize(("text", "as_", "status", "title", "sentence"), REFUSALS.values(), ids=REFUSALS)
async def test_what_is_not_done_is_a_problem_with_its_text(
    tmp_path: Path, text: str, as_: str, status: int, title: str, sentence: str
) -> None:
    async with counter(tmp_path) as door:
        answer = await door.say(text, as_)
        jobs = await door.jobs()
    told = answer.json()
    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert PROBLEM | {"text"} == set(told)
    assert ("about:blank", title, status) == (told["type"], told["title"], told["status"])
    assert sentence in told["text"]
    assert told["text"] == told["detail"]
    assert 0 == jobs


async def test_one_bad_line_stops_a_machine_s_list(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        answer = await door.say("purge", targets=[URL, "?!", "https://www.shop.test/"])
        jobs = await door.jobs()
    assert (422, 0) == (answer.status_code, jobs)
    assert "1 line could not be read; 2 others can." == answer.json()["text"].splitlines()[0]


# bodies that are no command: body, status
BODIES = {
    "nothing": (b"", 400),
    "no JSON": (b"purge it", 400),
    "half of it": (b'{"text": "whoami"', 400),
    "no object": (b'["whoami"]', 400),
    "no text": (b"{}", 400),
    "a number": (b'{"text": 7}', 400),
    "null": (b'{"text": null}', 400),
    "an unknown field": (b'{"text": "whoami", "force": true}', 400),
    "targets that are no list": (b'{"text": "purge", "targets": "x"}', 400),
    "targets that are numbers": (b'{"text": "purge", "targets": [1]}', 400),
    "not UTF-8": (b'{"text": "\xff"}', 400),
    "half a character": (b'{"text": "\\ud800"}', 400),
    "ten thousand brackets": (b"[" * 10_000, 400),
    "a byte too many": (b'{"text": "' + b"x" * BODY_MAX + b'"}', 413),
}


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES)
async def test_a_body_that_is_no_command_is_a_problem(tmp_path: Path, body: bytes, status: int) -> None:
    async with counter(tmp_path) as door:
        answer = await door.http.post("/v1/commands", content=body, headers=auth("ci"))
    assert (status, PROBLEM) == (answer.status_code, set(answer.json()))


async def test_reading_stops_soon_after_twenty_mebibytes(tmp_path: Path) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b"x" * 65_536

    async with counter(tmp_path) as door:
        answer = await door.http.post("/v1/commands", content=endless(), headers=auth("ci"))
    assert (413, BODY_MAX + 65_536) == (answer.status_code, sent)


async def test_a_stranger_s_body_is_not_read(tmp_path: Path) -> None:
    read: list[str] = []

    async def body() -> AsyncIterator[bytes]:
        read.append("read")
        yield b'{"text": "whoami"}'

    async with counter(tmp_path) as door:
        answer = await door.http.post("/v1/commands", content=body())
    assert (401, []) == (answer.status_code, read)


async def test_one_key_makes_one_job(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        answers = [await door.say(f"purge {URL}", key="build-7") for _ in range(3)]
        jobs = await door.jobs()
    assert (["P-1"] * 3, 1) == ([answer.json()["job"] for answer in answers], jobs)


async def test_one_key_at_the_same_moment_makes_one_job(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        answers = await asyncio.gather(*(door.say(f"purge {URL}", key="build-7") for _ in range(8)))
        jobs = await door.jobs()
    assert ({"P-1"}, 1) == ({answer.json()["job"] for answer in answers}, jobs)


async def test_without_a_key_each_request_stands_for_itself(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        first = await door.say(f"purge {URL}")
        await door.shop.slate.advance(60)
        second = await door.say(f"purge {URL}")
    assert ["P-1", "P-2"] == [first.json()["job"], second.json()["job"]]


async def test_who_asks_for_what_waits_already_gets_that_job(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}")
        joined = [(await door.say(f"purge {URL}", key="build-7")).json() for _ in range(2)]
        jobs = await door.jobs()
    assert [{"job", "state", "text", "joined"}] * 2 == [set(one) for one in joined]
    assert ([("P-1", True)] * 2, 1) == ([(one["job"], one["joined"]) for one in joined], jobs)


async def test_a_full_account_says_when_to_ask_again(tmp_path: Path) -> None:
    async with counter(tmp_path, most=Most(jobs=1)) as door:
        door.shop.shield.slow_down(0.05)
        await door.say("purge", targets=[f"{URL}{n}" for n in range(5)])
        answer = await door.say(f"purge {URL}")
    assert (429, {*PROBLEM, "text"}, "application/problem+json") == (
        answer.status_code, set(answer.json()), answer.headers["content-type"],
    )  # fmt: skip
    assert 60 <= int(answer.headers["retry-after"]) <= 110


async def test_a_token_that_had_enough_looked_at_is_told_when_to_come_back(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        now, ci = door.shop.clock.now(), Actor("token:ci", Standing.TOKEN)
        await door.shop.ledger.write(lambda books: spend(books, ci, 6000, now))
        answer = await door.say(f"check {URL}")
    assert (429, "Looked enough") == (answer.status_code, answer.json()["title"])
    assert f"Ask again in {answer.headers['retry-after']} s." in answer.json()["text"]


async def test_the_queue_tells_of_holds_and_what_waits_for_them(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say("hold shop for 1h because deploy")
        await door.say(f"purge {URL} --queue")
        answer = (await door.say("queue shop")).json()
    [held] = answer["held_back"]
    assert ("shop", "token:ci", "deploy") == tuple(held["hold"][name] for name in ("site", "by", "reason"))
    assert [{"request": "Q-1", "site": "shop", "requested_by": "token:ci", "targets": 1}] == held["first"]
    assert (0, 1) == (held["jobs"], held["requests"])


async def test_the_queue_is_text_and_what_runs_and_waits(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        door.shop.shield.slow_down(0.1)
        await door.say("purge", targets=[f"{URL}{n}" for n in range(3)])
        answer = (await door.say("queue shield")).json()
        other = (await door.say("queue", as_="press")).json()["queue"]
    [shield] = answer["queue"]
    [job] = shield["waiting"]
    assert ("shield", [], 0) == (shield["account"], shield["running"], shield["waiting_for_votes"])
    assert ("P-1", "shop", "token:ci", 1, 3) == tuple(
        job[name] for name in ("job", "site", "requested_by", "place", "left")
    )
    assert 19 <= job["ends_in"] - job["begins_in"] <= 21
    assert "1st P-1 on shop, asked by token ci" in answer["text"]
    assert [{"job": None, "place": 1}] == [
        {name: one[name] for name in ("job", "place") if name in one and len(one) == 4}
        for account in other
        for one in account["waiting"]
    ]


async def test_a_key_with_another_body_is_a_conflict(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}", key="build-7")
        answer = await door.say("purge https://www.shop.test/", key="build-7")
        jobs = await door.jobs()
    assert (409, PROBLEM, 1) == (answer.status_code, set(answer.json()), jobs)


async def test_a_key_belongs_to_its_token(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}", key="build-7")
        answer = await door.say("purge https://www.news.test/", as_="press", key="build-7")
    assert (200, "P-2") == (answer.status_code, answer.json()["job"])


async def test_a_key_is_known_after_a_restart(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        first = await door.say(f"purge {URL}", key="build-7")
    async with counter(tmp_path) as door:
        again = await door.say(f"purge {URL}", key="build-7")
        other = await door.say("purge https://www.shop.test/", key="build-7")
        jobs = await door.jobs()
    assert (first.json()["job"], 409, 1) == (again.json()["job"], other.status_code, jobs)


async def test_a_key_has_an_end(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        answers = [await door.say("whoami", key="k" * n) for n in (200, 201)]
    assert [200, 400] == [answer.status_code for answer in answers]


async def test_another_site_s_job_does_not_exist(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}")
        theirs, none = await door.job("P-1", as_="press"), await door.job("P-99", as_="press")
        mine = await door.job("P-1", as_="reader")
        shown = await door.say("show P-1", as_="press")
        cancelled = await door.say("cancel P-1", as_="press")
    assert (404, 200) == (theirs.status_code, mine.status_code)
    assert none.content == theirs.content
    assert [422, 422] == [shown.status_code, cancelled.status_code]
    assert [True, True] == ["There is no P-1." in answer.json()["text"] for answer in (shown, cancelled)]


@pytest.mark.parametrize("name", ["P-0", "P-x", "x", "P-1.5", "P--1", "P-1e3", "P-" + "9" * 30, "P-²", "%2e%2e"])
async def test_what_is_no_job_s_name_is_not_there(tmp_path: Path, name: str) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}")
        answer = await door.job(name)
    assert (404, PROBLEM) == (answer.status_code, set(answer.json()))


@pytest.mark.parametrize("wait", ["soon", "nan", "inf", "-inf", "-1", ""])
async def test_a_wait_is_a_number_of_seconds(tmp_path: Path, wait: str) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}")
        answer = await door.http.get(f"/v1/jobs/P-1?wait={wait}", headers=auth("ci"))
    assert (400, PROBLEM) == (answer.status_code, set(answer.json()))


@pytest.mark.parametrize(("wait", "seconds"), [("5", 5.0), ("60", 60.0), ("9999", 60.0)])
async def test_a_wait_ends_when_it_said(tmp_path: Path, wait: str, seconds: float) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}")
        began = door.shop.clock.at
        answer = await door.job("P-1", wait=wait)
    assert ("queued", seconds) == (answer.json()["state"], door.shop.clock.at - began)


async def test_a_wait_ends_for_a_job_that_has_ended(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        door.shop.edges.serves.update(fra="v2", iad="v2")
        await door.say(f"purge {URL}")
        await door.shop.slate.advance(30)
        began = door.shop.clock.at
        answer = await door.job("P-1", wait="60")
    assert ("done", "fresh", 0.0) == (answer.json()["state"], answer.json()["verdict"], door.shop.clock.at - began)


async def test_a_wait_ends_at_an_approval(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(EVERYTHING)
        began = door.shop.clock.at
        answer = await door.job("P-1", wait="60")
    assert ("waiting", 0.0) == (answer.json()["state"], door.shop.clock.at - began)


async def test_a_wait_ends_with_the_bot(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}")
        door.stopping.set()
        began = door.shop.clock.at
        answer = await door.job("P-1", wait="60")
    assert ("queued", 0.0) == (answer.json()["state"], door.shop.clock.at - began)


async def test_a_job_in_json_has_the_promised_keys(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        door.shop.edges.serves.update(fra="v2", iad="v2")
        await door.say(f"purge {URL} because new prices")
        await door.shop.slate.advance(30)
        job = (await door.job("P-1")).json()
    always = {
        "job", "site", "state", "verdict", "kind", "targets", "requested_by", "created", "layers", "looks",
        "browsers_may_keep_s", "targets_looked_at", "text",
    }  # fmt: skip
    assert always | {"reason", "why"} == set(job)
    assert [{"account", "state", "calls", "sent", "ids"}] * 2 == [set(layer) for layer in job["layers"]]
    look = {"at", "place", "url", "status", "cache", "age", "etag", "version", "fresh"}
    assert [look] * len(job["looks"]) == [set(one) for one in job["looks"]]
    assert {"fra": True, "iad": True, "origin": None} == {one["place"]: one["fresh"] for one in job["looks"]}
    assert ("P-1", "shop", "url", 1, "token:ci", "new prices", "2027-01-15T08:00:00.000Z", 60) == tuple(
        job[key]
        for key in ("job", "site", "kind", "targets", "requested_by", "reason", "created", "browsers_may_keep_s")
    )


async def test_a_job_in_json_says_in_words_what_status_says(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}")
        await door.shop.slate.advance(300)
        job, status = (await door.job("P-1")).json(), (await door.say("status P-1")).json()
    assert ("stale", status["text"]) == (job["verdict"], job["text"])
    assert job["text"].startswith(f"🟠 P-1 purged, still old at fra, iad · {URL}\n")


async def test_a_waiting_job_in_json_says_who_may_agree(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(EVERYTHING)
        approval = (await door.job("P-1")).json()["approval"]
    assert {
        "needed": 2,
        "of": ["U_LEA", "U_SAM", "U_KIM"],
        "votes": [],
        "expires": "2027-01-15T08:30:00.000Z",
    } == approval


async def test_readiness_is_the_bot_s_own(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        ready = await door.http.get("/readyz")
        door.wrong[0] = "The ledger purgebot.db could not be used: disk full. Nothing was changed."
        not_ready, alive = await door.http.get("/readyz"), await door.http.get("/healthz")
    assert [200, 503, 200] == [ready.status_code, not_ready.status_code, alive.status_code]
    assert PROBLEM == set(not_ready.json())
    assert "The ledger purgebot.db could not be used: disk full. Nothing was changed." == not_ready.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/v1/commands", 405), ("POST", "/v1/jobs/P-1", 405), ("GET", "/v1/jobs", 404)],
)
async def test_what_is_not_there_is_a_problem_too(tmp_path: Path, method: str, path: str, status: int) -> None:
    async with counter(tmp_path) as door:
        answer = await door.http.request(method, path, headers=auth("ci"))
    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert PROBLEM == set(answer.json())


async def test_a_bot_that_observes_plans_and_makes_no_job(tmp_path: Path) -> None:
    async with counter(tmp_path, observe=True) as door:
        answer = await door.say(f"purge {URL}")
        planned = await door.say(f"plan {URL}")
        jobs = await door.jobs()
    assert (403, "Only observing", 0) == (answer.status_code, answer.json()["title"], jobs)
    assert (200, {"text"}) == (planned.status_code, set(planned.json()))


async def test_a_person_s_job_is_told_to_the_tokens_of_its_site(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.shop.purge(LEA, url("/pricing"))
        answer = await door.job("P-1", as_="reader")
    assert "U_LEA" == answer.json()["requested_by"]


# The past


async def test_the_log_is_lines_and_records(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        for n in range(3):
            await door.say(f"purge {URL}{n} because of reason {n}")
        answer = (await door.say("log reason page 1")).json()
        other = (await door.say("log reason", as_="press")).json()
    assert {"text", "entries"} == set(answer)
    assert ["P-3", "P-2", "P-1"] == [entry["job"] for entry in answer["entries"]]
    assert answer["text"].splitlines() == [
        "Jobs 1 to 3, newest first · with “reason”",
        f"2027-01-15 08:00 UTC · P-3 · token ci · {URL}2 · 🔵 queued · of reason 2",
        f"2027-01-15 08:00 UTC · P-2 · token ci · {URL}1 · 🔵 queued · of reason 1",
        f"2027-01-15 08:00 UTC · P-1 · token ci · {URL}0 · 🔵 queued · of reason 0",
    ]
    assert {"asked", "allowed"} <= {moment["event"] for moment in answer["entries"][0]["timeline"]}
    assert [] == other["entries"]


async def test_a_longer_log_names_its_next_page(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        for n in range(51):
            await door.say(f"purge {URL}{n}")
        first = (await door.say("log url")).json()
        last = (await door.say(first["next"])).json()
    assert (50, "log url page 2", "Older: purgebot log url page 2") == (
        len(first["entries"]),
        first["next"],
        first["text"].splitlines()[-1],
    )
    assert (["P-1"], False) == ([entry["job"] for entry in last["entries"]], "next" in last)


async def test_a_token_that_reads_may_look_back(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}")
        answers = [await door.say(text, as_="reader") for text in ("log", "stats", "show P-1")]
    assert [200, 200, 200] == [answer.status_code for answer in answers]


@pytest.mark.parametrize("text", ["log", "show P-1", "status P-1"])
async def test_a_reason_is_told_as_it_was_typed(tmp_path: Path, text: str) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL} because *b* is `old`")
        told = (await door.say(text)).json()["text"]
    assert "*b* is `old`" in told and "*P-1*" not in told


async def test_stats_are_words_and_numbers(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}")
        answer = (await door.say("stats since 7d")).json()
    assert ["Nothing was purged · in the last 7 days", "Asked for and not run: not begun yet 1."] == [
        *answer["text"].splitlines()
    ]
    assert answer["stats"] == {
        "total": 0, "by": {}, "kinds": {}, "sources": {}, "outcomes": {}, "not_run": {"open": 1},
        "nothing_purged": {},
        "proven": 0, "p50_s": None, "p95_s": None, "broken_glass": 0, "waited": 0,
        "p50_alone_s": None, "p95_alone_s": None,
        "hot": [], "weekly": False, "spans": [],
    }  # fmt: skip


async def test_machines_hear_from_when_the_newest_forgotten_job_is(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}")
        await door.say("cancel P-1")
        before = [(await door.say(text)).json() for text in ("log", "stats")]
        await door.shop.ledger.write(lambda books: books.retention.forget_jobs([1], door.shop.clock.at))
        after = [(await door.say(text)).json() for text in ("log", "stats")]
        show = await door.say("show P-1")
        asked = await door.http.get("/v1/jobs/P-1", headers=auth("ci"))
    assert [None, None] == [answer.get("forgotten_to") for answer in before]
    assert ["2027-01-15T08:00:00.000Z"] * 2 == [answer["forgotten_to"] for answer in after]
    assert (422, True) == (show.status_code, "P-1 was forgotten on 2027-01-15" in show.json()["detail"])
    assert (404, "Job forgotten") == (asked.status_code, asked.json()["title"])
    assert asked.json()["detail"].startswith("P-1 was forgotten on 2027-01-15")


async def test_one_job_comes_with_all_that_happened_to_it(tmp_path: Path) -> None:
    async with counter(tmp_path) as door:
        await door.say(f"purge {URL}")
        answer = (await door.say("show P-1")).json()
    assert {"job", "state", "text", "entries"} == set(answer)
    assert ["asked", "allowed"] == [moment["event"] for moment in answer["entries"][0]["timeline"]]


async def test_one_job_comes_with_every_target_as_it_was_typed(tmp_path: Path) -> None:
    things = [*(f"{URL}/{n}" for n in range(5)), f"{URL}/*a*"]
    async with counter(tmp_path) as door:
        await door.say(f"purge {' '.join(things)}")
        answer = (await door.say("show P-1")).json()
    things[-1] = "pattern www.shop.test/pricing/*a*"
    assert things == answer["entries"][0]["all_targets"]
    assert ["6 targets of P-1:", *things] == answer["text"].splitlines()[-7:]
