"""Varnish's management port without a Varnish: wish to command, every way in which the port can go wrong, the doctor.

The server here speaks the protocol as varnish-cli(7) has it, and checks the proof of the secret by itself."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import PROVIDERS
from providers.contract import Account, Health, Kind, Provider, Purge, UnsupportedWish
from providers.errors import (
    BadCredentials,
    OutcomeUnknown,
    PurgeError,
    Refused,
    Unavailable,
    Unexpected,
    WrongAddress,
)
from providers.varnish_admin import AdminPort
from providers.varnish_bans import quoted, tagged
from tests.providers.manners import REFERENCE
from tests.real import free_port

WWW, IMG = "www.shop.test", "img.shop.test"
CANARY = "canary-7d1e-of-the-port"
CHALLENGE = "abcdefghijklmnopqrstuvwxyzabcdef"
URL, ADMIN = "http://10.0.0.5:6081", "10.0.0.5:6082"
Answer = tuple[int, str]


def frame(status: int, text: str) -> bytes:
    return f"{status:<3d} {len(text):<8d}\n{text}\n".encode()


@dataclass
class Port:
    """A management port with this secret file, and what it answers to commands by their first words."""

    secret: bytes = f"{CANARY}\n".encode()
    answers: Mapping[str, Answer | bytes | None] = field(
        default_factory=dict
    )  # bytes: raw, then the end; None: silence
    greeting: bytes | None = frame(107, f"{CHALLENGE}\n\nAuthentication required.\n")
    number: int = 0
    commands: list[str] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            if self.greeting is None:
                await asyncio.Event().wait()
            writer.write(self.greeting or b"")
            trusted = (self.greeting or b"").startswith(b"200")
            while line := (await reader.readline()).decode().rstrip("\n"):
                if not trusted:
                    trusted = line == f"auth {self._proof()}"
                    writer.write(frame(200, "Varnish Cache CLI 1.0\n") if trusted else frame(500, ""))
                    if not trusted:
                        return
                    continue
                self.commands.append(line)
                answer = next((said for start, said in self.answers.items() if line.startswith(start)), (200, ""))
                if answer is None:
                    await asyncio.Event().wait()
                elif isinstance(answer, bytes):
                    writer.write(answer)
                    return
                else:
                    writer.write(frame(*answer))
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    def _proof(self) -> str:
        digest = hashlib.sha256(f"{CHALLENGE}\n".encode())
        digest.update(self.secret)
        digest.update(f"{CHALLENGE}\n".encode())
        return digest.hexdigest()


@asynccontextmanager
async def listening(port: Port) -> AsyncIterator[Port]:
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await port.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port.number = server.sockets[0].getsockname()[1]
    try:
        yield port
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def varnish(secret: str = "", transport: httpx.AsyncBaseTransport | None = None, **settings: str) -> Provider:
    return PROVIDERS["varnish"].build(Account("shield", settings, {"secret": secret} if secret else {}), transport)


def wish(kind: Kind, *targets: str, soft: bool = False) -> Purge:
    return Purge(kind, targets, soft=soft, hosts=(WWW, IMG))


HOST = r'"^(www\\.shop\\.test)(:[0-9]+)?$"'
HOSTS = r'"^(www\\.shop\\.test|img\\.shop\\.test)(:[0-9]+)?$"'


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            wish(Kind.URL, f"https://{WWW}/a?b=1", f"http://{WWW}/a?b=1"),
            [rf'ban obj.http.x-host ~ {HOST} && obj.http.x-url ~ "^/a\\?b=1$"'],
            id="a-url-where-there-is-no-door",
        ),
        pytest.param(
            wish(Kind.PREFIX, f"{WWW}/news"),
            [f'ban obj.http.x-host ~ {HOST} && obj.http.x-url ~ "^/news([/?]|$)"'],
            id="prefix",
        ),
        pytest.param(
            wish(Kind.PATTERN, f"{WWW}/*.css"),
            [rf'ban obj.http.x-host ~ {HOST} && obj.http.x-url ~ "^/.*\\.css(\\?|$)"'],
            id="pattern",
        ),
        pytest.param(wish(Kind.HOST, WWW), [f'ban obj.http.x-host ~ {HOST} && obj.http.x-url ~ "^/"'], id="host"),
        pytest.param(
            wish(Kind.EVERYTHING), [f'ban obj.http.x-host ~ {HOSTS} && obj.http.x-url ~ "^/"'], id="everything"
        ),
        pytest.param(
            wish(Kind.TAG, "news", "a.b", "news"),
            [rf'ban obj.http.x-host ~ {HOSTS} && obj.http.Cache-Tag ~ "(?<![^,\\s])(news|a\\.b)(?![^,\\s])"'],
            id="tags",
        ),
        pytest.param(
            wish(Kind.TAG, 'x"&&obj.status~"200'),
            [
                rf"ban obj.http.x-host ~ {HOSTS} && obj.http.Cache-Tag ~ "
                r'"(?<![^,\\s])(x\\x22&&obj\\.status~\\x22200)(?![^,\\s])"'
            ],
            id="a-quote-in-a-tag",
        ),
    ],
)
def test_a_wish_becomes_commands(asked: Purge, expected: list[str]) -> None:
    calls = varnish(admin=ADMIN, tags="header").plan(asked)
    assert [("CLI", line) for line in expected] == [(call.method, call.path) for call in calls]


def test_a_url_goes_through_the_door_where_there_is_one() -> None:
    calls = varnish(admin=ADMIN, url=URL).plan(wish(Kind.URL, f"https://{WWW}/a"))
    assert [("PURGE", "/a")] == [(call.method, call.path) for call in calls]


def test_many_tags_are_few_bans() -> None:
    provider = varnish(admin=ADMIN, tags="header")
    calls = provider.plan(wish(Kind.TAG, *(f"t{n}" for n in range(45))))
    assert [20, 20, 5] == [len(call.targets) for call in calls]


@pytest.mark.parametrize(
    ("soft", "expected"),
    [pytest.param(False, "xkey-purge", id="hard"), pytest.param(True, "xkey-softpurge", id="soft")],
)
def test_xkeys_share_calls(soft: bool, expected: str) -> None:
    tags = [f"t{n}" for n in range(201)]
    calls = varnish(url=URL, tags="xkey").plan(wish(Kind.TAG, *tags, soft=soft))
    assert [("PURGE", "/purgebot-tags", {"Host": WWW, expected: " ".join(some)}) for some in (tags[:200], tags[200:])] \
        == [(call.method, call.path, dict(call.headers)) for call in calls]  # fmt: skip


def test_a_soft_url_says_so_to_its_door() -> None:
    (call,) = varnish(url=URL, soft="yes").plan(wish(Kind.URL, f"https://{WWW}/a", soft=True))
    assert {"Host": WWW, "X-Purgebot-Soft": "yes"} == dict(call.headers)


def test_a_tag_at_the_ban_door_leaves_out_the_url() -> None:
    (call,) = varnish(url=URL, tags="header", tag_header="Label").plan(wish(Kind.TAG, "a"))
    assert {"Host", "X-Ban-Host", "X-Ban-Tag-Header", "X-Ban-Tag"} == dict(call.headers).keys()
    assert "Label" == dict(call.headers)["X-Ban-Tag-Header"]


WIDE = {Kind.URL, Kind.PREFIX, Kind.PATTERN, Kind.HOST, Kind.EVERYTHING}


@pytest.mark.parametrize(
    ("settings", "kinds", "soft"),
    [
        pytest.param({"url": URL}, WIDE, set(), id="doors"),
        pytest.param({"url": URL, "soft": "yes"}, WIDE, {Kind.URL}, id="doors-with-soft"),
        pytest.param({"url": URL, "tags": "xkey"}, WIDE | {Kind.TAG}, {Kind.TAG}, id="xkey"),
        pytest.param({"url": URL, "tags": "header"}, WIDE | {Kind.TAG}, set(), id="tags-in-a-header"),
        pytest.param({"admin": ADMIN}, WIDE, set(), id="port"),
        pytest.param({"admin": ADMIN, "soft": "yes"}, WIDE, set(), id="port-knows-no-soft"),
        pytest.param({"admin": ADMIN, "tags": "header"}, WIDE | {Kind.TAG}, set(), id="port-with-tags"),
        pytest.param({"admin": ADMIN, "tags": "xkey"}, WIDE, set(), id="port-knows-no-xkey"),
    ],
)
def test_what_an_account_can_do_follows_from_its_settings(
    settings: Mapping[str, str], kinds: set[Kind], soft: set[Kind]
) -> None:
    can = varnish("", None, **settings).can
    assert (kinds, soft, kinds) == (set(can.kinds), set(can.soft), set(can.per_call))


@pytest.mark.parametrize(
    ("settings", "asked", "expected"),
    [
        pytest.param(
            {"admin": ADMIN, "tags": "xkey"},
            wish(Kind.TAG, "a"),
            "Varnish purges no tags here. xkey is asked through a door of its VCL: set `url` beside `admin`.",
            id="xkey-without-a-door",
        ),
        pytest.param(
            {"url": URL, "tags": "xkey"},
            wish(Kind.TAG, "a,b"),
            "`a,b` is no single xkey. Name tags without blanks and commas, one by one.",
            id="two-xkeys-in-one",
        ),
        pytest.param(
            {"url": URL, "tags": "xkey"},
            wish(Kind.TAG, "a\r\nX: b"),
            "`a\r\nX: b` is not a tag as it goes on the wire. Write it in visible ASCII, without blanks.",
            id="an-xkey-that-ends-its-header",
        ),
        pytest.param(
            {"admin": ADMIN, "tags": "header"},
            wish(Kind.TAG, "a,b"),
            "`a,b` is two tags: a comma parts them. Name them one by one.",
            id="two-tags-in-one",
        ),
        pytest.param(
            {"admin": ADMIN, "tags": "header"},
            wish(Kind.TAG, "a\nvcl.discard boot"),
            "`a\nvcl.discard boot` is not a tag as it goes on the wire. Write it in visible ASCII, without blanks.",
            id="a-tag-that-ends-its-line",
        ),
        pytest.param(
            {"admin": ADMIN, "tags": "header"},
            Purge(Kind.TAG, ("a",)),
            "A tag is looked for on the site's hosts, and it has none. Name them under `hosts`.",
            id="tags-of-no-host",
        ),
        pytest.param(
            {"admin": ADMIN},
            wish(Kind.PREFIX, f"{WWW}/" + "." * 8000),
            f"`{WWW}/{'.' * 46}…` is too long for one line to Varnish. Name a shorter prefix, or the host.",
            id="a-command-too-long",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_while_planning(
    settings: Mapping[str, str], asked: Purge, expected: str
) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        varnish("", None, **settings).plan(asked)
    assert expected == str(caught.value)


@given(text=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=30))
def test_a_word_of_the_port_is_read_back_as_it_was(text: str) -> None:
    word = quoted(text)
    unread = re.fullmatch(r'"((?:[^"\\]|\\["\\])*)"', word)
    assert unread is not None
    assert text == re.sub(r"\\(.)", r"\1", unread[1])


@given(tag=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=","), min_size=1))
def test_a_tag_is_found_whole_wherever_it_stands(tag: str) -> None:
    found = [bool(re.search(tagged([tag]), text)) for text in (tag, f"x,{tag}", f"x {tag},y", f"x{tag}", f"{tag}x")]
    assert [True, True, True, False, False] == found


@pytest.mark.parametrize(
    ("secret", "given_", "connections"),
    [
        pytest.param(f"{CANARY}\n", CANARY, 1, id="line-end-put-back"),
        pytest.param(f"{CANARY}\n", f"{CANARY}\n", 1, id="given-whole"),
        pytest.param(CANARY, CANARY, 2, id="no-line-end-in-the-file"),
    ],
)
async def test_a_secret_is_proved_with_the_line_end_it_has(secret: str, given_: str, connections: int) -> None:
    async with listening(Port(secret.encode())) as port:
        provider = varnish(given_, admin=f"127.0.0.1:{port.number}")
        (call,) = provider.plan(wish(Kind.HOST, WWW))
        assert "Banned." == (await provider.send(call, REFERENCE)).note
    assert ([call.path], connections) == (port.commands, port.connections)


async def test_a_port_without_a_secret_is_asked_at_once() -> None:
    async with listening(Port(greeting=frame(200, "Vinyl Cache CLI 1.0\n"))) as port:
        await sent(f"127.0.0.1:{port.number}", "")
    assert 1 == len(port.commands)


async def sent(address: str, secret: str = CANARY) -> None:
    provider = varnish(secret, admin=address)
    await provider.send(provider.plan(wish(Kind.HOST, WWW))[0], REFERENCE)
    await provider.close()


CHILD = "Unknown request in manager process (child not running).\nType 'help' for more info.\n"
SECRET = "Set `secret` to the file that varnishd's -S names: {file: /etc/varnish/secret}."
PORT = "Is `admin` what varnishd's -T says, such as 10.0.0.5:6082?"
MAYBE = "It may have been done already: look at the edge, or retry."
LOOK = f"{MAYBE} If it stays, look at `varnishadm status` and varnishd's own log there."
REPORT = "Report the plan of this purge."


def answering(answer: Answer | bytes) -> Callable[[], Port]:
    return lambda: Port(answers={"ban ": answer})


def greeting(raw: bytes) -> Callable[[], Port]:
    return lambda: Port(greeting=raw)


@pytest.mark.parametrize(
    ("port", "expected", "told"),
    [
        pytest.param(
            lambda: Port(b"another\n"), BadCredentials, f"does not accept this secret. {SECRET}", id="a-wrong-secret"
        ),
        pytest.param(
            answering((106, "Regex compile error: missing )\n")),
            Refused,
            'did not take this ban. Name the URLs, or the host. It said: "Regex compile error: missing )".',
            id="106-a-bad-regex",
        ),
        pytest.param(
            answering((106, 'Found "||" expected &&\n')),
            Refused,
            'did not take this ban. Name the URLs, or the host. It said: "Found "||" expected &&".',
            id="106-another-connective",
        ),
        pytest.param(
            answering((106, "Unknown or unsupported field\n")),
            Refused,
            'did not take this ban. Name the URLs, or the host. It said: "Unknown or unsupported field".',
            id="106-an-unknown-field",
        ),
        pytest.param(
            answering((106, "Wrong number of arguments\n")),
            Refused,
            'did not take this ban. Name the URLs, or the host. It said: "Wrong number of arguments".',
            id="106-a-blank",
        ),
        pytest.param(
            answering((101, "Unknown request.\n")),
            WrongAddress,
            f'does not know this command. {PORT} It said: "Unknown request."',
            id="101-an-unknown-command",
        ),
        pytest.param(
            answering((102, "Unimplemented\n")),
            WrongAddress,
            f'does not know this command. {PORT} It said: "Unimplemented".',
            id="102-not-made",
        ),
        pytest.param(
            answering((101, CHILD)),
            Unavailable,
            "says that its cache process does not run. Start it with `varnishadm start`; `varnishadm panic.show` "
            "says why it stopped. It said: \"Unknown request in manager process (child not running). Type 'help' "
            'for more info."',
            id="101-the-child-is-stopped",
        ),
        pytest.param(
            answering((104, "Too few parameters\n")),
            Unexpected,
            f'answered 104. {REPORT} It said: "Too few parameters".',
            id="104-too-few-words",
        ),
        pytest.param(
            answering((100, "Invalid backslash sequence\n")),
            Unexpected,
            f'answered 100. {REPORT} It said: "Invalid backslash sequence".',
            id="100-a-bad-quote",
        ),
        pytest.param(
            answering((107, "x\n")),
            BadCredentials,
            f'asks for its secret again. {SECRET} It said: "x".',
            id="107-once-more",
        ),
        pytest.param(
            answering((300, "Busy\n")),
            Unavailable,
            "cannot do this now. Look at `varnishadm status` and varnishd's own log there, then retry. "
            'It said: "Busy".',
            id="300-cannot",
        ),
        pytest.param(
            answering((400, "CLI communication error (hdr)\n")),
            OutcomeUnknown,
            f"lost its cache process while it answered. {MAYBE} `varnishadm panic.show` there says why. "
            'It said: "CLI communication error (hdr)".',
            id="400-the-child-was-lost",
        ),
        pytest.param(
            answering((500, "Closing CLI connection\n")),
            OutcomeUnknown,
            f"lost its cache process while it answered. {MAYBE} `varnishadm panic.show` there says why. "
            'It said: "Closing CLI connection".',
            id="500-it-closes",
        ),
        pytest.param(answering(b""), OutcomeUnknown, f"broke off before its answer was whole. {LOOK}", id="cut"),
        pytest.param(
            answering(b"200 50      \nhalf"),
            OutcomeUnknown,
            f"broke off before its answer was whole. {LOOK}",
            id="cut-in-the-answer",
        ),
        pytest.param(
            answering(b"HTTP/1.1 400 Bad Request\r\n"),
            OutcomeUnknown,
            f"answered what is no answer of a management port. What answers there said “HTTP/1.1 400”. {LOOK}",
            id="another-tongue-after-the-ban",
        ),
        pytest.param(
            greeting(b"SSH-2.0-OpenSSH_9.2p1\r\n"),
            WrongAddress,
            f"does not speak as a management port does. What answers there said “SSH-2.0-OpenS”. {PORT}",
            id="another-tongue",
        ),
        pytest.param(
            greeting(b"107 99999999\n"),
            WrongAddress,
            f"does not speak as a management port does. What answers there said “107 99999999”. {PORT}",
            id="a-greeting-without-an-end",
        ),
        pytest.param(
            greeting(frame(500, "Go\n")),
            WrongAddress,
            f"does not speak as a management port does. What answers there said “500 Go”. {PORT}",
            id="a-greeting-that-ends",
        ),
    ],
)
async def test_a_no_becomes_an_error_that_says_what_to_do(
    port: Callable[[], Port], expected: type[PurgeError], told: str
) -> None:
    async with listening(port()) as at:
        with pytest.raises(PurgeError) as caught:
            await sent(f"127.0.0.1:{at.number}")
    who = f"The management port of Varnish at 127.0.0.1:{at.number}"
    assert (expected, f"{who} {told}") == (type(caught.value), str(caught.value))
    assert CANARY not in f"{caught.value!r}{caught.value.__dict__}"
    assert len(at.commands) <= 1


async def test_a_secret_that_is_asked_for_and_not_there() -> None:
    async with listening(Port()) as at:
        with pytest.raises(BadCredentials, match="asks for a secret, and there is none"):
            await sent(f"127.0.0.1:{at.number}", "")
    assert [] == at.commands


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(f"127.0.0.1:{free_port()}", id="refused"),
        pytest.param("127.0.0.1:99999", id="no-such-port"),
        pytest.param(f"{'x' * 70}.test:6082", id="no-such-name"),
    ],
)
async def test_nobody_listens(address: str) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        await sent(address)


@pytest.mark.parametrize(
    ("port", "expected", "told"),
    [
        pytest.param(Port(greeting=None), Unavailable, "did not greet within 0.2 s.", id="no-greeting"),
        pytest.param(Port(answers={"ban ": None}), OutcomeUnknown, "did not answer within 0.2 s.", id="no-answer"),
    ],
)
async def test_a_port_that_is_silent_is_not_waited_for(port: Port, expected: type[PurgeError], told: str) -> None:
    async with listening(port) as at:
        with pytest.raises(PurgeError) as caught:
            await AdminPort(f"127.0.0.1:{at.number}", CANARY, seconds=0.2).ask("ban obj.status == 200")
    assert (expected, True) == (type(caught.value), caught.value.what.endswith(told))


async def test_a_call_of_an_account_that_changed_is_an_error() -> None:
    by_port, by_door = varnish(admin=ADMIN), varnish(url=URL)
    call, request = by_port.plan(wish(Kind.HOST, WWW))[0], by_door.plan(wish(Kind.HOST, WWW))[0]
    with pytest.raises(WrongAddress, match="Set `admin` again"):
        await by_door.send(call, REFERENCE)
    with pytest.raises(WrongAddress, match="Set `url` again"):
        await by_port.send(request, REFERENCE)


def always(status: int, reason: str, headers: Mapping[str, str]) -> httpx.MockTransport:
    extensions = {"reason_phrase": reason.encode()}
    return httpx.MockTransport(lambda _: httpx.Response(status, headers=dict(headers), extensions=extensions))


XKEY, SOFT, HEADER = {"tags": "xkey"}, {"soft": "yes"}, {"tags": "header"}
TAG, PAGE = wish(Kind.TAG, "a", soft=True), wish(Kind.URL, f"https://{WWW}/a", soft=True)


@pytest.mark.parametrize(
    ("settings", "asked", "transport", "note"),
    [
        pytest.param(XKEY, TAG, always(200, "Softened 3 objects", {"X-Purgebot": "xkey-softened"}),
                     "Softened 3 objects.", id="soft-xkey"),
        pytest.param(XKEY, wish(Kind.TAG, "a"), always(200, "Purged 3 objects", {"X-Purgebot": "xkey-purged"}),
                     "Purged 3 objects.", id="xkey"),
        pytest.param(SOFT, PAGE, always(200, "Softened", {"X-Purgebot": "softened"}), "Softened.", id="soft-url"),
        pytest.param(SOFT, PAGE, always(200, "Purged", {"X-Purgebot": "purged"}),
                     "Purged hard: its VCL has no soft door.", id="a-door-from-before-soft"),
        pytest.param(HEADER, TAG, always(200, "Banned", {"X-Purgebot": "banned"}), "Banned.", id="tags-in-a-header"),
    ],
)  # fmt: skip
async def test_a_door_that_says_yes(
    settings: Mapping[str, str], asked: Purge, transport: httpx.MockTransport, note: str
) -> None:
    provider = varnish(transport=transport, url=URL, **settings)
    assert note == (await provider.send(provider.plan(asked)[0], REFERENCE)).note
    await provider.close()


@pytest.mark.parametrize(
    ("settings", "asked", "transport", "told"),
    [
        pytest.param(XKEY, TAG, always(200, "Purged", {"X-Purgebot": "purged"}),
                     "has no xkey door: it answered 200.", id="a-url-is-no-xkey"),
        pytest.param(XKEY, TAG, always(501, "No xkey door", {"X-Purgebot": "refused"}),
                     "has no xkey door: it answered 501.", id="no-xkey-in-the-vcl"),
        pytest.param(HEADER, TAG, always(400, "Needs X-Ban-Host and X-Ban-Url", {"X-Purgebot": "refused"}),
                     "has a ban door from before tags.", id="a-ban-door-from-before-tags"),
    ],
)  # fmt: skip
async def test_a_door_that_is_not_the_one(
    settings: Mapping[str, str], asked: Purge, transport: httpx.MockTransport, told: str
) -> None:
    provider = varnish(transport=transport, url=URL, **settings)
    with pytest.raises(WrongAddress) as caught:
        await provider.send(provider.plan(asked)[0], REFERENCE)
    await provider.close()
    assert f"Varnish at 10.0.0.5:6081 {told}" == caught.value.what


@pytest.mark.parametrize(
    ("settings", "doors", "health", "what"),
    [
        pytest.param({}, "", Health.GOOD, "has its purge doors open to this machine.", id="an-old-vcl-does"),
        pytest.param(SOFT, "", Health.BAD, "has no door that softens URLs.", id="an-old-vcl-knows-no-soft"),
        pytest.param(HEADER, "", Health.BAD, "has no door that bans tags.", id="an-old-vcl-knows-no-tags"),
        pytest.param(XKEY | SOFT, "", Health.BAD, "has no door that softens URLs and none that takes xkey.", id="two"),
        pytest.param(XKEY | SOFT, "soft tags xkey", Health.GOOD, "has its purge doors open to this machine.", id="all"),
    ],
)
async def test_the_doctor_looks_for_the_doors_that_are_needed(
    settings: Mapping[str, str], doors: str, health: Health, what: str
) -> None:
    transport = always(200, "Ready", {"X-Purgebot": "ready 1", "X-Purgebot-Doors": doors})
    provider = varnish(transport=transport, url=URL, **settings)
    probe = await provider.probe({})
    await provider.close()
    assert (health, f"Varnish at 10.0.0.5:6081 {what}") == (probe.health, probe.what)


RUNNING: Mapping[str, Answer] = {
    "status": (200, "Child in state running\n"),
    "vcl.list": (200, "available  auto    cold         0    old\nactive   auto    warm         0    boot\n"),
    "vcl.show -v boot": (200, "set beresp.http.x-url = bereq.url; set beresp.http.x-host = bereq.http.host;"),
    "ban.list": (200, "Present bans:\n1795637204.251451     0 -  obj.status == 200\n1795637201.4     0 C  \n"),
}
MANY = "".join(f"1795637204.{n:06d}     0 -  obj.status == 200\n" for n in range(1_001))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param({}, (Health.GOOD, "lets this machine in; 1 ban waits to be worked off."), id="all-is-well"),
        pytest.param(
            {"status": (200, "Child in state stopped\n"), "ban.list": (101, CHILD)},
            (Health.BAD, "says that its cache process does not run."),
            id="stopped",
        ),
        pytest.param(
            {"status": (200, "Child in state stopping\n")},
            (Health.BAD, "says: Child in state stopping."),
            id="stopping",
        ),
        pytest.param(
            {"vcl.show": (200, "vcl 4.1;")},
            (Health.BAD, "has a VCL in use that sets no x-url and x-host, so a ban finds nothing."),
            id="no-names-on-objects",
        ),
        pytest.param(
            {"vcl.show": (201, "vcl 4.1;")},
            (Health.GOOD, "lets this machine in; 1 ban waits to be worked off."),
            id="a-vcl-too-long-to-see",
        ),
        pytest.param(
            {"ban.list": (200, MANY)},
            (Health.DOUBTFUL, "has more than 1,000 bans that are not worked off."),
            id="many-bans",
        ),
    ],
)
async def test_the_doctor_asks_the_port_without_purging(
    answers: Mapping[str, Answer], expected: tuple[Health, str]
) -> None:
    async with listening(Port(answers={**answers, **_beside(answers)})) as at:
        probe = await varnish(CANARY, admin=f"127.0.0.1:{at.number}").probe({})
    who = f"The management port of Varnish at 127.0.0.1:{at.number}"
    assert (expected[0], f"{who} {expected[1]}") == (probe.health, probe.what)
    assert [] == [line for line in at.commands if line.startswith("ban ")]


def _beside(answers: Mapping[str, Answer]) -> Mapping[str, Answer]:
    """What a running Varnish answers to all else."""
    return {line: said for line, said in RUNNING.items() if not _named(line, list(answers))}


def _named(line: str, starts: Sequence[str]) -> bool:
    return any(line.startswith(start) for start in starts)
