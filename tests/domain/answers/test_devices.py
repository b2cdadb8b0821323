"""As which device a request goes out that names one by a CDN's own header."""

from __future__ import annotations

import pytest

from bot.domain.answers.answer import Asked
from bot.domain.answers.devices import ANDROID, ANDROID_TABLET, DESKTOP, PHONE, TABLET, TV, as_device
from playground.devices import device_of

NAMED = [
    pytest.param((("CF-Device-Type", "mobile"),), PHONE, id="cloudflare-mobile"),
    pytest.param((("CF-Device-Type", "tablet"),), TABLET, id="cloudflare-tablet"),
    pytest.param((("cf-device-type", " Desktop "),), DESKTOP, id="cloudflare-desktop"),
    pytest.param((("CloudFront-Is-Mobile-Viewer", "true"),), PHONE, id="cloudfront-mobile"),
    pytest.param(
        (("CloudFront-Is-Mobile-Viewer", "true"), ("CloudFront-Is-Tablet-Viewer", "true")), TABLET, id="both-a-tablet"
    ),
    pytest.param(
        (("CloudFront-Is-Mobile-Viewer", "false"), ("CloudFront-Is-Desktop-Viewer", "true")), DESKTOP, id="not-mobile"
    ),
    pytest.param((("CloudFront-Is-SmartTV-Viewer", "true"),), TV, id="cloudfront-tv"),
    pytest.param((("X-Device", "mobile"),), PHONE, id="a-cache's-own-header"),
    pytest.param((("X-UA-Device", "tablet-ipad"),), TABLET, id="varnish-device-detection"),
    pytest.param((("x-ua-device", "PC"),), DESKTOP, id="varnish-no-device"),
    pytest.param((("CloudFront-Is-IOS-Viewer", "true"),), PHONE, id="cloudfront-ios"),
    pytest.param((("CloudFront-Is-Android-Viewer", "true"),), ANDROID, id="cloudfront-android"),
    pytest.param(
        (("CloudFront-Is-Android-Viewer", "true"), ("CloudFront-Is-Tablet-Viewer", "true")),
        ANDROID_TABLET,
        id="cloudfront-android-tablet",
    ),
]


@pytest.mark.parametrize(("asked", "agent"), NAMED)
def test_a_device_that_a_cdn_tells_by_the_user_agent_is_asked_as_one(asked: Asked, agent: str) -> None:
    assert (*asked, ("User-Agent", agent)) == as_device(asked)


AS_IT_IS = [
    pytest.param((), id="a-plain-visitor"),
    pytest.param((("Accept-Language", "de"),), id="no-device"),
    pytest.param((("CF-Device-Type", "mobile"), ("user-agent", "Own")), id="an-agent-of-its-own"),
    pytest.param((("CF-Device-Type", "toaster"),), id="a-device-that-nobody-knows"),
    pytest.param((("CloudFront-Is-Mobile-Viewer", "false"),), id="what-it-is-not"),
]


@pytest.mark.parametrize("asked", AS_IT_IS)
def test_everything_else_is_asked_as_it_is(asked: Asked) -> None:
    assert asked == as_device(asked)


KNOWN_AS = [
    pytest.param(PHONE, "mobile", id="an-iphone"),
    pytest.param(ANDROID, "mobile", id="an-android-phone"),
    pytest.param(TABLET, "tablet", id="an-ipad"),
    pytest.param(ANDROID_TABLET, "tablet", id="an-android-tablet"),
    pytest.param(DESKTOP, "desktop", id="a-computer"),
]


@pytest.mark.parametrize(("agent", "device"), KNOWN_AS)
def test_each_user_agent_is_that_device_by_the_patterns_that_cloudflare_publishes(agent: str, device: str) -> None:
    assert device == device_of(agent)
