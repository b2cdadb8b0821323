"""`POST /v1/deploys` in its order: size, proof, what came before, the body, the sender's sites, and the answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from bot.domain.jobs.thread_step import Event
from bot.http.hook import BODY_MAX, TOO_LARGE
from bot.services.setup import Most
from bot.settings.model import Deploys, GithubEvent, GithubSender, HookSender, Secret
from providers.contract import Price
from tests.faces.door import Counter, auth, counter
from tests.services.shop import Shop

KEYS = {"CI": b"0123456789abcdef01234567", "NEXT": b"a key of the next quarter, 2027"}
ENVIRON = {name: f"whsec_{base64.b64encode(key).decode()}" for name, key in KEYS.items()} | {
    "HUB": "It's a Secret to Everybody"
}
SENDERS = Deploys(
    (HookSender("ci-shop", (Secret("CI", "", ENVIRON), Secret("NEXT", "", ENVIRON)), frozenset({"shop"})),),
    (GithubSender("gh", (Secret("HUB", "", ENVIRON),), "octo/shop", "shop", GithubEvent.DEPLOYMENT_STATUS, "prod"),),
)
BODY: Mapping[str, object] = {"site": "shop", "version": "4.2.0", "paths": ["/", "/pricing"]}
NOBODY = "The deploy is not signed by a known sender, or too old or new."


@dataclass(frozen=True, slots=True)
class Signer:
    """Sends as the Standard Webhooks specification says."""

    counter: Counter

    async def send(self, body: object = BODY, id: str = "msg_1", key: str = "CI", late: float = 0) -> httpx.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.post(raw, self.headers(raw, id, key, late))

    def headers(self, raw: bytes, id: str = "msg_1", key: str = "CI", late: float = 0) -> dict[str, str]:
        at = str(int(self.counter.shop.clock.now() - late))
        signature = hmac.digest(KEYS[key], f"{id}.{at}.".encode() + raw, hashlib.sha256)
        return {
            "webhook-id": id, "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
        }  # fmt: skip

    async def post(self, raw: bytes, headers: Mapping[str, str]) -> httpx.Response:
        return await self.counter.http.post("/v1/deploys", content=raw, headers=dict(headers))

    async def from_github(self, body: Mapping[str, object], delivery: str) -> httpx.Response:
        raw = json.dumps(body).encode()
        signature = hmac.new(ENVIRON["HUB"].encode(), raw, hashlib.sha256).hexdigest()
        headers = {
            "x-github-event": "deployment_status", "x-github-delivery": delivery,
            "x-hub-signature-256": f"sha256={signature}",
        }  # fmt: skip
        return await self.post(raw, headers)


@pytest.fixture
async def ci(tmp_path: Path) -> AsyncIterator[Signer]:
    """A pipeline in front of the shop's door."""
    async with counter(tmp_path, senders=SENDERS) as door:
        yield Signer(door)


async def test_a_deploy_is_a_job(ci: Signer) -> None:
    answer = await ci.send()
    job = (await ci.counter.job("P-1")).json()
    assert (202, {"job": "P-1", "state": "queued", "url": "/v1/jobs/P-1"}) == (answer.status_code, answer.json())
    assert ("token:ci-shop", 2) == (job["requested_by"], job["targets"])
    assert {"version": "4.2.0", "told_by": "token:ci-shop"} == job["deploy"]


async def test_the_answer_tells_what_the_purge_costs(ci: Signer) -> None:
    ci.counter.shop.cf.cost_money(Price(0.005))
    answer = await ci.send({**BODY, "link": "ftp://ci.test/7"})
    left_out = "The deploy's link is left out: it does not begin with https:// or http://."
    assert [left_out, "It costs about $0.01."] == answer.json()["notes"]


async def test_whoever_told_of_it_follows_the_job_and_no_other(ci: Signer) -> None:
    await ci.send()
    await ci.counter.say("http://www.shop.test/a")
    seen = [await ci.counter.http.get(f"/v1/jobs/{job}", headers=ci.headers(b"", "get_1")) for job in ("P-1", "P-2")]
    unsigned = await ci.counter.http.get("/v1/jobs/P-1")
    assert [200, 404, 401] == [answer.status_code for answer in (*seen, unsigned)]
    assert "P-1" == seen[0].json()["job"]


