"""Processes of `purgebot` and of the playground without the second of reading code that each would begin with: forked
from one that has imported all they need and read the trusted certificates, with every warning an error.

Each is the same from then on: its own environment, folder, files, ports and signals; its exit code and last words are
an interpreter's. What is forked is `purgebot <words>`, `playground`, or a bot that is `dying`; a shell has the first
one by `script`.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parent.parent
MESSAGE_MAX = 1 << 17  # bytes
KEPT = ("PATH", "HOME", "LANG", "PYTHONDONTWRITEBYTECODE")
LATER = (
    "anyio._backends._asyncio",
    "apscheduler.executors.asyncio",
    "apscheduler.triggers.date",
    "dns.asyncbackend",
    "providers.redis_walk",
    "providers.redis_wire",
    "slack_bolt.listener_matcher.async_builtins",
    "tzdata",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)  # read by nearly every bot, though only when it is needed


# In the tests


@functools.cache
def _address() -> str:
    """Where the process listens that forks; it starts with the first wish, and ends with this one."""
    folder = tempfile.TemporaryDirectory(prefix="purgebot-")
    address = f"{folder.name}/forks"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen(64)
        env = {name: os.environ[name] for name in KEPT if name in os.environ}
        program = f"from tests.forking import forks; forks({listener.fileno()})"
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", program], cwd=ROOT, env=env, stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )  # fmt: skip

    def end() -> None:
        process.communicate()
        folder.cleanup()

    atexit.register(end)
    return address


def script() -> str:
    """A shell's script that is `purgebot`."""
    shell = f"{sys.executable} -I -S {Path(__file__).with_name('forked.py')} {_address()}"
    return f'#!/bin/sh\nexec {shell} purgebot "$@"\n'


class Child:
    """A process that was forked."""

    def __init__(
        self, program: str, words: Sequence[str], env: Mapping[str, str], cwd: Path, out: int, errors: int
    ) -> None:
        self.returncode: int | None = None
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.connection.connect(_address())
        wish = {"program": program, "words": list(words), "env": dict(env), "cwd": str(cwd)}
        with Path(os.devnull).open("rb") as nothing:
            socket.send_fds(self.connection, [json.dumps(wish).encode()], [nothing.fileno(), out, errors])
        self._pid = 0

    def born(self, said: bytes) -> None:
        """Its first message is its number."""
        self._pid = int(said)

    def ended(self, said: bytes) -> int:
        """Its last message is how it ended: an exit code, or a signal's number below 0."""
        self.returncode = int(said)
        self.connection.close()
        return self.returncode

    def send_signal(self, which: int) -> None:
        """Send it, unless the process has ended."""
        if self.returncode is None:
            os.kill(self._pid, which)

    def kill(self) -> None:
        """kill -9."""
        self.send_signal(signal.SIGKILL)

    def poll(self) -> int | None:
        """How it ended; None while it lives."""
        if self.returncode is None and select.select([self.connection], [], [], 0)[0]:
            self.ended(self.connection.recv(64))
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """How it ended, once it has."""
        if self.returncode is None:
            self.connection.settimeout(timeout)
            self.ended(self.connection.recv(64))
        assert self.returncode is not None
        return self.returncode


def forked(program: str, words: Sequence[str], env: Mapping[str, str], cwd: Path, out: int, errors: int) -> Child:
    """A process whose output goes to these files."""
    child = Child(program, words, env, cwd, out, errors)
    child.born(child.connection.recv(64))
    return child


@dataclass(slots=True)
class Piped:
    """A process whose output is read here."""

    child: Child
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader
    _pipes: Sequence[asyncio.ReadTransport]
    _ended: asyncio.Task[int]

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it lives."""
        return self.child.returncode

    def send_signal(self, which: int) -> None:
        """Send it, unless the process has ended."""
        self.child.send_signal(which)

    async def wait(self) -> int:
        """How it ended, once it has."""
        return await asyncio.shield(self._ended)

    async def communicate(self) -> tuple[bytes, bytes]:
        """All that it still says, once it has ended."""
        out, errors, _ = await asyncio.gather(self.stdout.read(), self.stderr.read(), self.wait())
        return out, errors

    async def close(self) -> None:
        """Have it killed if it still runs, and read no more."""
        self.child.kill()
        await self.wait()
        for pipe in self._pipes:
            pipe.close()
        await asyncio.sleep(0)  # they close in the next round of the loop


async def piped(program: str, words: Sequence[str], env: Mapping[str, str], cwd: Path) -> Piped:
    """A process that says to us what it says."""
    loop = asyncio.get_running_loop()
    (out, its_out), (errors, its_errors) = os.pipe(), os.pipe()
    child = Child(program, words, env, cwd, its_out, its_errors)
    os.close(its_out)
    os.close(its_errors)
    readers, pipes = [], []
    for end in (out, errors):
        reader = asyncio.StreamReader()
        pipe, _ = await loop.connect_read_pipe(functools.partial(asyncio.StreamReaderProtocol, reader), os.fdopen(end))
        readers.append(reader)
        pipes.append(pipe)
    child.connection.setblocking(False)
    child.born(await loop.sock_recv(child.connection, 64))

    async def ended() -> int:
        return child.ended(await loop.sock_recv(child.connection, 64))

    return Piped(child, readers[0], readers[1], pipes, asyncio.create_task(ended()))


# In the process that forks


def forks(number: int) -> None:
    """Take wishes on this listening socket until standard input ends; in a fork, become what was wished."""
    gc.disable()
    import bot.cli
    import bot.cli.client
    import bot.doctor
    import bot.local
    import bot.serving
    import playground.__main__ as play
    from bot.edge.looker import trusted as at_edges
    from providers.wire import trusted as at_providers
    from tests.journeys import dying

    for name in LATER:
        importlib.import_module(name)
    at_edges()
    at_providers()
    gc.freeze()
    gc.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listener = socket.socket(fileno=number)
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            program, words = _become(connection)
            sys.argv = [program, *words]
            try:
                if program == "playground":
                    raise SystemExit(play.main(os.environ, words))
                if program == "dying":
                    raise SystemExit(dying.main(*words))
                bot.cli.main()
            except SystemExit as exc:
                code = exc.code
            _leave(code)
        connection.close()
        _bury()
    _bury()


def _leave(code: object) -> NoReturn:
    """End as an interpreter does, though all that was read before the fork is not taken apart: most of a short life
    would be spent on that. Where anything is out of the ordinary the interpreter does it.
    """
    if isinstance(code, int | None) and threading.active_count() == 1:
        atexit._run_exitfuncs()
        gc.collect()  # so that what was left open is told
        with contextlib.suppress(OSError, ValueError):  # which an interpreter tells
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit((code or 0) & 0xFF)
    raise SystemExit(code)


def _bury() -> None:
    """Forget the forks that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _become(connection: socket.socket) -> tuple[str, Sequence[str]]:
    """Fork once more, so that one is left to tell how the other ended; what this other one is to be."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    said, files, *_ = socket.recv_fds(connection, MESSAGE_MAX, 3)
    if child := os.fork():
        for file in (0, 1, 2, *files):
            os.close(file)
        connection.send(str(child).encode())
        connection.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
        os._exit(0)
    connection.close()
    for n, file in enumerate(files):
        os.dup2(file, n)
        os.close(file)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    wish = json.loads(said)
    os.chdir(wish["cwd"])
    os.environ.clear()
    os.environ.update(wish["env"])
    return wish["program"], wish["words"]
