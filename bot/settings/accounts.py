"""An account: what its provider takes, checked against the provider's own list of fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from bot.settings import shapes
from bot.settings.complaints import Complaints, quoted, unknown
from bot.settings.document import PLACES, AccountDoc, SecretDoc
from bot.settings.model import AccountSettings, Secret
from bot.settings.reader import Data, Place
from bot.settings.trees import TreeReader
from providers.contract import Blueprint, Capabilities, Complaint, Field, Pace

COMMON = ("provider", "pace", "per_call")
_SECRET = re.compile(r"(?i)passw|secret|token|credential|(^|[_-])(api)?_?key$|^apikey|^auth")
_PASSWORD = re.compile(r"://[^/?#\s]*@")


class AccountReader:
    """Reads accounts; `folder` is where relative paths of secrets begin."""

    def __init__(
        self, complaints: Complaints, providers: Mapping[str, Blueprint], environ: Mapping[str, str], folder: Path
    ) -> None:
        self._complaints = complaints
        self._providers = providers
        self._environ = environ
        self._folder = folder

    def read(self, name: str, data: Data, place: Place) -> AccountSettings | None:
        """The account, or None after complaining."""
        if not shapes.name(self._complaints, place, name, "account"):
            return None
        doc = self._complaints.read(AccountDoc, data, place)
        if doc is None:
            return None
        blueprint = self._providers.get(doc.provider)
        if blueprint is None:
            self._complaints.add((*place, "provider"), *unknown("provider", doc.provider, self._providers))
            return None
        if blueprint.package and find_spec(blueprint.package) is None:
            what = f"{blueprint.title} needs the Python package {blueprint.package}, which is not installed."
            self._complaints.add((*place, "provider"), what, f"Install it: pip install 'purgebot[{blueprint.extra}]'.")
            return None
        return self._account(name, doc, blueprint, place)

    def secret(self, doc: SecretDoc) -> Secret:
        """The place that `doc` names."""
        return Secret(doc.env, str(self._folder / doc.file) if doc.file else "", self._environ)

    def _account(self, name: str, doc: AccountDoc, blueprint: Blueprint, place: Place) -> AccountSettings | None:
        before = len(self._complaints)
        fields = {field.name: field for field in blueprint.fields}
        settings, secrets = self._values(doc.extra(), blueprint, place)
        self._require(doc.extra(), blueprint, place)
        check_whole(self._complaints, blueprint.check, settings, place)
        paces = {key: Pace(pace.rate, pace.per, pace.burst, source="configuration") for key, pace in doc.pace.items()}
        account = AccountSettings(
            name,
            doc.provider,
            settings,
            secrets,
            paces,
            doc.per_call,
            frozenset(key for key in secrets if key in fields and not fields[key].secret),
        )
        if len(self._complaints) > before:
            return None
        self._check_limits(account, blueprint, place)
        return account

    def _values(
        self, extra: Mapping[str, object], blueprint: Blueprint, place: Place
    ) -> tuple[dict[str, str], dict[str, Secret]]:
        fields = {field.name: field for field in blueprint.fields}
        settings: dict[str, str] = {}
        secrets: dict[str, Secret] = {}
        for key, value in extra.items():
            here = (*place, key)
            if key not in fields:
                self._complaints.add(here, *unknown_key(key, blueprint))
            elif fields[key].tree:
                settings |= {key: self._tree(value, key, here, secrets)}
            elif isinstance(value, str) and fields[key].clear and "@" not in value:
                settings |= {key: clear_value(self._complaints, here, value, fields[key])}
            elif fields[key].secret or isinstance(value, dict):
                doc = self._complaints.read(SecretDoc, _data(value), here)
                secrets |= {key: self.secret(doc)} if doc else {}
            else:
                settings |= {key: plain_value(self._complaints, here, value, fields[key])}
        return settings, secrets

    def _tree(self, value: object, key: str, place: Place, secrets: dict[str, Secret]) -> str:
        def keep(name: str, typed: object, where: Place) -> None:
            doc = self._complaints.read(SecretDoc, _data(typed), where)
            if doc:
                secrets[name] = self.secret(doc)

        return TreeReader(self._complaints, keep).read(value, key, place)

    def _require(self, given: Mapping[str, object], blueprint: Blueprint, place: Place) -> None:
        for field in blueprint.fields:
            if field.required and field.name not in given:
                self._complaints.add((*place, field.name), *missing(field))
        self._require_others(given, blueprint, place)
        for names in blueprint.needs_one_of:
            if given.keys().isdisjoint(names):
                self._complaints.add(place, f"needs {' or '.join(f'`{n}`' for n in names)}.", _how(names, blueprint))
                return

    def _require_others(self, given: Mapping[str, object], blueprint: Blueprint, place: Place) -> None:
        fields = {field.name: field for field in blueprint.fields}
        for first, other in blueprint.needs:
            name, _, value = first.partition(": ")
            if name in given and value in ("", given[name]) and other not in given:
                what = f"{f'`{value}` ' if value else ''}means nothing without `{other}`."
                self._complaints.add((*place, name), what, f"Add {written(fields[other])}, or remove `{name}`.")
        for one, other in blueprint.excludes:
            if {one, other} <= given.keys():
                what = f"cannot stand beside `{one}`: they are two ways to reach {blueprint.title}."
                self._complaints.add((*place, other), what, "Keep one of them.")

    def _check_limits(self, account: AccountSettings, blueprint: Blueprint, place: Place) -> None:
        if not (account.pace or account.per_call):
            return
        can = capabilities(account, blueprint)
        buckets = {bucket.partition(":")[0] for bucket in can.pace}
        for bucket in account.pace.keys() - buckets:
            self._complaints.add((*place, "pace", bucket), *unknown("bucket", bucket, buckets))
        for kind in account.per_call.keys() - can.kinds:
            what = f"{blueprint.title} cannot purge by {kind}."
            self._complaints.add((*place, "per_call", kind), what, f"Known here: {', '.join(sorted(can.kinds))}.")
        for kind, most in blueprint.most_per_call.items():
            if account.per_call.get(kind, 0) > most:
                what = f"{blueprint.title} takes at most {most:,} in one call."
                self._complaints.add((*place, "per_call", kind), what, f"Write a number up to {most}.")


def check_whole(
    complaints: Complaints,
    check: Callable[[Mapping[str, str]], Sequence[Complaint]],
    settings: Mapping[str, str],
    place: Place,
) -> None:
    """What the provider itself finds wrong with those settings that are good by themselves."""
    for one in check({key: value for key, value in settings.items() if value and not complaints.at((*place, key))}):
        complaints.add((*place, *one.place), one.what, one.advice)


def unknown_key(key: str, blueprint: Blueprint) -> tuple[str, str]:
    """That there is no such key of an account; where it sounds like a secret, where secrets go."""
    taking = [f"`{field.name}`" for field in blueprint.fields if field.secret]
    if not taking and _SECRET.search(key):
        return "unknown key.", f"{blueprint.title} takes no secret: remove it."
    if _SECRET.search(key):
        return (
            "unknown key.",
            f"Secrets of {blueprint.title} go in {_either(taking)}, as {{env: NAME}} or {{file: PATH}}.",
        )
    return unknown("key", key, [*COMMON, *(field.name for field in blueprint.fields)])


def missing(field: Field) -> tuple[str, str]:
    """That a key is not there, and in which form to write it."""
    if field.secret and not field.tree:
        return "is missing.", f"Add {written(field)}: {field.what}."
    return "is missing.", f"Add it: {field.what}."


def written(field: Field) -> str:
    """The key as it may stand in the file."""
    if field.secret:
        return f"`{field.name}: {{env: NAME}}` or `{field.name}: {{file: PATH}}`"
    return f"`{field.name}: {field.example}`" if field.example else f"`{field.name}`"


def clear_value(complaints: Complaints, place: Place, value: str, field: Field) -> str:
    """A value that could be a secret, and hides nothing."""
    if not re.fullmatch(field.clear, value):
        advice = "Write one, or where it holds a password {env: NAME} or {file: PATH}."
        complaints.add(place, f"is not {field.form}.", advice)
        return ""
    return shapes.plain_text(complaints, place, value)


def plain_value(complaints: Complaints, place: Place, value: object, field: Field) -> str:
    """A value that is not a secret."""
    if not isinstance(value, str) or not value:
        complaints.add(place, *_not_text(value, field))
        return ""
    if _PASSWORD.search(value):
        complaints.add(place, "a user name or password stands in this URL.", f"{PLACES} for the whole URL.")
        return ""
    if field.pattern and not re.fullmatch(field.pattern, value):
        complaints.add(place, f"{quoted(value)} is not {field.form or 'of the right form'}.", _like(field))
    elif field.choices and value not in field.choices:
        complaints.add(place, f"{quoted(value)} is not a choice.", f"Write {_either(field.choices)}.")
    elif field.example.isdigit() and not value.isdigit():
        complaints.add(place, f"{quoted(value)} is not a number.", f"Write a number, such as {field.example}.")
    if field.name.endswith("url"):
        return shapes.address(complaints, place, value, with_path=True)
    return shapes.plain_text(complaints, place, value)


def _not_text(value: object, field: Field) -> tuple[str, str]:
    if value is None or value == "":
        return "is empty.", "Write a value, or remove the key."
    joined = ", ".join(map(str, value)) if isinstance(value, list) else ""
    if joined and field.pattern and re.fullmatch(field.pattern, joined):
        return "must be text, not a list.", f'Write "{joined}".'
    return f"must be text, not {'a list' if isinstance(value, list) else 'keys and values'}.", "Write one value."


def _like(field: Field) -> str:
    return f"Write it like {field.example}." if field.example else f"Write {field.what}."


def _either(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _how(names: tuple[str, ...], blueprint: Blueprint) -> str:
    fields = {field.name: field for field in blueprint.fields}
    secrets = [name for name in names if fields[name].secret]
    return f"Add {secrets[0]}: {{env: NAME}}." if secrets else f"Add {written(fields[names[0]])}."


def capabilities(account: AccountSettings, blueprint: Blueprint) -> Capabilities:
    """What the provider can do as the account is configured, but for limits of the account's own."""
    plain = replace(account, pace={}, per_call={})
    return blueprint.build(plain.account(placeholder="missing"), None).can


def _data(value: object) -> Data:
    """What pydantic kept as extra is still what the reader gave."""
    if isinstance(value, dict):
        return {str(key): _data(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_data(inner) for inner in value]
    return None if value is None else str(value)
