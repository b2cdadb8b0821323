"""From what a deploy changed to what is to be purged, by the rules of the site.

Every rule that means a file counts. A file that is named by its content is skipped, where it came or went: under the
same name there never was, nor will be, another copy. One that changed under its name is not named by its content,
whatever it looks like. Nor is a file skipped whose page has a name of its own: `products/widget-a1b2c3d4.json` may look
like a hashed asset and make `/products/widget-a1b2c3d4`. What no rule means is told, and purges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.answers.fingerprint import Siblings
from bot.domain.deploys.file_rules import Mapped
from bot.domain.deploys.manifest import Difference
from bot.domain.lists import uncollected, without_covered
from bot.domain.shown import shown
from bot.domain.site import Site
from bot.domain.target import Target, Unreadable
from providers.contract import Kind

EXAMPLES = 3
_PAGES = (Kind.PATH, Kind.URL)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a deploy is to purge, each once and none covered by another, and what of its files is not purged. The three
    lists of files share none and are in order, of the fingerprinted those first that are there."""

    targets: tuple[Target, ...] = ()
    covered: tuple[Target, ...] = ()  # pages that one of them purges as well
    files: int = 0  # that were added, changed or removed
    fingerprinted: tuple[str, ...] = ()
    gone: int = 0  # of those, that are not there any more
    unmapped: tuple[str, ...] = ()  # that no rule means
    unnamed: tuple[tuple[str, str], ...] = ()  # files whose tag cannot be one, and why
    first: bool = False
    untold: int = 0
    unpurged: int = 0  # deploys before it that nothing was purged for, or not yet

    def told(self) -> tuple[str, ...]:
        """What a card says of it, a sentence each. Names stand between backticks, cut and printable."""
        return tuple(filter(None, (self._base(), self._untold(), self._skipped(), self._left(), self._bad())))

    def _base(self) -> str:
        before = "1 deploy" if self.unpurged == 1 else f"{self.unpurged:,} deploys"
        if not self.first:
            are = "is" if self.unpurged == 1 else "are"
            what = "it" if self.unpurged == 1 else "they"
            return f"{before} before it {are} not purged, so what {what} changed counts too." if self.unpurged else ""
        all_files = "its 1 file counts" if self.files == 1 else f"all {self.files:,} files count"
        if not self.unpurged:
            return f"No manifest of an earlier deploy to compare with: {all_files} as changed."
        return f"Nothing was purged for the {before} before it: {all_files} as changed, gone ones too."

    def _untold(self) -> str:
        if not self.untold:
            return ""
        files = "1 file has no hash" if self.untold == 1 else f"{self.untold:,} files have no hash"
        return f"{files} in the manifest, and {'counts' if self.untold == 1 else 'count'} as changed."

    def _skipped(self) -> str:
        names = [name.rpartition("/")[2] for name in self.fingerprinted]
        if len(names) == 1:
            return f"1 hashed asset{' that is gone' if self.gone else ''} needs no purge: {_quoted(names[0])}."
        if not names:
            return ""
        came = len(names) - self.gone
        if not came:
            return f"{self.gone:,} hashed assets that are gone need no purge, such as {_quoted(names[0])}."
        what = "1 hashed asset needs" if came == 1 else f"{came:,} hashed assets need"
        gone = "does 1 that is" if self.gone == 1 else f"do {self.gone:,} that are"
        such = "" if came == 1 else f", such as {_quoted(names[0])}"
        return f"{what} no purge{such}{f', nor {gone} gone' if self.gone else ''}."

    def _left(self) -> str:
        n = len(self.unmapped)
        if not n:
            return ""
        files = "1 changed file matches" if n == 1 else f"{n:,} changed files match"
        return f"{files} no rule and {'purges' if n == 1 else 'purge'} nothing: {_examples(self.unmapped)}."

    def _bad(self) -> str:
        if not self.unnamed:
            return ""
        n, (_, why) = len(self.unnamed), self.unnamed[0]
        files = "1 changed file makes" if n == 1 else f"{n:,} changed files make"
        return f"{files} no tag: {_examples([path for path, _ in self.unnamed])}. {why}"


def what_to_purge(difference: Difference, site: Site) -> Changed:
    """What the rules of `site` purge for `difference`. Raises BadRule where a rule was not checked before."""
    rules = [Mapped(rule, site) for rule in site.deploy.files]
    with uncollected():
        found = _Found(Siblings([*difference.added, *difference.removed]))
        for path in difference.changed:
            found.add(path, rules, may_skip=False)
        for path in difference.added:
            found.add(path, rules, may_skip=True)
        came = len(found.fingerprinted)
        for path in difference.removed:
            found.add(path, rules, may_skip=True)
    targets = _once(found.targets)
    return Changed(
        targets=targets,
        covered=left_out(found.targets, targets),
        files=len(difference),
        fingerprinted=(*sorted(found.fingerprinted[:came]), *sorted(found.fingerprinted[came:])),
        gone=len(found.fingerprinted) - came,
        unmapped=tuple(sorted(found.unmapped)),
        unnamed=tuple(sorted(found.unnamed)),
        first=difference.first,
        untold=difference.untold,
        unpurged=difference.unpurged,
    )


class _Found:
    """What is found, file by file."""

    def __init__(self, siblings: Siblings) -> None:
        self._siblings = siblings
        self.targets: dict[Target, None] = {}
        self.fingerprinted: list[str] = []
        self.unmapped: list[str] = []
        self.unnamed: list[tuple[str, str]] = []

    def add(self, path: str, rules: Sequence[Mapped], may_skip: bool) -> None:
        targets: list[Target] = []
        meant, why = False, ""
        for rule in rules:
            try:
                of_rule = rule.targets(path)
            except Unreadable as exc:
                meant, why = True, exc.problem
                continue
            meant |= of_rule is not None
            targets.extend(of_rule or ())
        if may_skip and self._siblings.is_fingerprinted(path) and self._served_as(targets):
            self.fingerprinted.append(path)
            return
        self.targets.update(dict.fromkeys(targets))
        if why:
            self.unnamed.append((path, why))
        elif not meant:
            self.unmapped.append(path)

    def _served_as(self, targets: Sequence[Target]) -> bool:
        """Whether a file that is named by its content is served under such a name, or its pages are not named at
        all."""
        pages = [target.value for target in targets if target.kind in _PAGES]
        return not pages or any(self._siblings.is_fingerprinted(page) for page in pages)


def left_out(targets: Iterable[Target], kept: Iterable[Target]) -> tuple[Target, ...]:
    """The pages among `targets` that are not among those `kept`, since something wider purges them as well."""
    there = {*kept}
    return tuple(target for target in targets if target.kind in _PAGES and target not in there)


def _once(targets: Iterable[Target]) -> tuple[Target, ...]:
    kept, _ = without_covered(sorted(targets, key=lambda target: (target.kind, target.value)))
    return kept


def _examples(names: Sequence[str]) -> str:
    more = len(names) - EXAMPLES
    shown_names = ", ".join(map(_quoted, names[:EXAMPLES]))
    return f"{shown_names} and {more:,} more" if more > 0 else shown_names


def _quoted(name: str) -> str:
    return f"`{shown(name, 60)}`"
