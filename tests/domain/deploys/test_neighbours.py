"""Which files of a page are named by their content, by what others of their folder are called."""

from __future__ import annotations

import pytest

from bot.domain.deploys.neighbours import Neighbours

VITE = ["/assets/index-DRf8L97S.js", "/assets/lazy-1Tw_lJWN.js", "/assets/index-B7qZk2xQ.css"]
HEX = ["/js/main.3f2a91c0.js", "/js/787.28cb0dcd.js", "/js/app.9c1e55ad.js"]
CAPITALS = ["/chunk-5IKWJQ3M.js", "/main-QX5T4ZKP.js", "/styles-5INURTSO.css"]
ROWS = {
    "like a word": (VITE, "/assets/vendor-Dkqsbvzx.js", True),
    "small letters alone": (VITE, "/assets/index-k3xq9zva.js", True),
    "another kind of file": (VITE, "/assets/hero-SemiBold.png", True),
    "one whose hash shows": (VITE, "/assets/react-BfQ2z8Wk.js", True),
    "with a query": (VITE, "/assets/vendor-Dkqsbvzx.js?v=3#a", True),
    "in another folder": (VITE, "/vendor-Dkqsbvzx.js", False),
    "behind another sign": (VITE, "/assets/vendor.Dkqsbvzx.js", False),
    "of another length": (VITE, "/assets/vendor-Dkqsbvz.js", False),
    "a day": (VITE, "/assets/report-20260412.js", False),
    "digits alone among hexadecimal ones": (HEX, "/js/vendor.08421965.js", True),
    "a word among hexadecimal ones": (HEX, "/js/src.DataGrid.js", False),
    "capitals alone": (CAPITALS, "/chunk-QXTZKPAB.js", True),
    "a word among capitals": (CAPITALS, "/src-DataGrid.js", False),
    "beside one alone": (VITE[:1], "/assets/vendor-Dkqsbvzx.js", False),
    "alone": ([], "/src-DataGrid.js", False),
    "beside as many that do not show it": (
        [*VITE[:2], "/assets/my-DataGrid.js"], "/assets/my-TreeView.js", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("others", "url", "expected"), ROWS.values(), ids=ROWS)
def test_a_name_counts_as_most_of_its_neighbours_do(others: list[str], url: str, expected: bool) -> None:
    assert expected == Neighbours([*others, url]).are_hashed(url)


def test_a_folder_is_one_of_its_host() -> None:
    at_home = Neighbours(
        [*(f"https://www.shop.test{path}" for path in VITE), "https://img.shop.test/assets/a-DataGrid.js"]
    )
    assert at_home.are_hashed("https://www.shop.test/assets/a-DataGrid.js")
    assert not at_home.are_hashed("https://img.shop.test/assets/a-DataGrid.js")
