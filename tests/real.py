"""Real servers for tests, each on a free loopback port with a folder of its own, and gone when its `with` ends."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

PLACES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # servers live where a user's PATH may not look
PROGRAMS = {  # Debian package → the program that shows it is there
    "varnish": {"varnish": "varnishd", "gcc": "gcc"},
    "chromium": {"chromium": "chromium"},
}


def missing(name: str) -> str:
    """The Debian package that a test marked real(name) lacks; "" if none."""
    needed = PROGRAMS.get(name, {name: name})
    return next((package for package, program in needed.items() if not find(program)), "")


def find(program: str) -> str:
    """The path of `program`; "" where there is none."""
    return shutil.which(program) or shutil.which(program, path=PLACES) or ""


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visitor was answered."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: str


def visit(port: int, host: str, target: str, method: str = "GET") -> Visit:
    """One request with exactly this target and Host."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host)
        connection.endheaders()
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Visit(response.status, headers, response.read().decode())
    finally:
        connection.close()


class Origin:
    """A web site whose every page says its version, cacheable for an hour."""

    def __init__(self) -> None:
        self.version = "v1"
        origin = self

        class Page(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = origin.version.encode()
                self.send_response(200)
                self.send_header("Cache-Control", "private" if "/private" in self.path else "max-age=3600")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.server_port


@contextmanager
def running_origin() -> Iterator[Origin]:
    """An origin that answers."""
    origin = Origin()
    thread = Thread(target=origin.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield origin
    finally:
        origin.server.shutdown()
        thread.join()
        origin.server.server_close()


@contextmanager
def running_varnish(folder: Path, vcl: str) -> Iterator[int]:
    """The port of a varnishd with this configuration."""
    port = free_port()
    config = folder / "test.vcl"
    config.write_text(vcl)
    command = [find("varnishd"), "-F", "-j", "none", "-n", str(folder / "work"), "-f", str(config)]
    command += ["-a", f"127.0.0.1:{port}", "-T", "none", "-s", "malloc,32m", "-p", "vsl_space=1M"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "launched OK" in line:
                break
        else:
            raise AssertionError(f"varnishd ended with {process.wait()}: {said}")
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=20)
