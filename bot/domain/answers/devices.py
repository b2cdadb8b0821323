"""The devices that CDNs tell apart by themselves: from the User-Agent, whatever a visitor says of its device.

Cloudflare sets `CF-Device-Type` so, see
https://developers.cloudflare.com/automatic-platform-optimization/reference/cache-device-type/, and CloudFront its
`CloudFront-Is-…-Viewer` headers, see
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html (both 2026-11). Caches
that one configures oneself do so under other names, as Varnish's device detection, see
https://github.com/varnishcache/varnish-devicedetect (2026-11). So whoever asks for the copy of a device sends the
User-Agent of one, beside the header, which counts at the origin alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.answers.answer import Asked

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
TABLET = "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36"
TV = "Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 SamsungBrowser/5.0 Chrome/108.0.0.0 TV Safari/537.36"
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36"
ANDROID_TABLET = "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36"

AGENT = "User-Agent"
_BY_NAME = {"mobile": PHONE, "phone": PHONE, "smartphone": PHONE, "tablet": TABLET, "desktop": DESKTOP, "pc": DESKTOP}
_NAMED = ("cf-device-type", "x-device", "x-device-type", "x-ua-device")
AS_EDGES_NAME_PHONES: tuple[Asked, ...] = (
    (("X-Device", "mobile"),),
    (("X-Device-Type", "mobile"),),
    (("X-UA-Device", "mobile-iphone"),),
    (("CF-Device-Type", "mobile"),),
    (("CloudFront-Is-Mobile-Viewer", "true"),),
)
_CLOUDFRONT = "cloudfront-is-{}-viewer"


def as_device(asked: Asked) -> Asked:
    """What is sent for `asked`: itself, and the User-Agent of the device that it names by a header of CDNs and caches,
    unless it has one of its own."""
    named = {name.lower(): value.strip().lower() for name, value in asked}
    by_name = (_BY_NAME.get(named.get(header, "").partition("-")[0]) for header in _NAMED)
    agent = next(filter(None, by_name), "") or _by_cloudfront(
        {sort for sort in ("mobile", "tablet", "desktop", "smarttv", "android", "ios") if _says(named, sort)}
    )
    return (*asked, (AGENT, agent)) if agent and AGENT.lower() not in named else asked


def _says(named: Mapping[str, str], sort: str) -> bool:
    return named.get(_CLOUDFRONT.format(sort)) == "true"


def _by_cloudfront(sorts: set[str]) -> str:
    """The device that is all of `sorts`, "" where none is named: to CloudFront a tablet may be mobile as well."""
    is_android = "android" in sorts
    if "smarttv" in sorts:
        return TV
    if "tablet" in sorts:
        return ANDROID_TABLET if is_android else TABLET
    if is_android:
        return ANDROID
    if sorts & {"mobile", "ios"}:
        return PHONE
    return DESKTOP if "desktop" in sorts else ""
