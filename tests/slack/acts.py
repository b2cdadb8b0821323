"""What people, machines and Slack's administrators do in a conversation, each as the stand-in would bring it."""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace

from bot.domain.jobs.job import JobView
from bot.ledger.books import Books
from bot.ledger.schema import GUARDS
from bot.services.setup import job_name
from bot.slack.directory import SlackDirectory
from playground.people import Person, Workspace
from tests.slack.room import API_TOKEN, HOUSE, Doc, Room
from tests.slack.script import Sight, Step
from tests.slack.sights import ANOTHER_DAY, Button, Eyes, Reader, Shown

IDA = Person("U_IDA", "ida", "Ida", "left in spring", "#333333", is_gone=True)
EVE = Person("U_EVE", "eve", "Eve", "of another company", "#444444", team="T_OTHER")
PEOPLE = (*HOUSE.people, IDA, EVE)
CHANNELS = tuple(replace(one, members=(*one.members, "U_IDA", "U_EVE")) for one in HOUSE.channels)


def workspace() -> Workspace:
    """A workspace of its own for each room, since people come and go in it."""
    return Workspace(PEOPLE, CHANNELS, HOUSE.groups)


class Acts:
    """Does what a step says. `seen` is what is to be seen now, `ever` every state of everything that was ever shown,
    the latest last; `told` is what the last act itself brought: what Slack asked first, a machine's answer."""

    def __init__(self, room: Room, reader: Reader) -> None:
        self._room = room
        self._reader = reader
        self.seen: Eyes = {}
        self.ever: list[Shown] = []
        self.told: list[Sight] = []
        self._last_said: Doc = {}
        self._files: dict[str, object] = {}

    def all_at_home(self) -> None:
        """Everybody is there, in their groups."""
        self._set("people", PEOPLE)
        self._set("groups", HOUSE.groups)
        self._set("has_groups", True)

    async def do(self, step: Step) -> None:
        """One step's act."""
        self.told = []
        for pattern, deed in self._acts():
            found = re.fullmatch(pattern, step.act)
            if found is not None:
                await deed(found, step.given)
                return
        raise AssertionError(f"No act is spelled “{step.act}”.")

    def given(self, lines: Sequence[str]) -> str:
        """Configuration, with hours that are not now in the place of their name."""
        return "\n".join(lines).replace(ANOTHER_DAY, self._reader.another_day)

    def _acts(self) -> list[tuple[str, Callable[[re.Match[str], Sequence[str]], Awaitable[None]]]]:
        who, where = r"(?P<who>[A-Z]\w+)", r"(?: in #(?P<where>\w+))?"
        on = rf"(?: on (?P<whose>her|his|P-\d+|“[^”]*”){where})"
        return [
            ("The configuration says", self._nothing),
            ("purgebot starts again(?:, and the configuration says)?", self._restart),
            (r"(?P<minutes>\d+) minutes pass", self._wait),
            (rf"{who}{where}: /purge ?(?P<text>.*)", self._command),
            (rf"{who}{where}: @purgebot ?(?P<text>.*)", self._mention),
            (rf"{who} answers{where}: (?P<text>.*)", self._answer),
            (rf"{who}{where}: (?P<text>[^@/].*)", self._say),
            (r"The token play: (?P<text>.*)", self._machine),
            (rf"{who} clicks \[(?P<label>[^]]+)\]{on}", self._click),
            (rf"{who} clicks \[(?P<label>[^]]+)\] in the form", self._click_in_form),
            (rf"{who} sends the form", self._submit),
            (rf"{who} opens the Home", self._home),
            (rf"{who} invites purgebot to #(?P<where>\w+)", self._invite),
            (rf"{who} joins #(?P<where>\w+)", self._join),
            (rf"{who} clicks \[(?P<label>[^]]+)\] in the Home", self._click_at_home),
            (rf"{who} uploads (?P<name>[\w.]+){where}", self._upload),
            (rf"{who} picks “Purge the links in this message”{where}", self._links),
            (rf"{who} picks “Purge a page or a list”", self._shortcut),
            (r"(?P<who>[A-Z]\w+) is taken out of the user-group (?P<group>\w+)", self._leave),
            (r"(?P<who>[A-Z]\w+) leaves the company", self._deactivate),
            (r"The workspace goes down to the free plan", self._free_plan),
            (r"The shop gets a new version", self._deploy),
            (r"Cloudflare refuses everything", self._refuse),
            (r"Globalping has no tests left", self._spend),
            (r"Cloudflare takes what comes again", self._heal),
        ]

    async def _nothing(self, found: re.Match[str], given: Sequence[str]) -> None:
        """Done before the conversation began."""

    async def _restart(self, found: re.Match[str], given: Sequence[str]) -> None:
        await self._room.restart(self.given(given) if given else None)

    async def _wait(self, found: re.Match[str], given: Sequence[str]) -> None:
        """Everything that waits for a person was asked for so much earlier."""
        seconds = 60.0 * int(found["minutes"])

        def deed(books: Books) -> list[JobView]:
            jobs = books.jobs.recent(list(self._room.bot.settings.sites), 50)
            return [_earlier(books, job, seconds, self._room.bot.clock.now()) for job in jobs if job.state.is_open]

        for job in await self._room.bot.ledger.write(deed):
            self._room.bot.engine.wake(job_name(job.id))

    async def _command(self, found: re.Match[str], given: Sequence[str]) -> None:
        text = "\n".join(filter(None, [found["text"], *_many(given)]))
        self._taken(await self._room.command(self._id(found["who"]), text, self._channel(found)))

    async def _mention(self, found: re.Match[str], given: Sequence[str]) -> None:
        said = await self._room.mention(self._id(found["who"]), found["text"], self._channel(found))
        self._last_said = self._taken(said)

    async def _answer(self, found: re.Match[str], given: Sequence[str]) -> None:
        user, text = self._id(found["who"]), found["text"]
        where = {"channel": self._channel(found), "thread_ts": str(self._last_said["ts"])}
        if text.startswith("@purgebot"):
            self._taken(await self._room.play("mention", user=user, text=text, **where))
        else:
            self._last_said = await self._room.play("say", user=user, text=text, **where)

    async def _say(self, found: re.Match[str], given: Sequence[str]) -> None:
        user = self._id(found["who"])
        self._last_said = await self._room.play("say", user=user, channel=self._channel(found), text=found["text"])

    async def _invite(self, found: re.Match[str], given: Sequence[str]) -> None:
        self._taken(await self._room.play("invite", user=self._id(found["who"]), channel=self._channel(found)))

    async def _join(self, found: re.Match[str], given: Sequence[str]) -> None:
        user = self._id(found["who"])
        self._taken(await self._room.play("invite", user=user, who=user, channel=self._channel(found)))

    async def _machine(self, found: re.Match[str], given: Sequence[str]) -> None:
        headers = {"authorization": f"Bearer {API_TOKEN}"}
        answer = await self._room.http.post("/v1/commands", json={"text": found["text"]}, headers=headers)
        body = answer.json()
        lines = [f"{answer.status_code}", *str(body.get("text") or body.get("detail")).split("\n")]
        self.told.append(Sight("The token play", tuple(self._reader.plain(line) for line in lines)))

    async def _click(self, found: re.Match[str], given: Sequence[str]) -> None:
        user, channel, whose = self._id(found["who"]), self._channel(found), found["whose"]
        words = whose if whose.startswith("P-") else "" if whose in ("her", "his") else whose[1:-1]
        shown, button = self._button(found["label"], channel, user, words, is_private=whose in ("her", "his"))
        self._asked_first(found["who"], button)
        self._taken(
            await self._room.play(
                "click", user=user, channel=channel, ts=shown.key[1], action_id=button.action, value=button.value
            )
        )

    def _button(self, label: str, channel: str, user: str, words: str, is_private: bool) -> tuple[Shown, Button]:
        """The button of that label that was shown last, be it gone by now."""
        for shown in reversed(self.ever):
            theirs = shown.user == user if is_private else not shown.user
            if shown.key[0] == channel and theirs and words in "\n".join(shown.lines):
                for button in shown.buttons:
                    if button.label == label:
                        return shown, button
        raise AssertionError(f"There never was a button “{label}” on “{words}” in {channel} for {user}.")

    def _asked_first(self, who: str, button: Button) -> None:
        if button.asks:
            lines = tuple(self._reader.plain(line) for line in button.asks)
            self.told.append(Sight(f"{who} is asked first, and says yes", lines))

    async def _click_in_form(self, found: re.Match[str], given: Sequence[str]) -> None:
        form = self._form(self._id(found["who"]))
        await self._click_in_view(found, form)

    async def _click_at_home(self, found: re.Match[str], given: Sequence[str]) -> None:
        user = self._id(found["who"])
        await self._click_in_view(found, next(s for s in self.seen.values() if s.key[0] == "home" and s.user == user))

    async def _click_in_view(self, found: re.Match[str], view: Shown) -> None:
        button = next(button for button in view.buttons if button.label == found["label"])
        self._asked_first(found["who"], button)
        self._taken(
            await self._room.play(
                "click", user=view.user, view_id=view.key[1], action_id=button.action, block_id=button.block,
                value=button.value,
            )
        )  # fmt: skip

    def _form(self, user: str) -> Shown:
        """The form in front of somebody."""
        return [shown for shown in self.seen.values() if shown.key[0] == "modal" and shown.user == user][-1]

    async def _submit(self, found: re.Match[str], given: Sequence[str]) -> None:
        form = self._form(self._id(found["who"]))
        fields: dict[str, str] = {}
        for line in given:
            label, _, value = line.partition(": ")
            block = next(block for name, block in form.fields if name == label)
            fields[block] = str(self._files.get(value, value)).replace(" ⏎ ", "\n").replace("(blanks)", "  ")
        self._taken(await self._room.submit(form.user, {"id": form.key[1]}, **fields))

    async def _home(self, found: re.Match[str], given: Sequence[str]) -> None:
        self._taken(await self._room.play("home", user=self._id(found["who"])))

    async def _upload(self, found: re.Match[str], given: Sequence[str]) -> None:
        content = base64.b64encode("\n".join(_many(given)).encode()).decode()
        channel = self._channel(found) if found["where"] else ""
        answer = await self._room.play(
            "upload", user=self._id(found["who"]), channel=channel, name=found["name"], content=content, is_base64=True
        )
        self._last_said = answer
        file = answer["file"]
        self._files[found["name"]] = file["id"] if isinstance(file, dict) else ""

    async def _links(self, found: re.Match[str], given: Sequence[str]) -> None:
        ts = str(self._last_said["ts"])
        user, channel = self._id(found["who"]), self._channel(found)
        self._taken(await self._room.play("shortcut", user=user, callback_id="purge_links", channel=channel, ts=ts))

    async def _shortcut(self, found: re.Match[str], given: Sequence[str]) -> None:
        self._taken(await self._room.play("shortcut", user=self._id(found["who"]), callback_id="purge_form"))

    async def _leave(self, found: re.Match[str], given: Sequence[str]) -> None:
        gone = self._id(found["who"])
        self._set("groups", tuple(
            replace(group, members=tuple(who for who in group.members if who != gone))
            if group.id == found["group"] else group
            for group in self._room.workspace.groups
        ))  # fmt: skip
        self._a_minute_passes()

    async def _deactivate(self, found: re.Match[str], given: Sequence[str]) -> None:
        gone = self._id(found["who"])
        people = (replace(one, is_gone=True) if one.id == gone else one for one in self._room.workspace.people)
        self._set("people", tuple(people))

    async def _free_plan(self, found: re.Match[str], given: Sequence[str]) -> None:
        self._set("has_groups", False)
        self._a_minute_passes()

    async def _deploy(self, found: re.Match[str], given: Sequence[str]) -> None:
        self._room.world.towns["shop"].origin.deploy("", "")

    async def _refuse(self, found: re.Match[str], given: Sequence[str]) -> None:
        self._room.world.faults.set("cf", "forbidden", None)

    async def _spend(self, found: re.Match[str], given: Sequence[str]) -> None:
        self._room.world.faults.set("globalping", "throttle", None)

    async def _heal(self, found: re.Match[str], given: Sequence[str]) -> None:
        self._room.world.faults.set("cf", "forbidden", 0)

    # Names

    def _set(self, name: str, value: object) -> None:
        """Something changes at Slack: the stand-in reads its workspace anew for each answer."""
        object.__setattr__(self._room.workspace, name, value)

    def _a_minute_passes(self) -> None:
        """What Slack said of its user-groups before counts no more, whoever asked: the Home's list, say."""
        directory = self._room.bot.directory
        assert isinstance(directory, SlackDirectory)
        directory._groups.clear()

    def _id(self, name: str) -> str:
        return next(person.id for person in PEOPLE if person.display == name)

    def _channel(self, found: re.Match[str]) -> str:
        name = found["where"] or "shop"
        return next(channel.id for channel in CHANNELS if channel.name == name)

    def _taken(self, answer: Doc) -> Doc:
        """What the bot answered Slack, which must have been content with it."""
        assert answer.get("status") == 200 and not answer.get("error"), answer
        return answer


