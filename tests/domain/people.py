"""The sites and speakers that the grammar's tests speak of, and short names for what is expected."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.grammar.command import BadLine, Choice, Command, Misunderstood, Speaker, Verb
from bot.domain.proof.world import World
from bot.domain.site import Layer, Site
from bot.domain.target import Target
from providers.contract import Kind

SHOP = Site("shop", ("www.shop.test", "img.shop.test"), channel="C_SHOP", layers=(Layer("shield"), Layer("cf")))
NEWS = Site("news", ("www.news.test",), ("https", "http"), channel="C_NEWS", layers=(Layer("cf"),))
ACCOUNTS = frozenset({"cf", "shield"})

MIA = Speaker((SHOP,), "C_SHOP", ACCOUNTS)  # has one site
LEA = Speaker((SHOP, NEWS), "C_OTHER", ACCOUNTS)  # has two, and speaks where neither is told
IN_NEWS = Speaker((SHOP, NEWS), "C_NEWS", ACCOUNTS)
NOBODY = Speaker((), "C_SHOP")
ABROAD = Speaker(  # looks at the shop from around the world
    (replace(SHOP, edges={"fra": "https://203.0.113.7", "iad": "https://203.0.113.9"}), NEWS),
    "C_SHOP",
    ACCOUNTS,
    world=World(frozenset({"shop"})),
)


def url(value: str, site: str = "shop") -> Target:
    return Target(Kind.URL, value, site)


def path(value: str, site: str = "shop") -> Target:
    return Target(Kind.PATH, value, site)


def prefix(value: str, site: str = "shop") -> Target:
    return Target(Kind.PREFIX, value, site)


def tag(value: str, site: str = "shop") -> Target:
    return Target(Kind.TAG, value, site)


def host(value: str, site: str = "shop") -> Target:
    return Target(Kind.HOST, value, site)


def pattern(value: str, site: str = "shop") -> Target:
    return Target(Kind.PATTERN, value, site)


def everything(site: str = "shop") -> Target:
    return Target(Kind.EVERYTHING, "", site)


def heard(problem: str, suggestion: str, *choices: tuple[str, str]) -> Misunderstood:
    """What is asked back, with a button per reading."""
    return Misunderstood(problem, suggestion, tuple(Choice(label, line) for label, line in choices))


def mended(problem: str, line: str) -> Misunderstood:
    """What is asked back, with one corrected line to click."""
    return Misunderstood(problem, f"/purge {line}", (Choice(line, line),), "fix")


def purge(
    *targets: Target,
    guess: str = "",
    verb: Verb = Verb.PURGE,
    soft: bool | None = None,
    reason: str = "",
    only: str = "",
    check: bool = True,
    confirm: str = "",
    notes: tuple[str, ...] = (),
    bad: tuple[BadLine, ...] = (),
    wants_host_confirmed: bool = False,
) -> Command:
    return Command(
        verb=verb,
        targets=targets,
        site=targets[0].site,
        soft=soft,
        reason=reason,
        only=only,
        check=check,
        confirm=confirm,
        read_as=f"read as {guess}" if guess else "",
        notes=notes,
        bad=bad,
        wants_host_confirmed=wants_host_confirmed,
    )


A = url("https://www.shop.test/a")
B = url("https://www.shop.test/b")
OWN = "Your hosts are www.shop.test, img.shop.test."
FRONT = "/purge plan https://www.shop.test/"
WHAT = "Type what should be gone: a URL, path, prefix, tag or host."
NO_SITE = "No site is configured for you."
