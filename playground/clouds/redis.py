"""A pretend Redis: the commands that a purge needs, over the app's pages; to any other it says that it knows none.

Errors word for word as Redis 7.0 gives them; tests/playground/test_resp.py asks a real one beside it.
"""

from __future__ import annotations

import hmac
import random
import re
from collections.abc import Callable, Sequence
from hashlib import blake2b

from playground.app import ACCOUNT, Pages, url_of
from playground.clouds.globs import matcher
from playground.clouds.resp import Refused, Session, Text, Told, Value, encoded, error
from playground.faults import Faults
from playground.requests import Requests

VERSION = "7.0.15"
DATABASES = 16
USER = "default"
SCANNED = 10  # keys looked at where SCAN names no COUNT
_HANDSHAKE = ("AUTH", "HELLO", "CLIENT", "SELECT", "PING", "INFO", "CLUSTER")  # no fault meets these
_SECRET = ("AUTH", "HELLO")
_STATUS = {"NOAUTH": 401, "WRONGPASS": 401, "NOPERM": 403}  # as HTTP would say it
_NOAUTH = "NOAUTH Authentication required."
_WRONGPASS = "WRONGPASS invalid username-password pair or user is disabled."
_NOT_A_NUMBER = "ERR value is not an integer or out of range"
_SYNTAX = "ERR syntax error"
_WRONGTYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
_HELLO_FIRST = (
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass>"
    " option can be used to authenticate the client and select the RESP protocol version at the same time"
)
_MISCONF = (
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may"
    " modify the data set are disabled, because this instance is configured to report errors during writes if RDB"
    " snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB"
    " error."
)
_FAULTY: dict[str, tuple[int, str]] = {
    "throttle": (429, "ERR max number of clients reached"),
    "error500": (500, _MISCONF),
    "bad_token": (401, _NOAUTH),
    "forbidden": (403, "NOPERM this user has no permissions to run the '{command}' command"),
}
# not documented: our wording; a real Redis does both
_NO_PAGE_RENAMED = "ERR this pretend Redis gives no page another name"
_ONE_DATABASE = "ERR this pretend Redis has one database"
_HTML = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html><h1>Welcome</h1></html>"

Words = Sequence[str]  # latin-1: every byte is a letter


