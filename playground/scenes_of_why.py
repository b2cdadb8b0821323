"""Why is it still old: a scene for each verdict."""

from __future__ import annotations

from playground.manners import Manner
from playground.scenes import HELD, Scene, Stage

PHONE = "Mozilla/5.0 (iPhone) Mobile"
WORKER = "<script>navigator.serviceWorker.register('/sw.js')</script>"
IMMUTABLE = "public, max-age=31536000, immutable"


async def nobody(stage: Stage) -> None:
    """A deploy, and no purge."""
    await stage.grow_old()


async def race(stage: Stage) -> None:
    """The edge alone is purged, and a visitor has it filled again from the shield."""
    await stage.grow_old()
    await stage.purge(f"{stage.url} only cf --no-check")
    await stage.visit()


async def slash(stage: Stage) -> None:
    """The page with a slash at the end is purged."""
    await stage.grow_old()
    await stage.purge(f"{stage.url}/ --no-check")


async def order(stage: Stage) -> None:
    """The same arguments are purged in another order."""
    await stage.grow_old(f"{stage.path}?size=m&color=red")
    await stage.purge(f"{stage.url}?color=red&size=m --no-check")


async def redirect(stage: Stage) -> None:
    """The page has moved, and its old URL only redirects."""
    stage.serve(Manner(status=301, says={"location": f"{stage.path}/new"}))


async def query(stage: Stage) -> None:
    """The page is purged without its query."""
    await stage.grow_old(stage.path, f"{stage.path}?page=2")
    await stage.purge(f"{stage.url} --no-check")


async def ignored(stage: Stage) -> None:
    """The edges take no notice of the query."""
    stage.serve(Manner(ignores_query=True))
    await stage.grow_old()


async def variant(stage: Stage) -> None:
    """Phones have copies of their own, which a purge of the URL does not reach."""
    stage.serve(Manner(by_device=True, says={"vary": "User-Agent"}))
    stage.town.origin.deploy(stage.path, ago=3 * HELD)
    await stage.visit()
    await stage.visit(sends={"user-agent": PHONE})
    stage.age()
    stage.deploy()
    await stage.purge(f"{stage.url} --no-check")


async def custom(stage: Stage) -> None:
    """Phones have copies of their own, by a key of the CDN's that no answer names."""
    stage.serve(Manner(by_device=True))
    stage.town.origin.deploy(stage.path, ago=3 * HELD)
    await stage.visit(sends={"user-agent": PHONE})
    stage.age()
    stage.deploy()
    await stage.purge(f"{stage.url} --no-check")


async def mixed(stage: Stage) -> None:
    """The origin has a page for phones, no key knows of them, and a phone comes first."""
    stage.serve(Manner(has_phones=True))
    stage.deploy()
    await stage.visit(sends={"user-agent": PHONE})


async def encoding(stage: Stage) -> None:
    """What is packed with Brotli is kept under a key of its own, which a purge of the URL does not reach."""
    await kept_by(stage, "accept-encoding", "br")


async def cors(stage: Stage) -> None:
    """What the site's own pages load, with their Origin, is kept under a key of its own."""
    await kept_by(stage, "origin", f"http://{stage.host}")


async def language(stage: Stage) -> None:
    """German readers have copies of their own."""
    await kept_by(stage, "accept-language", "de")


async def kept_by(stage: Stage, header: str, value: str) -> None:
    """What visitors send in a header is part of the edges' key, as Vary says, and a purge names the URL alone."""
    stage.serve(Manner(by_headers=(header,), says={"vary": header.title()}))
    stage.town.origin.deploy(stage.path, ago=3 * HELD)
    await stage.visit(sends={header: value})
    stage.age()
    stage.deploy()
    await stage.purge(f"{stage.url} --no-check")


async def device(stage: Stage) -> None:
    """A device that nobody names has copies of its own: the page varies by a header that only the application knows."""
    stage.serve(Manner(by_headers=("x-device",), says={"vary": "X-Device"}))
    stage.town.origin.deploy(stage.path, ago=3 * HELD)
    await stage.visit(sends={"x-device": "tv"})
    stage.age()
    stage.deploy()
    await stage.purge(f"{stage.url} --no-check")


async def case(stage: Stage) -> None:
    """The page is purged in small letters."""
    await stage.grow_old()
    await stage.purge(f"{stage.url.lower()} --no-check")


