"""Why a page still looks old, where a firewall or a redirect answers in its place; and what is asked for otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.proof.look import ORIGIN
from bot.domain.why import Case, Certainty, Name, Spot, diagnose
from providers.contract import Cached
from tests.domain.why.why_cases import SHOP, URL, case, edge, glance, job, new, old, origin, ours

SEEN, LIKELY, POSSIBLE = Certainty.SEEN, Certainty.LIKELY, Certainty.POSSIBLE


def guarded(status: int, header: str, says: str, cached: Cached = Cached.UNKNOWN, name: str = "fra") -> Spot:
    return edge(name, glance(name, "wait", cached, status=status, headers={header: says}, etag="", version=""))


CLOUDFLARES = ("cf-mitigated", "challenge")
CHALLENGE = dict([CLOUDFLARES])
AWS = "x-amzn-waf-action"
CHALLENGED = [
    pytest.param(guarded(403, *CLOUDFLARES), "Cloudflare's firewall", id="cloudflare-403"),
    pytest.param(guarded(503, *CLOUDFLARES), "Cloudflare's firewall", id="cloudflare-503"),
    pytest.param(guarded(200, *CLOUDFLARES), "Cloudflare's firewall", id="cloudflare-200"),
    pytest.param(guarded(200, *CLOUDFLARES, Cached.UNCACHED), "Cloudflare's firewall", id="cloudflare-never-kept"),
    pytest.param(guarded(202, AWS, "challenge"), "AWS WAF", id="aws-202"),
    pytest.param(guarded(405, AWS, "captcha"), "AWS WAF", id="aws-405"),
]


@pytest.mark.parametrize(("spot", "whose"), CHALLENGED)
def test_a_challenge_names_the_firewall_and_is_nothing_old(spot: Spot, whose: str) -> None:
    told = diagnose(case(spot)).cause
    assert (Name.UNKNOWN, SEEN) == (told.name, told.certainty)
    says = f"{whose} asks for a proof of being no robot there, and gave no page."
    assert f"It cannot be told whether fra is old: {says}" == told.what
    assert told.cure is not None and f"Let this machine through {whose}, by its address." == told.cure.says
    assert "Let this machine through every firewall" in told.prevent and "marker" not in told.prevent
    assert ": challenge)" in told.evidence[0] or ": captcha)" in told.evidence[0]


REFUSED = [
    pytest.param(guarded(403, "x-iinfo", "1-2-3"), "Imperva's firewall", id="imperva"),
    pytest.param(guarded(403, "x-sucuri-id", "11005"), "Sucuri's firewall", id="sucuri"),
    pytest.param(guarded(403, "server", "AkamaiGHost"), "Akamai's firewall", id="akamai"),
]


@pytest.mark.parametrize(("spot", "whose"), REFUSED)
def test_a_refusal_with_a_firewalls_mark_may_be_its_doing(spot: Spot, whose: str) -> None:
    told = diagnose(case(spot, layers=[])).cause
    assert (Name.UNKNOWN, LIKELY) == (told.name, told.certainty)
    assert told.what.endswith(f"{whose} may have refused this machine there, and gave no page.")


def test_a_page_of_a_firewalls_without_a_challenge_is_not_told_as_old() -> None:
    """It was there before the purge too, and only its bytes are other than the page's."""
    page = glance("fra", "incident 1", headers={"x-iinfo": "1-2-3"}, etag="", version="")
    bare = origin(*[glance(ORIGIN, "new", etag="", version="")] * 2)
    made = replace(job(300), before=(page.look, bare.look), proven=None)
    told = diagnose(case(edge("fra", page), bare, purges=[ours(made)], layers=[])).cause
    assert (Name.UNKNOWN, POSSIBLE) == (told.name, told.certainty)
    assert (
        "It cannot be told whether fra is old: fra serves other bytes than the origin, through Imperva's firewall,"
        " which may have sent a page of its own: only a `marker` could tell."
    ) == told.what
    assert told.cure is not None
    assert "Let this machine through that firewall, or give the site a `marker`." == told.cure.says
    assert (
        "Let this machine through to every edge: a firewall that stops purgebot stops every proof too." == told.prevent
    )


