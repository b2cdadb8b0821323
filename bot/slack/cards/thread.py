"""The thread of a job: a line for each step, with the provider's own ids."""

from __future__ import annotations

from bot.domain.told import Event, Told
from bot.slack.cards.words import count, duration
from bot.slack.escape import code, escape, person


def thread_line(told: Told) -> str:
    """One step in words."""
    return _BEGIN[told.event] + _words(told)


def _words(told: Told) -> str:
    text = escape(told.text, 400)
    match told.event:
        case Event.ALLOWED:
            return f"Allowed by rule {code(told.text)}."
        case Event.ASKED:
            return f"Waits for {count(told.n, 'approval')}, since {text}."
        case Event.VOTED_YES:
            return f"{person(told.who)} agreed."
        case Event.VOTED_NO:
            return f"{person(told.who)} said no{f': {text}' if text else '.'}"
        case Event.EXPIRED:
            return "Expired: nobody agreed in time."
        case Event.LOOKED_BEFORE:
            return f"Before: {text}"
        case Event.LAYER_BEGUN:
            return f"{told.layer}: sending {count(told.n, 'call')}."
        case Event.LAYER_DONE:
            ids = f" · id {', '.join(code(name, 64) for name in told.ids)}" if told.ids else ""
            return f"{told.layer}: done in {duration(told.seconds)}{ids}"
        case Event.LAYER_STOPPED:
            return f"{told.layer}: stopped. {text}"
        case Event.WAITING:
            return f"{told.layer} asked to wait {duration(told.seconds)}."
        case Event.SENT_AGAIN:
            return f"{told.layer}: {count(told.n, 'call')} will be sent again. {text}"
        case Event.RESUMED:
            return f"purgebot started again and goes on; {count(told.n, 'call')} had been in flight."
        case Event.LOOKED:
            return f"Look {told.n}: {text}"
        case Event.ASKED_PERSON:
            return f"The answer of {told.layer} was lost, and a repeat would not be safe by itself: a person decides."
        case Event.CANCELLED:
            return f"Cancelled by {person(told.who)}; {count(told.n, 'call')} stayed unsent."
        case Event.RETRIED:
            return f"{person(told.who)} had it go on."
        case Event.PARKED:
            return f"Parked. {text}"
        case Event.ENDED:
            return f"Ended: {text.replace('_', ' ')}."


_BEGIN = dict.fromkeys(Event, "• ") | {
    Event.LAYER_DONE: "✓ ",
    Event.VOTED_YES: "✓ ",
    Event.VOTED_NO: "✗ ",
    Event.LAYER_STOPPED: "✗ ",
}