async def rewritten(stage: Stage) -> None:
    """A rule of the CDN's rewrites the URL, and a purge by prefix goes by what it is rewritten to."""
    stage.serve(Manner(rewrites_to=f"/app{stage.path}"))
    await stage.grow_old()
    await stage.purge(f"prefix {stage.host}{stage.path} --no-check", vote=True)


async def zone(stage: Stage) -> None:
    """The name is served by another zone than the one that is purged."""
    stage.serve(Manner(other_zone=True))
    await stage.grow_old()
    await stage.purge(f"{stage.url} --no-check")


async def moved(stage: Stage) -> None:
    """The edges kept a redirect from before the page was back."""
    stage.serve(Manner(status=302, says={"location": "/maintenance"}, keeps_errors=True))
    await stage.visit()
    stage.serve(Manner(keeps_errors=True))
    stage.deploy(ago=60)


async def browsers(stage: Stage) -> None:
    """Every cache is right after a purge, and browsers were told to keep the page for a day."""
    stage.serve(Manner(says={"cache-control": "max-age=86400"}))
    await stage.grow_old()
    await stage.purge(f"{stage.url}", until=("done",))


async def pattern(stage: Stage) -> None:
    """A prefix that ends with a slash leaves out the page before it."""
    await stage.grow_old()
    await stage.purge(f"prefix {stage.host}{stage.path}/ --no-check", vote=True)


async def rule(stage: Stage) -> None:
    """The edges keep pages an hour at least, and the origin says a minute."""
    stage.serve(Manner(keeps=3600, says={"cache-control": "public, max-age=60"}))
    await stage.grow_old()


async def targeted(stage: Stage) -> None:
    """The origin says a minute to all, and a day to CDNs."""
    stage.serve(Manner(says={"cache-control": "public, max-age=60", "cdn-cache-control": "max-age=86400"}))
    await stage.grow_old()


async def unfinished(stage: Stage) -> None:
    """CloudFront accepts the invalidation, and needs ten minutes."""
    await stage.grow_old()
    stage.world.pace.later.update({"aws": 600.0, **dict.fromkeys(stage.town.edges, 600.0)})
    await stage.purge(f"{stage.url}", until=("confirming",))


async def soft(stage: Stage) -> None:
    """A soft purge of a page that is served once more while the new one is fetched."""
    stage.serve(Manner(while_fetching=True))
    await stage.grow_old()
    await stage.purge(f"{stage.url} soft --no-check")


async def overwritten(stage: Stage) -> None:
    """A file that says `immutable` has other content now."""
    stage.serve(Manner(says={"cache-control": IMMUTABLE}))
    await stage.grow_old()


async def worker(stage: Stage) -> None:
    """Every cache is right after a purge, and the page registers a service worker."""
    stage.serve(Manner(script=WORKER, says={"cache-control": "max-age=0, s-maxage=86400"}))
    await stage.grow_old()
    await stage.purge(f"{stage.url}", until=("done",))


async def uncached(stage: Stage) -> None:
    """The page is made for each visitor, and kept by nobody."""
    stage.serve(Manner(says={"cache-control": "private, no-store"}))
    stage.deploy()


async def front(stage: Stage) -> None:
    """Another CDN stands before the edges, and holds what was purged behind it."""
    stage.serve(Manner(behind_another=True))
    await stage.grow_old()
    await stage.purge(f"{stage.url} --no-check")


async def names(stage: Stage) -> None:
    """One resolver still leads to the CDN of before."""
    stage.world.names.lead("resolver-2", stage.host, ["shop-7.kxcdn.com"], 1500)
    stage.deploy()
    await stage.visit()


async def failing(stage: Stage) -> None:
    """The origin answers 503, and the edges go on with what they have."""
    stage.serve(Manner(says={"cache-control": "public, max-age=60, stale-if-error=86400"}))
    await stage.grow_old()
    stage.serve(Manner(status=503))


async def untagged(stage: Stage) -> None:
    """A tag is purged that the page should carry, and does not."""
    stage.serve(Manner(says={"surrogate-key": "all"}))
    await stage.grow_old()
    await stage.purge("tag untagged on media --no-check")


