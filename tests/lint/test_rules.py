"""Each rule: what it says of an answer that breaks it, word for word, and what it does not blame."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.answers.caches import CACHES
from bot.domain.lint.finding import Cure, Severity
from bot.domain.lint.rules import RULE_OF, RULES, lint, score, together
from bot.domain.lint.served import Served, up_to
from bot.domain.lint.varying import tries_of
from providers.contract import Cached
from tests.lint.pages import PAGE, SCRIPT, answer, made, page, script, tried

AGO_100_DAYS = "Tue, 18 Aug 2026 00:00:00 GMT"
AGO_5_MIN = "Wed, 25 Nov 2026 23:55:00 GMT"
HIT, FASTLY, CLOUDFLARE = Cached.HIT, CACHES["fastly"], CACHES["cloudflare"]
OTHER = answer("/", PAGE | {"cache-control": "no-cache", "etag": '"b"'})
SIGNED_IN = (("Authorization", "Basic x"),)


def untyped(control: str, text: str) -> Served:
    """What says no Content-Type, and begins with `text`."""
    served = made("/", {**PAGE, "content-type": ""}, control, {})
    return replace(served, answer=replace(served.answer, text=text))


def from_origin(served: Served, **headers: str) -> Served:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(served, origins=(answer("/", PAGE | said),))


def kept_in_front(served: Served) -> Served:
    """The same headers at the origin, and a copy of that from the cache in front."""
    return replace(served, origins=(replace(served.answer, place="origin"),), cached=HIT)


def signed_in(served: Served) -> Served:
    return replace(served, answer=replace(served.answer, asked=SIGNED_IN))


BROKEN = {
    "missing": ("CC01", page()),
    "missing, as it is empty": ("CC01", page(" ")),
    "missing, as nothing in it can be read": ("CC01", page(";,")),
    "missing, and browsers guess": ("CC01", page(last_modified=AGO_100_DAYS)),
    "missing, and the cache has a default": ("CC01", made("/", PAGE, "", {}, cache=FASTLY)),
    "html-long": ("CC02", page("max-age=600")),
    "html-long, in milliseconds": ("CC02", page("public, max-age=31536000000")),
    "html-long without a Content-Type": ("CC02", untyped("max-age=6000", "<!-- v2 --> <!DOCTYPE html>\n<p>")),
    "html-long, shown once more": ("CC02", page("max-age=60, stale-while-revalidate=604800")),
    "html-long by Expires": ("CC02", page(expires="Thu, 26 Nov 2026 01:00:00 GMT")),
    "asset-unhashed-long": ("CC03", script("/app.js", "max-age=31536000")),
    "asset-unhashed-long, immutable": ("CC03", script("/app.js", "immutable")),
    "asset-unhashed-long, or hashed": ("CC03", script("/src-DataGrid.js", "max-age=31536000, immutable")),
    "asset-hashed-short": ("CC04", script("/app.3f2a91c0.js", "max-age=3600")),
    "asset-hashed-short, as its neighbours": (
        "CC04",
        replace(script("/a/my-DataGrid.js", "max-age=3600"), among_hashed=True),
    ),
    "asset-hashed-short, each time": ("CC04", script("/app.3f2a91c0.js", "no-cache")),
    "conflict of no-store": ("CC05", page("no-store, max-age=60")),
    "conflict of public": ("CC05", page("public, private")),
    "conflict of private": ("CC05", page("private, s-maxage=60")),
    "conflict of two": ("CC05", page("max-age=60, max-age=10")),
    "conflict by a semicolon": ("CC05", page("public; max-age=60")),
    "conflict in a CDN's own field": ("CC05", page("no-cache", cdn_cache_control="max-age=600, no-store")),
    "smaxage-swr": ("CC06", page("s-maxage=600, stale-while-revalidate=60")),
    "expires-mismatch": ("CC07", page("max-age=60", expires="Thu, 26 Nov 2026 01:00:00 GMT")),
    "expires-mismatch, never to be kept": ("CC07", page("no-store", expires="Thu, 26 Nov 2026 01:00:00 GMT")),
    "expires-mismatch, over": ("CC07", page("max-age=120", expires="Wed, 25 Nov 2026 23:00:00 GMT")),
    "expires-mismatch, no date": ("CC07", page("no-cache", expires="0")),
    "pragma": ("CC08", page("no-cache", pragma="no-cache")),
    "cookie-shared": ("CC09", made("/", PAGE, "max-age=60", {"set-cookie": "sid=secret; Path=/"}, cached=HIT)),
    "cookie-shared by age": ("CC09", page("s-maxage=60", set_cookie="sid=secret", age="5")),
    "cookie-shared, as it says": (
        "CC09",
        made("/", PAGE, "public, max-age=60", {"set-cookie": "sid=secret"}, cached=Cached.MISS),
    ),
    "cookie-shared, as s-maxage says": ("CC09", page("s-maxage=60", set_cookie="sid=secret")),
    "vary-wide": ("CC10", page("no-cache", vary="Cookie, User-Agent")),
    "vary-wide by number": ("CC10", page("no-cache", vary="A, B, C, D", content_encoding="gzip")),
    "vary-wide by star": ("CC10", page("no-cache", vary="*")),
    "vary-missing": ("CC11", page("no-cache", content_encoding="gzip", vary="Origin")),
    "no-validator": ("CC12", page("no-cache", etag="")),
    "etag-per-node": ("CC13", replace(page("no-cache"), others=(OTHER,))),
    "age-over": ("CC14", page("max-age=60", age="3600")),
    "age-over, as allowed": ("CC14", page("max-age=60, stale-while-revalidate=86400", age="3600")),
    "age-over, by the origin's word": (
        "CC14",
        from_origin(made("/", PAGE, "max-age=0", {"age": "90"}, cache=CLOUDFLARE), cdn_cache_control="max-age=60"),
    ),
    "auth-public": ("CC15", signed_in(page("public"))),
    "auth-public, longer for those who share": ("CC15", signed_in(page("public, max-age=0, s-maxage=60"))),
    "auth-public, private and kept": ("CC15", kept_in_front(page("private, max-age=60"))),
    "auth-public, beyond its end": ("CC15", signed_in(page("public, max-age=0, stale-while-revalidate=60"))),
    "auth-public, kept by a CDN": ("CC15", signed_in(page("public, max-age=0", cdn_cache_control="max-age=60"))),
    "error-cached": ("CC16", made("/", PAGE, "max-age=3600", {}, 404)),
    "error-cached, by the cache": ("CC16", made("/", PAGE, "", {}, 503, cached=HIT)),
    "redirect-cached": ("CC17", made("/", PAGE, "", {}, 301)),
    "redirect-cached, for the time being": ("CC17", made("/", PAGE, "public, max-age=86400", {}, 302)),
    "redirect-cached, for the time being, by Expires": (
        "CC17",
        made("/", PAGE, "", {"expires": "Sat, 28 Nov 2026 00:00:00 GMT"}, 307),
    ),
    "query-version": ("CC18", script("/app.js?v=3", "no-cache")),
    "query-version, kept by browsers": ("CC18", script("/app.js?v=3", "max-age=604800")),
    "sw-cached": ("CC19", script("/sw.js", "max-age=600")),
    "sw-cached, as registered": ("CC19", replace(script("/worker.js", "max-age=604800"), registered=True)),
    "no-tags": ("CC20", replace(from_origin(page("no-cache")), tag_header="Cache-Tag")),
    "clock behind": ("CC21", from_origin(page("no-cache"), date=AGO_5_MIN)),
    "clock ahead": ("CC21", page("no-cache", date="Thu, 26 Nov 2026 00:05:00 GMT")),
    "targeted-bad": ("CC22", page("no-cache", cdn_cache_control="max-age=60 public")),
    "targeted-bad, a text": ("CC22", page("no-cache", cdn_cache_control='max-age="60"')),
}

SAID = {
    "missing": (
        "Nothing says how long to keep it, so every cache decides for itself.",
        "no Cache-Control, no Expires",
    ),
    "missing, and browsers guess": (
        "Nothing says how long to keep it, so every cache decides for itself. Browsers may keep the old "
        "one for about 10 d, going by Last-Modified.",
        "no Cache-Control, no Expires",
    ),
    "missing, and the cache has a default": (
        "Nothing says how long to keep it, so every cache decides for itself. Fastly keeps it 60 min "
        "unless it is set otherwise.",
        "no Cache-Control, no Expires",
    ),
    "missing, as it is empty": (
        "Nothing says how long to keep it, so every cache decides for itself.",
        "Cache-Control is empty, no Expires",
    ),
    "missing, as nothing in it can be read": (
        "Nothing says how long to keep it, so every cache decides for itself.",
        "Cache-Control is empty, no Expires",
    ),
    "html-long without a Content-Type": (
        "After your next deploy visitors may see the old page for up to 100 min; a purge cannot reach browsers.",
        "Cache-Control: max-age=6000",
    ),
    "conflict by a semicolon": (
        "Cache-Control parts its words by a semicolon, where commas belong. Caches differ in whether they read what"
        " stands behind it, so nobody can tell who keeps it.",
        "Cache-Control: public; max-age=60",
    ),
    "conflict in a CDN's own field": (
        "CDN-Cache-Control contradicts itself: no-store says never to keep it, and max-age says for how long. Caches"
        " differ in which they obey, so nobody can tell who keeps it.",
        "CDN-Cache-Control: max-age=600, no-store",
    ),
    "html-long": (
        "After your next deploy visitors may see the old page for up to 10 min; a purge cannot reach browsers.",
        "Cache-Control: max-age=600",
    ),
    "html-long, in milliseconds": (
        "After your next deploy visitors may see the old page for up to 69 years; a purge cannot reach browsers.",
        "Cache-Control: public, max-age=31536000000",
    ),
    "html-long, shown once more": (
        "For up to 7 d after your next deploy whoever has the old page may see it once more, while the new one is "
        "fetched (stale-while-revalidate); a purge cannot reach browsers.",
        "Cache-Control: max-age=60, stale-while-revalidate=604800",
    ),
    "html-long by Expires": (
        "After your next deploy visitors may see the old page for up to 60 min; a purge cannot reach browsers.",
        "Expires: Thu, 26 Nov 2026 01:00:00 GMT",
    ),
    "asset-unhashed-long": (
        "After your next deploy browsers use the old app.js with the new page, for up to 365 d; a purge "
        "cannot reach browsers.",
        "Cache-Control: max-age=31536000",
    ),
    "asset-unhashed-long, immutable": (
        "After your next deploy browsers use the old app.js with the new page, for as long as they like; "
        "a purge cannot reach browsers.",
        "Cache-Control: immutable",
    ),
    "asset-hashed-short": (
        "app.3f2a91c0.js looks named by its content, so its copies never grow old, but browsers ask for "
        "it again after 60 min: repeated visits are slower than they need be.",
        "Cache-Control: max-age=3600",
    ),
    "asset-unhashed-long, or hashed": (
        "After your next deploy browsers use the old src-DataGrid.js with the new page, for up to 365 d; a purge "
        "cannot reach browsers. By its name nobody can tell whether a build made that from the content: if one did, "
        "nothing is wrong here.",
        "Cache-Control: max-age=31536000, immutable",
    ),
    "asset-hashed-short, as its neighbours": (
        "my-DataGrid.js looks named by its content, so its copies never grow old, but browsers ask for "
        "it again after 60 min: repeated visits are slower than they need be.",
        "Cache-Control: max-age=3600",
    ),
    "asset-hashed-short, each time": (
        "app.3f2a91c0.js looks named by its content, so its copies never grow old, but browsers ask for "
        "it each time: repeated visits are slower than they need be.",
        "Cache-Control: no-cache",
    ),
    "conflict of no-store": (
        "Cache-Control contradicts itself: no-store says never to keep it, and max-age says for how "
        "long. Caches differ in which they obey, so nobody can tell who keeps it.",
        "Cache-Control: no-store, max-age=60",
    ),
    "conflict of public": (
        "Cache-Control contradicts itself: it is called public and private at once. Caches differ in "
        "which they obey, so nobody can tell who keeps it.",
        "Cache-Control: public, private",
    ),
    "conflict of private": (
        "Cache-Control contradicts itself: private keeps it out of shared caches, and s-maxage says how "
        "long they keep it. Caches differ in which they obey, so nobody can tell who keeps it.",
        "Cache-Control: private, s-maxage=60",
    ),
    "conflict of two": (
        "Cache-Control contradicts itself: max-age is said twice. Caches differ in which they obey, so "
        "nobody can tell who keeps it.",
        "Cache-Control: max-age=60, max-age=10",
    ),
    "smaxage-swr": (
        "s-maxage forbids shared caches to use a copy beyond its end, so stale-while-revalidate=60 does "
        "nothing in those that take it strictly: visitors wait for the origin instead.",
        "Cache-Control: s-maxage=600, stale-while-revalidate=60",
    ),
    "expires-mismatch": (
        "Old caches that know only Expires keep it for another time than the others.",
        "Expires: Thu, 26 Nov 2026 01:00:00 GMT; Cache-Control: max-age=60",
    ),
    "expires-mismatch, never to be kept": (
        "Old caches that know only Expires keep it for another time than the others.",
        "Expires: Thu, 26 Nov 2026 01:00:00 GMT; Cache-Control: no-store",
    ),
    "expires-mismatch, over": (
        "Old caches that know only Expires keep it for another time than the others.",
        "Expires: Wed, 25 Nov 2026 23:00:00 GMT; Cache-Control: max-age=120",
    ),
    "expires-mismatch, no date": (
        "Expires is no date. Caches take it as over, so it only says what Cache-Control should.",
        "Expires: 0",
    ),
    "pragma": (
        "Pragma means nothing in an answer (RFC 9111, 5.4): whoever relies on it is not protected by it.",
        "Pragma: no-cache",
    ),
    "cookie-shared": (
        "A cache gives the same cookie (sid) to everybody. If it names a session, visitors get into the "
        "session of somebody else.",
        "Set-Cookie: sid=…; Cache-Control: max-age=60",
    ),
    "cookie-shared by age": (
        "A cache gives the same cookie (sid) to everybody. If it names a session, visitors get into the "
        "session of somebody else.",
        "Set-Cookie: sid=…; Cache-Control: s-maxage=60",
    ),
    "cookie-shared, as it says": (
        "It sets a cookie (sid) and says that shared caches may keep it (public). One that does gives the same "
        "cookie to everybody. If it names a session, visitors get into the session of somebody else.",
        "Set-Cookie: sid=…; Cache-Control: public, max-age=60",
    ),
    "cookie-shared, as s-maxage says": (
        "It sets a cookie (sid) and says that shared caches may keep it (s-maxage=60). One that does gives the same "
        "cookie to everybody. If it names a session, visitors get into the session of somebody else.",
        "Set-Cookie: sid=…; Cache-Control: s-maxage=60",
    ),
    "vary-wide": (
        "Caches keep a copy of its own for every set of cookies and every browser version: few visits "
        "are served from the cache, and some caches purge only one of the copies. Whether the page differs by that was "
        "not seen: Vary must stay unless it is the same for everybody.",
        "Vary: Cookie, User-Agent",
    ),
    "vary-wide by number": (
        "Caches keep a copy of its own for each mix of 4 headers: few visits are served from the cache, "
        "and some caches purge only one of the copies. Leave out what the page does not differ by; a header that it "
        "does differ by must stay.",
        "Vary: A, B, C, D",
    ),
    "vary-wide by star": (
        "Vary: * means that no copy may ever be used again: every visit goes to the origin. Whether the page differs "
        "by that was not seen: Vary must stay unless it is the same for everybody.",
        "Vary: *",
    ),
    "vary-missing": (
        "A cache may give this gzip copy to a visitor who cannot unpack it, who then sees garbage.",
        "Content-Encoding: gzip, no Vary: Accept-Encoding",
    ),
    "no-validator": (
        "It has neither ETag nor Last-Modified: once a copy is over, all of it is sent again, and nobody "
        "can see by its headers whether a copy is old.",
        "no ETag, no Last-Modified",
    ),
    "etag-per-node": (
        "The same content comes with different ETags, as if each server made its own: copies that are "
        "right are fetched again, and look old when edge and origin are compared.",
        'ETag: "a" and "b"',
    ),
    "age-over": (
        "This copy is 60 min old and was to live 60 s: visitors may get old content. It may be that a "
        "setting of the cache keeps it longer, or the origin could not be reached.",
        "Age: 3600; max-age=60",
    ),
    "age-over, as allowed": (
        "This copy is 60 min old and was to live 60 s: visitors may get old content. It may be that "
        "stale-while-revalidate lets it, for 24 h more.",
        "Age: 3600; max-age=60",
    ),
    "age-over, by the origin's word": (
        "This copy is 90 s old and was to live 60 s: its content is what the origin has now, so nothing old is given "
        "out, but the next change may be late. It may be that a setting of the cache keeps it longer, or the origin "
        "could not be reached.",
        "Age: 90; CDN-Cache-Control: max-age=60",
    ),
    **{
        f"auth-public, {why}": (
            "It answers somebody who signed in, and lets shared caches keep it: others may get what is theirs alone.",
            f"asked with Authorization; Cache-Control: public, max-age=0{more}",
        )
        for why, more in (
            ("longer for those who share", ", s-maxage=60"),
            ("beyond its end", ", stale-while-revalidate=60"),
            ("kept by a CDN", ""),
        )
    },
    "auth-public": (
        "It answers somebody who signed in, and lets shared caches keep it: others may get what is theirs alone.",
        "asked with Authorization; Cache-Control: public",
    ),
    "auth-public, private and kept": (
        "The cache in front gave out a copy of what its origin calls private, for one visitor alone: others may get "
        "what is theirs. A rule there keeps it all the same.",
        "HIT; the origin says Cache-Control: private, max-age=60",
    ),
    "error-cached": (
        "The error 404 is kept: after the page is mended visitors go on getting it for up to 60 min.",
        "status 404; Cache-Control: max-age=3600",
    ),
    "error-cached, by the cache": (
        "The error 503 is kept: after the page is mended visitors go on getting it for as long as the "
        "cache is set to keep errors.",
        "status 503; served from the cache",
    ),
    "redirect-cached": (
        "Browsers may keep a 301 for ever where nothing says how long. If it was wrong, they never ask "
        "again, and a purge cannot reach them.",
        "status 301, no Cache-Control",
    ),
    "redirect-cached, for the time being": (
        "A 302 leads elsewhere for the time being, and browsers are told to keep it for up to 24 h: where it leads"
        " elsewhere before that, or is taken away, they do not ask, and a purge cannot reach them.",
        "status 302, Cache-Control: public, max-age=86400",
    ),
    "redirect-cached, for the time being, by Expires": (
        "A 307 leads elsewhere for the time being, and browsers are told to keep it for up to 2 d: where it leads"
        " elsewhere before that, or is taken away, they do not ask, and a purge cannot reach them.",
        "status 307, Expires: Sat, 28 Nov 2026 00:00:00 GMT",
    ),
    "query-version": (
        "A cache that leaves the query out of its key gives the old app.js until its copy expires; one that counts it "
        "keeps each version by itself, so a purge of one leaves the others; and while you deploy, an old server may "
        "answer the new address with old content, which is then kept.",
        "app.js?v=3",
    ),
    "query-version, kept by browsers": (
        "Browsers use the old app.js for up to 7 d after a deploy, unless it changes v=3. A cache that leaves the "
        "query out of its key gives the old app.js until its copy expires; one that counts it keeps each version by "
        "itself, so a purge of one leaves the others; and while you deploy, an old server may answer the new address "
        "with old content, which is then kept.",
        "app.js?v=3",
    ),
    "sw-cached": (
        "Browsers may keep the service worker sw.js for up to 10 min (never over a day), and visitors "
        "stay on the old application as long; a purge cannot reach them.",
        "Cache-Control: max-age=600",
    ),
    "sw-cached, as registered": (
        "Browsers may keep the service worker worker.js for up to 24 h (never over a day), and visitors "
        "stay on the old application as long; a purge cannot reach them.",
        "Cache-Control: max-age=604800",
    ),
    "no-tags": (
        "The origin sends no Cache-Tag, so a purge by tag will not find this page: it stays as it is.",
        "no Cache-Tag at the origin",
    ),
    "clock behind": (
        "The server's clock is 5 min behind purgebot's. Caches reckon with Date, so Age and Expires come "
        "out wrong by as much.",
        "Date: Wed, 25 Nov 2026 23:55:00 GMT",
    ),
    "clock ahead": (
        "The server's clock is 5 min ahead of purgebot's. Caches reckon with Date, so Age and Expires "
        "come out wrong by as much.",
        "Date: Thu, 26 Nov 2026 00:05:00 GMT",
    ),
    "targeted-bad": (
        "CDN-Cache-Control is not in the form that caches insist on (RFC 9213: a list with commas, whole "
        "numbers without quotes). They ignore it whole and go by Cache-Control.",
        "CDN-Cache-Control: max-age=60 public",
    ),
    "targeted-bad, a text": (
        "CDN-Cache-Control is not in the form that caches insist on (RFC 9213: a list with commas, whole "
        "numbers without quotes). They ignore it whole and go by Cache-Control.",
        'CDN-Cache-Control: max-age="60"',
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_says_what_it_will_cause_and_what_was_seen(name: str) -> None:
    rule, served = BROKEN[name]
    found = [(finding.causes, finding.seen) for finding in lint(served) if finding.rule == rule]
    assert [SAID[name]] == found


CLEAN = {
    "a page that browsers ask for each time": page("no-cache"),
    "a page that only the edge keeps": page("max-age=0, s-maxage=600"),
    "a page kept for three minutes": page("max-age=180"),
    "a page shown once more for a day": page("max-age=60, stale-while-revalidate=86400"),
    "a page never shown beyond its end": page("max-age=60, must-revalidate, stale-while-revalidate=604800"),
    "a page asked for each time": page("no-cache, stale-while-revalidate=604800"),
    "private at the origin, and fetched": replace(from_origin(page("private, max-age=60")), cached=Cached.MISS),
    "private for visitors, and the edge's own field": kept_in_front(
        page("private, max-age=60", cdn_cache_control="max-age=600")
    ),
    "a page with the edge's own field": page("max-age=0", cdn_cache_control="max-age=600, stale-while-revalidate=60"),
    "an error that nobody keeps": made("/", PAGE, "no-store", {}, 404),
    "an error that says nothing": made("/", PAGE, "", {}, 404),
    "a redirect for an hour": made("/", PAGE, "max-age=3600", {}, 301),
    "a redirect for the time being, for an hour": made("/", PAGE, "max-age=3600", {}, 302),
    "a redirect for the time being that shared caches keep": made("/", PAGE, "s-maxage=86400, max-age=0", {}, 302),
    "a redirect for good that is kept long": made("/", PAGE, "max-age=31536000", {}, 301),
    "a temporary redirect": made("/", PAGE, "", {}, 302),
    "a hashed file for a year": script("/app.3f2a91c0.js", "public, max-age=31536000, immutable"),
    "a hashed file without a validator": script("/app.3f2a91c0.js", "max-age=31536000, immutable", etag=""),
    "a hash like a word among others": replace(script("/vendor-Dkqsbvzx.js", "max-age=31536000"), among_hashed=True),
    "a hash of small letters for ever": script("/index-k3xq9zva.js", "public, max-age=31536000, immutable", etag=""),
    "words that look like a hash": script("/my-DataGrid.js", "public, max-age=3600"),
    "a photo that looks like one": made("/team-JohnDoe2.jpg", SCRIPT, "max-age=3600", {"content-type": "image/jpeg"}),
    "an unhashed file for a day": script("/app.js", "max-age=86400"),
    "a worker that is asked for": script("/sw.js", "no-cache"),
    "never kept": page("no-store, max-age=0", etag=""),
    "a private page with a cookie": made("/", PAGE, "private, max-age=60", {"set-cookie": "a=b"}, cached=HIT),
    "a cookie on a miss": made("/", PAGE, "max-age=60", {"set-cookie": "a=b"}, cached=Cached.MISS),
    "a cookie that only one may keep": page("public, max-age=60, no-cache", set_cookie="a=b"),
    "many variants that nobody shares": page("private, no-cache", vary="Cookie, User-Agent"),
    "packed, and said so": page("no-cache", content_encoding="gzip", vary="Origin, Accept-Encoding"),
    "Expires that agrees": page("max-age=60", expires="Thu, 26 Nov 2026 00:01:30 GMT"),
    "no-store, and over as WordPress says it": page("no-store, max-age=0", expires="Wed, 11 Jan 1984 05:00:00 GMT"),
    "no-cache, and over as Drupal says it": page("must-revalidate, no-cache", expires="Sun, 19 Nov 1978 05:00:00 GMT"),
    "no-store, and over as PHP says it": page("no-store, no-cache", expires="Thu, 19 Nov 1981 08:52:00 GMT"),
    "for no time, and over since the epoch": page("max-age=0", expires="Thu, 01 Jan 1970 00:00:00 GMT"),
    "never kept, and over an hour ago": page("private, no-cache", expires="Wed, 25 Nov 2026 23:00:00 GMT"),
    "a copy within its time": page("max-age=60", age="59", date="Wed, 25 Nov 2026 23:59:01 GMT"),
    "a cache that says its own Date": page("max-age=180", age="170"),
    "an old Date, which may be a copy's": page("no-cache", date=AGO_5_MIN),
    "tags at the origin": replace(from_origin(page("no-cache"), cache_tag="news"), tag_header="Cache-Tag"),
    "tags that nobody purges": from_origin(page("no-cache")),
    "signed in, and private": signed_in(page("private")),
    "signed in, and asked for each time": signed_in(page("public, max-age=0")),
    "signed in, and asked for each time by those who share": signed_in(page("public, max-age=60, s-maxage=0")),
    "signed in, and kept by no CDN": signed_in(page("public, max-age=0", cdn_cache_control="max-age=0")),
    "signed in, and never used unasked": signed_in(page("public, no-cache")),
    "ETags that only packing changes": replace(
        page("no-cache"), others=(answer("/", PAGE | {"etag": '"a-gzip"'}), answer("/", PAGE | {"etag": 'W/"b"'}))
    ),
    "other content with another ETag": replace(
        page("no-cache"), others=(answer("/", PAGE | {"etag": '"b"'}, digest="e"),)
    ),
    "?v= on a page": page("no-cache", "/news?v=3"),
    "no answer": Served(replace(answer("/", {}), problem="no answer within 8 s")),
}  # fmt: skip


@pytest.mark.parametrize("served", CLEAN.values(), ids=CLEAN)
def test_what_is_right_is_not_blamed(served: Served) -> None:
    assert [] == [finding.rule for finding in lint(served)]


def test_every_rule_is_broken_once_here() -> None:
    assert [rule.id for rule in RULES] == sorted({rule for rule, _ in BROKEN.values()})


def test_vary_star_is_worse_than_the_rest() -> None:
    severities = [lint(page("no-cache", vary=vary))[0].severity for vary in ("Cookie", "*")]
    assert [Severity.WARN, Severity.ERROR] == severities


ALONE = Cure((("Cache-Control", "private, no-cache"),))
STAYS = "Without {} in Vary one visitor's page would go to everybody, so it must stay there;"
NO_PROOF = "That is no proof: leave out {} only if the page is the same for everybody, signed in or not."
VARYING = {
    "by cookies": (
        tried(page("no-cache", vary="Cookie"), plain="a", again="a", cookie="b"),
        f"With other cookies origin answered with another page. {STAYS.format('Cookie')} keep the page out of shared "
        "caches (private), or move what differs into a request of its own.",
        ALONE,
    ),
    "by browsers": (
        tried(page("no-cache", vary="User-Agent"), plain="a", again="a", agent="b"),
        f"With other browsers origin answered with another page. {STAYS.format('User-Agent')} let the cache in front "
        "keep one copy for each sort of device, or serve one page to all.",
        Cure(),
    ),
    "by whom": (
        tried(page("no-cache", vary="Authorization"), plain="a", again="a", login="b"),
        f"With other people signed in origin answered with another page. {STAYS.format('Authorization')} keep the page "
        "out of shared caches (private), or move what differs into a request of its own.",
        ALONE,
    ),
    "by cookies and not by browsers": (
        tried(page("no-cache", vary="Cookie, User-Agent"), plain="a", again="a", cookie="b", agent="a"),
        f"With other cookies origin answered with another page. {STAYS.format('Cookie')} keep the page out of shared "
        "caches (private), or move what differs into a request of its own. With other browsers origin answered the "
        f"same. {NO_PROOF.format('User-Agent')}",
        ALONE,
    ),
    "by nothing that was seen": (
        tried(page("no-cache", vary="Cookie"), plain="a", again="a", cookie="a"),
        f"With other cookies origin answered the same. {NO_PROOF.format('Cookie')}",
        Cure(),
    ),
    "each time": (
        tried(page("no-cache", vary="Cookie"), plain="a", again="b", cookie="c"),
        "Asked twice in the same way it differed, so by what it differs cannot be told. Vary must stay unless the page "
        "is the same for everybody.",
        Cure(),
    ),
    "no whole body": (
        tried(page("no-cache", vary="Cookie"), plain="a", again="a", cookie=""),
        "Whether the page differs by that was not seen: Vary must stay unless it is the same for everybody.",
        Cure(),
    ),
}


@pytest.mark.parametrize(("served", "advice", "cure"), VARYING.values(), ids=VARYING)
def test_vary_goes_only_where_nobody_gets_anothers_page(served: Served, advice: str, cure: Cure) -> None:
    found = lint(served)[0]
    assert ("CC10", advice, cure) == (found.rule, found.causes.partition("one of the copies. ")[2], found.cure)


@pytest.mark.parametrize("vary", ["Cookie", "User-Agent", "Authorization", "*", "A, B, C, D"])
def test_no_line_takes_anything_out_of_vary(vary: str) -> None:
    served = tried(page("no-cache", vary=vary), plain="a", again="a", cookie="a", agent="a", login="a")
    assert [Cure()] == [found.cure for found in lint(served) if found.rule == "CC10"]


def test_cookies_are_made_up_by_the_names_that_the_page_sets() -> None:
    setting = answer("/", PAGE | {"vary": "Cookie", "set-cookie": "sid=secret; Path=/"})
    expected = ((), (), (("Cookie", "sid=purgebot-a"),), (("Cookie", "sid=purgebot-b"),))
    assert expected == tries_of(setting, ())


def test_a_page_that_is_the_same_for_most_is_not_asked_for_again() -> None:
    assert () == tries_of(answer("/", PAGE | {"vary": "Accept-Encoding, Origin"}), ())


def test_what_only_the_edge_says_is_told_with_what_the_origin_says() -> None:
    rewritten = from_origin(page("max-age=14400"), cache_control="no-cache")
    found = lint(rewritten)
    assert [("CC02", "Cache-Control: no-cache", True)] == [(f.rule, f.origin_says, f.set_by_edge) for f in found]
    assert [False] == [f.is_origins for f in found]


def test_what_the_origin_says_too_is_the_servers() -> None:
    found = lint(from_origin(page("max-age=14400"), cache_control="max-age=14400"))
    assert [("", True)] == [(f.origin_says, f.is_origins) for f in found]


def not_found(**says: str) -> Served:
    """A 404 that is served from the cache and kept an hour; `says` are the origin's headers."""
    kept = made("/", PAGE, "public, max-age=60, s-maxage=3600", {}, status=404, cached=HIT)
    return from_origin(kept, **says)


