"""What edge and origin serve now, as one table: the origin on top, then every place and whether it is fresh or old.

Slack takes one table in a message, of 100 rows and 20 columns
(https://docs.slack.dev/reference/block-kit/blocks/table-block, 2026-11-23); what it has no room for is counted by kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.durations import duration
from bot.domain.jobs.job import State
from bot.domain.proof.look import in_short, kept_longest
from bot.domain.proof.verdict import Judgement, Look, Verdict
from bot.domain.shown import count
from bot.services.looks.checks import by_page, is_old_to_all, old_of, verdict_of
from bot.services.replies import Checked
from bot.slack.cards.absent import absent_told
from bot.slack.cards.blocks import ABOUT_A_TABLE, Block, Card, actions, button, card, context, paragraphs, table
from bot.slack.cards.checked_table import PAGE_MAX, page_name, rows_of, shortened
from bot.slack.cards.holds import begun, hold_line, would_wait
from bot.slack.cards.private import copied
from bot.slack.cards.told_apart import told_apart
from bot.slack.cards.why import cure_line
from bot.slack.cards.words import at_places, listed, number
from bot.slack.escape import escape, url_text
from providers.contract import Kind

COLUMNS_SEEN, WIDTH_SEEN, CELL_SEEN = 5, 80, 30  # columns and characters that a message shows; a cell is wrapped
WHY_MAX = 500  # characters
ASKED_EACH_TIME = "Browsers ask each time before they use a copy."
APART_SHOWN = OURS_SHOWN = 3
WIDER = (Kind.TAG, Kind.PREFIX)
WHY_URL_MAX = 1900  # characters; a button holds 2,000


def check_card(checked: Checked, now: float, command: str) -> Card:
    """Places and what they serve at `now` (seconds since the epoch)."""
    urls, looks = checked.urls, checked.looks
    rows = rows_of(checked, now)
    drawn, more = table(rows.cells)
    lines = [
        rows.cut(more),
        rows.left_out,
        _left_out(checked.left_out),
        *_under_way(checked),
        escape(checked.problem, 400),
        *(escape(note, 400) for note in checked.notes),
        _besides(checked.judgement),
        *told_apart(checked),
        *_kept(looks),
        *_apart(checked),
        *_in_vain(checked),
        *_ours(checked),
        *_held(checked, command),
        *([] if checked.draft else _ways_out(checked, command)),
    ]
    what = url_text(urls[0]) if len(urls) == 1 else f"{_counted(checked)} on {escape(checked.site.name, 60)}"
    told = card(f"{_found(checked)} · {what}", lines)
    missing = paragraphs([line for line in (absent_told(looks),) if line])
    aside = [context([line], ABOUT_A_TABLE) for line in (_sideways(rows.cells),) if line]
    return Card(told.text, [told.blocks[0], *missing, *drawn, *aside, *told.blocks[1:], *_buttons(checked)])


def _found(checked: Checked) -> str:
    judgement = checked.judgement
    match judgement.verdict:
        case Verdict.FRESH:
            at = at_places(judgement.fresh_at, checked.looks)
            return f"🟢 fresh{at}: the edge serves what the origin serves"
        case Verdict.STALE:
            return f"🟠 old{at_places(judgement.stale_at, _old(checked))}"
        case _:
            return f"⚪ cannot be told from here: {escape(judgement.why)}"


def _old(checked: Checked) -> list[Look]:
    """The looks that show something old."""
    pages = by_page(checked.looks)
    return [look for look in checked.looks if verdict_of(look, pages[look.url]) is Verdict.STALE]


def _counted(checked: Checked) -> str:
    """How many URLs it is about."""
    n, all_named = len(checked.urls), len(checked.urls) + len(checked.left_out)
    return count(n, "URL") if n == all_named else f"{number(n)} of {count(all_named, 'URL')}"


def _sideways(rows: Sequence[Sequence[str]]) -> str:
    """Slack cuts a broad table off at the right and does not say so."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    is_broad = len(widths) > COLUMNS_SEEN or sum(min(width, CELL_SEEN) for width in widths) > WIDTH_SEEN
    return f"The table has {count(len(widths), 'column')}: scroll it to the right." if is_broad else ""


def _left_out(urls: Sequence[str]) -> str:
    """What was not looked at, by its first."""
    if not urls:
        return ""
    first = f"{url_text(urls[0], 150)}{f' and {number(len(urls) - 1)} after it' if len(urls) > 1 else ''}"
    return f"Not looked at: {first}. Ask for {'it' if len(urls) == 1 else 'those'} in another check."


def _under_way(checked: Checked) -> Iterator[str]:
    """The jobs that purge what is old already."""
    for job in {job.id: job for job in checked.under_way.values()}.values():
        urls = [url for url, its in checked.under_way.items() if its.id == job.id]
        of = f" of {listed([url_text(url, 100) for url in urls], 3)}" if len(checked.urls) > 1 else ""
        state = "waits for votes" if job.state is State.WAITING else "is under way"
        yield f"{job.name}{of} {state}: `show {job.name}` tells more."


def _kept(looks: Sequence[Look]) -> Iterator[str]:
    """How long browsers may keep it, by the longest that is said."""
    odd = next((look.odd_age for look in looks if look.odd_age), "")
    if odd:
        yield f"Its max-age cannot be read (max-age={escape(odd, 40)}): browsers take it as over, or as they like."
    kept = kept_longest(look for look in looks if not look.odd_age)
    if kept is None:
        return
    how_long = f"Browsers may keep a copy up to {duration(kept.max_age or 0)} ({escape(kept.keeps_told)})."
    yield how_long if kept.max_age else ASKED_EACH_TIME


