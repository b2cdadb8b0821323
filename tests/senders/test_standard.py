"""Deploys signed as Standard Webhooks says: what is proven, and all that is not."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from bot.domain.deploys.proven import Unproven, Verified
from bot.senders import Senders
from bot.settings import Deploys, HookSender, Secret

NOW = 1_614_265_330
BODY = b'{"site": "shop", "version": "4.2.0"}'
OLD, NEW, OTHER = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
NEWS = frozenset({"news"})
SHOP = frozenset({"shop"})


def sender(
    name: str, *names: str, sites: frozenset[str] = SHOP, environ: Mapping[str, str] | None = None
) -> HookSender:
    known = {"OLD": OLD, "NEW": f"whsec_{NEW}", "OTHER": OTHER, "EMPTY": "", "SHORT": "YWJj", **(environ or {})}
    return HookSender(name, tuple(Secret(env=one, environ=known) for one in names), sites)


CI = Senders(Deploys((sender("ci", "OLD", "NEW"), sender("other", "OTHER", sites=NEWS))))


def signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()


def headers(secret: str = OLD, id: str = "msg_1", at: str = str(NOW), body: bytes = BODY) -> dict[str, str]:
    signed = signature(secret, f"{id}.{at}.".encode() + body)
    return {"webhook-id": id, "webhook-timestamp": at, "webhook-signature": signed}


def proven(name: str = "ci", sites: frozenset[str] = SHOP, id: str = "msg_1", at: float = NOW) -> Verified:
    return Verified(name, sites, f"hook {name} {id}", "standard", at)


async def test_the_reference_implementations_vector_is_proven() -> None:
    environ = {"REFERENCE": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    senders = Senders(Deploys((sender("ci", "REFERENCE", environ=environ),)))
    given = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    found = await senders.verify(given, b'{"test": 2432232314}', 1614265330.0)
    assert proven(id="msg_p5jXN8AQM9LWM0D4loKWxJek", at=1614265330) == found


GOOD = {
    "the old secret": (headers(OLD), proven()),
    "the new secret": (headers(NEW), proven()),
    "another sender": (headers(OTHER), proven("other", NEWS)),
    "five minutes late": (headers(at=str(NOW - 300)), proven(at=NOW - 300)),
    "five minutes early": (headers(at=str(NOW + 300)), proven(at=NOW + 300)),
    "a dotted id": (headers(id="deploy-4.2.0/7"), proven(id="deploy-4.2.0/7")),
    "a long id": (headers(id="x" * 200), proven(id="x" * 200)),
    "large letters": ({name.title(): value for name, value in headers().items()}, proven()),
    "a body of bytes": (headers(body=b"\xff\x00"), proven()),
}


@pytest.mark.parametrize(("given", "expected"), GOOD.values(), ids=GOOD)
async def test_a_signature_proves_its_sender(given: dict[str, str], expected: Verified) -> None:
    body = b"\xff\x00" if given == GOOD["a body of bytes"][0] else BODY
    assert expected == await CI.verify(given, body, NOW)


SIGNED = headers()["webhook-signature"]
SEVERAL = {
    "two, the second good": f"v1,{'A' * 43}= {SIGNED}",
    "beside ed25519": f"v1a,{'A' * 86}== {SIGNED}",
    "beside what nobody knows": f"v9 , v1 {SIGNED}",
    "old and new": f"{headers(NEW)['webhook-signature']} {SIGNED}",
}


@pytest.mark.parametrize("value", SEVERAL.values(), ids=SEVERAL)
async def test_one_good_signature_among_several_is_enough(value: str) -> None:
    assert proven() == await CI.verify(headers() | {"webhook-signature": value}, BODY, NOW)


NO_SECRET = Unproven("no secret fits")
ODD_ID = Unproven("webhook-id is missing or holds odd characters")
NO_TIME = Unproven("webhook-timestamp is not a whole number of seconds")
NONE = Unproven("webhook-signature holds 0 v1 signatures")


def changed(**more: str) -> dict[str, str]:
    return headers() | {f"webhook-{name}": value for name, value in more.items()}


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in headers().items() if key != f"webhook-{name}"}


BAD: dict[str, tuple[dict[str, str], bytes, Unproven]] = {
    "an unknown secret": (headers(base64.b64encode(bytes(32)).decode()), BODY, NO_SECRET),
    "late": (headers(at=str(NOW - 301)), BODY, Unproven("ci signed it, for 301 s ago, and 300 s are taken")),
    "early": (headers(at=str(NOW + 301)), BODY, Unproven("ci signed it, for 301 s from now, and 300 s are taken")),
    "late and forged": (headers(at=str(NOW - 301)), BODY + b" ", NO_SECRET),
    "truncated": (headers(), BODY[:-1], NO_SECRET),
    "re-encoded": (headers(), json.dumps(json.loads(BODY), separators=(",", ":")).encode(), NO_SECRET),
    "no body": (headers(), b"", NO_SECRET),
    "another id": (changed(id="msg_2"), BODY, NO_SECRET),
    "another time": (changed(timestamp=str(NOW + 1)), BODY, NO_SECRET),
    "id and time cut elsewhere": (changed(id=f"msg_1.{NOW}"), BODY, NO_SECRET),
    "no id": (without("id"), BODY, ODD_ID),
    "an empty id": (changed(id=""), BODY, ODD_ID),
    "a blank in the id": (headers(id="a b"), BODY, ODD_ID),
    "a line end in the id": (headers(id="a\n"), BODY, ODD_ID),
    "a brace in the id": (headers(id="a{"), BODY, ODD_ID),
    "an id of 201": (headers(id="x" * 201), BODY, ODD_ID),
    "no time": (without("timestamp"), BODY, NO_TIME),
    "a fraction": (headers(at=f"{NOW}.5"), BODY, NO_TIME),
    "a sign": (headers(at=f"+{NOW}"), BODY, NO_TIME),
    "an underscore": (headers(at="1_614_265_330"), BODY, NO_TIME),
    "blanks": (headers(at=f" {NOW}"), BODY, NO_TIME),
    "nan": (headers(at="nan"), BODY, NO_TIME),
    "a time without end": (headers(at="9" * 5000), BODY, NO_TIME),
    "milliseconds": (
        headers(at=f"{NOW}000"[:12]),
        BODY,
        Unproven("ci signed it, for 159812267670 s from now, and 300 s are taken"),
    ),
    "an empty signature": (changed(signature=""), BODY, NONE),
    "no version": (changed(signature=SIGNED.removeprefix("v1,")), BODY, NONE),
    "another version": (changed(signature=SIGNED.replace("v1", "v1a")), BODY, NONE),
    "a cut signature": (changed(signature=SIGNED[:-4]), BODY, NO_SECRET),
    "no base64": (changed(signature="v1,!!!!"), BODY, NO_SECRET),
    "hexadecimal": (changed(signature=f"v1,{base64.b64decode(SIGNED[3:]).hex()}"), BODY, NO_SECRET),
    "nine signatures": (
        changed(signature=" ".join([SIGNED] * 9)),
        BODY,
        Unproven("webhook-signature holds 9 v1 signatures"),
    ),
    "a large signature": (
        changed(signature="v1," + "A" * 10_000),
        BODY,
        Unproven("webhook-signature has 10003 characters"),
    ),
    "no ASCII": (
        changed(signature="v1,\xe9\xff"),
        BODY,
        Unproven("webhook-signature holds characters that are not ASCII"),
    ),
    "digits of elsewhere": (
        changed(timestamp="١٦١٤٢٦٥٣٣٠"),
        BODY,
        Unproven("webhook-timestamp holds characters that are not ASCII"),
    ),
    "an id of elsewhere": (
        changed(id="dépl"),
        BODY,
        Unproven("webhook-id holds characters that are not ASCII"),
    ),
}


@pytest.mark.parametrize(("given", "body", "expected"), BAD.values(), ids=BAD)
async def test_anything_else_proves_nothing(given: dict[str, str], body: bytes, expected: Unproven) -> None:
    assert expected == await CI.verify(given, body, NOW)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", ["same", "other"])
async def test_a_header_that_came_twice_proves_nothing(name: str, value: str) -> None:
    given = headers()
    again = given[name] if value == "same" else "x"
    raw = [(key.encode(), value.encode()) for key, value in [*given.items(), (name, again)]]
    assert Unproven(f"{name} came 2 times") == await CI.verify(Headers(raw=raw), BODY, NOW)


BEARER = "Bearer e30.e30.AAAA"
HUB = {"x-hub-signature-256": f"sha256={'0' * 64}"}
WAYS = {
    "none": ({}, "it is signed in no way that is known"),
    "what a proxy asks for": ({"authorization": "Basic Zm9v"}, "it is signed in no way that is known"),
    "GitHub's old signature": ({"x-hub-signature": "sha1=00"}, "it is signed in no way that is known"),
    "two": (headers() | HUB, "it is signed in two ways"),
    "with a token": (headers() | {"authorization": BEARER}, "it is signed in two ways"),
    "all": (headers() | HUB | {"authorization": BEARER}, "it is signed in two ways"),
}


@pytest.mark.parametrize(("given", "why"), WAYS.values(), ids=WAYS)
async def test_exactly_one_way_is_taken(given: dict[str, str], why: str) -> None:
    assert Unproven(why) == await CI.verify(given, BODY, NOW)


async def test_what_a_proxy_asks_for_is_no_second_way() -> None:
    assert proven() == await CI.verify(headers() | {"authorization": "Basic Zm9vOmJhcg=="}, BODY, NOW)


@pytest.mark.parametrize("given", [headers(), HUB, {"authorization": BEARER}], ids=["standard", "github", "oidc"])
async def test_where_nobody_is_configured_nothing_is_proven(given: dict[str, str]) -> None:
    assert Unproven("nobody is configured who sends so") == await Senders(Deploys()).verify(given, BODY, NOW)


async def test_the_same_delivery_again_has_the_same_key_whatever_its_time() -> None:
    first = await CI.verify(headers(), BODY, NOW)
    again = await CI.verify(headers(at=str(NOW + 200)), BODY, NOW + 200)
    assert (proven(), proven(at=NOW + 200)) == (first, again)


UNFIT = {
    "empty": ("EMPTY", "no secret fits. the variable EMPTY (a secret of ci) is empty"),
    "absent": ("NOWHERE", "no secret fits. the variable NOWHERE (a secret of ci) is not set"),
    "short": ("SHORT", "no secret fits. a secret of ci stands for 3 bytes, and a key has 24 to 64"),
}


@pytest.mark.parametrize(("name", "why"), UNFIT.values(), ids=UNFIT)
async def test_a_secret_that_is_none_proves_nothing(name: str, why: str) -> None:
    signed = signature("", f"msg_1.{NOW}.".encode() + BODY)  # with the key that an empty secret would be
    senders = Senders(Deploys((sender("ci", name),)))
    assert Unproven(why) == await senders.verify(headers() | {"webhook-signature": signed}, BODY, NOW)


async def test_a_secret_that_is_missing_hides_no_other() -> None:
    senders = Senders(Deploys((sender("lame", "NOWHERE"), sender("ci", "SHORT", "OLD"))))
    assert proven() == await senders.verify(headers(), BODY, NOW)


async def test_a_secret_of_two_senders_proves_neither() -> None:
    senders = Senders(Deploys((sender("one", "OLD"), sender("two", "OLD"))))
    expected = Unproven("the secret is that of several senders: one, two")
    assert expected == await senders.verify(headers(), BODY, NOW)


async def test_a_file_that_changed_counts_at_once(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    senders = Senders(Deploys((HookSender("ci", (Secret(file=str(file)),), SHOP),)))
    file.write_text(f"{OLD}\n", encoding="utf-8")
    before = [await senders.verify(headers(secret), BODY, NOW) for secret in (OLD, NEW)]
    file.write_text(f"whsec_{NEW}\n", encoding="utf-8")
    after = [await senders.verify(headers(secret), BODY, NOW) for secret in (OLD, NEW)]
    assert ([proven(), NO_SECRET], [NO_SECRET, proven()]) == (before, after)
