"""The file to start from."""

from __future__ import annotations

from providers.cloudflare import ZONE_EXAMPLE

HOSTS = ("www.example.com", "img.example.com")
ORIGIN = "https://origin.example.com"

_TEXT = """\
# purgebot's configuration. YAML 1.2. `purgebot config check` reads it without starting anything.
# A secret is never written here: {env: NAME} names a variable, {file: PATH} a file (relative to this one).

# `observe` plans and looks and never purges; so does a file without this line. `live` purges: set it when the plans
# look right.
mode: observe
command: /purge          # as in the Slack app's manifest

# Who we are at each provider. Rate limits belong to the account.
accounts:
  shield:
    provider: varnish
    url: "http://10.0.0.5:6081"          # where docs/providers/varnish/purgebot.vcl is loaded
  cf:
    provider: cloudflare
    token: {env: CLOUDFLARE_TOKEN}       # a token with Zone → Cache Purge on the zone, and nothing else
    # api_url: "https://proxy.internal/client/v4"          # an egress proxy; any account takes it
    # pace: {bulk: {rate: 5, per: 1, burst: 25}}           # keep to less than the provider allows
    # per_call: {url: 30}                                  # the most targets in one call

# What can be purged.
sites:
  shop:
    hosts: [<hosts>]
    schemes: [https]                     # what a URL typed without a scheme means; [https, http] purges both
    origin: "<origin>" # where the truth is, behind every cache; dialled as written
    environment: production              # or staging
    # channel: C0SHOP                    # where this site's jobs are told, by id
    mode: hard                           # or soft: what a plain purge means where the provider knows both
    # tags: {header: Cache-Tag}          # how the origin labels its answers
    # variants: [{CF-Device-Type: mobile}]                 # parts of the cache key beyond the URL
    marker: {header: X-Build}            # how a version is recognised: header, meta or pattern
    layers:                              # innermost first: the order in which they are purged
      - {account: shield}
      - {account: cf, zone: <zone>, tier: pro}
    edges:                               # places to look from; dialled as written, Host and SNI from the URL
      fra: "https://203.0.113.7"
      iad: "https://203.0.113.9"
    # deploy:                            # what a deploy purges for the files that it changes; docs/deploys.md
    #   files:                           # every rule that means a file counts; files named by their content are skipped
    #     - {match: "content/news/*.md", purge: ["/news/*", "/"]}        # a star is what it was in `match`
    #     - {match: "dist/**", purge: ["/**"]}
    #     - {match: "templates/**", purge: [prefix /news/, tag pages]}
    #   widen: [/news/]                  # may be purged whole, where one prefix takes less than its pages

# Wider purges need somebody's yes: one approver for a prefix, host or pattern, two for everything in production.
# Slack ids, not names; a profile's menu has "Copy member ID". User-groups (S…) may stand here too.
# approvals:
#   channel: C0APPROVE
#   approvers: [U0LEA, U0SAM, U0KIM]

# Who may purge what, and who must agree: the first rule that speaks decides, and where none does the answer is no.
# Without `policy` it is what the line above says, with 30 URLs, paths or tags free for every member. More in
# docs/policy.md.
# policy:
#   groups: {editors: [S0EDIT], sre: [S0SRE]}              # user-groups or people, by id; `approvers` are those above
#   approve_within: 30m                                    # then a request expires
#   run_within: 15m                                        # after the last yes
#   rules:
#     - {name: small, who: [editors, sre], kind: [url, path, tag], max_items: 30, then: allow}
#     - {name: wide, who: sre, kind: [url, path, tag, prefix, host, pattern], then: {approve: 1, of: approvers}}
#     - {name: all, who: sre, kind: everything, reason: required, then: {approve: 2, of: approvers}}
#     - {name: again, who: schedules, kind: [url, path, tag, prefix], then: allow}      # those below
#     # - {name: ci, who: "token:ci-shop", kind: [url, path, tag, prefix], then: allow}   # a sender below; by name only
#   tighten:                                               # adds to what a rule said, and never takes away
#     - {name: freeze, between: [2027-11-25, 2027-11-29], kind: [host, prefix, everything], then: deny, say: Sale}
#     - {name: night, outside: "Mon-Fri 08:00-19:00 Europe/Berlin", kind: host, then: {approve_more: 1}}
#   urgent: {who: sre, per_day: 5}                         # who may write --urgent; else the approvers
#   break_glass: {who: sre, reason_min: 20, per_day: 2, tell: [C0SEC]}

# Pipelines and the terminal come in by HTTP. `may: read` only looks, `may: command` also asks for purges.
# api:
#   tokens:
#     - {name: ops-cli, bearer: {env: OPS_TOKEN}, sites: [shop], may: command}

# Who may say that something was deployed: a pipeline that signs, a webhook of GitHub, or a workflow of GitHub without
# any secret. Without `policy` they purge URLs, paths, tags and prefixes of their sites. All three: docs/deploys.md.
# deploys: {tokens: [{name: ci-shop, secret: {env: DEPLOY_SECRET_SHOP}, sites: [shop]}]}

# Looking from around the world through Globalping: `check <url> from eu,us`. Measurements are public, so only the sites
# that are named here are looked at so. Limits and what leaves the machine: docs/globalping.md.
# globalping:
#   sites: [shop]
#   # token: {env: GLOBALPING_TOKEN}                       # more tests an hour
#   # from: {eu: {continent: EU, limit: 3}, tokyo: {city: Tokyo, limit: 2}}          # instead of eu, us, asia, …
#   # prove: true                                          # ask the same probes before and after each purge

# `why`, checks and proofs ask where DNS leads visitors: several resolvers show a change that has not reached everybody.
# resolvers: [9.9.9.9, 1.1.1.1]

# The most that may be open for one account; over it new work is refused, with when there is room again.
# limits: {jobs: 200, urls: 2000000}

# Purges that come again by themselves, when cron(8) says. One whose time passed while purgebot was down waits for a
# click in the site's channel; `missed: run` runs it, if it is not older than `within`. docs/schedules.md.
# time_zone: Europe/Berlin                                 # of hours that name none; without it UTC
# schedules:
#   - {name: nightly-news, cron: "0 3 * * 1-5", purge: tag news on shop, because: fresh for the morning}
#   - {name: front, cron: "*/15 6-9 * * *", purge: "https://www.example.com/", missed: run, within: 10m}

# How long what is remembered is kept: days, hours or never. Jobs go once they have ended; of the journal only what its
# entries say, never the entries.
# retention: {jobs: 400d, documents: never}
"""


def example() -> str:
    """A commented file to start from, in `mode: observe`. It holds only what works today."""
    written = {
        "<hosts>": ", ".join(HOSTS),
        "<origin>": ORIGIN,
        "<zone>": ZONE_EXAMPLE,
    }
    text = _TEXT
    for mark, value in written.items():
        text = text.replace(mark, value)
    return text
