"""A lint's report as JSON for machines, and as plain text for terminals and files: whole, where a card is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.domain.lint.cdns import setting_for
from bot.domain.lint.finding import Finding, Note, Severity
from bot.domain.lint.report import Break, Report
from bot.domain.lint.rules import RULE_OF
from bot.domain.lint.served import up_to
from bot.domain.lint.snippets import BY_BUILD
from bot.domain.masking import masked
from bot.domain.shown import count, shown

URL_MAX = 300  # characters shown
BY_HAND = (
    "?v= is a trap: a cache that leaves the query out of its key gives the old version until its copy expires, one "
    "that counts it keeps each version by itself when one is purged, and while you deploy an old server may answer the "
    "new address."
)
NO_SERVER = "Nothing tells which server makes these headers"


def lint_record(report: Report) -> Mapping[str, object]:
    """The report as JSON takes it. `first` is the rule that matters most, `breaks` what the next deploy will."""
    groups = report.groups
    return {
        "pages": list(report.pages),
        "read": report.read,
        "score": report.score,
        "worst": report.worst,
        "first": groups[0][0].rule if groups else None,
        "server": report.server,
        "cdn": report.provider_title or None,
        "findings": [_finding(one, report.fix(group), report) for group in groups for one in group],
        "breaks": [{"url": broken.url, "up_to_s": broken.seconds} for broken in report.breaks],
        "http": [{"url": one.url, "severity": one.severity, "what": one.what} for one in report.remarks],
        "unread": [{"url": url, "why": why} for url, why in report.unread],
        "notes": [{"url": one.url, "what": f"{one.what} {masked(one.to)}".strip()} for one in report.notes],
        "left_out": report.left_out,
        "foreign": report.foreign,
    }


def _finding(finding: Finding, fix: str, report: Report) -> Mapping[str, object]:
    mended = {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "url": finding.url,
        "place": finding.place,
        "causes": finding.causes,
        "mend": RULE_OF[finding.rule].mend,
        "seen": finding.seen,
        "fix": fix or None,
        "cdn_setting": setting_of(finding, report) or None,
    }
    return mended | ({"origin_says": finding.origin_says} if finding.origin_says else {})


def lint_text(report: Report) -> str:
    """The whole report, a line each, fixes below what they mend."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield headline(report)
    yield from (noted(note) for note in report.notes)
    groups = report.groups
    if groups:
        yield f"Change this first: {RULE_OF[groups[0][0].rule].mend} ({groups[0][0].rule})."
    for group in groups:
        yield ""
        yield from _group(group, report)
    if report.breaks:
        yield ""
        yield from _breaks(report)
    if report.remarks:
        yield ""
        yield from (
            f"HTTP, {one.severity}: {shown(one.what, 300)} ({shown(one.url, URL_MAX)}{and_more(urls)})"
            for one, urls in report.remarked
        )
    yield ""
    yield from tail(report)


def and_more(urls: int) -> str:
    """Of how many URLs beside the one that is named it is true."""
    return f" and {count(urls - 1, 'more URL')}" if urls > 1 else ""


def headline(report: Report) -> str:
    """The score, what was read, how much was found: "38 of 100 · http://www.shop.test/ · 2 errors, 1 warning"."""
    n, read = len(report.pages), len(report.pages) - len(report.missed)
    what = shown(report.pages[0], URL_MAX) if n == 1 else f"{f'{read:,} of ' if read < n else ''}{n:,} pages"
    if report.score is None:
        return f"nothing could be read · {what}{f' · {counted(report)}' if report.worst else ''}"
    return f"{report.score} of 100 · {what} · {counted(report)}"


def noted(note: Note) -> str:
    """What else to know of how a page was read."""
    to = f" {shown(masked(note.to), URL_MAX)}" if note.to else ""
    return f"{shown(note.url, URL_MAX)}: {shown(note.what, 400)}{to}"


def counted(report: Report) -> str:
    """2 errors, 1 warning."""
    words = ((Severity.ERROR, "error"), (Severity.WARN, "warning"), (Severity.INFO, "note"))
    parts = [f"{n} {word}{'s' * (n > 1)}" for severity, word in words if (n := report.count(severity))]
    return ", ".join(parts) or "nothing to change"


def _group(group: Sequence[Finding], report: Report) -> Iterator[str]:
    first = group[0]
    yield f"{first.rule} {first.name} · {first.severity} · {RULE_OF[first.rule].mend}"
    yield first.causes
    yield from (f"  {shown(one.url, URL_MAX)} · {one.seen}" for one in group)
    yield from whose(first, report)
    if fix := report.fix(group):
        yield f"On {report.server.label if report.server else ''}:"
        yield from (f"    {line}" for line in fix.splitlines())
    if setting := setting_of(first, report):
        yield f"At {report.provider_title}: {setting}"


def setting_of(finding: Finding, report: Report) -> str:
    """Where the CDN is set about it; "" where the origin says so itself, so that no setting there is the cause, and
    what mends it counts on none either."""
    return "" if finding.is_origins and not finding.is_for_edge_too else setting_for(report.provider, finding.rule)


def whose(finding: Finding, report: Report) -> Iterator[str]:
    """That the cache in front says it, where the server says otherwise."""
    if finding.set_by_edge:
        cdn = report.provider_title or "the cache in front"
        if finding.may_be_older:
            yield (
                f"The origin says {finding.origin_says}: {cdn} changes it, or this copy is from before the origin said "
                "so. A purge, and then another lint, tells which."
            )
            return
        yield f"The origin says {finding.origin_says}: {cdn} changes it, so that is where to look."


def _breaks(report: Report) -> Iterator[str]:
    yield "What the next deploy will break, since browsers keep it under a name that stays:"
    yield from (f"  {shown(broken.url, URL_MAX)} · {stays(broken)}" for broken in report.breaks)
    yield "Name them by their content:"
    yield from (f"    {line}" for line in BY_BUILD.splitlines())
    yield from trap(report)


def trap(report: Report) -> Iterator[str]:
    """Why a version in the query is none, unless CC18 says so already."""
    if not any(finding.rule == "CC18" for finding in report.findings):
        yield BY_HAND


def stays(broken: Break) -> str:
    """For how long."""
    unless = ", unless a build made its name from its content" if broken.may_be_hashed else ""
    time = f"up to {up_to(broken.seconds)}" if broken.seconds is not None else "as long as a browser likes"
    return f"{time}{unless}"


def tail(report: Report) -> Iterator[str]:
    """What was read, and what was not."""
    if report.server is None and report.asks_for_server:
        yield f"{NO_SERVER}. Add `for nginx`, `for apache` or `for express` to be shown lines to copy."
    yield from (f"Not read: {shown(url, URL_MAX)}: {shown(why, 400)}" for url, why in report.unread[:10])
    yield f"Read {report.read:,} URL{'s' * (report.read != 1)}{_not_asked(report)}."


def _not_asked(report: Report) -> str:
    foreign = f"; {report.foreign:,} on other hosts not" if report.foreign else ""
    return f"{foreign}; {report.left_out:,} more than are read at once not" if report.left_out else foreign