async def queue(stage: Stage) -> None:
    """Cloudflare takes no calls for now, so the purge waits here."""
    await stage.grow_old()
    stage.world.faults.set("cf", "throttle", None)
    await stage.purge(f"{stage.url}", until=("purging",))
    await stage.seen("cf", 429)


async def propagation(stage: Stage) -> None:
    """The purge needs a while to reach one city."""
    await stage.grow_old()
    stage.world.pace.later["sin"] = 90.0
    await stage.purge(f"{stage.url} --no-check")
    await stage.visit()


async def torn(stage: Stage) -> None:
    """Each city has two nodes, and the purge reaches one of them."""
    stage.serve(Manner(two_nodes=True))
    stage.town.origin.deploy(stage.path, ago=3 * HELD)
    await stage.visit(stage.path, stage.path)
    stage.age()
    stage.deploy()
    await stage.purge(f"{stage.url} --no-check")
    await stage.visit(stage.path, stage.path)


async def error(stage: Stage) -> None:
    """The edges kept a 404 from before the page was there."""
    stage.serve(Manner(status=404, keeps_errors=True))
    await stage.visit()
    stage.serve(Manner(keeps_errors=True))
    stage.deploy(ago=60)


async def unreadable(stage: Stage) -> None:
    """The edges keep a page that says it is packed, and is not; the origin's is well."""
    await stage.visit()
    stage.age()
    stage.serve(Manner(is_garbled=True))


async def refused(stage: Stage) -> None:
    """Cloudflare refuses the purge."""
    await stage.grow_old()
    stage.world.faults.set("cf", "forbidden", None)
    await stage.purge(f"{stage.url}", until=("failed",))


async def origin(stage: Stage) -> None:
    """Nothing was deployed, and the page was purged: every cache has what the origin still has."""
    stage.town.origin.deploy(stage.path, ago=3 * HELD)
    await stage.visit()
    stage.age()
    await stage.purge(f"{stage.url}", until=("done",))


async def fine(stage: Stage) -> None:
    """Every cache has what the origin has."""
    stage.deploy()
    await stage.visit()


async def looked(stage: Stage) -> None:
    """One city alone has a copy, and nobody purged."""
    stage.town.origin.deploy(stage.path, ago=3 * HELD)
    await stage.visit(city=next(iter(stage.town.edges)))
    stage.age()
    stage.deploy()


async def late(stage: Stage) -> None:
    """A purge of every layer, one visitor, and only then the deploy."""
    stage.town.origin.deploy(stage.path, ago=3 * HELD)
    await stage.visit()
    await stage.purge(f"{stage.url} --no-check")
    await stage.wait()
    await stage.visit(city=next(iter(stage.town.edges)))
    stage.deploy(ago=0.0)


async def filled(stage: Stage) -> None:
    """Everything under a folder was purged; since then every city fetched the page, and the origin changed."""
    stage.town.origin.deploy(stage.path, ago=3 * HELD)
    await stage.purge(f"prefix {stage.host}{stage.path} --no-check", vote=True)
    await stage.wait()
    await stage.visit()
    stage.deploy(ago=0.0)


async def servers(stage: Stage) -> None:
    """Two servers behind the origin's name, of which one has the old version."""
    stage.serve(Manner(versions=("v1", "v2")))
    await stage.visit()


async def anew(stage: Stage) -> None:
    """The page is other bytes for each visitor, and says no version."""
    stage.serve(Manner(is_anew=True))
    await stage.visit()


async def silent(stage: Stage) -> None:
    """Every edge cuts the connection, as a firewall in front of them would."""
    await stage.grow_old()
    stage.serve(Manner(hangs_up=True))


async def busy(stage: Stage) -> None:
    """Every edge answers 503 by itself, while the origin is well."""
    await stage.grow_old()
    stage.serve(Manner(busy=True))


