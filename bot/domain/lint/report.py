"""What a lint comes to: a score, the one change that matters most, what the next deploy will break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.answers.fingerprint import version_in_query
from bot.domain.lint import apache_sections, express_lines, nginx_locations
from bot.domain.lint.express_lines import Made
from bot.domain.lint.finding import Cure, Finding, Note, Remark, Severity
from bot.domain.lint.nginx_locations import located
from bot.domain.lint.rules import score, together
from bot.domain.lint.served import Served
from bot.domain.lint.snippets import Server, snippet

LONG = 3600  # seconds: what browsers keep so long outlives a deploy


@dataclass(frozen=True, slots=True)
class Break:
    """A file that visitors will have in its old form after the next deploy, for up to `seconds` (None: unknown).
    `may_be_hashed` where its name may be made from its content, and then nothing breaks."""

    url: str
    seconds: int | None
    may_be_hashed: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What was read and found. `read` counts the pages and files that came; `unread` are URLs where nothing came, or an
    error or a redirect in its place, each with that; `notes` say what else to know of how a page was read. `left_out`
    and `foreign` count files that were not asked for: beyond the cap, and on hosts of others. `server` made the
    headers, if it is known or was named; `provider` is the cache in front. `urls` are all that answered,
    `made` of what, where an Express did and that is known."""

    pages: tuple[str, ...]
    read: int
    findings: tuple[Finding, ...] = ()
    breaks: tuple[Break, ...] = ()
    remarks: tuple[Remark, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    notes: tuple[Note, ...] = ()
    left_out: int = 0
    foreign: int = 0
    server: Server | None = None
    provider: str = ""
    provider_title: str = ""
    urls: tuple[str, ...] = ()
    made: Mapping[str, Made] = field(default_factory=dict)

    @property
    def score(self) -> int | None:
        """0 to 100; None where nothing could be read."""
        return score(self.findings, self.remarks) if self.read else None

    @property
    def missed(self) -> tuple[tuple[str, str], ...]:
        """Those of `unread` that are pages, and not what a page is made of."""
        return tuple((url, why) for url, why in self.unread if url in self.pages)

    @property
    def is_good(self) -> bool:
        """Whether every page was read, and nothing worse than a note was found."""
        return self.score is not None and not self.missed and self.worst in (None, Severity.INFO)

    @property
    def groups(self) -> list[list[Finding]]:
        """The findings by rule, what matters most first."""
        return together(self.findings)

    @property
    def remarked(self) -> list[tuple[Remark, int]]:
        """What HTTP itself has against answers, each once, with the number of URLs of which it is true."""
        urls: dict[tuple[Severity, str], dict[str, Remark]] = {}
        for remark in self.remarks:
            urls.setdefault((remark.severity, remark.what), {}).setdefault(remark.url, remark)
        return [(next(iter(said.values())), len(said)) for said in urls.values()]

    def count(self, severity: Severity) -> int:
        """How many rules are broken that badly, and how much HTTP itself has against it."""
        said = {remark.what for remark in self.remarks if remark.severity is severity}
        return len(said) + sum(min(f.severity.rank for f in group) == severity.rank for group in self.groups)

    @property
    def worst(self) -> Severity | None:
        """The worst of what was found."""
        found = [*(finding.severity for finding in self.findings), *(remark.severity for remark in self.remarks)]
        return min(found, key=lambda severity: severity.rank, default=None)

    def fix(self, group: Sequence[Finding]) -> str:
        """Lines to copy for one rule; "" where the server is not known, or cannot mend it."""
        mendable = _mendable(group)
        if self.server is None or not mendable:
            return ""
        together = self._with_all(self.server, group[0].rule, _at_server(group))
        return together or snippet(self.server, mendable[0].cure, [finding.url for finding in mendable])

    def _with_all(self, server: Server, rule: str, group: Sequence[Finding]) -> str:
        """The same where what the report's other findings need counts too; "" where this rule's lines stand alone."""
        every = [finding for found in self.groups for finding in _at_server(found)]
        match server:
            case Server.NGINX:
                return nginx_locations.lines_of(rule, group, located(every, self.urls), self.urls)
            case Server.APACHE:
                return apache_sections.lines_of(rule, group, every, self.urls)
            case Server.EXPRESS:
                return express_lines.lines_of(rule, group, every, self.urls, self.made)

    @property
    def asks_for_server(self) -> bool:
        """Whether lines to copy are missing only because nobody knows what makes the headers."""
        first = next(iter(Server))
        mendable = [found[0] for group in self.groups if (found := _mendable(group))]
        return self.server is None and any(snippet(first, found.cure, [found.url]) for found in mendable)


def _mendable(group: Sequence[Finding]) -> list[Finding]:
    """Those of `group` that one and the same cure mends where the headers are made."""
    open_to = _at_server(group)
    return [finding for finding in open_to if finding.cure == open_to[0].cure]


def _at_server(group: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in group if not finding.set_by_edge and finding.cure != Cure()]


def break_of(served: Served) -> Break | None:
    """What the next deploy does to one file: None where its name is made from its content, where a
    version stands in its query, or browsers ask for it."""
    seconds = served.browser.seconds
    forever = served.policy.control.has("immutable") and not served.policy.guards
    long = served.is_long_in_browsers and (seconds or 0) >= LONG
    if not served.is_file or served.status != 200 or served.is_hashed or served.is_worker or not (long or forever):
        return None
    if version_in_query(served.url):
        return None  # not if the deploy changes that
    return Break(served.url, seconds if long else None, served.may_be_hashed)
