"""Redis without a Redis: wish to calls, recorded answer to receipt or error, what the doctor finds."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.contract import Account, Health, Kind, Pace, Probe, Purge, Receipt, Sighting, UnsupportedWish
from providers.errors import (
    BadCredentials,
    OutcomeUnknown,
    PurgeError,
    Throttled,
    Unavailable,
    Unexpected,
    WrongAddress,
)
from providers.redis import Redis
from providers.redis_keys import Template, below, like
from tests.providers.manners import REFERENCE
from tests.real import free_port

WWW, IMG = "www.shop.test", "img.shop.test"
A, B = f"https://{WWW}/a?b=1", f"https://{WWW}/b"
KEYS = "page:{host}{path}"
WHERE = r"(?s)page:(?:www\.shop\.test)(?::[0-9]+)?"
MOBILE = {"X-Device": "mobile"}


def redis(url: str = "redis://127.0.0.1", tags: str = "tag:{tag}", seconds: float = 3, **more: str) -> Redis:
    return Redis(Account("pages", {"tags": tags, **more}, {"url": url}), seconds=seconds)


def wish(kind: Kind, *targets: str, keys: str = KEYS, variants: tuple[Mapping[str, str], ...] = ()) -> Purge:
    return Purge(kind, targets, layer={"keys": keys}, hosts=(WWW, IMG), variants=variants)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            wish(Kind.URL, A, B),
            [("UNLINK", "page:", f"page:{WWW}/a?b=1\npage:{WWW}/b", (A, B))],
            id="urls-in-one-call",
        ),
        pytest.param(
            wish(Kind.URL, B, B.replace("https", "http")),
            [("UNLINK", "page:", f"page:{WWW}/b", (B, B.replace("https", "http")))],
            id="urls-of-one-key",
        ),
        pytest.param(
            wish(Kind.URL, B, keys="p:{scheme}:{{host}}:{path}:v2"),
            [("UNLINK", "p:", f"p:https:{{{WWW}}}:/b:v2", (B,))],
            id="url-by-another-template",
        ),
        pytest.param(
            wish(Kind.URL, B, keys="p:{path}:{header:x-device}", variants=(MOBILE, {"Other": "1"})),
            [("UNLINK", "p:", "p:/b:\np:/b:mobile", (B,))],
            id="url-with-its-variants",
        ),
        pytest.param(
            wish(Kind.PREFIX, f"{WWW}/news"),
            [("SCAN", f"page:{WWW}*/news*", WHERE + "/news(?:[/?].*)?", (f"{WWW}/news",))],
            id="prefix",
        ),
        pytest.param(
            wish(Kind.PREFIX, rf"{WWW}/[a]\*/"),
            [("SCAN", rf"page:{WWW}*/\[a\]\\\*/*", WHERE + r"/\[a\]\\\*/.*", (rf"{WWW}/[a]\*/",))],
            id="prefix-of-glob-characters",
        ),
        pytest.param(
            wish(Kind.PREFIX, WWW), [("SCAN", f"page:{WWW}*/*", WHERE + "/.*", (WWW,))], id="prefix-without-a-path"
        ),
        pytest.param(
            wish(Kind.PREFIX, f"{WWW}/a", keys="p:{path}:{header:x-device}"),
            [("SCAN", "p:/a*:*", "(?s)p:/a(?:[/?].*)?:.*", (f"{WWW}/a",))],
            id="prefix-for-every-header",
        ),
        pytest.param(
            wish(Kind.PATTERN, f"{WWW}/*.css"),
            [("SCAN", f"page:{WWW}*/*.css*", WHERE + r"/.*\.css(?:\?.*)?", (f"{WWW}/*.css",))],
            id="pattern",
        ),
        pytest.param(
            wish(Kind.PATTERN, f"{WWW}/a*b*c*?d=*"),
            [("SCAN", f"page:{WWW}*", WHERE + r"/a(?>.*?b)(?>.*?c)(?>.*?\?d=).*", (f"{WWW}/a*b*c*?d=*",))],
            id="pattern-of-many-stars-has-a-glob-of-one",
        ),
        pytest.param(wish(Kind.HOST, WWW), [("SCAN", f"page:{WWW}*/*", WHERE + "/.*", (WWW,))], id="host"),
        pytest.param(
            wish(Kind.EVERYTHING),
            [("SCAN", "page:*/*", r"(?s)page:(?:www\.shop\.test|img\.shop\.test)(?::[0-9]+)?/.*", ())],
            id="everything",
        ),
        pytest.param(
            wish(Kind.TAG, "news", "sale"),
            [("TAG", "tag:news", "page:", ("news",)), ("TAG", "tag:sale", "page:", ("sale",))],
            id="tags",
        ),
    ],
)
def test_a_wish_becomes_calls(asked: Purge, expected: list[tuple[str, str, str, tuple[str, ...]]]) -> None:
    calls = redis().plan(asked)
    assert expected == [(call.method, call.path, call.body, call.targets) for call in calls]
    assert {(("calls", 1),)} == {call.cost for call in calls}


def test_a_call_holds_500_urls_or_as_many_as_are_told() -> None:
    urls = [f"https://{WWW}/{n}" for n in range(1001)]
    few = Redis(Account("pages", per_call={Kind.URL: 400, Kind.HOST: 9}))
    assert [500, 500, 1] == [len(call.targets) for call in redis().plan(wish(Kind.URL, *urls))]
    assert [400, 400, 201] == [len(call.targets) for call in few.plan(wish(Kind.URL, *urls))]
    assert 1 == few.can.per_call[Kind.HOST]


def test_an_accounts_own_pace_counts() -> None:
    slow = Redis(Account("pages", pace={"calls": Pace(1, 1, 1)}))
    assert (1, 1) == (slow.can.pace["calls"].rate, slow.can.pace["calls"].burst)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            wish(Kind.PATH, "/a"),
            "Redis purges no paths here. Name URLs, a prefix, tags, a host, a pattern, or everything instead.",
            id="a-path-without-a-host",
        ),
        pytest.param(
            wish(Kind.URL, A, keys="{host}{path}"),
            "`{host}{path}` under `keys` is not a key with a fixed beginning and {path}. "
            "Write it like `keys: page:{host}{path}`: the key of a page, with a fixed beginning.",
            id="no-prefix",
        ),
        pytest.param(
            wish(Kind.EVERYTHING, keys=":{{host}}{path}"),
            "`:{{host}}{path}` under `keys` is not a key with a fixed beginning and {path}. "
            "Write it like `keys: page:{host}{path}`: the key of a page, with a fixed beginning.",
            id="a-prefix-of-no-letter",
        ),
        pytest.param(
            wish(Kind.EVERYTHING, keys=""),
            "`` under `keys` is not a key with a fixed beginning and {path}. "
            "Write it like `keys: page:{host}{path}`: the key of a page, with a fixed beginning.",
            id="no-keys",
        ),
        pytest.param(
            wish(Kind.EVERYTHING, keys="page:{hots}{path}"),
            "The keys `page:{hots}{path}` hold an unknown {hots}. "
            "There are {scheme}, {host}, {path} and {header:name}.",
            id="an-unknown-word",
        ),
        pytest.param(
            wish(Kind.EVERYTHING, keys="page:{host}"),
            "The keys `page:{host}` hold no {path}. "
            "Write `keys` like page:{host}{path}: a fixed beginning, then what changes.",
            id="no-path",
        ),
        pytest.param(
            wish(Kind.HOST, WWW, keys="page:{path}"),
            "The keys of this layer of Redis do not hold the host. Purge everything.",
            id="a-host-that-is-not-in-the-key",
        ),
        pytest.param(
            Purge(Kind.EVERYTHING, (), layer={"keys": KEYS}),
            "Everything means the site's hosts, and it has none. Name them under `hosts`.",
            id="everything-of-no-host",
        ),
        pytest.param(
            wish(Kind.TAG, "a}b"),
            "`a}b` is not a tag. A tag holds no braces and no line ends.",
            id="a-tag-with-a-brace",
        ),
        pytest.param(
            wish(Kind.URL, f"https://{WWW}/a b"),
            f"`https://{WWW}/a b` is not as it goes on the wire. Percent-encode it.",
            id="a-url-with-a-blank",
        ),
        pytest.param(
            wish(Kind.URL, f"{WWW}/a"),
            f"`{WWW}/a` is not a whole URL. Write it with scheme, host and path, without #.",
            id="a-url-without-a-scheme",
        ),
        pytest.param(
            wish(Kind.URL, B, keys="p:{path}{header:x}", variants=({"X": "a\nb"},)),
            "A variant holds a letter that no key of Redis should. Mend `variants`.",
            id="a-variant-with-a-line-end",
        ),
        pytest.param(
            wish(Kind.PREFIX, WWW + "/" + "x" * 60_000),
            f"`{WWW}/{'x' * 46}…` is longer than a call may be (100,000 bytes). "
            "Name a shorter prefix, tags, a host, or everything instead.",
            id="a-prefix-too-long",
        ),
    ],
)
def test_what_cannot_be_planned_is_refused_with_what_is_possible(asked: Purge, expected: str) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        redis().plan(asked)
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(
            "",
            "Redis purges no tags here. Set `tags` on the account, or name URLs, a prefix, or everything.",
            id="none",
        ),
        pytest.param(
            "{tag}",
            "The tags `{tag}` have no fixed beginning or no {tag}. Write `tags` like tag:{tag}.",
            id="no-prefix",
        ),
        pytest.param(
            "tags", "The tags `tags` have no fixed beginning or no {tag}. Write `tags` like tag:{tag}.", id="no-tag"
        ),
    ],
)
def test_tags_need_a_template_of_sets(tags: str, expected: str) -> None:
    with pytest.raises(UnsupportedWish) as caught:
        redis(tags=tags).plan(wish(Kind.TAG, "news"))
    assert (expected, bool(tags)) == (str(caught.value), Kind.TAG in redis(tags=tags).can.kinds)


def finds(glob: str, key: str) -> bool:
    """Redis's MATCH, for what we write: stars, and characters with a backslash."""
    parts = re.findall(r"\\.|[^\\]", glob, re.DOTALL)
    regex = "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)
    return re.fullmatch(regex, key, re.DOTALL) is not None