def test_an_old_copy_beside_a_challenge_speaks_first() -> None:
    assert Name.NOT_PURGED is diagnose(case(old("iad"), guarded(403, *CLOUDFLARES))).cause.name


def test_a_challenge_in_one_answer_of_two_hides_no_page() -> None:
    one = guarded(403, *CLOUDFLARES).plain[0]
    assert (
        Name.NOTHING_OLD is diagnose(case(edge("fra", one, glance("fra", "new", Cached.HIT, 9)), new("iad"))).cause.name
    )


def test_a_place_that_a_firewall_stops_each_time_has_one_line_alone() -> None:
    found = diagnose(case(guarded(403, *CLOUDFLARES), new("iad")))
    assert not any("each time" in line for line in found.unseen)


def test_an_origin_that_asks_for_a_proof_is_nothing_to_compare_with() -> None:
    asks = origin(glance(ORIGIN, "wait", status=403, headers=dict([CLOUDFLARES])))
    told = diagnose(case(edge("fra", glance("fra", "new", Cached.MISS)), asks)).cause
    assert (Name.UNKNOWN, LIKELY) == (told.name, told.certainty)
    assert told.what.startswith(
        "The origin gives no page here (Cloudflare's firewall asks for a proof of being no robot), and fra had the page"
    )
    assert told.evidence[0].endswith("(cf-mitigated: challenge)")


BEFORE_ORIGIN = [
    pytest.param(dict([CLOUDFLARES]), SEEN, "Cloudflare's firewall asks for a proof of being no robot", id="challenge"),
    pytest.param({"x-iinfo": "1-2-3"}, LIKELY, "Imperva's firewall may have refused this machine", id="refusal"),
    pytest.param({"cf-ray": "8f2c-FRA"}, LIKELY, "Cloudflare's firewall may have refused this machine", id="a-cdn's"),
]


@pytest.mark.parametrize(("headers", "sure", "did"), BEFORE_ORIGIN)
def test_a_firewall_before_the_origin_is_named_with_its_line(
    headers: dict[str, str], sure: Certainty, did: str
) -> None:
    told = diagnose(case(old(), new("iad", 900), origin(glance(ORIGIN, "wait", status=403, headers=headers)))).cause
    assert (Name.UNKNOWN, sure) == (told.name, told.certainty)
    assert (
        f"It cannot be told whether fra and iad are old: {did} at the origin, and gave no page to compare with."
        == told.what
    )
    ((name, value),) = headers.items()
    assert told.evidence[0].startswith("origin: 403") and told.evidence[0].endswith(f"({name}: {value})")
    assert told.cure is not None
    assert (
        f"Let this machine through {did.split(' firewall')[0]} firewall to the origin, or name an address in `origin`"
        " that answers it."
    ) == told.cure.says


BY_ITSELF = [
    pytest.param(500, {"x-iinfo": "1-2-3"}, "Imperva's firewall may have answered 500 itself", id="imperva-500"),
    pytest.param(502, {"x-sucuri-id": "11005"}, "Sucuri's firewall may have answered 502 itself", id="sucuri-502"),
    pytest.param(503, {"x-iinfo": "1-2-3"}, "Imperva's firewall may have refused this machine", id="imperva-503"),
    pytest.param(504, {"cf-ray": "8f2c-FRA"}, "Cloudflare's firewall may have answered 504 itself", id="cdn-504"),
]


@pytest.mark.parametrize(("status", "headers", "did"), BY_ITSELF)
def test_an_error_that_a_firewall_before_the_origin_may_have_given_is_no_failing_origin(
    status: int, headers: dict[str, str], did: str
) -> None:
    found = diagnose(case(old(), origin(glance(ORIGIN, "wait", status=status, headers=headers))))
    assert (Name.UNKNOWN, LIKELY, ()) == (found.cause.name, found.cause.certainty, found.also)
    assert (
        f"It cannot be told whether fra is old: {did} at the origin, and gave no page to compare with."
    ) == found.cause.what


