"""The running bot as the terminal sees it: `/v1/commands` and `/v1/jobs` over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote

import httpx

Record = Mapping[str, object]
MORE = ("entries", "next", "stats", "lint", "warming", "diagnosis", "check", "request")  # beside an answer's text
LONG_POLL = 20.0  # seconds


class BotUnreachable(Exception):
    """The bot did not answer, or not as itself; the text says what to do."""


class TokenUnknown(Exception):
    """The bot does not know this token; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the bot answered to a command. `status` is HTTP's; `job` is "" where there is none."""

    status: int
    text: str
    job: str = ""
    state: str = ""
    verdict: str = ""  # of a check
    more: Record = field(default_factory=dict)  # MORE: entries of the log, the line of its next page, a lint, …


def entries_of(heard: Heard) -> list[Record]:
    """The jobs in an answer about the past."""
    entries = heard.more.get("entries")
    return [one for one in entries if isinstance(one, Mapping)] if isinstance(entries, list) else []


def heard_of(status: int, doc: Record, by: str) -> Heard:
    """What `by` answered, as HTTP has it."""
    said = {name: str(doc.get(name) or "") for name in ("job", "state", "verdict")}
    text = str(doc.get("text") or doc.get("detail") or f"{by} answered {status}.")
    more = {name: doc[name] for name in MORE if name in doc}
    return Heard(status, text, **said, more=more)


class BotClient:
    """One bot at `url`, knocked at with `token`."""

    def __init__(
        self, url: str, token: str, transport: httpx.BaseTransport | None = None, seconds: float = LONG_POLL + 15
    ) -> None:
        """`seconds` are those for one answer."""
        self._http = httpx.Client(
            base_url=url,
            headers={"authorization": f"Bearer {token}"},
            timeout=seconds,
            trust_env=False,
            verify=not url.startswith("http:"),  # reading the trusted certificates takes half of a short command
            transport=transport,
        )
        self._url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._http.close()

    def command(self, text: str, targets: Sequence[str] = (), key: str = "") -> Heard:
        """Say `text`; the same `key` again makes no second job. Raises BotUnreachable and TokenUnknown."""
        body: dict[str, object] = {"text": text}
        if targets:
            body["targets"] = list(targets)
        headers = {"idempotency-key": key} if key else {}
        response = self._ask(lambda: self._http.post("/v1/commands", json=body, headers=headers))
        return heard_of(response.status_code, _json(response), self._url)

    def job(self, name: str, wait: float = 0.0) -> Record | None:
        """The job's record; None when there is no such job. Raises BotUnreachable and TokenUnknown."""
        params = {"wait": f"{min(wait, LONG_POLL):.1f}"} if wait > 0 else {}
        response = self._ask(lambda: self._http.get(f"/v1/jobs/{quote(name, safe='')}", params=params))
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise BotUnreachable(f"{self._url} answered {response.status_code}: {_json(response).get('detail', '')}")
        return _json(response)

    def _ask(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        try:
            response = ask()
        except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
            raise BotUnreachable(
                f"No bot answers at {self._url} ({type(exc).__name__})."
                " Start it with `purgebot serve`, or set PURGEBOT_URL."
            ) from exc
        except httpx.HTTPError as exc:
            raise BotUnreachable(
                f"{self._url} took the request and gave no answer ({type(exc).__name__})."
                " See `purgebot status` before you repeat it."
            ) from exc
        if response.status_code == 401:
            raise TokenUnknown(f"{self._url} does not know this token. Set PURGEBOT_TOKEN to one of api.tokens.")
        return response


def told_of_sites(url: str, token: str, seconds: float) -> str:
    """What the bot says to `sites` within `seconds`; "" where it does not."""
    try:
        with BotClient(url, token, seconds=seconds) as client:
            return client.command("sites").text
    except (BotUnreachable, TokenUnknown, httpx.InvalidURL):
        return ""


def _json(response: httpx.Response) -> Record:
    try:
        doc = response.json()
    except ValueError:
        return {}
    return doc if isinstance(doc, dict) else {}
