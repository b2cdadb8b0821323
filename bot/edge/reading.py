"""One answer as it arrives: its headers, then its body within the caps."""

from __future__ import annotations

from dataclasses import replace

import httpx

from bot.domain.answers.answer import Answer
from bot.domain.answers.body import Body
from bot.domain.answers.excess import BUSY, Excess
from bot.domain.proof.look import ORIGIN
from bot.edge.mishaps import Unusable, check, cut_off, problem
from bot.edge.turns import DEAR, Turn
from providers.codings import codings
from providers.heads import Crumbs
from providers.unpacking import Mispacked, Splintered

SHOWN = 40  # characters
NAMING = frozenset(["server", "via", "x-powered-by"])


class Reading:
    """What has come of one answer, read in turn."""

    def __init__(self, began: Answer, turn: Turn) -> None:
        self.began = began
        self.turn = turn
        self.sent = began.at  # when it was asked for, in seconds since the epoch
        self._came: Answer | None = None  # as soon as its headers are there

    async def read(self, response: httpx.Response) -> Answer:
        """The whole of it. Raises Unusable and TooMuch."""
        headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        status = response.status_code
        answer = self._came = replace(self.began, status=status, headers=headers, dialled=_dialled(response))
        check(headers)
        body, broken = await self._body(response, answer)
        if broken:
            return replace(answer, problem=broken)
        return replace(
            answer, text=body.text, charset=body.charset, digest=body.digest, size=body.size, begins=body.begins,
            opening=body.opening, md5=body.md5,
        )  # fmt: skip

    async def _body(self, response: httpx.Response, answer: Answer) -> tuple[Body, str]:
        """The body, within its caps, and how it is broken; "" where it is whole, or went on beyond the caps. Where the
        answer sends elsewhere, the place is part of the content. Raises Unusable and TooMuch."""
        goes_to = answer.says("location") if 300 <= answer.status < 400 else ""
        packed = answer.says("content-encoding")
        if "br" in codings(packed):
            await self.turn.begin_long()  # a few bytes may fill its window: up to 16 MB, which takes 40 ms
        is_origin = answer.place == ORIGIN  # which providers' own places are held against
        body, came, crumbs = Body(packed, goes_to, answer.says("content-type"), is_origin), 0, Crumbs()
        try:
            async for chunk in response.aiter_raw():
                came += len(chunk)
                crumbs.take(len(chunk))
                for _ in body.pieces(chunk):
                    await self.turn.pause()
                if not body.is_open:
                    break
        except Splintered as exc:
            raise Unusable(problem(exc), Excess.PARTS) from exc
        except Mispacked as exc:
            return body, problem(exc)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            return body, cut_off(came, answer.says("content-length"))
        return body, f"the {packed[:SHOWN]} body is cut off" if body.cut else ""

    @property
    def of_its_sender(self) -> tuple[tuple[str, str], ...]:
        """By which headers whoever sent it names itself."""
        headers = self._came.headers if self._came else ()
        return tuple({name: value[:SHOWN] for name, value in headers if name in NAMING}.items())

    def late(self, seconds: float) -> Answer:
        """What is said where the sender's `seconds` were not enough: nothing had come, some of its headers, or all of
        them and not the body. Where it waits for a turn, nothing is claimed of who answers, but for what cost a lot."""
        came = self._came or self.began
        if self.turn.is_waiting and self.turn.cost > DEAR:
            return replace(self.began, problem="it costs too much work to read", given_up=Excess.WORK)
        if self.turn.is_waiting:
            return replace(self.began, problem=BUSY, given_up=Excess.OTHERS)
        if not (self._came or self.turn.has_heard):
            return replace(came, problem=f"no answer within {seconds:g} s")
        what = f"{came.status}, and no whole body" if came.status else "no end of its headers"
        return replace(came, problem=f"{what} within {seconds:g} s", late=True, given_up=Excess.TIME)


def _dialled(response: httpx.Response) -> str:
    """The address at the other end."""
    stream = response.extensions.get("network_stream")
    peer = stream.get_extra_info("server_addr") if stream is not None else None
    return str(peer[0]) if isinstance(peer, tuple) else ""
