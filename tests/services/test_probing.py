"""What the doctor asks of providers: every account on every site, at once, and an error is a finding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.domain.undone import Undone, Way
from bot.services.desk import Desk
from bot.services.probing import probe_layers
from bot.services.purges import Asking
from bot.services.replies import Probed, Refused, SitesListed
from bot.services.setup import Current
from providers.contract import Health, Probe
from providers.errors import BadCredentials, OutcomeUnknown, Throttled
from tests.services.shop import GUEST, MIA, SHOP, open_shop


async def test_each_account_is_tried_on_each_site_and_purges_nothing(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.ill = BadCredentials("The token may not purge zone z.", "Give it Cache Purge.", "no")
    news = replace(SHOP, name="news", layers=SHOP.layers[1:])
    found = await probe_layers(shop.core.setup.providers, [SHOP, news])
    await shop.ledger.close()
    assert ["shield on shop", "cf on shop", "cf on news"] == [subject for subject, _ in found]
    assert [Health.GOOD, Health.BAD, Health.BAD] == [probe.health for _, probe in found]
    assert 'The token may not purge zone z. It said: "no".' == found[1][1].what
    assert [] == shop.cf.sent + shop.shield.sent


async def test_a_question_of_the_doctor_that_was_lost_may_not_have_purged_anything(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.ill = OutcomeUnknown("Cloudflare did not answer within 8 s.", "See its status page.")
    found = await probe_layers(shop.core.setup.providers, [SHOP])
    await shop.ledger.close()
    assert ("Cloudflare did not answer within 8 s.", "See its status page.") == (found[1][1].what, found[1][1].advice)


async def test_a_throttle_is_doubtful_since_jobs_wait_for_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.ill = Throttled("Cloudflare asks for fewer calls.", "Wait 5 minutes, then retry. Lower `api`.", "slow down")
    found = await probe_layers(shop.core.setup.providers, [SHOP])
    await shop.ledger.close()
    expected = 'Cloudflare asks for fewer calls. Jobs wait for it. It said: "slow down".'
    assert Probe(Health.DOUBTFUL, expected, "Lower `api`.") == found[1][1]


async def test_an_account_that_no_site_uses_is_tried_alone_where_that_is_asked(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    found = await probe_layers(shop.core.setup.providers, [], alone=True)
    await shop.ledger.close()
    assert ["shield", "cf"] == [subject for subject, _ in found]


async def test_the_doctor_comes_to_members_only(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    desk = Desk(shop.core)
    member = await desk.ask(Asking(MIA, "a"), "doctor shop")
    guest = await desk.ask(Asking(GUEST, "b"), "doctor")
    await shop.ledger.close()
    assert (Probed, Refused) == (type(member), type(guest))


async def test_the_doctor_names_what_is_still_the_examples_of_the_sites_asked_for(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    of = [("sites", "shop"), ("accounts", "cf"), ("sites", "news"), ("accounts", "other"), ("", "")]
    shop.core.undone.configure(tuple(Undone("", Way.WRITE, "zone: …", example=one) for one in of))
    reply = await Desk(shop.core).ask(Asking(MIA, "a"), "doctor shop")
    await shop.ledger.close()
    assert isinstance(reply, Probed)
    assert of[:2] == [one.example for one in reply.examples]


async def test_the_list_of_sites_says_of_which_the_file_still_has_the_examples_values(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    news = replace(SHOP, name="news", layers=SHOP.layers[:1])
    shop.core = replace(shop.core, current=Current(replace(shop.core.setup, sites={"shop": SHOP, "news": news})))
    shop.core.undone.configure((Undone("", Way.WRITE, "zone: …", example=("accounts", "cf")),))
    reply = await Desk(shop.core).ask(Asking(MIA, "a"), "sites")
    await shop.ledger.close()
    assert isinstance(reply, SitesListed)
    assert {"shop"} == reply.examples
