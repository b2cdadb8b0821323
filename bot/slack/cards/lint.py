"""The card of `/purge lint`: the score, the one change that matters most, then the rest by severity, with lines to
copy; what finds no room is in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.lint.finding import Finding, Severity
from bot.domain.lint.report import Report
from bot.domain.lint.rules import RULE_OF
from bot.domain.lint.snippets import Server
from bot.domain.shown import count
from bot.export.linted import NO_SERVER, and_more, counted, setting_of, stays, trap, whose
from bot.services.replies import Linted
from bot.slack.cards.blocks import Block, Card, actions, button, context, section
from bot.slack.cards.words import listed
from bot.slack.escape import code, escape, url_text

GROUPS_SHOWN = 5  # with lines to copy
BREAKS_SHOWN = 5
REMARKS_SHOWN = 3
URLS_SHOWN = 3
NOTES_SHOWN = 3
FIX_MAX = 1200  # characters
_BLOCK_END = "\n}\n"
_MARKS = {Severity.ERROR: "🔴", Severity.WARN: "🟠", Severity.INFO: "⚪"}


def lint_card(linted: Linted) -> Card:
    """What cache headers will cause, and what to change first."""
    report, groups = linted.report, linted.report.groups
    first = _first(linted)
    blocks = [
        section("\n".join([first, *_how_read(report)])),
        *(section(_group(group, report, n == 0)) for n, group in enumerate(groups[:GROUPS_SHOWN])),
    ]
    small = [*_more(groups[GROUPS_SHOWN:]), *_breaks(report), *_remarks(report), *_tail(report)]
    return Card(first, [*blocks, context(small), *_servers(linted)])


def is_cut(report: Report) -> bool:
    """Whether the card leaves something out that a file would hold."""
    crowded = any(len(group) > URLS_SHOWN for group in report.groups)
    many = len(report.groups) > GROUPS_SHOWN or len(report.breaks) > BREAKS_SHOWN or len(report.notes) > NOTES_SHOWN
    long = any(len(report.fix(group)) > FIX_MAX for group in report.groups[:GROUPS_SHOWN])
    return crowded or many or long or len(report.remarked) > REMARKS_SHOWN


def _first(linted: Linted) -> str:
    report = linted.report
    pages = report.pages
    read = f"{len(pages) - len(report.missed)} of " if report.missed and report.read else ""
    many = f"{read}{count(len(pages), 'page')} on {escape(linted.site.name, 60)}"
    what = url_text(pages[0]) if len(pages) == 1 else many
    if report.score is None:
        more = f" · {counted(report)}" if report.worst else ""
        its = "its" if len(pages) == 1 else "their"
        return f"{_mark(report)} {what} could not be read, so nothing is known of {its} headers{more}"
    return f"{_mark(report)} {report.score} of 100 · {what} · {counted(report)}"


def _mark(report: Report) -> str:
    if report.worst is None or report.worst is Severity.INFO:
        return "🟢" if report.is_good else "⚪"
    return _MARKS[report.worst]


def _how_read(report: Report) -> Iterator[str]:
    """What came in a page's place, and what else to know of how it was read."""
    yield from (f"Not read: {url_text(url, 150)}: {escape(why, 400)}" for url, why in report.missed)
    for note in report.notes[:NOTES_SHOWN]:
        to = f" {url_text(note.to, 150)}" if note.to else ""
        yield f"{url_text(note.url, 150)}: {escape(note.what, 400)}{to}"


def _group(group: Sequence[Finding], report: Report, is_first: bool) -> str:
    first = group[0]
    lead, mend = "Change this first: " if is_first else "", RULE_OF[first.rule].mend
    mend = mend if is_first else f"{mend[0].upper()}{mend[1:]}"
    lines = [f"{_MARKS[first.severity]} *{lead}{mend}* ({first.rule} {first.name})", escape(first.causes, 500)]
    lines.append(_where(group))
    lines += [escape(line, 300) for line in whose(first, report)]
    if fix := report.fix(group):
        lines.append(_block(fix))
    if setting := setting_of(first, report):
        lines.append(f"At {escape(report.provider_title, 40)}: {escape(setting)}")
    return "\n".join(lines)


def _where(group: Sequence[Finding]) -> str:
    """The URLs, and what was seen at the first."""
    urls = [url_text(finding.url, 150) for finding in group]
    return f"{listed(urls, URLS_SHOWN)}: {code(group[0].seen, 200)}"


def _block(text: str) -> str:
    """Lines of ours to copy: whole blocks only, since half of one is no configuration."""
    if len(text) > FIX_MAX:
        whole = text[: text.rfind(_BLOCK_END, 0, FIX_MAX) + len(_BLOCK_END)] if _BLOCK_END in text[:FIX_MAX] else ""
        text = f"{whole}{'//' if text.startswith('//') else '#'} more lines are in the file with all that was found"
    inside = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"```\n{inside}\n```"


def _more(groups: Sequence[Sequence[Finding]]) -> Iterator[str]:
    for group in groups:
        yield f"{_MARKS[group[0].severity]} {group[0].name} ({group[0].rule}) · {escape(group[0].causes, 200)}"


def _breaks(report: Report) -> Iterator[str]:
    if not report.breaks:
        return
    names = listed([f"{url_text(one.url, 150)} ({stays(one)})" for one in report.breaks], BREAKS_SHOWN)
    yield f"*The next deploy will break:* {names}. Browsers keep them under a name that stays."
    yield "Name them by their content: webpack `filename: '[name].[contenthash].js'`; Vite does, but not in `public/`."
    yield from trap(report)


def _remarks(report: Report) -> Iterator[str]:
    for remark, urls in report.remarked[:REMARKS_SHOWN]:
        where = f"{url_text(remark.url, 150)}{and_more(urls)}"
        yield f"{_MARKS[remark.severity]} HTTP: {escape(remark.what, 200)} ({where})"


def _tail(report: Report) -> Iterator[str]:
    files = [one for one in report.unread if one not in report.missed]
    yield from (f"Not read: {url_text(url, 150)}: {escape(why, 150)}" for url, why in files[:URLS_SHOWN])
    foreign = f"; {report.foreign:,} on other hosts not" if report.foreign else ""
    left_out = f"; {report.left_out:,} more than are read at once not" if report.left_out else ""
    yield f"Read {count(report.read, 'URL')}{foreign}{left_out}."


def _servers(linted: Linted) -> list[Block]:
    """Where nothing tells the server: which one shall the lines be for?"""
    if not linted.report.asks_for_server:
        return []
    ask = context([f"{NO_SERVER}. Choose one, and lines to copy are shown."])
    choices = [button(server.label, "pick", f"{linted.draft}:{n}") for n, server in enumerate(Server) if linted.draft]
    return [ask, *actions(choices)]
