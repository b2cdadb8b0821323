"""A lint of a real little site over HTTP: what is fetched, from where, and what is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bot.domain.answers.answer import Answer
from bot.domain.answers.body import HEAD_MAX
from bot.domain.grammar.command import Command, Misunderstood, Speaker, parse
from bot.domain.lint.markup import LINKS_MAX
from bot.domain.lint.report import Report
from bot.domain.lint.served import Served
from bot.domain.lint.snippets import Server
from bot.domain.site import Site
from bot.edge import EdgeLooker
from bot.edge.http_rules import Httplint
from bot.exits import UNPROVEN, exit_of_lint
from bot.export.linted import lint_record
from bot.services.advice.linting import FILES_MAX, PAGES_MAX, found_at, lint_urls, named_by
from bot.system import SystemClock
from tests.services.shop import SHOP, open_shop

PAGE = """<!doctype html><link rel="stylesheet" href="/style.css?v=3"><script src="/app.3f2a91c0.js"></script>
<script src="https://cdn.example.net/x.js"></script><script>navigator.serviceWorker.register('/worker.js')</script>"""
Say = tuple[str, str]
HTML, SCRIPT, STYLE = ("Content-Type", "text/html"), ("Content-Type", "text/javascript"), ("Content-Type", "text/css")
ETAG = ("ETag", '"a"')
FILES: dict[str, tuple[str, tuple[Say, ...]]] = {
    "/": (PAGE, (HTML, ETAG, ("Cache-Control", "max-age=600"))),
    "/style.css?v=3": ("p {}", (STYLE, ETAG, ("Cache-Control", "max-age=604800"))),
    "/app.3f2a91c0.js": ("x()", (SCRIPT, ETAG, ("Cache-Control", "max-age=31536000, immutable"))),
    "/worker.js": ("y()", (SCRIPT, ETAG, ("Cache-Control", "max-age=3600"))),
}


@dataclass
class Web:
    """A site that answers with these files, and remembers what it was asked for."""

    files: Mapping[str, tuple[str, tuple[Say, ...]]]
    url: str = ""
    server: str = "nginx/1.22.1"
    asked: list[str] = field(default_factory=list)
    signed_in: int = 0
    greets: bool = False  # each visitor by their cookie
    keeps: bool = False  # as a cache does that says so by Age, also what sets a cookie
    drops: bool = False  # cookies from what it keeps
    status: dict[str, int] = field(default_factory=dict)  # of paths that do not answer 200


@asynccontextmanager
async def web(files: Mapping[str, tuple[str, tuple[Say, ...]]]) -> AsyncIterator[Web]:
    site = Web(files)

    class Page(BaseHTTPRequestHandler):
        def version_string(self) -> str:
            return site.server

        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.signed_in += "authorization" in self.headers
            text, headers = site.files.get(self.path, ("gone", (HTML,)))
            text += self.headers.get("cookie", "") if site.greets else ""
            self.send_response(site.status.get(self.path, 200 if self.path in site.files else 404))
            is_copy = site.keeps and site.asked.count(self.path) > 1
            for header in headers:
                if not (is_copy and site.drops and header[0] == "Set-Cookie"):
                    self.send_header(*header)
            if is_copy:
                self.send_header("Age", "5")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def shop_at(*edges: Web, origin: str = "", **more: str) -> Site:
    """The shop behind these edges."""
    at = {f"edge {n}": edge.url for n, edge in enumerate(edges)}
    return replace(SHOP, schemes=("http",), edges=at, origin=origin, tag_header=more.get("tag_header", ""))


async def linted(path: Path, site: Site, line: str = "http://www.shop.test/") -> Report:
    """The report of `lint <line>`."""
    shop = open_shop(path)
    looker = EdgeLooker(lambda: frozenset(site.hosts), {}, {}, SystemClock())
    core = replace(shop.core, clock=SystemClock(), looker=looker, http_rules=Httplint())
    command = parse(f"lint {line}", Speaker([site]))
    assert isinstance(command, Command)
    reply = await lint_urls(core, command, site)
    await shop.ledger.close()
    return reply.report


def rules(report: Report) -> list[tuple[str, str]]:
    return [(one.rule, one.url.removeprefix("http://www.shop.test")) for group in report.groups for one in group]


async def test_a_page_is_linted_with_what_it_is_made_of(tmp_path: Path) -> None:
    async with web(FILES) as edge:
        report = await linted(tmp_path, shop_at(edge))
    expected = [("CC02", "/"), ("CC19", "/worker.js"), ("CC18", "/style.css?v=3")]
    assert expected == rules(report)
    assert sorted(FILES) == sorted(edge.asked)
    assert (4, 0, 1) == (report.read, report.left_out, report.foreign)


async def test_what_the_next_deploy_breaks_is_listed(tmp_path: Path) -> None:
    plain = FILES | {"/": (PAGE.replace("?v=3", ""), FILES["/"][1]), "/style.css": FILES["/style.css?v=3"]}
    async with web(plain) as edge:
        report = await linted(tmp_path, shop_at(edge))
    assert [("http://www.shop.test/style.css", 604_800)] == [(one.url, one.seconds) for one in report.breaks]


def built(control: str, *names: str) -> dict[str, tuple[str, tuple[Say, ...]]]:
    """A page, and files that are all kept alike."""
    page = "".join(f'<script type="module" src="{name}"></script>' for name in names)
    files = dict.fromkeys(names, ("x()", (SCRIPT, ETAG, ("Cache-Control", control))))
    return {"/": (f"<!doctype html>{page}", (HTML, ETAG, ("Cache-Control", "no-cache"))), **files}


CHUNKS = tuple(f"/assets/{name}.js" for name in ("a-DRf8L97S", "b-1Tw_lJWN", "c-Cs1ShMAv", "d-8R16Odns", "e-B_k2x-Qa"))
UNLUCKY = ("/assets/index-k3xq9zva.js", "/assets/vendor-Dkqsbvzx.js")
FOR_EVER = "public, max-age=31536000, immutable"


async def test_a_hash_that_reads_like_a_word_is_none_to_blame_among_its_like(tmp_path: Path) -> None:
    async with web(built(FOR_EVER, *CHUNKS, *UNLUCKY)) as edge:
        report = await linted(tmp_path, shop_at(edge))
    assert ([], 8, ()) == (rules(report), report.read, report.breaks)


async def test_files_that_were_not_read_show_how_those_that_were_are_called(tmp_path: Path) -> None:
    many = tuple(f"/assets/n{n:02}-DRf8L97S.js" for n in range(FILES_MAX))
    async with web(built(FOR_EVER, *UNLUCKY, "/a/x-DataGrid.js", *many)) as edge:
        report = await linted(tmp_path, shop_at(edge))
    assert ([("CC03", "/a/x-DataGrid.js")], 3) == (rules(report), report.left_out)


async def test_a_word_alone_that_is_kept_long_is_an_error(tmp_path: Path) -> None:
    async with web(built(FOR_EVER, "/src-DataGrid.js")) as edge:
        report = await linted(tmp_path, shop_at(edge))
    assert [("CC03", "/src-DataGrid.js")] == rules(report)


async def test_words_that_look_like_a_hash_are_not_to_be_kept_for_a_year(tmp_path: Path) -> None:
    async with web(built("public, max-age=3600", "/my-DataGrid.js", "/Inter-SemiBold.woff2")) as edge:
        report = await linted(tmp_path, shop_at(edge))
    assert [] == rules(report)
    assert [True, True] == [broken.may_be_hashed for broken in report.breaks]


async def test_every_edge_and_the_origin_are_asked_for_the_page_and_one_edge_for_files(tmp_path: Path) -> None:
    async with web(FILES) as first, web(FILES) as second, web(FILES) as origin:
        await linted(tmp_path, shop_at(first, second, origin=origin.url))
    assert (sorted(FILES), ["/"]) == (sorted(first.asked), second.asked)
    assert ["/", "/", "/worker.js"] == origin.asked  # the page twice, and the file that breaks a rule


async def test_the_origin_tells_the_server_where_the_edge_does_not(tmp_path: Path) -> None:
    async with web(FILES) as edge, web(FILES) as origin:
        edge.server, origin.server = "cloudflare", "Apache/2.4.71"
        report = await linted(tmp_path, shop_at(edge, origin=origin.url))
    assert Server.APACHE == report.server


async def test_a_server_that_is_named_counts_before_what_headers_tell(tmp_path: Path) -> None:
    async with web(FILES) as edge:
        report = await linted(tmp_path, shop_at(edge), "http://www.shop.test/ for express")
    assert Server.EXPRESS == report.server


async def test_a_server_that_nobody_knows_is_asked_for(tmp_path: Path) -> None:
    async with web(FILES) as edge:
        edge.server = "cloudflare"
        report = await linted(tmp_path, shop_at(edge))
    assert (None, True) == (report.server, report.asks_for_server)


async def test_what_the_edge_changes_is_told_with_the_origins_word_and_without_a_servers_lines(tmp_path: Path) -> None:
    kind = FILES | {"/": ("hello", (HTML, ETAG, ("Cache-Control", "no-cache")))}
    async with web(FILES) as edge, web(kind) as origin:
        report = await linted(tmp_path, shop_at(edge, origin=origin.url))
    first = report.groups[0]
    assert ("CC02", "Cache-Control: no-cache", "") == (first[0].rule, first[0].origin_says, report.fix(first))


async def test_tags_are_looked_for_at_the_origin(tmp_path: Path) -> None:
    async with web({"/": FILES["/"]}) as edge:
        report = await linted(tmp_path, shop_at(edge, origin=edge.url, tag_header="Cache-Tag"))
    assert [("CC02", "/"), ("CC20", "/")] == rules(report)


async def test_one_who_is_signed_in_is_asked_for_where_the_site_has_such_a_variant(tmp_path: Path) -> None:
    shared = {"/": ("hello", (HTML, ETAG, ("Cache-Control", "public, max-age=60")))}
    async with web(shared) as edge:
        site = replace(shop_at(edge), variants=({"Authorization": "Basic x"}, {"CF-Device-Type": "mobile"}))
        report = await linted(tmp_path, site)
    assert (1, [("CC15", "/")]) == (edge.signed_in, rules(report))


async def test_a_page_that_varies_by_cookie_is_asked_for_with_two_others_at_the_origin(tmp_path: Path) -> None:
    varied = {"/": ("hello", (HTML, ETAG, ("Cache-Control", "max-age=60"), ("Vary", "Cookie")))}
    async with web(varied) as edge, web(varied) as origin:
        origin.greets = True
        report = await linted(tmp_path, shop_at(edge, origin=origin.url))
    found = next(group for group in report.groups if group[0].rule == "CC10")
    assert "With other cookies origin answered with another page." in found[0].causes
    assert 'add_header Cache-Control "private, no-cache" always;' == report.fix(found).splitlines()[-1]
    assert (["/"], 6) == (edge.asked, len(origin.asked))


COOKIE = {"/": ("hello", (HTML, ETAG, ("Cache-Control", "max-age=60"), ("Set-Cookie", "sid=1")))}


async def test_a_cookie_that_is_kept_is_found_on_an_empty_cache_as_on_a_full_one(tmp_path: Path) -> None:
    async with web(COOKIE) as edge:
        edge.keeps = True
        cold = await linted(tmp_path, shop_at(edge))
        asked = len(edge.asked)
        warm = await linted(tmp_path, shop_at(edge))
    assert ([("CC09", "/")], cold.findings) == (rules(cold), warm.findings)
    assert (2, 3) == (asked, len(edge.asked))


async def test_a_cookie_of_a_file_that_is_kept_is_found_on_an_empty_cache(tmp_path: Path) -> None:
    kept = (("Cache-Control", "max-age=60"), ("Set-Cookie", "sid=1"))
    files = {"/": ('<script src="/a.js"></script>', (HTML, ETAG, ("Cache-Control", "no-cache")))}
    async with web({**files, "/a.js": ("x()", (SCRIPT, ETAG, *kept))}) as edge:
        edge.keeps = True
        report = await linted(tmp_path, shop_at(edge))
    assert [("CC09", "/a.js")] == rules(report)


@pytest.mark.parametrize("drops", [False, True], ids=["not kept", "kept without it"])
async def test_a_cookie_that_no_copy_holds_is_not_blamed(tmp_path: Path, drops: bool) -> None:
    async with web(COOKIE) as edge:
        edge.keeps = edge.drops = drops
        report = await linted(tmp_path, shop_at(edge))
    assert ([], 2) == (rules(report), len(edge.asked))


async def test_no_more_files_are_asked_for_than_the_cap(tmp_path: Path) -> None:
    many = "".join(f'<img src="/{n}.png">' for n in range(FILES_MAX + 7))
    async with web({"/": (many, (HTML,))}) as edge:
        report = await linted(tmp_path, shop_at(edge))
    assert (FILES_MAX + 1, 7) == (len(edge.asked), report.left_out)


async def test_no_more_pages_are_asked_for_than_the_cap(tmp_path: Path) -> None:
    async with web({}) as edge:
        urls = " ".join(f"http://www.shop.test/{n}" for n in range(PAGES_MAX + 2))
        report = await linted(tmp_path, shop_at(edge), urls)
    assert (PAGES_MAX, 2) == (len(edge.asked), report.left_out)


async def test_where_nobody_answers_there_is_no_score(tmp_path: Path) -> None:
    gone = Web({}, "http://127.0.0.1:1")
    report = await linted(tmp_path, shop_at(gone))
    assert (None, ["http://www.shop.test/"]) == (report.score, [url for url, _ in report.unread])


ERROR = "an error in its place"
URL = "http://www.shop.test"


@pytest.mark.parametrize("status", [403, 404, 500, 503])
async def test_an_error_is_no_page_however_well_it_is_served(tmp_path: Path, status: int) -> None:
    async with web({"/": ("busy", (HTML, ETAG, ("Cache-Control", "no-store")))}) as edge:
        edge.status = {"/": status}
        report = await linted(tmp_path, shop_at(edge))
    assert (None, 0, ((f"{URL}/", f"edge 0 answered {status}: {ERROR}"),)) == (report.score, report.read, report.unread)


ASKS = "Cloudflare's firewall asks for a proof of being no robot"
CHALLENGE = ("cf-mitigated", "challenge")
WAIT = '<title>Just a moment...</title><script src="/app.3f2a91c0.js"></script>'


@pytest.mark.parametrize("status", [200, 302, 403, 503])
async def test_a_challenge_is_no_page_and_nothing_of_it_is_judged(tmp_path: Path, status: int) -> None:
    headers = (HTML, CHALLENGE, ("Cache-Control", "max-age=600"), ("Location", "/cdn-cgi/challenge"))
    async with web({"/": (WAIT, headers)}) as edge:
        edge.status = {"/": status}
        report = await linted(tmp_path, shop_at(edge))
    assert ["/"] == edge.asked
    assert (None, 0, (), ()) == (report.score, report.read, report.findings, report.remarks)
    assert ((f"{URL}/", f"edge 0 answered {status}: {ASKS}"),) == report.unread
    assert UNPROVEN == exit_of_lint(lint_record(report), "")


async def test_a_refusal_names_the_firewall_whose_mark_it_bears(tmp_path: Path) -> None:
    async with web({"/": ("no", (HTML, ("X-Iinfo", "1-2-3")))}) as edge:
        edge.status = {"/": 403}
        report = await linted(tmp_path, shop_at(edge))
    assert ["edge 0 answered 403: Imperva's firewall may have refused this machine"] == [
        why for _, why in report.unread
    ]


async def test_beside_a_challenge_the_page_is_read_at_the_other_edge(tmp_path: Path) -> None:
    async with (
        web({"/": (WAIT, (HTML, CHALLENGE))}) as first,
        web({"/": ("hello", (HTML, ETAG, ("Cache-Control", "no-cache")))}) as second,
    ):
        report = await linted(tmp_path, shop_at(first, second))
    assert (100, ()) == (report.score, report.unread)
    told = f"edge 0 answered 200: {ASKS}. What is said here was read at edge 1."
    assert [told] == [note.what for note in report.notes]


async def test_an_origin_behind_a_challenge_is_not_read(tmp_path: Path) -> None:
    page = ("hello", (HTML, ETAG, ("Cache-Control", "no-cache")))
    asks = (WAIT, (HTML, CHALLENGE, ("Cache-Control", "max-age=600")))
    async with web({"/": page}) as edge, web({"/": asks}) as origin:
        report = await linted(tmp_path, shop_at(edge, origin=origin.url, tag_header="Cache-Tag"))
    assert (100, []) == (report.score, [found.rule for found in report.findings])
    assert [f"the origin was not read: {ASKS}"] == [note.what for note in report.notes]


async def test_what_an_error_page_is_made_of_is_not_asked_for(tmp_path: Path) -> None:
    async with web(FILES) as edge:
        edge.status = {"/": 503}
        await linted(tmp_path, shop_at(edge))
    assert ["/"] == edge.asked


async def test_where_one_edge_has_an_error_the_page_is_read_at_the_other(tmp_path: Path) -> None:
    plain = {"/": ("hello", (HTML, ETAG, ("Cache-Control", "no-cache")))}
    async with web(plain) as first, web(plain) as second:
        first.status = {"/": 503}
        report = await linted(tmp_path, shop_at(first, second))
    assert (100, ()) == (report.score, report.unread)
    told = f"edge 0 answered 503: {ERROR}. What is said here was read at edge 1."
    assert [told] == [note.what for note in report.notes]


async def test_a_file_that_is_an_error_is_not_read(tmp_path: Path) -> None:
    async with web(FILES) as edge:
        edge.status = {"/worker.js": 404}
        report = await linted(tmp_path, shop_at(edge))
    assert (3, ((f"{URL}/worker.js", f"edge 0 answered 404: {ERROR}"),)) == (report.read, report.unread)


def moved(to: str) -> tuple[str, tuple[Say, ...]]:
    return "", (HTML, ("Location", to), ("Cache-Control", "max-age=60"))


async def test_a_redirect_within_the_site_is_followed_and_told(tmp_path: Path) -> None:
    async with web({**FILES, "/old": moved("/")}) as edge:
        edge.status = {"/old": 301}
        report = await linted(tmp_path, shop_at(edge), f"{URL}/old")
    assert [("CC02", "/"), ("CC19", "/worker.js"), ("CC18", "/style.css?v=3")] == rules(report)
    assert ((f"{URL}/old",), 4, ()) == (report.pages, report.read, report.unread)
    assert [(f"{URL}/old", "it only redirects, and was read where it leads:", f"{URL}/")] == [
        (note.url, note.what, note.to) for note in report.notes
    ]


async def test_a_redirect_that_the_origin_does_not_give_is_told_as_the_edges(tmp_path: Path) -> None:
    page = ("hello", (HTML, ETAG, ("Cache-Control", "no-cache")))
    async with web({"/old": moved("/maintenance"), "/maintenance": page}) as edge, web({"/old": page}) as origin:
        edge.status = {"/old": 302}
        report = await linted(tmp_path, shop_at(edge, origin=origin.url), f"{URL}/old")
    assert [
        "the origin answered 200, and edge 0 302, so the two were not compared. "
        "The page is there: what stands before the origin redirects.",
        "edges redirect it, and it was read where that leads:",
    ] == [note.what for note in report.notes if note.url == f"{URL}/old"]


LEADS = {
    "to another host": (
        {"/": moved("https://other.example/in?token=x")},
        "edge 0 answered 302, which leads to https://other.example/in?…, on another host, where nothing is read",
    ),
    "back to itself": (
        {"/": moved("/")},
        f"edge 0 answered 302, which leads to {URL}/: that is the very URL that was asked for, a loop, on which"
        " browsers give up",
    ),
    "to itself, written otherwise": (
        {"/": moved(f"{URL.upper()}:80/#top")},
        "edge 0 answered 302, which leads to http://WWW.SHOP.TEST:80/: that is the very URL that was asked for, a loop,"
        " on which browsers give up",
    ),
    "back and forth": (
        {"/": moved("/1"), "/1": moved("/")},
        f"edge 0 answered 302, which leads to {URL}/1. {URL}/1: edge 0 answered 302, which leads to {URL}/, and so in a"
        " circle",
    ),
    "to an empty place": (
        {"/": moved("")},
        "edge 0 answered 302 and does not say where to, so that visitors get no page",
    ),
    "to an error": (
        {"/": moved("/gone")},
        f"edge 0 answered 302, which leads to {URL}/gone. {URL}/gone: edge 0 answered 404: {ERROR}",
    ),
    "on and on": (
        {f"/{n}".replace("/0", "/"): moved(f"/{n + 1}") for n in range(9)},
        f"edge 0 answered 302, which leads to {URL}/1. {URL}/1: edge 0 answered 302, which leads to {URL}/2. "
        f"{URL}/2: edge 0 answered 302, which leads to {URL}/3. {URL}/3: edge 0 answered 302, which leads to {URL}/4, "
        "the redirect number 4 in a row, and no more are followed",
    ),
    "nowhere": ({"/": moved("http://[")}, "edge 0 answered 302, and where that leads cannot be read"),
    "to another port": (
        {"/": moved(f"{URL}:8081/x?token=y")},
        f"edge 0 answered 302, which leads to {URL}:8081/x?…, on port 8081, where nothing is read",
    ),
    "to somebody's": (
        {"/": moved("http://mia:secret@other.example/x")},
        "edge 0 answered 302, which leads to http://other.example/x with a user's name, and is not followed",
    ),
    "to a telephone": ({"/": moved("tel:+49")}, "edge 0 answered 302, which leads to no page"),
}


@pytest.mark.parametrize(("files", "expected"), LEADS.values(), ids=LEADS)
async def test_a_redirect_that_leads_to_no_page_is_told(
    tmp_path: Path, files: dict[str, tuple[str, tuple[Say, ...]]], expected: str
) -> None:
    async with web(files) as edge:
        edge.status = dict.fromkeys(files, 302)
        report = await linted(tmp_path, shop_at(edge))
    assert (None, ((f"{URL}/", expected),)) == (report.score, report.unread)


APART = {
    "the page is at the origin alone": (
        404,
        200,
        "the origin answered 200, and edge 0 404, so the two were not compared. "
        "The page is there: what stands before the origin answers with the error.",
    ),
    "the page is at the edge alone": (
        200,
        503,
        "the origin answered 503, and edge 0 200, so the two were not compared. "
        "Visitors get a copy that is kept, and a purge now would leave them with that error.",
    ),
    "the origin does not let us in": (
        200,
        403,
        "the origin answered 403, and edge 0 200, so the two were not compared.",
    ),
}


@pytest.mark.parametrize(("edge_status", "origin_status", "expected"), APART.values(), ids=APART)
async def test_edge_and_origin_are_compared_only_where_they_answer_with_the_same_state(
    tmp_path: Path, edge_status: int, origin_status: int, expected: str
) -> None:
    kept = ("Cache-Control", "public, max-age=600, s-maxage=3600")
    async with web({"/": ("hello", (HTML, ETAG, kept))}) as edge, web({"/": ("hello", (HTML, ETAG, kept))}) as origin:
        edge.status, origin.status = {"/": edge_status}, {"/": origin_status}
        report = await linted(tmp_path, shop_at(edge, origin=origin.url, tag_header="Cache-Tag"))
    assert [expected] == [note.what for note in report.notes]
    told = [(found.origin_says, found.is_origins) for found in report.findings if found.rule != "CC20"]
    assert ([("", False)], []) == (told, [found for found in report.findings if found.rule == "CC20"])


async def test_what_http_itself_demands_is_told_too(tmp_path: Path) -> None:
    odd = {"/": ("hello", (HTML, ("ETag", "abc"), ("Cache-Control", "no-cache")))}
    async with web(odd) as edge:
        report = await linted(tmp_path, shop_at(edge))
    assert ["The ETag field value doesn't conform to its specified syntax."] == [one.what for one in report.remarks]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("lint", "Type which page's headers to look at."),
        ("lint tag:news", "I cannot read `tag:news`. `lint` looks at pages, and a tag names none."),
        ("lint everything", "I cannot read `everything`. `lint` looks at pages, and everything names none."),
        ("lint / for iis", "`iis` is no server that has lines to copy: nginx, apache or express."),
        ("lint / for", "`for` wants a server's name after it."),
        ("lint / soft", "`soft` does not go with lint."),
    ],
)
def test_a_lint_that_cannot_be_is_told_why(line: str, problem: str) -> None:
    heard = parse(line, Speaker([SHOP], "C_SHOP"))
    assert isinstance(heard, Misunderstood)
    assert problem == heard.problem


LONG = "<!doctype html>" + " " * HEAD_MAX + '<script src="/far.js"></script>'
MANY = "<!doctype html>" + "".join(f'<img src="//cdn.test/{n}">' for n in range(LINKS_MAX))
UNSEEN = {
    "longer than what is read": (
        LONG, (), "it is longer than the 256 KiB that are read of a page, so files that it names behind were not seen.",
    ),
    "packed as nobody knows": (
        PAGE,
        (("Content-Encoding", "foo"),),
        "it is packed in a way that cannot be read here (foo), so files that it names were not seen.",
    ),
    "of more files than are counted": (MANY, (), "it names 1,000 files or more, and no more were counted."),
    "as long as what is read": (LONG[len(LONG) - HEAD_MAX :], (), ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "headers", "what"), UNSEEN.values(), ids=UNSEEN)
async def test_what_may_be_missing_of_a_page_is_told(
    tmp_path: Path, text: str, headers: tuple[Say, ...], what: str
) -> None:
    async with web({"/": (text, (HTML, ETAG, ("Cache-Control", "no-cache"), *headers))}) as edge:
        report = await linted(tmp_path, shop_at(edge))
    told = [note.what for note in report.notes]
    assert ([what] if what else []) == told


async def turns_during(work: Awaitable[object]) -> int:
    """How often others have their turn until `work` is done."""
    turns = [0]

    async def other() -> None:
        while True:
            turns[0] += 1
            await asyncio.sleep(0)

    waiting = asyncio.create_task(other())
    await work
    waiting.cancel()
    return turns[0]


def large(**headers: str) -> Served:
    text = "".join(f'<img src="/{n}.png">' for n in range(9999))
    said = (("content-type", "text/html"), *headers.items())
    return Served(Answer("http://www.shop.test/", "fra", 0.0, 200, said, text))


async def test_others_have_their_turn_while_a_large_page_is_taken_apart() -> None:
    assert await turns_during(named_by([large()]))


async def test_others_have_their_turn_while_long_headers_are_held_against_the_rules() -> None:
    assert await turns_during(found_at(large(link="a" * 3000)))
    assert 0 == await turns_during(found_at(large()))
