"""Why a verdict is as it is: each reason once, with its places and with how many pages it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.answers.guards import CHALLENGES
from bot.domain.proof.circles import LEFT
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.finding import Finding, Page, Verdict, find
from bot.domain.proof.folding import NAMED_MAX, listed, placeless, said_of
from bot.domain.proof.fresh_notes import noted
from bot.domain.proof.look import ORIGIN, Likeness, Look, compare, describe, in_short, is_one_copy
from bot.domain.proof.modified import told_older
from bot.domain.proof.places import named, named_one
from bot.domain.proof.reached import Purged, aged_here, is_older, not_asked
from bot.domain.proof.several_nodes import new_then_old
from bot.domain.proof.unseen_centres import not_met_again
from bot.domain.proof.variants import others_may_differ, partly_asked
from providers.contract import Cached

PAGE_MAX = 80  # characters of a page's name in a sentence
REFILLED = "the edge fetched it again after the purge and got the old one: a cache further in may still hold that"
FETCHED_ANEW = (
    "the edge fetched it after the purge, and nothing like it was seen before that: the origin, or a cache further in,"
    " answers the edge otherwise than this machine"
)
FURTHER_IN = "the edge does not keep it, so a cache further in does"
MOVED_ON = "the origin has changed since this purge was proven: purge again for what is new"
SOFT = "after a soft purge a cache may serve the old once more while it fetches the new"
REWRITTEN = "only the bytes differ; if the edge rewrites pages it may be new: a `marker` for the site would tell"
KEPT_APART = (
    "a plain visitor gets the new page; the old copy seems to have a key of its own, which this purge did not reach"
)
ORIGIN_LACKS = "the origin itself does not show it: is the new version out there?"
ORIGIN_OLD = "if it still looks old, the origin itself may be old"
OR_KEPT_APART = ", or others get a copy of their own: this was seen as a plain visitor, with gzip"

_Verdicts = Mapping[str, Verdict]  # by place


@dataclass(frozen=True, slots=True)
class Scene:
    """What a reason may be told with."""

    pages: Sequence[Page]
    at: _Verdicts
    same: tuple[str, ...]
    purged: Purged
    moved_on: bool  # the origin, since the purge was proven

    def places(self, verdict: Verdict) -> list[str]:
        return [place for place, here in self.at.items() if here is verdict]

    def named(self, places: Sequence[str]) -> tuple[str, ...]:
        """Places with the data centres that answered there."""
        return named(places, [look for page in self.pages for look in page.after])

    def origin_lacks(self, look: Look) -> bool:
        """Whether the origin does not show either what `look` lacks."""
        here = (page for page in self.pages if (page.url, page.variant) == (look.url, look.variant))
        return any(origin.lacks for page in here for origin in page.now(ORIGIN))

    def origin_status(self, look: Look) -> str:
        """What the origin answers, where its status is another, or where else it leads."""
        here = (page for page in self.pages if (page.url, page.variant) == (look.url, look.variant))
        origin = next((origin for page in here for origin in page.now(ORIGIN) if not origin.problem), look)
        if look.leads_to and origin is not look and origin.leads_to:
            return _leads_elsewhere(look, origin)
        return f"; the origin answers {origin.status}" if origin.status != look.status else ""

    def origin_changed(self, look: Look) -> str:
        """When both were last changed, where nothing but that and the bytes tells them apart."""
        here = (page for page in self.pages if (page.url, page.variant) == (look.url, look.variant))
        origins = [origin for page in here for origin in page.now(ORIGIN) if not origin.problem]
        told = told_older(look, origins)
        return f", {told}" if told else ""

    def was_there(self, look: Look) -> bool:
        """Whether its place gave this very copy before the purge."""
        pages = (page for page in self.pages if (page.url, page.variant) == (look.url, look.variant))
        return any(is_one_copy(was, look) for page in pages for was in page.was(look.place))

    def may_be_old(self, look: Look) -> bool:
        """Whether some place gave the content of `look` before the purge; so too where nobody looked at its own."""
        pages = [page for page in self.pages if (page.url, page.variant) == (look.url, look.variant)]
        before = [was for page in pages for was in page.before if not was.problem]
        if not any(was.place == look.place for was in before):
            return True
        return any(compare(was, look).agrees for was in before)

    def urls(self) -> int:
        return len({page.url for page in self.pages})

    def since_purge(self, look: Look) -> float | None:
        return None if self.purged.at is None else look.at - self.purged.at


def why(verdict: Verdict, findings: Sequence[Finding], scene: Scene) -> Sequence[str]:
    match verdict:
        case Verdict.STALE:
            return list(_why_stale([f for f in findings if f.verdict is Verdict.STALE], scene))
        case Verdict.UNKNOWN:
            fresh = scene.places(Verdict.FRESH)
            return [*_reasons(findings, scene), *([f"fresh at {listed(scene.named(fresh))}"] if fresh else [])]
        case _:
            return [*_why_fresh(findings, scene), *_reasons(findings, scene), *_failing(scene), *_plainly(scene)]


def doubts(verdict: Verdict, findings: Sequence[Finding], scene: Scene) -> tuple[Doubt, ...]:
    """What the verdict leaves open."""
    if verdict is Verdict.FRESH and _is_as_before(scene):
        return (Doubt.ORIGIN_OLD,)
    if verdict is Verdict.STALE and _is_told_by_bytes([f for f in findings if f.verdict is Verdict.STALE], scene):
        return (Doubt.JUST_BYTES,)
    return ()


def _same(scene: Scene) -> list[str]:
    """Places that served what the origin serves before the purge too."""
    return [place for place in scene.same if scene.at[place] is Verdict.FRESH]


def _empty(scene: Scene) -> list[str]:
    """Places that had no copy before the purge."""
    return [
        place for place in scene.at if all(page.was_missing(place) for page in scene.pages if page.was_asked(place))
    ]


def _is_as_before(scene: Scene) -> bool:
    """Whether no place serves anything else than before the purge."""
    told = {*_same(scene), *_empty(scene)}
    return told == {*scene.at} and all(_unchanged(page, place) for page in scene.pages for place in told)


def _is_told_by_bytes(stale: Sequence[Finding], scene: Scene) -> bool:
    return not scene.moved_on and all(f.by_bytes and not (f.look and f.look.redirects) for f in stale)


def _why_fresh(findings: Sequence[Finding], scene: Scene) -> Iterable[str]:
    same, empty = _same(scene), _empty(scene)
    if empty:
        yield f"not in the cache at {listed(scene.named(empty))} before the purge"
    if same:
        yield f"already the same at {listed(scene.named(same))} before the purge"
    if _is_as_before(scene):
        yield f"{ORIGIN_OLD}{'' if _is_told_whose(scene) else OR_KEPT_APART}"
    if survivors := [look for look in _kept(findings, scene) if look.place not in same]:
        first = survivors[0]
        of = f" of {_named(first.url)}" if first.shows or scene.urls() > 1 else ""
        serves = f"shows {first.shows}" if first.shows else "is what the origin serves"
        yield f"{named_one(first.place, [first])} kept its copy{of} ({describe(first, first.at)}), which {serves}"
    if old_at_first := [place for place in scene.places(Verdict.FRESH) if place in scene.purged.was_old_at]:
        yield f"{listed(old_at_first)}: old at an earlier look, fresh now in {_answers(old_at_first, scene)}"


def _is_told_whose(scene: Scene) -> bool:
    """Whether other visitors' answers were seen too, or it is said that they may differ."""
    looks = [look for page in scene.pages for look in page.after]
    return any(page.variant for page in scene.pages) or bool(others_may_differ(looks))


