"""The Home tab: what waits for the person first, then what runs, what came of the latest, and their sites.

Slack takes 100 blocks; of characters, dialogs and all, there are never more than CHARACTERS here: a row that has no
room is counted instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from bot.domain.jobs.hold import ALL, Hold
from bot.domain.jobs.job import JobView, State
from bot.domain.shown import count
from bot.domain.site import Site
from bot.services.home import HomeView, Request
from bot.services.replies import Waits
from bot.slack.cards.blocks import Block, actions, button, context, section
from bot.slack.cards.holds import begun, hold_line, place, until, waiting_line
from bot.slack.cards.outcome import approvals_left, outcome
from bot.slack.cards.private import copied, refusal_card
from bot.slack.cards.request import asked_for, vote_buttons
from bot.slack.cards.undone import mended
from bot.slack.cards.words import arrows, clock, hosts, listed, number, subject
from bot.slack.escape import code, cut_marked, escape, linked, person

CHARACTERS = 10_000
REST = 9_400  # characters for everything but the first lines, titles and counts
SHARE = 1_100  # of them, for each list but the requests, which have what the others leave
ROWS = 11  # at most, of each list: none is that long, and six of them have no more than 100 blocks
LINE_MAX, WHY_MAX, NOTE_MAX, SECTION_MAX = 330, 160, 250, 1_000
ASKERS_SHOWN = HOLDS_NAMED = THINGS_SHOWN = 3
THING_MAX = 80
UNDONE_SHOWN = 6
CALLBACK = "home"
PURGE_FORM = "open_purge_form"

Row = list[Block]


def home_view(home: HomeView, now: float, note: tuple[str, str] = ("", "")) -> Block:
    """The view at `now` (seconds since the epoch); `note` is what the last click here came to, and what to do."""
    blocks = [section(_refused(home))] if home.refused is not None else _whole(home, now, note)
    return {"type": "home", "callback_id": CALLBACK, "blocks": blocks}


def _refused(home: HomeView) -> str:
    why = home.refused
    return f"⚫ You cannot use purgebot. {escape(why.why)} {escape(why.advice)}" if why else ""


def _whole(home: HomeView, now: float, note: tuple[str, str]) -> list[Block]:
    status = code(f"{home.command} status")
    told, reader = list(_note(note)), home.actor.id
    below = [
        _part("Your requests that wait", _own(home, now), home.waiting_total + home.queued_total, status),
        _part("Wait for a hold", (_running(job, now, reader) for job in home.held), home.held_total, status),
        _part("Running", (_running(job, now, reader) for job in home.running), home.running_total, status),
        _part("Recent", (_ended(job, now) for job in home.ended), len(home.ended), ""),
        _part("Your sites", _sites(home), home.sites_total, code(f"{home.command} sites")),
        _part("What is still to be done", _undone(home), len(home.undone), code(f"{home.command} doctor")),
    ]
    room = REST - _weight(below) - _weight(told)
    rows = (_request(request, home.command) for request in home.requests)
    votes = _part("Waits for your vote", rows, home.requests_total, status, room)
    first = section(_first(home)) | _purge_button(home)
    return [first, *told, *votes, *(block for part in below for block in part), *_last(home)]


def _first(home: HomeView) -> str:
    waiting = home.waiting_total + home.queued_total
    one, many = ("", "") if home.requests_total else ("request ", "requests ")
    told = [
        _are(home.requests_total, "request waits", "requests wait", " for your vote"),
        _are(waiting, f"{one}of yours waits", f"{many}of yours wait"),
        _are(home.held_total, "job waits for a hold", "jobs wait for a hold"),
        _are(home.running_total, "job runs", "jobs run"),
    ]
    words = " · ".join(filter(None, told))
    own = _own_holds(home)
    if not words:
        return f"🟡 {own}" if own else "⚪ Nothing waits for you, and nothing runs."
    is_yellow = home.requests_total or waiting or home.held_total or own
    return f"{'🟡' if is_yellow else '🔵'} {words}{f' · {own}' if own else ''}"


def _own_holds(home: HomeView) -> str:
    """What the reader holds, and until when."""
    own = [hold for hold in home.holds if hold.by == home.actor.id]
    if len(own) == 1:
        return f"you hold {place(own[0].site)} {until(own[0])}"
    return f"you hold {listed([place(hold.site) for hold in own], HOLDS_NAMED)}" if own else ""


def _purge_button(home: HomeView) -> Block:
    """The form for a purge, for who has a site to purge on."""
    return {"accessory": button("Purge …", PURGE_FORM, "form")} if home.sites_total else {}


def _are(n: int, one: str, many: str, what: str = "") -> str:
    return f"{count(n, one, many)}{what}" if n else ""


def _note(note: tuple[str, str]) -> Iterator[Block]:
    what, advice = note
    if what:
        yield from refusal_card(what[:NOTE_MAX], advice[:NOTE_MAX]).blocks


def _last(home: HomeView) -> Iterator[Block]:
    if home.observing:
        yield context(["This bot only observes: it plans and looks, and purges nothing."])
    if not (home.ended or home.running or home.held or home.waiting or home.queued or home.requests):
        yield context([copied("Begin with", f"{home.command} plan https://…")])


def _part(title: str, rows: Iterable[Row], total: int, where: str, room: int = SHARE) -> list[Block]:
    """A titled list of as many rows as there is room for; the rest is counted, and `where` lists it."""
    shown = list(_fitting(rows, room))
    if not shown:
        return []
    more = total - len(shown)
    rest = [context([f"and {number(more)} more: {where}"])] if more > 0 and where else []
    head: Block = {"type": "header", "text": {"type": "plain_text", "text": title}}
    return [head, *(block for row in shown for block in row), *rest]


def _fitting(rows: Iterable[Row], room: int) -> Iterator[Row]:
    for row in islice(rows, ROWS):
        room -= _weight(row)
        if room < 0:
            return
        yield row


def _weight(value: object) -> int:
    """The characters that people can read in blocks, dialogs and buttons too."""
    match value:
        case {"text": str(text)}:
            return len(text)
        case Mapping():
            return sum(map(_weight, value.values()))
        case list():
            return sum(map(_weight, value))
        case _:
            return 0


def _request(request: Request, command: str) -> Row:
    job, approval = request.job, request.job.approval
    agreed = [person(vote.by) for vote in approval.votes if vote.yes] if approval else []
    lines = [
        f"🟡 *{job.name}* {_askers(job)} to purge {subject(job)}",
        *asked_for(job, command),
        f"Rule {code(approval.rule, 80)}: {escape(approval.why)}" if approval else "",
        _joined(
            f"needs {approvals_left(job)}",
            f"agreed so far: {', '.join(islice(agreed, 3))}" if agreed else "",
            f"expires {clock(approval.expires)}" if approval else "",
            linked(job.url, "Its card"),
        ),
    ]
    if not request.token:
        lines.append(f"Vote with `{command} approve {job.name}` or `{command} deny {job.name} because …`.")
    voting = actions(vote_buttons(job, request.token), job.name) if request.token else []
    told = "\n".join(cut_marked(line, LINE_MAX) for line in lines if line)
    return [section(cut_marked(told, SECTION_MAX)), *voting]


def _own(home: HomeView, now: float) -> Iterator[Row]:
    yield from (_waiting(job, now, home.actor.id) for job in home.waiting)
    yield from (_queued(waits) for waits in home.queued)


def _queued(waits: Waits) -> Row:
    name = waits.request.name
    told = section(cut_marked(waiting_line(waits, by=False), LINE_MAX), name)
    return [told | {"accessory": button("Cancel", "cancel", name)}]


def _askers(job: JobView) -> str:
    return f"{listed([*map(person, job.askers)], ASKERS_SHOWN)} ask{'' if job.also_by else 's'}"


def _waiting(job: JobView, now: float, reader: str) -> Row:
    return [_line(job, now, button("Cancel", "cancel", job.name) if reader in job.owners else None)]


def _running(job: JobView, now: float, reader: str) -> Row:
    own = reader in job.owners
    return [_line(job, now, button("Cancel", "cancel", job.name) if own and job.state is not State.CHECKING else None)]


def _ended(job: JobView, now: float) -> Row:
    can_be_checked = job.state in (State.DONE, State.PARTIAL)
    return [_line(job, now, button("Check again", "check_again", job.name) if can_be_checked else None)]


def _line(job: JobView, now: float, offered: Block | None) -> Block:
    """A job's first line, as on its card, and one button."""
    card = linked(job.url, "Its card")
    told = section(_joined(cut_marked(outcome(job, now), LINE_MAX), card), job.name)
    return told | ({"accessory": offered} if offered else {})


def _sites(home: HomeView) -> Iterator[Row]:
    """The sites, each with what holds it: its own hold, else that on every site."""
    held = {hold.site: hold for hold in home.holds}
    for site, may in home.sites:
        yield _site(site, may, held.get(site.name) or held.get(ALL))


def _site(site: Site, may: str, hold: Hold | None) -> Row:
    layers = arrows([escape(layer.account, 40) for layer in site.layers]) or "none"
    where = f"*{escape(site.name, 60)}* ({site.environment}): {hosts(site.hosts)} · layers {layers}"
    held = f"\n🟡 {cut_marked(begun(hold_line(hold)), LINE_MAX)}" if hold else ""
    return [section(f"{cut_marked(where, LINE_MAX)}\n{escape(may[:1].upper() + may[1:], LINE_MAX)}{held}")]


def _undone(home: HomeView) -> Iterator[Row]:
    """What is missing, and under it the line that mends it."""
    for undone in home.undone[:UNDONE_SHOWN]:
        yield [section(f"{escape(undone.what, LINE_MAX)}\n{mended(undone, LINE_MAX)}".rstrip())]


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))