def test_another_answer_of_the_origins_is_not_compared() -> None:
    found = lint(not_found(cache_control="public, max-age=60, s-maxage=3600"))
    assert [("CC16", "", False)] == [(f.rule, f.origin_says, f.is_origins) for f in found]


def test_headers_that_are_the_same_are_never_changed_by_the_cache() -> None:
    ends = "Thu, 26 Nov 2026 01:00:00 GMT"
    same = from_origin(page(expires=ends), expires=ends, date="Thu, 26 Nov 2026 00:59:00 GMT")
    assert [("CC02", "")] == [(f.rule, f.origin_says) for f in lint(same) if f.rule == "CC02"]


OVER = made("/", PAGE, "max-age=60", {"age": "900"}, cached=HIT)
MINUTE = PAGE | {"cache-control": "max-age=60"}
HELD = {
    "the origin's ETag over other bytes": (answer("/", MINUTE, digest="packed"), "nothing old is given out"),
    "another ETag": (answer("/", MINUTE | {"etag": '"b"'}, digest="new"), "visitors get old content"),
    "other bytes without an ETag": (answer("/", MINUTE | {"etag": ""}, digest="new"), "visitors may get old content"),
}


@pytest.mark.parametrize("case", HELD)
def test_a_copy_beyond_its_end_is_called_old_only_where_the_origin_has_something_else(case: str) -> None:
    origin, expected = HELD[case]
    told = [found.causes for found in lint(replace(OVER, origins=(origin, origin))) if found.rule == "CC14"]
    assert [True] == [expected in causes for causes in told]