def _kept(findings: Sequence[Finding], scene: Scene) -> list[Look]:
    """Copies that were there before the purge."""
    return [
        look
        for page in scene.pages
        for look in (f.look for f in findings if f.look and (f.url, f.variant) == (page.url, page.variant))
        if is_older(aged_here(look, page), scene.purged.since(look.url))
    ]


def _answers(places: Sequence[str], scene: Scene) -> str:
    """How many answers, one after the other, each page gave at each of `places`, at least."""
    plain = [look for page in scene.pages if not page.variant for place in places for look in page.now(place)]
    least = min((look.answers for look in plain), default=1)
    return "one answer" if least == 1 else f"{least} answers in a row"


def _failing(scene: Scene) -> list[str]:
    """How many answers of a place were failures, where others of it were the page."""
    told: dict[str, list[str]] = {}
    for place in scene.at:
        looks = [look for page in scene.pages if not page.variant for look in page.now(place)]
        failures = [failure for look in looks for failure in look.failures]
        total = sum(look.answers for look in looks) + len(failures)
        if failures:
            were = _were([failure for failure in failures if CHALLENGES in failure], failures)
            line = f"{len(failures)} of {total} answers {were} ({listed(list(dict.fromkeys(failures)))})"
            told.setdefault(line, []).append(place)
    return [f"{listed(places)}: {line}" for line, places in told.items()]


