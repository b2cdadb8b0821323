"""What init says is to be set: for every provider all that it needs."""

from __future__ import annotations

import pytest

from bot.beginning.answers import LayerAnswer, usual
from bot.beginning.credentials import ToSet, lines, to_set
from bot.settings.placeholders import needed_of_account
from providers import PROVIDERS


def layer(provider: str, **values: str) -> LayerAnswer:
    """A layer as `--yes` answers it, and `values` by `--set`."""
    suggested = {one.name: usual(one) for one in needed_of_account(PROVIDERS[provider])}
    return LayerAnswer(provider, {**suggested, **values})


AWS = (
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY may stay unset where the machine has a role for it, or the account"
    " says `profile: NAME`"
)
NEEDS = {
    "cloudflare": ToSet(("CLOUDFLARE_TOKEN",)),
    "cloudfront": ToSet(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), (), AWS),
    "fastly": ToSet(("FASTLY_TOKEN",)),
    "akamai": ToSet((), ("/etc/purgebot/edgerc",)),
    "googlecdn": ToSet((), ("/run/secrets/google.json",)),
    "bunny": ToSet(("BUNNY_KEY",)),
    "varnish": ToSet(),
    "nginx": ToSet(),
    "redis": ToSet(("REDIS_URL",)),
    "http": ToSet(),
}


def test_there_is_a_row_for_each_provider() -> None:
    assert set(PROVIDERS) == set(NEEDS)


@pytest.mark.parametrize(("provider", "needs"), NEEDS.items(), ids=NEEDS)
def test_each_provider_says_all_that_is_to_be_set(provider: str, needs: ToSet) -> None:
    assert needs == to_set(layer(provider))


OTHERWISE = {
    "a profile needs no variable": (layer("cloudfront", profile="purgebot"), ToSet()),
    "a key of its own names its own secret": (
        layer("cloudfront", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key="env:BLOG_SECRET"),
        ToSet(("BLOG_SECRET",)),
    ),
    "the file of a port": (layer("varnish", admin="10.0.0.5:6082", secret="file:/run/v"), ToSet((), ("/run/v",))),
    "a token inside a header": (
        layer("http", headers='{"Authorization": {env: CACHE_TOKEN}, "X": {"file": "/run/x"}}'),
        ToSet(("CACHE_TOKEN",), ("/run/x",)),
    ),
}


@pytest.mark.parametrize(("one", "needs"), OTHERWISE.values(), ids=OTHERWISE)
def test_what_was_set_otherwise_is_told_otherwise(one: LayerAnswer, needs: ToSet) -> None:
    assert needs == to_set(one)


def test_all_of_it_is_told_in_words() -> None:
    assert [
        "Set SLACK_BOT_TOKEN, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY where the bot runs.",
        f"{AWS}.",
        "Put the secret into /etc/purgebot/edgerc.",
    ] == lines([layer("cloudfront"), layer("akamai")], ["SLACK_BOT_TOKEN"])
