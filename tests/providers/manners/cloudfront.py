"""CloudFront: a URL is its path and query in a list, without the host; several hosts may share one path."""

from __future__ import annotations

import re
from html import unescape

from providers.contract import Call
from tests.providers.manners import Manner


def _addresses(call: Call) -> set[str]:
    """The paths of the list with each host whose URL of that path the call covers; a path of no URL stands bare."""
    paths = {unescape(path) for path in re.findall(r"<Path>(.*?)</Path>", call.body)}
    wanted = [target.partition("://")[2] for target in call.targets]
    hosts = {path: [url.partition("/")[0] for url in wanted if url == url.partition("/")[0] + path] for path in paths}
    return {f"{host}{path}" for path in paths for host in hosts[path] or [""]}


MANNER = Manner(
    _addresses,
    settings={"access_key_id": "AKIDEXAMPLE"},
    fresh=frozenset({"x-amz-date", "authorization"}),
    status_page="https://health.aws.amazon.com",
    takeable=lambda url: url.replace("~", "").rstrip("*"),
)
