"""Real web servers with many hosts at once: one process serves every case of a table."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import MappingProxyType

from tests.real import find, free_port, running_as_anyone, until_listening

FILES: Mapping[str, str | bytes] = {
    "news/index.html": "<!doctype html><title>news</title><p>hello</p>",
    "news/today.html": "<!doctype html><title>today</title><p>hello</p>",
    "js/main.js": "hello()",
    "a+(b)$1.html": "<!doctype html><title>odd</title><p>hello</p>",
    "page.html": "<!doctype html><title>shop</title>" + "<p>hello</p>" * 100,
    "index.html": "<!doctype html><title>shop</title><p>hello</p>",
    "packed.html": gzip.compress(b"<!doctype html><title>shop</title>", mtime=0),
    "app.js": "hello()",
    "app.3f2a91c0.js": "hello(1)",
    "sw.js": "self.addEventListener('fetch', () => {})",
    "style.css": "p { color: red }",
    "print.20260412.css": "p { color: black }",  # a name of its own that looks like one with a hash
}
BUILT = 1_790_000_000  # seconds since the epoch: when the files were built
DOCS = "public"


def lay_out(
    folder: Path, hosts: Iterable[str], apart: Sequence[str] = (), more: Mapping[str, str] = MappingProxyType({})
) -> None:
    """A folder of files for each host, all built at one time, but for those of the hosts `apart`: a minute later.
    `more` files than every host has."""
    for host in hosts:
        docs = folder / host / DOCS
        for name, text in {**FILES, **more}.items():
            (docs / name).parent.mkdir(parents=True, exist_ok=True)
            (docs / name).write_bytes(text if isinstance(text, bytes) else text.encode())
            built = BUILT + 60 * (host in apart)
            os.utime(docs / name, (built, built))


@contextmanager
def application() -> Iterator[int]:
    """The port of an application whose /late says a Date of ten minutes ago, /in-time one of now, and /cookie sets a
    cookie on what everybody may keep."""

    class Page(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = b"hello"
            self.send_response_only(200)
            self.send_header("Date", formatdate(time.time() - (600 if self.path == "/late" else 0), usegmt=True))
            self.send_header("Cache-Control", "max-age=60")
            self.send_header("ETag", '"hello"')
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            if self.path == "/cookie":
                self.send_header("Set-Cookie", "sid=1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


NGINX = """\
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr notice;
events {{}}
http {{
  access_log off;
  server_names_hash_bucket_size 128;
  types {{ text/html html; text/javascript js; text/css css; }}
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  proxy_cache_path cache keys_zone=main:1m use_temp_path=off;
  {servers}
}}
"""


@contextmanager
def nginx(
    hosts: Mapping[str, tuple[str, str]],
    behind: int,
    apart: Sequence[str] = (),
    more: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[int, Path]]:
    """The port of an nginx with a server for each host, by its lines inside the server and inside `location /`; and
    the folder with the files."""
    port = free_port()

    def command(folder: Path) -> list[str]:
        lay_out(folder, hosts, apart, more)
        servers = [
            f"server {{ listen 127.0.0.1:{port}; server_name {host}; root {folder}/{host}/{DOCS};\n{outside}\n"
            f"location / {{\n{inside.replace('{behind}', str(behind))}\n}} }}"
            for host, (outside, inside) in hosts.items()
        ]
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(servers="\n".join(servers)))
        return [find("nginx"), "-p", f"{folder}/", "-c", str(config), "-e", "stderr"]

    with running_as_anyone(command, "start worker process ") as folder:
        yield port, folder


APACHE = """\
{modules}
ServerRoot {folder}
ServerName apache.test
Listen 127.0.0.1:{port}
PidFile {folder}/pid
ErrorLog "|/bin/cat"
LogLevel notice
TypesConfig /dev/null
AddType text/html .html
AddType text/javascript .js
AddType text/css .css
<Directory "{folder}">
  Require all granted
</Directory>
{sites}
"""
_MODULES = "mpm_event authz_core mime dir alias env setenvif headers expires deflate filter rewrite proxy proxy_http"


@contextmanager
def apache(
    hosts: Mapping[str, str], behind: int, more: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[int, Path]]:
    """The port of an Apache with a virtual host for each host, and the folder with the files."""
    port = free_port()

    def command(folder: Path) -> list[str]:
        lay_out(folder, hosts, more=more)
        modules = [f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in _MODULES.split()]
        sites = [
            f'<VirtualHost *:{port}>\nServerName {host}\nDocumentRoot "{folder}/{host}/{DOCS}"\n'
            f"{lines.replace('{behind}', str(behind)).replace('{docs}', f'{folder}/{host}/{DOCS}')}\n</VirtualHost>"
            for host, lines in hosts.items()
        ]
        whole = APACHE.format(modules="\n".join(modules), folder=folder, port=port, sites="\n".join(sites))
        config = folder / "httpd.conf"
        config.write_text(whole)
        return [find("apache2"), "-DFOREGROUND", "-f", str(config)]

    with running_as_anyone(command, "resuming normal operations") as folder:
        until_listening(port)
        yield port, folder


EXPRESS = """\
const express = require('express')
const compression = require('compression')
const zlib = require('zlib')
const root = express()
const hosts = {{}}
{apps}
root.use((req, res) => hosts[req.hostname](req, res))
root.listen({port}, '127.0.0.1', () => console.log('listening'))
"""


@contextmanager
def express(hosts: Mapping[str, str], more: Mapping[str, str] = MappingProxyType({})) -> Iterator[tuple[int, Path]]:
    """The port of a Node process with an Express application for each host, and the folder with the files."""
    port = free_port()

    def command(folder: Path) -> list[str]:
        lay_out(folder, ["all"], more=more)
        apps = [f"{{ const app = express(); hosts['{host}'] = app\n{lines}\n}}" for host, lines in hosts.items()]
        (folder / "app.js").write_text(EXPRESS.format(apps="\n".join(apps), port=port))
        paths = "NODE_PATH=/usr/share/nodejs"
        return ["/usr/bin/env", "-C", f"{folder}/all", paths, find("node"), str(folder / "app.js")]

    with running_as_anyone(command, "listening") as folder:
        yield port, folder
