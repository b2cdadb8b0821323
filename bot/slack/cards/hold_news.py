"""What a channel reads of a hold: that one was laid, was released or has ended, and what goes on now."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.durations import duration
from bot.domain.jobs.hold import ALL, Hold
from bot.domain.jobs.hold_news import HoldNews, Turn
from bot.domain.shown import count
from bot.slack.cards.blocks import Card, card
from bot.slack.cards.holds import REASON_MAX, begun, goes_on, hold_line, laid_lines, place, until
from bot.slack.cards.thread import NOBODY, Names, called
from bot.slack.cards.words import with_clocks
from bot.slack.escape import escape, person


def news_card(news: HoldNews, names: Names = NOBODY, command: str = "/purge") -> Card:
    """The news; who is in `names` is told by name, which calls nobody, but for who held until another ended it."""
    if news.turn is Turn.UNDONE:
        return card(*_undone(news))
    if news.turn is Turn.LAID:
        return _laid(news, news.holds[0], names, command)
    first, *others = [_was_held(hold, news, names) for hold in news.holds]
    over = _over(news, names)
    if news.holds[0].by == news.by:
        head = f"{over}, who held it {_how_long(news.holds[0], news)}"
    else:
        head = f"{over}. {first}"
    return card(head, [*others, *_follows(news, names)])


def _undone(news: HoldNews) -> tuple[str, list[str]]:
    first, *rest = (with_clocks(escape(line, REASON_MAX)) for line in news.said)
    return f"🟡 {first}", [line for line in rest if line]


def _laid(news: HoldNews, hold: Hold, names: Names, command: str) -> Card:
    who = called(hold.by, names)
    first = f"{begun(place(hold.site))} is held by {who} {until(hold)}: {escape(hold.reason, REASON_MAX)}"
    return card(first, laid_lines(hold, news.other, command, f"{who}'s earlier one", names))


def _over(news: HoldNews, names: Names) -> str:
    where = place(news.site)
    by = f" by {called(news.by, names)}" if news.turn is Turn.RELEASED else ""
    if news.turn is Turn.ENDED:
        return f"The hold on {where} has ended by its time"
    if news.other is None:
        return f"{begun(where)} is released{by}"
    return f"The hold on {where} is released{by}"


def _was_held(hold: Hold, news: HoldNews, names: Names) -> str:
    is_called = news.calls and hold.by != news.by
    who = person(hold.by) if is_called else called(hold.by, names)
    return f"{who} held it {_how_long(hold, news)}"


def _how_long(hold: Hold, news: HoldNews) -> str:
    return f"for {duration(max(0.0, news.at - hold.since))}: {escape(hold.reason, REASON_MAX)}"


def _follows(news: HoldNews, names: Names) -> Iterator[str]:
    """What still holds, or what goes on now."""
    if news.other is not None:
        stays = "Another stands: " if news.site == ALL else "It stays held: "
        yield f"{stays}{hold_line(news.other, names)}"
    if news.requests:
        what = "URL" if news.urls == news.targets else "target"
        most = "at most " if news.requests > 1 else ""  # what several name counts once when they are joined
        size = f" ({most}{count(news.targets, what)})"
    else:
        size = ""
    yield from goes_on(news.jobs, news.requests, news.plans, size)
