"""Thread and journal as one timeline: each moment once, oldest first."""

from __future__ import annotations

from bot.domain.jobs.thread_step import Event, Told
from bot.domain.jobs.timeline import Entry, Moment, timeline

T = 1_800_000_000.0
ASKED, DECIDED = Entry("asked", "U_MIA", {"calls": 2}), Entry("decided", "policy", {"rule": "small"})
ALLOWED, DONE = Told(Event.ALLOWED, text="small"), Told(Event.LAYER_DONE, layer="Varnish")


def test_what_both_tell_is_told_once() -> None:
    entries = [(T, ASKED), (T, DECIDED), (T + 2, Entry("layer", "purgebot")), (T + 3, Entry("proof", "purgebot"))]
    steps = [(T, ALLOWED), (T + 2, DONE), (T + 3, Told(Event.LOOKED, text="fresh"))]
    assert timeline(steps, entries) == (
        Moment(T, ASKED),
        Moment(T, ALLOWED),
        Moment(T + 2, DONE),
        Moment(T + 3, Told(Event.LOOKED, text="fresh")),
    )


def test_a_rule_that_asks_people_is_told_beside_the_waiting() -> None:
    waits = Told(Event.ASKED, n=2, text="it empties the site")
    assert (Moment(T, DECIDED), Moment(T, waits)) == timeline([(T, waits)], [(T, DECIDED)])


def test_an_entry_of_another_time_is_told() -> None:
    entry = Entry("layer", "purgebot")
    assert (Moment(T, DONE), Moment(T + 60, entry)) == timeline([(T, DONE)], [(T + 60, entry)])


def test_entries_that_no_thread_knows_are_told() -> None:
    entry = Entry("glass_broken", "U_LEA", {"reason": "outage"})
    assert (Moment(T, entry), Moment(T + 1, DONE)) == timeline([(T + 1, DONE)], [(T, entry)])


def test_what_a_vote_led_to_is_told_after_it() -> None:
    held, yes = Told(Event.HELD, who="U_KIM"), Told(Event.VOTED_YES, who="U_LEA")
    approved = Entry("approved", "policy", {"votes": 2})
    assert (Moment(T, yes), Moment(T, approved), Moment(T, held)) == timeline([(T, held), (T, yes)], [(T, approved)])
