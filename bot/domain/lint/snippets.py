"""How an answer's headers are mended where they are made: lines for nginx, Apache and Express, to copy.

Each was applied to its server and made the finding disappear: tests/lint/test_servers_real.py does so anew.
nginx cannot override its own `add_header`, so its lines replace others, which they name; Apache's and Express's come
after whatever is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from urllib.parse import urlsplit

from bot.domain.answers.fingerprint import is_static
from bot.domain.lint.apache_sections import opening, section
from bot.domain.lint.express_lines import in_handler, set_headers
from bot.domain.lint.finding import Cure
from bot.domain.lint.landings import PATHS_MAX, SAFE_PATH, Landing, always


class Server(StrEnum):
    """What makes the headers."""

    NGINX = "nginx"
    APACHE = "apache"
    EXPRESS = "express"

    @property
    def label(self) -> str:
        """As its makers write it."""
        return {"nginx": "nginx", "apache": "Apache", "express": "Express"}[self.value]


def server_of(headers: Mapping[str, str]) -> Server | None:
    """Who made these headers, by X-Powered-By and Server; None where they do not tell. An application behind nginx
    makes its own headers, so it counts first."""
    if headers.get("x-powered-by", "").strip().lower() == "express":
        return Server.EXPRESS
    name = re.split(r"[/\s(]", headers.get("server", "").strip().lower())[0]
    return {"nginx": Server.NGINX, "apache": Server.APACHE}.get(name)


def snippet(server: Server, cure: Cure, urls: Sequence[str]) -> str:
    """The lines that mend `urls`; "" where no server can."""
    if cure.special in _NO_HEADERS:
        return _NO_HEADERS[cure.special]
    if cure == Cure():
        return ""
    paths = [path for path in dict.fromkeys(urlsplit(url).path or "/" for url in urls) if SAFE_PATH.fullmatch(path)]
    paths = paths[:PATHS_MAX]
    if not paths:
        return ""
    special = _SPECIAL.get((cure.special, server))
    if special is not None:
        return special.replace("{paths}", " and ".join(paths)).replace("{at}", opening(paths))
    if cure.special == "names" and not cure.sets:
        return _BY_NAME[server]
    match server:
        case Server.NGINX:
            return _nginx(cure, paths)
        case Server.APACHE:
            return section(cure, paths)
        case Server.EXPRESS:
            return _express(cure, paths)


def replaced_in_nginx(cure: Cure) -> tuple[str, ...]:
    """The beginnings of the lines that nginx's snippet stands in place of."""
    if cure.special in _NGINX_REPLACES:
        return _NGINX_REPLACES[cure.special]
    names = [name for name, _ in cure.sets] + list(cure.drops)
    about_time = ("expires ",) if {"Cache-Control", "Expires"} & set(names) else ()
    return (*(f"add_header {name} " for name in dict.fromkeys(names)), *about_time)


def _nginx(cure: Cure, paths: Sequence[str]) -> str:
    names = list(dict.fromkeys([*(name for name, _ in cure.sets), *cure.drops]))
    own = ", ".join(line.strip() for line in replaced_in_nginx(cure))
    lines = [f"# in the location that serves {' and '.join(paths)}", f"# in place of its own {own}"]
    if cure.sets:
        lines.append("# an add_header here drops those from outside the location: repeat them")
    lines += [f"proxy_hide_header {name};" for name in names]
    lines += [f'add_header {name} "{value}"{always(value)};' for name, value in cure.sets]
    return "\n".join(lines)


def _express(cure: Cure, paths: Sequence[str]) -> str:
    if all(map(is_static, paths)) and cure.special != "redirect":
        return set_headers([Landing("", (cure,), tuple(paths))])
    return in_handler(cure, paths)


_NO_HEADERS = {"purge": "", "front": "", "clock": "# on the server, whatever it runs\ntimedatectl set-ntp true"}

_NGINX_REPLACES = {
    "gzip": ("gzip_vary ",),
    "validator": ("etag ", "add_header ETag ", "add_header Last-Modified "),
    "etag": ("add_header ETag ", "etag "),
    "error": ("add_header Cache-Control ", "expires "),
    "redirect": ("add_header Cache-Control ", "expires "),
}

