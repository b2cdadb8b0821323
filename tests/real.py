"""Real servers for tests, each on a free loopback port with a folder of its own, and gone when its `with` ends."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

PLACES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # servers live where a user's PATH may not look
BROWSER = "chromium-headless-shell"  # Chromium without windows, which takes a quarter less of the machine
PROGRAMS = {  # Debian package → the program that shows it is there
    "varnish": {"varnish": "varnishd", "gcc": "gcc"},
    "chromium": {BROWSER: BROWSER},
    "apache2": {"apache2-bin": "apache2"},
    "prometheus": {"prometheus": "promtool"},
    "systemd": {"systemd": "systemd-analyze"},
    "node-express": {
        "nodejs": "node",
        "node-express": "/usr/share/nodejs/express/package.json",
        "node-compression": "/usr/share/nodejs/compression/package.json",
    },
    "libnginx-mod-http-cache-purge": {
        "nginx": "nginx",
        "libnginx-mod-http-cache-purge": "/usr/lib/nginx/modules/ngx_http_cache_purge_module.so",
    },
}


def missing(name: str) -> str:
    """The Debian package that a test marked real(name) lacks; "" if none."""
    needed = PROGRAMS.get(name, {name: name})
    return next((package for package, program in needed.items() if not find(program)), "")


def find(program: str) -> str:
    """The path of `program`, or of a file named by its path; "" where there is none."""
    if program.startswith("/"):
        return program if Path(program).exists() else ""
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


def visit(port: int, host: str, target: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Visit:
    """One request with exactly this target, Host and `headers`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        said = {name.lower(): value for name, value in response.getheaders()}
        return Visit(response.status, said, response.read().decode())
    finally:
        connection.close()


class Origin:
    """A web site whose every page says its version, cacheable for an hour; below /vary it varies by Accept-Encoding."""

    def __init__(self) -> None:
        self.version = "v1"
        self.says: Mapping[str, str] = {}  # further headers of every page
        origin = self

        class Page(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = origin.version.encode()
                self.send_response(200)
                usual = {"Cache-Control": "private" if "/private" in self.path else "max-age=3600"}
                for name, value in {**usual, **origin.says}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                if self.path.startswith("/vary"):
                    self.send_header("Vary", "Accept-Encoding")
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
        until_listening(port)  # it says so a moment before its ports are open
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def running_as_anyone(command: Callable[[Path], list[str]], ready: str) -> Iterator[Path]:
    """The folder of a server that has said `ready`. It never runs as root, whoever runs the tests."""
    with tempfile.TemporaryDirectory(prefix="purgebot-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        user = "nobody" if os.geteuid() == 0 else None
        process = subprocess.Popen(
            command(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, user=user, cwd=folder
        )
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if ready in line:
                    break
            else:
                raise AssertionError(f"{process.args!r} ended with {process.wait()}: {said}")
            yield folder
        finally:
            process.terminate()
            process.communicate(timeout=20)


NGINX = """\
{modules}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr notice;
events {{}}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  proxy_cache_path cache levels={levels} keys_zone=main:1m inactive=60m use_temp_path=off;
  {http}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      {location}
      proxy_pass http://127.0.0.1:{origin};
      proxy_set_header Host $host;
      proxy_cache main;
      proxy_cache_key "{key}";
      add_header X-Cache-Status $upstream_cache_status always;
    }}
    {server}
  }}
}}
"""


@contextmanager
def running_nginx(
    origin: Origin,
    *,
    http: str = "",
    server: str = "",
    location: str = "",
    key: str = "$scheme$host$request_uri",
    levels: str = "1:2",
) -> Iterator[tuple[int, Path]]:
    """The port of an nginx that caches `origin`, and its cache folder; with the purge module where it is installed."""
    port = free_port()
    module = find("/usr/lib/nginx/modules/ngx_http_cache_purge_module.so")
    modules = f"load_module {module};" if module else ""

    def command(folder: Path) -> list[str]:
        config = folder / "nginx.conf"
        config.write_text(
            NGINX.format(modules=modules, http=http, server=server, location=location, key=key, levels=levels,
                         port=port, origin=origin.port)
        )  # fmt: skip
        return [find("nginx"), "-p", f"{folder}/", "-c", str(config), "-e", "stderr"]

    with running_as_anyone(command, "start worker process ") as folder:
        yield port, folder / "cache"


SQUID = """\
http_port 127.0.0.1:{port} accel vhost
cache_peer 127.0.0.1 parent {origin} 0 no-query no-digest originserver name=origin
acl PURGE method PURGE
acl here src {allowed}
http_access allow PURGE here
http_access deny PURGE
http_access allow all
cache_peer_access origin allow all
never_direct allow all
cache_mem 16 MB
pid_filename none
cache_log stdio:/dev/stderr
access_log none
cache_store_log none
netdb_filename none
pinger_enable off
coredump_dir none
shutdown_lifetime 0 seconds
visible_hostname squid.test
"""


@contextmanager
def running_squid(origin: Origin, allowed: str = "127.0.0.1") -> Iterator[int]:
    """The port of a Squid in front of `origin`, which takes purges from `allowed`."""
    port = free_port()

    def command(folder: Path) -> list[str]:
        config = folder / "squid.conf"
        config.write_text(SQUID.format(port=port, origin=origin.port, allowed=allowed))
        return [find("squid"), "-N", "-d", "1", "-f", str(config)]

    with running_as_anyone(command, "Accepting reverse-proxy HTTP Socket connections"):
        until_listening(port)
        yield port


def until_listening(port: int) -> None:
    """A server may say that it accepts a moment before it does."""
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
