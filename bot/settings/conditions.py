"""When a rule speaks, read from the configuration file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo

from bot.domain.policies.hours import Span
from bot.domain.policies.policy import ALL_KINDS, Conditions
from bot.domain.policies.wording import listed
from bot.domain.site import Environment, Site
from bot.settings import shapes, spans
from bot.settings.complaints import Complaints, quoted, unknown
from bot.settings.model import Approvals
from bot.settings.people import PeopleReader
from bot.settings.policy_document import ConditionsDoc, TightenDoc
from bot.settings.reader import Place
from bot.settings.shadows import leaves_nothing
from bot.settings.slips import meant
from providers.contract import Kind

_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Named:
    """What a policy may speak of beside itself. `sites` are those that could be read; `site_names` all that stand
    there, `senders` those of the tokens that only send deploys."""

    sites: Mapping[str, Site]
    site_names: Collection[str]
    tokens: Collection[str]
    approvals: Approvals
    senders: Collection[str] = ()
    schedules: Collection[str] = ()


class ConditionsReader:
    """Reads names and conditions of rules. `zone` is that of hours and days that name none; None where none is
    configured."""

    def __init__(self, complaints: Complaints, people: PeopleReader, named: Named, zone: tzinfo | None) -> None:
        self._complaints = complaints
        self._people = people
        self._named = named
        self._zone = zone
        self._names: dict[str, Place] = {}

    def read(self, doc: ConditionsDoc, place: Place) -> Conditions:
        """The conditions; the rule's name is checked too."""
        self._learn_name(doc.name, (*place, "name"))
        shapes.plain_text(self._complaints, (*place, "say"), doc.say)
        kinds = self._kinds(doc, place)
        during, outside = self._times(doc, place)
        more = doc if isinstance(doc, TightenDoc) else None
        self._refuse_never(doc, during, outside, place)
        return Conditions(
            self._people.who(doc.who, (*place, "who")),
            kinds,
            self._sites(doc.site, (*place, "site")),
            Environment(doc.environment) if doc.environment else None,
            None if doc.mode is None else doc.mode == "soft",
            doc.max_items,
            more.over_items if more else None,
            more.cost_usd_over if more else None,
            during,
            outside,
        )

    def _learn_name(self, name: str, place: Place) -> None:
        shapes.label(self._complaints, place, name, "rule")
        first = self._names.setdefault(name, place)
        if first != place:
            what = f"{quoted(name)} is the name of a rule already, on line {self._complaints.line(first)}."
            self._complaints.add(place, what, "Give each rule its own name.")

    def _kinds(self, doc: ConditionsDoc, place: Place) -> frozenset[Kind]:
        self._refuse_unknown("kind", doc.kind, _KINDS, (*place, "kind"))
        kinds = frozenset(_KINDS[word] for word in doc.kind if word in _KINDS) if doc.kind else ALL_KINDS
        if doc.max_items is not None and isinstance(doc, TightenDoc) and Kind.EVERYTHING in kinds:
            what, advice = "speaks up to so many, and not above.", f"Write over_items: {doc.max_items}."
            self._complaints.add((*place, "max_items"), what, advice)
        elif doc.max_items is not None and Kind.EVERYTHING in kinds:
            unsaid = "" if doc.kind else " and is meant without `kind`"
            what = f"does not limit everything, which counts as one{unsaid}."
            advice = "Name the kinds to count, such as kind: [url, path, tag]."
            self._complaints.add((*place, "max_items"), what, advice)
        return kinds

    def _refuse_never(self, doc: ConditionsDoc, during: Span | None, outside: Span | None, place: Place) -> None:
        """Complain about conditions that never hold together."""
        found = {self._named.sites[site].environment for site in doc.site if site in self._named.sites}
        if doc.environment and len(found) == 1 and doc.environment not in found and {*doc.site} <= {*self._named.sites}:
            (other,) = found
            who = f"{listed(doc.site, 'and')} {'is' if len(doc.site) == 1 else 'are'}"
            self._complaints.add((*place, "environment"), f"never holds: {who} in {other}.", "Keep one of the two.")
        if outside is not None and leaves_nothing(during, outside):
            self._complaints.add((*place, "outside"), "never holds: it leaves no time.", "Shorten or remove it.")
        if isinstance(doc, TightenDoc) and doc.over_items and doc.max_items and doc.over_items >= doc.max_items:
            what = f"never holds: max_items speaks up to {doc.max_items} alone."
            self._complaints.add((*place, "over_items"), what, "Remove max_items.")

    def _sites(self, words: list[str], place: Place) -> frozenset[str]:
        self._refuse_unknown("site", words, self._named.site_names, place)
        return frozenset(words)

    def _refuse_unknown(self, sort: str, words: list[str], known: Collection[str], place: Place) -> None:
        for n, word in enumerate(words):
            if word not in known:
                self._complaints.add(
                    (*place, n) if len(words) > 1 else place, *(meant(sort, word, known) or unknown(sort, word, known))
                )
        self._people.refuse_twins(words, place)

    def _times(self, doc: ConditionsDoc, place: Place) -> tuple[Span | None, Span | None]:
        during: Span | None = None
        if doc.between:
            during = spans.days(self._complaints, (*place, "between"), doc.between, self._zone or UTC)
        if doc.during is not None:
            during = spans.week(self._complaints, (*place, "during"), doc.during, self._zone)
        if doc.during is not None and doc.between:
            advice = "Keep one; hours within those days can be written as `outside` of the others."
            self._complaints.add((*place, "during"), "cannot stand beside `between`.", advice)
        outside = spans.week(self._complaints, (*place, "outside"), doc.outside, self._zone) if doc.outside else None
        return during, outside