def _many(lines: Sequence[str]) -> Iterator[str]:
    """Lines, where `31 × /news/{n}` stands for as many."""
    for line in lines:
        times, mark, pattern = line.partition(" × ")
        yield from [pattern.replace("{n}", str(n)) for n in range(1, int(times) + 1)] if mark else [line]


def _asked_earlier(books: Books, job: int, seconds: float) -> None:
    """Have the journal say so too, against which a job's time is held. What it says stays as it is otherwise."""
    stays = GUARDS["journal_stays"]
    books._tx.run("drop trigger journal_stays")
    books._tx.run(
        "update journal set doc = json_set(doc, '$.due', json_extract(doc, '$.due') - :seconds)"
        " where job = :job and event = 'asked'",
        job=job, seconds=seconds,
    )  # fmt: skip
    books._tx.run(stays)


def _earlier(books: Books, job: JobView, seconds: float, now: float) -> JobView:
    approval = job.approval
    if job.scheduled_for is not None:
        eta = None if job.eta is None else job.eta - seconds
        job = replace(job, scheduled_for=job.scheduled_for - seconds, eta=eta)
        _asked_earlier(books, job.id, seconds)
    if approval is None:
        return job if job.scheduled_for is None else books.jobs.save(replace(job, due_at=now))
    earlier = replace(
        approval, asked=approval.asked - seconds, expires=approval.expires - seconds,
        approved=approval.approved and approval.approved - seconds,
    )  # fmt: skip
    return books.jobs.save(replace(job, approval=earlier, due_at=now))
