"""What may stand in the body of a purge at Akamai, and how its purge service says no.

Read on 2026-11-23: https://techdocs.akamai.com/purge-cache/reference/api-errors; a single bad object fails all of them.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence

from playground.clouds.desk import Refused, said

BODY_MAX = 50_000  # bytes (https://techdocs.akamai.com/purge-cache/reference/413)
# not documented: our wording, but for "unauthorized arl"
NO_SUCH_PATH, NO_SUCH_METHOD = "Not Found", "Method Not Allowed"
NO_JSON, BAD_JSON = "Unsupported Media Type", "invalid JSON"
TOO_LONG = ("Request Entity Too Large", f"the body is over {BODY_MAX} bytes")
UNAUTHORIZED = {"url": "unauthorized arl", "cpcode": "unauthorized cpcode", "tag": "unauthorized tag"}
NO_SIGNATURE, SEEN_BEFORE = "Invalid authorization header", "Duplicate nonce"


class Problem(Refused):
    """The purge service's no."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        more: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        told = new_id("e", "r")
        about = {"httpStatus": status, "title": title, "detail": detail, "supportId": told}
        doc = {**about, "describedBy": "https://problems.purge.akamaiapis.net/-/ccu", **(more or {})}
        super().__init__(said(status, doc, {"content-type": "application/api-problem+json", **(headers or {})}))


def new_id(deed: str, kind: str) -> str:
    """An id of a purge or of an answer, as Akamai's look."""
    return f"e{deed}{kind[0]}p-{secrets.token_urlsafe(16)[:22]}"


def read(kind: str, content_type: str, body: bytes) -> tuple[str, ...]:
    """The objects that `body` names, CP codes as their digits. Raises Problem."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, NO_JSON)
    if len(body) > BODY_MAX:
        raise Problem(413, *TOO_LONG)
    try:
        doc = json.loads(body)
    except ValueError:
        raise Problem(400, BAD_JSON) from None
    objects = doc.get("objects") if isinstance(doc, dict) else None
    wanted = "int" if kind == "cpcode" else "string"
    if not isinstance(doc, dict) or doc.keys() != {"objects"} or not isinstance(objects, list) or not objects:
        what = f"objects: expected []{wanted}, received {_sort(objects)}"
        raise Problem(400, "invalid attribute value", what)
    return tuple(_object(kind, wanted, one) for one in objects)


def _object(kind: str, wanted: str, one: object) -> str:
    if _sort(one) != wanted or one == "":
        raise Problem(400, "invalid attribute value", f"objects: expected []{wanted}, received []{_sort(one)}")
    text = str(one)
    odd = re.search(r"[^!-~]", text)
    if kind == "url" and odd:
        raise Problem(400, "bad URL", f"{text} holds {odd[0]!r} at {odd.start()}, which is not ASCII")
    return text


def _sort(value: object) -> str:
    sorts: Sequence[tuple[type, str]] = (
        (bool, "boolean"),
        (int, "int"),
        (str, "string"),
        (list, "array"),
        (dict, "object"),
    )
    return next((name for sort, name in sorts if isinstance(value, sort)), "null")
