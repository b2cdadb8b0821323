"""What the file has begin by itself: its times, and the line that it asks for, each checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from bot.domain.cron import BadCron, Cron, read_cron
from bot.domain.grammar.command import Command, Misunderstood, Speaker, Verb, parse
from bot.domain.jobs.schedule import Schedule
from bot.domain.site import Site
from bot.domain.target import empties, kinds_of, resolve
from bot.settings import shapes, spans
from bot.settings.complaints import Complaints, quoted
from bot.settings.document import ScheduleDoc
from bot.settings.reader import Data, Place
from bot.settings.vain_schedules import Entry
from providers.contract import Kind

PLACE: Place = ("schedules",)


class ScheduleReader:
    """Reads the list. `sites` are those that could be read; `zone` and `zone_name` count where none is named."""

    def __init__(
        self, complaints: Complaints, sites: Mapping[str, Site], command: str, zone: tzinfo, zone_name: str
    ) -> None:
        accounts = frozenset(layer.account for site in sites.values() for layer in site.layers)
        self._complaints = complaints
        self._sites = sites
        self._speaker = Speaker(tuple(sites.values()), "", accounts, command)
        self._zone = zone
        self._zone_name = zone_name
        self._entries: dict[str, Entry] = {}

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Those that were read, with what their lines ask for."""
        return self._entries

    def read(self, data: Data) -> Mapping[str, Schedule]:
        """Those that are good, by name."""
        if data is None:
            return {}
        if not isinstance(data, list):
            advice = 'Write [{name: nightly, cron: "0 3 * * *", purge: "tag news on shop"}].'
            self._complaints.add(PLACE, "must be a list.", advice)
            return {}
        found: dict[str, Schedule] = {}
        for n, part in enumerate(data):
            place = (*PLACE, n)
            doc = self._complaints.read(ScheduleDoc, part, place)
            schedule = None if doc is None else self._schedule(doc, place)
            if schedule is not None and schedule.name.lower() in map(str.lower, found):
                what = f"{quoted(schedule.name)} is named twice."
                self._complaints.add((*place, "name"), what, "Give each schedule its own name.")
            elif schedule is not None:
                found[schedule.name] = schedule
        return found

    def _schedule(self, doc: ScheduleDoc, place: Place) -> Schedule | None:
        shapes.name(self._complaints, (*place, "name"), doc.name, "schedule")
        shapes.plain_text(self._complaints, (*place, "because"), doc.because)
        cron, zone = self._cron(doc.cron, (*place, "cron")), self._zone
        if doc.time_zone:
            named = spans.zone(self._complaints, (*place, "time_zone"), doc.time_zone)
            zone = named or zone
        command = self._purge_of(doc, (*place, "purge"))
        within = spans.duration(self._complaints, (*place, "within"), doc.within)
        if cron is None or command is None:
            return None
        schedule = Schedule(
            doc.name, cron, zone, doc.time_zone or self._zone_name, command.site, doc.purge.strip(), doc.because,
            doc.missed == "run", within,
        )  # fmt: skip
        self._entries.setdefault(doc.name, Entry(schedule, (*place, "purge"), command))
        return schedule

    def _cron(self, typed: str, place: Place) -> Cron | None:
        try:
            return read_cron(typed)
        except BadCron as bad:
            self._complaints.add(place, bad.what, bad.advice)
            return None

    def _purge_of(self, doc: ScheduleDoc, place: Place) -> Command | None:
        """The line, of one site, understood as in chat; None after complaining."""
        line = doc.purge.strip().removeprefix(f"{self._speaker.command} ")
        understood = parse(line, self._speaker)
        if isinstance(understood, Misunderstood):
            if self._sites:  # else what is wrong with the sites has been said
                self._complaints.add(
                    place, understood.problem, "Write it as in chat, and name the site: tag news on shop."
                )
            return None
        what = self._not_a_purge(understood)
        if what:
            self._complaints.add(place, what, "Write what to purge as in chat, such as tag news on shop.")
            return None
        site = self._sites[understood.site]
        if empties(resolve(understood.targets, site), site) and not understood.confirm:
            amounts = "purges" if kinds_of(understood.targets) == {Kind.EVERYTHING} else "amounts to"
            what = f"{amounts} everything on {site.name}, and nobody is asked to confirm that."
            self._complaints.add(place, what, f"Add --confirm {site.name}, if that is meant.")
            return None
        return understood

    def _not_a_purge(self, command: Command) -> str:
        if command.verb is not Verb.PURGE:
            return f"{command.verb.value} is no purge, and a schedule only purges."
        if command.when:
            return "names a time, and `cron` says when."
        if command.bad:
            return f"{quoted(command.bad[0].text)} cannot be read: {command.bad[0].problem}"
        return ""
