"""The things of a purge, plan or check: each read, put to one site, and told once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.domain.grammar.beside import must_leave_nothing, with_whole_time
from bot.domain.grammar.check_from import places
from bot.domain.grammar.hearing import Heard, Thing
from bot.domain.grammar.mending import misunderstood
from bot.domain.grammar.puzzles import all_unread, nothing_named, two_sites, unknown_verb, which_site, yours
from bot.domain.grammar.reading import Puzzling, Reader
from bot.domain.grammar.saying import READ_AS, line_of
from bot.domain.grammar.speech import (
    LOOKING,
    SERVERS,
    BadLine,
    Command,
    Confused,
    Misunderstood,
    Speaker,
    Verb,
    site_here,
)
from bot.domain.lists import widest, without_covered
from bot.domain.shown import Notes, shown
from bot.domain.site import Site
from bot.domain.target import Target, Unreadable
from providers.contract import Kind

_NEAR = 0.6


@dataclass(slots=True)
class Read:
    """The things of one request: each target once, with whether its kind was guessed; repeats; what is unreadable."""

    guessed: dict[Target, bool] = field(default_factory=dict)
    unread: list[tuple[Thing, Unreadable]] = field(default_factory=list)
    repeats: int = 0


def wish(heard: Heard, verb: Verb, speaker: Speaker, notes: Notes) -> Command:
    """What is wished from one site. Raises Confused."""
    named = _named_site(heard.given.get("on"), speaker)
    _must_be_account(heard.given.get("only"), speaker)
    _must_be_server(heard.given.get("for"), speaker)
    heard = with_whole_time(heard, speaker)
    if not heard.things:
        unnamed = nothing_named(speaker, verb, named, heard.given)
        empty = "The list or file that came with it holds no target. " if heard.has_empty_list else ""
        raise Confused(replace(unnamed, problem=f"{empty}{unnamed.problem}"))
    read = _read(heard, _ThingReader(speaker, verb, notes))
    _must_not_be_verb(heard, read, speaker)
    if verb not in LOOKING:
        odd = [thing for thing, why in read.unread if type(why) in (Puzzling, Unreadable)]
        must_leave_nothing(heard, odd, speaker)
    if not read.guessed:
        raise Confused(all_unread(read.unread, heard, verb, speaker, named))
    asked = replace(_asked(read, heard, verb), when=_when(heard, verb, speaker))
    _must_be_one_page(heard, asked, speaker)
    _must_be_proven(asked, speaker)
    site = _site_of(asked, named, speaker)
    return _told(replace(asked, places=places(asked, site, speaker)), read, site, notes)


def _named_site(name: str | None, speaker: Speaker) -> Site | None:
    if name is None:
        return None
    for site in speaker.sites:
        if name.lower() == site.name.lower():
            return site
    host_sites = [site.name for site in speaker.sites if site.claims(name.lower())]
    near = host_sites or difflib.get_close_matches(name, [site.name for site in speaker.sites], 3, _NEAR)
    raise Confused(_unknown("site", name, near, [site.name for site in speaker.sites], f"{speaker.command} sites"))


def _must_be_account(name: str | None, speaker: Speaker) -> None:
    if name is None or name in speaker.accounts:
        return
    accounts = sorted(speaker.accounts)
    near = difflib.get_close_matches(name, accounts, 3, _NEAR)
    raise Confused(_unknown("account", name, near, accounts, f"{speaker.command} sites"))


def _must_be_server(name: str | None, speaker: Speaker) -> None:
    if name is None or name.lower() in SERVERS:
        return
    problem = f"`{shown(name)}` is no server that has lines to copy: nginx, apache or express."
    raise Confused(Misunderstood(problem, f"{speaker.command} help {Verb.LINT.value}"))


def _unknown(what: str, name: str, near: list[str], own: list[str], suggestion: str) -> Misunderstood:
    said = f"There is no {what} `{shown(name)}` for you."
    if near:
        return Misunderstood(f"{said} Did you mean {', '.join(near)}?", suggestion)
    return Misunderstood(f"{said}{yours(own)}", suggestion)


class _ThingReader:
    """Reads one thing for one verb."""

    def __init__(self, speaker: Speaker, verb: Verb, notes: Notes) -> None:
        self._reader = Reader(speaker, notes)
        self._sites = {site.name: site for site in speaker.sites}
        self._verb = verb
        self._notes = notes

    def read(self, thing: Thing) -> tuple[Target, ...]:
        """The targets of `thing`. Raises Unreadable."""
        if self._verb in LOOKING:
            return self._page(thing)
        return (Target(Kind.EVERYTHING, ""),) if thing.everything else self._reader.read(thing.text, thing.kind)

    def _page(self, thing: Thing) -> tuple[Target, ...]:
        """A look is at pages: a host means its front page, wider kinds name none."""
        if thing.everything:
            raise Unreadable(f"`{self._verb.value}` looks at pages, and everything names none.")
        targets = self._reader.read(thing.text, thing.kind)
        first = targets[0]
        if first.kind is Kind.HOST:
            self._notes.add("Looking at the front page of {}.", first.value)
            schemes = self._sites[first.site].schemes
            return tuple(Target(Kind.URL, f"{scheme}://{first.value}/", first.site) for scheme in schemes)
        if first.kind not in (Kind.URL, Kind.PATH):
            raise Unreadable(f"`{self._verb.value}` looks at pages, and a {first.kind.value} names none.")
        return targets


def _read(heard: Heard, reader: _ThingReader) -> Read:
    read = Read()
    guessed, plainly_guessed = read.guessed, heard.kind is None
    for thing in heard.things:
        if isinstance(thing, Target):
            if thing in guessed:
                read.repeats += 1
                guessed[thing] &= plainly_guessed
            else:
                guessed[thing] = plainly_guessed
            continue
        try:
            targets = reader.read(thing)
        except Unreadable as why:
            read.unread.append((thing, why.with_traceback(None)))  # its frames would outlive a list of 100,000 lines
            continue
        known = len(read.guessed)
        for target in targets:
            if thing.kind is None and not thing.everything:
                read.guessed.setdefault(target, True)
            else:
                read.guessed[target] = False
        read.repeats += len(read.guessed) == known
    return read


def _must_not_be_verb(heard: Heard, read: Read, speaker: Speaker) -> None:
    """A bare first word beside other things was meant as a verb: nothing of the line is taken as understood."""
    if not read.unread or len(heard.things) == 1:
        return
    thing, why = read.unread[0]
    first = thing is heard.things[0] and thing.kind is None and not thing.exact
    if first and isinstance(why, Puzzling) and thing.text.replace("-", "").isalpha():
        raise Confused(unknown_verb(thing, heard, speaker))


def _must_be_one_page(heard: Heard, asked: Command, speaker: Speaker) -> None:
    """`why` explains one page: of a second one nothing would be told."""
    said = {heard.said(n) for n in range(len(heard.things))}
    if asked.verb is Verb.WHY and len(said) > 1:
        problem = f"`why` explains one page at a time, and these are {len(said):,}."
        first = replace(asked, targets=asked.targets[:1], bad=())
        raise Confused(misunderstood(speaker, problem, line_of(first, speaker)))


def _asked(read: Read, heard: Heard, verb: Verb) -> Command:
    """The command as asked, before its site is known and anything is dropped."""
    asked = Command(
        verb=verb,
        targets=tuple(read.guessed),
        soft=_softness(heard.given),
        reason=heard.given.get("because", ""),
        only=heard.given.get("only", ""),
        check="no-check" not in heard.given,
        queue="queue" in heard.given,
        urgent="urgent" in heard.given,
        warm="warm" in heard.given,
        confirm=heard.given.get("confirm", ""),
        places=tuple(filter(None, heard.given.get("from", "").split(","))),
        server=heard.given.get("for", "").lower(),
        bad=tuple(BadLine(thing.number, shown(thing.text), why.problem) for thing, why in read.unread),
    )
    return _with_guesses(asked, (target for target, guessed in read.guessed.items() if guessed))


def _when(heard: Heard, verb: Verb, speaker: Speaker) -> str:
    """When it is to begin, as typed; "" for now. Raises Confused."""
    given = [f"{word} {heard.given[word]}" for word in ("in", "at") if word in heard.given]
    if len(given) > 1:
        raise Confused(Misunderstood("`in` and `at` are two times, and it begins once.", f"{speaker.command} help in"))
    if given and "queue" in heard.given:
        problem = "`--queue` does not go with a time: if the site is held then, the job waits for the release anyway."
        raise Confused(Misunderstood(problem, f"{speaker.command} help {verb.value}"))
    return "".join(given)


def _with_guesses(command: Command, guessed: Iterable[Target]) -> Command:
    """`command` with what was guessed: the kinds of these of its targets."""
    kinds = dict.fromkeys(target.kind for target in guessed)
    words = dict.fromkeys(READ_AS[kind] for kind in kinds)
    return replace(
        command,
        read_as=f"read as {', '.join(words)}" if words else "",
        wants_host_confirmed=command.verb is Verb.PURGE and Kind.HOST in kinds,
    )


def _must_be_proven(asked: Command, speaker: Speaker) -> None:
    """A warming follows a proof, and belongs to one request."""
    if asked.warm and not asked.check:
        problem = "`--warm` fetches what is proven to be new, and `--no-check` leaves the proof out."
        raise Confused(misunderstood(speaker, problem, line_of(replace(asked, check=True, bad=()), speaker)))
    if asked.urgent and asked.queue:
        problem = "`--urgent` does not go with `--queue`: what waits for a release is joined into one plan."
        raise Confused(misunderstood(speaker, problem, line_of(replace(asked, urgent=False, bad=()), speaker)))
    if asked.warm and asked.queue:
        problem = "`--warm` does not go with `--queue`: what waits for a release is joined into one plan."
        raise Confused(misunderstood(speaker, problem, line_of(replace(asked, warm=False, bad=()), speaker)))


def _softness(given: Mapping[str, str]) -> bool | None:
    return True if "soft" in given else False if "hard" in given else None


def _site_of(asked: Command, named: Site | None, speaker: Speaker) -> Site:
    """The one site that its hosts, its words, its channel or being the only one decide."""
    names = {target.site for target in asked.targets if target.site}
    if len(names) > 1 or (named is not None and names - {named.name}):
        raise Confused(two_sites(asked, named, speaker))
    site = named or next((site for site in speaker.sites if site.name in names), None) or site_here(speaker)
    if site is None:
        raise Confused(which_site(asked, speaker))
    if asked.confirm and asked.confirm.lower() != site.name.lower():
        problem = f"--confirm says `{shown(asked.confirm)}`, but this is for {site.name}."
        mended = replace(asked, site=site.name, confirm=site.name)
        raise Confused(misunderstood(speaker, problem, line_of(mended, speaker)))
    return site


def _told(asked: Command, read: Read, site: Site, notes: Notes) -> Command:
    """`asked` on its site, without what is covered, with every repair, guess and omission told."""
    targets, dropped = without_covered(asked.targets)
    if read.repeats:
        notes.add(f"Dropped {read.repeats:,} duplicate{'s' * (read.repeats > 1)}.")
    if dropped:
        notes.add(f"Dropped {dropped:,} that {widest(targets)} covers.")
        asked = _with_guesses(asked, (target for target in targets if read.guessed[target]))
    return replace(
        asked,
        targets=tuple(target if target.site else replace(target, site=site.name) for target in targets),
        site=site.name,
        confirm=site.name if asked.confirm else "",
        notes=notes.told(),
    )
