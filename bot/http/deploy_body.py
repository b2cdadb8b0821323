"""The body of `POST /v1/deploys`, and what is wrong with one, in its own keys; never what was sent under them."""

from __future__ import annotations

import codecs
import difflib
import json
import re
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from bot.domain.deploys.deploy import Announced, Expected, usable
from bot.domain.shown import shown

FILES_MAX = 20_000
PAGES_MAX = 20  # that something is expected of
TEXT_MAX = 200  # characters
VERSION = r"^[A-Za-z0-9][A-Za-z0-9._+/@-]*(:[A-Za-z0-9._+/@-]+)?$"  # a tag, a commit, an image; no mark of Slack's
Word = Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]
Path = Annotated[str, Field(pattern=r"^/[!-~]*$", max_length=2000)]
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2: what a header may be called
_HIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # in no header's value

ENOUGH = "Send at least a site and a version."
ONE_OF_TWO = '{"header": {"x-build": "4.2.0"}} or {"contains": "4.2.0"}'
_FORMS = {
    "site": "the name of a site of the configuration",
    "version": "a text that begins with a letter or a digit and holds letters, digits, `._+/@-` and one `:`, such as"
    ' "4.2.0"',
    "urls": 'a list of texts, such as ["https://www.shop.test/pricing"]',
    "paths": 'a list of texts, such as ["/", "/pricing"]',
    "prefixes": 'a list of texts, such as ["/news/"]',
    "tags": 'a list of texts, such as ["news"]',
    "everything": "true or false, without quotes",
    "actor": f"a text of at most {TEXT_MAX} characters",
    "link": "a text, the address of the run",
    "expect": 'an object with a page for each key, such as {"/": {"contains": "4.2.0"}}',
    "changed": f"a list of at most {FILES_MAX:,} files, each a text",
    "manifest": "a text or an object; docs/deploys.md shows its forms",
    "quiet": "true or false, without quotes",
    "soft": "true or false, without quotes",
    "warm": "true or false, without quotes",
}


class ExpectBody(BaseModel):
    """What one page must show: one header's value, or a text."""

    model_config = ConfigDict(extra="forbid", strict=True)
    header: dict[str, str] | None = None
    contains: Word | None = None

    @field_validator("header")
    @classmethod
    def _can_be_sent(cls, header: dict[str, str] | None) -> dict[str, str] | None:
        if header is not None and len(header) != 1:
            raise _ours(f'names {len(header)} headers under `header`. Name one, such as {{"x-build": "4.2.0"}}.')
        for name, value in (header or {}).items():
            if not _TOKEN.fullmatch(name.strip()):
                raise _ours("names under `header` what no header can be called. Write a name such as x-build.")
            if not value.strip() or _HIDDEN.search(value):
                raise _ours("wants of a header a value that none can have: it is empty, or holds a line end. Mend it.")
        return header

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.header is None) == (self.contains is None):
            raise _ours(f"is to be one of the two: {ONE_OF_TWO}.")
        return self


class DeployBody(BaseModel):
    """What is sent."""

    model_config = ConfigDict(extra="forbid", strict=True)
    site: Word
    version: Annotated[str, Field(pattern=VERSION, max_length=TEXT_MAX)]
    urls: list[str] = []
    paths: list[str] = []
    prefixes: list[str] = []
    tags: list[str] = []
    everything: bool = False
    actor: Annotated[str, Field(max_length=TEXT_MAX)] = ""
    link: str = ""
    expect: Annotated[dict[Path, ExpectBody], Field(max_length=PAGES_MAX)] = {}
    changed: Annotated[list[str], Field(max_length=FILES_MAX)] = []
    manifest: str | dict[str, object] | None = None
    quiet: bool = False
    soft: bool | None = None
    warm: bool = False

    def announced(self) -> Announced:
        """The deploy as it was told, but for a link that cannot be used."""
        link, notes = usable(self.link)
        return Announced(
            self.site, self.version, tuple(self.urls), tuple(self.paths), tuple(self.prefixes), tuple(self.tags),
            self.everything, self.actor, link, tuple(_expected(page, one) for page, one in self.expect.items()),
            self.quiet, self.soft, self.warm, changed=tuple(self.changed), manifest=self.manifest,
            notes=notes,
        )  # fmt: skip


