"""What stands in the place of a page or of a variant, and whose looks come first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.proof.behind import BEHIND_PROOFS
from bot.domain.proof.look import ORIGIN, Look
from bot.domain.proof.variants import AS_A_PHONE, to_diagnose, to_prove
from bot.domain.proof.verdict import Verdict
from bot.domain.why.asking import to_ask
from bot.services.looks.checks import verdict_of
from bot.services.looks.turnstile import Turnstile
from tests.edge.looking import eyes
from tests.services.shop import SHOP, ScriptedEdges
from tests.slate import SlateClock

PAGE = "https://www.shop.test/a"
MOBILE = "CF-Device-Type: mobile"
BY_DEVICE = replace(SHOP, variants=({"CF-Device-Type": "mobile"},))


@pytest.mark.parametrize(
    ("header", "title"),
    [(("cf-mitigated", "challenge"), "Cloudflare"), (("x-amzn-waf-action", "captcha"), "AWS WAF")],
)
def test_a_challenge_is_told_by_its_header(header: tuple[str, str], title: str) -> None:
    look = eyes().looker.read(Answer(PAGE, "fra", 0.0, 200, (header,)))
    assert title in look.guard
    assert "" == eyes().looker.read(Answer(PAGE, "fra", 0.0, 200, ())).guard


def test_a_redirect_has_a_mark_of_where_it_leads_and_nothing_of_a_secret_is_kept() -> None:
    first, second = (
        eyes().looker.read(Answer(PAGE, "fra", 0.0, 302, (("location", f"/login?token={token}"),)))
        for token in ("s3cr3t-one", "s3cr3t-two")
    )
    assert first.leads_to == second.leads_to
    assert first.leads_mark != second.leads_mark
    assert "s3cr3t" not in repr(first)


def test_where_a_redirect_leads_is_kept_without_what_browsers_drop() -> None:
    look = eyes().looker.read(Answer(PAGE, "fra", 0.0, 302, (("location", "\t/n\tew"),)))
    assert "/new" == look.leads_to


def test_the_plain_page_in_place_of_a_variant_is_not_told_as_old_in_a_row() -> None:
    mine = Look("fra", PAGE, 0.0, 200, digest="plain", variant=MOBILE)
    origins = [Look(ORIGIN, PAGE, 0.0, 200, digest="plain"), Look(ORIGIN, PAGE, 0.0, 200, digest="m", variant=MOBILE)]
    assert Verdict.UNKNOWN is verdict_of(mine, origins)
    assert Verdict.STALE is verdict_of(
        replace(mine, digest="old", etag='"old"'), [replace(x, etag='"x"') for x in origins]
    )


def test_where_a_device_is_named_nobody_is_asked_as_a_phone_beside_it() -> None:
    varies = Look("fra", PAGE, 0.0, 200, varies="user-agent")
    answer = Answer(PAGE, "fra", 0.0, 200, (("vary", "user-agent"),))
    assert AS_A_PHONE not in to_ask(BY_DEVICE, answer)
    assert AS_A_PHONE not in to_diagnose(BY_DEVICE, answer)
    assert AS_A_PHONE not in to_prove(BY_DEVICE, [varies])
    assert AS_A_PHONE in to_ask(SHOP, answer)
    assert AS_A_PHONE in to_prove(SHOP, [varies])


class Watching(ScriptedEdges):
    """Edges that note whose look it is."""

    behind: tuple[bool, ...] = ()

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        self.behind = (*self.behind, BEHIND_PROOFS.get())
        return await super().fetch(url, place, address, asked)


async def test_what_people_have_looked_at_stands_behind_proofs() -> None:
    edges = Watching(SlateClock())
    edges.serves = {"fra": "v1"}
    await Turnstile().before(edges, "U_MIA").fetch(PAGE, "fra")
    await edges.fetch(PAGE, "fra")
    assert (True, False) == edges.behind
