"""The configuration file as pydantic reads it: which keys there are, of which sort. What goes beyond one value is
checked afterwards, in words of our own. The JSON Schema comes from here too."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from bot.domain.site import Environment
from bot.settings.deploys_document import DeploysDoc
from bot.settings.model import GLOBALPING, Mode
from bot.settings.parts import Open, Part, SlackId
from bot.settings.policy_document import DURATION, PolicyDoc
from bot.settings.secret_document import PLACES as PLACES
from bot.settings.secret_document import SecretDoc as SecretDoc
from providers.contract import Kind

NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}"
HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
ADDRESS = r"https?://[^/?#@\s]+/?"
TIME = r"[1-9][0-9]{0,4}[dh]|never"
RESOLVER = r"(?:[0-9.]{7,15}|\[[0-9a-fA-F:]{2,39}\])(?::[0-9]{1,5})?|[0-9a-fA-F:]{2,39}"
COMMAND = r"/[a-z0-9_-]{1,31}"

HeaderName = Annotated[str, Field(json_schema_extra={"pattern": f"^{HEADER}$"})]
AddressText = Annotated[str, Field(json_schema_extra={"pattern": f"^{ADDRESS}$"})]
TimeText = Annotated[str, Field(json_schema_extra={"pattern": f"^(?:{TIME})$"})]
ResolverText = Annotated[str, Field(json_schema_extra={"pattern": f"^{RESOLVER}$"})]
Above = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class PaceDoc(Part):
    """A rate limit of our own for one of the provider's buckets."""

    rate: Above = Field(description="units every `per` seconds")
    per: Above = Field(description="the number of seconds that `rate` is for")
    burst: float = Field(ge=1, allow_inf_nan=False, description="units at once")


class AccountDoc(Open):
    """Who we are at a provider."""

    provider: str = Field(description="the provider's name")
    pace: dict[str, PaceDoc] = Field(default={}, description="rate limits to keep instead of the provider's, by bucket")
    per_call: dict[Kind, Annotated[int, Field(ge=1)]] = Field(
        default={}, description="the most targets in one call, by kind"
    )


class LayerDoc(Open):
    """One cache of a site."""

    account: str = Field(description="a name from `accounts`")


class TagsDoc(Part):
    """How the origin labels its answers."""

    header: HeaderName = Field(description="the response header that holds the tags, such as Cache-Tag")


class MarkerDoc(Part):
    """How a version is recognised: one of the three."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})
    header: str = Field(default="", description="a response header, such as X-Build")
    meta: str = Field(default="", description="the name of a <meta> element")
    pattern: str = Field(default="", description="a regular expression on the page")


class FileRuleDoc(Part):
    """What is purged for the files of one glob."""

    slips = dict.fromkeys(("file", "files", "path", "from"), "It is called `match`.")
    match: str = Field(description="which files, by their names in the manifest, such as content/news/*.md")
    purge: list[str] = Field(
        min_length=1, description='what shows them; a star is what it was in `match`, such as ["/news/*", "/"]'
    )


class DeployDoc(Part):
    """What deploys of a site purge."""

    files: list[FileRuleDoc] = Field(
        default=[], description='from files to pages, such as [{match: "content/news/*.md", purge: ["/news/*", "/"]}]'
    )
    widen: list[str] = Field(default=[], description="what may be purged whole where that takes less, such as [/news/]")
    always: list[str] = Field(
        default=[], description="what every deploy purges, whatever it names, such as [/, tag pages]"
    )
    quiet: bool = Field(default=False, description="whether a deploy is told only where it does not go well")


class SiteDoc(Part):
    """A site: its hosts, its caches, and where to look."""

    hosts: list[str] = Field(min_length=1, description="the host names that visitors use")
    schemes: list[Literal["http", "https"]] = Field(
        default=["https"], min_length=1, description="what a URL typed without a scheme means"
    )
    origin: AddressText = Field(default="", description="where the truth is, such as https://origin.shop.test")
    environment: Environment = Field(default=Environment.PRODUCTION, description="how careful one must be")
    channel: SlackId = Field(default="", description="the Slack channel where this site's jobs are told, by id")
    mode: Literal["hard", "soft"] = Field(default="hard", description="what a plain purge means where both are known")
    tags: TagsDoc | None = Field(default=None, description="how the origin labels its answers")
    variants: list[dict[str, str]] = Field(
        default=[], description="headers beyond the URL that are part of the cache key"
    )
    marker: MarkerDoc | None = Field(default=None, description="how a version is recognised")
    layers: list[LayerDoc] = Field(min_length=1, description="the caches, innermost first, such as [{account: cf}]")
    before: str = Field(
        default="", description="the site whose deploys are purged and proven here first, such as shop on its staging"
    )
    edges: dict[str, AddressText] = Field(
        default={}, description="places to look from, such as {fra: https://203.0.113.7}"
    )
    deploy: DeployDoc | None = Field(default=None, description="what deploys purge for the files that they change")


class ApprovalsDoc(Part):
    """Where approval is asked for, and of whom."""

    channel: SlackId = Field(default="", description="a Slack channel's id")
    approvers: list[SlackId] = Field(default=[], description="the ids of Slack users and user-groups who may approve")


class TokenDoc(Part):
    """A machine that may use the HTTP surface."""

    name: str = Field(description="what this token is called in the record")
    bearer: SecretDoc = Field(description="where the token is, {env: NAME} or {file: PATH}")
    sites: list[str] = Field(min_length=1, description="the sites that it may see")
    may: Literal["read", "command"] = Field(default="read", description="only look, or also ask for purges")


class ApiDoc(Part):
    """The HTTP surface."""

    tokens: list[TokenDoc] = Field(
        default=[],
        description="the machines that may use it, such as [{name: ci, bearer: {env: CI_TOKEN}, sites: [shop]}]",
    )


class RetentionDoc(Part):
    """How long what is remembered is kept: a time such as 400d or 12h, or never (it never goes)."""

    jobs: TimeText = Field(default="400d", description="ended jobs with all that belongs to them; 7d at least")
    documents: TimeText = Field(
        default="never", description="what the journal's entries say; their hashes stay, so the chain stays whole"
    )


class RegionDoc(Part):
    """Where probes are asked for: every filter that is given counts, as in Globalping's `locations`."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})
    continent: Literal["AF", "AN", "AS", "EU", "NA", "OC", "SA"] | None = Field(default=None, description="such as EU")
    region: str = Field(default="", description="a region of the United Nations' list, such as Western Europe")
    country: str = Field(default="", description="two letters, such as DE")
    state: str = Field(default="", description="of the United States, two letters")
    city: str = Field(default="", description="such as Tokyo")
    network: str = Field(default="", description="such as Google LLC")
    asn: int | None = Field(default=None, ge=1, description="the number of a network")
    tags: list[str] = Field(default=[], description="such as [eyeball-network]")
    magic: str = Field(default="", description="any of these in one text, such as Berlin+Germany")
    limit: int = Field(default=3, ge=1, description="how many probes")


