"""One word to one thing: a spoken kind always wins, else the first that fits is the guess.

P-12                              a job, never a target
a scheme, or a known host + path  URL        ending in /*: prefix; other stars: pattern
begins with a slash               path       ending in /*: prefix; other stars: pattern
tag:x  key:x  #x                  tag
a known host                      host
*.css  *…                         pattern
a site's name, anything else      unreadable, and says why
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.domain.grammar.speech import Speaker
from bot.domain.grammar.words import QUOTES
from bot.domain.shown import Notes, refused_character, shown
from bot.domain.site import Site
from bot.domain.target import CREDENTIALS, URL_MAX, Target, Unreadable, read_address, read_host, read_rest
from providers.contract import Kind

JOB = re.compile(r"[Pp]-([1-9][0-9]{0,14})")
WARMING = re.compile(r"[Ww]-([1-9][0-9]{0,14})")
IN_LINE = re.compile(r"[Qq]-([1-9][0-9]{0,14})")

_TAG = re.compile(r"(?:tag:|key:|#)(.*)", re.IGNORECASE | re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
_BAD_SCHEME = re.compile(r"(https?):(?!//)[/\\]*", re.IGNORECASE)
_ODD_SCHEME = re.compile(r"(h?[htps]{2,6}):?/{1,3}", re.IGNORECASE)  # htp://, http//, ttps:/
_SCHEMES = ("http://", "https://")
_ENDS_IN_STAR = re.compile(r"/\*+\Z")
_PLAIN_URL = re.compile(r"(https?://[a-z0-9_.\-]++)/(?:[!$-)+-;=?-\[\]-_a-{}~]*[$-&+\-/-9=@-Z_a-z~])?")
_ONLY_STARS = re.compile(r"[/*]*\*[/*]*")
_BEFORE_REST = re.compile(r"[^/?#]*")
_SLACK = {"@": "a person in Slack", "#": "a channel in Slack", "!": "a mention in Slack"}
_GUESSES_MAX = 20  # unknown hosts for which likeness is worked out, per request


class Star(Unreadable):
    """A star alone, which never means everything."""


class SiteName(Unreadable):
    """A site's name where a target was expected."""


class Puzzling(Unreadable):
    """A word that fits nothing."""


class JobName(Unreadable):
    """A job where a target was expected."""


class NoSuchHost(Unreadable):
    """A host that no site of the speaker has; `instead` is set only where one of theirs is evidently meant."""


def plain_urls(sites: Sequence[Site]) -> Callable[[str], Target | None]:
    """Reads a line that is a URL of these sites with nothing to repair, note or refuse, which is most of a long list;
    None for any other line. What it reads, scanner and Reader would read alike."""
    names = {f"{scheme}://{host}": site.name for site in sites for host in site.hosts for scheme in site.schemes}
    fullmatch, url = _PLAIN_URL.fullmatch, Kind.URL

    def read(line: str) -> Target | None:
        found = fullmatch(line)
        if found is None or (name := names.get(found[1])) is None or len(line) > URL_MAX or "/." in line:
            return None
        return Target(url, line, name)

    return read


