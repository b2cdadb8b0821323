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

from bot.beginning import checking
from bot.beginning.answers import Beginning, LayerAnswer
from bot.beginning.asking import Asker, Flags, Unanswered
from bot.beginning.looking import Sight, look_at
from bot.beginning.writing import config_text, manifest_text, to_fill_in
from bot.serving import set_up_logging
from bot.settings import BadSettings, Environment, load
from bot.wiring import SystemClock

HOSTS_LOOKED_AT = 5


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
    say(f"Looking at {', '.join(hosts[:HOSTS_LOOKED_AT])}{' through ' + flags.edge if flags.edge else ''} …")
    sights = asyncio.run(_look(hosts[:HOSTS_LOOKED_AT], flags.edge))
    for sight in sights:
        say(sight.told)
    for line in _differing(sights):
        say(line)
    layers = asker.layers(sights[0])
    for layer in layers:
        _have_package(layer)
    return asker.rest(hosts, sights[0], layers)


async def _look(hosts: tuple[str, ...], edge: str) -> list[Sight]:
    clock = SystemClock()
    return list(await asyncio.gather(*(look_at(host, clock, edge) for host in hosts)))


def _differing(sights: list[Sight]) -> list[str]:
    """A line for each host that came through other caches than the first: its layers are not those of the site."""
    first, *others = [(sight, {one.who for one in sight.found}) for sight in sights]
    return [
        f"{sight.host} came through other caches than {first[0].host}: make it a site of its own."
        for sight, found in others
        if not sight.problem and found != first[1]
    ]


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
    """What is to be done now, three steps, each with the exact names."""
    steps = [f"1. Make the Slack app from {places.manifest} at https://api.slack.com/apps.", *_secrets(begun)]
    open_lines = [f"   line {n}: {what}" for n, what in to_fill_in(text)]
    fill = f"2. Fill in {places.config}, where `fill in` stands:" if open_lines else f"2. Read {places.config} once."
    last = (
        "3. `purgebot doctor` until it finds nothing bad, then `purgebot serve`. It only observes until `mode: live`."
    )
    return [*steps, fill, *open_lines, last]


def _secrets(begun: Beginning) -> list[str]:
    """Which variables to set, and which files to make."""
    placed = [value.partition(":")[::2] for layer in begun.layers for one, value in layer.of_account() if one.secret]
    way_in = "SLACK_SIGNING_SECRET" if begun.address else "SLACK_APP_TOKEN"
    variables = ["SLACK_BOT_TOKEN", way_in, *(where for sort, where in placed if sort == "env")]
    paths = [where for sort, where in placed if sort == "file"]
    made = [f"   Put the secret into {path}." for path in dict.fromkeys(paths)]
    return [f"   Set {', '.join(dict.fromkeys(variables))} where the bot runs.", *made]


def examine(config: Path, environment: Environment, environ: Mapping[str, str]) -> None:
    """What the doctor says of it now; it cannot be well yet, and is not asked to be."""
    from bot.doctor import run

    sys.stdout.write("\nThe doctor, as it is now:\n")
    try:
        run(load(config, environ), environment, as_json=False)
    except BadSettings as exc:
        sys.stdout.write(f"{exc}\n")
