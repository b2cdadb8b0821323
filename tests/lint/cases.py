"""For each rule and server: configuration that breaks it, and configuration that does not.

nginx's lines stand in a `location /`, Apache's in a virtual host, Express's make an `app`; `FIX` is where Express's
lines to copy go. Every case has a host of its own, so all of them run in one process.

Some things no web server does by itself, so there a header is set by hand: a copy's Age and HIT (CC09 in Apache and
Express, CC14), which a cache in front adds. For CC09 nginx is that cache. A clock that is wrong (CC21) is an
application's behind nginx and Apache.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.answers.answer import PLAIN, Asked

PAGE, PACKED = "/page.html", "/packed.html"
PRINT = "/print.20260412.css"
FILE, HASHED, WORKER, STYLE = "/app.js", "/app.3f2a91c0.js", "/sw.js", "/style.css"
FIX = "/* FIX */"


@dataclass(frozen=True, slots=True)
class Case:
    """One rule at one server. `nodes` are further servers of the same site; `mended` is another path after the fix."""

    rule: str
    path: str
    bad: str
    good: str
    good_path: str = ""
    mended: str = ""
    asked: Asked = PLAIN
    nodes: int = 1
    is_origin: bool = False  # what it answers is also what the origin says
    visits: int = 1  # until the cache has it
    beside: tuple[str, ...] = ()  # what must answer after the fix as before
    tries: tuple[Asked, ...] = ()  # what others ask, who may get another page


COOKIES: tuple[Asked, ...] = (PLAIN, PLAIN, (("Cookie", "visitor=purgebot-a"),))
SIGNED_IN = (("Authorization", "Basic bWlhOm1pYQ=="),)
NO_CACHE, YEAR = "no-cache", "public, max-age=31536000, immutable"


def _nginx(value: str, more: str = "") -> str:
    return f'add_header Cache-Control "{value}"; {more}'


_BEHIND = "proxy_pass http://127.0.0.1:{behind}; proxy_set_header Host $host;"
_COPIES = """\
proxy_pass http://127.0.0.1:{behind};
proxy_cache main;
proxy_cache_key $host$request_uri;
proxy_cache_valid 200 1m;
proxy_ignore_headers Set-Cookie;
add_header X-Cache-Status $upstream_cache_status;
"""

_GREETS = "default_type text/html; if ($http_cookie) { rewrite ^ /packed.html break; }"

NGINX = (
    Case("CC01", PAGE, "", _nginx(NO_CACHE)),
    Case("CC02", PAGE, "expires 10m;", _nginx(NO_CACHE)),
    Case("CC03", FILE, "expires 7d;", _nginx(NO_CACHE)),
    Case("CC04", HASHED, "expires 1h;", _nginx(YEAR)),
    Case("CC05", PAGE, _nginx("no-store, max-age=600"), _nginx("no-store")),
    Case("CC06", PAGE, _nginx("s-maxage=600, stale-while-revalidate=60"),
         _nginx("max-age=0", 'add_header CDN-Cache-Control "max-age=600, stale-while-revalidate=60";')),
    Case("CC07", PAGE, _nginx("max-age=60", "\nadd_header Expires 0;"), _nginx("max-age=60")),
    Case("CC08", PAGE, _nginx(NO_CACHE, "\nadd_header Pragma no-cache;"), _nginx(NO_CACHE)),
    Case("CC09", "/cookie", _COPIES, f"{_COPIES}proxy_hide_header Set-Cookie;", visits=2),
    Case("CC10", PAGE, _nginx(NO_CACHE, f'\nadd_header Vary "Cookie";\n{_GREETS}'),
         _nginx(NO_CACHE, '\nadd_header Vary "Accept-Encoding";'), tries=COOKIES),
    Case("CC11", PAGE, _nginx(NO_CACHE, "gzip on; gzip_min_length 1;"),
         _nginx(NO_CACHE, "gzip on; gzip_min_length 1; gzip_vary on;")),
    Case("CC12", PAGE, _nginx(NO_CACHE, '\netag off;\nadd_header Last-Modified "";'), _nginx(NO_CACHE)),
    Case("CC13", PAGE, _nginx(NO_CACHE), _nginx(NO_CACHE), nodes=2),
    Case("CC14", PAGE, _nginx("max-age=60", "add_header Age 999;"), _nginx("max-age=60", "add_header Age 10;")),
    Case("CC15", PAGE, _nginx("public, max-age=60"), _nginx("private, max-age=60"), asked=SIGNED_IN),
    Case("CC16", "/missing", 'add_header Cache-Control "max-age=3600" always;', _nginx("max-age=3600")),
    Case("CC17", "/old", "return 301 /page.html;", f"{_nginx('max-age=3600')} return 301 /page.html;"),
    Case("CC18", f"{STYLE}?v=3", _nginx(YEAR), _nginx(YEAR), HASHED, "/style.9c1e55ad.css", beside=(PRINT, HASHED)),
    Case("CC19", WORKER, "expires 1h;", _nginx(NO_CACHE)),
    Case("CC20", PAGE, _nginx(NO_CACHE), _nginx(NO_CACHE, "add_header Cache-Tag news;"), is_origin=True),
    Case("CC21", "/late", f"proxy_pass_header Date; {_BEHIND}", f"proxy_pass_header Date; {_BEHIND}", "/in-time",
         is_origin=True),
    Case("CC22", PAGE, _nginx(NO_CACHE, '\nadd_header CDN-Cache-Control "max-age=60 public";'),
         _nginx(NO_CACHE, 'add_header CDN-Cache-Control "max-age=60";')),
)  # fmt: skip


def _apache(value: str, more: str = "") -> str:
    return f'Header set Cache-Control "{value}"\n{more}'


_BY_COOKIE = "RewriteEngine On\nRewriteCond %{HTTP_COOKIE} .\nRewriteRule ^/page.html$ /packed.html"
_DEFLATE = "SetOutputFilter DEFLATE"
_PROXIED = "ProxyPass / http://127.0.0.1:{behind}/"

APACHE = (
    Case("CC01", PAGE, "", _apache(NO_CACHE)),
    Case("CC02", PAGE, 'ExpiresActive On\nExpiresByType text/html "access plus 10 minutes"', _apache(NO_CACHE)),
    Case("CC03", FILE, 'ExpiresActive On\nExpiresDefault "access plus 7 days"', _apache(NO_CACHE)),
    Case("CC04", HASHED, 'ExpiresActive On\nExpiresDefault "access plus 1 hour"', _apache(YEAR)),
    Case("CC05", PAGE, _apache("no-store, max-age=600"), _apache("no-store")),
    Case("CC06", PAGE, _apache("s-maxage=600, stale-while-revalidate=60"),
         _apache("max-age=0", 'Header set CDN-Cache-Control "max-age=600, stale-while-revalidate=60"')),
    Case("CC07", PAGE, _apache("max-age=60", "Header set Expires 0"), _apache("max-age=60")),
    Case("CC08", PAGE, _apache(NO_CACHE, "Header set Pragma no-cache"), _apache(NO_CACHE)),
    Case("CC09", PAGE, _apache("max-age=60", "Header set Age 5\nHeader add Set-Cookie sid=1"),
         _apache("max-age=60", "Header set Age 5")),
    Case("CC10", PAGE, _apache(NO_CACHE, f'Header set Vary "Cookie"\n{_BY_COOKIE}'),
         _apache(NO_CACHE, "Header set Vary Accept-Encoding"), tries=COOKIES),
    Case("CC11", PACKED, _apache(NO_CACHE, "Header set Content-Encoding gzip"), _apache(NO_CACHE, _DEFLATE), PAGE),
    Case("CC12", PAGE, _apache(NO_CACHE, "FileETag None\nHeader unset Last-Modified"), _apache(NO_CACHE)),
    Case("CC13", PAGE, _apache(NO_CACHE, "FileETag INode MTime Size"), _apache(NO_CACHE, "FileETag MTime Size"),
         nodes=2),
    Case("CC14", PAGE, _apache("max-age=60", "Header set Age 999"), _apache("max-age=60", "Header set Age 10")),
    Case("CC15", PAGE, _apache("public, max-age=60"), _apache("private, max-age=60"), asked=SIGNED_IN),
    Case("CC16", "/missing", 'Header always set Cache-Control "max-age=3600"', _apache("max-age=3600")),
    Case("CC17", "/old", "Redirect permanent /old /page.html",
         'Redirect permanent /old /page.html\nHeader always set Cache-Control "max-age=3600"'),
    Case("CC18", f"{STYLE}?v=3", _apache(YEAR), _apache(YEAR), HASHED, "/style.9c1e55ad.css", beside=(PRINT, HASHED)),
    Case("CC19", WORKER, 'ExpiresActive On\nExpiresDefault "access plus 1 hour"', _apache(NO_CACHE)),
    Case("CC20", PAGE, _apache(NO_CACHE), _apache(NO_CACHE, "Header set Cache-Tag news"), is_origin=True),
    Case("CC21", "/late", _PROXIED, _PROXIED, "/in-time", is_origin=True),
    Case("CC22", PAGE, _apache(NO_CACHE, 'Header set CDN-Cache-Control "max-age=60 public"'),
         _apache(NO_CACHE, 'Header set CDN-Cache-Control "max-age=60"')),
)  # fmt: skip


def _express(before: str, path: str = PAGE, end: str = "res.type('html').send('<p>hello</p>')", app: str = "") -> str:
    return f"{app}app.get('{path}', (req, res) => {{\n{before}\n{FIX}\n{end}\n}})"


def _says(*headers: str) -> str:
    pairs = (header.split(": ", 1) for header in headers)
    return "\n".join(f"res.set('{name}', '{value}')" for name, value in pairs)


def _files(options: str) -> str:
    return f"app.use(express.static('public', {{ {options}\n{FIX}\n}}))"


_CONTROL = f"Cache-Control: {NO_CACHE}"
_OLD = "res.redirect(301, '/page.html')"
_GZIP = "res.set('Content-Encoding', 'gzip').type('html').send(zlib.gzipSync('<p>hello</p>'))"
_LATE = "res.set('Date', new Date(Date.now() - 600000).toUTCString())"
_OPTIONS = f"cacheControl: false, setHeaders: (res) => res.set('Cache-Control', '{NO_CACHE}')"
_FOR_A_YEAR = "maxAge: '1y', immutable: true"
_MISSING = "res.status(404)\nres.set('Cache-Control', '{}')"

EXPRESS = (
    Case("CC01", PAGE, _express(""), _express(_says(_CONTROL))),
    Case("CC02", PAGE, _express(_says("Cache-Control: max-age=600")), _express(_says(_CONTROL))),
    Case("CC03", FILE, _files("maxAge: '7d',"), _files(_OPTIONS)),
    Case("CC04", HASHED, _files("maxAge: '1h',"), _files(_FOR_A_YEAR)),
    Case("CC05", PAGE, _express(_says("Cache-Control: no-store, max-age=600")),
         _express(_says("Cache-Control: no-store"))),
    Case("CC06", PAGE, _express(_says("Cache-Control: s-maxage=600, stale-while-revalidate=60")),
         _express(_says("Cache-Control: max-age=0", "CDN-Cache-Control: max-age=600, stale-while-revalidate=60"))),
    Case("CC07", PAGE, _express(_says("Cache-Control: max-age=60", "Expires: 0")),
         _express(_says("Cache-Control: max-age=60"))),
    Case("CC08", PAGE, _express(_says(_CONTROL, "Pragma: no-cache")), _express(_says(_CONTROL))),
    Case("CC09", PAGE, _express(_says("Cache-Control: max-age=60", "Age: 5", "Set-Cookie: sid=1")),
         _express(_says("Cache-Control: max-age=60", "Age: 5"))),
    Case("CC10", PAGE, _express(_says(_CONTROL, "Vary: Cookie"), end="res.type('html').send(`${req.get('cookie')}`)"),
         _express(_says(_CONTROL, "Vary: Accept-Encoding")), tries=COOKIES),
    Case("CC11", PAGE, _express(_says(_CONTROL), end=_GZIP),
         _express(_says(_CONTROL), app="app.use(compression({ threshold: 0 }))\n")),
    Case("CC12", PAGE, f"app.set('etag', false)\n{FIX}\n" + _express(_says(_CONTROL)).replace(FIX, ""),
         _express(_says(_CONTROL))),
    Case("CC13", PAGE, f"{FIX}\n" + _express(_says(_CONTROL, 'ETag: "NODE"')).replace(FIX, ""),
         _express(_says(_CONTROL), app="app.set('etag', 'strong')\n"), nodes=2),
    Case("CC14", PAGE, _express(_says("Cache-Control: max-age=60", "Age: 999")),
         _express(_says("Cache-Control: max-age=60", "Age: 10"))),
    Case("CC15", PAGE, _express(_says("Cache-Control: public, max-age=60")),
         _express(_says("Cache-Control: private, max-age=60")), asked=SIGNED_IN),
    Case("CC16", "/missing", _express(_MISSING.format("max-age=3600"), "/missing"),
         _express(_MISSING.format("no-store"), "/missing")),
    Case("CC17", "/old", _express("", "/old", _OLD), _express(_says("Cache-Control: max-age=3600"), "/old", _OLD)),
    Case("CC18", f"{STYLE}?v=3", f"{FIX}\napp.use(express.static('public', {{ {_FOR_A_YEAR} }}))",
         _files(_FOR_A_YEAR), HASHED, "/style.9c1e55ad.css", beside=(PRINT, HASHED)),
    Case("CC19", WORKER, _files("maxAge: '1h',"), _files(_OPTIONS)),
    Case("CC20", PAGE, _express(_says(_CONTROL)), _express(_says(_CONTROL, "Cache-Tag: news")), is_origin=True),
    Case("CC21", PAGE, _express(f"{_LATE}\n{_says(_CONTROL)}"), _express(_says(_CONTROL)), is_origin=True),
    Case("CC22", PAGE, _express(_says(_CONTROL, "CDN-Cache-Control: max-age=60 public")),
         _express(_says(_CONTROL, "CDN-Cache-Control: max-age=60"))),
)  # fmt: skip

# What no line of a server's configuration mends, and what does.
MENDED_ELSEWHERE = {"CC14": "a purge", "CC21": "the machine's own clock"}
