"""The rules, in one table: what they are called, how bad what they find is, what it means and what looks for it.

docs/lint.md shows the same table; a test holds it against this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.domain.answers.caches import TARGETED
from bot.domain.answers.caching import titled
from bot.domain.lint import keeping, outlived, serving, sharing, targeted, varying
from bot.domain.lint.finding import Finding, Found, Remark, Severity
from bot.domain.lint.instead import is_challenge
from bot.domain.lint.served import Served
from bot.domain.shown import shown

ERROR, WARN, INFO = Severity.ERROR, Severity.WARN, Severity.INFO
SEEN_MAX = 160  # characters of evidence
OF_HTTP = {ERROR: 5, WARN: 5, INFO: 1}  # what each thing that HTTP itself has against an answer takes from the score


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `weight` is what it takes from a score of 100, once, however many URLs break it. `by_headers` when the
    server's own headers break it, so that the origin's can be asked whose doing it is."""

    id: str
    name: str
    severity: Severity
    weight: int
    when: str  # the condition, for docs
    causes: str  # what comes of it, for docs
    mend: str  # what to do, as a command
    looks: Callable[[Served], Found | None]
    by_headers: bool = True
    headers: tuple[str, ...] = ("Cache-Control",)  # those that it reads


LASTING = ("Cache-Control", "Expires")
RULES = (
    Rule("CC01", "missing", WARN, 12, "200 without Cache-Control, Expires or a CDN's own field",
         "each cache decides for itself", "say for each sort of answer how long to keep it", keeping.missing,
         headers=LASTING),
    Rule("CC02", "html-long", ERROR, 30, "a page that browsers keep longer than 3 min, or show over a day after its end"
         " (stale-while-revalidate)",
         "visitors see the old page after a deploy", "let browsers ask for pages each time",
         keeping.page_kept_long, headers=LASTING),
    Rule("CC03", "asset-unhashed-long", ERROR, 30,
         "a file without a hash in its name and without ?v=, kept over a day or immutable",
         "the new page with the old file", "name files by their content, or let browsers ask each time",
         keeping.file_kept_long, headers=LASTING),
    Rule("CC04", "asset-hashed-short", INFO, 3, "a file with a hash in its name, kept less than 30 days",
         "repeated visits are slow", "let browsers keep it for a year", keeping.file_kept_short,
         headers=LASTING),
    Rule("CC05", "conflict", WARN, 8,
         "no-store with max-age, public with private, max-age twice, or a semicolon between words",
         "caches differ in which they obey", "keep one of the two, and part words by commas", keeping.conflict,
         headers=("Cache-Control", *map(titled, sorted(TARGETED)))),
    Rule("CC06", "smaxage-swr", WARN, 5, "s-maxage together with stale-while-revalidate",
         "stale-while-revalidate does nothing",
         "give the cache in front its own field, or leave stale-while-revalidate out", keeping.cancelled),
    Rule("CC07", "expires-mismatch", INFO, 2, "Expires differs from max-age by more than 60 s, or is no date",
         "old caches keep it for another time", "leave Expires out", keeping.expires_apart,
         headers=LASTING),
    Rule("CC08", "pragma", INFO, 1, "Pragma in an answer", "it means nothing", "leave Pragma out", keeping.pragma,
         headers=("Pragma",)),
    Rule("CC09", "cookie-shared", ERROR, 40,
         "Set-Cookie in a copy that a shared cache gave out, or beside public or s-maxage",
         "visitors get somebody else's session", "set no cookie on what is shared",
         sharing.cookie_shared, by_headers=False),
    Rule("CC10", "vary-wide", WARN, 10, "Vary with Cookie, User-Agent, Authorization or over 3 fields; `*` is an error",
         "few hits, and purges that miss copies", "see what the page differs by before anything leaves Vary",
         varying.varies_widely, headers=("Vary",)),
    Rule("CC11", "vary-missing", WARN, 10, "Content-Encoding without Vary: Accept-Encoding",
         "visitors who cannot unpack it see garbage", "say Vary: Accept-Encoding", sharing.encoding_unsaid,
         headers=("Content-Encoding", "Vary")),
    Rule("CC12", "no-validator", WARN, 6, "may be kept, and has neither ETag nor Last-Modified",
         "sent whole each time; staleness cannot be seen", "send an ETag", sharing.no_validator,
         headers=("ETag", "Last-Modified")),
    Rule("CC13", "etag-per-node", WARN, 6, "one content with different strong ETags",
         "needless misses, and copies that only look old", "make the ETag of what is the same everywhere",
         sharing.validator_differs, by_headers=False),
    Rule("CC14", "age-over", WARN, 8, "Age beyond the lifetime", "what changes stays old for longer than it should",
         "see who keeps it beyond its end, and purge what is old", outlived.older_than_allowed, by_headers=False),
    Rule("CC15", "auth-public", ERROR, 40,
         "asked with Authorization, and shared caches may keep it for some time; or the origin says private, and a"
         " shared cache keeps it",
         "others get what is one person's", "keep what is one person's out of shared caches (private)",
         sharing.ones_own_shared),
    Rule("CC16", "error-cached", WARN, 10, "4xx or 5xx with more than 60 s, or from the cache",
         "the error stays after it is mended", "let nobody keep errors", serving.error_kept),
    Rule("CC17", "redirect-cached", WARN, 8, "301 or 308 without Cache-Control, or a 302, 303 or 307 kept over an hour",
         "browsers may keep it for ever, or for long", "say how long a redirect may be kept", serving.redirect_kept),
    Rule("CC18", "query-version", INFO, 3, "a file with ?v= or the like and no hash in its name",
         "caches differ in whether the query counts", "put the version into the name",
         serving.version_as_argument, by_headers=False),
    Rule("CC19", "sw-cached", ERROR, 30, "a service worker's script that browsers keep",
         "visitors stay on the old application", "let browsers ask for the service worker each time",
         serving.worker_kept, headers=LASTING),
    Rule("CC20", "no-tags", INFO, 3, "tags are purged, and the origin gives none", "a purge by tag finds nothing",
         "send the tags", sharing.no_tags, by_headers=False),
    Rule("CC21", "clock", WARN, 5, "Date differs from our clock by more than 60 s",
         "Age and Expires come out wrong", "set the server's clock by NTP", serving.clock_apart, by_headers=False),
    Rule("CC22", "targeted-bad", WARN, 8, "a CDN-Cache-Control that is no structured dictionary",
         "caches ignore it whole", "write it as RFC 9213 has it", targeted.targeted_unreadable,
         headers=tuple(map(titled, sorted(TARGETED)))),
)  # fmt: skip
RULE_OF = {rule.id: rule for rule in RULES}


