"""How a recipe becomes calls: each object once, several of one host in a call where the recipe joins them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from providers.contract import Call, Kind, Purge, UnsupportedWish
from providers.http_recipes import Headers, Recipe, SecretName, joins, render
from providers.packing import pack

MAX_BYTES = 16_384  # of target, headers and body together
ROOM = 7_000  # bytes of joined values: most servers take lines of 8,192

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans one kind: by its recipe, with the account's own headers, `most` objects a call."""

    recipe: Recipe
    common: Headers
    most: int

    def per_call(self, kind: Kind) -> int:
        """Targets of one call: http and https of a URL are one object, unless the recipe names the scheme."""
        return self.most * (2 if kind is Kind.URL and not self.recipe.by_scheme else 1)

    def plan(self, purge: Purge) -> list[Call]:
        """The calls that cover every target. Raises UnsupportedWish."""
        if purge.kind is Kind.EVERYTHING:
            return self._everything(purge.hosts)
        alike: dict[str, list[str]] = {}
        values: dict[str, Values] = {}
        one_object = purge.kind is Kind.URL and not self.recipe.by_scheme
        for target in purge.targets:
            one = _values(purge.kind, target)
            address = one["host"] + one["path"] if one_object else target
            values.setdefault(address, one)
            alike.setdefault(address, []).append(target)
        return [
            call
            for some in self._packs(purge.kind, values)
            for call in self._calls(
                purge, tuple(target for address in some for target in alike[address]), [values[one] for one in some]
            )
        ]

    def _everything(self, hosts: Sequence[str]) -> list[Call]:
        if not self.recipe.by_host:
            return [self._call(Kind.EVERYTHING, (), [{}])]
        return [self._call(Kind.EVERYTHING, (), [{"host": host}]) for host in dict.fromkeys(hosts)]

    def _packs(self, kind: Kind, values: Mapping[str, Values]) -> Iterable[tuple[str, ...]]:
        join = self.recipe.join
        if bad := next((one for one in values if self.most > 1 and not joins([one], join)), ""):
            what = f"`{bad[:60]}` holds what stands between two of them in one call: `{join}`."
            raise UnsupportedWish(what, f"Set another `join` in `purge.{kind.value}`, or `per_call: 1`.")

        parting = [("host", self.recipe.by_host), ("scheme", self.recipe.by_scheme)]
        names = [name for name, counts in parting if counts]

        def place(address: str) -> tuple[str, ...]:
            return tuple(values[address].get(name, "") for name in names)

        for _, some in groupby(sorted(values, key=place), key=place):
            yield from pack(some, self.most, ROOM, lambda address: 2 * len(address) + len(join))

    def _calls(self, purge: Purge, covered: tuple[str, ...], values: Sequence[Values]) -> list[Call]:
        """The call, and where the cache itself is asked once more as each variant: it looks the object up as it does
        for a visitor who sent these headers."""
        plain = self._call(purge.kind, covered, values)
        if purge.kind is not Kind.URL or not self.recipe.visits:
            return [plain]
        return [plain, *(self._call(purge.kind, (), values, headers) for headers in purge.variants)]

    def _call(
        self, kind: Kind, covered: tuple[str, ...], values: Sequence[Values], variant: Values | None = None
    ) -> Call:
        recipe = self.recipe
        said = {name: render(text, values, "header", recipe.join) for name, text in self._headers().items()}
        headers = tuple((said | dict(variant or {})).items())
        path = render(recipe.path, values, "path", recipe.join)
        body = render(recipe.body, values, "json" if recipe.speaks_json else "body", recipe.join)
        return Call(kind, recipe.method, path, covered, (("calls", 1),), headers, body)

    def _headers(self) -> dict[str, str]:
        """What is no secret; a recipe's own header replaces one of the account, and Host is the visitor's."""
        found: dict[str, tuple[str, str]] = {"host": ("Host", "{host}")} if self.recipe.visits else {}
        for name, value in [*self.common.items(), *self.recipe.headers.items()]:
            found.pop(name.lower(), None)
            if isinstance(value, str):
                found[name.lower()] = (name, value)
        return dict(found.values())


def _values(kind: Kind, target: str) -> Values:
    match kind:
        case Kind.URL:
            scheme, _, address = target.partition("://")
            host, slash, rest = address.partition("/")
            return {"url": target, "scheme": scheme, "host": host, "path": slash + rest}
        case Kind.PREFIX | Kind.PATTERN:
            host, slash, rest = target.partition("/")
            return {kind.value: target, "host": host, "path": f"{slash or '/'}{rest}"}
        case _:
            return {kind.value: target}


def planners_of(recipes: Mapping[Kind, Recipe], common: Headers, own: Mapping[Kind, int]) -> dict[Kind, Planner]:
    """Who plans each kind, with as many objects a call as its recipe joins, or fewer where the account says so."""
    return {
        kind: Planner(recipe, common, min(recipe.per_call, own.get(kind, recipe.per_call)))
        for kind, recipe in recipes.items()
    }


def secret_headers(
    common: Headers, own: Headers, given: Sequence[tuple[str, str]], held: Mapping[str, str]
) -> list[tuple[str, str]]:
    """The headers that hold a secret of the account, a recipe's own before `common`, but for those that are given."""
    names = {name.lower() for name, _ in given}
    known = {name.lower(): (name, value) for name, value in [*common.items(), *own.items()]}
    return [
        (name, held.get(value.secret, ""))
        for key, (name, value) in known.items()
        if isinstance(value, SecretName) and key not in names
    ]


def longest(call: Call) -> int:
    """Bytes of the longest line of a call."""
    return max(len(call.path), *(len(value) for _, value in call.headers), 0)
