"""How long an answer is kept and by whom: RFC 9111, 4.2, and what each CDN puts before it."""

from __future__ import annotations

import pytest

from bot.domain.answers.caches import ANY, CACHES, Cache, cache_of
from bot.domain.answers.caching import (
    Basis,
    Directives,
    Lifetime,
    is_targeted,
    lifetime_browser,
    lifetime_shared,
    policy_of,
    stays_beyond,
    targeted_field,
    titled,
)

NOW = 1_795_651_200.0  # Thu, 26 Nov 2026 00:00:00 GMT
DATE = "Thu, 26 Nov 2026 00:00:00 GMT"
IN_AN_HOUR = "Thu, 26 Nov 2026 01:00:00 GMT"
DAYS_100_AGO = "Tue, 18 Aug 2026 00:00:00 GMT"


def said(value: str, **more: str) -> dict[str, str]:
    return {"cache-control": value} | {name.replace("_", "-"): text for name, text in more.items()}


BROWSERS = [
    pytest.param(said("max-age=600"), 600, Basis.MAX_AGE, "max-age=600", id="max-age"),
    pytest.param(said("max-age=60, max-age=600"), 600, Basis.MAX_AGE, "max-age=600", id="the-longest-of-two"),
    pytest.param(said('max-age="600"'), 600, Basis.MAX_AGE, "max-age=600", id="in-quotes"),
    pytest.param(said("max-age=ten"), 0, Basis.MAX_AGE, "max-age=ten", id="unreadable-is-none"),
    pytest.param(said("max-age=31536000000"), 2**31, Basis.MAX_AGE, "max-age=31536000000", id="a-year-in-ms"),
    pytest.param(said(f"max-age={'9' * 5000}"), 2**31, Basis.MAX_AGE, f"max-age={'9' * 40}…", id="beyond-all-reason"),
    pytest.param(said("max-age=00000000000060"), 60, Basis.MAX_AGE, "max-age=00000000000060", id="with-zeros-before"),
    pytest.param(said("max-age=60, max-age=31536000000"), 2**31, Basis.MAX_AGE, "max-age=31536000000",
                 id="the-longest-of-two-is-too-long"),
    pytest.param({"expires": "Thu, 26 Nov 2199 00:00:00 GMT", "date": DATE}, 2**31, Basis.EXPIRES, "Expires",
                 id="expires-beyond-all-reason"),
    pytest.param(said("max-age=60", expires=IN_AN_HOUR), 60, Basis.MAX_AGE, "max-age=60", id="max-age-beats-expires"),
    pytest.param(said("s-maxage=600, max-age=0"), 0, Basis.MAX_AGE, "max-age=0", id="s-maxage-is-not-for-browsers"),
    pytest.param(said("no-store, max-age=600"), 0, Basis.FORBIDDEN, "no-store", id="no-store"),
    pytest.param(said("no-cache"), 0, Basis.FORBIDDEN, "no-cache", id="no-cache"),
    pytest.param(
        said('no-cache="set-cookie", max-age=9'), 9, Basis.MAX_AGE, "max-age=9", id="no-cache-of-one-header-only"
    ),
    pytest.param(said("private, max-age=600"), 600, Basis.MAX_AGE, "max-age=600", id="private-is-for-browsers"),
    pytest.param({"expires": IN_AN_HOUR, "date": DATE}, 3600, Basis.EXPIRES, "Expires", id="expires"),
    pytest.param({"expires": IN_AN_HOUR}, 3600, Basis.EXPIRES, "Expires", id="expires-without-a-date"),
    pytest.param({"expires": "0"}, 0, Basis.EXPIRES, "Expires", id="expires-0-is-over"),
    pytest.param({"last-modified": DAYS_100_AGO, "date": DATE}, 864_000, Basis.GUESS,
                 "a tenth of the time since Last-Modified", id="a-guess"),
    pytest.param(said("public", last_modified=DAYS_100_AGO), 864_000, Basis.GUESS,
                 "a tenth of the time since Last-Modified", id="public-alone-is-a-guess-too"),
    pytest.param({}, None, Basis.NOTHING, "", id="nothing-said"),
    pytest.param({"pragma": "no-cache"}, None, Basis.NOTHING, "", id="pragma-means-nothing-in-an-answer"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "seconds", "basis", "words"), BROWSERS)
def test_a_browser_keeps(headers: dict[str, str], seconds: int | None, basis: Basis, words: str) -> None:
    assert Lifetime(seconds, basis, words) == lifetime_browser(headers, NOW)


def test_nothing_is_guessed_of_an_error() -> None:
    expected = Lifetime(0, Basis.FORBIDDEN, "status 500")
    assert expected == lifetime_browser({"last-modified": DAYS_100_AGO}, NOW, 500)