WRONG = ["another secret", "another time", "a body", "no time", "no id", "twice", "odd", "a bearer too", "of GitHub's"]


async def wrongly_signed(ci: Signer, how: str) -> httpx.Response:
    headers = list(
        ci.headers(b"{}" if how == "a body" else b"", "get_1", late=400 if how == "another time" else 0).items()
    )
    match how:
        case "another secret":
            headers[2] = ("webhook-signature", f"v1,{base64.b64encode(b'0' * 32).decode()}")
        case "no time":
            del headers[1]
        case "no id":
            del headers[0]
        case "twice":
            headers.append(headers[0])
        case "odd":
            headers[2] = ("webhook-signature", "v1,\xff, v2")
        case "a bearer too":
            headers.append(("authorization", "Bearer x"))
        case "of GitHub's":
            headers = [("x-hub-signature-256", "sha256=00")]
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return await ci.counter.http.get("/v1/jobs/P-1", headers=raw)


async def test_every_wrong_signature_that_follows_a_job_hears_one_text_on_signatures(ci: Signer) -> None:
    await ci.send()
    answers = [await wrongly_signed(ci, how) for how in WRONG]
    unsigned = (await ci.counter.http.get("/v1/jobs/P-1")).json()["detail"]
    assert [(401, answers[0].json()["detail"])] * len(WRONG) == [
        (answer.status_code, answer.json()["detail"]) for answer in answers
    ]
    assert answers[0].json()["detail"].startswith("The signature is of no sender that is named under `deploys`, or its")
    assert "Send `Authorization: Bearer <token>`; tokens are named under `api.tokens` in the configuration." == unsigned


LINKS = [
    ("ftp://ci.test/1", "it does not begin with https:// or http://"),
    ("javascript:alert(1)", "it does not begin with https:// or http://"),
    ("https://ci.test/a b", "it holds a blank or one of < > |"),
    ("https://ci.test/" + "x" * 1000, "it has 1,016 characters, and 1,000 are kept at most"),
]


@pytest.mark.parametrize(("link", "why"), LINKS, ids=["scheme", "script", "blank", "long"])
async def test_a_link_that_cannot_be_used_is_told_and_the_deploy_kept(ci: Signer, link: str, why: str) -> None:
    told = f"The deploy's link is left out: {why}."
    first, again = await ci.send({**BODY, "link": link}), await ci.send({**BODY, "link": link})
    job = (await ci.counter.job("P-1")).json()
    steps = await ci.counter.shop.ledger.read(lambda books: books.messages.steps(1))
    assert (202, [told]) == (first.status_code, first.json()["notes"])
    assert first.content == again.content
    assert (None, [told]) == (job["deploy"].get("link"), job["deploy"]["notes"])
    assert [told] == [step.text for _, step in steps if step.event is Event.NOTED]


async def test_a_link_that_can_be_used_is_kept_without_a_word(ci: Signer) -> None:
    answer = await ci.send({**BODY, "link": "HTTPS://ci.test/1"})
    job = (await ci.counter.job("P-1")).json()
    assert (None, "https://ci.test/1") == (answer.json().get("notes"), job["deploy"]["link"])


async def test_a_repeat_gets_the_same_answer_whatever_became_of_the_job_and_whichever_secret_signs(ci: Signer) -> None:
    first = await ci.send()
    await ci.counter.shop.slate.advance(100)
    again = [await ci.send(), await ci.send(key="NEXT"), await ci.send(late=200)]
    assert {(202, first.content)} == {(answer.status_code, answer.content) for answer in again}
    assert 1 == await ci.counter.jobs()


async def test_a_repeat_with_another_body_is_refused(ci: Signer) -> None:
    await ci.send()
    other = await ci.send({**BODY, "version": "4.2.1"})
    assert 409 == other.status_code
    assert 1 == await ci.counter.jobs()