def lint(served: Served) -> list[Finding]:
    """What every rule finds at one URL, in the table's order; nothing where there was no answer, or a challenge."""
    if served.answer.problem or is_challenge(served.answer):
        return []
    return [finding for rule in RULES for finding in _applied(rule, served)]


def _applied(rule: Rule, served: Served) -> Iterator[Finding]:
    found = rule.looks(served)
    if found is None:
        return
    origin_says = _origin_says(rule, served) if rule.by_headers else ""
    in_front = "" if origin_says else found.in_front
    yield Finding(
        rule=rule.id,
        name=rule.name,
        severity=found.severity or rule.severity,
        url=served.url,
        place=served.answer.place,
        causes=f"{found.causes} {in_front}".strip(),
        seen=shown(found.seen, SEEN_MAX),
        cure=found.cure,
        origin_says=origin_says,
        is_origins=rule.by_headers and _is_origins(rule, served),
        may_be_older=served.may_be_older,
        status=served.status,
        leads_to=served.answer.says("location").strip(),
        is_for_edge_too=bool(in_front),
    )


def _alone(served: Served) -> Served | None:
    """The origin's answer by itself, if there is one that can be compared."""
    return replace(served, answer=replace(served.alike[0], url=served.url), origins=()) if served.alike else None


def _is_origins(rule: Rule, served: Served) -> bool:
    alone = _alone(served)
    return alone is not None and rule.looks(alone) is not None


def _origin_says(rule: Rule, served: Served) -> str:
    """What those of the origin's headers say that are others than the edge's, where they break no rule."""
    alone = _alone(served)
    if alone is None or rule.looks(alone) is not None:
        return ""
    said = {name: (served.headers.get(name.lower(), ""), alone.headers.get(name.lower(), "")) for name in rule.headers}
    others = [f"{name}: {origin or 'none'}" for name, (edge, origin) in said.items() if edge != origin]
    return shown("; ".join(others), SEEN_MAX)


def together(findings: Sequence[Finding]) -> list[list[Finding]]:
    """The findings by rule, the worst rules first, each URL once."""
    groups: dict[str, dict[str, Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.rule, {}).setdefault(finding.url, finding)
    grouped = [list(group.values()) for group in groups.values()]
    return sorted(grouped, key=_badness)


def _badness(group: Sequence[Finding]) -> tuple[int, int, int]:
    worst = min(finding.severity.rank for finding in group)
    return worst, -RULE_OF[group[0].rule].weight, -len(group)


def score(findings: Sequence[Finding], remarks: Sequence[Remark] = ()) -> int:
    """100 for none, less the weight of each rule that is broken and of what each remark says, at least 0."""
    broken = sum(RULE_OF[rule].weight for rule in {finding.rule for finding in findings})
    said = {remark.what: OF_HTTP[remark.severity] for remark in remarks}
    return max(0, 100 - broken - sum(said.values()))
