"""An invalidation as a receipt, whose id is such as `E1/I2` or `tenant:dt_1/I2`, and the way back from it."""

from __future__ import annotations

from urllib.parse import quote

from providers.cloudfront_answers import Asked, is_named, read, text_of, trouble
from providers.cloudfront_limits import FIRST_SECONDS
from providers.cloudfront_places import TENANT, path_to
from providers.contract import Receipt
from providers.wire import Answer


def receipt_of(answer: Answer, asked: Asked, wait: float = FIRST_SECONDS) -> Receipt:
    """The invalidation that was answered. Raises PurgeError."""
    root = read(answer.text)
    if root is None or answer.status not in (200, 201) or not is_named(root, "Invalidation") or not text_of(root, "Id"):
        raise trouble(answer, asked)
    place = asked.place.removeprefix("distribution/").replace(f"{TENANT}/", "tenant:", 1)
    finished = text_of(root, "Status").lower() == "completed"
    return Receipt(f"{place}/{text_of(root, 'Id')[:128]}", ready_in=0.0 if finished else wait, finished=finished)


def whereabouts(receipt: Receipt) -> tuple[str, str]:
    """The place of a receipt's invalidation, and the request target of that invalidation."""
    short, _, id_ = receipt.id.rpartition("/")
    place = f"{TENANT}/{short.removeprefix('tenant:')}" if short.startswith("tenant:") else f"distribution/{short}"
    return place, f"{path_to(place)}/{quote(id_, safe='')}"
