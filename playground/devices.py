"""What Cloudflare takes a visitor's device to be: by the User-Agent alone, whatever else is sent.

The patterns are those of https://developers.cloudflare.com/automatic-platform-optimization/reference/cache-device-type/
(read 2026-11-27).
"""

from __future__ import annotations

import re

HEADER = "cf-device-type"
_MOBILE = re.compile(
    r"phone|windows\s+phone|ipod|blackberry|(?:android|bb\d+|meego|silk|googlebot) .+? mobile|palm|windows\s+ce"
    r"|opera mini|avantgo|mobilesafari|docomo|kaios",
    re.IGNORECASE,
)
_TABLET = re.compile(r"ipad|playbook|(?:android|bb\d+|meego|silk)(?! .+? mobile)", re.IGNORECASE)


def device_of(agent: str) -> str:
    """mobile, tablet or desktop."""
    if _MOBILE.search(agent):
        return "mobile"
    return "tablet" if _TABLET.search(agent) else "desktop"


def in_key(device: str) -> str:
    """What stands in a key for `device` behind the URL: nothing for a desktop."""
    return "" if device == "desktop" else f" {device}"