def _besides(judgement: Judgement) -> str:
    """What is not said by a fresh first line: for whom it was seen, and what of it was not."""
    if judgement.verdict is not Verdict.FRESH or not judgement.why:
        return ""
    return f"What that leaves open: {escape(judgement.why, WHY_MAX)}."


def _apart(checked: Checked) -> Iterator[str]:
    """The old copies that a purge of their URL may leave; where all that were asked for are old, that is said."""
    for url, variant in list(checked.apart.items())[:APART_SHOWN]:
        everybody = "everybody who was asked for, also " if is_old_to_all(url, checked.looks) else ""
        who = f"{escape(page_name(url, '', checked))} is old for {everybody}who sends {escape(in_short(variant), 80)}"
        yield f"{who}; a purge of its URL may leave that copy. {_to_reach(checked)}"
    more = len(checked.apart) - APART_SHOWN
    if more > 0:
        yield f"So it is with {count(more, 'more page')}."


def _in_vain(checked: Checked) -> Iterator[str]:
    """Why no purge is offered of what is old."""
    for why in dict.fromkeys(checked.in_vain.values()):
        urls = [url for url, its in checked.in_vain.items() if its == why]
        of = f"of {listed([url_text(url, 100) for url in urls], 3)} " if len(checked.urls) > 1 else ""
        yield f"No purge {of}is offered: {escape(why, WHY_MAX)}. `why` tells more."


def _ours(checked: Checked) -> Iterator[str]:
    """What our own jobs tell of what is old, and the next step where that is not its purge."""
    for url, cause in list(checked.ours.items())[:OURS_SHOWN]:
        of = f"{url_text(url, 100)}: " if len(checked.urls) > 1 else ""
        says = cause.cure.says if cause.cure is not None else ""
        yield f"{of}{escape(cause.what, WHY_MAX)} {escape(says, WHY_MAX)} `why` tells more."
    more = len(checked.ours) - OURS_SHOWN
    if more > 0:
        yield f"Of {count(more, 'more page')} no purge is offered either: `why` tells of each."


def _to_reach(checked: Checked) -> str:
    """What takes such a copy, of what every layer knows."""
    if checked.siblings:
        return escape(f"{checked.siblings}.", WHY_MAX)
    known = [kind.value for kind in WIDER if kind in checked.known]
    take = "takes" if len(known) == 1 else "take"
    wider = f", or purge by {' or '.join(known)}, which {take} every variant" if known else ""
    return f"Name it in the site's `variants`{wider}."


def _ways_out(checked: Checked, command: str) -> Iterator[str]:
    """The lines that purge what is old."""
    if line := _purging(checked, command):
        yield copied("To purge", line)
    if line := _purging_wider(checked, command):
        yield copied("To purge in every variant", line)
    if checked.cure is not None:
        yield copied(checked.cure.label, cure_line(checked.cure, command.removesuffix(" purge")))


def _held(checked: Checked, command: str) -> Iterator[str]:
    """The hold that keeps from beginning what is offered here, or whatever else may be wanted."""
    if checked.held is None:
        return
    offered = (_purging(checked, command), _purging_wider(checked, command), _curing(checked, command))
    lines = [line for line in offered if line]
    yield would_wait(checked.held, lines[0]) if lines else begun(hold_line(checked.held))
    yield from (copied("And", f"{line} --queue") for line in lines[1:])


def _purging(checked: Checked, command: str) -> str:
    return f"{command} {' '.join(checked.to_purge)}" if checked.to_purge else ""


def _purging_wider(checked: Checked, command: str) -> str:
    return f"{command} prefix {' '.join(checked.to_purge_wider)}" if checked.to_purge_wider else ""


def _curing(checked: Checked, command: str) -> str:
    """The purge that helps in place of the plain one."""
    cure = checked.cure
    return cure_line(cure, command.removesuffix(" purge")) if cure is not None and cure.is_purge else ""


def _buttons(checked: Checked) -> list[Block]:
    """What may be done next, where it was kept for a click; an action id may stand only once in a row."""
    if not checked.draft:
        return []
    seen_old, old, wider = old_of(checked.urls, checked.looks), checked.to_purge, checked.to_purge_wider
    about = seen_old[0] if seen_old else checked.urls[0]
    ask = f"Why {page_name(about, '', checked)}?" if len(checked.urls) > 1 else "Why?"
    style = "primary" if (checked.in_vain or checked.ours) and not (old or wider) else ""
    why = [button(ask, "why", f"why {about}", style)] if len(about) <= WHY_URL_MAX else []
    purge = actions([button(f"Purge {_it(old, checked)}", "pick", f"{checked.draft}:1", "primary")]) if old else []
    label = (
        f"Purge prefix {shortened(wider[0], PAGE_MAX)}" if len(wider) == 1 else f"Purge {number(len(wider))} prefixes"
    )
    by_prefix = actions([button(label, "pick", f"{checked.draft}:2")]) if wider else []
    cure = actions([button(checked.cure.label, "pick", f"{checked.draft}:3")]) if checked.cure is not None else []
    return [*actions([button("Check again", "pick", f"{checked.draft}:0"), *why]), *purge, *by_prefix, *cure]


def _it(old: Sequence[str], checked: Checked) -> str:
    """What of the checked is purged."""
    if len(checked.urls) == 1:
        return "it"
    return page_name(old[0], "", checked) if len(old) == 1 else f"the {number(len(old))} old ones"
