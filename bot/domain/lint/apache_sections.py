"""Lines for Apache, by what visitors ask for. A `<Location>` goes by what that becomes: `/` is /index.html there, and a
page that a rewrite hands to a front controller is that one. `THE_REQUEST` stays as it came, and an `<If>` counts behind
every other section and `.htaccess`. Where one path needs several things, one section holds them all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bot.domain.lint.finding import Cure, Finding
from bot.domain.lint.landings import always, elsewhere, is_of_headers, kinds_of, landings, merged, raw_path_of


def lines_of(rule: str, group: Sequence[Finding], every: Sequence[Finding], urls: Sequence[str]) -> str:
    """The lines that are shown with one rule; "" where it asks for more than headers. `every` are the report's
    findings, the worst first; `urls` all that was read."""
    among = landings(every, is_of_headers, raw_path_of)
    others = {raw_path_of(url) for url in urls}
    own = [section(merged(one.cures), one.paths, others) for one in among if one.rule == rule]
    rules = elsewhere(rule, {raw_path_of(one.url) for one in group if is_of_headers(one.cure)}, among)
    rest = f"# {'the rest is ' if own else ''}mended by the lines for {' and '.join(rules)}"
    return "\n".join([*own, *([rest] if rules else [])])


def section(cure: Cure, paths: Sequence[str], others: Collection[str] = ()) -> str:
    """A section that sets and leaves out headers of these paths, and of none of the `others`."""
    lines = [opening(paths, others)]
    for name, value in cure.sets:
        first, then = ("unset", "always set") if always(value) else ("always unset", "set")
        lines += [f"  Header {first} {name}", f'  Header {then} {name} "{value}"']
    lasting = ["Expires"] if "Cache-Control" in dict(cure.sets) else []  # mod_expires sends both
    for name in dict.fromkeys([*cure.drops, *lasting]):
        lines += [f"  Header unset {name}", f"  Header always unset {name}"]
    return "\n".join([*lines, "</If>"])


def opening(paths: Sequence[str], others: Collection[str] = ()) -> str:
    """The first line of a section for these paths, whatever query follows."""
    if kinds := kinds_of(paths, {*others}):
        matching = rf"[^? ]*\.(?:{'|'.join(re.escape(kind[1:]) for kind in kinds)})"
    else:
        matching = "|".join(map(re.escape, paths))
        matching = f"(?:{matching})" if len(paths) > 1 else matching
    return rf'<If "%{{THE_REQUEST}} =~ m#^\S+ {matching}[? ]#">'
