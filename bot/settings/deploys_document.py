"""Who may send deploys, as the configuration file says it."""

from __future__ import annotations

from pydantic import ConfigDict, Field, JsonValue

from bot.settings.model import GITHUB_ISSUER, GithubEvent
from bot.settings.parts import Part, SlackId
from bot.settings.secret_document import SecretDoc

_NUMBER: dict[str, JsonValue] = {"type": ["string", "integer"], "pattern": "^[0-9]+$"}  # read as text, as written


class SignedDoc(Part):
    """What those have in common who share a secret with the bot."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["secret"]}, {"required": ["secrets"]}]})
    secret: SecretDoc | None = Field(default=None, description="where the secret is, {env: NAME} or {file: PATH}")
    secrets: list[SecretDoc] = Field(
        default=[],
        description="instead of `secret` while it is changed, the old one and the new one, such as"
        " [{file: old}, {file: new}]",
        json_schema_extra={"minItems": 1, "maxItems": 2},
    )
    name: str = Field(description="what this sender is called in the record; the policy knows it as token:NAME")


class HookSenderDoc(SignedDoc):
    """A machine that signs its deploys as the Standard Webhooks specification says."""

    sites: list[str] = Field(min_length=1, description="the sites that it may deploy, such as [shop]")


class GithubSenderDoc(SignedDoc):
    """A webhook of a GitHub repository."""

    repository: str = Field(
        description="owner/name of the repository", json_schema_extra={"pattern": r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$"}
    )
    sites: list[str] = Field(
        min_length=1,
        description="the one site that is deployed, such as [shop], and those that come `before` it, such as [shop,"
        " staging]",
    )
    on: GithubEvent = Field(description="which event is a deploy")
    environment: str = Field(default="", description="for deployment_status, the environment that is the site")
    branch: str = Field(default="", description="only deploys of this branch or tag")
    workflow: str = Field(default="", description="for workflow_run, the workflow that deploys, such as deploy.yml")


class OidcSenderDoc(Part):
    """A GitHub Actions workflow that shows a token of its run, so that there is no secret."""

    name: str = Field(description="what this sender is called in the record; the policy knows it as token:NAME")
    audience: str = Field(description="what the workflow asks its token for, such as https://purgebot.shop.test")
    repository_id: str = Field(description="the number of the repository, such as 74", json_schema_extra=_NUMBER)
    repository_owner_id: str = Field(description="the number of its owner, such as 65", json_schema_extra=_NUMBER)
    workflow: str = Field(
        default="",
        description="the claim job_workflow_ref, such as octo/shop/.github/workflows/deploy.yml@refs/heads/main",
    )
    ref: str = Field(default="", description="such as refs/heads/main")
    environment: str = Field(default="", description="the environment of the job, such as production")
    issuer: str = Field(default=GITHUB_ISSUER, description="who makes the tokens; another one for GitHub Enterprise")
    sites: list[str] = Field(min_length=1, description="the sites that it may deploy, such as [shop]")


class DeploysDoc(Part):
    """Who may say that something was deployed."""

    people: dict[str, SlackId] = Field(
        default={},
        description="who deployed, as senders name them, by Slack id, so that they are called where it goes wrong,"
        " such as {octocat: U0MIA}",
    )
    tokens: list[HookSenderDoc] = Field(
        default=[],
        description="machines that sign, such as [{name: ci-shop, secret: {env: DEPLOY_SECRET}, sites: [shop]}]",
    )
    github: list[GithubSenderDoc] = Field(
        default=[],
        description="webhooks of GitHub, such as [{name: gh-shop, secret: {env: HOOK_SECRET}, repository: octo/shop,"
        " on: deployment_status, environment: production, sites: [shop]}]",
    )
    oidc: list[OidcSenderDoc] = Field(
        default=[],
        description='workflows of GitHub without a secret, such as [{name: actions, audience: "https://purgebot.test",'
        " repository_id: 74, repository_owner_id: 65, sites: [shop]}]",
    )