class Redis:
    """One Redis with one password. A command is done at once, between two others."""

    def __init__(self, pages: Pages, password: str, requests: Requests, faults: Faults) -> None:
        self._pages = pages
        self._password = password
        self._requests = requests
        self._faults = faults
        # name: (least words, most words, deed)
        self._commands: dict[str, tuple[int, int, Callable[[Session, Words], Value]]] = {
            "AUTH": (1, 99, self._auth),
            "HELLO": (0, 7, self._hello),
            "CLIENT": (1, 3, _client),
            "CLUSTER": (1, 99, _cluster),
            "SELECT": (1, 1, _select),
            "PING": (0, 1, _ping),
            "INFO": (0, 99, _info),
            "SCAN": (1, 99, self._scan),
            "UNLINK": (1, 1_000_000, self._unlink),
            "SCARD": (1, 1, self._card),
            "SRANDMEMBER": (1, 2, self._some),
            "SREM": (2, 1_000_000, self._remove),
            "RENAMENX": (2, 2, self._rename),
        }

    def answer(self, session: Session, words: Sequence[bytes]) -> Told:
        """Do one command, and write it down."""
        name, *given = (word.decode("latin-1") for word in words)
        command = name.upper()
        fault = "" if command in _HANDSHAKE or not session.is_known else self._faults.take(ACCOUNT)
        if fault in ("reset", "down"):
            return self._noted(command, given, 0, b"", fault)
        if fault == "html":
            return self._noted(command, given, 200, _HTML, fault)
        if fault in _FAULTY:
            status, says = _FAULTY[fault]
            return self._noted(command, given, status, error(says.format(command=name.lower())), fault)
        try:
            reply = encoded(self._done(session, name, given), session.version)
        except Refused as exc:
            return self._noted(command, given, _STATUS.get(str(exc).partition(" ")[0], 400), error(str(exc)), fault)
        purged = [url_of(key) for key in given if key.startswith("page:") and "/" in key] if command == "UNLINK" else []
        return self._noted(command, given, 200, reply, fault, purged)

    def _noted(
        self, command: str, given: Words, status: int, reply: bytes, fault: str, purged: Sequence[str] = ()
    ) -> Told:
        first, rest = ("", "") if command in _SECRET or not given else (given[0], " ".join(given[1:]))
        self._requests.record(ACCOUNT, command, first, rest, status, fault, purged)
        return Told(reply, fault)

    def _done(self, session: Session, name: str, given: Words) -> Value:
        known = self._commands.get(name.upper())
        if known is None:
            shown = "".join(f"'{word[:128]}' " for word in given)[:128]
            raise Refused(f"ERR unknown command '{name[:128]}', with args beginning with: {shown}")
        least, most, deed = known
        if not least <= len(given) <= most:
            raise Refused(f"ERR wrong number of arguments for '{name.lower()}' command")
        if not session.is_known and name.upper() not in _SECRET:
            raise Refused(_NOAUTH)
        return deed(session, given)

    # Who is there

    def _auth(self, session: Session, given: Words) -> Value:
        if len(given) > 2:
            raise Refused(_SYNTAX)
        user, password = given if len(given) == 2 else (USER, given[0])
        right = hmac.compare_digest(password.encode(), self._password.encode())
        if user != USER or not right:
            raise Refused(_WRONGPASS)
        session.is_known = True
        return "OK"

    def _hello(self, session: Session, given: Words) -> Value:
        version = _whole(given[0], "ERR Protocol version is not an integer or out of range") if given else 0
        if given and version not in (2, 3):
            raise Refused("NOPROTO unsupported protocol version")
        match given[1:]:
            case []:
                pass
            case [auth, user, password] if auth.upper() == "AUTH":
                self._auth(session, (user, password))
            case [option, *_]:
                raise Refused(f"ERR Syntax error in HELLO option '{option}'")
        if not session.is_known:
            raise Refused(_HELLO_FIRST)
        session.version = version or session.version
        return {
            "server": b"redis", "version": VERSION.encode(), "proto": session.version, "id": session.number,
            "mode": b"standalone", "role": b"master", "modules": [],
        }  # fmt: skip

    # What is kept

    def _scan(self, session: Session, given: Words) -> Value:
        """A cursor is a place in an order that no change of other keys moves, so no key that stays is missed."""
        cursor = _whole(given[0], "ERR invalid cursor", least=0)
        pattern, count = _options(given[1:])
        found = sorted((_place(name), name) for name in self._pages.names())
        ahead = [one for one in found if one[0] >= cursor]
        looked_at, rest = ahead[:count], ahead[count:]
        matching = [_raw(name) for _, name in looked_at if pattern.fullmatch(name)]
        return [str(rest[0][0] if rest else 0).encode(), matching]

    def _unlink(self, session: Session, given: Words) -> Value:
        return self._pages.unlink(given)

    def _set(self, name: str) -> list[str]:
        if self._pages.is_page(name):
            raise Refused(_WRONGTYPE)
        return self._pages.members(name)

    def _card(self, session: Session, given: Words) -> Value:
        return len(self._set(given[0]))

    def _some(self, session: Session, given: Words) -> Value:
        count = _whole(given[1], _NOT_A_NUMBER) if len(given) == 2 else None
        members = self._set(given[0])
        if count is None:
            return _raw(random.choice(members)) if members else None
        if count < 0:
            return [_raw(one) for one in random.choices(members, k=-count)] if members else []
        return [_raw(one) for one in random.sample(members, min(count, len(members)))]

    def _remove(self, session: Session, given: Words) -> Value:
        self._set(given[0])
        return self._pages.remove(given[0], given[1:])

    def _rename(self, session: Session, given: Words) -> Value:
        name, new = given
        if self._pages.is_page(name):
            raise Refused(_NO_PAGE_RENAMED)
        if not self._pages.members(name):
            raise Refused("ERR no such key")
        if self._pages.members(new) or self._pages.is_page(new):
            return 0
        self._pages.rename(name, new)
        return 1


def _client(session: Session, given: Words) -> Value:
    match [given[0].upper(), *given[1:]]:
        case ["SETINFO", option, _] if option.upper() in ("LIB-NAME", "LIB-VER"):
            return "OK"
    raise Refused(f"ERR unknown subcommand '{given[0][:128]}'. Try CLIENT HELP.")


def _cluster(session: Session, given: Words) -> Value:
    raise Refused("ERR This instance has cluster support disabled")


def _select(session: Session, given: Words) -> Value:
    if not 0 <= _whole(given[0], _NOT_A_NUMBER) < DATABASES:
        raise Refused("ERR DB index is out of range")
    if int(given[0]):
        raise Refused(_ONE_DATABASE)
    return "OK"


def _ping(session: Session, given: Words) -> Value:
    return _raw(given[0]) if given else "PONG"


def _info(session: Session, given: Words) -> Value:
    parts = {"server": f"# Server\r\nredis_version:{VERSION}\r\n", "cluster": "# Cluster\r\ncluster_enabled:0\r\n"}
    return Text("\r\n".join(parts[name.lower()] for name in given or parts if name.lower() in parts))


def _options(given: Words) -> tuple[re.Pattern[str], int]:
    pattern, count = re.compile(".*", re.DOTALL), SCANNED
    for at in range(0, len(given), 2):
        match [given[at].upper(), *given[at + 1 : at + 2]]:
            case ["MATCH", glob]:
                pattern = matcher(glob)
            case ["COUNT", number]:
                count = _whole(number, _NOT_A_NUMBER)
                if count < 1:
                    raise Refused(_SYNTAX)
            case _:
                raise Refused(_SYNTAX)
    return pattern, count


def _whole(text: str, wrong: str, least: int = -(2**63)) -> int:
    if not re.fullmatch(r"-?(0|[1-9][0-9]{0,18})", text) or int(text) < least:
        raise Refused(wrong)
    return int(text)


def _place(name: str) -> int:
    return int.from_bytes(blake2b(_raw(name), digest_size=6).digest()) + 1


def _raw(text: str) -> bytes:
    return text.encode("latin-1")
