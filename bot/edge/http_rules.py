"""What HTTP itself demands of an answer, asked of httplint (https://github.com/mnot/httplint, the rules of REDbot).

What our own rules speak of is left out, so that nothing is told twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.answers.answer import Answer
from bot.domain.lint.finding import Remark, Severity

REMARKS_MAX = 5  # of one answer
HEADERS_MAX = 16_000  # characters in all; of larger ones nothing is asked, since that takes up to a second of work
# How caching is to be is for CC01 to CC22; of httplint's notes on it only those on form are told (httplint 2026.10.4).
_FORM = frozenset(
    {
        "CC_BAD_VALUE_TYPE", "CC_MISSING_VALUE", "CC_QUOTED_VALUE", "CC_MAX_AGE_TOO_LARGE", "CC_MISCAP",
        "CC_SHOULD_NOT_HAVE_VALUE", "CC_WRONG_MESSAGE", "AGE_NOT_INT", "AGE_NEGATIVE", "BAD_SYNTAX", "BAD_DATE_SYNTAX",
        "SINGLE_HEADER_REPEAT", "VARY_HOST", "VARY_DUPLICATE", "CACHE_STATUS_BAD_MEMBER", "CACHE_STATUS_BAD_PARAM_VAL",
    }
)  # fmt: skip
_EXPIRES = "field-expires"  # CC07


class Httplint:
    """HTTP's own rules."""

    async def remarks(self, answer: Answer) -> Sequence[Remark]:
        """What breaks the standards, or is doubtful; the worse first, at most five. Read in a thread: it takes some
        milliseconds, and the library is loaded with the first."""
        if sum(len(name) + len(value) for name, value in answer.headers) > HEADERS_MAX:
            return ()
        return await asyncio.to_thread(_remarks, answer)


def _remarks(answer: Answer) -> Sequence[Remark]:
    from httplint import HttpResponseLinter
    from httplint.note import categories, levels

    linter = HttpResponseLinter(no_content=True)
    linter.process_response_topline(b"HTTP/1.1", str(answer.status).encode(), b"")
    linter.process_headers([(_bytes(name), _bytes(value)) for name, value in answer.headers])
    linter.finish_content(True)
    severities = {levels.BAD: Severity.WARN, levels.WARN: Severity.INFO}
    found = [
        Remark(answer.url, severities[note.level], str(note.summary))
        for note in linter.notes
        if note.level in severities
        and (note.category is not categories.CACHING or type(note).__name__ in _FORM)
        and note.subject != _EXPIRES
    ]
    return sorted(dict.fromkeys(found), key=lambda remark: remark.severity.rank)[:REMARKS_MAX]


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", errors="replace")
