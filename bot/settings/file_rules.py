"""What deploys of a site purge: the rules for files, and what may be purged whole; each checked."""

from __future__ import annotations

from bot.domain.deploys.file_rules import NO_FILE, Template
from bot.domain.deploys.globs import BadRule, Glob, relative
from bot.domain.shown import refused_character
from bot.domain.site import DeployRules, FileRule, Site
from bot.settings.complaints import Complaints, quoted
from bot.settings.document import DeployDoc, FileRuleDoc
from bot.settings.reader import Place

RULES_MAX = 100
_FOLDER = "Write the folder that may be purged whole, with a slash at both ends: /news/."


def read_deploy(complaints: Complaints, doc: DeployDoc | None, site: Site, place: Place) -> DeployRules:
    """The rules; `site` has its hosts already."""
    if doc is None:
        return DeployRules()
    if len(doc.files) > RULES_MAX:
        what = f"holds {len(doc.files):,} rules, and at most {RULES_MAX} are asked for each file."
        complaints.add((*place, "files"), what, "Say more with stars.")
    files = [_rule(complaints, rule, site, (*place, "files", n)) for n, rule in enumerate(doc.files)]
    for n, rule in enumerate(files):
        if relative(rule.match) in [relative(other.match) for other in files[:n]]:
            what = f"{quoted(rule.match)} has a rule already."
            complaints.add((*place, "files", n, "match"), what, "Let one rule hold all that it purges.")
    widen = [_widened(complaints, typed, (*place, "widen", n)) for n, typed in enumerate(doc.widen)]
    for n, folder in enumerate(widen):
        if folder in widen[:n]:
            complaints.add((*place, "widen", n), f"{quoted(folder)} is named twice.", "Keep one.")
    for n, written in enumerate(doc.always):
        try:
            Template(written, NO_FILE, site)
        except BadRule as exc:
            complaints.add((*place, "always", n), exc.what, exc.advice)
    return DeployRules(tuple(files), tuple(widen), tuple(doc.always), doc.quiet)


def _rule(complaints: Complaints, doc: FileRuleDoc, site: Site, place: Place) -> FileRule:
    try:
        glob = Glob(doc.match)
    except BadRule as exc:
        complaints.add((*place, "match"), exc.what, exc.advice)
        return FileRule(doc.match, tuple(doc.purge))
    for n, written in enumerate(doc.purge):
        try:
            Template(written, glob, site)
        except BadRule as exc:
            complaints.add((*place, "purge", n), exc.what, exc.advice)
    return FileRule(doc.match, tuple(doc.purge))


def _widened(complaints: Complaints, typed: str, place: Place) -> str:
    """A folder, with a slash at both ends."""
    folder = typed.removesuffix("*") if typed.endswith("/*") else typed
    if not typed.strip("/*"):
        complaints.add(place, f"{quoted(typed)} is everything, and no deploy widens to that.", _FOLDER)
    elif not (folder.startswith("/") and folder.endswith("/")):
        complaints.add(place, f"{quoted(typed)} is not a folder of the site.", _FOLDER)
    elif (
        {".", ".."} & {*folder.split("/")}
        or "//" in folder
        or {"*", "?", "#", "\\", " "} & {*folder}
        or refused_character(folder)
        or not folder.isascii()
    ):
        complaints.add(place, f"{quoted(typed)} is not a folder as a URL names it.", _FOLDER)
    return folder
