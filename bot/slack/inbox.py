"""Lists that people upload: fetched from Slack's own hosts and no other, with a bound on size and time.

files.info and url_private_download: https://docs.slack.dev/reference/objects/file-object, read 2026-11-23. Without the
scope or the right to see a file Slack sends its sign-in page, often by a redirect, which is never followed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp
import structlog

from bot.domain.grammar.uploads import ONE_OF, SUFFIXES, Listed, Unlisted, listed
from bot.domain.shown import shown
from bot.slack.web_api import Setback, SlackApi, SlackTrouble

log = structlog.get_logger()
SIZE_MAX = 20 * 1024 * 1024  # bytes
FETCH_SECONDS = 30.0
CHUNK = 256 * 1024
SLACK = "slack.com"
SMALLER = f"A list has at most {SIZE_MAX // 1024**2} MB. Cut it into several."
_UPLOAD_AGAIN = "Upload it again, then use it at once."
_ALLOW = "Add the scope files:read under OAuth & Permissions (or apply manifest.yml), then install the app again."


class Away(Exception):
    """Slack does not hand it out now; it may later."""


class Inbox:
    """Reads uploaded lists."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def listed(self, id: str, spoken: bool = False) -> Listed:
        """The things of file `id`; `spoken` when their kind is said elsewhere. Raises Unlisted, and Away for later."""
        file = await self._about(id)
        name = str(file.get("name") or id)
        _must_be_list(name, file)
        url = str(file.get("url_private_download") or file.get("url_private") or "")
        if not is_slacks(url, self._api.address):
            raise Unlisted(f"{shown(name)} is not kept by Slack.", _UPLOAD_AGAIN)
        data = await self._fetch(name, url)
        return await asyncio.to_thread(listed, name, data, spoken)

    async def _about(self, id: str) -> Mapping[str, object]:
        try:
            answer = await self._api.call("files.info", file=id)
        except SlackTrouble as trouble:
            raise _trouble(id, trouble) from trouble
        file = answer.get("file")
        return file if isinstance(file, dict) else {}

    async def _fetch(self, name: str, url: str) -> bytes:
        headers = {"authorization": f"Bearer {self._api.token}"}
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
                session.get(url, headers=headers, allow_redirects=False) as answer,
            ):
                _must_be_handed_out(name, answer)
                return await _body(name, answer)
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            log.warning("file_not_fetched", error=type(exc).__name__)
            raise Away from exc


def is_slacks(url: str, api: str) -> bool:
    """Whether `url` may be given the bot token: on Slack's hosts by https, or where the Web API itself is."""
    try:
        there, home = urlsplit(url), urlsplit(api)
        if there.username is not None or there.password is not None or not there.hostname:
            return False
        if (there.scheme, there.hostname, there.port) == (home.scheme, home.hostname, home.port):
            return True
        return there.scheme == "https" and there.port in (None, 443) and f".{there.hostname}".endswith(f".{SLACK}")
    except ValueError:
        return False


def _must_be_list(name: str, file: Mapping[str, object]) -> None:
    if file.get("mode") in ("tombstone", "hidden_by_limit") or not file:
        raise Unlisted(f"{shown(name)} is gone from Slack.", _UPLOAD_AGAIN)
    if file.get("is_external"):
        raise Unlisted(f"{shown(name)} is not kept by Slack.", _UPLOAD_AGAIN)
    if not name.lower().endswith(SUFFIXES):
        raise Unlisted(f"{shown(name)} is neither .txt nor .csv.", ONE_OF)
    size = file.get("size")
    if isinstance(size, int) and size > SIZE_MAX:
        raise _too_large(name)


def _must_be_handed_out(name: str, answer: aiohttp.ClientResponse) -> None:
    """Raises Unlisted for what will stay so, Away for the rest."""
    if answer.status in (404, 410):
        raise Unlisted(f"{shown(name)} is gone from Slack.", _UPLOAD_AGAIN)
    page = answer.content_type == "text/html"
    if answer.status in (401, 403) or 300 <= answer.status < 400 or (answer.status == 200 and page):
        raise Unlisted(f"Slack does not let purgebot read {shown(name)}.", _ALLOW)
    if answer.status != 200:
        log.warning("file_not_fetched", status=answer.status)
        raise Away
    if (answer.content_length or 0) > SIZE_MAX:
        raise _too_large(name)


async def _body(name: str, answer: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK):
        data += chunk
        if len(data) > SIZE_MAX:
            raise _too_large(name)
    return bytes(data)


def _too_large(name: str) -> Unlisted:
    return Unlisted(f"{shown(name)} is too large.", SMALLER)


def _trouble(id: str, trouble: SlackTrouble) -> Unlisted | Away:
    if trouble.error in ("file_not_found", "file_deleted"):
        return Unlisted(f"The file {shown(id)} is gone from Slack, or purgebot may not see it.", _UPLOAD_AGAIN)
    if trouble.error in ("missing_scope", "no_permission", "not_allowed_token_type", "access_denied"):
        return Unlisted("Slack does not let purgebot read files.", _ALLOW)
    return Away() if trouble.what in (Setback.LATER, Setback.LOST) else Unlisted("Slack does not hand out that file.")
