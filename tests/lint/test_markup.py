"""What a page names is found, whatever its HTML is like."""

from __future__ import annotations

import pytest

from bot.domain.lint.markup import LINKS_MAX, URL_MAX, Reference, references

PAGE = "https://www.shop.test/shop/index.html"
NAMED = {
    "a script": ('<script src="/app.js"></script>', ["/app.js"]),
    "a script beside the page": ('<script src="app.js"></script>', ["/shop/app.js"]),
    "a style": ('<link rel="stylesheet" href="/a.css?v=3#x">', ["/a.css?v=3"]),
    "what is preloaded": ('<LINK REL="modulepreload preload" HREF="/a.js">', ["/a.js"]),
    "an icon": ('<link rel="shortcut icon" href=/favicon.ico>', ["/favicon.ico"]),
    "no other link": ('<link rel="canonical" href="/"><a href="/b">b</a>', []),
    "an image": ("<img src='/a.png' alt=''>", ["/a.png"]),
    "images by width": ('<img srcset="/a.png 1x, /b.png 2x" src="/a.png">', ["/a.png", "/b.png"]),
    "a source": ('<picture><source srcset="/a.avif"></picture>', ["/a.avif"]),
    "a film and its poster": ('<video src="/a.mp4" poster="/a.jpg"></video>', ["/a.mp4", "/a.jpg"]),
    "images that are preloaded by width": (
        '<link rel=preload as=image imagesrcset="/a.png 1x,/b.png 2x">',
        ["/a.png", "/b.png"],
    ),
    "a button": ('<input type="image" src="/a.png"><input type="text" src="/b.png">', ["/a.png"]),
    "pictures in a drawing": (
        '<svg><use href="/a.svg#x"/><use xlink:href="/b.svg"/><use href="#y"/><image href="/c.svg"/></svg>',
        ["/a.svg", "/b.svg", "/c.svg"],
    ),
    "what a style imports": (
        '<style>/* @import "/no.css"; */ @charset "utf-8"; @layer a, b; @import "/a.css";@import url(/b.css) print;'
        "@IMPORT URL( '/c;d.css' ) layer(x) supports(a: b);p {} @import '/late.css';</style>",
        ["/a.css", "/b.css", "/c;d.css"],
    ),
    "a style of another sort": ('<style type="text/less">@import "/a.less";</style>', []),
    "what a module imports": (
        """<script type="module">import "/a.js"; import x, {y} from './b.js'
        export * from "https://cdn.test/c.js"; import("/later.js"); import "bare"
        // import "/no.js"
        /* import "/no.js" */</script>""",
        ["/a.js", "/shop/b.js", "!https://cdn.test/c.js"],
    ),
    "no module": ("<script>import '/a.js'</script><p>import '/b.js'</p>", []),
    "an import map": (
        """<script type="importmap">{"imports": {"app": "/app.js", "lib/": "/lib/", "off": null},
        "scopes": {"/x/": {"app": "/x.js"}}}</script>
        <script type="module">import "app"; import "lib/z.js"; import 'other/z.js'</script>""",
        ["/x.js", "/app.js", "/lib/z.js"],
    ),
    "an import map that is none": ('<script type="importmap">[1, {"imports": 2}</script>', []),
    "an import map of something else": ('<script type="importmap">[{"imports": 2}]</script>', []),
    "a deep import map": (f'<script type="importmap">{"[" * 99_999}</script>', []),
    "beside another base": ('<base href="/b/"><script src="x.js"></script>', ["/b/x.js"]),
    "each once": ('<script src="/a.js"></script><script src="/a.js"></script>', ["/a.js"]),
    "no address": ('<script></script><img src=""><img src="data:image/png;base64,AA">', []),
    "an address that is none": ('<img src="http://[">', []),
    "broken": ('<script src="/a.js"><img src="/b.png', ["/a.js"]),
}


@pytest.mark.parametrize(("text", "paths"), NAMED.values(), ids=NAMED)
def test_what_a_page_names_is_found(text: str, paths: list[str]) -> None:
    urls = [path[1:] if path.startswith("!") else f"https://www.shop.test{path}" for path in paths]
    assert urls == [ref.url for ref in references(PAGE, text)]


def test_other_hosts_are_named_as_they_are() -> None:
    assert (Reference("https://cdn.example.net/a.js"),) == references(PAGE, '<script src="//cdn.example.net/a.js">')


def test_a_registered_service_worker_is_known_as_one() -> None:
    text = "<script>navigator.serviceWorker.register('/worker.js', {scope: '/'})</script>"
    assert (Reference("https://www.shop.test/worker.js", is_worker=True),) == references(PAGE, text)


@pytest.mark.parametrize("base", ["a/" * 1001, "/a/.." * 9000, f"//x.test/{'a' * 2000}"], ids=["deep", "dots", "long"])
def test_a_base_that_is_no_address_is_none(base: str) -> None:
    assert (Reference("https://www.shop.test/shop/x.js"),) == references(
        PAGE, f'<base href="{base}"><script src="x.js">'
    )


def test_what_is_longer_than_an_address_is_none() -> None:
    fits = "/" + "a" * (URL_MAX - 1)
    named = references(PAGE, f'<img src="{fits}"><img src="{fits}a"><img src="data:image/png,{fits}">')
    assert [f"https://www.shop.test{fits}"] == [ref.url for ref in named]


def test_a_page_registers_at_most_a_thousand_workers() -> None:
    text = "".join(f"serviceWorker.register('/{n}.js')" for n in range(LINKS_MAX + 10))
    assert LINKS_MAX == len(references(PAGE, text))


def test_a_page_names_at_most_a_thousand() -> None:
    text = "".join(f'<img src="/{n}.png">' for n in range(LINKS_MAX + 10))
    assert LINKS_MAX == len(references(PAGE, text))
