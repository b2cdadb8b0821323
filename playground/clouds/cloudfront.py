"""CloudFront's invalidation API as far as purgebot meets it: signatures, permissions, validation, limits, completion.

Paths, bodies, codes and statuses are those of AWS' API description of version 2020-05-31, read on 2026-11-23. Both
rules of the developer guide are kept: 150 paths and 1 wildcard a second for the account, and 3,000 paths and 15
wildcards in progress for each distribution.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from playground.cache import Cache
from playground.clouds.aws import NO_SUCH_KEY, Caller, Denied, Sent, caller_of
from playground.clouds.buckets import Bucket, Buckets
from playground.clouds.desk import Desk, Done, Refusals, Request
from playground.clouds.invalidations import XMLNS, Batch, Invalidation, Invalidations, is_reached, read
from playground.http import Reply

ACCOUNT = "cloudfront"
BODY_MAX = 4 * 1024 * 1024  # bytes; ours, AWS tells none
REGION = "us-east-1"
BUDGETS = {"paths": Bucket(150, 150), "wildcards": Bucket(1, 1)}
RUNNING_PATHS, RUNNING_WILDCARDS = 3000, 15
TOO_MANY = "Processing your request will cause you to exceed the maximum number of in-progress "
ACTIONS = frozenset(
    {
        "CreateInvalidation", "GetInvalidation", "GetDistribution", "GetDistributionTenant",
        "CreateInvalidationForDistributionTenant", "GetInvalidationForDistributionTenant",
    }
)  # fmt: skip
_ROUTE = re.compile(r"/2020-05-31/(distribution|distribution-tenant)/([^/]+)(?:/(invalidation)(?:/([^/]+))?)?")


@dataclass(frozen=True, slots=True)
class Distribution:
    """One distribution: the hosts it serves, its tenants' hosts by tenant id, and the header its tags come from."""

    id: str
    domain: str
    hosts: frozenset[str]
    tag_header: str = ""
    tenants: Mapping[str, frozenset[str]] = field(default_factory=dict)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is about: its distribution, the hosts there, and `distribution/<id>` or a tenant's place."""

    distribution: Distribution
    hosts: frozenset[str]
    place: str