_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # as editors and shells of Windows write them


class BadBody(Exception):
    """It is no deploy; the text says why, and what to write."""


class _Twice(Exception):
    """An object has a key more than once."""


def read_deploy(raw: bytes) -> Announced:
    """The deploy that `raw` is. Raises BadBody."""
    if raw.startswith(_MARKS):
        raise BadBody("The body begins with a byte order mark. Write it as UTF-8 without one.")
    try:
        body = DeployBody.model_validate_json(raw)
        json.loads(raw, object_pairs_hook=_once, parse_int=str)
    except ValidationError as exc:
        raise BadBody(_all_told(exc.errors(include_url=False, include_input=True))) from None
    except _Twice as exc:
        raise BadBody(f"{exc} stands twice in one object. Keep one of the two.") from None
    return body.announced()


def _once(pairs: Sequence[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _Twice(f"`{shown(key)}`")
        seen.add(key)


def _expected(path: str, body: ExpectBody) -> Expected:
    for name, value in (body.header or {}).items():
        return Expected(path, name.strip().lower(), value.strip())
    return Expected(path, contains=body.contains or "")


def _ours(text: str) -> PydanticCustomError:
    return PydanticCustomError("ours", "{text}", {"text": text})


def _all_told(errors: Sequence[ErrorDetails]) -> str:
    """The first that is wrong; of a key that is missing also the one that was written for it."""
    first = errors[0]
    if first["type"] != "missing" or not first["loc"]:
        return _told(first)
    unknown = (str(one["loc"][0]) for one in errors if one["type"] == "extra_forbidden" and len(one["loc"]) == 1)
    meant = next((key for key in unknown if _nearest(key) == first["loc"][0]), "")
    return f"`{first['loc'][0]}` is missing. {_unknown(meant)}" if meant else _told(first)


def _told(error: ErrorDetails) -> str:
    """What is wrong, and what to write."""
    where = error["loc"]
    key = str(where[0]) if where else ""
    match error["type"]:
        case "json_invalid":
            return f"The body is no JSON: {error['msg'].removeprefix('Invalid JSON: ')}. {ENOUGH}"
        case "missing":
            return f"`{key}` is missing. {ENOUGH}"
        case _ if not key:
            return f"The body is no JSON object. {ENOUGH}"
        case _ if key == "expect" and len(where) > 1:
            return _told_of_page(error, str(where[1]))
        case "extra_forbidden":
            return _unknown(key)
        case "too_long" if key == "expect":
            return f"`expect` names more than {PAGES_MAX} pages. Name those that tell the most."
        case "string_too_long" if key == "version":
            return f"`version` has more than {TEXT_MAX} characters. Send the tag or the commit alone."
    return f"`{key}` is to be {_FORMS[key]}."


def _told_of_page(error: ErrorDetails, page: str) -> str:
    where = error["loc"][2:]
    if where == ("[key]",):
        what = f"`expect` has `{shown(page)}` for a page."
        return f"{what} A page is its path, of printable ASCII and at most 2,000 characters: `/pricing`."
    of_page = f"`expect` for `{shown(page)}`"
    if error["type"] == "ours":
        return f"{of_page} {error['ctx']['text']}"
    if error["type"] == "extra_forbidden":
        return f"{of_page} has the key `{shown(str(where[-1]))}`, which it does not know. Write {ONE_OF_TWO}."
    if where == ("contains",):
        return f"{of_page} is to name under `contains` a text of 1 to {TEXT_MAX} characters."
    if where:
        return f'{of_page} is to name under `header` one name and its value, both texts: {{"x-build": "4.2.0"}}.'
    return f"{of_page} is to be {ONE_OF_TWO}."


def _unknown(key: str) -> str:
    near, names = _nearest(key), sorted(DeployBody.model_fields)
    advice = f"Did you mean `{near}`?" if near else f"A deploy has {', '.join(f'`{name}`' for name in names)}."
    return f"`{shown(key)}` is no key of a deploy. {advice}"


def _nearest(key: str) -> str:
    """The key of a deploy that is most like `key`; "" where none is."""
    return next(iter(difflib.get_close_matches(key.lower(), sorted(DeployBody.model_fields), n=1, cutoff=0.6)), "")
