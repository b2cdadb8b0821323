"""A playground as the page meets it: the files under /page, and recorded answers to its `_play` calls.

What was recorded is the real playground's own, of 2026-11-25: a purged page, a waiting job, one stopped at Cloudflare.
`sites` is that world with three more sites, written after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Thread
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import playground

PAGE = Path(playground.__file__).parent / "page"
RECORDED = Path(__file__).parent / "recorded"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript"}
PATIENCE_S = 10.0
HITS = {
    "cloudflare": {"cf-cache-status": "HIT"},
    "cloudfront": {"x-cache": "Hit from cloudfront", "x-amz-cf-pop": "FRA56-P1"},
    "fastly": {"x-cache": "MISS, HIT", "x-cache-hits": "0, 1"},
    "akamai": {"x-cache": "TCP_HIT from a-fra.deploy.akamaitechnologies.com (AkamaiGHost/22.0)"},
}
Json = Any
SCENES = [
    {
        "name": "race",
        "title": "The edge was purged before the shield",
        "sees": "refilled from an older layer",
        "site": "shop",
        "channel": "C_SHOP",
        "line": "/purge why http://www.shop.test/race/1",
    },
    {
        "name": "unfinished",
        "title": "Accepted is not done",
        "sees": "accepted, not finished",
        "site": "blog",
        "channel": "C_BLOG",
        "line": "/purge why http://www.blog.test/unfinished/1",
    },
]


def recorded(name: str) -> Json:
    """One recorded answer."""
    return json.loads((RECORDED / f"{name}.json").read_text())


@dataclass
class Fixture:
    """What the playground answers now, and what it was sent."""

    world: Json = field(default_factory=lambda: recorded("world"))
    messages: dict[str, list[Json]] = field(
        default_factory=lambda: {"C_SHOP": recorded("shop"), "C_APPROVE": recorded("approvals")}
    )
    views: list[Json] = field(default_factory=list)
    homes: dict[str, Json] = field(default_factory=dict)
    answers: dict[str, tuple[int, Json]] = field(default_factory=dict)
    posts: list[tuple[str, Json]] = field(default_factory=list)
    visits: list[dict[str, str]] = field(default_factory=list)
    is_down: bool = False
    url: str = ""
    started: float = field(default_factory=monotonic)
    _came: Condition = field(default_factory=Condition)

    @property
    def shop(self) -> Json:
        """Site `shop` of the world."""
        return self.world["sites"]["shop"]

    def deploy(self, version: str) -> None:
        """New content at the origin."""
        self.shop["origin"] = dict.fromkeys(self.shop["origin"], version)

    def get(self, path: str, asked: dict[str, str]) -> tuple[int, Json]:
        """The answer to a GET."""
        match path:
            case "world":
                return 200, {**self.world, "now": self.world["now"] + monotonic() - self.started}
            case "messages":
                own = asked.get("user") == "U_MIA"
                return 200, [m for m in self.messages.get(asked["channel"], []) if own or not m["ephemeral"]]
            case "views":
                user = asked.get("user", "")
                return 200, {"open": self.views if user == "U_MIA" else [], "home": self.homes.get(user)}
            case "scenes":
                return 200, {"scenes": SCENES}
            case "visit":
                self.visits.append(asked)
                site = self.world["sites"][asked["site"]]
                held = site["edges"][asked["edge"]].get(asked["path"], "")
                headers = {**HITS[site["provider"]], "age": "12", "x-build": held}
                return 200, {"status": 200, "headers": headers, "version": held}
            case _:
                return 404, {"error": f"There is no {path}."}

    def post(self, path: str, body: Json) -> tuple[int, Json]:
        """The answer to a POST, noted."""
        with self._came:
            self.posts.append((path, deepcopy(body)))
            self._came.notify_all()
        if path == "fault":
            others = [one for one in self.world["faults"] if one["account"] != body["account"]]
            self.world["faults"] = others if body.get("times") == 0 else [*others, {"times": None, **body}]
        return self.answers.get(path, (200, {"status": 200, "ack": None}))

    def posted(self, path: str, times: int = 1) -> list[Json]:
        """The bodies sent to one call, once there are as many as `times`."""

        def bodies() -> list[Json]:
            return [body for name, body in self.posts if name == path]

        with self._came:
            self._came.wait_for(lambda: len(bodies()) >= times, PATIENCE_S)
            return bodies()


def _serving(fixture: Fixture) -> type[BaseHTTPRequestHandler]:
    class Serving(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path.startswith("/_play/"):
                asked = {name: values[0] for name, values in parse_qs(url.query).items()}
                return self._say(*fixture.get(url.path.removeprefix("/_play/"), asked))
            file = PAGE / ("index.html" if url.path == "/" else url.path.removeprefix("/page/"))
            if not file.is_file():
                return self._send(404, "text/plain", b"not here")
            return self._send(200, TYPES[file.suffix], file.read_bytes())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self._say(*fixture.post(self.path.removeprefix("/_play/"), body))

        def _say(self, status: int, doc: Json) -> None:
            if fixture.is_down:
                return self._send(502, "text/html", b"<h1>Bad gateway</h1>")
            return self._send(status, "application/json", json.dumps(doc).encode())

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    return Serving


@contextmanager
def running() -> Iterator[Fixture]:
    """A playground that answers as recorded, on a free port."""
    fixture = Fixture()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _serving(fixture))
    server.daemon_threads = True
    fixture.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fixture
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