class Reader:
    """Reads the words of one request for one speaker; only the speaker's own hosts and sites have a meaning."""

    def __init__(self, speaker: Speaker, notes: Notes) -> None:
        self._site_of = {host: site for site in speaker.sites for host in site.hosts}
        self._sites = {site.name.lower(): site for site in speaker.sites}
        self._notes = notes
        self._unknown: dict[str, tuple[str, str]] = {}

    def read(self, text: str, kind: Kind | None) -> tuple[Target, ...]:
        """What `text` names: several targets only where the site has several schemes. Raises Unreadable."""
        if character := refused_character(text):
            raise Unreadable(f"It holds {character}, which cannot be seen. Type it without.")
        if len(text) > URL_MAX:
            raise Unreadable(f"It is longer than {URL_MAX:,} bytes.")
        if text[:1] == "<" and text[1:2] in _SLACK:
            raise Unreadable(f"That is {_SLACK[text[1]]}, not something to purge.")
        if " " in text or not text:
            raise Unreadable("A thing to purge is one word without blanks.")
        return self._guess(text) if kind is None else self._spoken(text, kind)

    def _spoken(self, text: str, kind: Kind) -> tuple[Target, ...]:
        match kind:
            case Kind.URL:
                return self._url(text)
            case Kind.PATH:
                return (self._path(text),)
            case Kind.PREFIX:
                return (self._prefix(text),)
            case Kind.TAG:
                return (self._tag(text),)
            case Kind.HOST:
                return (self._host(text),)
            case Kind.PATTERN:
                return (self._pattern(text),)
            case Kind.EVERYTHING:
                raise Unreadable("everything stands alone.")

    def _guess(self, text: str) -> tuple[Target, ...]:
        self._must_begin_well(text)
        if text.startswith("/") or _SCHEME.match(text) or self.is_known(text):
            return self._guess_place(text)
        if JOB.fullmatch(text):
            raise JobName(f"{text.upper()} is a job. A job's name stands alone or after a verb.")
        if found := _TAG.fullmatch(text):
            return (self._tag(found.group(1), stripped=True),)
        if _ONLY_STARS.fullmatch(text):
            raise Star("A star alone does not mean everything.")
        if text.startswith("*") and not self._is_host_wildcard(text):
            return (self._pattern(text),)
        return self._puzzle(text)

    def _must_begin_well(self, text: str) -> None:
        """A slip in the scheme before a known host: htp://, http//."""
        odd = _ODD_SCHEME.match(text)
        if odd is None or _BAD_SCHEME.match(text) or odd.group().lower() in _SCHEMES:
            return
        if self.is_known(text[odd.end() :]):
            scheme = "https" if "s" in odd.group(1).lower() else "http"
            raise Unreadable(f"`{shown(odd.group())}` begins no URL.", f"{scheme}://{text[odd.end() :]}")

    def _guess_place(self, text: str) -> tuple[Target, ...]:
        if text.startswith("//") and self.is_known(text[2:]):
            self._notes.add("Read {} with the site's own schemes.", text)
            text = text[2:]
        if _ONLY_STARS.fullmatch(text):
            raise Star("A star alone does not mean everything.")
        head, hash_sign, _ = text.partition("#")
        if "*" in head:
            if hash_sign:
                self._notes.add("Dropped the fragment of {}, which never reaches a cache.", text)
            return (self._starred(head),)
        if text.startswith("/"):
            return (self._path(text),)
        if _SCHEME.match(text) or "/" in text or "?" in text or "#" in text:
            return self._url(text)
        return (self._host(text),)

    def _starred(self, text: str) -> Target:
        ending = _ENDS_IN_STAR.search(text)
        if ending and "*" not in text[: ending.start()] and "?" not in text:
            return self._prefix(text)
        return self._pattern(text)

    def _url(self, text: str) -> tuple[Target, ...]:
        if text.startswith("/"):
            raise Unreadable("It has no host, so it is a path, not a URL.", f"path {text}")
        address = read_address(text, self._notes)
        site = self._owner(address.host, text)
        rest = address.rest or "/"
        schemes = (address.scheme,) if address.scheme else site.schemes
        urls = tuple(Target(Kind.URL, f"{scheme}://{address.host}{rest}", site.name) for scheme in schemes)
        if len(urls[0].value) > URL_MAX:
            raise Unreadable(f"It is longer than {URL_MAX:,} bytes.")
        self._note_star(rest)
        if schemes[0] not in site.schemes:
            own = " and ".join(site.schemes)
            self._notes.add(
                f"{site.name} is served over {own}: {{}} is another copy than the {own} one.", urls[0].value
            )
        return urls

    def _path(self, text: str) -> Target:
        if not text.startswith("/"):
            raise Unreadable("A path is what follows the host, and begins with a slash.")
        rest = read_rest(text, self._notes)
        self._note_star(rest)
        return Target(Kind.PATH, rest)

    def _note_star(self, rest: str) -> None:
        if "*" in rest:
            self._notes.add("Took the star in {} literally.", rest)

    def _prefix(self, text: str) -> Target:
        if text.strip("*") == "":
            raise Star("A star alone does not mean everything.")
        place, site = self._place(_ENDS_IN_STAR.sub("/", text), "prefix")
        if "?" in place:
            raise Unreadable(
                "A prefix has no query. End it before the question mark.", f"prefix {place.partition('?')[0]}"
            )
        if "*" in place:
            raise Unreadable("A prefix ends at a slash and holds no star. Without the word prefix it is a pattern.")
        return Target(Kind.PREFIX, place, site)

    def _pattern(self, text: str) -> Target:
        if _ONLY_STARS.fullmatch(text):
            raise Star("A star alone does not mean everything.")
        if "*" not in text:
            raise Unreadable("A pattern holds a star. Without one it is a path, prefix or URL.")
        if text.startswith("*") and "://" in text:
            raise Unreadable("A scheme has no stars. Begin with the host: it is for every scheme.")
        place, site = self._place(f"/{text}" if text.startswith("*") else text, "pattern")
        return Target(Kind.PATTERN, place, site)

    def _place(self, text: str, word: str) -> tuple[str, str]:
        """`host/rest` or `/rest`, and the name of the site if a host tells it."""
        if text.startswith("/"):
            return read_rest(text, self._notes), ""
        first = _BEFORE_REST.match(text)
        if first is not None and not self.is_known(text) and not re.search(r"[.:@\\]", first.group()):
            raise Unreadable(f"A {word} begins with a slash or with one of your hosts.")
        address = read_address(text, self._notes)
        if address.scheme:
            self._notes.add(f"Left the scheme of {{}} away: a {word} is for every scheme.", text)
        return address.host + (address.rest or "/"), self._owner(address.host).name

    def _host(self, text: str) -> Target:
        if "*" in text:
            raise Unreadable("A host has no stars. Name the hosts one by one.")
        address = read_address(text, self._notes)
        if address.scheme:
            self._notes.add("Left the scheme of {} away: a host is for every scheme.", text)
        if address.rest not in ("", "/"):
            raise Unreadable("A host has no path. Say prefix for what lies below one.", f"prefix {text}")
        return Target(Kind.HOST, address.host, self._owner(address.host).name)

    def _tag(self, text: str, stripped: bool = False) -> Target:
        target = read_tag(text, stripped)
        self._note_star(target.value)
        return target

    def _owner(self, host: str, typed: str = "") -> Site:
        if site := self._site_of.get(host):
            return site
        problem, near = self._no_such_host(host)
        raise NoSuchHost(problem, typed.replace(host, near, 1) if near else "")

    def _no_such_host(self, host: str) -> tuple[str, str]:
        """Why, and the one host that is evidently meant."""
        if not self._site_of:
            return "No site is configured for you.", ""
        if host not in self._unknown:
            worth = len(self._unknown) < _GUESSES_MAX
            near = [own for own in self._site_of if is_slip(host, own)][:3] if worth else []
            own = ", ".join(near or list(self._site_of)[:3])
            advice = (
                f"Did you mean {own}?" if near else f"Your hosts are {own}{'' if len(self._site_of) < 4 else ', …'}."
            )
            problem = f"No site of yours has the host {shown(host, 60)}. {advice}"
            self._unknown[host] = (problem, near[0] if len(near) == 1 else "")
        return self._unknown[host]

    def is_known(self, text: str) -> bool:
        """Whether `text` begins with one of the speaker's hosts, whatever port or spelling."""
        first = _BEFORE_REST.match(text)
        typed = first.group() if first else ""
        if typed in self._site_of:
            return True
        if not typed or "@" in typed or "*" in typed or "\\" in typed:
            return False
        try:
            return read_host(typed.partition(":")[0], Notes()) in self._site_of
        except Unreadable:
            return False

    def _is_host_wildcard(self, text: str) -> bool:
        found = _BEFORE_REST.match(text)
        suffix = found.group().lstrip("*.").lower() if found else ""
        return bool(suffix) and any(f".{host}".endswith(f".{suffix}") for host in self._site_of)

    def _puzzle(self, text: str) -> tuple[Target, ...]:
        found = _BEFORE_REST.match(text)
        first = found.group() if found else ""
        if bad := _BAD_SCHEME.match(text):
            scheme = bad.group(1).lower()
            raise Unreadable(f"After {scheme} come a colon and two slashes.", f"{scheme}://{text[bad.end() :]}")
        if text.lower() in self._sites:
            name = self._sites[text.lower()].name
            raise SiteName(f"{name} is a site. Name its pages, or say everything; a site is named with: on {name}")
        if text[0] in QUOTES:
            raise Unreadable("The quote that opens it never closes.")
        if "\\" in text:
            raise Unreadable("A backslash has no place in a URL. Use slashes.")
        if "@" in first:
            raise Unreadable(CREDENTIALS, text[first.rindex("@") + 1 :])
        if "*" in first:
            raise Unreadable("A pattern begins with a slash or with one of your hosts, and a host has no stars.")
        if "." in first.strip("."):
            self._owner(read_address(text, self._notes).host, text)
        if "/" in text and ":" not in first:
            raise Unreadable("A path begins with a slash.", f"/{text}")
        raise Puzzling(f"I cannot tell what `{shown(text)}` is.")


