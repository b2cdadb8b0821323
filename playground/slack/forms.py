"""views.*: forms and home tabs. A trigger id opens one form, within 3 s.

Source: https://docs.slack.dev/reference/methods/views.open, …/views.push, …/views.update, …/views.publish, read
2026-11-23.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from playground.people import Workspace
from playground.slack.asking import Arguments, Doc, Refusal
from playground.slack.blocks import HOME, MODAL, VIEW_BYTES, view_problems
from playground.slack.tickets import Tickets, Trigger
from playground.slack.views import View, Views


class Forms:
    """The bot's forms."""

    def __init__(self, workspace: Workspace, views: Views, tickets: Tickets) -> None:
        self._workspace = workspace
        self._views = views
        self._tickets = tickets

    async def open(self, asked: Arguments) -> Doc:
        """views.open."""
        view = judged(asked.json("view", "invalid_arguments"), MODAL)
        self._new_name(view)
        return _shown(self._views.open(self._pulled(asked).user, view))

    async def push(self, asked: Arguments) -> Doc:
        """views.push."""
        view = judged(asked.json("view", "invalid_arguments"), MODAL)
        self._new_name(view)
        trigger = self._pulled(asked)
        if not trigger.view:
            raise Refusal("not_found")
        pushed = self._views.push(trigger.user, view)
        if pushed is None:
            raise Refusal("push_limit_reached")
        return _shown(pushed)

    async def update(self, asked: Arguments) -> Doc:
        """views.update, by view id or external id; a hash that is not the newest is refused."""
        view = judged(asked.json("view", "invalid_arguments"), MODAL, HOME)
        old = self._views.find(asked.text("view_id")) or self._views.named(asked.text("external_id") or "-")
        if old is None:
            raise Refusal("not_found")
        if asked.text("hash", old.hash) != old.hash:
            raise Refusal("hash_conflict")
        return _shown(self._views.update(old, view))

    async def publish(self, asked: Arguments) -> Doc:
        """views.publish: a person's home tab."""
        view = judged(asked.json("view", "invalid_arguments"), HOME)
        user = asked.needed("user_id")
        if self._workspace.person(user) is None:
            raise Refusal("user_not_found")
        old = self._views.home(user)
        if old is not None and asked.text("hash", old.hash) != old.hash:
            raise Refusal("hash_conflict")
        return _shown(self._views.publish(user, view))

    def _pulled(self, asked: Arguments) -> Trigger:
        trigger = self._tickets.pull(asked.needed("trigger_id"))
        if isinstance(trigger, str):
            raise Refusal(trigger)
        return trigger

    def _new_name(self, view: Mapping[str, object]) -> None:
        name = view.get("external_id")
        if isinstance(name, str) and name and self._views.named(name) is not None:
            raise Refusal("duplicate_external_id")


def judged(view: object, *kinds: str) -> Mapping[str, object]:
    """A view that Slack takes; raises Refusal with every reason."""
    if not isinstance(view, Mapping):
        raise Refusal("invalid_arguments", "must provide an object [json-pointer:/view]")
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        raise Refusal("view_too_large")
    problems = view_problems(view, *kinds)
    if problems:
        raise Refusal("invalid_arguments", *problems)
    return view


def _shown(view: View) -> Doc:
    return {"ok": True, "view": view.record()}
