"""From where a check looks: what is typed, and what is heard where that is no place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.grammar.command import Command, Misunderstood, line_of, parse
from tests.domain.people import ABROAD, FRONT, IN_NEWS, MIA, heard, mended

URL = "https://www.shop.test/a"
FROM = {
    "regions": (f"check {URL} from eu,us", ("eu", "us")),
    "before the page": (f"check from eu,us {URL}", ("eu", "us")),
    "with blanks": (f"check from eu, us {URL}", ("eu", "us")),
    "with many blanks": (f"check {URL} from eu,  us,\tasia", ("eu", "us", "asia")),
    "a comma too many": (f"check {URL} from eu,us,", ("eu", "us")),
    "a flag": (f"check {URL} --from eu,us", ("eu", "us")),
    "a flag with =": (f"check {URL} --from=eu,us", ("eu", "us")),
    "a long dash": (f"check {URL} —from eu", ("eu",)),
    "in quotes": (f'check {URL} from "eu,us"', ("eu", "us")),
    "in capitals": (f"check {URL} From EU", ("eu",)),
    "twice the same": (f"check {URL} from eu,eu", ("eu",)),
    "an edge": (f"check {URL} from fra", ("fra",)),
    "an edge and a region": (f"check {URL} from sa,fra", ("sa", "fra")),
    "none": (f"check {URL}", ()),
}


@pytest.mark.parametrize(("typed", "places"), FROM.values(), ids=FROM)
def test_places_are_heard(typed: str, places: tuple[str, ...]) -> None:
    command = parse(typed, ABROAD)
    assert isinstance(command, Command)
    assert (places, [URL]) == (command.places, [target.value for target in command.targets])


@pytest.mark.parametrize(("typed", "places"), FROM.values(), ids=FROM)
def test_places_are_in_the_line_of_a_command(typed: str, places: tuple[str, ...]) -> None:
    command = parse(typed, ABROAD)
    assert isinstance(command, Command)
    again = parse(line_of(command, ABROAD), ABROAD)
    assert isinstance(again, Command)
    assert replace(again, notes=()) == replace(command, notes=())


OPT_IN = (
    "shop is not looked at from around the world: measurements are public, so a site must be opted in."
    " Whoever configures purgebot writes `globalping: {sites: [shop]}`."
)
THERE = "There are fra, iad, eu, us, asia, sa, africa, oceania."
NOWHERE = {
    "a misspelt region": (
        f"check {URL} from eu,ocenia",
        mended(f"There is no place `ocenia` to look at shop from. {THERE}", f"check {URL} from eu,oceania"),
    ),
    "a strange place": (
        f"check {URL} from mars",
        mended(f"There is no place `mars` to look at shop from. {THERE}", f"check {URL}"),
    ),
    "nothing": (
        f"check {URL} from",
        mended("`from` wants a place after it.", f"check {URL} from fra"),
    ),
    "only commas": (f"check {URL} from ,", mended("`from` wants a place after it.", f"check {URL} from fra ,")),
    "two lists": (
        f"check {URL} from eu from us",
        heard("`from` was given twice, with different words.", "/purge help"),
    ),
    "a purge": (f"{URL} --from eu", heard("`from` does not go with purge.", "/purge help purge")),
    "a why": (f"why {URL} from eu", heard("`from` does not go with why.", "/purge help why")),
    "a why with a flag": (f"why {URL} --from eu", heard("`from` does not go with why.", "/purge help why")),
    "a lint": (f"lint {URL} from eu", heard("`from` does not go with lint.", "/purge help lint")),
    "a plan": (f"plan {URL} --from eu", heard("`from` does not go with plan.", "/purge help plan")),
    "what cannot be seen": (
        f"check {URL} --from=e\u200bu",
        heard("The place holds U+200B ZERO WIDTH SPACE, which cannot be seen. Type it without.", "/purge help"),
    ),
}


@pytest.mark.parametrize(("typed", "expected"), NOWHERE.values(), ids=NOWHERE)
def test_what_is_no_place_is_told(typed: str, expected: Misunderstood) -> None:
    assert expected == parse(typed, ABROAD)


def test_a_site_that_is_not_opted_in_is_told_how() -> None:
    assert mended(OPT_IN, f"check {URL}") == parse(f"check {URL} from eu,us", MIA)
    told = parse("check https://www.news.test/ from eu", ABROAD)
    assert isinstance(told, Misunderstood)
    assert told.problem == OPT_IN.replace("shop", "news")


def test_without_edges_and_regions_there_is_no_place() -> None:
    problem = "There is no place `mars` to look at shop from. It has no `edges`: leave `from` out."
    assert mended(problem, f"check {URL}") == parse(f"check {URL} from mars", MIA)


@pytest.mark.parametrize(
    "typed",
    ["tag from on shop", "purge tag from", "plan tag from", "prefix /from/ on shop", 'check "/from"'],
)
def test_from_stays_a_thing_where_nothing_is_looked_at(typed: str) -> None:
    command = parse(typed, MIA)
    assert isinstance(command, Command)
    assert ("from" in command.targets[0].value, ()) == (True, command.places)


def test_from_in_the_prose_of_a_purge_is_not_swallowed() -> None:
    command = parse(f"{URL} from eu", MIA)
    assert isinstance(command, Command)
    assert ["from", "eu"] == [line.text for line in command.bad]


def test_a_choice_of_sites_keeps_the_places() -> None:
    told = parse("check /a from eu", replace(IN_NEWS, channel="", world=ABROAD.world))
    assert isinstance(told, Misunderstood)
    assert ["check /a on shop from eu", "check /a on news from eu"] == [choice.line for choice in told.choices]
    assert FRONT != told.suggestion
