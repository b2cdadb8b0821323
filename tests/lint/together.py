"""Sites that break several rules, at each server, and where the lines of a whole report go in their configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.lint.report import Report
from tests.lint.cases import FILE, HASHED, PAGE, STYLE, WORKER

NEWS, TODAY, MAIN, ODD = "/news/", "/news/today.html", "/js/main.js", "/a+(b)$1.html"
EVERY = ("/", PAGE, FILE, HASHED, WORKER, NEWS, TODAY, MAIN, ODD)
OPTIONS = "/* OPTIONS */"


@dataclass(frozen=True, slots=True)
class Together:
    """A site by its configuration, and what is read of it."""

    own: str
    paths: Sequence[str]
    files: Mapping[str, str] = field(default_factory=dict)  # beside those that every host has


NGINX = {
    "a week for all": Together("expires 7d;", (PAGE, FILE, HASHED, WORKER)),
    "a page beside files that are right": Together("expires 1h;", (PAGE, "/", STYLE)),
    "folders": Together("expires 7d;", EVERY),
    "several rules at each": Together(
        "expires 7d;\nadd_header Pragma no-cache;\netag off;\n"
        'add_header Last-Modified "";\nadd_header CDN-Cache-Control "max-age=60; public";',
        (PAGE, FILE, HASHED, WORKER, STYLE),
    ),
    "what an application answers": Together(
        "proxy_pass http://127.0.0.1:{behind};\nadd_header Pragma no-cache;\nadd_header X-Frame-Options DENY;",
        ("/in-time", HASHED),
    ),
    "headers that contradict each other": Together(
        'add_header Cache-Control "max-age=600, max-age=7200";\nadd_header Expires 0;\n'
        "add_header X-Frame-Options DENY;",
        ("/", PAGE, HASHED, FILE),
    ),
}

_WEEK = 'ExpiresActive On\nExpiresDefault "access plus 7 days"'
_FRONT = """\
RewriteEngine On
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /page.html [L]"""
_MANY = """\
Header set Cache-Control "max-age=600, max-age=7200"
Header always set Expires 0
Header set Pragma no-cache
Header set CDN-Cache-Control "max-age=60; public\""""
_SHOP = ("/", "/shop", "/shop/a/b?c=d", PAGE, FILE)
APACHE = {
    "a week for all": Together(_WEEK, EVERY),
    "headers of its own": Together('Header always set Cache-Control "max-age=86401"', EVERY),
    "a front controller in the folder": Together(f'{_WEEK}\n<Directory "{{docs}}">\n{_FRONT}\n</Directory>', _SHOP),
    "a front controller in .htaccess": Together(
        '<Directory "{docs}">\nAllowOverride All\n</Directory>', _SHOP, {".htaccess": f"{_WEEK}\n{_FRONT}"}
    ),
    "a front controller in the server": Together(
        f"{_WEEK}\nRewriteEngine On\nRewriteRule ^/shop /page.html [PT]", _SHOP
    ),
    "a page for whatever is not there": Together(f"{_WEEK}\nFallbackResource /page.html", _SHOP),
    "an alias": Together(f'{_WEEK}\nAlias /shop "{{docs}}/page.html"', ("/", "/shop", PAGE, FILE)),
    "several rules at each": Together(_MANY, ("/", PAGE, FILE, HASHED, WORKER)),
    "nothing to ask with": Together(f"{_WEEK}\nFileETag None\nHeader unset Last-Modified", ("/", PAGE, FILE)),
    "what an application answers": Together(
        "ProxyPass / http://127.0.0.1:{behind}/\nHeader set Pragma no-cache", ("/in-time", "/a/b?c=d", HASHED)
    ),
    "many files": Together(
        _WEEK, ("/", HASHED, *(f"/m/{n}.js" for n in range(7))), {f"m/{n}.js": "hello()" for n in range(7)}
    ),
}

_STATIC = f"app.use(express.static('public', {{ maxAge: '7d',\n{OPTIONS}\n}}))"


def _handled(path: str, end: str, before: str = "res.set('Cache-Control', 'max-age=600')") -> str:
    return f"app.get('{path}', (req, res) => {{\n{before}\n/* {path} */\n{end}\n}})\n"


_SENT = "res.type('html').send('<p>hello</p>')"
EXPRESS = {
    "a week for all": Together(_STATIC, EVERY),
    "pages of handlers beside files": Together(
        f"{_handled('/', _SENT)}{_handled('/shop/a', _SENT)}{_STATIC}",
        ("/", "/shop/a", PAGE, FILE, HASHED),
    ),
    "a page that a handler sends from a file": Together(
        _handled("/shop", "res.sendFile(require('path').resolve('public/page.html'))") + _STATIC,
        ("/", "/shop", FILE),
    ),
    "a script of a handler": Together(
        _handled("/made.js", "res.type('js').send('hello()')", "res.set('Cache-Control', 'max-age=604800')") + _STATIC,
        ("/made.js", FILE, MAIN),
    ),
    "several rules at each": Together(
        "app.use((req, res, next) => { res.set({ Pragma: 'no-cache', Expires: '0' }); next() })\n"
        + _handled("/", _SENT, "res.set('Cache-Control', 'max-age=600, max-age=7200')")
        + _STATIC,
        ("/", PAGE, FILE, HASHED, WORKER, MAIN),
    ),
    "pages without their ending": Together(_STATIC.replace("maxAge", "extensions: ['html'], maxAge"), ("/page", MAIN)),
    "a folder that is mounted elsewhere": Together(
        _STATIC.replace("app.use(", "app.use('/static', "), ("/static/", "/static/js/main.js", "/static/app.js")
    ),
    "many files": Together(
        _STATIC, ("/", HASHED, *(f"/m/{n}.css" for n in range(7))), {f"m/{n}.css": "p {}" for n in range(7)}
    ),
}


def in_nginx(own: str, report: Report) -> str:
    """The location's own lines, and inside it each location of the report with those of them that it does not take
    out."""
    blocks = [own]
    for group in report.groups:
        for without, head, body in re.findall(r"# but no (.*)\n(location .*\{)\n((?:  .*\n)*)\}", report.fix(group)):
            kept = [
                line for line in own.split("\n") if not line.startswith(tuple(f"{x} " for x in without.split(", ")))
            ]
            blocks.append("\n".join([head, *kept, body, "}"]))
    return "\n".join(blocks)


def in_apache(own: str, report: Report) -> str:
    """All lines, behind what is there."""
    taken = re.sub("FileETag None|Header unset Last-Modified", "", own)  # none may stand, as the lines say
    return "\n".join([taken if "FileETag" in own else own, *(report.fix(group) for group in report.groups)])


def in_express(own: str, report: Report) -> str:
    """What is for the options of the express.static there, and what is for a handler where that is."""
    for group in report.groups:
        for block in re.split(r"^(?=// )", report.fix(group), flags=re.MULTILINE):
            where, _, body = block.partition("\n")
            if where.startswith("// in the options"):
                own = own.replace(OPTIONS, body)
            if found := re.fullmatch(r"// (?:in the handler of|or, where a handler sends) (.*?),.*", where):
                for path in found[1].split(" and "):
                    own = own.replace(f"/* {path} */", f"{body}\n/* {path} */")
    return own
