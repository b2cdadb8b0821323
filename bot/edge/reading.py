"""One answer as it arrives: its headers, then its body within the caps."""

from __future__ import annotations

from dataclasses import replace

import httpx

from bot.domain.answers.answer import Answer
from bot.domain.answers.body import Body
from bot.domain.answers.codings import codings
from bot.domain.answers.unpacking import Mispacked
from bot.edge.mishaps import Crumbs, Unusable, cut_off, excess, problem
from bot.edge.turns import Turn

CODING_SHOWN = 40  # characters


class Reading:
    """What has come of one answer, read in turn."""

    def __init__(self, began: Answer, turn: Turn) -> None:
        self.began = began
        self.turn = turn
        self._came: Answer | None = None  # as soon as its headers are there

    async def read(self, response: httpx.Response) -> Answer:
        """The whole of it. Raises Unusable."""
        headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        if too_much := excess(headers):
            raise Unusable(too_much)
        status = response.status_code
        answer = self._came = replace(self.began, status=status, headers=headers, dialled=_dialled(response))
        body, broken = await self._body(response, answer)
        if broken:
            return replace(answer, problem=broken)
        return replace(
            answer, text=body.text, charset=body.charset, digest=body.digest, size=body.size, begins=body.begins
        )

    async def _body(self, response: httpx.Response, answer: Answer) -> tuple[Body, str]:
        """The body, within its caps, and how it is broken; "" where it is whole, or went on beyond the caps. Where the
        answer sends elsewhere, the place is part of the content. Raises Unusable."""
        goes_to = answer.says("location") if 300 <= answer.status < 400 else ""
        packed = answer.says("content-encoding")
        if "br" in codings(packed):
            await self.turn.begin_long()  # a few bytes may fill its window: up to 16 MB, which takes 40 ms
        body, came, crumbs = Body(packed, goes_to, answer.says("content-type")), 0, Crumbs()
        try:
            async for chunk in response.aiter_raw():
                came += len(chunk)
                crumbs.take(len(chunk))
                for _ in body.pieces(chunk):
                    await self.turn.pause()
                if not body.is_open:
                    break
        except Mispacked as exc:
            return body, problem(exc)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            return body, cut_off(came, answer.says("content-length"))
        return body, f"the {packed[:CODING_SHOWN]} body is cut off" if body.cut else ""

    def late(self, seconds: float) -> Answer:
        """What is said where `seconds` were not enough. Where most of them went by in waiting for a turn, nothing is
        claimed of who answers."""
        if self.turn.waited > seconds / 2:
            return replace(
                self.began, problem=f"not read within {seconds:g} s: these answers cost too much work to read"
            )
        if self._came is None:
            return replace(self.began, problem=f"no answer within {seconds:g} s")
        late = f"{self._came.status}, and no whole body within {seconds:g} s"
        return replace(self._came, problem=late, late=True)


def _dialled(response: httpx.Response) -> str:
    """The address at the other end."""
    stream = response.extensions.get("network_stream")
    peer = stream.get_extra_info("server_addr") if stream is not None else None
    return str(peer[0]) if isinstance(peer, tuple) else ""