def is_slip(typed: str, meant: str) -> bool:
    """Whether `typed` is evidently `meant`: one letter too many, too few or wrong, two swapped, or `www.` apart.

    Another digit is no slip: cdn2 is a machine beside cdn1.
    """
    if typed.removeprefix("www.") == meant.removeprefix("www."):
        return True
    begin = _alike(typed, meant)
    end = _alike(typed[begin:][::-1], meant[begin:][::-1])
    left, right = typed[begin : len(typed) - end], meant[begin : len(meant) - end]
    if any(sign.isdigit() for sign in left + right):
        return False
    return max(len(left), len(right)) == 1 or (len(left) == 2 and left == right[::-1])


def _alike(left: str, right: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((n for n, (one, other) in pairs if one != other), min(len(left), len(right)))


def read_tag(text: str, stripped: bool = False) -> Target:
    """A tag; its `tag:`, `key:` or `#` is taken off unless `stripped` says it is gone already. Raises Unreadable."""
    found = None if stripped else _TAG.fullmatch(text)
    tag = found.group(1) if found else text
    if not tag or not tag.strip("*"):
        raise Unreadable("A tag has a name: tag:product-123")
    if not (tag.isascii() and tag.isprintable()):
        raise Unreadable("A tag is made of ASCII letters, digits and signs.")
    if "," in tag:
        raise Unreadable("A comma separates tags. Put a blank after it.")
    if not stripped and found is None and _SCHEME.match(tag):
        raise Unreadable("It looks like a URL, not like a tag. If it is one, write tag: in front.")
    return Target(Kind.TAG, tag)
