"""The links of a message: one site's become a list, and of the others it is said why they do not."""

from __future__ import annotations

import pytest

from bot.domain.grammar.message_links import Gleaned, glean
from bot.domain.grammar.speech import Speaker
from bot.domain.site import Site

SHOP, BLOG = Site("shop", ("www.shop.test",), channel="C_SHOP"), Site("blog", ("blog.test",), channel="C_BLOG")
A, B, C = "https://www.shop.test/a", "https://www.shop.test/b", "https://blog.test/c"
ELSEWHERE, IN_BLOG = Speaker([SHOP, BLOG]), Speaker([SHOP, BLOG], "C_BLOG")

ROWS = {
    "none": ([], ELSEWHERE, Gleaned()),
    "ours": ([A, B], ELSEWHERE, Gleaned("shop", (A, B))),
    "the site with most": ([C, A, B], ELSEWHERE,
                           Gleaned("shop", (A, B), ("1 link of blog: one request is for one site.",))),
    "the channel's site": ([C, A, B], IN_BLOG,
                           Gleaned("blog", (C,), ("2 links of shop: one request is for one site.",))),
    "strangers": ([A, "https://evil.test/1", "https://EVIL.test:8/2", "https://x.test"], ELSEWHERE,
                  Gleaned("shop", (A,), ("evil.test (2 links), x.test (1 link): no site of yours has these hosts.",))),
    "a password": (["https://u:secret@www.shop.test/"], ELSEWHERE,
                   Gleaned("", (), ("1 link that cannot be read as a URL of yours.",))),
    "many strangers": ([f"https://h{n}.test/" for n in range(12)], ELSEWHERE, Gleaned("", (), (
        ", ".join([*(f"h{n}.test (1 link)" for n in range(10)), "and 2 more"])
        + ": no site of yours has these hosts.",))),
}  # fmt: skip


@pytest.mark.parametrize(("links", "speaker", "gleaned"), ROWS.values(), ids=ROWS)
def test_links_are_put_to_one_site(links: list[str], speaker: Speaker, gleaned: Gleaned) -> None:
    assert gleaned == glean(links, speaker)
