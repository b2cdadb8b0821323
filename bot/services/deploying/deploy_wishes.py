"""What a deploy is to purge: what it names, what its changed files come to, what every deploy of the site purges, and
all that in the cheapest form that the site and the policy let by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.domain.actor import Actor
from bot.domain.deploys.built import read_manifest
from bot.domain.deploys.changed import Changed, left_out, what_to_purge
from bot.domain.deploys.deploy import Announced
from bot.domain.deploys.file_rules import always
from bot.domain.deploys.globs import BadRule
from bot.domain.deploys.inherited_rules import always_of, file_rules_of, moved, widen_of
from bot.domain.deploys.manifest import BadManifest, Manifest, named_files
from bot.domain.grammar.command import Command
from bot.domain.grammar.reading import Reader
from bot.domain.grammar.speech import Speaker, Verb
from bot.domain.lists import without_covered
from bot.domain.policies.policy import Allow
from bot.domain.shown import Notes, shown
from bot.domain.site import Site
from bot.domain.target import Target, Unreadable
from bot.ledger.manifests import NOTHING_BEFORE, Before, packed
from bot.services.deploying.widening import Widened, saving, widened
from bot.services.off_loop import aside
from bot.services.replies import Refusal
from bot.services.requests.deciding import judge_plan
from bot.services.requests.purges import plan_for
from bot.services.setup import Core
from providers.contract import Kind

UNREAD_SHOWN = 10  # things that could not be read
FILES_ASIDE = 50  # one file costs as much as this many things of a list


@dataclass(frozen=True, slots=True)
class NotRead:
    """Nothing is done: some of what the deploy names cannot be purged."""

    unread: tuple[tuple[str, str], ...]  # what, and why

    @property
    def told(self) -> str:
        """All of it in words."""
        some = [f"{what}: {why}" for what, why in self.unread[:UNREAD_SHOWN]]
        more = len(self.unread) - len(some)
        return " ".join([*some, *([f"And {more:,} more."] if more > 0 else [])])


@dataclass(frozen=True, slots=True)
class Wished:
    """A deploy's purge, what it built, and what is told of its files. `pages` are what it purges by something wider."""

    command: Command
    manifest: bytes | None = None
    files: int = 0
    told: tuple[str, ...] = ()
    pages: tuple[Target, ...] = ()


async def wish_of(
    core: Core, actor: Actor, told: Announced, site: Site, key: str, later: Sequence[Site] = ()
) -> Wished | NotRead:
    """What the deploy told under `key` is to purge of `site`, which comes before `later`; read whole or not at all."""
    before = await _before(core, site, key) if told.manifest else NOTHING_BEFORE
    many = len(told.urls) + len(told.paths) + FILES_ASIDE * (len(told.changed) + (1000 if told.manifest else 0))
    wished = await aside(many, lambda: _wished(core, told, site, before, later))
    allowed = replace(site, deploy=replace(site.deploy, widen=widen_of(site, later)))
    if isinstance(wished, NotRead) or not (wished.command.targets and allowed.deploy.widen):
        return wished
    return await _in_cheapest_form(core, actor, wished, allowed, many)


async def _before(core: Core, site: Site, key: str) -> Before:
    """What the deploy under `key` is compared with. A bot that only observes tells what it would purge if it purged: it
    takes what came out last as purged."""
    if core.setup.observe:
        return Before(await core.ledger.read(lambda books: books.manifests.newest(site.name, but=key)))
    return await core.ledger.read(lambda books: books.manifests.before(site.name, but=key))


