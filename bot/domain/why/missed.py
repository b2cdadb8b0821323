"""Causes that lie in what was named: a purge that was meant for this page, and did not hold it."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.domain.why.case import Case, Ours, Reach
from bot.domain.why.cause import Cause, Certainty, Name
from bot.domain.why.remedy import every_key, knows, or_wider
from bot.domain.why.times import changed_since, stored
from providers.contract import Kind

_ARGUMENTS = "its query string"  # as `differences` tells it
_WORD = re.compile(r"[a-z0-9]{2,}")


def missed(case: Case, reach: Reach, fits: Callable[[Ours], bool] = lambda ours: True) -> Ours | None:
    """The newest purge of that reach which would have helped: after the copy was made and the origin changed, and not
    followed by one that covers the page."""
    old, last = case.old(), case.last_purge
    if not old:
        return None
    made = stored(old[0].look)
    since = max(made or 0.0, (last.job.purged or 0.0) if last is not None else 0.0) - 1
    return next((one for one in case.purges if one.reach is reach and fits(one) and _helps(case, one, since)), None)


def _helps(case: Case, ours: Ours, since: float) -> bool:
    purged = ours.job.purged
    return purged is not None and purged >= since and changed_since(case, ours) is not True


def _certain(case: Case) -> Certainty:
    """Seen where the copy says its age, so that it was there when the purge went by it."""
    return Certainty.SEEN if case.old()[0].look.age is not None else Certainty.LIKELY


def _when(case: Case, ours: Ours) -> str:
    return case.ago(ours.job.purged or case.now)


def query(case: Case) -> Cause | None:
    """The page was purged with another query string."""
    ours = missed(case, Reach.OTHER_FORM, lambda one: _ARGUMENTS in one.by)
    if ours is None:
        return None
    return Cause(
        Name.QUERY,
        _certain(case),
        f"{ours.job.name} purged {ours.named}; with another query string this is a copy of its own.",
        (f"asked about: {case.url}", f"purged {_when(case, ours)}: {ours.named}"),
        or_wider(case, "Purge this one"),
        _every_query(case),
    )


def _every_query(case: Case) -> str:
    keyed = "take the arguments that change nothing out of the cache key."
    reaching = every_key(case)
    return f"Purge by {reaching} to reach every query string, or {keyed}" if reaching else keyed.capitalize()


def other_url(case: Case) -> Cause | None:
    """The page was purged by another URL than the one it is cached under."""
    ours = missed(case, Reach.OTHER_FORM, lambda one: _ARGUMENTS not in one.by)
    if ours is None:
        return None
    return Cause(
        Name.OTHER_URL,
        _certain(case),
        f"{ours.job.name} purged {ours.named}, which is another URL to a cache: this one differs by"
        f" {' and '.join(ours.by)}.",
        (f"asked about: {case.url}", f"purged {_when(case, ours)}: {ours.named}"),
        or_wider(case, "Purge this one"),
        "Caches keep each spelling apart: redirect all of them to one at the origin"
        + (", or purge by tag." if knows(case, Kind.TAG) else "."),
    )


def other_paths(case: Case) -> Cause | None:
    """A prefix or pattern stopped short of this page."""
    ours = missed(case, Reach.BESIDE)
    if ours is None:
        return None
    return Cause(
        Name.OTHER_PATHS,
        _certain(case),
        f"{ours.job.name} purged the {ours.named}, and this page does not lie under it.",
        (f"purged {_when(case, ours)}: {ours.named}", *ours.by),
        or_wider(case, "Purge the page"),
        "Say `plan …` first: it shows what a prefix or pattern holds, before anything is sent.",
    )


def untagged(case: Case) -> Cause | None:
    """A tag was purged that the page does not carry, and that may well have been meant for it."""
    origin, header = case.origin, case.site.tag_header
    ours = missed(case, Reach.UNTAGGED, lambda one: _is_meant(case, one))
    if ours is None or origin is None:
        return None
    said = origin.answer.says(header.lower()) if header else ""
    carries = f"carries {header}: {said[:120]}" if said else f"carries no {header}" if header else "is not known to"
    certain = _certain(case) if header and _is_named(case, ours) else Certainty.LIKELY
    return Cause(
        Name.UNTAGGED,
        certain,
        f"{ours.job.name} purged the {ours.named}, and this page {'does not carry' if header else 'may not carry'} that"
        " tag.",
        (
            f"purged {_when(case, ours)}: {ours.named}",
            f"the origin's answer {carries}"
            if header
            else f"site {case.site.name} names no header that holds its tags",
        ),
        or_wider(case, "Purge the page"),
        "Have the origin send the tag with every page that should go with it.",
    )


def _is_meant(case: Case, ours: Ours) -> bool:
    """Whether the tag shares a word with the page's path: a purge of another part of the site explains nothing."""
    return bool({*_WORD.findall(_tag(ours))} & {*_WORD.findall(_path(case))})


def _is_named(case: Case, ours: Ours) -> bool:
    """Whether the tag is a part of the page's path, as it is written there."""
    return _tag(ours) in _path(case).split("/")


def _tag(ours: Ours) -> str:
    return ours.named.partition(" ")[2].lower()


def _path(case: Case) -> str:
    return case.url.split("://", 1)[-1].partition("/")[2].partition("?")[0].lower()