class GlobalpingDoc(Part):
    """Looking from around the world through Globalping: for the sites that are named, since measurements are public."""

    token: SecretDoc | None = Field(default=None, description="a token of dash.globalping.io, for more tests an hour")
    api_url: str = Field(
        default=GLOBALPING,
        description="a proxy, or an emulator",
        json_schema_extra={"pattern": r"^https?://[^?#@\s]+$"},
    )
    sites: list[str] = Field(default=[], description="the sites that may be looked at so, such as [shop]")
    regions: dict[str, RegionDoc] | None = Field(
        default=None, alias="from", description="what can stand after `from`, such as {eu: {continent: EU, limit: 3}}"
    )
    limit: int = Field(default=20, ge=1, description="the most tests of one check: probes times URLs")
    reserve: int = Field(default=50, ge=0, description="how many tests of an hour are left to others")
    prove: bool = Field(default=False, description="ask the same probes before and after each purge of these sites")


class LimitsDoc(Part):
    """How much may be open for one account; over it new work is refused."""

    jobs: int = Field(default=200, ge=1, description="the most open jobs of one account")
    urls: int = Field(default=2_000_000, ge=1, description="the most targets in open jobs of one account")


class ScheduleDoc(Part):
    """A purge that comes again by itself."""

    name: str = Field(description="what it is called, in one word; the policy knows it as schedule:NAME")
    cron: str = Field(description='when, as cron(8) writes it, such as "0 3 * * 1-5" or @daily')
    purge: str = Field(description='what, as typed in chat, with its site, such as "tag news on shop"')
    time_zone: str = Field(default="", description="where those hours are, such as Europe/Berlin")
    because: str = Field(default="", description="the reason that is recorded")
    missed: Literal["run", "report"] = Field(
        default="report", description="what becomes of one whose time passed while purgebot was down"
    )
    within: str = Field(
        default="2h",
        description="how late a missed one may still run",
        json_schema_extra={"pattern": f"^{DURATION}$"},
    )


class RootDoc(Part):
    """purgebot's configuration file."""

    slips = dict.fromkeys(PolicyDoc.model_fields, "It stands under `policy`: indent it.")
    mode: Mode = Field(
        default=Mode.OBSERVE,
        description="`observe`, where nothing is said, plans and looks and never purges; `live` purges",
    )
    command: str = Field(
        default="/purge", description="the slash command", json_schema_extra={"pattern": f"^{COMMAND}$"}
    )
    accounts: dict[str, AccountDoc] = Field(default={}, description="who we are at each provider")
    sites: dict[str, SiteDoc] = Field(default={}, description="what can be purged")
    approvals: ApprovalsDoc = Field(default=ApprovalsDoc(), description="where approval is asked for, and of whom")
    policy: PolicyDoc = Field(default=PolicyDoc.model_construct(), description="who may purge what, and who must agree")
    api: ApiDoc = Field(default=ApiDoc(), description="the HTTP surface")
    deploys: DeploysDoc = Field(default=DeploysDoc(), description="who may say that something was deployed")
    globalping: GlobalpingDoc = Field(
        default=GlobalpingDoc(), description="looking from around the world, for sites that are opted in"
    )
    resolvers: list[ResolverText] = Field(
        default=[], description="DNS resolvers that `why` asks, by address; without them the one of this machine"
    )
    limits: LimitsDoc = Field(
        default=LimitsDoc(), description="how much may be open for one account before new work is refused"
    )
    time_zone: str = Field(
        default="UTC", description="the zone of hours that name none, such as Europe/Berlin, where Slack knows no other"
    )
    schedules: list[ScheduleDoc] = Field(default=[], description="purges that come again by themselves")
    retention: RetentionDoc = Field(default=RetentionDoc(), description="how long what is remembered is kept")