def test_an_origin_that_names_its_content_otherwise_each_time_makes_no_copy_old() -> None:
    origins = tuple(answer("/", MINUTE | {"etag": f'"{n}"'}, digest=f"{n}") for n in range(2))
    told = [found.causes for found in lint(replace(OVER, origins=origins)) if found.rule == "CC14"]
    assert [True] == ["visitors may get old content" in causes for causes in told]


def test_a_copy_beyond_its_end_is_not_to_be_purged_while_the_origin_has_an_error() -> None:
    old = made("/", PAGE, "max-age=60", {"age": "900"}, cached=Cached.STALE)
    down = replace(old, origins=(answer("/", PAGE, status=503),))
    assert [["CC14"], []] == [[found.rule for found in lint(one)] for one in (old, down)]


ADDED = {
    "Pragma": (page("no-cache", pragma="no-cache"), {"cache_control": "no-cache"}, "Pragma: none"),
    "Vary": (page("max-age=60", vary="Cookie"), {"cache_control": "max-age=60"}, "Vary: none"),
    "Expires": (
        page("max-age=60", expires="0"),
        {"cache_control": "max-age=60"},
        "Expires: none",
    ),
    "packing": (
        page("no-cache", content_encoding="br"),
        {"cache_control": "no-cache"},
        "Content-Encoding: none",
    ),
    "no ETag": (page("no-cache", etag=""), {"cache_control": "no-cache"}, 'ETag: "a"'),
}