def test_what_fails_at_every_edge_too_is_the_origin() -> None:
    fra, truth = glance("fra", "", status=502), glance(ORIGIN, "", status=502, headers={"x-iinfo": "1-2-3"})
    told = diagnose(case(edge("fra", fra), origin(truth))).cause
    assert (
        "The origin answers 502, and Imperva's firewall may have answered that itself, and fra answers 502: visitors"
        " get errors."
    ) == told.what


def test_a_host_that_cloudflare_cannot_reach_is_a_failing_origin() -> None:
    told = diagnose(case(old(), origin(glance(ORIGIN, "", status=522, headers={"cf-ray": "8f2c-FRA"})))).cause
    assert Name.ORIGIN_FAILING is told.name


def test_a_page_of_a_firewalls_before_the_origin_makes_nothing_old() -> None:
    page = glance(ORIGIN, "incident 1", headers={"x-iinfo": "1-2-3"}, etag="", version="")
    told = diagnose(case(edge("fra", glance("fra", "old", Cached.HIT, 900, version="")), origin(page, page))).cause
    assert (Name.UNKNOWN, POSSIBLE) == (told.name, told.certainty)
    assert (
        "It cannot be told whether fra is old: fra serves other bytes than the origin, whose answer came through"
        " Imperva's firewall, which may have sent a page of its own: only a `marker` could tell."
    ) == told.what
    assert told.cure is not None
    assert "Let this machine through that firewall, or give the site a `marker`." == told.cure.says


def test_a_challenge_by_a_redirect_is_no_redirect_of_the_page() -> None:
    asks = {"location": "/cdn-cgi/challenge?x=1", "cf-mitigated": "challenge"}
    spots = [edge(name, glance(name, "", status=302, headers=asks, etag="", version="")) for name in ("fra", "iad")]
    told = diagnose(case(*spots))
    assert "Cloudflare's firewall asks for a proof of being no robot there" in told.cause.what
    assert () == told.also


def test_an_origin_that_challenges_by_a_redirect_does_not_only_redirect() -> None:
    asks = {"location": "/cdn-cgi/challenge?x=1", "cf-mitigated": "challenge"}
    told = diagnose(case(old(), origin(glance(ORIGIN, "", status=302, headers=asks, etag="", version=""))))
    assert (Name.UNKNOWN, ()) == (told.cause.name, told.also)


def test_a_firewall_that_stops_phones_alone_is_named() -> None:
    mobile = glance("fra", "wait", status=403, headers=dict([CLOUDFLARES]), asked=(("CF-Device-Type", "mobile"),))
    told = diagnose(case(edge("fra", glance("fra", "new", Cached.HIT, 9), variants=[mobile])))
    assert (
        "what visitors with `CF-Device-Type: mobile` get, since fra gave such a request no page: Cloudflare asks for a"
        " proof of being no robot" in told.unseen
    )


# Redirects


def sent(name: str = "fra", to: str = "https://www.shop.test/de", cached: Cached = Cached.UNKNOWN) -> Spot:
    return edge(name, glance(name, "", cached, status=302, headers={"location": to}, etag="", version="", digest=""))


TO_HTTPS = "https://www.shop.test/a"
AT_EDGES = [
    pytest.param(case(sent(), sent("iad")), "why https://www.shop.test/de", id="to-a-page-of-the-site"),
    pytest.param(case(sent(to=TO_HTTPS), url="http://www.shop.test/a"), f"why {TO_HTTPS}", id="to-https"),
    pytest.param(case(sent(cached=Cached.MISS)), "why https://www.shop.test/de", id="fetched-anew"),
    pytest.param(case(sent(cached=Cached.UNCACHED)), "why https://www.shop.test/de", id="never-kept"),
    pytest.param(case(sent(to="https://elsewhere.test/")), f"check {URL}", id="elsewhere"),
]


