"""Where the bot token may go when a list is fetched: to Slack, and to nobody else."""

from __future__ import annotations

import pytest

from bot.slack.inbox import is_slacks

SLACK, STAND_IN = "https://slack.com/api/", "http://127.0.0.1:8080/slack/api/"
FILE = "files-pri/T1-F1/download/urls.txt"

ADDRESSES = {
    "files.slack.com": (f"https://files.slack.com/{FILE}", SLACK, True),
    "a workspace": (f"https://shop.slack.com/{FILE}", SLACK, True),
    "through a stand-in": (f"http://127.0.0.1:8080/{FILE}", STAND_IN, True),
    "Slack behind a proxy of the API": (f"https://files.slack.com/{FILE}", "http://proxy.test/api/", True),
    "another port": (f"http://127.0.0.1:8081/{FILE}", STAND_IN, False),
    "no https": (f"http://files.slack.com/{FILE}", SLACK, False),
    "another port of Slack's": (f"https://files.slack.com:8443/{FILE}", SLACK, False),
    "a look-alike": (f"https://files.slack.com.evil.test/{FILE}", SLACK, False),
    "a suffix": (f"https://evilslack.com/{FILE}", SLACK, False),
    "a user": (f"https://files.slack.com@evil.test/{FILE}", SLACK, False),
    "a user on Slack's": (f"https://a:b@files.slack.com/{FILE}", SLACK, False),
    "elsewhere": ("https://docs.google.com/x", SLACK, False),
    "a path": ("/files", SLACK, False),
    "nothing": ("", SLACK, False),
    "no address": ("https://[::1/x", SLACK, False),
}


@pytest.mark.parametrize(("url", "api", "may"), ADDRESSES.values(), ids=ADDRESSES)
def test_the_token_goes_to_slack_only(url: str, api: str, may: bool) -> None:
    assert may == is_slacks(url, api)
