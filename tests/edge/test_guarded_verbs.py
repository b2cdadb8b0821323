"""What a person types after a verb that looks at pages, in every form of a foreign URL and under every plot: no packet
goes to a denied address, no foreign name is looked up, and an answer that means harm is let lie."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.domain.grammar.command import Verb
from bot.domain.grammar.speech import LOOKING
from bot.domain.reach import denied
from bot.edge import REFUSED
from bot.services.desk import Desk
from bot.services.replies import NotUnderstood, Reply
from bot.services.requests.purges import Asking
from bot.services.setup import Current
from tests.bombs import bomb
from tests.edge.looking import HOST, HOSTS, PUBLIC, eyes
from tests.edge.loopback import Asked, Speak, answer, serving
from tests.edge.recorder import Traffic, watching
from tests.edge.test_guards import FOREIGN_HOSTS, FORMS
from tests.services.shop import MIA, SHOP, open_shop

MORE_HOSTS = (
    "[::ffff:a9fe:a9fe]", "[64:ff9b::7f00:1]", "[64:ff9b:1::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]",
    "0x7f.0x1", "0x7f.1:80", "١٢٧.٠.٠.١", "१२७.०.०.१", "127.0.0.1%2f@www.shop.test",
    "www.shop.test\\@169.254.169.254", "0177.1", "[::7f00:1]",
)  # fmt: skip
TYPED = tuple(dict.fromkeys(form.format(host) for form in FORMS for host in (*FOREIGN_HOSTS, *MORE_HOSTS)))
PATHS = tuple(url for url in TYPED if url.startswith("//"))  # read as paths of the channel's own site
URLS = tuple(url for url in TYPED if url not in PATHS)


# Our own host, with a foreign one where it must not count; each form with another, and each of these once.
_INNER = ("127.0.0.1", "169.254.169.254", "localhost", "evil.test", "[::1]", "10.0.0.5:22", "metadata.google.internal")
_OWN_FORMS = (
    "http://www.shop.test/{}/", "http://www.shop.test/?u=http://{}/", "http://www.shop.test//{}/",
    "http://www.shop.test/..//{}/", "http://WWW.Shop.Test./{}", "http://www.shop.test:80/@{}/",
    "http://www.shop.test/%2f%2f{}", "https://www.shop.test:443/a#@{}/", "http://www.shop.test/;@{}/a",
    "https://www.shop.test/http://{}/",
)  # fmt: skip
OWN = tuple(form.format(_INNER[n % len(_INNER)]) for n, form in enumerate(_OWN_FORMS))
# As a program may have them, behind the grammar: our host in many spellings, and inner ones in every place but its own.
_OURS = ("http://www.shop.test", "https://www.shop.test", "http://www.shop.test:80", "https://www.shop.test:443")
_REST = (
    "/{}/", "//{}/", "/?u={}", "/?u=http://{}/", "/@{}/", "/:@{}/", "/#@{}/", "/#http://{}", "/..//{}/", "/;@{}/a",
    "/%2f%2f{}", "/%40{}/", "/http://{}/", "/http:{}", "/a/../../{}/", "/.{}", "/a?b=//{}", "/a?@{}/", "/a;b=http://{}",
)  # fmt: skip
OWN_READ = tuple(f"{ours}{rest.format(inner)}" for ours in _OURS for rest in _REST for inner in _INNER)


@dataclass(frozen=True, slots=True)
class Plot:
    """What our own host's name leads to, each time it is asked for, or what its edge answers."""

    addresses: Sequence[Sequence[str]] = ((PUBLIC,),)
    edge: bytes | Speak | None = None


