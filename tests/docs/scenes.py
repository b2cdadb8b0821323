"""What is typed for each verb of docs/reference/commands.md, and what happens in the pretend world before it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.docs.transcript import Line

PAGE = "http://www.shop.test/pricing"
MIA, LEA = "U_MIA", "U_LEA"
DEPLOY: tuple[str, dict[str, object]] = ("/_play/origin", {"site": "shop"})
NO_RIGHT: tuple[str, dict[str, object]] = ("/_play/fault", {"account": "cf", "kind": "forbidden"})
RIGHT: tuple[str, dict[str, object]] = ("/_play/fault", {"account": "cf", "kind": "forbidden", "times": 0})


@dataclass(frozen=True, slots=True)
class Scene:
    """One transcript: calls of the playground and typed lines in their order, and a sentence about it."""

    steps: tuple[Line | tuple[str, dict[str, object]], ...]
    about: str = ""


SCENES = {
    "purge": Scene(
        (
            DEPLOY,
            Line(MIA, f"/purge {PAGE}", "proven at"),
            Line(MIA, "/purge /news/* on shop because redesign", "votes are asked for"),
            Line(MIA, "/purge *", "everything"),
        ),
        "A new version is deployed, and one page purged; then something wider, which needs a yes; then a line that"
        " is too wide to guess.",
    ),
    "plan": Scene((Line(MIA, "/purge plan everything on shop", "nothing was sent"),)),
    "check": Scene((DEPLOY, Line(MIA, f"/purge check {PAGE}", "fra")), "After another deploy that nobody purged."),
    "why": Scene((Line(MIA, "/purge why http://www.shop.test/", "How sure"),), "A page that nobody purged."),
    "lint": Scene((Line(MIA, f"/purge lint {PAGE}", "of 100"),)),
    "warm": Scene((Line(MIA, "/purge warm http://www.shop.test/about", "W-"),), "A page that no cache holds yet."),
    "status": Scene((Line(MIA, "/purge status", "P-2"),)),
    "show": Scene((Line(MIA, "/purge show P-1", "P-1"),)),
    "cancel": Scene((Line(MIA, "/purge cancel P-2", "cancelled"),)),
    "retry": Scene(
        (
            NO_RIGHT,
            Line(MIA, f"/purge {PAGE}", "stopped"),
            RIGHT,
            Line(MIA, "/purge retry P-3", "proven at"),
        ),
        "The token was not allowed to purge the zone; somebody gave it the permission.",
    ),
    "approve": Scene(
        (
            Line(MIA, "/purge /news/* on shop because redesign", "votes are asked for"),
            Line(MIA, "/purge approve P-4", "somebody else"),
            Line(LEA, "/purge approve P-4 looked at it", "`check` one of its pages"),
        ),
        "Nobody approves their own.",
    ),
    "deny": Scene(
        (
            Line(MIA, "/purge host www.shop.test because new logo", "votes are asked for"),
            Line(LEA, "/purge deny P-5 not during the sale", "denied by"),
        ),
    ),
    "schedules": Scene(
        (
            Line(MIA, f"/purge in 10m {PAGE}", "begins"),
            Line(MIA, "/purge schedules", "P-6"),
        ),
    ),
    "run": Scene((Line(MIA, "/purge run P-6", "proven at"),), "Before its time."),
    "queue": Scene((Line(MIA, "/purge queue shop", "wait"),)),
    "hold": Scene(
        (
            Line(LEA, "/purge hold shop for 2h because deploying 4.2", "held"),
            Line(MIA, "/purge /pricing on shop", "held"),
        ),
    ),
    "release": Scene((Line(LEA, "/purge release shop", "shop"),)),
    "break-glass": Scene(
        (Line(LEA, "/purge break-glass P-4 because nobody is awake and prices are wrong", "glass"),),
        "The playground's policy names nobody who may; yours says who under [`break_glass`](../policy.md).",
    ),
    "review": Scene((Line(LEA, "/purge review P-4 it was right to do so", "P-4"),)),
    "sites": Scene((Line(MIA, "/purge sites", "sites"),)),
    "limits": Scene((Line(MIA, "/purge limits shop", "Limits"),)),
    "log": Scene((Line(MIA, "/purge log shop since 7d", "newest first"),)),
    "stats": Scene((Line(MIA, "/purge stats shop", "purges"),)),
    "doctor": Scene((Line(MIA, "/purge doctor shop", "would take"),)),
    "whoami": Scene((Line(MIA, "/purge whoami", "member"), Line("U_GUEST", "/purge whoami", "guest"))),
    "help": Scene((Line(MIA, "/purge help hold", "hold"),)),
}