_SPECIAL: Mapping[tuple[str, Server], str] = {
    ("gzip", Server.NGINX): """\
gzip_vary on;
# where the application packs it: add_header Vary "Accept-Encoding";""",
    ("gzip", Server.APACHE): """\
{at}
  Header merge Vary Accept-Encoding
</If>""",
    ("gzip", Server.EXPRESS): """\
// before it answers; app.use(compression()) does so by itself
res.vary('Accept-Encoding')""",
    ("validator", Server.NGINX): """\
# in the location that serves {paths}
# in place of its own etag off, add_header Last-Modified
# for files nginx makes both; what an application answers needs an ETag from the application
etag on;""",
    ("validator", Server.APACHE): """\
{at}
  # for files; and no "Header unset ETag" or "Header unset Last-Modified" may stand behind it
  FileETag MTime Size
</If>""",
    ("validator", Server.EXPRESS): """\
// where the app is made; res.send() adds it then, and for files express.static(dir, { etag: true, lastModified: true })
app.set('etag', 'weak')""",
    ("etag", Server.NGINX): """\
# nginx makes the ETag of time and size: give a file the same time on every server, when it is built
find public -type f -exec touch -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}" {} +""",
    ("etag", Server.APACHE): """\
{at}
  # without INode, which differs from server to server; and the same file times everywhere
  FileETag MTime Size
</If>""",
    ("etag", Server.EXPRESS): """\
// where the app is made, in place of an ETag by hand; it is made of the content then
app.set('etag', 'strong')""",
    ("error", Server.NGINX): """\
# in the location that serves {paths}
# in place of its own add_header Cache-Control, expires
# without "always" it is for good answers alone, so put there what those had
proxy_hide_header Cache-Control;
add_header Cache-Control "no-cache";""",
    ("error", Server.APACHE): """\
{at}
  Header unset Cache-Control "expr=%{REQUEST_STATUS} -ge 400"
  Header always set Cache-Control "no-store" "expr=%{REQUEST_STATUS} -ge 400"
</If>""",
    ("error", Server.EXPRESS): """\
// in the handler of {paths}, before it answers
if (res.statusCode >= 400) res.set('Cache-Control', 'no-store')""",
    ("redirect", Server.APACHE): """\
{at}
  Header always set Cache-Control "max-age=3600"
</If>""",
}

# Where no build can name files: the name in the page changes, and the server leaves the hash out again, unless a file
# has that very name.
_DEPLOY = (
    "bring new files to every server first, new pages after: an old server answers a new name with old content, "
    "and caches keep that"
)
_KINDS = "js|css|png|jpg|svg|woff2"
_BY_NAME: Mapping[Server, str] = {
    Server.NGINX: f"""\
# in the location that serves files, beside what is there: pages may ask for app.3f2a91c0.css, and app.css answers
# for files of nginx's own; what it passes on is mended behind it
# {_DEPLOY}
if (!-f $request_filename) {{
  rewrite "^(.+)\\.[0-9a-f]{{8,64}}\\.({_KINDS})$" $1.$2 last;
}}""",
    Server.APACHE: f"""\
# in the virtual host: pages may ask for app.3f2a91c0.css, and app.css answers
# for files below DocumentRoot
# {_DEPLOY}
RewriteEngine On
RewriteCond "%{{DOCUMENT_ROOT}}%{{REQUEST_URI}}" !-f
RewriteRule "^(.+)\\.[0-9a-f]{{8,64}}\\.({_KINDS})$" "$1.$2" [PT]""",
    Server.EXPRESS: f"""\
// before express.static('public'), with the same folder: pages may ask for app.3f2a91c0.css, and app.css answers
// {_DEPLOY}
app.use((req, res, next) => {{
  const named = /^(\\/[\\w.\\/~-]+)\\.[0-9a-f]{{8,64}}\\.({_KINDS})$/.exec(req.path)
  if (!named) return next()
  require('fs').access('public' + req.path, (missing) => {{
    if (missing) req.url = named[1] + '.' + named[2]
    next()
  }})
}})""",
}

BY_BUILD = """\
// webpack
output: { filename: '[name].[contenthash].js', assetModuleFilename: '[name].[contenthash][ext]' }
new MiniCssExtractPlugin({ filename: '[name].[contenthash].css' })
// Vite does it by itself (assets/[name]-[hash][extname]), but not for what lies in public/:
// import that instead"""