async def forged(ci: Signer, how: str) -> httpx.Response:
    raw = json.dumps(BODY).encode()
    headers = ci.headers(raw)
    match how:
        case "unsigned":
            return await ci.post(raw, {})
        case "signed by a stranger":
            content = f"msg_1.{headers['webhook-timestamp']}.".encode() + raw
            wrong = hmac.digest(b"x" * 24, content, hashlib.sha256)
            return await ci.post(raw, headers | {"webhook-signature": f"v1,{base64.b64encode(wrong).decode()}"})
        case "late":
            return await ci.post(raw, ci.headers(raw, late=301))
        case "early":
            return await ci.post(raw, ci.headers(raw, late=-301))
        case "truncated":
            return await ci.post(raw[:-1], headers)
        case "re-encoded":
            return await ci.post(json.dumps(BODY, separators=(",", ":")).encode(), headers)
        case "of another id":
            return await ci.post(raw, headers | {"webhook-id": "msg_2"})
        case "of a time that was not signed":
            return await ci.post(raw, headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)})
        case "a time with a fraction":
            return await ci.post(raw, headers | {"webhook-timestamp": headers["webhook-timestamp"] + ".0"})
        case "signature beyond ASCII":
            odd = {**headers, "webhook-signature": "v1,é"}
            encoded = [(name.encode(), value.encode()) for name, value in odd.items()]
            return await ci.counter.http.post("/v1/deploys", content=raw, headers=encoded)
        case "a bearer token of the API":
            return await ci.post(raw, auth("ci"))
        case _:
            return await ci.post(raw, headers | {"authorization": "Bearer a.b.c"})


FORGED = (
    "unsigned", "signed by a stranger", "late", "early", "truncated", "re-encoded", "of another id",
    "of a time that was not signed", "a time with a fraction", "signature beyond ASCII", "a bearer token of the API",
    "signed in two ways",
)  # fmt: skip


@pytest.mark.parametrize("how", FORGED)
async def test_whatever_is_not_proven_hears_one_text_and_changes_nothing(ci: Signer, how: str) -> None:
    answer = await forged(ci, how)
    stored = await ci.counter.shop.ledger.read(lambda books: books.intake.find("hook ci-shop msg_1"))
    assert (401, NOBODY) == (answer.status_code, answer.json()["detail"])
    assert (0, None) == (await ci.counter.jobs(), stored)


async def test_what_was_forged_does_not_take_the_id_of_the_true_one(ci: Signer) -> None:
    await forged(ci, "truncated")
    assert 202 == (await ci.send()).status_code


async def test_a_huge_body_is_read_no_further_than_the_limit(ci: Signer) -> None:
    sent = 0

    async def without_end() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(5 * 1024 * 16):  # 5 GiB in pieces of 64 KiB
            sent += 65_536
            yield b"x" * 65_536

    answer = await ci.counter.http.post("/v1/deploys", content=without_end())
    assert 413 == answer.status_code
    assert BODY_MAX < sent <= BODY_MAX + 2 * 65_536


async def test_a_body_that_says_it_is_huge_is_not_read_at_all(ci: Signer) -> None:
    answer = await ci.counter.http.post("/v1/deploys", content=b"{}", headers={"content-length": "5368709120"})
    assert (413, TOO_LARGE) == (answer.status_code, answer.json()["detail"])


LISTED = (
    "A deploy has `actor`, `changed`, `everything`, `expect`, `link`, `manifest`, `paths`, `prefixes`, `quiet`, `site`,"
    " `soft`, `tags`, `urls`, `version`, `warm`."
)
IS_VERSION = (
    "`version` is to be a text that begins with a letter or a digit and holds letters, digits, `._+/@-` and one `:`,"
    ' such as "4.2.0".'
)
ONE_HEADER = '`expect` for `/` is to name under `header` one name and its value, both texts: {"x-build": "4.2.0"}.'
ONE_OF_TWO = '`expect` for `/` is to be one of the two: {"header": {"x-build": "4.2.0"}} or {"contains": "4.2.0"}.'


