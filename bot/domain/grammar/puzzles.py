"""What is asked back when the things of a line have no meaning, or more than one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.grammar.hearing import TEXT_MAX, Heard, Thing
from bot.domain.grammar.mending import is_fit, misunderstood, typed
from bot.domain.grammar.reading import JobName, NoSuchHost, Puzzling, Reader, SiteName, Star, is_slip
from bot.domain.grammar.saying import line_of, options_line, safe_word
from bot.domain.grammar.speech import (
    KIND_OF,
    LOOKING,
    VERB_OF,
    Choice,
    Command,
    Misunderstood,
    Speaker,
    Verb,
    example_site,
)
from bot.domain.shown import Notes, shown
from bot.domain.site import Site
from bot.domain.target import Target, Unreadable, host_of
from providers.contract import Kind

_LABEL_MAX = 75
_HOST_CHOICES_MAX = 2
_TOLD_MAX = 3  # bad lines that are told when none is good
_NAMES_MAX = 20
_MENDS_MAX = 3  # of one word: a password, then a port, then a kind
_NEAR = 0.7
_NO_MENDS = (
    Kind.EVERYTHING,
    Verb.RELEASE,
    Verb.BREAK_GLASS,
)  # too much for a click on what was typed as something else
_STARTERS = tuple(word for word in (*VERB_OF, *KIND_OF) if word not in _NO_MENDS)


def nothing_named(speaker: Speaker, verb: Verb, named: Site | None, given: Mapping[str, str]) -> Misunderstood:
    """A line without a thing: what to type."""
    if named is not None:
        return ask_site(speaker, verb, named, given)
    site = example_site(speaker)
    if site is None:
        return Misunderstood("No site is configured for you.", f"{speaker.command} help")
    wants = {
        Verb.PLAN: "Type what the plan is for: a URL, path, prefix, tag or host.",
        Verb.CHECK: "Type which URL to look at.",
        Verb.WHY: "Type which page looks old: one URL or path.",
        Verb.LINT: "Type which page's headers to look at.",
        Verb.WARM: "Type which URL to fetch through the edges.",
    }.get(verb, "Type what should be gone: a URL, path, prefix, tag or host.")
    return Misunderstood(wants, f"{speaker.command} {_harmless(verb, site.root_url())}")


def _prefixed(verb: Verb, line: str) -> str:
    return line if verb is Verb.PURGE else f"{verb.value} {line}"


def ask_site(speaker: Speaker, verb: Verb, site: Site, given: Mapping[str, str]) -> Misunderstood:
    """A site's name alone never means everything: what of it?"""
    url = site.root_url()
    problem = f"{site.name} is a site, and its name alone does not say what of it."
    look = verb if verb in LOOKING else Verb.CHECK
    choices = [Choice(f"{look.value.capitalize()} the front page", f"{look.value} {url}")]
    if verb not in LOOKING:
        things = {f"Host {host}": f"host {safe_word(host)}" for host in site.hosts[:_HOST_CHOICES_MAX]}
        things[f"Everything on {site.name}"] = f"everything on {safe_word(site.name)}"
        choices.insert(0, Choice("Plan the front page", f"plan {url}"))
        choices += [Choice(_label(label), _prefixed(verb, line + _tail(given, "on"))) for label, line in things.items()]
    return Misunderstood(problem, f"{speaker.command} {_harmless(verb, url)}", tuple(choices))


def _tail(given: Mapping[str, str], *without: str) -> str:
    """The options as given, for a choice: nobody has confirmed that."""
    options = options_line({name: value for name, value in given.items() if name not in ("confirm", *without)})
    return f" {options}" if options else ""


ALL_HINT = " Only the word everything purges all of a site: in the command itself, without quotes."


def unknown_verb(thing: Thing, heard: Heard, speaker: Speaker) -> Misunderstood:
    """A first word that is neither a verb nor a thing."""
    problem = f"I cannot tell what `{shown(thing.text)}` is.{_all_hint(thing.text)}"
    word = thing.text.lower()[:20]
    slips = [starter for starter in _STARTERS if len(word) == len(starter) and is_slip(word, starter)]
    near = difflib.get_close_matches(word, _STARTERS, 1, _NEAR) or slips[:1]
    mended = heard.text.replace(thing.text, near[0], 1) if near and heard.verb is None else ""
    return misunderstood(speaker, problem, " ".join(mended.split()))


