"""What is typed without a meaning, and what is heard back, word for word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.grammar.command import Choice, Misunderstood, parse
from tests.domain.people import (
    FRONT,
    MIA,
    OWN,
    WHAT,
    heard,
    mended,
)

AT = "What stands before an @ is a user name or password. Write the URL without it."
BACKSLASH = "A backslash has no place in a URL. Use slashes."
SITES = "/purge sites"
UNSEEN = "which cannot be seen. Type it without."

LONGER = (
    "A longer list goes into a file, one thing a line: a .txt or .csv in Slack's form,"
    " `purgebot purge --file urls.txt` in a terminal, or as `targets` to POST /v1/commands."
)
ALONE = " Only the word everything purges all of a site: in the command itself, without quotes."


def unseen(text: str, character: str) -> Misunderstood:
    return heard(f"I cannot read `{text}`. It holds {character}, {UNSEEN}", FRONT)


IN_LINE = "Q-7 is a queued request and no job yet: `show Q-7` tells all of it, `cancel Q-7` takes it back."


def star(typed: str) -> Misunderstood:
    return heard(
        f"`{typed}` alone does not mean everything. To empty shop type `/purge everything on shop because …`; "
        "for a part of it name pages, a tag, or what lies below a path.",
        "/purge everything on shop because …",
        ("Everything on shop", "everything on shop"),
        ("Only the front page", "https://www.shop.test/"),
    )


def puzzled(word: str, hint: str = "", verb: str = "") -> Misunderstood:
    return heard(
        f"I cannot tell what `{word}` is.{hint}",
        f"/purge {verb}tag:{word}",
        (f"Tag {word}", f"{verb}tag:{word}"),
        (f"Path {word}", f"{verb}path /{word}"),
        (f"Prefix {word}", f"{verb}prefix /{word}/"),
    )


def shop_alone(tail: str = "") -> Misunderstood:
    return heard(
        "shop is a site, and its name alone does not say what of it.",
        FRONT,
        ("Plan the front page", "plan https://www.shop.test/"),
        ("Check the front page", "check https://www.shop.test/"),
        ("Host www.shop.test", f"host www.shop.test{tail}"),
        ("Host img.shop.test", f"host img.shop.test{tail}"),
        ("Everything on shop", f"everything on shop{tail}"),
    )


HEARD = {
    "nothing": ("", heard(WHAT, FRONT)),
    "blanks": (" \n\t ", heard(WHAT, FRONT)),
    "only a verb": ("purge", heard(WHAT, FRONT)),
    "only options": ("hard", heard(WHAT, FRONT)),
    "only a kind": ("tag", heard(WHAT, FRONT)),
    "a tag that is an option": ("tag soft", heard(WHAT, FRONT)),
    "plan of nothing": (
        "plan",
        heard("Type what the plan is for: a URL, path, prefix, tag or host.", "/purge plan https://www.shop.test/"),
    ),
    "check of nothing": ("check", heard("Type which URL to look at.", "/purge check https://www.shop.test/")),
    # never everything
    "a star": ("*", star("*")),
    "a slash and a star": ("/*", star("/*")),
    "stars": ("/**/*", star("/**/*")),
    "a prefix of a star": ("prefix *", star("*")),
    "a pattern of a star": ("pattern /*", star("/*")),
    "a site's name": ("shop", shop_alone()),
    "a site's name in capitals": ("SHOP", shop_alone()),
    "a site named and nothing else": ("on shop", shop_alone()),
    "a site's name with options": ("shop soft because new", shop_alone(' soft --reason "new"')),
    "plan of a site": (
        "plan shop --confirm shop",
        heard(
            "shop is a site, and its name alone does not say what of it.",
            "/purge plan https://www.shop.test/",
            ("Plan the front page", "plan https://www.shop.test/"),
            ("Check the front page", "check https://www.shop.test/"),
            ("Host www.shop.test", "plan host www.shop.test"),
            ("Host img.shop.test", "plan host img.shop.test"),
            ("Everything on shop", "plan everything on shop"),
        ),
    ),
    "check of a site": (
        "check on shop",
        heard(
            "shop is a site, and its name alone does not say what of it.",
            "/purge check https://www.shop.test/",
            ("Check the front page", "check https://www.shop.test/"),
        ),
    ),
    "all": ("all", puzzled("all", ALONE)),
    "everything misspelt": ("everythin", puzzled("everythin", ALONE)),
    "everything in quotes": ('"everything"', puzzled("everything", ALONE)),
    "a tag of a star": ("tag *", heard("I cannot read `*`. A tag has a name: tag:product-123", FRONT)),
    "a tag of nothing": ("tag:", heard("I cannot read `tag:`. A tag has a name: tag:product-123", FRONT)),
    # words without a meaning
    "a word": ("foo", puzzled("foo")),
    "a word to plan": ("plan foo", puzzled("foo", verb="plan ")),
    "an emoji": ("🔥", heard("I cannot tell what `🔥` is.", FRONT)),
    "a verb misspelt": (
        "chekc https://www.shop.test/a",
        mended("I cannot tell what `chekc` is.", "check https://www.shop.test/a"),
    ),
    "a kind misspelt": ("tags a b", mended("I cannot tell what `tags` is.", "tag a b")),
    "prose": ("please purge the page", heard("I cannot tell what `please` is.", "/purge help")),
    "a path without its slash": ("news/a", mended("I cannot read `news/a`. A path begins with a slash.", "/news/a")),
    "a pattern without its slash": (
        "img*",
        heard(
            "I cannot read `img*`. A pattern begins with a slash or with one of your hosts, and a host has no stars.",
            FRONT,
        ),
    ),
    # options
    "a flag of the terminal": (
        "check --json https://www.shop.test/a",
        mended(
            "`--json` is an option of the terminal, as in `purgebot check … --json`. Leave it out here.",
            "check https://www.shop.test/a",
        ),
    ),
    "a flag that another verb has in the terminal": (
        "lint https://www.shop.test/a --fail-on error",
        mended(
            "`--fail-on` is an option of the terminal, as in `purgebot lint … --fail-on`. Leave it out here.",
            "lint https://www.shop.test/a",
        ),
    ),
    "a flag of the terminal with a value behind =": (
        "lint --fail-on=warn https://www.shop.test/a",
        mended(
            "`--fail-on` is an option of the terminal, as in `purgebot lint … --fail-on`. Leave it out here.",
            "lint https://www.shop.test/a",
        ),
    ),
    "a flag of the terminal that this verb has not there": (
        "check https://www.shop.test/a --fail-on error",
        mended(
            "`--fail-on` is an option of the terminal, as in `purgebot lint … --fail-on`. Leave it out here.",
            "check https://www.shop.test/a",
        ),
    ),
    "a time of the terminal, and a thing behind it": (
        "/a --timeout 60 /b",
        mended(
            "`--timeout` is an option of the terminal, as in `purgebot purge … --timeout`. Leave it out here.", "/a /b"
        ),
    ),
    "a flag of the terminal, and a thing in place of its value": (
        "/a --timeout /b",
        mended(
            "`--timeout` is an option of the terminal, as in `purgebot purge … --timeout`. Leave it out here.", "/a /b"
        ),
    ),
    "a file of the terminal": (
        "check --file urls.txt",
        heard(
            "`--file` is an option of the terminal, as in `purgebot check … --file`. Here paste the file's lines.",
            "/purge help options",
        ),
    ),
    "a scheme without its colon": (
        "http//www.shop.test/a",
        mended("I cannot read `http//www.shop.test/a`. `http//` begins no URL.", "http://www.shop.test/a"),
    ),
    "a scheme misspelt": (
        "htp://www.shop.test/a",
        mended("I cannot read `htp://www.shop.test/a`. `htp://` begins no URL.", "http://www.shop.test/a"),
    ),
    "a short verb misspelt": (
        "whi https://www.shop.test/a",
        mended("I cannot tell what `whi` is.", "why https://www.shop.test/a"),
    ),
    "an unknown flag": ("/a --later", heard("`--later` is not an option.", "/purge help options")),
    "a flag misspelt": ("/a --hrad", mended("`--hrad` is not an option.", "/a --hard")),
    "a flag of another verb": ("queue --foo", heard("`--foo` is not an option.", "/purge help options")),
    "a flag misspelt that is another verb's too": (
        "hold shop --fro 2h because x",
        mended("`--fro` is not an option.", "hold shop --for 2h because x"),
    ),
    "one dash": ("/a -hard", mended("`-hard` is not an option.", "/a --hard")),
    "an unknown flag in a reason": (
        "/a because old --confrim shop",
        mended("`--confrim` is not an option.", "/a because old --confirm shop"),
    ),
    "a value where none belongs": ("/a --hard=yes", mended("`--hard` takes no value.", "/a --hard")),
    "soft and hard": ("/a soft hard", heard("Soft and hard exclude each other.", "/purge help")),
    "two sites named": ("/a on shop on news", heard("`on` was given twice, with different words.", "/purge help")),
    "on without a site": ("/a on", mended("`on` wants a site's name after it.", "/a on shop")),
    "on before a flag": ("/a on --hard", mended("`on` wants a site's name after it.", "/a on shop --hard")),
    "only without an account": ("/a only", mended("`only` wants an account's name after it.", "/a only cf")),
    "because of nothing": ("/a because", heard("`because` wants a reason after it.", "/purge help because")),
    "a long reason": (
        "/a because " + "x" * 1001,
        heard("A reason has at most 1,000 characters.", f"/purge /a because {'x' * 149}…"),
    ),
    "a reason with a bidi override": (
        "/a because \u202egood",
        heard(f"The reason holds U+202E RIGHT-TO-LEFT OVERRIDE, {UNSEEN}", "/purge /a because good"),
    ),
    "an open quote": (
        '/a --reason "old page',
        mended('The quote that opens at `"old page` never closes.', '/a --reason "old page"'),
    ),
    "an unknown site": ("/a on shopp", heard("There is no site `shopp` for you. Did you mean shop?", "/purge sites")),
    "a site that is not one's own": (
        "/a on news",
        heard("There is no site `news` for you. Yours: shop.", "/purge sites"),
    ),
    "a host for a site": (
        "/a on img.shop.test",
        heard("There is no site `img.shop.test` for you. Did you mean shop?", "/purge sites"),
    ),
    "an unknown account": (
        "/a only fastly",
        heard("There is no account `fastly` for you. Yours: cf, shield.", "/purge sites"),
    ),
    "an account misspelt": (
        "/a only sheild",
        heard("There is no account `sheild` for you. Did you mean shield?", "/purge sites"),
    ),
    "--confirm of another site": (
        "everything on shop --confirm shpo",
        mended("--confirm says `shpo`, but this is for shop.", "everything on shop --confirm shop"),
    ),
    "an option of another verb": ("check /a --hard", heard("`hard` does not go with check.", "/purge help check")),
    "an option with a job": ("P-12 soft", heard("`soft` does not go with status.", "/purge help status")),
    # hosts
    "a host that no site has": (
        "https://evil.test/?x=https://www.shop.test/",
        heard(
            "I cannot read `https://evil.test/?x=https://www.shop.test/`. "
            f"No site of yours has the host evil.test. {OWN}",
            SITES,
        ),
    ),
    "a host misspelt": (
        "https://www.shoop.test/a",
        mended(
            "I cannot read `https://www.shoop.test/a`. "
            "No site of yours has the host www.shoop.test. Did you mean www.shop.test?",
            "https://www.shop.test/a",
        ),
    ),
    "a host with two letters swapped": (
        "https://www.shpo.test/a",
        mended(
            "I cannot read `https://www.shpo.test/a`. "
            "No site of yours has the host www.shpo.test. Did you mean www.shop.test?",
            "https://www.shop.test/a",
        ),
    ),
    "a host without its www": (
        "shop.test/a",
        mended(
            "I cannot read `shop.test/a`. No site of yours has the host shop.test. Did you mean www.shop.test?",
            "www.shop.test/a",
        ),
    ),
    "a host that is only alike": (
        "https://www.ship2.test/a",
        heard(f"I cannot read `https://www.ship2.test/a`. No site of yours has the host www.ship2.test. {OWN}", SITES),
    ),
    "a machine beside one's own": (
        "https://img2.shop.test/a",
        heard(f"I cannot read `https://img2.shop.test/a`. No site of yours has the host img2.shop.test. {OWN}", SITES),
    ),
    "a bare host that no site has": (
        "evil.test",
        heard(f"I cannot read `evil.test`. No site of yours has the host evil.test. {OWN}", SITES),
    ),
    "a label that is a site's": (
        "<https://evil.test|https://www.shop.test/>",
        heard(f"I cannot read `https://evil.test`. No site of yours has the host evil.test. {OWN}", SITES),
    ),
    "a subdomain": (
        "https://www.shop.test.evil.test/",
        heard(
            "I cannot read `https://www.shop.test.evil.test/`. "
            f"No site of yours has the host www.shop.test.evil.test. {OWN}",
            SITES,
        ),
    ),
    "cloud metadata": (
        "http://169.254.169.254/latest",
        heard(
            f"I cannot read `http://169.254.169.254/latest`. No site of yours has the host 169.254.169.254. {OWN}",
            SITES,
        ),
    ),
    "loopback": (
        "http://[::1]/",
        heard(f"I cannot read `http://[::1]/`. No site of yours has the host [::1]. {OWN}", SITES),
    ),
    "loopback in circles": (
        "http://①②⑦.⓪.⓪.①/",
        heard(f"I cannot read `http://①②⑦.⓪.⓪.①/`. No site of yours has the host 127.0.0.1. {OWN}", SITES),
    ),
    "a host with a star": (
        "*.shop.test",
        heard(
            "I cannot read `*.shop.test`. "
            "A pattern begins with a slash or with one of your hosts, and a host has no stars.",
            FRONT,
        ),
    ),
    "a host with an escape": (
        "https://%77ww.shop.test/",
        heard("I cannot read `https://%77ww.shop.test/`. `%77ww.shop.test` is not a host name.", FRONT),
    ),
    "no host": ("https:///a", heard("I cannot read `https:///a`. `` is not a host name.", FRONT)),
    "a host with a path": (
        "host www.shop.test/a",
        mended(
            "I cannot read `www.shop.test/a`. A host has no path. Say prefix for what lies below one.",
            "prefix www.shop.test/a",
        ),
    ),
    "a port": (
        "https://www.shop.test:8443/a",
        mended(
            "I cannot read `https://www.shop.test:8443/a`. Visitors use no port 8443: only 443 goes with https.",
            "https://www.shop.test/a",
        ),
    ),
    "a port without a scheme": (
        "www.shop.test:443/a",
        mended(
            "I cannot read `www.shop.test:443/a`. Visitors use no port 443: write http:// or https:// instead.",
            "https://www.shop.test/a",
        ),
    ),
    "a port of letters": (
        "https://www.shop.test:x/a",
        heard(
            "I cannot read `https://www.shop.test:x/a`. "
            "Between the colon and the first slash belongs a port, which is a number.",
            FRONT,
        ),
    ),
    # what a browser reads differently
    "credentials": (
        "http://user:pw@www.shop.test/",
        mended(f"I cannot read `http://…@www.shop.test/`. {AT}", "http://www.shop.test/"),
    ),
    "credentials without a scheme": (
        "user:pw@www.shop.test/a",
        mended(f"I cannot read `…@www.shop.test/a`. {AT}", "www.shop.test/a"),
    ),
    "a password with a slash": (
        "https://user:p/w@www.shop.test/",
        heard(
            "I cannot read `https://…@www.shop.test/`. "
            "Between the colon and the first slash belongs a port, which is a number.",
            FRONT,
        ),
    ),
    "a backslash before an at": (
        "https://www.shop.test\\@127.0.0.1/",
        heard(f"I cannot read `https://…@127.0.0.1/`. {BACKSLASH}", FRONT),
    ),
    "a backslash": ("https://www.shop.test\\a", heard(f"I cannot read `https://www.shop.test\\a`. {BACKSLASH}", FRONT)),
    "a backslash in a path": (
        "/a\\b",
        heard("I cannot read `/a\\b`. A backslash has no place in a path. Use slashes.", FRONT),
    ),
    "another scheme": (
        "ftp://www.shop.test/a",
        heard("I cannot read `ftp://www.shop.test/a`. Only http and https URLs can be purged, not ftp.", FRONT),
    ),
    "a scheme with one slash": (
        "https:/www.shop.test/a",
        mended(
            "I cannot read `https:/www.shop.test/a`. After https come a colon and two slashes.",
            "https://www.shop.test/a",
        ),
    ),
    "a script": ("javascript:alert(1)", heard("I cannot tell what `javascript:alert(1)` is.", FRONT)),
    "a very long URL": (
        "https://www.shop.test/" + "a" * 8000,
        heard("I cannot read `https://www.shop.test/" + "a" * 57 + "…`. It is longer than 8,000 bytes.", FRONT),
    ),
    # characters
    "NUL": ("/a\x00b", unseen("/a\ufffdb", "U+0000 NULL")),
    "an escape": ("\x1b[31m/a", unseen("\ufffd[31m/a", "U+001B ESCAPE")),
    "a form feed": ("/a\x0cb", unseen("/a\ufffdb", "U+000C FORM FEED")),
    "a bidi override": ("\u202e/a", unseen("\ufffd/a", "U+202E RIGHT-TO-LEFT OVERRIDE")),
    "a bidi isolate": ("/a\u2066b", unseen("/a\ufffdb", "U+2066 LEFT-TO-RIGHT ISOLATE")),
    "a bidi mark": ("/a\u200fb", unseen("/a\ufffdb", "U+200F RIGHT-TO-LEFT MARK")),
    "a zero-width space": ("pur\u200bge", unseen("pur\ufffdge", "U+200B ZERO WIDTH SPACE")),
    "a soft hyphen": ("https://www.sh\u00adop.test/", unseen("https://www.sh\ufffdop.test/", "U+00AD SOFT HYPHEN")),
    "a byte-order mark": ("\ufeff/a", unseen("\ufffd/a", "U+FEFF ZERO WIDTH NO-BREAK SPACE")),
    "a tag letter": ("/a\U000e0061", unseen("/a\ufffd", "U+E0061 TAG LATIN SMALL LETTER A")),
    "a line separator": ("/a\u2028/b", unseen("/a\ufffd/b", "U+2028 LINE SEPARATOR")),
    "a variation selector": ("/a\ufe0f", unseen("/a\ufe0f", "U+FE0F VARIATION SELECTOR-16")),
    # Slack's words
    "everybody": (
        "<!channel>",
        heard("I cannot read `<!channel>`. That is a mention in Slack, not something to purge.", FRONT),
    ),
    "a person": (
        "<@U123|mia>",
        heard("I cannot read `<@U123|mia>`. That is a person in Slack, not something to purge.", FRONT),
    ),
    "a channel": (
        "tag <#C123|news>",
        heard("I cannot read `<#C123|news>`. That is a channel in Slack, not something to purge.", FRONT),
    ),
    "an address": ("<mailto:mia@shop.test|mia@shop.test>", heard(f"I cannot read `…@shop.test`. {AT}", FRONT)),
    "a stranger's host behind an @": (
        "check http://www.shop.test@169.254.169.254/",
        heard(f"I cannot read `http://…@169.254.169.254/`. {AT}", "/purge check https://www.shop.test/"),
    ),
    "a stranger's port": (
        "http://localhost:8400/",
        heard("I cannot read `http://localhost:8400/`. Visitors use no port 8400: only 80 goes with http.", FRONT),
    ),
    "a password and a port": (
        "https://mia:pw@www.shop.test:8443/a",
        mended(f"I cannot read `https://…@www.shop.test:8443/a`. {AT}", "https://www.shop.test/a"),
    ),
    "a look at a host with a path": (
        "check host www.shop.test/a",
        heard(
            "I cannot read `www.shop.test/a`. A host has no path. Say prefix for what lies below one.",
            "/purge check https://www.shop.test/",
        ),
    ),
    # kinds
    "a path for a URL": (
        "url /a",
        mended("I cannot read `/a`. It has no host, so it is a path, not a URL.", "path /a"),
    ),
    "a URL for a path": (
        "path https://www.shop.test/a",
        heard(
            "I cannot read `https://www.shop.test/a`. A path is what follows the host, and begins with a slash.", FRONT
        ),
    ),
    "a URL for a tag": (
        "tag https://www.shop.test/a",
        heard(
            "I cannot read `https://www.shop.test/a`. "
            "It looks like a URL, not like a tag. If it is one, write tag: in front.",
            FRONT,
        ),
    ),
    "a query in a prefix": (
        "prefix /a?b",
        mended("I cannot read `/a?b`. A prefix has no query. End it before the question mark.", "prefix /a"),
    ),
    "a star in a prefix": (
        "prefix /img*",
        heard(
            "I cannot read `/img*`. "
            "A prefix ends at a slash and holds no star. Without the word prefix it is a pattern.",
            FRONT,
        ),
    ),
    "a prefix without its slash": (
        "prefix news",
        heard("I cannot read `news`. A prefix begins with a slash or with one of your hosts.", FRONT),
    ),
    "no star in a pattern": (
        "pattern /a",
        heard("I cannot read `/a`. A pattern holds a star. Without one it is a path, prefix or URL.", FRONT),
    ),
    "a star for a scheme": (
        "*://www.shop.test/*",
        heard(
            "I cannot read `*://www.shop.test/*`. A scheme has no stars. Begin with the host: it is for every scheme.",
            FRONT,
        ),
    ),
    "a comma in a tag": ("tag a,b", heard("I cannot read `a,b`. A comma separates tags. Put a blank after it.", FRONT)),
    "a tag beyond ASCII": (
        "tag größe",
        heard("I cannot read `größe`. A tag is made of ASCII letters, digits and signs.", FRONT),
    ),
    "a tag with a blank": (
        'tag "a b"',
        heard("I cannot read `a b`. A thing to purge is one word without blanks.", FRONT),
    ),
    "check of a tag": (
        "check tag:a",
        heard(
            "I cannot read `tag:a`. `check` looks at pages, and a tag names none.",
            "/purge check https://www.shop.test/",
        ),
    ),
    "check of everything": (
        "check everything",
        heard(
            "I cannot read `everything`. `check` looks at pages, and everything names none.",
            "/purge check https://www.shop.test/",
        ),
    ),
    # jobs
    "a verb without its job": ("approve", heard("approve wants a job's name.", "/purge approve P-12")),
    "a job without its letter": (
        "approve 12",
        mended("`12` is not a job's name, which looks like P-12.", "approve P-12"),
    ),
    "a job without its dash": ("show p12", mended("`p12` is not a job's name, which looks like P-12.", "show P-12")),
    "a job with a zero": ("cancel P-012", mended("`P-012` is not a job's name, which looks like P-12.", "cancel P-12")),
    "job nought": ("cancel P-0", heard("`P-0` is not a job's name, which looks like P-12.", "/purge status")),
    "a job of letters": ("retry foo", heard("`foo` is not a job's name, which looks like P-12.", "/purge status")),
    "a job beyond counting": ("P-" + "9" * 5000, heard("I cannot tell what `P-" + "9" * 77 + "…` is.", FRONT)),
    "two jobs": ("approve P-1 P-2", mended("approve takes one job, and a note in your own words.", "approve P-1")),
    "three jobs as one says them": (
        "approve P-1, p-2 and P-3",
        mended("approve takes one job, and a note in your own words.", "approve P-1"),
    ),
    "a yes with an option": (
        "approve P-1 --dry-run",
        mended("approve takes one job, and a note in your own words.", "approve P-1"),
    ),
    "another verb with a queued request": ("approve Q-7", heard(IN_LINE, "/purge show Q-7")),
    "two queued requests": ("cancel Q-7 Q-8", heard(IN_LINE, "/purge show Q-7")),
    "two jobs to cancel": ("cancel P-1 P-2", mended("cancel takes one job and nothing else.", "cancel P-1")),
    "purge of a job": (
        "purge P-3",
        heard(
            "P-3 is a job, not something to purge or look at.",
            "/purge show P-3",
            ("Status P-3", "status P-3"),
            ("Show P-3", "show P-3"),
            ("Retry P-3", "retry P-3"),
        ),
    ),
    "why of a job": (
        "why P-3",
        heard(
            "P-3 is a job, not something to purge or look at.",
            "/purge show P-3",
            ("Status P-3", "status P-3"),
            ("Show P-3", "show P-3"),
        ),
    ),
    "why of nothing": (
        "why",
        heard("Type which page looks old: one URL or path.", "/purge why https://www.shop.test/"),
    ),
    "why of two pages": (
        "why https://www.shop.test/a https://www.shop.test/b",
        mended("`why` explains one page at a time, and these are 2.", "why https://www.shop.test/a"),
    ),
    "sites of something": ("sites x", mended("sites stands alone.", "sites")),
    "a denial with a bidi override": (
        "deny P-1 \u202eok",
        heard(f"The reason holds U+202E RIGHT-TO-LEFT OVERRIDE, {UNSEEN}", "/purge deny P-1 because ok"),
    ),
    "a long denial has no button": (
        "deny P-1 " + "x" * 1001,
        heard("A reason has at most 1,000 characters.", f"/purge deny P-1 because {'x' * 149}…"),
    ),
    # lists
    "nothing good": (
        "https://evil.test/ /* https://www.shop.test:1/ ftp://x/",
        heard(
            "None of the 4 things could be read.\n"
            f"1. `https://evil.test/`: No site of yours has the host evil.test. {OWN}\n"
            "2. `/*`: A star alone does not mean everything.\n"
            "3. `https://www.shop.test:1/`: Visitors use no port 1: only 443 goes with https.\n"
            "And 1 more.",
            FRONT,
        ),
    ),
    "too much": (
        "a" * 40_001,
        heard(
            f"That is 40,001 characters, and a line has at most 40,000. {LONGER}",
            "/purge help lists",
        ),
    ),
}


HEARD |= {
    "a hold of nothing": (
        "hold because INC-1",
        heard("hold wants a site's name, or all.", "/purge help hold"),
    ),
    "a hold of two": ("hold shop news because INC-1", heard("hold takes one site, or all.", "/purge help hold")),
    "a hold of a misspelt site": (
        "hold shup for 2h because INC-1",
        mended("`shup` is not a site of yours. Yours: shop.", "hold shop for 2h because INC-1"),
    ),
    "a hold without a reason": (
        "hold shop for 2h",
        heard("A hold needs a reason.", "/purge hold shop for 2h because …"),
    ),
    "a hold for no time": (
        "hold shop for ever because INC-1",
        heard(
            "`ever` is no time that a hold can last. Write 30m, 2h or 2d, from 1m to 90d.",
            "/purge hold shop for 2h because INC-1",
        ),
    ),
    "a hold that is too short": (
        "hold shop for 30s because INC-1",
        mended("A hold lasts from 1m to 90d, and `30s` is shorter.", "hold shop for 1m because INC-1"),
    ),
    "a hold that is too long": (
        "hold all for 900 days because INC-1",
        mended("A hold lasts from 1m to 90d, and `900 days` is longer.", "hold all for 90d because INC-1"),
    ),
    "a hold that is too long, without a reason": (
        "hold shop for 900d",
        heard("A hold lasts from 1m to 90d, and `900d` is longer.", "/purge hold shop for 90d because …"),
    ),
    "a hold until a time of day": (
        "hold shop until 18:00 because INC-1",
        heard(
            "A hold takes how long, not until when: a time of day depends on where one is."
            " Write `for` and 30m, 2h or 2d, from 1m to 90d; the answer says until when that is."
            " Without it the hold lasts until it is released.",
            "/purge hold shop for 2h because INC-1",
        ),
    ),
    "a hold whose time has no for": (
        "hold shop 2 hours because INC-1",
        heard("`2 hours` needs `for` before it.", "/purge hold shop for 2 hours because INC-1"),
    ),
    "a hold whose reason has no because": (
        "hold shop for 2 hours deploying 4.2",
        mended(
            "A reason needs `because` before it, and `deploying 4.2` has none.",
            "hold shop for 2 hours because deploying 4.2",
        ),
    ),
    "a hold whose time may be its reason": (
        "hold all because deploying for 2h",
        mended(
            "Whether `for 2h` is how long or part of the reason cannot be told. Write it before because.",
            "hold all for 2h because deploying",
        ),
    ),
    "a release of nothing": ("release", heard("release wants a site's name, or all.", "/purge help release")),
    "a release with a reason": (
        "release shop because done",
        heard("`because` does not go with release.", "/purge help release"),
    ),
    "a time on a purge": ("/a for 2h", heard("`for` does not go with purge.", "/purge help purge")),
    "a queued plan": ("plan /a --queue", heard("`--queue` does not go with plan.", "/purge help plan")),
    "what looks like a release": ("relase shop", heard("I cannot tell what `relase` is.", "/purge help")),
}


@pytest.mark.parametrize(("typed", "expected"), HEARD.values(), ids=HEARD)
def test_what_has_no_meaning_is_answered_with_what_to_type(typed: str, expected: Misunderstood) -> None:
    assert expected == parse(typed, MIA)


@pytest.mark.parametrize(
    ("typed", "problem", "mended"),
    [
        pytest.param("limits shop news", "limits takes one site and nothing else.", "limits", id="two sites"),
        pytest.param("limits shup", "`shup` is not a site of yours. Yours: shop.", "limits shop", id="a site misspelt"),
        pytest.param("doctor of-nobody", "`of-nobody` is not a site of yours. Yours: shop.", "doctor", id="of doctor"),
        pytest.param(
            "limits of-nobody", "`of-nobody` is not a site of yours. Yours: shop.", "limits", id="no such site"
        ),
    ],
)
def test_limits_of_what_is_no_site_are_mended(typed: str, problem: str, mended: str) -> None:
    expected = Misunderstood(problem, f"/purge {mended}", (Choice(mended, mended),), "fix")
    assert expected == parse(typed, MIA)


@pytest.mark.parametrize("verb", ["cancel", "show", "status", "retry"])
def test_a_schedule_of_the_file_is_no_job_and_no_job_is_named_to_copy(verb: str) -> None:
    said = parse(f"{verb} every-report", replace(MIA, schedules=frozenset({"every-report"})))
    assert said == Misunderstood(
        "`every-report` is a schedule of the configuration and no job. To stop it, take it out of `schedules` there;"
        " a job that it made has a name of its own, such as P-12.",
        "/purge schedules",
    )