def expecting(what: object, page: str = "/") -> dict[str, object]:
    return {**BODY, "expect": {page: what}}


UNREADABLE: dict[str, tuple[object, str]] = {
    "brackets": (
        b"[" * 100_000,
        "The body is no JSON: recursion limit exceeded at line 1 column 202. Send at least a site and a version.",
    ),
    "nested objects": (
        b'{"site":' * 100_000,
        "The body is no JSON: recursion limit exceeded at line 1 column 1609. Send at least a site and a version.",
    ),
    "not UTF-8": (
        b'{"site": "\xff"}',
        "The body is no JSON: invalid unicode code point at line 1 column 11. Send at least a site and a version.",
    ),
    "a byte order mark": (
        b'\xef\xbb\xbf{"site": "shop", "version": "4"}',
        "The body begins with a byte order mark. Write it as UTF-8 without one.",
    ),
    "UTF-16, as PowerShell writes it": (
        '{"site": "shop", "version": "4"}'.encode("utf-16"),
        "The body begins with a byte order mark. Write it as UTF-8 without one.",
    ),
    "an array": ([], "The body is no JSON object. Send at least a site and a version."),
    "no version": ({"site": "shop"}, "`version` is missing. Send at least a site and a version."),
    "no site": ({"version": "4"}, "`site` is missing. Send at least a site and a version."),
    "a version with a line end": ({**BODY, "version": "4\n*ALL*"}, IS_VERSION),
    "a version with a blank": ({**BODY, "version": "4 2"}, IS_VERSION),
    "a number for a version": ({**BODY, "version": 4}, IS_VERSION),
    "a long version": (
        {**BODY, "version": "4" * 201},
        "`version` has more than 200 characters. Send the tag or the commit alone.",
    ),
    "a key that is nearly one": ({**BODY, "path": "/"}, "`path` is no key of a deploy. Did you mean `paths`?"),
    "a key that is needed, nearly": (
        {"Site": "shop", "version": "4.2.0"}, "`site` is missing. `Site` is no key of a deploy. Did you mean `site`?",
    ),
    "a key that is none": ({**BODY, "bogus": 1}, f"`bogus` is no key of a deploy. {LISTED}"),
    "a text for a list": ({**BODY, "paths": "/"}, '`paths` is to be a list of texts, such as ["/", "/pricing"].'),
    "numbers in a list": ({**BODY, "tags": [1]}, '`tags` is to be a list of texts, such as ["news"].'),
    "a list for a manifest": (
        {**BODY, "manifest": []}, "`manifest` is to be a text or an object; docs/deploys.md shows its forms.",
    ),
    "an expectation of nothing": (expecting({}), ONE_OF_TWO),
    "an expectation of both": (expecting({"header": {"a": "b"}, "contains": "4"}), ONE_OF_TWO),
    "an expectation that is a text": (
        expecting("4.2.0"), '`expect` for `/` is to be {"header": {"x-build": "4.2.0"}} or {"contains": "4.2.0"}.',
    ),
    "two headers": (
        expecting({"header": {"a": "b", "c": "d"}}),
        '`expect` for `/` names 2 headers under `header`. Name one, such as {"x-build": "4.2.0"}.',
    ),
    "a header that is a number": (expecting({"header": {"x-build": 4}}), ONE_HEADER),
    "a header that cannot be": (
        expecting({"header": {"x-build\r\nfoo": "4"}}),
        "`expect` for `/` names under `header` what no header can be called. Write a name such as x-build.",
    ),
    "a header with a colon": (
        expecting({"header": {"x-build:": "4"}}),
        "`expect` for `/` names under `header` what no header can be called. Write a name such as x-build.",
    ),
    "a value of two lines": (
        expecting({"header": {"x-build": "4\r\n5"}}),
        "`expect` for `/` wants of a header a value that none can have: it is empty, or holds a line end. Mend it.",
    ),
    "an odd key of an expectation": (
        expecting({"text": "4"}),
        "`expect` for `/` has the key `text`, which it does not know."
        ' Write {"header": {"x-build": "4.2.0"}} or {"contains": "4.2.0"}.',
    ),
    "an expectation on a host": (
        expecting({"contains": "4"}, "www.shop.test"),
        "`expect` has `www.shop.test` for a page."
        " A page is its path, of printable ASCII and at most 2,000 characters: `/pricing`.",
    ),
    "many expectations": (
        {**BODY, "expect": {f"/{n}": {"contains": "4"} for n in range(21)}},
        "`expect` names more than 20 pages. Name those that tell the most.",
    ),
    "everything as a word": (
        {**BODY, "everything": "yes"}, "`everything` is to be true or false, without quotes.",
    ),
    "a key twice": (
        b'{"site": "shop", "site": "media", "version": "4.2.0"}',
        "`site` stands twice in one object. Keep one of the two.",
    ),
    "a file twice": (
        b'{"site": "shop", "version": "4.2.0", "manifest": {"a.html": "1", "a.html": "2"}}',
        "`a.html` stands twice in one object. Keep one of the two.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "says"), UNREADABLE.values(), ids=UNREADABLE)
async def test_a_body_that_cannot_be_read_is_told_what_is_wrong(ci: Signer, body: object, says: str) -> None:
    answer = await ci.send(body)
    mended = await ci.send()
    assert (400, says) == (answer.status_code, answer.json()["detail"])
    assert 202 == mended.status_code  # under the same id: nothing was done under it


@pytest.mark.parametrize("site", ["news", "nowhere", "shop "])
async def test_a_site_that_is_not_the_senders_is_refused_whether_it_is_there_or_not(ci: Signer, site: str) -> None:
    answer = await ci.send({**BODY, "site": site})
    refused = "This sender may not tell of that site's deploys: `sites` names its own."
    assert (403, refused) == (answer.status_code, answer.json()["detail"])


async def test_things_that_cannot_be_purged_are_named_and_nothing_is_purged(ci: Signer) -> None:
    answer = await ci.send({**BODY, "urls": ["https://evil.test/"], "paths": ["pricing", "/ok"]})
    assert 422 == answer.status_code
    assert answer.json()["detail"].startswith("url `https://evil.test/`: ")
    assert "path `pricing`: " in answer.json()["detail"]
    assert 0 == await ci.counter.jobs()


@pytest.mark.parametrize("wide", [{"everything": True}, {"prefixes": ["/"]}, {"prefixes": ["www.shop.test/"]}])
async def test_without_a_policy_nothing_that_empties_the_site_goes(ci: Signer, wide: Mapping[str, object]) -> None:
    answer = await ci.send({"site": "shop", "version": "4.2.0", **wide})
    assert 403 == answer.status_code
    assert 0 == await ci.counter.jobs()


async def test_a_deploy_that_is_refused_is_in_the_log_with_why(ci: Signer) -> None:
    with capture_logs() as logged:
        answer = await ci.send({"site": "shop", "version": "4.2.0", "everything": True})
    (line,) = [one for one in logged if one["event"] == "deploy_not_taken"]
    assert ("ci-shop", "shop", answer.json()["detail"]) == (
        line["sender"], line["site"], f"{line['why']} {line['do']}".strip(),
    )  # fmt: skip


async def test_a_bot_that_only_observes_says_what_it_would_do(tmp_path: Path) -> None:
    async with counter(tmp_path, observe=True, senders=SENDERS) as door:
        answer = await Signer(door).send()
        assert (200, True) == (answer.status_code, answer.json()["observing"])
        assert 0 == await door.jobs()


async def test_a_bot_that_only_observes_says_what_became_of_the_files(tmp_path: Path) -> None:
    async with counter(tmp_path, observe=True, senders=SENDERS) as door:
        answer = await Signer(door).send({"site": "shop", "version": "1", "manifest": {"README.md": "1" * 64}})
        told = answer.json()["text"].splitlines()
    assert [
        "Plan · nothing to purge on shop · nothing was sent",
        "No manifest of an earlier deploy to compare with: its 1 file counts as changed.",
        "1 changed file matches no rule and purges nothing: README.md.",
    ] == [told[0], *(line.strip() for line in told if "file" in line)]


def status(at: str, state: str = "success", sha: str = "a84d88e7554fc1fa21bcbc4efae3c782a70d2b9d") -> dict[str, object]:
    return {
        "action": "created", "repository": {"full_name": "octo/shop"},
        "deployment": {"ref": "main", "sha": sha, "environment": "prod", "creator": {"login": "octocat"}},
        "deployment_status": {"state": state, "environment": "prod", "updated_at": at, "created_at": at},
    }  # fmt: skip


async def test_github_tells_of_a_deploy_once_and_an_older_one_is_passed_over(ci: Signer) -> None:
    newest = await ci.from_github(status("2026-11-26T10:00:00Z"), "d-2")
    again = await ci.from_github(status("2026-11-26T10:00:00Z"), "d-2")
    older = await ci.from_github(status("2026-11-26T09:00:00Z", sha="b" * 40), "d-1")
    assert [202, 202, 200] == [answer.status_code for answer in (newest, again, older)]
    assert newest.content == again.content
    assert "was deployed later" in older.json()["ignored"]
    assert 1 == await ci.counter.jobs()


async def test_an_event_of_githubs_counts_once_whatever_its_delivery_is_called(ci: Signer) -> None:
    await ci.from_github(status("2026-11-26T10:00:00Z"), "d-1")
    again = await ci.from_github(status("2026-11-26T10:00:00Z"), "d-2")
    told = "This event came before, as another delivery, and counts once. For a new one deploy again."
    assert (409, told) == (again.status_code, again.json()["detail"])
    assert 1 == await ci.counter.jobs()


async def test_where_there_is_no_room_it_says_since_when_and_until_when(tmp_path: Path) -> None:
    async with counter(tmp_path, senders=SENDERS, most=Most(jobs=1)) as door:
        ci = Signer(door)
        await ci.send()
        answer = await ci.send({**BODY, "version": "4.2.1"}, id="msg_2")
        await door.shop.slate.advance(100)
        then = await ci.send({**BODY, "version": "4.2.1"}, id="msg_2")
    assert (429, "1") == (answer.status_code, answer.headers["retry-after"])
    assert (
        "cf has 1 open job, and at most 1 may be open (`limits.jobs`). So it has been since 2027-01-15 08:00 UTC."
        " There is room again in about 1 s: ask again then. purgebot queue cf shows what is open;"
        " cancel what is not needed."
    ) == answer.json()["detail"]
    assert (202, "P-2") == (then.status_code, then.json()["job"])


async def test_what_github_tells_that_is_no_deploy_does_nothing(ci: Signer) -> None:
    answer = await ci.from_github(status("2026-11-26T10:00:00Z", "failure"), "d-1")
    assert (200, "the deployment's state is 'failure'") == (answer.status_code, answer.json()["ignored"])
    assert 0 == await ci.counter.jobs()


async def test_a_disk_that_takes_nothing_is_a_refusal_and_the_sender_can_try_again(ci: Signer) -> None:
    shop: Shop = ci.counter.shop
    await shop.fill_disk(True)
    full = await ci.send({**BODY, "paths": [f"/news/{n}" for n in range(9_000)]})
    await shop.fill_disk(False)
    assert (503, 202) == (full.status_code, (await ci.send()).status_code)


async def test_the_deploy_of_a_ledger_that_was_cut_off_before_the_answer_is_one_job(ci: Signer) -> None:
    """The job is there and the answer was not kept: the repeat finds the job."""
    await ci.send()

    await ci.counter.shop.ledger.write(lambda books: books._tx.run("delete from deliveries"))
    answer = await ci.send()
    assert (202, "P-1") == (answer.status_code, answer.json()["job"])
    assert 1 == await ci.counter.jobs()


def test_the_secrets_are_shown_nowhere() -> None:
    assert not [name for name in ENVIRON.values() if name in repr(replace(SENDERS))]