async def drip(writer: asyncio.StreamWriter) -> None:
    """One byte after another, for ever."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"a" * 1_000_000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.01)


def exploding(coding: str) -> Speak:
    """64 MiB of zeros, packed."""

    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(bomb(coding, 64 * 1024 * 1024), f"Content-Encoding: {coding}"))

    return speak


FLOOD = [f"X-{n}: {'a' * 4000}" for n in range(200)]
PLOTS = {
    "plain answer": Plot(edge=answer(b"page", "Cache-Control: max-age=60")),
    "private address": Plot([["10.0.0.5"]]),
    "rebinding": Plot([[PUBLIC], ["127.0.0.1"]]),
    "redirect to metadata": Plot(edge=answer(b"", "Location: http://169.254.169.254/latest/", status="302 Found")),
    "redirect to loopback": Plot(edge=answer(b"", "Location: http://127.0.0.1:6379/", status="301 Moved")),
    "mixed addresses": Plot([[PUBLIC, "169.254.169.254"]]),
}
POISON = {
    "decompression bomb": Plot(edge=exploding("gzip")),
    "decompression bomb in Brotli": Plot(edge=exploding("br")),
    "one byte after another": Plot(edge=drip),
    "header flood": Plot(edge=answer(b"", *FLOOD)),
}


@dataclass(frozen=True, slots=True)
class Talk:
    """A desk whose every packet is seen."""

    desk: Desk
    traffic: Traffic
    asked: list[str]
    server: Asked

    async def say(self, text: str, key: str) -> Reply:
        return await self.desk.ask(Asking(MIA, key, "slack", "C_SHOP"), text)


@asynccontextmanager
async def talking(path: Path, plot: Plot, seconds: float = 2.0) -> AsyncIterator[Talk]:
    shop = open_shop(path)
    async with serving(plot.edge or b"") as server:
        see = eyes(*plot.addresses, seconds=seconds)
        edges = {"fra": server.url} if plot.edge is not None else {}
        site = replace(SHOP, schemes=("http", "https"), origin="", edges=edges)
        setup = replace(shop.core.setup, sites={"shop": site})
        core = replace(shop.core, current=Current(setup), looker=see.looker)
        with watching() as traffic:
            yield Talk(Desk(core), traffic, see.names.asked, server)
    await shop.ledger.close()


def test_there_are_enough_forms_and_every_plot_for_every_verb() -> None:
    assert len(URLS) > 500
    assert len(OWN_READ) > 500
    assert len(PLOTS) >= 6
    assert {Verb.CHECK, Verb.LINT, Verb.WARM} <= LOOKING


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
@pytest.mark.parametrize("verb", sorted(LOOKING))
async def test_no_form_of_a_foreign_url_sends_a_packet_whatever_the_verb_and_the_plot(
    tmp_path: Path, verb: Verb, plot: Plot
) -> None:
    """What is read of a line: no foreign form gets as far as a plot, whichever there is. Forms of our own host do,
    below."""
    async with talking(tmp_path, plot) as talk:
        replies = [await talk.say(f'{verb} "{url}"', f"{n}") for n, url in enumerate(URLS)]
        sent = (talk.traffic.dialled, talk.traffic.looked_up, talk.asked, talk.server.connections)
    assert ([], [], [], 0) == sent
    assert {NotUnderstood} == {type(reply) for reply in replies}


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
@pytest.mark.parametrize("verb", sorted(LOOKING))
async def test_every_form_of_our_own_host_meets_the_plot_and_goes_nowhere_else(
    tmp_path: Path, verb: Verb, plot: Plot
) -> None:
    """What is dialled: each form gets as far as our host's name or edge, and the plot leads to no denied address."""
    async with talking(tmp_path, plot, seconds=0.5) as talk:
        met = []
        for n, url in enumerate(OWN):
            before = (len(talk.asked), talk.server.connections)
            reply = await talk.say(f'{verb} "{url}"', f"{n}")
            met.append((type(reply) is NotUnderstood, before != (len(talk.asked), talk.server.connections)))
        ours = ("127.0.0.1", talk.server.port)
        strange = [there for there in talk.traffic.dialled if there != ours and denied(there[0])]
        names, looked_up = set(talk.asked), talk.traffic.looked_up
    assert [(False, True)] * len(OWN) == met
    assert ([], [], True) == (strange, looked_up, names <= HOSTS)
    assert (plot.edge is not None) == (ours in talk.traffic.dialled)


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
async def test_no_form_that_gets_behind_the_grammar_sends_a_packet_to_a_denied_address(plot: Plot) -> None:
    """What a look dials, whoever asks: foreign forms nothing, though every name leads to the plot; our own host what
    the plot leads to, where that is public, or its edge."""
    async with serving(plot.edge or b"") as server:
        edge = server.url if plot.edge is not None else ""
        with watching() as traffic:
            foreign = eyes(*plot.addresses, everywhere=True)
            refused = {(await foreign.look(url, "fra", edge)).problem for url in TYPED}
            before = (list(traffic.dialled), list(foreign.names.asked), server.connections)
            for url in OWN_READ:
                ours = eyes(*plot.addresses, everywhere=True)
                await ours.look(url, "fra", edge)
                assert edge or [HOST] == ours.names.asked
        dialled = {there for there in traffic.dialled if there != ("127.0.0.1", server.port)}
    assert ({REFUSED}, ([], [], 0)) == (refused, before)
    assert [] == [there for there in dialled if denied(there[0])]
    assert (len(OWN_READ) if edge else 0, []) == (server.connections, traffic.looked_up)


@pytest.mark.parametrize("verb", sorted(LOOKING))
async def test_two_slashes_begin_a_path_of_our_own_host_and_never_a_host(tmp_path: Path, verb: Verb) -> None:
    async with talking(tmp_path, PLOTS["plain answer"]) as talk:
        for url in PATHS[::5]:
            await talk.say(f'{verb} "{url}"', url)
        heads = {head.split(b" ")[1][:2] for head in talk.server.heads}
    assert ({("127.0.0.1", talk.server.port)}, [], {b"//"}) == (set(talk.traffic.dialled), talk.asked, heads)


@pytest.mark.parametrize("plot", (PLOTS | POISON).values(), ids=PLOTS | POISON)
@pytest.mark.parametrize("verb", sorted(LOOKING))
async def test_our_own_host_never_leads_to_a_denied_address(tmp_path: Path, verb: Verb, plot: Plot) -> None:
    async with talking(tmp_path, plot, seconds=0.5) as talk:
        await talk.say(f"{verb} http://{HOST}/a", "one")
        await talk.say(f"{verb} https://{HOST}/b?c=http://169.254.169.254/", "two")
        ours = ("127.0.0.1", talk.server.port)
        strange = [there for there in talk.traffic.dialled if there != ours and denied(there[0])]
        configured = plot.edge is not None
        names = set(talk.asked)
    assert [] == strange
    assert ([], names <= HOSTS) == (talk.traffic.looked_up, True)
    assert configured == (ours in talk.traffic.dialled)


@pytest.mark.parametrize("verb", sorted(LOOKING))
async def test_the_address_that_a_verb_checked_is_the_one_that_it_dials(tmp_path: Path, verb: Verb) -> None:
    async with talking(tmp_path, PLOTS["rebinding"]) as talk:
        await talk.say(f"{verb} http://{HOST}/a", "one")
    assert {(PUBLIC, 80)} == set(talk.traffic.dialled)


@pytest.mark.parametrize("verb", sorted(LOOKING))
async def test_one_bad_address_among_good_ones_dials_none(tmp_path: Path, verb: Verb) -> None:
    async with talking(tmp_path, PLOTS["mixed addresses"]) as talk:
        await talk.say(f"{verb} http://{HOST}/a", "one")
    assert ([], {HOST}) == (talk.traffic.dialled, set(talk.asked))
