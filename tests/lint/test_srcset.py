"""A srcset is parted as browsers part it."""

from __future__ import annotations

import pytest

from bot.domain.lint.srcset import addresses

SETS = {
    "one": ("/a.png", ["/a.png"]),
    "by density": ("/a.png 1x, /b.png 2x", ["/a.png", "/b.png"]),
    "without a blank behind the comma": ("/a.jpg 100w,/b.jpg 200w", ["/a.jpg", "/b.jpg"]),
    "over several lines": ("\n /a.jpg 100w,\n\t/b.jpg  200w\n", ["/a.jpg", "/b.jpg"]),
    "without widths": ("/a.png, /b.png", ["/a.png", "/b.png"]),
    "with a comma in an address": ("/w,100/a.png 1x,/w,200/a.png 2x", ["/w,100/a.png", "/w,200/a.png"]),
    "without any blank, one address": ("/a.png,/b.png", ["/a.png,/b.png"]),
    "a comma behind an address": ("/a.png,, /b.png,", ["/a.png", "/b.png"]),
    "commas and blanks alone": (" , ,\n", []),
    "nothing": ("", []),
    "a descriptor in brackets": ("/a.png f(1, 2),/b.png g(", ["/a.png", "/b.png"]),
    "an image in itself": ("data:image/png;base64,AA== 1x, /b.png 2x", ["data:image/png;base64,AA==", "/b.png"]),
}


@pytest.mark.parametrize(("value", "expected"), SETS.values(), ids=SETS)
def test_each_address_is_found(value: str, expected: list[str]) -> None:
    assert expected == list(addresses(value))
