"""What is shown of values that are likely to be secrets."""

from __future__ import annotations

import pytest

from bot.domain.answers.answer import varied
from bot.domain.masking import header_masked, masked, without_credentials


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        pytest.param("CF-Device-Type", "mobile", "mobile", id="no secret"),
        pytest.param("X-Country-Code", "DE", "DE", id="a country's code"),
        pytest.param("Accept-Language", "de", "de", id="a language"),
        pytest.param("Cookie", "tier=gold; id=7", "tier=•••; id=•••", id="cookies by name"),
        pytest.param("cookie", "c2VjcmV0=", "•••", id="a cookie without a name"),
        pytest.param("Cookie", "tier=gold; bare", "tier=•••; •••", id="one without a name among others"),
        pytest.param("Cookie", "a b=gold", "•••", id="what is no cookie's name"),
        pytest.param("Authorization", "Bearer abc", "Bearer •••", id="a scheme"),
        pytest.param("authorization", "abc", "•••", id="no scheme"),
        pytest.param("Authorization", "abc def", "•••", id="two words, and the first is no scheme"),
        pytest.param("Proxy-Authorization", "Basic dXNlcg==", "Basic •••", id="for a proxy"),
        pytest.param("X-Api-Key", "abc", "•••", id="a key"),
        pytest.param("X-Shop-Token", "abc", "•••", id="a token"),
        pytest.param("X-Auth-Code", "abc", "•••", id="a code to be let in by"),
    ],
)
def test_of_a_secret_header_its_names_are_shown_alone(name: str, value: str, shown: str) -> None:
    assert shown == header_masked(name, value)


def test_two_variants_that_differ_by_a_secret_are_told_apart() -> None:
    gold, silver = varied([("Cookie", "tier=gold")]), varied([("Cookie", "tier=silver")])
    assert ["Cookie: tier=••• "] * 2 == [told.partition("#")[0] for told in (gold, silver)]
    assert gold != silver
    assert gold == varied([("Cookie", "tier=gold")])


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtaWEifQ.c2lnbmF0dXJl-_0"
LONG = "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MFhZ_a-b9"
IN_PATHS = {
    "a signed token": (f"/in/{JWT}/page", "/in/•••/page"),
    "one in a sentence": (f"led to {JWT}.", "led to •••."),
    "a long one": (f"https://www.shop.test/s/{LONG}?page=2", "https://www.shop.test/s/•••?page=2"),
    "one behind a word that says so": ("/reset/9f86d081884c7d65", "/reset/•••"),
    "a short one behind such a word": ("/reset/step2", "/reset/step2"),
    "a title behind such a word": ("/password/how-to-choose-a-password-in-2026", None),
    "a long title": ("/News-About-The-2026-Summer-Sale-In-Berlin", None),
    "a file named by its content": ("/assets/AbCdEf0123456789AbCdEf0123456789.js", None),
    "a hash, which may be a file's name": (f"/blobs/{'0a' * 32}", None),
}


@pytest.mark.parametrize(("text", "shown"), IN_PATHS.values(), ids=IN_PATHS)
def test_tokens_in_paths_are_masked_and_names_are_not(text: str, shown: str | None) -> None:
    assert (text if shown is None else shown) == masked(text)


def test_arguments_of_urls_are_masked_by_their_names() -> None:
    assert "https://www.shop.test/?token=•••&page=2" == masked("https://www.shop.test/?token=abc&page=2")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("to http://user:hunter2@www.shop.test/x?y", "to http://•••@www.shop.test/x?y", id="both"),
        pytest.param("https://t0ken@www.shop.test/?key=a", "https://•••@www.shop.test/?key=•••", id="a name alone"),
        pytest.param("//user:p@ss@www.shop.test/", "//•••@www.shop.test/", id="no scheme, and an @ within"),
        pytest.param("\\\\user:pw@www.shop.test/", "\\\\•••@www.shop.test/", id="behind backslashes"),
        pytest.param("http:/\\user:pw@www.shop.test/", "http:/\\•••@www.shop.test/", id="slashes of both sorts"),
        pytest.param("https://www.shop.test/a//logo@2x.png", "https://www.shop.test/a//logo@2x.png", id="in a path"),
        pytest.param("https://www.shop.test/ says @mia", "https://www.shop.test/ says @mia", id="beside it"),
    ],
)
def test_credentials_in_urls_are_masked(text: str, shown: str) -> None:
    assert shown == masked(text)


def test_a_url_without_its_credentials() -> None:
    assert "http://www.shop.test/x@y" == without_credentials("http://user:hunter2@www.shop.test/x@y")
