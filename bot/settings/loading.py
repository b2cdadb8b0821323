"""From a file to Settings: every part is read by itself, so that one run tells all that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from difflib import get_close_matches
from pathlib import Path

from bot.domain.policies.defaults import built_in
from bot.domain.resolvers import address_of
from bot.domain.site import Site
from bot.settings import shapes, spans
from bot.settings.accounts import AccountReader, capabilities
from bot.settings.cautions import cautions, halved, loose, short_lived
from bot.settings.complaints import Complaints, quoted, unknown
from bot.settings.conditions import Named
from bot.settings.deploys import DeploysReader
from bot.settings.document import COMMAND, ApiDoc, ApprovalsDoc, RetentionDoc, RootDoc, TokenDoc
from bot.settings.globalping import GlobalpingReader
from bot.settings.model import AccountSettings, ApiToken, Approvals, BadSettings, Limits, Retention, Settings
from bot.settings.never import refuse_what_never_passes
from bot.settings.order import check_order
from bot.settings.placeholders import examples_left, warned_of
from bot.settings.policies import PLACE, PolicyReader
from bot.settings.reach import Ground
from bot.settings.reader import Data, Place, read, type_names
from bot.settings.schedules import ScheduleReader
from bot.settings.sites import SiteReader
from bot.settings.vain_schedules import vain
from providers import PROVIDERS
from providers.contract import Blueprint, Capabilities

_READ_APART = (
    "accounts", "sites", "approvals", "policy", "api", "deploys", "globalping", "retention", "schedules",
)  # fmt: skip


def load(path: Path, environ: Mapping[str, str], providers: Mapping[str, Blueprint] = PROVIDERS) -> Settings:
    """The configuration at `path`, checked. One secret that is missing is told when it is needed; those of senders are
    looked at where they are there, so that no two share one. Raises BadSettings with everything that is wrong."""
    document = read(path)
    complaints = Complaints(document)
    accounts = AccountReader(complaints, providers, environ, path.parent)
    settings = _Loader(complaints, providers, accounts).load(document.data)
    if len(complaints):
        raise BadSettings(complaints.sorted())
    return settings


class _Loader:
    """Reads each part and what holds between them."""

    def __init__(self, complaints: Complaints, providers: Mapping[str, Blueprint], accounts: AccountReader) -> None:
        self._complaints = complaints
        self._providers = providers
        self._accounts = accounts

    def load(self, data: Mapping[str, Data]) -> Settings:
        root = self._root(data)
        accounts, sites = self._named(data, "accounts"), self._named(data, "sites")
        found_accounts = self._read_accounts(accounts)
        found_sites = self._read_sites(sites, accounts or _meant(data, "accounts"))
        approvals = self._approvals(data.get("approvals"))
        tokens = self._tokens(data.get("api"), sites or _meant(data, "sites"))
        deploys = DeploysReader(
            self._complaints,
            self._accounts.secret,
            sites or _meant(data, "sites"),
            [token.name for token in tokens],
            found_sites,
        ).read(data.get("deploys"))
        senders = tuple(sender.name for sender in deploys.senders)
        schedules = self._schedules(root, found_sites)
        scheduled = schedules.read(data.get("schedules"))
        policy = built_in(approvals.approvers, senders, bool(scheduled))
        places: Mapping[str, Place] = {}
        if "policy" in data:
            meant = sites or _meant(data, "sites")
            named = Named(found_sites, meant, _token_names(data), approvals, senders, _schedule_names(data))
            reader = PolicyReader(self._complaints, named)
            policy = reader.read(data["policy"]) or policy
            keys: list[Place] = [PLACE, (*PLACE, "break_glass"), (*PLACE, "groups", "approvers")]
            places = {".".join(map(str, key)): key for key in keys} | reader.places
        kept = self._retention(data.get("retention"))
        globalping = GlobalpingReader(self._complaints, found_sites, self._accounts.secret).read(
            data.get("globalping"), sites or _meant(data, "sites")
        )
        ground = Ground(
            found_sites, {one.name: one for one in (*tokens, *deploys.senders)}, frozenset(senders),
            {name: self._complaints.line(place) for name, place in places.items()},
            self._abilities(found_accounts) if places else {},
        )  # fmt: skip
        if places and not len(self._complaints):
            refuse_what_never_passes(self._complaints, policy, ground, places)
        examples = examples_left(self._complaints, data, self._providers, root.mode)
        told = (
            *cautions(found_accounts, ground, approvals, policy, self._providers),
            *loose(deploys),
            *halved(deploys, found_sites),
            *short_lived(kept),
            *vain(schedules.entries, policy, ground, self._complaints.line),
            *warned_of(examples),
        )
        return Settings(
            root.mode,
            root.command,
            found_accounts,
            found_sites,
            approvals,
            policy,
            tokens,
            kept,
            globalping,
            told,
            Limits(root.limits.jobs, root.limits.urls),
            root.time_zone,
            scheduled,
            self._resolvers(root),
            deploys,
            examples,
        )

    def _abilities(self, accounts: Mapping[str, AccountSettings]) -> Mapping[str, Capabilities]:
        """What each account can do; nothing of any where something is wrong already."""
        if len(self._complaints):
            return {}
        return {name: capabilities(one, self._providers[one.provider]) for name, one in accounts.items()}

    def _root(self, data: Mapping[str, Data]) -> RootDoc:
        own = {key: value for key, value in data.items() if key not in _READ_APART}
        root = self._complaints.read(RootDoc, own, ()) or RootDoc()
        if not re.fullmatch(COMMAND, root.command):
            advice = "Write a slash and up to 31 small letters, digits, `-` or `_`, such as /purge."
            self._complaints.add(("command",), f"{quoted(root.command)} is not a slash command.", advice)
        return root

    def _schedules(self, root: RootDoc, sites: Mapping[str, Site]) -> ScheduleReader:
        zone = spans.zone(self._complaints, ("time_zone",), root.time_zone) or UTC
        return ScheduleReader(self._complaints, sites, root.command, zone, root.time_zone)

    def _resolvers(self, root: RootDoc) -> tuple[str, ...]:
        for n, typed in enumerate(root.resolvers):
            if address_of(typed) is None:
                what = f"{quoted(typed)} is not the address of a resolver."
                self._complaints.add(("resolvers", n), what, "Write an IP address, such as 9.9.9.9 or 10.0.0.2:5353.")
        return tuple(root.resolvers)

    def _named(self, data: Mapping[str, Data], key: str) -> Mapping[str, Data]:
        found = data.get(key)
        if found is None or isinstance(found, dict):
            return found or {}
        what = f"must hold names and their settings, not {type_names[type(found)]}."
        self._complaints.add((key,), what, "Write {name: {…}}.")
        return {}

    def _read_accounts(self, data: Mapping[str, Data]) -> dict[str, AccountSettings]:
        read = {name: self._accounts.read(name, part, ("accounts", name)) for name, part in data.items()}
        return {name: account for name, account in read.items() if account}

    def _read_sites(self, data: Mapping[str, Data], accounts: Mapping[str, Data]) -> dict[str, Site]:
        self._refuse_lookalikes(data)
        reader = SiteReader(self._complaints, {name: self._blueprint(part) for name, part in accounts.items()})
        read = {name: reader.read(name, part, ("sites", name)) for name, part in data.items()}
        check_order(self._complaints, read, data)
        return {name: site for name, site in read.items() if site}

    def _refuse_lookalikes(self, sites: Mapping[str, Data]) -> None:
        firsts: dict[str, str] = {}
        for name in sites:
            first = firsts.setdefault(name.lower(), name)
            if first != name:
                what = f"{quoted(name)} differs from {quoted(first)} only in large and small letters."
                self._complaints.add(("sites", name), what, "Give the site another name.")

    def _blueprint(self, account: Data) -> Blueprint | None:
        provider = account.get("provider") if isinstance(account, dict) else None
        return self._providers.get(provider) if isinstance(provider, str) else None

    def _approvals(self, data: Data) -> Approvals:
        place: Place = ("approvals",)
        doc = None if data is None else self._complaints.read(ApprovalsDoc, data, place)
        if doc is None:
            return Approvals()
        people = [shapes.voter(self._complaints, (*place, "approvers", n), who) for n, who in enumerate(doc.approvers)]
        for n, who in enumerate(people):
            if who and who in people[:n]:
                self._complaints.add((*place, "approvers", n), f"{quoted(who)} is named twice.", "Keep one.")
        if people and not doc.channel:
            self._complaints.add(
                (*place, "channel"), "is missing.", "Add the channel where approvers are asked, by id."
            )
        channel = shapes.channel(self._complaints, (*place, "channel"), doc.channel) if doc.channel else ""
        return Approvals(channel, tuple(people))

    def _retention(self, data: Data) -> Retention:
        place: Place = ("retention",)
        doc = None if data is None else self._complaints.read(RetentionDoc, data, place)
        if doc is None:
            return Retention()
        jobs, documents = (
            shapes.time(self._complaints, (*place, name), typed)
            for name, typed in (("jobs", doc.jobs), ("documents", doc.documents))
        )
        return Retention(jobs, documents)

    def _tokens(self, data: Data, sites: Mapping[str, Data]) -> tuple[ApiToken, ...]:
        doc = None if data is None else self._complaints.read(ApiDoc, data, ("api",))
        names: set[str] = set()
        return tuple(
            self._token(t, ("api", "tokens", n), sites, names) for n, t in enumerate(doc.tokens if doc else ())
        )

    def _token(self, doc: TokenDoc, place: Place, sites: Mapping[str, Data], names: set[str]) -> ApiToken:
        shapes.name(self._complaints, (*place, "name"), doc.name, "token")
        if doc.name in names:
            self._complaints.add(
                (*place, "name"), f"{quoted(doc.name)} is named twice.", "Give each token its own name."
            )
        names.add(doc.name)
        for n, site in enumerate(doc.sites):
            if site not in sites:
                self._complaints.add((*place, "sites", n), *unknown("site", site, sites))
        return ApiToken(doc.name, self._accounts.secret(doc.bearer), frozenset(doc.sites), doc.may == "command")


def _token_names(data: Mapping[str, Data]) -> frozenset[str]:
    """Every token and sender that has a name in the file."""
    parts = [part for key in ("api", "deploys") if isinstance(part := data.get(key), dict)]
    lists = [
        found for part in parts for key in ("tokens", "github", "oidc") if isinstance(found := part.get(key), list)
    ]
    tokens = [token for found in lists for token in found]
    return frozenset(str(token["name"]) for token in tokens if isinstance(token, dict) and token.get("name"))


def _schedule_names(data: Mapping[str, Data]) -> frozenset[str]:
    """Every schedule that has a name in the file."""
    found = data.get("schedules")
    schedules = found if isinstance(found, list) else []
    return frozenset(str(one["name"]) for one in schedules if isinstance(one, dict) and one.get("name"))


def _meant(data: Mapping[str, Data], key: str) -> Mapping[str, Data]:
    """What stands under a misspelt `key`, which is told by itself: a name from there is not missing as well."""
    keys = [*RootDoc.model_fields]
    words = [] if key in data else [word for word in data if get_close_matches(word.lower(), keys, 1) == [key]]
    found = data[words[0]] if words else None
    return found if isinstance(found, dict) else {}
