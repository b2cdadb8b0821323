"""What is changed in the ledger's file while a job is purged or looked at is told ever after, and no card says it as if
it were true."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest

from bot.domain.jobs.job import JobView, State
from bot.domain.proof.verdict import Verdict
from bot.domain.target import Target
from bot.export.record import job_record
from bot.services import deeds
from bot.services.deploying.deploys import Deployed, take
from bot.services.replies import Done, Refusal
from bot.services.running.keeping import forget
from bot.services.voting import approvals
from bot.services.voting.forged import ALTERED, OTHER_CALLS, OTHER_RECORD, OTHER_WORDS
from bot.slack.cards.root import ALTERED_TOLD, root_card
from providers.contract import Kind, Receipt
from providers.errors import BadCredentials
from tests.services.shop import KIM, LEA, MIA, ScriptedProvider, Shop, open_shop, url
from tests.services.test_deploys import CI, V2, a_shop
from tests.services.test_forged_calls import breaches, forged
from tests.slate import SlateClock

OTHER_TARGETS = zlib.compress(b'[{"kind":"url","value":"https://www.shop.test/innocent","site":"shop"}]').hex()
WORDS = "P-1: what it says of who asked, for what, from where and when is not what was asked for."
JUDGED = "P-1: what the policy judges of it, or what it goes by, is not what was asked for."
SEALED = "P-1: it was not what was asked for when it ended: somebody had changed the ledger's file."
TARGETS = "P-1: its targets are not those that were asked for."


def of_doc(change: str) -> str:
    return f"update jobs set doc = json_set(doc, {change})"


FORGED = {  # what somebody writes while the edge is looked at, and what verify says ever after
    "the door": (of_doc("'$.source', 'cli'"), WORDS),
    "the workspace": (of_doc("'$.team', 'T_OTHER'"), WORDS),
    "the channel": (of_doc("'$.channel', 'C_BLOG'"), WORDS),
    "what it shows of its targets": (of_doc("'$.sample[0]', 'https://www.shop.test/innocent'"), WORDS),
    "how many they are": (of_doc("'$.targets', 7"), WORDS),
    "what is noted": (of_doc("'$.notes', json('[\"It was Enzo\"]')"), WORDS),
    "how it was read": (of_doc("'$.read_as', 'read as Enzo'"), WORDS),
    "when, in the document": (of_doc("'$.created', 1795000000.0"), WORDS),
    "when, in the table": ("update jobs set created = 1795000000.0", WORDS),
    "the targets": (f"update targets set doc = x'{OTHER_TARGETS}'", TARGETS),
    "no targets": ("delete from targets", TARGETS),
    "who else asks": (
        of_doc("'$.also_by', json('[\"U_ENZO\"]')"),
        "P-1: who asks for it besides is not what the journal says.",
    ),
    "who joined it": (
        "insert into joined (key, job, \"by\", at, reason) values ('k', 1, 'U_ENZO', 1.0, '')",
        "P-1: who joined it is not what the journal says.",
    ),
    "who hurried it": (
        "insert into urgent values (1, 'U_ENZO', 1.0)",
        "P-1: who had it go first is not what the journal says.",
    ),
    "when it was to begin": (
        of_doc("'$.scheduled_for', 1795000000.0"),
        "P-1: when it was to begin is not as it was asked.",
    ),
    "hosts": (of_doc("'$.hosts', json('[\"img.shop.test\"]')"), JUDGED),
    "places": (of_doc("'$.edges', json('[\"fra\"]')"), JUDGED),
    "pages": (of_doc("'$.look_urls', json('[\"https://www.shop.test/else\"]')"), JUDGED),
    "warming": (of_doc("'$.warm', json('true')"), JUDGED),
    "the rule": (of_doc("'$.rule', 'fake'"), "P-1: the rule that decided it was small, and the table says fake."),
    "the reason": (of_doc("'$.reason', 'fake'"), "P-1: its reason is not what was asked for."),
    "the requester": (
        "update jobs set requested_by = 'U_KIM', doc = json_set(doc, '$.requested_by', 'U_KIM')",
        "P-1: U_MIA asked for it, and the table says U_KIM.",
    ),
}  # fmt: skip


async def looked_at(path: Path, statement: str) -> tuple[Shop, JobView]:
    """A purge that was proven, and `statement` executed while the edge was still looked at."""
    shop = open_shop(path)
    job = await shop.purge(MIA, url("/a"))
    await shop.slate.advance(1)
    assert State.CHECKING is (await shop.job(job.id)).state
    forged(shop, statement)
    shop.edges.serves |= {"fra": "v2", "iad": "v2"}
    await shop.slate.advance(200)
    return shop, await shop.job(job.id)


@pytest.mark.parametrize(("statement", "told"), FORGED.values(), ids=FORGED)
async def test_what_is_changed_while_the_edge_is_looked_at_is_told_ever_after(
    tmp_path: Path, statement: str, told: str
) -> None:
    shop, ended = await looked_at(tmp_path, statement)
    before = breaches(shop)
    checked = await deeds.check_again(shop.core, LEA, ended.id)
    shop.clock.at += 7200
    await forget(shop.core, None, 3600.0)
    await shop.ledger.close()
    after = breaches(shop)
    assert (State.DONE, Verdict.UNKNOWN, True) == (ended.state, ended.verdict, ended.altered)
    assert told in before
    assert isinstance(checked, Refusal)
    assert f"P-1 cannot be checked: {OTHER_RECORD}" == checked.what
    assert [line for line in after if line in (told, SEALED)]


async def test_the_card_says_that_somebody_changed_it(tmp_path: Path) -> None:
    shop, ended = await looked_at(tmp_path, FORGED["what it shows of its targets"][0])
    await shop.ledger.close()
    card = root_card(ended, shop.clock.now())
    assert card.text.startswith("⚪ P-1 purged, cannot be proven from here") and card.text.endswith(ALTERED)
    assert ALTERED_TOLD in json.dumps(card.blocks)
    assert ("unknown", True) == (job_record(ended)["verdict"], job_record(ended)["altered"])


async def test_what_nobody_changed_is_proven_as_ever(tmp_path: Path) -> None:
    shop, ended = await looked_at(tmp_path, "update jobs set due_at = due_at")
    shop.clock.at += 7200
    await forget(shop.core, None, 3600.0)
    again = await deeds.check_again(shop.core, LEA, ended.id)
    await shop.slate.advance(200)
    looked = await shop.job(ended.id)
    await shop.ledger.close()
    assert (Verdict.FRESH, False, Verdict.FRESH) == (ended.verdict, ended.altered, looked.verdict)
    assert isinstance(again, Done)
    assert [] == breaches(shop)


async def test_what_is_changed_once_it_is_looked_at_again_is_told_though_documents_were_pruned(tmp_path: Path) -> None:
    shop, ended = await looked_at(tmp_path, "update jobs set due_at = due_at")
    shop.clock.at += 7200
    await forget(shop.core, None, 3600.0)
    await deeds.check_again(shop.core, LEA, ended.id)
    forged(shop, of_doc("'$.source', 'cli'"))
    forged(shop, f"update targets set doc = x'{OTHER_TARGETS}'")
    await shop.slate.advance(200)
    looked = await shop.job(ended.id)
    await shop.ledger.close()
    assert (Verdict.UNKNOWN, True) == (looked.verdict, looked.altered)
    assert [TARGETS, WORDS] == breaches(shop)


@pytest.mark.parametrize("check", [True, False], ids=["looked at", "not looked at"])
async def test_what_is_changed_while_it_is_purged_is_told_too(tmp_path: Path, check: bool) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"), check=check)

    async def befalls() -> None:
        forged(shop, of_doc("'$.source', 'cli'"))

    shop.cf.before_answer = befalls
    shop.edges.serves |= {"fra": "v2", "iad": "v2"}
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, True, Verdict.UNKNOWN if check else Verdict.UNCHECKED) == (
        ended.state, ended.altered, ended.verdict,
    )  # fmt: skip
    assert [WORDS] == breaches(shop)


ENDS = ("cancelled", "failed", "denied", "expired")


@pytest.mark.parametrize("how", ENDS)
async def test_however_it_ends_its_card_says_that_somebody_changed_it(tmp_path: Path, how: str) -> None:
    shop = open_shop(tmp_path)
    votes = how in ("denied", "expired")
    targets = Target(Kind.PREFIX, "www.shop.test/news/", "shop") if votes else url("/a")
    shop.shield.script = [BadCredentials("It takes no token.", "Give it another.")] if how == "failed" else []
    job = await shop.purge(MIA, targets)

    async def befalls() -> None:
        forged(shop, of_doc("'$.source', 'cli'"))

    if how in ("failed", "cancelled"):
        shop.shield.before_answer = befalls
        await shop.slate.advance(1)
    else:
        await befalls()
    if how == "cancelled":
        await deeds.cancel(shop.core, MIA, job.id)
    if how == "denied":
        await approvals.vote(shop.core, LEA, job.id, False, reason="no")
    await shop.slate.advance(100_000)
    ended = await shop.job(job.id)
    again = await deeds.retry(shop.core, MIA, job.id)
    await shop.ledger.close()
    assert (how, True) == (ended.state, ended.altered)
    assert ALTERED_TOLD in json.dumps(root_card(ended, shop.clock.now()).blocks)
    assert isinstance(again, Refusal)
    assert [WORDS] == breaches(shop)


async def test_what_is_changed_before_its_first_call_does_not_begin(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"))
    forged(shop, of_doc("'$.source', 'cli'"))
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.FAILED, 0) == (ended.state, len(shop.shield.sent))
    assert "somebody changed the ledger's file" in ended.why
    assert [WORDS] == breaches(shop)


async def test_what_is_told_of_a_deploy_is_held_to_the_journal(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    taken = await take(shop.core, CI, "k", V2)
    assert isinstance(taken, Deployed)
    await shop.slate.advance(1)
    forged(shop, "update deploys set sender = 'token:other'")
    shop.edges.serves |= {"fra": "v2", "iad": "v2"}
    await shop.slate.advance(200)
    ended = await shop.job(taken.job.id)
    await shop.ledger.close()
    assert (Verdict.UNKNOWN, [WORDS]) == (ended.verdict, breaches(shop))


async def partial(path: Path) -> tuple[Shop, JobView]:
    """A job of which some calls did not go, while its edge is still looked at."""
    clock = SlateClock()
    shop = open_shop(path, clock, cf=ScriptedProvider("cf", clock, per_call=1))
    shop.cf.script = [Receipt("cf-1"), BadCredentials("It takes no token.", "Give it another.")]
    job = await shop.purge(MIA, *(url(f"/{n}") for n in range(4)))
    await shop.slate.advance(1)
    under_way = await shop.job(job.id)
    assert (State.CHECKING, True) == (under_way.state, under_way.is_partial)
    return shop, under_way


@pytest.mark.parametrize(("statement", "told"), FORGED.values(), ids=FORGED)
async def test_a_retry_while_the_edge_is_looked_at_does_not_go_on_by_what_was_changed(
    tmp_path: Path, statement: str, told: str
) -> None:
    shop, job = await partial(tmp_path)
    sent = len(shop.cf.sent)
    forged(shop, statement)
    by = KIM if "U_KIM" in statement else MIA
    again = await deeds.retry(shop.core, by, job.id)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    late = await deeds.retry(shop.core, by, job.id)
    await shop.ledger.close()
    assert Refusal(f"P-1 cannot go on: {OTHER_WORDS}") == again == late
    assert (State.PARTIAL, True, sent) == (ended.state, ended.altered, len(shop.cf.sent))
    assert told in breaches(shop)


async def test_a_retry_while_the_edge_is_looked_at_goes_on(tmp_path: Path) -> None:
    shop, job = await partial(tmp_path)
    again = await deeds.retry(shop.core, MIA, job.id)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert isinstance(again, Done)
    assert (State.DONE, False, []) == (ended.state, ended.altered, breaches(shop))


async def test_what_is_changed_of_a_retry_before_it_begins_keeps_it_from_that(tmp_path: Path) -> None:
    shop, job = await partial(tmp_path)
    sent = len(shop.cf.sent)
    again = await deeds.retry(shop.core, MIA, job.id)
    forged(shop, of_doc("'$.source', 'cli'"))
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert isinstance(again, Done)
    assert (State.FAILED, OTHER_WORDS, sent) == (ended.state, ended.why, len(shop.cf.sent))
    assert [WORDS] == breaches(shop)


@pytest.mark.parametrize("when", ["before its layer begins", "before a retry"])
async def test_no_call_goes_through_another_account(tmp_path: Path, when: str) -> None:
    statement = "update batches set account = 'shield' where position = 1 and id = (select max(id) from batches)"
    if when == "before a retry":
        shop, job = await partial(tmp_path)
        forged(shop, statement)
        await deeds.retry(shop.core, MIA, job.id)
    else:
        shop = open_shop(tmp_path)
        job = await shop.purge(MIA, url("/a"))
        forged(shop, statement)
    sent = len(shop.cf.sent)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.FAILED, OTHER_CALLS, sent) == (ended.state, ended.why, len(shop.cf.sent))
    assert breaches(shop)