@pytest.mark.parametrize(("served", "origin", "expected"), ADDED.values(), ids=ADDED)
def test_what_the_cache_changes_is_told_by_the_header_that_it_changes(
    served: Served, origin: dict[str, str], expected: str
) -> None:
    assert [expected] == [found.origin_says for found in lint(from_origin(served, **origin))]


@pytest.mark.parametrize("age", ["99999999999999999999999", "-1", "60; 90", "4" * 5000])
def test_an_age_that_cannot_be_true_is_no_evidence(age: str) -> None:
    assert [] == lint(made("/", PAGE, "max-age=60", {"age": age, "set-cookie": "sid=x"}))


def test_a_version_in_the_query_is_a_note_and_no_error() -> None:
    found = lint(script("/app.js?v=3", "max-age=31536000, immutable"))
    assert [("CC18", Severity.INFO)] == [(one.rule, one.severity) for one in found]


def test_a_cookies_value_is_never_shown() -> None:
    served = made("/", PAGE, "max-age=60", {"set-cookie": "sid=secret"}, cached=HIT)
    assert "secret" not in repr(lint(served))


def test_what_comes_in_a_header_is_never_put_into_a_fix() -> None:
    served = page("no-cache", content_encoding="gzip", vary='Origin, x";\nreturn 302 http://evil.test')
    assert [Cure((("Vary", "origin, Accept-Encoding"),), special="gzip")] == [
        found.cure for found in lint(served) if found.rule == "CC11"
    ]


