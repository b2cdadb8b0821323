"""Who is mentioned so that everybody who is asked is called, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.policies.defaults import built_in
from bot.domain.policies.policy import Members
from bot.services.setup import Current
from bot.slack.calling import Calling
from bot.slack.web_api import SlackApi
from tests.services.shop import Everybody, Shop, open_shop
from tests.slack.cases import ALL, APPROVAL

EVERYBODY = ("U_LEA", "U_SAM", "U_KIM")
SRE = Members(frozenset({"U_LEA", "U_SAM"}))
CALLED = {
    "people by themselves": (EVERYBODY, {}, EVERYBODY),
    "a user-group by one mention": (("S_SRE", "U_KIM"), {"S_SRE": SRE}, ("S_SRE", "U_KIM")),
    "a user-group that holds whoever asks by its people": (
        ("S_SRE", "U_KIM"), {"S_SRE": Members(SRE.people | {"U_MIA"})}, EVERYBODY,
    ),
    "a user-group that Slack does not tell of by its people": (
        ("S_SRE",), {"S_SRE": Members(problem="Slack does not say.")}, EVERYBODY,
    ),
}  # fmt: skip


def calling_in(path: Path, approvers: tuple[str, ...], groups: dict[str, Members]) -> tuple[Shop, Calling]:
    """A shop with these approvers and user-groups, and who is called in it."""
    shop, people = open_shop(path), Everybody()
    people.groups = groups
    core = replace(shop.core, current=Current(replace(shop.core.setup, policy=built_in(approvers))), directory=people)
    return shop, Calling(core, SlackApi(AsyncWebClient()))


@pytest.mark.parametrize(("approvers", "groups", "expected"), CALLED.values(), ids=CALLED)
async def test_those_asked_are_called(
    tmp_path: Path, approvers: tuple[str, ...], groups: dict[str, Members], expected: tuple[str, ...]
) -> None:
    shop, calling = calling_in(tmp_path, approvers, groups)
    called = await calling.asked(replace(ALL, approval=APPROVAL))
    await shop.ledger.close()
    assert expected == tuple(called)


REVIEWERS = {
    "the approvers but whoever broke it": (EVERYBODY, {}, ("U_KIM", "U_LEA")),
    "a user-group by one mention": (("S_SRE", "U_SAM"), {"S_SRE": Members(frozenset({"U_LEA", "U_KIM"}))}, ("S_SRE",)),
    "a user-group that holds whoever broke it by its people": (("S_SRE",), {"S_SRE": SRE}, ("U_LEA",)),
    "those who may break it where nobody else is an approver": (("U_SAM", "U_MIA"), {}, ("U_NIA",)),
    "those who may break it where Slack hides the approvers": (
        ("S_SRE",),
        {"S_SRE": Members(problem="Slack does not say.")},
        ("U_NIA",),
    ),
}


@pytest.mark.parametrize(("approvers", "groups", "expected"), REVIEWERS.values(), ids=REVIEWERS)
async def test_those_who_may_close_a_review_are_called(
    tmp_path: Path, approvers: tuple[str, ...], groups: dict[str, Members], expected: tuple[str, ...]
) -> None:
    shop, calling = calling_in(tmp_path, approvers, groups)
    job = replace(ALL, approval=replace(APPROVAL, breakers=("U_NIA", "U_SAM")))
    called = await calling.reviewers(job, "U_SAM")
    await shop.ledger.close()
    assert expected == tuple(called)