SCENES = (
    Scene("origin-old", "Nobody deployed", "nothing old was found", origin),
    Scene(
        "servers",
        "One of two servers was forgotten",
        "the origin itself is old",
        servers,
        unseen="They answer in turn behind the origin's name, whose box shows one of them.",
    ),
    Scene("race", "The edge was purged before the shield", "refilled from an older layer", race),
    Scene("redirect", "The URL only redirects", "it only redirects", redirect, unseen="No cache keeps that."),
    Scene("slash", "The slash at the end", "another URL was purged", slash),
    Scene("order", "The order of the query", "another URL was purged", order, asks="?size=m&color=red"),
    Scene("case", "Upper and lower case", "another URL was purged", case, page="/Case/#"),
    Scene("rewritten", "A rule rewrites the URL", "the purge did not reach the copy", rewritten),
    Scene("query", "Purged without its query", "the query string", query, asks="?page=2"),
    Scene(
        "ignored",
        "The query is no part of the key",
        "the query string",
        ignored,
        asks="?v=2",
        unseen="The page stands here without its query.",
        in_key=False,
    ),
    Scene(
        "variant",
        "Phones have copies of their own",
        "a variant was not covered",
        variant,
        unseen="The boxes show those of computers.",
    ),
    Scene("custom-key", "A key that no answer names", "a variant was not covered", custom),
    Scene("mixed-up", "One copy for phones and computers", "visitors are mixed up", mixed),
    Scene("encoding", "Packed with Brotli, under a key of its own", "a variant was not covered", encoding),
    Scene("cors", "What is loaded with an Origin", "a variant was not covered", cors),
    Scene("language", "German readers have copies of their own", "a variant was not covered", language),
    Scene("device", "A header that only the application knows", "nothing old was found", device),
    Scene("prefix", "A prefix that stops short", "the purge covered other paths", pattern),
    Scene("rule", "A rule of the CDN's", "a layer overrides the lifetime", rule),
    Scene("targeted", "A header for CDNs alone", "a layer overrides the lifetime", targeted),
    Scene("unfinished", "Accepted is not done", "accepted, not finished", unfinished, site="blog"),
    Scene("soft", "Once more, softly", "soft purge, as designed", soft),
    Scene("overwritten", "A new file under an old name", "overwritten in place", overwritten, page="/app-#.js"),
    Scene(
        "worker",
        "A service worker",
        "only browsers hold it",
        worker,
        unseen="A browser may answer from copies of its own, which no box shows.",
    ),
    Scene("browsers", "Only browsers have it", "only browsers hold it", browsers),
    Scene("uncached", "Private, so kept by nobody", "never cached", uncached, unseen="Every visit goes to the origin."),
    Scene(
        "front",
        "A CDN before the CDN",
        "another CDN in front",
        front,
        unseen="It has copies of its own, which no box shows.",
    ),
    Scene("zone", "Another zone than the one purged", "the purge did not reach the copy", zone),
    Scene(
        "dns",
        "One resolver is behind",
        "DNS leads elsewhere",
        names,
        unseen="It leads visitors to another CDN, which no box shows.",
    ),
    Scene(
        "failing", "The origin is down", "the origin is failing", failing, unseen="Its box shows what it would serve."
    ),
    Scene("untagged", "The tag is not there", "the tag is not on the page", untagged, site="media"),
    Scene("queue", "Cloudflare takes no calls", "still waiting here", queue),
    Scene("propagation", "One city is late", "edges disagree", propagation),
    Scene(
        "torn",
        "Two nodes, one of them late",
        "edges disagree",
        torn,
        unseen="Each city has two nodes. Its box shows one of them.",
    ),
    Scene(
        "broken",
        "A page that no browser can unpack",
        "a broken copy",
        unreadable,
        unseen="The boxes show the version that it would have.",
    ),
    Scene("not-found", "A 404 that was kept", "a cached error or redirect", error),
    Scene("moved", "A redirect that was kept", "a cached error or redirect", moved),
    Scene("refused", "The purge was refused", "the purge did not reach the copy", refused),
    Scene("silent", "The edges hang up", "no answer", silent, unseen="Their boxes show what they keep all the same."),
    Scene(
        "busy",
        "The edges have no room",
        "it cannot be told",
        busy,
        unseen="They answer 503. Their boxes show what they keep all the same.",
    ),
    Scene("nobody", "A deploy without a purge", "no purge here", nobody),
    Scene("looked", "Only one city has a copy", "no purge here", looked),
    Scene("late", "Deployed after the purge", "no purge here", late),
    Scene("filled", "Filled after the purge, then changed", "no purge here", filled),
    Scene("fine", "Nothing is old", "nothing old was found", fine),
    Scene(
        "anew",
        "Other bytes for everybody",
        "the origin answers differently each time",
        anew,
        unseen="They name no version, so no box can say whether its copy is old.",
    ),
)
