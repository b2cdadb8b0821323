"""The questions: each has a flag, a default and a check as one types. With `--yes` nothing is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import typer

from bot.beginning import checking
from bot.beginning.answers import (
    Beginning,
    LayerAnswer,
    LeftOut,
    SiteAnswer,
    site_name,
    usual,
)
from bot.beginning.checking import Check
from bot.beginning.grouping import Groups, unproven
from bot.beginning.looking import Sight
from bot.domain.answers.recognise import Certainty
from bot.domain.policies.wording import listed
from bot.domain.shown import Notes
from bot.domain.target import read_host
from bot.settings.placeholders import needed_of_account, needed_of_layer
from providers import PROVIDERS
from providers.contract import Field

LATER = "later"
PEOPLE_MAX = 20


class Unanswered(Exception):
    """A flag cannot be used, or a question has no answer; the text says which, and what to write."""


@dataclass(frozen=True, slots=True)
class Flags:
    """What was given on the command line; "" and none where nothing was."""

    hosts: Sequence[str] = ()
    site: str = ""
    layers: Sequence[str] = ()
    values: Sequence[str] = ()  # `cloudflare.zone=0123…`
    origin: str = ""
    edge: str = ""
    channel: str = ""
    approvals: str = ""
    approvers: Sequence[str] = ()
    slack: str = ""
    url: str = ""
    command: str = ""
    yes: bool = False


class Asker:
    """Asks, or takes what a flag says. `say` prints a line."""

    def __init__(self, flags: Flags, say: Callable[[str], None]) -> None:
        self._flags = flags
        self._say = say
        self._values: dict[str, dict[str, str]] = {}  # by provider, of the first layer that has it

    def ask(self, question: str, flag: str, given: str, check: Check, default: str = "") -> str:
        """One answer; "" for later. Raises Unanswered where the flag's is wrong, or nothing can be asked."""
        if given or self._flags.yes:
            answer = given or default
            if trouble := check(answer):
                raise Unanswered(f"{flag}: {trouble}")
            return answer

        def checked(typed: str) -> str:
            answer = "" if typed.strip() == LATER else typed.strip()
            if trouble := check(answer):
                raise typer.BadParameter(trouble)
            return answer

        return str(typer.prompt(question, default=default or LATER, value_proc=checked))

    def hosts(self) -> tuple[str, ...]:
        """The hosts, as requests carry them. Raises Unanswered."""
        typed = " ".join(self._flags.hosts)
        if typed or self._flags.yes:
            answer = self.ask("", "--host", typed, checking.hosts)
        else:
            self._say("Which host names do visitors use? Each is looked at; blanks between several.")
            answer = str(typer.prompt("Hosts", value_proc=_strict(checking.hosts)))
        return tuple(dict.fromkeys(read_host(word, Notes()) for word in checking.words(answer)))

    def layers(self, sight: Sight) -> tuple[LayerAnswer, ...]:
        """The caches in front of the first host, innermost first, with what each needs. Raises Unanswered."""
        if self._flags.yes and not (sight.found or self._flags.layers):
            what = f"nothing is known of what stands in front of {sight.host}: {unproven(sight)}"
            advice = "Look whether the name is right, and name the caches, such as --layer cloudflare"
            raise Unanswered(f"--layer: {what}. {advice}, or leave them with --layer later.")
        if not self._flags.layers and not self._flags.yes:
            self._say(f"Which caches stand in front, innermost first? Known here: {', '.join(PROVIDERS)}.")
            self._say(
                "`http` is any other cache that takes a request to purge. What stands further in may leave no mark."
            )
        typed = " ".join(self._flags.layers)
        if typed == LATER:
            return self._no_layers()
        answer = self.ask("Caches", "--layer", typed, checking.providers_or_later, " ".join(_seen(sight)))
        return tuple(self._layer(name, sight) for name in checking.words(answer)) or self._no_layers()

    def _no_layers(self) -> tuple[LayerAnswer, ...]:
        """None for now, and what that comes to."""
        self._say("Left for later: the file has the lines of the site and its caches, commented out, to fill in. Until")
        self._say("then the bot knows no such site, and neither purges nor checks it.")
        return ()

    def others(self, groups: Groups, first: str) -> tuple[tuple[SiteAnswer, ...], tuple[LeftOut, ...]]:
        """A site for each other group of hosts, and the hosts of none. Raises Unanswered."""
        sites: list[SiteAnswer] = []
        left_out = [*groups.left_out]
        for sights in groups.others:
            hosts, taken = tuple(one.host for one in sights), {first, *(one.site for one in sites)}
            through = listed([one.title for one in sights[0].found], "and")
            self._say(f"{listed(hosts, 'and')} came through {through}: a site of its own.")
            name = self._other_site(hosts[0], taken)
            if not name:
                left_out += [LeftOut(host, f"it came through {through}, and was left for later") for host in hosts]
                continue
            layers = tuple(self._layer(provider, sights[0]) for provider in _seen(sights[0]))
            schemes = tuple(dict.fromkeys(one.scheme for one in sights))
            sites.append(SiteAnswer(name, hosts, layers, schemes))
        self._all_told()
        for one in left_out:
            self._say(f"{one.host} is in no site: {one.why}.")
        return tuple(sites), tuple(left_out)

    def _other_site(self, host: str, taken: Collection[str]) -> str:
        """A name that no other site has; "" where it is left for later. Raises Unanswered."""

        def check(typed: str) -> str:
            if typed.lower() in {name.lower() for name in taken}:
                return f"`{typed}` is another site here. Write another name."
            return checking.site(typed) if typed else ""

        name = site_name(host)
        free = next(one for n in range(1, len(taken) + 2) if not check(one := f"{name}-{n}" if n > 1 else name))
        return self.ask("A short name for that site; `later` leaves it out", "--site", "", check, free)

    def _all_told(self) -> None:
        """Raise Unanswered where a `--set` is for no layer."""
        for name in self._told():
            if name not in self._values:
                raise Unanswered(f"--set: {name} is no layer here. Name it with --layer {name}, or leave that out.")

    def rest(self, groups: Groups, layers: tuple[LayerAnswer, ...]) -> Beginning:
        """What is not about caches. Raises Unanswered."""
        flags, hosts = self._flags, tuple(one.host for one in groups.first)
        first = site_name(hosts[0])
        site = self.ask("A short name for the site, to type", "--site", flags.site, checking.site, first)
        question = "Where the truth is, behind every cache, such as https://origin.shop.test"
        origin = self.ask(question, "--origin", flags.origin, checking.address).rstrip("/")
        others, left_out = self.others(groups, site)
        address, command = self._slack()
        if not flags.yes:
            self._say("Slack knows channels and people by id: a channel's details end with it, a profile's menu has")
            self._say("“Copy member ID”. Enter leaves it for later.")
        channel = self.ask("The channel for this site's jobs", "--channel", flags.channel, checking.channel)
        asked = "The channel where approval is asked for"
        approvals = self.ask(asked, "--approvals-channel", flags.approvals, checking.channel)
        given = " ".join(flags.approvers)
        approvers = self.ask("Who may approve", "--approver", given, checking.voters) if approvals or given else ""
        if approvers and not approvals:
            raise Unanswered("--approver: approvers need the channel where they are asked. Add --approvals-channel.")
        return Beginning(
            site, hosts, layers, (groups.first[0].scheme,), origin, flags.edge.rstrip("/"), channel, approvals,
            tuple(dict.fromkeys(checking.words(approvers)))[:PEOPLE_MAX], command, address, others, left_out,
            unproven(groups.first[0]) if groups.first[0].is_strange else "",
        )  # fmt: skip

    def _slack(self) -> tuple[str, str]:
        """Where Slack delivers to, "" for Socket Mode, and the slash command."""
        flags = self._flags
        either = checking.one_of("socket", "http")
        default = "http" if flags.url else "socket"
        question = "How Slack reaches the bot: socket needs no public address, http does"
        by = self.ask(question, "--slack", flags.slack, either, default)
        address = ""
        if by == "http":
            question = "The public address that leads to the bot, such as https://purgebot.example.com"
            address = self.ask(question, "--url", flags.url, checking.public, "https://purgebot.example.com")
        command = self.ask("The slash command", "--command", flags.command, checking.command, "/purge")
        return address.rstrip("/"), command

    def _layer(self, name: str, sight: Sight) -> LayerAnswer:
        """A layer, with the account's answers of an earlier one of that provider. What `--set` says of a layer is of
        the first."""
        blueprint, given = PROVIDERS[name], dict(self._told().get(name, {}))
        known = {one.name: one for one in (*blueprint.fields, *blueprint.layer_fields)}
        for key in given:
            if key not in known:
                raise Unanswered(f"--set: {blueprint.title} has no `{key}`. Known here: {', '.join(known)}.")
        earlier = self._values.get(name)
        needed = needed_of_layer(blueprint) if earlier else [*needed_of_account(blueprint), *needed_of_layer(blueprint)]
        given = {} if earlier else given
        stands = {other for group in blueprint.needs_one_of if any(key in given for key in group) for other in group}
        asked = [one for one in needed if one.name in given or one.name not in stands]
        extra = [known[key] for key in given if known[key] not in asked]
        values = {one.name: self._value(name, one, given.get(one.name, "")) for one in (*asked, *extra)}
        self._values.setdefault(name, values)
        of_account = {one.name for one in blueprint.fields}
        kept = {key: value for key, value in (earlier or {}).items() if key in of_account}
        return LayerAnswer(
            name, {key: value for key, value in (kept | values).items() if value}, self._doubt(name, sight)
        )

    def _doubt(self, name: str, sight: Sight) -> str:
        """What speaks for a cache that is only likely, where nobody was asked or named it."""
        found = [one for one in sight.found if one.provider == name]
        asked = not self._flags.yes or name in checking.words(" ".join(self._flags.layers))
        if asked or any(one.certainty is Certainty.CERTAIN for one in found):
            return ""
        return "; ".join(one.told for one in found)

    def _value(self, provider: str, one: Field, given: str) -> str:
        flag = f"--set {provider}.{one.name}"
        if one.tree and not given:
            return usual(one)
        title = PROVIDERS[provider].title
        asks = f"{title}, where this is (env:NAME or file:PATH): {one.what}" if one.secret else f"{title}: {one.what}"
        return self.ask(asks, flag, given, checking.field(one), usual(one))

    def _told(self) -> dict[str, dict[str, str]]:
        """The `--set` flags by provider and field. Raises Unanswered."""
        told: dict[str, dict[str, str]] = {}
        for word in self._flags.values:
            key, equals, value = word.partition("=")
            provider, dot, name = key.partition(".")
            if not (equals and dot and value) or provider not in PROVIDERS:
                raise Unanswered(f"--set: {key} cannot be read. Write it like --set cloudflare.zone=0123….")
            told.setdefault(provider, {})[name] = value
        return told


def _seen(sight: Sight) -> list[str]:
    return list(dict.fromkeys(one.provider for one in sight.found))


def _strict(check: Check) -> Callable[[str], str]:
    def checked(typed: str) -> str:
        if trouble := check(typed.strip()):
            raise typer.BadParameter(trouble)
        return typed.strip()

    return checked
