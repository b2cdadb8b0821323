"""One HTTP answer as it came, for those who read more of it than a look does: lint, diagnosis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.answers.excess import Excess
from bot.domain.answers.locations import unblanked
from bot.domain.masking import header_told

Asked = tuple[tuple[str, str], ...]  # request headers beyond a plain visitor's, each a name and a value
PLAIN: Asked = ()
UNTRUSTED = "its certificate is not trusted"  # how such a problem begins


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request. `headers` are as sent and in order, names in lower case, doubled ones kept.

    `place`, `at` and `took` are a look's, and so is `md5`. `text` is the beginning of the unpacked body, which was in
    `charset` (Python's name); `digest` its SHA-256, empty if it was not read whole; `begins` the hashes of its
    beginnings, `opening` that of a short one; `size` its bytes as unpacked, as far as read. `dialled` is the address
    that answered. `over` is "http" where an https page was asked for without TLS. `problem` is set when there was no
    usable answer: with a status where one came whose body is broken, or is `late`: not whole in time. `given_up` says
    of what there was too much where that was not read to its end; then no more of it is here than by which headers
    whoever sent it names itself.
    """

    url: str
    place: str
    at: float  # seconds since the epoch
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    digest: str = ""
    size: int = 0
    asked: Asked = PLAIN
    dialled: str = ""
    over: str = ""
    problem: str = ""
    begins: tuple[str, ...] = ()
    late: bool = False
    charset: str = "utf-8"
    given_up: Excess | None = None
    took: float = 0.0
    opening: str = ""
    md5: str = ""

    @property
    def is_broken(self) -> bool:
        """Whether an answer came whose body is cut off, or not packed as it says."""
        return bool(self.problem and self.status and not self.late)

    def lines(self, name: str) -> tuple[str, ...]:
        """Each line of header `name` (lower case)."""
        return tuple(value for key, value in self.headers if key == name)

    def says(self, name: str) -> str:
        """Header `name` (lower case), its lines joined as RFC 9110, 5.2 joins them; "" where there is none."""
        return ", ".join(self.lines(name))

    @property
    def location(self) -> str:
        """Where it leads, as it says but for blanks; one that is said twice counts once, as browsers take it."""
        return ",".join(dict.fromkeys(map(unblanked, self.lines("location"))))

    def joined(self) -> Mapping[str, str]:
        """Every header once, by its name in lower case."""
        lines: dict[str, list[str]] = {}
        for name, value in self.headers:
            lines.setdefault(name, []).append(value)
        return {name: ", ".join(values) for name, values in lines.items()}


def varied(asked: Sequence[tuple[str, str]]) -> str:
    """The name of a variant for people: "CF-Device-Type: mobile"; "" for what a plain visitor asks. It goes into looks,
    and so into the ledger, cards and JSON: of a secret it has the name and a mark, "Cookie: tier=••• #3f2a"."""
    return ", ".join(f"{name}: {header_told(name, value)}" for name, value in asked)