def _all_hint(word: str) -> str:
    near = word.lower() == "all" or difflib.get_close_matches(word.lower()[:20], [Kind.EVERYTHING.value], 1, _NEAR)
    return ALL_HINT if near else ""


def all_unread(
    unread: Sequence[tuple[Thing, Unreadable]], heard: Heard, verb: Verb, speaker: Speaker, named: Site | None
) -> Misunderstood:
    """Nothing of a line could be read."""
    thing, why = unread[0]
    if len(unread) > 1:
        return _none_read(unread, speaker, verb)
    match why:
        case SiteName():
            site = next(site for site in speaker.sites if site.name.lower() == thing.text.lower())
            return ask_site(speaker, verb, site, heard.given)
        case Star():
            return _star(thing, speaker, named)
        case JobName():
            return _job(thing, speaker, verb)
        case Puzzling():
            return _puzzled(why, thing, heard, verb, speaker)
        case _:
            problem = f"I cannot read `{shown(thing.text)}`. {why.problem}"
            mended = _readable(why.instead, verb, speaker)
            instead = _prefixed(verb, mended + _tail(heard.given))
            if mended and is_fit(instead):
                return misunderstood(speaker, problem, instead)
            known = isinstance(why, NoSuchHost) and speaker.sites
            return Misunderstood(problem, f"{speaker.command} {'sites' if known else _example(verb, speaker)}")


def _readable(line: str, verb: Verb, speaker: Speaker) -> str:
    """`line`, or what it is mended to in its turn, once that is understood; "" where it would be refused as well."""
    pages = {Kind.URL, Kind.PATH, Kind.HOST}
    for _ in range(_MENDS_MAX):
        kind, _, word = line.rpartition(" ")
        try:
            targets = Reader(speaker, Notes()).read(word, KIND_OF.get(kind))
        except NoSuchHost:
            return ""
        except Unreadable as why:
            line = why.instead
        else:
            return line if verb not in LOOKING or targets[0].kind in pages else ""
    return ""


def yours(names: Sequence[str]) -> str:
    """ " Yours: shop, blog."; nothing where there are none."""
    more = len(names) - _NAMES_MAX
    listed = ", ".join([*names[:_NAMES_MAX], *([f"and {more:,} more"] if more > 0 else [])])
    return f" Yours: {listed}." if names else ""


def _none_read(unread: Sequence[tuple[Thing, Unreadable]], speaker: Speaker, verb: Verb) -> Misunderstood:
    told = [f"{thing.number}. `{shown(thing.text, 40)}`: {why.problem}" for thing, why in unread[:_TOLD_MAX]]
    more = len(unread) - len(told)
    lines = [f"None of the {len(unread):,} things could be read.", *told, *([f"And {more:,} more."] if more else [])]
    return Misunderstood("\n".join(lines), f"{speaker.command} {_example(verb, speaker)}")


def _example(verb: Verb, speaker: Speaker) -> str:
    """A line of the speaker's own that can be copied."""
    site = example_site(speaker)
    return _harmless(verb, site.root_url()) if site else "help"


def _harmless(verb: Verb, url: str) -> str:
    """A line on what nobody asked to purge, which therefore purges nothing."""
    return f"{(verb if verb in LOOKING else Verb.PLAN).value} {url}"


def _star(thing: Thing, speaker: Speaker, named: Site | None) -> Misunderstood:
    site = named or example_site(speaker)
    said = f"`{shown(thing.text)}` alone does not mean everything."
    if site is None:
        return Misunderstood(f"{said} No site is configured for you.", f"{speaker.command} help")
    everything = f"everything on {safe_word(site.name)}"
    whole = f"{typed(speaker, _confirmed(everything, site, speaker))} because …"
    problem = (
        f"{said} To empty {site.name} type `{whole}`; for a part of it name pages, a tag, or what lies below a path."
    )
    choices = (
        Choice(_label(f"Everything on {site.name}"), everything),
        Choice("Only the front page", site.root_url()),
    )
    return Misunderstood(problem, whole, choices)


def _confirmed(line: str, site: Site, speaker: Speaker) -> str:
    """`line`, confirmed where no form asks for that: in a shell."""
    return line if _has_forms(speaker) else f"{line} --confirm {safe_word(site.name)}"


