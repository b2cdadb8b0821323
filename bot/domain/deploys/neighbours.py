"""Which files of a page are named by their content, by what others of their folder are called: `vendor-Dkqsbvzx.js` is
among `index-DRf8L97S.js` and `lazy-1Tw_lJWN.js`, though it reads like a word.

For lint, which only talks: a deploy goes by stricter signs (`fingerprint.Siblings`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from bot.domain.answers.fingerprint import hash_like, is_fingerprinted

OTHERS_MIN = 2  # whose hash shows
_ALPHABETS = (re.compile("[0-9a-f]+"), re.compile("[A-Z2-7]+"), re.compile("[A-Za-z0-9_-]+"))
_Shape = tuple[str, str, int]  # folder, sign before the hash, length


class Neighbours:
    """The files of a page: those whose names end alike, in one folder, are all named by their content where most of
    them show it."""

    def __init__(self, urls: Iterable[str]) -> None:
        alike: dict[_Shape, list[tuple[str, bool]]] = defaultdict(list)
        for url in dict.fromkeys(urls):
            if found := _shape(url):
                shape, text = found
                alike[shape].append((text, is_fingerprinted(url)))
        self._alphabets = {shape: _shown(texts) for shape, texts in alike.items()}

    def are_hashed(self, url: str) -> bool:
        """Whether those that end as `url` does are named by their content, it among them."""
        found = _shape(url)
        alphabet = self._alphabets.get(found[0]) if found else None
        return found is not None and alphabet is not None and alphabet.fullmatch(found[1]) is not None


def _shape(url: str) -> tuple[_Shape, str] | None:
    found = hash_like(url)
    if found is None:
        return None
    before, text = found
    folder = url.partition("#")[0].partition("?")[0].rpartition("/")[0]
    return (folder, before, len(text)), text


def _shown(texts: Sequence[tuple[str, bool]]) -> re.Pattern[str] | None:
    """In which letters the hashes are written, where most of `texts` show that they are some."""
    certain = [text for text, is_certain in texts if is_certain]
    alphabet = next(one for one in _ALPHABETS if all(map(one.fullmatch, certain)))
    fitting = [text for text, _ in texts if alphabet.fullmatch(text)]
    return alphabet if len(certain) >= OTHERS_MIN and 2 * len(certain) > len(fitting) else None