def _were(challenges: Sequence[str], failures: Sequence[str]) -> str:
    """What answers were that held no page, as a firewall's challenge is no error."""
    if challenges:
        return "was no page" if len(failures) == 1 else "were no page"
    return "was an error" if len(failures) == 1 else "were errors"


def _plainly(scene: Scene) -> list[str]:
    """Whose answers were seen, where they are not everybody's."""
    looks = [look for page in scene.pages for look in page.after]
    whose = (others_may_differ(looks), partly_asked(looks), *noted(scene.pages, listed))
    over = list(dict.fromkeys(look.place for look in looks if look.over and look.place != ORIGIN))
    told = f"{listed(over)} asked over http, as the address says: https visitors may get other copies" if over else ""
    return [line for line in (*whose, told, *_not_met_again(scene)) if line]


def _not_met_again(scene: Scene) -> list[str]:
    """Data centres that were old before the purge and gave no answer after it."""
    gone = {place: [name for page in scene.pages for name in not_met_again(page, place)] for place in scene.at}
    return [
        f"{place} at {listed(list(dict.fromkeys(names)))}: old before the purge, and not met again since"
        for place, names in gone.items()
        if names and scene.purged.at is not None
    ]


def _unchanged(page: Page, place: str) -> bool:
    return all(compare(was, now) is Likeness.SAME for was in page.was(place) for now in page.now(place))


def _why_stale(stale: Sequence[Finding], scene: Scene) -> Iterable[str]:
    places = scene.places(Verdict.STALE)
    old = "old at" if scene.purged.at is None else "still old at"
    yield f"{old} {listed([_old_at(place, stale, scene) for place in places])}"
    if scene.moved_on:
        yield MOVED_ON
        return
    is_not_out = any(f.look and f.look.lacks and scene.origin_lacks(f.look) for f in stale)
    if is_not_out:
        yield ORIGIN_LACKS
    elif (
        all(f.variant and f.look and is_older(f.look, scene.purged.since(f.url)) for f in stale)
        and not scene.purged.left_alone
    ):
        yield KEPT_APART
    elif hint := _hint([f.look for f in stale if f.look], scene):
        yield hint
    if _is_told_by_bytes(stale, scene):
        yield REWRITTEN
    same = [] if is_not_out else [place for place in places if place in scene.same]  # what is out nowhere is the same
    before = [look for page in scene.pages for look in page.before]
    yield from new_then_old(same, before, [f.look for f in stale if f.look], scene.purged.since, listed)


def _old_at(place: str, stale: Sequence[Finding], scene: Scene) -> str:
    here = [f for f in stale if f.place == place]
    look = here[0].look
    told = f"{describe(look, look.at)}{scene.origin_changed(look)}" if look else ""
    told += f"{_leading(look)}{scene.origin_status(look)}" if look else ""
    page = f"{_named(here[0].url)}: " if scene.urls() > 1 else ""
    named = look.place_named if look else place
    return f"{named} ({page}{told}{_of_pages([f.url for f in here], scene, ', ')})"


def _leading(look: Look) -> str:
    is_told = not look.redirects or look.leads_back  # by its own words
    return f", to {_in_part(look.leads_to)}" if look.leads_to and not is_told else ""


