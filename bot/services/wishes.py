"""Forms for a purge: what stands in one when it opens, and what it asks for when it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.actor import Actor
from bot.domain.filled import Filled
from bot.domain.job import JobView
from bot.domain.policy import Deed, authorise
from bot.domain.saying import safe_word
from bot.domain.speech import KIND_OF, Speaker, site_here
from bot.services.desk import Desk
from bot.services.purges import Asking
from bot.services.replies import PurgeFormWanted, Refused
from bot.services.setup import Core
from providers.contract import Kind

FORM_SECONDS = 86_400.0  # a form may stand open this long
RECENT_MAX = 5
TYPED_MAX = 3_000  # characters of one field
NO_SITES = Refused("No site is configured for you.", "Ask whoever configured purgebot.")


@dataclass(frozen=True, slots=True)
class Begun:
    """What a form is opened with: things, or a list that waits, and what was left out of it."""

    lines: Sequence[str] = ()
    site: str = ""
    left_out: Sequence[str] = ()
    files: Sequence[tuple[str, str]] = ()  # id and name
    where: Mapping[str, object] = {}  # how its answers reach the asker, besides channel and thread


class Wishes:
    """Opens forms and takes them back. What waits in one is a draft, which only its asker may use, and once."""

    def __init__(self, core: Core, desk: Desk) -> None:
        self._core = core
        self._desk = desk

    def speaker(self, actor: Actor, channel: str) -> Speaker:
        """What the parser may know of `actor`'s world."""
        return self._desk.speaker(actor, channel)

    def refused(self, actor: Actor) -> Refused | None:
        """Why `actor` gets no form; None when they do."""
        denied = authorise(actor, Deed.PURGE)
        if denied is not None:
            return Refused(denied.why, denied.advice, by_rule=True)
        return None if self._core.setup.seen_by(actor) else NO_SITES

    async def begin(self, asking: Asking, begun: Begun) -> PurgeFormWanted | Refused:
        """A form for `asking`."""
        refused = self.refused(asking.actor)
        if refused is not None:
            return refused
        whole = "\n".join(begun.lines)
        doc = {
            "wish": True,
            "things": whole if len(whole) <= TYPED_MAX else "",
            "lines": list(begun.lines) if len(whole) > TYPED_MAX else [],
            "site": begun.site,
            "left_out": list(begun.left_out),
            "files": [list(file) for file in begun.files],
            "recent": [list(one) for one in await self._recent(asking.actor)],
            **begun.where,
        }
        draft = await self._desk.save_draft(asking, doc, FORM_SECONDS)
        return self.form(draft, asking.actor, {**doc, "channel": asking.channel})

    def form(self, draft: str, actor: Actor, doc: Mapping[str, object]) -> PurgeFormWanted:
        """The form of a draft that holds `doc`."""
        speaker = self.speaker(actor, _text(doc, "channel"))
        here = site_here(speaker)
        return PurgeFormWanted(
            draft=draft,
            sites=tuple(speaker.sites),
            site=_text(doc, "site") or (here.name if here else ""),
            things=_text(doc, "things"),
            waiting=len(_list(doc, "lines")),
            files=tuple(name for _, name in files_of(doc)),
            left_out=tuple(map(str, _list(doc, "left_out"))),
            recent=recent_of(doc),
        )

    async def _recent(self, actor: Actor) -> list[tuple[str, str]]:
        names = [site.name for site in self._core.setup.seen_by(actor)]
        jobs = await self._core.ledger.read(lambda books: books.jobs.asked_by(actor.id, names, 4 * RECENT_MAX))
        things = dict.fromkeys((line, job.site) for job in jobs for line in lines_of(job))
        return list(things)[:RECENT_MAX]


def has_list(doc: Mapping[str, object], filled: Filled) -> bool:
    """Whether a list comes with the form besides what was typed."""
    return filled.has_list or bool(_list(doc, "lines")) or bool(files_of(doc))


def waiting_lines(doc: Mapping[str, object]) -> list[str]:
    """The lines that were too many for the field."""
    return list(map(str, _list(doc, "lines")))


def files_of(doc: Mapping[str, object]) -> list[tuple[str, str]]:
    """Id and name of each file that a draft came with."""
    files = [file for file in _list(doc, "files") if isinstance(file, list) and len(file) == 2]
    return [(str(id), str(name)) for id, name in files]


def recent_of(doc: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """The asker's last targets, as lines and the sites they are on."""
    pairs = [pair for pair in _list(doc, "recent") if isinstance(pair, list) and len(pair) == 2]
    return tuple((str(line), str(site)) for line, site in pairs)


def lines_of(job: JobView) -> list[str]:
    """What a job was asked to purge, as lines that can be asked for again; everything is not among them."""
    if job.kind is Kind.EVERYTHING:
        return []
    if len(job.sample) == 1:
        kind = "" if job.kind is Kind.URL else f"{job.kind.value} "
        return [f"{kind}{safe_word(job.sample[0]) if kind else job.sample[0]}"]
    return [_line_of(said) for said in job.sample]


def _line_of(said: str) -> str:
    kind, blank, value = said.partition(" ")
    return f"{kind} {safe_word(value)}" if blank and kind in KIND_OF else said


def _list(doc: Mapping[str, object], name: str) -> list[object]:
    value = doc.get(name)
    return value if isinstance(value, list) else []


def _text(doc: Mapping[str, object], name: str) -> str:
    value = doc.get(name)
    return value if isinstance(value, str) else ""