def _has_forms(speaker: Speaker) -> bool:
    return speaker.command.startswith("/")


def _job(thing: Thing, speaker: Speaker, verb: Verb) -> Misunderstood:
    """A job's name where a thing belongs. Whoever asks to look at something is offered nothing that would purge."""
    job = thing.text.upper()
    offered = ("status", "show") if verb in LOOKING else ("status", "show", "retry")
    choices = tuple(Choice(f"{word.capitalize()} {job}", f"{word} {job}") for word in offered)
    problem = f"{job} is a job, not something to purge or look at."
    return Misunderstood(problem, f"{speaker.command} show {job}", choices)


def _puzzled(why: Unreadable, thing: Thing, heard: Heard, verb: Verb, speaker: Speaker) -> Misunderstood:
    """One word with no meaning: a choice per reading."""
    word = thing.text
    problem = f"{why.problem}{_all_hint(word)}"
    unfit = ":" in word or not (word.isascii() and is_fit(word) and any(c.isalnum() for c in word))
    if unfit or verb in LOOKING or not speaker.sites:
        return Misunderstood(problem, f"{speaker.command} {_example(verb, speaker)}")
    tail = _tail(heard.given)
    forms = {} if "," in word else {"Tag": safe_word(f"tag:{word}")}  # no tag holds a comma
    forms["Path"] = f"path {safe_word('/' + word)}"
    if "?" not in word and "#" not in word:
        forms["Prefix"] = f"prefix {safe_word('/' + word + '/')}"
    choices = tuple(Choice(_label(f"{name} {word}"), _prefixed(verb, line + tail)) for name, line in forms.items())
    return Misunderstood(problem, typed(speaker, choices[0].line), choices)


def which_site(command: Command, speaker: Speaker) -> Misunderstood:
    """Something that every site may have: which one is meant?"""
    target = command.targets[0]
    name = target.value or target.kind.value
    if not speaker.sites:
        return Misunderstood("No site is configured for you.", f"{speaker.command} help")
    problem = f"Which site is `{shown(name)}` for?"
    commands = [_at(site.name, command, command.targets) for site in speaker.sites]
    is_whole = command.verb is Verb.PURGE and target.kind is Kind.EVERYTHING
    if is_whole and not _has_forms(speaker):
        commands = [replace(one, confirm=one.site) for one in commands]
    return _per_site(problem, commands, speaker)


def two_sites(command: Command, named: Site | None, speaker: Speaker) -> Misunderstood:
    """Targets of several sites in one request: a line for each."""
    names = list(dict.fromkeys(target.site for target in command.targets if target.site))
    if named is not None and len(names) == 1:
        first = next(target for target in command.targets if target.site)
        problem = f"`{shown(host_of(first))}` belongs to {names[0]}, not to {named.name}."
    else:
        counts = ", ".join(f"{name} ({_count(command.targets, name):,})" for name in names)
        problem = f"One request is for one site, and these belong to {len(names)}: {counts}."
    if command.bad:
        problem += f" {len(command.bad):,} more could not be read."
    parts = []
    for site in speaker.sites:
        own = [target for target in command.targets if target.site in ("", site.name)]
        if named is not None and site.name == named.name and own:
            parts.append(_at(site.name, command, own))
        elif site.name in names:
            parts.append(_at(site.name, command, [t for t in own if t.kind is not Kind.EVERYTHING]))
    return _per_site(problem, parts, speaker)


def _at(site: str, command: Command, targets: Sequence[Target]) -> Command:
    """`command` for one site; only that site's own name confirms anything there."""
    confirm = command.confirm if command.confirm.lower() == site.lower() else ""
    return replace(command, site=site, targets=tuple(targets), confirm=confirm)


def _count(targets: Sequence[Target], site: str) -> int:
    return sum(target.site == site for target in targets)


def _per_site(problem: str, commands: Sequence[Command], speaker: Speaker) -> Misunderstood:
    lines = {command.site: line_of(command, speaker) for command in commands}
    choices = tuple(Choice(_label(f"On {name}"), line) for name, line in lines.items() if len(line) <= TEXT_MAX)
    copied = choices[0].line if choices and is_fit(choices[0].line) else "help lists"
    return Misunderstood(problem, typed(speaker, copied), choices)


def _label(text: str) -> str:
    return shown(text, _LABEL_MAX)