CDN, OWN = "cdn-cache-control", "cloudflare-cdn-cache-control"
SHARED = [
    pytest.param(ANY, said("s-maxage=600, max-age=60"), 600, Basis.S_MAXAGE, "s-maxage=600", id="s-maxage-first"),
    pytest.param(ANY, said("s-maxage=31536000000, max-age=60"), 2**31, Basis.S_MAXAGE, "s-maxage=31536000000",
                 id="s-maxage-in-ms"),
    pytest.param(CACHES["cloudflare"], {CDN: "max-age=31536000000"}, 2**31, Basis.TARGETED,
                 "CDN-Cache-Control: max-age=31536000000", id="targeted-in-ms"),
    pytest.param(CACHES["nginx"], {"x-accel-expires": "31536000000"}, 2**31, Basis.TARGETED,
                 "X-Accel-Expires: 31536000000", id="x-accel-expires-in-ms"),
    pytest.param(ANY, said("max-age=60"), 60, Basis.MAX_AGE, "max-age=60", id="max-age"),
    pytest.param(ANY, said("private, max-age=60"), 0, Basis.FORBIDDEN, "private", id="private"),
    pytest.param(ANY, said("max-age=60", vary="Accept, *"), 0, Basis.FORBIDDEN, "Vary: *", id="vary-star"),
    pytest.param(ANY, said("max-age=60", set_cookie="a=b"), 60, Basis.MAX_AGE, "max-age=60", id="a-cookie"),
    pytest.param(ANY, {"last-modified": DAYS_100_AGO}, 864_000, Basis.GUESS,
                 "a tenth of the time since Last-Modified", id="a-guess"),
    pytest.param(ANY, said("max-age=60", cdn_cache_control="max-age=9"), 60, Basis.MAX_AGE, "max-age=60",
                 id="who-knows-no-targeted-field"),
    pytest.param(CACHES["cloudflare"], said("no-store", cdn_cache_control="max-age=9"), 9, Basis.TARGETED,
                 "CDN-Cache-Control: max-age=9", id="targeted-beats-no-store"),
    pytest.param(CACHES["cloudflare"], {CDN: "max-age=9", OWN: "max-age=8"}, 8, Basis.TARGETED,
                 "Cloudflare-CDN-Cache-Control: max-age=8", id="its-own-before-the-common-one"),
    pytest.param(CACHES["cloudflare"], said("max-age=60", cdn_cache_control="max-age=9 public"), 60, Basis.MAX_AGE,
                 "max-age=60", id="no-dictionary-is-ignored"),
    pytest.param(CACHES["cloudflare"], said("max-age=60", cdn_cache_control="no-store"), 0, Basis.FORBIDDEN,
                 "CDN-Cache-Control: no-store", id="targeted-no-store"),
    pytest.param(CACHES["cloudflare"], said("max-age=60", set_cookie="a=b"), 0, Basis.FORBIDDEN, "Set-Cookie",
                 id="a-cookie-at-cloudflare"),
    pytest.param(CACHES["fastly"], said("max-age=60", surrogate_control="max-age=900, stale-if-error=9"), 900,
                 Basis.TARGETED, "Surrogate-Control: max-age=900", id="surrogate-control"),
    pytest.param(CACHES["fastly"], {}, 3600, Basis.DEFAULT, "Fastly's default", id="its-default"),
    pytest.param(CACHES["nginx"], said("max-age=60", x_accel_expires="7"), 7, Basis.TARGETED, "X-Accel-Expires: 7",
                 id="x-accel-expires"),
    pytest.param(CACHES["nginx"], {"last-modified": DAYS_100_AGO}, 0, Basis.DEFAULT, "nginx's default",
                 id="nginx-guesses-nothing"),
    pytest.param(CACHES["akamai"], {}, None, Basis.DEFAULT, "Akamai's default", id="a-default-nobody-knows"),
]  # fmt: skip


@pytest.mark.parametrize(("cache", "headers", "seconds", "basis", "words"), SHARED)
def test_a_shared_cache_keeps(
    cache: Cache, headers: dict[str, str], seconds: int | None, basis: Basis, words: str
) -> None:
    assert Lifetime(seconds, basis, words) == lifetime_shared(headers, NOW, cache)


def test_the_field_that_counts_is_named() -> None:
    assert "cdn-cache-control" == targeted_field({CDN: "max-age=9", OWN: "max-age=9 public"}, CACHES["cloudflare"])


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("max-age=60", True),
        ("max-age=60, must-revalidate", True),
        ("max-age=60;ext=1, stale-while-revalidate=9", True),
        ('note="a, b", max-age=60', True),
        ("max-age=60 must-revalidate", False),
        ("max-age=60; , x", False),
        ("Max-Age=60", False),
        ("max-age=60,", False),
        ("max-age:60", False),
        ("", False),
    ],
)
def test_a_targeted_field_is_a_dictionary(value: str, good: bool) -> None:
    assert good == is_targeted("cdn-cache-control", value)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (said("max-age=60, stale-while-revalidate=30"), 30),
        (said("max-age=60", cdn_cache_control="max-age=9, stale-while-revalidate=40"), 40),
        (said("max-age=60"), 0),
    ],
)
def test_a_copy_is_used_beyond_its_end(headers: dict[str, str], seconds: int) -> None:
    assert seconds == stays_beyond(headers)


def test_a_policy_knows_what_guards_it() -> None:
    assert [True, True, False] == [policy_of(said(value)).guards for value in ("no-cache", "no-store", "max-age=1")]


def test_a_policy_knows_that_nothing_is_said() -> None:
    given: tuple[dict[str, str], ...] = ({}, said(""), said("no-cache"), {"expires": "0"})
    assert [True, True, False, False] == [policy_of(x).says_nothing for x in given]


def test_directives_keep_their_order_and_doubles() -> None:
    expected = (("public", ""), ("max-age", "1"), ("max-age", "2"))
    assert expected == Directives.read("Public, max-age=1,MAX-AGE = 2").said


def test_a_provider_without_a_row_keeps_to_the_standard() -> None:
    assert ANY == cache_of("http")


def test_a_header_is_written_as_people_write_it() -> None:
    assert ["CDN-Cache-Control", "X-Accel-Expires"] == [titled(CDN), titled("x-accel-expires")]
    own = ("CF-Device-Type", "CloudFront-Is-Mobile-Viewer", "CloudFront-Is-SmartTV-Viewer", "Sec-CH-UA", "X-UA-Device")
    assert own == tuple(titled(name.lower()) for name in own)
