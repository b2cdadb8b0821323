"""Who may send deploys: their names, secrets and sites, each checked, and against each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from urllib.parse import urlsplit

from bot.domain.site import Site, comes_before
from bot.settings import shapes
from bot.settings.complaints import Complaints, quoted, unknown
from bot.settings.deploys_document import DeploysDoc, GithubSenderDoc, HookSenderDoc, OidcSenderDoc, SignedDoc
from bot.settings.model import GITHUB_ISSUER, Deploys, GithubEvent, GithubSender, HookSender, OidcSender, Secret
from bot.settings.reader import Data, Place
from bot.settings.secret_document import PLACES, SecretDoc
from bot.settings.signing import PREFIX, Unfit, signing_key, webhook_key

PLACE: Place = ("deploys",)
SECRETS_MOST = 2
WORKFLOWS = ".github/workflows/"
_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")
_WORKFLOW = re.compile(r"(?:\.github/workflows/)?[^/@\s]+\.ya?ml")
_WORKFLOW_REF = re.compile(r"[^/@\s]+/[^/@\s]+/\.github/workflows/[^/@\s]+\.ya?ml@\S+")
_ID = re.compile(r"[1-9][0-9]{0,19}")
_DEFAULT_AUDIENCE = re.compile(r"https://github\.com/[^/]+/?")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class DeploysReader:
    """Reads the part. `site_names` are the sites that have a name in the file, `sites` those of them that could be
    read, `taken` the names of API tokens."""

    def __init__(
        self,
        complaints: Complaints,
        secret: Callable[[SecretDoc], Secret],
        site_names: Collection[str],
        taken: Collection[str],
        sites: Mapping[str, Site],
    ) -> None:
        self._complaints = complaints
        self._secret = secret
        self._site_names = site_names
        self._sites_read = sites
        self._names = dict.fromkeys(taken, "a token of `api.tokens`")
        self._known: dict[str, str] = {}  # places and contents of secrets → whose

    def read(self, data: Data) -> Deploys:
        """Who is configured. Secrets are looked at where they can be read, and not kept."""
        doc = None if data is None else self._complaints.read(DeploysDoc, data, PLACE)
        if doc is None:
            return Deploys()
        return Deploys(
            tuple(self._hook(one, (*PLACE, "tokens", n)) for n, one in enumerate(doc.tokens)),
            tuple(self._github(one, (*PLACE, "github", n)) for n, one in enumerate(doc.github)),
            tuple(self._oidc(one, (*PLACE, "oidc", n)) for n, one in enumerate(doc.oidc)),
            {name: shapes.person(self._complaints, (*PLACE, "people", name), id) for name, id in doc.people.items()},
        )

    def _hook(self, doc: HookSenderDoc, place: Place) -> HookSender:
        name, sites = self._name(doc.name, place), self._sites(doc.sites, place)
        return HookSender(
            name, self._secrets(doc, place, signing_key, f"echo {PREFIX}$(openssl rand -base64 32)"), sites
        )

    def _github(self, doc: GithubSenderDoc, place: Place) -> GithubSender:
        name, sites = self._name(doc.name, place), self._sites(doc.sites, place)
        site = self._deployed(sites) or doc.sites[0]
        if sites <= self._sites_read.keys() and not self._deployed(sites):
            advice = (
                "Keep one, beside it only sites that come `before` it; give each other site a sender and a webhook of"
                " its own."
            )
            self._complaints.add((*place, "sites"), "An event of GitHub's is the deploy of one site.", advice)
        if not _REPOSITORY.fullmatch(doc.repository):
            what = f"{quoted(doc.repository)} is not the name of a repository."
            self._complaints.add((*place, "repository"), what, "Write owner/name, such as octo/shop.")
        self._require_which(doc, place)
        workflow = doc.workflow if "/" in doc.workflow or not doc.workflow else f"{WORKFLOWS}{doc.workflow}"
        secrets = self._secrets(doc, place, webhook_key, "openssl rand -hex 32")
        return GithubSender(
            name, secrets, doc.repository, site, doc.on, doc.environment, doc.branch, workflow,
            tuple(sorted(sites - {site})),
        )  # fmt: skip

    def _deployed(self, names: frozenset[str]) -> str:
        """The one of `names` that all the others come before; "" where there is none."""
        known = self._sites_read
        for name in names & known.keys():
            if names - {name} <= {one.name for one in comes_before(known[name], known)}:
                return name
        return ""

    def _require_which(self, doc: GithubSenderDoc, place: Place) -> None:
        """Complain where each preview or test run would count as a deploy, and about what does nothing."""
        wants, idle = ("environment", "workflow")
        if doc.on is GithubEvent.WORKFLOW_RUN:
            wants, idle = idle, wants
        if not getattr(doc, wants):
            said = {"environment": "previews", "workflow": "test runs"}[wants]
            such = {"environment": "production", "workflow": "deploy.yml"}[wants]
            what = f"is missing, and without it {said} would count as deploys."
            self._complaints.add((*place, wants), what, f"Add it, such as `{wants}: {such}`.")
        if getattr(doc, idle):
            self._complaints.add((*place, idle), f"means nothing with `on: {doc.on}`.", "Remove it.")
        if doc.workflow and not _WORKFLOW.fullmatch(doc.workflow):
            what = f"{quoted(doc.workflow)} is not the file of a workflow."
            self._complaints.add((*place, "workflow"), what, "Write its file's name, such as deploy.yml.")

    def _oidc(self, doc: OidcSenderDoc, place: Place) -> OidcSender:
        name, sites = self._name(doc.name, place), self._sites(doc.sites, place)
        for key, value in (("repository_id", doc.repository_id), ("repository_owner_id", doc.repository_owner_id)):
            if not _ID.fullmatch(value):
                owner = ".owner" if key == "repository_owner_id" else ""
                what = f"{quoted(value)} is not a number of GitHub's."
                advice = f"Ask for it: gh api repos/OWNER/NAME --jq {owner}.id"
                self._complaints.add((*place, key), what, advice)
        self._check_audience(doc.audience, (*place, "audience"))
        if doc.workflow and not _WORKFLOW_REF.fullmatch(doc.workflow):
            what = f"{quoted(doc.workflow)} is not what a token calls a workflow."
            advice = "Write the claim job_workflow_ref, such as octo/shop/.github/workflows/deploy.yml@refs/heads/main."
            self._complaints.add((*place, "workflow"), what, advice)
        if doc.ref and not doc.ref.startswith("refs/"):
            self._complaints.add((*place, "ref"), f"{quoted(doc.ref)} is not a ref.", f"Write refs/heads/{doc.ref}.")
        return OidcSender(
            name,
            doc.audience,
            doc.repository_id,
            doc.repository_owner_id,
            sites,
            doc.workflow,
            doc.ref,
            doc.environment,
            self._issuer(doc.issuer, (*place, "issuer")),
        )

    def _check_audience(self, audience: str, place: Place) -> None:
        advice = "Write a text of your own, such as the bot's address: https://purgebot.shop.test."
        if _DEFAULT_AUDIENCE.fullmatch(audience):
            what = "is what GitHub says where a workflow asks for nothing: tokens for others would count here."
            self._complaints.add(place, what, advice)
        elif not audience.strip():
            self._complaints.add(place, "is empty.", advice)

    def _issuer(self, issuer: str, place: Place) -> str:
        address = shapes.address(self._complaints, place, issuer, with_path=True)
        parts = urlsplit(address)
        if address and parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            what = "is not https: whoever is on the way could make tokens."
            self._complaints.add(place, what, f"Write it like {GITHUB_ISSUER}.")
        return address

    def _name(self, name: str, place: Place) -> str:
        shapes.name(self._complaints, (*place, "name"), name, "sender")
        if name in self._names:
            what = f"{quoted(name)} is {self._names[name]} already."
            self._complaints.add((*place, "name"), what, "Give each sender its own name.")
        self._names.setdefault(name, "a sender")
        return name

    def _sites(self, sites: Sequence[str], place: Place) -> frozenset[str]:
        for n, site in enumerate(sites):
            if site not in self._site_names:
                self._complaints.add((*place, "sites", n), *unknown("site", site, self._site_names))
        return frozenset(sites)

    def _secrets(self, doc: SignedDoc, place: Place, key_of: Callable[[str], bytes], how: str) -> tuple[Secret, ...]:
        if doc.secret and doc.secrets:
            self._complaints.add((*place, "secrets"), "cannot stand beside `secret`.", "Keep one of the two.")
        elif not doc.secret and not doc.secrets:
            self._complaints.add((*place, "secret"), "is missing.", f"{PLACES}; make one with: {how}")
        if len(doc.secrets) > SECRETS_MOST:
            what = f"names {len(doc.secrets)} secrets: the old one and the new one are enough."
            self._complaints.add((*place, "secrets"), what, "Remove those that nobody signs with.")
        written = [((*place, "secret"), doc.secret)] if doc.secret else []
        written += [((*place, "secrets", n), one) for n, one in enumerate(doc.secrets)]
        found = [(where, self._secret(one)) for where, one in written]
        for where, secret in found:
            self._check(secret, where, doc.name, key_of, how)
        return tuple(secret for _, secret in found)

    def _check(self, secret: Secret, place: Place, name: str, key_of: Callable[[str], bytes], how: str) -> None:
        value = secret.reveal_or_none()
        marks = {f"at {secret.env}\0{secret.file}", *([f"is {value.strip().removeprefix(PREFIX)}"] if value else [])}
        other = next((self._known[mark] for mark in marks if mark in self._known), None)
        self._known.update(dict.fromkeys(marks, name))
        if other is not None:
            whose = "is named twice" if other == name else f"is the secret of {quoted(other)} too"
            advice = "Keep one." if other == name else f"Give each sender its own: {how}"
            self._complaints.add(place, f"{whose}.", advice)
        elif value:
            try:
                key_of(value)
            except Unfit as exc:
                self._complaints.add(place, f"the secret there {exc}.", f"Make another: {how}")