def _wished(core: Core, told: Announced, site: Site, before: Before, later: Sequence[Site]) -> Wished | NotRead:
    by, always_by = file_rules_of(site, later), always_of(site, later)
    hosts = [host for one in (site, *later) for host in one.hosts]
    notes = Notes()
    targets, unread = _named(core, told, site, notes)
    changed, manifest = Changed(), None
    try:
        targets.update(dict.fromkeys(moved(always(always_by), always_by, site)))
        if told.names_files:
            manifest = read_manifest(told.manifest, hosts) if told.manifest is not None else None
            changed = _changed(told, by, hosts, before, manifest)
    except BadManifest as exc:
        unread.append(("the manifest", f"{exc.what} {exc.advice}"))
    except BadRule as exc:
        unread.append((f"the rules of {site.name}", f"{exc.what} {exc.advice}"))
    if unread:
        return NotRead(tuple(unread))
    found, covered = moved(changed.targets, by, site), moved(changed.covered, by, site)
    targets.update(dict.fromkeys(found))
    kept, _ = without_covered(tuple(targets))
    pages = tuple(dict.fromkeys([*left_out(targets, kept), *covered]))
    command = Command(
        Verb.PURGE,
        tuple(target if target.site else replace(target, site=site.name) for target in kept),
        site.name,
        soft=told.soft,
        reason=told.reason or f"deploy of {told.version}",
        warm=told.warm,
        notes=notes.told(),
    )
    lent = (_lent(site, by),) if told.names_files and by is not site else ()
    doc = None if manifest is None else packed(manifest)
    return Wished(command, doc, changed.files, (*lent, *changed.told()), pages)


def _lent(site: Site, by: Site) -> str:
    return f"{site.name} has no rules for files of its own, so those of {by.name} count."


def _named(core: Core, told: Announced, site: Site, notes: Notes) -> tuple[dict[Target, None], list[tuple[str, str]]]:
    """What the deploy itself names, and what of that cannot be read, with why."""
    accounts = frozenset(layer.account for layer in site.layers)
    reader = Reader(Speaker([site], "", accounts, core.setup.command, core.setup.world), notes)
    targets: dict[Target, None] = {Target(Kind.EVERYTHING, "", site.name): None} if told.everything else {}
    unread: list[tuple[str, str]] = []
    for kind, value in _things(told):
        if kind in (Kind.URL, Kind.PATH) and value.endswith("/*"):
            what = "A star is taken literally here. For all below it, send it under `prefixes`, without the star."
            unread.append((f"{kind.value} `{shown(value)}`", what))
            continue
        try:
            targets.update(dict.fromkeys(reader.read(value, kind)))
        except Unreadable as why:
            unread.append((f"{kind.value} `{shown(value)}`", why.problem))
    return targets, unread


def _things(told: Announced) -> Iterator[tuple[Kind, str]]:
    named: Sequence[tuple[Kind, Iterable[str]]] = (
        (Kind.URL, told.urls), (Kind.PATH, told.paths), (Kind.PREFIX, told.prefixes), (Kind.TAG, told.tags),
    )  # fmt: skip
    return ((kind, value) for kind, values in named for value in values)


def _changed(told: Announced, by: Site, hosts: Collection[str], before: Before, manifest: Manifest | None) -> Changed:
    """What the changed files come to by the rules of `by`, on its hosts. Raises BadManifest and BadRule."""
    if manifest is not None:
        return what_to_purge(before.compared(manifest), by)
    return what_to_purge(named_files(told.changed, hosts), by)


async def _in_cheapest_form(core: Core, actor: Actor, wished: Wished, site: Site, many: int) -> Wished:
    """The same with prefixes in place of pages, where that takes less and needs nobody's vote."""
    known = await core.ledger.read(
        lambda books: {
            target.value: books.known.tagged(site.name, target.value)
            for target in wished.command.targets
            if target.kind is Kind.TAG
        }
    )
    providers = core.setup.providers
    found = await aside(many + len(wished.command.targets), lambda: widened(wished.command, site, providers, known))
    if not found.prefixes or not await is_let_by(core, actor, found, site):
        return wished
    now = core.clock.now()
    saved = await core.ledger.read(lambda books: saving(found, books, providers, now))
    pages = (*wished.pages, *left_out(wished.command.targets, found.command.targets))
    return replace(wished, command=found.command, told=(*wished.told, f"{saved}."), pages=tuple(dict.fromkeys(pages)))


async def is_let_by(core: Core, actor: Actor, found: Widened, site: Site) -> bool:
    """Whether `actor` may purge what was widened without anybody's vote."""
    plan = await plan_for(core, found.command, site)
    if isinstance(plan, Refusal):
        return False
    return isinstance(await judge_plan(core, actor, plan, found.command.reason), Allow)
