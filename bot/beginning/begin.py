"""`purgebot init`: questions, a look, two files, what is next, and the doctor's first word."""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bot.beginning import checking, credentials
from bot.beginning.answers import Beginning, LayerAnswer
from bot.beginning.asking import Asker, Flags, Unanswered
from bot.beginning.grouping import grouped
from bot.beginning.looking import Sight, look_at
from bot.beginning.writing import config_text, manifest_text, to_fill_in, to_make_sure
from bot.serving import set_up_logging
from bot.settings import BadSettings, Environment, load
from bot.system import SystemClock

HOSTS_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Places:
    """Where the two files go, and whether what is there may be replaced."""

    config: Path
    manifest: Path
    force: bool = False


def begin(flags: Flags, places: Places, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Ask, look, and write both files. Raises Unanswered and BadSettings, and has written nothing then."""
    set_up_logging("console", logging.ERROR)
    refuse_to_replace(places.config, places.force, "--file FILE")
    if flags.edge and (trouble := checking.address(flags.edge)):
        raise Unanswered(f"--edge: {trouble}")
    begun = answered(flags, say)
    text, manifest = config_text(begun), manifest_text(begun.command, begun.address)
    checked(text, places.config, environ)
    if not (places.manifest.exists() and _data(places.manifest.read_text(encoding="utf-8")) == _data(manifest)):
        refuse_to_replace(places.manifest, places.force, "--manifest FILE")
        write(places.manifest, manifest)
    write(places.config, text)
    for line in (f"\nWritten: {places.config} and {places.manifest}.", *next_steps(begun, text, places)):
        say(line)


def answered(flags: Flags, say: Callable[[str], None]) -> Beginning:
    """Everything that is to be known, by flags, by looking and by asking. Raises Unanswered."""
    asker = Asker(flags, say)
    hosts = asker.hosts()
    say(f"Looking at {', '.join(hosts)}{' through ' + flags.edge if flags.edge else ''} …")
    sights = asyncio.run(_look(hosts, flags.edge))
    for sight in sights:
        say(sight.told)
    layers = asker.layers(sights[0])
    begun = asker.rest(grouped(sights, [layer.provider for layer in layers]), layers)
    for layer in begun.accounts:
        _have_package(layer)
    return begun


async def _look(hosts: tuple[str, ...], edge: str) -> list[Sight]:
    clock, room = SystemClock(), asyncio.Semaphore(HOSTS_AT_ONCE)

    async def look(host: str) -> Sight:
        async with room:
            return await look_at(host, clock, edge)

    return list(await asyncio.gather(*map(look, hosts)))


def _have_package(layer: LayerAnswer) -> None:
    blueprint = layer.blueprint
    if blueprint.package and find_spec(blueprint.package) is None:
        what = f"{blueprint.title} needs the Python package {blueprint.package}, which is not installed."
        raise Unanswered(f"{what} Install it: pip install 'purgebot[{blueprint.extra}]', then run init again.")


def refuse_to_replace(path: Path, force: bool, flag: str) -> None:
    """Raise Unanswered where `path` is there and may not be replaced."""
    if path.exists() and not force:
        raise Unanswered(f"{path} is there already, and was left as it is. Name another with {flag}, or add --force.")
    if not path.parent.is_dir():
        raise Unanswered(f"{path.parent} is no folder. Make it, or name another file with {flag}.")


def checked(text: str, config: Path, environ: Mapping[str, str]) -> None:
    """Read `text` as the bot will read it, before it takes its place. Raises BadSettings."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / config.name
        draft.write_text(text, encoding="utf-8")
        load(draft, environ)


def write(path: Path, text: str) -> None:
    """Put `text` at `path` whole or not at all. Raises Unanswered."""
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as exc:
        draft.unlink(missing_ok=True)
        raise Unanswered(f"{path} cannot be written ({exc.strerror}). Name another file, or free the folder.") from exc


def _data(text: str) -> str:
    """A manifest without what is said about it."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def next_steps(begun: Beginning, text: str, places: Places) -> list[str]:
    """What is to be done now, in the order of the README's steps, each with the exact names."""
    of_slack = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET" if begun.address else "SLACK_APP_TOKEN")
    way_in = "its signing secret" if begun.address else "an app-level token with connections:write"
    make = [
        f"1. Make the Slack app from {places.manifest} at https://api.slack.com/apps.",
        f"   Install it to the workspace, and copy its bot token and {way_in}.",
    ]
    fill_in, make_sure = to_fill_in(text), to_make_sure(text)
    open_lines = [*fill_in, *((n, f"make sure {what}") for n, what in make_sure)]
    marks = " or ".join(f"`{mark}`" for mark, lines in (("fill in", fill_in), ("make sure", make_sure)) if lines)
    fill = f"2. Fill in {places.config}, where {marks} stands:" if marks else f"2. Read {places.config} once."
    lines = [f"   line {n}: {what}" for n, what in sorted(open_lines)]
    first, *others = credentials.lines(begun.accounts, of_slack)
    last = (
        "4. `purgebot doctor` until it finds nothing bad, then `purgebot serve`. It only observes until `mode: live`."
    )
    return [*make, fill, *lines, f"3. {first}", *(f"   {line}" for line in others), last]


def examine(config: Path, environment: Environment, environ: Mapping[str, str]) -> None:
    """What the doctor says of it now; it cannot be well yet, and is not asked to be."""
    from bot.doctor import run

    sys.stdout.write("\nThe doctor, as it is now:\n")
    try:
        run(load(config, environ), environment, as_json=False)
    except BadSettings as exc:
        sys.stdout.write(f"{exc}\n")
