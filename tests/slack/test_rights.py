"""Who may do what: the table of docs/rights.md against every door, with what is then found in the ledger."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from bot.domain.grammar.command import Verb
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.rights import Deed
from playground.people import TEAM
from tests.slack.doors import PAGE, House, Seen, house
from tests.slack.rights_page import BUTTONS, DEEDS, FORMS, HOME, LINES, ROLES, SHORTCUTS, is_no, pairs
from tests.slack.town import OTHER_TEAM, TOKENS


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody in the walk: the role whose column counts, and whether the job is their own."""

    name: str
    id: str
    role: str
    team: str = TEAM
    own: bool = False
    is_away: bool = False


PEOPLE = (
    Who("a member", "U_MIA", "member"),
    Who("the requester", "U_MIA", "member", own=True),
    Who("a breaker", "U_KIM", "breaker"),
    Who("a breaker, on what she asked for", "U_KIM", "breaker", own=True),
    Who("an approver by id", "U_LEA", "approver"),
    Who("an approver by user-group", "U_SAM", "approver"),
    Who("a guest named as approver", "U_GUEST_VOTES", "approver"),
    Who("an approver, on what she asked for", "U_LEA", "approver", own=True),
    Who("a guest", "U_GUEST", "outsider"),
    Who("a guest of one channel", "U_GUEST_ONE", "outsider"),
    Who("a guest in the approvers' user-group", "U_GUEST_GROUP", "outsider"),
    Who("a requester who is a guest by now", "U_GUEST", "outsider", own=True),
    Who("a bot", "U_BOB", "outsider"),
    Who("an app", "U_APP", "outsider"),
    Who("a stranger", "U_EXT", "outsider", OTHER_TEAM),
    Who("a stranger with an approver's id", "U_LEA", "outsider", OTHER_TEAM),
    Who("a stranger with the requester's id", "U_MIA", "outsider", OTHER_TEAM, own=True),
    Who("a named guest", "U_GUEST_NAMED", "named outsider"),
    Who("a named guest, in the approvers' user-group too", "U_GUEST_BOTH", "named outsider"),
    Who("a named guest, on what they asked for", "U_GUEST_NAMED", "named outsider", own=True),
    Who("a named bot", "U_BOB_NAMED", "named outsider"),
    Who("a named stranger", "U_EXT_NAMED", "named outsider", OTHER_TEAM),
    Who("a named stranger's id elsewhere", "U_EXT_NAMED", "outsider", "T_THIRD"),
    Who("deactivated", "U_GONE", "nobody"),
    Who("deactivated, named", "U_GONE_NAMED", "nobody"),
    Who("deactivated, an approver", "U_GONE_VOTES", "nobody"),
    Who("a requester who is deactivated by now", "U_GONE", "nobody", own=True),
    Who("unreadable", "U_NOBODY", "nobody"),
    Who("an approver while Slack is away", "U_LEA", "nobody", is_away=True),
)
SOME = PEOPLE[::4]  # a mention is a line like any other
MACHINES = (
    *(Who(role, actor.id, role) for role, actor in TOKENS.items()),
    Who("token, on what it asked for", "token:ci", "token", own=True),
    Who("reading token, on what it asked for", "token:eye", "reading token", own=True),
)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do at a door: the deed, the state of the job or the site on hold that it is about, and what a yes
    leads to."""

    door: str
    what: str
    deed: Deed
    text: str = ""  # a line; {job} is the job's name
    before: State | None = None
    made: tuple[State, ...] = ()
    after: State | None = None
    held: str = ""  # a site, or "*" for every one

    def __str__(self) -> str:
        return f"{self.door}: {self.what}"


WHY = "the front page shows prices of yesterday"
TYPED = (
    ("purge", Verb.PURGE, PAGE, None, (State.QUEUED,), None),
    ("purge widely", Verb.PURGE, "prefix www.shop.test/a/", None, (State.WAITING,), None),
    ("purge everything", Verb.PURGE, "everything on shop because x --confirm shop", None, (State.WAITING,), None),
    ("purge urgently", Verb.PURGE, f"{PAGE} --urgent", None, (State.QUEUED,), None),
    ("plan", Verb.PLAN, f"plan {PAGE}", None, (), None),
    ("check", Verb.CHECK, f"check {PAGE}", None, (), None),
    ("warm", Verb.WARM, f"warm {PAGE}", None, (), None),
    ("lint", Verb.LINT, f"lint {PAGE}", None, (), None),
    ("why", Verb.WHY, f"why {PAGE}", None, (), None),
    ("status", Verb.STATUS, "status {job}", State.DONE, (), State.DONE),
    ("show", Verb.SHOW, "show {job}", State.DONE, (), State.DONE),
    ("cancel", Verb.CANCEL, "cancel {job}", State.QUEUED, (), State.CANCELLED),
    ("schedules", Verb.SCHEDULES, "schedules", None, (), None),
    ("run", Verb.RUN, "run {job}", State.SCHEDULED, (), State.QUEUED),
    ("retry", Verb.RETRY, "retry {job}", State.FAILED, (), State.QUEUED),
    ("approve", Verb.APPROVE, "approve {job}", State.WAITING, (), State.QUEUED),
    ("hold", Verb.HOLD, "hold shop because x", None, (), None),
    ("hold all", Verb.HOLD, "hold all because x", None, (), None),
    ("release", Verb.RELEASE, "release shop", None, (), None),
    ("release all", Verb.RELEASE, "release all", None, (), None),
    ("break-glass", Verb.BREAK_GLASS, f"break-glass {{job}} because {WHY}", State.WAITING, (), State.QUEUED),
    ("review", Verb.REVIEW, "review {job} looked at it", State.DONE, (), State.DONE),
    ("log", Verb.LOG, "log", None, (), None),
    ("stats", Verb.STATS, "stats", None, (), None),
    ("nothing", Verb.PURGE, "", None, (), None),
    ("not understood", Verb.SITES, "frobnicate", None, (), None),
    ("deny", Verb.DENY, "deny {job} no", State.WAITING, (), State.DENIED),
    ("sites", Verb.SITES, "sites", None, (), None),
    ("queue", Verb.QUEUE, "queue shop", None, (), None),
    ("limits", Verb.LIMITS, "limits shop", None, (), None),
    ("doctor", Verb.DOCTOR, "doctor shop", None, (), None),
    ("whoami", Verb.WHOAMI, "whoami", None, (), None),
    ("help", Verb.HELP, "help", None, (), None),
)
AT_HOME = (
    ("open", State.WAITING, State.WAITING),
    ("open_purge_form", State.WAITING, State.WAITING),
    ("approve", State.WAITING, State.QUEUED),
    ("deny", State.WAITING, State.WAITING),
    ("cancel", State.WAITING, State.CANCELLED),
    ("check_again", State.DONE, State.CHECKING),
)
LOG = ("log_page", "log_newer", "log_csv", "log_json")
CLICKED = (
    ("approve", State.WAITING, (), State.QUEUED),
    ("deny", State.WAITING, (), State.WAITING),
    ("cancel", State.QUEUED, (), State.CANCELLED),
    ("queue_cancel", State.QUEUED, (), State.CANCELLED),
    ("queue_more", None, (), None),
    ("queue_before", None, (), None),
    ("run_now", State.SCHEDULED, (), State.QUEUED),
    ("retry", State.FAILED, (), State.QUEUED),
    ("repeat_anyway", State.NEEDS_DECISION, (), State.QUEUED),
    ("close_review", State.DONE, (), State.DONE),
    ("check_again", State.DONE, (), State.CHECKING),
    ("why", None, (), None),
    ("purge_again", State.DONE, (State.QUEUED,), State.DONE),
    ("pick", None, (State.QUEUED,), None),
    ("fix", None, (State.QUEUED,), None),
    ("go_with_good", None, (State.QUEUED,), None),
    ("confirm_host", None, (State.QUEUED,), None),
    ("open_form", None, (), None),
    ("recent", None, (), None),
    *((action, None, (), None) for action in LOG),
)
ALL_SITES = {"hold all": Deed.HOLD_ALL, "purge urgently": Deed.URGENT}
HELD = {"release": "shop", "release all": "*"}
TRACELESS = (Deed.HELP, Deed.SEE, Deed.PLAN, Deed.CHECK)  # a look may leave a trace, and may not
SLASH, MENTION, MACHINE = (
    [
        Act(door, what, ALL_SITES.get(what, LINES[verb]), text, before, made, after, HELD.get(what, ""))
        for what, verb, text, before, made, after in TYPED
    ]
    for door in ("slash command", "mention", "terminal, HTTP")
)
BUTTON = [Act("button", what, BUTTONS[what], "", before, made, after) for what, before, made, after in CLICKED]
TAB = [Act("App Home", what, HOME[what], "", before, (), after) for what, before, after in AT_HOME]
FORM = [
    Act("form", "everything", FORMS["everything"], made=(State.WAITING,)),
    Act("form", "purge", FORMS["purge"], made=(State.QUEUED,)),
    Act("form", "deny", FORMS["deny"], before=State.WAITING, after=State.DENIED),
]
SHORTCUT = [Act("global shortcut, message shortcut", name, deed) for name, deed in SHORTCUTS.items()]
OPENING = ("open_form", "open_purge_form", "nothing", "recent", *SHORTCUTS)  # a form is opened, or filled in
READ = [Act("terminal, HTTP", "read a job", Deed.SEE, "", State.DONE, (), State.DONE)]
BY_PEOPLE = [*SLASH, *BUTTON, *SHORTCUT, *TAB, *FORM]
BY_MACHINES = [*MACHINE, *READ]


def is_a_cell(act: Act, who: Who) -> bool:
    """Lists name no site, so that nothing in them is foreign; to a line that is not understood HTTP has no yes."""
    lists = act.what in ("sites", "log", "stats", "schedules") and who.role == "foreign token"
    return not lists and act.what not in ("not understood", "nothing")


CELLS = [
    *((act, who) for act in BY_PEOPLE for who in PEOPLE if (act, who.name) != (TAB[0], "a named bot")),  # has no Home
    *((act, who) for act in MENTION for who in SOME),
    *((act, who) for act in BY_MACHINES for who in MACHINES if is_a_cell(act, who)),
]
WALK: dict[Act, list[Who]] = {}
for _act, _who in CELLS:
    WALK.setdefault(_act, []).append(_who)


def is_allowed(act: Act, who: Who) -> bool:
    """What the table says, where the policy lets everybody purge whom it may let."""
    match DEEDS[act.deed][who.role]:
        case "yes":
            return True
        case "own":
            return who.own
        case "not own":
            return not who.own
        case "policy":
            return True
        case _:
            return False


DEPLOYS = "a pipeline that tells of a deploy, signed"  # one deed for one role, which tests/faces/test_hook.py walks
INVITATION = "invitation of the bot to a channel"  # asks for nothing; tests/slack/test_welcome.py walks it


def test_the_walk_knows_every_line_button_form_and_role() -> None:
    assert set(Verb) == {verb for _, verb, *_ in TYPED}
    assert set(BUTTONS) == {act.what for act in BUTTON}
    assert set(HOME) == {act.what for act in TAB}
    assert set(SHORTCUTS) == {act.what for act in SHORTCUT}
    assert set(FORMS) == {act.what for act in FORM}
    assert set(pairs("door")) == {act.door for act, _ in CELLS} | {DEPLOYS, INVITATION}
    assert set(ROLES) == {who.role for _, who in CELLS} | {"machine"}  # at no door; tests/faces/test_local.py
    assert len(CELLS) >= 300


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("act", WALK, ids=str)
async def test_what_comes_of_it_is_what_the_table_says(doors: House, act: Act, subtests: pytest.Subtests) -> None:
    for who in WALK[act]:
        with subtests.test(who.name):
            await _is_what_the_table_says(doors, act, who)


async def _is_what_the_table_says(doors: House, act: Act, who: Who) -> None:
    await doors.clear(unread=who.is_away)
    owner = who.id if who.own else "U_KAI"
    job = await doors.job(owner, act.before) if act.before else None
    if act.held:
        await doors.hold(owner, act.held)
    if job and act.deed is Deed.REVIEW:
        await doors.review(job, "U_BREAKER")
    seen = await _done(doors, act, who, job)
    refused = is_no(seen.said)
    if is_allowed(act, who):
        assert (False, True, act.made, act.after) == (refused, seen.ok, seen.made, seen.state), seen.said
        assert seen.touched or act.deed in TRACELESS or act.what in OPENING or act.what == "deny"
    else:
        assert (True, (), act.before, False) == (refused or not seen.ok, seen.made, seen.state, seen.touched), seen.said


LATE = [act for act in (*BY_PEOPLE, *MENTION) if act.what in ("approve", "deny")]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("act", LATE, ids=str)
async def test_what_slack_said_minutes_ago_is_not_enough_for_a_vote(doors: House, act: Act) -> None:
    await doors.clear()
    lea = Who("an approver", "U_LEA", "approver")
    job = await doors.job("U_MIA", State.WAITING)
    known = await doors.command(lea.id, lea.team, "whoami")
    doors.clock.at += 120
    seen = await _done(doors, act, replace(lea, is_away=True), job)
    assert "full member" in known
    assert (True, State.WAITING, False) == (is_no(seen.said), seen.state, seen.touched), seen.said


@pytest.mark.asyncio(loop_scope="module")
async def test_what_slack_said_minutes_ago_is_enough_for_a_purge(doors: House) -> None:
    await doors.clear()
    mia = Who("a member", "U_MIA", "member")
    known = await doors.command(mia.id, mia.team, "whoami")
    doors.clock.at += 120
    seen = await _done(doors, SLASH[0], replace(mia, is_away=True), None)
    assert "full member" in known
    assert (State.QUEUED,) == seen.made, seen.said


BARRED = [who for who in PEOPLE if who.role in ("outsider", "nobody") and not who.is_away]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("line", ["whoami", "help", "frobnicate", "https://www.shop.tset/a"])
@pytest.mark.parametrize("who", BARRED, ids=lambda who: who.name)
async def test_who_may_see_nothing_hears_of_no_site_and_of_no_right(doors: House, who: Who, line: str) -> None:
    await doors.clear()
    said = await doors.command(who.id, who.team, line)
    assert None is re.search(r"\bshop\b|shop\.test|bank|approver:", said), said


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("line", ["sites", "status", "log", "stats", "limits", "doctor", "help", "whoami"])
async def test_a_foreign_token_hears_nothing_of_the_site(doors: House, line: str) -> None:
    await doors.clear()
    job = await doors.job("U_MIA", State.DONE)
    answer = await doors.post("foreign token", line)
    assert 200 == answer.status_code
    assert None is re.search(rf"shop|{job.name}\b|U_MIA|shield", answer.text)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_token_that_nobody_gave_out_is_nobody(doors: House) -> None:
    await doors.clear()
    job = await doors.job("U_MIA", State.DONE)
    headers = {"authorization": "Bearer of nothing"}
    answers = [
        await doors.http.post("/v1/commands", json={"text": "help"}, headers=headers),
        await doors.http.get(f"/v1/jobs/{job.name}", headers=headers),
    ]
    assert [401, 401] == [answer.status_code for answer in answers]


async def _done(doors: House, act: Act, who: Who, job: JobView | None) -> Seen:
    before = doors.books()
    if who.is_away:
        doors.slack.faults.set("slack", "error500", None)
    try:
        said, ok = await _knock(doors, act, who, job)
    finally:
        doors.slack.faults.clear()
    after = doors.books()
    old = {row[0] for row in before["jobs"]}
    made = tuple([(await doors.shop.job(int(str(row[0])))).state for row in after["jobs"] if row[0] not in old])
    state = (await doors.shop.job(job.id)).state if job else None
    return Seen(said, ok, made, state, before != after)


async def _knock(doors: House, act: Act, who: Who, job: JobView | None) -> tuple[str, bool]:
    text = act.text.format(job=job.name if job else "")
    match act.door:
        case "slash command":
            return await doors.command(who.id, who.team, text), True
        case "mention":
            return await doors.mention(who.id, who.team, text), True
        case "form":
            draft = await (doors.no(job) if job else doors.draft(who.id, act.what))
            typed = {"site_name": "shop", "things": PAGE, "reason": "not now"}
            return await doors.form(who.id, who.team, act.what, draft, **typed), True
        case "global shortcut, message shortcut":
            return await doors.shortcut(who.id, who.team, act.what), True
        case "button" if act.what == "recent":
            return "", await doors.fill(who.id, who.team, await doors.draft(who.id, act.what))
        case "App Home":
            return await _at_home(doors, act.what, who, job)
        case "button":
            return await _click(doors, act.what, who, job), True
        case _:
            found = await (doors.get(who.role, job) if act in READ and job else doors.post(who.role, text))
            return str(found.json().get("text") or found.json().get("detail", "")), found.status_code == 200


async def _at_home(doors: House, action: str, who: Who, job: JobView | None) -> tuple[str, bool]:
    if action == "open" or job is None:
        return await doors.open_home(who.id, who.team)
    value = await doors.token_of(job) if action in ("approve", "deny") else job.name
    return await doors.home_click(who.id, who.team, action, value), True


async def _click(doors: House, action: str, who: Who, job: JobView | None) -> str:
    if action in LOG:
        return await doors.click(who.id, who.team, action, "log", "C_SHOP", "1.1")
    if action in ("queue_more", "queue_before"):
        return await doors.click(who.id, who.team, action, "queue page 2", "C_SHOP", "1.1")
    if action == "why":
        return await doors.click(who.id, who.team, action, "why https://www.shop.test/a", "C_SHOP", "1.1")
    if job is None:
        return await doors.click(who.id, who.team, action, await doors.draft(who.id, action), "C_SHOP", "1.1")
    if action in ("approve", "deny"):
        token = await doors.token_of(job)
        return await doors.click(who.id, who.team, action, token, "C_APPROVE", f"{job.id}.request")
    return await doors.click(who.id, who.team, action, job.name, "C_SHOP", f"{job.id}.root")
