"""What docs/deploys.md shows for a shell signs as the bot verifies."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from bot.domain.deploys.proven import Verified
from bot.senders import Senders
from bot.settings import Deploys, HookSender, Secret

PAGE = Path(__file__).parents[2] / "docs/deploys.md"
STUB = """\
curl() {
  for one in "$@"; do printf '%s\\n' "$one"; done
}
"""


@pytest.mark.real("openssl")
async def test_the_example_for_a_shell_is_proven() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    making, sending = (next(one for one in blocks if word in one) for word in ("rand -base64", "webhook-signature"))
    secret = subprocess.run(["bash", "-c", making], capture_output=True, text=True, check=True).stdout.strip()
    environ = {**os.environ, "SECRET": secret}
    done = subprocess.run(["bash", "-c", STUB + sending], capture_output=True, text=True, check=True, env=environ)
    sent = done.stdout.splitlines()
    headers = dict(line.split(": ", 1) for line in sent if line.startswith("webhook-"))
    body = sent[sent.index("--data-raw") + 1]
    senders = Senders(Deploys((HookSender("ci", (Secret(env="S", environ={"S": secret}),), frozenset({"shop"})),)))
    found = await senders.verify(headers, body.encode(), float(headers["webhook-timestamp"]))
    assert isinstance(found, Verified), found
    assert re.fullmatch("hook ci deploy-[0-9a-f]{32}", found.key)  # another one for each deploy, in every pipeline


def test_every_line_to_copy_shows_why_a_deploy_was_refused() -> None:
    lines = re.findall(r"curl --.*", PAGE.read_text(encoding="utf-8"))
    assert 3 == len(lines)
    assert [] == [line for line in lines if "--fail-with-body" not in line]