@pytest.mark.parametrize(("made", "line"), AT_EDGES)
def test_edges_that_redirect_a_page_of_the_origin_lead_to_the_next_question(made: Case, line: str) -> None:
    told = diagnose(made).cause
    assert (Name.REDIRECTED, SEEN) == (told.name, told.certainty)
    assert "and the origin gives a page: it may be a rule of the CDN, for https, a country or a language." in told.what
    assert told.cure is not None and line == told.cure.line
    assert "Purge the URL that visitors end at." == told.prevent


def test_where_one_edge_redirects_and_another_is_new_no_marker_is_asked_for() -> None:
    told = diagnose(case(sent(), new("iad"))).cause
    assert (Name.UNKNOWN, POSSIBLE) == (told.name, told.certainty)
    assert told.cure is not None and told.cure.says.startswith("Look which rule redirects visitors there")
    assert "marker" not in told.prevent


def loops(place: str, headers: dict[str, str] | None = None) -> Spot:
    made = glance(place, "", status=301, headers={"location": f"{URL}#top", **(headers or {})}, etag="", version="")
    return origin(made, made) if place == ORIGIN else edge(place, made)


LOOPS = [
    pytest.param(
        case(loops("fra"), loops("iad"), loops(ORIGIN)), "at the origin and at fra and iad", "at the origin", id="all"
    ),
    pytest.param(case(loops("fra"), loops("iad")), "at fra and iad", "at the CDN", id="edges-alone"),
]


@pytest.mark.parametrize(("made", "places", "where"), LOOPS)
def test_a_redirect_to_itself_is_a_loop_and_leads_to_no_question_about_itself(
    made: Case, places: str, where: str
) -> None:
    told = diagnose(made).cause
    assert (Name.REDIRECTED, SEEN) == (told.name, told.certainty)
    assert f"This URL redirects to itself (301) {places}: a loop, on which browsers give up." == told.what
    assert told.cure is not None and f"check {URL}" == told.cure.line
    assert told.cure.says.startswith(f"Mend the redirect {where}, then purge it.")


def test_an_edge_that_is_asked_over_http_and_asks_for_https_is_no_part_of_a_loop() -> None:
    (made, *_) = loops("fra").plain
    asks = replace(made, look=replace(made.look, over="http", leads_to=URL))
    told = diagnose(case(edge("fra", asks), loops("iad"), loops(ORIGIN))).cause
    assert "This URL redirects to itself (301) at the origin and at iad: a loop" in told.what


@pytest.mark.parametrize(
    "made", [case(loops("fra", CHALLENGE)), case(old(), loops(ORIGIN, CHALLENGE))], ids=["at-an-edge", "at-the-origin"]
)
def test_a_firewalls_challenge_that_leads_back_is_no_loop(made: Case) -> None:
    found = diagnose(made)
    assert Name.REDIRECTED not in {cause.name for cause in (found.cause, *found.also)}
    assert "asks for a proof of being no robot" in found.cause.what


def test_a_cookie_may_end_the_loop() -> None:
    told = diagnose(case(loops("fra"), loops(ORIGIN, {"set-cookie": "seen=1"}))).cause
    assert told.what.endswith("browsers give up, unless the cookie that it sets ends that.")


def test_an_origin_that_is_asked_over_http_and_asks_for_https_is_no_loop() -> None:
    made = glance(ORIGIN, "", status=301, headers={"location": URL}, etag="", version="")
    asks = replace(made, look=replace(made.look, over="http", leads_to=URL))
    told = diagnose(case(new(), origin(asks, asks))).cause
    assert Name.UNKNOWN is told.name and "is asked over http" in told.what
    assert (
        told.cure is not None and told.cure.says == "Name that place by an https address: in `edges`, or in `origin`."
    )