def test_the_score_falls_by_each_rule_once() -> None:
    findings = [*lint(page("max-age=600")), *lint(page("max-age=600", "/b")), *lint(page("no-cache", pragma="x"))]
    assert (100, 69) == (score([]), score(findings))


def test_the_score_has_an_end() -> None:
    every = [finding for _, served in BROKEN.values() for finding in lint(served)]
    assert 0 == score(every)


def test_the_worst_rule_comes_first_with_all_its_urls() -> None:
    findings = [*lint(page("no-cache", pragma="x")), *lint(page("max-age=600")), *lint(page("max-age=600", "/b"))]
    assert [["CC02", "CC02"], ["CC08"]] == [[one.rule for one in group] for group in together(findings)]


def test_one_url_is_told_once_however_many_edges_say_it() -> None:
    assert [1] == [len(group) for group in together([*lint(page("max-age=600")), *lint(page("max-age=600"))])]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (90, "90 s"), (600, "10 min"), (601, "11 min"), (7200, "2 h"), (86_400, "24 h"), (604_800, "7 d"),
     (31_536_000, "365 d"), (315_360_000, "10 years")],
)  # fmt: skip
def test_a_time_is_never_told_shorter_than_it_is(seconds: int, said: str) -> None:
    assert said == up_to(seconds)


def test_a_rule_is_found_by_its_id() -> None:
    assert "html-long" == RULE_OF["CC02"].name
