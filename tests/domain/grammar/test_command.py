"""What is typed, and what is understood."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.grammar.command import BadLine, Command, Verb, parse
from tests.domain.people import (
    MIA,
    OWN,
    A,
    B,
    everything,
    host,
    path,
    pattern,
    prefix,
    purge,
    tag,
    url,
)

OVER_HTTPS = "shop is served over https: `http://www.shop.test{}` is another copy than the https one."
CURLY = "Read curly quotes as straight ones."


def fragment_of(text: str) -> str:
    return f"Dropped the fragment of `{text}`, which never reaches a cache."


def dots_in(rest: str) -> str:
    return f"Browsers take the `.` and `..` out of `{rest}` before they ask; here it goes out as it is written."


def around(text: str) -> str:
    return f"Dropped the punctuation around `{text}`."


UNDERSTOOD = {
    # guesses
    "a URL": ("https://www.shop.test/a", purge(A, guess="URL")),
    "a URL with a query": (
        "https://www.shop.test/a?b=1&b=2",
        purge(url("https://www.shop.test/a?b=1&b=2"), guess="URL"),
    ),
    "http is kept": (
        "http://www.shop.test/a",
        purge(url("http://www.shop.test/a"), guess="URL", notes=(OVER_HTTPS.format("/a"),)),
    ),
    "several of another scheme are told once": (
        "http://www.shop.test/a http://www.shop.test/b",
        purge(
            url("http://www.shop.test/a"),
            url("http://www.shop.test/b"),
            guess="URL",
            notes=(f"{OVER_HTTPS.format('/a')} (and 1 more like it)",),
        ),
    ),
    "a look at another scheme": (
        "check http://www.shop.test/a",
        purge(url("http://www.shop.test/a"), guess="URL", verb=Verb.CHECK, notes=(OVER_HTTPS.format("/a"),)),
    ),
    "a host in capitals": ("HTTPS://WWW.Shop.TEST/A", purge(url("https://www.shop.test/A"), guess="URL")),
    "no path is the front page": ("https://www.shop.test", purge(url("https://www.shop.test/"), guess="URL")),
    "a query without a path": ("https://www.shop.test?a=1", purge(url("https://www.shop.test/?a=1"), guess="URL")),
    "no scheme": ("www.shop.test/a", purge(A, guess="URL")),
    "no scheme, only a query": ("www.shop.test?a", purge(url("https://www.shop.test/?a"), guess="URL")),
    "a scheme left to the page": (
        "//www.shop.test/a",
        purge(A, guess="URL", notes=("Read `//www.shop.test/a` with the site's own schemes.",)),
    ),
    "a path": ("/a?b=1", purge(path("/a?b=1"), guess="path")),
    "a path with two slashes": ("//a", purge(path("//a"), guess="path")),
    "two paths": ("/a /b", purge(path("/a"), path("/b"), guess="path")),
    "a path ending in a star": ("/news/*", purge(prefix("/news/"), guess="prefix")),
    "a path ending in two stars": ("/news/**", purge(prefix("/news/"), guess="prefix")),
    "a URL ending in a star": (
        "https://www.shop.test/n/*",
        purge(
            prefix("www.shop.test/n/"),
            guess="prefix",
            notes=("Left the scheme of `https://www.shop.test/n/` away: a prefix is for every scheme.",),
        ),
    ),
    "a host ending in a star": ("www.shop.test/*", purge(prefix("www.shop.test/"), guess="prefix")),
    "a tag": ("tag:product-123", purge(tag("product-123"), guess="tag")),
    "a key": ("key:product-123", purge(tag("product-123"), guess="tag")),
    "a hash": ("#product-123", purge(tag("product-123"), guess="tag")),
    "a tag in capitals": ("TAG:News", purge(tag("News"), guess="tag")),
    "a tag with a star": (
        "tag:news*",
        purge(tag("news*"), guess="tag", notes=("Took the star in `news*` literally.",)),
    ),
    "a tag with signs": ("tag:a/b:c@d!", purge(tag("a/b:c@d!"), guess="tag")),
    "a bare host": ("www.shop.test", purge(host("www.shop.test"), guess="host", wants_host_confirmed=True)),
    "a bare host in capitals": ("WWW.SHOP.TEST", purge(host("www.shop.test"), guess="host", wants_host_confirmed=True)),
    "all CSS": ("*.css", purge(pattern("/*.css"), guess="pattern")),
    "a star behind letters": ("/img*", purge(pattern("/img*"), guess="pattern")),
    "a star in the middle": ("/a/*/b", purge(pattern("/a/*/b"), guess="pattern")),
    "a star in a query": ("www.shop.test/a?p=*", purge(pattern("www.shop.test/a?p=*"), guess="pattern")),
    "two stars": ("/a*/b/*", purge(pattern("/a*/b/*"), guess="pattern")),
    # spoken kinds
    "url": ("url https://www.shop.test/a", purge(A)),
    "url without a scheme": ("url www.shop.test", purge(url("https://www.shop.test/"))),
    "url takes a star literally": (
        "url https://www.shop.test/a*",
        purge(url("https://www.shop.test/a*"), notes=("Took the star in `/a*` literally.",)),
    ),
    "path": ("path /a", purge(path("/a"))),
    "path takes a star literally": ("path /n/*", purge(path("/n/*"), notes=("Took the star in `/n/*` literally.",))),
    "prefix": ("prefix /news/", purge(prefix("/news/"))),
    "prefix without its slash": ("prefix /news", purge(prefix("/news"))),
    "prefix with a star": ("prefix /news/*", purge(prefix("/news/"))),
    "prefix with a host": ("prefix www.shop.test/news/", purge(prefix("www.shop.test/news/"))),
    "prefix of a host": ("prefix www.shop.test", purge(prefix("www.shop.test/"))),
    "prefix of a URL": (
        "prefix https://www.shop.test/news/",
        purge(
            prefix("www.shop.test/news/"),
            notes=("Left the scheme of `https://www.shop.test/news/` away: a prefix is for every scheme.",),
        ),
    ),
    "prefix of all stays a prefix": ("prefix /", purge(prefix("/"))),
    "prefix of all with a star": ("prefix /*", purge(prefix("/"))),
    "tag": ("tag product-123", purge(tag("product-123"))),
    "tags": ("tag a b c", purge(tag("a"), tag("b"), tag("c"))),
    "tag of a tag": ("tag tag:a", purge(tag("a"))),
    "a tag named as an option": ('tag "soft"', purge(tag("soft"))),
    "a tag named everything": ("tag everything", purge(tag("everything"))),
    "host": ("host www.shop.test", purge(host("www.shop.test"))),
    "host with its dot": ("host www.shop.test.", purge(host("www.shop.test"), notes=(around("www.shop.test"),))),
    "host of a URL": (
        "host https://www.shop.test/",
        purge(
            host("www.shop.test"),
            notes=("Left the scheme of `https://www.shop.test/` away: a host is for every scheme.",),
        ),
    ),
    "a host guessed and spoken": (
        "www.shop.test host www.shop.test",
        purge(host("www.shop.test"), notes=("Dropped 1 duplicate.",)),
    ),
    "pattern": ("pattern /a*b", purge(pattern("/a*b"))),
    "everything": ("everything", purge(everything())),
    "everything named and reasoned": (
        "everything on shop because new design",
        purge(everything(), reason="new design"),
    ),
    "Everything from a phone": ("Everything on Shop", purge(everything())),
    "kinds change along the line": ("tag a prefix /b/ url www.shop.test/a", purge(tag("a"), prefix("/b/"), A)),
    "the verb": ("purge https://www.shop.test/a", purge(A, guess="URL")),
    "the verb in capitals": ("PURGE /a", purge(path("/a"), guess="path")),
    "the command once more": ("/purge https://www.shop.test/a", purge(A, guess="URL")),
    "a path named as the command": ("/purge", purge(path("/purge"), guess="path")),
    # options
    "soft": ("https://www.shop.test/a soft", purge(A, guess="URL", soft=True)),
    "--soft": ("--soft https://www.shop.test/a", purge(A, guess="URL", soft=True)),
    "hard before": ("hard https://www.shop.test/a", purge(A, guess="URL", soft=False)),
    "--hard after": ("https://www.shop.test/a --hard", purge(A, guess="URL", soft=False)),
    "an option said twice": ("/a soft --soft", purge(path("/a"), guess="path", soft=True)),
    "because takes the rest": (
        "/a because it is soft on shop",
        purge(path("/a"), guess="path", reason="it is soft on shop"),
    ),
    "because stops at the line": ("/a because old\n/b", purge(path("/a"), path("/b"), guess="path", reason="old")),
    "because with a colon": ("/a because: old", purge(path("/a"), guess="path", reason="old")),
    "because in quotes": ('/a because "INC 8"', purge(path("/a"), guess="path", reason="INC 8")),
    "because in quotes, then options": (
        '/a because "INC 8" soft',
        purge(path("/a"), guess="path", reason="INC 8", soft=True),
    ),
    "because begins with a quote": ('/a because "old" is old', purge(path("/a"), guess="path", reason='"old" is old')),
    "because, then a flag": (
        "/a because it is old --hard",
        purge(path("/a"), guess="path", reason="it is old", soft=False),
    ),
    "because with a dash": ("/a because old — very", purge(path("/a"), guess="path", reason="old — very")),
    "because with an emoji": ("/a because ❤️ 👩‍🚒", purge(path("/a"), guess="path", reason="❤️ 👩‍🚒")),
    "because hides credentials": (
        "/a because see https://u:pw@x.test/y",
        purge(path("/a"), guess="path", reason="see https://…@x.test/y"),
    ),
    "--reason one word": ("tag p-1 on shop --reason INC-881", purge(tag("p-1"), reason="INC-881")),
    "--reason in quotes": ('--reason "wrong price" /a', purge(path("/a"), guess="path", reason="wrong price")),
    "--reason=": ('--reason="wrong price" /a', purge(path("/a"), guess="path", reason="wrong price")),
    "--reason in single quotes": ("--reason 'wrong price' /a", purge(path("/a"), guess="path", reason="wrong price")),
    "--reason in curly quotes": (
        "--reason “wrong price” /a",
        purge(path("/a"), guess="path", reason="wrong price", notes=(CURLY,)),
    ),
    "--no-check": ("/a --no-check", purge(path("/a"), guess="path", check=False)),
    "no-check": ("/a no-check", purge(path("/a"), guess="path", check=False)),
    "only an account": ("/a only cf", purge(path("/a"), guess="path", only="cf")),
    "--only=": ("/a --only=cf", purge(path("/a"), guess="path", only="cf")),
    "--on": ("/a --on shop", purge(path("/a"), guess="path")),
    "--confirm": ("everything on shop --confirm shop", purge(everything(), confirm="shop")),
    "--confirm behind because": (
        "everything because new --confirm shop",
        purge(everything(), reason="new", confirm="shop"),
    ),
    "--dry-run": ("/a --dry-run", purge(path("/a"), guess="path", verb=Verb.PLAN)),
    "dry-run": ("purge /a dry-run", purge(path("/a"), guess="path", verb=Verb.PLAN)),
    "plan": ("plan /a soft", purge(path("/a"), guess="path", verb=Verb.PLAN, soft=True)),
    "plan of a bare host asks nothing": (
        "plan www.shop.test",
        purge(host("www.shop.test"), guess="host", verb=Verb.PLAN),
    ),
    "an option before the verb": ("soft plan /a", purge(path("/a"), guess="path", verb=Verb.PLAN, soft=True)),
    # repairs
    "a dash that a phone joined": (
        "/a —hard",
        purge(path("/a"), guess="path", soft=False, notes=("Read the dash of `—hard` as --.",)),
    ),
    "a short dash": (
        "/a –soft",
        purge(path("/a"), guess="path", soft=True, notes=("Read the dash of `–soft` as --.",)),
    ),
    "a joined dash behind because": (
        "/a because old —hard",
        purge(path("/a"), guess="path", reason="old", soft=False, notes=("Read the dash of `—hard` as --.",)),
    ),
    "quotes": ('"https://www.shop.test/a"', purge(A, guess="URL")),
    "curly quotes": ("“https://www.shop.test/a”", purge(A, guess="URL", notes=(CURLY,))),
    "quotes keep what prose would lose": (
        '"https://www.shop.test/a."',
        purge(url("https://www.shop.test/a."), guess="URL"),
    ),
    "curly quotes in a URL are its own": (
        "https://www.shop.test/“a”b",
        purge(
            url("https://www.shop.test/%E2%80%9Ca%E2%80%9Db"),
            guess="URL",
            notes=("Percent-encoded the letters beyond ASCII in `/“a”b`.",),
        ),
    ),
    "Slack's link": ("<https://www.shop.test/a>", purge(A, guess="URL")),
    "Slack's link with its own label": ("<https://www.shop.test/a|https://www.shop.test/a>", purge(A, guess="URL")),
    "Slack's link with another label": (
        "<https://www.shop.test/a|the page>",
        purge(A, guess="URL", notes=("Read `https://www.shop.test/a`, where the link points, not its label.",)),
    ),
    "the scheme that Slack put in": ("<http://www.shop.test/a|www.shop.test/a>", purge(A, guess="URL")),
    "a host that Slack linked": ("host <http://www.shop.test|www.shop.test>", purge(host("www.shop.test"))),
    "a bare host that Slack linked": (
        "<http://www.shop.test|www.shop.test>",
        purge(host("www.shop.test"), guess="host", wants_host_confirmed=True),
    ),
    "Slack's ampersands": (
        "<https://www.shop.test/a?b=1&amp;c=&lt;2&gt;>",
        purge(url("https://www.shop.test/a?b=1&c=<2>"), guess="URL"),
    ),
    "decoded once": (
        "<https://www.shop.test/a?b=&amp;amp;>",
        purge(url("https://www.shop.test/a?b=&amp;"), guess="URL"),
    ),
    "typed ampersands are one's own": (
        "https://www.shop.test/a?b=&amp;c",
        purge(url("https://www.shop.test/a?b=&amp;c"), guess="URL"),
    ),
    "a star behind Slack's link": (
        "<https://www.shop.test/n/>*",
        purge(
            prefix("www.shop.test/n/"),
            guess="prefix",
            notes=("Left the scheme of `https://www.shop.test/n/` away: a prefix is for every scheme.",),
        ),
    ),
    "Slack's link in brackets": ("(<https://www.shop.test/a>).", purge(A, guess="URL")),
    "two of Slack's links": ("<https://www.shop.test/a><https://www.shop.test/b>", purge(A, B, guess="URL")),
    "a bracket that nothing opens": (
        "https://www.shop.test/a)",
        purge(A, guess="URL", notes=(around("https://www.shop.test/a"),)),
    ),
    "a bracket of the URL": ("https://www.shop.test/a_(b)", purge(url("https://www.shop.test/a_(b)"), guess="URL")),
    "brackets around a bracket": (
        "(https://www.shop.test/a_(b)).",
        purge(url("https://www.shop.test/a_(b)"), guess="URL", notes=(around("https://www.shop.test/a_(b)"),)),
    ),
    "a full stop": ("https://www.shop.test/a.", purge(A, guess="URL", notes=(around("https://www.shop.test/a"),))),
    "dots that mean something": (
        "https://www.shop.test/a/..",
        purge(url("https://www.shop.test/a/.."), guess="URL", notes=(dots_in("/a/.."),)),
    ),
    "a comma at the end": (
        "https://www.shop.test/a,",
        purge(A, guess="URL", notes=(around("https://www.shop.test/a"),)),
    ),
    "code": ("`https://www.shop.test/a`", purge(A, guess="URL")),
    "code within a URL": ("https://www.shop.test/a`id`", purge(url("https://www.shop.test/a`id`"), guess="URL")),
    "code around code within a URL": (
        "`https://www.shop.test/a`id``",
        purge(url("https://www.shop.test/a`id`"), guess="URL"),
    ),
    "code around a line that ends with code": (
        "`url https://www.shop.test/a https://www.shop.test/a`id``",
        purge(A, url("https://www.shop.test/a`id`")),
    ),
    "a fence that closes behind another word": (
        "```https://www.shop.test/a\nhttps://www.shop.test/b```",
        purge(A, B, guess="URL"),
    ),
    "code with a kind": ("`prefix /a/`", purge(prefix("/a/"))),
    "a code fence": ("```\nhttps://www.shop.test/a\nhttps://www.shop.test/b\n```", purge(A, B, guess="URL")),
    "a fragment": ("https://www.shop.test/a#top", purge(A, guess="URL", notes=(fragment_of("/a#top"),))),
    "a fragment of a path": ("/a#top", purge(path("/a"), guess="path", notes=(fragment_of("/a#top"),))),
    "dots that browsers take out": (
        "https://www.shop.test/../%2E/a",
        purge(url("https://www.shop.test/../%2E/a"), guess="URL", notes=(dots_in("/../%2E/a"),)),
    ),
    "dots that stay": (
        "https://www.shop.test/.../.well-known/a.?b=/../c",
        purge(url("https://www.shop.test/.../.well-known/a.?b=/../c"), guess="URL"),
    ),
    "a default port": (
        "https://www.shop.test:443/a",
        purge(A, guess="URL", notes=("Dropped the default port of `www.shop.test:443`.",)),
    ),
    "a colon without a port": (
        "http://www.shop.test:/",
        purge(
            url("http://www.shop.test/"),
            guess="URL",
            notes=("Dropped the default port of `www.shop.test:`.", OVER_HTTPS.format("/")),
        ),
    ),
    "a host's trailing dot": ("https://www.shop.test./a", purge(A, guess="URL")),
    "a wide host": (
        "https://ｗｗｗ.shop.test/a",
        purge(A, guess="URL", notes=("Read `ｗｗｗ.shop.test` as www.shop.test.",)),
    ),
    "an emoji in a path": (
        "https://www.shop.test/😀",
        purge(
            url("https://www.shop.test/%F0%9F%98%80"),
            guess="URL",
            notes=("Percent-encoded the letters beyond ASCII in `/😀`.",),
        ),
    ),
    "percent signs are kept": (
        "https://www.shop.test/%e2%zz//../%00?%",
        purge(url("https://www.shop.test/%e2%zz//../%00?%"), guess="URL", notes=(dots_in("/%e2%zz//../%00?%"),)),
    ),
    "a no-break space": ("/a\u00a0/b", purge(path("/a"), path("/b"), guess="path")),
    # lists
    "lines": ("https://www.shop.test/a\nhttps://www.shop.test/b", purge(A, B, guess="URL")),
    "commas": ("https://www.shop.test/a, https://www.shop.test/b,\n/c", purge(A, B, path("/c"), guess="URL, path")),
    "a comma within a URL": ("https://www.shop.test/a,b", purge(url("https://www.shop.test/a,b"), guess="URL")),
    "a comma alone": ("/a , /b", purge(path("/a"), path("/b"), guess="path")),
    "duplicates": ("/a /b /a /a", purge(path("/a"), path("/b"), guess="path", notes=("Dropped 2 duplicates.",))),
    "the same URL in two spellings": (
        "https://WWW.shop.test/a www.shop.test/a",
        purge(A, guess="URL", notes=("Dropped 1 duplicate.",)),
    ),
    "what a prefix covers": (
        "/n/* /n/a /n/b /m",
        purge(prefix("/n/"), path("/m"), guess="prefix, path", notes=("Dropped 2 that prefix /n/ covers.",)),
    ),
    "what a host covers": (
        "host www.shop.test url www.shop.test/a",
        purge(host("www.shop.test"), notes=("Dropped 1 that host www.shop.test covers.",)),
    ),
    "what everything covers": (
        "everything /a tag:b on shop",
        purge(everything(), notes=("Dropped 2 that everything covers.",)),
    ),
    "what several cover": (
        "prefix /n/ /n/a /m/ /m/b",
        purge(prefix("/n/"), prefix("/m/"), notes=("Dropped 2 that a wider one in the same request covers.",)),
    ),
    "what a prefix does not cover": ("prefix /n path /news", purge(prefix("/n"), path("/news"))),
    "good beside bad": (
        "https://www.shop.test/a https://evil.test/ foo",
        purge(
            A,
            guess="URL",
            bad=(
                BadLine(2, "https://evil.test/", f"No site of yours has the host evil.test. {OWN}"),
                BadLine(3, "foo", "I cannot tell what `foo` is."),
            ),
        ),
    ),
    "a site's name beside good": (
        "/a shop",
        purge(
            path("/a"),
            guess="path",
            bad=(
                BadLine(2, "shop", "shop is a site. Name its pages, or say everything; a site is named with: on shop"),
            ),
        ),
    ),
    "a job beside good": (
        "/a P-3",
        purge(
            path("/a"),
            guess="path",
            bad=(BadLine(2, "P-3", "P-3 is a job. A job's name stands alone or after a verb."),),
        ),
    ),
    "a star beside good": (
        "/a /*",
        purge(path("/a"), guess="path", bad=(BadLine(2, "/*", "A star alone does not mean everything."),)),
    ),
    # check
    "check": ("check https://www.shop.test/a", purge(A, guess="URL", verb=Verb.CHECK)),
    "check of a path": ("check /a", purge(path("/a"), guess="path", verb=Verb.CHECK)),
    "check of a host": (
        "check www.shop.test",
        purge(
            url("https://www.shop.test/"),
            guess="URL",
            verb=Verb.CHECK,
            notes=("Looking at the front page of `www.shop.test`.",),
        ),
    ),
    # jobs
    "a job": ("P-12", Command(Verb.STATUS, job=12)),
    "a job in small letters": ("p-12.", Command(Verb.STATUS, job=12)),
    "status": ("status", Command(Verb.STATUS)),
    "status of a job": ("status P-12", Command(Verb.STATUS, job=12)),
    "show": ("show P-12", Command(Verb.SHOW, job=12)),
    "cancel": ("cancel P-12", Command(Verb.CANCEL, job=12)),
    "show of a queued request": ("show Q-7", Command(Verb.SHOW, in_line=7)),
    "a queued request alone": ("Q-7", Command(Verb.STATUS, in_line=7)),
    "a warming": ("w-3", Command(Verb.STATUS, warming=3)),
    "status of a warming": ("status W-3", Command(Verb.STATUS, warming=3)),
    "cancel of a warming": ("cancel W-3 because of the load", Command(Verb.CANCEL, warming=3, reason="of the load")),
    "warmed after it is proven": ("/a --warm", replace(purge(path("/a"), guess="path"), warm=True)),
    "cancel of a queued request": ("cancel q-7", Command(Verb.CANCEL, in_line=7)),
    "cancel of a queued request with a reason": (
        "cancel Q-7 because wrong page",
        Command(Verb.CANCEL, in_line=7, reason="wrong page"),
    ),
    "cancel with a reason": ("cancel P-12 because wrong page", Command(Verb.CANCEL, job=12, reason="wrong page")),
    "retry": ("retry P-12", Command(Verb.RETRY, job=12)),
    "approve": ("Approve P-12", Command(Verb.APPROVE, job=12)),
    "approve with a note": ("approve P-12 lgtm", Command(Verb.APPROVE, job=12, reason="lgtm")),
    "approve with a note after because": (
        "approve P-12 because P-11 was good too",
        Command(Verb.APPROVE, job=12, reason="P-11 was good too"),
    ),
    "deny": ("deny P-12", Command(Verb.DENY, job=12)),
    "deny with a reason": ("deny P-12 not soft on sale", Command(Verb.DENY, job=12, reason="not soft on sale")),
    "deny because": ("deny P-12 because not now", Command(Verb.DENY, job=12, reason="not now")),
    "deny --reason": ('deny P-12 --reason "not now"', Command(Verb.DENY, job=12, reason="not now")),
    "break-glass": (
        "break-glass P-12 because prices are wrong",
        Command(Verb.BREAK_GLASS, job=12, reason="prices are wrong"),
    ),
    "review": ("review P-12", Command(Verb.REVIEW, job=12)),
    "review with a note": ("review P-12 it was on purpose", Command(Verb.REVIEW, job=12, reason="it was on purpose")),
    # holds
    "hold": ("hold shop because a deploy", Command(Verb.HOLD, site="shop", reason="a deploy")),
    "hold for a time": (
        "hold Shop for 2h because a deploy",
        Command(Verb.HOLD, site="shop", reason="a deploy", seconds=7200.0),
    ),
    "hold for a time behind a quoted reason": (
        'hold shop because "a deploy" for 30m',
        Command(Verb.HOLD, site="shop", reason="a deploy", seconds=1800.0),
    ),
    "hold of all": (
        "hold all --for 2d because sale",
        Command(Verb.HOLD, reason="sale", everywhere=True, seconds=172_800.0),
    ),
    "release": ("release shop", Command(Verb.RELEASE, site="shop")),
    "release of all": ("release all", Command(Verb.RELEASE, everywhere=True)),
    "queued": ("/a --queue", replace(purge(path("/a"), guess="path"), queue=True)),
    "sites": ("sites", Command(Verb.SITES)),
    "doctor": ("doctor", Command(Verb.DOCTOR)),
    "doctor of a site": ("doctor shop", Command(Verb.DOCTOR, site="shop")),
    "limits": ("limits", Command(Verb.LIMITS)),
    "limits of a site": ("limits shop", Command(Verb.LIMITS, site="shop")),
    "limits on a site": ("limits on Shop", Command(Verb.LIMITS, site="shop")),
    "whoami": ("whoami", Command(Verb.WHOAMI)),
    "help": ("help", Command(Verb.HELP)),
    "help on an option": ("help soft", Command(Verb.HELP, topic="soft")),
    "--help": ("--help", Command(Verb.HELP)),
    "--help behind a verb": ("plan --help", Command(Verb.HELP, topic="plan")),
}


@pytest.mark.parametrize(("typed", "expected"), UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_what_is_typed_is_understood(typed: str, expected: Command) -> None:
    assert expected == parse(typed, MIA)