@dataclass(kw_only=True)
class CloudFront(Desk):
    """One AWS account with its distributions. `callers` by access key."""

    account: str = ACCOUNT
    callers: Mapping[str, Caller]
    distributions: Sequence[Distribution]
    buckets: Buckets
    invalidations: Invalidations
    completes_in: float = 20.0  # seconds after it was made

    keeps = BODY_MAX + 1

    def shown(self, request: Request) -> tuple[str, str, str]:
        """Without the query: no call has one."""
        return request.path, request.text, ""

    def refusals(self, request: Request) -> Refusals:
        """Too much is 400 at AWS."""
        forbidden = "User is not authorized to perform: cloudfront:CreateInvalidation"
        return Refusals(
            throttle=_failure(400, "Throttling", "Rate exceeded"),
            bad_token=_failure(403, "InvalidClientTokenId", NO_SUCH_KEY),
            forbidden=_failure(403, "AccessDenied", forbidden),
        )

    async def reply(self, request: Request, ahead: float) -> Done:
        """One API request's answer."""
        raw = request.mount + request.target.partition("?")[0]
        sent = Sent(request.method, raw, request.query, request.lines, request.body)
        try:
            caller = caller_of(sent, self.callers, REGION, "cloudfront", self.now())
            return self._routed(request, caller)
        except Denied as exc:
            return _failure(exc.status, exc.code, str(exc)), ()

    def _routed(self, request: Request, caller: Caller) -> Done:
        found = _ROUTE.fullmatch(request.path)
        if found is None:
            raise Denied(404, "NoSuchResource", "The specified resource does not exist.")
        sort, id_, listed, one = found.groups()
        match (request.method, bool(listed), bool(one)):
            case ("GET", False, False):
                action, reader = ("GetDistribution", self._shown)
            case ("GET", True, True):
                action, reader = ("GetInvalidation", self._one)
            case ("POST", True, False):
                action, reader = ("CreateInvalidation", self._made)
            case _:
                raise Denied(405, "MethodNotAllowed", "The method is not allowed against this resource.")
        tenant = {"GetDistribution": "GetDistributionTenant"}.get(action, f"{action}ForDistributionTenant")
        place = f"{sort}/{id_}"
        action = action if sort == "distribution" else tenant
        caller.must("cloudfront", action, f"arn:aws:cloudfront::123456789012:{place}")
        return reader(self._asked(sort, id_), request.body, one or "")

    def _asked(self, sort: str, id_: str) -> Asked:
        for one in self.distributions:
            if sort == "distribution" and one.id == id_:
                return Asked(one, one.hosts, f"{sort}/{id_}")
            if sort != "distribution" and id_ in one.tenants:
                return Asked(one, one.tenants[id_], f"{sort}/{id_}")
        if sort == "distribution":
            raise Denied(404, "NoSuchDistribution", "The specified distribution does not exist.")
        raise Denied(404, "EntityNotFound", "The specified entity does not exist.")

    def _made(self, asked: Asked, body: bytes, one: str) -> Done:
        if len(body) > BODY_MAX:
            raise Denied(413, "BatchTooLarge", "Invalidation batch specified is too large.")
        batch = read(body)
        made, purged = self.invalidations.repeated(asked.place, batch), tuple[str, ...]()
        if made is None:
            self._take(asked.distribution.id, batch)
            done = self.now() + self.completes_in + self.pace.later.get(self.account, 0.0)
            made = self.invalidations.make(asked.distribution.id, asked.place, batch, done)
            purged = self.purge_urls(lambda cache: _reached(batch, cache, asked))
        where = f"https://cloudfront.amazonaws.com/2020-05-31/{asked.place}/invalidation/{made.id}"
        return _xml(201, self._document(made), {"location": where}), purged

    def _take(self, distribution: str, batch: Batch) -> None:
        _, paths, wildcards = self.invalidations.running(distribution)
        if paths + len(batch.entries) > RUNNING_PATHS:
            raise Denied(400, "TooManyInvalidationsInProgress", f"{TOO_MANY}invalidations.")
        if wildcards + batch.wildcards > RUNNING_WILDCARDS:
            raise Denied(400, "TooManyInvalidationsInProgress", f"{TOO_MANY}wildcard invalidations.")
        units = {"paths": len(batch.entries), "wildcards": batch.wildcards}
        if any(self.buckets.tokens(name) < n for name, n in units.items()):
            raise Denied(400, "Throttling", "Rate exceeded")
        for name, n in units.items():
            self.buckets.take(name, n)

    def _one(self, asked: Asked, body: bytes, one: str) -> Done:
        found = self.invalidations.find(asked.place, one)
        if found is None:
            raise Denied(404, "NoSuchInvalidation", "The specified invalidation does not exist.")
        return _xml(200, self._document(found)), ()

    def _shown(self, asked: Asked, body: bytes, one: str) -> Done:
        its = asked.distribution
        if not asked.place.startswith("distribution/"):
            id_ = asked.place.partition("/")[2]
            hosts = "".join(f"<member><Domain>{host}</Domain></member>" for host in sorted(asked.hosts))
            inner = f"<Id>{id_}</Id><DistributionId>{its.id}</DistributionId><Domains>{hosts}</Domains>"
            return _xml(200, f'<DistributionTenant xmlns="{XMLNS}">{inner}</DistributionTenant>'), ()
        names = "".join(f"<CNAME>{host}</CNAME>" for host in sorted(its.hosts))
        tags = f"<CacheTagConfig><HeaderName>{its.tag_header}</HeaderName></CacheTagConfig>" if its.tag_header else ""
        inner = (
            f"<Id>{its.id}</Id><Status>Deployed</Status><InProgressInvalidationBatches>"
            f"{self.invalidations.running(its.id)[0]}</InProgressInvalidationBatches><DomainName>{its.domain}"
            f"</DomainName><DistributionConfig><Aliases><Quantity>{len(its.hosts)}</Quantity><Items>{names}</Items>"
            f"</Aliases><Enabled>{str(its.enabled).lower()}</Enabled>{tags}</DistributionConfig>"
        )
        return _xml(200, f'<Distribution xmlns="{XMLNS}">{inner}</Distribution>'), ()

    def _document(self, made: Invalidation) -> str:
        status = "Completed" if self.now() >= made.done else "InProgress"
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(made.made))
        paths = "".join(f"<Path>{escape(entry)}</Path>" for entry in made.batch.entries)
        return (
            f'<Invalidation xmlns="{XMLNS}"><Id>{made.id}</Id><Status>{status}</Status><CreateTime>{created}'
            f"</CreateTime><InvalidationBatch><Paths><Quantity>{len(made.batch.entries)}</Quantity><Items>{paths}"
            f"</Items></Paths><CallerReference>{escape(made.batch.reference)}</CallerReference></InvalidationBatch>"
            "</Invalidation>"
        )


def _host(url: str) -> str:
    return url.split("://", 1)[1].partition("/")[0]


def _reached(batch: Batch, cache: Cache, asked: Asked) -> list[str]:
    """The URLs of the copies here that a batch is about."""
    urls = [url for url in cache.reached("everything", ("*",)) if _host(url) in asked.hosts]
    return sorted({url for entry in batch.entries for url in _about(entry, urls, cache, asked.distribution)})


def _about(entry: str, urls: Sequence[str], cache: Cache, distribution: Distribution) -> list[str]:
    """The URLs that an entry is about; tags are known only where the distribution reads some."""
    if entry.startswith("#"):
        tagged = set(cache.reached("tag", (entry[1:],))) if distribution.tag_header else set()
        return [url for url in urls if url in tagged]
    return [url for url in urls if is_reached(entry, "/" + url.split("://", 1)[1].partition("/")[2])]


def _failure(status: int, code: str, message: str) -> Reply:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return _xml(status, f'<ErrorResponse xmlns="{XMLNS}">{error}<RequestId>{_REQUEST}</RequestId></ErrorResponse>')


def _xml(status: int, document: str, headers: Mapping[str, str] | None = None) -> Reply:
    about = {"content-type": "text/xml", "x-amzn-requestid": _REQUEST, **(headers or {})}
    return Reply(status, about, f'<?xml version="1.0"?>\n{document}'.encode())


_REQUEST = "b5a6c3a0-0000-4000-8000-000000000000"