def _leads_elsewhere(look: Look, origin: Look) -> str:
    """Where the origin's redirect leads, beside `look` which is another."""
    status = f" ({origin.status})" if origin.status != look.status else ""
    to, theirs = _in_part(look.leads_to), _in_part(origin.leads_to)
    if not status and to == theirs:
        is_known = look.leads_to != origin.leads_to or bool(look.leads_mark and origin.leads_mark)
        return "; the origin's differs in what is not shown here" if is_known else ""
    return f"; the origin redirects{status} to {theirs}"


def _in_part(url: str) -> str:
    return url if len(url) <= PAGE_MAX else f"{url[: PAGE_MAX - 1]}…"


def _hint(looks: Sequence[Look], scene: Scene) -> str:
    """Why the old is still there, as far as the caches' own words say."""
    if scene.purged.at is None:
        return ""
    if scene.purged.left_alone:
        return f"{not_asked(scene.purged.left_alone)}, and may still hold the old one"
    if refilled := [look for look in looks if _was_refilled(look, scene) or look.place in scene.purged.refetched_at]:
        return REFILLED if any(map(scene.may_be_old, refilled)) else FETCHED_ANEW
    if looks and all(look.leads_back and look.url.startswith("https:") for look in looks):
        return LEFT
    if any(look.cached is Cached.UNCACHED for look in looks):
        return FURTHER_IN
    return SOFT if scene.purged.soft else ""


def _was_refilled(look: Look, scene: Scene) -> bool:
    since = scene.since_purge(look)
    if look.cached in (Cached.MISS, Cached.EXPIRED):
        return since is None or look.age is None or look.age <= since + 1  # older came from a cache that kept it
    if look.cached is not Cached.HIT or since is None or look.age is None or scene.was_there(look):
        return False
    return 0 < look.age < since - 1


def _reasons(findings: Sequence[Finding], scene: Scene) -> list[str]:
    """Why it is not known, each reason once, with how many pages it is about."""
    unknown = [f for f in findings if f.verdict is Verdict.UNKNOWN]
    plain = {(f.place, f.url, f.why) for f in unknown if not f.variant}
    alike: dict[str, list[Finding]] = {}
    for f in unknown:
        if not f.variant or (f.place, f.url, f.why) not in plain:
            asked = f" (asked with {in_short(f.variant)})" if f.variant else ""
            alike.setdefault(f"{placeless(f)}{asked}", []).append(f)
    told = [
        f"{said_of(list(dict.fromkeys(f.place for f in about)), why)}{_of_pages([f.url for f in about], scene, ' on ')}"
        for why, about in alike.items()
    ]
    more = len(told) - NAMED_MAX
    return [*told[:NAMED_MAX], f"and {more} more reasons"] if more > 1 else told


def _of_pages(urls: Sequence[str], scene: Scene, before: str) -> str:
    n, total = len(set(urls)), scene.urls()
    return f"{before}{n} of {total} pages" if n < total else ""


def beyond(kept_by: Sequence[str], seen: Verdict, scene: Scene) -> list[str]:
    """Why fresh pages do not prove the others."""
    if not kept_by or seen is not Verdict.FRESH:
        return []
    n = scene.urls()
    looked = f"the {n} pages looked at are" if n > 1 else "the page looked at is"
    keep = "keeps" if len(kept_by) == 1 else "keep"
    return [f"{looked} fresh, but {' and '.join(kept_by)} {keep} others that were to go: those may come back old"]


def beside(pages: Sequence[Page], places: Sequence[str]) -> list[str]:
    """What is old of pages that were looked at and not surely purged."""
    old: dict[str, list[str]] = {}
    for page in pages:
        found = [f for place in places if page.was_asked(place) for f in find(page, place)]
        stale = [f.place for f in found if f.verdict is Verdict.STALE]
        old[page.url] = list(dict.fromkeys([*old.get(page.url, ()), *stale]))
    return [
        f"beside it {_named(url)} is old at {listed(at)}: this purge may not include it"
        for url, at in old.items()
        if at
    ]


def _named(url: str) -> str:
    """A page within a sentence."""
    return _in_part(url.split("://", 1)[-1])
