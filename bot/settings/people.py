"""Whom a policy names: groups, Slack ids, tokens and schedules, each checked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping

from bot.domain.policies.policy import GUESTS, MEMBERS, SCHEDULE, SCHEDULES, TOKEN
from bot.settings.complaints import Complaints, quoted, unknown
from bot.settings.parts import SLACK_ID
from bot.settings.reader import Data, Place, type_names
from bot.settings.slips import meant, meant_id

_PEOPLE_ID = re.compile(r"[UWS][A-Z0-9_]+")
_WORDS = (MEMBERS, GUESTS, SCHEDULES)
_GROUP_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_IDS = "Write the user-group's id, such as S0SRE, or people's own, such as U0LEA: names change, ids do not."


class PeopleReader:
    """Reads groups first, then every word that names people."""

    def __init__(self, complaints: Complaints, tokens: Collection[str], schedules: Collection[str] = ()) -> None:
        self._complaints = complaints
        self._tokens = tokens
        self._schedules = schedules
        self._groups: dict[str, tuple[str, ...]] = {}
        self._known: frozenset[str] = frozenset()
        self._doubtful: set[str] = set()  # groups that are not read in full

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Every group as Slack ids, what it takes from other groups included."""
        return self._groups

    def read_groups(self, data: Data, place: Place, approvers: tuple[str, ...]) -> None:
        """Learn the groups. `approvers` are that group's people where the policy has none of that name."""
        typed = data if isinstance(data, dict) else {}
        self._known = frozenset({*typed, *(["approvers"] if approvers else [])})
        written: dict[str, tuple[str, ...]] = {}
        for name, value in typed.items():
            before = len(self._complaints)
            written[name] = self._group(name, value, (*place, name))
            if len(self._complaints) > before:
                self._doubtful.add(name)
        if approvers:
            written = {"approvers": approvers} | written
        for name in written:
            before = len(self._complaints)
            self._groups[name] = self._spread(name, written, (*place, name), ())
            if len(self._complaints) > before:
                self._doubtful.add(name)

    def _group(self, name: str, data: Data, place: Place) -> tuple[str, ...]:
        if not _GROUP_NAME.fullmatch(name) or name in _WORDS:
            advice = "Use up to 40 letters, digits, `-`, `_` and `.`, beginning with a letter or digit."
            taken = name in _WORDS
            what = f"{quoted(name)} {'means something already' if taken else 'is no name for a group'}."
            self._complaints.add(place, what, "Give the group another name." if taken else advice)
        elif _PEOPLE_ID.fullmatch(name):
            self._complaints.add(place, f"{quoted(name)} looks like a Slack id.", "Name the group in small letters.")
        words = [data] if isinstance(data, str) else data
        if not isinstance(words, list):
            what = "must be a list, not keys and values." if words else "is empty."
            self._complaints.add(place, what, "Write [S0SRE, U0LEA], by Slack ids.")
            return ()
        if not words:
            self._complaints.add(place, "is empty.", "Name at least one.")
        found = [self._member(word, name, (*place, n)) for n, word in enumerate(words)]
        self.refuse_twins(found, place)
        return tuple(dict.fromkeys(word for word in found if word))

    def _member(self, word: Data, group: str, place: Place) -> str:
        if not isinstance(word, str):
            self._complaints.add(place, f"must be a Slack id, not {type_names[type(word)]}.", _IDS)
            return ""
        if word in _WORDS or word.startswith((TOKEN, SCHEDULE)):
            self._complaints.add(place, f"{quoted(word)} cannot be in a group.", "Name it in a rule's `who` itself.")
            return ""
        if word != group and word.lower() == group.lower():  # no other group is meant, so it is the name at Slack
            self._complaints.add(place, f"{quoted(word)} is a name, not an id.", _IDS)
            return ""
        return self._name(word, place, self._known - {group} if word != group else self._known, _IDS)

    def _spread(
        self, name: str, written: Mapping[str, tuple[str, ...]], place: Place, inside: tuple[str, ...]
    ) -> tuple[str, ...]:
        if name in self._doubtful:
            self._doubtful.update(inside)
        if name in inside:
            self._complaints.add(place, "holds itself.", "Name people and user-groups by their ids instead.")
            return ()
        found: list[str] = []
        for word in written[name]:
            found += self._spread(word, written, place, (*inside, name)) if word in written else [word]
        return tuple(dict.fromkeys(found))

    def who(self, words: list[str], place: Place) -> tuple[str, ...]:
        """Whom a rule speaks of: groups, ids, members, guests, tokens, schedules."""
        return self._all(words, place, self._asker)

    def askable(self, words: list[str], place: Place, deed: str = "be asked") -> tuple[str, ...]:
        """People who may be asked, or do whatever `deed` says: groups and ids only."""

        def person(word: str, here: Place) -> str:
            if word in _WORDS or word.startswith((TOKEN, SCHEDULE)):
                self._complaints.add(here, f"{quoted(word)} cannot {deed}.", "Name a group, or people by their ids.")
                return ""
            return self._name(word, here, self._known)

        return self._all(words, place, person)

    def size(self, words: tuple[str, ...]) -> int | None:
        """How many different people `words` are; None where a user-group is among them, which Slack alone knows, or a
        group that something is wrong with."""
        if not self._doubtful.isdisjoint(words):
            return None
        ids = self.ids(words)
        return None if any(one.startswith("S") for one in ids) else len(ids)

    def ids(self, words: tuple[str, ...]) -> frozenset[str]:
        """The Slack ids behind `words`."""
        return frozenset(one for word in words for one in self._groups.get(word, (word,)))

    def refuse_twins(self, words: list[str], place: Place) -> None:
        """Complain about what is named twice."""
        for n, word in enumerate(words):
            if word and word in words[:n]:
                self._complaints.add((*place, n), f"{quoted(word)} is named twice.", "Keep one.")

    def _all(self, words: list[str], place: Place, read: Callable[[str, Place], str]) -> tuple[str, ...]:
        several = len(words) > 1
        found = [read(word, (*place, n) if several else place) for n, word in enumerate(words)]
        self.refuse_twins(found, place)
        return tuple(word for word in found if word)

    def _asker(self, word: str, place: Place) -> str:
        if word in _WORDS:
            return word
        if word.startswith(SCHEDULE):
            return self._schedule(word, place)
        if word.startswith(TOKEN):
            token = word.removeprefix(TOKEN)
            if token not in self._tokens:
                self._complaints.add(place, *unknown("token", token, self._tokens))
                return ""
            return word
        if word in self._tokens and word not in self._known:
            self._complaints.add(place, f"{quoted(word)} is a token.", f"Write {TOKEN}{word}.")
            return ""
        return self._name(word, place, {*self._known, MEMBERS, GUESTS})

    def _schedule(self, word: str, place: Place) -> str:
        name = word.removeprefix(SCHEDULE)
        if name in self._schedules:
            return word
        self._complaints.add(place, *unknown("schedule", name, self._schedules))
        return ""

    def _name(self, word: str, place: Place, known: Collection[str], otherwise: str = "") -> str:
        """A group's name or a Slack id, as it stands; "" after complaining, with what to write `otherwise` where no
        group is like it."""
        if word in self._known:
            return word
        near = [name for name in known if name.lower() == word.lower()]
        if _PEOPLE_ID.fullmatch(word) and not near:
            return word
        self._complaints.add(place, *_no_name(word, known, bool(near), otherwise))
        return ""


def _no_name(word: str, known: Collection[str], is_near: bool, otherwise: str) -> tuple[str, str]:
    """Why a word is no group and no id, and what to write."""
    if re.fullmatch(r"[<@#!].*", word):
        return f"{quoted(word)} is a name, not an id.", _IDS
    if "@" in word:
        return f"{quoted(word)} is an address, not an id.", _IDS
    if meant_id(word) and not is_near:
        return f"{quoted(word)} is no group, and Slack ids are in capitals.", f"Write {meant_id(word)}."
    slip = meant("group or person" if MEMBERS in known else "group", word, known)
    if slip:
        return slip
    is_like = difflib.get_close_matches(word.lower(), known, 1)
    if re.fullmatch(SLACK_ID, word) and not is_like:
        return f"{quoted(word)} is no person's or user-group's id.", _IDS
    if word == "approvers":
        return "there is no group `approvers`.", "Add it to policy.groups, or name approvals.approvers."
    what, advice = unknown("group", word, known)
    return what, advice if known and (is_like or not otherwise) else otherwise or "Add it to policy.groups."
