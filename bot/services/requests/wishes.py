"""Forms for a purge: what stands in one when it opens, and what it asks for when it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.actor import Actor
from bot.domain.grammar.filled_form import Filled
from bot.domain.grammar.speech import Speaker, site_here
from bot.domain.policies.rights import Deed, authorise
from bot.services.desk import Desk
from bot.services.replies import PurgeFormWanted, Refusal
from bot.services.requests.purges import Asking
from bot.services.setup import Core

FORM_SECONDS = 86_400.0  # a form may stand open this long
TYPED_MAX = 3_000  # characters of one field
NO_SITES = Refusal("No site is configured for you.", "Ask whoever configured purgebot.")


@dataclass(frozen=True, slots=True)
class Begun:
    """What a form is opened with: things, or a list that waits, and what was left out of it."""

    lines: Sequence[str] = ()
    site: str = ""
    left_out: Sequence[str] = ()
    files: Sequence[tuple[str, str]] = ()  # id and name
    where: Mapping[str, object] = field(default_factory=dict)  # besides channel and thread


class Wishes:
    """Opens forms and takes them back. What waits in one is a draft, which only its asker may use, and once."""

    def __init__(self, core: Core, desk: Desk) -> None:
        self._core = core
        self._desk = desk

    def speaker(self, actor: Actor, channel: str) -> Speaker:
        """What the parser may know of `actor`'s world."""
        return self._desk.speaker(actor, channel)

    def refused(self, actor: Actor) -> Refusal | None:
        """Why `actor` gets no form; None when they do."""
        denied = authorise(actor, Deed.PURGE)
        if denied is not None:
            return Refusal(denied.why, denied.advice, by_rule=True)
        return None if self._core.setup.seen_by(actor) else NO_SITES

    async def begin(self, asking: Asking, begun: Begun) -> PurgeFormWanted | Refusal:
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
        """What they asked for last, on sites that they may still see."""
        kept = await self._core.ledger.read(lambda books: books.intake.recent(actor.id))
        return [(line, site) for line, site in kept if site in self._core.setup.sites and actor.may_see(site)]


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


def _list(doc: Mapping[str, object], name: str) -> list[object]:
    value = doc.get(name)
    return value if isinstance(value, list) else []


def _text(doc: Mapping[str, object], name: str) -> str:
    value = doc.get(name)
    return value if isinstance(value, str) else ""