TEXTS = st.text(st.sampled_from("ab/?*[]\\."), max_size=12)


@given(path=TEXTS, key=TEXTS, text=st.sampled_from((KEYS, "p{scheme}:{path}:{header:x}", "page:{{host}}{path}*")))
def test_a_glob_finds_whatever_its_regex_matches(path: str, key: str, text: str) -> None:
    template = Template(text)
    for piece in (template.matching((WWW,), below(f"/{path}")), template.matching((WWW, IMG), like(f"/{path}*"))):
        for address in (key, f"/{path}", f"/{path}{key}", f"/{path}/{key}", f"/{path}?{key}"):
            candidate = template.keys(f"https://{WWW}/x", ())[0].replace("/x", address)
            assert finds(piece.glob, candidate) or not re.fullmatch(piece.regex, candidate)


# A server that says what it is told


@asynccontextmanager
async def saying(answers: Mapping[str, bytes | None]) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that answers each command by its name, and cuts the connection for None; its URL, and what it heard."""
    heard: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readline():
                words = []
                for _ in range(int(head[1:])):
                    size = int((await reader.readline())[1:])
                    words.append((await reader.readexactly(size + 2))[:-2].decode())
                heard.append(" ".join(words[:3]))
                answer = answers.get(words[0], b"+OK\r\n")
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
    finally:
        server.close()
        await server.wait_closed()


INFO = b"$30\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n"
RIGHTS = (
    "Give the user in `url` +unlink +scan +info +cluster|slots, for tags +scard +srandmember +srem +renamenx, and the "
    "layer's keys (~page:*), by ACL SETUSER."
)
MEND_URL = "Mend them in `url`: redis://user:password@host:port; a password without a user is redis://:password@host."


@pytest.mark.parametrize(
    ("command", "answer", "error", "what", "advice"),
    [
        pytest.param(
            "UNLINK", b"-NOPERM this user has no permissions to run the 'unlink' command\r\n",
            BadCredentials, "does not let this user do a purge.", RIGHTS, id="noperm",
        ),
        pytest.param(
            "UNLINK", b"-NOAUTH Authentication required.\r\n",
            BadCredentials, "does not take the user name and password.", MEND_URL, id="noauth",
        ),
        pytest.param(
            "INFO", b"-WRONGPASS invalid username-password pair or user is disabled.\r\n",
            BadCredentials, "does not take the user name and password.", MEND_URL, id="wrongpass",
        ),
        pytest.param(
            "UNLINK", b"-READONLY You can't write against a read only replica.\r\n",
            WrongAddress, "is a replica, which takes no purges.", "Set `url` to the primary.", id="readonly",
        ),
        pytest.param(
            "UNLINK", b"-LOADING Redis is loading the dataset in memory\r\n",
            Unavailable, "is still loading its data.",
            "Wait until it has (INFO persistence there tells how far it is), then retry.", id="loading",
        ),
        pytest.param(
            "UNLINK", b"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n",
            Unavailable, "is a replica whose primary is down.",
            "Start that, or set `url` to what is primary now, then retry.", id="masterdown",
        ),
        pytest.param(
            "UNLINK", b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
            Unavailable, "is out of memory and takes no commands.",
            "Raise its `maxmemory`, or let it evict, then retry.", id="oom",
        ),
        pytest.param(
            "UNLINK", b"-MISCONF Redis is configured to save RDB snapshots, but it is unable to persist to disk.\r\n",
            Unavailable, "takes no changes because it cannot save to its disk.",
            "Look at its disk and log, then retry.", id="misconf",
        ),
        pytest.param(
            "UNLINK", b"-NOREPLICAS Not enough good replicas to write.\r\n",
            Unavailable, "takes no changes because it has too few replicas.", "Look at them, then retry.",
            id="noreplicas",
        ),
        pytest.param(
            "INFO", b"-DENIED Redis is running in protected mode because protected mode is enabled\r\n",
            BadCredentials, "is in protected mode and takes no one from outside.",
            "Give it a password and put that into `url`.", id="denied",
        ),
        pytest.param(
            "INFO", b"-ERR max number of clients reached\r\n",
            Throttled, "has too many connections.",
            "Raise its `maxclients`, or end idle ones (CLIENT LIST there shows them). Then retry.",
            id="too-many-clients",
        ),
        pytest.param(
            "UNLINK", b"-ERR unknown command 'UNLINK', with args beginning with: 'page:' \r\n",
            WrongAddress, "does not know a command that a purge needs.",
            "It must be Redis 4 or newer with UNLINK and SCAN not renamed, and no Sentinel: `url` names the primary.",
            id="no-unlink",
        ),
        pytest.param(
            "UNLINK", b"-MOVED 866 10.0.0.9:6379\r\n",
            WrongAddress, "is part of a cluster.", "Set `cluster: yes` on the account.", id="moved",
        ),
        pytest.param(
            "UNLINK", b"-CROSSSLOT Keys in request don't hash to the same slot\r\n",
            WrongAddress, "is part of a cluster.", "Set `cluster: yes` on the account.", id="crossslot",
        ),
        pytest.param(
            "UNLINK", b"-NEWS that nobody knows\r\n",
            Unexpected, "answered what purgebot does not know.", "Report it.", id="something-new",
        ),
        pytest.param(
            "INFO", b"HTTP/1.1 400 Bad Request\r\n\r\n",
            WrongAddress, "does not answer as Redis does: it speaks HTTP.", "Check host and port in `url`.", id="http",
        ),
        pytest.param(
            "UNLINK", None,
            OutcomeUnknown, "broke off before it answered.",
            "It may have been done already: look at the edge, or retry. If it stays, look at its log there.",
            id="cut-after-sending",
        ),
        pytest.param(
            "SCAN", b"+OK\r\n",
            WrongAddress, "does not answer as Redis does.", "Check host and port in `url`.", id="odd-scan",
        ),
        pytest.param(
            "INFO", b"*1\r\n$3\r\nCLU\r\n:1\r\n",
            WrongAddress, "does not answer as Redis does.", "Check host and port in `url`.", id="odd-info",
        ),
    ],
)  # fmt: skip
async def test_an_answer_that_is_no_yes_is_an_error_named_by_who_must_act(
    command: str, answer: bytes | None, error: type[PurgeError], what: str, advice: str
) -> None:
    async with saying({"INFO": INFO, "UNLINK": b":1\r\n", command: answer}) as (url, heard):
        provider = redis(url)
        (call,) = provider.plan(wish(Kind.HOST, WWW) if command == "SCAN" else wish(Kind.URL, A))
        with pytest.raises(PurgeError) as caught:
            await provider.send(call, REFERENCE)
        await provider.close()
    who = f"Redis at {url.removeprefix('redis://')}"
    assert (error, f"{who} {what}", advice) == (type(caught.value), caught.value.what, caught.value.advice)
    assert (answer or b"").startswith(b"-") == bool(caught.value.said)  # Redis' own words, or none
    assert len(heard) == len(set(heard))  # one attempt


@pytest.mark.parametrize(
    ("more", "cluster", "answers", "asked", "what", "advice"),
    [
        pytest.param(
            "/99", "no", {"SELECT": b"-ERR DB index is out of range\r\n"}, wish(Kind.URL, A),
            "has no database of this number.", "Mend the number at the end of `url`.", id="no-database",
        ),
        pytest.param(
            "", "yes", {"CLUSTER": b"-ERR This instance has cluster support disabled\r\n"},
            wish(Kind.URL, A), "is not part of a cluster.", "Remove `cluster: yes`.", id="no-cluster",
        ),
        pytest.param(
            "", "no", {"SCARD": b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"},
            wish(Kind.TAG, "news"), "keeps something else than a set where a tag's keys should be.",
            "Mend `tags`: it names the set that holds the keys of a tag.", id="wrongtype",
        ),
    ],
)  # fmt: skip
async def test_a_setting_that_does_not_fit_the_server_is_named(
    more: str, cluster: str, answers: Mapping[str, bytes | None], asked: Purge, what: str, advice: str
) -> None:
    async with saying({"INFO": INFO, "SRANDMEMBER": b"*0\r\n", **answers}) as (url, _):
        provider = redis(url + more, cluster=cluster)
        with pytest.raises(WrongAddress) as caught:
            await provider.send(provider.plan(asked)[0], REFERENCE)
        await provider.close()
    assert (f"Redis at {url.removeprefix('redis://')} {what}", advice) == (caught.value.what, caught.value.advice)


async def test_a_tag_that_another_purge_has_just_taken_is_nothing_to_do() -> None:
    gone = b"-ERR no such key\r\n"
    async with saying({"INFO": INFO, "SRANDMEMBER": b"*0\r\n", "SCARD": b":1\r\n", "RENAMENX": gone}) as (url, heard):
        provider = redis(url)
        receipt = await provider.send(provider.plan(wish(Kind.TAG, "news"))[0], REFERENCE)
        await provider.close()
    assert (True, "0 keys removed.") == (receipt.finished, receipt.note)
    assert 1 == heard.count("RENAMENX tag:news tag:news:purgebot-purging")


SLOTS = b"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:%d\r\n"


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        pytest.param(b"-MOVED 866 10.0.0.9:6379\r\n", "has given these keys to another node.", id="moved"),
        pytest.param(b"-ASK 866 10.0.0.9:6379\r\n", "has given these keys to another node.", id="ask"),
        pytest.param(b"-CLUSTERDOWN The cluster is down\r\n", "says that its cluster is down.", id="clusterdown"),
        pytest.param(
            b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
            "is just moving these keys to another node.",
            id="tryagain",
        ),
    ],
)
async def test_a_cluster_in_motion_is_asked_again_and_its_slots_anew_where_keys_moved(answer: bytes, what: str) -> None:
    answers: dict[str, bytes | None] = {"UNLINK": answer}
    async with saying(answers) as (url, heard):
        answers["CLUSTER"] = SLOTS % int(url.rpartition(":")[2])
        provider = redis(url, cluster="yes")
        (call,) = provider.plan(wish(Kind.URL, A))
        with pytest.raises(Unavailable) as caught:
            await provider.send(call, REFERENCE)
        answers["UNLINK"] = b":1\r\n"
        receipt = await provider.send(call, REFERENCE)
        await provider.close()
    assert f"Redis at {url.removeprefix('redis://')} {what}" == caught.value.what
    assert (Receipt(note="1 key removed."), 2 if b"-MOVED" in answer or b"-ASK" in answer else 1) == (
        receipt,
        heard.count("CLUSTER SLOTS"),
    )


@pytest.mark.parametrize(
    ("slots", "what"),
    [
        pytest.param(b"*0\r\n", "is of a cluster without any slots.", id="none"),
        pytest.param(SLOTS.replace(b"16383", b"1"), "says that no node of its cluster holds slot 3183.", id="a-gap"),
    ],
)
async def test_a_cluster_whose_slots_nobody_holds(slots: bytes, what: str) -> None:
    async with saying({"CLUSTER": slots % free_port() if b"%d" in slots else slots}) as (url, _):
        provider = redis(url, cluster="yes")
        with pytest.raises(Unavailable) as caught:
            await provider.send(provider.plan(wish(Kind.URL, f"https://{WWW}/a"))[0], REFERENCE)
        await provider.close()
    assert re.sub(r"\d+\.$", "3183.", caught.value.what).endswith(what)


async def test_nobody_listens() -> None:
    port = free_port()
    provider = redis(f"redis://127.0.0.1:{port}")
    with pytest.raises(Unavailable) as caught:
        await provider.send(provider.plan(wish(Kind.URL, A))[0], REFERENCE)
    assert (
        f"Redis at 127.0.0.1:{port} cannot be reached: the connection was refused.",
        "Check that it runs, the network in between, and `url`: redis:// for plain, rediss:// for TLS.",
        "",
    ) == (caught.value.what, caught.value.advice, caught.value.said)
    await provider.close()


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="none"),
        pytest.param("http://127.0.0.1:6379", id="http"),
        pytest.param("redis://", id="no-host"),
        pytest.param("redis://127.0.0.1:port", id="a-port-of-letters"),
        pytest.param("redis://127.0.0.1/?decode_responses=yes", id="options"),
        pytest.param("redis://user:s3cret-word@[::1", id="half-a-host"),
        pytest.param("127.0.0.1:6379", id="no-scheme"),
    ],
)
async def test_an_address_that_is_none_is_told_without_its_password(url: str) -> None:
    provider = redis(url)
    with pytest.raises(WrongAddress) as caught:
        await provider.send(provider.plan(wish(Kind.URL, A))[0], REFERENCE)
    assert (
        "`url` of this account is not the address of a Redis. "
        "Write it as redis://user:password@host:port/0, or rediss:// for TLS, without options behind `?`."
    ) == str(caught.value)


async def test_a_password_that_is_echoed_is_cut_out() -> None:
    async with saying({"AUTH": b"-ERR s3cret word is wrong\r\n"}) as (url, _):
        provider = redis(url.replace("//", "//:s3cret%20word@"))
        with pytest.raises(PurgeError) as caught:
            await provider.send(provider.plan(wish(Kind.URL, A))[0], REFERENCE)
        await provider.close()
    assert ("… is wrong", False) == (caught.value.said, "s3cret" in f"{caught.value}{caught.value!r}")


async def test_a_certificate_file_that_is_not_there(tmp_path: Path) -> None:
    provider = redis("rediss://127.0.0.1", ca_file=str(tmp_path / "ca.pem"))
    probe = await provider.probe({"keys": KEYS})
    assert (
        Probe(Health.BAD, f"There is no file {tmp_path}/ca.pem.", "Set `ca_file` to a file of certificates.") == probe
    )


async def test_what_speaks_no_tls_is_told() -> None:
    async with saying({}) as (url, _):
        provider = redis(url.replace("redis:", "rediss:"))
        probe = await provider.probe({"keys": KEYS})
        await provider.close()
    assert Health.BAD == probe.health


async def test_a_doctor_waits_no_longer_than_a_call() -> None:
    async with saying({"INFO": b""}) as (url, _):
        provider = redis(url, seconds=0.05)
        probe = await provider.probe({"keys": KEYS})
        await provider.close()
    assert (Health.BAD, True) == (probe.health, probe.what.endswith("did not answer within 0.05 s."))


async def test_a_doctor_tells_a_template_that_cannot_be(tmp_path: Path) -> None:
    probe = await redis().probe({"keys": "{path}"})
    what = "`{path}` under `keys` is not a key with a fixed beginning and {path}."
    assert (Health.BAD, what) == (probe.health, probe.what)


@pytest.mark.parametrize("id_", ["", "[1]", "{}", '["SCAN", "page:*", "x", "n", "0", 1]'])
async def test_a_receipt_that_says_nothing_is_told(id_: str) -> None:
    with pytest.raises(Unexpected, match=r"^A receipt of Redis does not say where to go on\."):
        await redis().progress(Receipt(id=id_, finished=False))


async def test_a_finished_receipt_is_all_there_is() -> None:
    assert Receipt(note="x") == await redis().progress(Receipt(note="x"))


async def test_a_call_that_runs_out_of_time_says_where_to_go_on() -> None:
    answers: dict[str, bytes | None] = {"INFO": INFO, "SCAN": b"*2\r\n$2\r\n17\r\n*0\r\n"}
    async with saying(answers) as (url, heard):
        provider = redis(url, seconds=0.3)
        (call,) = provider.plan(wish(Kind.HOST, WWW))
        begun = await provider.send(call, REFERENCE)
        answers["SCAN"] = b"*2\r\n$1\r\n0\r\n*1\r\n$20\r\npage:www.shop.test/a\r\n"
        answers["UNLINK"] = b":1\r\n"
        done = await provider.progress(begun)
        await provider.close()
    node = url.removeprefix("redis://")
    assert ["SCAN", call.path, call.body, node, 17, 0] == json.loads(begun.id)
    assert ("0 keys removed so far.", False) == (begun.note, begun.finished)
    assert (Receipt(note="1 key removed."), "SCAN 17 MATCH") == (done, heard[-2])


async def test_it_has_no_budgets_and_writes_no_headers() -> None:
    assert ((), Sighting()) == (await redis().left({}), redis().sighting({"x-cache": "HIT"}))


def test_without_the_package_everything_but_sending_works() -> None:
    code = (
        "import sys; sys.modules['redis'] = None\n"
        "from providers import PROVIDERS\nfrom providers.contract import Account, Kind, Purge\n"
        "p = PROVIDERS['redis'].build(Account('a'), None)\n"
        "print(len(p.plan(Purge(Kind.URL, ('https://a/b',), layer={'keys': 'page:{host}{path}'}))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert ("1\n", "") == (done.stdout, done.stderr)