def asking_for_tls() -> Spot:
    """An origin that is asked over http and sends everybody to https."""
    made = glance(ORIGIN, "", status=301, headers={"location": URL}, etag="", version="")
    asks = replace(made, look=replace(made.look, over="http", leads_to=URL))
    return origin(asks, asks)


FLEXIBLE = "Have the CDN ask the origin over https: at Cloudflare that is the SSL mode Full (strict)"


def looping(name: str, cached: Cached) -> Spot:
    return edge(name, glance(name, "", cached, 9, status=301, headers={"location": URL}, etag="", version=""))


@pytest.mark.parametrize("cached", [Cached.UNKNOWN, Cached.MISS, Cached.HIT, Cached.UNCACHED])
def test_https_at_the_edge_and_http_to_the_origin_is_a_loop_and_its_cure_is_named(cached: Cached) -> None:
    told = diagnose(case(looping("fra", cached), looping("iad", cached), asking_for_tls())).cause
    assert (Name.REDIRECTED, SEEN) == (told.name, told.certainty)
    assert (
        "This URL redirects to itself (301) at fra and iad: a loop, on which browsers give up. The origin, asked over"
        " http, sends everybody to https; fra and iad take https from visitors and, it seems, ask the origin over http."
    ) == told.what
    assert told.cure is not None and told.cure.says.startswith(FLEXIBLE)


def test_where_the_origin_gives_a_page_over_https_the_cure_is_named_as_what_it_may_be() -> None:
    told = diagnose(case(loops("fra"))).cause
    assert told.cure is not None
    assert "If the CDN asks over http, and the origin sends that to https, have the CDN ask" in told.cure.says


def test_an_edge_that_fetched_a_loop_just_now_keeps_none_from_before() -> None:
    there = {"location": URL}
    miss, hit = (
        glance("fra", "", cached, 0, status=301, headers=there, etag="", version="")
        for cached in (Cached.MISS, Cached.HIT)
    )
    assert Name.REDIRECTED is diagnose(case(edge("fra", miss, hit))).cause.name


def test_a_redirect_to_nowhere_is_told() -> None:
    fra, truth = (glance(place, "", status=301, etag="", version="", digest="d") for place in ("fra", ORIGIN))
    told = diagnose(case(edge("fra", fra), origin(truth, truth))).cause
    assert told.what.endswith(": an answer 301 that does not say where to, so that visitors get no page.")


# What is asked for


def refusing(status: int) -> Spot:
    return origin(glance(ORIGIN, "e", status=status))


ASKED_FOR = [
    pytest.param(case(old(), refusing(403)), "See whether the origin fails or refuses this machine", id="origin-403"),
    pytest.param(
        case(edge("fra", glance("fra", "", status=429))),
        "See whether a firewall or a limit refuses this machine there, and let it through.",
        id="edge-429",
    ),
    pytest.param(case(edge("fra", glance("fra", "", status=502))), "Look why it answers so", id="edge-502"),
    pytest.param(case(old(), site=replace(SHOP, origin="")), "Give the site an `origin`", id="no-origin"),
    pytest.param(
        case(
            edge("fra", glance("fra", "other", etag="", version="")), origin(glance(ORIGIN, "new", etag="", version=""))
        ),
        "Give the site a `marker`",
        id="other-bytes",
    ),
]


@pytest.mark.parametrize(("made", "step"), ASKED_FOR)
def test_what_is_asked_for_is_what_would_tell(made: Case, step: str) -> None:
    told = diagnose(made).cause
    assert Name.UNKNOWN is told.name and told.cure is not None
    assert told.cure.says.startswith(step)
    assert ("marker" in step) == ("marker" in told.prevent)


def test_a_kept_304_is_no_redirect() -> None:
    told = diagnose(case(edge("fra", glance("fra", "", Cached.HIT, 9, status=304)))).cause
    assert (Name.CACHED_ERROR, SEEN) == (told.name, told.certainty)
    assert "fra keeps an answer without a page (304) where the origin gives a page." == told.what
