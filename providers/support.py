"""What each provider can purge, as a Markdown table: `python -m providers.support [--write README.md]`.

Every cell is read from the adapter's own Capabilities. Where the settings of an account decide what it can do, there is
a row for each of the usual ones, and it names them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from providers import PROVIDERS
from providers.contract import Account, Capabilities, Confirmation, Kind, Pace, Price

BEGIN, END = "<!-- support: begin -->", "<!-- support: end -->"
COLUMNS = (Kind.URL, Kind.PREFIX, Kind.TAG, Kind.HOST, Kind.PATTERN, Kind.EVERYTHING)  # a path becomes URLs
HEADS = {Kind.URL: "URL"}
KNOWN = {
    Confirmation.RECEIPT: "by its answer",
    Confirmation.ESTIMATE: "by the seconds it names",
    Confirmation.POLLED: "by asking until it says so",
}
SPANS = {1.0: "a second", 60.0: "a minute", 3600.0: "an hour"}


@dataclass(frozen=True, slots=True)
class Example:
    """An account's settings that a row stands for, and how the row names them."""

    said: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    yours: bool = False  # nothing is fixed: a kind is there once the configuration has a recipe for it


RECIPES = {kind: {"path": f"/{{{kind}}}"} for kind in COLUMNS[:-1]} | {Kind.EVERYTHING: {"path": "/"}}
# Of a provider that is not named here one row shows everything.
EXAMPLES: Mapping[str, Sequence[Example]] = {
    "nginx": (
        Example("purge module 2.3", {"url": "http://127.0.0.1"}),
        Example("purge module 3, `wildcards: yes`", {"url": "http://127.0.0.1", "wildcards": "yes"}),
        Example("`module: plus`", {"url": "http://127.0.0.1", "module": "plus"}),
        Example("on the same machine, `cache_dir`", {"cache_dir": "/var/cache/nginx"}),
    ),
    "varnish": (
        Example("", {"url": "http://127.0.0.1"}),
        Example("`soft: yes`, `tags: xkey`", {"url": "http://127.0.0.1", "soft": "yes", "tags": "xkey"}),
        Example("`tags: header`", {"url": "http://127.0.0.1", "tags": "header"}),
    ),
    "redis": (
        Example("", {"url": "redis://127.0.0.1"}),
        Example("`tags`", {"url": "redis://127.0.0.1", "tags": "tag:{tag}"}),
    ),
    "http": (Example("", {"url": "http://127.0.0.1", "purge": json.dumps(RECIPES)}, yours=True),),
}


def table() -> str:
    """The whole table."""
    heads = ["provider", *(HEADS.get(kind, kind.value) for kind in COLUMNS), "done is known", "limits kept"]
    lines = [heads, ["---"] * len(heads), *(row for name in PROVIDERS for row in rows(name))]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def rows(name: str) -> list[list[str]]:
    """What one provider can do: a row for each example of its settings."""
    blueprint = PROVIDERS[name]
    found = []
    for example in EXAMPLES.get(name, (Example(),)):
        can = blueprint.build(Account("example", example.settings), None).can
        title = f"[{blueprint.title}](docs/providers/{name}.md)"
        first = f"{title}, {example.said}" if example.said else title
        kinds = [_kind(can, kind, example.yours) for kind in COLUMNS]
        found.append([first, *kinds, KNOWN[can.confirmation], limits(can)])
    return found


def _kind(can: Capabilities, kind: Kind, yours: bool) -> str:
    if kind not in can.kinds:
        return "–"
    if yours:
        return "by recipe"
    return "hard, soft" if kind in can.soft else "hard"


def limits(can: Capabilities) -> str:
    """Its rate limits with their units, those of one bucket together, and what costs money."""
    buckets: dict[str, dict[str, list[str]]] = {}
    units = {bucket.partition(":")[0]: pace.unit for bucket, pace in can.pace.items()}
    for bucket, pace in can.pace.items():
        name, _, tier = bucket.partition(":")
        buckets.setdefault(name, {}).setdefault(_limit(pace), []).extend([tier] if tier else [])
    said = [
        f"{units[name]}: {', '.join(_tiered(limit, tiers) for limit, tiers in by_limit.items())}"
        for name, by_limit in buckets.items()
    ]
    return "; ".join([*said, *(_price(price) for price in can.prices.values())]) or "none"


def _tiered(limit: str, tiers: Sequence[str]) -> str:
    return f"{limit} ({' and '.join(tiers)})" if tiers else limit


def _limit(pace: Pace) -> str:
    span = SPANS.get(pace.per, f"every {pace.per:g} s")
    often = f"in any {pace.per:,g} s" if pace.window else span
    at_once = f", {pace.burst:,g} at once" if not pace.window and pace.burst != pace.rate else ""
    ours = ", ours" if pace.source.startswith("ours") else ""
    return f"{pace.rate:,g} {often}{at_once}{ours}"


def _price(price: Price) -> str:
    return f"{price.unit} beyond {price.free:,} a month: ${price.usd:g} each"


def written(text: str) -> str:
    """`text` with the table between its two markers. Raises ValueError where it does not hold each of them once."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"The text needs one line {BEGIN} and one line {END}.")
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}{END}{rest.partition(END)[2]}"


def main(arguments: Sequence[str]) -> int:
    """Print the table, or put it into a file."""
    match arguments:
        case []:
            sys.stdout.write(table())
            return 0
        case ["--write", name]:
            file = Path(name)
            file.write_text(written(file.read_text(encoding="utf-8")), encoding="utf-8")
            return 0
        case _:
            sys.stderr.write("python -m providers.support [--write FILE]\n")
            return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
